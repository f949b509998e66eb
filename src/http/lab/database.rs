//! Which database a lab serves: how it was at the start, and snapshots.

use std::{fs, io};

use serde::{Deserialize, Serialize};
use warp::{
    http::{HeaderValue, header::CONTENT_TYPE},
    reply::Response,
};

use crate::{
    error::{Error, ErrorCode},
    http::{
        reply::{ErrorResponse, HandlerResult, no_content, nothing_here, ok},
        request::Request,
        route::Route,
    },
    lab::{
        Content, in_background,
        seed::Seed,
        snapshots::{NotASnapshotName, SnapshotName},
    },
    model::Permission,
};

/// What is done in the background, for the log.
const SNAPSHOTS: &str = "working with a snapshot";

pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/dev/reset", Permission::Public, reset),
        Route::post("/dev/seed", Permission::Public, plant),
        Route::post("/dev/restart", Permission::Public, restart),
        Route::get("/dev/snapshots", Permission::Public, list),
        Route::put("/dev/snapshots/{name}", Permission::Public, take),
        Route::get("/dev/snapshots/{name}", Permission::Public, download),
        Route::delete("/dev/snapshots/{name}", Permission::Public, delete),
    ]
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    /// To which snapshot. Without one, to how everything was at the start.
    snapshot: Option<String>,
}

/// Puts a snapshot back, and sets the clock and everything random back to the start. Faults are those of the start again.
async fn reset(mut request: Request) -> HandlerResult {
    let lab = request.lab()?;
    let Reset { snapshot } = request.json_or_default().await?;
    let name = match snapshot {
        Some(name) => named(&name)?,
        None => SnapshotName::start(),
    };
    if !lab.snapshots.path(&name).exists() {
        return Err(nothing_here());
    }
    lab.faults.restart();
    lab.exchange(Content::Snapshot(name)).await?;
    Ok(no_content())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plant {
    seed: String,
}

/// Begins with another seed. Folders are named when the lab is started, so that no page can have them read.
async fn plant(mut request: Request) -> HandlerResult {
    let lab = request.lab()?;
    let Plant { seed } = request.json().await?;
    let seed = match seed.as_str() {
        "month" => Seed::Month,
        "edges" => Seed::Edges,
        "empty" => Seed::Empty,
        _ => return Err(Error::invalid("seed", "A seed is month, edges, or empty.").into()),
    };
    lab.exchange(Content::Seed(seed)).await?;
    Ok(no_content())
}

/// Ends all streams and opens the same database again.
async fn restart(request: Request) -> HandlerResult {
    request.lab()?.exchange(Content::Same).await?;
    Ok(no_content())
}

#[derive(Serialize)]
struct List {
    snapshots: Vec<String>,
}

async fn list(request: Request) -> HandlerResult {
    let lab = request.lab()?;
    let snapshots = in_background(SNAPSHOTS, move || lab.snapshots.names()).await?;
    Ok(ok(&List { snapshots }))
}

async fn take(request: Request, name: String) -> HandlerResult {
    let (lab, name) = (request.lab()?, named(&name)?);
    if name.is_start() {
        let message = "This one is how everything was at the start. Choose another name.";
        return Err(ErrorResponse::new(ErrorCode::Invalid, message));
    }
    let store = request.app.store.clone();
    in_background(SNAPSHOTS, move || lab.snapshots.take(store.path(), &name)).await?;
    Ok(no_content())
}

async fn delete(request: Request, name: String) -> HandlerResult {
    let (lab, name) = (request.lab()?, named(&name)?);
    if name.is_start() || !in_background(SNAPSHOTS, move || lab.snapshots.delete(&name)).await? {
        return Err(nothing_here());
    }
    Ok(no_content())
}

/// The file, in which names of tables and columns are as in `schema.sql`.
async fn download(request: Request, name: String) -> HandlerResult {
    let (lab, name) = (request.lab()?, named(&name)?);
    let path = lab.snapshots.path(&name);
    let bytes = in_background(SNAPSHOTS, move || match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    });
    let bytes = bytes.await?.ok_or_else(nothing_here)?;
    let kind = HeaderValue::from_static("application/vnd.sqlite3");
    let mut response = Response::new(bytes.into());
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

fn named(name: &str) -> HandlerResult<SnapshotName> {
    let named = name.parse();
    named.map_err(|error: NotASnapshotName| {
        ErrorResponse::new(ErrorCode::Invalid, error.to_string())
    })
}
