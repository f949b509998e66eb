//! The server isn't there when the page is opened: what was read can still be read, and what is
//! written is sent later.

use crate::budget::{address_of, named_by_page};
use crate::support::{Canned, Options, Session, Stage};

/// What browsers say of a server that isn't there.
const OUTAGE: [&str; 2] = ["net::ERR_", "Failed to load resource"];

const KEPT: &str = "Object.keys(localStorage).filter((key) => key.startsWith('kept:'))";

/// John, who has read a conversation in a browser that keeps what it needs to open without the server.
async fn john_has_read(stage: &Stage, texts: &[String]) -> (Session, String) {
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    for text in texts {
        jane.say(&conversation, text).await;
    }
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.shows_exactly(texts).await;
    john.keeps_the_page().await;
    (john, conversation)
}

pub async fn a_conversation_opens_without_the_server_and_is_written_in(mut stage: Stage) {
    let mut texts = ["Are you at home?", "Hello?"].map(str::to_owned).to_vec();
    let (john, conversation) = john_has_read(&stage, &texts).await;

    stage.kill();
    john.open(&format!("/conversations/{conversation}")).await;
    for text in &texts {
        john.sees_message(text).await;
    }
    john.sees("heading", "jane").await;
    john.sees("link", "/jane/").await;
    john.reads("Offline").await;
    for text in ["I am, now", "Come in"] {
        john.say(text).await;
        john.sees_message(text).await;
        texts.push(text.to_owned());
    }
    john.reads("Waiting for the connection").await;
    // Nobody has to keep the tab open for it.
    john.open("/settings").await;
    john.sees("heading", "Settings").await;
    john.reads("Offline. Reconnecting…").await;

    stage.start_again(&["--dev"]);
    let jane = stage.client("jane").await;
    john.misses("status", "/Offline/").await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.shows_exactly(&texts).await;
    assert_eq!(stage.history(&jane, &conversation).await, texts);
    john.misses("status", "/Offline/").await;
    john.assert_console_clean(&OUTAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_says_so_on_a_page_that_opens_without_the_server() {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let (john, _) = john_has_read(&stage, &["Are you at home?".to_owned()]).await;
    stage.kill();
    john.say("I am, now").await;
    john.reads("Waiting for the connection").await;
    john.reload().await;
    john.reads("Offline").await;
    john.sees_message("I am, now").await;
    john.reads("Waiting for the connection").await;
}

pub async fn a_part_first_wanted_in_an_outage_says_so_and_comes_later(stage: Stage) {
    let network = stage.proxy().await;
    let client = stage.client("john").await;
    let john = stage
        .signed_in(&client, Options::desktop().origin(network.origin()))
        .await;
    network.pass_only(named_by_page(&network.origin()).await);
    john.open("/").await;
    // Once more, as browsers may remember what they couldn’t have.
    for _ in 0..2 {
        john.click("link", "Settings").await;
        john.sees("button", "Retry").await;
    }
    network.pass_all();
    john.click("button", "Retry").await;
    john.sees("heading", "Settings").await;
    john.sees("button", "Sign out").await;
}

/// What the first look does without, and all other parts don’t.
const COMMON_PARTS: [&str; 3] = ["shell/aside.js", "words/en-rest.js", "base/later.css"];

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_cannot_be_had_says_so_whichever_it_is() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    for part in COMMON_PARTS {
        // Another browser each time, as each keeps what it has had.
        let network = stage.proxy().await;
        let john = stage
            .signed_in(&client, Options::desktop().origin(network.origin()))
            .await;
        let gone = Canned {
            status: 404,
            content_type: "text/plain",
            body: "",
        };
        network.answer(&address_of(&network.origin(), part).await, gone);
        john.open("/").await;
        john.reads("Part of Tincan couldn’t be loaded.").await;
        network.answer_nothing();
        john.click("button", "Reload").await;
        john.sees("button", "New room").await;
        john.wait(
            "nothing to be missing",
            "!document.querySelector('.notice p')",
        )
        .await;
    }
}

pub async fn whoever_signs_out_leaves_nothing_to_read(mut stage: Stage) {
    let texts = ["Nobody else is to know".to_owned()];
    let (john, conversation) = john_has_read(&stage, &texts).await;
    let path = format!("/conversations/{conversation}");
    let first = john.tab().await;
    let second = john.new_tab().await;
    john.open(&path).await;
    john.sees_message(&texts[0]).await;
    john.until("it to be kept", async || {
        match john.eval::<Vec<String>>(KEPT).await {
            keys if keys.len() == 2 => Ok(()),
            keys => Err(format!("{keys:?}")),
        }
    })
    .await;

    john.sign_out().await;
    for tab in [&second, &first] {
        john.switch_to(tab).await;
        john.sees("button", "Sign in").await;
    }
    // A page writes once more when it is left.
    john.close_tab().await;
    john.switch_to(&second).await;
    john.open("/").await;
    john.sees("button", "Sign in").await;
    let all = "Object.entries(localStorage).flat().join()";
    let kept: String = john.eval(all).await;
    assert!(
        !kept.contains(&texts[0]) && !kept.contains("jane"),
        "{kept}"
    );
    assert_eq!(john.eval::<Vec<String>>(KEPT).await, [""; 0]);

    stage.kill();
    john.open(&path).await;
    john.sees("button", "Retry").await;
    let text = john.text().await;
    assert!(
        !text.contains(&texts[0]) && !text.contains("jane"),
        "{text}"
    );
}

/// A page of another program, whose worker answers everything from then on.
const OTHER_PAGE: &str = "<!doctype html><title>Other</title><h1>Other program</h1>
    <script>navigator.serviceWorker.register('/service-worker.js')</script>";
const OTHER_WORKERS: [&str; 3] = [
    "addEventListener('fetch', (event) => event.respondWith(new Response('old program')))",
    "addEventListener('fetch', (event) => event.respondWith(new Response('broken', { status: 500 })))",
    "addEventListener('fetch', (event) => event.respondWith(new Promise((done) => setTimeout(() => done(new Response('old program')), 2_000))))",
];

pub async fn the_worker_of_another_program_at_the_same_address_makes_way(stage: Stage) {
    let client = stage.client("john").await;
    for worker in OTHER_WORKERS {
        // Another address each time, as each browser remembers.
        let network = stage.proxy().await;
        let john = stage
            .signed_in(&client, Options::desktop().origin(network.origin()))
            .await;
        let canned = |content_type, body| Canned {
            status: 200,
            content_type,
            body,
        };
        network.answer("/service-worker.js", canned("text/javascript", worker));
        network.answer("/$", canned("text/html", OTHER_PAGE));
        john.open("/").await;
        john.sees("heading", "Other program").await;
        john.wait("the other worker", "navigator.serviceWorker.ready")
            .await;
        network.answer_nothing();
        // Whoever comes back finds what is left of it once, at most.
        john.open("/").await;
        john.sees("searchbox", "/^Search/").await;
    }
}
