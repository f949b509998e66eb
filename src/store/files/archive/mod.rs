//! What a database holds as text that other programs can read: a folder with a file of JSON lines for each kind of thing,
//! and the pictures as files. Here stands what goes into them; `export` writes them, and `import` makes a database of them.
//!
//! Sessions, API tokens, invitations, links and webhooks aren't carried: they are secrets for one server. Passwords are,
//! as the hashes that are kept, so that people can sign in at the next one.

mod export;
mod import;

use std::{fmt::Display, path::Path, path::PathBuf};

use serde::{Deserialize, Serialize};

pub use self::{export::export, import::import};
use super::backup::BackupError;
use crate::store::engine::OpenError;

/// Tells what the folder holds.
const MANIFEST: &str = "archive.json";
/// The pictures, each by its user's id.
const PICTURES: &str = "pictures";
/// The form that is described here.
const VERSION: u32 = 2;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Manifest {
    tincan_archive: u32,
    /// Whose sight it is; nobody's where it is everything.
    user: Option<String>,
    /// Where the sequence stood.
    last_id: Option<i64>,
}

/// Why there is no archive, or no database of one. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("{path}, line {line}: {why}\nNothing was changed.")]
    BadLine {
        path: PathBuf,
        line: usize,
        why: String,
    },
    #[error("{path}: {why}\nNothing was changed.")]
    Bad { path: PathBuf, why: String },
    #[error("there is nobody called {0}")]
    Nobody(String),
    #[error("somebody has an account in {0} already; an archive becomes a database of its own")]
    Taken(PathBuf),
}

impl From<OpenError> for ArchiveError {
    fn from(error: OpenError) -> Self {
        Self::Backup(error.into())
    }
}

fn bad(path: &Path, why: &impl Display) -> ArchiveError {
    ArchiveError::Bad {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

/// How a column's value is written.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A decimal string, as everywhere.
    Id,
    Number,
    Flag,
    /// RFC 3339.
    Time,
    Text,
    /// What a message says: of one of the system it is composed here, and taken apart by an import.
    Content,
}

struct Field {
    name: &'static str,
    column: &'static str,
    kind: Kind,
    /// What user `?1` sees of it, in SQL.
    seen: &'static str,
    /// Whether older archives lack it.
    optional: bool,
}

const fn field(name: &'static str, column: &'static str, kind: Kind) -> Field {
    Field {
        name,
        column,
        kind,
        seen: column,
        optional: false,
    }
}

impl Field {
    const fn seen_as(self, seen: &'static str) -> Self {
        Self { seen, ..self }
    }

    const fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }
}

/// A table, and the file that it goes to.
struct Table {
    file: &'static str,
    name: &'static str,
    fields: &'static [Field],
    order: &'static str,
    /// Which rows user `?1` sees; `seen` are the messages that they may read.
    is_seen: &'static str,
}

/// In an order in which a reader finds what a line refers to in the files before.
const TABLES: [Table; 8] = [
    Table {
        file: "users.jsonl",
        name: "users",
        fields: &[
            field("id", "id", Kind::Id),
            field("username", "username", Kind::Text),
            field("avatarURL", "avatar_url", Kind::Text),
            field("createdAt", "created_at", Kind::Time)
                .seen_as("CASE WHEN id = ?1 THEN created_at END"),
            field("showsActivity", "shows_activity", Kind::Flag)
                .seen_as("CASE WHEN id = ?1 THEN shows_activity END"),
            field("admin", "admin", Kind::Flag).seen_as("CASE WHEN id = ?1 THEN admin END"),
            field("botOf", "bot_of", Kind::Id).seen_as("CASE WHEN bot_of = ?1 THEN bot_of END"),
            field("disabledAt", "disabled_at", Kind::Time).seen_as("NULL"),
            field("passwordHash", "password_hash", Kind::Text).seen_as("NULL"),
        ],
        order: "id",
        is_seen: "id = ?1 OR bot_of = ?1
            OR id IN (SELECT user_id FROM participants WHERE conversation_id IN mine)
            OR id IN (SELECT author_id FROM seen) OR id IN (SELECT subject_id FROM seen)
            OR id IN (SELECT user_id FROM reactions WHERE message_id IN (SELECT id FROM seen))",
    },
    Table {
        file: "identities.jsonl",
        name: "identities",
        fields: &[
            field("issuer", "issuer", Kind::Text),
            field("subject", "subject", Kind::Text),
            field("user", "user_id", Kind::Id),
            field("username", "username", Kind::Text),
            field("linkedAt", "linked_at", Kind::Time),
        ],
        order: "issuer, subject",
        is_seen: "user_id = ?1",
    },
    Table {
        file: "pictures.jsonl",
        name: "avatars",
        fields: &[
            field("user", "user_id", Kind::Id),
            field("type", "type", Kind::Text),
        ],
        order: "user_id",
        is_seen: "user_id = ?1
            OR user_id IN (SELECT user_id FROM participants WHERE conversation_id IN mine)",
    },
    Table {
        file: "conversations.jsonl",
        name: "conversations",
        fields: &[
            field("id", "id", Kind::Id),
            field("kind", "kind", Kind::Text),
            field("name", "name", Kind::Text),
            field("open", "open", Kind::Flag),
            field("lowUser", "low_user", Kind::Id),
            field("highUser", "high_user", Kind::Id),
            field("createdAt", "created_at", Kind::Time),
            field("changedId", "changed_id", Kind::Id),
        ],
        order: "id",
        is_seen: "id IN mine",
    },
    Table {
        file: "participants.jsonl",
        name: "participants",
        fields: &[
            field("conversation", "conversation_id", Kind::Id),
            field("user", "user_id", Kind::Id),
            field("role", "role", Kind::Text),
            field("sinceId", "since_id", Kind::Id)
                .seen_as("CASE WHEN user_id = ?1 THEN since_id END"),
            field("historyId", "history_id", Kind::Id)
                .seen_as("CASE WHEN user_id = ?1 THEN history_id END"),
            field("lastReadNumber", "last_read_number", Kind::Number)
                .seen_as("CASE WHEN user_id = ?1 OR (conversation_id, user_id) IN shown THEN last_read_number END"),
            field("readId", "read_id", Kind::Id).seen_as("CASE WHEN user_id = ?1 THEN read_id END"),
        ],
        order: "conversation_id, user_id",
        is_seen: "conversation_id IN mine",
    },
    Table {
        file: "departures.jsonl",
        name: "departures",
        fields: &[
            field("user", "user_id", Kind::Id),
            field("conversation", "conversation_id", Kind::Id),
            field("leftId", "left_id", Kind::Id),
        ],
        order: "user_id, conversation_id",
        is_seen: "user_id = ?1",
    },
    Table {
        file: "messages.jsonl",
        name: "messages",
        fields: &[
            field("id", "id", Kind::Id),
            field("conversation", "conversation_id", Kind::Id),
            field("number", "number", Kind::Number),
            field("author", "author_id", Kind::Id),
            field("content", "content", Kind::Content),
            field("createdAt", "created_at", Kind::Time),
            field("editedAt", "edited_at", Kind::Time),
            field("deletedAt", "deleted_at", Kind::Time),
            field("system", "system", Kind::Text),
            field("subject", "subject_id", Kind::Id),
            field("actor", "actor_id", Kind::Id).optional().seen_as("NULL"),
            field("clientId", "client_id", Kind::Text)
                .seen_as("CASE WHEN author_id = ?1 THEN client_id END"),
            field("changedId", "changed_id", Kind::Id),
        ],
        order: "id",
        is_seen: "id IN (SELECT id FROM seen)",
    },
    Table {
        file: "reactions.jsonl",
        name: "reactions",
        fields: &[
            field("message", "message_id", Kind::Id),
            field("emoji", "emoji", Kind::Text),
            field("user", "user_id", Kind::Id),
            field("reactedId", "reacted_id", Kind::Id),
        ],
        order: "message_id, reacted_id",
        is_seen: "message_id IN (SELECT id FROM seen)",
    },
];
