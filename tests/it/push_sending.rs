//! What is sent to push services, and what comes of their answers.

use std::{path::Path, sync::Arc, time::Duration};

use serde_json::json;
use tincan::{
    bus::{Bus, Capacity},
    metrics::Metrics,
    model::{ConversationId, Notification, Subscription, UserId},
    push::{Outcome, Pusher},
    store::Store,
};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    push::try_it,
    support::{
        Client, Server, pass,
        provider::signing::unbase64,
        push_service::{Browser, PushService, Reply, pushing, vapid},
        soon, text,
    },
};

/// A pusher on the database of a server that has stopped, and the subscriptions that this person has in it.
async fn pusher(database: &Path, person: &Client) -> (Store, Pusher, Vec<Subscription>) {
    let (bus, metrics) = (Bus::with_streams(Capacity::default(), 1), Metrics::new());
    let store = Store::open(database, None, &bus, &metrics).expect("a database");
    let user = UserId(person.id.parse().expect("an id"));
    let subscriptions = store.subscriptions_of(user).await.expect("a list");
    let networks = ["127.0.0.0/8".parse().expect("a network")];
    let url = Some("https://chat.example".to_owned());
    let pusher = Pusher::new(store.clone(), metrics, url.clone(), url, Arc::new(networks));
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
            json!({ "conversationId": "7", "number": 12, "preview": !text.is_empty() })
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
    for (outcome, count) in [
        ("delivered", 3),
        ("later", 4),
        ("unanswered", 1),
        ("refused", 4),
        ("gone", 2),
    ] {
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
        // Nobody is believed for longer than an hour.
        (
            "Fri, 31 Dec 9999 23:59:59 GMT",
            Some(Duration::from_hours(1)),
        ),
        ("99999999999", Some(Duration::from_hours(1))),
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
    let given_up = outcomes.iter().filter(|one| **one == Outcome::Unanswered);
    assert_eq!(given_up.count(), 16);
    store.close().await;
}
