use std::io;
use std::time::Duration;

use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;

use crate::answer::{Answer, Delivery};
use crate::request::Request;
use crate::sandbox::Sandbox;

/// The longest request body taken.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// How long connections may finish after the shutdown.
const DRAIN: Duration = Duration::from_secs(5);

/// Serves the fake over HTTP/1.1 until `shutdown` resolves, then lets requests that are being
/// handled finish. A dropped answer closes its connection without a byte. Fails only when the
/// listener does.
pub async fn serve(
    listener: TcpListener,
    sandbox: Sandbox,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let mut shutdown = std::pin::pin!(shutdown);
    let draining = GracefulShutdown::new();
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            () = &mut shutdown => break,
        };
        let sandbox = sandbox.clone();
        let service = service_fn(move |request| answer(sandbox.clone(), request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        let connection = draining.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection closed");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, draining.shutdown())
        .await
        .is_err()
    {
        tracing::debug!("connections were still busy at the end of the shutdown");
    }
    Ok(())
}

/// Why a connection ends without an answer: an error of the service makes hyper close it.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox dropped the connection")]
struct Dropped;

async fn answer(
    sandbox: Sandbox,
    received: http::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = received.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY_BYTES).collect().await else {
        return Ok(whole(Answer::empty(StatusCode::PAYLOAD_TOO_LARGE)));
    };
    let answer = sandbox.handle(&Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.to_bytes().to_vec(),
    });
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    match answer.delivery {
        Delivery::Dropped => Err(Dropped),
        Delivery::Sent => Ok(whole(answer)),
    }
}

fn whole(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}
