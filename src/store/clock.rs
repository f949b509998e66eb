//! The wall clock, as far as the life of sessions and links depends on it. A machine without a battery starts with some
//! time of the past, and is told the right one once it has a network. Then what was made before seems old at once, though
//! it isn’t. So whenever the clock is set, what this server has made since it started is moved along with it. What earlier
//! servers have made stays as it is: if it was made by a clock that was ahead, it is no good until that time comes.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;

use super::{context::Transaction, handle::Store, resets};
use crate::{
    error::{Error, Result},
    model::{Timestamp, clock},
    platform,
};

/// The least that a clock is set by. Clocks that run a little fast or slow differ by less for a week.
const LEAST_STEP: Duration = Duration::from_mins(5);
/// How far in the future something may have been made: more than the clock may be set back by without being noticed.
const AHEAD: Duration = Duration::from_mins(10);
/// The start of 2025. A clock that shows an earlier time was never set, so it doesn’t tell what was made in the future.
const SET_SINCE: Timestamp = Timestamp(1_735_689_600_000);

/// Whether something was made in the future of the present clock.
pub(super) fn is_from_the_future(made: Timestamp, now: Timestamp) -> bool {
    now >= SET_SINCE && made > now.after(AHEAD)
}

/// The same as a condition: `made` and `now` are expressions for milliseconds.
pub(super) fn was_made(made: &str, now: &str) -> String {
    let (ahead, set) = (AHEAD.as_millis(), SET_SINCE.0);
    format!("({made} <= {now} + {ahead} OR {now} < {set})")
}

/// Notices when the wall clock is set.
#[derive(Debug)]
pub(super) struct Clock {
    known: Mutex<Known>,
    /// Held while rows are moved, which must be done once.
    moving: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    /// When the server started, by the wall clock as it is set now.
    began: Timestamp,
    /// How many milliseconds the wall clock is ahead of the time since the machine started.
    ahead: i64,
}

/// What was made between these times is to be moved by so many milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub from: i64,
    pub until: i64,
    pub by: i64,
}

impl Clock {
    pub fn start() -> Self {
        let began = Timestamp::now();
        Self {
            known: Mutex::new(Known {
                began,
                ahead: began.0 - since_boot(),
            }),
            moving: Arc::default(),
        }
    }

    /// How the clock was set since this was last followed; none if it wasn’t.
    fn step(&self) -> Option<Step> {
        let Known { began, ahead } = *self.known.lock();
        let now = Timestamp::now().0;
        let by = now - since_boot() - ahead;
        (u128::from(by.unsigned_abs()) >= LEAST_STEP.as_millis()).then_some(Step {
            from: began.0,
            until: now - by,
            by,
        })
    }

    fn follow(&self, Step { by, .. }: Step) {
        let mut known = self.known.lock();
        known.began.0 += by;
        known.ahead += by;
    }
}

/// Milliseconds since the machine started, sleep included, so that waking up isn’t taken for a clock that is set.
fn since_boot() -> i64 {
    // Time that passes in a lab is meant to pass.
    if clock::is_of_lab() {
        return Timestamp::now().0;
    }
    let millis = platform::since_boot().as_millis();
    millis.try_into().unwrap_or(i64::MAX)
}

impl Store {
    /// If the wall clock was set, moves along with it what this server has made since it started. It costs next to nothing
    /// otherwise, and comes before anything is judged by its age, or made: of what is made between, nobody could tell by which
    /// clock.
    ///
    /// # Errors
    /// Those of a write.
    pub async fn follow_clock(&self) -> Result<()> {
        if self.clock().step().is_none() {
            return Ok(());
        }
        // In a task of its own, so that it isn’t given up halfway.
        let store = self.clone();
        let moved = tokio::spawn(async move {
            let clock = store.clock();
            let _moving = clock.moving.lock().await;
            let Some(step) = clock.step() else {
                return Ok(());
            };
            store.write(move |tx| Ok(move_along(tx, step)?)).await?;
            store.session_cache().move_along(step);
            clock.follow(step);
            let by = Duration::from_millis(step.by.unsigned_abs());
            let by = humantime::format_duration(Duration::from_secs(by.as_secs()));
            let direction = if step.by > 0 { "forward" } else { "back" };
            tracing::info!(%by, direction, "the clock was set");
            Ok(())
        });
        let moved = moved.await;
        moved.unwrap_or_else(|failed| Err(Error::of_task(&failed, "following the clock")))
    }
}

const CREATED_AND_EXPIRES: &str = "created_at = created_at + ?3, expires_at = expires_at + ?3";

fn move_along(tx: &Transaction<'_>, Step { from, until, by }: Step) -> rusqlite::Result<()> {
    let made_at = resets::made_at();
    for (table, moved, made) in [
        (
            "sessions",
            "last_seen_at = last_seen_at + ?3",
            "last_seen_at",
        ),
        ("sessions", CREATED_AND_EXPIRES, "created_at"),
        ("invites", CREATED_AND_EXPIRES, "created_at"),
        ("resets", "expires_at = expires_at + ?3", &made_at),
    ] {
        tx.connection
            .prepare_cached(&format!(
                "UPDATE {table} SET {moved} WHERE {made} BETWEEN ?1 AND ?2"
            ))?
            .execute((from, until, by))?;
    }
    Ok(())
}
