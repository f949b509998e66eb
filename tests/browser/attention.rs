//! How somebody who is elsewhere gets to know that there is something for them.

use std::slice;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    api::Client,
    mentions::be_notified_of,
    support::{Options, Proxy, Session, Stage, wait},
};

/// Notes each time that a notification has been shown or the badge is set, in any tab, and lets it happen.
const WITNESS: &str = "{
    const note = (key, value) => localStorage.setItem(key, JSON.stringify(
        [...JSON.parse(localStorage.getItem(key) ?? '[]'), value]));
    const worker = globalThis.ServiceWorkerRegistration?.prototype;
    const show = worker?.showNotification;
    if (show) worker.showNotification = async function (title, options) {
        await show.call(this, title, options);
        note('test:shown', { title, body: options.body });
    };
    const setBadge = Navigator.prototype.setAppBadge;
    if (setBadge) Navigator.prototype.setAppBadge = function (count) {
        note('test:badge', count);
        return setBadge.call(this, count);
    };
}";

#[derive(Debug, Deserialize, PartialEq)]
struct Shown {
    title: String,
    body: String,
}

fn shown(title: &str, body: &str) -> Shown {
    Shown {
        title: title.to_owned(),
        body: body.to_owned(),
    }
}

/// What is shown now.
async fn notifications(person: &Session) -> Vec<Shown> {
    person
        .eval(
            "navigator.serviceWorker.ready.then((registration) => registration.getNotifications())
                .then((all) => all.map(({ title, body }) => ({ title, body })))",
        )
        .await
}

/// Asks only once the newest has been shown: Chromium forgets what it is about to show when it is asked at that moment.
async fn is_notified(person: &Session, expected: &[Shown]) {
    if let Some(newest) = expected.last() {
        person
            .until(&format!("{newest:?}"), async || {
                let announced = announced(person).await;
                let is_newest = announced.last() == Some(newest);
                is_newest.then_some(()).ok_or(format!("{announced:?}"))
            })
            .await;
    }
    person
        .until(&format!("{expected:?}"), async || {
            let found = notifications(person).await;
            if found == expected {
                Ok(())
            } else {
                Err(format!("{found:?}"))
            }
        })
        .await;
}

/// All that have been shown, also those that aren’t any more.
async fn announced(person: &Session) -> Vec<Shown> {
    person
        .eval("JSON.parse(localStorage.getItem('test:shown') ?? '[]')")
        .await
}

/// John's browser, which may show notifications, and has turned them on.
async fn john_wants_to_know(stage: &Stage, client: &Client, network: &Proxy) -> Session {
    let options = Options::desktop().origin(network.origin()).script(WITNESS);
    let john = stage.signed_in(client, options).await;
    let permissions = json!({ "permissions": ["notifications"], "origin": network.origin() });
    john.cdp("Browser.grantPermissions", permissions).await;
    john.open("/settings").await;
    john.keeps_the_page().await;
    john.click("switch", "Show notifications").await;
    let is_on = "document.querySelector('[aria-labelledby=notify]').checked";
    john.wait("them to be on", is_on).await;
    // What came before the stream is in the list, and announced by nobody.
    wait("the stream", async || {
        (network.open_streams() == 1).then_some(())
    })
    .await;
    let attends = "navigator.locks.query().then(({ held }) => held.some(({ name }) => name === 'tincan:visible'))";
    john.wait("the page to attend", attends).await;
    john
}

/// Waits for longer than other devices are given to show that something was read there. In a tab in the background, timers
/// run once a second.
pub async fn moment(person: &Session) {
    person
        .eval::<Value>("void (globalThis.since = performance.now())")
        .await;
    person
        .wait("the moment to pass", "performance.now() - since > 2500")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_elsewhere_is_told_once_and_only_of_what_is_unread() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let mut network = stage.proxy().await;
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let (mary, paul) = (stage.client("mary").await, stage.client("paul").await);
    let with_jane = jane.talk_to("john").await;
    let with_mary = mary.talk_to("john").await;
    let with_paul = paul.talk_to("john").await;
    for (author, conversation) in [
        (&jane, &with_jane),
        (&mary, &with_mary),
        (&paul, &with_paul),
    ] {
        author.say(conversation, "Hello").await;
    }
    let john = john_wants_to_know(&stage, &client, &network).await;
    john.go_to("mary").await;
    be_notified_of(&john, "Nothing").await;
    let mut tabs = vec![john.tab().await];
    for path in ["/", "/settings"] {
        tabs.push(john.new_tab().await);
        john.open(path).await;
        john.sees("link", "/jane/").await;
        // With this comes what looks whether somebody is there.
        john.sees("button", "New room").await;
    }

    // Nobody is told what is before their eyes.
    jane.say(&with_jane, "Seen in the list").await;
    john.sees("link", "/jane.*2 unread/").await;
    moment(&john).await;
    john.hide_all(&tabs).await;
    assert_eq!(notifications(&john).await, []);

    mary.say(&with_mary, "Muted").await;
    jane.say(&with_jane, "Are you there?").await;
    let from_jane = shown("jane", "Are you there?");
    is_notified(&john, slice::from_ref(&from_jane)).await;
    moment(&john).await;
    assert_eq!(announced(&john).await, slice::from_ref(&from_jane));

    // Read elsewhere: what has been shown goes, and what comes later isn't shown.
    let read = |conversation: &str| format!("/api/conversations/{conversation}/read_messages");
    client.post(&read(&with_jane), json!({})).await.expect(204);
    is_notified(&john, &[]).await;
    network.go_away().await;
    jane.say(&with_jane, "Read on the phone").await;
    client.post(&read(&with_jane), json!({})).await.expect(204);
    network.come_back().await;
    paul.say(&with_paul, "And you?").await;
    let from_paul = shown("paul", "And you?");
    is_notified(&john, slice::from_ref(&from_paul)).await;
    assert_eq!(announced(&john).await, [from_jane, from_paul]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_here_is_not_announced_any_more() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let network = stage.proxy().await;
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    let john = john_wants_to_know(&stage, &client, &network).await;
    john.hide().await;
    for text in ["Hello", "Are you there?"] {
        jane.say(&conversation, text).await;
        // One for a conversation, with what is newest.
        is_notified(&john, &[shown("jane", text)]).await;
    }
    john.wait("the title", "document.title.startsWith('(2) ')")
        .await;
    john.wait(
        "the badge",
        "JSON.parse(localStorage.getItem('test:badge')).at(-1) === 2",
    )
    .await;
    john.show().await;
    assert_eq!(
        notifications(&john).await,
        [shown("jane", "Are you there?")]
    );
    john.go_to("jane").await;
    is_notified(&john, &[]).await;
    john.wait("the title", "!document.title.startsWith('(')")
        .await;
    john.wait(
        "the badge",
        "JSON.parse(localStorage.getItem('test:badge')).at(-1) === 0",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_are_offered_to_whoever_waits_for_an_answer_once() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let conversation = client.talk_to("jane").await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    let permission = json!({ "permission": { "name": "notifications" }, "setting": "prompt" });
    john.cdp("Browser.setPermission", permission).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees("textbox", "Message to jane").await;
    john.is_whole().await;
    assert!(
        john.look_for("button", "Turn on notifications")
            .await
            .is_none()
    );
    john.say("Are you there?").await;
    john.sees("button", "Turn on notifications").await;
    john.click("button", "Not now").await;
    john.misses("button", "Turn on notifications").await;
    for text in ["Hello?", "Never mind"] {
        john.say(text).await;
    }
    john.shows_exactly(&["Are you there?", "Hello?", "Never mind"].map(str::to_owned))
        .await;
    assert!(
        john.look_for("button", "Turn on notifications")
            .await
            .is_none()
    );
}

/// Notes each time that the page tells the server whether somebody sits in front of it.
const LISTENER: &str = "{
    const ask = globalThis.fetch;
    globalThis.fetch = function (path, options) {
        if (path === '/api/attention') localStorage.setItem('test:attention', JSON.parse(options.body).attentive);
        return ask.call(this, path, options);
    };
}";

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_told_whether_somebody_sits_in_front_of_the_page() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let options = Options::desktop().script(LISTENER);
    let john = stage.signed_in(&client, options).await;
    let says =
        |attentive: bool| format!("localStorage.getItem('test:attention') === '{attentive}'");
    john.open("/").await;
    john.wait("somebody to be there", &says(true)).await;
    john.hide().await;
    john.wait("nobody to be there", &says(false)).await;
    john.show().await;
    john.wait("somebody to be there again", &says(true)).await;
}
