//! A client's side of a WebSocket.

use futures_util::StreamExt;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::ProtocolError,
        protocol::{Role, frame::coding::CloseCode},
    },
};

use crate::world::World;

/// The connection behind the handshake.
pub type Connection = TokioIo<Upgraded>;

/// Opens john's socket, and does something with it.
///
/// # Panics
/// Where the handshake fails, which is the server's fault.
pub fn open<T>(world: &World, then: impl AsyncFnOnce(Connection) -> T) -> T {
    let request = Request::get("/api/messages")
        .header("host", "localhost")
        .header("authorization", format!("Bearer {}", world.token()))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .body(Full::default())
        .expect("a request");
    world.ask(request, async |response: Response<Incoming>| {
        let connection = hyper::upgrade::on(response).await.expect("a socket");
        then(TokioIo::new(connection)).await
    })
}

/// A client that keeps to the protocol.
pub async fn client(connection: Connection) -> WebSocketStream<Connection> {
    WebSocketStream::from_raw_socket(connection, Role::Client, None).await
}

/// All events up to the end.
///
/// # Panics
/// Where the server breaks the protocol, or says that it has failed.
pub async fn hear(mut stream: WebSocketStream<Connection>) -> Vec<Value> {
    let mut events = Vec::new();
    while let Some(message) = stream.next().await {
        match message {
            Ok(Message::Text(text)) => {
                let event: Value = serde_json::from_str(&text).expect("JSON");
                assert!(
                    event["event"].is_string() && event["data"].is_object(),
                    "{text}"
                );
                assert_ne!(event["data"]["code"], "internal", "{text}");
                events.push(event);
            }
            Ok(Message::Close(Some(close))) => assert_ne!(close.code, CloseCode::Error),
            Ok(Message::Close(None) | Message::Ping(_) | Message::Pong(_)) => {}
            // Who has sent whatever they like has no right to a good end.
            Err(
                Error::Io(_)
                | Error::ConnectionClosed
                | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake),
            ) => break,
            other => panic!("the server sent {other:?}"),
        }
    }
    events
}
