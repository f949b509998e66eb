//! Signing up, in and out.

use std::sync::Arc;

use warp::{http::StatusCode, reply::Response};

use super::passkey_sign_in::relying_party;
use crate::{
    contract::operations::accounts::{
        self as contract, Config, Credentials, Registration, RenewedToken, Welcome,
    },
    error::{Error, Result},
    http::{
        App, Signup,
        door::caller::Caller,
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
        ui,
    },
    model::{
        ConversationId, MAX_MESSAGE_LENGTH, Permission, Rate, SecurityEventKind, User, UserId,
        Username, UsernameKey, default_room_name,
    },
    password::{NewPassword, Standing},
    store::{Authentication, Credential, NewAccount, SignedIn, SignedUp, SignupGrant},
    throttle::Lane,
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
        passkeys: relying_party(&request).is_ok(),
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
    welcome(&request, StatusCode::OK, Arrival::of(&signed_in)).await
}

async fn create(mut request: Request) -> HandlerResult {
    let registration = request.json().await?;
    let SignedUp { signed_in, landing } =
        sign_up(&request.app, &request.caller, registration).await?;
    let arrival = Arrival {
        landing,
        ..Arrival::of(&signed_in)
    };
    welcome(&request, StatusCode::CREATED, arrival).await
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
    let lane = lane(app, caller, &account, user).await?;
    let is_right = guess(app, caller, lane, user, password, hash.clone()).await?;
    let (Some(user), Some(hash), true) = (user, hash, is_right) else {
        return Err(Error::BadCredentials);
    };
    let authentication = Authentication::Password { user, hash };
    let code = credentials.code;
    let second = SecondStep {
        user,
        lane,
        has_code: code.is_some(),
    };
    let signed_in = app.store.sign_in(authentication, code, caller.actor(None));
    second.guarded(app, caller, signed_in).await
}

/// The lane for guesses at an account by somebody who isn’t signed in. `user` is the account’s, if there is one.
pub async fn lane<'a>(
    app: &App,
    caller: &'a Caller,
    account: &'a UsernameKey,
    user: Option<UserId>,
) -> Result<Lane<'a>> {
    let device = match user {
        Some(user) => caller.known_device(app, user).await?,
        None => None,
    };
    Ok(match device {
        Some(device) => Lane::Device(account.as_str(), device),
        None => Lane::Strangers(account.as_str()),
    })
}

/// The second step of signing in.
pub struct SecondStep<'a> {
    pub user: UserId,
    /// Where guesses at the password count too.
    pub lane: Lane<'a>,
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
            lane,
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
            Ok(_) => app.throttle.succeeded(lane),
            Err(Error::WrongCode) => {
                app.throttle.failed(lane);
                app.note(SecurityEventKind::WrongCode, Some(user), caller);
            }
            Err(_) => {}
        }
        checked
    }
}

/// Whether `password` matches the hash in `kept`, for somebody who is signed in and confirms something with it alone.
pub async fn is_password(
    app: &App,
    caller: &Caller,
    user: &User,
    password: String,
    kept: Option<String>,
) -> Result<bool> {
    let account = UsernameKey::new(&user.username);
    let lane = Lane::SignedIn(account.as_str());
    let is_right = guess(app, caller, lane, Some(user.id), password, kept).await?;
    if is_right {
        app.throttle.succeeded(lane);
    }
    Ok(is_right)
}

/// Whether `password` matches the hash in `kept`. It waits for its turn, and after too many failures also for a while.
/// Failures count until the caller knows that all is right.
pub async fn guess(
    app: &App,
    caller: &Caller,
    lane: Lane<'_>,
    user: Option<UserId>,
    password: String,
    kept: Option<String>,
) -> Result<bool> {
    let standing = match lane {
        Lane::Strangers(_) => Standing::Stranger,
        Lane::Device(..) | Lane::SignedIn(_) => Standing::Known,
    };
    let turn = app.throttle.turn(lane).await;
    if turn.is_err() {
        app.note(SecurityEventKind::Throttled, user, caller);
    }
    let _turn = turn?;
    let is_right = app.passwords.verify(password, kept, standing).await?;
    if !is_right {
        app.throttle.failed(lane);
        app.note(SecurityEventKind::WrongPassword, user, caller);
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
    let standing = match grant {
        SignupGrant::Open => Standing::Stranger,
        SignupGrant::Invite(_) | SignupGrant::Setup { .. } => Standing::Known,
    };
    let account = NewAccount {
        username,
        credential: Credential::PasswordHash(app.passwords.hash(password, standing).await?),
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

/// Somebody who has got in.
pub struct Arrival<'a> {
    pub signed_in: &'a SignedIn,
    pub landing: Option<ConversationId>,
    pub made_administrators: Vec<User>,
}

impl<'a> Arrival<'a> {
    /// Somebody with nothing else to be told.
    pub fn of(signed_in: &'a SignedIn) -> Self {
        Self {
            signed_in,
            landing: None,
            made_administrators: Vec::new(),
        }
    }
}

/// The response after signing in: cookies for browsers, and the token for programs.
pub async fn welcome(
    Request { app, caller, .. }: &Request,
    status: StatusCode,
    arrival: Arrival<'_>,
) -> HandlerResult {
    let SignedIn {
        user,
        token,
        expires_at,
        ..
    } = arrival.signed_in;
    let welcome = Welcome {
        auth_user: user,
        token,
        expires_at: *expires_at,
        conversation_id: arrival.landing,
        made_administrators: arrival.made_administrators,
    };
    let mut response = json(status, &welcome);
    caller
        .keep_signed_in(app, arrival.signed_in, &mut response)
        .await?;
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
    app.attention.set(session.user.id, session.id, false);
    request.caller.forget_session(&app.settings, &mut answer)?;
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
