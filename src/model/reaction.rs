//! Reactions to a message: how many, by whom first, and whether the caller is among them.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::{EventId, User, UserId};

/// The users whom a message names for each emoji. With 20 emoji, an event about a message that everybody has reacted to
/// stays small.
pub const MAX_NAMED_REACTORS: usize = 5;
/// The most different emoji on one message.
pub const MAX_EMOJI: usize = 20;

/// One emoji of a message, independent of the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    pub emoji: String,
    /// How many users reacted with it.
    pub count: i64,
    /// The first of them, in the order in which they reacted.
    pub users: Vec<UserId>,
}

/// One emoji, how many reacted with it, and who did first.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Reaction")]
pub struct ReactionView<'a> {
    #[schemars(length(min = 1))]
    pub emoji: &'a str,
    /// How many users reacted with it.
    #[schemars(range(min = 1))]
    pub count: i64,
    /// Whether the caller is one of them.
    pub mine: bool,
    /// The first of them, in the order in which they reacted. `/api/messages/{id}/reactions` has all of them.
    #[schemars(length(min = 1, max = MAX_NAMED_REACTORS))]
    pub users: &'a [UserId],
}

/// The reactions of a message, in order of first use, as one caller sees them.
#[derive(Clone, Copy, Debug)]
pub struct Reactions<'a> {
    pub all: &'a [Reaction],
    pub reactors: &'a Reactors,
    pub caller: UserId,
}

impl<'a> Reactions<'a> {
    pub fn iter(&self) -> impl Iterator<Item = ReactionView<'a>> + use<'a> {
        let Self {
            all,
            reactors,
            caller,
        } = *self;
        all.iter().map(move |reaction| ReactionView {
            emoji: &reaction.emoji,
            count: reaction.count,
            mine: reactors.have(caller, &reaction.emoji),
            users: &reaction.users,
        })
    }
}

impl Serialize for Reactions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// One user's reaction to a message.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UserReaction {
    /// Reactions are listed in the order of their ids.
    pub id: EventId,
    #[schemars(length(min = 1))]
    pub emoji: String,
    pub user: User,
}

/// Who has reacted to a message with what, so that each receiver of an event is told whether they have. It is small and
/// flat, because a message may have thousands of them and each further reaction copies it: a number of an emoji is its
/// bit in the users' sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reactors {
    emoji: Vec<String>,
    /// Ordered by user. Nobody's set is empty.
    sets: Vec<(UserId, u32)>,
}

/// A message that nobody has reacted to.
pub static NO_REACTORS: Reactors = Reactors {
    emoji: Vec::new(),
    sets: Vec::new(),
};

impl Reactors {
    /// Adds a user's reaction.
    pub fn add(&mut self, user: UserId, emoji: &str) {
        let bit = 1 << self.number_for(emoji);
        match self.place(user) {
            Ok(at) => self.sets[at].1 |= bit,
            Err(at) => self.sets.insert(at, (user, bit)),
        }
    }

    /// Removes a user's reaction.
    pub fn remove(&mut self, user: UserId, emoji: &str) {
        let (Some(number), Ok(at)) = (self.number(emoji), self.place(user)) else {
            return;
        };
        self.sets[at].1 &= !(1 << number);
        if self.sets[at].1 == 0 {
            self.sets.remove(at);
        }
    }

    /// Whether a user has reacted with an emoji.
    #[must_use]
    pub fn have(&self, user: UserId, emoji: &str) -> bool {
        self.number(emoji)
            .is_some_and(|number| self.set_of(user) & (1 << number) != 0)
    }

    /// What a user has reacted with. Users with the same set see the same message.
    #[must_use]
    pub fn set_of(&self, user: UserId) -> u32 {
        self.place(user).map_or(0, |at| self.sets[at].1)
    }

    /// How many users there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    fn place(&self, user: UserId) -> Result<usize, usize> {
        self.sets.binary_search_by_key(&user, |(known, _)| *known)
    }

    fn number(&self, emoji: &str) -> Option<usize> {
        self.emoji.iter().position(|known| known == emoji)
    }

    /// The number of an emoji. One that nobody uses any more gives its number away, so [`MAX_EMOJI`] and one more are enough.
    fn number_for(&mut self, emoji: &str) -> usize {
        if let Some(number) = self.number(emoji) {
            return number;
        }
        let used = self.sets.iter().fold(0, |used, (_, set)| used | set);
        let free = (0..self.emoji.len()).find(|number| used & (1 << number) == 0);
        let number = free.unwrap_or(self.emoji.len());
        if number == self.emoji.len() {
            self.emoji.push(emoji.to_owned());
        } else {
            emoji.clone_into(&mut self.emoji[number]);
        }
        number
    }
}
