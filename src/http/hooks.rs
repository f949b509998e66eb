//! Hooks: what a room's owner sets up, and the one address of the contract at which nobody signs in,
//! as the address itself is the secret.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use warp::{Filter, Reply, filters::BoxedFilter, http::StatusCode, reply::Response};

use super::{
    App,
    accounts::required,
    body::{Body, is_of_type},
    caller::{Caller, Permission},
    filters::{body, caller, only, with},
    reply::{Answer, json, no_content, ok},
};
use crate::{
    model::{ConversationId, HookId, Username, message_content},
    store::Hook,
};

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let post = warp::path!("hooks" / String)
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(post);
    let post = post.or(warp::path!("hooks" / String)
        .and(only("POST"))
        .map(|_, refusal| refusal));

    let list = warp::path!("conversations" / ConversationId / "hooks")
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .then(list);
    let make = warp::path!("conversations" / ConversationId / "hooks")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(make);
    let list = list
        .or(make)
        .or(warp::path!("conversations" / ConversationId / "hooks")
            .and(only("GET, HEAD, POST"))
            .map(|_, refusal| refusal));

    let remove = warp::path!("conversations" / ConversationId / "hooks" / HookId)
        .and(warp::delete())
        .and(with(app))
        .and(caller())
        .then(remove);
    let remove = remove.or(
        warp::path!("conversations" / ConversationId / "hooks" / HookId)
            .and(only("DELETE"))
            .map(|_, _, refusal| refusal),
    );

    post.or(list).or(remove).map(Reply::into_response).boxed()
}

#[derive(Deserialize)]
struct Post {
    content: Option<String>,
}

/// A bot's message: the body is JSON with the content, or plain text that is the content.
async fn post(secret: String, app: Arc<App>, caller: Caller, body: Body) -> Answer {
    let hook = app.store.hook_target(&secret).await?;
    app.throttle.admit_post(hook.id)?;
    let content = if is_of_type(caller.headers(), "text/plain") {
        body.text(caller.headers()).await?
    } else {
        let Post { content } = body.json(caller.headers()).await?;
        content.unwrap_or_default()
    };
    let content = message_content(&content)?.to_owned();
    let sent = app.store.post_by_hook(&secret, content).await?;
    let message = sent.message.view(hook.bot.id);
    Ok(json(StatusCode::CREATED, &message))
}

async fn list(id: ConversationId, app: Arc<App>, caller: Caller) -> Answer {
    let user = caller.session(&app).await?.user.id;
    Ok(ok(&app.store.hooks(user, id).await?))
}

#[derive(Deserialize)]
struct Draft {
    bot: Option<String>,
}

async fn make(id: ConversationId, app: Arc<App>, caller: Caller, body: Body) -> Answer {
    #[derive(Serialize)]
    struct Made {
        #[serde(flatten)]
        hook: Hook,
        url: String,
        secret: String,
    }

    let (session, Draft { bot }) = caller.sent(&app, Permission::Person, body).await?;
    let user = session.user.clone();
    let bot = required("bot", "A hook posts as a bot, which needs a name", bot)?;
    let bot = Username::in_field("bot", &bot)?;
    let (hook, secret) = app.store.make_hook(user, id, bot).await?;
    let url = format!("{}/api/hooks/{secret}", caller.base(&app.settings));
    Ok(json(StatusCode::CREATED, &Made { hook, url, secret }))
}

async fn remove(id: ConversationId, hook: HookId, app: Arc<App>, caller: Caller) -> Answer {
    let user = caller.session(&app).await?.user.id;
    app.store.remove_hook(user, id, hook).await?;
    Ok(no_content())
}
