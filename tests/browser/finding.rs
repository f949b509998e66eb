//! Finding messages, and going to where they were said.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    api::Client,
    support::{Options, Session, Stage},
};

const FIELD: &str = "/^Search/";
/// So many come after it.
const MESSAGES: usize = 280;
/// The one that is looked for, and how many are before it.
const NEEDLE: &str = "Where is the needle, jane?";
const PLACE: usize = 120;

fn text(number: usize) -> String {
    let more = "and one thing more ".repeat(number * 7 % 13);
    format!("message {number}. {more}").trim().to_owned()
}

/// How far a row is from the middle of the messages, in their heights.
const FROM_THE_MIDDLE: &str = "(text) => {
    const row = [...document.querySelectorAll('[role=log] li')].find((each) => each.innerText.includes(text));
    // It may be on its way in.
    if (!row) return 1e9;
    const log = document.querySelector('[role=log]').getBoundingClientRect();
    const { top, bottom } = row.getBoundingClientRect();
    return Math.abs((top + bottom - log.top - log.bottom) / 2 / log.height);
}";
const FOCUSED: &str = "document.activeElement.closest('li')?.innerText ?? ''";
const AT_THE_END: &str = "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < 1) \
    (document.querySelector('[role=log]'))";

#[derive(Debug, Deserialize)]
struct Found {
    drift: Option<f64>,
    holes: Vec<Value>,
    seen: usize,
}

/// A long conversation of john and jane, which john has read, in front of him; with its texts, and the id of the message
/// that is looked for.
async fn long_talk(stage: &Stage) -> (Session, Client, Client, String, Vec<String>, String) {
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    for number in 0..PLACE {
        jane.say(&conversation, &text(number)).await;
    }
    let needle = jane.say(&conversation, NEEDLE).await;
    stage
        .fill([&john, &jane], &conversation, MESSAGES, |number| {
            text(PLACE + number)
        })
        .await;
    let texts = stage.history(&john, &conversation).await;
    let path = format!("/api/conversations/{conversation}/read_messages");
    john.post(&path, json!({})).await;
    let session = stage.signed_in(&john, Options::desktop()).await;
    session
        .open(&format!("/conversations/{conversation}"))
        .await;
    session.sees_message(&texts[texts.len() - 1]).await;
    let id = needle["id"].as_str().expect("an id").to_owned();
    (session, john, jane, conversation, texts, id)
}

async fn is_at(session: &Session, text: &str) {
    session
        .until("the message in the middle", async || {
            let focused: String = session.eval(FOCUSED).await;
            if !focused.contains(text) {
                return Err(format!("the focus is on {focused:?}"));
            }
            let away: f64 = session.call(FROM_THE_MIDDLE, json!([text])).await;
            if away < 0.4 {
                Ok(())
            } else {
                Err(format!("{away} from the middle"))
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_shown_where_it_was_said_and_history_goes_on_from_there() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (session, john, jane, conversation, mut texts, id) = long_talk(&stage).await;
    let home = format!("/conversations/{conversation}");
    let place = format!("{home}/{id}");
    session.open(&place).await;
    is_at(&session, NEEDLE).await;
    session.assert_accessible("a message in its place").await;

    // What comes meanwhile moves nothing, and isn’t taken to be read.
    jane.say(&conversation, "Did you find it?").await;
    session.sees("button", "Newest, 1 new").await;
    is_at(&session, NEEDLE).await;
    let known = john
        .get(&format!("/api/conversations/{conversation}"))
        .await;
    assert_eq!(known.expect(200)["lastReadNumber"], json!(texts.len()));
    // It can be reacted to there, as anywhere else.
    jane.put(&format!("/api/messages/{id}/reactions/👍")).await;
    session.sees("button", "👍 1").await;

    // Up to the first message, and down to the newest, without a hole.
    texts.push("Did you find it?".to_owned());
    session
        .call::<Value>(include_str!("history.js"), json!([texts]))
        .await;
    for way in ["goUp(100)", "goDown(100)"] {
        let found: Found = session.eval(way).await;
        assert!(found.drift.is_some_and(|drift| drift < 1.0), "{found:?}");
        assert!(found.holes.is_empty(), "{found:?}");
        assert_eq!(found.seen == texts.len(), way == "goDown(100)", "{found:?}");
    }
    session
        .eval::<Value>("void (document.querySelector('[role=log]').scrollTop = 1e9)")
        .await;
    session.misses("button", "/^Newest/").await;
    assert_eq!(session.path().await, home);

    // Back to a place where one was, from another one; and to the newest at once.
    session
        .eval::<Value>("void (document.querySelector('[role=log]').scrollTop -= 2000)")
        .await;
    session.sees("button", "Newest").await;
    let top = "[...document.querySelectorAll('[role=log] li')].find((row) => \
        row.getBoundingClientRect().bottom > document.querySelector('[role=log]').getBoundingClientRect().top).dataset.number";
    let before: String = session.eval(top).await;
    session
        .eval::<Value>(&format!("void import('/ui/' + document.querySelector('script[type=module]').src.split('/')[4] \
            + '/messages/jump.js').then(({{ rememberPlace }}) => {{ rememberPlace(); const link = document.createElement('a'); \
            link.href = '{place}'; document.body.append(link); link.click(); link.remove(); }})"))
        .await;
    is_at(&session, NEEDLE).await;
    assert_eq!(session.path().await, place);
    session.back().await;
    session
        .wait("the place before", &format!("{top} === '{before}'"))
        .await;
    session.click("button", "/^Newest/").await;
    session.wait("the end", AT_THE_END).await;

    session.open(&format!("{home}/999999")).await;
    session.reads("This message isn’t available.").await;
    session.sees_message("Did you find it?").await;
    session.assert_console_clean(&["404"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_found_by_the_keyboard() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (session, .., id) = long_talk(&stage).await;
    session.press("Control+k").await;
    session.fill("searchbox", FIELD, "from:jane NEEDL").await;
    session.sees("link", "/jane.*Where is the needle/").await;
    let marked: Vec<String> = session
        .eval("[...document.querySelectorAll('mark')].map((each) => each.textContent)")
        .await;
    assert_eq!(marked, ["needle"]);
    session.press("ArrowDown").await;
    session.press("Enter").await;
    is_at(&session, NEEDLE).await;
    let path = session.path().await;
    assert!(path.ends_with(&format!("/{id}")), "{path}");
    // Enter takes what is typed, and not what was found before.
    session.press("Control+k").await;
    session.write("kitxyz").await;
    session.press("Enter").await;
    session.reads("No results for “kitxyz”.").await;
    assert_eq!(session.path().await, path);
    session.press("Escape").await;
    session.sees("link", "/^jane/").await;
    session.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_comes_back_to_what_was_found_and_finds_what_the_device_holds() {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let with_jane = john.talk_to("jane").await;
    let kitchen = john.make_room("Kitchen", &["jane"], true).await;
    for (conversation, text) in [
        (&with_jane, "Fish and chips?"),
        (&kitchen, "東京都のラーメン is better than fish"),
        (&kitchen, "<b>Not a tag</b>"),
    ] {
        jane.say(conversation, text).await;
    }
    let session = stage.signed_in(&john, Options::phone()).await;
    session.open("/").await;
    session.fill("searchbox", FIELD, "fis").await;
    session.sees("link", "/jane.*Fish and chips/").await;
    session.sees("link", "/Kitchen.*ラーメン/").await;
    session.assert_accessible("found messages on a phone").await;

    // Filters, by touch.
    session.click("button", "From").await;
    session.click("button", "You").await;
    session.reads("No results for “fis from:me”.").await;
    session.fill("searchbox", FIELD, "fis in:kit").await;
    session.click("button", "Kitchen").await;
    session
        .sees("button", "Search everywhere, not only in Kitchen")
        .await;
    session.sees("link", "/Kitchen.*ラーメン/").await;
    session.misses("link", "/jane.*Fish and chips/").await;

    // There, and back.
    session.fill("searchbox", FIELD, "京都").await;
    // What is found for something else has gone.
    let marked = "document.querySelector('.found-message mark')?.textContent === '京都'";
    session.wait("the words marked", marked).await;
    session.click("link", "/Kitchen.*ラーメン/").await;
    is_at(&session, "ラーメン").await;
    session.back().await;
    session.sees("link", "/Kitchen.*ラーメン/").await;
    session
        .wait(
            "the focus where it was",
            "document.activeElement.matches('.found-message')",
        )
        .await;
    let typed = session.eval::<String>("document.querySelector('input[type=search]').value");
    assert_eq!(typed.await, "京都");
    session
        .click("button", "Search everywhere, not only in Kitchen")
        .await;

    // Without the server, and from a conversation.
    session.open(&format!("/conversations/{kitchen}")).await;
    session.sees_message("<b>Not a tag</b>").await;
    session.click("button", "Room details").await;
    session.sees("button", "Search in this conversation").await;
    stage.kill();
    session.reads("Offline").await;
    session.click("button", "Search in this conversation").await;
    session
        .sees("button", "Search everywhere, not only in Kitchen")
        .await;
    session.fill("searchbox", FIELD, "not TAG").await;
    session.sees("heading", "On this device").await;
    session.click("link", "/Kitchen.*<b>Not a tag/").await;
    session.sees_message("<b>Not a tag</b>").await;
    session.back().await;
    session.fill("searchbox", FIELD, "needle").await;
    session.reads("No matching messages on this device.").await;
}
