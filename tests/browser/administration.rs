//! What an administrator sees of the server: what files take, and how the backups are.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    api::Client,
    screenshots::Viewer,
    support::{Canned, Options, Session, Stage},
};

/// John's and jane's server with files in seven rooms, which makes backups.
async fn with_files(stage: &mut Stage) -> (Client, Client) {
    let backups = stage.database().with_file_name("backups");
    let backups = backups.to_str().expect("a plain path").to_owned();
    stage.kill();
    let limits = ["--files", "20MB", "--files-per-user", "600kB"];
    stage.start_again(&[&["--dev", "--backup-dir", &backups][..], &limits].concat());
    let (john, jane) = (stage.client("john").await, stage.client("jane").await);
    for (number, name) in (1..).zip([
        "House",
        "Football parents",
        "Holiday pictures of the whole family, all years",
        "Work",
        "Garden",
        "Book club",
    ]) {
        let room = john.make_room(name, &["jane"], false).await;
        send(
            if number % 2 == 0 { &jane } else { &john },
            &room,
            number * 40_000,
        )
        .await;
    }
    let direct = jane.talk_to("john").await;
    send(&jane, &direct, 50_000).await;
    let secret = jane.make_room("Surprise party", &[], false).await;
    send(&jane, &secret, 5_000).await;
    (john, jane)
}

async fn send(client: &Client, conversation: &str, size: usize) {
    let id = client.upload("birthday-list.txt", &vec![b'x'; size]).await;
    client.send_files(conversation, &[&id]).await;
}

/// What a list shows, row by row.
async fn rows(person: &Session, title: &str) -> Vec<String> {
    let rows = "(title) => [...document.querySelectorAll(`ul[aria-label='${title}'] li`)]
        .map((row) => row.innerText.replace(/\\n+/g, '|'))";
    person.call(rows, json!([title])).await
}

async fn is_listed(person: &Session, title: &str, count: usize) {
    let rows =
        format!("document.querySelectorAll(\"ul[aria-label='{title}'] li\").length === {count}");
    person.wait(title, &rows).await;
}

async fn storage_is_seen(options: Options) {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let (client, _) = with_files(&mut stage).await;
    let viewer = Viewer::new(stage.signed_in(&client, options).await);
    let john = viewer.session();
    john.open("/admin").await;
    john.reads("Newest backup").await;
    is_listed(john, "By conversation", 5).await;
    viewer.take_all("administration-storage", ".settings").await;
    john.click("button", "Show more By conversation").await;
    is_listed(john, "By conversation", 8).await;
    let first = &rows(john, "By conversation").await[0];
    assert!(first.ends_with("Book club|1 file|240 kB"), "{first}");
    let all = rows(john, "By conversation").await.join("\n");
    assert!(all.contains("Direct conversations|1 file|50 kB"), "{all}");
    assert!(all.contains("Rooms you’re not in|1 file|5 kB"), "{all}");
    let people = rows(john, "By person").await;
    assert!(
        people[0].ends_with("jane|5 files|535 kB of 600 kB"),
        "{people:?}"
    );
    for hidden in ["birthday", "Surprise"] {
        let is_shown: bool = john
            .call(
                "(text) => document.querySelector('.settings').textContent.includes(text)",
                json!([hidden]),
            )
            .await;
        assert!(!is_shown, "{hidden}");
    }

    let backups = stage.database().with_file_name("backups");
    make_old(&backups);
    john.reload().await;
    john.reads("The newest backup is older than a day.").await;
    viewer.take_all("administration-overdue", ".settings").await;
    fs::remove_dir_all(&backups).expect("it can go");
    john.reload().await;
    john.reads("There’s no backup yet.").await;
    john.assert_console_clean(&[]).await;
}

async fn a_flood_is_purged(options: Options) {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    client.say(&conversation, "Who wrote all this?").await;
    for number in 0..30 {
        jane.say(&conversation, &format!("Unwanted number {number}"))
            .await;
    }
    let viewer = Viewer::new(stage.signed_in(&client, options).await);
    let john = viewer.session();
    john.open("/admin").await;
    john.reads("jane").await;
    let row = "[...document.querySelectorAll('button.account')].find((row) => row.textContent.includes('jane'))";
    john.wait("jane’s account", row).await;
    john.eval::<Value>(&format!("{row}.click()")).await;
    john.reads("Deletes every message, file and reaction").await;
    viewer
        .take_all("administration-purge", "account-details")
        .await;
    john.click("button", "Delete messages").await;
    john.reads("Delete everything jane wrote?").await;
    john.click("button", "Delete messages").await;
    john.reads("it continues after you close this page").await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.reads("Who wrote all this?").await;
    let is_gone = "![...document.querySelectorAll('message-row')].some((row) => row.textContent.includes('Unwanted'))";
    john.wait("what she wrote to be gone", is_gone).await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_deletes_what_somebody_wrote() {
    a_flood_is_purged(Options::desktop()).await;
}

/// As if the backups there had been made long ago.
fn make_old(backups: &Path) {
    for (day, made) in (1..).zip(fs::read_dir(backups).expect("a folder")) {
        let old = backups.join(format!("tincan-2020-01-0{day}T00-00-00Z.db"));
        fs::rename(made.expect("a backup").path(), old).expect("another name");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_and_backups_are_a_picture_of_order_on_a_phone() {
    storage_is_seen(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_and_backups_are_a_picture_of_order_on_a_desktop() {
    storage_is_seen(Options::desktop()).await;
}

/// What a server says of how it is reached, with a certificate that comes to its end, and another one that is of no use.
const REACHED: &str = r#"{"base":"https://chat.example","reachable":true,"problems":[],"addresses":[],"refusedNames":[],
    "tlsWithoutPublicUrl":false,"certificate":{"mode":"files","names":["chat.example","pi.local"],
    "issuer":"Test Authority","expiresAt":"2026-12-04T16:31:38.253Z","daysLeft":4,
    "loadedAt":"2026-11-20T16:31:38.253Z","failure":{"at":"2026-11-28T16:31:38.253Z",
    "message":"--tls-key key.pem doesn’t belong to the certificate in --tls-cert chain.pem"}}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_seen_with_what_is_wrong_with_it() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let reached = Canned {
        status: 200,
        content_type: "application/json",
        body: REACHED,
    };
    let network = stage.proxy().await;
    network.answer("/api/admin/addresses", reached);
    let options = Options::phone().origin(network.origin());
    let viewer = Viewer::new(stage.signed_in(&client, options).await);
    let john = viewer.session();
    john.open("/admin").await;
    john.reads("Issued by Test Authority").await;
    john.reads("pi.local").await;
    john.reads("4 days left").await;
    john.reads("doesn’t belong to the certificate").await;
    viewer
        .take_all("administration-certificate", ".settings")
        .await;
    john.assert_console_clean(&[]).await;
}
