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

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_enter_begins_a_line() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
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
