//! Litestream beside a server, and both killed while people talk and send photos. What it had replicated is in what it
//! restores, and of what came later, all up to some moment.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    support::{Binary, Client, Ended, ended, messages, until},
    tools::{self, plain},
    uploaders::Uploaders,
    witness::Witness,
    writers::Writers,
};

/// How many messages are answered before the replica has to have them all, and how many more before the kill.
const BEFORE: usize = 600;
const MORE: usize = 600;

/// A server's folder, with a database that Litestream replicates to another folder.
struct Replicated {
    folder: TempDir,
}

impl Replicated {
    fn new() -> Self {
        let replicated = Self {
            folder: TempDir::new().expect("a folder"),
        };
        let [database, replica, socket] =
            ["tincan.db", "replica", "litestream.sock"].map(|name| plain(&replicated.file(name)));
        // It looks far more often than by itself, and ends a log of a tenth of the pages.
        let settings = format!(
            "socket:
  enabled: true
  path: {socket}
dbs:
  - path: {database}
    monitor-interval: 50ms
    min-checkpoint-page-count: 100
    replica:
      url: file://{replica}
      sync-interval: 50ms
"
        );
        fs::write(replicated.file("litestream.yml"), settings).expect("a file");
        replicated
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn database(&self) -> PathBuf {
        self.file("tincan.db")
    }

    fn serve(&self) -> Binary {
        Binary::start_for_a_flood(&self.database())
    }

    fn replicate(&self) -> Replicating {
        let log = File::create(self.file("litestream.log")).expect("a file");
        let mut command = Command::new("litestream");
        let replicate = ["replicate", "-config", &plain(&self.file("litestream.yml"))];
        let process = command.args(replicate).stdout(log).spawn();
        Replicating(process.expect("litestream starts"))
    }

    async fn litestream(&self, command: &str, arguments: &[&str]) -> Ended {
        let mut litestream = Command::new("litestream");
        litestream
            .arg(command)
            .args(arguments)
            .arg(self.database())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        ended(litestream).await
    }

    /// Waits until the replica has everything that was committed before this is asked for.
    async fn sync(&self) {
        let socket = plain(&self.file("litestream.sock"));
        until("a sync", async || {
            let arguments = ["-wait", "-socket", &socket];
            let synced = self.litestream("sync", &arguments).await;
            (synced.code == Some(0)).then_some(())
        })
        .await;
    }

    /// The database of the replica, which is whole.
    async fn restored(&self, name: &str) -> PathBuf {
        let restored = self.file(name);
        let [settings, to] = [&self.file("litestream.yml"), &restored].map(|path| plain(path));
        let arguments = ["-config", &settings, "-o", &to];
        let ended = self.litestream("restore", &arguments).await;
        assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
        tincan(&["check", "--db", &to]).await;
        restored
    }
}

/// Litestream at work. It ends with the test.
struct Replicating(Child);

impl Replicating {
    /// SIGKILL.
    fn kill(mut self) {
        self.0.kill().expect("it can be killed");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Replicating {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a command that has to succeed.
async fn tincan(arguments: &[&str]) {
    let ended = ended(Binary::command(arguments)).await;
    assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
}

/// What the person may see in a conversation, by the database.
fn history(database: &Path, person: &Client, conversation: &str) -> Vec<Value> {
    Witness::of(database).history(&person.id, conversation)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_litestream_had_replicated_survives_a_kill_of_both_and_the_rest_up_to_a_moment() {
    if !tools::have(&["litestream"]) {
        return;
    }
    let place = Replicated::new();
    let database = place.database();
    let server = place.serve();
    let people = [
        server.nobody().sign_in("john").await,
        server.nobody().sign_in("jane").await,
    ];
    let john = &people[0];
    let conversation = john.talk_to("jane").await;
    let mut writers = Writers::new(&people, &conversation);
    let mut uploaders = Uploaders::new(&people).await;
    let litestream = place.replicate();

    // The server alone is killed first, so that all that was answered is known.
    let address = server.address();
    let (left, unsettled) = tokio::join!(
        writers.write_until_killed(server, BEFORE),
        uploaders.work(address)
    );
    let server = place.serve();
    let address = server.address();
    let witness = Witness::of(&database);
    writers.settle(address, left).await;
    writers.expect_exactly(&witness);
    uploaders.settle(address, unsettled).await;
    uploaders.expect_exactly(address, &witness).await;
    place.sync().await;
    let replicated = witness.messages().len();
    drop(witness);

    let mut running = Some((litestream, server));
    let kill = |answers| {
        if answers == MORE {
            let (litestream, server) = running.take().expect("they run");
            litestream.kill();
            server.kill();
        }
    };
    tokio::join!(writers.write(address, kill), uploaders.work(address));

    let restored = place.restored("restored.db").await;
    let [all, found] = [&database, &restored].map(|path| Witness::of(path).messages());
    assert!(found.len() >= replicated, "{} of {replicated}", found.len());
    assert!(all.starts_with(&found), "it isn’t as it was at any moment");
    let said = history(&restored, john, &conversation);
    assert!(history(&database, john, &conversation).starts_with(&said));

    // As docs/backup.md says.
    let [from, to] = [&restored, &database].map(|path| plain(path));
    tincan(&["restore", &from, "--db", &to]).await;
    fs::remove_dir_all(place.file(".tincan.db-litestream")).expect("a folder");
    let server = place.serve();
    let litestream = place.replicate();
    let john = john.at(server.address());
    uploaders.expect_all(server.address()).await;
    let page = john.get(&messages(&conversation)).await.expect(200);
    assert_eq!(page[0], said[said.len() - 1]);
    let next = john.say(&conversation, "They are all there.").await;
    place.sync().await;
    litestream.kill();
    server.kill();
    let again = place.restored("again.db").await;
    let told = history(&again, &john, &conversation);
    assert_eq!(told, [&said[..], &[next]].concat());
}
