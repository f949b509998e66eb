//! The clock of a lab.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    http::{
        reply::{HandlerResult, ok},
        request::Request,
        route::Route,
    },
    model::{
        Permission, Timestamp,
        clock::{Clock, Hands},
    },
};

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/dev/clock", Permission::Public, show),
        Route::post("/dev/clock", Permission::Public, change),
    ]
}

/// What to do with it, in this order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Change {
    /// Where it is to stand.
    set: Option<Timestamp>,
    /// How many milliseconds it is to move on.
    advance: Option<u64>,
    /// Whether it is to run from there.
    run: Option<bool>,
}

#[derive(Serialize)]
struct Shown {
    now: Timestamp,
    running: bool,
}

async fn show(request: Request) -> HandlerResult {
    request.lab()?;
    Ok(shown())
}

async fn change(mut request: Request) -> HandlerResult {
    request.lab()?;
    let Change { set, advance, run } = request.json().await?;
    let clock = Clock::of_lab();
    if let Some(to) = set {
        clock.set(Hands::Standing(to));
    }
    if let Some(by) = advance {
        clock.advance(Duration::from_millis(by));
    }
    match run {
        Some(true) => clock.run(),
        Some(false) => clock.set(Hands::Standing(clock.now())),
        None => {}
    }
    Ok(shown())
}

fn shown() -> warp::reply::Response {
    let clock = Clock::of_lab();
    ok(&Shown {
        now: clock.now(),
        running: matches!(clock.hands(), Hands::Running(_)),
    })
}
