//! Signing in and out. Nobody who signs in has a session yet to which a form's token could be bound,
//! and so there only a page of another origin is refused, as everywhere.

use std::sync::Arc;

use maud::html;
use serde::Deserialize;
use warp::{Filter, Reply, filters::BoxedFilter, http::header::SET_COOKIE};

use super::{
    forms::{Draft, Nothing, Visit, looks, sends, submitted},
    page::Page,
};
use crate::http::{
    App, Settings, accounts,
    asker::session_cookie,
    body::Body,
    filters::only,
    reply::{Answer, Failure, see_other},
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
    Ok(door(&visit.app.settings, Draft::default()).into_response())
}

#[derive(Deserialize)]
struct Entry {
    username: Option<String>,
    /// The button that makes an account.
    create: Option<String>,
}

async fn enter(visit: Visit, body: Body) -> Answer {
    let Visit { app, asker, .. } = visit;
    asker.refuse_cross_origin(&app)?;
    let Entry { username, create } = body.form(asker.headers()).await?;
    let name = username.clone().unwrap_or_default();
    let signed_in = match create {
        Some(_) => accounts::sign_up(&app, &asker, username).await,
        None => accounts::sign_in(&app, &asker, username).await,
    };
    match signed_in {
        Ok(signed_in) => {
            let cookie = session_cookie(&app.settings, &signed_in)?;
            let mut answer = see_other("/plain")?;
            answer.headers_mut().insert(SET_COOKIE, cookie);
            Ok(answer)
        }
        Err(error) => {
            let refusal = Failure::from(error);
            let page = door(&app.settings, Draft::refused(&name, &refusal));
            Ok(refusal.answer(page))
        }
    }
}

fn door(settings: &Settings, draft: Draft<'_>) -> Page<'static> {
    let label = if settings.dev {
        "Somebody else"
    } else {
        "Username"
    };
    let main = html! {
        h1 { "Tincan" }
        @if settings.dev {
            p { "Development mode: nobody is asked for a password. Who are you?" }
            form method="post" action="/plain/sign-in" {
                p { @for username in PEOPLE { input type="submit" name="username" value=(username); " " } }
            }
        }
        form method="post" action="/plain/sign-in" {
            div { (draft.name_field("username", label, "username")) }
            @if !settings.dev {
                div {
                    label for="password" { "Password" } " "
                    input #password type="password" name="password" autocomplete="current-password" required;
                }
            }
            p {
                input .primary type="submit" value="Sign in"; " "
                input type="submit" name="create" value="Create account";
            }
        }
        p { "These pages need no scripts. With them, there is " a href="/" { "a livelier one" } "." }
    };
    Page::for_anybody("Sign in", main)
}

async fn sign_out(visit: Visit, body: Body) -> Answer {
    let (visitor, Nothing {}) = submitted(&visit, body).await?;
    let answer = see_other("/plain/sign-in")?;
    accounts::sign_out(&visit.app, visitor.session(), answer).await
}
