//! The least HTTP/1.1 client that can tell a right answer from a wrong one. It shares the machine's
//! cores with the server, so whatever it does beyond that would be measured as the server's.

use std::{fmt, io::ErrorKind, net::SocketAddr, ops::Range};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request as bytes, with places for a number of fixed width.
#[derive(Clone)]
pub struct Request {
    bytes: Vec<u8>,
    slots: Vec<Range<usize>>,
}

/// Stands for the number in the text of a request; as wide as the number.
const SLOT: u8 = b'@';

impl Request {
    pub fn get(address: SocketAddr, path: &str, token: &str, more: &str) -> Self {
        Self::of(format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
        ))
    }

    pub fn post(address: SocketAddr, path: &str, token: &str, json: &str) -> Self {
        let length = json.len();
        Self::of(format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
        ))
    }

    pub fn put(address: SocketAddr, path: &str, token: &str) -> Self {
        Self::of(format!(
            "PUT {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n"
        ))
    }

    fn of(text: String) -> Self {
        let bytes = text.into_bytes();
        let mut slots: Vec<Range<usize>> = Vec::new();
        for (index, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == SLOT) {
            match slots.last_mut() {
                Some(slot) if slot.end == index => slot.end += 1,
                _ => slots.push(index..index + 1),
            }
        }
        Self { bytes, slots }
    }

    /// Puts the last digits of `number` into each of its places.
    pub fn set(&mut self, number: u64) {
        for slot in &self.slots {
            let mut rest = number;
            for digit in self.bytes[slot.clone()].iter_mut().rev() {
                *digit = b"0123456789"[(rest % 10) as usize];
                rest /= 10;
            }
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A connection that is kept alive.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, as far as anybody wants to know it.
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Connection {
    /// # Errors
    /// Where nobody answers at `address`.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("can't connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; 16 * 1024],
        })
    }

    /// Sends `request` and waits for the whole answer.
    ///
    /// # Errors
    /// Where the connection ends, or the answer isn't one that this client knows.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        let head = loop {
            filled += self.read_more(filled).await?;
            if let Some(end) = head_end(&self.buffer[..filled]) {
                break end;
            }
        };
        let (status, length) = read_head(&self.buffer[..head])?;
        let end = head + length.context("an answer without Content-Length")?;
        while filled < end {
            filled += self.read_more(filled).await?;
        }
        ensure!(filled == end, "more came than was asked for");
        Ok(Answer {
            status,
            body: &self.buffer[head..end],
        })
    }

    async fn read_more(&mut self, filled: usize) -> Result<usize> {
        if filled == self.buffer.len() {
            self.buffer.resize(2 * filled, 0);
        }
        match self.stream.read(&mut self.buffer[filled..]).await? {
            0 => bail!("the server closed the connection"),
            count => Ok(count),
        }
    }

    /// Asks for an endless answer, and waits for its head and its first event.
    ///
    /// # Errors
    /// Where the answer isn't such a stream.
    pub async fn follow(mut self, request: &Request, transport: Transport) -> Result<Stream> {
        self.stream.write_all(request.bytes()).await?;
        let mut filled = 0;
        loop {
            filled += self.read_more(filled).await?;
            let Some(head) = head_end(&self.buffer[..filled]) else {
                continue;
            };
            let (status, _) = read_head(&self.buffer[..head])?;
            let expected = match transport {
                Transport::Events => 200,
                Transport::WebSocket => 101,
            };
            ensure!(status == expected, "a stream was answered with {status}");
            let mut counter = Counter::new(transport);
            if counter.take(&self.buffer[head..filled]).messages > 0 {
                return Ok(Stream {
                    stream: self.stream,
                    counter,
                });
            }
        }
    }
}

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
    /// Of events: whether the last byte ended a line.
    ended: bool,
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

    /// An event ends with an empty line.
    fn take_events(&mut self, bytes: &[u8]) -> Counted {
        let mut messages = 0;
        for &byte in bytes {
            messages += usize::from(byte == b'\n' && self.ended);
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

/// Where `what` begins in `bytes`.
pub fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    find(bytes, b"\r\n\r\n").map(|start| start + 4)
}

/// The status, and the length of what follows where the head tells.
fn read_head(head: &[u8]) -> Result<(u16, Option<usize>)> {
    const LENGTH: &[u8] = b"content-length:";

    let digits = |bytes: &[u8]| {
        std::str::from_utf8(bytes)
            .ok()?
            .trim()
            .parse::<usize>()
            .ok()
    };
    let status = head
        .strip_prefix(b"HTTP/1.1 ")
        .and_then(|rest| digits(rest.get(..3)?));
    let status = status.context("this isn't HTTP/1.1")?;
    let length = head
        .split(|byte| *byte == b'\n')
        .find_map(|line| {
            let (name, value) = line.split_at_checked(LENGTH.len())?;
            name.eq_ignore_ascii_case(LENGTH).then_some(value)
        })
        .and_then(digits);
    Ok((u16::try_from(status)?, length))
}
