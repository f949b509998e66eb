//! Work that comes after a commit, and on a schedule: it is done, it goes on after a crash, and where it fails it holds
//! nobody up.

use std::{fs, fs::File, time::Duration};

use rusqlite::Connection;

use crate::{
    home::Home,
    metrics,
    support::{Binary, until},
};

impl Home {
    fn serve_logged(&self, arguments: &[&str]) -> Binary {
        let database = self.path("tincan.db");
        let mut command = Binary::command(&[
            "--dev",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "warn,tincan::followers::daily=debug",
            "--db",
            &database,
        ]);
        let log = File::create(self.file("log")).expect("a file");
        Binary::run(command.args(arguments).stderr(log))
    }

    async fn logged(&self, what: &str) {
        until(what, async || {
            let log = fs::read_to_string(self.file("log")).expect("a log");
            log.contains(what).then_some(())
        })
        .await;
    }

    fn database(&self) -> Connection {
        let connection = Connection::open(self.file("tincan.db")).expect("the database");
        let patience = Duration::from_secs(5);
        connection.busy_timeout(patience).expect("a setting");
        connection
    }

    async fn becomes(&self, query: &str, expected: impl Fn(i64) -> bool) {
        let database = self.database();
        until(query, async || {
            expected(number(&database, query)).then_some(())
        })
        .await;
    }
}

fn number(database: &Connection, query: &str) -> i64 {
    let number = database.query_row(query, [], |row| row.get::<_, Option<i64>>(0));
    number.expect(query).unwrap_or(0)
}

/// Everything that can expire, expired, and one of each that is still good.
const EXPIRED: &str = "
    INSERT INTO sessions (user_id, token_hash, device, created_at, last_seen_at, scope, expires_at)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    SELECT 1, randomblob(32), 'expired', 0, 0, CASE i % 2 WHEN 0 THEN 'read' END, CASE i % 2 WHEN 0 THEN 1 END FROM n;
    INSERT INTO sessions (user_id, token_hash, device, created_at, last_seen_at, scope, expires_at)
    SELECT 1, randomblob(32), 'good', now, now, NULL, NULL FROM (SELECT unixepoch() * 1000 AS now)
    UNION ALL
    SELECT 1, randomblob(32), 'good', 0, 0, 'send', now + 60000 FROM (SELECT unixepoch() * 1000 AS now);
    INSERT INTO invites (token_hash, created_at, expires_at, uses, uses_left) VALUES
        (randomblob(32), 0, 1, 9, 5),
        (randomblob(32), 0, (unixepoch() + 60) * 1000, 5, 0),
        (randomblob(32), 0, (unixepoch() + 60) * 1000, 7, 7);
    INSERT INTO resets (user_id, token_hash, expires_at) VALUES
        (1, randomblob(32), 1), (2, randomblob(32), (unixepoch() + 60) * 1000);
";
const LEFT: &str = "SELECT (SELECT count(*) FROM sessions WHERE device = 'expired')
    + (SELECT count(*) FROM invites WHERE uses <> 7) + (SELECT count(*) FROM resets WHERE user_id <> 2)";
const GOOD: &str = "SELECT (SELECT count(*) FROM sessions WHERE device = 'good')
    + (SELECT count(*) FROM invites WHERE uses = 7) + (SELECT count(*) FROM resets WHERE user_id = 2)";

#[tokio::test]
async fn what_has_expired_is_swept_and_a_killed_server_goes_on_with_it() {
    let home = Home::new();
    let server = home.serve_logged(&[]);
    server.signal("TERM");
    server.ended().await;
    home.database().execute_batch(EXPIRED).expect("rows");
    let all = number(&home.database(), LEFT);
    assert_eq!(all, 2_003);

    let server = home.serve_logged(&[]);
    home.becomes(LEFT, |left| left < all).await;
    server.kill();
    let _server = home.serve_logged(&[]);
    home.becomes(LEFT, |left| left == 0).await;
    assert_eq!(number(&home.database(), GOOD), 4);
}

#[tokio::test]
async fn a_follower_that_fails_is_tried_again_and_holds_nobody_up() {
    let home = Home::new();
    let server = home.serve_logged(&[]);
    server.signal("TERM");
    server.ended().await;
    let refusal = "CREATE TRIGGER refusal BEFORE DELETE ON invites
        BEGIN SELECT RAISE(ABORT, 'not now'); END;";
    let database = home.database();
    database.execute_batch(EXPIRED).expect("rows");
    database.execute_batch(refusal).expect("a trigger");

    let server = home.serve_logged(&[]);
    home.logged("a follower failed").await;
    home.logged("again_in=2s").await;
    let john = server.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    john.say(&conversation, "still here").await;
    assert_eq!(number(&database, "SELECT count(*) FROM invites"), 3);
    let dropped = database.execute_batch("DROP TRIGGER refusal");
    dropped.expect("no trigger");
    home.becomes(LEFT, |left| left == 0).await;
}

#[tokio::test]
async fn a_killed_server_still_knows_how_far_its_backup_goes() {
    const THROUGH: &str = "SELECT max(through_id) FROM followers WHERE name = 'backup'";
    const LAST: &str = "SELECT max(id) FROM messages";
    let home = Home::new();
    let server = home.serve_logged(&[]);
    let john = server.nobody().sign_in("john").await;
    let conversation = john.talk_to("jane").await;
    john.say(&conversation, "in the backup").await;
    server.kill();

    let folder = home.path("backups");
    let backups = ["--backup-dir", &folder];
    let server = home.serve_logged(&backups);
    home.becomes(THROUGH, |through| through > 0).await;
    let through = number(&home.database(), THROUGH);
    let backup = fs::read_dir(&folder).expect("a folder").next();
    let backup = backup.expect("a backup").expect("an entry").path();
    let backup = Connection::open(backup).expect("a backup");
    assert_eq!(number(&backup, LAST), through);

    let john = server.nobody().sign_in("john").await;
    for text in ["not", "in", "it"] {
        john.say(&conversation, text).await;
    }
    let last = number(&home.database(), LAST);
    server.kill();
    let server = home.serve_logged(&backups);
    home.logged("isn’t due yet").await;
    let behind = f64::from(i32::try_from(last - through).expect("a few"));
    metrics::until(
        server.address(),
        "tincan_follower_behind{follower=\"backup\"}",
        |shown| (shown - behind).abs() < f64::EPSILON,
    )
    .await;
    assert_eq!(number(&home.database(), THROUGH), through);
}
