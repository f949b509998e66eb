//! Reading what was said before, undisturbed by what comes.

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    api::Client,
    support::{Options, Session, Stage},
};

const MESSAGES: usize = 5_000;
/// So many rows are in the page at most, however many messages there are.
const ROWS: usize = 400;
const TOP_OF_ROWS: &str = "(text) => [...document.querySelectorAll('[role=log] li')] \
    .find((row) => row.innerText.includes(text)).getBoundingClientRect().top";
const FROM_THE_END: &str = "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight) \
    (document.querySelector('[role=log]'))";

#[derive(Debug, Deserialize)]
struct Found {
    /// The most rows that were in the page.
    most: usize,
    /// How far a row that was looked at has moved, in CSS pixels; nothing where it has gone.
    drift: Option<f64>,
    /// Neighbours that aren't.
    holes: Vec<Value>,
    /// How many messages have been in the page.
    seen: usize,
    first: String,
}

/// No two are alike, and they are of many heights.
fn text(number: usize) -> String {
    let more = "and one thing more ".repeat(number * 7 % 23);
    let lines = "\nanother line".repeat(number * 5 % 4);
    format!("message {number}. {more}{lines}").trim().to_owned()
}

/// A conversation of some length, open in front of john.
async fn john_reads(
    stage: &Stage,
    count: usize,
    options: Options,
) -> (Session, Client, Vec<String>, String) {
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = john.talk_to("jane").await;
    let texts = stage.fill([&john, &jane], &conversation, count, text).await;
    assert_eq!(texts.len(), count);
    let path = format!("/api/conversations/{conversation}/read_messages");
    john.post(&path, json!({})).await;
    let session = stage.signed_in(&john, options).await;
    session
        .open(&format!("/conversations/{conversation}"))
        .await;
    session.sees_message(&texts[count - 1]).await;
    session
        .wait("the end", &format!("Math.abs({FROM_THE_END}) < 1"))
        .await;
    (session, jane, texts, conversation)
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_messages_are_scrolled_through_without_drift_or_hole() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, _, texts, _) = john_reads(&stage, MESSAGES, Options::desktop()).await;
    john.call::<Value>(include_str!("history.js"), json!([texts]))
        .await;

    let start = Instant::now();
    let mut found: Found = john.eval("goUp(20)").await;
    while found.first != texts[0]
        && found.drift.is_some_and(|drift| drift < 1.0)
        && found.most <= ROWS
    {
        found = john.eval("goUp(20)").await;
    }
    println!(
        "up through {} in {:?}: {found:?}",
        found.seen,
        start.elapsed()
    );
    assert!(found.drift.is_some_and(|drift| drift < 1.0), "{found:?}");
    assert!(found.holes.is_empty(), "{found:?}");
    assert!(found.most <= ROWS, "{found:?}");
    assert_eq!(found.seen, MESSAGES);

    // And down again at once.
    john.click("button", "/^Newest/").await;
    john.sees_message(&texts[MESSAGES - 1]).await;
    john.wait("the end", &format!("Math.abs({FROM_THE_END}) < 1"))
        .await;
    john.misses("button", "/^Newest/").await;
    john.assert_console_clean(&[]).await;
}

/// Goes up through a conversation of some pages.
pub async fn older_messages_move_nothing(stage: &Stage, options: Options) {
    let (john, _, texts, _) = john_reads(stage, 300, options).await;
    john.call::<Value>(include_str!("history.js"), json!([texts]))
        .await;
    let found: Found = john.eval("goUp(100)").await;
    assert!(found.drift.is_some_and(|drift| drift < 1.0), "{found:?}");
    assert!(found.holes.is_empty(), "{found:?}");
    assert_eq!(found.seen, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn older_messages_move_nothing_on_a_phone() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    older_messages_move_nothing(&stage, Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_messages_move_nothing_on_a_desktop() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    older_messages_move_nothing(&stage, Options::desktop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_not_moved_and_told_of_what_is_new() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, jane, _, conversation) = john_reads(&stage, 60, Options::desktop()).await;
    john.eval::<Value>("void (document.querySelector('[role=log]').scrollTop -= 900)")
        .await;
    john.sees("button", "Newest").await;
    let looked_at: String = john
        .eval(
            "[...document.querySelectorAll('[role=log] li')] \
            .find((row) => row.getBoundingClientRect().top > 100).querySelector('[dir=auto]').textContent",
        )
        .await;
    let looked_at = json!([looked_at.split('.').next().expect("its number").to_owned() + "."]);
    let before: f64 = john.call(TOP_OF_ROWS, looked_at.clone()).await;

    jane.say(&conversation, "Are you there?").await;
    john.sees("button", "Newest, 1 new").await;
    jane.say(&conversation, "Hello?\nHello?").await;
    john.sees("button", "Newest, 2 new").await;
    let after: f64 = john.call(TOP_OF_ROWS, looked_at).await;
    assert!(
        (after - before).abs() < 1.0,
        "moved from {before} to {after}"
    );

    john.click("button", "Newest, 2 new").await;
    john.wait("the end", &format!("Math.abs({FROM_THE_END}) < 1"))
        .await;
    john.sees_message("Hello?\nHello?").await;
    john.misses("button", "/^Newest/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_at_the_end_stays_there() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, jane, _, conversation) = john_reads(&stage, 60, Options::desktop()).await;
    let tall = "line\n".repeat(30);
    jane.say(&conversation, tall.trim()).await;
    john.sees_message(tall.trim()).await;
    john.wait("the end", &format!("Math.abs({FROM_THE_END}) < 1"))
        .await;
    // The composer takes room, and so does a keyboard.
    john.fill("textbox", "Message to jane", tall.trim()).await;
    john.wait("the end", &format!("Math.abs({FROM_THE_END}) < 1"))
        .await;
    john.resize(1280, 500).await;
    john.wait(
        "the end",
        &format!("innerHeight === 500 && Math.abs({FROM_THE_END}) < 1"),
    )
    .await;
    john.press("Enter").await;
    john.wait("the end", &format!("Math.abs({FROM_THE_END}) < 1"))
        .await;
    john.misses("button", "/^Newest/").await;
}
