//! Working with a database as a file: backing up, restoring, checking, exporting and importing.

mod archive;
mod backup;
mod check;
mod folder;
mod open;
mod restore;
mod room;
mod schema;
mod snapshot;

pub(super) use self::open::open_present;
pub use self::{
    archive::{ArchiveError, export, import},
    backup::{BackupError, OnProgress, Progress, back_up},
    check::check,
    folder::BackupFolder,
    restore::restore,
    snapshot::{begin_lab, put_snapshot, take_snapshot},
};
