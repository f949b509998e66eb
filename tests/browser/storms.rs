//! Something in front of the server answers in its place, at one address or at all of them: the page stays as it is, and
//! asks less and less often. How much less is tested with a clock that stands still, in `models/feed.js`.

use crate::support::{Canned, Options, Stage};

const fn canned(status: u16, content_type: &'static str, body: &'static str) -> Canned {
    Canned {
        status,
        content_type,
        body,
    }
}

const REFUSALS: [Canned; 5] = [
    canned(401, "application/json", "{\"code\":\"gate\"}"),
    canned(403, "text/html", "<h1>Forbidden</h1>"),
    canned(500, "text/plain", "Oops"),
    canned(200, "text/html", "<h1>Sign in</h1>"),
    // To where one signs in, which pages may not ask.
    canned(302, "text/html\r\nLocation: http://localhost:9/sign-in", ""),
];
const ADDRESSES: [&str; 4] = [
    "/api/",
    "/api/config",
    "/api/messages",
    "/api/conversations",
];
/// Of one address in two seconds. Whatever is refused has the page ask twice who one is, and it may be a handful that were
/// on their way. A loop that doesn’t wait makes hundreds.
const MOST: usize = 10;

/// Counts how often the page is built.
const COUNT_BUILDS: &str = "window.builds = 0;
    new MutationObserver((changes) => {
        const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
        window.builds += added.filter(({ localName }) => localName === 'tincan-messenger').length;
    }).observe(document, { childList: true, subtree: true });";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_storms_what_answers_in_place_of_the_server() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let mut network = stage.proxy().await;
    let client = stage.client("john").await;
    let conversation = client.talk_to("jane").await;
    client.say(&conversation, "Hello").await;
    let options = Options::desktop()
        .origin(network.origin())
        .script(COUNT_BUILDS);
    let john = stage.signed_in(&client, options).await;
    for address in ADDRESSES {
        for refusal in REFUSALS {
            let Canned { status, .. } = refusal;
            network.answer_nothing();
            john.open(&format!("/conversations/{conversation}")).await;
            john.sees_message("Hello").await;
            john.wait(
                "a stream",
                "document.querySelector('conversation-view .activity')",
            )
            .await;
            network.answer(address, refusal);
            // What there is breaks off, as after a sleep.
            network.go_away().await;
            network.come_back().await;
            john.eval::<bool>("Boolean(window.end = performance.now() + 2_000)")
                .await;
            john.wait("two seconds", "performance.now() > window.end")
                .await;
            let asked = network.answered();
            let most = asked
                .iter()
                .map(|path| asked.iter().filter(|other| *other == path).count())
                .max();
            assert!(most <= Some(MOST), "{address} {status}: {asked:?}");
            assert_eq!(
                john.eval::<u32>("window.builds").await,
                1,
                "{address} {status}: the page is built anew"
            );
            // Whoever waits for the server here waits in vain.
            if address == "/api/" && status != 500 {
                john.reads("sign in again").await;
            }
        }
    }
    network.answer_nothing();
    john.wait("the connection", "!document.querySelector('.notice p')")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_refused_from_the_start_asks_once() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let network = stage.proxy().await;
    network.answer("/api/", REFUSALS[0]);
    let john = stage
        .session(Options::desktop().origin(network.origin()))
        .await;
    john.open("/").await;
    john.sees("button", "Retry").await;
    john.eval::<bool>("Boolean(window.end = performance.now() + 2_000)")
        .await;
    john.wait("two seconds", "performance.now() > window.end")
        .await;
    let asked = network.answered();
    // The page, and the worker that would keep it.
    assert!(asked.len() <= 3, "{asked:?}");
}
