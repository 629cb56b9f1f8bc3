//! What the process is told from outside.

#[cfg(unix)]
pub(super) use unix::Signals;

#[cfg(unix)]
mod unix {
    use std::io;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// The signals that the command listens to from the moment this is there.
    #[derive(Debug)]
    pub(crate) struct Signals {
        hang_up: Signal,
        interrupt: Signal,
        terminate: Signal,
    }

    impl Signals {
        pub(crate) fn listen() -> io::Result<Self> {
            Ok(Self {
                hang_up: signal(SignalKind::hangup())?,
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        }

        /// Waits for SIGTERM or Ctrl-C; at each SIGHUP until then it does `reload`.
        pub(crate) async fn ended(&mut self, mut reload: impl FnMut()) {
            loop {
                tokio::select! {
                    _ = self.interrupt.recv() => return,
                    _ = self.terminate.recv() => return,
                    Some(()) = self.hang_up.recv() => reload(),
                }
            }
        }
    }
}

#[cfg(not(unix))]
pub(super) use elsewhere::Signals;

#[cfg(not(unix))]
mod elsewhere {
    use std::io;

    /// Ctrl-C, where there are no other signals.
    #[derive(Debug)]
    pub(crate) struct Signals;

    impl Signals {
        pub(crate) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits for Ctrl-C.
        pub(crate) async fn ended(&mut self, _: impl FnMut()) {
            if tokio::signal::ctrl_c().await.is_err() {
                // Then the process is ended from outside.
                std::future::pending::<()>().await;
            }
        }
    }
}
