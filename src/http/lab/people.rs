//! Who answers in a lab.

use serde::Serialize;

use crate::{
    http::{
        reply::{HandlerResult, ok},
        request::Request,
        route::Route,
    },
    lab::people::Profile,
    model::Permission,
};

pub fn routes() -> Vec<Route> {
    vec![Route::get("/dev/people", Permission::Public, list)]
}

#[derive(Serialize)]
struct List {
    people: Vec<Profile>,
}

async fn list(request: Request) -> HandlerResult {
    let people = request.lab()?.people()?.profiles();
    Ok(ok(&List { people }))
}
