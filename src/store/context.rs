//! What can happen after a commit: one method for each effect. They happen in the order in which jobs asked for them.

use std::{mem, sync::Arc, time::Duration};

use super::{
    engine,
    roster_cache::{Roster, RosterCache},
    session_cache::{SessionCache, TokenHash},
};
use crate::{
    bus::{Bus, Publication},
    metrics::Metrics,
    model::{Change, EventId, SessionId, UserId},
};

/// What effects need.
pub struct Context {
    pub bus: Arc<Bus>,
    pub metrics: Arc<Metrics>,
    pub sessions: Arc<SessionCache>,
}

/// Something to do after the commit.
pub enum Effect {
    /// Publishes a change.
    Publish(Box<Publication>),
    /// Anything else.
    Run(Box<dyn FnOnce(&Context)>),
}

impl engine::Context for Context {
    type Cache = RosterCache;
    type Effect = Effect;

    fn committed(&self, jobs: usize, took: Duration) {
        self.metrics.committed(jobs, took);
    }

    /// What is published without anything else in between is published together.
    fn perform(&self, effects: Vec<Effect>) {
        let mut publications = Vec::new();
        for effect in effects {
            match effect {
                Effect::Publish(publication) => publications.push(*publication),
                Effect::Run(run) => {
                    self.bus.publish(mem::take(&mut publications));
                    run(self);
                }
            }
        }
        self.bus.publish(publications);
    }
}

/// The transaction that a job of this store runs in.
pub type Transaction<'a> = engine::Transaction<'a, Context>;

impl Transaction<'_> {
    /// Publishes a change to the streams of `members`.
    pub fn publish(&mut self, id: EventId, members: Roster, change: Change) {
        self.add_effect(Effect::Publish(Box::new(Publication {
            id,
            members,
            change,
        })));
    }

    /// Runs `effect` after the commit.
    pub fn after_commit(&mut self, effect: impl FnOnce(&Context) + 'static) {
        self.add_effect(Effect::Run(Box::new(effect)));
    }

    /// Drops a session that this job has deleted from the cache, and ends its streams.
    pub fn end_session(&mut self, user: UserId, session: SessionId, token: TokenHash) {
        self.after_commit(move |context| {
            context.sessions.invalidate(&token);
            context.bus.end_session(user, session);
        });
    }

    /// Drops a token that this job has replaced from the cache. The session's streams continue.
    pub fn invalidate_token(&mut self, token: TokenHash) {
        self.after_commit(move |context| context.sessions.invalidate(&token));
    }

    /// Drops the sessions of a user whom this job has changed from the cache.
    pub fn invalidate_user(&mut self, user: UserId) {
        self.after_commit(move |context| context.sessions.invalidate_user(user));
    }
}
