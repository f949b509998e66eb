//! Finding people, starting conversations, and the list of them.

use serde_json::{Value, json};

use crate::support::{Client, Server, Talk, dev, messages};

/// The names that a search gives, in their order.
async fn found(client: &Client, search: &str) -> Vec<String> {
    let encoded: Vec<_> = search.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let path = format!("/api/usernames?search={}", encoded.concat());
    let names = client.get(&path).await;
    serde_json::from_value(names.expect(200)).expect("a list of names")
}

/// The ids of a page of somebody's conversations, in their order.
async fn listed(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/api/conversations{query}")).await;
    let list = list.expect(200);
    let id = |conversation: &Value| conversation["id"].as_str().expect("an id").to_owned();
    list.as_array().expect("a list").iter().map(id).collect()
}

#[tokio::test]
async fn a_search_finds_up_to_five_names_that_start_so() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    for number in 1..=6 {
        server.sign_up(&format!("Ada{number}")).await;
    }
    server.sign_up("nada").await;
    let first_five = ["Ada1", "Ada2", "Ada3", "Ada4", "Ada5"];
    for search in ["ada", "ADA", " Ada ", "ａｄａ"] {
        assert_eq!(found(&john, search).await, first_five, "{search:?}");
    }
    assert_eq!(found(&john, "ada6").await, ["Ada6"]);
    assert!(found(&john, "ada61").await.is_empty());
}

#[tokio::test]
async fn a_search_leaves_out_ones_own_name() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    assert_eq!(found(&john, "j").await, ["jane"]);
    assert_eq!(found(&jane, "j").await, ["john"]);
}

#[tokio::test]
async fn a_search_takes_no_character_for_a_wildcard() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    server.sign_up("_x").await;
    assert_eq!(found(&john, "_").await, ["_x"]);
    for wildcard in ["%", "*", "?", "[a-z]", "'", "\"", "\0"] {
        assert!(found(&john, wildcard).await.is_empty(), "{wildcard:?}");
    }
}

#[tokio::test]
async fn a_search_may_end_where_a_letter_changes_its_form() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    server.sign_up("Κώστας").await;
    // A sigma is written otherwise at a word's end than within; what is typed so far may end there.
    for search in ["Κ", "Κώ", "Κώσ", "ΚΏΣ", "κώς", "Κώστα", "Κώστασ", "Κώστας"]
    {
        assert_eq!(found(&john, search).await, ["Κώστας"], "{search:?}");
    }
}

#[tokio::test]
async fn a_search_needs_something_to_search_for() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    for query in ["", "?", "?search", "?search=", "?search=%20%09", "?other=j"] {
        let refusal = john.get(&format!("/api/usernames{query}")).await;
        let refusal = refusal.refused(422, "invalid");
        assert_eq!(refusal["errors"], json!({ "search": refusal["message"] }));
    }
}

#[tokio::test]
async fn a_new_conversation_is_empty_and_direct() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let body = json!({ "username": "JANE" });
    let started = john.post("/api/conversations", body).await.expect(201);
    assert_eq!(
        started,
        json!({
            "id": started["id"],
            "kind": "direct",
            "version": started["version"],
            "role": null,
            "name": null,
            "otherParticipant": { "id": jane.id, "username": "jane", "avatarURL": null },
            "participantCount": 2,
            "open": false,
            "avatarURL": null,
            "lastMessage": null,
            "hasUnreadMessages": false,
            "unreadCount": 0,
            "lastReadNumber": 0,
            "pinned": false,
            "archived": false,
            "hidden": false,
            "markedUnread": false,
            "mentionCount": 0,
            "notificationLevel": "all",
            "notificationLevelChosen": false,
        })
    );
    let id = started["id"].as_str().expect("an id");
    let path = format!("/api/conversations/{id}");
    assert_eq!(john.get(&path).await.expect(200), started);
    let seen_by_jane = jane.get(&path).await.expect(200);
    assert_eq!(seen_by_jane["otherParticipant"]["username"], "john");
}

#[tokio::test]
async fn two_people_have_one_conversation_whoever_starts_it() {
    let talk = Talk::start(dev()).await;
    for (caller, other) in [(&talk.john, "jane"), (&talk.jane, "john")] {
        let body = json!({ "username": other });
        let again = caller.post("/api/conversations", body).await;
        let path = format!("/api/conversations/{}", talk.conversation);
        assert_eq!(again.headers["location"], path.as_str());
        again.expect(303);
        caller.get(&path).await.expect(200);
    }
}

#[tokio::test]
async fn one_cannot_talk_to_oneself_to_nobody_or_to_no_name() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let start = async |body| john.post("/api/conversations", body).await;
    for own in ["john", "John"] {
        let body = json!({ "username": own });
        start(body).await.refused(403, "self");
    }
    let body = json!({ "username": "nobody" });
    let refusal = start(body).await.refused(404, "not_found");
    assert_eq!(refusal["message"], "User not found.");
    for body in [json!({}), json!({ "username": "" })] {
        let refusal = start(body).await.refused(422, "invalid");
        assert_eq!(refusal["errors"], json!({ "username": refusal["message"] }));
    }
}

#[tokio::test]
async fn the_other_participant_is_the_other_one() {
    let talk = Talk::start(dev()).await;
    let path = format!("/api/conversations/{}/other_participant", talk.conversation);
    for (caller, other) in [(&talk.john, &talk.jane), (&talk.jane, &talk.john)] {
        let expected = json!({ "id": other.id, "username": other.username, "avatarURL": null });
        assert_eq!(caller.get(&path).await.expect(200), expected);
    }
}

#[tokio::test]
async fn a_foreign_conversation_looks_like_none() {
    let talk = Talk::start(dev()).await;
    talk.john.say(&talk.conversation, "between us").await;
    let eve = talk.server.sign_up("eve").await;
    let ask = async |id: &str| {
        let path = format!("/api/conversations/{id}");
        let marked = json!({ "upTo": 1 });
        let said = json!({ "content": "hello" });
        [
            eve.get(&path).await,
            eve.get(&format!("{path}/other_participant")).await,
            eve.get(&messages(id)).await,
            eve.get(&format!("{}?after=1", messages(id))).await,
            eve.post(&messages(id), said).await,
            eve.post(&format!("{path}/read_messages"), marked).await,
            eve.get(&format!("/api/conversations?before={id}")).await,
        ]
        .map(|answer| answer.refused(404, "not_found"))
    };
    // The same answers, or what others have would show.
    assert_eq!(ask(&talk.conversation).await, ask("999999").await);
    let history = talk.john.get(&messages(&talk.conversation)).await;
    assert_eq!(history.expect(200).as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_empty_conversation_is_not_listed() {
    let talk = Talk::start(dev()).await;
    assert!(listed(&talk.john, "").await.is_empty());
    talk.jane.say(&talk.conversation, "hi").await;
    assert_eq!(listed(&talk.john, "").await, [talk.conversation.as_str()]);
    assert_eq!(listed(&talk.jane, "").await, [talk.conversation.as_str()]);
}

#[tokio::test]
async fn a_listed_conversation_is_the_one_that_is_shown() {
    let talk = Talk::start(dev()).await;
    talk.jane.say(&talk.conversation, "one").await;
    let newest = talk.jane.say(&talk.conversation, "two").await;
    for (caller, unread) in [(&talk.john, 2), (&talk.jane, 0)] {
        let list = caller.get("/api/conversations").await.expect(200);
        let path = format!("/api/conversations/{}", talk.conversation);
        let shown = caller.get(&path).await.expect(200);
        assert_eq!(list, json!([shown]));
        assert_eq!(shown["lastMessage"]["id"], newest["id"]);
        assert_eq!(shown["lastMessage"]["mine"], unread == 0);
        assert_eq!(shown["unreadCount"], unread);
        assert_eq!(shown["hasUnreadMessages"], unread > 0);
    }
}

#[tokio::test]
async fn the_conversation_with_the_newest_message_comes_first() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let mut started = Vec::new();
    for name in ["ada", "bob", "cleo"] {
        server.sign_up(name).await;
        let conversation = john.talk_to(name).await;
        john.say(&conversation, "hi").await;
        started.push(conversation);
    }
    let [ada, bob, cleo] = started.as_slice() else {
        panic!("{started:?}");
    };
    assert_eq!(
        listed(&john, "").await,
        [cleo, bob, ada].map(String::as_str)
    );
    john.say(ada, "again").await;
    assert_eq!(
        listed(&john, "").await,
        [ada, cleo, bob].map(String::as_str)
    );
}

#[tokio::test]
async fn a_page_of_the_list_goes_on_where_the_one_before_ended() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let mut all = Vec::new();
    for number in 0..27 {
        let name = format!("user{number}");
        server.sign_up(&name).await;
        let conversation = john.talk_to(&name).await;
        john.say(&conversation, "hi").await;
        all.insert(0, conversation);
    }
    let (first, second) = all.split_at(25);
    assert_eq!(listed(&john, "").await, first);
    let query = format!("?before={}", first[24]);
    assert_eq!(listed(&john, &query).await, second);
    let query = format!("?before={}", second[1]);
    assert!(listed(&john, &query).await.is_empty());
    let query = format!("?before={}", first[0]);
    assert_eq!(listed(&john, &query).await, all[1..=25]);
}

#[tokio::test]
async fn behind_an_empty_conversation_nothing_is_listed() {
    let talk = Talk::start(dev()).await;
    talk.server.sign_up("ada").await;
    let with_ada = talk.john.talk_to("ada").await;
    talk.john.say(&with_ada, "hi").await;
    let query = format!("?before={}", talk.conversation);
    assert!(listed(&talk.john, &query).await.is_empty());
}
