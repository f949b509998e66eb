//! What the page costs to open.

use serde::Deserialize;
use serde_json::json;

use crate::support::{Options, Stage};

/// For the conversation screen, by someone who has never been here, until they can read it.
const REQUESTS: usize = 20;
const COMPRESSED: u64 = 25_000;
/// The aim was 60,000, for a page without an outbox that outlives its tab, a stream for all tabs, rows
/// that come and go, and reading offline. Compressed, which is what travels, they fit.
const RAW: u64 = 83_000;
/// What is loaded once the screen stands, and isn't waited for.
const LATER: [&str; 8] = [
    "/attention.js",
    "/shortcuts.js",
    "/install.js",
    "/later.css",
    "/models/actions.js",
    "/views/conversation-extras.js",
    "/views/messenger-extras.js",
    "/views/people-search.js",
];

#[derive(Debug, Deserialize)]
struct Cost {
    /// Everything that was asked for, by path.
    paths: Vec<String>,
    compressed: u64,
    raw: u64,
    /// When something could first be seen, in milliseconds.
    paint: f64,
}

/// The files are counted in bytes, and the answers about people and messages aren't.
const COST: &str = "async (later) => {
    // What a worker loads isn't told to the page.
    await (await fetch('/stream-worker.js')).text();
    const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    // A file that is shown twice is asked for once.
    const each = [...new Map(entries.map((entry) => [entry.name, entry])).values()];
    const all = each.filter(({ name }) => !later.includes(new URL(name).pathname));
    const files = all.filter(({ name }) => !new URL(name).pathname.startsWith('/api/'));
    const total = (size) => files.reduce((sum, file) => sum + file[size], 0);
    return {
        paths: all.map(({ name }) => new URL(name).pathname),
        compressed: total('encodedBodySize'),
        raw: total('decodedBodySize'),
        paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    };
}";

#[tokio::test(flavor = "multi_thread")]
async fn the_conversation_screen_keeps_to_its_budget() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let network = stage.proxy().await;
    let client = stage.client("john").await;
    let conversation = client.talk_to("jane").await;
    client.say(&conversation, "Hello").await;
    let john = stage
        .signed_in(&client, Options::desktop().origin(network.origin()))
        .await;
    let path = format!("/conversations/{conversation}");
    john.open(&path).await;
    john.sees_message("Hello").await;

    let cost: Cost = john.call(COST, json!([LATER])).await;
    println!(
        "{} requests, {} bytes compressed, {} raw; first paint after {} ms; {} requests on the wire in all",
        cost.paths.len(),
        cost.compressed,
        cost.raw,
        cost.paint,
        network.asked_at_all()
    );
    assert!(cost.paths.len() <= REQUESTS, "{cost:#?}");
    assert!(cost.compressed <= COMPRESSED, "{cost:#?}");
    assert!(cost.raw <= RAW, "{cost:#?}");
    assert_eq!(network.asked(&path), 1, "the page is asked for once");
}
