//! What administrators do with other people's accounts, and that nobody else does.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{
    Client, PASSWORD, Server, answer, messages, participant, participants, soon, strict, text,
    token_of,
};

fn path(client: &Client) -> String {
    format!("/api/admin/users/{}", client.id)
}

#[tokio::test]
async fn an_administrator_sees_everybody_page_by_page() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    for n in 0..51 {
        let wish = json!({ "username": format!("guest-{n}") });
        anna.post("/api/admin/users", wish).await.expect(201);
    }
    let first = anna.get("/api/admin/users").await.expect(200);
    let first = first.as_array().expect("a list").clone();
    assert_eq!(first.len(), 50);
    assert_eq!(first[0]["username"], "anna");
    assert_eq!(first[0]["admin"], true);
    let last = text(&first[49]["id"]);
    let second = anna
        .get(&format!("/api/admin/users?after={last}"))
        .await
        .expect(200);
    assert_eq!(second.as_array().map(Vec::len), Some(2));
    let found = anna
        .get("/api/admin/users?search=GUEST-50")
        .await
        .expect(200);
    assert_eq!(found[0]["username"], "guest-50");
    assert_eq!(found[0]["lastSeenAt"], Value::Null);
}

#[tokio::test]
async fn a_made_account_is_its_owners_once_they_have_chosen_a_password() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let wish = json!({ "username": "bob", "admin": true });
    let made = anna
        .post("/api/admin/users", wish.clone())
        .await
        .expect(201);
    assert_eq!(made["user"]["hasPassword"], false);
    anna.post("/api/admin/users", wish)
        .await
        .refused(409, "username_taken");
    let choice = json!({ "token": token_of(text(&made["link"])), "password": PASSWORD });
    server.nobody().post("/api/reset", choice).await.expect(200);
    let bob = server.nobody().log_in("bob", PASSWORD).await;
    bob.get("/api/admin/users").await.expect(200);
}

#[tokio::test]
async fn whoever_is_disabled_is_out_everywhere_at_once_with_their_bots() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let talk = bob.talk_to("anna").await;
    bob.say(&talk, "hello").await;
    let wish = json!({ "name": "x", "scope": "send" });
    let made = bob.post("/api/tokens", wish).await.expect(201);
    let program = bob.with_token(&made["token"]);
    let wish = json!({ "name": "x", "scope": "send", "bot": "robot" });
    let made = bob.post("/api/tokens", wish).await.expect(201);
    let robot = bob.with_token(&made["token"]);
    let everywhere = [bob.clone(), program, robot];
    let mut streams = Vec::new();
    for client in &everywhere {
        streams.push(client.follow(None).await);
    }

    let disabled = anna
        .patch(&path(&bob), json!({ "disabled": true }))
        .await
        .expect(200);
    assert_eq!(disabled["disabled"], true);
    for stream in &mut streams {
        assert_eq!(stream.rest().await.len(), 0);
    }
    for client in &everywhere {
        client
            .get("/api/auth_user")
            .await
            .refused(401, "unauthorized");
    }
    let nobody = server.nobody();
    let credentials = |password: &str| json!({ "username": "bob", "password": password });
    nobody
        .post("/api/login", credentials(PASSWORD))
        .await
        .refused(403, "disabled");
    // Whoever doesn't know the password isn't told.
    let wrong = nobody
        .post("/api/login", credentials("something else"))
        .await;
    wrong.refused(401, "bad_credentials");
    // Nobody finds them any more; what they have said stays.
    assert_eq!(
        anna.get("/api/usernames?search=bob").await.expect(200),
        json!([])
    );
    let room = json!({ "name": "x", "usernames": ["bob"] });
    anna.post("/api/conversations", room)
        .await
        .refused(403, "unreachable");
    anna.get(&format!("/api/conversations/{talk}"))
        .await
        .expect(200);

    anna.patch(&path(&bob), json!({ "disabled": false }))
        .await
        .expect(200);
    nobody.clone().log_in("bob", PASSWORD).await;
    for client in &everywhere {
        client
            .get("/api/auth_user")
            .await
            .refused(401, "unauthorized");
    }
}

#[tokio::test]
async fn the_last_administrator_who_can_sign_in_stays_one() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let wish = json!({ "username": "never-came", "admin": true });
    anna.post("/api/admin/users", wish).await.expect(201);
    for change in [json!({ "admin": false }), json!({ "disabled": true })] {
        let refused = anna.patch(&path(&anna), change).await;
        refused.refused(409, "last_admin");
    }
    let bob = anna.invite("bob").await;
    anna.patch(&path(&bob), json!({ "admin": true }))
        .await
        .expect(200);
    bob.patch(&path(&anna), json!({ "admin": false }))
        .await
        .expect(200);
    // It holds from the next request on.
    anna.get("/api/admin/users").await.refused(403, "not_admin");
}

#[tokio::test]
async fn another_name_is_told_to_everybody_who_knows_the_person() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let talk = anna.talk_to("bob").await;
    anna.say(&talk, "hello").await;
    let cursor = anna.cursor().await;
    let mut stream = anna.follow(None).await;

    anna.patch(&path(&bob), json!({ "username": "anna" }))
        .await
        .refused(409, "username_taken");
    let renamed = anna
        .patch(&path(&bob), json!({ "username": "Bobby" }))
        .await
        .expect(200);
    assert_eq!(renamed["username"], "Bobby");
    let told = stream.next_named("conversation").await;
    assert_eq!(told.data["otherParticipant"]["username"], "Bobby");
    let (missed, _) = anna.poll(&cursor, 0).await;
    assert!(
        missed
            .iter()
            .any(|event| event.data["otherParticipant"]["username"] == "Bobby")
    );
    // Their session goes on, under the new name.
    assert_eq!(
        bob.get("/api/auth_user").await.expect(200)["username"],
        "Bobby"
    );
    let said = bob.say(&talk, "hello").await;
    assert_eq!(said["author"]["username"], "Bobby");
    server.nobody().log_in("bobby", PASSWORD).await;
    // Another spelling of one's own name is free.
    anna.patch(&path(&bob), json!({ "username": "BOBBY" }))
        .await
        .expect(200);
}

#[tokio::test]
async fn somebodys_sessions_can_be_seen_and_ended() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let elsewhere = server.nobody().log_in("bob", PASSWORD).await;
    let sessions = format!("{}/sessions", path(&bob));
    let listed = anna.get(&sessions).await.expect(200);
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    let oldest = listed.as_array().and_then(|list| {
        list.iter().min_by_key(|session| {
            text(&session["id"]).len() * 100 + text(&session["id"]).as_bytes()[0] as usize
        })
    });
    let one = format!("{sessions}/{}", text(&oldest.expect("one")["id"]));
    anna.delete(&one).await.expect(204);
    bob.get("/api/auth_user").await.refused(401, "unauthorized");
    elsewhere.get("/api/auth_user").await.expect(200);
    anna.delete(&sessions).await.expect(204);
    elsewhere
        .get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
    anna.get("/api/admin/users/999/sessions")
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn nobody_else_administers() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    for (method, path) in [
        (Method::GET, "/api/admin/users".to_owned()),
        (Method::POST, "/api/admin/users".to_owned()),
        (Method::PATCH, path(&bob)),
        (Method::POST, format!("{}/reset", path(&anna))),
        (Method::GET, format!("{}/sessions", path(&anna))),
        (Method::DELETE, format!("{}/sessions", path(&anna))),
        (Method::GET, "/api/invites".to_owned()),
        (Method::POST, "/api/invites".to_owned()),
        (Method::DELETE, "/api/invites/1".to_owned()),
    ] {
        let asked = bob.request(method, &path).json(&json!({ "admin": true }));
        answer(asked).await.refused(403, "not_admin");
    }
    anna.get("/api/auth_user").await.expect(200);
}

/// Sends a request's head, and waits until the server wants the body, which is given back.
async fn slowly(client: &Client, method: &str, path: &str, body: &Value) -> (TcpStream, String) {
    let (token, body) = (client.token.as_ref().expect("a token"), body.to_string());
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: tincan\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\
         Expect: 100-continue\r\n\r\n",
        body.len()
    );
    let mut socket = TcpStream::connect(client.address())
        .await
        .expect("a connection");
    socket
        .write_all(head.as_bytes())
        .await
        .expect("the head is taken");
    // The server says so when it wants the body: it has let the request in until there.
    let mut go_on = [0; 25];
    soon("the server to want the body", socket.read_exact(&mut go_on))
        .await
        .expect("an answer");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    (socket, body)
}

async fn status((mut socket, body): (TcpStream, String)) -> String {
    socket
        .write_all(body.as_bytes())
        .await
        .expect("the body is taken");
    let mut answer = String::new();
    soon("the answer", socket.read_to_string(&mut answer))
        .await
        .expect("text");
    answer.split(' ').nth(1).expect("a status").to_owned()
}

#[tokio::test]
async fn whoever_is_shut_out_while_they_send_does_nothing_more() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let mallory = anna.invite("mallory").await;
    anna.patch(&path(&mallory), json!({ "admin": true }))
        .await
        .expect(200);
    let talk = mallory.talk_to("anna").await;
    let back = json!({ "admin": true, "disabled": false });
    let token = json!({ "name": "x", "scope": "send" });
    let under_way = [
        slowly(&mallory, "PATCH", &path(&mallory), &back).await,
        slowly(
            &mallory,
            "POST",
            "/api/admin/users",
            &json!({ "username": "eve" }),
        )
        .await,
        slowly(&mallory, "POST", "/api/invites", &json!({ "uses": 100 })).await,
        slowly(&mallory, "POST", "/api/tokens", &token).await,
        slowly(
            &mallory,
            "POST",
            &messages(&talk),
            &json!({ "content": "still here" }),
        )
        .await,
    ];
    let shut_out = json!({ "admin": false, "disabled": true });
    anna.patch(&path(&mallory), shut_out).await.expect(200);
    for request in under_way {
        assert_eq!(status(request).await, "401");
    }
    assert_eq!(anna.get(&messages(&talk)).await.expect(200), json!([]));
    assert_eq!(anna.get("/api/invites").await.expect(200), json!([]));
}

#[tokio::test]
async fn what_an_administrator_made_ends_with_their_office() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let mallory = anna.invite("mallory").await;
    anna.patch(&path(&mallory), json!({ "admin": true }))
        .await
        .expect(200);
    let invite = mallory
        .post("/api/invites", json!({ "uses": 100 }))
        .await
        .expect(201);
    let reset = format!("{}/reset", path(&anna));
    let reset = mallory.post(&reset, json!({})).await.expect(201);
    anna.patch(&path(&mallory), json!({ "admin": false }))
        .await
        .expect(200);

    let nobody = server.nobody();
    let account = json!({
        "username": "eve", "password": PASSWORD, "invite": token_of(text(&invite["link"])),
    });
    nobody
        .post("/api/accounts", account)
        .await
        .refused(403, "bad_invite");
    assert_eq!(anna.get("/api/invites").await.expect(200), json!([]));
    let choice = json!({ "token": token_of(text(&reset["link"])), "password": PASSWORD });
    nobody
        .post("/api/reset", choice)
        .await
        .refused(403, "bad_reset_token");
}

#[tokio::test]
async fn a_room_goes_to_somebody_who_can_look_after_it() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let carl = anna.invite("carl").await;
    let room = bob.make_room("House", &["anna", "carl"], false).await;
    let wish = json!({ "name": "x", "scope": "send", "bot": "robot" });
    let made = carl.post("/api/tokens", wish).await.expect(201);
    carl.post(&participants(&room), json!({ "username": "robot" }))
        .await
        .expect(204);
    let hand_over = json!({ "owner": made["user"]["id"] });
    let conversation = format!("/api/conversations/{room}");
    bob.patch(&conversation, hand_over)
        .await
        .refused(404, "not_found");

    anna.patch(&path(&carl), json!({ "disabled": true }))
        .await
        .expect(200);
    bob.delete(&participant(&room, "me")).await.expect(204);
    let seen = anna.get(&conversation).await.expect(200);
    assert_eq!(seen["role"], "owner");
    // Whoever goes reads on by no bot.
    anna.delete(&participant(&room, &carl.id)).await.expect(204);
    assert_eq!(
        anna.get(&conversation).await.expect(200)["participantCount"],
        1
    );
}
