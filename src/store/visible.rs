//! Who may see which message, and who receives which change. The rule is written only here: in SQL, and for rows in
//! memory. A test checks that both agree.
//!
//! In SQL, `m` is a row of `messages` and `p` is the caller's row of `participants` in its conversation. A participant
//! may read messages after `history_id`, and their streams receive changes after `since_id`; schema.sql says when each
//! is set.

use crate::model::{EventId, Member, MessageId};

/// Whether the participant may see the message. [`Member::may_see`] is the same rule for live events.
pub const IS_VISIBLE: &str = "m.id > p.history_id";

/// [`IS_VISIBLE`] as the lower bound of a page that begins after `after`.
pub fn visible_after(member: &Member, after: Option<MessageId>) -> EventId {
    after.map_or(member.history_id, |after| after.max(member.history_id))
}

/// Whether a stream of the participant with the cursor `?2` has missed the change numbered `id`, an SQL expression.
pub fn is_missed(id: &str) -> String {
    format!("{id} > max(?2, p.since_id)")
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::model::{ConversationSettings, Role, UserId};

    #[test]
    fn sql_and_live_events_and_pages_go_by_the_same_rule() {
        let connection = Connection::open_in_memory().expect("a database");
        let sql =
            format!("SELECT {IS_VISIBLE} FROM (SELECT ?1 AS id) m, (SELECT ?2 AS history_id) p");
        for history in 0..4 {
            let member = Member {
                user: UserId(1),
                role: Role::Member,
                history_id: EventId(history),
                last_read_number: 0,
                mention_count: 0,
                settings: ConversationSettings::NONE,
            };
            for message in 1..6 {
                let in_sql: bool = connection
                    .query_row(&sql, (message, history), |row| row.get(0))
                    .expect("a verdict");
                let message = EventId(message);
                assert_eq!(in_sql, member.may_see(message), "{message} {history}");
                assert_eq!(in_sql, message > visible_after(&member, None));
                let behind_2 = visible_after(&member, Some(EventId(2)));
                assert_eq!(in_sql && message > EventId(2), message > behind_2);
            }
        }
    }
}
