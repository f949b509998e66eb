//! Signing in and out, and one's sessions.

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
    asker::{Asker, no_session_cookie, session_cookie},
    body::Body,
    filters::{asker, body, only, with},
    reply::{Answer, json, no_content, ok},
    ui,
};
use crate::{
    error::{Error, Result},
    model::{MAX_MESSAGE_LENGTH, SessionId, Timestamp, User, UserId, Username},
    store::{Session, SignedIn},
};

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let config = warp::path!("config")
        .and(warp::get())
        .and(with(app))
        .and(asker())
        .then(config);
    let config = config.or(warp::path!("config").and(only("GET, HEAD")));

    let login = warp::path!("login")
        .and(warp::post())
        .and(with(app))
        .and(asker())
        .and(body())
        .then(login);
    let login = login.or(warp::path!("login").and(only("POST")));

    let accounts = warp::path!("accounts")
        .and(warp::post())
        .and(with(app))
        .and(asker())
        .and(body())
        .then(create);
    let accounts = accounts.or(warp::path!("accounts").and(only("POST")));

    let logout = warp::path!("logout")
        .and(warp::post())
        .and(with(app))
        .and(asker())
        .then(logout);
    let logout = logout.or(warp::path!("logout").and(only("POST")));

    let auth_user = warp::path!("auth_user")
        .and(warp::get())
        .and(with(app))
        .and(asker())
        .then(auth_user);
    let auth_user = auth_user.or(warp::path!("auth_user").and(only("GET, HEAD")));

    let refresh = warp::path!("refresh_token")
        .and(warp::post())
        .and(with(app))
        .and(asker())
        .then(refresh);
    let refresh = refresh.or(warp::path!("refresh_token").and(only("POST")));

    let sessions = warp::path!("sessions")
        .and(warp::get())
        .and(with(app))
        .and(asker())
        .then(sessions);
    let sessions = sessions.or(warp::path!("sessions").and(only("GET, HEAD")));

    let end = warp::path!("sessions" / SessionId)
        .and(warp::delete())
        .and(with(app))
        .and(asker())
        .then(end_session);
    let end = end.or(warp::path!("sessions" / SessionId)
        .and(only("DELETE"))
        .map(|_, refusal| refusal));

    let settings = warp::path!("settings")
        .and(warp::get())
        .and(with(app))
        .and(asker())
        .then(settings);
    let change_settings = warp::path!("settings")
        .and(warp::patch())
        .and(with(app))
        .and(asker())
        .and(body())
        .then(change_settings);
    let settings = settings
        .or(change_settings)
        .or(warp::path!("settings").and(only("GET, HEAD, PATCH")));

    config
        .or(settings)
        .or(login)
        .or(accounts)
        .or(logout)
        .or(auth_user)
        .or(refresh)
        .or(sessions)
        .or(end)
        .map(Reply::into_response)
        .boxed()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    name: &'static str,
    version: &'static str,
    dev: bool,
    providers: [&'static str; 0],
    signup: &'static str,
    max_message_length: usize,
    auth_user: Option<&'a User>,
    ui: &'static str,
}

/// Says who is asking, too, so that a page finds out without a request that is refused.
async fn config(app: Arc<App>, asker: Asker) -> Answer {
    let session = asker.session_if_any(&app).await?;
    let dev = app.settings.dev;
    Ok(ok(&Config {
        name: "Tincan",
        version: env!("CARGO_PKG_VERSION"),
        dev,
        providers: [],
        signup: if dev { "open" } else { "closed" },
        max_message_length: MAX_MESSAGE_LENGTH,
        auth_user: session.as_ref().map(|session| &session.user),
        ui: ui::version(&app.settings),
    }))
}

#[derive(Deserialize)]
struct Credentials {
    username: Option<String>,
}

async fn login(app: Arc<App>, asker: Asker, body: Body) -> Answer {
    asker.refuse_cross_origin(&app)?;
    let Credentials { username } = body.json(asker.headers()).await?;
    let signed_in = sign_in(&app, &asker, username).await?;
    welcome(&app, StatusCode::OK, signed_in)
}

async fn create(app: Arc<App>, asker: Asker, body: Body) -> Answer {
    asker.refuse_cross_origin(&app)?;
    let Credentials { username } = body.json(asker.headers()).await?;
    let signed_in = sign_up(&app, &asker, username).await?;
    welcome(&app, StatusCode::CREATED, signed_in)
}

/// Signs somebody in, by whichever door they come.
pub async fn sign_in(app: &App, asker: &Asker, username: Option<String>) -> Result<SignedIn> {
    let username = required(username)?;
    if !app.settings.dev {
        // No account has a password yet.
        return Err(Error::BadCredentials);
    }
    app.store.sign_in(username, asker.device()).await
}

/// Makes an account and signs its owner in.
pub async fn sign_up(app: &App, asker: &Asker, username: Option<String>) -> Result<SignedIn> {
    let username = required(username)?;
    if !app.settings.dev {
        return Err(Error::SignupClosed);
    }
    let username = Username::new(&username)?;
    app.store.sign_up(username, asker.device()).await
}

fn required(username: Option<String>) -> Result<String> {
    let username = username.filter(|username| !username.trim().is_empty());
    username.ok_or_else(|| Error::invalid("username", "Username required"))
}

fn welcome(app: &Arc<App>, status: StatusCode, signed_in: SignedIn) -> Answer {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Welcome<'a> {
        auth_user: &'a User,
        token: &'a str,
        expires_at: Timestamp,
    }

    let SignedIn {
        user,
        token,
        expires_at,
    } = &signed_in;
    let mut response = json(
        status,
        &Welcome {
            auth_user: user,
            token,
            expires_at: *expires_at,
        },
    );
    response
        .headers_mut()
        .insert(SET_COOKIE, session_cookie(&app.settings, &signed_in)?);
    Ok(response)
}

async fn logout(app: Arc<App>, asker: Asker) -> Answer {
    let session = asker.session(&app).await?;
    sign_out(&app, &session, no_content()).await
}

/// Ends the session; the answer makes a browser forget it.
pub async fn sign_out(app: &App, session: &Session, mut answer: Response) -> Answer {
    match app.store.end_session(session.user.id, session.id).await {
        // Somebody else was faster; it is ended either way.
        Ok(()) | Err(Error::NotFound(_)) => {}
        Err(error) => return Err(error.into()),
    }
    answer
        .headers_mut()
        .insert(SET_COOKIE, no_session_cookie(&app.settings)?);
    Ok(answer)
}

async fn auth_user(app: Arc<App>, asker: Asker) -> Answer {
    Ok(ok(&asker.session(&app).await?.user))
}

async fn refresh(app: Arc<App>, asker: Asker) -> Answer {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Refreshed {
        token: String,
        expires_at: Timestamp,
    }

    let session = asker.bearer_session(&app).await?;
    let SignedIn {
        token, expires_at, ..
    } = app.store.refresh_session(session).await?;
    Ok(ok(&Refreshed { token, expires_at }))
}

async fn sessions(app: Arc<App>, asker: Asker) -> Answer {
    let session = asker.session(&app).await?;
    Ok(ok(&app
        .store
        .sessions_of(session.user.id, session.id)
        .await?))
}

async fn end_session(id: SessionId, app: Arc<App>, asker: Asker) -> Answer {
    let session = asker.session(&app).await?;
    app.store.end_session(session.user.id, id).await?;
    Ok(no_content())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OwnSettings {
    shows_activity: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SettingsChange {
    shows_activity: Option<bool>,
}

async fn settings(app: Arc<App>, asker: Asker) -> Answer {
    let user = asker.session(&app).await?.user.id;
    own_settings(&app, user).await
}

async fn change_settings(app: Arc<App>, asker: Asker, body: Body) -> Answer {
    let user = asker.session(&app).await?.user.id;
    let change: SettingsChange = body.json(asker.headers()).await?;
    if let Some(shows) = change.shows_activity {
        app.presence.set_shown(user, shows).await?;
    }
    own_settings(&app, user).await
}

async fn own_settings(app: &App, user: UserId) -> Answer {
    let shows_activity = app.store.shows_activity(user).await?;
    Ok(ok(&OwnSettings { shows_activity }))
}
