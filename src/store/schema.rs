//! The database schema and the migrations that lead to it. A new migration is one file and one line here. A test checks
//! that a new database and one that ran every migration have the same schema.

use rusqlite::{Connection, functions::FunctionFlags};

use super::{
    engine::{Index, Schema},
    search,
};
use crate::model::username_skeleton;

/// Replaces the stored English text of system messages with the fields it was composed from. Imports run it too, because
/// archives contain that text.
pub const SYSTEM_MESSAGES: &str = include_str!("migrations/0005_system_messages.sql");

pub const SCHEMA: Schema<'static> = Schema {
    whole: include_str!("../../schema.sql"),
    migrations: &[
        include_str!("migrations/0001_initial.sql"),
        include_str!("migrations/0002_rooms.sql"),
        include_str!("migrations/0003_accounts.sql"),
        include_str!("migrations/0004_sequence.sql"),
        SYSTEM_MESSAGES,
        include_str!("migrations/0006_followers.sql"),
        include_str!("migrations/0007_people.sql"),
        include_str!("migrations/0008_list_and_invitations.sql"),
        include_str!("migrations/0009_names.sql"),
        include_str!("migrations/0010_attachments.sql"),
        include_str!("migrations/0011_room_pictures.sql"),
        include_str!("migrations/0012_mentions.sql"),
        include_str!("migrations/0013_people.sql"),
        include_str!("migrations/0014_security.sql"),
        include_str!("migrations/0015_pins_and_drafts.sql"),
        include_str!("migrations/0016_search.sql"),
        include_str!("migrations/0017_limits.sql"),
        include_str!("migrations/0018_doors.sql"),
        include_str!("migrations/0019_push.sql"),
        include_str!("migrations/0020_pushes.sql"),
        include_str!("migrations/0021_passkeys.sql"),
        include_str!("migrations/0022_origins.sql"),
        include_str!("migrations/0023_sequence_end.sql"),
    ],
    functions,
    index: Index {
        tables: search::TABLES,
        rebuild: search::rebuild,
    },
};

/// What migrations compute with the program’s own code: `username_skeleton(username)`.
fn functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("username_skeleton", 1, flags, |arguments| {
        Ok(username_skeleton(&arguments.get::<String>(0)?))
    })
}
