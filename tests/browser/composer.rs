//! Writing: what Enter does, and what it doesn't.

use serde_json::{Value, json};

use crate::support::{Options, Session, Stage};

/// A conversation of john's with jane, open in front of him.
async fn at_the_composer(stage: &Stage, options: Options) -> Session {
    let john = stage.person("john", options).await;
    john.look_up("jane").await;
    john.click("textbox", "Message to jane").await;
    john
}

/// A key without its effect on the text, as browsers report it while an input method takes it.
async fn enter_is_reported(person: &Session) {
    for kind in ["rawKeyDown", "keyUp"] {
        let key =
            json!({ "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13 });
        person.cdp("Input.dispatchKeyEvent", key).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn enter_sends_and_with_shift_begins_a_line() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = at_the_composer(&stage, Options::desktop()).await;
    john.write("one").await;
    john.press("Shift+Enter").await;
    john.write("two").await;
    assert_eq!(john.messages().await.len(), 0);
    john.press("Enter").await;
    john.sees_message("one\ntwo").await;
    assert_eq!(john.value("Message to jane").await, "");
    // Nothing to send isn't sent.
    john.press("Enter").await;
    john.write("  ").await;
    john.press("Enter").await;
    assert_eq!(john.messages().await, ["one\ntwo"]);
}

pub async fn on_a_phone_enter_begins_a_line(stage: Stage) {
    let john = at_the_composer(&stage, Options::phone()).await;
    john.write("one").await;
    john.press("Enter").await;
    john.write("two").await;
    assert_eq!(john.value("Message to jane").await, "one\ntwo");
    john.click("button", "Send").await;
    john.sees_message("one\ntwo").await;
    assert_eq!(john.messages().await, ["one\ntwo"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn enter_that_ends_a_composition_sends_nothing() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = at_the_composer(&stage, Options::desktop()).await;

    let composition = json!({ "text": "にほん", "selectionStart": 3, "selectionEnd": 3 });
    john.cdp("Input.imeSetComposition", composition).await;
    john.eval::<Value>("void addEventListener('keydown', (event) => { globalThis.composing = event.isComposing; }, true)")
        .await;
    enter_is_reported(&john).await;
    assert!(
        john.eval::<bool>("globalThis.composing").await,
        "the browser composes"
    );
    john.write("日本").await;

    // Safari reports the key after the composition, and by this number alone.
    let late = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', \
        { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))";
    assert!(john.eval::<bool>(late).await, "nobody minds the key");
    assert_eq!(john.value("Message to jane").await, "日本");
    assert_eq!(john.messages().await.len(), 0);

    john.press("Enter").await;
    john.sees_message("日本").await;
    assert_eq!(john.messages().await, ["日本"]);
}

/// How browsers say of a key that an input method takes it (<https://w3c.github.io/uievents/#events-compositionevents>). The
/// last is what Safari says after a composition.
const OF_AN_INPUT_METHOD: [&str; 3] = [
    r#"{ "isComposing": true, "keyCode": 229 }"#,
    r#"{ "isComposing": true }"#,
    r#"{ "keyCode": 229 }"#,
];
/// Reports each key that does something somewhere in the page; gives back those that somebody minded. What the browser does
/// by itself is held back: WebKit closes a dialog at an Escape of any kind.
const REPORT: &str = "(selector, said) => {
    const minded = [];
    const end = (event) => {
        if (event.defaultPrevented) minded.push(event.key);
        event.preventDefault();
    };
    addEventListener('keydown', end);
    for (const key of ['Enter', 'Escape', 'ArrowDown', 'ArrowUp', 'Home', 'End', 'Tab', ' ', '?']) {
        document.querySelector(selector).dispatchEvent(
            new KeyboardEvent('keydown', { key, ...JSON.parse(said), bubbles: true, cancelable: true }));
    }
    removeEventListener('keydown', end);
    return minded;
}";

pub async fn keys_of_an_input_method_do_nothing_anywhere(stage: Stage) {
    let john = at_the_composer(&stage, Options::desktop()).await;
    john.say("Hello").await;
    john.sees_message("Hello").await;
    john.sees("button", "Insert emoji").await;
    let nobody_minds = async |place: &str| {
        for said in OF_AN_INPUT_METHOD {
            let minded: Vec<String> = john.call(REPORT, json!([place, said])).await;
            assert_eq!(minded, [""; 0], "{said} at {place}");
        }
    };
    nobody_minds("message-composer textarea").await;
    john.write("Wait :tad").await;
    john.sees("option", "/:tada:/").await;
    nobody_minds("message-composer textarea").await;
    john.press("Escape").await;
    john.fill("textbox", "Message to jane", "").await;
    john.press("Backspace").await;
    john.press("ArrowUp").await;
    john.sees("textbox", "Edit message").await;
    nobody_minds("message-editor textarea").await;
    john.sees("textbox", "Edit message").await;
    john.press("Escape").await;
    john.click("button", "Insert emoji").await;
    john.fill("searchbox", "Search emoji", "tada").await;
    nobody_minds("dialog input").await;
    // After such keys, none that is pressed closes the dialog in WebKit.
    john.reload().await;
    john.sees("button", "Insert emoji").await;
    john.fill("searchbox", "/^Search/", "jan").await;
    john.sees("button", "jane").await;
    nobody_minds(".finder input").await;
    john.sees("button", "jane").await;
    john.press("Escape").await;
    john.click("button", "New room").await;
    john.fill("textbox", "Find people to add", "jan").await;
    john.sees("button", "jane").await;
    nobody_minds("dialog input[aria-label^=Find]").await;
    john.sees("button", "jane").await;
    assert_eq!(john.messages().await, ["Hello"]);
}

pub async fn with_a_keyboard_beside_a_touch_screen_control_and_enter_send(stage: Stage) {
    let john = at_the_composer(&stage, Options::phone()).await;
    john.write("one").await;
    john.press("Control+Enter").await;
    john.sees_message("one").await;
    assert_eq!(john.value("Message to jane").await, "");
}

pub async fn undoing_brings_back_nothing_that_was_sent(stage: Stage) {
    let john = at_the_composer(&stage, Options::desktop()).await;
    for text in ["a", "b", "c"] {
        john.press(text).await;
    }
    john.press("Enter").await;
    john.sees_message("abc").await;
    for _ in 0..4 {
        john.eval::<Value>("document.execCommand('undo')").await;
        assert_eq!(john.value("Message to jane").await, "");
    }
    for _ in 0..4 {
        john.eval::<Value>("document.execCommand('redo')").await;
        assert_eq!(john.value("Message to jane").await, "");
    }
    // What is written since can be undone. Undoing may have led to another field, as it is one history for all of them.
    john.click("textbox", "Message to jane").await;
    john.press("d").await;
    assert_eq!(john.value("Message to jane").await, "d");
    john.eval::<Value>("document.execCommand('undo')").await;
    assert_eq!(john.value("Message to jane").await, "");
    john.shows_exactly(&["abc".to_owned()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn send_is_there_when_there_is_something_to_send() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = at_the_composer(&stage, Options::phone()).await;
    john.misses("button", "Send").await;
    let width = "document.querySelector('message-composer textarea').getBoundingClientRect().width";
    let before: f64 = john.eval(width).await;
    john.write("one").await;
    john.sees("button", "Send").await;
    let after: f64 = john.eval(width).await;
    assert!((after - before).abs() < 0.1, "it jumps");
    john.click("button", "Send").await;
    john.misses("button", "Send").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_is_counted_and_held() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = at_the_composer(&stage, Options::desktop()).await;
    john.sees("button", "Insert emoji").await;
    john.write(&"👋".repeat(3_800)).await;
    john.misses("status", "/of 4,000/").await;
    john.write(&"b".repeat(150)).await;
    john.sees("status", "3,950 of 4,000").await;
    john.assert_accessible("counter").await;
    john.write(&"c".repeat(51)).await;
    john.sees("status", "4,001 of 4,000").await;
    john.press("Enter").await;
    john.reads("This one is 1 character too long.").await;
    assert_eq!(john.messages().await.len(), 0);
    john.press("Backspace").await;
    john.press("Enter").await;
    john.wait(
        "the message",
        "document.querySelectorAll('[role=log] li').length === 1",
    )
    .await;
    john.misses("status", "/of 4,000/").await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_becomes_an_emoji_by_key_and_by_finger() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let john = at_the_composer(&stage, Options::desktop()).await;
    john.sees("button", "Insert emoji").await;
    john.write("Done :tada").await;
    john.sees("option", "/:tada:/").await;
    john.assert_accessible("completions").await;
    john.press("Enter").await;
    assert_eq!(john.value("Message to jane").await, "Done 🎉 ");
    john.misses("option", "/./").await;
    // Complete, it is one at once; a time of day and what nothing is called are left alone.
    john.write(":wave:").await;
    john.wait(
        "the hand",
        "document.querySelector('message-composer textarea').value === 'Done 🎉 👋 '",
    )
    .await;
    john.write("at 10:30 :nothing").await;
    john.press("Enter").await;
    john.sees_message("Done 🎉 👋 at 10:30 :nothing").await;

    let phone = at_the_composer(&stage, Options::phone()).await;
    phone.sees("button", "Insert emoji").await;
    phone.write(":tad").await;
    phone.click("option", "/:tada:/").await;
    assert_eq!(phone.value("Message to jane").await, "🎉 ");
    phone
        .wait(
            "the focus where it was",
            "document.activeElement.matches('message-composer textarea')",
        )
        .await;
    for person in [&john, &phone] {
        person.assert_console_clean(&[]).await;
    }
}
