//! API tokens, for programs that act in their owner's name or as a bot.

use serde::{Deserialize, Serialize};
use warp::http::StatusCode;

use crate::{
    error::{Error, Result},
    http::{
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Permission, Scope, SessionId, Username, limits, token_name},
    store::{ApiToken, NewToken},
};

const DAYS: u32 = 90;

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::get("/api/tokens", person, list).operation("tokens"),
        Route::post("/api/tokens", person, create).operation("makeToken"),
        Route::delete("/api/tokens/{id}", person, revoke).operation("revokeToken"),
    ]
}

#[derive(Deserialize)]
pub(crate) struct CreateToken {
    name: Option<String>,
    scope: Option<String>,
    days: Option<u32>,
    bot: Option<String>,
}

impl CreateToken {
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

async fn list(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&request.app.store.tokens(Some(user)).await?))
}

/// A new token, which is shown only once.
#[derive(Serialize)]
pub(crate) struct CreatedToken {
    #[serde(flatten)]
    info: ApiToken,
    token: String,
}

async fn create(mut request: Request) -> HandlerResult {
    let new: CreateToken = request.json().await?;
    let user = request.user()?.clone();
    let (info, token) = request.app.store.make_token(user, new.checked()?).await?;
    Ok(json(StatusCode::CREATED, &CreatedToken { info, token }))
}

async fn revoke(request: Request, id: SessionId) -> HandlerResult {
    let user = request.user()?.id;
    request.app.store.revoke_token(Some(user), id).await?;
    Ok(no_content())
}
