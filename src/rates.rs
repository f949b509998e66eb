//! What a user who has signed in may do at a time, and how often, so that one account can’t take the server from all
//! others. All of it is kept in memory only. How often is said in [`Rate`].

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use parking_lot::Mutex;

use crate::{
    error::{Error, Result},
    metrics::Metrics,
    model::{Rate, SessionId, UserId, limits::UNFINISHED_BODIES},
    throttle::Limiter,
};

/// Limits what users do.
pub struct Rates {
    /// A limiter for each kind, in the order of [`Rate::ALL`]. The keys are ids of users, or of sessions.
    limiters: [Limiter<i64>; Rate::ALL.len()],
    bodies: Arc<Mutex<HashMap<UserId, u32>>>,
    metrics: Arc<Metrics>,
    /// Nobody is limited.
    is_off: bool,
}

impl Rates {
    /// Nobody has done anything yet. If `is_off`, they may do as much as they like.
    #[must_use]
    pub fn new(metrics: &Arc<Metrics>, is_off: bool) -> Self {
        for rate in Rate::ALL {
            metrics.add_limit(rate.name());
        }
        Self {
            limiters: Rate::ALL.map(|rate| {
                let allowance = rate.allowance();
                Limiter::new(allowance.burst, allowance.every)
            }),
            bodies: Arc::default(),
            metrics: Arc::clone(metrics),
            is_off,
        }
    }

    /// Counts something that a user does in a session.
    ///
    /// # Errors
    /// [`Error::TooFast`] after too much of it.
    pub fn admit(&self, rate: Rate, user: UserId, session: SessionId) -> Result<()> {
        let key = match rate {
            Rate::Protect => session.0,
            _ => user.0,
        };
        self.count(rate, key)
    }

    /// Counts something that a program does for a user, without a session.
    ///
    /// # Errors
    /// As for [`admit`](Self::admit).
    pub fn admit_user(&self, rate: Rate, user: UserId) -> Result<()> {
        self.count(rate, user.0)
    }

    fn count(&self, rate: Rate, key: i64) -> Result<()> {
        if self.is_off {
            return Ok(());
        }
        let Some(limiter) = self.limiters.get(rate as usize) else {
            return Ok(());
        };
        limiter.admit(key).map_err(|refusal| {
            self.metrics.limited(rate.name());
            match refusal {
                Error::Throttled { seconds } => Error::TooFast {
                    doing: rate.doing(),
                    seconds,
                },
                other => other,
            }
        })
    }

    /// A place for a body that a user has begun to send, until it has been read.
    ///
    /// # Errors
    /// [`Error::TooFast`] if the user has too many of them.
    pub fn begin_body(&self, user: UserId) -> Result<UnfinishedBody> {
        let mut bodies = self.bodies.lock();
        let count = bodies.entry(user).or_default();
        if *count >= UNFINISHED_BODIES && !self.is_off {
            self.metrics.limited("bodies");
            return Err(Error::TooFast {
                doing: Rate::Other.doing(),
                seconds: 1,
            });
        }
        *count += 1;
        Ok(UnfinishedBody {
            user,
            bodies: Arc::clone(&self.bodies),
        })
    }
}

/// A body that is being read. It counts until it is dropped.
pub struct UnfinishedBody {
    user: UserId,
    bodies: Arc<Mutex<HashMap<UserId, u32>>>,
}

impl Drop for UnfinishedBody {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.bodies.lock().entry(self.user) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}
