//! One's sessions: on which devices one is signed in, and ending them.

use std::sync::Arc;

use warp::{Filter, Reply, filters::BoxedFilter, reply::Response};

use super::{
    App,
    caller::Caller,
    filters::{caller, only, with},
    reply::{Answer, no_content, ok},
};
use crate::model::SessionId;

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let list = warp::path!("sessions")
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .then(list);
    let end_others = warp::path!("sessions")
        .and(warp::delete())
        .and(with(app))
        .and(caller())
        .then(end_others);
    let list = list
        .or(end_others)
        .or(warp::path!("sessions").and(only("GET, HEAD, DELETE")));

    let end = warp::path!("sessions" / SessionId)
        .and(warp::delete())
        .and(with(app))
        .and(caller())
        .then(end);
    let end = end.or(warp::path!("sessions" / SessionId)
        .and(only("DELETE"))
        .map(|_, refusal| refusal));

    list.or(end).map(Reply::into_response).boxed()
}

async fn list(app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.session(&app).await?;
    let sessions = app.store.sessions_of(session.user.id, Some(session.id));
    Ok(ok(&sessions.await?))
}

async fn end_others(app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.session(&app).await?;
    app.store
        .end_other_sessions(session.user.id, session.id)
        .await?;
    Ok(no_content())
}

async fn end(id: SessionId, app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.session(&app).await?;
    app.store.end_session(session.user.id, id).await?;
    Ok(no_content())
}
