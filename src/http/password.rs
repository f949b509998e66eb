//! Changing one's password, and choosing a new one by a link from an administrator.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use warp::{
    Filter, Reply,
    filters::BoxedFilter,
    http::{StatusCode, header::SET_COOKIE},
    reply::Response,
};

use super::{
    App,
    accounts::{NewToken, is_password, required, welcome},
    body::Body,
    caller::{Caller, Permission, session_cookie},
    filters::{body, caller, only, with},
    reply::{Answer, no_content, ok},
};
use crate::{error::Error, model::username_key, password::NewPassword};

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let change = warp::path!("password")
        .and(warp::put())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(change);
    let change = change.or(warp::path!("password").and(only("PUT")));

    let reset = warp::path!("reset")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(reset);
    let reset = reset.or(warp::path!("reset").and(only("POST")));

    let check = warp::path!("reset" / "check")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(check);
    let check = check.or(warp::path!("reset" / "check").and(only("POST")));

    change.or(reset).or(check).map(Reply::into_response).boxed()
}

#[derive(Deserialize)]
struct Change {
    current: Option<String>,
    new: Option<String>,
}

async fn change(app: Arc<App>, caller: Caller, body: Body) -> Answer {
    let (session, Change { current, new }) = caller.sent(&app, Permission::Person, body).await?;
    let new = required("new", "New password required", new)?;
    let new = NewPassword::new("new", &new, &session.user.username)?;
    let former = app.store.password_hash(session.user.id).await?;
    if former.is_some() {
        // Whoever has found the device open mustn't try one after the other.
        app.throttle.admit(caller.address())?;
        let account = username_key(&session.user.username);
        let current = current.unwrap_or_default();
        if !is_password(&app, &account, current, former.clone()).await? {
            return Err(Error::WrongPassword.into());
        }
    }
    let hash = app.passwords.hash(new).await?;
    let signed_in = app
        .store
        .change_password(session, former, hash, app.settings.dev)
        .await?;
    if caller.has_bearer() {
        return Ok(ok(&NewToken::of(&signed_in)));
    }
    let mut response = no_content();
    let cookie = session_cookie(&app.settings, &signed_in)?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

#[derive(Deserialize)]
struct Reset {
    token: Option<String>,
    password: Option<String>,
}

async fn check(app: Arc<App>, caller: Caller, body: Body) -> Answer {
    #[derive(Serialize)]
    struct Whose {
        username: String,
    }

    caller.refuse_cross_origin(&app)?;
    let Reset { token, .. } = body.json(caller.headers()).await?;
    app.throttle.admit(caller.address())?;
    let user = app.store.reset_of(&token.unwrap_or_default()).await?;
    Ok(ok(&Whose {
        username: user.username,
    }))
}

async fn reset(app: Arc<App>, caller: Caller, body: Body) -> Answer {
    caller.refuse_cross_origin(&app)?;
    let Reset { token, password } = body.json(caller.headers()).await?;
    app.throttle.admit(caller.address())?;
    let token = token.unwrap_or_default();
    let user = app.store.reset_of(&token).await?;
    let password = required("password", "Password required", password)?;
    let password = NewPassword::new("password", &password, &user.username)?;
    let hash = app.passwords.hash(password).await?;
    let signed_in = app
        .store
        .reset_password(&token, hash, caller.device())
        .await?;
    welcome(&app.settings, StatusCode::OK, &signed_in)
}
