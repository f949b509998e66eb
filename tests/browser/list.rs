//! The list of conversations: its keys and menus, what one sets for oneself, what others do; and finding anything.

use serde_json::json;

use crate::support::{Options, Session, Stage};

/// The names in the list, from the top.
async fn shows(person: &Session, names: &[&str]) {
    person
        .until("the list", async || {
            let shown: Vec<String> = person
                .eval("[...document.querySelectorAll('conversation-list .row-name')].map((name) => name.innerText)")
                .await;
            if shown == names {
                Ok(())
            } else {
                Err(format!("{shown:?} instead of {names:?}"))
            }
        })
        .await;
}

/// John, with a conversation with each of these, the last of them on top.
async fn john_knows(stage: &Stage, names: &[&str], options: Options) -> Session {
    let client = stage.client("john").await;
    for name in names {
        let friend = stage.client(name).await;
        let conversation = friend.talk_to("john").await;
        friend.say(&conversation, &format!("This is {name}")).await;
    }
    let john = stage.signed_in(&client, options).await;
    john.open("/").await;
    // What comes after the first look is there.
    john.sees("button", "New room").await;
    john
}

/// Opens the menu of a conversation by a right click, as a mouse, a held finger and a key do.
async fn choose(person: &Session, name: &str, action: &str) {
    let row = person.sees("link", &format!("/(^| ){name} /")).await;
    person
        .call::<bool>(
            "(row) => row.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: 90, clientY: 200 }))",
            json!([row]),
        )
        .await;
    person.sees("menu", &format!("Options for {name}")).await;
    person.click("menuitem", action).await;
    person.misses("menu", &format!("Options for {name}")).await;
}

async fn what_one_sets_is_so_on_all_devices(options: Options) {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let john = john_knows(&stage, &["jane", "mary", "paul"], options).await;
    let other = john_knows(&stage, &[], Options::desktop()).await;
    for each in [&john, &other] {
        shows(each, &["paul", "mary", "jane"]).await;
    }
    choose(&john, "jane", "Pin").await;
    choose(&john, "paul", "Archive").await;
    for each in [&john, &other] {
        shows(each, &["jane", "mary"]).await;
    }
    choose(&john, "mary", "Mark as read").await;
    other
        .wait("two unread", "document.title.startsWith('(1) ')")
        .await;
    choose(&john, "mary", "Mark as unread").await;
    other
        .wait("three unread", "document.title.startsWith('(2) ')")
        .await;
    choose(&john, "mary", "Hide until the next message").await;
    for each in [&john, &other] {
        shows(each, &["jane"]).await;
        each.click("button", "Archived (1)").await;
        shows(each, &["paul"]).await;
        each.assert_accessible("archived").await;
    }
    choose(&john, "paul", "Unarchive").await;
    choose(&john, "jane", "Unpin").await;
    let mary = stage.nobody().sign_in("mary").await;
    let conversation = mary.talk_to("john").await;
    mary.say(&conversation, "Once more").await;
    for each in [&john, &other] {
        shows(each, &["mary", "paul", "jane"]).await;
        each.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_sets_is_so_on_all_devices_from_a_desktop() {
    what_one_sets_is_so_on_all_devices(Options::desktop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_sets_is_so_on_all_devices_from_a_phone() {
    what_one_sets_is_so_on_all_devices(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_menu_is_gone_through_by_keys_and_gives_the_focus_back() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = john_knows(&stage, &["jane", "mary", "paul"], Options::desktop()).await;
    let focused =
        "document.activeElement.innerText.split('\\n')[0] || document.activeElement.ariaLabel";
    let is_on = async |name: &str| {
        john.wait(
            name,
            &format!("document.activeElement.innerText.includes({name:?})"),
        )
        .await;
    };
    john.press("Control+k").await;
    john.press("Tab").await;
    is_on("paul").await;
    for (key, name) in [
        ("ArrowDown", "mary"),
        ("End", "jane"),
        ("ArrowDown", "jane"),
        ("Home", "paul"),
        ("ArrowDown", "mary"),
    ] {
        john.press(key).await;
        is_on(name).await;
    }
    // It is one stop: the next is what comes after the list, and the way back leads to where one was.
    john.press("Tab").await;
    assert_eq!(john.eval::<String>(focused).await, "Settings");
    john.press("Shift+Tab").await;
    is_on("mary").await;

    john.eval::<bool>("document.activeElement.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))")
        .await;
    is_on("Pin").await;
    for (key, name) in [
        ("ArrowDown", "Mark as read"),
        ("End", "Hide"),
        ("ArrowDown", "Pin"),
        ("ArrowUp", "Hide"),
        ("Home", "Pin"),
    ] {
        john.press(key).await;
        is_on(name).await;
    }
    john.assert_accessible("conversation-menu").await;
    john.press("Escape").await;
    is_on("mary").await;
    john.press("Enter").await;
    john.sees("textbox", "Message to mary").await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_says_who_types_and_what_one_has_begun_to_write() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = john_knows(&stage, &["jane", "mary"], Options::desktop()).await;
    john.go_to("mary").await;
    john.write("Not yet").await;
    john.go_to("jane").await;
    john.sees("link", "/mary .*Draft: Not yet/").await;
    let mary = stage.nobody().sign_in("mary").await;
    let conversation = mary.talk_to("john").await;
    mary.post(
        &format!("/api/conversations/{conversation}/typing"),
        json!({}),
    )
    .await
    .expect(204);
    john.sees("link", "/mary .*typing…/").await;
    mary.say(&conversation, "Now").await;
    john.sees("link", "/mary .*Draft: Not yet/").await;
    john.go_to("mary").await;
    john.press("Control+a").await;
    john.press("Delete").await;
    john.go_to("jane").await;
    john.sees("link", "/mary .*Now/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_field_finds_conversations_people_and_what_one_can_do() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    stage.client("garden-fan").await;
    let client = stage.client("john").await;
    let room = json!({ "name": "House & Gärten", "usernames": [] });
    client.post("/api/conversations", room).await.expect(201);
    let john = john_knows(&stage, &["jane"], Options::desktop()).await;
    for (typed, role, found) in [
        ("garte", "button", "/House & Gärten/"),
        ("garden", "button", "/garden-fan/"),
        ("dark", "button", "Dark theme"),
        ("SHORT", "button", "Keyboard shortcuts"),
    ] {
        john.fill("searchbox", "/^Search/", typed).await;
        john.sees(role, found).await;
    }
    john.assert_accessible("found").await;
    john.press("Enter").await;
    john.sees("dialog", "Keyboard shortcuts").await;
    john.press("Escape").await;
    john.fill("searchbox", "/^Search/", "dark").await;
    john.sees("button", "Dark theme").await;
    john.press("Enter").await;
    john.wait(
        "the dark",
        "document.documentElement.dataset.theme === 'dark'",
    )
    .await;
    john.fill("searchbox", "/^Search/", "devi").await;
    john.sees("button", "Devices").await;
    john.press("Enter").await;
    john.wait(
        "its part of the settings",
        "document.activeElement.id === 'devices'",
    )
    .await;
    john.fill("searchbox", "/^Search/", "invite").await;
    john.click("button", "Invite people").await;
    john.sees("heading", "Invite people").await;
    john.fill("searchbox", "/^Search/", "kitxyz").await;
    john.reads("No results for “kitxyz”.").await;
    john.press("Escape").await;
    john.sees("link", "/jane/").await;
    john.assert_console_clean(&[]).await;
}
