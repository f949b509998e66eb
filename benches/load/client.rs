//! The least HTTP/1.1 client that can tell a right answer from a wrong one. It shares the machine's
//! cores with the server, so whatever it does beyond that would be measured as the server's.

use std::{
    net::SocketAddr,
    ops::Range,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde::de::DeserializeOwned;
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
        Self::part(address, path, token, 0)
    }

    /// What comes before a body of `length` bytes.
    pub fn part(address: SocketAddr, path: &str, token: &str, length: usize) -> Self {
        Self::of(format!(
            "PUT {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {length}\r\n\r\n"
        ))
    }

    pub fn delete(address: SocketAddr, path: &str, token: &str) -> Self {
        Self::of(format!(
            "DELETE {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
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
        self.complete(0).await
    }

    /// Sends `request` with its `body`, and reads the JSON of the answer.
    ///
    /// # Errors
    /// Where the connection ends, or the answer has another status than `expected`, or isn't such JSON.
    pub async fn answer<T: DeserializeOwned>(
        &mut self,
        request: &[u8],
        body: &[u8],
        expected: u16,
    ) -> Result<T> {
        self.stream.write_all(request).await?;
        let Answer { status, body } = self.exchange(body).await?;
        let text = String::from_utf8_lossy(body);
        ensure!(status == expected, "{status} instead of {expected}: {text}");
        serde_json::from_str(&text).with_context(|| format!("not what was expected: {text}"))
    }

    /// Sends `request`, and waits for the whole answer. Tells how long it took from `start` until it
    /// began to come.
    ///
    /// # Errors
    /// Where the connection ends, or the answer isn't one with this status.
    pub async fn first_byte(
        &mut self,
        request: &[u8],
        status: u16,
        start: Instant,
    ) -> Result<Duration> {
        self.stream.write_all(request).await?;
        let filled = self.read_more(0).await?;
        let first = start.elapsed();
        let answer = self.complete(filled).await?;
        ensure!(
            answer.status == status,
            "{} instead of {status}",
            answer.status
        );
        Ok(first)
    }

    /// Reads the rest of an answer of which `filled` bytes have come.
    async fn complete(&mut self, mut filled: usize) -> Result<Answer<'_>> {
        let head = loop {
            if let Some(end) = head_end(&self.buffer[..filled]) {
                break end;
            }
            filled += self.read_more(filled).await?;
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

    /// Sends `request` and reads the head of an answer that has no end. Gives back the connection, and what has come
    /// of the body already.
    ///
    /// # Errors
    /// Where the connection ends, or the answer has another status than `expected`.
    pub async fn begin(mut self, request: &Request, expected: u16) -> Result<(TcpStream, Vec<u8>)> {
        self.stream.write_all(request.bytes()).await?;
        let mut filled = 0;
        loop {
            filled += self.read_more(filled).await?;
            let Some(head) = head_end(&self.buffer[..filled]) else {
                continue;
            };
            let (status, _) = read_head(&self.buffer[..head])?;
            ensure!(status == expected, "a stream was answered with {status}");
            return Ok((self.stream, self.buffer[head..filled].to_vec()));
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
    // No Content (RFC 9110 §15.3.5).
    if status == 204 {
        return Ok((204, Some(0)));
    }
    let length = head
        .split(|byte| *byte == b'\n')
        .find_map(|line| {
            let (name, value) = line.split_at_checked(LENGTH.len())?;
            name.eq_ignore_ascii_case(LENGTH).then_some(value)
        })
        .and_then(digits);
    Ok((u16::try_from(status)?, length))
}
