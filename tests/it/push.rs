//! Browsers that are notified while no page is open: whose they are, and until when. What is sent to them is in
//! `push_sending`.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};
use tincan::model::push::SUBSCRIPTIONS;
use tokio::net::TcpListener;

use crate::{
    home::Home,
    support::{
        Answer, Binary, Client, PASSWORD, Server, answer, dev,
        provider::signing::unbase64,
        push_service::{PushService, pushing},
        strict, text,
    },
};

async fn put(client: &Client, body: &Value) -> Answer {
    let request = client.request(Method::PUT, "/api/push/subscription");
    answer(request.json(body)).await
}

/// Has this session’s browser notified that it works.
pub async fn try_it(client: &Client) -> Answer {
    client.post("/api/push/test", json!({})).await
}

#[tokio::test]
async fn a_browser_is_notified_as_the_standards_want_it() {
    let service = PushService::start().await;
    let server = Server::start(pushing()).await;
    let john = server.sign_in("john").await;
    let before = john.get("/api/push").await.expect(200);
    assert_eq!(before["subscriptions"], json!([]));
    try_it(&john).await.refused(404, "not_found");

    let browser = service.browser();
    let subscription = john.subscribe(&browser).await;
    assert_eq!(subscription["current"], true);
    assert_eq!(subscription["deliveredAt"], Value::Null);
    assert_eq!(subscription["failure"], Value::Null);
    assert_eq!(
        john.subscribe(&browser).await,
        subscription,
        "twice is once"
    );
    try_it(&john).await.expect(204);
    let push = service.next().await;
    assert_eq!(push.endpoint, browser.endpoint);
    assert_eq!(push.body["web_push"], 8030);
    assert_eq!(push.body["notification"]["body"], "It works");
    assert_eq!(push.ttl, 86_400);
    assert_eq!(push.urgency, "high");
    assert_eq!(push.key, text(&before["publicKey"]));
    let listed = john.subscriptions().await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["id"], subscription["id"]);
    assert_ne!(listed[0]["deliveredAt"], Value::Null);

    // Another device sees it, and that it isn’t its own.
    let phone = john.another_device().await;
    let seen = phone.subscriptions().await;
    assert_eq!(seen[0]["id"], subscription["id"]);
    assert_eq!(seen[0]["current"], false);
    try_it(&phone).await.refused(404, "not_found");
    // Jane neither sees it nor ends it.
    let jane = server.sign_in("jane").await;
    assert!(jane.subscriptions().await.is_empty());
    let path = format!("/api/push/subscriptions/{}", text(&subscription["id"]));
    jane.delete(&path).await.refused(404, "not_found");
    phone.delete(&path).await.expect(204);
    phone.delete(&path).await.refused(404, "not_found");
    assert!(john.subscriptions().await.is_empty());
}

/// Safari shows a notification by itself only if it leads to a whole URL (Push API, declarative push message parser), and
/// behind a proxy only the browser knows it.
#[tokio::test]
async fn without_a_public_url_a_notification_leads_to_where_its_page_is() {
    let service = PushService::start().await;
    let server = Server::start(pushing()).await;
    let john = server.sign_in("john").await;
    let browser = service.browser();
    let here = format!("http://{}", server.address());
    let mut ids = Vec::new();
    for (said, origin) in [
        (None, &*here),
        (Some("https://pi.local:8443"), "https://pi.local:8443"),
        (Some("https://chat.example"), "https://chat.example"),
        (Some("null"), &here),
        (Some("file:///etc"), &here),
    ] {
        let request = john.request(Method::PUT, "/api/push/subscription");
        let request = request.json(&browser.to_json());
        let request = match said {
            Some(said) => request.header("origin", said),
            None => request,
        };
        ids.push(answer(request).await.expect(200)["id"].clone());
        try_it(&john).await.expect(204);
        let shown = &service.next().await.body["notification"];
        assert_eq!(shown["navigate"], format!("{origin}/"), "{said:?}");
    }
    assert!(
        ids.iter().all(|id| *id == ids[0]),
        "it is the same: {ids:?}"
    );

    let mut config = pushing();
    config.settings.public_url = Some("https://chat.example".parse().expect("a URL"));
    let server = Server::start(config).await;
    let john = server.sign_in("john").await;
    john.subscribe(&service.browser()).await;
    try_it(&john).await.expect(204);
    let shown = &service.next().await.body["notification"];
    assert_eq!(shown["navigate"], "https://chat.example/");
}

#[tokio::test]
async fn a_test_speaks_the_language_of_whoever_tries_it() {
    let service = PushService::start().await;
    let mut config = pushing();
    config.settings.unlimited = true;
    let server = Server::start(config).await;
    let john = server.sign_in("john").await;
    john.subscribe(&service.browser()).await;
    for (header, value, expected) in [
        (
            "accept-language",
            "de-AT,de;q=0.9,en;q=0.5",
            "Es funktioniert",
        ),
        ("accept-language", "tlh", "It works"),
        ("cookie", "tincan-language=pl", "Działa"),
    ] {
        let request = john.request(Method::POST, "/api/push/test");
        answer(request.header(header, value)).await.expect(204);
        let shown = &service.next().await.body["notification"];
        assert_eq!(shown["body"], expected, "{value}");
    }
}

/// What isn’t a subscription: why, what is sent, and which field is wrong.
fn bad_inputs() -> Vec<(&'static str, Value, &'static str)> {
    let point =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    // The same with another last byte, so that it isn’t on the curve.
    let off =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw8";
    let auth = "BTBZMqHH6r4Tts7J_aSIgg";
    let url = "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV";
    let of = |endpoint: &str, p256dh: &str, auth: &str| json!({ "endpoint": endpoint, "keys": { "p256dh": p256dh, "auth": auth } });
    let to = |endpoint: &str| of(endpoint, point, auth);
    let infinity = "AA".to_owned() + &"A".repeat(85);
    vec![
        ("nothing", json!({}), "p256dh"),
        ("no keys", json!({ "endpoint": url }), "p256dh"),
        (
            "no URL",
            json!({ "keys": { "p256dh": point, "auth": auth } }),
            "endpoint",
        ),
        (
            "no public key",
            json!({ "endpoint": url, "keys": { "auth": auth } }),
            "p256dh",
        ),
        (
            "no secret",
            json!({ "endpoint": url, "keys": { "p256dh": point } }),
            "auth",
        ),
        ("a point off the curve", of(url, off, auth), "p256dh"),
        ("no point", of(url, &infinity, auth), "p256dh"),
        ("a short key", of(url, &point[..84], auth), "p256dh"),
        (
            "a key that isn’t base64",
            of(url, &point.replace('B', "!"), auth),
            "p256dh",
        ),
        ("a short secret", of(url, point, &auth[..20]), "auth"),
        ("a long secret", of(url, point, point), "auth"),
        ("no address", to(""), "endpoint"),
        ("a path", to("/push"), "endpoint"),
        ("another scheme", to("ftp://push.example.net/"), "endpoint"),
        ("a script", to("javascript:alert(1)"), "endpoint"),
        ("plain http", to("http://push.example.net/"), "endpoint"),
        (
            "plain http on this machine",
            to("http://127.0.0.1:9/"),
            "endpoint",
        ),
        (
            "plain http on this machine, by name",
            to("http://localhost:9/"),
            "endpoint",
        ),
        ("this machine", to("https://127.0.0.1/"), "endpoint"),
        (
            "this machine as a number",
            to("https://2130706433/"),
            "endpoint",
        ),
        ("this machine, in IPv6", to("https://[::1]/"), "endpoint"),
        (
            "this machine, mapped",
            to("https://[::ffff:127.0.0.1]/"),
            "endpoint",
        ),
        ("a home network", to("https://192.168.1.1/"), "endpoint"),
        (
            "a cloud’s metadata",
            to("https://169.254.169.254/latest"),
            "endpoint",
        ),
        (
            "a password",
            to("https://john:secret@push.example.net/"),
            "endpoint",
        ),
        (
            "a long URL",
            to(&format!("{url}{}", "a".repeat(2_048))),
            "endpoint",
        ),
    ]
}

#[tokio::test]
async fn what_is_no_subscription_is_refused() {
    let mut config = dev();
    config.settings.unlimited = true;
    let server = Server::start(config).await;
    let john = server.sign_in("john").await;
    for (what, body, field) in bad_inputs() {
        let refused = put(&john, &body).await;
        assert_eq!(refused.status, 422, "{what}: {}", refused.body);
        let body = refused.refused(422, "invalid");
        assert!(body["errors"][field].is_string(), "{what}: {body}");
    }
    for (what, body) in [
        ("a list", json!([])),
        ("a number for a URL", json!({ "endpoint": 1 })),
        ("a list of keys", json!({ "keys": [] })),
    ] {
        let refused = put(&john, &body).await;
        assert_eq!(refused.status, 400, "{what}: {}", refused.body);
    }
    assert!(john.subscriptions().await.is_empty());

    // As browsers write it, and as other programs do.
    let browser = json!({
        "endpoint": "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV#part",
        "expirationTime": null,
        "keys": {
            "p256dh": "BCVxsr7N/eNgVRqvHtD0zTZsEc6+VV+JvLexhqUzORcxaOzi6+AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4=",
            "auth": "BTBZMqHH6r4Tts7J/aSIgg==",
        },
    });
    put(&john, &browser).await.expect(200);
}

/// Only whoever resolves the name can tell where it leads.
#[tokio::test]
async fn a_name_that_leads_to_this_machine_isnt_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let mut body = PushService::start().await.browser().to_json();
    body["endpoint"] = format!("https://localhost:{port}/push").into();
    put(&john, &body).await.expect(200);
    tokio::select! {
        answer = try_it(&john) => drop(answer.refused(502, "push_refused")),
        _ = listener.accept() => panic!("it was connected to"),
    }
    let failure = &john.subscriptions().await[0]["failure"];
    assert!(text(failure).contains("doesn’t connect"), "{failure}");
}

/// What ends a session, and with it its subscription. Each is done in dev mode, by somebody with two devices, or by an
/// administrator.
#[tokio::test]
async fn a_subscription_ends_with_its_session() {
    let service = PushService::start().await;
    let server = Server::start(pushing()).await;
    let john = server.sign_in("john").await;
    let request = john.request(Method::PUT, "/api/password");
    let chosen = answer(request.json(&json!({ "new": PASSWORD }))).await;
    let john = john.with_token(&chosen.expect(200)["token"]);
    let ends: &[&str] = &[
        "logout",
        "session",
        "others",
        "administrator",
        "disable",
        "account",
    ];
    for what in ends {
        let jane = server.sign_up(&format!("jane-{what}")).await;
        let phone = jane.another_device().await;
        phone.subscribe(&service.browser()).await;
        assert_eq!(jane.subscriptions().await.len(), 1, "{what}");
        let sessions = phone.get("/api/sessions").await.expect(200);
        let sessions = sessions.as_array().expect("a list").iter();
        let own = sessions.clone().find(|session| session["current"] == true);
        let own = text(&own.expect("a session")["id"]);
        let account = format!("/api/admin/users/{}", jane.id);
        match *what {
            "logout" => drop(phone.post("/api/logout", json!({})).await.expect(204)),
            "session" => drop(
                jane.delete(&format!("/api/sessions/{own}"))
                    .await
                    .expect(204),
            ),
            "others" => drop(jane.delete("/api/sessions").await.expect(204)),
            "administrator" => {
                john.delete(&format!("{account}/sessions/{own}"))
                    .await
                    .expect(204);
            }
            "disable" => {
                for disabled in [true, false] {
                    let change = json!({ "disabled": disabled });
                    john.patch(&account, change).await.expect(200);
                }
            }
            _ => {
                let request = jane.request(Method::DELETE, "/api/auth_user");
                let name = json!({ "username": jane.username });
                answer(request.json(&name)).await.expect(204);
            }
        }
        let database = rusqlite::Connection::open(server.database()).expect("a database");
        let left: u32 = database
            .query_row("SELECT count(*) FROM subscriptions", [], |row| row.get(0))
            .expect("a count");
        assert_eq!(left, 0, "{what}");
    }
}

#[tokio::test]
async fn a_session_with_a_new_token_keeps_its_subscription() {
    let service = PushService::start().await;
    let server = Server::start(pushing()).await;
    let john = server.sign_in("john").await;
    let subscription = john.subscribe(&service.browser()).await;
    let renewed = john.post("/api/refresh_token", json!({})).await.expect(200);
    let john = john.with_token(&renewed["token"]);
    assert_eq!(john.subscriptions().await, [subscription]);
    try_it(&john).await.expect(204);
}

#[tokio::test]
async fn a_browser_belongs_to_whoever_has_subscribed_it_last() {
    let service = PushService::start().await;
    let server = Server::start(pushing()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let browser = service.browser();
    john.subscribe(&browser).await;
    jane.subscribe(&browser).await;
    assert!(john.subscriptions().await.is_empty());
    assert_eq!(jane.subscriptions().await.len(), 1);
    // A session has one, and the new one counts.
    let other = service.browser();
    jane.subscribe(&other).await;
    assert_eq!(jane.subscriptions().await.len(), 1);
    try_it(&jane).await.expect(204);
    assert_eq!(service.next().await.endpoint, other.endpoint);
}

#[tokio::test]
async fn of_too_many_the_one_goes_that_was_used_the_longest_ago() {
    let service = PushService::start().await;
    let server = Server::start(pushing()).await;
    let john = server.sign_in("john").await;
    let mut devices = vec![john.clone()];
    let mut ids = Vec::new();
    for number in 0..SUBSCRIPTIONS {
        let device = john.another_device().await;
        let subscription = device.subscribe(&service.browser()).await;
        ids.push(text(&subscription["id"]).to_owned());
        devices.push(device);
        // The third was used the longest ago.
        let database = rusqlite::Connection::open(server.database()).expect("a database");
        database
            .execute(
                "UPDATE sessions SET last_seen_at = last_seen_at - ?1
                 WHERE id = (SELECT session_id FROM subscriptions ORDER BY id DESC LIMIT 1)",
                [if number == 2 { 7_200_000 } else { 3_600_000 }],
            )
            .expect("a session");
    }
    assert_eq!(john.subscriptions().await.len(), ids.len());
    let last = john.subscribe(&service.browser()).await;
    ids.remove(2);
    ids.push(text(&last["id"]).to_owned());
    let left = john.subscriptions().await;
    let left: Vec<_> = left.iter().map(|one| text(&one["id"]).to_owned()).collect();
    assert_eq!(left, ids);
}

#[tokio::test]
async fn programs_have_no_browser() {
    let server = Server::start(pushing()).await;
    let john = server.sign_in("john").await;
    let token = json!({ "name": "lamp", "scope": "send" });
    let token = john.post("/api/tokens", token).await.expect(201);
    let lamp = john.with_token(&token["token"]);
    lamp.get("/api/push").await.refused(403, "scope");
    try_it(&lamp).await.refused(403, "scope");
}

/// Browsers take notifications only from whoever has the key that they have subscribed with.
#[tokio::test]
async fn the_key_stays_through_restarts_and_restores_and_leaves_in_no_export() {
    let service = PushService::start().await;
    let home = Home::new();
    let allowed = ["--allow-outbound", "127.0.0.0/8"];
    let serve = || Binary::start_with(&home.file("tincan.db"), &allowed);
    let server = serve();
    let john = server.nobody().sign_in("john").await;
    john.subscribe(&service.browser()).await;
    let before = john.get("/api/push").await.expect(200);
    home.done(&["backup", &home.path("backup.db")]).await;
    server.kill();
    // A database that has another key until the backup is back.
    for file in ["tincan.db", "tincan.db-wal", "tincan.db-shm"] {
        let _ = fs::remove_file(home.file(file));
    }
    let server = serve();
    let other = server.nobody().sign_in("john").await;
    let key = other.get("/api/push").await.expect(200)["publicKey"].clone();
    assert_ne!(key, before["publicKey"]);
    server.kill();
    home.done(&["restore", &home.path("backup.db")]).await;
    let server = serve();
    let john = john.at(server.address());
    assert_eq!(john.get("/api/push").await.expect(200), before);
    try_it(&john).await.expect(204);
    assert_eq!(service.next().await.key, text(&before["publicKey"]));
    home.done(&["check"]).await;
    home.done(&["export", &home.path("archive")]).await;
    let files = fs::read_dir(home.file("archive")).expect("an archive");
    let files: Vec<_> = files
        .map(|file| file.expect("a file").path())
        .filter(|file| file.is_file())
        .collect();
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).expect("a text");
        let address = service.address().to_string();
        assert!(!text.contains(&address), "{}", file.display());
    }
}

#[tokio::test]
async fn without_a_secure_address_the_key_is_there_all_the_same() {
    let server = Server::start(strict()).await;
    let john = server.set_up("john").await;
    let push = john.get("/api/push").await.expect(200);
    let key = unbase64(text(&push["publicKey"])).expect("base64url");
    // An uncompressed point (SEC 1 §2.3.3).
    assert_eq!((key.len(), key[0]), (65, 4));
}
