//! Rooms: making one, finding one, who is in it, and what becomes of those who aren't any more.

use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use crate::{
    api::{Client, answer, participants, png},
    support::{Options, Session, Stage},
};

fn path(room: &str) -> String {
    format!("/conversations/{room}")
}

/// Who has signed in already, with the room open.
async fn in_room(stage: &Stage, client: &Client, room: &str, options: Options) -> Session {
    let person = stage.signed_in(client, options).await;
    person.open(&path(room)).await;
    person.sees("button", "Room details").await;
    person
}

async fn open_details(person: &Session) {
    person.click("button", "Room details").await;
    person.sees("dialog", "Room details").await;
}

async fn close_details(person: &Session) {
    person.press("Escape").await;
    person.misses("dialog", "Room details").await;
}

/// What the owner does with somebody in the details.
async fn does(person: &Session, what: &str, somebody: &str) {
    person.click("button", &format!("/^{somebody}/")).await;
    person.click("button", what).await;
    person.sees("alertdialog", &format!("/{somebody}/")).await;
    person.click("button", what).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_people_meet_and_talk_in_a_room() {
    let Some(stage) = Stage::set(3).await else {
        return;
    };
    let bob = stage.client("bob").await;
    let john = stage.person("john", Options::desktop()).await;
    let jane = stage.person("jane", Options::phone()).await;
    let bob = stage.signed_in(&bob, Options::desktop()).await;
    bob.open("/").await;

    john.click("button", "New room").await;
    john.sees("dialog", "New room").await;
    john.reads("No other open rooms").await;
    john.assert_accessible("new-room").await;
    john.fill("textbox", "Name", "The lake").await;
    john.fill("textbox", "Find people to add", "jan").await;
    john.click("button", "jane").await;
    john.sees("button", "Remove jane").await;
    john.click("switch", "Anyone can find and join it").await;
    john.click("button", "Create room").await;
    john.sees("textbox", "Message to The lake").await;
    john.reads("2 people").await;
    john.misses("dialog", "New room").await;
    // Whoever was added has it at once.
    jane.go_to("The lake").await;

    bob.click("button", "New room").await;
    bob.sees("heading", "Open rooms").await;
    bob.click("button", "Join The lake").await;
    bob.sees("textbox", "Message to The lake").await;
    let everybody = [&john, &jane, &bob];
    for person in everybody {
        person.reads("3 people").await;
    }

    for (person, text) in everybody.into_iter().zip(["Who comes?", "I do", "Me, too"]) {
        person.say(text).await;
        for reader in everybody {
            reader.sees_message(text).await;
        }
    }
    for (person, own) in [(&john, "john"), (&jane, "jane"), (&bob, "bob")] {
        let said = [("john", "Who comes?"), ("jane", "I do"), ("bob", "Me, too")];
        let said = said.map(|(author, text)| {
            let author = if author == own { "You" } else { author };
            format!("{author}: {text}")
        });
        let lines = [
            "john created this room",
            "bob joined",
            &said[0],
            &said[1],
            &said[2],
        ];
        person.shows_lines(&lines).await;
        // Above what others say stands who they are, for those who see.
        let names: Vec<String> = person
            .eval("[...document.querySelectorAll('[role=log] li b')].map((name) => name.innerText)")
            .await;
        let others = ["john", "jane", "bob"].into_iter();
        assert_eq!(
            names,
            others.filter(|name| *name != own).collect::<Vec<_>>()
        );
        person.assert_console_clean(&[]).await;
    }
    john.go_to("The lake").await;
    john.sees("link", "/The lake.*bob: Me, too/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_is_told_and_hears_nothing_more() {
    let Some(stage) = Stage::set(3).await else {
        return;
    };
    let (john, jane, bob) = (
        stage.client("john").await,
        stage.client("jane").await,
        stage.client("bob").await,
    );
    let room = john.make_room("The lake", &["jane", "bob"], false).await;
    let friend = jane.clone();
    let with_bob = friend.talk_to("bob").await;
    let john = in_room(&stage, &john, &room, Options::desktop()).await;
    let jane = in_room(&stage, &jane, &room, Options::phone()).await;
    let bob = in_room(&stage, &bob, &room, Options::desktop()).await;
    bob.say("Here I am").await;
    john.sees_message("Here I am").await;

    open_details(&john).await;
    john.assert_accessible("room-details").await;
    does(&john, "Remove", "bob").await;
    john.misses("button", "/^bob/").await;
    close_details(&john).await;
    for person in [&john, &jane] {
        person.reads("2 people").await;
        person.reads("john removed bob").await;
    }
    bob.reads("You’re no longer in this room.").await;
    bob.misses("textbox", "Message to The lake").await;
    bob.misses("button", "Room details").await;
    bob.misses("link", "/The lake/").await;
    bob.assert_accessible("removed").await;

    john.say("He is gone").await;
    jane.sees_message("He is gone").await;
    // What comes later has come, and this hasn't.
    friend.say(&with_bob, "Are you cross?").await;
    bob.sees("link", "/jane.*Are you cross/").await;
    assert!(bob.look_for("link", "/The lake/").await.is_none());
    assert!(!bob.text().await.contains("He is gone"));
    bob.reload().await;
    bob.reads("doesn’t exist or you’re not in it").await;
    bob.assert_console_clean(&["404"]).await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_has_tools_and_can_hand_them_over() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let room = john.make_room("The lake", &["jane"], false).await;
    let john = in_room(&stage, &john, &room, Options::desktop()).await;
    let jane = in_room(&stage, &jane, &room, Options::phone()).await;

    open_details(&john).await;
    john.fill("textbox", "Name", "The sea").await;
    john.click("button", "Rename").await;
    for person in [&john, &jane] {
        person.sees("heading", "The sea").await;
        person.reads("john renamed the room to The sea").await;
        person
            .wait("the title", "document.title === 'The sea – Tincan'")
            .await;
    }
    jane.sees("textbox", "Message to The sea").await;

    open_details(&jane).await;
    jane.sees("list", "People in this room").await;
    jane.reads("Private – by invitation only").await;
    jane.misses("textbox", "Name").await;
    jane.misses("button", "/^john/").await;
    john.click("switch", "Anyone can find and join").await;
    jane.reads("Open – anyone can find and join").await;
    does(&john, "Make owner", "jane").await;
    john.misses("textbox", "Name").await;
    john.misses("button", "/^jane/").await;
    jane.sees("textbox", "Name").await;
    jane.sees("switch", "Anyone can find and join").await;
    jane.click("button", "/^john/").await;
    jane.sees("button", "Remove").await;

    jane.click("button", "Leave").await;
    jane.sees("alertdialog", "Leave The sea?").await;
    jane.click("button", "Leave").await;
    jane.wait("the list alone", "location.pathname === '/'")
        .await;
    jane.misses("link", "/The sea/").await;
    // Somebody has to have them.
    john.sees("textbox", "Name").await;
    close_details(&john).await;
    john.reads("1 person").await;
    john.shows_lines(&[
        "john created this room",
        "john renamed the room to The sea",
        "john opened the room to everyone",
        "john made jane the owner",
        "jane left",
        "john is now the owner",
    ])
    .await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_late_to_a_closed_room_sees_nothing_earlier() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, bob) = (stage.client("john").await, stage.client("bob").await);
    let room = john.make_room("Surprises", &["jane"], false).await;
    for text in ["Bob has his birthday on Friday", "Quiet now"] {
        john.say(&room, text).await;
    }
    let john = in_room(&stage, &john, &room, Options::desktop()).await;
    let bob = stage.signed_in(&bob, Options::phone()).await;
    bob.open("/").await;
    bob.reads("No conversations yet").await;

    open_details(&john).await;
    john.fill("textbox", "Add people", "bob").await;
    john.click("button", "bob").await;
    john.misses("button", "bob").await;
    john.sees("button", "/^bob/").await;
    close_details(&john).await;
    bob.go_to("Surprises").await;
    bob.reads("Earlier messages aren’t visible to you.").await;
    bob.shows_lines(&["john added bob"]).await;
    john.say("Hello, bob").await;
    let lines = ["john added bob", "john: Hello, bob"];
    bob.shows_lines(&lines).await;
    bob.reload().await;
    bob.shows_lines(&lines).await;
    bob.reads("Earlier messages aren’t visible to you.").await;
    for person in [&john, &bob] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_cannot_be_made_says_why() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = stage.person("john", Options::desktop()).await;
    john.click("button", "New room").await;
    john.fill("textbox", "Name", "   ").await;
    john.click("button", "Create room").await;
    john.wait(
        "the reason",
        "document.querySelector('dialog [role=alert]').innerText",
    )
    .await;
    john.fill("textbox", "Name", "The lake").await;
    john.fill("textbox", "Find people to add", "nobody-is-called-so")
        .await;
    john.reads("No results for").await;
    john.click("button", "Create room").await;
    john.sees("textbox", "Message to The lake").await;
    john.reads("1 person").await;
    john.assert_console_clean(&["422"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_any_script_and_length_keep_their_place() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, ahmad) = (stage.client("john").await, stage.client("أحمد").await);
    let long = stage.client("someone-with-quite-a-long-name").await;
    let name = "البحيرة".to_owned() + &" and-no-end-to-it".repeat(4);
    let room = client
        .make_room(&name, &["أحمد", "someone-with-quite-a-long-name"], false)
        .await;
    ahmad.say(&room, "مرحبا!").await;
    long.say(&room, "Hello, all").await;
    let unknown = json!({ "username": "nobody" });
    client
        .post(&participants(&room), unknown)
        .await
        .refused(404, "not_found");

    let john = in_room(&stage, &client, &room, Options::phone()).await;
    john.shows_lines(&[
        "john created this room",
        "أحمد: مرحبا!",
        "someone-with-quite-a-long-name: Hello, all",
    ])
    .await;
    open_details(&john).await;
    john.sees("button", "/^أحمد/").await;
    // Each name is in a direction of its own, and none makes the screen wider.
    for (place, name) in [
        ("[role=log] b bdi", "أحمد"),
        ("dialog summary bdi", "أحمد"),
        ("header h1 bdi", name.as_str()),
    ] {
        let named = format!(
            "[...document.querySelectorAll({})].some(({{ textContent }}) => textContent === {})",
            json!(place),
            json!(name)
        );
        john.wait(&format!("{name} in {place}"), &named).await;
    }
    john.wait(
        "everything on the screen",
        "document.documentElement.scrollWidth <= innerWidth \
         && [...document.querySelectorAll('dialog *')].every((part) => part.getBoundingClientRect().right <= innerWidth)",
    )
    .await;
    john.assert_accessible("room-names").await;
    john.assert_console_clean(&[]).await;
}

/// Of lines that may be too long, whether their first letter can be seen.
const BEGINNINGS: &str =
    "['conversation-list .row-name', 'conversation-list .row-text', 'conversation-view h1'].map((place) => {
    const line = document.querySelector(place);
    const { left, right } = line.getBoundingClientRect();
    let text = line;
    while (text.lastChild) text = text.lastChild;
    const first = document.createRange();
    first.setStart(text, 0);
    first.setEnd(text, 1);
    const letter = first.getBoundingClientRect();
    return letter.left >= left - 1 && letter.right <= right + 1;
})";

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_the_other_way_keeps_its_beginning() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let name = "Everybody who comes to the lake on Saturday morning";
    let room = client.make_room(name, &["jane"], false).await;
    jane.say(&room, "It is a long way by bike, and I am not sure of it")
        .await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open("/").await;
    for language in ["ar", "en"] {
        john.choose_language(language).await;
        john.open(&format!("/conversations/{room}")).await;
        john.is_whole().await;
        john.wait(
            "all beginnings",
            &format!(
                "{BEGINNINGS}.every(Boolean) && document.documentElement.lang === '{language}'"
            ),
        )
        .await;
    }
    john.assert_console_clean(&[]).await;
}

/// Whether what stands for the room in the list is a picture that is there, and in the header.
const PICTURED: &str = "['conversation-list .row', 'conversation-view .bar'].map((place) =>
    document.querySelector(`${place} img.avatar.room`)?.naturalWidth ?? 0)";

#[tokio::test(flavor = "multi_thread")]
async fn a_rooms_picture_is_cut_out_seen_by_everybody_and_removed_by_the_keyboard() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let room = john.make_room("The lake", &["jane"], false).await;
    let john = in_room(&stage, &john, &room, Options::desktop()).await;
    let jane = in_room(&stage, &jane, &room, Options::phone()).await;
    let everybody = [&john, &jane];
    open_details(&jane).await;
    jane.misses("button", "Choose picture").await;
    open_details(&john).await;
    john.sees("button", "Choose picture").await;
    john.assert_accessible("room-without-picture").await;

    // What is no picture is told, and the details are still there.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    john.attach(&here.join("README.md")).await;
    john.sees("dialog", "Room picture").await;
    john.reads("can’t be opened as a picture").await;
    john.press("Escape").await;
    john.misses("dialog", "Room picture").await;
    john.attach(&here.join("ui/icons/512.png")).await;
    john.sees("button", "Save picture").await;
    john.assert_accessible("crop-of-room").await;
    john.click("button", "Save picture").await;
    john.misses("dialog", "Room picture").await;
    john.sees("dialog", "Room details").await;
    for person in everybody {
        person
            .wait(
                "the picture",
                &format!("{PICTURED}.every((width) => width === 256)"),
            )
            .await;
        person
            .wait(
                "the picture in the details",
                "document.querySelector('room-details img.avatar.room')?.naturalWidth === 256",
            )
            .await;
        person.reads("john changed the room’s picture").await;
    }

    close_details(&john).await;
    john.fill("searchbox", "/^Search/", "lake").await;
    john.wait(
        "the picture of what is found",
        "document.querySelector('.finds img.avatar.room')?.naturalWidth === 256",
    )
    .await;

    open_details(&john).await;
    john.sees("button", "Change").await;
    john.eval::<()>("void document.querySelector('.room-face button').focus()")
        .await;
    john.press("Enter").await;
    john.sees("menuitem", "Choose picture").await;
    john.assert_accessible("room-picture-menu").await;
    john.press("ArrowDown").await;
    john.press("Enter").await;
    john.sees("button", "Choose picture").await;
    john.wait(
        "the focus, where it was",
        "document.activeElement.matches('.room-face button')",
    )
    .await;
    for person in everybody {
        person
            .wait(
                "the letter",
                "document.querySelector(':is(conversation-list, .bar, .room-face) img.avatar') === null",
            )
            .await;
        person.reads("john removed the room’s picture").await;
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_picture_cant_be_had_there_is_the_letter() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let room = client.make_room("The lake", &[], false).await;
    for path in [
        &format!("/api/conversations/{room}/avatar"),
        "/api/auth_user/avatar",
    ] {
        let request = client.request(reqwest::Method::PUT, path);
        answer(request.body(png(1, 1))).await.expect(200);
    }
    // Their addresses are told, and what they lead to isn't there.
    let database = Connection::open(stage.database()).expect("a database");
    database
        .execute_batch("DELETE FROM room_pictures; DELETE FROM avatars")
        .expect("no pictures");
    let john = in_room(&stage, &client, &room, Options::desktop()).await;
    john.wait(
        "the letters",
        "['.row .stand', 'conversation-view .bar', 'footer'].map((place) =>
            document.querySelector(`${place} span.avatar`)?.innerText).join() === 'T,T,J'",
    )
    .await;
    open_details(&john).await;
    john.wait(
        "the letter in the details",
        "document.querySelector('.room-face span.avatar.room')?.innerText === 'T'",
    )
    .await;
    john.assert_console_clean(&["404"]).await;
}
