//! Many tabs of one browser: they share one connection to the server, and one person.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use fantoccini::wd::WindowHandle;
use serde_json::json;
use tokio::{sync::oneshot, time::interval};

use crate::support::{Options, Proxy, Session, Stage, wait};

/// Some browsers of phones have none; one tab relays to the others then.
const WITHOUT_SHARED_WORKERS: &str = "delete globalThis.SharedWorker;";

/// Opens a page in as many tabs, one after the other.
async fn open_tabs(
    person: &Session,
    count: usize,
    path: &str,
    network: &Proxy,
) -> Vec<WindowHandle> {
    let mut tabs = vec![person.tab().await];
    person.open(path).await;
    // So that it is this tab that relays, where one of them has to.
    wait("the stream", async || {
        (network.open_streams() == 1).then_some(())
    })
    .await;
    while tabs.len() < count {
        tabs.push(person.new_tab().await);
        person.open(path).await;
    }
    tabs
}

async fn ten_tabs_work_over_one_stream(options: Options) {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let network = stage.proxy().await;
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    client.say(&conversation, "Hello").await;
    let john = stage
        .signed_in(&client, options.origin(network.origin()))
        .await;
    let path = format!("/conversations/{conversation}");
    let tabs = open_tabs(&john, 10, &path, &network).await;
    for tab in &tabs {
        john.switch_to(tab).await;
        john.sees_message("Hello").await;
    }

    jane.say(&conversation, "To all of you").await;
    for tab in &tabs {
        john.switch_to(tab).await;
        john.sees_message("To all of you").await;
    }
    john.say("From the tenth").await;
    let texts = ["Hello", "To all of you", "From the tenth"].map(str::to_owned);
    for tab in &tabs {
        john.switch_to(tab).await;
        john.shows_exactly(&texts).await;
        john.assert_console_clean(&[]).await;
    }
    assert_eq!(stage.history(&client, &conversation).await, texts);
    assert_eq!(network.open_streams(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenth_tab_works_and_all_share_one_stream() {
    ten_tabs_work_over_one_stream(Options::desktop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenth_tab_works_without_shared_workers() {
    ten_tabs_work_over_one_stream(Options::desktop().script(WITHOUT_SHARED_WORKERS)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_that_relays_is_closed_and_nothing_is_missed() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let network = stage.proxy().await;
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    client.say(&conversation, "Hello").await;
    let options = Options::desktop()
        .origin(network.origin())
        .script(WITHOUT_SHARED_WORKERS);
    let john = stage.signed_in(&client, options).await;
    let tabs = open_tabs(
        &john,
        3,
        &format!("/conversations/{conversation}"),
        &network,
    )
    .await;
    for tab in &tabs {
        john.switch_to(tab).await;
        john.sees_message("Hello").await;
    }

    let said = AtomicUsize::new(0);
    let (stop, mut stopped) = oneshot::channel();
    let talking = async {
        // Faster, and the first would be gone from the page before the last is there.
        let mut pace = interval(Duration::from_millis(50));
        while stopped.try_recv().is_err() {
            pace.tick().await;
            let number = said.load(Ordering::SeqCst);
            jane.say(&conversation, &number.to_string()).await;
            said.store(number + 1, Ordering::SeqCst);
        }
    };
    let closing = async {
        john.switch_to(&tabs[0]).await;
        john.sees_message("5").await;
        john.close_tab().await;
        john.switch_to(&tabs[1]).await;
        // Not known yet when the tab was closed.
        let later = said.load(Ordering::SeqCst) + 5;
        john.sees_message(&later.to_string()).await;
        stop.send(()).expect("jane is still talking");
    };
    tokio::join!(talking, closing);

    let texts = stage.history(&client, &conversation).await;
    for tab in &tabs[1..] {
        john.switch_to(tab).await;
        john.shows_exactly(&texts).await;
    }
    assert_eq!(network.open_streams(), 1);
}

/// Waits until the page is the one of somebody.
async fn is_the_page_of(person: &Session, username: &str) {
    person
        .wait(
            &format!("the page of {username}"),
            &format!("document.querySelector('footer .name bdi')?.textContent === {username:?}"),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tabs_follow_who_signs_out_and_in() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let network = stage.proxy().await;
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    jane.say(&conversation, "Hello").await;
    let john = stage
        .signed_in(&client, Options::desktop().origin(network.origin()))
        .await;
    let tabs = open_tabs(
        &john,
        3,
        &format!("/conversations/{conversation}"),
        &network,
    )
    .await;

    john.sign_out().await;
    for tab in &tabs {
        john.switch_to(tab).await;
        john.sees("button", "Sign in").await;
    }
    wait("the end of the stream", async || {
        (network.open_streams() == 0).then_some(())
    })
    .await;

    john.click("button", "Sign in as jane").await;
    for tab in &tabs {
        john.switch_to(tab).await;
        is_the_page_of(&john, "jane").await;
    }
    stage
        .client("john")
        .await
        .say(&conversation, "To jane")
        .await;
    for tab in &tabs[..2] {
        john.switch_to(tab).await;
        john.shows_exactly(&["Hello", "To jane"].map(str::to_owned))
            .await;
        let side = "(text) => [...document.querySelectorAll('[role=log] li')] \
            .find((row) => row.textContent.includes(text)).matches('.mine')";
        let is_mine: bool = john.call(side, json!(["Hello"])).await;
        assert!(is_mine, "what jane wrote is hers");
    }
    assert_eq!(network.open_streams(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_sent_by_whoever_wrote_it_alone() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let mut network = stage.proxy().await;
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    client.say(&conversation, "Hello").await;
    let john = stage
        .signed_in(&client, Options::desktop().origin(network.origin()))
        .await;
    let path = format!("/conversations/{conversation}");
    let tabs = open_tabs(&john, 2, &path, &network).await;
    john.sees_message("Hello").await;
    // With it comes what tells why a message waits.
    john.keeps_the_page().await;

    network.go_away().await;
    john.say("This is john").await;
    john.reads("Waiting for the connection").await;
    // As if she had signed in in a tab that the network reached first.
    john.take_token(jane.token.as_deref().expect("a token"))
        .await;
    // What waits is the first to come through, and so the first to meet her name.
    network.hold_answers("/api/messages");
    network.come_back().await;
    for tab in &tabs {
        john.switch_to(tab).await;
        is_the_page_of(&john, "jane").await;
    }
    network.pass_answers();
    for tab in &tabs {
        john.switch_to(tab).await;
        john.shows_exactly(&["Hello".to_owned()]).await;
    }
    // What she sends would have to wait for what is before it.
    john.say("This is jane").await;
    john.shows_exactly(&["Hello", "This is jane"].map(str::to_owned))
        .await;

    john.take_token(client.token.as_deref().expect("a token"))
        .await;
    john.reload().await;
    is_the_page_of(&john, "john").await;
    let texts = ["Hello", "This is jane", "This is john"].map(str::to_owned);
    john.shows_exactly(&texts).await;
    assert_eq!(stage.history(&client, &conversation).await, texts);
    let authors: Vec<_> = client
        .get(&crate::api::messages(&conversation))
        .await
        .expect(200)
        .as_array()
        .expect("a list")
        .iter()
        .map(|message| message["author"]["username"].clone())
        .collect();
    assert_eq!(authors, ["john", "jane", "john"]);
}
