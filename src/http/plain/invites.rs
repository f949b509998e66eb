//! The page of invitations, for those who may invite others.

use maud::{Markup, html};
use serde::Deserialize;
use warp::Reply;

use super::{
    forms::{EmptyForm, PageSession, read_form},
    page::Page,
    text::time,
};
use crate::{
    contract::operations::invites::CreateInvite,
    error::{Error, Result},
    http::{
        api::invites::{invite, whose},
        door::authorize::require_inviter,
        reply::{ErrorResponse, HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    model::{Invite, InviteId, Permission, Rate, limits},
};

const PATH: &str = "/plain/invites";

pub fn routes() -> Vec<Route> {
    vec![
        Route::get(PATH, Permission::Page, get_invites),
        Route::post(PATH, Permission::Form, post_invite).rate(Rate::Invite),
        Route::post("/plain/invites/{id}", Permission::Form, post_revoke).rate(Rate::Protect),
    ]
}

async fn get_invites(request: Request) -> HandlerResult {
    let session = PageSession::of(&request)?;
    require_inviter(&request.app, session.id()).await?;
    let page = invites_page(&request, &session, Outcome::None).await?;
    Ok(page.into_response())
}

#[derive(Deserialize)]
struct InviteForm {
    uses: Option<String>,
    days: Option<String>,
}

async fn post_invite(mut request: Request) -> HandlerResult {
    let (session, form) = read_form(&mut request).await?;
    require_inviter(&request.app, session.id()).await?;
    match create(&request, form).await {
        Ok(link) => {
            let page = invites_page(&request, &session, Outcome::Created(&link)).await?;
            Ok(page.into_response())
        }
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let outcome = Outcome::Refused(session.words.reason(&refusal));
            let page = invites_page(&request, &session, outcome).await?;
            Ok(refusal.answer(page))
        }
    }
}

async fn create(request: &Request, InviteForm { uses, days }: InviteForm) -> Result<String> {
    let number = |field, text: Option<String>| match text.as_deref().map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Error::invalid(field, "Enter a number.")),
        },
    };
    let new = CreateInvite {
        uses: number("uses", uses)?,
        days: number("days", days)?,
        rooms: None,
        base: None,
    };
    let (_, link) = invite(request, new).await?;
    Ok(link)
}

async fn post_revoke(mut request: Request, id: InviteId) -> HandlerResult {
    let (session, EmptyForm {}) = read_form(&mut request).await?;
    require_inviter(&request.app, session.id()).await?;
    let whose = whose(&request.app, session.id()).await?;
    let store = &request.app.store;
    store.revoke_invite(id, whose, request.actor()).await?;
    see_other(PATH)
}

/// What came of the form above the list.
enum Outcome<'a> {
    None,
    Created(&'a str),
    Refused(&'a str),
}

async fn invites_page<'a>(
    request: &Request,
    session: &'a PageSession,
    outcome: Outcome<'_>,
) -> HandlerResult<Page<'a>> {
    let whose = whose(&request.app, session.id()).await?;
    let most = whose.map_or(*limits::INVITE_USES.end(), |_| {
        *limits::MEMBER_INVITE_USES.end()
    });
    let invites = request.app.store.invites(whose).await?;
    let words = session.words;
    let title = words.text("invites.title");
    let main = html! {
        h1 { (title) }
        @match outcome {
            Outcome::None => {}
            Outcome::Created(link) => {
                p { (words.text("invites.created")) }
                p { code { (link) } }
            }
            Outcome::Refused(problem) => { p .problem role="alert" { (problem) } }
        }
        (session.form(PATH, html! {
            (number_field("uses", words.text("invites.people"), 1, most))
            (number_field("days", words.text("invites.days"), 7, *limits::INVITE_DAYS.end()))
            p { input type="submit" value=(words.text("invites.create")); }
        }))
        @if invites.is_empty() {
            p { (words.text("invites.none")) }
        } @else {
            ul { @for invite in &invites { li { (row(session, invite)) } } }
        }
    };
    Ok(Page::of(session, title, main))
}

fn number_field(name: &str, label: &str, value: u32, most: u32) -> Markup {
    html! {
        div {
            label for=(name) { (label) } " "
            input #(name) type="number" name=(name) value=(value) min="1" max=(most) required;
        }
    }
}

fn row(session: &PageSession, invite: &Invite) -> Markup {
    let Invite {
        id,
        uses,
        uses_left,
        created_by,
        expires_at,
        rooms,
        ..
    } = invite;
    let words = session.words;
    let (left, uses) = (uses_left.to_string(), uses.to_string());
    let left = words.fill("invites.left", &[("left", &left), ("uses", &uses)]);
    let time = time(words, *expires_at);
    html! {
        (left) " · " (words.markup("invites.expires", &[("time", time)]))
        @if let Some(by) = created_by.as_ref().filter(|by| by.id != session.id()) {
            " · " (words.markup("invites.by", &[("name", html! { bdi { (words.name_of(by)) } })]))
        }
        @for room in rooms { " · " bdi { (room.name) } }
        (session.form(format!("{PATH}/{id}"), html! {
            input .danger type="submit" value=(words.text("invites.revoke"));
        }))
    }
}
