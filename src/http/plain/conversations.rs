//! Pages to list conversations, start one, read and write in one, and follow one.

use std::convert::identity;

use maud::{Markup, html};
use serde::Deserialize;
use warp::Reply;

use super::{
    forms::{Field, PageSession, hidden, normalize_line_breaks, read_form, read_form_data},
    keep::pinned,
    messages::{Listing, View, reply_to},
    page::Page,
    paths,
    requests::requests,
    search,
    text::{excerpt, time},
    words::Language,
};
use crate::{
    contract::operations::messages::SendMessage,
    error::{Error, Result},
    http::{
        form_data::{FormData, Uploads},
        reply::{ErrorResponse, HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    metrics::Transport,
    model::{
        Conversation, ConversationId, ConversationKind, ConversationView, Member, Message,
        MessageId, MessageView, Permission, Rate, ReplyTo, with_names,
    },
    store::{CONVERSATIONS_PAGE, Listed, Page as HistoryPage, Started, new_token},
};

/// Messages on one page.
const PAGE: u32 = 25;
/// Seconds after which the page that follows a conversation reloads.
const REFRESH: u32 = 5;

pub fn routes() -> Vec<Route> {
    let (page, form) = (Permission::Page, Permission::Form);
    vec![
        Route::get("/plain", page, get_list),
        Route::post("/plain/conversations", form, post_start).rate(Rate::Room),
        Route::get("/plain/conversations/{id}", page, get_conversation),
        Route::post("/plain/conversations/{id}", form, post_message).rate(Rate::Send),
        Route::get("/plain/conversations/{id}/follow", page, get_follow),
    ]
}

async fn get_list(request: Request) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let before = request.query.id("before", "conversation")?;
    let page = list_page(&request, &session, before, Field::default()).await?;
    Ok(page.into_response())
}

#[derive(Deserialize)]
struct StartForm {
    username: Option<String>,
}

async fn post_start(mut request: Request) -> HandlerResult {
    let (session, StartForm { username }) = read_form(&mut request).await?;
    let username = username.unwrap_or_default();
    let store = &request.app.store;
    match store.start_direct(session.id(), username.clone()).await {
        Ok(Started::Created(created)) => see_other(&paths::newest_messages(created.0.id)),
        Ok(Started::Existing(id)) => see_other(&paths::newest_messages(id)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let field = Field::refused(&username, session.words.reason(&refusal));
            let page = list_page(&request, &session, None, field).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn list_page<'a>(
    request: &Request,
    session: &'a PageSession,
    before: Option<ConversationId>,
    field: Field<'_>,
) -> HandlerResult<Page<'a>> {
    let (store, caller) = (&request.app.store, session.id());
    let conversations = store.conversations(caller, before, Listed::All).await?;
    let is_full = conversations.len() >= CONVERSATIONS_PAGE as usize;
    let last = conversations.last().filter(|_| is_full);
    let may_invite = request.app.may_invite(caller).await?;
    let requests = requests(request, session).await?;
    let words = session.words;
    let title = words.text("conversations.title");
    let main = html! {
        h1 { (title) }
        (search::form(words, Field::default()))
        (requests)
        (session.form("/plain/conversations", html! {
            (field.name_field("username", words.text("conversations.start_with"), "off"))
            " " input type="submit" value=(words.text("conversations.start"));
        }))
        @if conversations.is_empty() && before.is_none() {
            p { (words.text("conversations.none")) }
        }
        @if !conversations.is_empty() {
            ul .conversations {
                @for (conversation, member) in &conversations {
                    li { (row(words, &conversation.view(member))) }
                }
            }
        }
        @if may_invite { p { a href="/plain/invites" { (words.text("invites.title")) } } }
        @if before.is_some() { p { a href="/plain" { (words.text("conversations.newest")) } } }
        @if let Some((conversation, _)) = last {
            p { a href={ "/plain?before=" (conversation.id.to_string()) } { (words.text("conversations.older")) } }
        }
    };
    Ok(Page::of(session, title, main))
}

fn row(words: &'static Language, conversation: &ConversationView<'_>) -> Markup {
    let newest = conversation.last_message.as_ref();
    html! {
        a href=(paths::newest_messages(conversation.id)) { bdi { (title_of(words, conversation)) } }
        @if conversation.has_unread_messages {
            " " strong .unread { (words.count("conversations.unread", conversation.unread_count)) }
        }
        @if conversation.mention_count > 0 {
            " " strong .unread { (words.text("conversations.mentioned")) }
        }
        @if let Some(newest) = newest {
            " " (time(words, newest.created_at))
            div .excerpt { (preview(words, conversation, newest)) }
        }
    }
}

/// A line about the newest message: who wrote it, and how it begins.
fn preview(
    words: &'static Language,
    conversation: &ConversationView<'_>,
    newest: &MessageView<'_>,
) -> Markup {
    let is_room = conversation.kind == ConversationKind::Room;
    let text = html! {
        @if newest.deleted_at.is_some() {
            (words.text("message.deleted"))
        } @else if newest.system.is_some() {
            (words.system_message(newest))
        } @else {
            bdi { (excerpt(&with_names(newest.content, newest.mentions))) }
        }
    };
    if newest.mine {
        return words.markup("conversations.own_preview", &[("text", text)]);
    }
    let Some(author) = newest.author.filter(|_| is_room) else {
        return text;
    };
    let author = html! { bdi { (words.name_of(author)) } };
    words.markup(
        "conversations.preview",
        &[("author", author), ("text", text)],
    )
}

/// The name of the room, or of the other person.
pub fn title_of<'a>(words: &'static Language, conversation: &ConversationView<'a>) -> &'a str {
    let other = conversation.other_participant;
    conversation
        .name
        .or(other.map(|other| words.name_of(other)))
        .unwrap_or_default()
}

async fn get_conversation(request: Request, id: ConversationId) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let view = View::of(&request.query)?;
    let reply_to = request.query.id("replyTo", "message")?;
    let draft = Draft {
        field: Field::default(),
        reply_to,
    };
    let page = conversation_page(&request, &session, id, view, draft).await?;
    Ok(page.into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageForm {
    content: Option<String>,
    client_id: Option<String>,
    reply_to: Option<String>,
}

/// What stands in the form for a message.
struct Draft<'a> {
    field: Field<'a>,
    reply_to: Option<MessageId>,
}

async fn post_message(mut request: Request, id: ConversationId) -> HandlerResult {
    // Browsers that don’t send files, and programs that have learned the form, send it as text alone.
    let (session, draft, files) = if request.is_form_data() {
        // Before the files travel.
        request
            .app
            .store
            .conversation(request.user()?.id, id)
            .await?;
        let (session, FormData { fields, files }) = read_form_data(&mut request).await?;
        let draft = MessageForm {
            content: fields.text("content")?,
            client_id: fields.text("clientId")?,
            reply_to: fields.text("replyTo")?,
        };
        (session, draft, files.map(Some))
    } else {
        let (session, draft) = read_form(&mut request).await?;
        (session, draft, Ok(None))
    };
    let content = normalize_line_breaks(draft.content);
    let reply_to = draft.reply_to;
    let sent = match files {
        Ok(files) => {
            let message = SendMessage {
                content: Some(content.clone()),
                client_id: draft.client_id,
                attachments: files.as_ref().map(Uploads::for_message),
                reply_to: reply_to.clone(),
            };
            send_message(&request, &session, id, message, files)
                .await
                .map_err(ErrorResponse::from)
        }
        Err(refusal) => Err(refusal),
    };
    match sent {
        Ok(()) => see_other(&paths::newest_messages(id)),
        Err(refusal) => {
            let draft = Draft {
                field: Field::refused(&content, session.words.reason(&refusal)),
                reply_to: reply_to.and_then(|id| id.parse().ok()),
            };
            let page = conversation_page(&request, &session, id, View::Newest, draft).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn send_message(
    request: &Request,
    session: &PageSession,
    conversation_id: ConversationId,
    message: SendMessage,
    files: Option<Uploads>,
) -> Result<()> {
    let message = message.checked(conversation_id, session.user().clone())?;
    let sent = request.app.store.send(message).await?;
    if let Some(files) = files {
        files.settle(&sent);
    }
    Ok(())
}

/// A conversation and the messages of one page.
struct LoadedConversation {
    conversation: Conversation,
    /// The reader’s membership, as it was before this page was read.
    member: Member,
    /// Oldest first, or ordered by the number of reactions.
    messages: Vec<Message>,
    has_older: bool,
}

impl LoadedConversation {
    fn first_unread(&self) -> Option<MessageId> {
        let Member {
            user,
            last_read_number,
            ..
        } = self.member;
        let mut messages = self.messages.iter();
        let unread =
            messages.find(|message| message.number > last_read_number && !message.is_by(user));
        unread.map(|message| message.id)
    }

    /// Loads the conversation and marks the shown messages as read, unless another site has opened them.
    async fn load(
        request: &Request,
        session: &PageSession,
        id: ConversationId,
        view: View,
    ) -> Result<Self> {
        let (store, caller) = (&request.app.store, session.id());
        let (conversation, member) = store.conversation(caller, id).await?;
        let before = match view {
            View::Top => {
                let mut messages = store.top_messages(caller, id, PAGE).await?;
                messages.retain(|message| !message.reactions.is_empty());
                return Ok(Self {
                    conversation,
                    member,
                    messages,
                    has_older: false,
                });
            }
            View::Newest | View::Around(_) => None,
            View::Before(message) => Some(message),
        };
        let older = |before, limit| HistoryPage {
            before,
            after: None,
            limit,
        };
        let (mut messages, has_older) = if let View::Around(message) = view {
            let messages = store.history_around(caller, id, message, PAGE).await?;
            let oldest = messages.last().map(|message| message.id);
            let has_any = |before: Vec<_>| !before.is_empty();
            let has_older = store.history(caller, id, older(oldest, 1), has_any).await?;
            (messages, has_older)
        } else {
            let page = older(before, PAGE + 1);
            let mut messages = store.history(caller, id, page, identity).await?;
            let has_older = messages.len() > PAGE as usize;
            messages.truncate(PAGE as usize);
            (messages, has_older)
        };
        messages.reverse();
        let newest = messages.last().map_or(0, |message| message.number);
        if newest > member.last_read_number && request.caller.has_opened(&request.app.settings) {
            // An error is ignored: a full disk must not prevent reading.
            let _ = store.mark_read(caller, id, Some(newest)).await;
        }
        Ok(Self {
            conversation,
            member,
            messages,
            has_older,
        })
    }
}

async fn conversation_page<'a>(
    request: &Request,
    session: &'a PageSession,
    id: ConversationId,
    view: View,
    Draft { field, reply_to }: Draft<'_>,
) -> HandlerResult<Page<'a>> {
    let reply_to = match reply_to {
        Some(message) => answered(request, session, id, message).await?,
        None => None,
    };
    let shown = LoadedConversation::load(request, session, id, view).await?;
    let LoadedConversation {
        conversation,
        member,
        messages,
        has_older,
    } = &shown;
    let conversation = conversation.view(member);
    let words = session.words;
    let title = title_of(words, &conversation);
    let pins = request.app.store.pinned(session.id(), id).await?;
    let listing = Listing {
        words,
        member,
        view,
        first_unread: shown.first_unread(),
        tools: Some(session),
    };
    // Makes sending idempotent: submitting the form twice sends one message.
    let client_id = new_token()?;
    let main = html! {
        h1 { bdi { (title) } }
        (links(words, &conversation, view))
        (pinned(words, &pins, session.id()))
        @match view {
            View::Top => {
                h2 { (words.text("conversation.top_title")) }
                @if messages.is_empty() {
                    p { (words.text("conversation.no_reactions")) }
                } @else {
                    (listing.ranked(messages))
                }
            }
            View::Newest | View::Before(_) | View::Around(_) => {
                @if let Some(oldest) = messages.first().filter(|_| *has_older) {
                    p .older { a href=(View::Before(oldest.id).path(id)) { (words.text("conversation.older")) } }
                }
                @if messages.is_empty() { p { (words.text("conversation.none")) } }
                (listing.by_day(messages))
            }
        }
        @if let View::Newest = view {
            (session.form_with_files(paths::newest_messages(id), html! {
                (hidden("clientId", &client_id))
                @if let Some(original) = &reply_to { (quote(words, id, original, session)) }
                (field.text_field(words.markup("conversation.write_to", &[("name", html! { bdi { (title) } })]), false))
                div { label for="files" { (words.text("conversation.files")) } }
                input #files type="file" name="files" multiple;
                p #end { input .primary type="submit" value=(words.text("conversation.send")); }
            }))
        } @else {
            p #end { a href=(paths::newest_messages(id)) { (words.text("conversation.newest")) } }
        }
    };
    Ok(Page::of(session, title, main))
}

/// The message that is to be answered, if it can be.
async fn answered(
    request: &Request,
    session: &PageSession,
    id: ConversationId,
    message: MessageId,
) -> Result<Option<ReplyTo>> {
    let store = &request.app.store;
    match store.quote(session.id(), id, message).await {
        Ok(original) => Ok(Some(original)),
        // It can still be written to the others.
        Err(Error::Invalid { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is answered, above the field for the answer.
fn quote(
    words: &'static Language,
    id: ConversationId,
    original: &ReplyTo,
    session: &PageSession,
) -> Markup {
    html! {
        (hidden("replyTo", &original.id.to_string()))
        p .quote {
            (words.text("message.replying")) " "
            (reply_to(words, original, session.id())) " "
            a href=(paths::newest_messages(id)) { (words.text("page.cancel")) }
        }
    }
}

fn links(words: &'static Language, conversation: &ConversationView<'_>, view: View) -> Markup {
    let id = conversation.id;
    let is_room = conversation.kind == ConversationKind::Room;
    html! {
        nav .links aria-label=(words.text("conversation.links")) {
            a href=(follow_path(id)) { (words.count("conversation.follow", REFRESH.into())) } " "
            @if !matches!(view, View::Top) { a href=(View::Top.path(id)) { (words.text("conversation.top")) } " " }
            @if is_room { a href=(paths::people(id)) { (words.count("people.count", conversation.participant_count)) } }
        }
    }
}

fn follow_path(id: ConversationId) -> String {
    format!("{}/follow", paths::conversation(id))
}

/// Newest first: a browser that reloads a page keeps the scroll position, which is the top. An address with a fragment
/// wouldn’t help, because browsers don’t reload for those.
async fn get_follow(request: Request, id: ConversationId) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let _counted = request.app.metrics.stream(Transport::FollowPage);
    let view = View::Newest;
    let LoadedConversation {
        conversation,
        member,
        mut messages,
        ..
    } = LoadedConversation::load(&request, &session, id, view).await?;
    messages.reverse();
    let conversation = conversation.view(&member);
    let words = session.words;
    let title = title_of(words, &conversation);
    let listing = Listing {
        words,
        member: &member,
        view,
        first_unread: None,
        tools: None,
    };
    let main = html! {
        h1 { bdi { (title) } }
        p { (words.count("conversation.follow_note", REFRESH.into())) }
        p .links {
            a href=(paths::newest_messages(id)) { (words.text("conversation.write")) } " "
            a href=(follow_path(id)) { (words.text("conversation.refresh")) }
        }
        @if messages.is_empty() { p { (words.text("conversation.none_followed")) } }
        (listing.by_day(&messages))
    };
    let page = Page::of(&session, title, main);
    Ok(page.refreshing_every(REFRESH).into_response())
}
