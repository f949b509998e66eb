//! Somebody who talks to a server, and the paths of what they ask for.

use std::{
    net::SocketAddr,
    sync::{Arc, LazyLock},
};

use reqwest::{Method, StatusCode};
use rustls::{ALL_VERSIONS, ClientConfig, RootCertStore};
use serde_json::{Value, json};

use crate::{
    Answer, Event, PASSWORD, Stream, answer, text,
    tls::{Authority, trusting},
    token_of, try_answer,
};

/// Somebody who talks to a server; signed in once they have a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<str>,
    address: SocketAddr,
    /// How it speaks TLS, where it does.
    tls: Option<ClientConfig>,
    pub username: String,
    pub id: String,
    pub token: Option<String>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self::with(None, address)
    }

    /// Nobody, who speaks TLS with `localhost` at this address and trusts this authority.
    pub fn over_tls(address: SocketAddr, authority: &Authority) -> Self {
        Self::trusting(authority.trusted(), address)
    }

    /// The same, who trusts what this says.
    pub fn trusting(tls: ClientConfig, address: SocketAddr) -> Self {
        Self::with(Some(tls), address)
    }

    fn with(tls: Option<ClientConfig>, address: SocketAddr) -> Self {
        let http = match tls.clone() {
            Some(tls) => http_by(tls).resolve("localhost", address),
            None => http(),
        };
        Self {
            http: http.build().expect("a client"),
            base: base(address, tls.is_some()),
            address,
            tls,
            username: String::new(),
            id: String::new(),
            token: None,
        }
    }

    pub async fn sign_in(self, username: &str) -> Self {
        let answer = self
            .post("/api/login", json!({ "username": username }))
            .await
            .expect(200);
        self.signed_in(&answer)
    }

    pub async fn sign_up(self, username: &str) -> Self {
        let answer = self
            .post("/api/accounts", json!({ "username": username }))
            .await
            .expect(201);
        self.signed_in(&answer)
    }

    /// Makes an account as this says, and is signed in to it.
    pub async fn register(self, account: Value) -> Self {
        let answer = self.post("/api/accounts", account).await.expect(201);
        self.signed_in(&answer)
    }

    /// Signs in by a password.
    pub async fn log_in(self, username: &str, password: &str) -> Self {
        let credentials = json!({ "username": username, "password": password });
        let answer = self.post("/api/login", credentials).await.expect(200);
        self.signed_in(&answer)
    }

    /// Somebody new, whom this administrator invites.
    pub async fn invite(&self, username: &str) -> Self {
        let invite = self.post("/api/invites", json!({})).await.expect(201);
        let account = json!({
            "username": username, "password": PASSWORD, "invite": token_of(text(&invite["link"])),
        });
        self.nobody().register(account).await
    }

    /// Nobody, at the same server.
    pub fn nobody(&self) -> Self {
        Self::with(self.tls.clone(), self.address)
    }

    fn signed_in(self, answer: &Value) -> Self {
        let user = &answer["authUser"];
        Self {
            username: text(&user["username"]).to_owned(),
            id: text(&user["id"]).to_owned(),
            token: Some(text(&answer["token"]).to_owned()),
            ..self
        }
    }

    /// Whoever this token stands for.
    pub fn with_token(&self, token: &Value) -> Self {
        Self {
            token: Some(token.as_str().expect("a token").to_owned()),
            ..self.clone()
        }
    }

    /// The same person, with the token that another device has.
    pub async fn another_device(&self) -> Self {
        let nobody = Self {
            token: None,
            ..self.clone()
        };
        nobody.sign_in(&self.username).await
    }

    /// The same person at a server that was started anew somewhere else.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self {
            base: base(address, self.tls.is_some()),
            address,
            ..self.clone()
        }
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A request to be refined, with the token where there is one.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn put(&self, path: &str) -> Answer {
        answer(self.request(Method::PUT, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    /// Sends a message and gives it back; fails the test where it is refused.
    pub async fn say(&self, conversation: &str, content: &str) -> Value {
        self.post(&messages(conversation), json!({ "content": content }))
            .await
            .expect(201)
    }

    /// The id of the direct conversation with somebody, which is started where there is none.
    pub async fn talk_to(&self, username: &str) -> String {
        let started = self
            .post("/api/conversations", json!({ "username": username }))
            .await;
        match started.status {
            StatusCode::CREATED => started.body["id"].as_str().expect("an id").to_owned(),
            StatusCode::SEE_OTHER => {
                let location = started.headers["location"].to_str().expect("a text");
                location.rsplit('/').next().expect("an id").to_owned()
            }
            status => panic!("{status}: {}", started.body),
        }
    }

    /// Makes a room with these people, and gives back its id.
    pub async fn make_room(&self, name: &str, people: &[&str], open: bool) -> String {
        let body = json!({ "name": name, "usernames": people, "open": open });
        let room = self.post("/api/conversations", body).await.expect(201);
        room["id"].as_str().expect("an id").to_owned()
    }

    /// Opens a stream, from `cursor` on or from now on, and waits for its `hello`.
    pub async fn follow(&self, cursor: Option<&str>) -> Stream {
        let mut stream = self.open_stream(cursor).await;
        let hello = stream.next().await.expect("a first event");
        assert_eq!(hello.name, "hello");
        stream
    }

    /// Opens a stream and leaves its `hello` to the test.
    pub async fn open_stream(&self, cursor: Option<&str>) -> Stream {
        let request = self.stream_request();
        Stream::open(match cursor {
            Some(cursor) => request.header("last-event-id", cursor),
            None => request,
        })
        .await
    }

    /// A long poll that is to be answered: its events, and the cursor for the next.
    pub async fn poll(&self, cursor: &str, wait: u32) -> (Vec<Event>, String) {
        self.try_poll(cursor, wait).await.expect("a poll's answer")
    }

    /// The same; where it is refused, the status that says so, or none where nothing was answered.
    pub async fn try_poll(
        &self,
        cursor: &str,
        wait: u32,
    ) -> Result<(Vec<Event>, String), Option<StatusCode>> {
        let request = self.poll_request(&format!("?after={cursor}&wait={wait}"));
        let polled = try_answer(request).await.ok_or(None)?;
        if polled.status != StatusCode::OK {
            return Err(Some(polled.status));
        }
        assert_eq!(polled.headers["content-type"], "application/json");
        let polled = polled.body;
        let text = |value: &Value| text(value).to_owned();
        let events = polled["events"].as_array().expect("a list").iter();
        let events = events.filter(|event| event.get("id").is_some());
        let events = events.map(|event| Event {
            id: text(&event["id"]),
            name: text(&event["event"]),
            data: event["data"].clone(),
        });
        Ok((events.collect(), text(&polled["cursor"])))
    }

    /// The present end of the feed.
    pub async fn cursor(&self) -> String {
        let beginning = answer(self.poll_request("")).await.expect(200);
        assert_eq!(beginning["events"], json!([]));
        beginning["cursor"].as_str().expect("a cursor").to_owned()
    }

    /// The request of a long poll with this query, to be refined.
    pub fn poll_request(&self, query: &str) -> reqwest::RequestBuilder {
        self.request(Method::GET, &format!("/api/messages{query}"))
            .header("accept", "application/json")
    }

    /// The request that opens a stream, to be refined.
    pub fn stream_request(&self) -> reqwest::RequestBuilder {
        self.request(Method::GET, "/api/messages")
            .header("accept", "text/event-stream")
    }
}

/// A client for plain http.
pub fn http() -> reqwest::ClientBuilder {
    // Without this it would look for the authorities of the machine, and for cryptography.
    static NOBODY_TRUSTED: LazyLock<ClientConfig> =
        LazyLock::new(|| trusting(RootCertStore::empty(), ALL_VERSIONS));
    http_by(NOBODY_TRUSTED.clone())
}

fn http_by(tls: ClientConfig) -> reqwest::ClientBuilder {
    // A redirect is an answer like any other.
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_backend_preconfigured(tls)
}

fn base(address: SocketAddr, is_tls: bool) -> Arc<str> {
    if is_tls {
        // The name that is in certificates.
        return format!("https://localhost:{}", address.port()).into();
    }
    format!("http://{address}").into()
}

/// The path of a conversation's messages.
pub fn messages(conversation: &str) -> String {
    format!("/api/conversations/{conversation}/messages")
}

/// The path of who is in a conversation.
pub fn participants(conversation: &str) -> String {
    format!("/api/conversations/{conversation}/participants")
}

/// The path of somebody in it, or of oneself as `me`.
pub fn participant(conversation: &str, who: &str) -> String {
    format!("/api/conversations/{conversation}/participants/{who}")
}
