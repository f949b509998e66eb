//! What calls somebody back to a page that is closed: push, and the page as an app of its own.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    api::{
        Client,
        push_service::{Browser, PushService, Reply},
    },
    attention::moment,
    support::{Options, Session, Stage, Worker},
};

/// Chromium’s own push service is one of its maker’s, so this one stands in its place.
pub fn subscribing(browser: &Browser) -> String {
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
pub async fn deliver(person: &Session, message: &str) {
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
    turn_on(&john).await;
    john
}

/// Turns notifications on, in a browser that lets the page show them.
pub async fn turn_on(person: &Session) {
    person.open("/settings").await;
    allow(person).await;
    person.keeps_the_page().await;
    person.click("switch", "Show notifications").await;
    person
        .reads("You’re notified on this device, even when Tincan is closed.")
        .await;
}

/// Says whether the browser would offer to install the page, and that it has read the same of it as is in the manifest.
pub async fn can_be_installed(person: &Session) {
    let errors = person.cdp("Page.getInstallabilityErrors", json!({})).await;
    assert_eq!(errors["installabilityErrors"], json!([]));
    let manifest = person.cdp("Page.getAppManifest", json!({})).await;
    assert_eq!(manifest["errors"], json!([]));
    let origin: String = person.eval("`${location.origin}/`").await;
    for member in ["id", "scope", "startUrl"] {
        assert_eq!(manifest["manifest"][member], origin, "{member}");
    }
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
    let german = "try { localStorage.setItem('preference:language', '\"de\"') } catch {}";
    let options = Options::desktop()
        .script(german)
        .script(subscribing(&service.browser()));
    let john = stage.signed_in(&client, options).await;
    john.open("/settings").await;
    allow(&john).await;
    john.keeps_the_page().await;
    // Of what has been read, it has taken back what was shown before.
    let unread = "document.title.startsWith('(1)')";
    john.wait("the conversations", unread).await;
    is_notified(&john, &[]).await;
    john.click("switch", "Benachrichtigungen anzeigen").await;
    john.reads("Du wirst auf diesem Gerät benachrichtigt").await;

    let from_jane = |text| message("jane", text, &conversation);
    let mut worker = john.worker().await;
    witness(&mut worker).await;
    for text in ["Hello", "Are you there?"] {
        push(&john, &mut worker, &from_jane(text)).await;
        is_notified(&john, &[shown("jane", text, &conversation)]).await;
    }
    // Whoever wants no text to be seen gets none, in any language.
    push(&john, &mut worker, &from_jane("")).await;
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
    push(&john, &mut worker, &elsewhere).await;
    let from_elsewhere = Shown {
        title: "jane".to_owned(),
        ..unknown()
    };
    is_notified(&john, &[newest(), from_elsewhere]).await;
    for unreadable in ["Hello", "{}", ""] {
        push(&john, &mut worker, unreadable).await;
        is_notified(&john, &[newest(), unknown()]).await;
    }

    // A tap on it closes it, and leads to the conversation in the page that is open.
    let path = format!("/conversations/{conversation}");
    tap(&mut worker, &path).await;
    let open = format!("location.pathname === {path:?}");
    john.wait("the conversation", &open).await;
    john.wait("it to be read", &format!("!{unread}")).await;
    // The app’s icon has the number that came with each message before.
    let calls = json!([1, 1, 1, "focused"]);
    assert_eq!(seen(&mut worker).await, calls);
    is_notified(&john, &[unknown()]).await;
    // It is before somebody’s eyes now, and nothing of it stays.
    push(&john, &mut worker, &from_jane("Now you are")).await;
    is_notified(&john, &[unknown()]).await;

    // Nor of what was read elsewhere while no page was open.
    john.open("/healthz").await;
    push(&john, &mut worker, &from_jane("Read on the laptop")).await;
    john.open("/").await;
    is_notified(&john, &[unknown()]).await;

    // Where none is open, a tap opens one.
    john.open("/healthz").await;
    push(&john, &mut worker, &from_jane("And now?")).await;
    tap(&mut worker, &path).await;
    let opened = seen(&mut worker).await;
    let (last, before) = opened
        .as_array()
        .and_then(|all| all.split_last())
        .expect("calls");
    assert_eq!(last, path.as_str());
    assert!(!before.contains(&json!("focused")), "{opened}");
}

/// Has the worker write down what only a real tap lets it do, and what the browser does out of sight.
async fn witness(worker: &mut Worker) {
    let script = "globalThis.seen = [];
        globalThis.shown = [];
        const { showNotification } = ServiceWorkerRegistration.prototype;
        ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
            await showNotification.call(this, title, options);
            shown.push(options.body);
        };
        WindowClient.prototype.focus = async () => { seen.push('focused'); };
        Clients.prototype.openWindow = async (path) => { seen.push(path); };
        WorkerNavigator.prototype.setAppBadge = async (number) => { seen.push(number); };
        true";
    assert!(worker.eval::<bool>(script).await);
}

/// What it has written down since it was last asked.
async fn seen(worker: &mut Worker) -> Value {
    worker.eval("seen.splice(0)").await
}

/// Gives a message to the worker, and waits until it is shown. Whoever asks Chromium at that moment what is shown makes it
/// forget what it is about to show: it takes that for something the system has thrown away.
async fn push(person: &Session, worker: &mut Worker, message: &str) {
    deliver(person, message).await;
    let script = "(async () => {
        while (!shown.length) await new Promise((seen) => setTimeout(seen, 20));
        return shown.splice(0).length;
    })()";
    assert_eq!(worker.eval::<usize>(script).await, 1);
}

/// Somebody taps the notification that leads there.
async fn tap(worker: &mut Worker, path: &str) {
    let script = "(async () => {
        const notifications = await registration.getNotifications();
        const notification = notifications.find(({ data }) => data === PATH);
        return dispatchEvent(new NotificationEvent('notificationclick', { notification }));
    })()";
    let script = script.replace("PATH", &json!(path).to_string());
    assert!(worker.eval::<bool>(&script).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_whose_subscription_the_browser_has_replaced_rings_on() {
    let Some((stage, service)) = set().await else {
        return;
    };
    let client = stage.client("john").await;
    let (before, after) = (service.browser(), service.browser());
    let options = Options::desktop().script(subscribing(&before));
    let john = john_rings(&stage, &client, options).await;
    let mut worker = john.worker().await;
    let push = client.get("/api/push").await.expect(200);
    // No page has a part in it.
    john.open("/healthz").await;
    let script = "PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
            if (applicationServerKey !== KEY || !userVisibleOnly) throw new Error(applicationServerKey);
            return SUBSCRIPTION;
        };
        dispatchEvent(new ExtendableEvent('pushsubscriptionchange'))"
        .replace("KEY", &push["publicKey"].to_string())
        .replace("SUBSCRIPTION", &after.to_json().to_string());
    assert!(worker.eval::<bool>(&script).await);
    // Of this session’s one device, the server has the new address alone.
    let device = async || {
        let subscriptions = client.subscriptions().await;
        subscriptions[0]["id"] != push["subscriptions"][0]["id"]
    };
    john.until("another one", async || {
        device().await.then_some(()).ok_or_else(String::new)
    })
    .await;
    assert_eq!(client.subscriptions().await.len(), 1);
    let test = client.post("/api/push/test", json!({})).await;
    test.expect(204);
    assert_eq!(service.next().await.endpoint, after.endpoint);
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
    can_be_installed(&john).await;
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
