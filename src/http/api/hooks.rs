//! Incoming webhooks. A room's owner creates them, and programs post messages with them. The URL of a hook is its
//! secret, so posting needs no session.

mod message;

use warp::http::StatusCode;

use super::accounts::required;
use crate::{
    contract::operations::hooks::{self as contract, CreateHook, CreatedHook, Posted},
    http::{
        form_data::{FormData, Uploads},
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{BotName, ConversationId, HookId, Permission, Rate, caption, message_content},
};

pub fn routes() -> Vec<Route> {
    let (hook, person) = (Permission::Hook, Permission::Person);
    let (hooks, one) = (
        "/api/conversations/{id}/hooks",
        "/api/conversations/{id}/hooks/{hookId}",
    );
    vec![
        Route::get(hooks, person, list).operation(contract::list()),
        Route::post(hooks, person, create)
            .rate(Rate::Token)
            .operation(contract::create())
            .proven(),
        Route::delete(one, person, remove)
            .rate(Rate::Protect)
            .operation(contract::remove()),
        Route::post("/api/hooks/{secret}", hook, post)
            .secret("secret")
            .operation(contract::post()),
    ]
}

/// Posts a bot's message.
async fn post(mut request: Request, secret: String) -> HandlerResult {
    let hook = request.app.store.find_hook(&secret).await?;
    let app = &request.app;
    app.throttle.admit_post(hook.id)?;
    // However many hooks somebody has.
    app.rates.admit_user(Rate::Send, hook.maker)?;
    app.store.require_room()?;
    app.store.require_text_space(hook.bot.id).await?;
    let (content, uploads) = if request.is_form_data() {
        let FormData { fields, files } = request.form_data(hook.bot.id, |_| Ok(())).await?;
        (message::content_of_form(&fields)?, Some(files?))
    } else {
        let body = request.bytes().await?;
        (message::content(request.caller.headers(), &body)?, None)
    };
    let files = uploads.as_ref().map(Uploads::ids).unwrap_or_default();
    let content = if files.is_empty() {
        message_content(&content)?
    } else {
        caption(&content)?
    };
    let (store, content) = (&request.app.store, content.to_owned());
    let sent = store.send_by_hook(&secret, content, files.to_vec()).await?;
    if let Some(uploads) = uploads {
        uploads.settle(&sent);
    }
    let message = sent.message.view(hook.bot.id);
    Ok(json(StatusCode::CREATED, &Posted { message, ok: true }))
}

async fn list(request: Request, id: ConversationId) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&request.app.store.hooks(user, id).await?))
}

async fn create(mut request: Request, id: ConversationId) -> HandlerResult {
    let CreateHook { bot } = request.json().await?;
    let (app, user) = (&request.app, request.user()?.clone());
    let bot = required("bot", "Enter a name for the bot.", bot)?;
    let bot = BotName::new(&bot);
    let created = app.store.create_hook(user, id, bot, request.actor());
    let (hook, secret) = created.await?;
    let url = format!("{}/api/hooks/{secret}", request.caller.base(&app.settings));
    Ok(json(
        StatusCode::CREATED,
        &CreatedHook { hook, url, secret },
    ))
}

async fn remove(request: Request, id: ConversationId, hook: HookId) -> HandlerResult {
    let user = request.user()?.id;
    let store = &request.app.store;
    store.delete_hook(user, id, hook, request.actor()).await?;
    Ok(no_content())
}
