//! Videos, which are seen before they are played.

use serde_json::{Value, json};

use super::{at, hand_over, newest, send};
use crate::support::{Options, Stage};

fn video(name: &str, kind: &str, width: u32, height: u32) -> Value {
    json!({ "name": name, "type": kind, "width": width, "height": height })
}

const HEIGHT: &str = "document.querySelector('video.video')?.offsetHeight ?? 0";

#[tokio::test(flavor = "multi_thread")]
async fn a_video_has_a_picture_and_its_shape_before_anything_of_it_is_loaded() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let network = stage.proxy().await;
    let (one, other) = (stage.client("john").await, stage.client("jane").await);
    let conversation = one.talk_to("jane").await;
    let john = at(&stage, &one, &conversation, Options::desktop()).await;
    hand_over(
        &john,
        "drop",
        &[video("upright.webm", "video/webm", 360, 640)],
    )
    .await;
    // It can be seen before it is sent.
    john.wait(
        "its picture",
        "document.querySelector('file-tray img.preview')?.naturalWidth > 0",
    )
    .await;
    send(&john).await;
    john.wait(
        "it to be sent",
        "document.querySelector('video[src]') && !document.querySelector('.way')",
    )
    .await;
    let sent = newest(&one, &conversation).await;
    assert_eq!(sent[0]["type"], "video/webm");
    assert_eq!(sent[0]["hasThumb"], true);
    assert!(sent[0]["thumbhash"].is_string());

    // Nothing of it, and not even its picture, has come when its place is there.
    network.hold_answers("/api/files/");
    let options = Options::desktop().origin(network.origin());
    let jane = stage.signed_in(&other, options).await;
    jane.open(&format!("/conversations/{conversation}")).await;
    jane.wait("a place for it", &format!("{HEIGHT} > 0")).await;
    let before: u32 = jane.eval(HEIGHT).await;
    let width: u32 = jane
        .eval("document.querySelector('video.video').offsetWidth")
        .await;
    assert!(before > width, "it is upright: {width} × {before}");
    network.pass_answers();
    let loaded = "new Promise((done) => {
        const poster = new Image();
        poster.onload = () => done(poster.naturalHeight);
        poster.onerror = () => done(0);
        poster.src = document.querySelector('video.video').poster;
    })";
    assert_eq!(jane.eval::<u32>(loaded).await, 480);
    let play = "(async () => {
        const video = document.querySelector('video.video');
        video.muted = true;
        await video.play();
        return video.videoHeight;
    })()";
    assert_eq!(jane.eval::<u32>(play).await, 640);
    assert_eq!(jane.eval::<u32>(HEIGHT).await, before);
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}
