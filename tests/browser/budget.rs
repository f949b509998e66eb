//! What the page costs to open.

use serde::Deserialize;
use serde_json::json;

use crate::support::{Options, Stage};

/// For the conversation screen, by someone who has never been here, until they can read it.
const REQUESTS: usize = 45;
const COMPRESSED: u64 = 32 * 1024;

#[derive(Debug, Deserialize)]
struct Cost {
    paths: Vec<String>,
    compressed: u64,
    /// When something could first be seen, in milliseconds.
    paint: f64,
}

/// The files are counted in bytes, and the answers about people and messages aren’t. What a worker loads isn’t told to the
/// page, so it asks for it once more; from the browser’s cache.
const COST: &str = "async (named) => {
    const preloaded = named.filter((path) => path.includes('/stream/'));
    for (const path of preloaded) await (await fetch(path)).text();
    const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const all = new Map(entries.map((entry) => [new URL(entry.name).pathname, entry]));
    // What was refused doesn’t count.
    const known = new Map([...all].filter(([path]) => !path.startsWith('/ui/') || named.includes(path)));
    const files = [...known].filter(([path]) => !path.startsWith('/api/'));
    return {
        paths: [...known.keys()],
        compressed: files.reduce((sum, [, file]) => sum + file.encodedBodySize, 0),
        paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    };
}";

/// The files of the UI that the page names, to be loaded with it.
pub async fn named_by_page(origin: &str) -> Vec<String> {
    let client = tincan_testing::http().build().expect("a client");
    let page = client.get(origin).send().await.expect("the page");
    let page = page.text().await.expect("the page");
    let named = page.split('"').filter(|value| value.starts_with("/ui/"));
    named.map(str::to_owned).collect()
}

/// Where a file of the UI is to be had.
pub async fn address_of(origin: &str, file: &str) -> String {
    let named = named_by_page(origin).await;
    let folder = named.iter().find_map(|path| path.strip_suffix("main.js"));
    format!("{}{file}", folder.expect("the page names it"))
}

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
    // What comes later needn’t come at all, or it belongs to what the page names.
    let named = named_by_page(&network.origin()).await;
    network.pass_only(named.clone());
    let path = format!("/conversations/{conversation}");
    john.open(&path).await;
    john.sees_message("Hello").await;

    let cost: Cost = john.call(COST, json!([named])).await;
    println!(
        "{} requests, {} bytes compressed; first paint after {} ms",
        cost.paths.len(),
        cost.compressed,
        cost.paint,
    );
    assert!(cost.paths.len() <= REQUESTS, "{cost:#?}");
    assert!(cost.compressed <= COMPRESSED, "{cost:#?}");
    for file in &named {
        assert!(cost.paths.contains(file), "{file} isn’t loaded: {cost:#?}");
    }
    assert_eq!(network.asked(&path), 1, "the page is asked for once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_loaded_again_asks_for_nothing_but_what_may_have_changed() {
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
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees_message("Hello").await;
    // All of it is here, also what comes later.
    john.sees("button", "New room").await;
    john.keeps_the_page().await;
    let files = network.asked_below("/ui/");
    assert!(files > 0);
    john.reload().await;
    john.sees_message("Hello").await;
    assert_eq!(network.asked_below("/ui/"), files);
}
