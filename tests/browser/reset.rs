//! The server comes back as another one: with an older database, or with a newer page.

use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Options, Session, Stage};

/// What browsers say of a server that isn't there, or doesn't know where they were.
const OUTAGE: [&str; 2] = ["net::ERR_", "Failed to load resource"];

async fn john_writes(stage: &Stage) -> (Session, String) {
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Hello").await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees_message("Hello").await;
    john.fill("textbox", "Message to jane", "Not finished")
        .await;
    (john, conversation)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_history_is_loaded_anew_and_the_draft_stays() {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let (john, conversation) = john_writes(&stage).await;
    let jane = stage.client("jane").await;
    jane.say(&conversation, "Forgotten").await;
    john.sees_message("Forgotten").await;

    stage.kill();
    john.reads("Offline").await;
    john.say("Sent later").await;
    john.fill("textbox", "Message to jane", "Not finished")
        .await;
    // As from a backup: the last message isn't in it, and another one reads otherwise.
    let backup = Connection::open(stage.database()).expect("the database");
    let change = "UPDATE sequence SET epoch = epoch + 1; DELETE FROM messages WHERE content = 'Forgotten'; \
        UPDATE messages SET content = 'Hello from a backup' WHERE content = 'Hello';";
    backup.execute_batch(change).expect("another history");
    drop(backup);
    john.eval::<Value>("void (globalThis.isTheSamePage = true)")
        .await;
    stage.start_again(&["--dev"]);

    let texts = ["Hello from a backup", "Sent later"].map(str::to_owned);
    john.shows_exactly(&texts).await;
    assert_eq!(john.value("Message to jane").await, "Not finished");
    assert!(john.eval::<bool>("isTheSamePage").await);
    assert_eq!(stage.history(&jane, &conversation).await, texts);
    // From here on, it goes on as ever.
    john.misses("status", "/Offline/").await;
    jane.say(&conversation, "Are you there?").await;
    john.sees_message("Are you there?").await;
    let keeps_old = "Object.values(localStorage).join().includes('Forgotten')";
    assert!(!john.eval::<bool>(keeps_old).await);
    john.assert_console_clean(&OUTAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_page_is_offered_and_the_draft_stays() {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let (john, conversation) = john_writes(&stage).await;
    // The same page after an outage is no news.
    stage.kill();
    john.reads("Offline").await;
    stage.start_again(&["--dev"]);
    john.misses("status", "/Offline/").await;
    let jane = stage.client("jane").await;
    jane.say(&conversation, "Back again").await;
    john.sees_message("Back again").await;
    assert!(john.look_for("button", "Reload").await.is_none());

    stage.kill();
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/ui");
    stage.start_again(&["--dev", "--ui", page]);
    john.reads("Tincan has been updated").await;
    // Nobody is made to.
    assert_eq!(john.value("Message to jane").await, "Not finished");
    jane.say(&conversation, "Still the old one").await;
    john.sees_message("Still the old one").await;
    john.click("button", "Reload").await;
    let reloaded = "performance.getEntriesByType('navigation')[0].type === 'reload'";
    john.wait("the new page", reloaded).await;
    john.sees_message("Still the old one").await;
    assert_eq!(john.value("Message to jane").await, "Not finished");
    assert!(john.look_for("button", "Reload").await.is_none());
    john.assert_console_clean(&OUTAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_page_is_offered_to_one_that_opened_without_the_server() {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let (john, _) = john_writes(&stage).await;
    john.keeps_the_page().await;
    stage.kill();
    john.reload().await;
    john.reads("Offline").await;

    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/ui");
    stage.start_again(&["--dev", "--ui", page]);
    john.reads("Tincan has been updated").await;
    assert_eq!(john.value("Message to jane").await, "Not finished");
}
