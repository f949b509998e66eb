//! WebSocket frames as bytes (RFC 6455 §5.2), for what no WebSocket client would send, and for
//! seeing what came as it came.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::support::{Client, soon};

pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xa;

/// The first byte's highest bit: this frame ends its message.
pub const FINAL: u8 = 0x80;
/// The second byte's highest bit: the payload is masked.
const MASKED: u8 = 0x80;
/// Lengths that say in how many bytes the length follows.
const TWO_BYTES: u8 = 126;
const EIGHT_BYTES: u8 = 127;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A final frame with this opcode, as a client sends it.
pub fn frame(opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    with_first_byte(FINAL | opcode, payload)
}

/// A frame after which its message goes on.
pub fn part(opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    with_first_byte(opcode, payload)
}

/// A frame whose final bit, reserved bits and opcode are this byte.
pub fn with_first_byte(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut bytes = vec![first];
    bytes.extend(length(MASKED, payload.len()));
    bytes.extend(MASK);
    let mask = MASK.iter().cycle();
    bytes.extend(payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// A final frame as only a server may send it.
pub fn unmasked(opcode: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut bytes = vec![FINAL | opcode];
    bytes.extend(length(0, payload.len()));
    bytes.extend(payload);
    bytes
}

/// A close frame's payload.
pub fn closing(code: u16, reason: impl AsRef<[u8]>) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_ref()].concat()
}

/// A message in frames of so many bytes each.
pub fn fragmented(opcode: u8, payload: &[u8], size: usize) -> Vec<u8> {
    let mut pieces = payload.chunks(size).peekable();
    let (mut bytes, mut opcode) = (Vec::new(), opcode);
    while let Some(piece) = pieces.next() {
        let first = if pieces.peek().is_some() { 0 } else { FINAL };
        bytes.extend(with_first_byte(first | opcode, piece));
        opcode = CONTINUATION;
    }
    bytes
}

fn length(masked: u8, length: usize) -> Vec<u8> {
    if let Ok(short) = u8::try_from(length)
        && short < 126
    {
        return vec![masked | short];
    }
    match u16::try_from(length) {
        Ok(length) => [&[masked | TWO_BYTES][..], &length.to_be_bytes()].concat(),
        Err(_) => [&[masked | EIGHT_BYTES][..], &(length as u64).to_be_bytes()].concat(),
    }
}

/// A frame as the server sent it.
#[derive(Debug, PartialEq)]
pub struct Frame {
    pub first_byte: u8,
    pub payload: Vec<u8>,
}

/// One end of a WebSocket, of which nothing is done by itself.
pub struct Raw {
    stream: TcpStream,
    buffered: Vec<u8>,
}

impl Raw {
    /// Opens the client's feed, and takes its `hello`.
    pub async fn open(address: SocketAddr, client: &Client) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        Self::open_on(socket, address, client).await
    }

    /// Like [`open`](Self::open), of which the system keeps next to nothing that isn't read.
    pub async fn open_narrow(address: SocketAddr, client: &Client) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4 * 1024).expect("a size");
        Self::open_on(socket, address, client).await
    }

    async fn open_on(socket: TcpSocket, address: SocketAddr, client: &Client) -> Self {
        let token = client.token.as_deref().expect("a token");
        let request = format!(
            "GET /api/messages?token={token} HTTP/1.1\r\nHost: {address}\r\nConnection: keep-alive, Upgrade\r\n\
             Upgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let stream = socket.connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("an option");
        let buffered = Vec::new();
        let mut raw = Self { stream, buffered };
        raw.send(request).await;
        let head = soon("a head", async {
            loop {
                let mut lines = raw.buffered.windows(4);
                if let Some(end) = lines.position(|bytes| bytes == b"\r\n\r\n") {
                    break raw.buffered.drain(..end + 4).collect();
                }
                assert!(raw.read().await, "a head");
            }
        });
        let head = String::from_utf8(head.await).expect("a text");
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        // The key and its answer are RFC 6455 §1.3's own.
        let accept = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
        assert!(head.contains(accept), "{head}");
        assert_eq!(raw.event().await["event"], "hello");
        raw
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A server that has heard enough may have closed.
        let _ = self.is_taken(bytes).await;
    }

    /// Sends the bytes, and tells whether they were taken to the last.
    pub async fn is_taken(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let sent = soon("bytes to be taken", self.stream.write_all(bytes.as_ref()));
        sent.await.is_ok()
    }

    /// Sends the bytes one by one, as far as the system lets them go so.
    pub async fn send_slowly(&mut self, bytes: impl AsRef<[u8]>) {
        for byte in bytes.as_ref() {
            self.send([*byte]).await;
            tokio::task::yield_now().await;
        }
    }

    /// The next frame; none when the server has ended the connection.
    pub async fn next(&mut self) -> Option<Frame> {
        soon("a frame", async {
            loop {
                if let Some(frame) = self.take() {
                    return Some(frame);
                }
                if !self.read().await {
                    return None;
                }
            }
        })
        .await
    }

    /// The next frame, which is to be an event; who comes and goes meanwhile is passed over.
    pub async fn event(&mut self) -> Value {
        loop {
            let frame = self.next().await.expect("an event");
            assert_eq!(frame.first_byte, FINAL | TEXT, "{frame:?}");
            let event: Value = serde_json::from_slice(&frame.payload).expect("JSON");
            if event["event"] != "presence" {
                return event;
            }
        }
    }

    /// Expects the server to close with this code, and agrees.
    pub async fn closed(&mut self, code: u16) {
        let frame = self.next().await.expect("a close frame");
        assert_eq!(frame.first_byte, FINAL | CLOSE, "{frame:?}");
        let (told, reason) = frame.payload.split_first_chunk().expect("a code");
        assert_eq!(u16::from_be_bytes(*told), code, "{frame:?}");
        assert!(std::str::from_utf8(reason).is_ok(), "{frame:?}");
        let agreed = with_first_byte(FINAL | CLOSE, closing(code, ""));
        self.send(agreed).await;
        self.ended().await;
    }

    /// Expects that nothing comes any more but the connection's end.
    pub async fn ended(&mut self) {
        assert_eq!(self.next().await, None);
    }

    /// A whole frame of what has been read.
    fn take(&mut self) -> Option<Frame> {
        let (&[first_byte, second], rest) = self.buffered.split_first_chunk()?;
        let (length, rest) = match second {
            TWO_BYTES => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from(u16::from_be_bytes(*length)), rest)
            }
            EIGHT_BYTES => {
                let (length, rest) = rest.split_first_chunk()?;
                (u64::from_be_bytes(*length), rest)
            }
            // A server's frames have no mask, so the highest bit isn't set.
            length => (u64::from(length), rest),
        };
        let length = usize::try_from(length).expect("a length");
        let payload = rest.get(..length)?.to_vec();
        let taken = self.buffered.len() - rest.len() + length;
        self.buffered.drain(..taken);
        Some(Frame {
            first_byte,
            payload,
        })
    }

    async fn read(&mut self) -> bool {
        // What was reset has ended, too.
        let read = self.stream.read_buf(&mut self.buffered).await;
        read.unwrap_or_default() > 0
    }
}
