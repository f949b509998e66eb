//! What the writer caches of conversations between batches, so that a send needn't look up the participants, the next
//! number, and whether one of two people has blocked the other.

use std::{collections::HashMap, sync::Arc};

use super::{engine::Cache, reactor_cache::ReactorCache};
use crate::model::{ConversationId, Member};

/// Everybody in a conversation, ordered by user id.
pub type Roster = Arc<[Member]>;

/// The most cached members, about 7 MiB. Beyond that the cache is cleared.
const MAX_MEMBERS: usize = 65_536;

/// The members and the newest numbers of conversations.
#[derive(Default)]
pub struct RosterCache {
    conversations: HashMap<ConversationId, Conversation>,
    members: usize,
    /// The conversations that the current job has loaded or changed.
    touched: Vec<ConversationId>,
    pub reactors: ReactorCache,
}

#[derive(Default)]
struct Conversation {
    roster: Option<Roster>,
    newest_number: Option<i64>,
    is_closed: Option<bool>,
}

impl Cache for RosterCache {
    fn begin_job(&mut self) {
        self.touched.clear();
        self.reactors.begin_job();
    }

    fn rollback_job(&mut self) {
        for id in std::mem::take(&mut self.touched) {
            self.forget(id);
        }
        self.reactors.rollback_job();
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

impl RosterCache {
    pub fn roster(&self, id: ConversationId) -> Option<Roster> {
        self.conversations.get(&id)?.roster.clone()
    }

    pub fn newest_number(&self, id: ConversationId) -> Option<i64> {
        self.conversations.get(&id)?.newest_number
    }

    pub fn set_roster(&mut self, id: ConversationId, roster: Roster) {
        self.change(id, |conversation| conversation.roster = Some(roster));
    }

    pub fn set_newest_number(&mut self, id: ConversationId, number: i64) {
        self.change(id, |conversation| conversation.newest_number = Some(number));
    }

    pub fn is_closed(&self, id: ConversationId) -> Option<bool> {
        self.conversations.get(&id)?.is_closed
    }

    pub fn set_closed(&mut self, id: ConversationId, is_closed: bool) {
        self.change(id, |conversation| conversation.is_closed = Some(is_closed));
    }

    pub fn forget(&mut self, id: ConversationId) {
        if let Some(conversation) = self.conversations.remove(&id) {
            self.members -= size(&conversation);
        }
    }

    fn change(&mut self, id: ConversationId, change: impl FnOnce(&mut Conversation)) {
        if self.members > MAX_MEMBERS {
            self.conversations.clear();
            self.members = 0;
        }
        let conversation = self.conversations.entry(id).or_insert_with(|| {
            self.members += size(&Conversation::default());
            Conversation::default()
        });
        self.members -= size(conversation);
        change(conversation);
        self.members += size(conversation);
        self.touched.push(id);
    }
}

/// The weight of a conversation: one for itself and one for each member.
fn size(conversation: &Conversation) -> usize {
    1 + conversation
        .roster
        .as_ref()
        .map_or(0, |roster| roster.len())
}
