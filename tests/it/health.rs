//! What the server says to whoever watches over it.

use std::time::Instant;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Binary, Server, at_once, dev};

#[tokio::test]
async fn a_healthy_server_says_so_to_anybody() {
    let server = Server::start(dev()).await;
    let health = server.nobody().get("/healthz").await;
    assert_eq!(health.headers["cache-control"], "no-store");
    assert_eq!(health.expect(200), "ok\n");
}

#[tokio::test]
async fn all_who_ask_while_the_database_is_locked_are_answered_together() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let server = Binary::start(&database);
    let other = Connection::open(&database).expect("a connection");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let asked = Instant::now();
    let checks = (0..4).map(|_| {
        let nobody = server.nobody();
        async move { nobody.get("/healthz").await }
    });
    for health in at_once(checks).await {
        assert_eq!(health.headers["retry-after"], "1");
        assert_eq!(health.headers["cache-control"], "no-store");
        health.refused(503, "busy");
    }
    let waited = asked.elapsed().as_secs();
    assert!(waited < 15, "one time-out for all, not four: {waited} s");
    other.execute_batch("ROLLBACK").expect("the lock's end");
    server.nobody().get("/healthz").await.expect(200);
}
