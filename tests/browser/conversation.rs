//! What a conversation looks like, and what can be taken out of it.

use serde_json::{Value, json};

use crate::support::{Options, Session, Stage};

/// How high each row is, from top to bottom.
const HEIGHTS: &str = "[...document.querySelectorAll('[role=log] li')].map((row) => row.getBoundingClientRect().height)";

/// John in front of a room in which jane has said this.
async fn in_a_room(stage: &Stage, texts: &[&str], options: Options) -> (Session, String) {
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let room = john.make_room("The lake", &["jane"], false).await;
    for text in texts {
        jane.say(&room, text).await;
    }
    let john = stage.signed_in(&john, options).await;
    john.open(&format!("/conversations/{room}")).await;
    if let Some(text) = texts.last() {
        john.sees_message(text).await;
    }
    john.sees("button", "Insert emoji").await;
    (john, room)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_costs_no_more_than_a_line() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, _) = in_a_room(&stage, &["Hello", "Are you there?"], Options::phone()).await;
    john.say("Yes").await;
    john.sees_message("Yes").await;
    let heights: Vec<f64> = john.eval(HEIGHTS).await;
    // What the system says, a face with a name, one that goes with it, and one’s own.
    assert!(
        heights[1] <= 70.0 && heights[2] <= 48.0 && heights[3] <= 48.0,
        "{heights:?}"
    );
    let faces = "[...document.querySelectorAll('[role=log] li')].map((row) => row.querySelectorAll('.face').length)";
    assert_eq!(john.eval::<Vec<usize>>(faces).await, [0, 1, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_emoji_alone_are_large() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let texts = ["👍🏽", "👩‍👩‍👧‍👦 🏳️‍🌈 🎉", "🎉🎉🎉🎉", "7", "#", "a👍", "1️⃣"];
    let (john, _) = in_a_room(&stage, &texts, Options::desktop()).await;
    let large: Vec<String> = john
        .eval("[...document.querySelectorAll('.big .text')].map(({ textContent }) => textContent)")
        .await;
    assert_eq!(large, [texts[0], texts[1], texts[6]]);
    let size = "getComputedStyle(document.querySelector('.big .text')).fontSize";
    assert_eq!(john.eval::<String>(size).await, "44px");
}

pub async fn many_lines_are_folded_until_somebody_wants_them(stage: Stage) {
    let text = "line\n".repeat(3_900 / 5);
    let (john, _) = in_a_room(&stage, &["Before", text.trim(), "After"], Options::phone()).await;
    let screens = "document.querySelector('[role=log]').scrollHeight / innerHeight";
    // Whoever has written is at the end, and stays there.
    john.say("Here").await;
    john.sees_message("Here").await;
    assert!(john.eval::<f64>(screens).await < 2.0);
    let top = "[...document.querySelectorAll('[role=log] li')][2].getBoundingClientRect().top";
    let before: f64 = john.eval(top).await;
    john.click("button", "Show more").await;
    john.misses("button", "Show more").await;
    assert!(john.eval::<f64>(screens).await > 10.0);
    // Its beginning is where it was, also for who was at the end.
    let after: f64 = john.eval(top).await;
    assert!((after - before).abs() < 1.0, "{before} {after}");
}

/// What the page puts into the clipboard for what is selected.
pub const COPY: &str = "(() => {
    const event = new ClipboardEvent('copy', { clipboardData: new DataTransfer(), bubbles: true, cancelable: true });
    getSelection().anchorNode.parentElement.dispatchEvent(event);
    return event.clipboardData.getData('text/plain');
})()";

pub async fn what_is_copied_over_several_messages_says_who_said_it(stage: Stage) {
    let (john, room) = in_a_room(&stage, &["One of them", "Two"], Options::desktop()).await;
    let jane = stage.client("jane").await;
    let messages = jane
        .get(&format!("/api/conversations/{room}/messages"))
        .await
        .expect(200);
    let id = messages[0]["id"].as_str().expect("an id").to_owned();
    jane.put(&format!("/api/messages/{id}/reactions/👍"))
        .await
        .expect(200);
    john.sees("button", "👍 1").await;
    john.say("Three").await;
    john.sees_message("Three").await;
    // Its row is drawn anew then, and what is selected in it lost.
    let is_sent = "[...document.querySelectorAll('[role=log] li')].at(-1).dataset.number";
    john.wait("it to be sent", is_sent).await;
    let select = "(first, offset) => {
        const texts = [...document.querySelectorAll('[role=log] .text')];
        getSelection().setBaseAndExtent((first ? document.querySelector(first) : texts[0]).firstChild, offset, texts[2].firstChild, 5);
    }";
    john.call::<Value>(select, json!([null, 4])).await;
    let copied: String = john.eval(COPY).await;
    let lines: Vec<_> = copied.split('\n').collect();
    assert_eq!(lines.len(), 3, "{copied}");
    for (line, [name, text]) in lines.iter().zip([
        ["jane, ", ": of them"],
        ["jane, ", ": Two"],
        ["You, ", ": Three"],
    ]) {
        assert!(line.starts_with(name) && line.ends_with(text), "{copied}");
    }
    // Also where the selection begins above the messages.
    john.call::<Value>(select, json!(["conversation-view h1", 0]))
        .await;
    let copied: String = john.eval(COPY).await;
    assert!(
        copied.split('\n').count() == 3 && copied.contains(": One of them"),
        "{copied}"
    );
    // Three clicks may go as far as to where the next message begins, and are about one of them. What is empty here is
    // the browser’s to copy.
    john.click_thrice("[role=log] li:nth-last-child(2) .text")
        .await;
    assert_eq!(john.eval::<String>(COPY).await, "");
    let selected: String = john.eval("getSelection().toString()").await;
    assert_eq!(selected.trim(), "Two");
    // Within one message, what isn’t its text isn’t selected.
    let alone: String = john
        .eval(
            "(() => {
                getSelection().selectAllChildren(document.querySelectorAll('[role=log] .bubble')[2]);
                return getSelection().toString();
            })()",
        )
        .await;
    assert!(
        alone.contains("Three") && !alone.contains("Sent") && !alone.contains("Read"),
        "{alone}"
    );
}

pub async fn all_that_is_loaded_is_printed(stage: Stage) {
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    stage
        .fill([&client, &jane], &conversation, 120, |number| {
            format!("message {number}")
        })
        .await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees("button", "Insert emoji").await;
    let pages = john.printed_pages().await;
    // At least as many as the rows that are on the screen need, and no more than for all of them.
    assert!((2..=8).contains(&pages), "{pages} pages");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_is_black_on_white_and_the_messages_alone() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, _) = in_a_room(&stage, &["Hello"], Options::desktop()).await;
    john.say("Yes").await;
    john.sees_message("Yes").await;
    john.cdp("Emulation.setEmulatedMedia", json!({ "media": "print" }))
        .await;
    for hidden in ["message-composer", ".sidebar", ".newest"] {
        let shown = format!(
            "[...document.querySelectorAll({hidden:?})].some((each) => each.checkVisibility())"
        );
        assert!(!john.eval::<bool>(&shown).await, "{hidden} is printed");
    }
    let bubble = "getComputedStyle(document.querySelector('.mine .bubble'))";
    assert_eq!(
        john.eval::<String>(&format!("{bubble}.color")).await,
        "rgb(0, 0, 0)"
    );
    assert_eq!(
        john.eval::<String>(&format!("{bubble}.backgroundColor"))
            .await,
        "rgb(255, 255, 255)"
    );
}

/// Notes which texts come into what a screen reader follows.
const LISTEN: &str = "void (window.announced = [], new MutationObserver((changes) => {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
    const heard = added.filter((node) => !(node.parentElement ?? node).closest('[aria-live=off]'));
    window.announced.push(...heard.map(({ textContent }) => textContent).filter((text) => /Yes|Sen[dt]|Read/.test(text)));
}).observe(document.querySelector('[role=log]'), { childList: true, characterData: true, subtree: true }))";

pub async fn what_one_sends_is_announced_once(stage: Stage) {
    let (john, room) = in_a_room(&stage, &["Hello"], Options::desktop()).await;
    // What comes by opening it is no news.
    john.wait(
        "an end of the quiet",
        "!document.querySelector('[role=log]').hasAttribute('aria-live')",
    )
    .await;
    john.eval::<Value>(LISTEN).await;
    john.say("Yes").await;
    john.shows_exactly(&["Hello", "Yes"].map(str::to_owned))
        .await;
    // Read, it changes once more.
    let jane = stage.client("jane").await;
    jane.say(&room, "Good").await;
    john.sees_message("Good").await;
    let announced: Vec<String> = john.eval("window.announced").await;
    assert_eq!(announced.len(), 1, "{announced:?}");
}

pub async fn scrolling_past_an_end_moves_nothing_else(stage: Stage) {
    let (john, _) = in_a_room(&stage, &["Hello"], Options::desktop()).await;
    for place in [
        "[role=log]",
        "conversation-list, .sidebar [role=list], nav ul",
        "message-composer textarea",
    ] {
        let contained = format!(
            "(() => {{ for (let each = document.querySelector({place:?}); each; each = each.parentElement) \
                if (getComputedStyle(each).overscrollBehaviorY !== 'auto') return getComputedStyle(each).overscrollBehaviorY; }})()"
        );
        assert_eq!(
            john.eval::<Option<String>>(&contained).await.as_deref(),
            Some("contain"),
            "{place}"
        );
    }
}

pub async fn beside_a_keyboard_on_a_phone_on_its_side_a_message_is_seen(stage: Stage) {
    let (john, room) = in_a_room(&stage, &["Hello", "Are you there?"], Options::phone()).await;
    // Whoever has written has read what was before, also where no window has the focus.
    stage.client("john").await.say(&room, "Yes").await;
    john.reload().await;
    john.sees_message("Yes").await;
    john.resize(740, 160).await;
    john.wait("the small screen", "innerHeight === 160").await;
    john.wait(
        "a whole message",
        "(({ top, bottom }) => {
            const log = document.querySelector('[role=log]').getBoundingClientRect();
            return top >= log.top && bottom <= log.bottom;
        })(document.querySelector('[role=log] li:last-child .bubble').getBoundingClientRect())",
    )
    .await;
    john.sees("textbox", "Message to The lake").await;
}

pub async fn who_is_called_otherwise_is_so_at_once_everywhere(stage: Stage) {
    let (john, _) = in_a_room(&stage, &["Hello"], Options::desktop()).await;
    let jane = stage.client("jane").await;
    john.shows_lines(&["john created this room", "jane: Hello"])
        .await;
    jane.patch(
        "/api/auth_user",
        json!({ "displayName": "Jane of the Lake" }),
    )
    .await
    .expect(200);
    john.shows_lines(&["john created this room", "Jane of the Lake: Hello"])
        .await;
    john.wait(
        "the name above",
        "document.querySelector('.byline b').textContent === 'Jane of the Lake'",
    )
    .await;
    assert!(
        john.eval::<bool>(
            "[...document.querySelectorAll('bdi')].every(({ translate }) => !translate)"
        )
        .await
    );
    let bob = stage.client("bob").await;
    let with_bob = bob.talk_to("john").await;
    bob.say(&with_bob, "Good bye").await;
    john.open(&format!("/conversations/{with_bob}")).await;
    john.sees("textbox", "Message to bob").await;
    john.sees("button", "Insert emoji").await;
    let deleted = bob
        .request(reqwest::Method::DELETE, "/api/auth_user")
        .json(&json!({ "username": "bob" }))
        .send()
        .await
        .expect("an answer");
    assert_eq!(deleted.status(), 204);
    john.sees("heading", "Deleted account").await;
    john.reads("This account was deleted.").await;
    john.misses("textbox", "/^Message to/").await;
    john.assert_accessible("deleted-account").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_cannot_write_it_says_so_in_place_of_the_composer() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    jane.say(&conversation, "Hello").await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees("button", "Insert emoji").await;
    let id_of = async |person: &crate::api::Client| {
        let user = person.get("/api/auth_user").await.expect(200);
        user["id"].as_str().expect("an id").to_owned()
    };
    let (johns, janes) = (id_of(&client).await, id_of(&jane).await);
    // Whom one has blocked, here or on another device.
    client
        .put(&format!("/api/users/{janes}/block"))
        .await
        .expect(204);
    john.reads("You blocked jane.").await;
    john.misses("textbox", "Message to jane").await;
    john.assert_accessible("blocked").await;
    john.reload().await;
    john.reads("You blocked jane.").await;
    john.click("button", "Unblock").await;
    john.sees("textbox", "Message to jane").await;

    // Whoever is blocked isn’t told by whom, or whether.
    jane.put(&format!("/api/users/{johns}/block"))
        .await
        .expect(204);
    john.say("Are you there?").await;
    john.reads("You can’t send messages in this conversation.")
        .await;
    john.misses("textbox", "Message to jane").await;
    jane.delete(&format!("/api/users/{johns}/block"))
        .await
        .expect(204);
    john.click("button", "Try again").await;
    john.sees("textbox", "Message to jane").await;
    john.shows_exactly(&["Hello".to_owned(), "Are you there?".to_owned()])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_string_sways_while_somebody_types_and_is_taut_when_it_is_there() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let seen = "globalThis.seen = [];
        addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
            const string = document.querySelector('.typing');
            if (string && seen.at(-1) !== string.className) seen.push(string.className);
        }).observe(document, { subtree: true, childList: true, attributes: true }));";
    let (john, room) = in_a_room(&stage, &["Hello"], Options::desktop().script(seen)).await;
    let jane = stage.client("jane").await;
    jane.post(&format!("/api/conversations/{room}/typing"), json!({}))
        .await
        .expect(204);
    john.wait(
        "the string",
        "document.querySelector('.typing.swaying')?.innerText.includes('jane is typing…')",
    )
    .await;
    let animation = "getComputedStyle(document.querySelector('.sagging')).animationName";
    assert_eq!(john.eval::<String>(animation).await, "sway");
    john.cdp(
        "Emulation.setEmulatedMedia",
        json!({ "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }] }),
    )
    .await;
    assert_eq!(john.eval::<String>(animation).await, "none");
    jane.say(&room, "Here").await;
    john.sees_message("Here").await;
    john.wait(
        "an end",
        "document.querySelector('.typing').className === 'typing'",
    )
    .await;
    assert_eq!(
        john.eval::<Vec<String>>("seen").await,
        ["typing", "typing swaying", "typing taut", "typing"]
    );
}
