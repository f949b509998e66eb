//! What administrators do with other people's accounts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use warp::{Filter, Reply, filters::BoxedFilter, http::StatusCode, reply::Response};

use super::{
    App,
    accounts::required,
    body::Body,
    caller::{Caller, Permission},
    filters::{Query, body, caller, only, query, with},
    reply::{Answer, json, no_content, ok},
};
use crate::{
    model::{Account, SessionId, Timestamp, UserId, Username, reset_link},
    store::{AccountChange, Reset},
};

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let list = warp::path!("users")
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .and(query())
        .then(list);
    let make = warp::path!("users")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(make);
    let list = list
        .or(make)
        .or(warp::path!("users").and(only("GET, HEAD, POST")));

    let change = warp::path!("users" / UserId)
        .and(warp::patch())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(change);
    let change = change.or(warp::path!("users" / UserId)
        .and(only("PATCH"))
        .map(|_, refusal| refusal));

    let reset = warp::path!("users" / UserId / "reset")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .then(reset);
    let reset = reset.or(warp::path!("users" / UserId / "reset")
        .and(only("POST"))
        .map(|_, refusal| refusal));

    let sessions = warp::path!("users" / UserId / "sessions")
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .then(sessions);
    let end_all = warp::path!("users" / UserId / "sessions")
        .and(warp::delete())
        .and(with(app))
        .and(caller())
        .then(end_all);
    let sessions = sessions
        .or(end_all)
        .or(warp::path!("users" / UserId / "sessions")
            .and(only("GET, HEAD, DELETE"))
            .map(|_, refusal| refusal));

    let end = warp::path!("users" / UserId / "sessions" / SessionId)
        .and(warp::delete())
        .and(with(app))
        .and(caller())
        .then(end);
    let end = end.or(warp::path!("users" / UserId / "sessions" / SessionId)
        .and(only("DELETE"))
        .map(|_, _, refusal| refusal));

    let admin = list.or(change).or(reset).or(sessions).or(end);
    warp::path("admin")
        .and(admin)
        .map(Reply::into_response)
        .boxed()
}

async fn list(app: Arc<App>, caller: Caller, query: Query) -> Answer {
    caller.administrator(&app).await?;
    let prefix = query.get("search").unwrap_or_default();
    let after = query.id("after", "User")?;
    let mut accounts = app.store.accounts(prefix, after).await?;
    for account in &mut accounts {
        name_providers(&app, account);
    }
    Ok(ok(&accounts))
}

#[derive(Deserialize)]
struct Draft {
    username: Option<String>,
    admin: Option<bool>,
}

async fn make(app: Arc<App>, caller: Caller, body: Body) -> Answer {
    #[derive(Serialize)]
    struct Made {
        user: Account,
        #[serde(flatten)]
        link: Link,
    }

    let (_, Draft { username, admin }) = caller.sent(&app, Permission::Administrator, body).await?;
    let username = Username::new(&required("username", "Username required", username)?)?;
    let (user, reset) = app
        .store
        .make_account(username, admin.unwrap_or_default())
        .await?;
    let link = Link::of(&app, &caller, &reset);
    Ok(json(StatusCode::CREATED, &Made { user, link }))
}

/// By which somebody chooses their password.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    link: String,
    expires_at: Timestamp,
}

impl Link {
    fn of(app: &App, caller: &Caller, reset: &Reset) -> Self {
        Self {
            link: reset_link(&caller.base(&app.settings), &reset.token),
            expires_at: reset.expires_at,
        }
    }
}

#[derive(Deserialize)]
struct Change {
    username: Option<String>,
    admin: Option<bool>,
    disabled: Option<bool>,
}

async fn change(id: UserId, app: Arc<App>, caller: Caller, body: Body) -> Answer {
    let (_, change) = caller.sent(&app, Permission::Administrator, body).await?;
    let Change {
        username,
        admin,
        disabled,
    } = change;
    let change = AccountChange {
        username: username.map(|name| Username::new(&name)).transpose()?,
        admin,
        disabled,
    };
    let mut account = app.store.change_account(id, change).await?;
    name_providers(&app, &mut account);
    Ok(ok(&account))
}

/// The store knows providers by their issuers, and clients know them by our ids; one that isn’t set up any
/// more stays an issuer.
fn name_providers(app: &App, account: &mut Account) {
    for name in &mut account.providers {
        if let Some(provider) = app.settings.oauth.of_issuer(name) {
            name.clone_from(&provider.id);
        }
    }
}

async fn reset(id: UserId, app: Arc<App>, caller: Caller) -> Answer {
    caller.administrator(&app).await?;
    let reset = app.store.make_reset(id).await?;
    let link = Link::of(&app, &caller, &reset);
    Ok(json(StatusCode::CREATED, &link))
}

async fn sessions(id: UserId, app: Arc<App>, caller: Caller) -> Answer {
    caller.administrator(&app).await?;
    Ok(ok(&app.store.sessions_of_account(id).await?))
}

async fn end_all(id: UserId, app: Arc<App>, caller: Caller) -> Answer {
    caller.administrator(&app).await?;
    app.store.end_sessions_of_account(id, None).await?;
    Ok(no_content())
}

async fn end(id: UserId, session: SessionId, app: Arc<App>, caller: Caller) -> Answer {
    caller.administrator(&app).await?;
    app.store.end_sessions_of_account(id, Some(session)).await?;
    Ok(no_content())
}
