//! How commands travel: as lines of JSON, over a socket or a pipe that a file beside the database leads to.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Command, Reply};
use crate::{
    metrics::Metrics,
    platform::{self, CommandListener},
    status::Setting,
    store::{Store, with_suffix},
};

/// How long a command may take to arrive.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait before accepting again when the system is out of files or memory.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);
/// The most bytes of a command.
const MAX_COMMAND_BYTES: u64 = 64 * 1024;

/// The path of the socket beside the database.
fn socket(given: &Path) -> PathBuf {
    // Symbolic links are followed, as for the lock.
    let database = platform::canonicalize(given);
    with_suffix(database.as_deref().unwrap_or(given), platform::COMMANDS)
}

/// The socket on which a running server takes commands.
pub struct ControlSocket(CommandListener);

impl ControlSocket {
    /// Creates the socket. The caller must hold the database’s lock, which means that an existing socket was left behind
    /// and can be replaced. Returns none if the socket can’t be created, for example because its name is too long: that
    /// is logged, and the server runs without it.
    #[must_use]
    pub fn listen(database: &Path) -> Option<Self> {
        let path = socket(database);
        let listening = CommandListener::listen(&path).inspect_err(|error| {
            tracing::warn!(%error, path = %path.display(), "the command line can’t reach this server");
        });
        listening.ok().map(Self)
    }

    /// Takes commands until the server stops.
    pub async fn serve(
        mut self,
        store: Store,
        metrics: Arc<Metrics>,
        setting: Setting,
        stopping: CancellationToken,
    ) {
        loop {
            let accepted = tokio::select! {
                () = stopping.cancelled() => return,
                accepted = self.0.accept() => accepted,
            };
            match accepted {
                Ok(stream) => {
                    let (store, metrics) = (store.clone(), Arc::clone(&metrics));
                    let setting = setting.clone();
                    tokio::spawn(async move {
                        let answered = answer(stream, &store, &metrics, &setting);
                        if let Err(error) = answered.await {
                            tracing::debug!(%error, "a command got no answer");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "can’t accept commands; trying again");
                    sleep(ACCEPT_RETRY).await;
                }
            }
        }
    }
}

/// Reads a command as one line of JSON, and writes the reply as another.
async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    store: &Store,
    metrics: &Metrics,
    setting: &Setting,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    let mut reader = (&mut stream).take(MAX_COMMAND_BYTES);
    timeout(COMMAND_TIMEOUT, reader.read_line(&mut line)).await??;
    let reply: Reply = match serde_json::from_str::<Command>(&line) {
        Ok(command) => {
            if matches!(
                command,
                Command::Status | Command::ShowTls | Command::ListEvents { .. }
            ) {
                // Monitoring asks for these all the time.
                tracing::debug!(?command, "on the command line");
            } else {
                tracing::info!(?command, "on the command line");
            }
            let result = command.perform(store, metrics, setting).await;
            result.map_err(|error| error.to_string())
        }
        Err(_) => Err("this server doesn’t know that command".to_owned()),
    };
    let mut line = serde_json::to_vec(&reply)?;
    line.push(b'\n');
    stream.write_all(&line).await
}

/// Sends a command to the running server.
///
/// # Errors
/// [`ControlError::NotRunning`] if there is none, and [`ControlError::LongName`] if there can’t be a socket. The caller can
/// then run the command itself: the database’s lock says whether a server runs.
pub async fn send(database: &Path, command: &Command) -> std::result::Result<Reply, ControlError> {
    let stream = match platform::connect(&socket(database)).await {
        Ok(stream) => stream,
        Err(error) if is_not_running(&error) => return Err(ControlError::NotRunning),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            return Err(ControlError::LongName);
        }
        Err(error) => return Err(error.into()),
    };
    let mut stream = BufReader::new(stream);
    let mut line = serde_json::to_vec(command).map_err(io::Error::from)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    Ok(serde_json::from_str(&line).map_err(io::Error::from)?)
}

/// Why there is no reply from a server.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("no server is running on this database")]
    NotRunning,
    #[error(
        "a running server can’t be asked: the name of the database’s file is too long for a socket beside it; use a shorter one"
    )]
    LongName,
    #[error("the server didn’t answer: {0}")]
    Broken(#[from] io::Error),
}

fn is_not_running(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
    )
}
