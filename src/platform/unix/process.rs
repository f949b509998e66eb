//! What Linux knows about this process. macOS tells none of it in files.

use std::fs;

/// Resident memory in bytes (`VmRSS`, proc_pid_status(5)).
#[must_use]
pub fn resident_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = resident.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Open file descriptors (proc_pid_fd(5)), without the one that is used to count them.
#[must_use]
pub fn open_files() -> Option<usize> {
    let files = fs::read_dir("/proc/self/fd").ok()?.count();
    Some(files.saturating_sub(1))
}
