//! Notifications for browsers that have no page open: what is sent to a push service, and to whom no longer.

use std::{fs, path::Path, sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use tincan::{
    bus::Bus,
    metrics::Metrics,
    model::{ConversationId, Notification, Subscription, UserId, push::SUBSCRIPTIONS},
    push::{Outcome, Pusher},
    server::BUS_CAPACITY,
    store::Store,
};
use tokio::net::TcpListener;
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    home::Home,
    support::{
        Answer, Binary, Client, PASSWORD, Server, answer, dev, pass,
        provider::signing::unbase64,
        push_service::{Browser, PushService, Reply, pushing, vapid},
        soon, strict, text,
    },
};

async fn put(client: &Client, body: &Value) -> Answer {
    let request = client.request(Method::PUT, "/api/push/subscription");
    answer(request.json(body)).await
}

async fn try_it(client: &Client) -> Answer {
    client.post("/api/push/test", json!({})).await
}

/// A pusher on the database of a server that has stopped, and the subscriptions that this person has in it.
async fn pusher(database: &Path, person: &Client) -> (Store, Pusher, Vec<Subscription>) {
    let (bus, metrics) = (Bus::with_streams(BUS_CAPACITY, 1), Metrics::new());
    let store = Store::open(database, &bus, &metrics).expect("a database");
    let user = UserId(person.id.parse().expect("an id"));
    let subscriptions = store.subscriptions_of(user).await.expect("a list");
    let networks = ["127.0.0.0/8".parse().expect("a network")];
    let url = Some("https://chat.example".to_owned());
    let pusher = Pusher::new(store.clone(), metrics, url, Arc::new(networks));
    (store, pusher, subscriptions)
}

/// The same, with one browser of john’s.
async fn one_browser(service: &PushService) -> (Server, Store, Pusher, Subscription) {
    let mut server = Server::start(pushing()).await;
    let john = server.sign_in("john").await;
    john.subscribe(&service.browser()).await;
    server.stop().await;
    let (store, pusher, mut subscriptions) = pusher(server.database(), &john).await;
    let subscription = subscriptions.pop().expect("a subscription");
    (server, store, pusher, subscription)
}

fn notification(title: &str, body: &str) -> Notification {
    Notification {
        conversation_id: ConversationId(7),
        number: 12,
        title: title.to_owned(),
        body: body.to_owned(),
        badge: 3,
    }
}

/// What the tests hold arrivals against is right by the standards’ own examples (RFC 8291 Appendix A, RFC 8292 §2.4).
#[test]
fn the_push_service_of_the_tests_understands_the_examples_of_the_standards() {
    let private = unbase64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94").expect("base64url");
    let auth = unbase64("BTBZMqHH6r4Tts7J_aSIgg").expect("base64url");
    let browser = Browser::with_keys(&private, auth.try_into().expect("16 bytes"));
    let message = unbase64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w\
         EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
    )
    .expect("base64url");
    let text = browser.decrypt(&message).expect("a text");
    assert_eq!(text, b"When I grow up, I want to be a watermelon");
    let mut changed = message;
    *changed.last_mut().expect("a byte") ^= 1;
    browser.decrypt(&changed).expect_err("it was changed");

    let header = "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, \
                  k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
    let (expires, origin) = (1_453_523_768, "https://push.example.net");
    vapid(header, origin, expires - 1).expect("it is valid");
    vapid(header, origin, expires).expect_err("it has expired");
    vapid(header, origin, expires - 90_000).expect_err("it is valid for too long");
    vapid(header, "https://push.example.com", expires - 1).expect_err("it is for another");
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

/// What a browser is shown, whatever is in the texts.
#[tokio::test]
async fn a_notification_fits_and_its_size_says_nothing() {
    let service = PushService::start().await;
    let (_server, store, pusher, john) = one_browser(&service).await;
    let family = "👨‍👩‍👧‍👦";
    let texts = [
        ("nothing", String::new()),
        ("a word", "Hello".to_owned()),
        ("a hundred characters", "é".repeat(100)),
        ("a page", "word ".repeat(800)),
        ("families", family.repeat(1_000)),
        (
            "marks on one letter",
            format!("a{}", "\u{301}".repeat(4_000)),
        ),
        ("what JSON escapes", "\"\\".repeat(2_000)),
        ("control characters", "\u{1}\u{1f}\u{7f}\u{85}x".repeat(800)),
    ];
    let mut sizes = Vec::new();
    for (what, text) in &texts {
        let outcome = pusher.send(&john, &notification(text, text)).await;
        assert_eq!(outcome, Outcome::Delivered, "{what}");
        let push = service.next().await;
        let shown = &push.body["notification"];
        for part in ["title", "body"] {
            let part = shown[part].as_str().expect("a text");
            assert!(part.graphemes(true).count() <= 100, "{what}: {part}");
            assert!(!part.contains(char::is_control), "{what}: {part:?}");
            let begins_alike = text.is_empty() || part.chars().next() == text.chars().next();
            assert!(
                begins_alike || *what == "control characters",
                "{what}: {part}"
            );
        }
        // Browsers show nothing without a title (Push API, declarative push message parser).
        assert_ne!(shown["title"], "", "{what}");
        assert_eq!(shown["navigate"], "https://chat.example/conversations/7");
        assert_eq!(shown["tag"], "conversation-7");
        assert_eq!(
            shown["data"],
            json!({ "conversationId": "7", "number": 12 })
        );
        assert_eq!(push.body["app_badge"], 3);
        assert_eq!(push.claims["sub"], "https://chat.example");
        sizes.push(push.length);
    }
    assert!(sizes.iter().all(|size| *size == sizes[0]), "{sizes:?}");
    store.close().await;
}

#[tokio::test]
async fn a_push_service_replaces_what_is_about_the_same_conversation_and_cant_tell_which_it_is() {
    let service = PushService::start().await;
    let mut server = Server::start(pushing()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    john.subscribe(&service.browser()).await;
    jane.subscribe(&service.browser()).await;
    server.stop().await;
    let mut topics = Vec::new();
    for (person, conversation) in [(&john, 7), (&john, 7), (&john, 8), (&jane, 7)] {
        let (store, pusher, subscriptions) = pusher(server.database(), person).await;
        let notification = Notification {
            conversation_id: ConversationId(conversation),
            ..notification("jane", "Hello")
        };
        pusher.send(&subscriptions[0], &notification).await;
        topics.push(service.next().await.topic);
        store.close().await;
    }
    assert_eq!(topics[0], topics[1], "the same, also after a restart");
    assert_ne!(topics[0], topics[2]);
    assert_ne!(topics[0], topics[3]);
}

/// A status, and what comes of it: the status and the code for whoever tries it, and whether the subscription stays.
const ANSWERS: &[(Reply, u16, &str, bool)] = &[
    (Reply::Status(200), 204, "", true),
    (Reply::Status(201), 204, "", true),
    (Reply::Status(202), 204, "", true),
    (Reply::Status(429), 502, "push_unreachable", true),
    (Reply::RetryAfter(429, "60"), 502, "push_unreachable", true),
    (Reply::Status(500), 502, "push_unreachable", true),
    (Reply::Status(503), 502, "push_unreachable", true),
    (Reply::Close, 502, "push_unreachable", true),
    (Reply::Status(307), 502, "push_refused", true),
    (Reply::Status(400), 502, "push_refused", true),
    (Reply::Status(403), 502, "push_refused", true),
    (Reply::Status(413), 502, "push_refused", true),
    (Reply::Status(404), 404, "not_found", false),
    (Reply::Status(410), 404, "not_found", false),
];

#[tokio::test]
async fn whatever_a_push_service_answers_comes_to_what_helps() {
    let service = PushService::start().await;
    let mut config = pushing();
    config.settings.unlimited = true;
    let server = Server::start(config).await;
    let john = server.sign_in("john").await;
    let browser = service.browser();
    for (reply, status, code, stays) in ANSWERS {
        john.subscribe(&browser).await;
        service.answers(*reply);
        let answer = try_it(&john).await;
        let is_taken = code.is_empty();
        if is_taken {
            answer.expect(*status);
        } else {
            answer.refused(*status, code);
        }
        let listed = john.subscriptions().await;
        assert_eq!(listed.len(), usize::from(*stays), "{reply:?}");
        for listed in listed {
            assert_eq!(listed["failure"].is_null(), is_taken, "{reply:?}");
        }
    }
    let metrics = john.get("/metrics").await.expect(200);
    for (outcome, count) in [("delivered", 3), ("later", 5), ("refused", 4), ("gone", 2)] {
        let line = format!("tincan_pushes_total{{outcome=\"{outcome}\"}} {count}\n");
        assert!(text(&metrics).contains(&line), "{line}");
    }
}

#[tokio::test]
async fn a_push_service_that_doesnt_answer_is_given_up() {
    let service = PushService::start().await;
    let server = Server::start(pushing()).await;
    let john = server.sign_in("john").await;
    john.subscribe(&service.browser()).await;
    service.answers(Reply::Hang);
    let tried = tokio::spawn({
        let john = john.clone();
        async move { try_it(&john).await }
    });
    service.next().await;
    pass(Duration::from_secs(10)).await;
    let answer = soon("an answer", tried).await.expect("no panic");
    answer.refused(502, "push_unreachable");
}

#[tokio::test]
async fn a_push_service_says_when_to_try_again() {
    let service = PushService::start().await;
    let (_server, store, pusher, john) = one_browser(&service).await;
    for (value, expected) in [
        ("120", Some(Duration::from_mins(2))),
        ("0", Some(Duration::ZERO)),
        // The example of RFC 9110 §10.2.3 is long past.
        ("Fri, 31 Dec 1999 23:59:59 GMT", Some(Duration::ZERO)),
        // Nobody is believed for longer than a day.
        (
            "Fri, 31 Dec 9999 23:59:59 GMT",
            Some(Duration::from_hours(24)),
        ),
        ("99999999999", Some(Duration::from_hours(24))),
        ("soon", None),
        ("-1", None),
    ] {
        service.answers(Reply::RetryAfter(503, value));
        let outcome = pusher.send(&john, &notification("jane", "Hello")).await;
        assert_eq!(outcome, Outcome::Later(expected), "{value}");
        service.next().await;
    }
    store.close().await;
}

/// A few push services have nearly all browsers, so connections to them are worth keeping, and there is a limit.
#[tokio::test]
async fn no_more_than_sixteen_are_sent_at_a_time_and_connections_are_used_again() {
    let service = PushService::start().await;
    let (_server, store, pusher, john) = one_browser(&service).await;
    for _ in 0..5 {
        pusher.send(&john, &notification("jane", "Hello")).await;
        service.next().await;
    }
    assert_eq!(service.connections(), 1);
    service.answers(Reply::Hang);
    let pusher = Arc::new(pusher);
    let sent: Vec<_> = (0..20)
        .map(|_| {
            let (pusher, john) = (Arc::clone(&pusher), john.clone());
            tokio::spawn(async move { pusher.send(&john, &notification("jane", "Hello")).await })
        })
        .collect();
    for _ in 0..16 {
        service.next().await;
    }
    // The others have no place before one of these is given up.
    assert!(service.arrived().await.is_none());
    assert!(service.connections() <= 16);
    service.answers(Reply::Status(201));
    pass(Duration::from_secs(10)).await;
    for _ in 0..4 {
        service.next().await;
    }
    let mut outcomes = Vec::new();
    for sent in sent {
        outcomes.push(sent.await.expect("no panic"));
    }
    let given_up = outcomes.iter().filter(|one| **one == Outcome::Later(None));
    assert_eq!(given_up.count(), 16);
    store.close().await;
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
    let database = home.path("tincan.db");
    let usual = [
        "--dev",
        "--listen",
        "127.0.0.1:0",
        "--log",
        "error",
        "--db",
        &database,
    ];
    let serve = || Binary::spawn(&[&usual[..], &["--allow-outbound", "127.0.0.0/8"]].concat());
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
