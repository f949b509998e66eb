//! What has happened lately, as a list and as a stream.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use futures_util::stream;
use serde::Serialize;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;
use warp::{http::header::ACCEPT, reply::Response};

use crate::{
    error::Error,
    http::{
        feed::sse,
        reply::{HandlerResult, ok},
        request::Request,
        route::Route,
    },
    lab::log::Entry,
    model::Permission,
};

pub fn routes() -> Vec<Route> {
    vec![Route::get("/dev/log", Permission::Public, show)]
}

#[derive(Serialize)]
struct List<'a> {
    entries: Vec<&'a Entry>,
}

/// The entries after the one that the client knows; as a stream, if it takes one, with those that follow.
async fn show(request: Request) -> HandlerResult {
    let lab = request.lab()?;
    let headers = request.caller.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let after = text("last-event-id").or_else(|| request.query.get("after"));
    let after = after.map_or(Ok(0), str::parse);
    let after = after.map_err(|_| Error::invalid("after", "after must be an entry’s id."))?;
    if text(ACCEPT.as_str()).is_some_and(|kinds| kinds.contains("text/event-stream")) {
        let (entries, live) = lab.log.follow(after);
        return Ok(follow(entries, live, request.app.stopping.clone()));
    }
    let entries = lab.log.after(after);
    Ok(ok(&List {
        entries: entries.iter().map(|entry| &**entry).collect(),
    }))
}

fn follow(
    entries: Vec<Arc<Entry>>,
    live: Receiver<Arc<Entry>>,
    stopping: CancellationToken,
) -> Response {
    let state = (VecDeque::from(entries), live, stopping);
    let frames = stream::unfold(state, |(mut entries, mut live, stopping)| async move {
        let entry = match entries.pop_front() {
            Some(entry) => entry,
            None => loop {
                match stopping.run_until_cancelled(live.recv()).await? {
                    Ok(entry) => break entry,
                    // Whoever reads so slowly misses some.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
            },
        };
        // Writing it as JSON can’t fail, and leaves no line break.
        let data = serde_json::to_string(&*entry).unwrap_or_default();
        let frame = format!("id:{}\ndata:{data}\n\n", entry.id);
        Some((Ok::<_, Infallible>(frame), (entries, live, stopping)))
    });
    sse::response(frames)
}
