//! What is written but not sent.

use crate::support::{Options, Stage};

pub async fn each_conversation_keeps_its_draft_over_a_reload(stage: Stage) {
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

pub async fn tabs_share_a_draft_and_none_of_them_brings_back_what_was_sent(stage: Stage) {
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Hello").await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    let path = format!("/conversations/{conversation}");
    john.open(&path).await;
    john.sees("textbox", "Message to jane").await;
    let first = john.tab().await;
    let second = john.new_tab().await;
    john.open(&path).await;
    john.fill("textbox", "Message to jane", "Not finished")
        .await;

    // Closed, an untouched tab takes nothing with it.
    let third = john.new_tab().await;
    john.switch_to(&first).await;
    let has = |text: &str| {
        format!("document.querySelector('message-composer textarea').value === {text:?}")
    };
    john.wait("the draft in the other tab", &has("Not finished"))
        .await;
    john.close_tab().await;
    john.switch_to(&third).await;
    john.open(&path).await;
    john.sees("textbox", "Message to jane").await;
    assert_eq!(john.value("Message to jane").await, "Not finished");

    // Sent in one, it is gone in the other, also when that one goes.
    john.click("textbox", "Message to jane").await;
    john.press("Enter").await;
    john.sees_message("Not finished").await;
    john.switch_to(&second).await;
    john.wait("an empty field", &has("")).await;
    john.close_tab().await;
    john.switch_to(&third).await;
    john.reload().await;
    john.sees_message("Not finished").await;
    assert_eq!(john.value("Message to jane").await, "");
}
