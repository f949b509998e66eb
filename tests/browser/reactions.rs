//! Reactions: however one gives them, everybody sees them.

use serde_json::{Value, json};

use crate::support::{Options, Session, Stage};

/// Both in their conversation, in which jane has said hello.
async fn talk(stage: &Stage, johns: Options, janes: Options) -> (Session, Session) {
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    jane.say(&conversation, "Hello").await;
    let mut people = Vec::new();
    for (client, options) in [(&john, johns), (&jane, janes)] {
        let person = stage.signed_in(client, options).await;
        person.open(&format!("/conversations/{conversation}")).await;
        person.sees_message("Hello").await;
        people.push(person);
    }
    for person in &people {
        // With it comes what one does with messages.
        person.reads("Online").await;
    }
    let jane = people.pop().expect("jane");
    (people.pop().expect("john"), jane)
}

/// Moves the mouse over a message, and opens its menu by the button that is there then.
async fn open_menu(person: &Session, text: &str) {
    let place: [f64; 2] = person
        .call(
            "(text) => {
                const found = [...document.querySelectorAll('[role=log] .bubble > [dir=auto]')]
                    .findLast(({ textContent }) => textContent === text);
                const { left, top, width, height } = found.getBoundingClientRect();
                return [left + width / 2, top + height / 2];
            }",
            json!([text]),
        )
        .await;
    let [x, y] = place;
    let moved = json!({ "type": "mouseMoved", "x": x, "y": y });
    person.cdp("Input.dispatchMouseEvent", moved).await;
    person.click("button", "Message options").await;
    person.sees("dialog", "/essage/").await;
}

/// Holds a message with a finger, which opens its menu.
async fn hold(person: &Session, text: &str) {
    person.hold("paragraph", text).await;
    person.sees("dialog", "/essage/").await;
}

async fn shows_chip(person: &Session, chip: &str, is_own: bool) {
    let pressed = format!(
        "[...document.querySelectorAll('[role=log] .chip')].some((chip) => \
         chip.innerText === {} && chip.ariaPressed === '{is_own}')",
        json!(chip)
    );
    person.wait(&format!("the chip {chip}"), &pressed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_by_mouse_is_seen_at_once_and_taken_back() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = talk(&stage, Options::desktop(), Options::phone()).await;
    open_menu(&john, "Hello").await;
    john.assert_accessible("message-menu").await;
    john.click("menuitemcheckbox", "🎉").await;
    john.misses("dialog", "Message from jane").await;
    shows_chip(&john, "🎉 1", true).await;
    shows_chip(&jane, "🎉 1", false).await;

    // The other joins in by the chip, and both know who it was.
    jane.click("button", "🎉 1").await;
    shows_chip(&jane, "🎉 2", true).await;
    shows_chip(&john, "🎉 2", true).await;
    open_menu(&john, "Hello").await;
    john.sees("term", "🎉").await;
    john.reads("you, jane").await;
    // Pressed already, so this takes it back.
    john.wait(
        "what is one’s own",
        "[...document.querySelectorAll('dialog [aria-checked=true]')].map((each) => each.innerText).join() === '🎉'",
    )
    .await;
    john.click("menuitemcheckbox", "🎉").await;
    shows_chip(&john, "🎉 1", false).await;
    shows_chip(&jane, "🎉 1", true).await;
    jane.click("button", "🎉 1").await;
    for person in [&john, &jane] {
        person.misses("button", "/^🎉/").await;
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finger_reacts_by_holding_the_message() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = talk(&stage, Options::phone(), Options::desktop()).await;
    // A tap alone does nothing; what it would do it would have done before the next one.
    john.click("paragraph", "Hello").await;
    hold(&john, "Hello").await;
    john.assert_accessible("message-menu-phone").await;
    john.click("menuitemcheckbox", "👍").await;
    shows_chip(&john, "👍 1", true).await;
    shows_chip(&jane, "👍 1", false).await;
    // It is there after a reload, and for whoever it was.
    john.reload().await;
    shows_chip(&john, "👍 1", true).await;
    john.reads("Online").await;
    hold(&john, "Hello").await;
    john.sees("term", "👍").await;
    john.press("Escape").await;
    john.misses("dialog", "Message from jane").await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_alone_react_and_come_back_to_the_message() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = talk(&stage, Options::desktop(), Options::desktop()).await;
    jane.say("How are you?").await;
    john.sees_message("How are you?").await;
    john.eval::<Value>("void document.querySelector('[role=log]').focus()")
        .await;
    john.press("Enter").await;
    john.press("ArrowUp").await;
    john.press("Enter").await;
    john.sees("dialog", "Message from jane").await;
    john.wait(
        "the focus in the menu",
        "document.activeElement.closest('dialog')",
    )
    .await;
    john.sees("menuitemcheckbox", "👍").await;
    assert_eq!(
        john.eval::<String>("document.activeElement.innerText")
            .await,
        "👍"
    );
    john.press("ArrowRight").await;
    john.press("Enter").await;
    shows_chip(&jane, "❤️ 1", false).await;
    shows_chip(&john, "❤️ 1", true).await;
    john.wait(
        "the focus back at the message",
        "document.activeElement.matches('li') && document.activeElement.textContent.includes('Hello')",
    )
    .await;
    // That it was this message, and no other.
    assert!(
        jane.eval::<bool>(
            "document.querySelector('.chip').closest('li').textContent.includes('Hello')"
        )
        .await
    );
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_emoji_is_found_by_its_name_and_a_refusal_says_why() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, jane) = talk(&stage, Options::desktop(), Options::desktop()).await;
    for (name, emoji) in [("family woman girl boy", "👩‍👧‍👦"), ("scotland", "🏴󠁧󠁢󠁳󠁣󠁴󠁿")]
    {
        open_menu(&john, "Hello").await;
        john.click("menuitem", "More emoji").await;
        john.fill("searchbox", "Search emoji", name).await;
        john.press("Enter").await;
        shows_chip(&john, &format!("{emoji} 1"), true).await;
        shows_chip(&jane, &format!("{emoji} 1"), false).await;
    }
    // Those used last come first.
    open_menu(&john, "Hello").await;
    john.click("menuitem", "More emoji").await;
    john.sees("button", "Recently used").await;
    john.assert_accessible("emoji-picker").await;
    let recent =
        "[...document.querySelectorAll('[data-group=recent] .emoji')].map(({ value }) => value)";
    assert_eq!(john.eval::<Vec<String>>(recent).await, ["🏴󠁧󠁢󠁳󠁣󠁴󠁿", "👩‍👧‍👦"]);
    john.press("Escape").await;

    // Somebody has deleted the message, and this page doesn’t know it yet.
    let path = john.path().await;
    let conversation = path.rsplit('/').next().expect("an id");
    let client = stage.client("jane").await;
    let messages = client
        .get(&format!("/api/conversations/{conversation}/messages"))
        .await;
    let id = messages.expect(200)[0]["id"].clone();
    let emoji = [
        "1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣", "🔟", "🍏", "🍎", "🍐", "🍊", "🍋",
        "🍌", "🍉", "🍇",
    ];
    for emoji in emoji {
        let path = format!(
            "/api/messages/{}/reactions/{emoji}",
            id.as_str().expect("an id")
        );
        client.put(&path).await.expect(200);
    }
    shows_chip(&john, "🍇 1", false).await;
    open_menu(&john, "Hello").await;
    john.click("menuitemcheckbox", "🎉").await;
    john.wait(
        "the reason",
        "[...document.querySelectorAll('[role=alert]')].some(({ innerText }) => /20/.test(innerText))",
    )
    .await;
    // What was shown before the answer is gone.
    john.misses("button", "/^🎉/").await;
    john.assert_console_clean(&["422"]).await;
    jane.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skin_tone_is_chosen_once_and_everything_is_reached_by_keys() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (john, _jane) = talk(&stage, Options::desktop(), Options::phone()).await;
    john.click("button", "Insert emoji").await;
    john.sees("searchbox", "Search emoji").await;
    john.click("radio", "Skin tone 3").await;
    john.fill("searchbox", "Search emoji", "wave").await;
    john.press("ArrowDown").await;
    john.wait("the hand", "document.activeElement.value === '👋🏽'")
        .await;
    john.press("Enter").await;
    john.wait(
        "the hand in the text",
        "document.querySelector('message-composer textarea').value === '👋🏽'",
    )
    .await;
    // In the grid, the arrows go on in all four directions and come back.
    john.click("button", "Insert emoji").await;
    john.sees("button", "Recently used").await;
    john.press("ArrowDown").await;
    let here = "document.activeElement.value";
    let first: String = john.eval(here).await;
    assert_eq!(first, "👋🏽");
    for keys in [["ArrowDown", "ArrowUp"], ["ArrowRight", "ArrowLeft"]] {
        let before: String = john.eval(here).await;
        john.press(keys[0]).await;
        assert_ne!(john.eval::<String>(here).await, before);
        john.press(keys[1]).await;
        assert_eq!(john.eval::<String>(here).await, before);
    }
    john.press("Escape").await;
    john.reload().await;
    john.sees("textbox", "Message to jane").await;
    assert_eq!(john.value("Message to jane").await, "👋🏽");
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_liked_messages_come_first() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let room = client.make_room("The lake", &["jane"], false).await;
    for (text, reactions) in [("Soup", 1), ("Nothing", 0), ("Pancakes", 2)] {
        let id = client.say(&room, text).await["id"].clone();
        let id = id.as_str().expect("an id");
        for person in [&client, &jane].into_iter().take(reactions) {
            let path = format!("/api/messages/{id}/reactions/%F0%9F%91%8D");
            person.put(&path).await.expect(200);
        }
    }
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open(&format!("/conversations/{room}")).await;
    john.click("button", "Room details").await;
    john.click("button", "Most liked messages").await;
    john.sees("dialog", "Most liked messages").await;
    john.wait(
        "the most liked first",
        "[...document.querySelectorAll('dialog li [dir=auto]')].map((text) => text.innerText).join() === 'Pancakes,Soup'",
    )
    .await;
    john.assert_accessible("most-liked").await;
    john.press("Escape").await;
    john.misses("dialog", "Most liked messages").await;
    john.assert_console_clean(&[]).await;
}
