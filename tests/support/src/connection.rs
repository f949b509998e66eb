//! A client's connection to its feed, over any transport.

use reqwest::StatusCode;

use crate::{Client, Event, Socket, Stream, event_of, try_answer};

/// How a client asks for its feed.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Events,
    Socket,
    Poll,
}

/// A client's connection; between two polls there is none.
pub enum Connection {
    Events(Stream),
    Socket(Box<Socket>),
    Poll,
}

impl Connection {
    /// Connects, from `cursor` on or from now on, and gives back where the feed begins. Where that is
    /// refused, the status that says so, and none where the connection breaks.
    pub async fn open(
        transport: Transport,
        client: &Client,
        cursor: Option<&str>,
    ) -> Result<(Self, String), Option<StatusCode>> {
        let mut connection = match (transport, cursor) {
            (Transport::Events, _) => {
                let request = client.stream_request();
                let request = match cursor {
                    Some(cursor) => request.header("last-event-id", cursor),
                    None => request,
                };
                Self::Events(Stream::try_open(request).await?)
            }
            (Transport::Socket, _) => {
                let socket = Socket::try_open(client.address(), client, "", cursor).await?;
                Self::Socket(Box::new(socket))
            }
            (Transport::Poll, Some(cursor)) => return Ok((Self::Poll, cursor.to_owned())),
            (Transport::Poll, None) => {
                let beginning = try_answer(client.poll_request("")).await.ok_or(None)?;
                let cursor = beginning.body["cursor"].as_str();
                let cursor = cursor.ok_or(Some(beginning.status))?;
                return Ok((Self::Poll, cursor.to_owned()));
            }
        };
        let hello = connection.next().await.ok_or(None)?;
        assert_eq!(hello.name, "hello");
        Ok((connection, hello.id))
    }

    /// The next event that has a place in the feed; none when the connection has ended.
    pub async fn next(&mut self) -> Option<Event> {
        match self {
            Self::Events(stream) => stream.heard().await,
            Self::Socket(socket) => loop {
                let frame = socket.heard().await?;
                if frame.get("id").is_some() {
                    return Some(event_of(frame));
                }
            },
            Self::Poll => None,
        }
    }

    /// Whether it is a series of requests.
    pub fn is_poll(&self) -> bool {
        matches!(self, Self::Poll)
    }
}
