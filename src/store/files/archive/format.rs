//! The contents of an archive: its files, their fields, and what one user sees of each.

use std::{fmt::Display, path::Path, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::rules::{
    is_client_id, is_description, is_display_name, is_media_type, is_own_address, is_password_hash,
    is_room_name, is_short, is_system_kind,
};
use crate::store::{engine::OpenError, files::backup::BackupError};

/// The file that describes the archive.
pub(super) const MANIFEST: &str = "archive.json";
/// The folder of pictures. Each is named by its user's id.
pub(super) const PICTURES: &str = "pictures";
/// The folder of pictures of rooms. Each is named by its conversation’s id.
pub(super) const ROOM_PICTURES: &str = "room-pictures";
/// The folder of the files that people have sent. Each is named by its id.
pub(super) const FILES: &str = "files";
/// The folder of their small pictures. Each is named by its attachment’s id.
pub(super) const THUMBS: &str = "thumbs";
/// The version of this format. Version 1 had no actors, version 2 no blocks and no settings, version 3 no files, and
/// version 4 no pictures of rooms. Version 5 had no answers, mentions, notification levels, requests to join rooms, reports,
/// pins, saved messages and drafts, and nobody who made administrators.
pub(super) const VERSION: u32 = 6;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) tincan_archive: u32,
    /// The user whose view it is; none if it contains everything.
    pub(super) user: Option<String>,
    /// The end of the sequence; none for one user's view.
    pub(super) last_id: Option<i64>,
}

/// Why an export or an import failed. In each case nothing was changed.
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
    #[error("user not found: {0}")]
    Nobody(String),
    #[error("{0} already has accounts; import an archive into a new database")]
    Taken(PathBuf),
}

impl From<OpenError> for ArchiveError {
    fn from(error: OpenError) -> Self {
        Self::Backup(error.into())
    }
}

pub(super) fn bad(path: &Path, why: &impl Display) -> ArchiveError {
    ArchiveError::Bad {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

/// How a column is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A decimal string, as in the API.
    Id,
    Number,
    Flag,
    /// RFC 3339.
    Time,
    /// A text that follows a rule.
    Text(fn(&str) -> bool),
    /// Base64 (RFC 4648 §4).
    Bytes,
    /// The text of a message. For a system message, exports compose it and imports take it apart.
    Content,
    /// The name of a file. Imports make it safe, as it may come from anywhere.
    FileName,
}

pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) column: &'static str,
    pub(super) kind: Kind,
    /// What user `?1` sees of it, as an SQL expression.
    pub(super) seen: &'static str,
    /// Whether it may be missing, as in older archives.
    pub(super) optional: bool,
    /// Whether it is 0 then, and not null.
    pub(super) or_zero: bool,
}

const fn field(name: &'static str, column: &'static str, kind: Kind) -> Field {
    Field {
        name,
        column,
        kind,
        seen: column,
        optional: false,
        or_zero: false,
    }
}

impl Field {
    const fn seen_as(self, seen: &'static str) -> Self {
        Self { seen, ..self }
    }

    const fn or_zero(self) -> Self {
        Self {
            optional: true,
            or_zero: true,
            ..self
        }
    }

    const fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }
}

/// A table and its file.
pub(super) struct Table {
    pub(super) file: &'static str,
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
    pub(super) order: &'static str,
    /// The first version of the format that has it.
    pub(super) since: u32,
    /// The condition for rows that are exported at all.
    pub(super) is_kept: &'static str,
    /// The condition for rows that user `?1` sees; `seen` has the messages that they may read.
    pub(super) is_seen: &'static str,
}

/// Ordered so that references point to earlier files.
pub(super) const TABLES: [Table; 20] = [
    Table {
        file: "users.jsonl",
        name: "users",
        fields: &[
            field("id", "id", Kind::Id),
            field("username", "username", Kind::Text(is_short)),
            field("avatarURL", "avatar_url", Kind::Text(is_own_address)),
            field("createdAt", "created_at", Kind::Time)
                .seen_as("CASE WHEN id = ?1 THEN created_at END"),
            field("showsActivity", "shows_activity", Kind::Flag)
                .seen_as("CASE WHEN id = ?1 THEN shows_activity END"),
            field("admin", "admin", Kind::Flag).seen_as("CASE WHEN id = ?1 THEN admin END"),
            field("botOf", "bot_of", Kind::Id).seen_as("CASE WHEN bot_of = ?1 THEN bot_of END"),
            field("disabledAt", "disabled_at", Kind::Time).seen_as("NULL"),
            field("passwordHash", "password_hash", Kind::Text(is_password_hash)).seen_as("NULL"),
            field("displayName", "display_name", Kind::Text(is_display_name)).optional(),
            field("deletedAt", "deleted_at", Kind::Time).optional(),
            field("changedId", "changed_id", Kind::Id)
                .optional()
                .seen_as("NULL"),
            field("asksFirst", "asks_first", Kind::Flag)
                .or_zero()
                .seen_as("CASE WHEN id = ?1 THEN asks_first END"),
            field("madeAdminBy", "made_admin_by", Kind::Id)
                .optional()
                .seen_as("NULL"),
        ],
        order: "id",
        since: 1,
        is_kept: "TRUE",
        is_seen: "id = ?1 OR bot_of = ?1
            OR id IN (SELECT user_id FROM participants WHERE conversation_id IN mine)
            OR id IN (SELECT author_id FROM seen) OR id IN (SELECT subject_id FROM seen)
            OR id IN (SELECT user_id FROM reactions WHERE message_id IN (SELECT id FROM seen))
            OR id IN (SELECT user_id FROM mentions WHERE message_id IN (SELECT id FROM seen))",
    },
    Table {
        file: "identities.jsonl",
        name: "identities",
        fields: &[
            field("issuer", "issuer", Kind::Text(is_short)),
            field("subject", "subject", Kind::Text(is_short)),
            field("user", "user_id", Kind::Id),
            field("username", "username", Kind::Text(is_short)),
            field("linkedAt", "linked_at", Kind::Time),
        ],
        order: "issuer, subject",
        since: 1,
        is_kept: "TRUE",
        is_seen: "user_id = ?1",
    },
    Table {
        file: "pictures.jsonl",
        name: "avatars",
        fields: &[
            field("user", "user_id", Kind::Id),
            field("type", "type", Kind::Text(is_media_type)),
            field("chosenAt", "chosen_at", Kind::Time)
                .optional()
                .seen_as("CASE WHEN user_id = ?1 THEN chosen_at END"),
        ],
        order: "user_id",
        since: 1,
        is_kept: "TRUE",
        is_seen: "user_id = ?1
            OR user_id IN (SELECT user_id FROM participants WHERE conversation_id IN mine)",
    },
    Table {
        file: "conversations.jsonl",
        name: "conversations",
        fields: &[
            field("id", "id", Kind::Id),
            field("kind", "kind", Kind::Text(is_short)),
            field("name", "name", Kind::Text(is_room_name)),
            field("open", "open", Kind::Flag),
            field("lowUser", "low_user", Kind::Id),
            field("highUser", "high_user", Kind::Id),
            field("createdAt", "created_at", Kind::Time),
            field("changedId", "changed_id", Kind::Id),
            field("avatarURL", "avatar_url", Kind::Text(is_own_address)).optional(),
            field("openId", "open_id", Kind::Id).or_zero().seen_as("NULL"),
        ],
        order: "id",
        since: 1,
        is_kept: "TRUE",
        is_seen: "id IN mine",
    },
    Table {
        file: "room-pictures.jsonl",
        name: "room_pictures",
        fields: &[
            field("conversation", "conversation_id", Kind::Id),
            field("type", "type", Kind::Text(is_media_type)),
        ],
        order: "conversation_id",
        since: 5,
        is_kept: "TRUE",
        is_seen: "conversation_id IN mine",
    },
    Table {
        file: "participants.jsonl",
        name: "participants",
        fields: &[
            field("conversation", "conversation_id", Kind::Id),
            field("user", "user_id", Kind::Id),
            field("role", "role", Kind::Text(is_short)),
            field("sinceId", "since_id", Kind::Id)
                .seen_as("CASE WHEN user_id = ?1 THEN since_id END"),
            field("historyId", "history_id", Kind::Id)
                .seen_as("CASE WHEN user_id = ?1 THEN history_id END"),
            field("lastReadNumber", "last_read_number", Kind::Number)
                .seen_as("CASE WHEN user_id = ?1 OR (conversation_id, user_id) IN shown THEN last_read_number END"),
            field("readId", "read_id", Kind::Id).seen_as("CASE WHEN user_id = ?1 THEN read_id END"),
            field("pinnedAt", "pinned_at", Kind::Time)
                .optional()
                .seen_as("CASE WHEN user_id = ?1 THEN pinned_at END"),
            field("archivedNumber", "archived_number", Kind::Number)
                .optional()
                .seen_as("CASE WHEN user_id = ?1 THEN archived_number END"),
            field("hiddenNumber", "hidden_number", Kind::Number)
                .optional()
                .seen_as("CASE WHEN user_id = ?1 THEN hidden_number END"),
            field("unreadNumber", "unread_number", Kind::Number)
                .optional()
                .seen_as("CASE WHEN user_id = ?1 THEN unread_number END"),
            field("settingsId", "settings_id", Kind::Id)
                .optional()
                .seen_as("CASE WHEN user_id = ?1 THEN settings_id END"),
            field("notificationLevel", "notification_level", Kind::Text(is_short))
                .optional()
                .seen_as("CASE WHEN user_id = ?1 THEN notification_level END"),
        ],
        order: "conversation_id, user_id",
        since: 1,
        is_kept: "TRUE",
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
        since: 1,
        is_kept: "TRUE",
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
            field("system", "system", Kind::Text(is_system_kind)),
            field("subject", "subject_id", Kind::Id),
            field("actor", "actor_id", Kind::Id).optional().seen_as("NULL"),
            field("clientId", "client_id", Kind::Text(is_client_id))
                .seen_as("CASE WHEN author_id = ?1 THEN client_id END"),
            field("changedId", "changed_id", Kind::Id),
            field("replyTo", "reply_to", Kind::Id)
                .optional()
                .seen_as("CASE WHEN reply_to IN (SELECT id FROM seen) THEN reply_to END"),
        ],
        order: "id",
        since: 1,
        is_kept: "TRUE",
        is_seen: "id IN (SELECT id FROM seen)",
    },
    Table {
        file: "mentions.jsonl",
        name: "mentions",
        fields: &[
            field("message", "message_id", Kind::Id),
            field("position", "position", Kind::Number),
            field("length", "length", Kind::Number),
            field("user", "user_id", Kind::Id),
        ],
        order: "message_id, position",
        since: 6,
        is_kept: "TRUE",
        is_seen: "message_id IN (SELECT id FROM seen)",
    },
    Table {
        file: "calls.jsonl",
        name: "calls",
        fields: &[
            field("conversation", "conversation_id", Kind::Id),
            field("user", "user_id", Kind::Id),
            field("number", "number", Kind::Number),
        ],
        order: "conversation_id, user_id, number",
        since: 6,
        is_kept: "TRUE",
        is_seen: "user_id = ?1",
    },
    Table {
        file: "reactions.jsonl",
        name: "reactions",
        fields: &[
            field("message", "message_id", Kind::Id),
            field("emoji", "emoji", Kind::Text(is_short)),
            field("user", "user_id", Kind::Id),
            field("reactedId", "reacted_id", Kind::Id),
        ],
        order: "message_id, reacted_id",
        since: 1,
        is_kept: "TRUE",
        is_seen: "message_id IN (SELECT id FROM seen)",
    },
    Table {
        file: "blocks.jsonl",
        name: "blocks",
        fields: &[
            field("user", "user_id", Kind::Id),
            field("blockedUser", "blocked_id", Kind::Id),
            field("blocked", "blocked", Kind::Flag),
            field("changedId", "changed_id", Kind::Id),
        ],
        order: "user_id, blocked_id",
        since: 3,
        is_kept: "TRUE",
        is_seen: "user_id = ?1",
    },
    Table {
        file: "room-requests.jsonl",
        name: "room_requests",
        fields: &[
            field("user", "user_id", Kind::Id),
            field("conversation", "conversation_id", Kind::Id),
            field("askedBy", "asked_by", Kind::Id),
            field("askedAt", "asked_at", Kind::Time),
            field("state", "state", Kind::Text(is_short)),
            field("changedId", "changed_id", Kind::Id),
        ],
        order: "user_id, conversation_id",
        since: 6,
        is_kept: "TRUE",
        is_seen: "user_id = ?1",
    },
    Table {
        file: "reports.jsonl",
        name: "reports",
        fields: &[
            field("id", "id", Kind::Id),
            field("message", "message_id", Kind::Id),
            field("conversation", "conversation_id", Kind::Id),
            field("author", "author_id", Kind::Id),
            field("reporter", "reporter_id", Kind::Id),
            field("content", "content", Kind::Text(is_description)),
            field("files", "files", Kind::Text(is_description)),
            field("reason", "reason", Kind::Text(is_description)),
            field("createdAt", "created_at", Kind::Time),
        ],
        order: "id",
        since: 6,
        is_kept: "TRUE",
        is_seen: "reporter_id = ?1",
    },
    Table {
        file: "settings.jsonl",
        name: "admin_settings",
        fields: &[
            field("membersMayInvite", "members_may_invite", Kind::Flag),
            field("defaultRoom", "default_room_id", Kind::Id),
        ],
        order: "only_row",
        since: 3,
        is_kept: "TRUE",
        is_seen: "0",
    },
    Table {
        file: "files.jsonl",
        name: "files",
        fields: &[
            field("id", "id", Kind::Id),
            field("size", "size", Kind::Number),
            field("type", "type", Kind::Text(is_media_type)),
            field("width", "width", Kind::Number),
            field("height", "height", Kind::Number),
        ],
        order: "id",
        since: 4,
        // Not those that are still being uploaded.
        is_kept: "id IN (SELECT file_id FROM attachments)",
        is_seen: "id IN (SELECT file_id FROM attachments WHERE message_id IN (SELECT id FROM seen))",
    },
    Table {
        file: "attachments.jsonl",
        name: "attachments",
        fields: &[
            field("id", "id", Kind::Id),
            field("conversation", "conversation_id", Kind::Id),
            field("message", "message_id", Kind::Id),
            field("position", "position", Kind::Number),
            field("user", "user_id", Kind::Id),
            field("file", "file_id", Kind::Id),
            field("name", "name", Kind::FileName),
            field("alt", "alt", Kind::Text(is_description)),
            field("duration", "duration", Kind::Number),
            field("thumbhash", "thumbhash", Kind::Bytes),
            field("waveform", "waveform", Kind::Bytes),
        ],
        order: "id",
        since: 4,
        is_kept: "TRUE",
        is_seen: "message_id IN (SELECT id FROM seen)",
    },
    Table {
        file: "pins.jsonl",
        name: "pins",
        fields: &[
            field("conversation", "conversation_id", Kind::Id),
            field("message", "message_id", Kind::Id),
            field("pinnedAt", "pinned_at", Kind::Time),
        ],
        order: "conversation_id, pinned_at, message_id",
        since: 6,
        is_kept: "TRUE",
        is_seen: "message_id IN (SELECT id FROM seen)",
    },
    Table {
        file: "saved.jsonl",
        name: "saved_messages",
        fields: &[
            field("user", "user_id", Kind::Id),
            field("message", "message_id", Kind::Id),
            field("savedAt", "saved_at", Kind::Time),
            field("changedId", "changed_id", Kind::Id),
        ],
        order: "user_id, changed_id",
        since: 6,
        is_kept: "TRUE",
        is_seen: "user_id = ?1 AND message_id IN (SELECT id FROM seen)",
    },
    Table {
        file: "drafts.jsonl",
        name: "drafts",
        fields: &[
            field("user", "user_id", Kind::Id),
            field("conversation", "conversation_id", Kind::Id),
            field("content", "content", Kind::Text(is_description)),
            field("device", "device", Kind::Text(is_short)),
            field("updatedAt", "updated_at", Kind::Time),
            field("changedId", "changed_id", Kind::Id),
        ],
        order: "user_id, changed_id",
        since: 6,
        is_kept: "TRUE",
        is_seen: "user_id = ?1",
    },
];
