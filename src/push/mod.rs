//! Notifies browsers that have no page open (Web Push, RFC 8030): a message is encrypted for the browser and handed to the
//! push service that the browser’s maker runs.
//!
//! | where | what |
//! | --- | --- |
//! | `payload` | what a browser is told |
//! | `encryption` | hides it from the push service |
//! | `vapid` | tells the push service who sends |
//! | `relay` | another way, through a server of one’s own |

mod encryption;
mod payload;
mod relay;
mod vapid;

use std::{io, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hyper::{
    Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE},
};
use ipnet::IpNet;
use ring::hmac;
use tokio::{
    sync::{OnceCell, Semaphore},
    task::spawn_blocking,
};
use url::Url;

use self::{payload::Payload, vapid::Sender};
use crate::{
    error::{Error, Result},
    metrics::Metrics,
    model::{Notification, PushKeys, Subscription, UserId},
    outbound::{self, Client, Limits, RequestError, causes, retry_after},
    random::random,
    store::Store,
};

pub use self::relay::Relay;

/// The limits of a request to a push service, which has nothing to say but a status.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(10),
    bytes: 8 * 1024,
};
/// How many requests are under way at a time. Each has some 10 KiB, and a push service that doesn’t answer holds its place
/// for as long as [`LIMITS`] allows.
const AT_ONCE: usize = 16;
/// How many seconds a push service keeps a message for a browser that is offline (RFC 8030 §5.2). A day later it is no news.
const TTL: u32 = 24 * 60 * 60;
/// The longest that a push service is believed when it says when to try again.
const LONGEST_RETRY: Duration = Duration::from_hours(1);
/// How many bytes of a code a topic has: in base64url, the 32 characters that it may have (RFC 8030 §5.4).
const TOPIC_BYTES: usize = 24;
/// Whom push services find if the server has no public URL. They want an address, and Apple’s refuses those at a name that
/// can’t be on the internet, such as one that ends in `.invalid` or `.local`. Nobody has this one (RFC 2606 §3).
const NOBODY: &str = "mailto:nobody@example.com";

/// What is said of a message whose text isn’t to be shown. The server doesn’t know the language of a device.
const NEW_MESSAGE: &str = "New message";

/// What became of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The push service has taken it.
    Delivered,
    /// The push service doesn’t know the browser any more. Its subscription has been deleted.
    Gone,
    /// The push service can’t be reached, or has too much to do. Trying again may help, if it said so, after this time.
    Later(Option<Duration>),
    /// The push service was sent it and hasn’t answered. It may have taken it, so trying again may tell it twice.
    Unanswered,
    /// The push service doesn’t want it, for this reason, as a sentence. Trying again doesn’t help.
    Refused(String),
}

impl Outcome {
    /// Their values as a label of metrics.
    pub const NAMES: [&str; 5] = ["delivered", "gone", "later", "unanswered", "refused"];

    /// Its value as a label of metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Gone => "gone",
            Self::Later(_) => "later",
            Self::Unanswered => "unanswered",
            Self::Refused(_) => "refused",
        }
    }
}

/// Sends notifications to browsers.
pub struct Pusher {
    store: Store,
    metrics: Arc<Metrics>,
    /// The URL at which people reach the server, without a path.
    public_url: Option<String>,
    /// The same, if it is one that others can reach: whom push services find.
    contact: Option<String>,
    /// Networks outside the public internet in which push services may be.
    allowed: Arc<[IpNet]>,
    client: OnceCell<Client>,
    keys: OnceCell<Keys>,
    places: Semaphore,
}

struct Keys {
    sender: Sender,
    topics: hmac::Key,
}

impl Pusher {
    /// Sends with the keys in the store. `contact` is an https URL on the public internet, and `allowed` are networks outside the public internet that may be connected to.
    #[must_use]
    pub fn new(
        store: Store,
        metrics: Arc<Metrics>,
        public_url: Option<String>,
        contact: Option<String>,
        allowed: Arc<[IpNet]>,
    ) -> Self {
        for outcome in Outcome::NAMES {
            metrics.add_push(outcome);
        }
        Self {
            store,
            metrics,
            public_url,
            contact,
            allowed,
            client: OnceCell::new(),
            keys: OnceCell::new(),
            places: Semaphore::new(AT_ONCE),
        }
    }

    /// The public key that browsers subscribe with: a point on P-256 in uncompressed form, in base64url.
    pub async fn public_key(&self) -> Result<String> {
        Ok(self.keys().await?.sender.public_key())
    }

    /// Whether a browser may have this endpoint. Where a name leads is checked when it is connected to.
    #[must_use]
    pub fn allows(&self, endpoint: &Url) -> bool {
        outbound::permits(endpoint, &self.allowed)
    }

    /// Sends a notification to a browser, and records what became of it. While 16 are under way, it waits.
    pub async fn send(&self, to: &Subscription, notification: &Notification) -> Outcome {
        self.deliver(to, &Payload::of(notification, self.base(to)))
            .await
    }

    /// Sends a notification that says in `text` that notifications work.
    pub async fn test(&self, to: &Subscription, text: &str) -> Outcome {
        self.deliver(to, &Payload::test(text, self.base(to))).await
    }

    /// What Safari shows by itself has to lead to a whole URL.
    fn base<'a>(&'a self, to: &'a Subscription) -> &'a str {
        self.public_url.as_deref().unwrap_or(&to.origin)
    }

    async fn deliver(&self, to: &Subscription, payload: &Payload) -> Outcome {
        let outcome = self.exchange(to, payload).await;
        self.metrics.pushed(outcome.name());
        if let Err(error) = self.record(to, &outcome).await {
            tracing::debug!(%error, "what became of a notification wasn’t recorded");
        }
        outcome
    }

    async fn record(&self, to: &Subscription, outcome: &Outcome) -> Result<()> {
        match outcome {
            Outcome::Delivered => self.store.note_delivered(to.id).await,
            Outcome::Gone => self.store.end_subscription(to.id).await,
            Outcome::Later(_) | Outcome::Unanswered => {
                let failure = "The push service couldn’t be reached, or was too busy.";
                self.store.note_failed(to.id, failure.to_owned()).await
            }
            Outcome::Refused(reason) => self.store.note_failed(to.id, reason.clone()).await,
        }
    }

    /// The exchange with the push service. Nothing of it is logged but the host: the rest of the URL is a secret.
    async fn exchange(&self, to: &Subscription, payload: &Payload) -> Outcome {
        let Ok(endpoint) = Url::parse(&to.endpoint) else {
            return Outcome::Refused("The address of the push service isn’t valid.".to_owned());
        };
        let request = match self.request(to, payload, &endpoint).await {
            Ok(request) => request,
            Err(error) => {
                tracing::warn!(%error, "can’t prepare a notification");
                return Outcome::Later(None);
            }
        };
        let client = match self.client().await {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(%error, "can’t set up TLS for push services");
                return Outcome::Later(None);
            }
        };
        // The semaphore is never closed.
        let _place = self.places.acquire().await;
        match client.send_for_head(request, LIMITS).await {
            Ok(response) => outcome(&response),
            Err(error) => {
                let host = endpoint.host_str().unwrap_or_default();
                tracing::debug!(host, error = causes(&error), "a push service didn’t answer");
                failure(&error)
            }
        }
    }

    async fn request(
        &self,
        to: &Subscription,
        payload: &Payload,
        endpoint: &Url,
    ) -> Result<Request<Vec<u8>>> {
        let keys = self.keys().await?;
        let body = encryption::encrypt(&to.keys, &payload.json).map_err(|_| Error::Internal)?;
        let authorization = keys.sender.authorization(endpoint);
        Request::post(endpoint.as_str())
            .header(AUTHORIZATION, authorization.map_err(|_| Error::Internal)?)
            .header(CONTENT_ENCODING, encryption::CODING)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("ttl", TTL)
            .header("urgency", "high")
            .header("topic", keys.topic(to.user, &payload.about))
            .body(body)
            .map_err(|_| Error::Internal)
    }

    async fn keys(&self) -> Result<&Keys> {
        let load = async || {
            let new = PushKeys {
                vapid: vapid::new_key().map_err(|_| Error::Internal)?,
                topics: random::<32>()?.to_vec(),
            };
            let PushKeys { vapid, topics } = self.store.push_keys(new).await?;
            let contact = self.contact.as_deref().unwrap_or(NOBODY).to_owned();
            let sender = Sender::new(&vapid, contact).map_err(|error| {
                tracing::error!(%error, "the key for notifications isn’t valid");
                Error::Internal
            })?;
            Ok(Keys {
                sender,
                topics: hmac::Key::new(hmac::HMAC_SHA256, &topics),
            })
        };
        self.keys.get_or_try_init(load).await
    }

    async fn client(&self) -> io::Result<&Client> {
        let open = async || {
            let allowed = Arc::clone(&self.allowed);
            // It reads the certificate authorities from the disk.
            let client = spawn_blocking(|| outbound::public_client(allowed));
            client.await.map_err(io::Error::other)?
        };
        self.client.get_or_try_init(open).await
    }
}

impl Keys {
    /// What a later notification about the same thing replaces, if the browser is offline (RFC 8030 §5.4). A push service
    /// can’t tell what it is about.
    fn topic(&self, user: UserId, about: &str) -> String {
        let code = hmac::sign(&self.topics, format!("{user} {about}").as_bytes());
        URL_SAFE_NO_PAD.encode(&code.as_ref()[..TOPIC_BYTES])
    }
}

/// What the answer of a push service means (RFC 8030 §5 and §7.3).
fn outcome<B>(response: &Response<B>) -> Outcome {
    let status = response.status();
    match status {
        status if status.is_success() => Outcome::Delivered,
        StatusCode::NOT_FOUND | StatusCode::GONE => Outcome::Gone,
        status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            let after = retry_after(response.headers());
            Outcome::Later(after.map(|wait| wait.min(LONGEST_RETRY)))
        }
        status => Outcome::Refused(format!(
            "The push service answered with status {}.",
            status.as_u16()
        )),
    }
}

/// What it means that there is no answer.
fn failure(error: &RequestError) -> Outcome {
    if error.is_refused() {
        let reason = "The push service is at an address that this server doesn’t connect to.";
        return Outcome::Refused(reason.to_owned());
    }
    if error.is_before_sending() {
        Outcome::Later(None)
    } else {
        Outcome::Unanswered
    }
}
