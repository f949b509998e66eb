//! What others are doing: who types, who is there, and who has read what; as far as they show it.

use crate::support::{Options, Session, Stage};

/// Both, with an empty page.
async fn john_and_jane(stage: &Stage) -> (Session, Session, String) {
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    let john = stage.signed_in(&john, Options::desktop()).await;
    let jane = stage.signed_in(&jane, Options::phone()).await;
    (john, jane, format!("/conversations/{conversation}"))
}

/// Waits until the line below the name is this.
async fn shows_activity(person: &Session, text: &str) {
    person
        .wait(
            &format!("the activity {text:?}"),
            &format!("document.querySelector('.activity').innerText === {text:?}"),
        )
        .await;
}

/// How far one's own messages have come, as a screen reader says it.
async fn shows_status(person: &Session, status: &[&str]) {
    person
        .until("how far the messages have come", async || {
            let shown: Vec<String> = person
                .eval(
                    "[...document.querySelectorAll('[role=log] .status')].map((status) =>
                        `${status.closest('li').querySelector('[dir=auto]').innerText}:${status.textContent}`)",
                )
                .await;
            if shown == status {
                Ok(())
            } else {
                Err(format!("{shown:?}"))
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_types_is_seen_to_type_until_the_message_is_there() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane, path) = john_and_jane(&stage).await;
    for person in [&john, &jane] {
        person.open(&path).await;
    }
    for person in [&john, &jane] {
        shows_activity(person, "Online").await;
    }
    jane.fill("textbox", "Message to john", "Are you").await;
    shows_activity(&john, "jane is typing…").await;
    john.assert_accessible("typing").await;
    jane.say("Are you there?").await;
    john.sees_message("Are you there?").await;
    shows_activity(&john, "Online").await;

    // Who stops typing is soon taken to have stopped.
    john.fill("textbox", "Message to jane", "Ye").await;
    shows_activity(&jane, "john is typing…").await;
    shows_activity(&jane, "Online").await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_is_online_until_they_are_gone() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane, path) = john_and_jane(&stage).await;
    john.open(&path).await;
    john.sees("textbox", "Message to jane").await;
    shows_activity(&john, "").await;
    jane.open("/").await;
    shows_activity(&john, "Online").await;
    // A reload isn't worth a word, and a page that is closed is.
    jane.reload().await;
    jane.sees("searchbox", "/^Search/").await;
    shows_activity(&john, "Online").await;
    let page = jane.tab().await;
    let other = jane.new_tab().await;
    jane.switch_to(&page).await;
    jane.close_tab().await;
    jane.switch_to(&other).await;
    shows_activity(&john, "").await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_other_has_read_says_so() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane, path) = john_and_jane(&stage).await;
    john.open(&path).await;
    for text in ["One", "Two"] {
        john.say(text).await;
        john.sees_message(text).await;
    }
    jane.open("/").await;
    jane.sees("link", "/john.*2 unread/").await;
    shows_status(&john, &["One: Sent", "Two: Sent"]).await;
    jane.go_to("john").await;
    shows_status(&john, &["One: Read", "Two: Read"]).await;
    jane.open("/").await;
    jane.sees("link", "/john/").await;
    john.say("Three").await;
    shows_status(&john, &["One: Read", "Two: Read", "Three: Sent"]).await;
    jane.go_to("john").await;
    shows_status(&john, &["One: Read", "Two: Read", "Three: Read"]).await;
    // Neither says it of what one has been sent.
    shows_status(&jane, &[]).await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

/// Waits until the menu of the newest message names who has read it.
async fn has_been_read_by(person: &Session, names: &str) {
    person
        .until("who has read it", async || {
            person
                .eval::<serde_json::Value>("void document.querySelector('[role=log]').focus()")
                .await;
            person.press("Enter").await;
            person.press("Enter").await;
            person.sees("dialog", "Your message").await;
            let shown: Vec<String> = person
                .eval("[...document.querySelectorAll('dialog dd')].map((each) => each.innerText)")
                .await;
            person.press("Escape").await;
            person.misses("dialog", "Your message").await;
            if shown == [names] {
                Ok(())
            } else {
                Err(format!("{shown:?}"))
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_room_those_who_have_read_are_named() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane, bob) = (
        stage.client("john").await,
        stage.client("jane").await,
        stage.client("bob").await,
    );
    let room = john.make_room("The lake", &["jane", "bob"], false).await;
    let path = format!("/conversations/{room}");
    let john = stage.signed_in(&john, Options::desktop()).await;
    john.open(&path).await;
    john.say("Who comes?").await;
    john.sees_message("Who comes?").await;
    let jane = stage.signed_in(&jane, Options::phone()).await;
    jane.open(&path).await;
    shows_status(&john, &["Who comes?: Read"]).await;
    has_been_read_by(&john, "jane").await;
    let bob = stage.signed_in(&bob, Options::phone()).await;
    bob.open(&path).await;
    bob.sees_message("Who comes?").await;
    has_been_read_by(&john, "bob, jane").await;

    shows_activity(&john, "3 people").await;
    jane.fill("textbox", "Message to The lake", "I").await;
    shows_activity(&john, "jane is typing…").await;
    bob.fill("textbox", "Message to The lake", "I").await;
    shows_activity(&john, "2 people are typing…").await;
    for person in [&john, &jane, &bob] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_to_shows_nothing_of_it() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane, path) = john_and_jane(&stage).await;
    john.open(&path).await;
    john.say("Hello").await;
    jane.open("/settings").await;
    shows_activity(&john, "Online").await;
    let switch = "/^Share when I’m online/";
    jane.reads("Visible to people you chat with.").await;
    jane.click("switch", switch).await;
    jane.reads("Nobody sees this.").await;
    shows_activity(&john, "").await;

    jane.open(&path).await;
    jane.sees_message("Hello").await;
    jane.fill("textbox", "Message to john", "I am").await;
    jane.say("I am not here").await;
    john.sees_message("I am not here").await;
    shows_activity(&john, "").await;
    john.say("I see").await;
    jane.sees_message("I see").await;
    john.reload().await;
    john.sees_message("I see").await;
    // Others are shown as before; asked after what jane has done has been told, or hasn't.
    shows_activity(&jane, "Online").await;
    shows_activity(&john, "").await;
    shows_status(&john, &["Hello: Sent", "I see: Sent"]).await;

    jane.open("/settings").await;
    jane.reads("Nobody sees this.").await;
    jane.click("switch", switch).await;
    jane.reads("Visible to people you chat with.").await;
    shows_activity(&john, "Online").await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}
