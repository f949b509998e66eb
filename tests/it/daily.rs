//! The backups that a server makes by itself.

use std::{collections::BTreeSet, fs, fs::File, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Binary, Client, ended, until};

/// A server on a free port that backs up into `backups` of this folder, and what it logs.
struct Backed {
    folder: TempDir,
}

impl Backed {
    fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a folder"),
        }
    }

    fn serve(&self, arguments: &[&str]) -> Binary {
        let path = |name| self.folder.path().join(name).to_str().map(str::to_owned);
        let (database, backups) = (path("tincan.db"), path("backups"));
        let mut command = Binary::command(&[
            "--dev",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "error,tincan::followers::daily=debug",
            "--db",
            &database.expect("a plain path"),
            "--backup-dir",
            &backups.expect("a plain path"),
        ]);
        let log = File::create(self.folder.path().join("log")).expect("a file");
        Binary::run(command.args(arguments).stderr(log))
    }

    async fn logged(&self, what: &str) {
        let log = self.folder.path().join("log");
        until(what, async || {
            let log = fs::read_to_string(&log).expect("a log");
            log.contains(what).then_some(())
        })
        .await;
    }

    /// What administrators are told, on the page and by `tincan status`.
    async fn told(&self, admin: &Client) -> Value {
        let mut told = admin.get("/api/admin/storage").await.expect(200)["backups"].clone();
        let status = self.status(&["--json"]).await;
        let mut status: Value = serde_json::from_str(&status).expect("JSON");
        // Others use the disk meanwhile.
        let available = told["available"].take();
        assert!(status["backups"]["available"].take().is_u64());
        assert_eq!(status["backups"], told);
        told["available"] = available;
        told
    }

    async fn shown(&self) -> String {
        self.status(&[]).await
    }

    async fn status(&self, more: &[&str]) -> String {
        let database = self.folder.path().join("tincan.db");
        let database = database.to_str().expect("a plain path");
        let mut command = Binary::command(&["status", "--db", database]);
        command.args(more);
        ended(command).await.stdout
    }

    fn backups(&self) -> BTreeSet<String> {
        names(&self.folder.path().join("backups"))
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").file_name().into_string())
        .collect::<Result<_, _>>()
        .expect("plain names")
}

#[tokio::test]
async fn a_server_backs_up_when_it_starts_keeps_so_many_and_touches_nothing_else() {
    let backed = Backed::new();
    let others = [
        "notes.txt",
        "tincan-old.db",
        "tincan-2020-13-01T00-00-00Z.db",
        "other-2020-01-01T00-00-00Z.db",
        "tincan-2020-01-01T00-00-00Z.db.partial.txt",
        "tincan-2020-01-01T00-00-00Z.dbx",
    ];
    let own = [
        "tincan-2020-01-01T00-00-00Z.db",
        "tincan-2020-01-02T00-00-00Z.db",
        "tincan-2020-01-03T00-00-00Z.db",
        "tincan-2020-01-04T00-00-00Z.db",
        "tincan-2999-01-01T00-00-00Z.db",
        "tincan-2020-01-05T00-00-00Z.db.a1B2c3.partial",
        "tincan-2020-01-05T00-00-00Z.db.a1B2c3.partial-wal",
    ];
    let folder = backed.folder.path().join("backups");
    fs::create_dir(&folder).expect("a folder");
    for name in others.iter().chain(&own) {
        fs::write(folder.join(name), "").expect("a file");
    }
    let server = backed.serve(&["--backup-keep", "3"]);
    backed.logged("backed up the database").await;
    // Whoever has been told that the server stops finds everything in order.
    server.signal("TERM");
    server.ended().await;
    let mut left = backed.backups();
    for name in others {
        assert!(left.remove(name), "{name}");
    }
    assert!(left.remove(own[2]), "{left:?}");
    assert!(left.remove(own[3]), "{left:?}");
    assert_eq!(left.len(), 1, "{left:?}");
    let made = left.first().expect("a backup");
    let check = Binary::command(&["check", "--db", folder.join(made).to_str().expect("a path")]);
    assert_eq!(ended(check).await.code, Some(0));
}

#[tokio::test]
async fn a_server_that_starts_again_the_same_day_makes_no_other_backup() {
    let backed = Backed::new();
    drop({
        let server = backed.serve(&[]);
        backed.logged("backed up the database").await;
        server
    });
    let first = backed.backups();
    assert_eq!(first.len(), 1);
    let _server = backed.serve(&[]);
    backed.logged("isn’t due yet").await;
    assert_eq!(backed.backups(), first);
}

#[tokio::test]
async fn a_backup_that_fails_is_told_and_no_harm_to_the_server() {
    let backed = Backed::new();
    fs::write(backed.folder.path().join("backups"), "in the way").expect("a file");
    let server = backed.serve(&[]);
    backed.logged("trying again in an hour").await;
    let john = server.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    john.say(&conversation, "still here").await;
}

#[tokio::test]
async fn an_administrator_sees_how_old_the_newest_is_how_many_there_are_and_when_something_is_wrong()
 {
    let backed = Backed::new();
    let server = backed.serve(&["--backup-keep", "3"]);
    backed.logged("backed up the database").await;
    let john = server.nobody().sign_in("john").await;
    let told = backed.told(&john).await;
    let folder = backed.folder.path().join("backups");
    let made = folder.join(backed.backups().first().expect("a backup"));
    let size = fs::metadata(&made).expect("a file").len();
    assert_eq!(told["newest"]["bytes"], size);
    for (field, expected) in [
        ("count", json!(1)),
        ("bytes", json!(size)),
        ("keep", json!(3)),
        ("running", Value::Null),
        ("problem", Value::Null),
    ] {
        assert_eq!(told[field], expected, "{field} in {told}");
    }
    // As much as the database has, also where most of it is still in the log.
    assert!(told["needed"].as_u64() >= Some(size), "{told}");
    assert!(told["available"].as_u64() > Some(size), "{told}");
    let shown = backed.shown().await;
    for part in [
        "\nbackups          1 of up to 3, ",
        "\nnewest backup    ",
        "old, ",
        "\nnext backup      ",
        " available",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("warning"), "{shown}");

    let old = folder.join("tincan-2020-01-01T00-00-00Z.db");
    fs::rename(&made, &old).expect("another name");
    let told = backed.told(&john).await;
    assert_eq!(told["problem"], "overdue", "{told}");
    assert_eq!(told["newest"]["createdAt"], "2020-01-01T00:00:00.000Z");
    let shown = backed.shown().await;
    let warning = "\nwarning          the newest backup is older than expected\n";
    assert!(shown.contains(warning), "{shown}");

    // One from the future is none to rely on.
    fs::rename(&old, folder.join("tincan-2999-01-01T00-00-00Z.db")).expect("another name");
    let told = backed.told(&john).await;
    assert_eq!(
        (&told["problem"], &told["newest"], &told["count"]),
        (&json!("missing"), &Value::Null, &json!(0))
    );
    let shown = backed.shown().await;
    assert!(
        shown.contains("\nwarning          there is no backup yet\n"),
        "{shown}"
    );
}
