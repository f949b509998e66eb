//! How a request proves that its caller has a permission.

use std::{net::IpAddr, sync::Arc};

use warp::http::{HeaderValue, header::WWW_AUTHENTICATE};

use super::{
    caller::{Caller, bearer},
    filters::Query,
    guard, proxies,
};
use crate::{
    error::{Error, ErrorCode},
    http::{
        App, ServerSettings,
        reply::{ErrorResponse, HandlerResult},
    },
    model::Permission,
    store::Session,
};

/// The session that has the permission. None where that takes no session.
///
/// # Errors
/// 401 where nobody known is asking, 403 for somebody who doesn't have the permission, and for a page of
/// another origin.
pub async fn authorize(
    app: &App,
    caller: &Caller,
    query: &Query,
    permission: Permission,
) -> HandlerResult<Option<Arc<Session>>> {
    let session = match permission {
        // The handlers of a hook and of a sign-in with a provider check the proof: they need what it is for.
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
        Permission::Feed => caller.session_or(app, query.get("token")).await?,
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
        Permission::Administrator => {
            let session = person(app, caller).await?;
            if !app.is_admin(session.user.id).await? {
                return Err(Error::NotAdmin.into());
            }
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

async fn person(app: &App, caller: &Caller) -> HandlerResult<Arc<Session>> {
    let session = caller.session(app).await?;
    session.require_person()?;
    Ok(session)
}

/// With a token, whoever has it may look, and nobody else: a proxy that says nothing of itself makes
/// everybody look as if they were on this machine. Without one, this machine may.
fn admit_to_metrics(settings: &ServerSettings, caller: &Caller) -> HandlerResult<()> {
    if let Some(token) = &settings.metrics_token {
        if bearer(caller.headers()).is_some_and(|given| token.matches(given)) {
            return Ok(());
        }
        let message = "This takes the token for metrics as a bearer token";
        let refusal = ErrorResponse::new(ErrorCode::Unauthorized, message);
        let scheme = HeaderValue::from_static("Bearer");
        return Err(refusal.with_header(WWW_AUTHENTICATE, scheme));
    }
    let peer = caller.peer();
    let is_local = guard::is_local(peer, caller.headers(), caller.target());
    if is_local && !may_be_a_silent_proxy(settings, peer) {
        return Ok(());
    }
    let message = "Without a token for metrics this is told to the server’s own machine alone";
    Err(ErrorResponse::new(ErrorCode::MetricsAreLocal, message))
}

/// Whether a proxy could stand between that passes on what it gets and says nothing of it. Where people
/// come by another address there may be one. One that is trusted tells.
fn may_be_a_silent_proxy(settings: &ServerSettings, peer: IpAddr) -> bool {
    settings.public_url.is_some() && !proxies::is_trusted(peer, &settings.trusted_proxies)
}
