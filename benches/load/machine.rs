//! What the figures were measured on, and what has to be asked of the system for them.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;

/// Where and when.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    pub date: String,
    pub processor: String,
    pub cores: usize,
    pub file_system: String,
    /// Processes that wanted a core in the minute before (the load average): others than these
    /// make every figure worse.
    pub busy_before: f64,
}

impl Machine {
    /// This one, with what lies below `folder`.
    ///
    /// # Errors
    /// Where the system doesn't tell.
    pub fn look(folder: &Path) -> Result<Self> {
        let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let processors = read("/proc/cpuinfo")?;
        let model = processors
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Ok(Self {
            date: now.chars().take(10).collect(),
            processor: model
                .map_or("unknown processor", |(_, model)| model.trim())
                .to_owned(),
            cores: thread::available_parallelism()?.get(),
            file_system: file_system(folder)?,
            busy_before: read("/proc/loadavg")?
                .split(' ')
                .next()
                .unwrap_or_default()
                .parse()?,
        })
    }
}

/// The type of the file system that holds `folder`: an fsync on tmpfs is none.
fn file_system(folder: &Path) -> Result<String> {
    let folder = folder
        .canonicalize()
        .with_context(|| folder.display().to_string())?;
    let mounts = read("/proc/self/mounts")?;
    let of_folder = mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            Some((fields.next()?, fields.next()?))
        })
        .filter(|(point, _)| folder.starts_with(point))
        // Of two mounts at one place, the later one is seen.
        .max_by_key(|(point, _)| point.len());
    Ok(of_folder
        .map_or("unknown file system", |(_, kind)| kind)
        .to_owned())
}

/// Lets this process, and those that it starts, open `files` files.
///
/// # Errors
/// Where the system doesn't let it; says what to do.
pub fn raise_file_limit(files: u64) -> Result<()> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= files) {
        return Ok(());
    }
    ensure!(
        maximum.is_none_or(|maximum| maximum >= files),
        "{files} open files are needed, and the system's hard limit is {}: raise it, or lower --streams",
        maximum.unwrap_or_default()
    );
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(files),
            maximum,
        },
    )
    .context("can't raise the limit on open files")
}

/// The processor time, user and system, that a process has had with all of its threads.
///
/// # Errors
/// Where it has gone.
pub fn processor_time(process: &str) -> Result<Duration> {
    /// Linux counts in hundredths of a second here, whatever its own clock does (proc(5)).
    const TICK: Duration = Duration::from_millis(10);

    let stat = read(&format!("/proc/{process}/stat"))?;
    // The program's name may have any character in it, but ends with the last parenthesis.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u32>);
    let (Some(Ok(user)), Some(Ok(system))) = (times.next(), times.next()) else {
        anyhow::bail!("/proc/{process}/stat can't be understood");
    };
    Ok(TICK * (user + system))
}

/// How many bytes a process has had written to storage, as the kernel counts them: whole pages of its cache, each time
/// that one is changed after it was last written back (`write_bytes`, proc_pid_io(5)). Metadata of the file system isn't
/// counted.
///
/// # Errors
/// Where it has gone.
pub fn written_bytes(process: &str) -> Result<u64> {
    let io = read(&format!("/proc/{process}/io"))?;
    let written = io
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes:"))
        .context("io has no write_bytes")?;
    Ok(written.trim().parse()?)
}

/// The memory that a process holds, in KiB. Of the places that tell, this one is exact.
///
/// # Errors
/// Where it has gone.
pub fn resident_kib(process: &str) -> Result<f64> {
    let rollup = read(&format!("/proc/{process}/smaps_rollup"))?;
    let resident = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Rss:"))
        .and_then(|line| line.trim().strip_suffix("kB"))
        .context("smaps_rollup has no Rss")?;
    Ok(resident.trim().parse()?)
}

/// How many threads a process has.
///
/// # Errors
/// Where it has gone.
pub fn threads(process: &str) -> Result<f64> {
    let status = read(&format!("/proc/{process}/status"))?;
    let threads = status
        .lines()
        .find_map(|line| line.strip_prefix("Threads:"))
        .context("status has no Threads")?;
    Ok(threads.trim().parse()?)
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("can't read {path}; this tool needs Linux"))
}
