//! Notifications through ntfy and Gotify: how a person turns them on, and off.

use reqwest::Method;
use rusqlite::Connection;
use serde_json::json;
use tincan::{model::RelayKind, server::Config};

use crate::{
    push_told::{ADDRESS, PATH, messages_of, says, talk, telling, topic, turn_on},
    relay::{Answers, RelayServer},
    support::{Server, Talk, answer, dev, strict, text},
};

#[tokio::test]
async fn gotify_is_told_with_the_token_of_each_ones_own_application() {
    let relay = RelayServer::start().await;
    let talk = Talk::start(telling(&relay, RelayKind::Gotify)).await;
    let Talk {
        john,
        jane,
        conversation,
        ..
    } = &talk;
    for refused in [
        json!({}),
        json!({ "token": " " }),
        json!({ "token": "two words" }),
    ] {
        let request = jane.request(reqwest::Method::PUT, PATH).json(&refused);
        let refused = answer(request).await.refused(422, "invalid");
        assert_eq!(refused["errors"], json!({ "token": refused["message"] }));
    }
    let state = turn_on(jane, json!({ "token": "AbCdEfGhIjKlMnO" })).await;
    let expected = json!({
        "kind": "gotify", "server": format!("{}/", relay.url()), "on": true, "topic": null,
    });
    assert_eq!(state, expected);
    john.say(conversation, "Hello").await;
    let told = relay.hears("a message", says("Hello")).await;
    assert_eq!(told.path, "/message");
    assert_eq!(told.secret.as_deref(), Some("AbCdEfGhIjKlMnO"));
    assert_eq!(told.body["title"], "john");
    let click = &told.body["extras"]["client::notification"]["click"]["url"];
    assert_eq!(
        click,
        &json!(format!("{ADDRESS}/conversations/{conversation}"))
    );
}

#[tokio::test]
async fn a_topic_can_be_renewed_and_nobody_has_anothers() {
    let (relay, talk, first) = talk().await;
    let (john, jane, conversation) = (&talk.john, &talk.jane, &talk.conversation);
    let of_john = topic(john).await;
    let second = topic(jane).await;
    assert_ne!(first, second);
    assert_ne!(of_john, second);
    john.say(conversation, "Hello").await;
    let told = relay.hears("a message", says("Hello")).await;
    assert_eq!(told.body["topic"], json!(second));

    jane.delete(PATH).await.expect(204);
    assert_eq!(jane.get(PATH).await.expect(200)["on"], false);
    john.say(conversation, "Are you there?").await;
    jane.say(conversation, "Yes").await;
    relay.hears("what John is told", says("Yes")).await;
    assert!(!messages_of(&relay).contains(&"Are you there?".to_owned()));
}

#[tokio::test]
async fn a_server_without_a_relay_says_so() {
    let Talk { jane, server, .. } = Talk::start(dev()).await;
    let state = jane.get(PATH).await.expect(200);
    assert_eq!(
        state,
        json!({ "kind": null, "server": null, "on": false, "topic": null })
    );
    let request = jane.request(reqwest::Method::PUT, PATH).json(&json!({}));
    answer(request).await.refused(404, "not_found");
    drop(server);
}

/// Whoever knows it reads along, so a session that somebody has left open isn’t enough to see it.
#[tokio::test]
async fn a_topic_is_shown_to_whoever_proves_who_they_are() {
    let relay = RelayServer::start().await;
    let mut settings = strict().settings;
    settings.relay = telling(&relay, RelayKind::Ntfy).settings.relay;
    let mut server = Server::start(Config {
        settings,
        ..strict()
    })
    .await;
    let anna = server.set_up("anna").await;
    let topic = topic(&anna).await;
    let state = anna.get(PATH).await.expect(200);
    assert_eq!(
        (&state["on"], &state["topic"]),
        (&json!(true), &json!(null))
    );
    let shown = format!("{PATH}/topic");
    assert_eq!(anna.get(&shown).await.expect(200)["topic"], json!(topic));

    server.stop().await;
    Connection::open(server.database())
        .and_then(|database| database.execute("UPDATE sessions SET proven_at = NULL", []))
        .expect("an older session");
    server.resume().await;
    anna.get(&shown).await.refused(403, "proof_required");
}

#[tokio::test]
async fn a_test_through_a_relay_says_what_the_relay_says() {
    for kind in [RelayKind::Ntfy, RelayKind::Gotify] {
        let relay = RelayServer::start().await;
        let mut config = telling(&relay, kind);
        config.settings.unlimited = true;
        let server = Server::start(config).await;
        let john = server.sign_in("john").await;
        let test = format!("{PATH}/test");
        let try_it = async || {
            let request = john.request(Method::POST, &test);
            answer(request.header("accept-language", "de")).await
        };
        try_it().await.refused(404, "not_found");
        turn_on(&john, json!({ "token": "AbCdEfGhIjKlMnO" })).await;
        for (answers, status, code, says) in [
            (Answers::With(200), 204, "", ""),
            (Answers::With(401), 502, "relay_refused", "token"),
            (Answers::With(403), 502, "relay_refused", "token"),
            (Answers::With(404), 502, "relay_refused", "URL"),
            (Answers::With(400), 502, "relay_refused", "400"),
            (Answers::With(429), 502, "relay_unreachable", "reached"),
            (Answers::With(500), 502, "relay_unreachable", "reached"),
        ] {
            relay.answer(answers);
            let answer = try_it().await;
            if status == 204 {
                answer.expect(204);
            } else {
                let refused = answer.refused(status, code);
                let said = text(&refused["message"]);
                assert!(said.contains(says), "{answers:?}: {said}");
            }
        }
        let told = relay.told();
        assert_eq!(told.len(), 7);
        for told in told {
            assert_eq!(told.body["title"], "Tincan");
            assert_eq!(told.body["message"], "Es funktioniert");
        }
        drop(relay);
        try_it().await.refused(502, "relay_unreachable");
    }
}
