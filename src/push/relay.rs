//! Notifies people through a server of their own, without the push services of browsers’ makers: ntfy
//! (<https://docs.ntfy.sh/publish/#publish-as-json>) or Gotify (<https://gotify.net/api-docs#/message/createMessage>). The
//! administrator sets it up, and each person chooses whether they use it.
//!
//! At ntfy, a person has a topic that nobody can guess. Gotify has no topics: a message is for the user to whom the
//! application belongs, and only an administrator of Gotify could create users and applications for others. So each
//! person creates an application there, and gives us its token, with which one can send but not read.

use std::io;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hyper::{
    Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use ipnet::IpNet;
use serde_json::{Value, json};
use url::Url;

use super::{NEW_MESSAGE, Outcome, failure, outcome, payload::PROGRAM};
use crate::{
    error::Result,
    model::{Notification, RelayKind, beginning},
    outbound::{Client, Limits, Outbound, causes},
    random::random,
    secret::Secret,
};

/// Random bytes of a topic: too many to guess, and in base64url fewer than the 64 characters that ntfy allows.
const TOPIC_BYTES: usize = 24;
/// The most characters of a notification’s title and text, and the most bytes. ntfy takes 4 KiB.
const TITLE_LENGTH: usize = 60;
const BODY_LENGTH: usize = 100;
const MOST_BYTES: usize = 768;
/// Gotify shows a message as a notification on the screen, with a sound, from this priority on.
const GOTIFY_PRIORITY: u8 = 5;

/// The server through which people may be notified.
#[derive(Clone)]
pub struct Relay {
    kind: RelayKind,
    url: Url,
    /// With which ntfy lets this server publish. None if it lets everybody.
    token: Option<Secret>,
    client: Client,
    /// The URL at which people reach Tincan, for what a notification leads to.
    public_url: Option<String>,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Relay({} at {})", self.kind.as_str(), self.url)
    }
}

impl Relay {
    /// A relay at `url`, below which its paths are. `allowed` are networks outside the public internet.
    ///
    /// # Errors
    /// If it needs TLS and the system has no certificate authorities.
    pub fn new(
        kind: RelayKind,
        url: Url,
        token: Option<Secret>,
        public_url: Option<String>,
        allowed: Vec<IpNet>,
    ) -> io::Result<Self> {
        let client = Outbound::new([&url], allowed)?.client(&url);
        Ok(Self {
            kind,
            url,
            token,
            client,
            public_url,
        })
    }

    #[must_use]
    pub fn kind(&self) -> RelayKind {
        self.kind
    }

    /// Where it is, for people.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// A topic that nobody else has, and nobody can guess.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::error::Error::Internal) if there are no random numbers.
    pub fn new_topic() -> Result<String> {
        let random = random::<TOPIC_BYTES>()?;
        Ok(format!("tincan-{}", URL_SAFE_NO_PAD.encode(random)))
    }

    /// Sends a notification to somebody’s topic, or with the token of their application.
    pub async fn send(&self, address: &str, notification: &Notification) -> Outcome {
        let title = line(&notification.title, TITLE_LENGTH);
        // Nobody there could say it in another language.
        let message = match line(&notification.body, BODY_LENGTH) {
            text if text.is_empty() => NEW_MESSAGE.to_owned(),
            text => text,
        };
        let path = format!("/conversations/{}", notification.conversation_id);
        self.tell(address, &title, &message, &path).await
    }

    /// Sends a notification that says in `text` that notifications work.
    pub async fn test(&self, address: &str, text: &str) -> Outcome {
        self.tell(address, PROGRAM, text, "/").await
    }

    async fn tell(&self, address: &str, title: &str, message: &str, path: &str) -> Outcome {
        let Ok(request) = self.request(address, title, message, path) else {
            return Outcome::Refused("The token has characters that no token has.".to_owned());
        };
        match self.client.send_for_head(request, Limits::API).await {
            Ok(response) => match response.status() {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    Outcome::Refused("The notification server doesn’t accept the token.".to_owned())
                }
                status => match outcome(&response) {
                    Outcome::Gone => {
                        Outcome::Refused("There is no such server at this URL.".to_owned())
                    }
                    Outcome::Refused(_) => {
                        let status = status.as_u16();
                        Outcome::Refused(format!(
                            "The notification server answered with status {status}."
                        ))
                    }
                    outcome => outcome,
                },
            },
            Err(error) => {
                let host = self.url.host_str().unwrap_or_default();
                let reason = causes(&error);
                tracing::debug!(host, reason, "the server for notifications didn’t answer");
                failure(&error)
            }
        }
    }

    /// What leads to `path` here.
    fn request(
        &self,
        address: &str,
        title: &str,
        message: &str,
        path: &str,
    ) -> hyper::http::Result<Request<Vec<u8>>> {
        let click = self.public_url.as_ref();
        let click = click.map(|base| format!("{base}{path}"));
        let (path, secret, body) = match self.kind {
            RelayKind::Ntfy => {
                let mut body = json!({ "topic": address, "title": title, "message": message });
                set(&mut body, "click", click.map(Value::from));
                let token = self.token.as_ref();
                let token = token.map(|token| format!("Bearer {}", token.reveal()));
                ("", token.map(|token| (AUTHORIZATION.as_str(), token)), body)
            }
            RelayKind::Gotify => {
                let mut body =
                    json!({ "title": title, "message": message, "priority": GOTIFY_PRIORITY });
                let click =
                    click.map(|url| json!({ "client::notification": { "click": { "url": url } } }));
                set(&mut body, "extras", click);
                ("message", Some(("x-gotify-key", address.to_owned())), body)
            }
        };
        let base = self.url.as_str().trim_end_matches('/');
        let mut request =
            Request::post(format!("{base}/{path}")).header(CONTENT_TYPE, "application/json");
        if let Some((name, value)) = secret {
            request = request.header(name, value);
        }
        request.body(body.to_string().into_bytes())
    }
}

fn set(object: &mut Value, name: &str, value: Option<Value>) {
    if let Some((object, value)) = object.as_object_mut().zip(value) {
        object.insert(name.to_owned(), value);
    }
}

fn line(text: &str, length: usize) -> String {
    beginning(text, length, MOST_BYTES)
}
