//! What was chosen and isn’t sent yet is kept, as what is written is.

use serde_json::Value;

use super::{at, file, hand_over, has_ready, kept_parts, newest, picture, send};
use crate::support::{Options, Session, Stage};

/// Waits until this browser keeps as many files that were chosen.
async fn keeps(person: &Session, count: usize) {
    let kept = format!(
        "Object.keys(localStorage).filter((key) => key.startsWith('tray:'))
            .flatMap((key) => JSON.parse(localStorage[key]).files).length === {count}"
    );
    person
        .wait(&format!("{count} files to be kept"), &kept)
        .await;
}

/// Waits until there are these to be sent, in this order.
async fn has_chosen(person: &Session, names: &[&str]) {
    person
        .until("these files, in this order", async || {
            let all = "[...document.querySelectorAll('file-tray .open')].map((each) => each.title)";
            let chosen: Vec<String> = person.eval(all).await;
            if chosen == names {
                Ok(())
            } else {
                Err(format!("{chosen:?}"))
            }
        })
        .await;
}

/// Waits until nothing is left of what was chosen and sent.
async fn keeps_nothing(person: &Session) {
    keeps(person, 0).await;
    person
        .until("no bytes", async || match kept_parts(person).await {
            0 => Ok(()),
            parts => Err(format!("{parts} parts")),
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_chosen_survives_a_reload_in_its_order_with_what_was_said_of_it() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (one, mary) = (stage.client("john").await, stage.client("mary").await);
    let conversation = one.talk_to("jane").await;
    let other = one.talk_to("mary").await;
    mary.say(&other, "Hello").await;
    one.say(&conversation, "Hello").await;
    let john = at(&stage, &one, &conversation, Options::desktop()).await;
    // Where something was sent, what is left over is swept.
    hand_over(&john, "drop", &[file("before.bin", 10)]).await;
    send(&john).await;
    john.sees("link", "/^Download before.bin/").await;
    let files = [
        picture("a.jpg", 3000, 1500),
        picture("b.jpg", 300, 200),
        file("c.bin", 2_500_000),
    ];
    hand_over(&john, "drop", &files).await;
    john.eval::<Value>("void document.querySelector('file-tray .open').focus()")
        .await;
    john.press("Alt+ArrowRight").await;
    john.click("button", "Options for a.jpg").await;
    john.fill("textbox", "Description", "A beach in the evening")
        .await;
    john.click("button", "Done").await;
    john.click("checkbox", "Original size").await;
    john.fill("textbox", "Message to jane", "Look!").await;
    keeps(&john, 3).await;

    john.reload().await;
    has_chosen(&john, &["b.jpg", "a.jpg", "c.bin"]).await;
    assert_eq!(john.value("Message to jane").await, "Look!");
    // They are for this conversation, and no other.
    john.go_to("mary").await;
    john.sees("button", "Attach").await;
    john.wait(
        "nothing chosen",
        "!document.querySelector('file-tray .open')",
    )
    .await;
    john.go_to("jane").await;
    has_chosen(&john, &["b.jpg", "a.jpg", "c.bin"]).await;
    send(&john).await;
    john.sees("link", "/^Download c.bin/").await;
    john.misses("button", "Don’t send c.bin").await;
    let sent = newest(&one, &conversation).await;
    let facts: Vec<_> = (0..3)
        .map(|index| (&sent[index]["name"], &sent[index]["width"]))
        .collect();
    assert_eq!(
        facts,
        [
            (&"b.jpg".into(), &300.into()),
            (&"a.jpg".into(), &3000.into()),
            (&"c.bin".into(), &Value::Null)
        ]
    );
    assert_eq!(sent[1]["alt"], "A beach in the evening");
    assert_eq!(sent[2]["size"], 2_500_000);
    keeps_nothing(&john).await;
    john.reload().await;
    john.sees("button", "Attach").await;
    john.wait(
        "nothing chosen",
        "!document.querySelector('file-tray .open')",
    )
    .await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_share_what_was_chosen_and_none_of_them_brings_back_what_was_sent() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let john = at(&stage, &one, &conversation, Options::desktop()).await;
    let first = john.tab().await;
    let second = john.new_tab().await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees("button", "Attach").await;
    hand_over(&john, "drop", &[file("a.bin", 10), file("b.bin", 20)]).await;
    keeps(&john, 2).await;

    john.switch_to(&first).await;
    has_chosen(&john, &["a.bin", "b.bin"]).await;
    hand_over_to(&john, &[file("c.bin", 30)], 3).await;
    keeps(&john, 3).await;
    john.click("button", "Remove a.bin").await;
    john.switch_to(&second).await;
    has_chosen(&john, &["b.bin", "c.bin"]).await;
    send(&john).await;
    john.sees("link", "/^Download c.bin/").await;
    john.switch_to(&first).await;
    has_chosen(&john, &[]).await;
    john.sees("link", "/^Download c.bin/").await;
    keeps_nothing(&john).await;
    john.reload().await;
    john.sees("button", "Attach").await;
    has_chosen(&john, &[]).await;
}

/// To those that are there already, so that there are as many.
async fn hand_over_to(person: &Session, files: &[Value], count: usize) {
    super::drop_there(person, files).await;
    has_ready(person, count).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_leaves_no_file_behind() {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let john = at(&stage, &one, &conversation, Options::desktop()).await;
    hand_over(&john, "drop", &[file("sent.bin", 10)]).await;
    // What is on its way, and what isn’t yet.
    stage.kill();
    send(&john).await;
    let kept = "Object.values(localStorage).some((each) => JSON.parse(each)?.kept)";
    john.wait("it to be kept", kept).await;
    hand_over(&john, "drop", &[file("chosen.bin", 10)]).await;
    keeps(&john, 1).await;
    assert_eq!(kept_parts(&john).await, 2);
    stage.start_again(&["--dev", "--max-file", "9"]);
    john.reads("This file is too large.").await;

    john.open("/settings").await;
    john.reads("This device").await;
    john.reads("No tokens yet.").await;
    john.click("button", "Sign out").await;
    john.reads("Sign out and lose unsent messages?").await;
    john.eval::<Value>("void document.querySelector('dialog .destructive').click()")
        .await;
    john.sees("button", "Sign in").await;
    keeps_nothing(&john).await;
}
