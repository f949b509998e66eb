//! Messages on a page, and the pages on which one is edited, deleted or reacted to.

use std::sync::Arc;

use maud::{Markup, html};
use serde::Deserialize;
use warp::{Filter, Reply, filters::BoxedFilter};

use super::{
    forms::{Draft, Nothing, Visit, Visitor, looks, sends, submitted, typed},
    page::Page,
    text::{day, is_same_day, linked, time, time_of_day},
};
use crate::{
    error::{Error, Result},
    http::{
        App,
        body::Body,
        filters::{Query, only},
        reply::{Answer, ErrorResponse, see_other},
    },
    model::{ConversationId, Emoji, Member, Message, MessageId, MessageView, message_content},
};

const NOT_YOURS: Error = Error::NotYours("the author");
/// What people react with most.
const USUAL: [&str; 8] = ["👍", "❤️", "😂", "😮", "😢", "🙏", "🎉", "🔥"];

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Answer,)> {
    let edit = warp::path!("messages" / MessageId / "edit");
    let take_edit = edit.and(sends(app)).then(take_edit);
    let edits = edit.and(looks(app)).then(show_edit).or(take_edit).unify();

    let delete = warp::path!("messages" / MessageId / "delete");
    let take_delete = delete.and(sends(app)).then(take_delete);
    let deletes = delete.and(looks(app)).then(show_delete);
    let deletes = deletes.or(take_delete).unify();

    let reactions = warp::path!("messages" / MessageId / "reactions");
    let take_reaction = reactions.and(sends(app)).then(take_reaction);
    let reacts = reactions.and(looks(app)).then(show_reactions);
    let reacts = reacts.or(take_reaction).unify();

    let other = edit.or(delete).unify().or(reactions).unify();
    let other = other
        .and(only("GET, HEAD, POST"))
        .map(|_, refusal| Err(refusal));
    edits
        .or(deletes)
        .unify()
        .or(reacts)
        .unify()
        .or(other)
        .unify()
        .boxed()
}

/// Which of a conversation's messages a page shows.
#[derive(Clone, Copy)]
pub enum View {
    Newest,
    Before(MessageId),
    Top,
}

impl View {
    pub fn of(query: &Query) -> Answer<Self> {
        if query.get("order") == Some("top") {
            return Ok(Self::Top);
        }
        let before = query.id("before", "Message")?;
        Ok(before.map_or(Self::Newest, Self::Before))
    }

    /// As it stands in an address, behind its path.
    fn query(self) -> String {
        match self {
            Self::Newest => String::new(),
            Self::Before(id) => format!("?before={id}"),
            Self::Top => "?order=top".to_owned(),
        }
    }

    pub fn path(self, id: ConversationId) -> String {
        format!("/plain/conversations/{id}{}", self.query())
    }

    /// Where this view shows the message.
    fn path_to(self, message: &Message) -> String {
        format!("{}#m{}", self.path(message.conversation_id), message.id)
    }

    fn action(self, id: MessageId, what: &str) -> String {
        format!("/plain/messages/{id}/{what}{}", self.query())
    }
}

/// Messages as somebody in their conversation sees them.
pub struct Listing<'a> {
    pub member: &'a Member,
    pub view: View,
    /// Which of them is the first that is new to them, where the page says so.
    pub first_unread: Option<MessageId>,
    /// Whose page it is, where there is something to be done with the messages.
    pub tools: Option<&'a Visitor>,
}

impl Listing<'_> {
    /// With a heading for each day.
    pub fn by_day(&self, messages: &[Message]) -> Markup {
        html! {
            @for messages in messages.chunk_by(|one, next| is_same_day(one.created_at, next.created_at)) {
                @if let Some(first) = messages.first() { h2 { (day(first.created_at)) } }
                ul .messages {
                    @for message in messages {
                        @if self.first_unread == Some(message.id) { li .unread { "New" } }
                        (self.item(message, time_of_day(message.created_at)))
                    }
                }
            }
        }
    }

    /// In their own order.
    pub fn ranked(&self, messages: &[Message]) -> Markup {
        html! {
            ol .messages {
                @for message in messages { (self.item(message, time(message.created_at))) }
            }
        }
    }

    fn item(&self, message: &Message, time: Markup) -> Markup {
        let view = message.view(self.member.user);
        let is_gone = view.deleted_at.is_some();
        let id = format!("m{}", message.id);
        html! {
            @if view.system.is_some() {
                li .system #(id) { bdi dir="ltr" { (view.content) } " " (time) }
            } @else {
                li .mine[view.mine] #(id) {
                    div .byline {
                        b { (author(&view)) } " " (time)
                        @if view.edited_at.is_some() && !is_gone { " " small { "edited" } }
                        @if self.tools.is_some() && !is_gone { (self.tools(message)) }
                    }
                    @if is_gone {
                        div .text.gone { "Message deleted" }
                    } @else {
                        div .text dir="auto" { (linked(view.content)) }
                        (self.reactions(&view))
                    }
                }
            }
        }
    }

    fn tools(&self, message: &Message) -> Markup {
        let link = |what, text: &str| {
            html! { " " a href=(self.view.action(message.id, what)) { (text) } }
        };
        html! {
            span .tools {
                (link("reactions", "React"))
                @if message.is_by(self.member.user) { (link("edit", "Edit")) }
                @if message.may_be_deleted_by(self.member) { (link("delete", "Delete")) }
            }
        }
    }

    /// Each as a button that adds the reader's own, or takes it back.
    fn reactions(&self, message: &MessageView<'_>) -> Markup {
        let chips = message.reactions.iter().map(|reaction| {
            let label = format!("{} {}", reaction.emoji, reaction.users.len());
            (label, reaction.users.contains(&self.member.user))
        });
        html! {
            @if !message.reactions.is_empty() {
                div .reactions {
                    @if let Some(visitor) = self.tools {
                        (visitor.form(self.view.action(message.id, "reactions"), html! {
                            @for (label, own) in chips { (reaction_button(&label, own)) " " }
                        }))
                    } @else {
                        @for (label, _) in chips { (label) " " }
                    }
                }
            }
        }
    }
}

fn author(message: &MessageView<'_>) -> Markup {
    html! {
        @if message.mine { "You" }
        @else if let Some(author) = message.author { bdi { (author.username) } }
    }
}

/// A browser in a terminal shows a button's value and nothing else, and so that begins with the
/// emoji.
fn reaction_button(label: &str, own: bool) -> Markup {
    let (name, mark) = if own { ("remove", " ✓") } else { ("add", "") };
    html! { input .own[own] type="submit" name=(name) value={ (label) (mark) }; }
}

/// The visitor's own message.
async fn own_message(visit: &Visit, visitor: &Visitor, id: MessageId) -> Answer<Message> {
    let message = visit.app.store.message(visitor.id(), id).await?;
    if message.is_by(visitor.id()) {
        Ok(message)
    } else {
        Err(NOT_YOURS.into())
    }
}

async fn show_edit(id: MessageId, visit: Visit) -> Answer {
    let visitor = Visitor::of(&visit).await?;
    let view = View::of(&visit.query)?;
    let message = own_message(&visit, &visitor, id).await?;
    let page = edit_page(&visitor, &message, view, Draft::new(&message.content));
    Ok(page.into_response())
}

#[derive(Deserialize)]
struct NewContent {
    content: Option<String>,
}

async fn take_edit(id: MessageId, visit: Visit, body: Body) -> Answer {
    let (visitor, NewContent { content }) = submitted(&visit, body).await?;
    let view = View::of(&visit.query)?;
    let content = typed(content);
    match edit(&visit, &visitor, id, &content).await {
        Ok(message) => see_other(&view.path_to(&message)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let message = own_message(&visit, &visitor, id).await?;
            let draft = Draft::refused(&content, &refusal);
            Ok(refusal.answer(edit_page(&visitor, &message, view, draft)))
        }
    }
}

async fn edit(visit: &Visit, visitor: &Visitor, id: MessageId, content: &str) -> Result<Message> {
    let content = message_content(content)?.to_owned();
    visit.app.store.edit(visitor.id(), id, content).await
}

fn edit_page<'a>(
    visitor: &'a Visitor,
    message: &Message,
    view: View,
    draft: Draft<'_>,
) -> Page<'a> {
    let title = "Edit your message";
    let fields = html! {
        (draft.text_field(html! { "Message" }))
        p { input .primary type="submit" value="Save"; " " (back(message, view, "Leave it as it is")) }
    };
    let main = html! {
        h1 { (title) }
        (visitor.form(view.action(message.id, "edit"), fields))
    };
    Page::of(visitor, title, main)
}

async fn show_delete(id: MessageId, visit: Visit) -> Answer {
    let visitor = Visitor::of(&visit).await?;
    let view = View::of(&visit.query)?;
    let message = visit.app.store.message(visitor.id(), id).await?;
    let place = message.conversation_id;
    let (_, member) = visit.app.store.conversation(visitor.id(), place).await?;
    if !message.may_be_deleted_by(&member) {
        return Err(NOT_YOURS.into());
    }
    let title = "Delete this message?";
    let fields = html! {
        p { input .danger type="submit" value="Delete"; " " (back(&message, view, "Keep it")) }
    };
    let main = html! {
        h1 { (title) }
        (quote(&message, &visitor))
        p { "Its text and its reactions will be gone for everybody." }
        (visitor.form(view.action(id, "delete"), fields))
    };
    Ok(Page::of(&visitor, title, main).into_response())
}

async fn take_delete(id: MessageId, visit: Visit, body: Body) -> Answer {
    let (visitor, Nothing {}) = submitted(&visit, body).await?;
    let view = View::of(&visit.query)?;
    let message = visit.app.store.message(visitor.id(), id).await?;
    visit.app.store.delete(visitor.id(), id).await?;
    see_other(&view.path_to(&message))
}

async fn show_reactions(id: MessageId, visit: Visit) -> Answer {
    let visitor = Visitor::of(&visit).await?;
    let page = reaction_page(&visit, &visitor, id, None).await?;
    Ok(page.into_response())
}

#[derive(Deserialize)]
struct Change {
    add: Option<String>,
    remove: Option<String>,
}

async fn take_reaction(id: MessageId, visit: Visit, body: Body) -> Answer {
    let (visitor, change) = submitted(&visit, body).await?;
    match react(&visit, &visitor, id, change).await {
        Ok(message) => see_other(&View::of(&visit.query)?.path_to(&message)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let page = reaction_page(&visit, &visitor, id, Some(refusal.message())).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn react(visit: &Visit, visitor: &Visitor, id: MessageId, change: Change) -> Result<Message> {
    let Change { add, remove } = change;
    let (store, caller) = (&visit.app.store, visitor.id());
    match remove {
        Some(label) => store.unreact(caller, id, emoji_of(&label)?).await,
        None => {
            store
                .react(caller, id, emoji_of(&add.unwrap_or_default())?)
                .await
        }
    }
}

/// The emoji that a button's label begins with.
fn emoji_of(label: &str) -> Result<Emoji> {
    Emoji::new(label.split(' ').next().unwrap_or_default())
}

async fn reaction_page<'a>(
    visit: &Visit,
    visitor: &'a Visitor,
    id: MessageId,
    problem: Option<&str>,
) -> Answer<Page<'a>> {
    let view = View::of(&visit.query)?;
    let message = visit.app.store.message(visitor.id(), id).await?;
    let is_own = |emoji: &str| {
        let mut reactions = message.reactions.iter();
        reactions.any(|reaction| reaction.emoji == emoji && reaction.users.contains(&visitor.id()))
    };
    let title = "React to this message";
    let draft = Draft { text: "", problem };
    let main = html! {
        h1 { (title) }
        (quote(&message, visitor))
        (draft.reason())
        div .reactions.usual {
            (visitor.form(view.action(id, "reactions"), html! {
                @for emoji in USUAL { (reaction_button(emoji, is_own(emoji))) " " }
            }))
        }
        p { (back(&message, view, "Back to the conversation")) }
    };
    Ok(Page::of(visitor, title, main))
}

fn quote(message: &Message, visitor: &Visitor) -> Markup {
    html! {
        p .byline { b { (author(&message.view(visitor.id()))) } " " (time(message.created_at)) }
        blockquote dir="auto" { (linked(&message.content)) }
    }
}

fn back(message: &Message, view: View, text: &str) -> Markup {
    html! { a href=(view.path_to(message)) { (text) } }
}
