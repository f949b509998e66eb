//! The faults of a lab.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use tokio::time::{sleep, timeout};
use warp::{http::StatusCode, reply::Response};

use crate::{
    error::Error,
    http::{
        App, RouteInfo,
        reply::{ErrorResponse, HandlerResult, json, no_content, nothing_here, ok},
        request::Request,
        route::Route,
        routes as all_routes,
    },
    lab::faults::{Added, NotAFault, PRESETS, Shown, Wanted},
    model::{Actor, Permission},
};

/// How long connections may take to end.
const PATIENCE: Duration = Duration::from_secs(1);

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/dev/faults", Permission::Public, list),
        Route::post("/dev/faults", Permission::Public, add),
        Route::delete("/dev/faults", Permission::Public, clear),
        Route::delete("/dev/faults/{id}", Permission::Public, remove),
    ]
}

#[derive(Serialize)]
struct List {
    #[serde(flatten)]
    in_force: crate::lab::faults::List,
    presets: Vec<Preset>,
}

#[derive(Serialize)]
struct Preset {
    name: &'static str,
    about: &'static str,
}

async fn list(request: Request) -> HandlerResult {
    let lab = request.lab()?;
    let presets = PRESETS.map(|(name, about)| Preset { name, about });
    Ok(ok(&List {
        in_force: lab.faults.list(),
        presets: presets.into(),
    }))
}

#[derive(Serialize)]
struct Begun {
    faults: Vec<Shown>,
}

async fn add(mut request: Request) -> HandlerResult {
    let lab = request.lab()?;
    let wanted: Wanted = request.json().await?;
    if let Some(operation) = &wanted.scope.operation
        && !all_routes().any(|route| is_operation(&route, operation))
    {
        let reason = "There is no such operation. Take an id of the contract, a method, or a method and a path.";
        return Err(Error::invalid("operation", reason).into());
    }
    let Added {
        faults,
        ended,
        retired,
    } = lab.faults.add(&wanted).map_err(not_a_fault)?;
    for (token, after) in ended {
        let app = Arc::clone(&request.app);
        if after.is_zero() {
            end_session(&app, &token).await;
            continue;
        }
        tokio::spawn(async move {
            sleep(after).await;
            end_session(&app, &token).await;
        });
    }
    let retiring = async {
        for wire in retired {
            wire.gone().await;
        }
    };
    // Otherwise the next request might still be sent over one of them.
    let _ = timeout(PATIENCE, retiring).await;
    Ok(begun(faults))
}

fn begun(faults: Vec<Shown>) -> Response {
    json(StatusCode::CREATED, &Begun { faults })
}

async fn clear(request: Request) -> HandlerResult {
    request.lab()?.faults.clear();
    Ok(no_content())
}

async fn remove(request: Request, id: u64) -> HandlerResult {
    if !request.lab()?.faults.remove(id) {
        return Err(nothing_here());
    }
    Ok(no_content())
}

/// Whether it names the route, or its method.
fn is_operation(route: &RouteInfo, operation: &str) -> bool {
    let Some(contract) = route.operation else {
        return false;
    };
    let method = route.method.as_str();
    operation == contract.id()
        || operation == method
        || operation.split_once(' ') == Some((method, route.path))
}

pub fn not_a_fault(error: NotAFault) -> ErrorResponse {
    Error::invalid("fault", error.to_string()).into()
}

/// Ends the session of a token, if there is one.
pub async fn end_session(app: &App, token: &str) {
    let by = Actor::default();
    let Ok(session) = app.store.session(token).await else {
        return;
    };
    let ended = app.store.end_session(session.user.id, session.id, by);
    if let Err(error) = ended.await {
        tracing::debug!(%error, "a session doesn’t end");
    }
}
