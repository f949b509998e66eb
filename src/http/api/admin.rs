//! Administration of accounts.

use warp::{Reply, http::StatusCode};

use super::accounts::required;
use crate::{
    contract::operations::admin::{
        self as contract, CreateUser, CreatedUser, ResetLink, UpdateUser,
    },
    http::{
        App,
        door::caller::Caller,
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Account, Permission, Rate, SessionId, UserId, Username, reset_link},
    store::{AccountUpdate, Reset},
};

pub fn routes() -> Vec<Route> {
    let administrator = Permission::Administrator;
    let (invite, protect) = (Rate::Invite, Rate::Protect);
    let (users, sessions) = ("/api/admin/users", "/api/admin/users/{id}/sessions");
    vec![
        Route::get(users, administrator, list).operation(contract::list()),
        Route::post(users, administrator, create)
            .rate(invite)
            .operation(contract::create())
            .proven(),
        Route::patch("/api/admin/users/{id}", administrator, update)
            .rate(protect)
            .operation(contract::change())
            .proven(),
        Route::post("/api/admin/users/{id}/reset", administrator, reset)
            .rate(invite)
            .operation(contract::create_reset())
            .proven(),
        Route::post("/api/admin/users/{id}/purge", administrator, purge)
            .rate(protect)
            .operation(contract::purge())
            .proven(),
        Route::get(sessions, administrator, list_sessions).operation(contract::sessions()),
        Route::delete(sessions, administrator, end_sessions)
            .rate(protect)
            .operation(contract::end_sessions())
            .proven(),
        Route::delete(
            "/api/admin/users/{id}/sessions/{sessionId}",
            administrator,
            end_session,
        )
        .rate(protect)
        .operation(contract::end_session())
        .proven(),
    ]
}

async fn list(request: Request) -> HandlerResult {
    let (app, query) = (&request.app, &request.query);
    let prefix = query.get("search").unwrap_or_default();
    let after = query.id("after", "user")?;
    let mut accounts = app.store.accounts(prefix, after).await?;
    for account in &mut accounts {
        name_providers(app, account);
    }
    Ok(ok(&accounts))
}

async fn create(mut request: Request) -> HandlerResult {
    let CreateUser { username, admin } = request.json().await?;
    let app = &request.app;
    let username = Username::new(&required("username", "Enter a username.", username)?)?;
    let (user, reset) = app
        .store
        .create_account(username, admin.unwrap_or_default(), request.actor())
        .await?;
    let link = ResetLink::of(app, &request.caller, reset);
    Ok(json(StatusCode::CREATED, &CreatedUser { user, link }))
}

impl ResetLink {
    fn of(app: &App, caller: &Caller, reset: Reset) -> Self {
        Self {
            link: reset_link(&caller.base(&app.settings), &reset.token),
            expires_at: reset.expires_at,
            made_administrators: reset.made_administrators,
        }
    }
}

async fn update(mut request: Request, id: UserId) -> HandlerResult {
    let UpdateUser {
        username,
        admin,
        disabled,
    } = request.json().await?;
    let app = &request.app;
    let change = AccountUpdate {
        username: username.map(|name| Username::new(&name)).transpose()?,
        admin,
        disabled,
    };
    let mut account = app
        .store
        .update_account(id, change, request.actor())
        .await?;
    name_providers(app, &mut account);
    Ok(ok(&account))
}

/// Replaces issuers, with which the store identifies providers, by the ids that clients know. A provider that is no
/// longer configured keeps its issuer.
fn name_providers(app: &App, account: &mut Account) {
    for name in &mut account.providers {
        if let Some(provider) = app.settings.oauth.provider_by_issuer(name) {
            name.clone_from(&provider.id);
        }
    }
}

async fn reset(request: Request, id: UserId) -> HandlerResult {
    let reset = request.app.store.create_reset(id, request.actor()).await?;
    let link = ResetLink::of(&request.app, &request.caller, reset);
    Ok(json(StatusCode::CREATED, &link))
}

/// The work is a follower’s, so it goes on if the server is restarted.
async fn purge(request: Request, id: UserId) -> HandlerResult {
    request.app.store.begin_purge(id, request.actor()).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

async fn list_sessions(request: Request, id: UserId) -> HandlerResult {
    Ok(ok(&request.app.store.account_sessions(id).await?))
}

async fn end_sessions(request: Request, id: UserId) -> HandlerResult {
    let store = &request.app.store;
    store
        .end_account_sessions(id, None, request.actor())
        .await?;
    Ok(no_content())
}

async fn end_session(request: Request, id: UserId, session: SessionId) -> HandlerResult {
    let store = &request.app.store;
    store
        .end_account_sessions(id, Some(session), request.actor())
        .await?;
    Ok(no_content())
}
