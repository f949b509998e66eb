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
    /// Whom one may want to be.
    people: Vec<Human>,
    answering: Vec<Profile>,
}

#[derive(Serialize)]
struct Human {
    username: String,
}

async fn list(request: Request) -> HandlerResult {
    let lab = request.lab()?;
    let people = lab.usernames().into_iter();
    Ok(ok(&List {
        people: people.map(|username| Human { username }).collect(),
        answering: lab.people()?.profiles(),
    }))
}
