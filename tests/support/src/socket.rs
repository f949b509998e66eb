//! A WebSocket, as a client of the feed has it.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

use crate::{Client, Event, soon};

/// Somebody's end of a socket.
pub struct Socket<S = TcpStream>(pub WebSocketStream<S>);

impl Socket {
    /// Opens the client's feed, from `cursor` on or from now on, and takes its `hello`.
    pub async fn follow(address: SocketAddr, client: &Client, cursor: Option<&str>) -> Self {
        let mut socket = Self::open(address, client, "", cursor).await;
        assert_eq!(socket.next().await.name, "hello");
        socket
    }

    /// Opens the client's feed with this query and cursor, and leaves its `hello` to the test.
    pub async fn open(
        address: SocketAddr,
        client: &Client,
        query: &str,
        cursor: Option<&str>,
    ) -> Self {
        let opened = Self::try_open(address, client, query, cursor).await;
        opened.expect("a socket")
    }

    /// The same; where it wasn't opened, the status that says so, or none where nothing was answered.
    pub async fn try_open(
        address: SocketAddr,
        client: &Client,
        query: &str,
        cursor: Option<&str>,
    ) -> Result<Self, Option<StatusCode>> {
        let token = client.token.as_deref().expect("a token");
        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {token}").parse().expect("a header");
        headers.insert("authorization", bearer);
        if let Some(cursor) = cursor {
            headers.insert("last-event-id", cursor.parse().expect("a header"));
        }
        Self::try_with(address, query, headers).await
    }

    /// Opens a feed with this query and these headers.
    pub async fn with(address: SocketAddr, query: &str, headers: HeaderMap) -> Self {
        let opened = Self::try_with(address, query, headers).await;
        opened.expect("a socket")
    }

    async fn try_with(
        address: SocketAddr,
        query: &str,
        headers: HeaderMap,
    ) -> Result<Self, Option<StatusCode>> {
        let uri = format!("ws://{address}/api/messages{query}");
        let mut request = uri.into_client_request().expect("a request");
        request.headers_mut().extend(headers);
        let stream = TcpStream::connect(address).await.map_err(|_| None)?;
        match soon("a handshake", client_async(request, stream)).await {
            Ok((socket, answer)) => {
                assert_eq!(answer.headers()["cache-control"], "no-store");
                Ok(Self(socket))
            }
            Err(Error::Http(refusal)) => Err(Some(refusal.status())),
            Err(_) => Err(None),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        let sent = self.0.send(Message::text(text)).await;
        sent.expect("it can be sent");
    }

    /// The next text; who comes and goes meanwhile is passed over.
    pub async fn next_json(&mut self) -> Value {
        loop {
            match self.next_message().await {
                Some(Message::Text(text)) => {
                    let json: Value = serde_json::from_str(&text).expect("JSON");
                    if json["event"] != "presence" {
                        return json;
                    }
                }
                other => panic!("{other:?} instead of a text"),
            }
        }
    }

    pub async fn next_message(&mut self) -> Option<Message> {
        // All of it in time, as pings are no progress.
        soon("a message", async {
            loop {
                match self.0.next().await.transpose().expect("a message") {
                    Some(Message::Ping(_)) => {}
                    other => return other,
                }
            }
        })
        .await
    }

    /// The next text, however long it takes as long as the server pings; none once the connection has
    /// ended, in good order or not.
    pub async fn heard(&mut self) -> Option<Value> {
        loop {
            match soon("a sign of life", self.0.next()).await {
                Some(Ok(Message::Text(text))) => {
                    return Some(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return None,
            }
        }
    }

    /// The next event of the feed.
    pub async fn next(&mut self) -> Event {
        event_of(self.next_json().await)
    }

    /// The next answer; what the feed says before it is passed over.
    pub async fn answer(&mut self) -> (String, Value) {
        loop {
            let mut answer = self.next_json().await;
            if answer.get("id").is_none() {
                let name = answer["event"].as_str().expect("a name").to_owned();
                return (name, answer["data"].take());
            }
        }
    }

    pub async fn take(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::with_capacity(count);
        while events.len() < count {
            events.push(self.next().await);
        }
        events
    }

    /// All events up to the first with this name, that one included.
    pub async fn until(&mut self, name: &str) -> Vec<Event> {
        let mut events = Vec::new();
        while events.last().is_none_or(|event: &Event| event.name != name) {
            events.push(self.next().await);
        }
        events
    }

    /// Sends a frame that is to be done, and gives back its answer's data.
    pub async fn ask(&mut self, frame: Value) -> Value {
        self.send(frame).await;
        let (name, data) = self.answer().await;
        assert_eq!(name, "ack", "{data}");
        data
    }

    /// Sends a text that is to be refused as the contract says, and gives back why.
    pub async fn refused(&mut self, text: &str, code: &str) -> Value {
        self.send_text(text).await;
        let (name, refusal) = self.answer().await;
        assert_eq!(name, "error", "{text}: {refusal}");
        assert_eq!(refusal["code"], code, "{text}: {refusal}");
        refusal
    }

    /// Passes over what still comes, and expects the server to close with this code.
    pub async fn closed(&mut self, code: u16) {
        loop {
            match self.next_message().await {
                Some(Message::Close(Some(frame))) => {
                    assert_eq!(u16::from(frame.code), code, "{frame:?}");
                    assert_eq!(self.next_message().await, None);
                    return;
                }
                Some(Message::Text(_)) => {}
                other => panic!("{other:?} instead of a close"),
            }
        }
    }
}

/// An event from its frame.
pub fn event_of(mut json: Value) -> Event {
    let text = |name: &str| json[name].as_str().expect("a text").to_owned();
    Event {
        id: text("id"),
        name: text("event"),
        data: json["data"].take(),
    }
}
