//! Where commands reach a running server: a named pipe
//! (<https://learn.microsoft.com/en-us/windows/win32/ipc/named-pipes>).
//!
//! Whoever may read the file beside the database learns the pipe’s name, which is another one each time, so that nobody
//! else can take it before the server does. By the access list that the system gives a pipe, only whoever runs the server,
//! administrators and the system may write to it. Others may open it for reading, and read nothing, as a server says
//! nothing unasked. Other machines are refused.

use std::{
    fs, io, mem,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions},
    time::{Instant, sleep},
};

/// Ends the name of the file beside the database.
pub const COMMANDS: &str = ".pipe";
/// What has connected to the pipe.
pub type Pipe = NamedPipeServer;

/// Begins the pipe’s name.
const PREFIX: &str = r"\\.\pipe\tincan-";
/// All ends of the pipe are taken, until the server has made another one.
const ERROR_PIPE_BUSY: i32 = 231;
/// How often, and how long, somebody with a command looks whether there is one.
const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(5);

/// The pipe on which a running server takes commands. The file that leads to it is removed when this is dropped.
pub struct CommandListener {
    name: String,
    /// The end to which the next one connects.
    next: NamedPipeServer,
    path: PathBuf,
}

impl Drop for CommandListener {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl CommandListener {
    /// Makes the pipe, and the file at `path` that leads to it. What is there is replaced.
    ///
    /// # Errors
    /// If there can’t be a pipe, or the file can’t be written.
    pub fn listen(path: &Path) -> io::Result<Self> {
        let mut unique = [0; 16];
        getrandom::fill(&mut unique).map_err(|error| io::Error::other(error.to_string()))?;
        let name = format!("{PREFIX}{}", hex::encode(unique));
        let next = ServerOptions::new()
            .first_pipe_instance(true)
            .create(&name)?;
        fs::write(path, &name)?;
        Ok(Self {
            name,
            next,
            path: path.to_owned(),
        })
    }

    /// The next who has a command.
    ///
    /// # Errors
    /// If whoever connected has gone, or there can’t be another end.
    pub async fn accept(&mut self) -> io::Result<Pipe> {
        if let Err(error) = self.next.connect().await {
            // Otherwise the next one finds it in use.
            self.next.disconnect()?;
            return Err(error);
        }
        let next = ServerOptions::new().create(&self.name)?;
        Ok(mem::replace(&mut self.next, next))
    }
}

/// Connects to the server that the file at `path` leads to.
///
/// # Errors
/// `NotFound` if there is none.
pub async fn connect(path: &Path) -> io::Result<NamedPipeClient> {
    let name = fs::read_to_string(path)?;
    // A server that is just starting hasn’t written it yet.
    if !name.starts_with(PREFIX) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let end = Instant::now() + PATIENCE;
    loop {
        match ClientOptions::new().open(&name) {
            Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY) && Instant::now() < end => {
                sleep(LOOK).await;
            }
            opened => return opened,
        }
    }
}
