//! Signing up, in and out.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use warp::{
    Filter, Reply,
    filters::BoxedFilter,
    http::{StatusCode, header::SET_COOKIE},
    reply::Response,
};

use super::{
    App, Settings, Signup,
    body::Body,
    caller::{Caller, no_session_cookie, session_cookie},
    filters::{body, caller, only, with},
    reply::{Answer, json, no_content, ok},
    ui,
};
use crate::{
    error::{Error, Result},
    model::{MAX_MESSAGE_LENGTH, Timestamp, User, Username, username_key},
    password::NewPassword,
    store::{Door, NewAccount, Proof, Session, SignedIn, WayIn},
};

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let config = warp::path!("config")
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .then(config);
    let config = config.or(warp::path!("config").and(only("GET, HEAD")));

    let login = warp::path!("login")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(login);
    let login = login.or(warp::path!("login").and(only("POST")));

    let accounts = warp::path!("accounts")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(create);
    let accounts = accounts.or(warp::path!("accounts").and(only("POST")));

    let logout = warp::path!("logout")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .then(logout);
    let logout = logout.or(warp::path!("logout").and(only("POST")));

    let auth_user = warp::path!("auth_user")
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .then(auth_user);
    let auth_user = auth_user.or(warp::path!("auth_user").and(only("GET, HEAD")));

    let refresh = warp::path!("refresh_token")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .then(refresh);
    let refresh = refresh.or(warp::path!("refresh_token").and(only("POST")));

    config
        .or(login)
        .or(accounts)
        .or(logout)
        .or(auth_user)
        .or(refresh)
        .map(Reply::into_response)
        .boxed()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    name: &'static str,
    version: &'static str,
    dev: bool,
    providers: Vec<&'a str>,
    provider_names: BTreeMap<&'a str, &'a str>,
    signup: &'static str,
    max_message_length: usize,
    auth_user: Option<&'a User>,
    ui: &'static str,
}

/// Says who is asking, too, so that a page finds out without a request that is refused.
async fn config(app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.reader_if_any(&app).await?;
    let providers = || app.settings.oauth.providers();
    Ok(ok(&Config {
        name: "Tincan",
        version: env!("CARGO_PKG_VERSION"),
        dev: app.settings.dev,
        providers: providers().map(|provider| provider.id.as_str()).collect(),
        provider_names: providers()
            .map(|provider| (provider.id.as_str(), provider.name.as_str()))
            .collect(),
        signup: signup(&app).await?,
        max_message_length: MAX_MESSAGE_LENGTH,
        auth_user: session.as_ref().map(|session| &session.user),
        ui: ui::version(&app.settings),
    }))
}

/// Who may make themselves an account at present.
pub async fn signup(app: &App) -> Result<&'static str> {
    Ok(if app.settings.dev {
        "open"
    } else if app.setup.is_needed(&app.store).await? {
        "setup"
    } else {
        match app.settings.signup {
            Signup::Invite => "invite",
            Signup::Open => "open",
            Signup::Closed => "closed",
        }
    })
}

/// What somebody signs in with.
#[derive(Deserialize)]
pub struct Credentials {
    pub username: Option<String>,
    pub password: Option<String>,
}

/// What somebody makes an account with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    pub username: Option<String>,
    pub password: Option<String>,
    pub invite: Option<String>,
    pub setup_token: Option<String>,
}

async fn login(app: Arc<App>, caller: Caller, body: Body) -> Answer {
    caller.refuse_cross_origin(&app)?;
    let credentials = body.json(caller.headers()).await?;
    let signed_in = sign_in(&app, &caller, credentials).await?;
    welcome(&app.settings, StatusCode::OK, &signed_in)
}

async fn create(app: Arc<App>, caller: Caller, body: Body) -> Answer {
    caller.refuse_cross_origin(&app)?;
    let registration = body.json(caller.headers()).await?;
    let signed_in = sign_up(&app, &caller, registration).await?;
    welcome(&app.settings, StatusCode::CREATED, &signed_in)
}

/// Signs somebody in, by whichever page they come. An unknown name costs and says what a wrong
/// password does.
pub async fn sign_in(app: &App, caller: &Caller, credentials: Credentials) -> Result<SignedIn> {
    let username = required("username", "Username required", credentials.username)?;
    if app.settings.dev {
        return app
            .store
            .sign_in(Proof::Name(username), caller.device())
            .await;
    }
    let password = required("password", "Password required", credentials.password)?;
    app.throttle.admit(caller.address())?;
    let account = username_key(&username);
    let (user, hash) = app.store.password_of(username).await?.unzip();
    let is_right = is_password(app, &account, password, hash.clone()).await?;
    let (Some(user), Some(hash), true) = (user, hash, is_right) else {
        return Err(Error::BadCredentials);
    };
    let proof = Proof::Password { user, hash };
    let signed_in = app.store.sign_in(proof, caller.device()).await?;
    app.throttle.succeeded(&account);
    Ok(signed_in)
}

/// Whether `password` is the one of which `kept` was kept. Whoever has been wrong about this account too
/// often waits first.
pub async fn is_password(
    app: &App,
    account: &str,
    password: String,
    kept: Option<String>,
) -> Result<bool> {
    app.throttle.delay(account).await;
    let is_right = app.passwords.verify(password, kept).await?;
    if !is_right {
        app.throttle.failed(account);
    }
    Ok(is_right)
}

/// Makes an account and signs its owner in.
pub async fn sign_up(app: &App, caller: &Caller, registration: Registration) -> Result<SignedIn> {
    let Registration {
        username,
        password,
        invite,
        setup_token,
    } = registration;
    let username = required("username", "Username required", username)?;
    if app.settings.dev {
        let account = NewAccount {
            username: Username::new(&username)?,
            way_in: WayIn::Name,
            door: Door::Open,
        };
        return app.store.sign_up(account, caller.device()).await;
    }
    app.throttle.admit(caller.address())?;
    let door = door(app, invite, setup_token).await?;
    let username = Username::new(&username)?;
    let password = required("password", "Password required", password)?;
    let password = NewPassword::new("password", &password, &username.text)?;
    let account = NewAccount {
        username,
        way_in: WayIn::Password(app.passwords.hash(password).await?),
        door,
    };
    app.store.sign_up(account, caller.device()).await
}

/// By which door somebody may come in who has no account yet. The store looks again when it opens it;
/// here it keeps those out who would have us work for nothing.
pub async fn door(app: &App, invite: Option<String>, setup_token: Option<String>) -> Result<Door> {
    let is_first = app.setup.is_needed(&app.store).await?;
    if let Some(token) = setup_token {
        return if is_first && app.setup.admits(&token) {
            Ok(Door::Setup)
        } else {
            Err(Error::BadSetupToken)
        };
    }
    match app.settings.signup {
        Signup::Closed => Err(Error::SignupClosed),
        Signup::Invite | Signup::Open if is_first => Err(Error::SignupClosed),
        Signup::Open => Ok(Door::Open),
        Signup::Invite => {
            let token = invite.filter(|token| !token.is_empty());
            let token = token.ok_or(Error::InviteRequired)?;
            app.store.invite(&token).await?;
            Ok(Door::Invite(token))
        }
    }
}

/// A field that must have something in it.
pub fn required(field: &'static str, reason: &str, value: Option<String>) -> Result<String> {
    let value = value.filter(|value| !value.trim().is_empty());
    value.ok_or_else(|| Error::invalid(field, reason))
}

/// Signs a browser in, and tells a program its token.
pub fn welcome(settings: &Settings, status: StatusCode, signed_in: &SignedIn) -> Answer {
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
    } = signed_in;
    let welcome = Welcome {
        auth_user: user,
        token,
        expires_at: *expires_at,
    };
    let mut response = json(status, &welcome);
    let cookie = session_cookie(settings, signed_in)?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

async fn logout(app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.session(&app).await?;
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

async fn auth_user(app: Arc<App>, caller: Caller) -> Answer {
    Ok(ok(&caller.reader(&app).await?.user))
}

async fn refresh(app: Arc<App>, caller: Caller) -> Answer {
    if !caller.has_bearer() {
        return Err(Error::Unauthorized.into());
    }
    let session = caller.session(&app).await?;
    let signed_in = app.store.refresh_session(session).await?;
    Ok(ok(&NewToken::of(&signed_in)))
}

/// Another token for the same session.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewToken<'a> {
    token: &'a str,
    expires_at: Timestamp,
}

impl<'a> NewToken<'a> {
    pub fn of(signed_in: &'a SignedIn) -> Self {
        Self {
            token: &signed_in.token,
            expires_at: signed_in.expires_at,
        }
    }
}
