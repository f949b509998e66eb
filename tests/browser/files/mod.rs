//! Pictures and files: dropped, pasted, sent in spite of everything, and looked at.

pub mod finger;
mod home_network;
mod lightbox;
mod screens;
mod sent;
mod share;
mod tray;
mod video;
mod voice;

pub use self::sent::{
    a_film_and_a_song_are_played_from_anywhere, what_is_downloaded_leaves_the_page_where_it_is,
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::{Client, messages},
    conversation::COPY,
    support::{Canned, Device, Options, Session, Stage, wait},
};

/// What browsers say of a server that isn't there, and of parts that it had already.
const OUTAGE: [&str; 2] = ["net::ERR_", "Failed to load resource"];

/// Makes files in the page, from what is wanted of each, and hands them over as `what` does it.
pub const HAND_OVER: &str = "async (what, wanted) => {
    const picture = ({ name, type, width, height }) => new Promise((done) => {
        const canvas = Object.assign(document.createElement('canvas'), { width, height });
        const context = canvas.getContext('2d');
        const colours = context.createLinearGradient(0, 0, width, height);
        colours.addColorStop(0, '#e07a3f');
        colours.addColorStop(1, '#0b6b65');
        context.fillStyle = colours;
        context.fillRect(0, 0, width, height);
        canvas.toBlob((blob) => done(new File([blob], name, { type })), type);
    });
    const video = ({ name, type, width, height }) => new Promise((done) => {
        const canvas = Object.assign(document.createElement('canvas'), { width, height });
        const context = canvas.getContext('2d');
        const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: type });
        const pieces = [];
        const begun = performance.now();
        const paint = () => {
            context.fillStyle = '#e07a3f';
            context.fillRect(0, 0, width, height);
            context.fillStyle = '#0b6b65';
            context.fillRect(0, 0, width / 2, height * (performance.now() - begun) / 1_000);
            if (performance.now() - begun > 600) recorder.stop();
            else requestAnimationFrame(paint);
        };
        recorder.ondataavailable = ({ data }) => pieces.push(data);
        recorder.onstop = () => done(new File(pieces, name, { type }));
        recorder.start();
        paint();
    });
    const bytes = ({ size }) => Uint8Array.from({ length: size }, (_, index) => index * 31 % 251);
    const made = (each) => {
        if (!each.width) return new File([bytes(each)], each.name, { type: each.type });
        return each.type.startsWith('video/') ? video(each) : picture(each);
    };
    const data = new DataTransfer();
    for (const each of wanted) data.items.add(await made(each));
    const options = { bubbles: true, cancelable: true };
    if (what === 'paste') {
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: data }));
        return;
    }
    const place = document.querySelector('message-list');
    for (const name of ['dragover', 'drop']) place.dispatchEvent(new DragEvent(name, { ...options, dataTransfer: data }));
}";

/// Whether nobody minds that a text comes with a picture.
const PASTE_CELLS: &str = "(() => {
    const data = new DataTransfer();
    data.setData('text/plain', '1\t2');
    data.items.add(new File(['picture'], 'image.png', { type: 'image/png' }));
    return document.activeElement.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data }));
})()";

pub fn picture(name: &str, width: u32, height: u32) -> Value {
    json!({ "name": name, "type": "image/jpeg", "width": width, "height": height })
}

pub fn file(name: &str, size: usize) -> Value {
    json!({ "name": name, "type": "application/octet-stream", "size": size })
}

/// Somebody in front of a conversation, who can attach something.
pub async fn at(stage: &Stage, client: &Client, conversation: &str, options: Options) -> Session {
    let person = stage.signed_in(client, options).await;
    go_to(&person, conversation).await;
    person
}

async fn go_to(person: &Session, conversation: &str) {
    person.open(&format!("/conversations/{conversation}")).await;
    person.sees("button", "Attach").await;
}

/// Waits until so many files are ready to be sent.
pub async fn has_ready(person: &Session, count: usize) {
    let ready = format!("document.querySelectorAll('file-tray .open').length === {count}");
    person.wait(&format!("{count} files to send"), &ready).await;
}

/// Drops them, whatever is there already.
async fn drop_there(person: &Session, files: &[Value]) {
    person
        .call::<Value>(HAND_OVER, json!(["drop", files]))
        .await;
}

pub async fn hand_over(person: &Session, what: &str, files: &[Value]) {
    person.call::<Value>(HAND_OVER, json!([what, files])).await;
    has_ready(person, files.len().min(10)).await;
}

pub async fn send(person: &Session) {
    person.click("button", "Send").await;
}

/// Waits until a message has so many pictures, all of which can be seen.
pub async fn sees_pictures(person: &Session, count: usize) {
    let seen = format!(
        "[...document.querySelectorAll('.tile img')].filter((each) => each.naturalWidth > 0).length === {count}"
    );
    person.wait(&format!("{count} pictures"), &seen).await;
}

/// The attachments of the newest message.
pub async fn newest(client: &Client, conversation: &str) -> Value {
    let list = client.get(&messages(conversation)).await.expect(200);
    list[0]["attachments"].clone()
}

/// Lets so many bytes a second go up.
async fn slow_down(person: &Session, bytes: f64) {
    person.cdp("Network.enable", json!({})).await;
    let conditions = json!({
        "offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes,
    });
    person
        .cdp("Network.emulateNetworkConditions", conditions)
        .await;
}

/// How many parts of files this browser keeps.
async fn kept_parts(person: &Session) -> u32 {
    let count = "new Promise((done, fail) => {
        const request = indexedDB.open('tincan-outbox');
        request.onerror = fail;
        request.onsuccess = () => {
            const { result } = request;
            const count = result.objectStoreNames.length && result.transaction('parts').objectStore('parts').count();
            if (count) count.onsuccess = () => done(count.result);
            else done(0);
            result.close();
        };
    })";
    person.eval(count).await
}

/// Where a picture is, or is going to be.
const PLACE: &str = "(({ offsetWidth, offsetHeight }) => [offsetWidth, offsetHeight])(document.querySelector('.tile'))";

/// What the second part of the first upload is sent to: the first has 256 KiB.
pub const SECOND_PART: &str = "/api/uploads/1?offset=262144";

pub const IN_MID_UPLOAD: &str =
    "[...document.querySelectorAll('.way progress')].some(({ value }) => value > 0 && value < 1)";

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_made_small_sent_with_its_caption_and_looked_at() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (one, other) = (stage.client("john").await, stage.client("jane").await);
    let conversation = one.talk_to("jane").await;
    let john = at(&stage, &one, &conversation, Options::desktop()).await;
    let jane = at(&stage, &other, &conversation, Options::phone()).await;
    hand_over(&john, "drop", &[picture("beach.jpg", 3000, 1500)]).await;
    john.click("button", "Options for beach.jpg").await;
    john.fill("textbox", "Description", "A beach in the evening")
        .await;
    john.assert_accessible("files-describe").await;
    john.click("button", "Done").await;
    john.fill("textbox", "Message to jane", "Look!").await;
    john.assert_accessible("files-tray").await;
    john.press("Enter").await;

    jane.sees_message("Look!").await;
    sees_pictures(&jane, 1).await;
    sees_pictures(&john, 1).await;
    let sent = newest(&one, &conversation).await;
    assert_eq!(
        [&sent[0]["width"], &sent[0]["height"]],
        [&json!(2048), &json!(1024)]
    );
    assert_eq!(sent[0]["alt"], "A beach in the evening");
    assert_eq!(sent[0]["hasThumb"], true);
    jane.assert_accessible("files-row").await;
    jane.click("button", "Photo: A beach in the evening").await;
    jane.sees("dialog", "Photo").await;
    jane.reads("A beach in the evening").await;
    jane.assert_accessible("files-lightbox").await;
    jane.press("Escape").await;
    jane.misses("dialog", "Photo").await;

    // What has no text is said in the list.
    hand_over(&john, "drop", &[picture("sea.jpg", 300, 200)]).await;
    send(&john).await;
    jane.be(Device::Desktop).await;
    jane.sees("link", "/john.*Photo/").await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_at_once_are_sent_in_their_order_and_no_more() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    one.say(&conversation, "Look").await;
    let john = at(&stage, &one, &conversation, Options::desktop()).await;
    let files: Vec<_> = (0..12)
        .map(|number| match number {
            0..4 => picture(&format!("{number}.jpg"), 400, 300),
            _ => file(&format!("{number}.bin"), 1_000 * number),
        })
        .collect();
    john.click("textbox", "Message to jane").await;
    // Cells of a table bring a picture of themselves, and are text.
    assert!(
        john.eval::<bool>(PASTE_CELLS).await,
        "the browser pastes it"
    );
    john.misses("list", "Files to send").await;
    hand_over(&john, "paste", &files).await;
    john.reads("up to 10 files").await;
    // By keys, the first goes behind the second, and the last goes.
    john.eval::<Value>("void document.querySelector('file-tray .open').focus()")
        .await;
    john.press("Alt+ArrowRight").await;
    john.click("button", "Remove 9.bin").await;
    has_ready(&john, 9).await;
    send(&john).await;
    john.sees("link", "/^Download 8.bin/").await;
    sees_pictures(&john, 4).await;
    let sent = newest(&one, &conversation).await;
    let names = sent.as_array().expect("a list").iter();
    let names: Vec<_> = names
        .map(|each| each["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(
        names,
        [
            "1.jpg", "0.jpg", "2.jpg", "3.jpg", "4.bin", "5.bin", "6.bin", "7.bin", "8.bin"
        ]
    );
    // Three clicks on a text go as far as to where the files begin, and aren’t about them.
    john.click_thrice("[role=log] .text").await;
    assert_eq!(
        john.eval::<String>("getSelection().toString().trim()")
            .await,
        "Look"
    );
    assert_eq!(john.eval::<String>(COPY).await, "");
    john.assert_console_clean(&[]).await;
}

pub async fn an_upload_goes_on_after_a_reload_from_where_it_stopped(stage: Stage) {
    let network = stage.proxy().await;
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let options = Options::desktop().origin(network.origin());
    let john = at(&stage, &one, &conversation, options).await;
    network.hold_answers(SECOND_PART);
    hand_over(&john, "drop", &[file("long.bin", 2_000_000)]).await;
    send(&john).await;
    john.fill("textbox", "Message to jane", "after it").await;
    john.press("Enter").await;
    // Nothing asks whoever leaves once this browser keeps it.
    let kept = "Object.keys(localStorage).some((key) => JSON.parse(localStorage[key])?.kept)";
    john.wait("it to be kept", kept).await;
    john.wait("some of it to be there", IN_MID_UPLOAD).await;
    john.reload().await;
    john.sees("button", "Don’t send long.bin").await;
    network.pass_answers();
    john.sees("link", "/^Download long.bin/").await;
    john.sees_message("after it").await;
    john.misses("button", "Don’t send long.bin").await;

    assert_eq!(network.asked("/api/uploads"), 1, "it is one upload");
    let list = wait("both messages", async || {
        let list = one.get(&messages(&conversation)).await.expect(200);
        list.as_array()
            .is_some_and(|all| all.len() == 2)
            .then_some(list)
    })
    .await;
    assert_eq!(list[0]["content"], "after it");
    let sent = &list[1]["attachments"][0];
    assert_eq!(sent["size"], 2_000_000);
    let path = format!("/api/files/{}", sent["id"].as_str().expect("an id"));
    let bytes = one.request(Method::GET, &path).send().await;
    let bytes = bytes.expect("the file").bytes().await.expect("the file");
    let expected: Vec<_> = (0..2_000_000_u64)
        .map(|index| (index * 31 % 251) as u8)
        .collect();
    assert!(bytes == expected, "it has come as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_mid_upload_gets_the_rest_afterwards() {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let john = at(&stage, &one, &conversation, Options::phone()).await;
    slow_down(&john, 400_000.0).await;
    hand_over(&john, "drop", &[file("long.bin", 2_000_000)]).await;
    send(&john).await;
    john.wait("some of it to be there", IN_MID_UPLOAD).await;
    stage.kill();
    john.reads("Waiting for the connection…").await;
    slow_down(&john, -1.0).await;
    stage.start_again(&["--dev"]);
    john.sees("link", "/^Download long.bin/").await;
    assert_eq!(newest(&one, &conversation).await[0]["size"], 2_000_000);
    john.assert_console_clean(&OUTAGE).await;
}

pub async fn a_picture_that_comes_in_moves_nothing_that_is_read(stage: Stage) {
    let network = stage.proxy().await;
    let (one, other) = (stage.client("john").await, stage.client("jane").await);
    let conversation = one.talk_to("jane").await;
    stage
        .fill([&one, &other], &conversation, 60, |number| {
            format!("message {number}")
        })
        .await;
    let john = at(&stage, &one, &conversation, Options::desktop()).await;
    hand_over(&john, "drop", &[picture("wide.jpg", 900, 600)]).await;
    send(&john).await;
    sees_pictures(&john, 1).await;
    let place: [u32; 2] = john.eval(PLACE).await;
    john.wait("it to be sent", "!document.querySelector('.way')")
        .await;
    assert_eq!(john.eval::<[u32; 2]>(PLACE).await, place);
    let sent = newest(&one, &conversation).await;
    assert_eq!([&sent[0]["width"], &sent[0]["height"]], [900, 600]);

    // Its place is as large before it is there.
    network.hold_answers("/api/files/");
    let options = Options::desktop().origin(network.origin());
    let jane = stage.signed_in(&other, options).await;
    jane.open(&format!("/conversations/{conversation}")).await;
    jane.wait("a place for it", "document.querySelector('.tile')")
        .await;
    assert_eq!(jane.eval::<[u32; 2]>(PLACE).await, place);
    network.pass_answers();
    sees_pictures(&jane, 1).await;
    assert_eq!(jane.eval::<[u32; 2]>(PLACE).await, place);
    assert_eq!(place, [320, 213]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_said_before_anything_is_sent() {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    stage.kill();
    stage.start_again(&["--dev", "--max-file", "1MB"]);
    let john = at(&stage, &one, &conversation, Options::desktop()).await;
    john.call::<Value>(
        HAND_OVER,
        json!(["drop", [file("huge.bin", 1_000_001), file("small.bin", 10)]]),
    )
    .await;
    has_ready(&john, 1).await;
    john.reads("“huge.bin” is too large. A file can have up to 1 MB.")
        .await;
    john.click("button", "Remove small.bin").await;
    john.wait("nothing to send", "!document.querySelector('.filled')")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_swept_while_the_message_waited_is_uploaded_again() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let network = stage.proxy().await;
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let options = Options::desktop().origin(network.origin());
    let john = at(&stage, &one, &conversation, options).await;
    // The files arrive, and the message doesn’t.
    let away = Canned {
        status: 503,
        content_type: "text/plain",
        body: "Not now",
    };
    network.answer("/api/conversations/", away);
    hand_over(&john, "drop", &[file("plan.bin", 1_000)]).await;
    john.fill("textbox", "Message to jane", "The plan").await;
    john.press("Enter").await;
    let waits = "Object.values(localStorage).some((each) => JSON.parse(each)?.attachments)";
    john.wait("the file to be there", waits).await;
    let entry = "Object.values(localStorage).map(JSON.parse).find((each) => each?.attachments).attachments[0]";
    let upload: String = john.eval(entry).await;
    let swept = one
        .request(Method::DELETE, &format!("/api/uploads/{upload}"))
        .send()
        .await;
    assert_eq!(swept.expect("an answer").status(), 204);
    network.answer_nothing();

    john.sees("link", "/^Download plan.bin/").await;
    john.misses("button", "Don’t send plan.bin").await;
    let list = one.get(&messages(&conversation)).await.expect(200);
    assert_eq!(list.as_array().expect("a list").len(), 1);
    assert_eq!(list[0]["content"], "The plan");
    assert_ne!(list[0]["attachments"][0]["id"], upload);
}
