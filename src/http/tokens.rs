//! API tokens, for programs that act in one's own name or as a bot.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use warp::{Filter, Reply, filters::BoxedFilter, http::StatusCode, reply::Response};

use super::{
    App,
    body::Body,
    caller::{Caller, Permission},
    filters::{body, caller, only, with},
    reply::{Answer, json, no_content, ok},
};
use crate::{
    error::{Error, Result},
    model::{Scope, SessionId, Username, limits, token_name},
    store::{ApiToken, NewToken},
};

const DAYS: u32 = 90;

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let list = warp::path!("tokens")
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .then(list);
    let make = warp::path!("tokens")
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(make);
    let list = list
        .or(make)
        .or(warp::path!("tokens").and(only("GET, HEAD, POST")));

    let revoke = warp::path!("tokens" / SessionId)
        .and(warp::delete())
        .and(with(app))
        .and(caller())
        .then(revoke);
    let revoke = revoke.or(warp::path!("tokens" / SessionId)
        .and(only("DELETE"))
        .map(|_, refusal| refusal));

    list.or(revoke).map(Reply::into_response).boxed()
}

/// A token to be made, as a client asks for it.
#[derive(Deserialize)]
struct Draft {
    name: Option<String>,
    scope: Option<String>,
    days: Option<u32>,
    bot: Option<String>,
}

impl Draft {
    fn checked(self) -> Result<NewToken> {
        let scope = self.scope.as_deref().and_then(Scope::of);
        Ok(NewToken {
            name: token_name(&self.name.unwrap_or_default())?,
            scope: scope.ok_or_else(|| Error::invalid("scope", "A scope is “read” or “send”"))?,
            lasts: limits::days(self.days.unwrap_or(DAYS), &limits::TOKEN_DAYS)?,
            bot: self
                .bot
                .map(|name| Username::in_field("bot", &name))
                .transpose()?,
        })
    }
}

async fn list(app: Arc<App>, caller: Caller) -> Answer {
    let user = caller.session(&app).await?.user.id;
    Ok(ok(&app.store.tokens(Some(user)).await?))
}

async fn make(app: Arc<App>, caller: Caller, body: Body) -> Answer {
    #[derive(Serialize)]
    struct Made {
        #[serde(flatten)]
        info: ApiToken,
        token: String,
    }

    let (session, draft): (_, Draft) = caller.sent(&app, Permission::Person, body).await?;
    let user = session.user.clone();
    let (info, token) = app.store.make_token(user, draft.checked()?).await?;
    Ok(json(StatusCode::CREATED, &Made { info, token }))
}

async fn revoke(id: SessionId, app: Arc<App>, caller: Caller) -> Answer {
    let user = caller.session(&app).await?.user.id;
    app.store.revoke_token(Some(user), id).await?;
    Ok(no_content())
}
