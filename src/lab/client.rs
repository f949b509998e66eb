//! Accounts that the lab itself uses: a client of its own public API, at its own address.

use std::{io, time::Duration};

use anyhow::Context;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};
use parking_lot::Mutex;
use rustls::RootCertStore;
use serde_json::{Value, json};

use crate::outbound;

/// The `User-Agent` of those requests.
pub const AGENT: &str = "tincan-lab";

/// How many seconds a poll of somebody who listens waits for something to happen.
pub const WAIT: u32 = 30;
/// How long until one that failed is repeated.
pub const AGAIN: Duration = Duration::from_millis(200);

/// Sends the requests of all accounts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Loopback {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// The lab’s own URL.
    base: String,
}

/// Somebody who is signed in, or will be with the first request.
#[derive(Debug)]
pub struct Account {
    loopback: Loopback,
    pub username: String,
    token: Mutex<Option<String>>,
}

/// What was answered: null where the body isn’t JSON.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub body: Value,
    /// The last segment of `Location`.
    pub located: Option<String>,
}

impl Reply {
    /// A text in the body.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    /// The id of what was made, or was there already.
    pub fn id(&self) -> Option<String> {
        let made = self.text("id").map(str::to_owned);
        made.or_else(|| self.located.clone())
    }

    /// Whether it is a success; 303 leads to what is there already.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.status.is_success() || self.status.is_redirection()
    }

    /// This, if it is a success.
    pub fn done(self) -> anyhow::Result<Self> {
        anyhow::ensure!(self.is_done(), "{}: {}", self.status, self.body);
        Ok(self)
    }
}

impl Loopback {
    /// `authorities` are those that the lab’s own certificate may be from, if it has one.
    ///
    /// # Errors
    /// Those of [`outbound::trusting`].
    pub fn new(base: String, authorities: RootCertStore) -> io::Result<Self> {
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(outbound::trusting(authorities)?)
            .https_or_http()
            .enable_http1()
            .build();
        let http = legacy::Client::builder(TokioExecutor::new()).build(https);
        Ok(Self { http, base })
    }

    #[must_use]
    pub fn account(&self, username: &str) -> Account {
        Account {
            loopback: self.clone(),
            username: username.to_owned(),
            token: Mutex::default(),
        }
    }

    async fn send(
        &self,
        token: Option<&str>,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Reply> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            // Without it, the feed would be a stream.
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, AGENT);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let bytes = body.map(Value::to_string).unwrap_or_default();
        let response = self.http.request(request.body(Full::from(bytes))?).await?;
        let (head, body) = response.into_parts();
        let location = head.headers.get(LOCATION);
        let located = location.and_then(|location| location.to_str().ok()?.rsplit('/').next());
        let body = body.collect().await?.to_bytes();
        Ok(Reply {
            status: head.status,
            body: serde_json::from_slice(&body).unwrap_or_default(),
            located: located.map(str::to_owned),
        })
    }
}

impl Account {
    /// Uses this token until it is refused.
    pub fn signed_in(&self, token: String) {
        *self.token.lock() = Some(token);
    }

    /// Sends a request, and signs in before it if need be.
    ///
    /// # Errors
    /// If the server doesn’t answer.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Reply> {
        let token = self.token.lock().clone();
        if let Some(token) = token {
            let reply = self
                .loopback
                .send(Some(&token), &method, path, body.as_ref());
            let reply = reply.await?;
            if reply.status != StatusCode::UNAUTHORIZED {
                return Ok(reply);
            }
        }
        let name = json!({ "username": self.username });
        let signed_in = self
            .loopback
            .send(None, &Method::POST, "/api/login", Some(&name))
            .await?;
        if !signed_in.status.is_success() {
            return Ok(signed_in);
        }
        let token = signed_in
            .text("token")
            .context("signing in gave no token")?;
        self.signed_in(token.to_owned());
        self.loopback
            .send(Some(token), &method, path, body.as_ref())
            .await
    }

    /// What has happened since `cursor`, or happens within some seconds.
    pub async fn poll(&self, cursor: &str, wait: u32) -> anyhow::Result<Reply> {
        let path = format!("/api/messages?after={cursor}&wait={wait}");
        self.get(&path).await
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Reply> {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> anyhow::Result<Reply> {
        self.call(Method::POST, path, Some(body)).await
    }
}
