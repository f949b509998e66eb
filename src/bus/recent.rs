//! What was published last, kept once for all streams. A stream that has fallen behind its channel catches up from here,
//! so that a crowd of them doesn’t read the same rows from the database a thousand times over.
//!
//! Only streams that are open read it: what they get is what they would have been sent, had they kept up. A stream
//! that is opened reads the database, where everything is as it is now.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::Publication;
use crate::model::{Backlog, Change, Event, EventId, Member, UserId, Variant};

/// Bytes of JSON after which a part of it ends. Whoever reads slowly holds no more than that.
const PART_BYTES: usize = 64 * 1024;

/// A published change.
#[derive(Debug)]
pub(super) struct Published {
    pub id: EventId,
    /// Ordered by user id. Changes of one conversation share it.
    pub members: Arc<[Member]>,
    pub change: Change,
    /// The events that several members share.
    pub shared: HashMap<Variant, Arc<Event>>,
    /// Bytes of JSON of all the events that it became.
    pub bytes: usize,
}

impl From<Publication> for Published {
    fn from(publication: Publication) -> Self {
        let Publication {
            id,
            members,
            change,
        } = publication;
        Self {
            id,
            members,
            change,
            shared: HashMap::new(),
            bytes: 0,
        }
    }
}

impl Published {
    /// Creates the event of a member, once for all who share it. None if they don’t receive the change.
    pub fn create_event(&mut self, member: &Member) -> Option<Arc<Event>> {
        if !self.change.is_for(member) {
            return None;
        }
        let mut create = || {
            let event = Arc::new(self.change.for_member(member));
            self.bytes += event.data.len();
            event
        };
        Some(match self.change.variant(member) {
            Some(variant) => Arc::clone(self.shared.entry(variant).or_insert_with(create)),
            None => create(),
        })
    }

    /// The event of a member. None if they don’t receive the change.
    fn event_for(&self, member: &Member) -> Option<Arc<Event>> {
        if !self.change.is_for(member) {
            return None;
        }
        let shared = self.change.variant(member);
        let shared = shared.and_then(|variant| self.shared.get(&variant));
        Some(match shared {
            Some(event) => Arc::clone(event),
            None => Arc::new(self.change.for_member(member)),
        })
    }
}

/// The newest changes, of which some streams may not have had all.
#[derive(Debug)]
pub(super) struct Recent {
    /// In order of ids.
    published: VecDeque<Published>,
    /// About as many bytes as it takes.
    bytes: usize,
    /// The most bytes.
    capacity: usize,
    /// The newest change that is no longer here.
    forgotten: EventId,
}

impl Recent {
    pub fn new(capacity: usize) -> Self {
        Self {
            published: VecDeque::new(),
            bytes: 0,
            capacity,
            forgotten: EventId(0),
        }
    }

    /// Adds what was just published.
    pub fn push(&mut self, published: Published) {
        self.bytes += weight(&published, self.published.back());
        self.published.push_back(published);
        while self.bytes > self.capacity
            && let Some(oldest) = self.published.pop_front()
        {
            self.bytes -= weight(&oldest, None);
            self.forgotten = oldest.id;
            // Its members are held by the next one now.
            if let Some(next) = self.published.front() {
                self.bytes += weight(next, None) - weight(next, Some(&oldest));
            }
        }
    }

    /// Up to `limit` events of `user` after `after`, in order. None if some of them are no longer here.
    pub fn after(&self, after: EventId, user: UserId, limit: usize) -> Option<Backlog> {
        if after < self.forgotten {
            return None;
        }
        let start = self.published.partition_point(|change| change.id <= after);
        let (mut events, mut bytes, mut last) = (Vec::new(), 0, after);
        // Changes of one conversation come after each other, and whoever is looked for stands where they stood.
        let mut found: Option<(&Arc<[Member]>, Option<&Member>)> = None;
        for change in self.published.range(start..) {
            let member = match found {
                Some((members, member)) if Arc::ptr_eq(members, &change.members) => member,
                _ => Member::find(&change.members, user),
            };
            found = Some((&change.members, member));
            let event = member.and_then(|member| change.event_for(member));
            let Some(event) = event.filter(|_| change.id > last) else {
                continue;
            };
            if events.len() == limit || bytes > PART_BYTES {
                return Some(Backlog { events, end: None });
            }
            last = change.id;
            bytes += event.data.len();
            events.push((change.id, event));
        }
        let newest = self.published.back();
        let end = newest.map_or(after, |newest| after.max(newest.id));
        Some(Backlog {
            events,
            end: Some(end),
        })
    }
}

/// About as many bytes as a change takes behind another one, whose members it may share.
fn weight(change: &Published, previous: Option<&Published>) -> usize {
    let shared = previous.is_some_and(|previous| Arc::ptr_eq(&previous.members, &change.members));
    let members = if shared {
        0
    } else {
        size_of_val(&*change.members)
    };
    // The change itself, its JSON, and that encoded for two transports.
    size_of::<Published>() + members + 4 * change.bytes
}
