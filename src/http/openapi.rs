//! The contract, as OpenAPI 3.1: `openapi.json` beside this file, written by hand. A test holds it
//! against the routes, both ways; so it also says which route a path is of.

use std::{collections::BTreeMap, sync::LazyLock};

use matchit::Router;
use serde::{Deserialize, de::IgnoredAny};
use warp::{Filter, Reply, filters::BoxedFilter, http::header::CONTENT_TYPE, reply::Response};

use super::filters::only;

const DOCUMENT: &str = include_str!("openapi.json");

/// The paths of the contract, each leading to its own name.
static PATHS: LazyLock<Router<String>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[expect(
        clippy::zero_sized_map_values,
        reason = "an object, of which the names alone matter"
    )]
    struct Document {
        paths: BTreeMap<String, IgnoredAny>,
    }

    let mut paths = Router::new();
    if let Ok(document) = serde_json::from_str::<Document>(DOCUMENT) {
        for path in document.paths.into_keys() {
            // A test holds that none is refused.
            let _ = paths.insert(path.clone(), path);
        }
    }
    paths
});

pub fn routes() -> BoxedFilter<(Response,)> {
    let document = warp::path!("openapi.json")
        .and(warp::get())
        .map(|| warp::reply::with_header(DOCUMENT, CONTENT_TYPE, "application/json"));
    document
        .or(warp::path!("openapi.json").and(only("GET, HEAD")))
        .map(Reply::into_response)
        .boxed()
}

/// The path of the contract that `path` is one of, with `{id}` and the like for what differs; none where
/// it is of no route there.
pub fn path_of(path: &str) -> Option<&'static str> {
    PATHS.at(path).ok().map(|found| found.value.as_str())
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_path_of_the_contract_is_known_by_its_own_name() {
        let document: Value = serde_json::from_str(DOCUMENT).expect("JSON");
        for path in document["paths"].as_object().expect("paths").keys() {
            let asked = path.replace(['{', '}'], "");
            assert_eq!(path_of(&asked), Some(path.as_str()), "{asked}");
        }
        for nothing in [
            "/",
            "/api",
            "/api/nothing",
            "/api/hooks",
            "/plain",
            "api",
            "",
        ] {
            assert_eq!(path_of(nothing), None, "{nothing}");
        }
    }
}
