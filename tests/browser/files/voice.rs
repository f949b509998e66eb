//! Voice messages.

use super::{at, newest};
use crate::support::{Options, Stage};

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
