//! Voice messages: by mouse and keys, and held with a finger.

use super::{at, finger::Finger, newest};
use crate::{
    api::messages,
    support::{Options, Stage},
};

const SECOND: &str = "document.querySelector('.record-time')?.textContent === '0:01'";

/// A microphone that beeps, and nobody who has to allow it.
fn with_microphone(options: Options) -> Options {
    options
        .argument("--use-fake-device-for-media-stream")
        .argument("--use-fake-ui-for-media-stream")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_message_is_recorded_heard_and_found_again() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (one, other) = (stage.client("john").await, stage.client("jane").await);
    let conversation = one.talk_to("jane").await;
    let options = with_microphone(Options::desktop());
    let john = at(&stage, &one, &conversation, options).await;
    john.click("button", "Record a voice message").await;
    john.sees("group", "Recording").await;
    john.assert_accessible("files-recording").await;
    john.click("button", "Discard recording").await;
    john.misses("group", "Recording").await;
    john.click("button", "Record a voice message").await;
    john.sees("group", "Recording").await;
    john.wait("a second to pass", SECOND).await;
    john.click("button", "Send recording").await;
    john.sees("button", "Play").await;

    let jane = at(&stage, &other, &conversation, Options::phone()).await;
    jane.sees("button", "Play").await;
    let sent = newest(&other, &conversation).await;
    assert!(!sent[0]["waveform"].as_array().expect("levels").is_empty());
    assert!(sent[0]["duration"].as_u64().expect("a duration") >= 1_000);
    jane.click("button", "Play").await;
    jane.wait(
        "some of it to be heard",
        "document.querySelector('.voice audio').currentTime > 0",
    )
    .await;
    jane.click("button", "Profile").await;
    jane.click("button", "Photos and files").await;
    jane.sees("dialog", "Photos and files").await;
    jane.sees("button", "Play").await;
    jane.assert_accessible("files-gallery").await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn held_with_a_finger_and_let_go_it_is_sent() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let options = with_microphone(Options::phone());
    let john = at(&stage, &one, &conversation, options).await;
    // A finger trembles, and may move a little.
    let finger = Finger::on(&john, "button", "Record a voice message").await;
    john.sees("group", "Recording").await;
    john.reads("Slide to cancel").await;
    finger.slide(-30.0, 0.0).await;
    john.wait("a second to pass", SECOND).await;
    finger.lift().await;
    john.sees("button", "Play").await;
    john.misses("group", "Recording").await;
    let sent = newest(&one, &conversation).await;
    assert!(sent[0]["duration"].as_u64().expect("a duration") >= 1_000);
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slid_to_the_side_it_is_discarded_whichever_way_one_reads() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let options = with_microphone(Options::phone());
    let john = at(&stage, &one, &conversation, options).await;
    for (language, away, record, group) in [
        ("en", -1.0, "Record a voice message", "Recording"),
        ("ar", 1.0, "تسجيل رسالة صوتية", "جارٍ التسجيل"),
    ] {
        john.choose_language(language).await;
        john.reload().await;
        let finger = Finger::on(&john, "button", record).await;
        john.sees("group", group).await;
        finger.slide(away * 120.0, 0.0).await;
        john.misses("group", group).await;
        finger.lift().await;
        john.sees("button", record).await;
    }
    // What is said afterwards is all there is.
    one.say(&conversation, "Never mind").await;
    let list = one.get(&messages(&conversation)).await.expect(200);
    assert_eq!(list.as_array().expect("a list").len(), 1);
    john.assert_console_clean(&[]).await;
}

/// Stops the page’s own clock while it says so, so that a tap is short, however long it takes.
const CLOCK: &str = "const now = performance.now.bind(performance);
    performance.now = () => (globalThis.isTapping ? 0 : now());";

#[tokio::test(flavor = "multi_thread")]
async fn tapped_it_goes_on_until_one_taps_send() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let options = with_microphone(Options::phone()).script(CLOCK);
    let john = at(&stage, &one, &conversation, options).await;
    for (then, count) in [("Discard recording", 0), ("Send recording", 1)] {
        john.eval::<bool>("globalThis.isTapping = true").await;
        let finger = Finger::on(&john, "button", "Record a voice message").await;
        // The finger is where Send is by now, and hasn’t tapped on it.
        john.sees("group", "Recording").await;
        finger.lift().await;
        john.eval::<bool>("globalThis.isTapping = false").await;
        let passes = "document.querySelector('.record-time')?.textContent > '0:00'";
        john.wait("some time to pass", passes).await;
        Finger::on(&john, "button", then).await.lift().await;
        john.misses("group", "Recording").await;
        john.wait(
            "as many",
            &format!("document.querySelectorAll('.voice').length === {count}"),
        )
        .await;
    }
    john.sees("button", "Play").await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finger_that_the_system_takes_away_sends_and_discards_nothing() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let options = with_microphone(Options::phone());
    let john = at(&stage, &one, &conversation, options).await;
    let finger = Finger::on(&john, "button", "Record a voice message").await;
    john.wait("a second to pass", SECOND).await;
    finger.lose().await;
    john.wait(
        "nothing to slide",
        "document.querySelector('.slide')?.hidden",
    )
    .await;
    john.click("button", "Send recording").await;
    john.sees("button", "Play").await;
    john.assert_console_clean(&[]).await;
}
