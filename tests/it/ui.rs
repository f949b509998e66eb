//! The UI as a browser asks for it: addresses, types, how long it is kept, entity tags, compression and security headers.

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

use crate::support::{Client, Server, answer, dev, http, raw};

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

/// Their paths and bytes, without what is written for people who work on it.
fn source_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.append(&mut source_files(&path));
        } else if path.extension().is_none_or(|end| end != "md") {
            let name = path.strip_prefix(sources()).expect("a file of the UI");
            let bytes = fs::read(&path).expect("a file");
            files.insert(name.to_str().expect("a plain path").to_owned(), bytes);
        }
    }
    files
}

/// The address of a file of the UI that the server has.
async fn address(client: &Client, name: &str) -> String {
    let config = client.get("/api/config").await.expect(200);
    format!("/ui/{}/{name}", config["ui"].as_str().expect("a version"))
}

/// The addresses that the page names.
async fn named_by_page(client: &Client) -> Vec<String> {
    let page = text(client, "/").await;
    let named = page.split('"').filter(|value| value.starts_with('/'));
    named.map(str::to_owned).collect()
}

/// The modules that a module imports, at its top, whatever they are for.
fn imports(path: &str, script: &str) -> Vec<String> {
    let folder = Path::new(path).parent().expect("a folder");
    let lines = script.lines().filter(|line| {
        let begins = ["import ", "export ", "} from "];
        begins.iter().any(|begin| line.starts_with(begin))
    });
    let named = lines.filter_map(|line| line.split('\'').rev().nth(1));
    let modules = named.filter(|name| name.starts_with('.') && ends_in(name, "js"));
    modules
        .map(|name| {
            let mut parts: Vec<_> = folder.iter().collect();
            for part in Path::new(name) {
                match part.to_str() {
                    Some(".") => {}
                    Some("..") => drop(parts.pop()),
                    _ => parts.push(part),
                }
            }
            let parts: Vec<_> = parts.iter().filter_map(|part| part.to_str()).collect();
            parts.join("/")
        })
        .collect()
}

/// These modules, and all that they import.
fn closure(files: &BTreeMap<String, Vec<u8>>, roots: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<_> = roots.iter().map(|root| (*root).to_owned()).collect();
    while let Some(path) = open.pop() {
        let bytes = files.get(&path).unwrap_or_else(|| panic!("no {path}"));
        let script = std::str::from_utf8(bytes).expect("text");
        open.extend(imports(&path, script));
        found.insert(path);
        open.retain(|path| !found.contains(path));
    }
    found
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
        ("main.js", "text/javascript; charset=utf-8"),
        ("base/base.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        ("files.json", "application/json"),
    ] {
        let (headers, _) = fetch(&nobody, &address(&nobody, path).await, &[]).await;
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

/// A browser that only finds out by reading a module what else it needs asks for one after the other.
#[tokio::test]
async fn the_page_names_every_module_of_the_first_look_and_no_other() {
    let files = source_files(sources());
    let page = std::str::from_utf8(&files["index.html"]).expect("text");
    let named = page.split('"').filter(|value| ends_in(value, "js"));
    let named: Vec<_> = named
        .map(|address| address.splitn(4, '/').last().expect("a path").to_owned())
        .collect();
    let mut first = closure(&files, &["main.js", "stream/worker.js"]);
    // A classic script, which runs before anything is painted.
    first.insert("shell/theme.js".to_owned());
    assert_eq!(named.iter().cloned().collect::<BTreeSet<_>>(), first);
    assert_eq!(named.len(), first.len(), "once each: {named:?}");
}

fn without_types(line: &str) -> String {
    let mut parts = line.split("/** @");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (_, code) = part.split_once("*/").expect("a comment ends in its line");
        text + code.strip_prefix(' ').unwrap_or(code)
    })
}

/// A line of a style sheet without the spaces that say nothing, and the last semicolon of a rule.
fn without_spaces(line: &str) -> String {
    let mut kept = String::new();
    for each in line.chars() {
        let means_nothing = each == ' ' && kept.ends_with([':', ';', ',', '{']);
        if (each == '{' && kept.ends_with(' ')) || (each == '}' && kept.ends_with(';')) {
            kept.pop();
        }
        if !means_nothing {
            kept.push(each);
        }
    }
    kept
}

#[tokio::test]
async fn a_file_is_served_as_it_is_but_for_comments_and_spaces() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let mut kept = 0;
    for (path, source) in source_files(sources()) {
        let (_, sent) = fetch(&nobody, &address(&nobody, &path).await, &[]).await;
        if path == "index.html" {
            continue;
        }
        if !["js", "css", "webmanifest"]
            .iter()
            .any(|end| ends_in(&path, end))
        {
            assert!(sent == source, "{path}");
            continue;
        }
        let (source, sent): (String, String) = [source, sent]
            .map(|bytes| String::from_utf8(bytes).expect("text"))
            .into();
        let mut is_inside = false;
        let mut expected = Vec::new();
        for line in source.lines().map(str::trim_start) {
            let begins = line.starts_with("/*");
            is_inside |= begins;
            let is_comment = if is_inside {
                !begins || !line.contains("*/") || line.ends_with("*/")
            } else {
                line.starts_with("//")
            };
            if !is_comment && !line.is_empty() {
                let line = without_types(line);
                let has_spaces = ends_in(&path, "js");
                expected.push(if has_spaces {
                    line
                } else {
                    without_spaces(&line)
                });
            }
            is_inside &= !line.contains("*/");
        }
        assert_eq!(sent.lines().collect::<Vec<_>>(), expected, "{path}");
        kept += expected.len();
    }
    assert!(kept > 1_000, "{kept} lines");
}

#[tokio::test]
async fn a_file_is_kept_for_ever_at_an_address_with_its_version() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let main = address(&nobody, "main.js").await;
    let (headers, _) = fetch(&nobody, &main, &[]).await;
    assert_eq!(
        headers["cache-control"],
        "public, max-age=31536000, immutable"
    );
    // A page of another version finds nothing, and nothing keeps that.
    for path in [
        "/ui/0000000000000000/main.js",
        "/ui/main.js",
        "/main.js",
        &main.replace("main.js", "nothing.js"),
        &main.replace("main.js", "STYLE.md"),
        &main.replace("main.js", ".hidden.js"),
    ] {
        let answer = nobody.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test]
async fn what_has_to_keep_its_address_keeps_it() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    for path in [
        "/",
        "/icon.svg",
        "/icons/192.png",
        "/manifest.webmanifest",
        "/plain.css",
        "/service-worker.js",
    ] {
        let (headers, _) = fetch(&nobody, path, &[]).await;
        assert_eq!(headers["cache-control"], "no-cache", "{path}");
        assert!(headers.contains_key("etag"), "{path}");
    }
}

#[tokio::test]
async fn the_list_of_files_has_all_that_the_page_may_need() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let list = nobody.get(&address(&nobody, "files.json").await).await;
    let list: BTreeSet<String> =
        serde_json::from_value(list.expect(200).clone()).expect("addresses");
    for address in &list {
        assert_eq!(status(&nobody, address).await, 200, "{address}");
    }
    let root = address(&nobody, "").await;
    for path in source_files(sources()).into_keys() {
        let is_code = path.contains('/') && !path.starts_with("icons/");
        let expected = match path.as_str() {
            "index.html" => Some("/".to_owned()),
            "service-worker.js" | "plain.css" => None,
            "main.js" => Some(format!("{root}{path}")),
            path if is_code => Some(format!("{root}{path}")),
            path => Some(format!("/{path}")),
        };
        if let Some(expected) = expected {
            assert!(list.contains(&expected), "{expected}");
        }
    }
    assert_eq!(list.len(), source_files(sources()).len() - 2);
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
    for (path, bytes) in source_files(sources()) {
        let address = format!("/ui/0000000000000000/{path}");
        let (headers, answered) = fetch(&nobody, &address, &[]).await;
        assert_eq!(headers["cache-control"], "no-cache");
        // A page reloads itself, which `ui_folder` is about.
        let is_same = answered == bytes || path == "index.html" && answered.starts_with(&bytes);
        assert!(is_same, "{address}");
    }
    // The version that pages compare says that there is none.
    let configuration = nobody.get("/api/config").await.expect(200);
    assert_eq!(configuration["ui"], "0000000000000000");
}

#[tokio::test]
async fn what_is_shared_without_a_service_worker_leads_to_the_page() {
    let server = Server::start(dev()).await;
    // It is larger than any body that is read, and comes from anywhere.
    let client = http().build().expect("a client");
    let sent = client
        .post(format!("http://{}/share", server.address()))
        .header("origin", "https://elsewhere.example")
        .header("content-type", "multipart/form-data; boundary=x")
        .body(vec![b'x'; 3_000_000]);
    let answer = sent.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], "/share");
    let page = server.nobody().get("/share").await;
    assert_eq!(page.status, StatusCode::OK);
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
    let (headers, _) = fetch(&nobody, "/plain.css", &[]).await;
    let tag = headers["etag"].to_str().expect("a text");
    assert_eq!(headers["cache-control"], "no-cache");
    let ask = async |tags: String| {
        let request = nobody.request(Method::GET, "/plain.css");
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
    let (plain_headers, plain) = fetch(&nobody, "/plain.css", &[]).await;
    for (accepted, expected) in [
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=0.5, br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("BR", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, *", "gzip"),
        ("deflate, *", "br"),
        ("gzip;q=1.0, identity; q=0.5", "gzip"),
        ("gzip;q=0.5, identity", ""),
        ("identity", ""),
        ("deflate", ""),
        ("", ""),
        ("gzip;q=0", ""),
        ("gzip; q=0.000, br;q=0, *", ""),
        ("gzip;q=much", ""),
        ("*;q=0", ""),
    ] {
        let headers = [("accept-encoding", accepted)];
        let (headers, bytes) = fetch(&nobody, "/plain.css", &headers).await;
        assert_eq!(headers["vary"], "accept-encoding");
        let coding = headers.get("content-encoding");
        let coding = coding.map_or("", |coding| coding.to_str().expect("a text"));
        assert_eq!(coding, expected, "{accepted:?}");
        let mut decoded = Vec::new();
        match coding {
            "gzip" => drop(GzDecoder::new(&*bytes).read_to_end(&mut decoded)),
            "br" => drop(brotli::Decompressor::new(&*bytes, 4096).read_to_end(&mut decoded)),
            _ => decoded.clone_from(&bytes),
        }
        assert_eq!(decoded, plain, "{accepted:?}");
        if !coding.is_empty() {
            assert!(bytes.len() < plain.len());
            assert_ne!(headers["etag"], plain_headers["etag"]);
        }
    }
}

#[tokio::test]
async fn each_coding_has_an_entity_tag_of_its_own() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    let (headers, _) = fetch(&nobody, "/plain.css", &[("accept-encoding", "gzip")]).await;
    let tag = headers["etag"].to_str().expect("a text");
    // Who holds the compressed bytes doesn't hold the plain ones.
    fetch(&nobody, "/plain.css", &[("if-none-match", tag)]).await;
    let request = nobody
        .request(Method::GET, "/plain.css")
        .header("if-none-match", tag)
        .header("accept-encoding", "gzip");
    answer(request).await.expect(304);
}

#[tokio::test]
async fn the_page_lets_nothing_in_from_elsewhere() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    for path in ["/", "/service-worker.js"] {
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
                "img-src 'self' data: blob:",
                "manifest-src 'self'",
                "media-src 'self' blob:",
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
        for feature in ["camera", "geolocation"] {
            assert!(permissions.contains(&format!("{feature}=()")));
        }
        // Voice messages are recorded by the page itself, and by nothing in it.
        assert!(permissions.contains("microphone=(self)"));
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
async fn a_folder_is_listed_as_it_is_now_without_links_and_what_the_page_does_not_load() {
    let place = TempDir::new().expect("a folder");
    let folder = place.path().join("ui");
    fs::create_dir_all(folder.join("part")).expect("a folder");
    let write = |path: &std::path::Path, text: &str| fs::write(path, text).expect("a file");
    write(&folder.join("index.html"), "page");
    write(&folder.join("a.js"), "one");
    write(&folder.join("part/b.js"), "two");
    write(&folder.join(".hidden.js"), "hidden");
    write(&folder.join("notes.md"), "notes");
    let secret = place.path().join("secret.txt");
    write(&secret, "secret");
    std::os::unix::fs::symlink(&secret, folder.join("link.txt")).expect("a link");
    std::os::unix::fs::symlink(place.path(), folder.join("outside")).expect("a link");
    let config = Config {
        settings: ServerSettings {
            ui: Some(folder.clone()),
            ..dev().settings
        },
        ..dev()
    };
    let server = Server::start(config).await;
    let nobody = server.nobody();
    let root = "/ui/0000000000000000";
    let list = nobody.get(&format!("{root}/files.json")).await.expect(200);
    let expected = [
        format!("{root}/a.js"),
        "/".into(),
        format!("{root}/part/b.js"),
    ];
    assert_eq!(list, serde_json::json!(expected));

    write(&folder.join("a.js"), "three");
    let (headers, bytes) = fetch(&nobody, &format!("{root}/a.js"), &[]).await;
    assert_eq!(bytes, b"three");
    assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
}
