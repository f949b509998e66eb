//! What a seed tells: people, their conversations, and what was said in them, in order.

use crate::model::{EVERYBODY, Mentioned, SystemKind, Timestamp, UserId, UsernameKey, name_key};

/// A person, by their place in [`Story::people`].
pub(super) type PersonIndex = usize;

#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) people: Vec<Person>,
    pub(super) conversations: Vec<Conversation>,
}

#[derive(Debug)]
pub(super) struct Person {
    pub(super) username: String,
    pub(super) display_name: Option<String>,
    /// A PNG.
    pub(super) picture: Option<Vec<u8>>,
    pub(super) is_admin: bool,
    pub(super) created_at: Timestamp,
    pub(super) disabled_at: Option<Timestamp>,
    /// A deleted account is disabled too, and has no name and no picture.
    pub(super) is_deleted: bool,
}

#[derive(Debug)]
pub(super) struct Conversation {
    /// None between two people.
    pub(super) room: Option<Room>,
    pub(super) created_at: Timestamp,
    /// Who is in it from the beginning. The first has created it, and is a room’s owner.
    pub(super) people: Vec<PersonIndex>,
    pub(super) messages: Vec<Message>,
    /// How many messages at the end they haven’t read. Others have read all.
    pub(super) unread: Vec<(PersonIndex, usize)>,
    pub(super) settings: Vec<(PersonIndex, Setting)>,
    pub(super) drafts: Vec<(PersonIndex, String)>,
}

#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: String,
    pub(super) is_open: bool,
    /// A PNG.
    pub(super) picture: Option<Vec<u8>>,
}

/// What somebody has set for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    Pinned,
    Archived,
    MarkedUnread,
    /// Notified of mentions, or of nothing.
    Level(&'static str),
}

#[derive(Debug)]
pub(super) struct Message {
    pub(super) at: Timestamp,
    pub(super) said: Said,
    pub(super) edited_at: Option<Timestamp>,
    /// Nothing is left of a deleted one but its place.
    pub(super) deleted_at: Option<Timestamp>,
    pub(super) reactions: Vec<Reaction>,
    /// The place of what it answers in the conversation.
    pub(super) answers: Option<usize>,
    pub(super) files: Vec<File>,
    pub(super) is_pinned: bool,
    pub(super) saved_by: Vec<PersonIndex>,
}

#[derive(Debug)]
pub(super) struct Reaction {
    pub(super) at: Timestamp,
    pub(super) emoji: String,
    pub(super) by: PersonIndex,
}

#[derive(Debug)]
pub(super) enum Said {
    By(PersonIndex, String),
    System {
        kind: SystemKind,
        subject: PersonIndex,
        actor: PersonIndex,
        /// A room’s new name.
        data: String,
    },
}

/// A file of a message.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) bytes: Vec<u8>,
    /// Width and height of a picture.
    pub(super) size: Option<[usize; 2]>,
    pub(super) alt: Option<String>,
    /// In milliseconds.
    pub(super) duration: Option<i64>,
    pub(super) thumbhash: Option<Vec<u8>>,
    pub(super) waveform: Option<Vec<u8>>,
    /// A small PNG.
    pub(super) thumb: Option<Vec<u8>>,
}

impl Conversation {
    pub(super) fn new(room: Option<Room>, created_at: Timestamp, people: Vec<PersonIndex>) -> Self {
        Self {
            room,
            created_at,
            people,
            messages: Vec::new(),
            unread: Vec::new(),
            settings: Vec::new(),
            drafts: Vec::new(),
        }
    }

    /// Adds a message. None is older than the one before it.
    pub(super) fn say(
        &mut self,
        at: Timestamp,
        by: PersonIndex,
        text: impl Into<String>,
    ) -> &mut Message {
        self.push(at, Said::By(by, text.into()))
    }

    pub(super) fn push(&mut self, at: Timestamp, said: Said) -> &mut Message {
        let at = self.messages.last().map_or(at, |last| last.at.max(at));
        self.messages.push(Message {
            at,
            said,
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
            answers: None,
            files: Vec::new(),
            is_pinned: false,
            saved_by: Vec::new(),
        });
        let last = self.messages.len() - 1;
        &mut self.messages[last]
    }

    /// Says as the first message of a room who has created it.
    pub(super) fn begin(&mut self) {
        let Some(&owner) = self.people.first() else {
            return;
        };
        let said = Said::System {
            kind: SystemKind::Created,
            subject: owner,
            actor: owner,
            data: String::new(),
        };
        self.push(self.created_at, said);
    }

    /// How many messages somebody has read.
    pub(super) fn read_by(&self, person: PersonIndex) -> usize {
        let unread = self.unread.iter().find(|(who, _)| *who == person);
        let unread = unread.map_or(0, |(_, count)| *count);
        self.messages.len().saturating_sub(unread)
    }
}

impl Message {
    pub(super) fn author(&self) -> Option<PersonIndex> {
        match self.said {
            Said::By(author, _) => Some(author),
            Said::System { .. } => None,
        }
    }
}

impl Story {
    /// Whom a name in a message means, as in `store::mentions`.
    pub(super) fn named(
        &self,
        name: &str,
        present: &[PersonIndex],
        is_room: bool,
    ) -> Option<Mentioned> {
        if is_room && name.eq_ignore_ascii_case(EVERYBODY) {
            return Some(Mentioned::Everybody);
        }
        let (username, shown) = (UsernameKey::new(name), name_key(name));
        let is_meant = |person: &PersonIndex| {
            let person = &self.people[*person];
            !person.is_deleted
                && (UsernameKey::new(&person.username) == username
                    || person.display_name.as_deref().map(name_key).as_ref() == Some(&shown))
        };
        let id = present.iter().find(|person| is_meant(person))?;
        Some(Mentioned::User(UserId(super::archive::id_of(*id))))
    }
}
