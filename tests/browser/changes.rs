//! Messages that are changed or deleted after they were sent.

use crate::support::{Options, Session, Stage};

/// Gives a minute to undo a deletion instead of five seconds, however slow the machine is.
pub const TIME_TO_UNDO: &str = "
    const later = setTimeout;
    globalThis.setTimeout = (act, time, ...rest) => later(act, time === 5_000 ? 60_000 : time, ...rest);";

/// Both in their conversation, in which john has said this.
async fn talk(stage: &Stage, texts: &[&str]) -> (Session, Session) {
    talk_with(stage, texts, Options::desktop()).await
}

async fn talk_with(stage: &Stage, texts: &[&str], options: Options) -> (Session, Session) {
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    for text in texts {
        john.say(&conversation, text).await;
    }
    let mut people = Vec::new();
    for client in [&john, &jane] {
        let person = stage.signed_in(client, options.clone()).await;
        person.open(&format!("/conversations/{conversation}")).await;
        for text in texts {
            person.sees_message(text).await;
        }
        people.push(person);
    }
    for person in &people {
        // With it comes what one does with messages.
        person.reads("Online").await;
    }
    let jane = people.pop().expect("jane");
    (people.pop().expect("john"), jane)
}

/// Opens the menu of the newest message, by keys.
async fn open_menu(person: &Session) {
    person
        .eval::<serde_json::Value>("void document.querySelector('[role=log]').focus()")
        .await;
    person.press("Enter").await;
    person.press("Enter").await;
    person.sees("dialog", "/essage/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_arrow_up_changes_ones_last_message() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = talk(&stage, &["One", "Tow"]).await;
    jane.say("What?").await;
    john.sees_message("What?").await;
    john.click("textbox", "Message to jane").await;
    john.press("ArrowUp").await;
    john.sees("textbox", "Edit message").await;
    john.assert_accessible("editing").await;
    assert_eq!(john.value("Edit message").await, "Tow");
    john.fill("textbox", "Edit message", "Two").await;
    john.press("Enter").await;
    john.misses("textbox", "Edit message").await;
    john.shows_lines(&["You: One", "You: Two Edited", "jane: What?"])
        .await;
    jane.shows_lines(&["john: One", "john: Two Edited", "You: What?"])
        .await;
    // One goes on where one was.
    john.wait(
        "the focus in the text field",
        "document.activeElement.matches('message-composer textarea')",
    )
    .await;

    // The same again, which isn't wanted after all.
    john.press("ArrowUp").await;
    john.fill("textbox", "Edit message", "Three").await;
    john.press("Escape").await;
    john.misses("textbox", "Edit message").await;
    john.sees("textbox", "Message to jane").await;
    john.say("Sorry").await;
    jane.shows_lines(&["john: One", "john: Two Edited", "You: What?", "john: Sorry"])
        .await;
    for person in [&john, &jane] {
        person.reload().await;
        person.sees_message("Two").await;
        person.assert_console_clean(&[]).await;
    }
    jane.sees("link", "/john.*Sorry/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_writes_outlives_what_one_changes() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = talk(&stage, &["At nice"]).await;
    john.fill("textbox", "Message to jane", "And then we").await;
    // With something in it, the arrow is the text field's own.
    john.press("ArrowUp").await;
    open_menu(&john).await;
    john.click("menuitem", "Edit").await;
    john.sees("textbox", "Edit message").await;
    john.misses("textbox", "Message to jane").await;
    john.fill("textbox", "Edit message", "At nine").await;
    john.click("button", "Save").await;
    jane.shows_lines(&["john: At nine Edited"]).await;
    assert_eq!(john.value("Message to jane").await, "And then we");
    open_menu(&john).await;
    john.click("menuitem", "Edit").await;
    john.fill("textbox", "Edit message", "At ten").await;
    // Neither is what one was changing sent by mistake.
    john.click("button", "Discard changes").await;
    assert_eq!(john.value("Message to jane").await, "And then we");
    john.shows_lines(&["You: At nine Edited"]).await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_message_can_be_had_back_for_a_while() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = talk_with(
        &stage,
        &["One", "Oops"],
        Options::desktop().script(TIME_TO_UNDO),
    )
    .await;
    open_menu(&john).await;
    john.click("menuitem", "Delete").await;
    john.shows_lines(&["You: One", "You: Message deleted Undo"])
        .await;
    john.sees("link", "/jane.*You: Message deleted/").await;
    john.assert_accessible("deleted").await;
    john.click("button", "Undo").await;
    john.shows_lines(&["You: One", "You: Oops"]).await;
    john.sees("link", "/jane.*You: Oops/").await;
    jane.shows_lines(&["john: One", "john: Oops"]).await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_message_is_gone_for_everybody() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = talk(&stage, &["One", "Oops"]).await;
    open_menu(&john).await;
    john.click("menuitem", "Delete").await;
    john.sees("button", "Undo").await;
    jane.shows_lines(&["john: One", "john: Message deleted"])
        .await;
    john.shows_lines(&["You: One", "You: Message deleted"])
        .await;
    jane.sees("link", "/john.*Message deleted/").await;
    // What was deleted can't be changed: the arrow goes to the one before.
    john.click("textbox", "Message to jane").await;
    john.press("ArrowUp").await;
    john.sees("textbox", "Edit message").await;
    assert_eq!(john.value("Edit message").await, "One");
    for person in [&john, &jane] {
        person.reload().await;
        person.reads("Message deleted").await;
        assert!(!person.text().await.contains("Oops"));
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_deletes_and_leaves_has_deleted() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = talk(&stage, &["One", "Oops"]).await;
    let path = john.path().await;
    let page = john.tab().await;
    let other = john.new_tab().await;
    john.switch_to(&page).await;
    open_menu(&john).await;
    john.click("menuitem", "Delete").await;
    john.sees("button", "Undo").await;
    john.close_tab().await;
    john.switch_to(&other).await;
    jane.shows_lines(&["john: One", "john: Message deleted"])
        .await;
    // What the browser has kept of before isn't shown any more.
    john.open(&path).await;
    john.shows_lines(&["You: One", "You: Message deleted"])
        .await;
    john.reload().await;
    john.shows_lines(&["You: One", "You: Message deleted"])
        .await;
    jane.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_change_says_why_and_keeps_the_text() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = talk(&stage, &["One"]).await;
    john.click("textbox", "Message to jane").await;
    john.press("ArrowUp").await;
    // What is too long is held here, and says by how much.
    let long = "too long ".repeat(445);
    john.fill("textbox", "Edit message", long.trim()).await;
    john.reads("4,004 of 4,000").await;
    john.press("Enter").await;
    john.reads("This one is 4 characters too long.").await;
    assert_eq!(john.value("Edit message").await, long.trim());
    john.assert_console_clean(&[]).await;

    // Only the server knows that the message isn’t there any more.
    john.fill("textbox", "Edit message", "Once more").await;
    john.misses("status", "/of 4,000/").await;
    let client = stage.client("john").await;
    let path = john.path().await;
    let messages = client
        .get(&format!("/api{path}/messages"))
        .await
        .expect(200);
    let id = messages[0]["id"].as_str().expect("an id").to_owned();
    client
        .delete(&format!("/api/messages/{id}"))
        .await
        .expect(204);
    john.shows_lines(&["You: Message deleted"]).await;
    john.press("Enter").await;
    john.wait(
        "the reason",
        "[...document.querySelectorAll('message-editor [role=alert]')].some(({ innerText }) => innerText)",
    )
    .await;
    assert_eq!(john.value("Edit message").await, "Once more");
    john.press("Escape").await;
    jane.shows_lines(&["john: Message deleted"]).await;
    john.assert_console_clean(&["404"]).await;
    jane.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_leaves_no_unfinished_change_behind() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, _jane) = talk(&stage, &["One"]).await;
    let path = john.path().await;
    john.click("textbox", "Message to jane").await;
    john.press("ArrowUp").await;
    john.fill("textbox", "Edit message", "Nobody else is to know")
        .await;
    john.press("Escape").await;
    let kept = "JSON.stringify(localStorage).includes('Nobody else')";
    assert!(john.eval::<bool>(kept).await);
    john.sign_out().await;
    john.sees("button", "Sign in").await;
    assert!(!john.eval::<bool>(kept).await);
    john.click("button", "Sign in as john").await;
    john.open(&path).await;
    john.reads("Online").await;
    is_offered(&john, false).await;
}

/// Waits until an unfinished change is offered, or isn’t.
async fn is_offered(person: &Session, offered: bool) {
    let shown = "[...document.querySelectorAll('.unfinished')].some((offer) => \
        offer.innerText.includes('unfinished edit'))";
    let condition = if offered {
        shown.to_owned()
    } else {
        format!("!{shown}")
    };
    person.wait("the offer", &condition).await;
}

pub async fn an_unfinished_change_is_kept_and_offered_again(stage: Stage) {
    let (john, jane) = talk(&stage, &["One", "Two"]).await;
    let path = john.path().await;
    let begin = async || {
        john.click("textbox", "Message to jane").await;
        john.press("ArrowUp").await;
        john.fill("textbox", "Edit message", "Too, or").await;
    };
    begin().await;
    john.wait(
        "the mark",
        "document.querySelector('.changing .text').innerText === 'Two'",
    )
    .await;
    john.press("Escape").await;
    is_offered(&john, true).await;
    john.assert_accessible("unfinished-edit").await;
    assert_eq!(
        john.eval::<usize>("document.querySelectorAll('.changing').length")
            .await,
        0
    );

    // Over a reload, in another tab, and after another conversation.
    john.reload().await;
    is_offered(&john, true).await;
    let first = john.tab().await;
    john.new_tab().await;
    john.open(&path).await;
    is_offered(&john, true).await;
    john.click("button", "Continue").await;
    assert_eq!(john.value("Edit message").await, "Too, or");
    john.click("link", "Settings").await;
    john.sees("heading", "Settings").await;
    john.back().await;
    is_offered(&john, true).await;

    // Saved or thrown away in one tab, it is so in the other.
    john.click("button", "Continue").await;
    john.fill("textbox", "Edit message", "Two, or").await;
    john.press("Enter").await;
    jane.shows_lines(&["john: One", "john: Two, or Edited"])
        .await;
    is_offered(&john, false).await;
    let second = john.tab().await;
    john.switch_to(&first).await;
    is_offered(&john, false).await;
    begin().await;
    john.press("Escape").await;
    is_offered(&john, true).await;
    john.switch_to(&second).await;
    is_offered(&john, true).await;
    john.click("button", "Discard changes").await;
    is_offered(&john, false).await;
    john.close_tab().await;
    john.switch_to(&first).await;
    is_offered(&john, false).await;
    john.reload().await;
    john.shows_lines(&["You: One", "You: Two, or Edited"]).await;
    john.reads("Online").await;
    is_offered(&john, false).await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}
