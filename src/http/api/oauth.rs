//! Signing in with a provider: redirecting there and back, choosing a username the first time, linking a provider to an
//! existing account, and importing the picture.

use std::sync::Arc;

use warp::http::{StatusCode, header::SET_COOKIE};

use super::accounts::{self, SecondStep, required, signup, signup_grant};
use crate::{
    contract::operations::oauth::{self as contract, CompleteSignIn, PendingSignIn},
    error::{Error, Result},
    http::{
        App,
        door::{authorize::require_proof, caller::Caller},
        reply::{HandlerResult, no_content, ok, see_other},
        request::Request,
        route::Route,
    },
    model::{ConversationId, Identity, Permission, Rate, UserId, Username, UsernameKey},
    oauth::{self, Callback, FinishedSignIn, Pending, Purpose, Url},
    store::{
        Authentication, Credential, NewAccount, Picture, Proof, Session, SignedIn, SignedUp,
        SignupGrant,
    },
};

pub fn routes() -> Vec<Route> {
    let (provider, person) = (Permission::Provider, Permission::Person);
    vec![
        Route::get("/api/oauth/{provider}", provider, begin).operation(contract::begin()),
        Route::get("/api/oauth/{provider}/callback", provider, finish)
            .operation(contract::finish()),
        Route::get("/api/oauth/pending", provider, show_pending).operation(contract::pending()),
        Route::post("/api/oauth/complete", Permission::SignIn, complete)
            .operation(contract::complete()),
        Route::delete("/api/identities/{provider}", person, unlink)
            .rate(Rate::Protect)
            .operation(contract::unlink())
            .proven(),
    ]
}

/// Redirects a browser to the provider.
async fn begin(request: Request, provider: String) -> HandlerResult {
    let Request {
        app, caller, query, ..
    } = &request;
    let purpose = if query.get("link") == Some("1") {
        // Otherwise, another site could link its own account to a visitor's.
        caller.require_same_origin(app)?;
        let (session, _) = caller.page_session(app).await?;
        require_proof(app, &session)?;
        Purpose::Link(session.user.id)
    } else if query.get("prove") == Some("1") {
        caller.require_same_origin(app)?;
        Purpose::Prove(caller.page_session(app).await?.0.user.id)
    } else {
        // Otherwise, another site could sign visitors in as somebody else.
        caller.refuse_cross_site()?;
        Purpose::SignIn
    };
    app.admit_attempt(caller)?;
    let flows = &app.settings.oauth;
    let begun = flows
        .begin(&provider, caller.address(), purpose, query.get("next"))
        .await;
    match begun {
        Ok(begun) => {
            let mut response = see_other(begun.url.as_str())?;
            let cookie = caller.set_flow_cookie(&app.settings, begun.cookie.reveal())?;
            response.headers_mut().append(SET_COOKIE, cookie);
            Ok(response)
        }
        Err(oauth::Error::UnknownProvider) => Err(Error::NotFound("Provider").into()),
        Err(error) => trouble(app, caller, problem(error)),
    }
}

/// Handles a browser that returns from the provider.
async fn finish(request: Request, provider: String) -> HandlerResult {
    let Request {
        app, caller, query, ..
    } = &request;
    let text = |name| query.get(name).map(str::to_owned);
    let callback = Callback {
        state: text("state"),
        code: text("code"),
        error: text("error"),
        iss: text("iss"),
    };
    let flows = &app.settings.oauth;
    let cookie = caller.flow_cookie(&app.settings);
    let finished = match flows.finish(&provider, cookie, callback).await {
        Ok(finished) => finished,
        Err(oauth::Error::UnknownProvider) => return Err(Error::NotFound("Provider").into()),
        Err(error) => return trouble(app, caller, problem(error)),
    };
    let arrival = match finished.purpose {
        Purpose::Link(user) => link(app, caller, &provider, user, finished).await,
        Purpose::Prove(user) => prove(app, caller, user, finished).await,
        Purpose::SignIn => sign_in(app, caller, &provider, finished).await,
    };
    match arrival {
        Ok(Arrival::Known(signed_in, next)) => {
            let mut response = leave(app, caller, &next)?;
            caller
                .keep_signed_in(app, &signed_in, &mut response)
                .await?;
            Ok(response)
        }
        Ok(Arrival::Linked) => leave(app, caller, "/settings"),
        Ok(Arrival::Proven(next)) => leave(app, caller, &next),
        // The cookie is still needed.
        Ok(Arrival::New) => see_other("/join"),
        Err(Error::Disabled) => trouble(app, caller, "disabled"),
        Err(Error::SignupClosed) => trouble(app, caller, "signup_closed"),
        Err(Error::IdentityTaken) => trouble(app, caller, "identity_taken"),
        Err(Error::Unauthorized) => trouble(app, caller, "oauth_expired"),
        Err(Error::ProofRequired) => trouble(app, caller, "not_proven"),
        Err(error) => Err(error.into()),
    }
}

/// The user who has returned from a provider.
enum Arrival {
    /// A user with an account, who is redirected to this path.
    Known(SignedIn, String),
    /// A user who was already signed in and has linked the provider.
    Linked,
    /// A user who was already signed in and has proven that it is them.
    Proven(String),
    /// A new user, who needs a username or an invitation first, or one whose second step is still to come.
    New,
}

async fn link(
    app: &Arc<App>,
    caller: &Caller,
    provider: &str,
    user: UserId,
    finished: FinishedSignIn,
) -> Result<Arrival> {
    let session = session_of(app, caller, user).await?;
    let by = caller.actor(Some(&session));
    app.store.link_identity(user, finished.identity, by).await?;
    keep_picture(app, provider, user, finished.avatar);
    Ok(Arrival::Linked)
}

/// The session in which `user` went to the provider. In the meantime, they may have signed out, or somebody else may have
/// signed in.
async fn session_of(app: &App, caller: &Caller, user: UserId) -> Result<Arc<Session>> {
    match caller.page_session(app).await {
        Ok((session, _)) if session.user.id == user => Ok(session),
        _ => Err(Error::Unauthorized),
    }
}

async fn prove(
    app: &App,
    caller: &Caller,
    user: UserId,
    finished: FinishedSignIn,
) -> Result<Arrival> {
    let session = session_of(app, caller, user).await?;
    let by = caller.actor(Some(&session));
    let proof = Proof::As(Authentication::Identity(finished.identity));
    match app.store.prove(session, proof, None, by).await {
        Ok(()) => Ok(Arrival::Proven(finished.next)),
        // They were somebody else there, or are to prove it with a code or a passkey.
        Err(
            Error::Unauthorized
            | Error::NotFound(_)
            | Error::SecondFactorRequired
            | Error::PasskeyRequired,
        ) => Err(Error::ProofRequired),
        Err(error) => Err(error),
    }
}

async fn sign_in(
    app: &Arc<App>,
    caller: &Caller,
    provider: &str,
    finished: FinishedSignIn,
) -> Result<Arrival> {
    let FinishedSignIn {
        identity,
        avatar,
        next,
        ..
    } = finished;
    if app.store.identity_needs_code(identity.clone()).await? {
        return Ok(wait(app, caller, provider, identity, avatar));
    }
    let authentication = Authentication::Identity(identity.clone());
    let signed_in = app
        .store
        .sign_in(authentication, None, caller.actor(None))
        .await;
    let (signed_in, next) = match signed_in {
        Err(Error::NotFound(_)) => {
            let made = sign_up_at_once(app, caller, &identity).await?;
            let Some(SignedUp { signed_in, landing }) = made else {
                return Ok(wait(app, caller, provider, identity, avatar));
            };
            // Who was on the way to a page still gets there.
            let next = match landing.filter(|_| next == "/") {
                Some(landing) => format!("/conversations/{landing}"),
                None => next,
            };
            (signed_in, next)
        }
        signed_in => (signed_in?, next),
    };
    keep_picture(app, provider, signed_in.user.id, avatar);
    Ok(Arrival::Known(signed_in, next))
}

/// Keeps somebody until they have chosen a username, or given the code of their second step.
fn wait(
    app: &App,
    caller: &Caller,
    provider: &str,
    identity: Identity,
    avatar: Option<Url>,
) -> Arrival {
    let pending = Pending {
        provider: provider.to_owned(),
        identity,
        avatar,
    };
    // It exists, because the sign-in was finished.
    let cookie = caller.flow_cookie(&app.settings).unwrap_or_default();
    app.settings
        .oauth
        .insert_pending(caller.address(), cookie, pending);
    Arrival::New
}

/// Creates an account if sign-up is open and the name is free. Otherwise returns None, and the user is asked first.
async fn sign_up_at_once(
    app: &App,
    caller: &Caller,
    identity: &Identity,
) -> Result<Option<SignedUp>> {
    match signup(app).await? {
        "open" => {}
        "invite" => return Ok(None),
        // The first account requires the setup link.
        _ => return Err(Error::SignupClosed),
    }
    let Ok(username) = Username::new(&suggestion(identity)) else {
        return Ok(None);
    };
    let account = NewAccount {
        username,
        credential: Credential::Identity(identity.clone()),
        grant: SignupGrant::Open,
    };
    match app.store.sign_up(account, caller.actor(None)).await {
        Ok(signed_up) => Ok(Some(signed_up)),
        Err(Error::UsernameTaken | Error::UsernameLooksTaken) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Derives a username from the name at the provider. Empty if that isn't possible.
fn suggestion(identity: &Identity) -> String {
    let name = identity.username.as_deref().unwrap_or_default();
    // Some providers use e-mail addresses as names.
    let name = name.split('@').next().unwrap_or_default();
    let name = name.replace(' ', ".");
    Username::new(&name).map_or_else(|_| String::new(), |username| username.text)
}

/// Shows the pending sign-in of this browser.
async fn show_pending(request: Request) -> HandlerResult {
    let app = &request.app;
    let waiting = waiting(app, &request.caller)?;
    let username = suggestion(&waiting.identity);
    let username_taken = match app.store.find_account(username.clone()).await {
        Ok(_) => true,
        Err(Error::NotFound(_)) => false,
        Err(error) => return Err(error.into()),
    };
    let provider = app.settings.oauth.provider(&waiting.provider);
    Ok(ok(&PendingSignIn {
        provider: &waiting.provider,
        name: provider.map_or(&waiting.provider, |provider| &provider.name),
        username: &username,
        username_taken,
        needs_invite: signup(app).await? == "invite",
        needs_code: app
            .store
            .identity_needs_code(waiting.identity.clone())
            .await?,
    }))
}

/// Creates the account for the pending sign-in, or signs in to it with the code of the second step.
async fn complete(mut request: Request) -> HandlerResult {
    let CompleteSignIn {
        username,
        invite,
        code,
    } = request.json().await?;
    let (app, caller) = (&request.app, &request.caller);
    let Pending {
        provider,
        identity,
        avatar,
    } = waiting(app, caller)?;
    if let Some(user) = app.store.identity_user(identity.clone()).await? {
        let account = UsernameKey::new(&user.username);
        let second = SecondStep {
            user: user.id,
            lane: accounts::lane(app, caller, &account, Some(user.id)).await?,
            has_code: code.is_some(),
        };
        let authentication = Authentication::Identity(identity);
        let signed_in = app.store.sign_in(authentication, code, caller.actor(None));
        let signed_in = second.guarded(app, caller, signed_in).await?;
        let status = StatusCode::OK;
        return completed(&request, &provider, avatar, status, &signed_in, None).await;
    }
    let grant = if app.settings.dev {
        SignupGrant::Open
    } else {
        signup_grant(app, invite, None).await?
    };
    let username = required("username", "Enter a username.", username)?;
    let account = NewAccount {
        username: Username::new(&username)?,
        credential: Credential::Identity(identity),
        grant,
    };
    let SignedUp { signed_in, landing } = app.store.sign_up(account, caller.actor(None)).await?;
    let status = StatusCode::CREATED;
    completed(&request, &provider, avatar, status, &signed_in, landing).await
}

/// The response for somebody who has completed the pending sign-in.
async fn completed(
    request: &Request,
    provider: &str,
    avatar: Option<Url>,
    status: StatusCode,
    signed_in: &SignedIn,
    landing: Option<ConversationId>,
) -> HandlerResult {
    let (app, caller) = (&request.app, &request.caller);
    if let Some(cookie) = caller.flow_cookie(&app.settings) {
        app.settings.oauth.remove_pending(cookie);
    }
    keep_picture(app, provider, signed_in.user.id, avatar);
    let arrival = accounts::Arrival {
        landing,
        ..accounts::Arrival::of(signed_in)
    };
    let mut response = accounts::welcome(request, status, arrival).await?;
    caller.forget_flow(&app.settings, &mut response)?;
    Ok(response)
}

fn waiting(app: &App, caller: &Caller) -> Result<Pending> {
    let cookie = caller.flow_cookie(&app.settings);
    cookie
        .and_then(|cookie| app.settings.oauth.pending(cookie))
        .ok_or(Error::NotFound("Sign-in"))
}

async fn unlink(request: Request, provider: String) -> HandlerResult {
    let (app, user) = (&request.app, request.user()?.id);
    let issuer = app.settings.oauth.issuer(&provider);
    let issuer = issuer.ok_or(Error::NotFound("Provider"))?.to_owned();
    let by = request.actor();
    app.store.unlink_identity(user, issuer, by).await?;
    Ok(no_content())
}

/// Downloads and stores a user's picture, in a task of its own. If that fails, they keep their previous picture.
fn keep_picture(app: &Arc<App>, provider: &str, user: UserId, url: Option<Url>) {
    let Some(url) = url else { return };
    let (app, provider) = (Arc::clone(app), provider.to_owned());
    tokio::spawn(async move {
        if let Ok(avatar) = app.settings.oauth.avatar(&provider, &url).await {
            let picture = Picture {
                kind: avatar.media_type.to_owned(),
                bytes: avatar.bytes,
            };
            // The server may be stopping. The next sign-in imports the picture again.
            let _ = app.store.take_picture(user, picture).await;
        }
    });
}

/// The code of a failed sign-in, for the sign-in page.
fn problem(error: oauth::Error) -> &'static str {
    match error {
        oauth::Error::Denied => "oauth_denied",
        oauth::Error::Expired => "oauth_expired",
        oauth::Error::Failed | oauth::Error::UnknownProvider => "oauth_failed",
    }
}

fn trouble(app: &App, caller: &Caller, problem: &str) -> HandlerResult {
    leave(app, caller, &format!("/sign-in?problem={problem}"))
}

/// Redirects to one of our own pages and ends the sign-in with the provider.
fn leave(app: &App, caller: &Caller, path: &str) -> HandlerResult {
    let mut response = see_other(path)?;
    caller.forget_flow(&app.settings, &mut response)?;
    Ok(response)
}
