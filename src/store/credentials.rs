//! Who can sign in: a user with a password or an identity.

use rusqlite::Connection;

use crate::model::UserId;

/// Whether a user can sign in at all.
pub(super) fn can_sign_in(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM users WHERE id = ?1
             AND (password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM identities WHERE user_id = ?1))",
        )?
        .exists([user.0])
}

/// How many administrators can sign in.
pub(super) fn count_administrators(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM users u WHERE admin = 1 AND disabled_at IS NULL
             AND (password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM identities WHERE user_id = u.id))",
        )?
        .query_row([], |row| row.get(0))
}
