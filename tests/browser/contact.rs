//! Being asked before one is added to a room, bots among people, who has reacted, and reporting a message.

use serde_json::json;

use crate::{
    api::Client,
    screenshots::Viewer,
    support::{Options, Stage},
};

/// A bot is one at its messages and among people. To the newest message, both react.
async fn react_beside_a_bot(viewer: &Viewer, client: &Client, jane: &Client, room: &str) {
    let john = viewer.session();
    let hooks = format!("/api/conversations/{room}/hooks");
    let hook = jane.post(&hooks, json!({ "bot": "thermometer" })).await;
    let hook = hook.expect(201);
    let path = format!("/api/hooks/{}", hook["secret"].as_str().expect("a secret"));
    let posted = json!({ "content": "The water has 23 °C" });
    let nobody = jane.nobody();
    nobody.post(&path, posted).await.expect(201);
    john.sees_message("The water has 23 °C").await;
    john.wait(
        "a mark at the bot’s name",
        "document.querySelector('.byline .tag')?.textContent === 'Bot'",
    )
    .await;
    let said = jane.say(room, "Then nobody has an excuse").await;
    let id = said["id"].as_str().expect("an id");
    let people = jane.get(&format!("/api/conversations/{room}")).await;
    assert_eq!(people.expect(200)["participantCount"], 3);
    for emoji in ["👍", "🎉"] {
        let path = format!("/api/messages/{id}/reactions/{emoji}");
        jane.put(&path).await.expect(200);
        client.put(&path).await.expect(200);
    }
    john.wait(
        "the reactions, of which one is one’s own",
        "document.querySelectorAll('.chip[aria-pressed=true]').length === 2",
    )
    .await;
    viewer.take("room-with-bot").await;
    john.click("button", "Room details").await;
    john.reads("thermometer").await;
    john.wait(
        "a mark in the list of people",
        "[...document.querySelectorAll('room-details .tag')].some(({ textContent }) => textContent === 'Bot')",
    )
    .await;
}

async fn people_are_asked_and_report(options: Options) {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    // John is the administrator here.
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let viewer = Viewer::new(stage.signed_in(&client, options).await);
    let john = viewer.session();

    // Who wants to be asked says so in the settings, and is.
    john.open("/settings").await;
    john.reads("Others can add you to their rooms.").await;
    john.click("switch", "Ask before adding me to rooms").await;
    john.reads("You choose which rooms you join.").await;
    viewer.take("settings-asks-first").await;
    john.open("/").await;
    jane.talk_to("john").await;
    john.sees("button", "New room").await;
    let room = jane
        .make_room("Everybody who likes the lake", &["john"], false)
        .await;
    john.sees("button", "Join Everybody who likes the lake")
        .await;
    jane.make_room("Choir", &["john"], false).await;
    john.sees("button", "Decline Choir").await;
    viewer.take("list-asked").await;
    john.click("button", "Decline Choir").await;
    john.misses("button", "Decline Choir").await;
    john.click("button", "Join Everybody who likes the lake")
        .await;
    john.reads("jane added john").await;
    john.misses("button", "Join Everybody who likes the lake")
        .await;

    react_beside_a_bot(&viewer, &client, &jane, &room).await;
    john.press("Escape").await;
    john.misses("dialog", "Room details").await;

    let open_menu = async || {
        let newest = "void document.querySelector('[role=log]').focus()";
        john.eval::<serde_json::Value>(newest).await;
        john.press("Enter").await;
        john.press("Enter").await;
        john.sees("dialog", "Message from jane").await;
    };
    open_menu().await;
    viewer.take("message-menu-of-another").await;
    john.click("menuitem", "Who reacted").await;
    john.wait(
        "all four reactions",
        "document.querySelectorAll('dialog .person-row').length === 4",
    )
    .await;
    viewer.take("who-reacted").await;
    john.click("button", "Close").await;
    john.misses("dialog", "Who reacted").await;

    open_menu().await;
    john.click("menuitem", "Report").await;
    john.fill("textbox", "What’s wrong with it? (optional)", "I have one.")
        .await;
    viewer.take("report").await;
    john.click("button", "Report").await;
    john.reads("Thanks. The administrators will look at it.")
        .await;
    john.click("button", "Done").await;
    john.open("/admin").await;
    john.reads("Then nobody has an excuse").await;
    john.reads("Reported by john").await;
    john.reads("I have one.").await;
    viewer.take_all("administration-reports", ".settings").await;
    john.click("button", "Done jane").await;
    john.reads("No reports.").await;
    let reports = client.get("/api/admin/reports").await.expect(200);
    assert_eq!(reports, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_asked_and_report_on_a_phone() {
    people_are_asked_and_report(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_asked_and_report_on_a_desktop() {
    people_are_asked_and_report(Options::desktop()).await;
}
