//! Who can sign in: a user with a password, an identity or a passkey that may work.

use rusqlite::Connection;

use super::passkeys::MAY_WORK;
use crate::model::UserId;

/// The condition for a user `u` who can sign in.
fn can_sign_in_sql() -> String {
    format!(
        "(u.password_hash IS NOT NULL
         OR EXISTS (SELECT 1 FROM identities WHERE user_id = u.id)
         OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = u.id AND {MAY_WORK}))"
    )
}

/// Whether a user can sign in at all.
pub(super) fn can_sign_in(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(&format!(
            "SELECT 1 FROM users u WHERE u.id = ?1 AND {}",
            can_sign_in_sql()
        ))?
        .exists([user.0])
}

/// How many administrators can sign in.
pub(super) fn count_administrators(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(&format!(
            "SELECT count(*) FROM users u WHERE admin = 1 AND disabled_at IS NULL AND {}",
            can_sign_in_sql()
        ))?
        .query_row([], |row| row.get(0))
}
