//! Without a mouse: everything can be reached, seen to be reached, and used.

use serde::Deserialize;
use serde_json::json;

use crate::support::{Options, Session, Stage};

const FOCUS_IS_IN: &str = "(selector) => document.activeElement.matches(selector)";
const SEARCH: &str = "input[type=search]";
const COMPOSER: &str = "message-composer textarea";
const FROM_THE_END: &str = "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight) \
    (document.querySelector('[role=log]'))";

async fn focus_is_in(person: &Session, selector: &str) {
    person
        .until(&format!("the focus in {selector}"), async || {
            if person.call(FOCUS_IS_IN, json!([selector])).await {
                Ok(())
            } else {
                Err(person
                    .eval::<String>("document.activeElement.outerHTML.slice(0, 200)")
                    .await)
            }
        })
        .await;
}

async fn is_at(person: &Session, path: &str) {
    let condition = format!("location.pathname === {path:?}");
    person.wait(path, &condition).await;
}

/// Goes to a page and waits until its keys work: they come with what isn't needed at the first look, as
/// the button for a new room does.
async fn open(person: &Session, path: &str) {
    person.open(path).await;
    person
        .wait(
            "the keys",
            "document.querySelector('[aria-label=\"New room\"]') !== null",
        )
        .await;
}

/// John, who has a conversation with each of these, the last on top of his list.
async fn john_knows(stage: &Stage, names: &[&str], options: Options) -> (Session, Vec<String>) {
    let john = stage.client("john").await;
    let mut paths = Vec::new();
    for name in names {
        let friend = stage.client(name).await;
        let conversation = friend.talk_to("john").await;
        friend.say(&conversation, &format!("This is {name}")).await;
        paths.push(format!("/conversations/{conversation}"));
    }
    (stage.signed_in(&john, options).await, paths)
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_found_and_written_to_by_keys_alone() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    for name in ["mary", "maria", "mark"] {
        stage.client(name).await;
    }
    let (john, paths) = john_knows(&stage, &["jane"], Options::desktop()).await;
    open(&john, &paths[0]).await;
    focus_is_in(&john, COMPOSER).await;

    john.press("Control+k").await;
    focus_is_in(&john, SEARCH).await;
    john.write("mar").await;
    john.sees("button", "mary").await;
    // Up and down through those found, and no further than to the first and the last.
    let names: Vec<String> = john
        .eval("[...document.querySelectorAll('.finds li')].map((person) => person.innerText.split('\\n').at(-1))")
        .await;
    assert_eq!(names.len(), 3);
    let focused = "document.activeElement.innerText.split('\\n').at(-1)";
    for name in names.iter().chain(names.last()) {
        john.press("ArrowDown").await;
        assert_eq!(&john.eval::<String>(focused).await, name);
    }
    john.press("ArrowUp").await;
    assert_eq!(john.eval::<String>(focused).await, names[1]);
    john.press("Enter").await;
    john.sees("heading", &names[1]).await;
    focus_is_in(&john, COMPOSER).await;
    john.write("Hello").await;
    john.press("Enter").await;
    john.shows_exactly(&["Hello".to_owned()]).await;

    // Enter takes the first; going up from the first leads back to what was typed.
    john.press("Control+k").await;
    focus_is_in(&john, SEARCH).await;
    john.write("jan").await;
    john.sees("button", "jane").await;
    john.press("ArrowDown").await;
    john.press("ArrowUp").await;
    focus_is_in(&john, SEARCH).await;
    john.press("Enter").await;
    is_at(&john, &paths[0]).await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn arrows_with_alt_go_from_conversation_to_conversation() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, mut paths) = john_knows(&stage, &["jane", "mary", "paul"], Options::desktop()).await;
    paths.reverse();
    open(&john, "/").await;
    john.sees("link", "/jane/").await;
    for (key, index) in [
        ("Alt+ArrowDown", 0),
        ("Alt+ArrowDown", 1),
        ("Alt+ArrowDown", 2),
        ("Alt+ArrowDown", 2),
        ("Alt+ArrowUp", 1),
        ("Alt+ArrowUp", 0),
        ("Alt+ArrowUp", 0),
    ] {
        john.press(key).await;
        is_at(&john, &paths[index]).await;
        // They work from the text field, too, and keep what is in it.
        focus_is_in(&john, COMPOSER).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn escape_clears_the_search_and_then_goes_to_the_newest() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    stage
        .fill([&john, &jane], &conversation, 60, |number| {
            format!("message {number}")
        })
        .await;
    // Whoever was the slower to write has the last words, and nothing is to be new to john.
    let read = format!("/api/conversations/{conversation}/read_messages");
    john.post(&read, json!({})).await.expect(204);
    let john = stage.signed_in(&john, Options::desktop()).await;
    open(&john, &format!("/conversations/{conversation}")).await;
    focus_is_in(&john, COMPOSER).await;
    john.wait("the end", &format!("Math.abs({FROM_THE_END}) < 1"))
        .await;
    // From message to message, and to the first and the last.
    john.press("Shift+Tab").await;
    focus_is_in(&john, "[role=log] li:last-child").await;
    john.press("Home").await;
    john.wait("the beginning", &format!("{FROM_THE_END} > 1000"))
        .await;

    john.press("Control+k").await;
    john.write("ja").await;
    john.sees("button", "jane").await;
    john.press("ArrowDown").await;
    // What has the focus goes, and so the focus goes where the search is.
    john.press("Escape").await;
    john.misses("button", "jane").await;
    focus_is_in(&john, SEARCH).await;
    assert_eq!(
        john.eval::<String>("document.activeElement.value").await,
        ""
    );
    assert!(john.eval::<f64>(FROM_THE_END).await > 1000.0);

    john.press("Escape").await;
    focus_is_in(&john, COMPOSER).await;
    john.wait("the end", &format!("Math.abs({FROM_THE_END}) < 1"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_mark_helps_where_nobody_writes() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, paths) = john_knows(&stage, &["jane"], Options::desktop()).await;
    open(&john, &paths[0]).await;
    focus_is_in(&john, COMPOSER).await;
    john.press("?").await;
    john.press("Control+k").await;
    focus_is_in(&john, SEARCH).await;
    john.press("?").await;
    assert_eq!(
        john.eval::<String>("document.activeElement.value").await,
        "?"
    );
    assert_eq!(john.value("Message to jane").await, "?");
    assert!(
        john.look_for("dialog", "Keyboard shortcuts")
            .await
            .is_none()
    );
    john.press("Escape").await;

    john.eval::<serde_json::Value>("void document.querySelector('[role=log]').focus()")
        .await;
    john.press("?").await;
    john.sees("dialog", "Keyboard shortcuts").await;
    john.assert_accessible("help").await;
    // What is behind it is out of reach.
    john.press("Control+k").await;
    focus_is_in(&john, "dialog, dialog *").await;
    john.press("Escape").await;
    john.misses("dialog", "Keyboard shortcuts").await;
    focus_is_in(&john, "[role=log]").await;
    john.press("Escape").await;
    focus_is_in(&john, COMPOSER).await;
    assert_eq!(john.value("Message to jane").await, "?");
}

/// What has the focus, as a person sees it.
#[derive(Debug, Deserialize)]
struct Focused {
    name: String,
    /// Whether something on the screen shows that it has the focus.
    visible: bool,
    /// Whether it is on the screen, and nothing over it.
    in_reach: bool,
}

const FOCUSED: &str = "() => {
    const element = document.activeElement;
    const label = element.closest('label');
    const { left, top, width, height } = (label?.contains(element) ? label : element).getBoundingClientRect();
    const at = document.elementFromPoint(left + width / 2, top + height / 2);
    const shows = (part) => {
        const { outlineStyle, outlineWidth, opacity } = getComputedStyle(part);
        return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && opacity !== '0';
    };
    const text = label ?? element;
    return {
        name: (element.getAttribute('aria-label') ?? text.innerText).replace(/\\s+/g, ' ').trim(),
        visible: [element, label, element.querySelector('.bubble')].some((part) => part && shows(part)),
        in_reach: Boolean(at && (text.contains(at) || at.contains(element))),
    };
}";

/// Goes through the page by Tab, from where the focus is, and back again; checks that each stop can be
/// seen, and gives back their names.
async fn stops(person: &Session, count: usize) -> Vec<String> {
    let mut stops = Vec::new();
    for step in 0..2 * count - 1 {
        if step > 0 {
            let key = if step < count { "Tab" } else { "Shift+Tab" };
            person.press(key).await;
        }
        let focused: Focused = person.call(FOCUSED, json!([])).await;
        assert!(
            focused.visible && focused.in_reach,
            "{focused:?} after {stops:?}"
        );
        stops.push(focused.name);
    }
    let back: Vec<_> = stops.split_off(count - 1).into_iter().rev().collect();
    assert_eq!(back[..count - 1], stops);
    back
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_reached_by_tab_and_shows_it() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, paths) = john_knows(&stage, &["jane", "mary"], Options::desktop()).await;
    let client = stage.client("jane").await;
    client.another_device().await;
    let conversation = client.talk_to("john").await;
    client.say(&conversation, "See https://example.org").await;
    open(&john, &paths[0]).await;
    john.sees_message("See https://example.org").await;
    focus_is_in(&john, COMPOSER).await;
    john.press("Control+k").await;
    focus_is_in(&john, SEARCH).await;
    let names = stops(&john, 10).await;
    let expected = [
        "Search",
        "jane",
        "Settings",
        "Search in this conversation",
        "Profile",
        "Notifications",
        "See https://example.org",
        "https://example.org",
        "Message to jane",
    ];
    for (name, expected) in names.iter().zip(expected) {
        assert!(name.contains(expected), "{names:?}");
    }

    open(&john, "/settings").await;
    john.sees("heading", "Settings").await;
    john.reads("This device").await;
    john.reads("You haven’t blocked anyone.").await;
    john.reads("Devices with notifications").await;
    john.reads("Quiet hours").await;
    john.has_loaded().await;
    john.press("Control+k").await;
    focus_is_in(&john, SEARCH).await;
    let names = stops(&john, 15).await;
    // Oneself comes first.
    let expected = [
        "Search",
        "jane",
        "Settings",
        "Edit",
        "Choose picture",
        "Show notifications",
        "Play a sound",
        "Devices with notifications",
        "Show message text",
        "Quiet hours",
        "System",
        "Same as the browser",
        "Share when",
        "Ask before",
        "Invite",
    ];
    for (name, expected) in names.iter().zip(expected) {
        assert!(name.contains(expected), "{names:?}");
    }
}
