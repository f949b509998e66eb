//! The published contract: `/api/openapi.json` names every route that there is, and no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
};

use reqwest::Method;
use serde_json::Value;
use tincan::http;

use crate::support::{Client, Server, answer, dev};

/// What any method might be, known or not.
const METHODS: &[&str] = &[
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
];

/// The document, as the server gives it out.
pub async fn document(client: &Client) -> Value {
    let answer = client.get("/api/openapi.json").await;
    assert_eq!(answer.headers["content-type"], "application/json");
    answer.expect(200)
}

/// Every path of the document with its operations: method and what is said of it.
pub fn operations(document: &Value) -> Vec<(&str, Vec<(String, &Value)>)> {
    let paths = document["paths"].as_object().expect("paths").iter();
    let operations = paths.map(|(path, item)| {
        let item = item.as_object().expect("a path item").iter();
        let operations = item.filter(|(name, _)| *name != "parameters");
        let operations = operations.map(|(method, operation)| (method.to_uppercase(), operation));
        (path.as_str(), operations.collect())
    });
    operations.collect()
}

/// The methods that a path answers: HEAD wherever GET is.
fn with_head(methods: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let mut methods: BTreeSet<_> = methods.into_iter().collect();
    if methods.contains("GET") {
        methods.insert("HEAD".to_owned());
    }
    methods
}

/// Method and path, and the name of the operation.
type Operations = BTreeMap<(String, String), String>;

/// The routes of the program that belong to the contract.
fn routes() -> Operations {
    let mut routes = Operations::new();
    for route in http::routes() {
        let (method, path) = (route.method.to_string(), route.path.to_owned());
        let is_page = ["/plain", "/trust", "/dev"]
            .iter()
            .any(|page| path == *page || path.starts_with(&format!("{page}/")));
        // The UI has whatever address is nobody else's.
        let is_below = |prefixes: [&str; 2]| prefixes.iter().any(|it| path.starts_with(it));
        let is_ui =
            ["/", "/{*path}", "/share"].contains(&path.as_str()) || is_below(["/ui/", "/dev/"]);
        let Some(operation) = route.operation else {
            assert!(is_page || is_ui, "{method} {path} is in no contract");
            continue;
        };
        assert!(!is_page && !is_ui, "{method} {path} is in the contract");
        let known = routes.insert((method, path), operation.id().to_owned());
        assert_eq!(known, None, "{} is there twice", operation.id());
    }
    routes
}

#[tokio::test]
async fn the_contract_has_the_routes_of_the_program_and_no_other() {
    let server = Server::start(dev()).await;
    let document = document(&server.nobody()).await;
    let documented: Operations = operations(&document)
        .into_iter()
        .flat_map(|(path, operations)| {
            operations.into_iter().map(move |(method, described)| {
                let name = described["operationId"].as_str().expect("a name");
                ((method, path.to_owned()), name.to_owned())
            })
        })
        .collect();
    assert_eq!(documented, routes(), "the document, and the program");
}

#[tokio::test]
async fn a_path_of_the_contract_answers_the_methods_that_it_has_there_and_no_other() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let document = document(&john).await;
    for (path, operations) in operations(&document) {
        let allowed = with_head(operations.into_iter().map(|(method, _)| method));
        let segments = path.split('/').map(|segment| match segment {
            "{emoji}" => "%F0%9F%91%8D",
            parameter if parameter.starts_with('{') => "1",
            literal => literal,
        });
        let path = segments.collect::<Vec<_>>().join("/");
        for &name in METHODS {
            if allowed.contains(name) {
                continue;
            }
            let method: Method = name.parse().expect("a method");
            let refusal = answer(john.request(method, &path)).await;
            assert_eq!(refusal.status, 405, "{name} {path}");
            let allow = refusal.headers["allow"].to_str().expect("a text");
            let said = allow.split(", ").map(str::to_owned).collect();
            assert_eq!(allowed, said, "{name} {path}");
            if name != "HEAD" {
                refusal.refused(405, "method_not_allowed");
            }
        }
    }
}

#[tokio::test]
async fn a_change_of_the_contract_shows_in_its_snapshot() {
    let server = Server::start(dev()).await;
    let document = document(&server.nobody()).await;
    let now = serde_json::to_string_pretty(&document).expect("JSON") + "\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/openapi.json");
    if env::var_os("UPDATE_CONTRACT").is_some() {
        fs::write(&file, &now).expect("a file");
    }
    let kept = fs::read_to_string(&file).expect("the snapshot");
    assert!(
        kept == now,
        "the contract has changed; if that is meant, run\n\
         UPDATE_CONTRACT=1 cargo test --test it a_change_of_the_contract\n\
         and commit tests/contract/openapi.json"
    );
}

#[tokio::test]
async fn the_contract_is_of_this_version_and_needs_no_session() {
    let server = Server::start(dev()).await;
    let document = document(&server.nobody()).await;
    assert_eq!(document["openapi"], "3.1.1");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}
