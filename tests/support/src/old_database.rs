//! A database as an older version of the program left it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

const SCHEMA_1: &str = include_str!("../../../src/store/migrations/0001_initial.sql");
/// `TinC`.
const APPLICATION_ID: i32 = 0x5469_6e43;
/// What people had done with version 1: john and jane talk, and jane has read up to the second.
const TALK: &str = "
    INSERT INTO clock VALUES (1, 10, 6, 0);
    INSERT INTO users VALUES (1, 'john', 'john', NULL, 1000), (2, 'jane', 'jane', NULL, 1000);
    INSERT INTO conversations VALUES (1, 'direct', NULL, 0, 1, 2, 1000);
    INSERT INTO participants VALUES (1, 1, 'member', 0, 3), (1, 2, 'member', 0, 2);
    INSERT INTO events VALUES (1, 1, 'conversation', NULL, NULL), (4, 1, 'read', 2, 1), (5, 1, 'read', 2, 2);
    INSERT INTO messages VALUES (2, 1, 1, 1, 'a', 'one', 2000, NULL, NULL), (3, 1, 2, 1, 'b', 'two', 3000, NULL, NULL),
                                (6, 1, 3, 1, 'c', 'three', 6000, NULL, NULL);";

/// A database as version 1 left it.
pub fn of_version_1(folder: &Path) -> PathBuf {
    let database = folder.join("tincan.db");
    let connection = Connection::open(&database).expect("a file");
    connection.execute_batch(SCHEMA_1).expect("the old schema");
    connection.execute_batch(TALK).expect("what was in it");
    for (pragma, value) in [("application_id", APPLICATION_ID), ("user_version", 1)] {
        connection
            .pragma_update(None, pragma, value)
            .expect("a mark");
    }
    database
}
