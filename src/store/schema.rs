//! The database schema and the migrations that lead to it. A new migration is one file and one line here. A test checks
//! that a new database and one that ran every migration have the same schema.

use super::engine::Schema;

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
    ],
};
