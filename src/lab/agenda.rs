//! What is to happen later by the lab’s clock: answers of the people who answer, and scheduled acts. It knows when nothing of
//! that is due any more, and forgets everything when the database that it was meant for goes.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::model::{
    Timestamp,
    clock::{Clock, Hands},
};

/// Something that is being done, rather than waited for.
const NOW: Timestamp = Timestamp(i64::MIN);

/// Everything that is scheduled.
#[derive(Debug, Default)]
pub struct Agenda {
    /// How many plans there have been.
    made: AtomicU64,
    plans: Mutex<HashMap<u64, Due>>,
    /// Cancelled when the database goes, and then another.
    present: Mutex<CancellationToken>,
}

#[derive(Clone, Copy, Debug)]
struct Due {
    at: Timestamp,
    /// Whether nobody waits for it.
    is_aside: bool,
}

/// A task on the agenda, as long as it lives.
#[derive(Debug)]
pub struct Plan {
    agenda: Arc<Agenda>,
    number: u64,
}

impl Agenda {
    /// Runs `work` beside everything else. Returns its number.
    pub fn spawn<F: Future<Output = ()> + Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(Plan) -> F,
    ) -> u64 {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let due = Due {
            at: NOW,
            is_aside: false,
        };
        self.plans.lock().insert(number, due);
        let work = work(Plan {
            agenda: Arc::clone(self),
            number,
        });
        tokio::spawn(self.present().run_until_cancelled_owned(work));
        number
    }

    /// Cancelled when the database goes.
    pub fn present(&self) -> CancellationToken {
        self.present.lock().clone()
    }

    /// Ends all tasks.
    pub fn clear(&self) {
        std::mem::take(&mut *self.present.lock()).cancel();
    }

    /// How many plans there have been.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// How many plans still have something to do without anybody’s doing: all that are due, and those that will be while the
    /// clock runs.
    pub fn pending(&self) -> usize {
        let hands = Clock::of_lab().hands();
        let now = Timestamp::now();
        let is_pending =
            |due: &&Due| due.at <= now || !due.is_aside && matches!(hands, Hands::Running(_));
        self.plans.lock().values().filter(is_pending).count()
    }
}

impl Plan {
    /// Waits until the lab’s clock shows `time`.
    pub async fn until(&self, time: Timestamp) {
        self.change(|due| due.at = time);
        Clock::of_lab().until(time).await;
        self.change(|due| due.at = NOW);
    }

    /// From here on, nobody waits for it.
    pub fn step_aside(&self) {
        self.change(|due| due.is_aside = true);
    }

    fn change(&self, change: impl FnOnce(&mut Due)) {
        if let Some(due) = self.agenda.plans.lock().get_mut(&self.number) {
            change(due);
        }
    }
}

impl Drop for Plan {
    fn drop(&mut self) {
        self.agenda.plans.lock().remove(&self.number);
    }
}
