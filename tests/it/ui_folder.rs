//! A folder in place of the UI, as a front end’s own tools have built it: its files at their own paths, its pages without our
//! rules, and reloaded when one is saved.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use reqwest::{Method, header::HeaderMap};
use tempfile::TempDir;
use tincan::{http::ServerSettings, server::Config};

use crate::support::{Binary, Client, Server, Stream, dev, ended, raw, soon, strict};

/// What a build has written, in a folder beside a secret.
struct Built {
    place: TempDir,
    server: Server,
}

impl Built {
    async fn start(config: Config) -> Self {
        let place = TempDir::new().expect("a folder");
        let folder = place.path().join("dist");
        let files = [
            ("index.html", "<!doctype html><title>App</title>"),
            ("assets/index-B3x_9.js", "app"),
            ("assets/inner/deep/a.mjs", "module"),
            ("about/index.html", "<!doctype html><title>About</title>"),
            ("ui/button/icon.svg", "<svg/>"),
            ("with space/ü 100%.txt", "named"),
            ("noextension", "bare"),
        ];
        for (name, text) in files {
            write(&folder.join(name), text);
        }
        write(&place.path().join("secret.txt"), "secret");
        let settings = ServerSettings {
            ui: Some(folder),
            ..config.settings
        };
        let server = Server::start(Config { settings, ..config }).await;
        Self { place, server }
    }

    fn folder(&self) -> PathBuf {
        self.place.path().join("dist")
    }

    fn nobody(&self) -> Client {
        self.server.nobody()
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

async fn fetch(client: &Client, path: &str, accept: &str) -> (u16, HeaderMap, String) {
    let request = client.request(Method::GET, path).header("accept", accept);
    let response = soon(path, request.send()).await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.text().await.expect("a body"))
}

/// The types that browsers insist on, or that standards name (HTML §8.1.3.2 for modules, WebAssembly Web API §4, RFC 8081).
const TYPES: &[(&str, &str)] = &[
    ("a.html", "text/html; charset=utf-8"),
    ("a.js", "text/javascript; charset=utf-8"),
    ("a.mjs", "text/javascript; charset=utf-8"),
    ("a.min.JS", "text/javascript; charset=utf-8"),
    ("a.js.map", "application/json"),
    ("a.css", "text/css; charset=utf-8"),
    ("a.json", "application/json"),
    ("a.wasm", "application/wasm"),
    ("a.webmanifest", "application/manifest+json"),
    ("a.woff2", "font/woff2"),
    ("a.woff", "font/woff"),
    ("a.ttf", "font/ttf"),
    ("a.otf", "font/otf"),
    ("a.svg", "image/svg+xml"),
    ("a.png", "image/png"),
    ("a.jpg", "image/jpeg"),
    ("a.jpeg", "image/jpeg"),
    ("a.gif", "image/gif"),
    ("a.webp", "image/webp"),
    ("a.avif", "image/avif"),
    ("favicon.ico", "image/vnd.microsoft.icon"),
    ("a.mp3", "audio/mpeg"),
    ("a.mp4", "video/mp4"),
    ("a.webm", "video/webm"),
    ("robots.txt", "text/plain; charset=utf-8"),
    ("a.md", "application/octet-stream"),
    ("LICENSE", "application/octet-stream"),
    ("a.unknown", "application/octet-stream"),
];

#[tokio::test]
async fn a_file_of_any_name_is_served_by_its_type() {
    let built = Built::start(dev()).await;
    for (name, kind) in TYPES {
        write(&built.folder().join("kinds").join(name), "it");
        let path = format!("/kinds/{name}");
        let (status, headers, text) = fetch(&built.nobody(), &path, "*/*").await;
        assert_eq!(
            (status, headers["content-type"].as_bytes()),
            (200, kind.as_bytes()),
            "{path}"
        );
        assert!(text.starts_with("it"), "{path}: {text}");
        assert_eq!(headers["cache-control"], "no-cache");
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn files_are_at_their_own_paths_and_a_router_has_all_others() {
    let built = Built::start(dev()).await;
    let nobody = built.nobody();
    let (app, about) = (
        "<!doctype html><title>App</title>",
        "<!doctype html><title>About</title>",
    );
    let page = "text/html,application/xhtml+xml,*/*;q=0.8";
    for (path, accept, expected) in [
        ("/", page, Some(app)),
        ("/index.html", page, Some(app)),
        ("/assets/index-B3x_9.js", "*/*", Some("app")),
        ("/assets/inner/deep/a.mjs", "*/*", Some("module")),
        ("/ui/button/icon.svg", "image/*", Some("<svg/>")),
        ("/noextension", "*/*", Some("bare")),
        ("/with%20space/%C3%BC%20100%25.txt", "*/*", Some("named")),
        ("/about/", page, Some(about)),
        ("/about", page, Some(about)),
        ("/conversations/7", page, Some(app)),
        ("/conversations/7", "*/*", Some(app)),
        ("/conversations/7/?tab=2", page, Some(app)),
        ("/users/john.doe", page, Some(app)),
        ("/sign-in", page, Some(app)),
        // A part of a page that is missing isn’t the page.
        ("/assets/gone.js", "*/*", None),
        ("/users/john.doe", "application/json", None),
        ("/api/nothing", page, None),
        ("/API/nothing", page, None),
        ("/.well-known/thing", page, None),
        ("/plain/nothing", page, None),
    ] {
        let (status, _, text) = fetch(&nobody, path, accept).await;
        match expected {
            Some(expected) => {
                assert_eq!(status, 200, "{path} {accept}");
                assert!(text.starts_with(expected), "{path} {accept}: {text}");
            }
            None => assert_ne!(status, 200, "{path} {accept}: {text}"),
        }
    }
}

#[tokio::test]
async fn nothing_leads_out_of_the_folder() {
    let built = Built::start(dev()).await;
    let folder = built.folder();
    let secret = built.place.path().join("secret.txt");
    write(&folder.join(".env"), "secret");
    write(&folder.join(".git/config"), "secret");
    symlink(&secret, folder.join("link.txt")).expect("a link");
    symlink(folder.join(".env"), folder.join("env.txt")).expect("a link");
    symlink(built.place.path(), folder.join("outside")).expect("a link");
    // One to a place inside is as good as the file.
    symlink(folder.join("noextension"), folder.join("inside.txt")).expect("a link");
    let (status, _, text) = fetch(&built.nobody(), "/inside.txt", "*/*").await;
    assert_eq!((status, text.as_str()), (200, "bare"));
    let absolute = secret.to_str().expect("a plain path");
    for target in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/..%2fsecret.txt",
        "/..%2Fsecret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/.%2e/secret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/assets%2findex-B3x_9.js",
        "/noextension%00.txt",
        "/%ff.txt",
        "/./noextension.txt",
        "//noextension.txt",
        "/assets//index-B3x_9.js",
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/link.txt",
        "/env.txt",
        "/outside/secret.txt",
        &format!("/{absolute}"),
        &format!("/ui/0000000000000000/{absolute}"),
        "/ui/0000000000000000/../../../secret.txt",
        "/ui/0000000000000000/..%2f..%2f..%2fsecret.txt",
        "/ui/../../secret.txt",
    ] {
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = raw(built.server.address(), request).await;
        assert_eq!(answer.status, 404, "{target}: {}", answer.body);
    }
}

/// What the page in the program is protected by.
const PROTECTION: &[&str] = &[
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
];

#[tokio::test]
async fn its_pages_have_our_rules_only_if_asked_for() {
    let with = |dev: bool, ui_policy: bool| Config {
        settings: ServerSettings {
            dev,
            ui_policy,
            ..ServerSettings::default()
        },
        ..strict()
    };
    for (config, is_protected) in [
        (with(true, false), false),
        (with(true, true), true),
        (with(false, false), true),
    ] {
        let built = Built::start(config).await;
        for path in ["/", "/assets/index-B3x_9.js"] {
            let (status, headers, _) = fetch(&built.nobody(), path, "*/*").await;
            assert_eq!(status, 200);
            let found: Vec<_> = PROTECTION
                .iter()
                .filter(|name| headers.contains_key(**name))
                .collect();
            if is_protected {
                assert!(
                    found.contains(&&"content-security-policy"),
                    "{path}: {found:?}"
                );
            } else {
                assert!(found.is_empty(), "{path}: {found:?}");
            }
        }
        // Pages of our own keep them.
        let (_, headers, _) = fetch(&built.nobody(), "/plain/sign-in", "*/*").await;
        assert!(headers.contains_key("content-security-policy"));
    }
    let ours = Server::start(dev()).await;
    let (_, headers, _) = fetch(&ours.nobody(), "/", "*/*").await;
    assert!(headers.contains_key("content-security-policy"));
}

/// The state of the folder that a page was sent with.
fn state_of(page: &str) -> &str {
    let (_, rest) = page
        .split_once("<script src=\"/ui/reload.js?")
        .expect("a script");
    rest.split_once('"').expect("an end").0
}

/// The next state that the stream tells. It comes as JSON only by chance, so the block is read as it is.
async fn told(stream: &mut Stream) -> String {
    let block = stream.next_block().await.expect("an event");
    block.trim().strip_prefix("data:").expect("data").to_owned()
}

/// What somebody does to the folder, and how.
type Change = (&'static str, fn(&Path));

#[tokio::test]
async fn a_page_is_told_when_a_file_is_saved() {
    let built = Built::start(dev()).await;
    let (nobody, folder) = (built.nobody(), built.folder());
    let watch = || nobody.request(Method::GET, "/ui/reload");
    let (_, _, page) = fetch(&nobody, "/", "text/html").await;
    let mut stream = Stream::open(watch()).await;
    assert_eq!(
        told(&mut stream).await,
        state_of(&page),
        "nothing has happened"
    );

    let mut last = state_of(&page).to_owned();
    let changes: [Change; 5] = [
        ("another text", |folder| {
            write(&folder.join("assets/index-B3x_9.js"), "app two");
        }),
        ("a new file", |folder| {
            write(&folder.join("assets/new/b.css"), "");
        }),
        ("one less", |folder| {
            fs::remove_file(folder.join("noextension")).expect("a file");
        }),
        ("another page", |folder| {
            write(&folder.join("index.html"), "<title>Two</title>");
        }),
        ("a new name", |folder| {
            fs::rename(folder.join("about"), folder.join("contact")).expect("a folder");
        }),
    ];
    for (what, change) in changes {
        change(&folder);
        let now = soon(what, told(&mut stream)).await;
        assert_ne!(now, last, "{what}");
        let (_, _, page) = fetch(&nobody, "/", "text/html").await;
        assert_eq!(state_of(&page), now, "{what}");
        last = now;
    }
    // What isn’t served changes nothing, and neither does a build that isn’t done.
    write(&folder.join(".cache/state"), "");
    write(&folder.join("node_modules/a/index.js"), "");
    fs::rename(folder.join("index.html"), folder.join(".index.html")).expect("a file");
    let mut late = Stream::open(watch()).await;
    fs::rename(folder.join(".index.html"), folder.join("index.html")).expect("a file");
    assert_eq!(told(&mut late).await, last);

    let (status, headers, script) = fetch(&nobody, "/ui/reload.js?1", "*/*").await;
    assert_eq!(
        (status, &headers["content-type"]),
        (
            200,
            &"text/javascript; charset=utf-8".parse().expect("a header")
        )
    );
    assert!(script.contains("new EventSource('/ui/reload')"));
}

#[tokio::test]
async fn nothing_watches_without_a_folder_or_outside_development_mode() {
    let none = Server::start(dev()).await;
    let strict = Built::start(strict()).await;
    for client in [none.nobody(), strict.nobody()] {
        for path in ["/ui/reload", "/ui/reload.js"] {
            assert_eq!(fetch(&client, path, "*/*").await.0, 404, "{path}");
        }
        let (_, _, page) = fetch(&client, "/", "text/html").await;
        assert!(!page.contains("/ui/reload"), "{page}");
    }
}

#[tokio::test]
async fn a_stream_of_it_ends_with_the_server() {
    let mut built = Built::start(dev()).await;
    let watch = built.nobody().request(Method::GET, "/ui/reload");
    let mut stream = Stream::open(watch).await;
    told(&mut stream).await;
    built.server.stop().await;
    assert_eq!(soon("the end", stream.next_block()).await, None);
}

#[tokio::test]
async fn a_folder_without_a_page_is_an_error_at_the_start() {
    let place = TempDir::new().expect("a folder");
    let path = |name: &str| {
        place
            .path()
            .join(name)
            .to_str()
            .expect("a plain path")
            .to_owned()
    };
    fs::create_dir(path("empty")).expect("a folder");
    write(Path::new(&path("file")), "");
    write(Path::new(&path("odd/index.html/a.txt")), "");
    for (name, reason) in [
        ("gone", "no such folder"),
        ("file", "no such folder"),
        ("empty", "no index.html"),
        ("odd", "no index.html"),
    ] {
        for mode in [&["--dev"][..], &[]] {
            let database = path("tincan.db");
            let folder = path(name);
            let usual = [
                "--listen",
                "127.0.0.1:0",
                "--db",
                &database,
                "--ui",
                &folder,
            ];
            let refused = ended(Binary::command(&[&usual[..], mode].concat())).await;
            assert_eq!(refused.code, Some(78), "{name}: {}", refused.stderr);
            assert!(
                refused.stderr.contains(reason),
                "{name}: {}",
                refused.stderr
            );
            assert!(
                refused.stderr.contains(&folder),
                "{name}: {}",
                refused.stderr
            );
            assert_eq!(refused.stdout, "", "it was never ready");
        }
    }
    assert!(!Path::new(&path("tincan.db")).exists());
}
