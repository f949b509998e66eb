//! What calls somebody back to a page that is closed: push, and the page as an app of its own.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    api::{
        Client,
        push_service::{Browser, PushService, Reply},
    },
    attention::moment,
    support::{Options, Session, Stage},
};

/// Chromium’s own push service is one of its maker’s, so this one stands in its place.
fn subscribing(browser: &Browser) -> String {
    const SCRIPT: &str = "{
        const SUBSCRIBED = 'test:subscribed';
        const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (each) => each.charCodeAt(0));
        const given = () => {
            const key = localStorage.getItem(SUBSCRIBED);
            return key && {
                options: { applicationServerKey: bytes(key).buffer },
                toJSON: () => (SUBSCRIPTION),
                unsubscribe: async () => localStorage.removeItem(SUBSCRIBED),
            };
        };
        const manager = globalThis.PushManager?.prototype;
        if (manager) manager.getSubscription = async () => given();
        if (manager) manager.subscribe = async ({ applicationServerKey }) => {
            localStorage.setItem(SUBSCRIBED, applicationServerKey);
            return given();
        };
    }";
    SCRIPT.replace("SUBSCRIPTION", &browser.to_json().to_string())
}

#[derive(Debug, Deserialize, PartialEq)]
struct Shown {
    title: String,
    body: String,
    tag: String,
    data: String,
}

fn shown(title: &str, body: &str, conversation: &str) -> Shown {
    Shown {
        title: title.to_owned(),
        body: body.to_owned(),
        tag: format!("conversation-{conversation}"),
        data: format!("/conversations/{conversation}"),
    }
}

/// Waits until these and no others are shown.
async fn is_notified(person: &Session, expected: &[Shown]) {
    let notifications =
        "navigator.serviceWorker.ready.then((registration) => registration.getNotifications())
        .then((all) => all.map(({ title, body, tag, data }) => ({ title, body, tag, data })))";
    person
        .until(&format!("{expected:?}"), async || {
            let found: Vec<Shown> = person.eval(notifications).await;
            if found == expected {
                Ok(())
            } else {
                Err(format!("{found:?}"))
            }
        })
        .await;
}

/// Gives a message to the page’s worker, as a push service does.
async fn deliver(person: &Session, message: &str) {
    let origin: String = person.eval("location.origin").await;
    person.cdp("ServiceWorker.enable", json!({})).await;
    // The first worker of a profile has this number.
    let push = json!({ "origin": origin, "registrationId": "0", "data": message });
    person.cdp("ServiceWorker.deliverPushMessage", push).await;
}

/// What the server pushes.
fn message(title: &str, body: &str, conversation: &str) -> String {
    let notification = json!({
        "title": title, "body": body, "navigate": format!("/conversations/{conversation}"),
        "tag": format!("conversation-{conversation}"),
    });
    json!({ "web_push": 8030, "notification": notification, "app_badge": 1 }).to_string()
}

async fn allow(person: &Session) {
    let origin: String = person.eval("location.origin").await;
    let permissions = json!({ "permissions": ["notifications"], "origin": origin });
    person.cdp("Browser.grantPermissions", permissions).await;
}

/// John’s browser, which the server pushes to.
async fn john_rings(stage: &Stage, client: &Client, options: Options) -> Session {
    let john = stage.signed_in(client, options).await;
    john.open("/settings").await;
    allow(&john).await;
    john.keeps_the_page().await;
    john.click("switch", "Show notifications").await;
    john.reads("You’re notified on this device, even when Tincan is closed.")
        .await;
    john
}

/// A stage whose server may push to a push service on this machine.
async fn set() -> Option<(Stage, PushService)> {
    let mut stage = Stage::set(1).await?;
    stage.kill();
    stage.start_again(&["--dev", "--allow-outbound", "127.0.0.0/8"]);
    Some((stage, PushService::start().await))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_turned_on_tried_out_and_turned_off() {
    let Some((stage, service)) = set().await else {
        return;
    };
    let client = stage.client("john").await;
    let options = Options::desktop().script(subscribing(&service.browser()));
    let john = john_rings(&stage, &client, options).await;
    let subscriptions = client.subscriptions().await;
    assert_eq!(subscriptions.len(), 1);
    assert_eq!(subscriptions[0]["current"], true);

    john.click("button", "Send a test").await;
    let push = service.next().await;
    deliver(&john, &push.body.to_string()).await;
    john.reads("It works. The notification has arrived.").await;

    service.answers(Reply::Status(403));
    john.click("button", "Send a test").await;
    john.reads("push service refused the notification").await;
    service.answers(Reply::Status(410));
    john.click("button", "Send a test").await;
    john.reads("The push service no longer knew this device.")
        .await;
    assert_eq!(client.subscriptions().await.len(), 1);

    john.click("button", "Show Devices with notifications")
        .await;
    john.click("button", "/^Remove/").await;
    john.reads("None yet.").await;
    assert_eq!(client.subscriptions().await, Vec::<Value>::new());
    john.click("button", "Close").await;
    let is_off = "!document.querySelector('[aria-labelledby=notify]').checked && !localStorage.getItem('test:subscribed')";
    john.wait("it to be off", is_off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_signs_out_rings_no_more() {
    let Some((stage, service)) = set().await else {
        return;
    };
    let (client, other) = (stage.client("john").await, stage.client("john").await);
    let options = Options::desktop().script(subscribing(&service.browser()));
    let john = john_rings(&stage, &client, options).await;
    assert_eq!(other.subscriptions().await.len(), 1);
    john.sign_out().await;
    john.sees("button", "Sign in").await;
    assert_eq!(other.subscriptions().await, Vec::<Value>::new());
    let is_over: bool = john.eval("!localStorage.getItem('test:subscribed')").await;
    assert!(is_over);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pushed_is_shown_and_leads_to_its_conversation() {
    let Some((stage, service)) = set().await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Hello").await;
    let read = format!("/api/conversations/{conversation}/read_messages");
    client.post(&read, json!({})).await.expect(204);
    let german = "try { localStorage.setItem('preference:language', '\"de\"') } catch {}";
    let options = Options::desktop()
        .script(german)
        .script(subscribing(&service.browser()));
    let john = stage.signed_in(&client, options).await;
    john.open("/settings").await;
    allow(&john).await;
    john.keeps_the_page().await;
    john.click("switch", "Benachrichtigungen anzeigen").await;
    john.reads("Du wirst auf diesem Gerät benachrichtigt").await;

    for text in ["Hello", "Are you there?"] {
        deliver(&john, &message("jane", text, &conversation)).await;
        is_notified(&john, &[shown("jane", text, &conversation)]).await;
    }
    // Whoever wants no text to be seen gets none, in any language.
    deliver(&john, &message("jane", "", &conversation)).await;
    is_notified(&john, &[shown("jane", "Neue Nachricht", &conversation)]).await;
    // What can’t be read says no more than that there is something.
    let newest = || shown("jane", "Neue Nachricht", &conversation);
    let unknown = || Shown {
        title: "Tincan".to_owned(),
        body: "Neue Nachricht".to_owned(),
        tag: "unknown".to_owned(),
        data: "/".to_owned(),
    };
    let elsewhere =
        json!({ "notification": { "title": "jane", "navigate": "https://example.org/" } });
    // Wherever it leads, a tap opens a page of this server.
    let elsewhere = elsewhere.to_string();
    deliver(&john, &elsewhere).await;
    let from_elsewhere = Shown {
        title: "jane".to_owned(),
        ..unknown()
    };
    is_notified(&john, &[newest(), from_elsewhere]).await;
    for unreadable in ["Hello", "{}", ""] {
        deliver(&john, unreadable).await;
        is_notified(&john, &[newest(), unknown()]).await;
    }

    // As the worker tells it the page, at a tap.
    let open = "navigator.serviceWorker.ready.then((registration) => registration.getNotifications()).then(([{ data }]) =>
        navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data: { open: data } })))";
    john.eval::<bool>(open).await;
    john.wait(
        "the conversation",
        &format!("location.pathname === '/conversations/{conversation}'"),
    )
    .await;
    // It is before somebody’s eyes now, and nothing of it stays.
    deliver(&john, &message("jane", "Now you are", &conversation)).await;
    is_notified(&john, &[unknown()]).await;

    // Nor of what was read elsewhere while no page was open.
    john.open("/healthz").await;
    deliver(&john, &message("jane", "Read on the laptop", &conversation)).await;
    john.open("/").await;
    is_notified(&john, &[unknown()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_device_is_pushed_to_the_page_leaves_that_to_push() {
    const WITNESS: &str = "{
        const worker = globalThis.ServiceWorkerRegistration?.prototype;
        if (worker) worker.showNotification = async () => localStorage.setItem('test:shown', 'true');
    }";
    let Some((stage, service)) = set().await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    let options = Options::desktop()
        .script(WITNESS)
        .script(subscribing(&service.browser()));
    let john = john_rings(&stage, &client, options).await;
    john.hide().await;
    jane.say(&conversation, "Are you there?").await;
    john.wait("it to arrive", "document.title.startsWith('(1) ')")
        .await;
    moment(&john).await;
    let is_shown: bool = john.eval("!!localStorage.getItem('test:shown')").await;
    assert!(!is_shown);
}

/// Whoever comes back on another day.
const ANOTHER_DAY: &str =
    "try { localStorage.setItem('preference:begun', '\"Mon Jan 05 2026\"') } catch {}";

#[tokio::test(flavor = "multi_thread")]
async fn the_page_can_be_installed_and_says_so_once() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let john = stage
        .signed_in(&client, Options::desktop().script(ANOTHER_DAY))
        .await;
    john.open("/").await;
    john.sees("button", "Install").await;
    let errors = john.cdp("Page.getInstallabilityErrors", json!({})).await;
    assert_eq!(errors["installabilityErrors"], json!([]));
    let manifest = john.cdp("Page.getAppManifest", json!({})).await;
    assert_eq!(manifest["errors"], json!([]));
    let origin: String = john.eval("`${location.origin}/`").await;
    for member in ["id", "scope", "startUrl"] {
        assert_eq!(manifest["manifest"][member], origin, "{member}");
    }

    john.click("button", "Not now").await;
    john.misses("button", "Install").await;
    john.reload().await;
    john.sees("button", "New room").await;
    john.wait(
        "the browser’s question",
        "import(document.querySelector('script[src$=\"main.js\"]').src.replace('main.js', 'shell/install-prompt.js')).then(({ wayToInstall }) => wayToInstall() === 'prompt')",
    )
    .await;
    assert!(john.look_for("button", "Install").await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_iphone_shows_the_way_to_its_home_screen() {
    const IPHONE: &str =
        "Object.defineProperty(Navigator.prototype, 'standalone', { get: () => false });
        delete globalThis.Notification;";
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let options = Options::phone().script(ANOTHER_DAY).script(IPHONE);
    let john = stage.signed_in(&client, options).await;
    john.open("/").await;
    john.click("button", "Show how").await;
    john.reads("Choose “Add to Home Screen”.").await;
    john.click("button", "Done").await;
    john.misses("button", "Show how").await;
    john.open("/settings").await;
    john.reads("Choose “Add to Home Screen”.").await;
    let switch = john.sees("switch", "Show notifications").await;
    let is_possible = switch.is_enabled().await.expect("a switch");
    assert!(!is_possible);
}
