//! What the writer remembers of conversations from batch to batch, so that a message needn't look up
//! who is to be told of it and which number it has. That holds as long as nobody else writes; where some
//! other program has, the writer notices, and forgets it all.

use std::{collections::HashMap, sync::Arc};

use crate::model::{ConversationId, Member};

/// Everybody in a conversation, by user id.
pub(super) type Roster = Arc<[Member]>;

/// Members of all conversations, beyond which everything is forgotten: two MiB of them.
const MOST_MEMBERS: usize = 65_536;

#[derive(Default)]
pub(super) struct Cache {
    conversations: HashMap<ConversationId, Conversation>,
    members: usize,
    /// What the job that is being done has looked up or changed.
    touched: Vec<ConversationId>,
}

#[derive(Default)]
struct Conversation {
    roster: Option<Roster>,
    newest_number: Option<i64>,
}

impl Cache {
    /// Another job begins: what is known by now stays known.
    pub fn begin_job(&mut self) {
        self.touched.clear();
    }

    /// The job is taken back: what it found may have been what it had made.
    pub fn rollback_job(&mut self) {
        for id in std::mem::take(&mut self.touched) {
            if let Some(conversation) = self.conversations.remove(&id) {
                self.members -= size(&conversation);
            }
        }
    }

    pub fn roster(&self, id: ConversationId) -> Option<Roster> {
        self.conversations.get(&id)?.roster.clone()
    }

    pub fn newest_number(&self, id: ConversationId) -> Option<i64> {
        self.conversations.get(&id)?.newest_number
    }

    pub fn keep_roster(&mut self, id: ConversationId, roster: Roster) {
        self.change(id, |conversation| conversation.roster = Some(roster));
    }

    pub fn keep_newest_number(&mut self, id: ConversationId, number: i64) {
        self.change(id, |conversation| conversation.newest_number = Some(number));
    }

    fn change(&mut self, id: ConversationId, change: impl FnOnce(&mut Conversation)) {
        if self.members > MOST_MEMBERS {
            self.clear();
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

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// What a conversation counts for; itself as one more member.
fn size(conversation: &Conversation) -> usize {
    1 + conversation
        .roster
        .as_ref()
        .map_or(0, |roster| roster.len())
}
