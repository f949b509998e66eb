//! Mentions, and of what one wants to be notified.

use serde_json::{Value, json};

use crate::{
    api::Client,
    budget::address_of,
    support::{Options, Session, Stage, wait},
};

/// Chooses of what to be notified in the open conversation.
pub async fn be_notified_of(person: &Session, level: &str) {
    person.click("button", "/^Notifications: /").await;
    person.click("menuitemradio", level).await;
    person
        .sees("button", &format!("Notifications: {level}"))
        .await;
}

async fn conversation_of(client: &Client, id: &str) -> Value {
    let path = format!("/api/conversations/{id}");
    client.get(&path).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_named_with_suggestions_and_called() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (client, other) = (stage.client("john").await, stage.client("jane").await);
    let names = json!({ "displayName": "Jane Doe" });
    other.patch("/api/auth_user", names).await.expect(200);
    stage.client("jack").await;
    let room = client.make_room("Kitchen", &["jane", "jack"], false).await;
    client.say(&room, "Hello").await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    let jane = stage.signed_in(&other, Options::phone()).await;
    jane.open("/").await;
    jane.sees("link", "/Kitchen/").await;
    john.open(&format!("/conversations/{room}")).await;
    john.sees_message("Hello").await;
    john.sees("button", "/^Notifications: /").await;

    // By keys, by a word of the name that is shown.
    john.click("textbox", "Message to Kitchen").await;
    john.press("@").await;
    john.sees("option", "/Everyone/").await;
    for key in ["d", "o"] {
        john.press(key).await;
    }
    john.misses("option", "/jack/").await;
    john.sees("option", "/Jane Doe/").await;
    john.assert_accessible("mention-suggestions").await;
    let described = "document.activeElement.getAttribute('aria-activedescendant')";
    assert_eq!(john.eval::<String>(described).await, "mention-completion-0");
    john.press("Enter").await;
    john.misses("option", "/Jane Doe/").await;
    assert_eq!(john.value("Message to Kitchen").await, "@jane ");
    john.write("look at this").await;
    john.press("Enter").await;
    jane.sees("link", "/Kitchen.*@ mentions you/").await;
    jane.assert_accessible("called").await;
    jane.go_to("Kitchen").await;
    jane.sees_message("@Jane Doe look at this").await;
    wait("it to be read", async || {
        let conversation = conversation_of(&other, &room).await;
        (conversation["mentionCount"] == 0).then_some(())
    })
    .await;

    // Everybody, by a finger, after a question.
    jane.click("textbox", "Message to Kitchen").await;
    jane.write("@").await;
    jane.click("option", "/Everyone/").await;
    assert_eq!(jane.value("Message to Kitchen").await, "@all ");
    jane.write("dinner").await;
    jane.click("button", "Send").await;
    jane.sees("alertdialog", "Notify 2 people?").await;
    jane.click("button", "Cancel").await;
    assert_eq!(jane.value("Message to Kitchen").await, "@all dinner");
    jane.click("button", "Send").await;
    jane.sees("alertdialog", "Notify 2 people?").await;
    jane.click("button", "Send").await;
    let newest = wait("the message", async || {
        let conversation = conversation_of(&client, &room).await;
        let newest = conversation["lastMessage"].clone();
        (newest["content"] == "@all dinner").then_some(newest)
    })
    .await;
    assert_eq!(
        newest["mentions"],
        json!([{ "start": 0, "end": 4, "all": true }])
    );
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_is_notified_of_is_the_same_on_all_devices() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let mary = stage.client("mary").await;
    let with_mary = mary.talk_to("john").await;
    let room = jane.make_room("Kitchen", &["john"], false).await;
    jane.say(&room, "Hello").await;
    mary.say(&with_mary, "Hello").await;
    let read = |id: &str| format!("/api/conversations/{id}/read_messages");
    for id in [&room, &with_mary] {
        client.post(&read(id), json!({})).await.expect(204);
    }
    // What was muted in this browser before is moved to the server, once.
    let muted = format!("localStorage.setItem('preference:muted:{with_mary}', 'true')");
    let desktop = stage.signed_in(&client, Options::desktop()).await;
    let second = client.another_device().await;
    let phone = stage.signed_in(&second, Options::phone()).await;
    desktop.open("/").await;
    desktop.eval::<Value>(&format!("void {muted}")).await;
    desktop.reload().await;
    wait("it to be moved", async || {
        let conversation = conversation_of(&client, &with_mary).await;
        (conversation["notificationLevel"] == "none").then_some(())
    })
    .await;
    let is_gone = format!("localStorage.getItem('preference:muted:{with_mary}') === null");
    desktop.wait("it to be gone here", &is_gone).await;

    phone.open(&format!("/conversations/{room}")).await;
    phone.sees_message("Hello").await;
    be_notified_of(&phone, "Mentions and replies").await;
    phone.open("/").await;
    phone.sees("link", "/Kitchen/").await;
    mary.say(&with_mary, "Are you there?").await;
    jane.say(&room, "Anyone?").await;
    for device in [&desktop, &phone] {
        for name in ["Kitchen", "mary"] {
            device.sees("link", &format!("/{name}.*1 unread/")).await;
        }
        device
            .wait("nothing that is wanted", "document.title === 'Tincan'")
            .await;
    }
    jane.say(&room, "@john?").await;
    for device in [&desktop, &phone] {
        device
            .wait("the mention alone", "document.title === '(1) Tincan'")
            .await;
    }
    // It is taken back on the other device.
    desktop.go_to("mary").await;
    be_notified_of(&desktop, "All messages").await;
    phone.go_to("mary").await;
    phone.sees("button", "Notifications: All messages").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_called_before_the_page_is_whole_sees_it_once_it_is() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let room = jane.make_room("Kitchen", &["john"], false).await;
    jane.say(&room, "Hello").await;
    let read = format!("/api/conversations/{room}/read_messages");
    client.post(&read, json!({})).await.expect(204);
    let network = stage.proxy().await;
    let john = stage
        .signed_in(&client, Options::phone().origin(network.origin()))
        .await;
    network.hold_answers(&address_of(&network.origin(), "shell/aside.js").await);
    john.open("/").await;
    john.sees("link", "/Kitchen/").await;
    jane.say(&room, "@john?").await;
    john.sees("link", "/Kitchen.*1 unread/").await;
    network.pass_answers();
    john.sees("link", "/Kitchen.*@ mentions you/").await;
    john.assert_console_clean(&[]).await;
}
