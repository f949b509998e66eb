//! API tokens, for programs that act as their owner or as a bot.

use warp::http::StatusCode;

use crate::{
    contract::operations::tokens::{self as contract, CreateToken, CreatedToken},
    error::{Error, Result},
    http::{
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{BotName, Permission, Rate, Scope, SessionId, limits, token_name},
    store::NewToken,
};

const DAYS: u32 = 90;

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::get("/api/tokens", person, list).operation(contract::list()),
        Route::post("/api/tokens", person, create)
            .rate(Rate::Token)
            .operation(contract::create())
            .proven(),
        Route::delete("/api/tokens/{id}", person, revoke)
            .rate(Rate::Protect)
            .operation(contract::revoke()),
    ]
}

impl CreateToken {
    fn checked(self) -> Result<NewToken> {
        let scope = self.scope.as_deref().and_then(Scope::parse);
        Ok(NewToken {
            name: token_name(self.name.as_deref().unwrap_or_default())?,
            scope: scope
                .ok_or_else(|| Error::invalid("scope", "scope must be “read” or “send”."))?,
            lasts: limits::days(self.days.unwrap_or(DAYS), &limits::TOKEN_DAYS)?,
            bot: self.bot.as_deref().map(BotName::new),
        })
    }
}

async fn list(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&request.app.store.tokens(Some(user)).await?))
}

async fn create(mut request: Request) -> HandlerResult {
    let new: CreateToken = request.json().await?;
    let user = request.user()?.clone();
    let store = &request.app.store;
    let created = store.create_token(user, new.checked()?, request.actor());
    let (info, token) = created.await?;
    Ok(json(StatusCode::CREATED, &CreatedToken { info, token }))
}

async fn revoke(request: Request, id: SessionId) -> HandlerResult {
    let user = request.user()?.id;
    let store = &request.app.store;
    store.revoke_token(Some(user), id, request.actor()).await?;
    Ok(no_content())
}
