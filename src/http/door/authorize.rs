//! Whether the caller of a request has the permission that the route requires.

use std::{net::IpAddr, sync::Arc};

use warp::http::{HeaderValue, header::WWW_AUTHENTICATE};

use super::{
    caller::{Caller, bearer},
    guard, proxies,
    query::Query,
};
use crate::{
    error::{Error, ErrorCode, Result},
    http::{
        App, ServerSettings,
        reply::{ErrorResponse, HandlerResult},
    },
    model::{Permission, UserId},
    store::Session,
};

/// The session that has the permission. None if the permission needs no session.
///
/// # Errors
/// 401 without a valid session; 403 if the session lacks the permission, or the request comes from a page of another
/// origin.
pub async fn authorize(
    app: &App,
    caller: &Caller,
    query: &Query,
    permission: Permission,
) -> HandlerResult<Option<Arc<Session>>> {
    let session = match permission {
        // The handlers of hooks and of sign-ins with providers check these themselves, as they need what the secret
        // stands for.
        Permission::Public | Permission::Provider | Permission::Hook => return Ok(None),
        Permission::SignIn => {
            caller.refuse_cross_origin(app)?;
            return Ok(None);
        }
        Permission::Metrics => {
            admit_to_metrics(&app.settings, caller)?;
            return Ok(None);
        }
        Permission::Read => caller.session(app).await?,
        Permission::Feed => caller.feed_session(app, query).await?,
        Permission::Send => {
            let session = caller.session(app).await?;
            session.require_send()?;
            session
        }
        Permission::Person => person(app, caller).await?,
        Permission::Bearer => {
            if !caller.has_bearer() {
                return Err(Error::Unauthorized.into());
            }
            person(app, caller).await?
        }
        Permission::Invite => {
            let session = person(app, caller).await?;
            require_inviter(app, session.user.id).await?;
            session
        }
        Permission::Administrator => {
            let session = person(app, caller).await?;
            if !app.is_admin(session.user.id).await? {
                return Err(Error::NotAdmin.into());
            }
            require_second_factor(app, session.user.id).await?;
            session
        }
        Permission::Page => caller.page_session(app).await?.0,
        Permission::Form => {
            caller.refuse_cross_origin(app)?;
            caller.page_session(app).await?.0
        }
    };
    Ok(Some(session))
}

/// Refuses a session in which nobody has proven lately who they are. In development mode nobody could.
pub fn require_proof(app: &App, session: &Session) -> Result<()> {
    if app.settings.dev {
        return Ok(());
    }
    session.require_proof()
}

/// Refuses those who may not invite others.
pub async fn require_inviter(app: &App, user: UserId) -> Result<()> {
    if !app.may_invite(user).await? {
        return Err(Error::NotAdmin);
    }
    if app.is_admin(user).await? {
        require_second_factor(app, user).await?;
    }
    Ok(())
}

/// Refuses an administrator without two-step sign-in, where administrators need it.
async fn require_second_factor(app: &App, user: UserId) -> Result<()> {
    if app.needs_second_factor(user).await? {
        return Err(Error::SecondFactorNeeded);
    }
    Ok(())
}

async fn person(app: &App, caller: &Caller) -> HandlerResult<Arc<Session>> {
    let session = caller.session(app).await?;
    session.require_person()?;
    Ok(session)
}

/// If a token for metrics is set, only requests with the token are admitted: behind a proxy that adds no headers,
/// everybody seems to be on this machine. Without a token, only this machine is admitted.
fn admit_to_metrics(settings: &ServerSettings, caller: &Caller) -> HandlerResult<()> {
    if let Some(token) = &settings.metrics_token {
        if bearer(caller.headers()).is_some_and(|bearer| token.matches(bearer)) {
            return Ok(());
        }
        let message = "Send the metrics token as a bearer token.";
        let refusal = ErrorResponse::new(ErrorCode::Unauthorized, message);
        let scheme = HeaderValue::from_static("Bearer");
        return Err(refusal.with_header(WWW_AUTHENTICATE, scheme));
    }
    let peer = caller.peer();
    let is_local = guard::is_local(settings, peer, caller.headers(), caller.target());
    if is_local && !may_be_a_silent_proxy(settings, peer) {
        return Ok(());
    }
    let message = "Without a metrics token, metrics are only available on the server itself.";
    Err(ErrorResponse::new(ErrorCode::MetricsAreLocal, message))
}

/// Whether the peer may be a proxy that adds no headers of its own. If there is a public URL there may be such a proxy,
/// unless the peer is a trusted proxy, which adds them.
fn may_be_a_silent_proxy(settings: &ServerSettings, peer: IpAddr) -> bool {
    settings.public_url.is_some() && !proxies::is_trusted(peer, &settings.trusted_proxies)
}
