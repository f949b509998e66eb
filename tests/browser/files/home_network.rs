//! Files on plain http under a name, where browsers keep back what is for secure pages: no microphone, no hashes, and
//! nothing that is kept for good.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use super::{file, go_to, hand_over, has_ready, picture, sees_pictures, send};
use crate::support::{Options, Stage, wait};

#[tokio::test(flavor = "multi_thread")]
async fn photos_and_files_are_pasted_kept_sent_looked_at_and_downloaded() {
    let Some(mut stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    let people = [(&john, Options::desktop()), (&jane, Options::desktop())];
    let sessions = stage.on_the_home_network(&people).await;
    let [john, jane] = &sessions[..] else {
        unreachable!("two people")
    };
    for person in [john, jane] {
        go_to(person, &conversation).await;
        let is_secure = "isSecureContext || Boolean(crypto.subtle ?? navigator.mediaDevices ?? navigator.storage)";
        assert!(!person.eval::<bool>(is_secure).await);
        // Nobody is offered what can’t be.
        assert!(
            person
                .look_for("button", "Record a voice message")
                .await
                .is_none()
        );
    }
    john.click("textbox", "Message to jane").await;
    hand_over(
        john,
        "paste",
        &[picture("beach.jpg", 3000, 1500), file("plan.bin", 300_000)],
    )
    .await;
    let kept = "Object.keys(localStorage).some((key) => key.startsWith('tray:') && JSON.parse(localStorage[key]).files.length === 2)";
    john.wait("both to be kept", kept).await;
    john.reload().await;
    has_ready(john, 2).await;
    send(john).await;
    for person in [john, jane] {
        sees_pictures(person, 1).await;
        person.sees("link", "/^Download plan.bin/").await;
    }
    john.wait("them to be sent", "!document.querySelector('.way')")
        .await;

    jane.click("button", "Photo from john").await;
    jane.sees("dialog", "Photo").await;
    jane.press("Escape").await;
    jane.misses("dialog", "Photo").await;
    let downloads = TempDir::new().expect("a folder");
    let to = json!({ "behavior": "allow", "downloadPath": downloads.path() });
    jane.cdp("Browser.setDownloadBehavior", to).await;
    jane.click("link", "/^Download plan.bin/").await;
    let bytes = wait("the file", async || {
        let bytes = fs::read(downloads.path().join("plan.bin")).ok()?;
        (bytes.len() == 300_000).then_some(bytes)
    })
    .await;
    assert!(
        bytes
            .iter()
            .zip(0_u64..)
            .all(|(&byte, index)| u64::from(byte) == index * 31 % 251)
    );
    for person in [john, jane] {
        person.assert_console_clean(&[]).await;
    }
}
