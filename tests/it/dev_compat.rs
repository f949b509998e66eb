//! What a front end that was written for <https://github.com/nicolasparada/go-messenger-demo> does, at a lab that answers as
//! that server did.

use std::sync::Arc;

use reqwest::{
    Method,
    header::{LOCATION, SET_COOKIE},
};
use serde_json::{Value, json};
use tincan::{
    http::{Compat, ServerSettings},
    oauth::{Flows, Provider as Setup, ProviderKind, Secret},
    server::Config,
};
use url::Url;

use crate::{
    provider::{CLIENT_ID, Provider, SECRET},
    support::{Answer, Client, Server, answer, dev, flood, messages, text},
};

fn compat() -> Config {
    Config {
        settings: ServerSettings {
            compat: Some(Compat::GoMessenger),
            ..flood().settings
        },
        ..dev()
    }
}

/// Signs in as its page does: by a name, keeping the token and nothing else.
async fn enter(server: &Server, username: &str) -> Client {
    let entered = server
        .nobody()
        .post("/api/login", json!({ "username": username }))
        .await;
    assert!(
        !entered.headers.contains_key(SET_COOKIE),
        "{:?}",
        entered.headers
    );
    let payload = entered.expect(200);
    assert_eq!(payload["authUser"]["username"], username);
    assert!(text(&payload["expiresAt"]).ends_with('Z'), "{payload}");
    server.nobody().with_token(&payload["token"])
}

async fn conversations(client: &Client, before: Option<&str>) -> Vec<Value> {
    let query = before.map_or(String::new(), |before| format!("?before={before}"));
    let listed = client.get(&format!("/api/conversations{query}")).await;
    let Value::Array(listed) = listed.expect(200) else {
        panic!("no list");
    };
    listed
}

async fn has_unread(client: &Client, conversation: &str) -> bool {
    let path = format!("/api/conversations/{conversation}");
    let found = client.get(&path).await.expect(200);
    found["hasUnreadMessages"].as_bool().expect("a yes or no")
}

#[tokio::test]
async fn fetching_messages_without_parameters_reads_them() {
    for (config, reads) in [(compat(), true), (flood(), false)] {
        let server = Server::start(config).await;
        let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
        let conversation = jane.talk_to("john").await;
        jane.say(&conversation, "Hello").await;
        let first = jane.say(&conversation, "Are you there?").await;
        let path = messages(&conversation);
        assert!(has_unread(&john, &conversation).await);
        for query in [format!("?before={}", text(&first["id"])), "?limit=1".into()] {
            john.get(&format!("{path}{query}")).await.expect(200);
            assert!(has_unread(&john, &conversation).await, "{query}");
        }
        jane.get(&path).await.expect(200);
        assert!(has_unread(&john, &conversation).await, "it wasn’t him");
        let fetched = john.get(&path).await.expect(200);
        assert_eq!(fetched.as_array().map(Vec::len), Some(2));
        assert_eq!(has_unread(&john, &conversation).await, !reads);
    }
}

#[tokio::test]
async fn direct_conversations_alone_are_listed_and_each_page_is_full() {
    let server = Server::start(compat()).await;
    let john = enter(&server, "john").await;
    let mut expected = Vec::new();
    for number in 0..30 {
        let other = server.sign_up(&format!("person{number}")).await;
        let conversation = other.talk_to("john").await;
        other.say(&conversation, "Hi").await;
        expected.push(conversation);
        // Two rooms between any two of them, as in a place where much is talked about.
        for name in ["One", "Two"] {
            let room = john.make_room(name, &[], false).await;
            john.say(&room, "Well").await;
        }
    }
    // Without a message it isn’t there either.
    john.post("/api/conversations", json!({ "username": "jane" }))
        .await
        .expect(201);
    expected.reverse();
    let first = conversations(&john, None).await;
    assert_eq!(first.len(), 25);
    let second = conversations(&john, Some(text(&first[24]["id"]))).await;
    let seen: Vec<_> = first.iter().chain(&second).collect();
    for conversation in &seen {
        assert!(text(&conversation["otherParticipant"]["username"]).starts_with("person"));
        assert_eq!(conversation["lastMessage"]["content"], "Hi");
        assert_eq!(conversation["lastMessage"]["mine"], false);
    }
    let ids: Vec<_> = seen.iter().map(|seen| text(&seen["id"])).collect();
    assert_eq!(ids, expected);
    // What only Tincan has is answered as it is.
    let pinned = john.get("/api/conversations?only=pinned").await.expect(200);
    assert_eq!(pinned, json!([]));
    john.get("/api/conversations?before=nonsense")
        .await
        .refused(404, "not_found");
    server
        .nobody()
        .get("/api/conversations")
        .await
        .refused(401, "unauthorized");
}

#[tokio::test]
async fn a_stream_tells_of_direct_conversations_alone() {
    let server = Server::start(compat()).await;
    let (john, jane) = (enter(&server, "john").await, server.sign_in("jane").await);
    let conversation = jane.talk_to("john").await;
    let room = jane.make_room("Room", &["john"], false).await;
    // As its page opens it: an `EventSource` with the token in the address.
    let token = john.token.clone().expect("a token");
    let request = server
        .nobody()
        .request(Method::GET, &format!("/api/messages?token={token}"))
        .header("accept", "text/event-stream");
    let mut stream = crate::support::Stream::open(request).await;
    for (place, content) in [
        (&room, "no"),
        (&conversation, "yes"),
        (&room, "no"),
        (&conversation, "and yes"),
    ] {
        jane.say(place, content).await;
    }
    john.say(&conversation, "mine").await;
    jane.say(&conversation, "last").await;
    let mut heard = Vec::new();
    while heard.last() != Some(&json!("last")) {
        let event = stream.next_named("message").await;
        assert_eq!(event.data["conversationId"], conversation.as_str());
        heard.push(event.data["content"].clone());
    }
    // It shows what it sends itself by the answer.
    assert_eq!(heard, ["yes", "and yes", "last"]);
}

#[tokio::test]
async fn its_page_finds_all_that_it_asks_for() {
    let server = Server::start(compat()).await;
    let john = enter(&server, "john").await;
    let found = john.get("/api/usernames?search=ja").await.expect(200);
    assert_eq!(found, json!(["jane"]));
    let made = john
        .post("/api/conversations", json!({ "username": "jane" }))
        .await;
    let made = made.expect(201);
    assert_eq!(made["otherParticipant"]["username"], "jane");
    let id = text(&made["id"]).to_owned();
    let again = john
        .post("/api/conversations", json!({ "username": "jane" }))
        .await;
    assert_eq!(again.headers[LOCATION], format!("/api/conversations/{id}"));
    again.expect(303);
    let other = john
        .get(&format!("/api/conversations/{id}/other_participant"))
        .await;
    assert_eq!(other.expect(200)["username"], "jane");
    let sent = john
        .post(&messages(&id), json!({ "content": "Hello" }))
        .await
        .expect(201);
    assert_eq!(
        (&sent["content"], &sent["mine"]),
        (&json!("Hello"), &json!(true))
    );
    let refused = john
        .post(&messages(&id), json!({ "content": " " }))
        .await
        .expect(422);
    assert!(refused["errors"]["content"].is_string(), "{refused}");
    let refused = john
        .post("/api/conversations", json!({ "username": "" }))
        .await
        .expect(422);
    assert!(refused["errors"]["username"].is_string(), "{refused}");
    let read = format!("/api/conversations/{id}/read_messages");
    answer(john.request(Method::POST, &read)).await.expect(204);
    let renewed = john.post("/api/refresh_token", json!({})).await.expect(200);
    assert!(renewed["token"].is_string() && renewed["expiresAt"].is_string());
    assert_eq!(
        john.with_token(&renewed["token"])
            .get("/api/auth_user")
            .await
            .expect(200)["username"],
        "john"
    );
}

/// Somebody’s browser on its way through a provider, and where it is led in the end.
async fn through_provider(server: &Server, provider: &Provider) -> Answer {
    let nobody = server.nobody();
    let begun = answer(nobody.request(Method::GET, "/api/oauth/github")).await;
    let cookies = begun.headers.get_all(SET_COOKIE).iter();
    let cookies: Vec<_> = cookies.map(|line| line.to_str().expect("a text")).collect();
    assert_eq!(cookies.len(), 1, "that of the way there: {cookies:?}");
    let cookie = cookies[0].split(';').next().expect("a cookie");
    let location = begun.headers[LOCATION].to_str().expect("a text");
    let back = provider.visit(location).await;
    let path = format!("{}?{}", back.path(), back.query().expect("a query"));
    answer(nobody.request(Method::GET, &path).header("cookie", cookie)).await
}

#[tokio::test]
async fn a_provider_leads_back_with_the_token_in_the_address() {
    let provider = Provider::start().await;
    let github = Setup {
        id: "github".to_owned(),
        name: "GitHub".to_owned(),
        kind: ProviderKind::GitHub {
            url: provider.url(),
        },
        client_id: CLIENT_ID.to_owned(),
        secret: Secret::from(SECRET),
    };
    let flows = Flows::new(vec![github], "http://localhost:3000", Vec::new()).expect("a setup");
    let config = compat();
    let settings = ServerSettings {
        oauth: Arc::new(flows),
        ..config.settings
    };
    let server = Server::start(Config { settings, ..config }).await;
    // The first time and again.
    for _ in 0..2 {
        let arrived = through_provider(&server, &provider).await;
        let session = format!("tincan-{}=", server.address().port());
        for line in arrived.headers.get_all(SET_COOKIE) {
            let line = line.to_str().expect("a text");
            assert!(
                line.starts_with("tincan-flow-") && line.contains("Max-Age=0"),
                "{line}"
            );
            assert!(!line.starts_with(&session), "{line}");
        }
        let location = arrived.headers[LOCATION]
            .to_str()
            .expect("a text")
            .to_owned();
        arrived.expect(303);
        let url = Url::parse("http://localhost:3000")
            .expect("a URL")
            .join(&location)
            .expect("a URL");
        assert_eq!(url.path(), "/callback");
        // Its page reads the query; the first front ends, and those after it, the fragment.
        assert_eq!(url.query(), url.fragment());
        let handed: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let [(token_name, token), (expires_name, expires)] = &handed[..] else {
            panic!("{handed:?}");
        };
        assert_eq!(
            (token_name.as_str(), expires_name.as_str()),
            ("token", "expires_at")
        );
        assert!(expires.ends_with('Z'), "{expires}");
        let who = server
            .nobody()
            .with_token(&json!(token))
            .get("/api/auth_user")
            .await
            .expect(200);
        assert!(who["username"].is_string(), "{who}");
    }
}

#[tokio::test]
async fn without_it_nothing_is_another() {
    let server = Server::start(dev()).await;
    let entered = server
        .nobody()
        .post("/api/login", json!({ "username": "john" }))
        .await;
    assert!(entered.headers.contains_key(SET_COOKIE));
    let john = server.sign_in("john").await;
    let room = john.make_room("Room", &[], false).await;
    john.say(&room, "Hi").await;
    assert_eq!(conversations(&john, None).await.len(), 1);
}
