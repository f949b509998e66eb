//! What one sets for oneself, and what one's account is.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use warp::{Filter, Reply, filters::BoxedFilter, reply::Response};

use super::{
    App,
    body::Body,
    caller::{Caller, Permission},
    filters::{body, caller, only, with},
    reply::{Answer, ok},
};
use crate::model::UserId;

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let show = warp::path!("settings")
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .then(show);
    let change = warp::path!("settings")
        .and(warp::patch())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(change);
    show.or(change)
        .or(warp::path!("settings").and(only("GET, HEAD, PATCH")))
        .map(Reply::into_response)
        .boxed()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings<'a> {
    shows_activity: bool,
    admin: bool,
    has_password: bool,
    identities: Vec<Linked<'a>>,
}

/// An account with a provider that one can sign in by.
#[derive(Serialize)]
struct Linked<'a> {
    /// None where the provider isn't set up any more.
    provider: Option<&'a str>,
    name: &'a str,
    username: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    shows_activity: Option<bool>,
}

async fn show(app: Arc<App>, caller: Caller) -> Answer {
    let user = caller.session(&app).await?.user.id;
    own(&app, user).await
}

async fn change(app: Arc<App>, caller: Caller, body: Body) -> Answer {
    let (session, change): (_, Change) = caller.sent(&app, Permission::Person, body).await?;
    let user = session.user.id;
    if let Some(shows) = change.shows_activity {
        app.presence.set_shown(user, shows).await?;
    }
    own(&app, user).await
}

async fn own(app: &App, user: UserId) -> Answer {
    let identities = app.store.identities(user).await?;
    let linked = identities.iter().map(|identity| {
        let provider = app.settings.oauth.of_issuer(&identity.issuer);
        Linked {
            provider: provider.map(|provider| provider.id.as_str()),
            name: provider.map_or(&identity.issuer, |provider| &provider.name),
            username: identity.username.as_deref(),
        }
    });
    Ok(ok(&Settings {
        shows_activity: app.store.shows_activity(user).await?,
        admin: app.is_admin(user).await?,
        has_password: app.store.password_hash(user).await?.is_some(),
        identities: linked.collect(),
    }))
}
