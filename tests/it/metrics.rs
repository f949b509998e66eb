//! What the server counts of itself: that it counts what happens, whom it tells, and that nothing of what a
//! client sent comes out.

use std::{collections::BTreeSet, fs, net::SocketAddr, process::Stdio};

use serde_json::json;
use tempfile::TempDir;
use tincan::{http::ServerSettings, model::limits::FileLimits, oauth::Secret, server::Config};

use crate::{
    contract::document,
    plain::Browser,
    support::{
        Answer, Binary, Server, Socket, Talk, answer, at_once, dev, ended, messages, narrow, raw,
        soon, strict, text,
    },
};

const TOKEN: &str = "tea-at-half-past-four";

/// What it says now.
async fn shown(address: SocketAddr) -> String {
    let answer = crate::support::Client::new(address).get("/metrics").await;
    let kind = answer.headers["content-type"].to_str().expect("a text");
    assert!(
        kind.starts_with("application/openmetrics-text; version=1.0.0"),
        "{kind}"
    );
    assert_eq!(answer.headers["cache-control"], "no-store");
    let shown = text(&answer.expect(200)).to_owned();
    assert!(shown.ends_with("# EOF\n"), "{shown}");
    shown
}

/// The value of a series, by its name with its labels; nought where it has none yet.
fn value(shown: &str, series: &str) -> f64 {
    let mut lines = shown.lines().filter_map(|line| line.rsplit_once(' '));
    let value = lines.find(|(name, _)| *name == series);
    value.map_or(0.0, |(_, value)| value.parse().expect("a number"))
}

/// Waits until a series is as it should be.
pub async fn until(address: SocketAddr, series: &str, is_right: impl Fn(f64) -> bool) {
    crate::support::until(series, async || {
        is_right(value(&shown(address).await, series)).then_some(())
    })
    .await;
}

#[track_caller]
fn expect(shown: &str, series: &str, expected: f64) {
    let value = value(shown, series);
    assert!(
        (value - expected).abs() < f64::EPSILON,
        "{series} is {value}, not {expected}, in\n{shown}"
    );
}

#[tokio::test]
async fn what_happens_is_counted() {
    let talk = Talk::start(dev()).await;
    let mut stream = talk.jane.follow(None).await;
    for content in ["one", "two"] {
        talk.john.say(&talk.conversation, content).await;
        stream.next_named("message").await;
    }
    let draft = json!({ "content": "" });
    talk.john
        .post(&messages(&talk.conversation), draft)
        .await
        .expect(422);
    let before = shown(talk.server.address()).await;
    let route = r#"method="POST",route="/api/conversations/{id}/messages""#;
    let answers = |status| format!(r#"tincan_http_requests_total{{{route},status="{status}"}}"#);
    expect(&before, &answers(201), 2.0);
    expect(&before, &answers(422), 1.0);
    let times = format!("tincan_http_request_duration_seconds_count{{{route}}}");
    expect(&before, &times, 3.0);
    expect(&before, r#"tincan_streams{transport="sse"}"#, 1.0);
    expect(&before, "tincan_queued_writes", 0.0);
    let build = format!(
        r#"tincan_build_info{{version="{}"}}"#,
        env!("CARGO_PKG_VERSION")
    );
    expect(&before, &build, 1.0);
    for (series, least) in [
        ("tincan_batch_writes_sum", 2.0),
        ("tincan_batch_writes_count", 2.0),
        ("tincan_commit_duration_seconds_count", 2.0),
        ("tincan_events_delivered_total", 2.0),
        ("tincan_cached_sessions", 2.0),
        ("tincan_connections", 2.0),
        ("tincan_sent_bytes_total", 1_000.0),
        ("tincan_database_bytes", 2_048.0),
        ("tincan_wal_bytes", 2_048.0),
        ("process_resident_memory_bytes", 1_000_000.0),
        ("process_open_fds", 4.0),
    ] {
        assert!(value(&before, series) >= least, "{series} in\n{before}");
    }
    assert!(before.contains("\ntincan_uptime_seconds "), "{before}");

    drop(stream);
    let address = talk.server.address();
    until(address, r#"tincan_streams{transport="sse"}"#, |open| {
        open < 0.5
    })
    .await;
    let after = shown(address).await;
    expect(
        &after,
        r#"tincan_streams_opened_total{transport="sse"}"#,
        1.0,
    );
}

#[tokio::test]
async fn files_are_counted() {
    let limits = FileLimits {
        file: 1_000_000,
        total: Some(1_400_000),
        user: Some(1_200_000),
    };
    let config = dev();
    let settings = ServerSettings {
        files: limits,
        ..config.settings
    };
    let talk = Talk::start(Config { settings, ..config }).await;
    let address = talk.server.address();
    let refused = |reason| format!(r#"tincan_uploads_refused_total{{reason="{reason}"}}"#);
    for reason in ["too_large", "quota_used_up", "storage_full"] {
        let line = format!("\n{} 0\n", refused(reason));
        assert!(shown(address).await.contains(&line), "{line}");
    }
    // Kept once, sent twice.
    for client in [&talk.john, &talk.jane] {
        let id = client.upload("lake", &vec![7; 500_000]).await;
        client.send_files(&talk.conversation, &[&id]).await;
    }
    // Deletes what is stored twice, which is done later otherwise.
    let cancelled = talk.john.begin_upload("sea", 1).await;
    let cancelled = format!("/api/uploads/{cancelled}");
    talk.john.delete(&cancelled).await.expect(204);
    let started = talk.john.begin_upload("sea", 300_000).await;
    let part = vec![1; 262_144];
    talk.john.upload_part(&started, 0, &part).await.expect(200);
    let list = format!("/api/conversations/{}/attachments", talk.conversation);
    let newest = talk.john.get(&list).await.expect(200)[0]["attachment"]["id"].clone();
    let file = format!("/api/files/{}", text(&newest));
    let range = [("range", "bytes=0-99")];
    assert_eq!(talk.john.download(&file, &range).await.status, 206);
    talk.john.download(&file, &[]).await;
    for (client, size, times) in [
        (&talk.john, 1_000_001, 3),
        (&talk.john, 400_001, 2),
        (&talk.jane, 600_001, 1),
    ] {
        for _ in 0..times {
            let upload = json!({ "name": "b", "size": size });
            let answer = client.post("/api/uploads", upload).await;
            assert!([413, 507].contains(&answer.status.as_u16()));
        }
    }
    // What isn’t about room isn’t counted.
    let empty = json!({ "name": "b", "size": 0 });
    let answer = talk.john.post("/api/uploads", empty).await;
    answer.refused(422, "invalid");
    let now = shown(address).await;
    for (series, expected) in [
        ("tincan_files", 2.0),
        ("tincan_file_bytes", 800_000.0),
        ("tincan_uploads", 1.0),
        ("tincan_file_received_bytes_total", 1_262_144.0),
        ("tincan_file_sent_bytes_total", 500_100.0),
        (&*refused("too_large"), 3.0),
        (&*refused("quota_used_up"), 2.0),
        (&*refused("storage_full"), 1.0),
    ] {
        expect(&now, series, expected);
    }
}

#[tokio::test]
async fn each_transport_is_counted_as_what_it_is() {
    let talk = Talk::start(dev()).await;
    let address = talk.server.address();
    let stream = talk.jane.follow(None).await;
    let socket = Socket::open(address, &talk.jane, "", None).await;
    talk.jane.cursor().await;
    let follow = format!("/plain/conversations/{}/follow", talk.conversation);
    Browser::of(&talk.jane).page(&follow).await;
    let shown = shown(address).await;
    for (transport, open) in [
        ("sse", 1.0),
        ("websocket", 1.0),
        ("long_poll", 0.0),
        ("follow_page", 0.0),
    ] {
        let labels = format!(r#"{{transport="{transport}"}}"#);
        expect(&shown, &format!("tincan_streams{labels}"), open);
        expect(&shown, &format!("tincan_streams_opened_total{labels}"), 1.0);
    }
    drop((stream, socket));
}

#[tokio::test]
async fn who_comes_back_or_falls_behind_is_counted() {
    let talk = Talk::start(narrow()).await;
    let address = talk.server.address();
    let cursor = talk.jane.cursor().await;
    for _ in 0..3 {
        talk.john.say(&talk.conversation, "meanwhile").await;
    }
    let mut stream = talk.jane.follow(Some(&cursor)).await;
    stream.until("caught_up").await;
    let replayed = "tincan_events_replayed_total";
    assert!(value(&shown(address).await, replayed) >= 3.0);

    let lagged = "tincan_streams_lagged_total";
    soon("a stream to fall behind", async {
        while value(&shown(address).await, lagged) < 1.0 {
            // Many in one commit, for a channel of two.
            let burst = (0..64).map(|_| {
                let (john, conversation) = (talk.john.clone(), talk.conversation.clone());
                async move { john.say(&conversation, "all at once").await }
            });
            at_once(burst).await;
        }
    })
    .await;
}

#[tokio::test]
async fn no_label_has_anything_that_a_client_sent() {
    let talk = Talk::start(dev()).await;
    let said = talk.john.say(&talk.conversation, "hello").await;
    let hook = format!("/api/hooks/{}", "5ecre7".repeat(9));
    let reaction = format!("/api/messages/{}/reactions/%F0%9F%91%8D", text(&said["id"]));
    let plain = format!("/plain/conversations/{}", talk.conversation);
    for path in [
        &hook,
        &reaction,
        &plain,
        "/api/conversations/123456789/messages?after=5ecre7",
        "/api/conversations/5ecre7",
        "/api/5ecre7/5ecre7",
        "/api//5ecre7",
        "/plain/5ecre7",
        "/5ecre7",
        "/5ecre7.js",
        "/healthz/5ecre7",
        "//5ecre7",
        "/api/oauth/5ecre7/callback?code=5ecre7",
        "/api/users/5ecre7/avatar",
        "/api/%35ecre7",
    ] {
        for method in ["GET", "POST", "5ECRE7"] {
            let method = method.parse().expect("a method");
            answer(talk.john.request(method, path)).await;
        }
    }
    let shown = shown(talk.server.address()).await;
    for sent in ["5ecre7", "5ECRE7", "123456789", "%F0"] {
        assert!(!shown.contains(sent), "{sent} in\n{shown}");
    }
    let document = document(&talk.john).await;
    let paths = document["paths"].as_object().expect("paths").keys();
    let known: BTreeSet<_> = paths
        .map(String::as_str)
        .chain(["/", "/api", "/plain"])
        .collect();
    let routes = shown.split("route=\"").skip(1);
    let routes: BTreeSet<_> = routes.filter_map(|rest| rest.split('"').next()).collect();
    assert!(routes.contains("/api/hooks/{secret}"), "{routes:?}");
    assert!(routes.is_subset(&known), "{routes:?}");
}

/// Asks for metrics with these lines in the head.
async fn ask(server: &Server, target: &str, lines: &str) -> Answer {
    let request = format!("GET {target} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
    raw(server.address(), request).await
}

#[tokio::test]
async fn without_a_token_they_are_for_this_machine_alone() {
    let server = Server::start(strict()).await;
    ask(&server, "/metrics", "Host: localhost\r\n")
        .await
        .expect(200);
    for lines in [
        "Host: chat.lan\r\n",
        "Host: localhost\r\nX-Forwarded-For: 127.0.0.1\r\n",
        "Host: localhost\r\nX-Forwarded-Proto: https\r\n",
        "Host: localhost\r\nX-Real-IP: 127.0.0.1\r\n",
        "Host: localhost\r\nForwarded: for=127.0.0.1\r\n",
        "Host: localhost\r\nVia: 1.1 proxy\r\n",
    ] {
        ask(&server, "/metrics", lines)
            .await
            .refused(403, "metrics_are_local");
        for other in ["/metrics/", "//metrics", "/%6Detrics", "/metrics?x=1"] {
            let answer = ask(&server, other, lines).await;
            let told = answer.body.to_string();
            assert!(!told.contains("tincan_"), "{other} {lines} {told}");
        }
    }
    let absolute = ask(&server, "http://chat.lan/metrics", "Host: localhost\r\n").await;
    absolute.refused(403, "metrics_are_local");
}

#[tokio::test]
async fn a_proxy_on_this_machine_does_not_open_them_to_everybody() {
    let behind = |trusted: &str| Config {
        settings: ServerSettings {
            public_url: Some("https://chat.example".parse().expect("an origin")),
            trusted_proxies: vec![trusted.parse().expect("a network")],
            ..ServerSettings::default()
        },
        ..strict()
    };
    // It passes on what it gets, and says nothing of it.
    let lines = "Host: 127.0.0.1:3000\r\n";
    let mut without_tls = behind("192.0.2.1");
    without_tls.settings.public_url = Some("http://chat.example".parse().expect("an origin"));
    for config in [behind("192.0.2.1"), without_tls] {
        let silent = Server::start(config).await;
        ask(&silent, "/metrics", lines)
            .await
            .refused(403, "metrics_are_local");
    }

    let telling = Server::start(behind("127.0.0.1")).await;
    let through = format!("{lines}X-Forwarded-For: 127.0.0.1\r\n");
    ask(&telling, "/metrics", &through)
        .await
        .refused(403, "metrics_are_local");
    ask(&telling, "/metrics", lines).await.expect(200);
}

#[tokio::test]
async fn with_a_token_they_are_for_whoever_has_it() {
    let server = Server::start(Config {
        settings: ServerSettings {
            metrics_token: Some(Secret::from(TOKEN)),
            ..ServerSettings::default()
        },
        ..strict()
    })
    .await;
    let host = "Host: localhost\r\n";
    for given in [
        String::new(),
        "Authorization: Bearer\r\n".to_owned(),
        "Authorization: Bearer \r\n".to_owned(),
        format!("Authorization: Bearer {TOKEN}s\r\n"),
        format!("Authorization: Bearer {}\r\n", &TOKEN[1..]),
        format!("Authorization: Basic {TOKEN}\r\n"),
    ] {
        let refused = ask(&server, "/metrics", &format!("{host}{given}")).await;
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
        refused.refused(401, "unauthorized");
    }
    let lines = format!(
        "Host: chat.lan\r\nX-Forwarded-For: 192.0.2.1\r\nAuthorization: Bearer {TOKEN}\r\n"
    );
    ask(&server, "/metrics", &lines).await.expect(200);
}

#[tokio::test]
async fn the_token_comes_from_a_file_or_the_environment_and_is_in_no_log() {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| {
        let path = folder.path().join(name);
        path.to_str().expect("a plain path").to_owned()
    };
    let (file, database, log) = (path("token"), path("tincan.db"), path("log"));
    fs::write(&file, format!("{TOKEN}\n")).expect("a file");
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--log",
        "trace",
        "--db",
        &database,
    ];
    for variable in [
        ("TINCAN_METRICS_TOKEN", TOKEN),
        ("TINCAN_METRICS_TOKEN_FILE", &file),
    ] {
        let mut command = Binary::command(&arguments);
        let log_file = fs::File::create(&log).expect("a log");
        command
            .env(variable.0, variable.1)
            .stderr(Stdio::from(log_file));
        let server = Binary::run(&mut command);
        let nobody = server.nobody();
        nobody.get("/metrics").await.refused(401, "unauthorized");
        let asked = nobody.request(reqwest::Method::GET, "/metrics");
        answer(asked.bearer_auth(TOKEN)).await.expect(200);
        drop(server);
        let log = fs::read_to_string(&log).expect("the log");
        assert!(log.contains("/metrics"), "it was asked for: {log}");
        assert!(!log.contains(TOKEN), "{log}");
    }
    let mut both = Binary::command(&arguments);
    both.args(["--metrics-token", TOKEN, "--metrics-token-file", &file]);
    let refused = ended(both).await;
    assert_eq!(refused.code, Some(78), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("both directly and in a file"),
        "{}",
        refused.stderr
    );
    assert!(!refused.stderr.contains(TOKEN), "{}", refused.stderr);
}
