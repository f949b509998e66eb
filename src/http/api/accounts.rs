//! Signing up, in and out.

use std::sync::Arc;

use warp::{
    http::{StatusCode, header::SET_COOKIE},
    reply::Response,
};

use crate::{
    contract::operations::accounts::{
        self as contract, Config, Credentials, Registration, RenewedToken, Welcome,
    },
    error::{Error, Result},
    http::{
        App, ServerSettings, Signup,
        door::caller::{Caller, no_session_cookie, session_cookie},
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
        ui,
    },
    model::{
        ConversationId, MAX_MESSAGE_LENGTH, Permission, Rate, SecurityEventKind, UserId, Username,
        UsernameKey, default_room_name,
    },
    password::NewPassword,
    store::{Authentication, Credential, NewAccount, SignedIn, SignedUp, SignupGrant},
};

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/config", Permission::Public, config).operation(contract::config()),
        Route::post("/api/login", Permission::SignIn, login).operation(contract::sign_in()),
        Route::post("/api/accounts", Permission::SignIn, create).operation(contract::sign_up()),
        Route::post("/api/logout", Permission::Person, logout)
            .rate(Rate::Protect)
            .operation(contract::sign_out()),
        Route::get("/api/auth_user", Permission::Read, auth_user).operation(contract::who_am_i()),
        Route::post("/api/refresh_token", Permission::Bearer, refresh)
            .rate(Rate::Protect)
            .operation(contract::refresh_token()),
    ]
}

/// What clients need to know before anybody signs in. It includes the current user, which saves pages a request that
/// may fail.
async fn config(request: Request) -> HandlerResult {
    let app = &request.app;
    let session = request.caller.session_if_any(app).await?;
    let providers = || app.settings.oauth.providers();
    Ok(ok(&Config {
        name: "Tincan",
        version: env!("CARGO_PKG_VERSION"),
        dev: app.settings.dev,
        providers: providers().map(|provider| provider.id.as_str()).collect(),
        provider_names: providers()
            .map(|provider| (provider.id.as_str(), provider.name.as_str()))
            .collect(),
        signup: signup(app).await?,
        public_url: app.settings.public_url.as_ref().map(ToString::to_string),
        max_message_length: MAX_MESSAGE_LENGTH,
        max_file: app.settings.files.file,
        auth_user: session.as_ref().map(|session| &session.user),
        ui: ui::version(&app.settings),
    }))
}

/// Who may currently create an account.
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

async fn login(mut request: Request) -> HandlerResult {
    let credentials = request.json().await?;
    let signed_in = sign_in(&request.app, &request.caller, credentials).await?;
    welcome(&request.app.settings, StatusCode::OK, &signed_in, None)
}

async fn create(mut request: Request) -> HandlerResult {
    let registration = request.json().await?;
    let SignedUp { signed_in, landing } =
        sign_up(&request.app, &request.caller, registration).await?;
    let status = StatusCode::CREATED;
    welcome(&request.app.settings, status, &signed_in, landing)
}

/// Signs in, for the API and for plain pages. An unknown username takes as long as a wrong password and gets the same
/// response, so that usernames can't be probed.
pub async fn sign_in(app: &App, caller: &Caller, credentials: Credentials) -> Result<SignedIn> {
    let username = required("username", "Enter a username.", credentials.username)?;
    if app.settings.dev {
        return app
            .store
            .sign_in(
                Authentication::Name(UsernameKey::new(&username)),
                None,
                caller.actor(None),
            )
            .await;
    }
    let password = required("password", "Enter a password.", credentials.password)?;
    let account = UsernameKey::new(&username);
    let (user, hash) = app.store.find_password_hash(username).await?;
    let is_right = is_password(app, account.as_str(), password, hash.clone()).await?;
    let (Some(user), Some(hash), true) = (user, hash, is_right) else {
        app.note(SecurityEventKind::WrongPassword, user, caller);
        return Err(Error::BadCredentials);
    };
    let authentication = Authentication::Password { user, hash };
    let code = credentials.code;
    let second = SecondStep {
        user,
        account: &account,
        has_code: code.is_some(),
    };
    let signed_in = app.store.sign_in(authentication, code, caller.actor(None));
    second.guarded(app, caller, signed_in).await
}

/// The second step of signing in.
pub struct SecondStep<'a> {
    pub user: UserId,
    pub account: &'a UsernameKey,
    /// Whether there is a code, which may be a guess.
    pub has_code: bool,
}

impl SecondStep<'_> {
    /// Limits guesses at codes, as those at passwords. Before both are right, guesses still count.
    ///
    /// # Errors
    /// [`Error::Throttled`], and those of `check`.
    pub async fn guarded<T>(
        self,
        app: &App,
        caller: &Caller,
        check: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let Self {
            user,
            account,
            has_code,
        } = self;
        if has_code {
            let admitted = app.throttle.admit_code(user);
            if admitted.is_err() {
                app.note(SecurityEventKind::Throttled, Some(user), caller);
            }
            admitted?;
        }
        let checked = check.await;
        match &checked {
            Ok(_) => app.throttle.succeeded(account.as_str()),
            Err(Error::WrongCode) => {
                app.throttle.failed(account.as_str());
                app.note(SecurityEventKind::WrongCode, Some(user), caller);
            }
            Err(_) => {}
        }
        checked
    }
}

/// Whether `password` matches the hash in `kept`. After too many failures for this account, it waits first.
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

/// Creates an account and signs in.
pub async fn sign_up(app: &App, caller: &Caller, registration: Registration) -> Result<SignedUp> {
    let Registration {
        username,
        password,
        invite,
        setup_token,
        room,
    } = registration;
    let username = required("username", "Enter a username.", username)?;
    if app.settings.dev {
        let account = NewAccount {
            username: Username::new(&username)?,
            credential: Credential::NameOnly,
            grant: SignupGrant::Open,
        };
        return app.store.sign_up(account, caller.actor(None)).await;
    }
    let setup = setup_token.map(|token| SetupProof { token, room });
    let grant = signup_grant(app, invite, setup).await?;
    let username = match grant {
        SignupGrant::Setup { .. } => Username::for_setup(&username)?,
        SignupGrant::Open | SignupGrant::Invite(_) => Username::new(&username)?,
    };
    let password = required("password", "Enter a password.", password)?;
    let password = NewPassword::new("password", &password, &username.text)?;
    let account = NewAccount {
        username,
        credential: Credential::PasswordHash(app.passwords.hash(password).await?),
        grant,
    };
    app.store.sign_up(account, caller.actor(None)).await
}

/// What comes with the setup link.
pub struct SetupProof {
    pub token: String,
    /// The name of the default room.
    pub room: Option<String>,
}

/// The grant for a sign-up. The store checks it again in its transaction. It is checked here too, so that nobody is
/// refused only after the work of hashing a password.
pub async fn signup_grant(
    app: &App,
    invite: Option<String>,
    setup: Option<SetupProof>,
) -> Result<SignupGrant> {
    let is_first = app.setup.is_needed(&app.store).await?;
    if let Some(SetupProof { token, room }) = setup {
        if !is_first || !app.setup.admits(&token) {
            return Err(Error::BadSetupToken);
        }
        let room = room.map(|name| default_room_name(&name)).transpose()?;
        return Ok(SignupGrant::Setup { room });
    }
    match app.settings.signup {
        Signup::Closed => Err(Error::SignupClosed),
        Signup::Invite | Signup::Open if is_first => Err(Error::SignupClosed),
        Signup::Open => Ok(SignupGrant::Open),
        Signup::Invite => {
            let token = invite.filter(|token| !token.is_empty());
            let token = token.ok_or(Error::InviteRequired)?;
            app.store.invite(&token).await?;
            Ok(SignupGrant::Invite(token))
        }
    }
}

/// The value of a field that must not be blank.
pub fn required(field: &'static str, reason: &str, value: Option<String>) -> Result<String> {
    let value = value.filter(|value| !value.trim().is_empty());
    value.ok_or_else(|| Error::invalid(field, reason))
}

/// The response after signing in: a cookie for browsers, and the token for programs.
pub fn welcome(
    settings: &ServerSettings,
    status: StatusCode,
    signed_in: &SignedIn,
    landing: Option<ConversationId>,
) -> HandlerResult {
    let SignedIn {
        user,
        token,
        expires_at,
        ..
    } = signed_in;
    let welcome = Welcome {
        auth_user: user,
        token,
        expires_at: *expires_at,
        conversation_id: landing,
    };
    let mut response = json(status, &welcome);
    let cookie = session_cookie(settings, signed_in)?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

async fn logout(request: Request) -> HandlerResult {
    sign_out(&request, no_content()).await
}

/// Ends the session and deletes the browser's cookie.
pub async fn sign_out(request: &Request, mut answer: Response) -> HandlerResult {
    let (app, session) = (&request.app, request.session()?);
    let ended = app
        .store
        .end_session(session.user.id, session.id, request.actor());
    match ended.await {
        // It has already ended.
        Ok(()) | Err(Error::NotFound(_)) => {}
        Err(error) => return Err(error.into()),
    }
    answer
        .headers_mut()
        .insert(SET_COOKIE, no_session_cookie(&app.settings)?);
    Ok(answer)
}

async fn auth_user(request: Request) -> HandlerResult {
    Ok(ok(request.user()?))
}

async fn refresh(request: Request) -> HandlerResult {
    let session = Arc::clone(request.session()?);
    let signed_in = request.app.store.refresh_session(session).await?;
    Ok(ok(&RenewedToken::of(&signed_in)))
}

impl<'a> RenewedToken<'a> {
    #[must_use]
    pub fn of(signed_in: &'a SignedIn) -> Self {
        Self {
            token: &signed_in.token,
            expires_at: signed_in.expires_at,
        }
    }
}
