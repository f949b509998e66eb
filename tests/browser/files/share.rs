//! What is shared from another app waits until its owner has said whom it is for, and pressed Send.

use serde_json::{Value, json};

use super::{file, hand_over, has_ready, newest, send};
use crate::{
    api::{Client, messages},
    support::{Options, Session, Stage, wait},
};

/// What a device does where somebody shares something with an app of the manifest: it sends a form.
const SHARE: &str = "({ text, url, files }) => {
    const field = (name, value) => Object.assign(document.createElement('input'), { name, value });
    const chosen = Object.assign(document.createElement('input'), { type: 'file', name: 'files', multiple: true });
    const data = new DataTransfer();
    for (const name of files) data.items.add(new File(['shared'], name, { type: 'text/plain' }));
    chosen.files = data.files;
    const form = Object.assign(document.createElement('form'), { action: '/share', method: 'post', enctype: 'multipart/form-data' });
    form.append(field('title', ''), field('text', text), field('url', url), chosen);
    document.body.append(form);
    form.submit();
}";

const WAITING: &str = "caches.has('shared')";

async fn share(person: &Session, text: &str, files: &[&str]) {
    let shared = json!({ "text": text, "url": "https://example.com/", "files": files });
    person.call::<Value>(SHARE, json!([shared])).await;
    person.sees("heading", "Send to…").await;
}

/// Somebody with a page that is kept, and a conversation.
async fn somebody(stage: &Stage) -> (Session, Client, String) {
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let jane = stage.client("jane").await;
    jane.say(&conversation, "Hello").await;
    let john = stage.signed_in(&one, Options::phone()).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees("button", "Attach").await;
    john.keeps_the_page().await;
    (john, one, conversation)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shared_waits_in_the_conversation_that_one_chooses() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, one, conversation) = somebody(&stage).await;
    let manifest = john.cdp("Page.getAppManifest", json!({})).await;
    assert_eq!(manifest["errors"], json!([]), "{manifest}");
    let target = &manifest["manifest"]["shareTarget"];
    assert_eq!(target["method"], "kPost", "{manifest}");
    john.fill("textbox", "Message to jane", "I found this:")
        .await;
    hand_over(&john, "drop", &[file("before.bin", 10)]).await;
    let kept = "Object.keys(localStorage).some((key) => key.startsWith('tray:'))";
    john.wait("it to be kept", kept).await;
    share(&john, "Look: https://example.com/", &["one.txt", "two.txt"]).await;
    john.reads("one.txt").await;
    john.assert_accessible("share").await;
    // It waits over a reload, too.
    john.reload().await;
    john.click("button", "jane").await;
    has_ready(&john, 3).await;
    assert_eq!(john.path().await, format!("/conversations/{conversation}"));
    assert_eq!(
        john.value("Message to jane").await,
        "I found this:\nLook: https://example.com/"
    );
    assert!(!john.eval::<bool>(WAITING).await);
    let list = one.get(&messages(&conversation)).await.expect(200);
    assert_eq!(
        list.as_array().expect("a list").len(),
        1,
        "nothing is sent by itself"
    );

    send(&john).await;
    john.sees("link", "/^Download two.txt/").await;
    john.misses("button", "Don’t send two.txt").await;
    let sent = newest(&one, &conversation).await;
    let names = [0, 1, 2].map(|index| sent[index]["name"].as_str());
    assert_eq!(names, ["before.bin", "one.txt", "two.txt"].map(Some));
    // Whoever goes back finds nothing to send twice.
    john.open("/share").await;
    john.reads("What you shared didn’t arrive.").await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shared_can_be_for_somebody_new_or_nobody() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, one, _) = somebody(&stage).await;
    let _mary = stage.client("mary").await;
    share(&john, "", &["one.txt"]).await;
    john.click("button", "Cancel").await;
    john.sees("heading", "Tincan").await;
    assert!(!john.eval::<bool>(WAITING).await);

    share(&john, "For Mary", &[]).await;
    john.fill("textbox", "Search people and rooms", "mary")
        .await;
    john.click("button", "mary").await;
    john.sees("textbox", "Message to mary").await;
    assert_eq!(
        john.value("Message to mary").await,
        "For Mary\nhttps://example.com/"
    );
    let list = one.get("/api/conversations").await.expect(200);
    let list = list.as_array().expect("a list");
    assert!(
        list.iter()
            .all(|each| each["lastMessage"]["content"] != "For Mary")
    );
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_shares_nothing_any_more() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, ..) = somebody(&stage).await;
    share(&john, "Nobody else is to know", &["one.txt"]).await;
    john.sign_out().await;
    john.sees("button", "Sign in").await;
    // The end of the stream may lead to this page before all is forgotten.
    wait("it to be forgotten", async || {
        (!john.eval::<bool>(WAITING).await).then_some(())
    })
    .await;
}

/// The worker looks through all that is kept for each file that a page asks for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_forgotten_does_not_come_back_while_the_page_loads() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (john, ..) = somebody(&stage).await;
    let back = "async () => {
        const parts = performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.js'));
        let back = 0;
        for (const part of parts) {
            await caches.open('shared');
            const [loaded] = await Promise.all([fetch(part), caches.delete('shared')]);
            if (!loaded.ok) throw new Error(`${part}: ${loaded.status}`);
            if (await caches.delete('shared')) back += 1;
        }
        return { back, parts: parts.length };
    }";
    let seen: Value = john.call(back, json!([])).await;
    assert!(seen["parts"].as_u64() > Some(20), "{seen}");
    assert_eq!(seen["back"], 0, "{seen}");
}
