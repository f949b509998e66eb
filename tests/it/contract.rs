//! The published contract: `/api/openapi.json` names every route that there is, and no other.
//!
//! Which routes there are is read out of the sources of `http`, as warp can't list them. The scan
//! knows the forms in which this program writes a route, and fails on any other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use reqwest::Method;
use serde_json::Value;

use crate::support::{Client, Server, answer, dev};

/// Paths with the methods of each, less the `/api` that most of them stand below; a parameter is `{}`,
/// whatever it is called.
type Routes = BTreeMap<String, BTreeSet<String>>;

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

/// The path with `{}` for each parameter.
fn unnamed(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') {
            "{}"
        } else {
            segment
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The modules that define routes of the contract, each with its text less comments and white space.
fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            // The contract isn’t about these.
            let is_beside = ["plain", "ui"].iter().any(|other| path.ends_with(other));
            if path.is_dir() && !is_beside {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source");
                let lines = text.lines().filter(|line| !line.trim().starts_with("//"));
                let code = lines.flat_map(str::chars).filter(|c| !c.is_whitespace());
                sources.push((path, code.collect()));
            }
        }
    }
    sources
}

/// Where in `code` each `what` ends, as a word of its own.
fn ends_of(code: &str, what: &str) -> Vec<usize> {
    let found = code.match_indices(what).filter(|&(start, _)| {
        let before = code[..start].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    });
    found.map(|(start, _)| start + what.len()).collect()
}

/// What stands at the start of `code` up to the parenthesis that closes it.
fn up_to_closing<'a>(code: &'a str, file: &Path) -> &'a str {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return &code[..at],
            ')' => depth -= 1,
            _ => {}
        }
    }
    panic!("{}: a parenthesis isn’t closed", file.display());
}

/// The path of the document that a pattern of `warp::path!` stands for.
fn path_of(pattern: &str, file: &Path) -> String {
    let prefix = prefix_of(pattern, file);
    let mut path = prefix.map_or_else(String::new, |prefix| format!("/{prefix}"));
    for part in pattern.split('/') {
        let literal = part
            .strip_prefix('"')
            .and_then(|part| part.strip_suffix('"'));
        match literal {
            Some(literal) => path.extend(["/", literal]),
            None if part.is_empty() || !part.chars().all(char::is_alphanumeric) => {
                panic!("{}: what is {part} in {pattern}?", file.display())
            }
            None if path.is_empty() => panic!("{}: {pattern} stands below what?", file.display()),
            None => path += "/{}",
        }
    }
    path
}

/// What a pattern stands below, which its own module or another mounts there. Where this is wrong, the
/// path that comes of it is in no document.
fn prefix_of(pattern: &str, file: &Path) -> Option<&'static str> {
    if pattern.starts_with("ConversationId") {
        Some("conversations")
    } else if file.ends_with("http/admin.rs") {
        Some("admin")
    } else {
        None
    }
}

/// The paths that the sources name, and those of them that end in a list of their methods.
fn routes() -> (BTreeSet<String>, Routes) {
    let (mut named, mut routes) = (BTreeSet::new(), Routes::new());
    for (file, code) in sources() {
        if file.ends_with("http/mod.rs") {
            // The tree itself: where it is mounted.
            assert_eq!(ends_of(&code, "warp::path").len(), 1, "{}", file.display());
            assert!(code.contains(r#"warp::path("api").and(api)"#));
            continue;
        }
        let code = code.as_str();
        let mounts: Vec<_> = ends_of(code, "warp::path(")
            .into_iter()
            .map(|at| up_to_closing(&code[at..], &file).trim_matches('"'))
            .collect();
        assert!(
            matches!(*mounts, [] | ["conversations" | "admin"]),
            "{}: what stands below {mounts:?}?",
            file.display()
        );
        // What stands for a path: where it begins, where it ends, and which path it is.
        let mut forms = Vec::new();
        for at in ends_of(code, "warp::path!(") {
            let pattern = up_to_closing(&code[at..], &file);
            let start = at - "warp::path!(".len();
            forms.push((start, at + pattern.len() + 1, path_of(pattern, &file)));
        }
        for at in ends_of(code, "warp::path::end()") {
            let prefix = mounts.first();
            let prefix = prefix.unwrap_or_else(|| panic!("{}: the end of what?", file.display()));
            forms.push((at - "warp::path::end()".len(), at, format!("/{prefix}")));
        }
        assert_eq!(
            ends_of(code, "warp::path").len(),
            forms.len() + mounts.len(),
            "{}: a path of a form that this test doesn’t know",
            file.display()
        );
        assert!(
            !code.contains("usewarp::path") && !code.contains("path::{"),
            "{}: write out warp::path",
            file.display()
        );
        named.extend(forms.iter().map(|(.., path)| path.clone()));

        for at in ends_of(code, "only(") {
            if code[..at].ends_with("pubfnonly(") {
                continue;
            }
            let methods = up_to_closing(&code[at..], &file).trim_matches('"');
            let subject = code[..at - "only(".len()]
                .strip_suffix(".and(")
                .unwrap_or_else(|| panic!("{}: {methods} of what?", file.display()));
            let direct = forms.iter().find(|(_, end, _)| *end == subject.len());
            let path = direct.map(|(.., path)| path).or_else(|| {
                // A name that was given to a path above.
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                let name = &subject[subject.trim_end_matches(is_word).len()..];
                let mut forms = forms.iter().rev();
                let (.., path) = forms.find(|&&(start, end, _)| {
                    start < subject.len()
                        && code[..start].ends_with(&format!("let{name}="))
                        && code[end..].starts_with(';')
                })?;
                Some(path)
            });
            let path =
                path.unwrap_or_else(|| panic!("{}: {methods} of which path?", file.display()));
            // HTTP's list has a comma and a space; the space went with the others.
            let methods = methods.split(',').map(str::to_owned).collect();
            let known = routes.insert(path.clone(), methods);
            assert_eq!(known, None, "{path} has its methods twice");
        }
    }
    (named, routes)
}

#[tokio::test]
async fn the_contract_has_the_routes_of_the_sources_and_no_other() {
    let server = Server::start(dev()).await;
    let document = document(&server.nobody()).await;
    let documented: Routes = operations(&document)
        .into_iter()
        .map(|(path, operations)| {
            let path = path.strip_prefix("/api").unwrap_or(path);
            let methods = operations.into_iter().map(|(method, _)| method);
            (unnamed(path), with_head(methods))
        })
        .collect();
    let (named, routes) = routes();
    let with_methods: BTreeSet<_> = routes.keys().cloned().collect();
    assert_eq!(
        named, with_methods,
        "a path doesn’t say which methods it has"
    );
    assert_eq!(documented, routes, "the document, and the sources");
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
async fn the_contract_is_of_this_version_and_needs_no_session() {
    let server = Server::start(dev()).await;
    let document = document(&server.nobody()).await;
    assert_eq!(document["openapi"], "3.1.1");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}
