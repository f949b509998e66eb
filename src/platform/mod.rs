//! What differs between systems, in one place: `unix/` and `windows/` have the same names, and everything else is written
//! once. What a system can’t do at all is absent there, or refused with a sentence, and never pretended.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use self::unix::*;
#[cfg(windows)]
pub use self::windows::*;

/// The room on a disk, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct DiskSpace {
    /// What this program may use of it.
    pub free: u64,
    /// All there is, used or not.
    pub all: u64,
}
