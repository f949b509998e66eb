//! Pictures of files: before they are sent, on their way, in messages and all together, each checked as
//! those of `screenshots.rs`.

use std::fs;

use serde_json::{Value, json};

use super::{HAND_OVER, IN_MID_UPLOAD, at, file, hand_over, picture, send};
use crate::{
    api::Client,
    screenshots::Viewer,
    support::{Canned, Options, Stage},
};

/// A photo on its side, and one that stands.
const PHOTOS: [&str; 2] = ["desktop.png", "phone.png"];
const TOO_LARGE: Canned = Canned {
    status: 413,
    content_type: "application/json",
    body: r#"{"code":"too_large","message":"This file is too large."}"#,
};

/// Uploads something as it is described, and gives back its id.
async fn upload(client: &Client, described: Value, bytes: &[u8]) -> String {
    let mut new = described;
    new["size"] = bytes.len().into();
    let upload = client.post("/api/uploads", new).await.expect(201);
    let id = upload["id"].as_str().expect("an id").to_owned();
    client.upload_part(&id, 0, bytes).await.expect(200);
    id
}

/// Messages with files of every kind; gives back the id of the last one.
async fn all_kinds(people: [&Client; 2], conversation: &str) -> String {
    let photos = PHOTOS.map(|name| {
        let path = format!("{}/tests/pictures/{name}", env!("CARGO_MANIFEST_DIR"));
        fs::read(path).expect("a picture")
    });
    let film = include_bytes!("../support/film.webm");
    let levels: Vec<_> = (0..48).map(|place| place * 7 % 32).collect();
    let voice = json!({ "name": "Voice message.webm", "duration": 64_000, "waveform": levels });
    let named = |name: &str| json!({ "name": name });
    let mut last = String::new();
    for (index, author) in people.into_iter().enumerate() {
        for count in [1, 2, 3, 4, 7] {
            let mut ids = Vec::new();
            for number in 0..count {
                let new = json!({ "name": PHOTOS[number % 2], "alt": "The page of a messenger" });
                ids.push(upload(author, new, &photos[(number + index) % 2]).await);
            }
            let ids: Vec<_> = ids.iter().map(String::as_str).collect();
            author.send_files(conversation, &ids).await;
        }
        let caption = upload(author, named("phone.png"), &photos[1]).await;
        let message =
            json!({ "content": "What do you say to this one?", "attachments": [caption] });
        let path = crate::api::messages(conversation);
        author.post(&path, message).await.expect(201);
        for (described, bytes) in [
            (named("تقرير الاجتماع السنوي لأعضاء الجمعية عن العام الماضي.pdf"), &b"%PDF-"[..]),
            (named("关于明年夏天去湖边旅行的所有重要信息和注意事项的详细说明.docx"), b"?"),
            (named(&format!("{}.tar.gz", "unbroken".repeat(12))), b"?"),
            (voice.clone(), film),
            (named("film.webm"), film),
            (named("song.wav"), b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\0\0\0"),
        ] {
            last = upload(author, described, bytes).await;
            author.send_files(conversation, &[&last]).await;
        }
    }
    last
}

async fn files(options: Options) {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let network = stage.proxy().await;
    let (one, other) = (stage.client("john").await, stage.client("jane").await);
    let conversation = one.talk_to("jane").await;
    let last = all_kinds([&other, &one], &conversation).await;
    let options = options.origin(network.origin());
    let viewer = Viewer::new(at(&stage, &one, &conversation, options).await);
    let john = viewer.session();
    john.wait(
        "all pictures",
        "document.querySelectorAll('.tile').length === 36",
    )
    .await;
    viewer.take_all("files", "[role=log]").await;
    john.click("button", "Attach").await;
    john.sees("menuitem", "Photo or video").await;
    viewer.take("files-menu").await;
    john.press("Escape").await;

    let over = "const data = new DataTransfer(); data.items.add(new File(['?'], 'a.txt'));
        const over = new DragEvent('dragover', { bubbles: true, cancelable: true, dataTransfer: data });
        document.querySelector('message-list').dispatchEvent(over);";
    john.call::<Value>(&format!("() => {{ {over} }}"), json!([]))
        .await;
    john.reads("Drop files here to send them").await;
    viewer.take("files-over").await;
    let chosen = [
        picture("beach.jpg", 1_200, 900),
        picture("tower.jpg", 300, 900),
        file("关于明年夏天去湖边旅行的所有重要信息.docx", 30_000),
        file("long.bin", 2_000_000),
        file("تقرير الاجتماع السنوي.pdf", 8_000),
    ];
    hand_over(john, "drop", &chosen).await;
    let many: Vec<_> = (0..6)
        .map(|number| file(&format!("{number}.txt"), 10))
        .collect();
    john.call::<Value>(HAND_OVER, json!(["drop", many])).await;
    john.reads("up to 10 files").await;
    viewer.take("files-chosen").await;
    john.click("button", "Options for beach.jpg").await;
    john.sees("textbox", "Description").await;
    viewer.take("files-describe").await;
    john.press("Escape").await;
    john.misses("textbox", "Description").await;

    let upload = last.parse::<u64>().expect("a number") + 4;
    network.hold_answers(&format!("/api/uploads/{upload}?offset=262144"));
    send(john).await;
    john.wait("some of it to be there", IN_MID_UPLOAD).await;
    viewer.take("files-on-their-way").await;
    network.pass_answers();
    john.wait("it to be sent", "!document.querySelector('.way')")
        .await;
    network.answer("/api/uploads$", TOO_LARGE);
    hand_over(
        john,
        "drop",
        &[picture("sea.jpg", 900, 600), file("a.bin", 10)],
    )
    .await;
    send(john).await;
    john.reads("This file is too large.").await;
    viewer.take("files-refused").await;
    john.click("button", "Don’t send sea.jpg").await;
    john.click("button", "Don’t send a.bin").await;
    john.misses("button", "Retry").await;
    network.answer_nothing();

    john.eval::<Value>("void document.querySelector('.tile').click()")
        .await;
    john.wait("a picture", "document.querySelector('.stage.loaded')")
        .await;
    john.press("ArrowRight").await;
    john.wait("another picture", "/^2/.test(document.querySelector('.place').textContent) && document.querySelector('.stage.loaded')")
        .await;
    viewer.take("files-lightbox").await;
    john.press("Escape").await;
    john.click("button", "Profile").await;
    john.click("button", "Photos and files").await;
    john.wait(
        "all of it",
        "document.querySelectorAll('.gallery .tile').length > 30",
    )
    .await;
    viewer.take("files-gallery").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_pictures_of_order_on_a_phone() {
    files(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_pictures_of_order_on_a_desktop() {
    files(Options::desktop()).await;
}
