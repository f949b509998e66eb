//! Requests over a WebSocket, as JSON: `{"op":"send",…}`, `{"op":"read",…}` and `{"op":"typing",…}`. Each is validated
//! and handled like the HTTP call of the same name, with the same errors, and answered by an `ack` or an `error`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    contract::{
        number::whole_number,
        operations::{conversations::ReadMark, feed::SocketDone, messages::SendMessage},
    },
    error::{Error, Result},
    http::{
        App,
        door::body,
        reply::{ErrorResponse, HandlerResult},
    },
    model::{ConversationId, Rate},
    store::Session,
};

/// A request. Which fields are used depends on `op`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SocketRequest {
    op: Option<String>,
    conversation_id: Option<String>,
    content: Option<String>,
    client_id: Option<String>,
    attachments: Option<Vec<String>>,
    reply_to: Option<String>,
    #[serde(default, deserialize_with = "whole_number")]
    up_to: Option<i64>,
}

impl SocketRequest {
    fn conversation(&self) -> Result<ConversationId> {
        let id = self.conversation_id.as_deref();
        let id = id.ok_or_else(|| Error::invalid("conversationId", "Enter a conversation ID."))?;
        id.parse().map_err(|_| Error::NotFound("Conversation"))
    }
}

/// The error of an HTTP call, and the client id of the request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SocketError<'a> {
    #[serde(flatten)]
    error: &'a ErrorResponse,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
}

/// Handles a request and returns the event that answers it.
pub async fn answer(app: Arc<App>, token: String, frame: Utf8Bytes) -> String {
    let (event, data) = match perform(&app, &token, &frame).await {
        Ok(data) => ("ack", data),
        Err(error) => {
            let socket_error = SocketError {
                error: &error,
                retry_after: error.retry_after(),
                client_id: client_id(&frame),
            };
            ("error", json(&socket_error))
        }
    };
    format!(r#"{{"event":"{event}","data":{data}}}"#)
}

/// The session is looked up for every frame, as for every HTTP request.
async fn perform(app: &App, token: &str, frame: &str) -> HandlerResult<String> {
    let session = app.store.session(token).await?;
    session.require_send()?;
    let request: SocketRequest = body::parse(frame.as_bytes())?;
    let rate = match request.op.as_deref() {
        Some("send") => Rate::Send,
        Some("typing") => Rate::Typing,
        _ => Rate::Other,
    };
    app.admit(rate, &session)?;
    match request.op.as_deref() {
        Some("send") => send(app, &session, request).await,
        Some("read") => read(app, &session, request).await,
        Some("typing") => type_in(app, &session, request).await,
        _ => Err(Error::invalid("op", "Unknown op.").into()),
    }
}

async fn send(app: &App, session: &Session, request: SocketRequest) -> HandlerResult<String> {
    let conversation = request.conversation()?;
    let SocketRequest {
        content,
        client_id,
        attachments,
        reply_to,
        ..
    } = request;
    let new = SendMessage {
        content,
        client_id,
        attachments,
        reply_to,
    };
    let new = new.checked(conversation, session.user.clone())?;
    let sent = app.store.send(new).await?;
    Ok(json(&sent.message.view(session.user.id)))
}

async fn read(app: &App, session: &Session, request: SocketRequest) -> HandlerResult<String> {
    let conversation_id = request.conversation()?;
    let mark = ReadMark {
        up_to: request.up_to,
    };
    app.store
        .mark_read(session.user.id, conversation_id, mark.number()?)
        .await?;
    Ok(done("read", conversation_id, request.client_id))
}

async fn type_in(app: &App, session: &Session, request: SocketRequest) -> HandlerResult<String> {
    let conversation_id = request.conversation()?;
    app.presence.send_typing(session, conversation_id).await?;
    Ok(done("typing", conversation_id, request.client_id))
}

fn done(op: &'static str, conversation_id: ConversationId, client_id: Option<String>) -> String {
    json(&SocketDone {
        op,
        conversation_id,
        client_id,
    })
}

/// A request's client id, even if the request is otherwise invalid.
fn client_id(frame: &str) -> Option<String> {
    let frame: Value = serde_json::from_str(frame).ok()?;
    Some(frame.get("clientId")?.as_str()?.to_owned())
}

/// Serializing these types can't fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
