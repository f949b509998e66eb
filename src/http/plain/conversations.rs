//! The list of conversations, starting one, and a conversation: to read and write in, and to follow.

use std::sync::Arc;

use maud::{Markup, html};
use serde::Deserialize;
use warp::{Filter, Reply, filters::BoxedFilter};

use super::{
    forms::{Draft, Visit, Visitor, hidden, looks, sends, submitted, typed},
    messages::{Listing, View},
    page::Page,
    rooms::{count_people, people_path},
    text::{excerpt, time},
};
use crate::{
    error::{Error, Result},
    http::{
        App,
        body::Body,
        filters::only,
        messages,
        reply::{Answer, ErrorResponse, see_other},
    },
    metrics::Transport,
    model::{
        Conversation, ConversationId, ConversationKind, ConversationView, Member, Message,
        MessageId, MessageView,
    },
    store::{CONVERSATIONS_PAGE, Page as Part, Started, new_token},
};

/// Messages on one page.
const PAGE: u32 = 25;
/// Seconds after which a page that follows a conversation is loaded anew.
const REFRESH: u32 = 5;

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Answer,)> {
    let list = warp::path::end().and(looks(app)).then(list);
    let list = list
        .or(warp::path::end().and(only("GET, HEAD")).map(Err))
        .unify();

    let all = warp::path!("conversations");
    let start = all.and(sends(app)).then(start);
    let start = start.or(all.and(only("POST")).map(Err)).unify();

    let one = warp::path!("conversations" / ConversationId);
    let send = one.and(sends(app)).then(send);
    let other = one
        .and(only("GET, HEAD, POST"))
        .map(|_, refusal| Err(refusal));
    let show = one.and(looks(app)).then(show);
    let one = show.or(send).unify().or(other).unify();

    let follow = warp::path!("conversations" / ConversationId / "follow");
    let other = follow.and(only("GET, HEAD")).map(|_, refusal| Err(refusal));
    let follow = follow.and(looks(app)).then(self::follow);
    let follow = follow.or(other).unify();

    one.or(list)
        .unify()
        .or(start)
        .unify()
        .or(follow)
        .unify()
        .boxed()
}

async fn list(visit: Visit) -> Answer {
    let visitor = Visitor::of(&visit).await?;
    let before = visit.query.id("before", "Conversation")?;
    let page = list_page(&visit, &visitor, before, Draft::default()).await?;
    Ok(page.into_response())
}

#[derive(Deserialize)]
struct Somebody {
    username: Option<String>,
}

async fn start(visit: Visit, body: Body) -> Answer {
    let (visitor, Somebody { username }) = submitted(&visit, body).await?;
    let username = username.unwrap_or_default();
    let store = &visit.app.store;
    match store.start_direct(visitor.id(), username.clone()).await {
        Ok(Started::Created(created)) => see_other(&path(created.0.id)),
        Ok(Started::Existing(id)) => see_other(&path(id)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let draft = Draft::refused(&username, &refusal);
            let page = list_page(&visit, &visitor, None, draft).await?;
            Ok(refusal.answer(page))
        }
    }
}

/// A conversation's page, where one writes.
pub fn path(id: ConversationId) -> String {
    format!("{}#end", View::Newest.path(id))
}

async fn list_page<'a>(
    visit: &Visit,
    visitor: &'a Visitor,
    before: Option<ConversationId>,
    draft: Draft<'_>,
) -> Answer<Page<'a>> {
    let caller = visitor.id();
    let conversations = visit.app.store.conversations(caller, before).await?;
    let is_full = conversations.len() >= CONVERSATIONS_PAGE as usize;
    let last = conversations.last().filter(|_| is_full);
    let title = "Conversations";
    let main = html! {
        h1 { (title) }
        (visitor.form("/plain/conversations", html! {
            (draft.name_field("username", "Start a conversation with", "off"))
            " " input type="submit" value="Start";
        }))
        @if conversations.is_empty() && before.is_none() {
            p { "No conversations yet. Start one by somebody’s name, or join a room." }
        }
        @if !conversations.is_empty() {
            ul .conversations {
                @for (conversation, member) in &conversations {
                    li { (row(&conversation.view(member))) }
                }
            }
        }
        @if before.is_some() { p { a href="/plain" { "Newest conversations" } } }
        @if let Some((conversation, _)) = last {
            p { a href={ "/plain?before=" (conversation.id.to_string()) } { "Older conversations" } }
        }
    };
    Ok(Page::of(visitor, title, main))
}

fn row(conversation: &ConversationView<'_>) -> Markup {
    let newest = conversation.last_message.as_ref();
    html! {
        a href=(path(conversation.id)) { bdi { (title_of(conversation)) } }
        @if conversation.has_unread_messages {
            " " strong .unread { (conversation.unread_count) " unread" }
        }
        @if let Some(newest) = newest {
            " " (time(newest.created_at))
            div .excerpt { (newest_words(conversation, newest)) }
        }
    }
}

/// Who said what last.
fn newest_words(conversation: &ConversationView<'_>, newest: &MessageView<'_>) -> Markup {
    let is_room = conversation.kind == ConversationKind::Room;
    html! {
        @if newest.mine {
            "You: "
        } @else if let Some(author) = newest.author.filter(|_| is_room) {
            bdi { (author.username) } ": "
        }
        @if newest.deleted_at.is_some() {
            "Message deleted"
        } @else if newest.system.is_some() {
            // It is English, whatever name it begins with.
            bdi dir="ltr" { (excerpt(newest.content)) }
        } @else {
            bdi { (excerpt(newest.content)) }
        }
    }
}

/// The name of a room, or of the other person.
pub fn title_of<'a>(conversation: &ConversationView<'a>) -> &'a str {
    let other = conversation.other_participant;
    conversation
        .name
        .or(other.map(|other| other.username.as_str()))
        .unwrap_or_default()
}

async fn show(id: ConversationId, visit: Visit) -> Answer {
    let visitor = Visitor::of(&visit).await?;
    let view = View::of(&visit.query)?;
    let page = conversation_page(&visit, &visitor, id, view, Draft::default()).await?;
    Ok(page.into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Writing {
    content: Option<String>,
    client_id: Option<String>,
}

async fn send(id: ConversationId, visit: Visit, body: Body) -> Answer {
    let (visitor, Writing { content, client_id }) = submitted(&visit, body).await?;
    let content = typed(content);
    match send_message(&visit, &visitor, id, &content, client_id).await {
        Ok(()) => see_other(&path(id)),
        Err(error) => {
            // Somebody goes back to a page from which they sent something, and writes something else.
            let is_used = matches!(error, Error::ClientIdReused);
            let refusal = ErrorResponse::from(error);
            let problem = if is_used {
                "Something else was sent from that page already. Send again to send this, too"
            } else {
                refusal.message()
            };
            let draft = Draft {
                text: &content,
                problem: Some(problem),
            };
            let page = conversation_page(&visit, &visitor, id, View::Newest, draft).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn send_message(
    visit: &Visit,
    visitor: &Visitor,
    conversation_id: ConversationId,
    content: &str,
    client_id: Option<String>,
) -> Result<()> {
    let content = Some(content.to_owned());
    let message = messages::Draft { content, client_id };
    let message = message.to(conversation_id, visitor.user().clone())?;
    visit.app.store.send(message).await.map(drop)
}

/// What a page shows of a conversation.
struct Shown {
    conversation: Conversation,
    /// Their place in it before they saw this.
    member: Member,
    /// The oldest first, or those with the most reactions.
    messages: Vec<Message>,
    has_older: bool,
}

impl Shown {
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

    /// Reads it, and marks as read what is seen.
    async fn load(
        visit: &Visit,
        visitor: &Visitor,
        id: ConversationId,
        view: View,
    ) -> Result<Self> {
        let (store, caller) = (&visit.app.store, visitor.id());
        let (conversation, member) = store.conversation(caller, id).await?;
        let before = match view {
            View::Top => {
                let mut messages = store.top(caller, id, PAGE).await?;
                messages.retain(|message| !message.reactions.is_empty());
                return Ok(Self {
                    conversation,
                    member,
                    messages,
                    has_older: false,
                });
            }
            View::Newest => None,
            View::Before(message) => Some(message),
        };
        let part = Part {
            before,
            after: None,
            limit: PAGE + 1,
        };
        let mut messages = store.history(caller, id, part).await?;
        let has_older = messages.len() > PAGE as usize;
        messages.truncate(PAGE as usize);
        messages.reverse();
        let newest = messages.last().map_or(0, |message| message.number);
        if newest > member.last_read_number {
            // A full disk keeps nobody from reading.
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
    visit: &Visit,
    visitor: &'a Visitor,
    id: ConversationId,
    view: View,
    draft: Draft<'_>,
) -> Answer<Page<'a>> {
    let shown = Shown::load(visit, visitor, id, view).await?;
    let Shown {
        conversation,
        member,
        messages,
        has_older,
    } = &shown;
    let conversation = conversation.view(member);
    let title = title_of(&conversation);
    let listing = Listing {
        member,
        view,
        first_unread: shown.first_unread(),
        tools: Some(visitor),
    };
    // So that sending it again can't double it.
    let client_id = new_token()?;
    let main = html! {
        h1 { bdi { (title) } }
        (links(&conversation, view))
        @match view {
            View::Top => {
                h2 { "Messages with the most reactions" }
                @if messages.is_empty() {
                    p { "Nobody has reacted to a message here yet." }
                } @else {
                    (listing.ranked(messages))
                }
            }
            View::Newest | View::Before(_) => {
                @if let Some(oldest) = messages.first().filter(|_| *has_older) {
                    p .older { a href=(View::Before(oldest.id).path(id)) { "Older messages" } }
                }
                @if messages.is_empty() { p { "No messages yet. Say hello." } }
                (listing.by_day(messages))
            }
        }
        @if let View::Newest = view {
            (visitor.form(path(id), html! {
                (hidden("clientId", &client_id))
                (draft.text_field(html! { "Write to " bdi { (title) } }))
                p #end { input .primary type="submit" value="Send"; }
            }))
        } @else {
            p #end { a href=(path(id)) { "Newest messages" } }
        }
    };
    Ok(Page::of(visitor, title, main))
}

fn links(conversation: &ConversationView<'_>, view: View) -> Markup {
    let id = conversation.id;
    let is_room = conversation.kind == ConversationKind::Room;
    html! {
        nav .links aria-label="This conversation" {
            a href=(follow_path(id)) { "Follow (refreshes every " (REFRESH) " seconds)" } " "
            @if !matches!(view, View::Top) { a href=(View::Top.path(id)) { "Top messages" } " " }
            @if is_room { a href=(people_path(id)) { (count_people(conversation.participant_count)) } }
        }
    }
}

fn follow_path(id: ConversationId) -> String {
    format!("/plain/conversations/{id}/follow")
}

/// The newest first: a browser that loads a page anew stays where it was, and so at its top. (With an
/// address that names a place in the page, it wouldn't load it at all.)
async fn follow(id: ConversationId, visit: Visit) -> Answer {
    let visitor = Visitor::of(&visit).await?;
    let _counted = visit.app.metrics.stream(Transport::FollowPage);
    let view = View::Newest;
    let Shown {
        conversation,
        member,
        mut messages,
        ..
    } = Shown::load(&visit, &visitor, id, view).await?;
    messages.reverse();
    let conversation = conversation.view(&member);
    let title = title_of(&conversation);
    let listing = Listing {
        member: &member,
        view,
        first_unread: None,
        tools: None,
    };
    let main = html! {
        h1 { bdi { (title) } }
        p { "This page refreshes every " (REFRESH) " seconds, and shows the newest first." }
        p .links {
            a href=(path(id)) { "Write" } " "
            a href=(follow_path(id)) { "Refresh now" }
        }
        @if messages.is_empty() { p { "No messages yet." } }
        (listing.by_day(&messages))
    };
    let page = Page::of(&visitor, title, main);
    Ok(page.refreshing_every(REFRESH).into_response())
}
