//! Code that is copied, messages that are pinned and saved, and what one has begun to write on another device.

use serde_json::{Value, json};

use crate::support::{Options, Session, Stage};

/// What the menu of a message has.
async fn choose(person: &Session, text: &str, item: &str) {
    let focus = "(text) => [...document.querySelectorAll('[role=log] li')]
        .findLast((row) => row.querySelector('.text')?.textContent.includes(text)).focus()";
    // With it comes what one does with messages.
    person.reads("Online").await;
    person.call::<()>(focus, json!([text])).await;
    person.press("Enter").await;
    person.click("menuitem", item).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pinned_or_saved_leads_to_where_it_was_said() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    let first = jane
        .say(&conversation, "The **key**:\n```\nopen, sesame\n```")
        .await;
    let first = first["id"].as_str().expect("an id").to_owned();
    stage
        .fill([&john, &jane], &conversation, 150, |number| {
            format!("Line {number}")
        })
        .await;
    jane.say(&conversation, "Thursday at *noon*").await;
    let path = format!("/conversations/{conversation}");
    let john = stage.signed_in(&john, Options::desktop()).await;
    let jane = stage.signed_in(&jane, Options::phone()).await;
    for person in [&john, &jane] {
        person.open(&path).await;
        person
            .wait(
                "a text as it is meant",
                "document.querySelector('.text em')?.textContent === 'noon'",
            )
            .await;
    }
    choose(&john, "noon", "Pin").await;
    jane.sees("button", "Pinned message Thursday at noon").await;
    jane.assert_accessible("pinned").await;

    // Far up in history is what she pins, too.
    jane.open(&format!("{path}/{first}")).await;
    jane.wait(
        "code",
        "document.querySelector('.code-block pre')?.textContent === 'open, sesame'",
    )
    .await;
    choose(&jane, "sesame", "Pin").await;
    choose(&jane, "sesame", "Save").await;
    john.click("button", "2 pinned messages The key: open, sesame")
        .await;
    john.sees("dialog", "Pinned messages").await;
    john.assert_accessible("pinned-list").await;
    john.click("link", "jane").await;
    john.wait(
        "where it was said",
        "document.querySelector('[data-sought] pre')?.textContent === 'open, sesame'",
    )
    .await;
    john.eval::<Value>(
        "void (navigator.clipboard.writeText = async (text) => { window.copied = text; })",
    )
    .await;
    john.click("button", "Copy").await;
    john.wait("a copy", "window.copied === 'open, sesame'")
        .await;

    jane.open("/saved").await;
    jane.sees("heading", "Saved messages").await;
    jane.reads("open, sesame").await;
    jane.assert_accessible("saved").await;
    jane.click("link", "/^You ?john$/").await;
    jane.wait(
        "where it was said",
        "!!document.querySelector('[data-sought]')",
    )
    .await;
    choose(&jane, "sesame", "Unpin").await;
    john.sees("button", "Pinned message Thursday at noon").await;
    choose(&jane, "sesame", "Remove from saved").await;
    jane.open("/saved").await;
    jane.reads("You haven’t saved any messages yet.").await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_on_a_phone_goes_on_at_a_desk() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Are you at home?").await;
    let path = format!("/conversations/{conversation}");
    let phone = stage.signed_in(&john, Options::phone()).await;
    let desk = stage
        .signed_in(&john.another_device().await, Options::desktop())
        .await;
    for device in [&phone, &desk] {
        device.open(&path).await;
        device.reads("jane").await;
        device.sees("button", "Insert emoji").await;
    }
    phone
        .fill("textbox", "Message to jane", "Not before six")
        .await;
    // Away from the page, nobody waits for a pause.
    phone.open("/settings").await;
    desk.wait(
        "the offer",
        "document.querySelector('.unfinished p')?.textContent.endsWith('Not before six')",
    )
    .await;
    desk.assert_accessible("draft-offered").await;
    assert_eq!(desk.value("Message to jane").await, "");
    desk.click("button", "Continue").await;
    assert_eq!(desk.value("Message to jane").await, "Not before six");
    desk.press("Enter").await;
    desk.sees_message("Not before six").await;
    // Sent there, it is no draft here any more.
    phone.open(&path).await;
    phone.sees_message("Not before six").await;
    phone
        .wait(
            "an empty field",
            "document.querySelector('message-composer textarea').value === ''",
        )
        .await;
    for device in [&phone, &desk] {
        device.assert_console_clean(&[]).await;
    }
}
