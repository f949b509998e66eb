//! Who somebody is, to themselves and to others: the picture, the names, blocking, and going for good.

use std::path::Path;

use serde_json::json;

use crate::{
    api::Client,
    support::{Options, Stage, wait},
};

/// A picture of 512 by 512 pixels.
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/icons/512.png");
const OWN_FACE: &str = "document.querySelector('own-profile img.avatar')?.naturalWidth";

async fn picture_of(client: &Client) -> Option<String> {
    let user = client.get("/api/auth_user").await.expect(200);
    user["avatarURL"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_cut_out_in_the_browser_and_taken_away_again() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let john = stage.signed_in(&client, Options::phone()).await;
    john.open("/settings").await;
    john.sees("button", "Choose picture").await;
    // What is no picture is told.
    john.attach(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))
        .await;
    john.reads("can’t be opened as a picture").await;
    john.press("Escape").await;
    john.misses("dialog", "Picture").await;

    john.attach(Path::new(PICTURE)).await;
    john.sees("dialog", "Picture").await;
    john.assert_accessible("crop").await;
    let drawn = "document.querySelector('picture-cropper canvas').toDataURL()";
    let whole: String = john.eval(drawn).await;
    for _ in 0..20 {
        john.press("=").await;
    }
    for _ in 0..60 {
        john.press("ArrowRight").await;
        john.press("ArrowDown").await;
    }
    // The keys have come closer, and have moved it as far as it goes.
    john.wait(
        "the slider",
        "document.querySelector('[type=range]').value === '4'",
    )
    .await;
    assert_ne!(john.eval::<String>(drawn).await, whole);
    john.click("button", "Save picture").await;
    john.misses("dialog", "Picture").await;
    john.wait("the face", &format!("{OWN_FACE} === 256")).await;
    assert!(picture_of(&client).await.is_some());
    john.wait(
        "the face below the list",
        "document.querySelector('footer img.avatar') !== null",
    )
    .await;

    john.click("button", "Remove").await;
    john.sees("button", "Choose picture").await;
    assert_eq!(picture_of(&client).await, None);
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_ones_own_is_everywhere_at_once() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Hello").await;
    let other = stage.signed_in(&john, Options::desktop()).await;
    let person = stage.signed_in(&jane, Options::desktop()).await;
    other.open("/").await;
    other.sees("link", "/jane.*Hello/").await;
    person.open("/settings").await;
    person.click("button", "Edit").await;
    person.sees("dialog", "Edit profile").await;
    person.assert_accessible("edit-profile").await;
    person.fill("textbox", "Display name", "Jane Doe").await;
    person.fill("textbox", "Username", "john").await;
    person.click("button", "Save").await;
    person.reads("is taken").await;
    person.fill("textbox", "Username", "janey").await;
    person.click("button", "Save").await;
    person.misses("dialog", "Edit profile").await;
    person
        .wait(
            "both names",
            "document.querySelector('.own').textContent.includes('Jane Doe@janey')",
        )
        .await;
    person
        .wait(
            "the name below the list",
            "document.querySelector('footer .name').innerText.startsWith('Jane Doe')",
        )
        .await;
    other.sees("link", "/Jane Doe.*Hello/").await;
    // Others find her by either.
    for start in ["doe", "janey"] {
        other.fill("searchbox", "/^Search/", start).await;
        other.sees("button", "/^Jane Doe/").await;
    }

    // Without one, the username is shown again.
    person.click("button", "Edit").await;
    person.fill("textbox", "Display name", "").await;
    person.press("Backspace").await;
    person.click("button", "Save").await;
    person
        .wait(
            "the username",
            "document.querySelector('.own-name').innerText === 'janey'",
        )
        .await;
    person.assert_console_clean(&["409"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_blocked_by_their_card_and_unblocked_in_the_settings() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let room = client.make_room("House", &["jane"], false).await;
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Hello").await;
    let john = stage.signed_in(&client, Options::phone()).await;
    john.open("/settings").await;
    john.reads("You haven’t blocked anyone.").await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.click("button", "Profile").await;
    john.sees("dialog", "Profile").await;
    john.sees("link", "House").await;
    john.assert_accessible("profile").await;
    john.click("button", "Block").await;
    john.sees("heading", "Block jane?").await;
    john.assert_accessible("block").await;
    john.click("button", "Cancel").await;
    john.misses("heading", "Block jane?").await;
    let blocked = async || {
        let blocked = client.get("/api/blocks").await.expect(200);
        blocked.as_array().expect("a list").len()
    };
    assert_eq!(blocked().await, 0, "nobody was sure");
    john.click("button", "Block").await;
    john.sees("heading", "Block jane?").await;
    john.click("button", "Block").await;
    john.reads("You blocked jane.").await;
    assert_eq!(blocked().await, 1);
    john.click("link", "House").await;
    john.misses("dialog", "Profile").await;
    assert_eq!(john.path().await, format!("/conversations/{room}"));

    john.open("/settings").await;
    john.click("button", "Unblock jane").await;
    john.reads("You haven’t blocked anyone.").await;
    assert_eq!(blocked().await, 0);
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_deletes_their_account_is_gone_and_their_messages_stay() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Farewell").await;
    let person = stage.signed_in(&jane, Options::desktop()).await;
    let other = stage.signed_in(&john, Options::desktop()).await;
    other.open("/").await;
    other.sees("link", "/jane.*Farewell/").await;
    person.open("/settings").await;
    // A person without a password says their name.
    person.reads("Visible to people you chat with.").await;
    person.click("button", "Delete account").await;
    person.sees("dialog", "Delete your account?").await;
    person.assert_accessible("delete-account").await;
    person
        .fill("textbox", "Type your username to confirm", "someone")
        .await;
    person.click("button", "Delete account").await;
    person
        .wait(
            "what is wrong",
            "document.querySelector('dialog .problem:not(:empty)') !== null",
        )
        .await;
    person
        .fill("textbox", "Type your username to confirm", "jane")
        .await;
    person.click("button", "Delete account").await;
    person.sees("button", "Sign in").await;
    wait("the others to be told", async || {
        let users = john.get("/api/users?search=jane").await.expect(200);
        (users == json!([])).then_some(())
    })
    .await;
    other.sees("link", "/Deleted account.*Farewell/").await;
    other.assert_console_clean(&[]).await;
}
