//! A disk that fails to make durable what was written: after that nobody knows what it holds, so
//! the writer has failed; nothing more is written.

use std::{fs, path::Path};

use reqwest::{Method, StatusCode};
use tempfile::TempDir;

use crate::{
    support::{Binary, answer, messages, text},
    tools,
    witness::Witness,
    writers::Writers,
};

const CALLS: &str = "pwrite64,fsync";
const IO_ERROR: i32 = 74;

/// What was said before the end: one clear line, behind what is in the log.
fn last_line(stderr: &Path) -> String {
    let said = fs::read_to_string(stderr).expect("what it said");
    assert!(!said.contains("panicked"), "{said}");
    said.lines().last().expect("a line").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_fsync_nothing_is_written_and_what_was_answered_is_there() {
    if !tools::have(&["strace"]) {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let (trace, stderr) = (folder.path().join("trace"), folder.path().join("stderr"));
    let failing = "fsync:error=EIO:when=20+";
    let mut command = tools::traced(CALLS, failing, &trace, &database);
    command.stderr(fs::File::create(&stderr).expect("a file"));
    let binary = Binary::run(&mut command);
    let people = [
        binary.nobody().sign_in("john").await,
        binary.nobody().sign_in("jane").await,
    ];
    let conversation = people[0].talk_to("jane").await;
    let mut writers = Writers::new(&people, &conversation);
    let mut answers = 0;
    let left = writers
        .write(binary.address(), |count| answers = count)
        .await;
    assert!(answers > 0, "it worked until then");
    let refusals: Vec<_> = left.iter().filter_map(|one| one.refusal).collect();
    assert!(!refusals.is_empty(), "whoever waited was told");
    let is_right = |status: &StatusCode| *status == StatusCode::SERVICE_UNAVAILABLE;
    assert!(refusals.iter().all(is_right), "{refusals:?}");
    let (status, _) = binary.ended().await;
    assert_eq!(status.code(), Some(IO_ERROR));
    let said = last_line(&stderr);
    assert!(said.starts_with("tincan: the disk failed"), "{said}");

    let trace = fs::read_to_string(&trace).expect("a trace");
    let (_, after) = trace.split_once("(INJECTED)").expect("a failure");
    assert!(!after.contains("pwrite64("), "{after}");

    let binary = Binary::start(&database);
    let witness = Witness::of(&database);
    assert!(witness.finds_the_file_whole());
    writers.settle(binary.address(), left).await;
    writers.expect_exactly(&witness);
}

#[tokio::test]
async fn a_checkpoint_that_can_not_be_made_durable_ends_the_server_too() {
    if !tools::have(&["strace"]) {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let binary = Binary::start(&database);
    let john = binary.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    let kept = john.say(&conversation, "kept").await;
    binary.kill();

    let (trace, stderr) = (folder.path().join("trace"), folder.path().join("stderr"));
    let mut command = tools::traced_on(&database, CALLS, "fsync:error=EIO", &trace);
    command.stderr(fs::File::create(&stderr).expect("a file"));
    let binary = Binary::run(&mut command);
    let john = john.at(binary.address());
    let gone = john.say(&conversation, "to be deleted").await;
    // Which asks for a checkpoint, so that its text is gone from the files.
    let path = format!("/api/messages/{}", text(&gone["id"]));
    answer(john.request(Method::DELETE, &path))
        .await
        .expect(204);
    let (status, _) = binary.ended().await;
    assert_eq!(status.code(), Some(IO_ERROR));
    let said = last_line(&stderr);
    assert!(said.starts_with("tincan: the disk failed"), "{said}");
    let trace = fs::read_to_string(&trace).expect("a trace");
    assert!(trace.contains("(INJECTED)"), "{trace}");

    let binary = Binary::start(&database);
    let history = john
        .at(binary.address())
        .get(&messages(&conversation))
        .await;
    let history = history.expect(200);
    assert_eq!(history[1], kept);
    assert_eq!(history[0]["content"], "");
    assert!(Witness::of(&database).finds_the_file_whole());
}
