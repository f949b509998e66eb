//! Requests to join a room, above the list of conversations.

use maud::{Markup, html};
use serde::Deserialize;

use super::{
    forms::{PageSession, read_form},
    page, paths,
};
use crate::{
    error::Result,
    http::{
        reply::{HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    model::{ConversationId, Permission, RoomRequest},
};

pub fn routes() -> Vec<Route> {
    vec![Route::post(
        "/plain/requests/{id}",
        Permission::Form,
        post_answer,
    )]
}

/// The requests to the session’s user, with what they can answer.
pub async fn requests(request: &Request, session: &PageSession) -> Result<Markup> {
    let requests = request.app.store.room_requests(session.id()).await?;
    Ok(html! {
        @if !requests.is_empty() {
            ul .rooms { @for request in &requests { li { (answers(session, request)) } } }
        }
    })
}

fn answers(session: &PageSession, request: &RoomRequest) -> Markup {
    let words = session.words;
    let values = [
        ("name", html! { bdi { (words.name_of(&request.asked_by)) } }),
        ("room", html! { b { bdi { (request.name) } } }),
    ];
    let room = [("name", request.name.as_str())];
    session.form(
        format!("/plain/requests/{}", request.conversation_id),
        html! {
            (words.markup("requests.ask", &values)) " "
            span { (words.count("people.count", request.participant_count)) } " "
            input type="submit" name="accept" value=(words.text("rooms.join"))
                aria-label=(words.fill("rooms.join_named", &room)); " "
            input type="submit" name="decline" value=(words.text("requests.decline"))
                aria-label=(words.fill("requests.decline_named", &room));
        },
    )
}

#[derive(Deserialize)]
struct AnswerForm {
    accept: Option<String>,
}

async fn post_answer(mut request: Request, id: ConversationId) -> HandlerResult {
    let (session, AnswerForm { accept }) = read_form(&mut request).await?;
    let store = &request.app.store;
    if accept.is_some() {
        store
            .accept_room_request(session.user().clone(), id)
            .await?;
        return see_other(&paths::newest_messages(id));
    }
    store.decline_room_request(session.id(), id).await?;
    see_other(page::FIRST)
}
