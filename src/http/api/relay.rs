//! Notifications through a server that the administrator has set up.

use crate::{
    contract::operations::relay::{self as contract, RelayState, SetRelay},
    error::{Error, Result},
    http::{
        App,
        plain::language,
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Permission, Rate, RelayKind, UserId, relay_token},
    push::{Outcome, Relay},
};

const PATH: &str = "/api/push/relay";

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::get(PATH, person, show).operation(contract::show()),
        Route::put(PATH, person, set)
            .rate(Rate::Push)
            .operation(contract::set())
            .proven(),
        Route::get("/api/push/relay/topic", person, show_topic)
            .operation(contract::show_topic())
            .proven(),
        Route::post("/api/push/relay/test", person, test)
            .rate(Rate::Push)
            .operation(contract::test()),
        Route::delete(PATH, person, remove)
            .rate(Rate::Protect)
            .operation(contract::remove()),
    ]
}

async fn show(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    // Whoever knows the topic reads along, for as long as it lasts.
    let hidden = RelayState {
        topic: None,
        ..state(&request.app, user).await?
    };
    Ok(ok(&hidden))
}

async fn show_topic(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&state(&request.app, user).await?))
}

async fn test(request: Request) -> HandlerResult {
    const NOT_FOUND: Error = Error::NotFound("Notification server");
    let (app, user) = (&request.app, request.user()?.id);
    let relay = app.settings.relay.as_deref().ok_or(NOT_FOUND)?;
    let address = app.store.relay_address(user, relay.kind()).await?;
    let text = language::test_notification(&request.caller);
    match relay.test(&address.ok_or(NOT_FOUND)?, text).await {
        Outcome::Delivered => Ok(no_content()),
        Outcome::Gone | Outcome::Later(_) | Outcome::Unanswered => {
            Err(Error::RelayUnreachable.into())
        }
        Outcome::Refused(reason) => Err(Error::RelayRefused(reason).into()),
    }
}

async fn set(mut request: Request) -> HandlerResult {
    let SetRelay { token } = request.json_or_default().await?;
    let (app, user) = (&request.app, request.user()?.id);
    let relay = app.settings.relay.as_deref();
    let relay = relay.ok_or(Error::NotFound("Notification server"))?;
    let address = match relay.kind() {
        RelayKind::Ntfy => Relay::new_topic()?,
        RelayKind::Gotify => relay_token(token.as_deref().unwrap_or_default())?.to_owned(),
    };
    app.store.set_relay(user, relay.kind(), address).await?;
    Ok(ok(&state(app, user).await?))
}

async fn remove(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    request.app.store.delete_relay(user).await?;
    Ok(no_content())
}

async fn state(app: &App, user: UserId) -> Result<RelayState> {
    let Some(relay) = &app.settings.relay else {
        return Ok(RelayState::default());
    };
    let address = app.store.relay_address(user, relay.kind()).await?;
    Ok(RelayState {
        kind: Some(relay.kind()),
        server: Some(relay.url().to_string()),
        on: address.is_some(),
        // A token is nobody’s to see again.
        topic: address.filter(|_| relay.kind() == RelayKind::Ntfy),
    })
}
