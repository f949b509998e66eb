//! Working with a database as a file: backing up, restoring, checking, exporting and importing.

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
