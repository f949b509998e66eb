//! The UI as a browser asks for it: files, types, joined scripts, entity tags, compression and
//! security headers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    path::Path,
};

use flate2::read::GzDecoder;
use reqwest::{Method, StatusCode, header::HeaderMap};
use tempfile::TempDir;
use tincan::{http::ServerSettings, server::Config};

use crate::support::{Client, Server, answer, dev, raw};

/// A file's answer, with its bytes as they travelled.
/// What is at `path`, and its headers, without those of this one answer.
async fn fetch(client: &Client, path: &str, headers: &[(&str, &str)]) -> (HeaderMap, Vec<u8>) {
    let request = headers.iter().fold(
        client.request(Method::GET, path),
        |request, (name, value)| request.header(*name, *value),
    );
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let mut headers = response.headers().clone();
    for its_own in ["date", "x-request-id"] {
        headers.remove(its_own);
    }
    (headers, response.bytes().await.expect("a body").into())
}

async fn status(client: &Client, path: &str) -> u16 {
    client.get(path).await.status.as_u16()
}

fn ends_in(path: &str, extension: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|end| end == extension)
}

/// The text of a file, as it is served.
async fn text(client: &Client, path: &str) -> String {
    let (_, bytes) = fetch(client, path, &[]).await;
    String::from_utf8(bytes).expect("text")
}

/// Where the UI's files lie.
fn sources() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/ui"))
}

/// Their addresses and bytes.
fn source_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.append(&mut source_files(&path));
        } else {
            let name = path.strip_prefix(sources()).expect("a file of the UI");
            let bytes = fs::read(&path).expect("a file");
            files.insert(format!("/{}", name.display()), bytes);
        }
    }
    files
}

/// The addresses of the modules that a script loads later.
fn loaded_later(script: &str) -> Vec<String> {
    let named = script.split("import('").skip(1);
    let address = |named: &str| named.split('\'').next().expect("an address").to_owned();
    named.map(address).collect()
}

/// The addresses from which a script imports.
fn imports(script: &str) -> Vec<String> {
    let lines = script.lines().filter(|line| line.starts_with("import "));
    let address = |line: &str| {
        let (_, from) = line.split_once(" from '").expect("an import");
        from.trim_end_matches("';").to_owned()
    };
    lines.map(address).collect()
}

/// The addresses that the page names.
async fn named_by_page(client: &Client) -> Vec<String> {
    let page = text(client, "/").await;
    let named = page.split('"').filter(|value| value.starts_with('/'));
    named.map(str::to_owned).collect()
}

/// The scripts of the page and whatever they lead to, by address.
async fn page_scripts(client: &Client) -> BTreeMap<String, String> {
    let mut scripts = BTreeMap::new();
    let mut addresses = named_by_page(client).await;
    addresses.retain(|address| ends_in(address, "js"));
    while let Some(address) = addresses.pop() {
        let script = text(client, &address).await;
        let leads_to = [loaded_later(&script), imports(&script)].concat();
        scripts.insert(address, script);
        addresses.extend(leads_to);
        addresses.retain(|address| !scripts.contains_key(address));
    }
    scripts
}

#[tokio::test]
async fn every_address_of_the_ui_is_the_page() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let (headers, page) = fetch(&nobody, "/", &[]).await;
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert!(page.starts_with(b"<!doctype html>"));
    for path in [
        "/index.html",
        "/conversations/7",
        "/conversations/7/",
        "/sign-in",
        "/?code=1",
    ] {
        assert_eq!(
            fetch(&nobody, path, &[]).await,
            (headers.clone(), page.clone()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_file_has_its_type() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    for (path, content_type) in [
        ("/main.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let (headers, _) = fetch(&nobody, path, &[]).await;
        assert_eq!(headers["content-type"], content_type);
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn everything_that_the_page_names_is_there() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let named = named_by_page(&nobody).await;
    assert!(!named.is_empty());
    for path in named {
        // Who isn't signed in is shown the way to the plain pages' door.
        let expected = if path == "/plain" { 303 } else { 200 };
        assert_eq!(status(&nobody, &path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn the_script_of_the_page_brings_everything_but_what_is_loaded_later() {
    let server = Server::start(dev()).await;
    let scripts = page_scripts(&server.nobody()).await;
    assert_eq!(imports(&scripts["/main.js"]), [""; 0]);
    let later = loaded_later(&scripts["/main.js"]);
    assert!(!later.is_empty());
    for (address, script) in &scripts {
        assert!(!script.contains("import('."), "{address}: a relative one");
    }
    // What one takes from another is there.
    for (address, script) in &scripts {
        for line in script.lines().filter(|line| line.starts_with("import ")) {
            let (names, from) = line.split_once(" from '/").expect("an import");
            let export = names.replace("import", "export");
            let from = &scripts[&format!("/{}", from.trim_end_matches("';"))];
            let is_there = from.contains(&format!("\n{export};\n"));
            assert!(is_there, "{address}: {line}");
        }
    }
}

#[tokio::test]
async fn a_module_runs_in_one_script_alone() {
    let server = Server::start(dev()).await;
    let mut homes = BTreeMap::new();
    for (address, script) in page_scripts(&server.nobody()).await {
        let functions = script.lines().filter(|line| line.ends_with(" = (() => {"));
        for module in functions.filter(|line| line.starts_with("const $")) {
            if let Some(other) = homes.insert(module.to_owned(), address.clone()) {
                panic!("{module}: {other} and {address}");
            }
        }
    }
    assert!(homes.len() > 1, "{homes:?}");
}

#[tokio::test]
async fn a_worker_stands_alone() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    for address in source_files(sources()).keys() {
        if address.ends_with("-worker.js") {
            let script = text(&nobody, address).await;
            let of_modules = ["import ", "export "];
            let mut lines = script.lines();
            let found = lines.find(|line| of_modules.iter().any(|word| line.starts_with(word)));
            assert_eq!(found, None, "{address}");
            assert!(!script.contains("import("), "{address}");
        }
    }
}

#[tokio::test]
async fn no_script_and_no_style_sheet_has_lines_of_comment() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let mut texts = page_scripts(&nobody).await;
    for address in source_files(sources()).into_keys() {
        if address.ends_with("-worker.js") || ends_in(&address, "css") {
            let text = text(&nobody, &address).await;
            texts.insert(address, text);
        }
    }
    for (address, text) in texts {
        for line in text.lines() {
            let is_code = !line.is_empty() && !line.starts_with("//") && !line.starts_with("/*");
            assert!(is_code && !line.starts_with(' '), "{address}: {line:?}");
        }
    }
}

#[tokio::test]
async fn a_module_inside_a_script_is_at_no_address_of_its_own() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let scripts: BTreeSet<_> = page_scripts(&nobody).await.into_keys().collect();
    let mut inside = source_files(sources());
    inside.retain(|address, _| {
        ends_in(address, "js") && !address.ends_with("-worker.js") && !scripts.contains(address)
    });
    assert!(!inside.is_empty());
    for address in inside.keys() {
        assert_eq!(status(&nobody, address).await, 404, "{address}");
    }
}

#[tokio::test]
async fn the_folder_of_the_ui_is_served_as_it_is() {
    let config = Config {
        settings: ServerSettings {
            ui: Some(sources().to_owned()),
            ..dev().settings
        },
        ..dev()
    };
    let server = Server::start(config).await;
    let nobody = server.nobody();
    for (address, bytes) in source_files(sources()) {
        let (_, answered) = fetch(&nobody, &address, &[]).await;
        assert!(answered == bytes, "{address}");
    }
    // The version that pages compare says that there is none.
    let configuration = nobody.get("/api/config").await.expect(200);
    assert_eq!(configuration["ui"], "0000000000000000");
}

#[tokio::test]
async fn an_unknown_file_is_not_found() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    for path in [
        "/nothing.js",
        "/conversations/7/main.js",
        "/..%2fCargo.toml",
        "/%2e%2e%2fCargo.toml",
        "/main.js%00",
        "/main%2ejs",
        "/ui\\main.js",
        "//main.js",
    ] {
        assert_eq!(status(&nobody, path).await, 404, "{path}");
    }
    // As no client would send it.
    let request = "GET /../Cargo.toml HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    raw(server.address(), request).await.expect(404);
}

#[tokio::test]
async fn a_file_that_a_browser_holds_is_not_sent_again() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let (headers, _) = fetch(&nobody, "/style.css", &[]).await;
    let tag = headers["etag"].to_str().expect("a text");
    assert_eq!(headers["cache-control"], "no-cache");
    let ask = async |tags: String| {
        let request = nobody.request(Method::GET, "/style.css");
        answer(request.header("if-none-match", tags)).await
    };
    for tags in [
        tag.to_owned(),
        format!("W/{tag}"),
        format!("\"other\", {tag}"),
        "*".to_owned(),
    ] {
        let answer = ask(tags.clone()).await;
        assert_eq!(answer.headers["etag"], tag, "{tags}");
        assert_eq!(answer.headers["vary"], "accept-encoding", "{tags}");
        assert_eq!(answer.expect(304), "", "{tags}");
    }
    for tags in ["\"other\"".to_owned(), tag.replace('"', "")] {
        assert_eq!(ask(tags.clone()).await.status, 200, "{tags}");
    }
}

#[tokio::test]
async fn a_file_is_compressed_for_whoever_takes_it() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let (plain_headers, plain) = fetch(&nobody, "/style.css", &[]).await;
    for (accepted, compressed) in [
        ("gzip", true),
        ("GZIP", true),
        ("br, gzip;q=0.5", true),
        ("deflate, *", true),
        ("gzip;q=1.0, identity; q=0.5", true),
        ("identity", false),
        ("br", false),
        ("", false),
        ("gzip;q=0", false),
        ("gzip; q=0.000, *", false),
        ("*;q=0", false),
    ] {
        let headers = [("accept-encoding", accepted)];
        let (headers, bytes) = fetch(&nobody, "/style.css", &headers).await;
        assert_eq!(headers["vary"], "accept-encoding");
        let coding = headers.get("content-encoding");
        assert_eq!(coding.is_some(), compressed, "{accepted:?}");
        if coding.is_some_and(|coding| coding == "gzip") {
            assert!(bytes.len() < plain.len());
            let mut decoded = Vec::new();
            GzDecoder::new(bytes.as_slice())
                .read_to_end(&mut decoded)
                .expect("gzip");
            assert_eq!(decoded, plain);
            assert_ne!(headers["etag"], plain_headers["etag"]);
        } else {
            assert_eq!(bytes, plain, "{accepted:?}");
        }
    }
}

#[tokio::test]
async fn each_coding_has_an_entity_tag_of_its_own() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let (headers, _) = fetch(&nobody, "/style.css", &[("accept-encoding", "gzip")]).await;
    let tag = headers["etag"].to_str().expect("a text");
    // Who holds the compressed bytes doesn't hold the plain ones.
    fetch(&nobody, "/style.css", &[("if-none-match", tag)]).await;
    let request = nobody
        .request(Method::GET, "/style.css")
        .header("if-none-match", tag)
        .header("accept-encoding", "gzip");
    answer(request).await.expect(304);
}

#[tokio::test]
async fn the_page_lets_nothing_in_from_elsewhere() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    for path in ["/", "/main.js"] {
        let (headers, _) = fetch(&nobody, path, &[]).await;
        let policy = headers["content-security-policy"].to_str().expect("a text");
        let mut directives: Vec<_> = policy.split(';').map(str::trim).collect();
        directives.sort_unstable();
        assert_eq!(
            directives,
            [
                "base-uri 'none'",
                "connect-src 'self'",
                "default-src 'none'",
                "font-src 'self'",
                "form-action 'self'",
                "frame-ancestors 'none'",
                "img-src 'self' data:",
                "manifest-src 'self'",
                "require-trusted-types-for 'script'",
                "script-src 'self'",
                "style-src 'self'",
                "trusted-types tincan",
                "worker-src 'self'",
            ]
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        let permissions = headers["permissions-policy"].to_str().expect("a text");
        for feature in ["camera", "microphone", "geolocation"] {
            assert!(permissions.contains(&format!("{feature}=()")));
        }
        assert!(!headers.contains_key("strict-transport-security"));
    }
}

#[tokio::test]
async fn a_page_on_plain_http_has_no_header_that_browsers_complain_of_there() {
    let config = Config {
        settings: ServerSettings::default(),
        ..dev()
    };
    let server = Server::start(config).await;
    let (headers, _) = fetch(&server.nobody(), "/", &[]).await;
    assert!(!headers.contains_key("cross-origin-opener-policy"));
    assert!(!headers.contains_key("strict-transport-security"));
}

#[tokio::test]
async fn behind_https_a_browser_is_told_to_stay_there() {
    let config = Config {
        settings: ServerSettings {
            public_url: Some("https://chat.example".parse().expect("an origin")),
            ..dev().settings
        },
        ..dev()
    };
    let server = Server::start(config).await;
    let nobody = server.nobody();
    let (headers, _) = fetch(&nobody, "/", &[]).await;
    let transport = headers["strict-transport-security"]
        .to_str()
        .expect("a text");
    assert!(transport.starts_with("max-age="), "{transport}");
}

#[tokio::test]
async fn a_folder_is_served_as_it_is_now_and_nothing_beside_it() {
    let place = TempDir::new().expect("a folder");
    let folder = place.path().join("ui");
    fs::create_dir_all(folder.join("part")).expect("a folder");
    let write = |path: &std::path::Path, text: &str| fs::write(path, text).expect("a file");
    write(&folder.join("index.html"), "page");
    write(&folder.join("a.js"), "one");
    write(&folder.join("part/b.js"), "two");
    let secret = place.path().join("secret.txt");
    write(&secret, "secret");
    let config = Config {
        settings: ServerSettings {
            ui: Some(folder.clone()),
            ..dev().settings
        },
        ..dev()
    };
    let server = Server::start(config).await;
    let nobody = server.nobody();
    for (path, text) in [
        ("/", "page"),
        ("/conversations/7", "page"),
        ("/a.js", "one"),
        ("/part/b.js", "two"),
    ] {
        assert_eq!(fetch(&nobody, path, &[]).await.1, text.as_bytes(), "{path}");
    }
    assert_eq!(status(&nobody, "/main.js").await, 404, "only the folder's");

    write(&folder.join("a.js"), "three");
    let (headers, bytes) = fetch(&nobody, "/a.js", &[]).await;
    assert_eq!(bytes, b"three");
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    assert!(headers.contains_key("content-security-policy"));

    let absolute = secret.to_str().expect("a plain path");
    for target in [
        "/../secret.txt",
        "/part/../../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/..\\secret.txt",
        &format!("/{absolute}"),
        &format!("/part/{absolute}"),
    ] {
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = raw(server.address(), request).await;
        assert_eq!(answer.status, 404, "{target}: {}", answer.body);
    }
}
