//! Connections in, within limits, until the server is to end.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use casewire_engine::Engine;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower_service::Service as _;

use crate::app::{App, Peer};
use crate::routes::router;
use crate::webhooks::Sender;
use crate::{Limits, ServerConfig, upkeep};

/// The largest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// The most headers of a request.
const MAX_HEADERS: usize = 64;

/// How long accepting rests after it failed: mostly no file descriptor is free, and some time brings one.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// What speaks HTTP for an engine. It listens once it is there, and answers once it [runs](Self::run).
pub struct Server {
    listener: TcpListener,
    engine: Engine,
    config: ServerConfig,
    senders: Vec<Sender>,
}

/// Without the engine and the senders, whose addresses may be secrets.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Listens on the address of `config`.
    ///
    /// # Errors
    /// When the address can not be listened on, or TLS for outgoing messages can not be set up.
    pub async fn bind(config: ServerConfig, engine: Engine) -> io::Result<Self> {
        let endpoints: Vec<_> = config.keys.borrow().endpoints.keys().cloned().collect();
        let senders = endpoints.into_iter().map(|endpoint| {
            let (keys, retry_after) = (config.keys.clone(), config.retry_after.clone());
            Sender::new(engine.clone(), endpoint, keys, retry_after)
        });
        Ok(Self {
            senders: senders
                .collect::<Result<_, _>>()
                .map_err(io::Error::other)?,
            listener: TcpListener::bind(config.listen).await?,
            engine,
            config,
        })
    }

    /// The address that it listens on.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers requests and sends messages until `shutdown` resolves. Then it takes no more of either, and waits for what
    /// is under way, as long as the config says. The engine goes on.
    ///
    /// # Errors
    /// When the system does not tell the address.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> io::Result<()> {
        let (stop, stopping) = watch::channel(false);
        let address = self.listener.local_addr()?;
        let app = App::new(&self.config, address, self.engine.clone(), stopping.clone());
        let mut sending = JoinSet::new();
        for sender in self.senders {
            sending.spawn(sender.run(stopping.clone()));
        }
        let mut upkeep = JoinSet::new();
        upkeep.spawn(upkeep::forget(self.engine, self.config.keys.clone()));
        upkeep.spawn(upkeep::sort(self.config.metrics.clone()));
        let mut connections = Connections::new(router(app), &self.config.limits);
        tokio::select! {
            () = connections.accept(&self.listener) => {}
            () = shutdown => {}
        }
        stop.send_replace(true);
        drop(self.listener);
        // What has not ended when this is over is cut off with it.
        let ending = async move {
            connections.finish().await;
            while sending.join_next().await.is_some() {}
        };
        if timeout(self.config.drain, ending).await.is_err() {
            tracing::warn!("some requests or webhooks were still under way when the server ended");
        }
        Ok(())
    }
}

/// The open connections.
struct Connections {
    router: Router,
    http: http1::Builder,
    places: Arc<Semaphore>,
    draining: GracefulShutdown,
    open: JoinSet<()>,
}

impl Connections {
    fn new(router: Router, limits: &Limits) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.head_time)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD_BYTES);
        Self {
            router,
            http,
            places: Arc::new(Semaphore::new(limits.connections)),
            draining: GracefulShutdown::new(),
            open: JoinSet::new(),
        }
    }

    /// Accepts connections for ever.
    async fn accept(&mut self, listener: &TcpListener) {
        // Never closed, so there is always a place in the end.
        while let Ok(place) = Arc::clone(&self.places).acquire_owned().await {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(_) = self.open.join_next() => continue,
            };
            match accepted {
                Ok((stream, peer)) => self.serve(stream, Peer(peer), place),
                Err(error) => {
                    tracing::debug!(%error, "accepting a connection");
                    sleep(ACCEPT_REST).await;
                }
            }
        }
    }

    fn serve(&mut self, stream: TcpStream, peer: Peer, place: OwnedSemaphorePermit) {
        // Answers are small: none should wait for another to fill a packet. Failing costs some milliseconds.
        let _ = stream.set_nodelay(true);
        let router = self.router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            router.clone().call(request)
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        let connection = self.draining.watch(connection);
        self.open.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(place);
        });
    }

    /// Waits for the requests that are being answered.
    async fn finish(self) {
        self.draining.shutdown().await;
    }
}
