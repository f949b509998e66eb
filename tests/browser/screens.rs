//! Every screen, on a phone and a desktop, by day and by night: axe-core finds nothing, and the
//! console stays empty.

use crate::support::{Device, Options, Scheme, Session, Stage};

/// Checks the screen that is open, by day and by night.
async fn check(person: &Session, screen: &str) {
    let device = match person.device() {
        Device::Phone => "phone",
        Device::Desktop => "desktop",
    };
    for (scheme, name) in [(Scheme::Light, "light"), (Scheme::Dark, "dark")] {
        person.prefer(scheme).await;
        let screen = format!("{screen}-{device}-{name}");
        person.assert_accessible(&screen).await;
        person.screenshot(&screen).await;
        person.assert_console_clean(&[]).await;
    }
}

async fn every_screen_is_in_order(options: Options) {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let someone = stage.client("someone-with-quite-a-long-name").await;
    let john = stage.session(options).await;

    john.open("/").await;
    john.sees("button", "Sign in").await;
    check(&john, "sign-in").await;

    john.sign_in("john").await;
    check(&john, "list-empty").await;

    let conversation = client.talk_to("jane").await;
    client.say(&conversation, "Are you at home?").await;
    jane.say(
        &conversation,
        "Yes. See https://example.org/door (the green one)",
    )
    .await;
    let other = someone.talk_to("john").await;
    someone
        .say(&other, &"a long word and another ".repeat(12))
        .await;
    john.sees("link", "/someone-with.*1 unread/").await;
    check(&john, "list").await;

    john.go_to("jane").await;
    john.sees_message("Are you at home?").await;
    check(&john, "conversation").await;

    john.open("/nothing/here").await;
    john.sees("heading", "Page not found").await;
    check(&john, "not-found").await;

    john.open("/conversations/999999").await;
    john.reads("doesn’t exist").await;
    // That it isn't there has to be asked of the server.
    john.assert_console_clean(&["404"]).await;
    check(&john, "no-such-conversation").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_in_order_on_a_phone() {
    every_screen_is_in_order(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_in_order_on_a_desktop() {
    every_screen_is_in_order(Options::desktop()).await;
}
