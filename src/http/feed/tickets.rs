//! Tickets for the feed. An EventSource and a browser’s WebSocket can’t set headers, and what is in an address may end up
//! in logs and in histories. So a client can exchange its token for a ticket that opens one stream, within a minute.
//! Tickets are kept in memory only.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::{error::Result, model::SessionId, store::new_token};

/// How long a ticket can be used: as long as it takes to open a stream, on a bad connection too.
pub const LIFETIME: Duration = Duration::from_mins(1);
/// How many tickets a session has at a time. One more replaces the oldest, so that the memory is bounded and nobody’s
/// tickets are lost to somebody else’s.
const PER_SESSION: usize = 20;

/// The tickets that haven’t been used, by their SHA-256.
#[derive(Default)]
pub struct Tickets(Mutex<HashMap<[u8; 32], Ticket>>);

struct Ticket {
    session: SessionId,
    token: Zeroizing<String>,
    created: Instant,
}

impl Tickets {
    /// A new ticket for the session with this token.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn create(&self, session: SessionId, token: &str) -> Result<String> {
        let ticket = new_token()?;
        let mut tickets = self.0.lock();
        tickets.retain(|_, ticket| ticket.created.elapsed() < LIFETIME);
        let own = tickets.iter().filter(|(_, own)| own.session == session);
        if own.clone().count() >= PER_SESSION
            && let Some(oldest) = own.min_by_key(|(_, own)| own.created)
        {
            let oldest = *oldest.0;
            tickets.remove(&oldest);
        }
        let created = Instant::now();
        let token = Zeroizing::new(token.to_owned());
        let new = Ticket {
            session,
            token,
            created,
        };
        tickets.insert(Sha256::digest(&ticket).into(), new);
        Ok(ticket)
    }

    /// The token of the session that a ticket is for. Nobody can use the ticket again.
    pub fn redeem(&self, ticket: &str) -> Option<Zeroizing<String>> {
        let digest: [u8; 32] = Sha256::digest(ticket).into();
        let ticket = self.0.lock().remove(&digest)?;
        (ticket.created.elapsed() < LIFETIME).then_some(ticket.token)
    }
}
