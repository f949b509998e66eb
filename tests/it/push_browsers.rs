//! New messages, as browsers that are subscribed hear of them. How they travel is in `push`, and whom they are for in
//! `push_model`.

use std::{collections::BTreeSet, time::Duration};

use rusqlite::Connection;
use serde_json::json;
use tincan::server::Config;

use crate::{
    push_service::{PushService, Reply, pushing},
    push_told::waiting,
    support::{Talk, until},
};

/// A server that tells of each message at once.
fn telling() -> Config {
    Config {
        push_delay: Duration::ZERO,
        ..pushing()
    }
}

#[tokio::test]
async fn all_browsers_of_whoever_is_elsewhere_hear_of_a_message() {
    let service = PushService::start().await;
    let talk = Talk::start(telling()).await;
    let (phone, tablet) = (service.browser(), service.browser());
    talk.jane.subscribe(&phone).await;
    talk.jane.another_device().await.subscribe(&tablet).await;
    // Nobody hears of what they say themselves.
    talk.john.subscribe(&service.browser()).await;
    talk.john.say(&talk.conversation, "Are you *there*?").await;
    let mut endpoints = BTreeSet::new();
    for _ in 0..2 {
        let push = service.next().await;
        let shown = &push.body["notification"];
        assert_eq!(shown["title"], "john");
        assert_eq!(shown["body"], "Are you there?");
        assert_eq!(push.body["app_badge"], 1);
        endpoints.insert(push.endpoint);
    }
    assert_eq!(endpoints, [phone.endpoint, tablet.endpoint].into());

    // What is unread in all conversations, as far as she wants to be told of it.
    let room = talk.john.make_room("Kitchen", &["jane"], false).await;
    talk.jane
        .patch("/api/settings", json!({ "preview": false }))
        .await
        .expect(200);
    let muted = format!("/api/conversations/{}/settings", talk.conversation);
    let level = json!({ "notificationLevel": "none" });
    talk.jane.patch(&muted, level).await.expect(200);
    talk.john.say(&room, "Tea").await;
    for _ in 0..2 {
        let push = service.next().await;
        let shown = &push.body["notification"];
        // A page’s worker says so in the language of its device.
        assert_eq!(
            (&shown["title"], &shown["body"]),
            (&json!("Kitchen"), &json!("New message"))
        );
        assert_eq!(shown["data"]["preview"], false);
        // With the room’s first message, which the system wrote.
        assert_eq!(push.body["app_badge"], 2);
    }
}

#[tokio::test]
async fn a_browser_that_is_gone_hears_nothing_more() {
    let service = PushService::start().await;
    let talk = Talk::start(telling()).await;
    talk.jane.subscribe(&service.browser()).await;
    service.answers(Reply::Status(410));
    talk.john.say(&talk.conversation, "one").await;
    service.next().await;
    let is_over = async || talk.jane.subscriptions().await.is_empty().then_some(());
    until("the end of the subscription", is_over).await;
    service.answers(Reply::Status(201));
    let phone = service.browser();
    talk.jane.subscribe(&phone).await;
    talk.john.say(&talk.conversation, "two").await;
    let push = service.next().await;
    assert_eq!(push.endpoint, phone.endpoint);
    assert_eq!(push.body["notification"]["body"], "two");
    let database = Connection::open(talk.server.database()).expect("the database");
    assert_eq!(waiting(&database), 0);
}
