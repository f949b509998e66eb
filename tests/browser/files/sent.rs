//! What comes of files that were sent: they are played, looked at and downloaded, and what isn't what it
//! says does no harm.

use std::{fs, io::Write};

use flate2::{Compression, write::ZlibEncoder};
use serde_json::Value;
use tempfile::TempDir;

use super::{IN_MID_UPLOAD, SECOND_PART, at, file, hand_over, has_ready, newest, send};
use crate::{
    api::Client,
    support::{Options, Stage},
};

/// Two seconds of one colour, 64 × 48, as VP8.
const FILM: &[u8] = include_bytes!("../support/film.webm");
const OUTAGE: &str = "Failed to load resource";

/// Ten minutes of silence, in one byte for each sample.
fn song() -> Vec<u8> {
    const RATE: u32 = 24_000;
    let size = 600 * RATE;
    let mut song = b"RIFF".to_vec();
    song.extend((36 + size).to_le_bytes());
    song.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    song.extend(RATE.to_le_bytes());
    song.extend(RATE.to_le_bytes());
    song.extend(b"\x01\0\x08\0data");
    song.extend(size.to_le_bytes());
    song.resize(song.len() + size as usize, 128);
    song
}

async fn post(client: &Client, conversation: &str, name: &str, bytes: &[u8]) {
    let upload = client.upload(name, bytes).await;
    client.send_files(conversation, &[&upload]).await;
}

pub async fn a_film_and_a_song_are_played_from_anywhere(stage: Stage) {
    let network = stage.proxy().await;
    let (one, other) = (stage.client("john").await, stage.client("jane").await);
    let conversation = one.talk_to("jane").await;
    post(&other, &conversation, "film.webm", FILM).await;
    post(&other, &conversation, "song.wav", &song()).await;
    let options = Options::desktop().origin(network.origin());
    let john = at(&stage, &one, &conversation, options).await;
    john.wait("a film", "document.querySelector('video')").await;
    // In WebKit, a film that was told to play before it was known what it is has stood still at its first picture, in 2 of 69
    // runs. Whoever sees that presses the button again.
    let known = "document.querySelector('video').readyState > 0";
    john.wait("what film it is", known).await;
    // Nobody has touched the page, and without that only what makes no sound plays.
    let plays = "((film) => {
        film.muted = true;
        if (film.shown?.time !== film.currentTime) film.shown = { time: film.currentTime, since: Date.now() };
        if (Date.now() - film.shown.since > 3_000) {
            film.pause();
            film.shown = undefined;
        }
        if (film.paused && !film.ended) film.play().catch(() => {});
        return film.videoWidth === 64 && film.currentTime > 0.5;
    })(document.querySelector('video'))";
    john.wait("the film to play", plays).await;
    let audio = "document.querySelector('audio')";
    john.eval::<Value>(&format!("void ({audio}.preload = 'metadata')"))
        .await;
    john.wait("how long the song is", &format!("{audio}.duration === 600"))
        .await;
    let before = network.asked("/api/files/2");
    john.eval::<Value>(&format!("void ({audio}.currentTime = 590)"))
        .await;
    let there = format!("!{audio}.seeking && {audio}.currentTime >= 590 && {audio}.readyState > 1");
    john.wait("the song near its end", &there).await;
    assert!(network.asked("/api/files/2") > before, "all of it had come");
    john.assert_console_clean(&[]).await;
}

pub async fn what_is_downloaded_leaves_the_page_where_it_is(stage: Stage) {
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let picture = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/ui/icons/192.png"));
    let picture = picture.expect("a picture");
    post(
        &one,
        &conversation,
        "Notiz für dich.txt",
        b"Bring the tent.",
    )
    .await;
    post(&one, &conversation, "can.png", &picture).await;
    let john = at(&stage, &one, &conversation, Options::desktop()).await;
    john.click("link", "/^Download Notiz für dich.txt/").await;
    john.has_downloaded("Notiz für dich.txt", b"Bring the tent.")
        .await;
    john.click("button", "Photo from You").await;
    john.click("link", "Download can.png").await;
    john.has_downloaded("can.png", &picture).await;
    john.press("Escape").await;
    john.misses("dialog", "Photo").await;
    john.sees("textbox", "Message to jane").await;
    let focus = "document.activeElement.ariaLabel === 'Photo from You'";
    john.wait("the focus where it was", focus).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_is_left_out_in_mid_upload() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let network = stage.proxy().await;
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let options = Options::desktop().origin(network.origin());
    let john = at(&stage, &one, &conversation, options).await;
    network.hold_answers(SECOND_PART);
    let files = [file("long.bin", 2_000_000), file("short.bin", 10)];
    hand_over(&john, "drop", &files).await;
    send(&john).await;
    john.wait("some of it to be there", IN_MID_UPLOAD).await;
    john.eval::<Value>("void document.querySelector('[role=log]').focus()")
        .await;
    john.press("Enter").await;
    john.press("Tab").await;
    let focus = "document.activeElement.ariaLabel === 'Don’t send long.bin'";
    john.wait("the focus on its button", focus).await;
    john.press("Enter").await;
    john.sees("link", "/^Download short.bin/").await;
    network.pass_answers();
    let sent = newest(&one, &conversation).await;
    assert_eq!(sent.as_array().map(Vec::len), Some(1), "{sent}");
    let kept = "document.activeElement.matches('[role=log] li')";
    assert!(john.eval::<bool>(kept).await, "the focus stays");
    john.assert_console_clean(&[OUTAGE]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_can_not_keep_is_told_until_it_is_sent() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let network = stage.proxy().await;
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let options = Options::desktop().origin(network.origin()).script(
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };",
    );
    let john = at(&stage, &one, &conversation, options).await;
    network.hold_answers("/api/uploads/1?");
    hand_over(&john, "drop", &[file("a.bin", 10)]).await;
    send(&john).await;
    john.reads("Leave this tab open until they’re sent.").await;
    network.pass_answers();
    john.sees("link", "/^Download a.bin/").await;
    john.misses("button", "Dismiss").await;
    john.assert_console_clean(&[]).await;
}

/// A square of one colour, in two colours, of which each side has so many pixels.
fn bomb(side: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        let length = u32::try_from(data.len()).expect("a small one");
        let content = [kind, data].concat();
        png.extend(length.to_be_bytes());
        png.extend(&content);
        let mut sum = flate2::Crc::new();
        sum.update(&content);
        png.extend(sum.sum().to_be_bytes());
    };
    let square = [side.to_be_bytes(), side.to_be_bytes()].concat();
    chunk(b"IHDR", &[&square[..], &[1, 0, 0, 0, 0]].concat());
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::best());
    let row = vec![0; 1 + side.div_ceil(8) as usize];
    for _ in 0..side {
        pixels.write_all(&row).expect("room");
    }
    chunk(b"IDAT", &pixels.finish().expect("room"));
    chunk(b"IEND", &[]);
    png
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_it_says_is_a_file_and_runs_nowhere() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let folder = TempDir::new().expect("a folder");
    let one = stage.client("john").await;
    let conversation = one.talk_to("jane").await;
    let john = at(&stage, &one, &conversation, Options::desktop()).await;
    let script = "<script>parent.document.title = document.title = 'ran'</script>";
    let svg = format!("<svg xmlns='http://www.w3.org/2000/svg'>{script}</svg>");
    let (bomb, html) = (bomb(20_000), format!("<!doctype html>{script}"));
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    let long = format!("{}.txt", "y".repeat(251));
    let files: [(&str, &str, &[u8]); 6] = [
        ("drawing.svg", "drawing.svg", svg.as_bytes()),
        ("page.jpg", "page.jpg", html.as_bytes()),
        (
            "both.gif",
            "both.gif",
            b"GIF89a/*\0\0*/=1;parent.document.title='ran'//",
        ),
        ("bomb.png", "bomb.png", &bomb),
        ("cod.\u{202e}gpj.exe", "cod.gpj.exe", b"MZ"),
        (&long, &long, b"?"),
    ];
    for (name, shown, bytes) in files {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        john.attach(&path).await;
        has_ready(&john, 1).await;
        let card = "document.querySelector('file-tray .preview.card')";
        john.wait(&format!("a card for {shown}"), card).await;
        send(&john).await;
        john.sees("link", &format!("/^Download {shown}/")).await;
    }
    // What somebody else has sent isn't drawn either.
    let other = stage.client("jane").await;
    post(&other, &conversation, "another.png", &bomb).await;
    post(&other, &conversation, "../../a\r\nb.txt", b"?").await;
    john.sees("link", "/^Download another.png/").await;
    john.sees("link", "/^Download ab.txt/").await;
    assert!(
        !john
            .eval::<bool>("Boolean(document.querySelector('.tile'))")
            .await
    );
    assert_eq!(john.title().await, "jane – Tincan");
    john.assert_console_clean(&[]).await;
}
