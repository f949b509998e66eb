//! Tells people of new messages on devices that aren’t open.
//!
//! One follower decides who is told of what, some seconds after the commit, and queues it. The other sends what is queued,
//! and tries again what could not be sent, for a day. Both work on what is in the database, so a restart loses nothing that
//! waits.
//!
//! Each target is told of a message at most once. What is sent has left the queue before, in a commit of its own, and it
//! comes back only if it surely wasn’t taken: there was no connection, or the answer says so. If there is no answer, or the
//! server is killed in between, somebody may have been told, and so they aren’t told again: a kill loses what was on its
//! way, which is one notification for each target, and 16 in all, at most.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::Notify,
    task::{self, JoinSet},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{Follower, Progress};
use crate::{
    attention::Attention,
    error::Error,
    metrics::Metrics,
    model::{ConversationKind, EventId, Message, Notification, UserId, with_names},
    push::{Outcome, Pusher, Relay},
    store::{PUSH_FOLLOWER, PUSH_LIFE, Push, PushContent, PushTarget, Store},
    text::in_one_line,
};

/// How long after its commit a message is told. Whoever reads it by then, on any device, isn’t told.
pub const PUSH_DELAY: Duration = Duration::from_secs(3);
/// The shortest time between two looks at the sequence.
const LEAST_REST: Duration = Duration::from_millis(20);
/// How long what is on its way may take when the server stops.
const LAST: Duration = Duration::from_millis(700);
/// How long the sender waits at most before it looks what is due.
const EVERY: Duration = Duration::from_secs(2);
/// How many notifications are taken from the queue at a time. What is taken is lost if the server is killed.
const AT_ONCE: usize = 16;
/// How long to wait after a first failure. The time doubles with each further one.
const FIRST_RETRY: Duration = Duration::from_secs(30);
const LONGEST_RETRY: Duration = Duration::from_hours(1);

/// Decides who is told of what.
pub struct PushQueue {
    store: Store,
    attention: Arc<Attention>,
    /// See [`PUSH_DELAY`].
    delay: Duration,
    /// What wakes the [`PushSender`].
    queued: Arc<Notify>,
    /// How far it has come; the position that is stored may be behind.
    through: EventId,
    /// Ends of the sequence, and when they were. Once that is long enough ago, everything up to there is due.
    seen: VecDeque<(EventId, Instant)>,
}

impl PushQueue {
    #[must_use]
    pub fn new(
        store: Store,
        attention: Arc<Attention>,
        delay: Duration,
        queued: Arc<Notify>,
    ) -> Self {
        Self {
            store,
            attention,
            delay,
            queued,
            through: EventId(0),
            seen: VecDeque::new(),
        }
    }
}

impl Follower for PushQueue {
    const NAME: &'static str = PUSH_FOLLOWER;
    const OWN_CURSOR: Option<&'static str> = Some(PUSH_FOLLOWER);

    async fn advance(
        &mut self,
        after: EventId,
        end: EventId,
        stopping: &CancellationToken,
    ) -> anyhow::Result<Progress> {
        self.through = self.through.max(after);
        let last = self.seen.back().map_or(self.through, |(last, _)| *last);
        if end > last {
            self.seen.push_back((end, Instant::now()));
        }
        let mut stored = after;
        while let Some((due, since)) = self.seen.front()
            && since.elapsed() >= self.delay
            && !stopping.is_cancelled()
        {
            if self.through >= *due {
                self.seen.pop_front();
                continue;
            }
            let attention = &self.attention;
            let queue = self
                .store
                .queue_pushes(self.through, *due, stored, |user| attention.sessions(user));
            (self.through, stored) = queue.await?;
            self.queued.notify_one();
        }
        Ok(Progress {
            through: Some(self.through),
            next: (self.delay / 4).max(LEAST_REST),
        })
    }
}

/// Sends what is queued.
pub struct PushSender {
    store: Store,
    pusher: Arc<Pusher>,
    /// None if the administrator has set up none.
    relay: Option<Arc<Relay>>,
    metrics: Arc<Metrics>,
    queued: Arc<Notify>,
    /// What is on its way, and to whom: one at a time for each target. A push service that doesn’t answer holds up no
    /// other.
    sending: JoinSet<anyhow::Result<()>>,
    busy: HashMap<task::Id, (UserId, PushTarget)>,
}

impl PushSender {
    #[must_use]
    pub fn new(
        store: Store,
        pusher: Arc<Pusher>,
        relay: Option<Arc<Relay>>,
        metrics: Arc<Metrics>,
        queued: Arc<Notify>,
    ) -> Self {
        Self {
            store,
            pusher,
            relay,
            metrics,
            queued,
            sending: JoinSet::new(),
            busy: HashMap::new(),
        }
    }

    /// Sends everything that is due, until it is stopped. What has been taken from the queue is sent in any case.
    async fn send_due(&mut self, stopping: &CancellationToken) -> anyhow::Result<()> {
        while !stopping.is_cancelled() {
            while let Some(sent) = self.sending.try_join_next_with_id() {
                self.note(sent);
            }
            let places = AT_ONCE.saturating_sub(self.sending.len());
            let taken = if places > 0 {
                let busy = self.busy.values().copied().collect();
                self.store.take_pushes(places, busy).await?
            } else {
                Vec::new()
            };
            self.metrics.push_queue(self.store.count_pushes().await?);
            if taken.is_empty() && self.sending.is_empty() {
                return Ok(());
            }
            for push in taken {
                let sending = Sending {
                    store: self.store.clone(),
                    pusher: Arc::clone(&self.pusher),
                    relay: self.relay.clone(),
                    metrics: Arc::clone(&self.metrics),
                };
                let to = (push.user, push.target);
                let task = self.sending.spawn(sending.send(push));
                self.busy.insert(task.id(), to);
            }
            tokio::select! {
                Some(sent) = self.sending.join_next_with_id() => self.note(sent),
                () = self.queued.notified() => {}
                () = stopping.cancelled() => {}
            }
        }
        Ok(())
    }

    fn note(&mut self, sent: Result<(task::Id, anyhow::Result<()>), task::JoinError>) {
        let id = match sent {
            Ok((id, Ok(()))) => id,
            Ok((id, Err(error))) => {
                tracing::warn!(%error, "a notification wasn’t sent");
                id
            }
            Err(panic) => {
                tracing::error!(%panic, "sending a notification failed unexpectedly");
                panic.id()
            }
        };
        self.busy.remove(&id);
    }
}

impl Follower for PushSender {
    const NAME: &'static str = "push_sender";

    async fn advance(
        &mut self,
        _after: EventId,
        _end: EventId,
        stopping: &CancellationToken,
    ) -> anyhow::Result<Progress> {
        self.send_due(stopping).await?;
        let wait = timeout(EVERY, self.queued.notified());
        if stopping.run_until_cancelled(wait).await.is_none() {
            let rest = async {
                while let Some(sent) = self.sending.join_next_with_id().await {
                    self.note(sent);
                }
            };
            let _ = timeout(LAST, rest).await;
        }
        Ok(Progress {
            through: None,
            next: Duration::ZERO,
        })
    }
}

/// What sending one notification takes.
struct Sending {
    store: Store,
    pusher: Arc<Pusher>,
    relay: Option<Arc<Relay>>,
    metrics: Arc<Metrics>,
}

impl Sending {
    async fn send(self, push: Push) -> anyhow::Result<()> {
        let rest = match self.outcome(push).await {
            Ok(None | Some(Outcome::Delivered | Outcome::Unanswered)) => return Ok(()),
            // The rest of what is for it goes as well.
            Ok(Some(Outcome::Gone)) => {
                self.store.delete_pushes(push.user, push.target).await?;
                return Ok(());
            }
            Ok(Some(Outcome::Later(after))) => after,
            Ok(Some(Outcome::Refused(reason))) => {
                tracing::debug!(user = %push.user, reason, "a notification was refused");
                if push.target == PushTarget::Relay {
                    return Ok(());
                }
                // Anybody can name any server as a push service. One that wants none of it isn’t asked more often than one
                // that is away.
                None
            }
            Err(error) => {
                tracing::warn!(%error, "a notification wasn’t sent");
                None
            }
        };
        let rest = rest.unwrap_or_else(|| backoff(push.tries)).min(PUSH_LIFE);
        self.store.put_push_back(push, rest).await?;
        Ok(())
    }

    /// None if there is nowhere to send it any more, or nothing to tell.
    async fn outcome(&self, push: Push) -> anyhow::Result<Option<Outcome>> {
        let content = match self.store.push_content(push.user, push.message).await {
            Ok(content) => content,
            Err(Error::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let notification = notification(&content);
        match push.target {
            PushTarget::Subscription(id) => {
                let subscriptions = self.store.subscriptions_of(push.user).await?;
                let Some(to) = subscriptions.iter().find(|each| each.id == id) else {
                    return Ok(None);
                };
                Ok(Some(self.pusher.send(to, &notification).await))
            }
            PushTarget::Relay => {
                let Some(relay) = &self.relay else {
                    return Ok(None);
                };
                let address = self.store.relay_address(push.user, relay.kind()).await?;
                let Some(address) = address else {
                    return Ok(None);
                };
                let outcome = relay.send(&address, &notification).await;
                self.metrics.pushed(outcome.name());
                Ok(Some(outcome))
            }
        }
    }
}

fn backoff(tries: u32) -> Duration {
    FIRST_RETRY
        .saturating_mul(2_u32.saturating_pow(tries))
        .min(LONGEST_RETRY)
}

/// What a device shows, with the same words as a notification of the page. Where there is to be no text, there is none: who
/// shows it says “New message”.
fn notification(content: &PushContent) -> Notification {
    let PushContent {
        message,
        conversation,
        preview,
        badge,
    } = content;
    let author = message
        .author
        .as_ref()
        .map_or("Tincan", |author| author.name());
    let room = conversation.name.as_deref();
    let room = room.filter(|_| conversation.kind == ConversationKind::Room);
    let body = match (preview, room) {
        (false, _) => String::new(),
        (true, None) => text_of(message),
        (true, Some(_)) => format!("{author}: {}", text_of(message)),
    };
    Notification {
        conversation_id: message.conversation_id,
        number: message.number,
        title: room.unwrap_or(author).to_owned(),
        body,
        badge: *badge,
    }
}

/// What a message says in one line. Files without a text are told by their names, which are the same in all languages.
fn text_of(message: &Message) -> String {
    let text = in_one_line(&with_names(&message.content, &message.mentions));
    if !text.is_empty() {
        return text;
    }
    let names: Vec<_> = message
        .attachments
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    names.join(", ")
}
