//! What is written but not sent.

use crate::support::{Options, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn each_conversation_keeps_its_draft_over_a_reload() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let mary = stage.client("mary").await;
    for friend in [&jane, &mary] {
        let conversation = friend.talk_to("john").await;
        friend.say(&conversation, "Hello").await;
    }
    let john = stage.signed_in(&john, Options::desktop()).await;
    john.open("/").await;

    john.go_to("jane").await;
    john.fill("textbox", "Message to jane", "for jane, not finished\nyet")
        .await;
    john.go_to("mary").await;
    assert_eq!(john.value("Message to mary").await, "");
    john.fill("textbox", "Message to mary", "for mary").await;
    john.reload().await;
    john.sees("textbox", "Message to mary").await;
    assert_eq!(john.value("Message to mary").await, "for mary");
    john.go_to("jane").await;
    assert_eq!(
        john.value("Message to jane").await,
        "for jane, not finished\nyet"
    );

    // What was sent is no draft any more.
    john.click("textbox", "Message to jane").await;
    john.press("Enter").await;
    john.sees_message("for jane, not finished\nyet").await;
    john.reload().await;
    john.sees("textbox", "Message to jane").await;
    assert_eq!(john.value("Message to jane").await, "");
}
