//! The signals that stop the program.

use std::io;

use crate::platform::StopSignals;

/// Those of the system: SIGTERM and SIGINT; on Windows, Ctrl+C and the closing of the console.
pub struct Signals(StopSignals);

impl Signals {
    pub fn listen() -> io::Result<Self> {
        StopSignals::listen().map(Self)
    }

    /// Waits for the first signal. From then on a second one ends the program at once, as somebody who
    /// presses Ctrl+C twice expects.
    pub async fn first(mut self) {
        self.0.next().await;
        tracing::info!("stopping; signal again to stop at once");
        tokio::spawn(async move {
            self.0.next().await;
            tracing::warn!("stopped at once; every answered request is saved");
            std::process::exit(1);
        });
    }
}
