//! The audit log, and the notices that people get from it.

use super::messages::limit;
use crate::{
    contract::operations::audit::{self as contract, SeenNotices},
    error::Error,
    http::{
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{Permission, SecurityEventId},
};

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    vec![
        Route::get("/api/admin/audit", Permission::Administrator, list).operation(contract::list()),
        Route::get("/api/notices", person, notices).operation(contract::notices()),
        Route::post("/api/notices/seen", person, see).operation(contract::see()),
    ]
}

async fn list(request: Request) -> HandlerResult {
    let query = &request.query;
    let before = query.id("before", "event")?;
    let limit = limit(query)?;
    let events = request.app.store.security_events(before, None, limit);
    Ok(ok(&events.await?))
}

async fn notices(request: Request) -> HandlerResult {
    let session = request.session()?;
    let notices = request.app.store.notices(session.user.id, session.id);
    Ok(ok(&notices.await?))
}

async fn see(mut request: Request) -> HandlerResult {
    let SeenNotices { up_to } = request.json().await?;
    let up_to = up_to.as_deref().map(str::parse::<SecurityEventId>);
    let up_to = up_to.and_then(Result::ok);
    let up_to = up_to.ok_or_else(|| Error::invalid("upTo", "upTo takes the id of a notice."))?;
    let session = request.session()?;
    let store = &request.app.store;
    store
        .see_notices(session.user.id, session.id, up_to)
        .await?;
    Ok(no_content())
}
