//! What a browser may refuse to a page, by its settings, its owner or its age: people can talk all the same.

use crate::support::{Options, Stage};

/// What is refused, and a script that makes it so.
const REFUSALS: [(&str, &str); 8] = [
    (
        "to keep anything",
        "Object.defineProperty(globalThis, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });",
    ),
    (
        "more room",
        "Storage.prototype.setItem = () => { throw new DOMException('no', 'QuotaExceededError'); };",
    ),
    (
        "channels between tabs",
        "globalThis.BroadcastChannel = class { constructor() { throw new DOMException('no', 'SecurityError'); } };",
    ),
    (
        "shared workers",
        "globalThis.SharedWorker = class { constructor() { throw new DOMException('no', 'SecurityError'); } };",
    ),
    (
        "shared workers, knowing none",
        "delete globalThis.SharedWorker;",
    ),
    (
        "service workers",
        "navigator.serviceWorker.register = () => Promise.reject(new DOMException('no', 'SecurityError'));",
    ),
    (
        "locks",
        "Object.defineProperty(navigator, 'locks', { value: undefined });",
    ),
    (
        "databases and caches",
        "for (const name of ['indexedDB', 'caches']) Object.defineProperty(globalThis, name, { get() { throw new DOMException('no', 'SecurityError'); } });",
    ),
];
/// What the page says where nothing is kept.
const UNKEPT: &str = "This browser isn’t saving anything.";

pub async fn what_a_browser_refuses_keeps_nobody_from_talking(stage: Stage) {
    let network = stage.proxy().await;
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    let path = format!("/conversations/{conversation}");
    let mut texts = vec!["Hello".to_owned()];
    jane.say(&conversation, &texts[0]).await;
    let john = stage
        .signed_in(&client, Options::desktop().origin(network.origin()))
        .await;
    let all: String = REFUSALS.iter().map(|(_, script)| *script).collect();
    for (what, script) in REFUSALS.into_iter().chain([("all of it", all.as_str())]) {
        network.run_first(script).await;
        john.open(&path).await;
        john.sees_message(texts.last().expect("a text")).await;
        let heard = format!("Without {what}?");
        jane.say(&conversation, &heard).await;
        john.sees_message(&heard).await;
        let said = format!("Yes, without {what}.");
        john.say(&said).await;
        texts.extend([heard, said]);
        john.shows_exactly(&texts).await;
    }
    john.reads(UNKEPT).await;
    assert_eq!(stage.history(&client, &conversation).await, texts);
    john.assert_console_clean(&["won’t open offline"]).await;
}

/// Takes all the room that the browser gives to a page.
const FILL: &str = "(() => {
    let size = 1 << 22;
    for (let key = 0; size > 0; key += 1) {
        try {
            localStorage.setItem(`full ${key}`, 'x'.repeat(size));
        } catch {
            size >>= 1;
        }
    }
    return Object.keys(localStorage).length > 0;
})()";

pub async fn where_there_is_no_room_it_says_so_and_sends(stage: Stage) {
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Hello").await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees_message("Hello").await;
    john.sees("button", "Insert emoji").await;
    assert!(john.eval::<bool>(FILL).await);
    john.fill("textbox", "Message to jane", &"long ".repeat(100))
        .await;
    john.reads(UNKEPT).await;
    john.say("Still here").await;
    john.shows_exactly(&["Hello", "Still here"].map(str::to_owned))
        .await;
    john.reload().await;
    john.shows_exactly(&["Hello", "Still here"].map(str::to_owned))
        .await;
    john.assert_console_clean(&[]).await;
}
