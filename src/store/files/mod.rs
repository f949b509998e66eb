//! What is done with a database as a file: backups, putting one in its place, checking it, and archives.

mod archive;
mod backup;
mod check;
mod open;
mod restore;

pub use self::{
    archive::{ArchiveError, export, import},
    backup::{BackupError, OnProgress, PARTIAL, Progress, back_up},
    check::check,
    restore::restore,
};
