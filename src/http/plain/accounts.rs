//! Signing in and out. Nobody who signs in has a session yet to which a form's token could be bound,
//! and so there only a page of another origin is refused, as everywhere.

use std::sync::Arc;

use maud::{Markup, html};
use serde::Deserialize;
use warp::{Filter, Reply, filters::BoxedFilter, http::header::SET_COOKIE};

use super::{
    forms::{Draft, Nothing, Visit, looks, sends, submitted},
    page::Page,
};
use crate::http::{
    App, Settings,
    accounts::{self, Credentials, Registration},
    body::Body,
    caller::session_cookie,
    filters::only,
    reply::{Answer, ErrorResponse, see_other},
};

/// Whom development mode starts with.
const PEOPLE: [&str; 2] = ["john", "jane"];

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Answer,)> {
    let sign_in = warp::path!("sign-in");
    let enter = sign_in.and(sends(app)).then(enter);
    let other = sign_in.and(only("GET, HEAD, POST")).map(Err);
    let sign_in = sign_in.and(looks(app)).then(show_door);
    let sign_in = sign_in.or(enter).unify().or(other).unify();

    let sign_out = warp::path!("sign-out");
    let other = sign_out.and(only("POST")).map(Err);
    let sign_out = sign_out.and(sends(app)).then(self::sign_out);
    let sign_out = sign_out.or(other).unify();

    sign_in.or(sign_out).unify().boxed()
}

async fn show_door(visit: Visit) -> Answer {
    let app = &visit.app;
    let signup = accounts::signup(app).await?;
    Ok(door(&app.settings, signup, Draft::default()).into_response())
}

#[derive(Deserialize)]
struct Entry {
    username: Option<String>,
    password: Option<String>,
    /// An invitation or a setup link, whole or what is behind its `#`.
    link: Option<String>,
    /// The button that makes an account.
    create: Option<String>,
}

async fn enter(visit: Visit, body: Body) -> Answer {
    let Visit { app, caller, .. } = visit;
    caller.refuse_cross_origin(&app)?;
    let entry: Entry = body.form(caller.headers()).await?;
    let name = entry.username.clone().unwrap_or_default();
    let signed_in = match entry.create {
        Some(_) => accounts::sign_up(&app, &caller, entry.registration()).await,
        None => accounts::sign_in(&app, &caller, entry.credentials()).await,
    };
    match signed_in {
        Ok(signed_in) => {
            let cookie = session_cookie(&app.settings, &signed_in)?;
            let mut answer = see_other("/plain")?;
            answer.headers_mut().insert(SET_COOKIE, cookie);
            Ok(answer)
        }
        Err(error) => {
            let refusal = ErrorResponse::from(error);
            let signup = accounts::signup(&app).await?;
            let page = door(&app.settings, signup, Draft::refused(&name, &refusal));
            Ok(refusal.answer(page))
        }
    }
}

impl Entry {
    fn credentials(self) -> Credentials {
        Credentials {
            username: self.username,
            password: self.password,
        }
    }

    fn registration(self) -> Registration {
        let link = self.link.unwrap_or_default();
        let (page, token) = link.trim().rsplit_once('#').unwrap_or(("", link.trim()));
        let token = Some(token.to_owned());
        let (invite, setup_token) = if page.ends_with("/setup") {
            (None, token)
        } else {
            (token, None)
        };
        Registration {
            username: self.username,
            password: self.password,
            invite,
            setup_token,
        }
    }
}

fn door(settings: &Settings, signup: &str, draft: Draft<'_>) -> Page<'static> {
    let main = html! {
        h1 { "Tincan" }
        @if settings.dev {
            p { "Development mode: nobody is asked for a password. Who are you?" }
            form method="post" action="/plain/sign-in" {
                p { @for username in PEOPLE { input type="submit" name="username" value=(username); " " } }
            }
            form method="post" action="/plain/sign-in" {
                div { (draft.name_field("username", "Somebody else", "username")) }
                p {
                    input .primary type="submit" value="Sign in"; " "
                    input type="submit" name="create" value="Create account";
                }
            }
        } @else {
            form method="post" action="/plain/sign-in" {
                div { (draft.name_field("username", "Username", "username")) }
                (password("password", "current-password"))
                p { input .primary type="submit" value="Sign in"; }
            }
            @if signup != "closed" { (new_account(signup)) }
        }
        p { "These pages need no scripts. With them, there is " a href="/" { "a livelier one" } "." }
    };
    Page::for_anybody("Sign in", main)
}

fn password(id: &str, autocomplete: &str) -> Markup {
    html! {
        div {
            label for=(id) { "Password" } " "
            input #(id) type="password" name="password" autocomplete=(autocomplete) required;
        }
    }
}

fn new_account(signup: &str) -> Markup {
    let label = match signup {
        "setup" => Some("The setup link, which the server has printed where it was started"),
        "invite" => Some("Your invitation link"),
        _ => None,
    };
    html! {
        h2 { "New here?" }
        form method="post" action="/plain/sign-in" {
            @if let Some(label) = label {
                div {
                    label for="link" { (label) } " "
                    input #link name="link" required autocomplete="off" spellcheck="false";
                }
            }
            div {
                label for="new-username" { "Username" } " "
                input #new-username name="username" required autocomplete="username" autocapitalize="none" spellcheck="false";
            }
            (password("new-password", "new-password"))
            p { input type="submit" name="create" value="Create account"; }
        }
    }
}

async fn sign_out(visit: Visit, body: Body) -> Answer {
    let (visitor, Nothing {}) = submitted(&visit, body).await?;
    let answer = see_other("/plain/sign-in")?;
    accounts::sign_out(&visit.app, visitor.session(), answer).await
}
