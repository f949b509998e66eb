//! Archives: the contents of a database as text that other programs can read. An archive is a folder with one file of JSON
//! lines for each kind of record, and the pictures as files.
//!
//! Sessions, API tokens, invitations, password links and webhooks are left out, because they are secrets of one server.
//! Passwords are included as the stored hashes, so that people can sign in to the new server.

mod export;
mod format;
mod import;
mod rules;

pub use self::{
    export::export,
    format::ArchiveError,
    import::{Planted, import, plant},
};
