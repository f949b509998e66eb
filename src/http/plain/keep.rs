//! What people keep: the pages to pin and save a message, and what is pinned and saved.

use maud::{Markup, html};
use serde::Deserialize;
use warp::Reply;

use super::{
    attachments::attachments,
    forms::{Field, PageSession, read_form},
    messages::{View, author, back, quote, text},
    page::Page,
    text::{excerpt, time},
    words::Language,
};
use crate::{
    error::Result,
    http::{
        reply::{ErrorResponse, HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    model::{EventId, Message, MessageId, Permission, UserId},
    store::SAVED_PAGE,
};

pub fn routes() -> Vec<Route> {
    let (page, form) = (Permission::Page, Permission::Form);
    let keep = "/plain/messages/{id}/keep";
    vec![
        Route::get(keep, page, get_keep),
        Route::post(keep, form, post_keep),
        Route::get("/plain/saved", page, get_saved),
    ]
}

async fn get_keep(request: Request, id: MessageId) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let page = keep_page(&request, &session, id, None).await?;
    Ok(page.into_response())
}

/// The button that was pressed.
#[derive(Deserialize)]
struct KeepForm {
    pin: Option<String>,
    unpin: Option<String>,
    save: Option<String>,
    unsave: Option<String>,
}

async fn post_keep(mut request: Request, id: MessageId) -> HandlerResult {
    let (session, form) = read_form(&mut request).await?;
    let view = View::of(&request.query)?;
    match keep(&request, &session, id, form).await {
        Ok(message) => see_other(&view.path_to(&message)),
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let reason = session.words.reason(&refusal);
            let page = keep_page(&request, &session, id, Some(reason)).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn keep(
    request: &Request,
    session: &PageSession,
    id: MessageId,
    form: KeepForm,
) -> Result<Message> {
    let (store, caller) = (&request.app.store, session.id());
    if form.pin.is_some() {
        store.pin(caller, id).await?;
    } else if form.unpin.is_some() {
        store.unpin(caller, id).await?;
    } else if form.save.is_some() {
        store.save(caller, id).await?;
    } else if form.unsave.is_some() {
        store.unsave(caller, id).await?;
    }
    store.message(caller, id).await
}

async fn keep_page<'a>(
    request: &Request,
    session: &'a PageSession,
    id: MessageId,
    problem: Option<&str>,
) -> HandlerResult<Page<'a>> {
    let view = View::of(&request.query)?;
    let (store, caller) = (&request.app.store, session.id());
    let message = store.message(caller, id).await?;
    let is_saved = store.is_saved(caller, id).await?;
    let words = session.words;
    let title = words.text("message.keep_title");
    let field = Field { text: "", problem };
    let button = |name: &str, label: &str| {
        html! { input type="submit" name=(name) value=(words.text(label)); }
    };
    let main = html! {
        h1 { (title) }
        (quote(&message, session))
        (field.reason())
        (session.form(view.action(id, "keep"), html! {
            p {
                @if message.pinned_at.is_some() { (button("unpin", "message.unpin")) }
                @else { (button("pin", "message.pin")) }
                " "
                @if is_saved { (button("unsave", "message.unsave")) }
                @else { (button("save", "message.save")) }
            }
        }))
        p { (back(&message, view, words.text("page.back_to_conversation"))) }
    };
    Ok(Page::of(session, title, main))
}

/// What is pinned in a conversation, with links to where it was said.
pub fn pinned(words: &'static Language, messages: &[Message], reader: UserId) -> Markup {
    html! {
        @if !messages.is_empty() {
            section .pinned aria-label=(words.text("message.pinned")) {
                p { b { (words.text("message.pinned")) } }
                ul {
                    @for message in messages {
                        li {
                            b { (author(words, &message.view(reader))) } " "
                            a href=(path_around(message)) dir="auto" { (summary(message)) }
                        }
                    }
                }
            }
        }
    }
}

/// In one line. What consists of files alone is called by the name of the first.
fn summary(message: &Message) -> String {
    match message.attachments.first() {
        Some(file) if message.content.is_empty() => file.name.clone(),
        _ => excerpt(&message.content),
    }
}

/// The address of a message, with those before it.
fn path_around(message: &Message) -> String {
    View::Before(EventId(message.id.0 + 1)).path_to(message)
}

async fn get_saved(request: Request) -> HandlerResult {
    let session = PageSession::of(&request)?;
    let before = request.query.id("before", "message")?;
    let saved = request.app.store.saved(session.id(), before).await?;
    let is_full = saved.len() >= SAVED_PAGE as usize;
    let last = saved.last().filter(|_| is_full);
    let words = session.words;
    let title = words.text("message.saved_title");
    let main = html! {
        h1 { (title) }
        @if saved.is_empty() { p { (words.text("message.none_saved")) } }
        ul .messages {
            @for saved in &saved { (saved_item(&saved.message, &session)) }
        }
        @if let Some(last) = last {
            p { a href={ "/plain/saved?before=" (last.message.id.to_string()) } { (words.text("conversation.older")) } }
        }
    };
    Ok(Page::of(&session, title, main).into_response())
}

fn saved_item(message: &Message, session: &PageSession) -> Markup {
    let words = session.words;
    let view = message.view(session.id());
    html! {
        li {
            div .byline {
                b { (author(words, &view)) } " " (time(words, message.created_at))
                span .tools {
                    " " a href=(path_around(message)) { (words.text("message.go_to")) }
                    " " a href=(View::Newest.action(message.id, "keep")) { (words.text("message.keep")) }
                }
            }
            @if !view.content.is_empty() { div .text dir="auto" { (text(words, view.content, view.mentions)) } }
            (attachments(message))
        }
    }
}
