//! What happens after a commit: each effect is a method here, and nothing else. The engine runs them in the order in which
//! they were asked for.

use std::{sync::Arc, time::Duration};

use super::{
    engine,
    roster_cache::{Roster, RosterCache},
    session_cache::{SessionCache, TokenHash},
};
use crate::{
    bus::Bus,
    metrics::Metrics,
    model::{Change, EventId, SessionId, UserId},
};

/// What effects work with.
pub struct Context {
    pub bus: Arc<Bus>,
    pub metrics: Arc<Metrics>,
    pub sessions: Arc<SessionCache>,
}

impl engine::Context for Context {
    type Cache = RosterCache;

    fn committed(&self, jobs: usize, took: Duration) {
        self.metrics.committed(jobs, took);
    }
}

/// What a job of this store works with.
pub type Transaction<'a> = engine::Transaction<'a, Context>;

impl Transaction<'_> {
    /// Tells the streams of `members`.
    pub fn publish(&mut self, id: EventId, members: Roster, change: Change) {
        self.after_commit(move |context| context.bus.publish(id, &members, &change));
    }

    /// Forgets a session that this job has deleted, and ends its streams.
    pub fn end_session(&mut self, user: UserId, session: SessionId, token: TokenHash) {
        self.after_commit(move |context| {
            context.sessions.invalidate(&token);
            context.bus.end_session(user, session);
        });
    }

    /// Forgets a token that this job has replaced; its session goes on.
    pub fn invalidate_token(&mut self, token: TokenHash) {
        self.after_commit(move |context| context.sessions.invalidate(&token));
    }

    /// Forgets the cached sessions of a user whom this job has changed.
    pub fn invalidate_user(&mut self, user: UserId) {
        self.after_commit(move |context| context.sessions.invalidate_user(user));
    }
}
