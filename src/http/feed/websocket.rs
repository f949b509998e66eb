//! The feed over a WebSocket (RFC 6455): one text frame for each event, in the same JSON as in long polls. Requests of
//! the client are in `ops`; they are handled one after the other.
//!
//! tokio-tungstenite is used directly, because `warp::ws` gives every socket a read buffer of 128 KiB and hides why a
//! frame was refused.

use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{self, AsyncWriteExt},
    time::{Instant, Interval, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message, Utf8Bytes,
        error::ProtocolError,
        handshake::derive_accept_key,
        protocol::{
            CloseFrame, Role, WebSocketConfig,
            frame::coding::CloseCode::{self, Away, Invalid, Policy, Protocol, Size, Unsupported},
        },
    },
};
use warp::{
    Reply,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
        },
    },
    reply::Response,
};

use super::{json, ops};
use crate::{
    error::{Error, ErrorCode, Result},
    feed::{Feed, FeedEvent, HEARTBEAT},
    http::{
        App,
        door::{caller::lists, filters::Upgrade},
        reply::{ErrorResponse, HandlerResult},
    },
};

/// The largest message of a client in bytes, in one frame or several; the same as for a body.
const LIMIT: usize = 64 * 1024;
/// The read buffer of a socket in bytes. Most frames are smaller.
const READ_BUFFER: usize = 2 * 1024;
/// Bytes of events after which they go out by another write.
const FULL: usize = 4 * 1024;
/// The code with which a socket closes whose user has too many (RFC 6455 §7.4.2: 4000 to 4999 are private).
const DISPLACED: u16 = 4001;
/// The most unanswered pings.
const PATIENCE: u32 = 2;
/// How long a client may take to close after it was told to: less than the server's own time to stop.
const CLOSE_TIME: Duration = Duration::from_secs(5);

/// Checks the client's handshake (RFC 6455 §4.2.1) and returns the server's.
///
/// # Errors
/// 426 for versions other than 13, and 400.
pub fn handshake(headers: &HeaderMap) -> HandlerResult<Response> {
    if !lists(headers, UPGRADE, "websocket") {
        return Err(not_upgraded());
    }
    let is_version = |version: &HeaderValue| version == "13";
    if !headers.get(SEC_WEBSOCKET_VERSION).is_some_and(is_version) {
        let message = "Use WebSocket version 13.";
        let refusal = ErrorResponse::new(ErrorCode::WebsocketVersion, message);
        return Err(refusal
            .with_header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))
            .with_header(UPGRADE, HeaderValue::from_static("websocket"))
            .with_header(CONNECTION, HeaderValue::from_static("Upgrade")));
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes);
    let key = key.filter(|key| is_key(key) && lists(headers, CONNECTION, "upgrade"));
    let accept = key.and_then(|key| HeaderValue::try_from(derive_accept_key(key)).ok());
    let Some(accept) = accept else {
        let message = "Opening a WebSocket needs Connection: Upgrade and a Sec-WebSocket-Key.";
        return Err(ErrorResponse::new(ErrorCode::BadHandshake, message));
    };
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    response.headers_mut().extend([
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_ACCEPT, accept),
    ]);
    Ok(response)
}

/// For a handshake whose `Upgrade` or `Connection` header was lost on the way (RFC 9110 §7.8): they are for one connection
/// alone, so a proxy drops them unless it is told to pass them on.
pub fn not_upgraded() -> ErrorResponse {
    let message = "A proxy dropped this WebSocket’s Upgrade or Connection header: let it pass both on, with HTTP/1.1";
    ErrorResponse::new(ErrorCode::BadHandshake, message)
}

/// Whether the text is 16 bytes in base64.
fn is_key(key: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    key.len() == 24
        && key
            .strip_suffix(b"==")
            .is_some_and(|digits| digits.iter().all(is_digit))
}

/// Serves a client after the handshake, until one side closes. `token` is the client's session token.
pub fn start(upgrade: Upgrade, app: Arc<App>, token: String, feed: Feed) {
    let Upgrade { connection, tasks } = upgrade;
    tasks.spawn(async move {
        let connection = match connection.await {
            Ok(connection) => TokioIo::new(connection),
            Err(error) => return tracing::debug!(%error, "a connection was not taken over"),
        };
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .max_frame_size(Some(LIMIT))
            .max_message_size(Some(LIMIT));
        let stream = WebSocketStream::from_raw_socket(connection, Role::Server, Some(config)).await;
        let mut socket = Socket::new(stream, app, token);
        let Err(End(close)) = socket.follow(feed).await;
        if let Some(frame) = close {
            socket.close(frame).await;
        }
    });
}

/// Why a socket ends, and the close frame for the client, unless the client has closed or is gone.
struct End(Option<CloseFrame>);

impl End {
    fn because(code: CloseCode, reason: &'static str) -> Self {
        let reason = Utf8Bytes::from_static(reason);
        Self(Some(CloseFrame { code, reason }))
    }
}

impl From<Error> for End {
    fn from(end: Error) -> Self {
        match end {
            Error::Unauthorized => Self::because(Policy, "The session has ended"),
            Error::Stopping => Self::because(Away, "The server stops"),
            Error::Displaced => Self::because(CloseCode::from(DISPLACED), "Too many streams"),
            end => {
                tracing::warn!(%end, "a WebSocket failed; its client will reconnect");
                Self::because(CloseCode::Error, "The stream failed")
            }
        }
    }
}

impl From<tungstenite::Error> for End {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Capacity(_) => Self::because(Size, "64 KiB at most"),
            tungstenite::Error::Utf8(_) => Self::because(Invalid, "That isn’t UTF-8"),
            tungstenite::Error::Protocol(error)
                if error != ProtocolError::ResetWithoutClosingHandshake =>
            {
                Self::because(Protocol, "That isn’t RFC 6455")
            }
            error => {
                tracing::debug!(%error, "a socket ended early");
                Self(None)
            }
        }
    }
}

/// A client's socket.
struct Socket {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    app: Arc<App>,
    token: String,
    heartbeat: Interval,
    /// Pings since the last pong.
    unanswered: u32,
    /// The request that is being handled. Boxed to keep the future small: most of the time, a socket waits for
    /// something else.
    doing: Option<Pin<Box<dyn Future<Output = String> + Send>>>,
}

impl Socket {
    fn new(stream: WebSocketStream<TokioIo<Upgraded>>, app: Arc<App>, token: String) -> Self {
        let period = Duration::from_secs(HEARTBEAT);
        let mut heartbeat = interval_at(Instant::now() + period, period);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            stream,
            app,
            token,
            heartbeat,
            unanswered: 0,
            doing: None,
        }
    }

    /// Sends the feed. The next events are fetched when the client has taken those before.
    async fn follow(&mut self, mut feed: Feed) -> Result<Infallible, End> {
        loop {
            let mut next = Some(self.serve_until(feed.next()).await?);
            let mut bytes = 0;
            while let Some(item) = next {
                let text = json(&item);
                bytes += text.len();
                self.stream.feed(Message::text(text)).await?;
                next = if bytes < FULL {
                    feed.next_ready()
                } else {
                    None
                };
            }
            self.flush().await?;
        }
    }

    /// Waits for the next event, and meanwhile handles the client's requests, one after the other.
    async fn serve_until(
        &mut self,
        next: impl Future<Output = Result<FeedEvent>>,
    ) -> Result<FeedEvent, End> {
        let mut next = std::pin::pin!(next);
        loop {
            tokio::select! {
                item = &mut next => {
                    if let Err(Error::Displaced) = item {
                        self.send(Message::text(json(&Feed::bye()))).await?;
                    }
                    return Ok(item?);
                }
                answer = done(&mut self.doing), if self.doing.is_some() => {
                    self.doing = None;
                    self.send(Message::text(answer)).await?;
                }
                message = receive(&mut self.stream), if self.doing.is_none() => {
                    self.take(message?).await?;
                }
                _ = self.heartbeat.tick() => self.ping().await?,
            }
        }
    }

    async fn take(&mut self, message: Message) -> Result<(), End> {
        match message {
            Message::Text(text) => {
                let (app, token) = (Arc::clone(&self.app), self.token.clone());
                self.doing = Some(Box::pin(ops::answer(app, token, text)));
            }
            Message::Binary(_) => return Err(End::because(Unsupported, "Text frames only")),
            Message::Pong(_) => self.unanswered = 0,
            // tungstenite answers it when the next message is received.
            Message::Ping(_) | Message::Frame(_) => {}
            Message::Close(_) => {
                // Sends the answer, which tungstenite has prepared.
                self.stream.flush().await?;
                return Err(End(None));
            }
        }
        Ok(())
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.unanswered == PATIENCE {
            return Err(End::because(Protocol, "No pong came"));
        }
        self.unanswered += 1;
        self.send(Message::Ping("".into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        self.stream.feed(message).await?;
        self.flush().await
    }

    /// Waits until the operating system has taken what was sent. A client that doesn't read can't delay the server's stop.
    async fn flush(&mut self) -> Result<(), End> {
        tokio::select! {
            // Usually it is taken at once. Polling only this first avoids a lock.
            biased;
            flushed = self.stream.flush() => Ok(flushed?),
            () = self.app.stopping.cancelled() => Err(Error::Stopping.into()),
        }
    }

    /// Closes as in RFC 6455 §7.1.1: after both sides have sent a close frame, the server closes the connection.
    async fn close(mut self, frame: CloseFrame) {
        let closing = async {
            // The request in progress is answered first, as over HTTP.
            if let Some(doing) = self.doing.take() {
                self.stream.send(Message::text(doing.await)).await?;
            }
            self.stream.close(Some(frame)).await?;
            let mut agreed = false;
            while let Some(Ok(message)) = self.stream.next().await {
                agreed |= message.is_close();
            }
            let connection = self.stream.get_mut();
            connection.shutdown().await?;
            if !agreed {
                // Everything that still arrives must be read, even if it is invalid. Otherwise the operating system
                // resets the connection, and the client may lose the close frame.
                io::copy(connection, &mut io::sink()).await?;
            }
            Ok::<_, tungstenite::Error>(())
        };
        if let Ok(Err(error)) = timeout(CLOSE_TIME, closing).await {
            tracing::debug!(%error, "a socket was not closed in good order");
        }
    }
}

async fn done(doing: &mut Option<Pin<Box<dyn Future<Output = String> + Send>>>) -> String {
    match doing {
        Some(doing) => doing.await,
        None => std::future::pending().await,
    }
}

/// The client's next message. First, a pending pong is sent, so that a client that only pings and doesn't read can't
/// fill a buffer.
async fn receive(stream: &mut WebSocketStream<TokioIo<Upgraded>>) -> Result<Message, End> {
    stream.flush().await?;
    match stream.next().await {
        Some(message) => Ok(message?),
        None => Err(End(None)),
    }
}
