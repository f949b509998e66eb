//! What counts as read, and how one's other devices get to know.

use crate::{
    api::Client,
    support::{Options, Stage, wait},
};

async fn unread(person: &Client, conversation: &str) -> u64 {
    let path = format!("/api/conversations/{conversation}");
    let conversation = person.get(&path).await.expect(200);
    conversation["unreadCount"].as_u64().expect("a number")
}

async fn has_unread(person: &Client, conversation: &str, count: u64) {
    wait("the read mark", async || {
        (unread(person, conversation).await == count).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_on_one_device_is_read_on_the_other() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    john.say(&conversation, "read before").await;
    let desktop = stage.signed_in(&john, Options::desktop()).await;
    let phone = stage
        .signed_in(&john.another_device().await, Options::phone())
        .await;
    for device in [&desktop, &phone] {
        device.open("/").await;
        device.sees("link", "/jane/").await;
    }
    for text in ["one since", "two since"] {
        jane.say(&conversation, text).await;
    }
    for device in [&desktop, &phone] {
        device.sees("link", "/jane.*2 unread/").await;
        device
            .wait("the title", "document.title.startsWith('(2) ')")
            .await;
    }

    phone.go_to("jane").await;
    phone.sees_message("two since").await;
    let text = phone.text().await;
    let parts: Vec<_> = ["read before", "New", "one since", "two since"]
        .map(|part| text.find(part))
        .into();
    assert!(
        parts.iter().all(Option::is_some) && parts.is_sorted(),
        "{text}"
    );

    desktop.misses("link", "/jane.*unread$/").await;
    desktop
        .wait("the title", "!document.title.startsWith('(')")
        .await;
    has_unread(&john, &conversation, 0).await;
    // The mark of what was new stays while one reads.
    assert!(phone.text().await.contains("New"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_nobody_looks_at_reads_nothing() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    client.say(&conversation, "Hello").await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees_message("Hello").await;

    john.hide().await;
    jane.say(&conversation, "Are you there?").await;
    john.sees_message("Are you there?").await;
    john.wait("the title", "document.title.startsWith('(1) ')")
        .await;
    assert_eq!(unread(&client, &conversation).await, 1);

    john.show().await;
    has_unread(&client, &conversation, 0).await;
    john.wait("the title", "!document.title.startsWith('(')")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_below_the_screen_is_not_read() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    let tall = "line\n".repeat(30);
    for _ in 0..5 {
        jane.say(&conversation, tall.trim()).await;
    }
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open("/").await;
    john.go_to("jane").await;
    john.sees("button", "/^Newest, [34] new/").await;
    // The beginning of what is new is what one sees first.
    wait("the read mark", async || {
        let unread = unread(&client, &conversation).await;
        (3..=4).contains(&unread).then_some(())
    })
    .await;
    john.click("button", "/^Newest/").await;
    has_unread(&client, &conversation, 0).await;
}
