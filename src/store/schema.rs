//! The schema of the database, and the migrations that lead to it. A new migration is a file and a line here; a test holds
//! that a new database and one that took all migrations have the same schema.

use super::engine::Schema;

/// Turns the texts of system messages that older versions kept into what they were made of; imports run it, too.
pub const SYSTEM_MESSAGES: &str = include_str!("migrations/0004_system_messages.sql");

pub const SCHEMA: Schema<'static> = Schema {
    whole: include_str!("../../schema.sql"),
    migrations: &[
        include_str!("migrations/0001_initial.sql"),
        include_str!("migrations/0002_rooms.sql"),
        include_str!("migrations/0003_accounts.sql"),
        concat!(
            include_str!("migrations/0004_sequence.sql"),
            include_str!("migrations/0004_system_messages.sql"),
        ),
        include_str!("migrations/0005_followers.sql"),
    ],
};
