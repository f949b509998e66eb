//! Notifications through ntfy and Gotify: how a person turns them on, and off.

use serde_json::json;
use tincan::model::RelayKind;

use crate::{
    push_told::{ADDRESS, PATH, messages_of, says, talk, telling, topic, turn_on},
    relay::RelayServer,
    support::{Talk, answer, dev},
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
