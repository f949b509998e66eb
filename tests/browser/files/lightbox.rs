//! Pictures looked at closely, with a mouse and with fingers. `files` has keys and screen readers.

use serde_json::json;

use super::{at, finger::Finger, hand_over, picture, sees_pictures, send};
use crate::support::{Options, Session, Stage};

/// How many times as large as it fits the picture is.
const ZOOM: &str =
    "new DOMMatrix(getComputedStyle(document.querySelector('.stage img')).transform).a";

/// Somebody who looks at the first of three pictures.
async fn somebody(stage: &Stage, options: Options) -> Session {
    let one = stage.client("john").await;
    stage.client("jane").await;
    let conversation = one.talk_to("jane").await;
    let john = at(stage, &one, &conversation, options).await;
    let pictures = ["a.jpg", "b.jpg", "c.jpg"].map(|name| picture(name, 1200, 900));
    hand_over(&john, "drop", &pictures).await;
    send(&john).await;
    sees_pictures(&john, 3).await;
    let sent = "document.querySelector('.tile')?.dataset.id";
    john.wait("them to be sent", sent).await;
    john.eval::<()>("void document.querySelector('.tile').click()")
        .await;
    john.reads("1 of 3").await;
    john.wait("the picture", "document.querySelector('.stage.loaded')")
        .await;
    john
}

/// One click, or the second of a double click.
async fn click(person: &Session, (x, y): (f64, f64), count: u32) {
    for what in ["mousePressed", "mouseReleased"] {
        let event = json!({ "type": what, "x": x, "y": y, "button": "left", "clickCount": count });
        person.cdp("Input.dispatchMouseEvent", event).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fingers_go_to_the_next_come_closer_and_leave() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = somebody(&stage, Options::phone()).await;
    let on_picture = || Finger::on(&john, "img", "Photo");
    for (pixels, place) in [
        (-150.0, "2 of 3"),
        (-150.0, "3 of 3"),
        (-150.0, "3 of 3"),
        (150.0, "2 of 3"),
    ] {
        let finger = on_picture().await;
        finger.slide(pixels, 20.0).await;
        finger.lift().await;
        john.reads(place).await;
    }
    // A tap alone does nothing.
    on_picture().await.lift().await;
    let finger = on_picture().await;
    finger.spread(2.0).await;
    finger.lift().await;
    assert!((john.eval::<f64>(ZOOM).await - 2.0).abs() < 0.2);
    // What is close is moved, and not left.
    let finger = on_picture().await;
    finger.slide(-100.0, 150.0).await;
    finger.lift().await;
    john.reads("2 of 3").await;
    john.press("0").await;
    let finger = on_picture().await;
    finger.slide(10.0, 200.0).await;
    finger.lift().await;
    john.misses("dialog", "Photo").await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_beside_the_picture_leaves_and_two_on_it_come_closer() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = somebody(&stage, Options::desktop()).await;
    let (width, height): (f64, f64) = john.eval("[innerWidth, innerHeight]").await;
    let middle = (width / 2.0, height / 2.0);
    click(&john, middle, 1).await;
    john.sees("dialog", "Photo").await;
    click(&john, middle, 2).await;
    john.wait("it to be closer", &format!("{ZOOM} > 2")).await;
    john.press("0").await;
    click(&john, (8.0, height / 2.0 + 100.0), 1).await;
    john.misses("dialog", "Photo").await;
    john.assert_console_clean(&[]).await;
}
