//! The audit log: events that matter for the safety of accounts, written in the same transaction as what they are about.
//! The newest are also notices, until the user whom they are about has seen them. Nothing here is on the way of a message.
//!
//! Attempts that were refused are different: strangers decide how many there are, and they change nothing else in the
//! database. So they must not keep the writer busy. They are counted in memory, by account and network, and written about
//! once a minute while the writer is idle, or before somebody reads the log. After a crash those of the last minute are
//! only in the server’s log, which has each of them at once.

use std::{
    collections::{HashMap, hash_map::Entry as Place},
    net::IpAddr,
};

use parking_lot::Mutex;
use rusqlite::{Connection, Row};

use super::{context::Transaction, handle::Store, users};
use crate::{
    error::Result,
    model::{
        Actor, Event, Notice, SecurityEvent, SecurityEventId, SecurityEventKind, SessionId,
        Timestamp, UserId,
        security::{AUDIT_ATTEMPTS, AUDIT_LIFETIME, NOTICES},
    },
};

/// The most pairs of account and network whose attempts are counted apart between two writes. What comes beyond them is
/// counted together, so that a flood from everywhere adds no more rows than these.
const COUNTED_APART: usize = 256;
/// How many earlier sign-ins are looked at to tell whether a device is known.
const KNOWN_SIGN_INS: u32 = 50;
/// In the query as in the index.
const IS_ATTEMPT: &str = "kind IN ('wrong_password', 'wrong_code', 'throttled')";
const IS_SIGN_IN: &str = "kind IN ('signed_in', 'account_created', 'password_reset')";

/// An event to record.
pub(super) struct Entry<'a> {
    kind: SecurityEventKind,
    user: Option<UserId>,
    by: &'a Actor,
    subject: Option<i64>,
    detail: Option<&'a str>,
    is_quiet: bool,
}

impl<'a> Entry<'a> {
    /// What `by` did with the account of `user`, if it is about one.
    pub(super) fn new(kind: SecurityEventKind, user: Option<UserId>, by: &'a Actor) -> Self {
        Self {
            kind,
            user,
            by,
            subject: None,
            detail: None,
            is_quiet: false,
        }
    }

    /// Names the session, token, passkey, invitation or hook that it is about.
    pub(super) fn about(self, subject: i64) -> Self {
        let subject = Some(subject);
        Self { subject, ..self }
    }

    pub(super) fn detail(self, detail: &'a str) -> Self {
        let detail = Some(detail);
        Self { detail, ..self }
    }

    /// It is no notice.
    pub(super) fn quietly(self) -> Self {
        let is_quiet = true;
        Self { is_quiet, ..self }
    }

    /// Records it. After the commit it is in the server’s log, and the user’s streams are told if it is a notice.
    pub(super) fn record(self, tx: &mut Transaction<'_>) -> Result<()> {
        let Self {
            kind,
            user,
            by,
            subject,
            detail,
            is_quiet,
        } = self;
        let is_unseen =
            !is_quiet && user.is_some() && kind.is_notice(by.user.is_some() && by.user == user);
        let id = insert(
            tx,
            &NewRow {
                kind,
                user,
                actor: by.user,
                session: by.session,
                address: by.address,
                device: &by.device,
                subject,
                detail,
                count: 1,
                at: tx.now,
                is_unseen,
            },
        )?;
        let (actor, address) = (by.user, by.address);
        tx.after_commit(move |_| log(kind, user, actor, address, subject));
        if let (Some(user), true) = (user, is_unseen) {
            tx.after_commit(move |context| {
                context.bus.send_ephemeral(&[user], Event::notice(id));
            });
        }
        Ok(())
    }
}

/// A row of the table.
struct NewRow<'a> {
    kind: SecurityEventKind,
    user: Option<UserId>,
    actor: Option<UserId>,
    session: Option<SessionId>,
    address: Option<IpAddr>,
    device: &'a str,
    subject: Option<i64>,
    detail: Option<&'a str>,
    count: u32,
    at: Timestamp,
    is_unseen: bool,
}

fn insert(tx: &Transaction<'_>, row: &NewRow<'_>) -> rusqlite::Result<SecurityEventId> {
    tx.connection
        .prepare_cached(
            "INSERT INTO security_events (kind, user_id, actor_id, session_id, address, device, subject_id, detail, count,
                                          created_at, unseen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute((
            row.kind.as_str(),
            row.user.map(|user| user.0),
            row.actor.map(|user| user.0),
            row.session.map(|session| session.0),
            row.address.map(|address| address.to_canonical().to_string()),
            row.device,
            row.subject,
            row.detail,
            row.count,
            row.at.0,
            row.is_unseen,
        ))?;
    Ok(SecurityEventId(tx.connection.last_insert_rowid()))
}

/// One line for each event. It has nothing that anybody could choose, so that nobody can write lines of their own, and
/// programs such as fail2ban can rely on it.
fn log(
    kind: SecurityEventKind,
    user: Option<UserId>,
    actor: Option<UserId>,
    address: Option<IpAddr>,
    subject: Option<i64>,
) {
    let kind = kind.as_str();
    let address = address.map(|address| tracing::field::display(address.to_canonical()));
    let user = user.map(|user| user.0);
    let actor = actor.map(|actor| actor.0);
    tracing::info!(
        target: "tincan::audit",
        kind = %kind, address, user, actor, subject, "security event"
    );
}

/// Whether the user has signed in before from there, with what seems to be the same program. Version numbers don’t
/// count, as browsers update themselves.
pub(super) fn is_known_device(
    connection: &Connection,
    user: UserId,
    by: &Actor,
) -> rusqlite::Result<bool> {
    let program = |device: &str| -> String {
        let letters = device.chars().filter(|c| c.is_alphabetic());
        letters.collect()
    };
    let (device, address) = (
        program(&by.device),
        by.address.map(|address| address.to_canonical().to_string()),
    );
    let mut statement = connection.prepare_cached(&format!(
        "SELECT device, address FROM security_events WHERE user_id = ?1 AND {IS_SIGN_IN} ORDER BY id DESC LIMIT ?2"
    ))?;
    let known = statement.query_map((user.0, KNOWN_SIGN_INS), |row| {
        let (known, at): (String, Option<String>) = (row.get("device")?, row.get("address")?);
        Ok(program(&known) == device && at == address)
    })?;
    for is_known in known {
        if is_known? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Attempts that were refused and that aren’t written yet.
#[derive(Default)]
pub(super) struct Attempts {
    counted: Mutex<HashMap<Attempt, Counted>>,
}

/// What is counted together.
#[derive(PartialEq, Eq, Hash)]
struct Attempt {
    kind: SecurityEventKind,
    user: Option<UserId>,
    /// None for what is beyond the limit.
    network: Option<IpAddr>,
}

struct Counted {
    /// The first address in the network.
    address: Option<IpAddr>,
    count: u32,
    at: Timestamp,
}

impl Store {
    /// Counts an attempt that was refused: a guess at the account of `user`, if there is such an account, from `address`
    /// in `network`.
    pub fn note_attempt(
        &self,
        kind: SecurityEventKind,
        user: Option<UserId>,
        address: IpAddr,
        network: IpAddr,
    ) {
        let mut counted = self.attempts().counted.lock();
        let attempt = |user, network| Attempt {
            kind,
            user,
            network,
        };
        let mut key = attempt(user, Some(network));
        let is_beyond = counted.len() >= COUNTED_APART && !counted.contains_key(&key);
        if is_beyond {
            key = attempt(None, None);
        }
        let is_first = match counted.entry(key) {
            Place::Occupied(mut entry) => {
                let entry = entry.get_mut();
                entry.count = entry.count.saturating_add(1);
                false
            }
            Place::Vacant(entry) => {
                entry.insert(Counted {
                    address: (!is_beyond).then_some(address),
                    count: 1,
                    at: Timestamp::now(),
                });
                !is_beyond
            }
        };
        drop(counted);
        // How often somebody guesses is limited for each address, but not how often they are refused for that.
        if is_first || kind != SecurityEventKind::Throttled {
            log(kind, user, None, Some(address), None);
        }
    }

    /// Writes the attempts that were counted.
    pub async fn flush_attempts(&self) -> Result<()> {
        let counted = std::mem::take(&mut *self.attempts().counted.lock());
        if counted.is_empty() {
            return Ok(());
        }
        self.write_when_idle(move |tx| {
            for (attempt, counted) in counted {
                let row = NewRow {
                    kind: attempt.kind,
                    user: attempt.user,
                    actor: None,
                    session: None,
                    address: counted.address,
                    device: "",
                    subject: None,
                    detail: None,
                    count: counted.count,
                    at: counted.at,
                    is_unseen: false,
                };
                insert(tx, &row)?;
            }
            Ok(())
        })
        .await
    }

    /// Up to `limit` events of the audit log, newest first: those before `before`, and those that happened since `since`.
    pub async fn security_events(
        &self,
        before: Option<SecurityEventId>,
        since: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<SecurityEvent>> {
        self.flush_attempts().await?;
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT e.id, e.kind, e.address, e.device, e.subject_id, e.detail, e.count, e.created_at, {}, {}
                 FROM security_events e LEFT JOIN users u ON u.id = e.user_id LEFT JOIN users a ON a.id = e.actor_id
                 WHERE e.id < ?1 AND e.created_at >= ?2 ORDER BY e.id DESC LIMIT ?3",
                users::columns("u"),
                users::columns("a"),
            ))?;
            let before = before.map_or(i64::MAX, |id| id.0);
            let since = since.map_or(0, |since| since.0);
            let events = statement.query_map((before, since, limit), |row| {
                let subject: Option<i64> = row.get("subject_id")?;
                Ok(SecurityEvent {
                    id: SecurityEventId(row.get("id")?),
                    kind: kind_at(row)?,
                    actor: user_at(row, "a")?,
                    user: user_at(row, "u")?,
                    address: row.get("address")?,
                    device: row.get("device")?,
                    subject_id: subject.map(|id| id.to_string()),
                    detail: row.get("detail")?,
                    count: row.get("count")?,
                    created_at: Timestamp(row.get("created_at")?),
                })
            })?;
            Ok(events.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// What the user hasn’t seen yet, newest first, without what was done in the session itself: whoever sits there knows.
    pub async fn notices(&self, user: UserId, session: SessionId) -> Result<Vec<Notice>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT e.id, e.kind, e.address, e.device, e.detail, e.created_at, e.actor_id IS e.user_id AS by_oneself, {}
                 FROM security_events e LEFT JOIN users a ON a.id = e.actor_id
                 WHERE e.user_id = ?1 AND e.unseen = 1 AND e.session_id IS NOT ?2 ORDER BY e.id DESC LIMIT ?3",
                users::columns("a"),
            ))?;
            let notices = statement.query_map((user.0, session.0, NOTICES), |row| {
                let by_oneself: bool = row.get("by_oneself")?;
                let (address, device): (Option<String>, String) =
                    (row.get("address")?, row.get("device")?);
                Ok(Notice {
                    id: SecurityEventId(row.get("id")?),
                    kind: kind_at(row)?,
                    by_oneself,
                    administrator: user_at(row, "a")?.filter(|_| !by_oneself),
                    address: address.filter(|_| by_oneself),
                    device: if by_oneself { device } else { String::new() },
                    detail: row.get("detail")?,
                    created_at: Timestamp(row.get("created_at")?),
                })
            })?;
            Ok(notices.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// The user has seen their notices through `up_to`, in this session.
    pub async fn see_notices(
        &self,
        user: UserId,
        session: SessionId,
        up_to: SecurityEventId,
    ) -> Result<()> {
        self.write(move |tx| {
            tx.connection
                .prepare_cached(
                    "UPDATE security_events SET unseen = 0
                     WHERE user_id = ?1 AND unseen = 1 AND id <= ?2 AND session_id IS NOT ?3",
                )?
                .execute((user.0, up_to.0, session.0))?;
            Ok(())
        })
        .await
    }
}

fn kind_at(row: &Row<'_>) -> rusqlite::Result<SecurityEventKind> {
    let word: String = row.get("kind")?;
    // Only a newer version writes others, and it doesn’t let an older one open the file.
    SecurityEventKind::parse(&word).ok_or(rusqlite::Error::InvalidQuery)
}

fn user_at(row: &Row<'_>, alias: &str) -> rusqlite::Result<Option<crate::model::User>> {
    let id: Option<i64> = row.get(&*format!("{alias}_id"))?;
    id.map(|_| users::from_row(row, alias)).transpose()
}

/// Up to `limit` events that are too old. They are about in order of time, so that the first ones tell.
pub(super) fn find_expired(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    let sql = format!(
        "SELECT id FROM (SELECT id, created_at FROM security_events ORDER BY id LIMIT {limit}) WHERE created_at <= ?1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let ids = statement.query_map([expired_at(now)], |row| row.get(0))?;
    ids.collect()
}

/// Deletes an event if it is too old.
pub(super) fn delete_expired(tx: &mut Transaction<'_>, now: Timestamp, id: i64) -> Result<bool> {
    let deleted = tx
        .connection
        .prepare_cached("DELETE FROM security_events WHERE id = ?1 AND created_at <= ?2")?
        .execute((id, expired_at(now)))?;
    Ok(deleted > 0)
}

fn expired_at(now: Timestamp) -> i64 {
    let lifetime = i64::try_from(AUDIT_LIFETIME.as_millis()).unwrap_or(i64::MAX);
    now.0.saturating_sub(lifetime)
}

/// Up to `limit` of the oldest attempts, if there are more than are kept.
pub(super) fn find_surplus(
    connection: &Connection,
    _now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    let sql = format!(
        "SELECT id FROM security_events WHERE {IS_ATTEMPT} ORDER BY id DESC LIMIT {limit} OFFSET {AUDIT_ATTEMPTS}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let ids = statement.query_map([], |row| row.get(0))?;
    ids.collect()
}

/// Deletes an attempt.
pub(super) fn delete_surplus(tx: &mut Transaction<'_>, _now: Timestamp, id: i64) -> Result<bool> {
    let sql = format!("DELETE FROM security_events WHERE id = ?1 AND {IS_ATTEMPT}");
    let deleted = tx.connection.prepare_cached(&sql)?.execute([id])?;
    Ok(deleted > 0)
}
