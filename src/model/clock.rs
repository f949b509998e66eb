//! The clock by which [`Timestamp::now`] tells the time, where it isn’t the machine’s: in a lab.

use std::{
    sync::OnceLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::sleep};

use super::Timestamp;

/// Set by a lab, and by nothing else.
static CLOCK: OnceLock<Clock> = OnceLock::new();

/// A clock that can be set, stands still, or runs.
#[derive(Debug)]
pub struct Clock {
    hands: Mutex<Hands>,
    moved: Notify,
}

/// What a clock shows.
#[derive(Clone, Copy, Debug)]
pub enum Hands {
    /// So many milliseconds more than the machine’s clock.
    Running(i64),
    /// The same all the time.
    Standing(Timestamp),
}

impl Hands {
    fn now(self) -> Timestamp {
        match self {
            Self::Running(ahead) => Timestamp(machine().0 + ahead),
            Self::Standing(at) => at,
        }
    }
}

impl Clock {
    /// The lab’s clock. It runs with the machine’s until it is set.
    pub fn of_lab() -> &'static Self {
        CLOCK.get_or_init(|| Self {
            hands: Mutex::new(Hands::Running(0)),
            moved: Notify::new(),
        })
    }

    #[must_use]
    pub fn hands(&self) -> Hands {
        *self.hands.lock()
    }

    pub fn set(&self, to: Hands) {
        self.change(|_| to);
    }

    /// Moves it on. If it stands, it stands there then.
    pub fn advance(&self, by: Duration) {
        self.change(|hands| match hands {
            Hands::Running(_) => {
                let by = Timestamp(0).after(by).0;
                Hands::Running(hands.now().0.saturating_add(by).saturating_sub(machine().0))
            }
            Hands::Standing(at) => Hands::Standing(at.after(by)),
        });
    }

    /// Moves it by so many milliseconds, or back. If it runs, it runs on from there.
    pub fn shift(&self, by: i64) {
        self.change(|hands| match hands {
            Hands::Running(ahead) => Hands::Running(ahead.saturating_add(by)),
            Hands::Standing(at) => Hands::Standing(Timestamp(at.0.saturating_add(by))),
        });
    }

    /// Lets it run from where it is.
    pub fn run(&self) {
        self.change(|hands| Hands::Running(hands.now().0 - machine().0));
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.hands().now()
    }

    /// Waits until it shows `time`.
    pub async fn until(&self, time: Timestamp) {
        loop {
            let moved = self.moved.notified();
            let hands = self.hands();
            let left = hands.now().age(time);
            match (left, hands) {
                (Duration::ZERO, _) => return,
                (left, Hands::Running(_)) => {
                    tokio::select! { () = moved => {}, () = sleep(left) => {} }
                }
                (_, Hands::Standing(_)) => moved.await,
            }
        }
    }

    fn change(&self, to: impl FnOnce(Hands) -> Hands) {
        let mut hands = self.hands.lock();
        *hands = to(*hands);
        drop(hands);
        self.moved.notify_waiters();
    }
}

/// The time: the lab’s, or else the machine’s.
pub(super) fn now() -> Timestamp {
    CLOCK.get().map_or_else(machine, Clock::now)
}

/// Whether the time is a lab’s, so that it tells nothing of the machine’s clock.
#[must_use]
pub fn is_of_lab() -> bool {
    CLOCK.get().is_some()
}

fn machine() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
