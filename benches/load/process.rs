//! Processes under load: the real server, and the ceilings' bare ones. Each ends with its handle.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tokio::time::sleep;

use crate::{
    like::{self, Bounded},
    machine,
};

/// How a process says where it listens, as `tincan` does.
const READY: &str = "listening on http://";

/// Says where this process listens.
pub fn announce(address: SocketAddr) -> Result<()> {
    Ok(writeln!(io::stdout(), "{READY}{address}")?)
}

/// A process that serves at an address.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    /// From the start to the ready line.
    pub started_in: Duration,
    /// What makes its machine a lesser one; it goes after the process.
    bounded: Option<Bounded>,
}

impl Process {
    /// Starts `tincan` in dev mode on a free port.
    ///
    /// # Errors
    /// Where it doesn't start.
    pub fn tincan(database: &Path) -> Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tincan"));
        // What the caller's environment sets up is another server than the one measured.
        for name in [
            "TINCAN_LISTEN",
            "TINCAN_DB",
            "TINCAN_PUBLIC_URL",
            "TINCAN_LOG",
        ] {
            command.env_remove(name);
        }
        command
            .args([
                "--dev",
                "--no-limits",
                "--listen",
                "127.0.0.1:0",
                "--log",
                "warn,tincan::server=error",
                "--db",
            ])
            .arg(database);
        Self::start(command)
    }

    /// Starts the server with routes in front of its own that do nothing but answer with so many
    /// bytes.
    ///
    /// # Errors
    /// Where it doesn't start.
    pub fn tree(database: &Path, get: usize, post: usize) -> Result<Self> {
        Self::ceiling("tree", |command| {
            command
                .arg(database)
                .args([get, post].map(|length| length.to_string()))
        })
    }

    /// Starts the relay, for requests and events of so many bytes.
    ///
    /// # Errors
    /// Where it doesn't start.
    pub fn relay(database: &Path, request: usize, event: usize) -> Result<Self> {
        Self::ceiling("relay", |command| {
            command
                .arg(database)
                .args([request, event].map(|length| length.to_string()))
        })
    }

    /// Starts the relay that keeps nothing.
    ///
    /// # Errors
    /// Where it doesn't start.
    pub fn fan(request: usize, event: usize) -> Result<Self> {
        Self::ceiling("fan", |command| {
            command.args([request, event].map(|length| length.to_string()))
        })
    }

    /// Starts a process that only says that it is ready.
    ///
    /// # Errors
    /// Where it doesn't start.
    pub fn ready() -> Result<Self> {
        Self::ceiling("ready", |command| command)
    }

    /// Starts a process that syncs `count` times before it is ready.
    ///
    /// # Errors
    /// Where that takes less than `least`.
    pub fn syncs(count: u32, least: Duration) -> Result<Self> {
        Self::ceiling("syncs", |command| {
            command.args([count.to_string(), least.as_millis().to_string()])
        })
    }

    /// Starts a process that takes so much of a processor before it is ready.
    ///
    /// # Errors
    /// Where it doesn't start.
    pub fn spin(work: Duration) -> Result<Self> {
        Self::ceiling("spin", |command| command.arg(work.as_millis().to_string()))
    }

    /// Starts this program again, as one of the ceilings.
    fn ceiling(which: &str, arguments: impl FnOnce(&mut Command) -> &mut Command) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        arguments(command.args(["ceiling", which]));
        Self::start(command)
    }

    fn start(command: Command) -> Result<Self> {
        let program = command.get_program().to_owned();
        let (mut command, bounded) = like::bounded(command)?;
        let start = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("can't start {}", program.display()))?;
        let output = child.stdout.take();
        // From here on, an early return ends the child, too.
        let mut process = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            started_in: Duration::ZERO,
            bounded,
        };
        let mut line = String::new();
        if let Some(output) = output {
            BufReader::new(output.take(200)).read_line(&mut line)?;
        }
        process.started_in = start.elapsed();
        let address = line
            .trim()
            .strip_prefix(READY)
            .and_then(|address| address.parse().ok());
        process.address = address
            .with_context(|| format!("{} did not say that it is ready", program.display()))?;
        Ok(process)
    }

    /// See [`machine::processor_time`].
    ///
    /// # Errors
    /// Where it has ended.
    pub fn processor_time(&self) -> Result<Duration> {
        machine::processor_time(&self.child.id().to_string())
    }

    /// See [`machine::written_bytes`].
    ///
    /// # Errors
    /// Where it has ended.
    pub fn written_bytes(&self) -> Result<u64> {
        machine::written_bytes(&self.child.id().to_string())
    }

    /// How many syncs it has waited for, where the run makes them slow.
    ///
    /// # Errors
    /// Where nothing counted them.
    pub fn synced(&self) -> Result<Option<u64>> {
        self.bounded.as_ref().map(Bounded::syncs).transpose()
    }

    /// See [`machine::resident_kib`].
    ///
    /// # Errors
    /// Where it has ended.
    pub fn resident_kib(&self) -> Result<f64> {
        machine::resident_kib(&self.child.id().to_string())
    }

    /// See [`machine::threads`].
    ///
    /// # Errors
    /// Where it has ended.
    pub fn threads(&self) -> Result<f64> {
        machine::threads(&self.child.id().to_string())
    }

    /// Waits until it has nothing more to do by itself: a large database is checked after start.
    ///
    /// # Errors
    /// Where it has ended.
    pub async fn settle(&self) -> Result<()> {
        const LONGEST: Duration = Duration::from_mins(2);
        const LOOK: Duration = Duration::from_millis(300);

        let start = Instant::now();
        let mut before = self.processor_time()?;
        while start.elapsed() < LONGEST {
            sleep(LOOK).await;
            let now = self.processor_time()?;
            if now <= before + LOOK / 15 {
                break;
            }
            before = now;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error of either means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
