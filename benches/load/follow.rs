//! One stream that is open, of events or of frames: what comes on it is counted, and forgotten.

use std::{fmt, io::ErrorKind, net::SocketAddr};

use anyhow::{Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::client::{Connection, Request, find};

/// How a stream is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Events,
    WebSocket,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Events => "SSE",
            Self::WebSocket => "WebSocket",
        })
    }
}

impl Transport {
    /// What asks for such a stream.
    pub fn request(self, address: SocketAddr, token: &str) -> Request {
        let headers = match self {
            Self::Events => "Accept: text/event-stream\r\n",
            // The key is any sixteen bytes (RFC 6455 §4.1).
            Self::WebSocket => {
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            }
        };
        Request::get(address, "/api/messages", token, headers)
    }
}

/// Counts what comes on a stream that is cut anywhere.
struct Counter {
    transport: Transport,
    /// Of events: whether the last byte ended a line, and whether that line was a comment.
    ended: bool,
    comment: bool,
    /// Of frames: the head as far as it has come, and how much is left of what it announced.
    head: Vec<u8>,
    left: usize,
}

/// What a read has brought.
#[derive(Default)]
struct Counted {
    messages: usize,
    pings: usize,
}

impl Counter {
    fn new(transport: Transport) -> Self {
        Self {
            transport,
            ended: false,
            comment: false,
            head: Vec::new(),
            left: 0,
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Counted {
        match self.transport {
            Transport::Events => self.take_events(bytes),
            Transport::WebSocket => self.take_frames(bytes),
        }
    }

    /// An event ends with an empty line; a comment shows that the server is alive, and is none.
    fn take_events(&mut self, bytes: &[u8]) -> Counted {
        let mut messages = 0;
        for &byte in bytes {
            if byte == b'\n' {
                messages += usize::from(self.ended && !self.comment);
            } else if self.ended {
                self.comment = byte == b':';
            }
            self.ended = byte == b'\n';
        }
        Counted { messages, pings: 0 }
    }

    /// RFC 6455 §5.2, without a mask, as a server sends them.
    fn take_frames(&mut self, mut bytes: &[u8]) -> Counted {
        const TEXT: u8 = 1;
        const PING: u8 = 9;

        let mut counted = Counted::default();
        while !bytes.is_empty() {
            if self.left > 0 {
                let taken = self.left.min(bytes.len());
                bytes = &bytes[taken..];
                self.left -= taken;
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            let length = match self.head[..] {
                [_, length @ ..=125] => usize::from(length),
                [_, 126, high, low] => usize::from(u16::from_be_bytes([high, low])),
                [_, 127, .., _] if self.head.len() == 10 => self.head[2..]
                    .iter()
                    .fold(0, |length, byte| length << 8 | usize::from(*byte)),
                _ => continue,
            };
            match self.head[0] & 0xf {
                TEXT => counted.messages += 1,
                PING => counted.pings += 1,
                _ => {}
            }
            self.left = length;
            self.head.clear();
        }
        counted
    }
}

/// A stream that is open.
pub struct Stream {
    stream: TcpStream,
    counter: Counter,
}

impl Stream {
    /// Opens a stream, and waits for its first event.
    ///
    /// # Errors
    /// Where the answer isn't such a stream.
    pub async fn open(
        connection: Connection,
        request: &Request,
        transport: Transport,
    ) -> Result<Self> {
        let status = match transport {
            Transport::Events => 200,
            Transport::WebSocket => 101,
        };
        let (stream, begun) = connection.begin(request, status).await?;
        let mut counter = Counter::new(transport);
        let mut messages = counter.take(&begun).messages;
        let mut stream = Self { stream, counter };
        while messages == 0 {
            let mut buffer = [0; 4 * 1024];
            match stream.stream.read(&mut buffer).await? {
                0 => bail!("the server ended a stream"),
                count => messages = stream.counter.take(&buffer[..count]).messages,
            }
        }
        Ok(stream)
    }

    /// Reads and forgets whatever comes, until the server ends the stream. Holds no memory for it:
    /// there are ten thousand of them.
    pub async fn idle(self) {
        // A reader's buffer would be a part of its task; this one is only there while it reads.
        let _ = self.count(|_| {}).await;
    }

    /// Tells `take` how many events have come, at each read, until the server ends the stream.
    ///
    /// # Errors
    /// Where the connection breaks.
    pub async fn count(mut self, mut take: impl FnMut(usize)) -> Result<()> {
        /// Masked with nothing (RFC 6455 §5.3).
        const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];

        loop {
            self.stream.readable().await?;
            let counted = {
                let mut scratch = [0; 4 * 1024];
                match self.stream.try_read(&mut scratch) {
                    Ok(0) => return Ok(()),
                    Ok(count) => self.counter.take(&scratch[..count]),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                    Err(error) => return Err(error.into()),
                }
            };
            for _ in 0..counted.pings {
                self.stream.write_all(&PONG).await?;
            }
            take(counted.messages);
        }
    }

    /// Reads until an event is one that `is_last` knows.
    ///
    /// # Errors
    /// Where the stream ends before.
    pub async fn until(&mut self, is_last: impl Fn(&[u8]) -> bool) -> Result<()> {
        let mut rest = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            while let Some(end) = find(&rest, b"\n\n") {
                let event: Vec<_> = rest.drain(..end + 2).collect();
                if is_last(&event) {
                    return Ok(());
                }
            }
            match self.stream.read(&mut buffer).await? {
                0 => bail!("the server ended a stream"),
                count => rest.extend_from_slice(&buffer[..count]),
            }
        }
    }

    /// Hands each read's bytes to `take`, until the server ends the stream.
    ///
    /// # Errors
    /// Where the connection breaks.
    pub async fn each(mut self, mut take: impl FnMut(&[u8])) -> Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match self.stream.read(&mut buffer).await? {
                0 => return Ok(()),
                count => take(&buffer[..count]),
            }
        }
    }
}
