//! How messages are shown, and the pages to edit, delete and react to one.

use maud::{Markup, html};
use serde::Deserialize;
use warp::Reply;

use super::{
    attachments::attachments,
    formatted::formatted,
    forms::{EmptyForm, Field, PageSession, normalize_line_breaks, read_form},
    page::Page,
    paths,
    text::{day, is_same_day, time, time_of_day},
    words::Language,
};
use crate::{
    error::{Error, Result},
    http::{
        door::query::Query,
        reply::{ErrorResponse, HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    model::{
        ConversationId, EVERYBODY, Emoji, Member, Mention, Message, MessageId, MessageView,
        Permission, Rate, ReplyTo, User, UserId, caption,
    },
};

const FORBIDDEN: Error = Error::Forbidden("the author");
/// The emoji that the page offers.
const COMMON_EMOJI: [&str; 8] = ["👍", "❤️", "😂", "😮", "😢", "🙏", "🎉", "🔥"];

pub fn routes() -> Vec<Route> {
    let (page, form) = (Permission::Page, Permission::Form);
    let (edit, delete, reactions) = (
        "/plain/messages/{id}/edit",
        "/plain/messages/{id}/delete",
        "/plain/messages/{id}/reactions",
    );
    vec![
        Route::get(edit, page, get_edit),
        Route::post(edit, form, post_edit).rate(Rate::Change),
        Route::get(delete, page, get_delete),
        Route::post(delete, form, post_delete).rate(Rate::Delete),
        Route::get(reactions, page, get_reactions),
        Route::post(reactions, form, post_reaction).rate(Rate::Change),
    ]
}

/// Which of a conversation’s messages a page shows.
#[derive(Clone, Copy)]
pub enum View {
    Newest,
    Before(MessageId),
    Around(MessageId),
    Top,
}

impl View {
    pub fn of(query: &Query) -> HandlerResult<Self> {
        if query.get("order") == Some("top") {
            return Ok(Self::Top);
        }
        if let Some(around) = query.id("around", "message")? {
            return Ok(Self::Around(around));
        }
        let before = query.id("before", "message")?;
        Ok(before.map_or(Self::Newest, Self::Before))
    }

    /// The query of the view’s address.
    fn query(self) -> String {
        match self {
            Self::Newest => String::new(),
            Self::Before(id) => format!("?before={id}"),
            Self::Around(id) => format!("?around={id}"),
            Self::Top => "?order=top".to_owned(),
        }
    }

    pub fn path(self, id: ConversationId) -> String {
        format!("{}{}", paths::conversation(id), self.query())
    }

    /// The address of a message within this view.
    pub fn path_to(self, message: &Message) -> String {
        format!("{}#m{}", self.path(message.conversation_id), message.id)
    }

    pub fn action(self, id: MessageId, what: &str) -> String {
        format!("/plain/messages/{id}/{what}{}", self.query())
    }
}

/// How the messages of a page are shown to a member of the conversation.
pub struct Listing<'a> {
    pub words: &'static Language,
    pub member: &'a Member,
    pub view: View,
    /// The first unread message, if the page marks it.
    pub first_unread: Option<MessageId>,
    /// The session for links and forms to change messages. None if the page has none of these.
    pub tools: Option<&'a PageSession>,
}

impl Listing<'_> {
    /// The messages with a heading for each day.
    pub fn by_day(&self, messages: &[Message]) -> Markup {
        html! {
            @for messages in messages.chunk_by(|one, next| is_same_day(one.created_at, next.created_at)) {
                @if let Some(first) = messages.first() { h2 { (day(self.words, first.created_at)) } }
                ul .messages {
                    @for message in messages {
                        @if self.first_unread == Some(message.id) { li .unread { (self.words.text("message.new")) } }
                        (self.item(message, time_of_day(self.words, message.created_at)))
                    }
                }
            }
        }
    }

    /// The messages as a numbered list, in the given order.
    pub fn ranked(&self, messages: &[Message]) -> Markup {
        html! {
            ol .messages {
                @for message in messages { (self.item(message, time(self.words, message.created_at))) }
            }
        }
    }

    fn item(&self, message: &Message, time: Markup) -> Markup {
        let words = self.words;
        let view = message.view_for(self.member);
        let is_gone = view.deleted_at.is_some();
        let id = format!("m{}", message.id);
        html! {
            @if view.system.is_some() {
                li .system #(id) { (words.system_message(&view)) " " (time) }
            } @else {
                li .mine[view.mine] #(id) {
                    div .byline {
                        b { (author(words, &view)) } " " (time)
                        @if view.edited_at.is_some() && !is_gone { " " small { (words.text("message.edited")) } }
                        @if self.tools.is_some() && !is_gone { (self.tools(message)) }
                    }
                    @if is_gone {
                        div .text.gone { (words.text("message.deleted")) }
                    } @else {
                        (self.answered(&view))
                        @if !view.content.is_empty() {
                            div .text dir="auto" { (text(words, view.content, view.mentions)) }
                        }
                        (attachments(message))
                        (self.reactions(&view))
                    }
                }
            }
        }
    }

    /// What the message answers, with a link to it.
    fn answered(&self, message: &MessageView<'_>) -> Markup {
        html! {
            @if let Some(original) = message.reply_to {
                a .quote href=(paths::message(message.conversation_id, original.id)) {
                    (reply_to(self.words, original, self.member.user))
                }
            }
        }
    }

    fn tools(&self, message: &Message) -> Markup {
        let link = |what, text| {
            html! { " " a href=(self.view.action(message.id, what)) { (self.words.text(text)) } }
        };
        html! {
            span .tools {
                " " a href=(paths::reply(message.conversation_id, message.id)) { (self.words.text("message.reply")) }
                (link("reactions", "message.react"))
                (link("keep", "message.keep"))
                @if message.is_by(self.member.user) { (link("edit", "message.edit")) }
                @if message.may_be_deleted_by(self.member) { (link("delete", "message.delete")) }
                @if !message.is_by(self.member.user) { (link("report", "message.report")) }
            }
        }
    }

    /// A button for each reaction, which adds or removes the reader’s own.
    fn reactions(&self, message: &MessageView<'_>) -> Markup {
        let chips = message.reactions.iter().map(|reaction| {
            let label = format!("{} {}", reaction.emoji, reaction.count);
            (label, reaction.mine)
        });
        html! {
            @if !message.reactions.all.is_empty() {
                div .reactions {
                    @if let Some(session) = self.tools {
                        (session.form(self.view.action(message.id, "reactions"), html! {
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

/// Who wrote a message that is answered, and how it begins.
pub fn reply_to(words: &'static Language, original: &ReplyTo, reader: UserId) -> Markup {
    html! {
        @if let Some(author) = &original.author {
            b {
                @if author.id == reader { (words.text("message.you")) }
                @else { bdi { (words.name_of(author)) } }
            }
            " "
        }
        @if original.deleted_at.is_some() { (words.text("message.deleted")) }
        @else if original.excerpt.is_empty() { (words.text("message.file")) }
        @else { bdi { (original.excerpt) } }
    }
}

/// The text of a message, with the names that those who are mentioned have now.
pub fn text(words: &'static Language, content: &str, mentions: &[Mention]) -> Markup {
    let places: Vec<_> = mentions
        .iter()
        .map(|mention| mention.start..mention.end)
        .collect();
    formatted(content, &places, &|index| {
        let user = mentions
            .get(index)
            .and_then(|mention| mention.user.as_ref());
        let name = user.map_or(EVERYBODY, |user| words.name_of(user));
        html! { b { "@" bdi { (name) } } }
    })
}

pub fn author(words: &'static Language, message: &MessageView<'_>) -> Markup {
    html! {
        @if message.mine { (words.text("message.you")) }
        @else if let Some(author) = message.author { (marked_name(words, author)) }
    }
}

/// A name, marked if it is a bot’s.
pub fn marked_name(words: &'static Language, user: &User) -> Markup {
    html! {
        bdi { (words.name_of(user)) }
        @if user.bot.is_some() { " " span .tag { (words.text("people.bot")) } }
    }
}

/// The value begins with the emoji, because browsers in a terminal show only a button’s value.
fn reaction_button(label: &str, own: bool) -> Markup {
    let (name, mark) = if own { ("remove", " ✓") } else { ("add", "") };
    html! { input .own[own] type="submit" name=(name) value={ (label) (mark) }; }
}

/// A message, if the session’s user is its author.
async fn own_message(
    request: &Request,
    session: &PageSession,
    id: MessageId,
) -> HandlerResult<Message> {
    let message = request.app.store.message(session.id(), id).await?;
    if message.is_by(session.id()) {
        Ok(message)
    } else {
        Err(FORBIDDEN.into())
    }
}

async fn get_edit(request: Request, id: MessageId) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let view = View::of(&request.query)?;
    let message = own_message(&request, &session, id).await?;
    let page = edit_page(&session, &message, view, Field::new(&message.content));
    Ok(page.into_response())
}

#[derive(Deserialize)]
struct EditForm {
    content: Option<String>,
}

async fn post_edit(mut request: Request, id: MessageId) -> HandlerResult {
    let (session, EditForm { content }) = read_form(&mut request).await?;
    let view = View::of(&request.query)?;
    let content = normalize_line_breaks(content);
    match edit(&request, &session, id, &content).await {
        Ok(message) => see_other(&view.path_to(&message)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let message = own_message(&request, &session, id).await?;
            let field = Field::refused(&content, session.words.reason(&refusal));
            Ok(refusal.answer(edit_page(&session, &message, view, field)))
        }
    }
}

async fn edit(
    request: &Request,
    session: &PageSession,
    id: MessageId,
    content: &str,
) -> Result<Message> {
    let content = caption(content)?.to_owned();
    request
        .app
        .store
        .edit_message(session.id(), id, content)
        .await
}

fn edit_page<'a>(
    session: &'a PageSession,
    message: &Message,
    view: View,
    field: Field<'_>,
) -> Page<'a> {
    let words = session.words;
    let title = words.text("message.edit_title");
    let fields = html! {
        (field.text_field(html! { (words.text("message.text")) }, message.attachments.is_empty()))
        p { input .primary type="submit" value=(words.text("page.save")); " " (back(message, view, words.text("page.cancel"))) }
    };
    let main = html! {
        h1 { (title) }
        (session.form(view.action(message.id, "edit"), fields))
    };
    Page::of(session, title, main)
}

async fn get_delete(request: Request, id: MessageId) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let view = View::of(&request.query)?;
    let message = request.app.store.message(session.id(), id).await?;
    let place = message.conversation_id;
    let (_, member) = request.app.store.conversation(session.id(), place).await?;
    if !message.may_be_deleted_by(&member) {
        return Err(FORBIDDEN.into());
    }
    let words = session.words;
    let title = words.text("message.delete_title");
    let fields = html! {
        p { input .danger type="submit" value=(words.text("message.delete")); " " (back(&message, view, words.text("page.cancel"))) }
    };
    let main = html! {
        h1 { (title) }
        (quote(&message, &session))
        p { (words.text("message.delete_note")) }
        (session.form(view.action(id, "delete"), fields))
    };
    Ok(Page::of(&session, title, main).into_response())
}

async fn post_delete(mut request: Request, id: MessageId) -> HandlerResult {
    let (session, EmptyForm {}) = read_form(&mut request).await?;
    let view = View::of(&request.query)?;
    let message = request.app.store.message(session.id(), id).await?;
    request.app.store.delete_message(session.id(), id).await?;
    see_other(&view.path_to(&message))
}

async fn get_reactions(request: Request, id: MessageId) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let page = reaction_page(&request, &session, id, None).await?;
    Ok(page.into_response())
}

#[derive(Deserialize)]
struct ReactionForm {
    add: Option<String>,
    remove: Option<String>,
}

async fn post_reaction(mut request: Request, id: MessageId) -> HandlerResult {
    let (session, form) = read_form(&mut request).await?;
    match react(&request, &session, id, form).await {
        Ok(message) => see_other(&View::of(&request.query)?.path_to(&message)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let page =
                reaction_page(&request, &session, id, Some(session.words.reason(&refusal))).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn react(
    request: &Request,
    session: &PageSession,
    id: MessageId,
    form: ReactionForm,
) -> Result<Message> {
    let ReactionForm { add, remove } = form;
    let (store, caller) = (&request.app.store, session.id());
    match remove {
        Some(label) => store.delete_reaction(caller, id, emoji_of(&label)?).await,
        None => {
            store
                .add_reaction(caller, id, emoji_of(&add.unwrap_or_default())?)
                .await
        }
    }
}

/// The emoji at the start of a button’s value.
fn emoji_of(label: &str) -> Result<Emoji> {
    Emoji::new(label.split(' ').next().unwrap_or_default())
}

async fn reaction_page<'a>(
    request: &Request,
    session: &'a PageSession,
    id: MessageId,
    problem: Option<&str>,
) -> HandlerResult<Page<'a>> {
    let view = View::of(&request.query)?;
    let message = request.app.store.message(session.id(), id).await?;
    let is_own = |emoji: &str| {
        let mut reactions = message.view(session.id()).reactions.iter();
        reactions.any(|reaction| reaction.emoji == emoji && reaction.mine)
    };
    let words = session.words;
    let title = words.text("message.react_title");
    let field = Field { text: "", problem };
    let main = html! {
        h1 { (title) }
        (quote(&message, session))
        (field.reason())
        div .reactions.usual {
            (session.form(view.action(id, "reactions"), html! {
                @for emoji in COMMON_EMOJI { (reaction_button(emoji, is_own(emoji))) " " }
            }))
        }
        p { (back(&message, view, words.text("page.back_to_conversation"))) }
    };
    Ok(Page::of(session, title, main))
}

pub fn quote(message: &Message, session: &PageSession) -> Markup {
    html! {
        p .byline {
            b { (author(session.words, &message.view(session.id()))) } " "
            (time(session.words, message.created_at))
        }
        blockquote dir="auto" {
            (text(session.words, &message.content, &message.mentions))
            (attachments(message))
        }
    }
}

pub fn back(message: &Message, view: View, text: &str) -> Markup {
    html! { a href=(view.path_to(message)) { (text) } }
}
