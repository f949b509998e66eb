//! The caller's own sessions: listing and ending them.

use crate::{
    contract::operations::sessions as contract,
    http::{
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Permission, Rate, SessionId},
};

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::get("/api/sessions", person, list).operation(contract::list()),
        Route::delete("/api/sessions", person, end_others)
            .rate(Rate::Protect)
            .operation(contract::end_others()),
        Route::delete("/api/sessions/{id}", person, end)
            .rate(Rate::Protect)
            .operation(contract::end()),
    ]
}

async fn list(request: Request) -> HandlerResult {
    let (store, session) = (&request.app.store, request.session()?);
    let sessions = store.user_sessions(session.user.id, Some(session.id));
    Ok(ok(&sessions.await?))
}

async fn end_others(request: Request) -> HandlerResult {
    let (store, session) = (&request.app.store, request.session()?);
    store
        .end_other_sessions(session.user.id, session.id, request.actor())
        .await?;
    Ok(no_content())
}

async fn end(request: Request, id: SessionId) -> HandlerResult {
    let user = request.user()?.id;
    let store = &request.app.store;
    store.end_session(user, id, request.actor()).await?;
    Ok(no_content())
}
