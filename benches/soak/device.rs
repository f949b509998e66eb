//! One device of a person and its feed, over many connections and any transport: what it saw, and what it
//! holds because of that.

use std::{collections::BTreeSet, rc::Rc, time::Duration};

use fastrand::Rng;
use reqwest::StatusCode;
use tokio::sync::watch;

use crate::{
    connection::{Connection, Transport},
    inbox::Inbox,
    line::{Line, Reader, pause},
    support::{Client, Event},
    tally::{Tally, count},
    witness::{Witness, place},
};

/// Where the sequence ends, once it is quiet; none while people are at it.
pub type Quiet = watch::Receiver<Option<i64>>;

/// The longest that somebody is away, or doesn't read.
const ABSENCE: Duration = Duration::from_millis(800);
/// Seconds that a long poll waits.
const WAIT: u32 = 5;

pub struct Device {
    pub line: Line,
    pub user: String,
    rng: Rng,
    tally: Rc<Tally>,
    /// Up to here, what it saw was held against the database.
    checked: String,
    cursor: String,
    seen: Vec<Event>,
    inbox: Inbox,
}

/// Why a device stops listening to a connection.
enum End {
    /// It has all that there is.
    Done,
    Over,
}

impl Device {
    /// A device that has loaded everything, while nothing happens.
    pub async fn start(line: Line, rng: Rng, tally: &Rc<Tally>) -> Self {
        let client = line.client();
        let cursor = client.cursor().await;
        let inbox = Inbox::load(&client).await;
        Self {
            user: client.id,
            line,
            rng,
            tally: Rc::clone(tally),
            checked: cursor.clone(),
            cursor,
            seen: Vec::new(),
            inbox,
        }
    }

    /// Follows until it is quiet and there is nothing left to hear.
    pub async fn follow(mut self, mut quiet: Quiet) -> Self {
        loop {
            if let Some((connection, token)) = self.connect().await
                && let End::Done = self.listen(connection, &token, &mut quiet).await
            {
                return self;
            }
            pause(&mut self.rng, ABSENCE).await;
        }
    }

    /// A connection, and the token that it was opened with.
    async fn connect(&mut self) -> Option<(Connection, String)> {
        let transports = [Transport::Events, Transport::Socket, Transport::Poll];
        let transport = transports[self.rng.usize(..transports.len())];
        let client = self.line.client();
        // While it is signed out there is nothing to follow.
        let token = client.token.clone()?;
        match Connection::open(transport, &client, Some(&self.cursor)).await {
            Ok((connection, cursor)) => {
                assert_eq!(cursor, self.cursor, "a feed goes on where it was");
                self.tally.connected(transport);
                Some((connection, token))
            }
            Err(refusal) => {
                self.expect_reason(refusal, &client);
                None
            }
        }
    }

    /// Listens for as long as it likes and the connection lasts.
    async fn listen(&mut self, mut connection: Connection, token: &str, quiet: &mut Quiet) -> End {
        let mut patience = self.rng.usize(1..150);
        let mut is_behind = !connection.is_poll();
        loop {
            let end = *quiet.borrow_and_update();
            if !is_behind && end.is_some_and(|end| place(&self.cursor) >= end) {
                return End::Done;
            }
            if end.is_none() {
                if patience == 0 {
                    return End::Over;
                }
                patience -= 1;
                if self.rng.u8(..) == 0 {
                    // It doesn't read for a while, and then goes on.
                    pause(&mut self.rng, 3 * ABSENCE).await;
                }
            }
            let heard = tokio::select! {
                heard = self.hear(&mut connection) => heard,
                changed = quiet.changed() => {
                    changed.expect("somebody says when it is quiet");
                    continue;
                }
            };
            let Some((events, cursor)) = heard else {
                return End::Over;
            };
            for event in events {
                // A poll may have gone on with the session that came after.
                let is_late = |end| !connection.is_poll() && place(&event.id) > end;
                let is_late = self.line.end_of(token).is_some_and(is_late);
                assert!(!is_late, "a session that had ended was told {event:?}");
                self.note(event, &mut is_behind).await;
            }
            if let Some(cursor) = cursor {
                assert!(
                    place(&cursor) >= place(&self.cursor),
                    "{cursor} after {}",
                    self.cursor
                );
                self.cursor = cursor;
            }
        }
    }

    /// What comes next, and of a poll where it ended; none where the connection is over.
    async fn hear(&self, connection: &mut Connection) -> Option<(Vec<Event>, Option<String>)> {
        if !connection.is_poll() {
            return Some((vec![connection.next().await?], None));
        }
        let client = self.line.client();
        client.token.as_ref()?;
        match client.try_poll(&self.cursor, WAIT).await {
            Ok((events, cursor)) => Some((events, Some(cursor))),
            Err(refusal) => {
                self.expect_reason(refusal, &client);
                None
            }
        }
    }

    /// Fails where there was no reason to refuse this client its feed, or it is another.
    fn expect_reason(&self, refusal: Option<StatusCode>, client: &Client) {
        match refusal {
            None | Some(StatusCode::SERVICE_UNAVAILABLE) => {}
            Some(StatusCode::UNAUTHORIZED) => {
                let now = self.line.client().token;
                assert_ne!(client.token, now, "a session ended by itself");
            }
            Some(status) => panic!("a feed was refused with {status}"),
        }
    }

    async fn note(&mut self, event: Event, is_behind: &mut bool) {
        let (before, at) = (place(&self.cursor), place(&event.id));
        self.cursor.clone_from(&event.id);
        if event.name == "caught_up" {
            assert!(*is_behind, "it has caught up once");
            *is_behind = false;
            assert!(at >= before, "{event:?} after {before}");
            return;
        }
        assert!(at > before, "{event:?} after {before}");
        count(&self.tally.events);
        let reader = Reader {
            line: &self.line,
            user: &self.user,
        };
        self.inbox.apply(&event, &reader).await;
        self.seen.push(event);
    }

    /// Fails where it was told anything else since the last time than what the database has for it.
    pub fn expect_told(&mut self, witness: &Witness) {
        // Who was to know of others' read marks depends on when it was; one's own inbox is held
        // against the server's.
        let query = "SELECT read_id FROM participants WHERE read_id IS NOT NULL";
        let either: BTreeSet<i64> = witness
            .rows(query, [], |row| row.get(0))
            .into_iter()
            .collect();
        let seen = std::mem::take(&mut self.seen);
        witness.expect_told(&self.user, &self.checked, &seen, &either);
        self.checked.clone_from(&self.cursor);
    }

    /// What the server would tell it now, held against the database.
    pub async fn load(&self, witness: &Witness) -> Inbox {
        let now = Inbox::load(&self.line.client()).await;
        now.expect_kept(&self.user, witness);
        now
    }

    /// Fails where it holds anything else than this.
    pub fn expect_same(&self, now: &Inbox) {
        let is_same = self.inbox.with_messages() == *now;
        assert!(
            is_same,
            "what {} holds is not what the server has",
            self.user
        );
    }
}
