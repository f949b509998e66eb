//! The front-end lab: a database of its own, which can be put back, and a clock and randomness that are the same in every
//! run.

use std::fs;

use reqwest::{Method, header::SET_COOKIE};
use serde_json::{Value, json};
use tempfile::TempDir;
use tincan::http;

use crate::{
    old_database::{DEVELOPMENT, SERVICE, mark},
    support::{Answer, Binary, Client, Server, answer, dev, ended, messages, strict, text},
};

/// John and jane, who have a conversation at the lab.
pub async fn talking(lab: &Binary) -> (Client, Client, String) {
    let john = lab.nobody().sign_in("john").await;
    let jane = lab.nobody().sign_in("jane").await;
    let talk = john.talk_to("jane").await;
    (john, jane, talk)
}

/// What the pages of a conversation say.
pub async fn contents(client: &Client, conversation: &str) -> Vec<String> {
    let page = client.get(&messages(conversation)).await.expect(200);
    let page = page.as_array().expect("a page").iter();
    page.map(|message| text(&message["content"]).to_owned())
        .collect()
}

async fn reset(lab: &Binary, body: Value) {
    lab.nobody().post("/dev/reset", body).await.expect(204);
}

#[tokio::test]
async fn what_a_lab_has_is_nowhere_else() {
    for server in [Server::start(dev()).await, Server::start(strict()).await] {
        let nobody = server.nobody();
        let paths = http::routes().filter(|route| route.path.starts_with("/dev"));
        let mut asked = 0;
        for route in paths {
            let path = route.path.replace(['{', '}'], "");
            let there = answer(nobody.request(route.method.clone(), &path)).await;
            assert_eq!(there.status, 404, "{} {path}", route.method);
            asked += 1;
        }
        assert!(asked > 5, "the routes of the lab are among all routes");
        for path in ["/dev", "/dev/", "/dev/nothing"] {
            assert_eq!(nobody.get(path).await.status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn a_database_is_for_development_or_for_people_and_never_for_both() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let path = database.to_str().expect("a plain path");
    let (serve, develop) = (
        ["--listen", "127.0.0.1:0", "--db", path],
        ["--dev", "--listen", "127.0.0.1:0", "--db", path],
    );
    let lab = ["lab", "--port", "0", "--db", path];
    for (made, refused, says) in [
        (
            &serve[..],
            [&develop[..], &lab],
            "isn’t marked for development",
        ),
        (&develop, [&serve, &serve], "is for development"),
    ] {
        Binary::spawn(made).terminate().await;
        let before = fs::read(&database).expect("the file");
        for arguments in refused {
            let refused = ended(Binary::command(arguments)).await;
            assert_eq!(refused.code, Some(78), "{}", refused.stderr);
            assert!(refused.stderr.contains(says), "{}", refused.stderr);
            assert_eq!(refused.stdout, "");
        }
        assert_eq!(fs::read(&database).expect("the file"), before);
        fs::remove_file(&database).expect("the file");
    }
}

#[tokio::test]
async fn a_database_that_was_marked_otherwise_is_told_apart_by_its_mark_alone() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    Binary::start(&database).terminate().await;
    let path = database.to_str().expect("a plain path");
    mark(&database, SERVICE);
    let develop = ["--dev", "--listen", "127.0.0.1:0", "--db", path];
    assert_eq!(ended(Binary::command(&develop)).await.code, Some(78));
    mark(&database, DEVELOPMENT);
    Binary::spawn(&develop).terminate().await;
}

#[tokio::test]
async fn a_reset_leads_back_to_the_start_and_tells_streams() {
    let lab = Binary::lab(&[]);
    let (john, jane, talk) = talking(&lab).await;
    john.say(&talk, "hello").await;
    let cursor = jane.cursor().await;

    reset(&lab, json!({})).await;
    john.get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
    let jane = lab.nobody().sign_in("jane").await;
    assert_eq!(jane.get("/api/conversations").await.expect(200), json!([]));
    let mut stream = jane.follow(Some(&cursor)).await;
    let told = stream.next().await.expect("an event");
    assert_eq!(told.name, "reset");
}

#[tokio::test]
async fn open_streams_end_with_a_reset_and_the_next_ones_are_whole() {
    let lab = Binary::lab(&[]);
    let (john, jane, talk) = talking(&lab).await;
    lab.nobody().put("/dev/snapshots/talk").await.expect(204);
    let mut stream = jane.follow(None).await;
    john.say(&talk, "before").await;
    assert_eq!(stream.next_named("message").await.data["content"], "before");
    reset(&lab, json!({ "snapshot": "talk" })).await;
    stream.rest().await;
    // The sessions are in the snapshot, and the connections stay.
    let mut stream = jane.follow(None).await;
    john.say(&talk, "after").await;
    assert_eq!(stream.next_named("message").await.data["content"], "after");
    assert_eq!(contents(&john, &talk).await, ["after"]);
}

#[tokio::test]
async fn snapshots_are_kept_by_name() {
    let lab = Binary::lab(&[]);
    let nobody = lab.nobody();
    let (john, _, talk) = talking(&lab).await;
    for said in ["one", "two"] {
        john.say(&talk, said).await;
        let path = format!("/dev/snapshots/{said}");
        nobody.put(&path).await.expect(204);
    }
    john.say(&talk, "three").await;
    let list = nobody.get("/dev/snapshots").await.expect(200);
    assert_eq!(list, json!({ "snapshots": ["one", "start", "two"] }));
    for (name, said) in [("one", 1), ("two", 2), ("one", 1)] {
        reset(&lab, json!({ "snapshot": name })).await;
        assert_eq!(contents(&john, &talk).await.len(), said, "{name}");
    }
    let file = nobody.request(Method::GET, "/dev/snapshots/one");
    let file = file.send().await.expect("an answer").bytes().await;
    assert!(file.expect("a file").starts_with(b"SQLite format 3\0"));
    nobody.delete("/dev/snapshots/one").await.expect(204);
    for (path, body) in [
        ("/dev/reset", json!({ "snapshot": "one" })),
        ("/dev/reset", json!({ "snapshot": "other" })),
    ] {
        nobody.post(path, body).await.refused(404, "not_found");
    }
    for name in ["..", "a.b", "%2e%2e%2fa", "ä", &"a".repeat(65)] {
        let taken = nobody.put(&format!("/dev/snapshots/{name}")).await;
        assert!(taken.status.is_client_error(), "{name}");
    }
    let kept = nobody.put("/dev/snapshots/start").await;
    assert!(kept.status.is_client_error(), "the start stays as it was");
    assert_eq!(contents(&john, &talk).await, ["one"], "and nothing changed");
}

/// What somebody sees who does the same things at a lab.
async fn everything_of_a_run(lab: &Binary) -> Vec<String> {
    let mut seen = Vec::new();
    let mut keep = |answer: Answer| {
        let cookies = answer.headers.get_all(SET_COOKIE).iter();
        let cookies = cookies.map(|cookie| {
            cookie
                .to_str()
                .expect("text")
                .replace(&lab.address().port().to_string(), "PORT")
        });
        seen.extend(cookies);
        seen.push(answer.body.to_string());
        answer.body
    };
    let john = keep(
        lab.nobody()
            .post("/api/login", json!({ "username": "john" }))
            .await,
    );
    let john = lab.nobody().with_token(&john["token"]);
    let talk = keep(
        john.post("/api/conversations", json!({ "username": "jane" }))
            .await,
    );
    let said = json!({ "content": "hello" });
    keep(john.post(&messages(text(&talk["id"])), said).await);
    keep(
        john.post("/api/tokens", json!({ "name": "robot", "scope": "send" }))
            .await,
    );
    keep(answer(john.poll_request("")).await);
    seen
}

#[tokio::test]
async fn with_a_seed_and_a_clock_every_run_is_the_same() {
    let start = ["--rng", "7", "--clock", "2030-01-31T12:00:00Z"];
    let mut runs = Vec::new();
    for _ in 0..2 {
        let lab = Binary::lab(&start);
        runs.push(everything_of_a_run(&lab).await);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].concat().contains("2030-01-31T12:00:00.000Z"));
    let other = Binary::lab(&["--rng", "8", start[2], start[3]]);
    assert_ne!(runs[0], everything_of_a_run(&other).await);

    // So is every test after a reset, but for the cursors, which mustn’t fit.
    let lab = Binary::lab(&start);
    let mut runs = Vec::new();
    for _ in 0..2 {
        let mut run = everything_of_a_run(&lab).await;
        assert!(run.pop().expect("the cursor").contains("cursor"));
        runs.push(run);
        reset(&lab, json!({})).await;
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn the_clock_stands_moves_and_runs() {
    let lab = Binary::lab(&["--clock", "2030-01-31T12:00:00Z"]);
    let (john, _, talk) = talking(&lab).await;
    let at = async |change: Value| {
        lab.nobody().post("/dev/clock", change).await.expect(200);
        text(&john.say(&talk, "when?").await["createdAt"]).to_owned()
    };
    assert_eq!(at(json!({})).await, "2030-01-31T12:00:00.000Z");
    assert_eq!(
        at(json!({ "advance": 90_000 })).await,
        "2030-01-31T12:01:30.000Z"
    );
    let set = json!({ "set": "2030-02-28T23:59:59Z", "advance": 1_000 });
    assert_eq!(at(set).await, "2030-03-01T00:00:00.000Z");
    let running = json!({ "set": "2030-03-01T00:00:00Z", "run": true });
    assert!(at(running).await.starts_with("2030-03-01T00:0"));
    let shown = lab.nobody().get("/dev/clock").await.expect(200);
    assert_eq!(shown["running"], true);
    let wrong = json!({ "set": "yesterday" });
    lab.nobody()
        .post("/dev/clock", wrong)
        .await
        .refused(400, "malformed");
    // A session lasts for so long, and no longer.
    let later = json!({ "advance": 91_u64 * 24 * 60 * 60 * 1000 });
    lab.nobody().post("/dev/clock", later).await.expect(200);
    john.get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
}

#[tokio::test]
async fn a_named_lab_keeps_what_is_in_it() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("lab.db");
    let named = [
        "--db",
        database.to_str().expect("a plain path"),
        "--people",
        "ada,bob",
    ];
    let lab = Binary::lab(&named);
    let ada = lab.nobody().sign_in("ada").await;
    let talk = ada.talk_to("bob").await;
    ada.say(&talk, "kept").await;
    lab.terminate().await;
    let lab = Binary::lab(&named);
    let ada = lab.nobody().sign_in("ada").await;
    assert_eq!(contents(&ada, &talk).await, ["kept"]);
    lab.nobody()
        .post("/api/login", json!({ "username": "john" }))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn another_seed_is_what_resets_lead_to() {
    let lab = Binary::lab(&[]);
    let nobody = lab.nobody();
    let rooms = async || {
        let john = lab.nobody().sign_in("john").await;
        let conversations = john.get("/api/conversations").await.expect(200);
        conversations.as_array().expect("a list").len()
    };
    assert_eq!(rooms().await, 0);
    let month = json!({ "seed": "month" });
    nobody.post("/dev/seed", month).await.expect(204);
    let there = rooms().await;
    assert!(there > 5);
    reset(&lab, json!({})).await;
    assert_eq!(rooms().await, there);
    for seed in ["/etc", "other", ""] {
        let refused = nobody.post("/dev/seed", json!({ "seed": seed })).await;
        refused.refused(422, "invalid");
    }
}
