//! Pictures of coming in, of oneself, and of administering, each checked as those of `screenshots.rs`.

use std::path::Path;

use serde_json::json;

use crate::{
    screenshots::Viewer,
    support::{Options, Stage},
};

const PASSWORD: &str = "a tin can on a string";

async fn coming_in(options: Options) {
    let Some((stage, link)) = Stage::unset(2).await else {
        return;
    };
    let (_, token) = link.split_once('#').expect("something secret");
    let viewer = Viewer::new(stage.session(options.clone()).await);
    let john = viewer.session();
    john.open("/").await;
    john.reads("no accounts yet").await;
    viewer.take("not-set-up").await;
    john.open(&format!("/setup#{token}")).await;
    john.sees("heading", "Welcome to Tincan").await;
    viewer.take("setup").await;
    john.fill("textbox", "Username", "john").await;
    john.fill("textbox", "Password", PASSWORD).await;
    john.click("button", "Create account").await;
    john.sees("img", "QR code of the link").await;
    viewer.take_all("invite-people", ".settings").await;
    let invitation = john.value("Link").await;
    let (_, secret) = invitation.split_once('#').expect("something secret");
    john.click("button", "Create another link").await;
    john.sees("button", "Create link").await;
    viewer.take_all("invite-form", ".settings").await;
    john.click("button", "/^Revoke/").await;
    john.sees("heading", "Revoke this invitation?").await;
    viewer.take("revoke-invitation").await;
    john.click("button", "Cancel").await;
    john.open("/admin").await;
    john.sees("switch", "Members can invite people").await;
    viewer.take_all("administration", ".settings").await;
    john.click("button", "/^john/").await;
    john.reads("Chrome on Linux").await;
    viewer.take("administration-account").await;
    john.press("Escape").await;

    let guest = Viewer::new(stage.session(options).await);
    let jane = guest.session();
    jane.open(&format!("/invite#{secret}")).await;
    jane.reads("john invited you").await;
    guest.take("invited").await;
    jane.open("/sign-in").await;
    jane.click("button", "Forgot your password?").await;
    jane.reads("tincan user reset NAME").await;
    guest.take("forgot").await;
}

async fn oneself(options: Options) {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    client.another_device().await;
    client.make_room("House", &["jane"], false).await;
    client.make_room("Football parents", &["jane"], false).await;
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Hello").await;
    let name = json!({ "displayName": "Jane Doe" });
    jane.patch("/api/auth_user", name).await.expect(200);
    let viewer = Viewer::new(stage.signed_in(&client, options).await);
    let john = viewer.session();
    john.open(&format!("/conversations/{conversation}")).await;
    john.click("button", "Profile").await;
    john.sees("link", "House").await;
    viewer.take("profile").await;
    john.click("button", "Block").await;
    john.sees("heading", "Block Jane Doe?").await;
    viewer.take("block").await;
    john.click("button", "Block").await;
    john.reads("You blocked Jane Doe.").await;
    viewer.take("profile-blocked").await;
    john.open("/settings").await;
    john.attach(&Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/icons/512.png"))
        .await;
    john.sees("dialog", "Picture").await;
    viewer.take("crop").await;
    john.click("button", "Save picture").await;
    john.sees("button", "Remove").await;
    john.reads("This device").await;
    john.reads("Jane Doe").await;
    viewer.take_all("settings-with-picture", ".settings").await;
    john.click("button", "Edit").await;
    john.sees("dialog", "Edit profile").await;
    viewer.take("edit-profile").await;
    john.press("Escape").await;
    john.click("button", "Delete account").await;
    john.sees("dialog", "Delete your account?").await;
    viewer.take("delete-account").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_in_is_a_picture_of_order_on_a_phone() {
    coming_in(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_in_is_a_picture_of_order_on_a_desktop() {
    coming_in(Options::desktop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oneself_is_a_picture_of_order_on_a_phone() {
    oneself(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oneself_is_a_picture_of_order_on_a_desktop() {
    oneself(Options::desktop()).await;
}
