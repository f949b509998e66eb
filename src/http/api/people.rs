//! Other people: finding them, their profiles, and blocking them.

use crate::{
    contract::operations::people as contract,
    error::{Error, Result},
    http::{
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Permission, Rate, User, UserId},
};

pub fn routes() -> Vec<Route> {
    let (read, person) = (Permission::Read, Permission::Person);
    vec![
        Route::get("/api/usernames", read, search_usernames)
            .operation(contract::search_usernames()),
        Route::get("/api/users", read, search).operation(contract::search()),
        Route::get("/api/users/{id}", read, show).operation(contract::show()),
        Route::put("/api/users/{id}/block", person, block)
            .rate(Rate::Protect)
            .operation(contract::block()),
        Route::delete("/api/users/{id}/block", person, unblock).operation(contract::unblock()),
        Route::get("/api/blocks", person, list_blocked).operation(contract::list_blocked()),
    ]
}

async fn search_usernames(request: Request) -> HandlerResult {
    let found = find(&request).await?;
    let names: Vec<_> = found.iter().map(|user| &user.username).collect();
    Ok(ok(&names))
}

async fn search(request: Request) -> HandlerResult {
    Ok(ok(&find(&request).await?))
}

async fn find(request: &Request) -> Result<Vec<User>> {
    let user = request.user()?.id;
    let text = request.query.get("search").map(str::trim);
    let text = text
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Error::invalid("search", "Enter the beginning of a name."))?;
    request.app.store.search_users(user, text).await
}

async fn show(request: Request, id: UserId) -> HandlerResult {
    let caller = request.user()?.id;
    Ok(ok(&request.app.store.profile(caller, id).await?))
}

async fn block(request: Request, id: UserId) -> HandlerResult {
    set_blocked(&request, id, true).await
}

async fn unblock(request: Request, id: UserId) -> HandlerResult {
    set_blocked(&request, id, false).await
}

async fn set_blocked(request: &Request, id: UserId, blocked: bool) -> HandlerResult {
    let caller = request.user()?.id;
    let presence = &request.app.presence;
    presence.set_blocked(caller, id, blocked).await?;
    Ok(no_content())
}

async fn list_blocked(request: Request) -> HandlerResult {
    let caller = request.user()?.id;
    Ok(ok(&request.app.store.blocks(caller).await?))
}
