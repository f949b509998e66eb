//! Two people in front of two browsers.

use std::time::Instant;

use crate::support::{Options, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn two_people_find_each_other_and_talk() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let john = stage.person("john", Options::desktop()).await;
    let jane = stage.person("jane", Options::phone()).await;

    john.look_up("jane").await;
    john.say("Are you at home?").await;
    jane.go_to("john").await;
    jane.sees_message("Are you at home?").await;
    jane.say("Yes, come in").await;
    john.sees_message("Yes, come in").await;

    // Both have both, in this order, and neither has anything twice.
    for person in [&john, &jane] {
        assert_eq!(
            person.messages().await,
            ["Are you at home?", "Yes, come in"]
        );
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_arrives_while_the_other_looks() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    john.say(&conversation, "Hello").await;
    let path = format!("/conversations/{conversation}");
    let john = stage.signed_in(&john, Options::desktop()).await;
    let jane = stage.signed_in(&jane, Options::desktop()).await;
    for person in [&john, &jane] {
        person.open(&path).await;
        person.sees_message("Hello").await;
    }

    john.fill("textbox", "Message to jane", "On my way").await;
    let start = Instant::now();
    john.press("Enter").await;
    jane.sees_message("On my way").await;
    // A budget for people; this machine does other things as well, so it is told and not asserted.
    println!("arrived {} ms after Enter", start.elapsed().as_millis());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_can_be_reloaded_and_left_and_come_back_to() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    jane.say(&conversation, "Hello").await;
    let john = stage.person("john", Options::desktop()).await;

    john.go_to("jane").await;
    let path = format!("/conversations/{conversation}");
    assert_eq!(john.path().await, path);
    john.reload().await;
    john.sees_message("Hello").await;
    john.back().await;
    john.wait("the list alone", "location.pathname === '/'")
        .await;
    john.misses("textbox", "Message to jane").await;

    // The same in a tab of its own, and in both at once.
    let first = john.tab().await;
    john.new_tab().await;
    john.open(&path).await;
    john.sees_message("Hello").await;
    jane.say(&conversation, "Are you there?").await;
    john.sees_message("Are you there?").await;
    assert_eq!(john.tabs().await.len(), 2);
    john.close_tab().await;
    john.switch_to(&first).await;
    john.go_to("jane").await;
    john.sees_message("Are you there?").await;
}
