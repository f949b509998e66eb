//! The settings of notifications that concern all of somebody’s devices: what they say, when they don’t come, which devices
//! get them, and the way by a server of one’s own.

use serde_json::{Value, json};

use crate::{
    api::{
        Client,
        push_service::PushService,
        relay::{RelayServer, Told},
    },
    screenshots::Viewer,
    support::{Options, Session, Stage},
};

const RELAY: &str = "/api/push/relay";

/// Whether somebody was told this.
fn says(text: &str) -> impl Fn(&Told) -> bool {
    move |told| told.body["message"] == text
}

/// Brings a part of the settings to the top, as somebody does who reads on.
async fn scroll_to(person: &Session, selector: &str) {
    let script = "(selector) => {
        const settings = document.querySelector('.settings');
        settings.scrollTo(0, settings.scrollTop + document.querySelector(selector).getBoundingClientRect().top - 96);
    }";
    person.call::<Value>(script, json!([selector])).await;
}

/// What a field for a time has in it once it was typed.
async fn type_time(person: &Session, label: &str, time: &str) {
    let script = "(label, time) => {
        const [field] = [...document.querySelectorAll('quiet-settings label')].filter((each) => each.textContent === label)
            .map((each) => each.querySelector('input'));
        field.focus();
        field.value = time;
        field.dispatchEvent(new Event('input', { bubbles: true }));
        field.blur();
    }";
    person.call::<Value>(script, json!([label, time])).await;
}

/// Goes to the settings, once all is there that would push a button from under a finger.
async fn open_settings(person: &Session) {
    person.open("/settings").await;
    person.reads("No tokens yet.").await;
}

async fn john_decides_how_he_is_called(options: Options) {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let (ntfy, gotify) = (RelayServer::start().await, RelayServer::start().await);
    let restart = |stage: &mut Stage, kind: &str, relay: &RelayServer| {
        let outbound = ["--dev", "--allow-outbound", "127.0.0.0/8"];
        stage.kill();
        stage.start_again(&[&outbound[..], &[kind, &relay.url()]].concat());
    };
    restart(&mut stage, "--ntfy", &ntfy);
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    let options = options.time_zone("Europe/Lisbon");
    let viewer = Viewer::new(stage.signed_in(&client, options).await);
    let john = viewer.session();

    turn_ntfy_on(&viewer, &client, &ntfy).await;
    // The page is before his eyes otherwise, and nobody calls him.
    john.open("/healthz").await;
    jane.say(&conversation, "Dinner’s ready").await;
    ntfy.hears("all of it", says("Dinner’s ready")).await;

    choose_what_and_when(&viewer, &client).await;
    john.open("/healthz").await;
    jane.say(&conversation, "It’s getting cold").await;
    ntfy.hears("that there is something", says("New message"))
        .await;

    take_a_tablet_out(&viewer, &client).await;
    click_in(john, "relay-settings", "Turn off").await;
    john.reads("Get notified through").await;
    assert_eq!(client.get(RELAY).await.expect(200)["on"], false);

    restart(&mut stage, "--gotify", &gotify);
    turn_gotify_on(&viewer).await;
    john.open("/healthz").await;
    jane.say(&conversation, "Are you there?").await;
    let told = gotify.hears("that there is something", says("New message"));
    assert_eq!(told.await.secret.as_deref(), Some("AbCdEfGhIjKlMnO"));
}

/// Under an address that is his alone.
async fn turn_ntfy_on(viewer: &Viewer, client: &Client, ntfy: &RelayServer) {
    let john = viewer.session();
    open_settings(john).await;
    john.sees("heading", "Notifications without a push service")
        .await;
    scroll_to(john, "#relay").await;
    viewer.take("relay-ntfy-off").await;
    click_in(john, "relay-settings", "Turn on").await;
    john.reads("You’re notified through").await;
    let topic = client.get(&format!("{RELAY}/topic")).await.expect(200)["topic"].clone();
    let address = format!("{}/{}", ntfy.url(), topic.as_str().expect("a topic"));
    let label = "Subscribe to this address in the ntfy app, and keep it to yourself";
    assert_eq!(john.value(label).await, address);
    viewer.take("relay-ntfy").await;
}

/// No text of messages, and quiet nights by the clocks of where he is, which he gives up again.
async fn choose_what_and_when(viewer: &Viewer, client: &Client) {
    let john = viewer.session();
    let settings = async || client.get("/api/settings").await.expect(200);
    open_settings(john).await;
    scroll_to(john, "#notifications").await;
    john.click("switch", "Show message text").await;
    john.reads("Notifications only say who wrote to you, or in which room.")
        .await;
    assert_eq!(settings().await["preview"], false);

    john.click("switch", "Quiet hours").await;
    john.reads("Times are for Europe/Lisbon.").await;
    let night = |from: &str| json!({ "from": from, "to": "07:00", "zone": "Europe/Lisbon" });
    assert_eq!(settings().await["quiet"], night("22:00"));
    type_time(john, "From", "23:30").await;
    john.until("the other time", async || {
        let quiet = settings().await["quiet"].clone();
        if quiet == night("23:30") {
            Ok(())
        } else {
            Err(quiet.to_string())
        }
    })
    .await;
    viewer.take("quiet-hours").await;
    john.click("switch", "Quiet hours").await;
    john.reads("No notifications at night, on any of your devices.")
        .await;
    assert_eq!(settings().await["quiet"], Value::Null);
}

async fn take_a_tablet_out(viewer: &Viewer, client: &Client) {
    let john = viewer.session();
    let service = PushService::start().await;
    let tablet = client.another_device().await;
    tablet.subscribe(&service.browser()).await;
    open_settings(john).await;
    john.click("button", "Show Devices with notifications")
        .await;
    john.sees("button", "/^Remove/").await;
    viewer.take("ringing-devices").await;
    john.click("button", "/^Remove/").await;
    john.reads("None yet.").await;
    assert_eq!(client.subscriptions().await, Vec::<Value>::new());
    john.click("button", "Close").await;
}

/// With a token that he has got there.
async fn turn_gotify_on(viewer: &Viewer) {
    let john = viewer.session();
    open_settings(john).await;
    click_in(john, "relay-settings", "Turn on").await;
    john.sees("dialog", "Gotify").await;
    let give = async |token: &str| {
        john.fill("textbox", "Token of an application", token).await;
        john.press("Enter").await;
    };
    give("two words").await;
    john.reads("This isn’t the token of an application.").await;
    viewer.take("relay-gotify").await;
    give("AbCdEfGhIjKlMnO").await;
    john.reads("You’re notified through").await;
    john.misses("dialog", "Gotify").await;
}

/// Clicks a button in a part of the settings, of which others have one that is called the same.
async fn click_in(person: &Session, part: &str, name: &str) {
    let script = "(part, name) => {
        const button = [...document.querySelectorAll(`${part} button`)].find((each) => each.textContent.trim() === name);
        button?.click();
        return Boolean(button);
    }";
    person
        .until(name, async || {
            let found: bool = person.call(script, json!([part, name])).await;
            found.then_some(()).ok_or_else(String::new)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn john_decides_how_he_is_called_on_a_phone() {
    john_decides_how_he_is_called(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn john_decides_how_he_is_called_on_a_desktop() {
    john_decides_how_he_is_called(Options::desktop()).await;
}
