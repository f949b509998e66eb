//! What the system knows of this process. Where it isn't Linux, nothing.

use std::fs;

/// Bytes of memory that it has (`VmRSS`, proc_pid_status(5)).
pub fn resident_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = resident.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// File descriptors that it has open (proc_pid_fd(5)), less the one that looks.
pub fn open_files() -> Option<usize> {
    let files = fs::read_dir("/proc/self/fd").ok()?.count();
    Some(files.saturating_sub(1))
}
