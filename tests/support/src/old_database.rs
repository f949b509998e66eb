//! A database as an older version of the program left it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

const SCHEMA_1: &str = include_str!("../../../src/store/migrations/0001_initial.sql");
const SCHEMA_2: &str = include_str!("../../../src/store/migrations/0002_rooms.sql");
const SCHEMA_3: &str = include_str!("../../../src/store/migrations/0003_accounts.sql");
/// The mark of a database with people’s messages, and of all of earlier versions: `TinC`.
pub const SERVICE: i32 = 0x5469_6e43;
/// The mark of a database for development: `TinD`.
pub const DEVELOPMENT: i32 = 0x5469_6e44;
/// What people had done with version 1: john and jane talk, and jane has read up to the second.
const TALK: &str = "
    INSERT INTO clock VALUES (1, 10, 6, 0);
    INSERT INTO users VALUES (1, 'john', 'john', NULL, 1000), (2, 'jane', 'jane', NULL, 1000);
    INSERT INTO conversations VALUES (1, 'direct', NULL, 0, 1, 2, 1000);
    INSERT INTO participants VALUES (1, 1, 'member', 0, 3), (1, 2, 'member', 0, 2);
    INSERT INTO events VALUES (1, 1, 'conversation', NULL, NULL), (4, 1, 'read', 2, 1), (5, 1, 'read', 2, 2);
    INSERT INTO messages VALUES (2, 1, 1, 1, 'a', 'one', 2000, NULL, NULL), (3, 1, 2, 1, 'b', 'two', 3000, NULL, NULL),
                                (6, 1, 3, 1, 'c', 'three', 6000, NULL, NULL);";

/// What had happened in a room under version 3: bob was called bobby when he added john, and robot is jane's bot.
const ROOM: &str = "
    INSERT INTO clock VALUES (1, 10, 20, 0);
    INSERT INTO users (id, username, username_key, created_at, bot_of) VALUES
        (1, 'john', 'john', 1000, NULL), (2, 'jane', 'jane', 1000, NULL), (3, 'bob', 'bob', 1000, NULL), (4, 'robot', 'robot', 1000, 2);
    INSERT INTO conversations (id, kind, name, open, created_at, participant_count, changed_id)
        VALUES (1, 'room', 'The sea', 1, 1000, 1, 13);
    INSERT INTO participants (conversation_id, user_id, role, since_id, last_read_number) VALUES (1, 1, 'owner', 0, 0);
    INSERT INTO messages (id, conversation_id, number, content, created_at, system, subject_id) VALUES
        (1, 1, 1, 'bob made this room', 2000, 'created', 3), (2, 1, 2, 'bobby added john', 2000, 'added', 1),
        (3, 1, 3, 'john added robot', 2000, 'added', 4), (4, 1, 4, 'jane joined', 2000, 'joined', 2),
        (5, 1, 5, 'bob renamed the room to The sea', 2000, 'renamed', 3),
        (6, 1, 6, 'bob opened the room to everybody', 2000, 'opened', 3), (7, 1, 7, 'bob closed the room to others', 2000, 'closed', 3),
        (8, 1, 8, 'bob made jane the owner', 2000, 'owner', 2), (9, 1, 9, 'jane removed bob', 2000, 'removed', 3),
        (10, 1, 10, 'jane left', 2000, 'left', 2), (11, 1, 11, 'john is the owner now', 2000, 'owner', 1),
        (12, 1, 12, 'robot went with jane', 2000, 'removed', 4);";

/// Marks a database that no server has open, so that it may be served in another way than before.
pub fn mark(database: &Path, purpose: i32) {
    Connection::open(database)
        .and_then(|connection| connection.pragma_update(None, "application_id", purpose))
        .expect("a marked database");
}

/// A database as version 1 left it, but marked for development, which makes asking easier.
pub fn of_version_1(folder: &Path) -> PathBuf {
    of_version(1, &[SCHEMA_1, TALK], folder)
}

/// A database as version 3 left it.
pub fn of_version_3(folder: &Path) -> PathBuf {
    of_version(3, &[SCHEMA_1, SCHEMA_2, SCHEMA_3, ROOM], folder)
}

fn of_version(version: i32, statements: &[&str], folder: &Path) -> PathBuf {
    let database = folder.join("tincan.db");
    let connection = Connection::open(&database).expect("a file");
    for statements in statements {
        connection.execute_batch(statements).expect("what it held");
    }
    for (pragma, value) in [("application_id", DEVELOPMENT), ("user_version", version)] {
        connection
            .pragma_update(None, pragma, value)
            .expect("a mark");
    }
    database
}
