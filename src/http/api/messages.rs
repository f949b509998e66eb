//! Messages: sending, reading, editing and deleting them, and reacting to them.

use percent_encoding::percent_decode_str;
use warp::{http::StatusCode, reply::Response};

use crate::{
    contract::operations::messages::{self as contract, EditMessage, SendMessage},
    error::{Error, Result},
    http::{
        door::query::Query,
        form_data::FormData,
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{
        self, ConversationId, Emoji, MAX_ATTACHMENTS, Message, MessageId, Permission, Rate,
        UploadId, User, UserId,
    },
    store::{NewMessage, Page},
};

const DEFAULT_PAGE: u32 = 25;
const LARGEST_PAGE: u32 = 100;

pub fn routes() -> Vec<Route> {
    let (read, send) = (Permission::Read, Permission::Send);
    let (messages, message, reactions, reaction) = (
        "/api/conversations/{id}/messages",
        "/api/messages/{id}",
        "/api/messages/{id}/reactions",
        "/api/messages/{id}/reactions/{emoji}",
    );
    vec![
        // Who is in a conversation may read what is said in it.
        Route::get(messages, read, history)
            .operation(contract::history())
            .compressed(),
        Route::post(messages, send, create)
            .rate(Rate::Send)
            .operation(contract::send()),
        Route::patch(message, send, edit)
            .rate(Rate::Change)
            .operation(contract::edit()),
        Route::delete(message, send, delete)
            .rate(Rate::Delete)
            .operation(contract::delete()),
        Route::get(reactions, read, list_reactions)
            .operation(contract::reactions())
            .compressed(),
        Route::put(reaction, send, react)
            .rate(Rate::Change)
            .operation(contract::react()),
        Route::delete(reaction, send, unreact)
            .rate(Rate::Change)
            .operation(contract::unreact()),
    ]
}

impl SendMessage {
    /// Checks the fields and makes the message for the store.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a field isn't valid.
    pub fn checked(self, conversation_id: ConversationId, author: User) -> Result<NewMessage> {
        let attachments = uploads(&self.attachments.unwrap_or_default())?;
        let content = self.content.as_deref().unwrap_or_default();
        let content = if attachments.is_empty() {
            model::message_content(content)?
        } else {
            model::caption(content)?
        };
        Ok(NewMessage {
            conversation_id,
            author,
            content: content.to_owned(),
            client_id: self.client_id.map(model::client_id).transpose()?,
            attachments,
            reply_to: self.reply_to.as_deref().map(answered).transpose()?,
        })
    }
}

/// The id of the message that another one answers.
fn answered(id: &str) -> Result<MessageId> {
    id.parse()
        .map_err(|_| Error::invalid("replyTo", "replyTo takes the id of a message."))
}

/// The ids of the uploads that a message is to have.
fn uploads(ids: &[String]) -> Result<Vec<UploadId>> {
    if ids.len() > MAX_ATTACHMENTS {
        let reason = format!("Messages can have up to {MAX_ATTACHMENTS} files.");
        return Err(Error::invalid("attachments", reason));
    }
    let ids = ids.iter().map(|id| id.parse());
    ids.collect::<Result<_, _>>()
        .map_err(|_| Error::invalid("attachments", "attachments takes the ids of uploads."))
}

async fn create(mut request: Request, conversation: ConversationId) -> HandlerResult {
    let (new, uploads) = if request.is_form_data() {
        let user = request.user()?.id;
        // Before the files travel.
        request.app.store.conversation(user, conversation).await?;
        let FormData { fields, files } = request.form_data(user, |_| Ok(())).await?;
        let files = files?;
        let new = SendMessage {
            content: fields.text("content")?,
            client_id: fields.text("clientId")?,
            reply_to: fields.text("replyTo")?,
            attachments: Some(files.for_message()),
        };
        (new, Some(files))
    } else {
        (request.json().await?, None)
    };
    let user = request.user()?;
    let new = new.checked(conversation, user.clone())?;
    let sent = request.app.store.send(new).await?;
    if let Some(uploads) = uploads {
        uploads.settle(&sent);
    }
    let status = if sent.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(json(status, &sent.message.view(user.id)))
}

async fn history(request: Request, conversation: ConversationId) -> HandlerResult {
    let (store, query, user) = (&request.app.store, &request.query, request.user()?.id);
    match query.get("order") {
        None => {}
        Some("top") => {
            let messages = store
                .top_messages(user, conversation, limit(query)?)
                .await?;
            return Ok(list(&messages, user));
        }
        Some(_) => return Err(Error::invalid("order", "order must be top.").into()),
    }
    let limit = limit(query)?;
    if let Some(around) = query.id("around", "message")? {
        let messages = store
            .history_around(user, conversation, around, limit)
            .await?;
        return Ok(list(&messages, user));
    }
    let page = Page {
        before: query.id("before", "message")?,
        after: query.id("after", "message")?,
        limit,
    };
    let show = move |messages: Vec<_>| list(&messages, user);
    Ok(store.history(user, conversation, page, show).await?)
}

fn list(messages: &[Message], user: UserId) -> Response {
    let views: Vec<_> = messages.iter().map(|message| message.view(user)).collect();
    ok(&views)
}

async fn edit(mut request: Request, id: MessageId) -> HandlerResult {
    let EditMessage { content } = request.json().await?;
    let user = request.user()?.id;
    let content = model::caption(content.as_deref().unwrap_or_default())?.to_owned();
    let message = request.app.store.edit_message(user, id, content).await?;
    Ok(ok(&message.view(user)))
}

async fn delete(request: Request, id: MessageId) -> HandlerResult {
    let user = request.user()?.id;
    request.app.store.delete_message(user, id).await?;
    Ok(no_content())
}

async fn list_reactions(request: Request, id: MessageId) -> HandlerResult {
    let (store, query, user) = (&request.app.store, &request.query, request.user()?.id);
    let emoji = query.get("emoji").map(Emoji::new).transpose()?;
    let (after, limit) = (query.id("after", "reaction")?, limit(query)?);
    let reactions = store.reactions(user, id, emoji, after, limit).await?;
    Ok(ok(&reactions))
}

async fn react(request: Request, id: MessageId, emoji: String) -> HandlerResult {
    let user = request.user()?.id;
    let emoji = emoji_of(&emoji)?;
    let message = request.app.store.add_reaction(user, id, emoji).await?;
    Ok(ok(&message.view(user)))
}

async fn unreact(request: Request, id: MessageId, emoji: String) -> HandlerResult {
    let user = request.user()?.id;
    let emoji = emoji_of(&emoji)?;
    let message = request.app.store.delete_reaction(user, id, emoji).await?;
    Ok(ok(&message.view(user)))
}

/// Parses the percent-encoded emoji in a path.
fn emoji_of(segment: &str) -> HandlerResult<Emoji> {
    Ok(Emoji::new(
        &percent_decode_str(segment).decode_utf8_lossy(),
    )?)
}

pub(super) fn limit(query: &Query) -> HandlerResult<u32> {
    let Some(text) = query.get("limit") else {
        return Ok(DEFAULT_PAGE);
    };
    let limit = text
        .parse()
        .ok()
        .filter(|limit| (1..=LARGEST_PAGE).contains(limit));
    Ok(limit
        .ok_or_else(|| Error::invalid("limit", format!("limit must be 1 to {LARGEST_PAGE}.")))?)
}
