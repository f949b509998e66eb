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
    archive::{ArchiveError, Planted, export, import, plant},
    backup::{BackupError, OnProgress, Progress, back_up},
    check::check,
    folder::BackupFolder,
    restore::restore,
    snapshot::{put_snapshot, take_snapshot},
};
