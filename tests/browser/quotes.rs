//! Answering a message: how one does it, and what both see of what is answered.

use serde_json::json;

use crate::{
    api::{Client, text},
    files::finger::Finger,
    support::{Options, Session, Stage},
};

/// Waits until the message with this text shows this as what it answers.
async fn shows_quote(person: &Session, message: &str, quote: &str) {
    let condition = format!(
        "[...document.querySelectorAll('[role=log] li')].some((row) =>
             row.querySelector('.text')?.textContent === {} && row.querySelector('.quoted')?.innerText.replace(/\\s+/g, ' ').trim() === {})",
        json!(message),
        json!(format!("In reply to {quote}")),
    );
    person
        .wait(&format!("the quote {quote:?}"), &condition)
        .await;
}

async fn replies_to(person: &Session, quote: &str) {
    let condition = format!(
        "document.querySelector('.replying p')?.innerText.replace(/\\s+/g, ' ').trim() === {}",
        json!(format!("Replying to {quote}")),
    );
    person
        .wait(&format!("the quote {quote:?}"), &condition)
        .await;
}

async fn replies_to_nothing(person: &Session) {
    let condition = "document.querySelector('.replying')?.childElementCount === 0";
    person.wait("no quote", condition).await;
}

/// Goes up to the newest message by keys.
async fn focus_newest(person: &Session) {
    let focus = "void [...document.querySelectorAll('[role=log] li')].at(-1).focus()";
    person.eval::<serde_json::Value>(focus).await;
}

async fn change(who: &Client, message: &serde_json::Value, content: &str) {
    let path = format!("/api/messages/{}", text(&message["id"]));
    who.patch(&path, json!({ "content": content }))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_answered_by_key_swipe_and_menu_and_its_quote_follows_it() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (client, other) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    let original = other.say(&conversation, "Pizza or pasta?").await;
    let path = format!("/conversations/{conversation}");
    let john = stage.signed_in(&client, Options::desktop()).await;
    let jane = stage.signed_in(&other, Options::phone()).await;
    for person in [&john, &jane] {
        person.open(&path).await;
        person.sees_message("Pizza or pasta?").await;
    }
    for person in [&john, &jane] {
        // With it comes what one does with messages.
        person.reads("Online").await;
    }
    let quote = "jane Pizza or pasta?";

    // By a key; and one may think better of it.
    focus_newest(&john).await;
    john.press("r").await;
    replies_to(&john, quote).await;
    john.press("Escape").await;
    replies_to_nothing(&john).await;
    focus_newest(&john).await;
    john.press("r").await;
    replies_to(&john, quote).await;
    // It is kept with the draft, and while something else is changed.
    john.fill("textbox", "Message to jane", "Pizz").await;
    john.reload().await;
    replies_to(&john, quote).await;
    assert_eq!(john.value("Message to jane").await, "Pizz");
    john.assert_accessible("replying").await;
    john.say("Pizza!").await;
    shows_quote(&john, "Pizza!", quote).await;
    shows_quote(&jane, "Pizza!", "You Pizza or pasta?").await;
    replies_to_nothing(&john).await;
    john.assert_accessible("quoted").await;

    // By a finger that moves it aside; not so far, it stays where it is.
    let finger = Finger::on(&jane, "button", "/^In reply to You/").await;
    finger.slide(30.0, 2.0).await;
    finger.lift().await;
    replies_to_nothing(&jane).await;
    let finger = Finger::on(&jane, "button", "/^In reply to You/").await;
    finger.slide(80.0, 4.0).await;
    finger.lift().await;
    replies_to(&jane, "john Pizza!").await;
    // After so quick a movement, Chromium takes the first tap for one that stops it, and makes no click of it.
    jane.sees("button", "Cancel reply").await;
    let cancel = "void document.querySelector('[aria-label=\"Cancel reply\"]').click()";
    jane.eval::<serde_json::Value>(cancel).await;
    replies_to_nothing(&jane).await;
    // By the menu.
    jane.hold("button", "/^In reply to You/").await;
    jane.click("menuitem", "Reply").await;
    replies_to(&jane, "john Pizza!").await;
    jane.say("Fine").await;
    shows_quote(&john, "Fine", "You Pizza!").await;

    // A tap on a quote goes to what it is of, and back.
    john.click("button", "/^In reply to jane/").await;
    let sought = "document.querySelector('[data-sought] .text')?.textContent === 'Pizza or pasta?'";
    john.wait("the original", sought).await;
    john.back().await;
    john.wait(
        "the conversation",
        &format!("location.pathname === '{path}'"),
    )
    .await;

    // What is answered is shown as it is now, also where it isn’t loaded.
    change(&other, &original, "Soup or salad?").await;
    shows_quote(&john, "Pizza!", "jane Soup or salad?").await;
    other
        .delete(&format!("/api/messages/{}", text(&original["id"])))
        .await;
    shows_quote(&john, "Pizza!", "jane Message deleted").await;
    shows_quote(&jane, "Pizza!", "You Message deleted").await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}
