//! Who was in which conversation from when to when, as the schedule has it.

use std::collections::BTreeSet;

use crate::{
    support::Event,
    witness::{Witness, conversation_of, id_at, place},
};

/// Everybody's stays, those that are over, too, and when rooms were open.
#[derive(Default)]
pub struct Stays {
    stays: Vec<Stay>,
    doors: Vec<Door>,
}

/// From when on a room was open or closed.
struct Door {
    room: String,
    from: i64,
    is_open: bool,
}

struct Stay {
    conversation: String,
    user: String,
    /// They are told what is numbered after this,
    since: i64,
    /// of messages after this,
    history: i64,
    /// up to this.
    left: Option<i64>,
}

impl Stays {
    /// Somebody is there from the beginning.
    pub fn begin(&mut self, conversation: &str, user: &str, since: i64) {
        self.stay(conversation, user, since, 0);
    }

    /// Somebody comes in later, and sees messages from now on; in an open room, since it was opened.
    pub fn enter(&mut self, conversation: &str, user: &str, since: i64) {
        let door = self.door(conversation, since);
        let history = match door {
            Some(door) if door.is_open => door.from,
            _ => since,
        };
        self.stay(conversation, user, since, history);
    }

    fn stay(&mut self, conversation: &str, user: &str, since: i64, history: i64) {
        self.stays.push(Stay {
            conversation: conversation.to_owned(),
            user: user.to_owned(),
            since,
            history,
            left: None,
        });
    }

    /// A room is opened or closed.
    pub fn turn(&mut self, room: &str, from: i64, is_open: bool) {
        self.doors.push(Door {
            room: room.to_owned(),
            from,
            is_open,
        });
    }

    /// How a room’s door stood at a place in the sequence.
    fn door(&self, room: &str, at: i64) -> Option<&Door> {
        let mut doors = self.doors.iter().rev();
        doors.find(|door| door.room == room && door.from <= at)
    }

    /// Whether a message was meant for somebody: they were there when it was said, or the room was open then. Whatever
    /// else the rules are, nobody else is ever shown it.
    pub fn was_meant_for(&self, conversation: &str, user: &str, message: &str) -> bool {
        let id: i64 = message.parse().expect("an id");
        let was_there = |stay: &&Stay| {
            stay.is_of(conversation, user)
                && stay.since < id
                && stay.left.is_none_or(|left| id <= left)
        };
        self.stays.iter().any(|stay| was_there(&stay))
            || self
                .door(conversation, id - 1)
                .is_some_and(|door| door.is_open)
    }

    pub fn leave(&mut self, conversation: &str, user: &str, at: i64) {
        let stay = self
            .stays
            .iter_mut()
            .find(|stay| stay.is_now() && stay.is_of(conversation, user));
        stay.expect("somebody who is there").left = Some(at);
    }

    pub fn knows(&self, conversation: &str) -> bool {
        self.stays
            .iter()
            .any(|stay| stay.conversation == conversation)
    }

    pub fn is_in(&self, conversation: &str, user: &str) -> bool {
        self.now(conversation, user).is_some()
    }

    /// Whether somebody may see a message now.
    pub fn shows(&self, conversation: &str, user: &str, message: &str) -> bool {
        let id: i64 = message.parse().expect("an id");
        self.now(conversation, user)
            .is_some_and(|stay| id > stay.history)
    }

    /// Who has been there the longest, and whoever came at the same time.
    pub fn longest(&self, conversation: &str) -> BTreeSet<&str> {
        let there = || {
            let all = self.stays.iter();
            all.filter(|stay| stay.is_now() && stay.conversation == conversation)
        };
        let first = there().map(|stay| stay.since).min();
        there()
            .filter(|stay| Some(stay.since) == first)
            .map(|stay| stay.user.as_str())
            .collect()
    }

    /// Fails the test where the database has anybody anywhere else.
    pub fn expect_kept(&self, witness: &Witness) {
        let now = self.stays.iter().filter(|stay| stay.is_now());
        let now = now.map(|stay| {
            let Stay {
                conversation, user, ..
            } = stay;
            (conversation.clone(), user.clone(), stay.since, stay.history)
        });
        let query = "SELECT conversation_id, user_id, since_id, history_id FROM participants";
        let kept = witness.rows(query, [], |row| {
            Ok((id_at(row, 0)?, id_at(row, 1)?, row.get(2)?, row.get(3)?))
        });
        assert_eq!(
            kept.into_iter().collect::<BTreeSet<_>>(),
            now.collect::<BTreeSet<_>>()
        );
    }

    /// Fails the test where somebody was told what happened while they weren't there, or of a
    /// message from before.
    pub fn expect_allowed(&self, user: &str, event: &Event) {
        let conversation = conversation_of(event);
        let mut stays = self
            .stays
            .iter()
            .filter(|stay| stay.is_of(&conversation, user));
        let at = place(&event.id);
        let is_allowed = if event.data["removed"] == true {
            stays.any(|stay| stay.left.is_some_and(|left| left < at))
        } else {
            let message: Option<i64> = match event.name.as_str() {
                "message" | "sent" | "update" => event.data["id"].as_str(),
                _ => None,
            }
            .map(|id| id.parse().expect("an id"));
            stays.any(|stay| {
                at > stay.since
                    && stay.left.is_none_or(|left| at <= left)
                    && message.is_none_or(|id| id > stay.history)
            })
        };
        assert!(is_allowed, "{user} was told {event:?}");
    }

    fn now(&self, conversation: &str, user: &str) -> Option<&Stay> {
        let mut all = self.stays.iter();
        all.find(|stay| stay.is_now() && stay.is_of(conversation, user))
    }
}

impl Stay {
    fn is_now(&self) -> bool {
        self.left.is_none()
    }

    fn is_of(&self, conversation: &str, user: &str) -> bool {
        self.conversation == conversation && self.user == user
    }
}
