//! Many people who sign in at once, or nobody who tries.

use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Binary, answer};

const ATTEMPTS: usize = 500;
const ADDRESSES: usize = 200;
/// How many try at once: no more than the server lets wait, so that each attempt costs what it can cost.
const AT_ONCE: usize = 16;
/// How much more memory the server may have afterwards, in KiB.
const MOST: u64 = 64 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_of_nobody_leave_memory_as_it_was() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let database = database.to_str().expect("a plain path");
    let binary = Binary::spawn(&[
        "--listen",
        "127.0.0.1:0",
        "--log",
        "error",
        "--trusted-proxy",
        "127.0.0.1",
        "--db",
        database,
    ]);
    let nobody = binary.nobody();
    nobody.get("/api/config").await.expect(200);
    let idle = binary.kilobytes("VmRSS");
    let attempts = stream::iter(0..ATTEMPTS).map(|n| {
        let (nobody, from) = (nobody.clone(), n % ADDRESSES);
        async move {
            let credentials = json!({ "username": format!("nobody-{n}"), "password": "guessed" });
            let request = nobody
                .request(Method::POST, "/api/login")
                .json(&credentials);
            let request = request.header("x-forwarded-for", format!("198.51.100.{from}"));
            answer(request).await.refused(401, "bad_credentials");
        }
    });
    attempts
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<()>>()
        .await;
    let more = binary.kilobytes("VmRSS").saturating_sub(idle);
    assert!(more < MOST, "{more} KiB over the {idle} KiB when idle");
}
