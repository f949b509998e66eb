//! A stream of server-sent events, as a client reads it.

use reqwest::StatusCode;
use serde_json::Value;

use crate::soon;

/// An event as a client sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The cursor; empty where it only passes by.
    pub id: String,
    /// `message` where the stream left it unnamed.
    pub name: String,
    pub data: Value,
}

/// An open stream of server-sent events, parsed as WHATWG HTML §9.2.6 says.
pub struct Stream {
    response: reqwest::Response,
    buffered: Vec<u8>,
}

impl Stream {
    /// Opens a stream with a request of one's own making.
    pub async fn open(request: reqwest::RequestBuilder) -> Self {
        Self::try_open(request).await.expect("a stream")
    }

    /// The same; where it wasn't opened, the status that says so, or none where nothing was answered.
    pub async fn try_open(request: reqwest::RequestBuilder) -> Result<Self, Option<StatusCode>> {
        let response = soon("a stream", request.send()).await.map_err(|_| None)?;
        if response.status() != StatusCode::OK {
            return Err(Some(response.status()));
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Self {
            response,
            buffered: Vec::new(),
        })
    }

    /// The next event that has a place in the feed; none when the server has ended the stream, in
    /// good order or not. What only passes by is passed over.
    pub async fn next(&mut self) -> Option<Event> {
        self.next_that(|event| !event.id.is_empty()).await
    }

    /// The next event that only passes by, as typing and presence do.
    pub async fn next_passing(&mut self) -> Option<Event> {
        self.next_that(|event| event.id.is_empty()).await
    }

    async fn next_that(&mut self, is_wanted: impl Fn(&Event) -> bool) -> Option<Event> {
        // All of it in time, as comments are no progress.
        soon("an event", async {
            loop {
                let event = parse(&self.next_block().await?);
                if event.as_ref().is_some_and(&is_wanted) {
                    return event;
                }
            }
        })
        .await
    }

    /// The next event that has a place in the feed, however long it takes as long as the server shows
    /// that it is alive; none when the stream has ended.
    pub async fn heard(&mut self) -> Option<Event> {
        loop {
            let event = parse(&self.next_block().await?);
            if let Some(event) = event.filter(|event| !event.id.is_empty()) {
                return Some(event);
            }
        }
    }

    /// The next lines up to an empty one, as they came.
    pub async fn next_block(&mut self) -> Option<String> {
        soon("a block of a stream", async {
            loop {
                if let Some(end) = self.buffered.windows(2).position(|bytes| bytes == b"\n\n") {
                    let block = self.buffered.drain(..end + 2).collect();
                    return Some(String::from_utf8(block).expect("UTF-8"));
                }
                self.buffered
                    .extend(self.response.chunk().await.ok().flatten()?);
            }
        })
        .await
    }

    /// All events up to the first with this name, that one included.
    pub async fn until(&mut self, name: &str) -> Vec<Event> {
        let mut events = Vec::new();
        while events.last().is_none_or(|event: &Event| event.name != name) {
            let event = self.next().await;
            events.push(event.unwrap_or_else(|| panic!("the stream ended before {name}")));
        }
        events
    }

    /// The next `count` events.
    pub async fn take(&mut self, count: usize) -> Vec<Event> {
        let mut events = Vec::with_capacity(count);
        while events.len() < count {
            let event = self.next().await;
            events.push(event.unwrap_or_else(|| panic!("the stream ended after {events:?}")));
        }
        events
    }

    /// All events until the server ends the stream.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    /// The next event with this name; others before it are passed over.
    pub async fn next_named(&mut self, name: &str) -> Event {
        loop {
            let event = self
                .next()
                .await
                .unwrap_or_else(|| panic!("the stream ended before {name}"));
            if event.name == name {
                return event;
            }
        }
    }
}

/// An event from its block of lines; none where the block has no data, as a comment.
fn parse(block: &str) -> Option<Event> {
    let (mut id, mut name, mut data) = (String::new(), "message".to_owned(), String::new());
    for line in block.lines().filter(|line| !line.starts_with(':')) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => value.clone_into(&mut id),
            "event" => value.clone_into(&mut name),
            "data" => data.push_str(value),
            _ => {}
        }
    }
    (!data.is_empty()).then(|| Event {
        id,
        name,
        data: serde_json::from_str(&data).expect("JSON"),
    })
}
