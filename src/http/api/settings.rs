//! The caller's settings and the state of their account.

use crate::{
    contract::operations::settings::{
        self as contract, AccountSettings, LinkedIdentity, UpdateSettings,
    },
    http::{
        App,
        reply::{HandlerResult, ok},
        request::Request,
        route::Route,
    },
    model::{Permission, QuietHours, UserId},
    store::NotificationSettings,
};

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::get("/api/settings", person, show).operation(contract::show()),
        Route::patch("/api/settings", person, update).operation(contract::change()),
    ]
}

async fn show(request: Request) -> HandlerResult {
    settings_of(&request.app, request.user()?.id).await
}

async fn update(mut request: Request) -> HandlerResult {
    let update: UpdateSettings = request.json().await?;
    let user = request.user()?.id;
    // Refused before anything else is changed.
    let quiet = update
        .quiet
        .map(|quiet| {
            quiet
                .map(|quiet| QuietHours::new(&quiet.from, &quiet.to, &quiet.zone))
                .transpose()
        })
        .transpose()?;
    if let Some(shows) = update.shows_activity {
        request.app.presence.set_shown(user, shows).await?;
    }
    if let Some(asks) = update.asks_first {
        request.app.store.set_asks_first(user, asks).await?;
    }
    if let Some(preview) = update.preview {
        request.app.store.set_preview(user, preview).await?;
    }
    if let Some(quiet) = quiet {
        request.app.store.set_quiet_hours(user, quiet).await?;
    }
    settings_of(&request.app, user).await
}

async fn settings_of(app: &App, user: UserId) -> HandlerResult {
    let identities = app.store.identities(user).await?;
    let linked = identities.iter().map(|identity| {
        let provider = app.settings.oauth.provider_by_issuer(&identity.issuer);
        LinkedIdentity {
            provider: provider.map(|provider| provider.id.as_str()),
            name: provider.map_or(&identity.issuer, |provider| &provider.name),
            username: identity.username.as_deref(),
        }
    });
    let admin = app.is_admin(user).await?;
    let NotificationSettings { preview, quiet } = app.store.notification_settings(user).await?;
    Ok(ok(&AccountSettings {
        shows_activity: app.store.shows_activity(user).await?,
        asks_first: app.store.asks_first(user).await?,
        preview,
        quiet,
        admin,
        may_invite: app.may_invite(user).await?,
        has_password: app.store.password_hash(user).await?.is_some(),
        needs_second_factor: admin && app.needs_second_factor(user).await?,
        identities: linked.collect(),
    }))
}
