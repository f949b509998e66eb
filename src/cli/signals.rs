//! The signals that stop the program.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM and SIGINT.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Waits for the first signal. From then on a second one ends the program at once, as somebody who
    /// presses Ctrl+C twice expects.
    pub async fn first(mut self) {
        self.next().await;
        tracing::info!("stopping; signal again to stop at once");
        tokio::spawn(async move {
            self.next().await;
            tracing::warn!("stopped at once; every answered request is saved");
            std::process::exit(1);
        });
    }
}
