//! What a message costs the disk when it is the only one in its commit, as in a family.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    support::{Server, dev, messages},
    witness::Witness,
};

/// The size of a page with its header in the write-ahead log (<https://www.sqlite.org/fileformat2.html#walformat>).
const FRAME: u64 = 2_048 + 24;

/// How many pages the log has taken.
fn logged(database: &Path) -> u64 {
    let log = database.with_extension("db-wal");
    fs::metadata(log).expect("a log").len() / FRAME
}

#[tokio::test]
async fn a_send_writes_the_message_two_indexes_and_a_read_mark_and_nothing_else() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    server.sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    let mut pages = Vec::new();
    for number in 0..10 {
        let before = logged(server.database());
        let message = json!({ "content": "Are you at home?", "clientId": format!("{number}") });
        let sent = john.post(&messages(&conversation), message).await;
        sent.expect(201);
        pages.push(logged(server.database()) - before);
    }
    // The server may write something of its own beside one, and a table may need one page more.
    assert_eq!(pages.iter().min(), Some(&4), "{pages:?}");
}

#[tokio::test]
async fn after_a_restart_the_sequence_goes_on_behind_the_last_message() {
    let mut server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    server.sign_in("jane").await;
    let conversation = john.talk_to("jane").await;
    let last = john.say(&conversation, "Good night").await;
    let end = Witness::of(server.database()).last();
    assert_eq!(last["id"], end.to_string());
    server.restart().await;
    let next = john.say(&conversation, "Good morning").await;
    assert_eq!(next["id"], (end + 1).to_string());
}
