//! Where somebody sits in front of Tincan right now. Whoever does sees what arrives, so their other devices stay silent.
//! Pages say it again and again while it holds. Nothing of this is stored, and each word of it expires by itself: a
//! device that was left or closed, or whose battery is empty, keeps no other one silent for longer than [`LEASE`].

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::model::{SessionId, UserId};

/// How long a device counts as attentive after it has said so. Pages say it again in half of this.
pub const LEASE: Duration = Duration::from_secs(80);

/// The devices that are attentive.
#[derive(Debug, Default)]
pub struct Attention {
    /// Until when each session of each user is.
    held: Mutex<HashMap<UserId, HashMap<SessionId, Instant>>>,
}

impl Attention {
    /// A session’s device is attentive from now on, or no longer.
    pub fn set(&self, user: UserId, session: SessionId, attentive: bool) {
        let mut held = self.held.lock();
        let sessions = held.entry(user).or_default();
        if attentive {
            sessions.insert(session, Instant::now() + LEASE);
        } else {
            sessions.remove(&session);
        }
        if sessions.is_empty() {
            held.remove(&user);
        }
    }

    /// The sessions of the user whose devices are attentive. Only the database knows whether these have ended meanwhile.
    pub fn sessions(&self, user: UserId) -> Vec<SessionId> {
        let now = Instant::now();
        let mut held = self.held.lock();
        let Some(sessions) = held.get_mut(&user) else {
            return Vec::new();
        };
        sessions.retain(|_, until| *until > now);
        let attentive = sessions.keys().copied().collect();
        if sessions.is_empty() {
            held.remove(&user);
        }
        attentive
    }
}
