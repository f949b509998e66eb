//! The server dies, the network fails, a proxy keeps things to itself: nothing is lost or doubled.

use std::time::Instant;

use crate::support::{Options, Session, Stage};

/// What browsers say of a server that isn't there.
const OUTAGE: [&str; 2] = ["net::ERR_", "Failed to load resource"];

/// Waits until these and no others are on the screen, and none is on its way any more.
async fn shows_exactly(person: &Session, texts: &[String]) {
    person
        .until("exactly these messages", async || {
            let shown = person.messages().await;
            if shown == texts {
                Ok(())
            } else {
                Err(format!("{shown:?}"))
            }
        })
        .await;
    person
        .wait(
            "nothing on its way",
            "!/Sending|Waiting|Not sent/.test(document.querySelector('[role=log]').textContent)",
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_mid_send_loses_and_doubles_nothing() {
    let Some(mut stage) = Stage::set(2).await else {
        return;
    };
    let client = stage.client("john").await;
    let jane = stage.client("jane").await;
    let conversation = client.talk_to("jane").await;
    client.say(&conversation, "before").await;
    let path = format!("/conversations/{conversation}");
    let john = stage.signed_in(&client, Options::desktop()).await;
    let jane = stage.signed_in(&jane, Options::phone()).await;
    for person in [&john, &jane] {
        person.open(&path).await;
        person.sees_message("before").await;
    }

    let mut texts = vec!["before".to_owned()];
    for round in 0..3 {
        for number in 0..8 {
            let text = format!("round {round}, message {number}");
            john.say(&text).await;
            texts.push(text);
            match number {
                3 => stage.kill(),
                6 => stage.start_again(&["--dev"]),
                _ => {}
            }
        }
        shows_exactly(&john, &texts).await;
        shows_exactly(&jane, &texts).await;
    }
    assert_eq!(stage.history(&client, &conversation).await, texts);
    for person in [&john, &jane] {
        person.assert_console_clean(&OUTAGE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_told_and_ends_by_itself() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let mut network = stage.proxy().await;
    let jane = stage.client("jane").await;
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "before").await;
    let john = stage
        .session(Options::desktop().origin(network.origin()))
        .await;
    john.sign_in("john").await;
    john.go_to("jane").await;
    john.sees_message("before").await;
    assert_eq!(network.open_streams(), 1);

    network.go_away().await;
    john.reads("Offline").await;
    // Whoever is cut off goes on writing, and misses nothing.
    john.say("while I was away").await;
    john.sees_message("while I was away").await;
    jane.say(&conversation, "meanwhile").await;

    network.come_back().await;
    let start = Instant::now();
    john.wait(
        "the notice to go",
        "!document.body.innerText.includes('Offline')",
    )
    .await;
    println!("back after {:?}", start.elapsed());
    shows_exactly(
        &john,
        &["before", "meanwhile", "while I was away"].map(str::to_owned),
    )
    .await;
    assert_eq!(network.open_streams(), 1);
    assert_eq!(
        stage.history(&jane, &conversation).await,
        john.messages().await
    );
    john.assert_console_clean(&OUTAGE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_to_be_sent_survives_a_reload() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let mut network = stage.proxy().await;
    let client = stage.client("john").await;
    let conversation = client.talk_to("jane").await;
    client.say(&conversation, "before").await;
    let john = stage
        .signed_in(&client, Options::desktop().origin(network.origin()))
        .await;
    let path = format!("/conversations/{conversation}");
    john.open(&path).await;
    john.sees_message("before").await;

    network.go_away().await;
    let texts = ["before", "one", "two", "three"].map(str::to_owned);
    for text in &texts[1..] {
        john.say(text).await;
        john.sees_message(text).await;
    }
    john.reload().await;
    network.come_back().await;
    john.open(&path).await;
    shows_exactly(&john, &texts).await;
    assert_eq!(stage.history(&client, &conversation).await, texts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_holds_streams_back_is_got_around() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let network = stage.proxy().await;
    network.hold_streams();
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    client.say(&conversation, "before").await;
    let john = stage
        .signed_in(&client, Options::desktop().origin(network.origin()))
        .await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees_message("before").await;
    for text in ["one", "two"] {
        jane.say(&conversation, text).await;
        john.sees_message(text).await;
    }

    // All that was held back comes at once, and has come already.
    network.pass_streams();
    jane.say(&conversation, "three").await;
    shows_exactly(&john, &["before", "one", "two", "three"].map(str::to_owned)).await;
    john.assert_console_clean(&[]).await;
}
