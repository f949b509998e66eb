//! Having somebody do something, now or later, and waiting until nothing is left to be done.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use tokio::time::{sleep, timeout};
use warp::http::StatusCode;

use crate::{
    error::{Error, ErrorCode, Result},
    http::{
        App,
        reply::{ErrorResponse, HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    lab::{Lab, client::Reply, puppets::Act},
    model::{Permission, Timestamp},
};

/// How many seconds [`idle`] waits, if nothing else is said, and at most.
const WAIT: u64 = 10;
const LONGEST_WAIT: u64 = 60;
/// How long until it looks again.
const AGAIN: Duration = Duration::from_millis(5);

pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/dev/act", Permission::Public, act),
        Route::get("/dev/idle", Permission::Public, idle),
    ]
}

#[derive(Serialize)]
struct Done {
    /// Of what was made or changed, if it has one.
    id: Option<String>,
}

#[derive(Serialize)]
struct Scheduled {
    act: u64,
    at: Timestamp,
}

async fn act(mut request: Request) -> HandlerResult {
    let lab = request.lab()?;
    let act: Act = request.json().await?;
    if act.after_ms > 0 {
        let at = Timestamp::now().after(Duration::from_millis(act.after_ms));
        let acting = Arc::clone(&lab);
        let number = lab.agenda.spawn(|plan| async move {
            plan.until(at).await;
            match perform(&acting, &act).await {
                Ok(reply) if reply.is_done() => {}
                Ok(Reply { status, body, .. }) => {
                    tracing::warn!(who = act.who, %status, %body, "a puppet was refused");
                }
                Err(error) => tracing::warn!(who = act.who, %error, "a puppet can’t act"),
            }
        });
        return Ok(json(StatusCode::ACCEPTED, &Scheduled { act: number, at }));
    }
    let reply = perform(&lab, &act).await?;
    if !reply.is_done() {
        return Ok(json(reply.status, &reply.body));
    }
    Ok(ok(&Done { id: reply.id() }))
}

async fn perform(lab: &Lab, act: &Act) -> Result<Reply> {
    let performed = lab.puppets()?.perform(act).await;
    performed.map_err(|error| {
        tracing::error!(%error, "can’t reach the lab’s own address");
        Error::Internal
    })
}

/// Answers once nothing is left to be done without anybody’s doing.
async fn idle(request: Request) -> HandlerResult {
    let lab = request.lab()?;
    let seconds = match request.query.get("wait") {
        Some(wait) => wait.parse().map_err(|_| {
            let reason = format!("wait must be a number of seconds, up to {LONGEST_WAIT}.");
            Error::invalid("wait", reason)
        })?,
        None => WAIT,
    };
    let patience = Duration::from_secs(LONGEST_WAIT.min(seconds));
    match timeout(patience, settle(&lab, &request.app)).await {
        Ok(settled) => {
            settled?;
            Ok(no_content())
        }
        Err(_) => Err(ErrorResponse::new(
            ErrorCode::Timeout,
            format!("Not idle yet: {} on the agenda.", lab.agenda.pending()),
        )),
    }
}

async fn settle(lab: &Lab, app: &App) -> Result<()> {
    let people = lab.people()?;
    loop {
        let made = lab.agenda.made();
        if lab.agenda.pending() == 0 {
            // What was written so far may give them something to do.
            people.hear_everything().await;
            app.store.wait_for_writer().await?;
            if lab.agenda.made() == made && lab.agenda.pending() == 0 {
                return Ok(());
            }
        }
        sleep(AGAIN).await;
    }
}
