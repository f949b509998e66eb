//! API tokens, and what they may and may not do; bots; hooks.

use reqwest::{
    Method,
    header::{CONTENT_TYPE, ORIGIN},
};
use serde_json::{Value, json};

use crate::support::{Client, Server, answer, messages, participants, strict, text};

/// A token of this scope, in its user's hands.
async fn token(client: &Client, scope: &str) -> (Value, Client) {
    let wish = json!({ "name": "a script", "scope": scope });
    let made = client.post("/api/tokens", wish).await.expect(201);
    let program = client.with_token(&made["token"]);
    (made, program)
}

#[tokio::test]
async fn a_token_is_shown_once_and_listed_without_itself() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let (made, program) = token(&anna, "read").await;
    assert!(text(&made["token"]).starts_with("tincan_"));
    assert_eq!(
        program.get("/api/auth_user").await.expect(200)["username"],
        "anna"
    );
    let listed = anna.get("/api/tokens").await.expect(200);
    assert_eq!(listed[0]["name"], "a script");
    assert_eq!(listed[0]["user"]["username"], "anna");
    assert_eq!(listed[0]["token"], Value::Null);
    // It isn't one of the devices that one is signed in on.
    assert_eq!(
        anna.get("/api/sessions")
            .await
            .expect(200)
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn a_token_that_may_read_may_do_nothing_else() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    anna.invite("bob").await;
    let talk = anna.talk_to("bob").await;
    let said = anna.say(&talk, "hello").await;
    let (_, program) = token(&anna, "read").await;

    program.get("/api/conversations").await.expect(200);
    let history = program.get(&messages(&talk)).await.expect(200);
    assert_eq!(history[0]["content"], "hello");
    let mut stream = program.follow(None).await;
    anna.say(&talk, "again").await;
    assert_eq!(stream.next_named("sent").await.data["content"], "again");

    let hello = json!({ "content": "hello" });
    program
        .post(&messages(&talk), hello)
        .await
        .refused(403, "scope");
    let read = format!("/api/conversations/{talk}/read_messages");
    program.post(&read, json!({})).await.refused(403, "scope");
    let message = format!("/api/messages/{}", text(&said["id"]));
    program.delete(&message).await.refused(403, "scope");
}

#[tokio::test]
async fn a_token_that_may_send_may_not_touch_the_account() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let (made, program) = token(&anna, "send").await;
    let room = program.make_room("Kitchen", &[], false).await;
    program.say(&room, "hello").await;
    let id = text(&made["id"]);
    for (method, path) in [
        (Method::GET, "/api/settings".to_owned()),
        (Method::GET, "/api/sessions".to_owned()),
        (Method::DELETE, "/api/sessions".to_owned()),
        (Method::GET, "/api/tokens".to_owned()),
        (Method::DELETE, format!("/api/tokens/{id}")),
        (Method::GET, "/api/invites".to_owned()),
        (Method::GET, "/api/admin/users".to_owned()),
        (Method::GET, format!("/api/conversations/{room}/hooks")),
        (Method::POST, "/api/logout".to_owned()),
        (Method::POST, "/api/refresh_token".to_owned()),
    ] {
        answer(program.request(method, &path))
            .await
            .refused(403, "scope");
    }
    let wish = json!({ "name": "another", "scope": "send" });
    program
        .post("/api/tokens", wish)
        .await
        .refused(403, "scope");
    let change = json!({ "current": crate::support::PASSWORD, "new": "seven quiet boats" });
    let change = program.request(Method::PUT, "/api/password").json(&change);
    answer(change).await.refused(403, "scope");
}

#[tokio::test]
async fn a_revoked_token_opens_nothing_and_its_streams_end() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let (made, program) = token(&anna, "read").await;
    let mut stream = program.follow(None).await;
    let path = format!("/api/tokens/{}", text(&made["id"]));
    // A device isn't a token, nor a token a device.
    let session = format!("/api/sessions/{}", text(&made["id"]));
    anna.delete(&session).await.refused(404, "not_found");
    anna.delete(&path).await.expect(204);
    assert_eq!(stream.rest().await.len(), 0);
    program
        .get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
    anna.delete(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn nobody_revokes_what_is_somebody_elses() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let (made, _) = token(&anna, "read").await;
    let path = format!("/api/tokens/{}", text(&made["id"]));
    bob.delete(&path).await.refused(404, "not_found");
    assert_eq!(bob.get("/api/tokens").await.expect(200), json!([]));
}

#[tokio::test]
async fn what_makes_no_sense_makes_no_token() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    for (wish, field) in [
        (json!({ "scope": "read" }), "name"),
        (json!({ "name": " ", "scope": "read" }), "name"),
        (json!({ "name": "x".repeat(81), "scope": "read" }), "name"),
        (json!({ "name": "x" }), "scope"),
        (json!({ "name": "x", "scope": "admin" }), "scope"),
        (json!({ "name": "x", "scope": "read", "days": 0 }), "days"),
        (json!({ "name": "x", "scope": "read", "days": 366 }), "days"),
        (json!({ "name": "x", "scope": "read", "bot": "a b" }), "bot"),
    ] {
        let refused = anna.post("/api/tokens", wish).await.refused(422, "invalid");
        assert!(refused["errors"][field].is_string(), "{refused}");
    }
}

#[tokio::test]
async fn a_bot_speaks_for_itself_and_nobody_signs_in_as_it() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let wish = json!({ "name": "weather", "scope": "send", "bot": "sunny" });
    let made = anna.post("/api/tokens", wish.clone()).await.expect(201);
    let sunny = anna.with_token(&made["token"]);
    assert_eq!(
        sunny.get("/api/auth_user").await.expect(200)["username"],
        "sunny"
    );
    let talk = sunny.talk_to("bob").await;
    sunny.say(&talk, "It will rain").await;
    let heard = bob.get(&messages(&talk)).await.expect(200);
    assert_eq!(heard[0]["author"]["username"], "sunny");

    let credentials = json!({ "username": "sunny", "password": "" });
    server
        .nobody()
        .post("/api/login", credentials)
        .await
        .refused(422, "invalid");
    let credentials = json!({ "username": "sunny", "password": "sunny sunny" });
    server
        .nobody()
        .post("/api/login", credentials)
        .await
        .refused(401, "bad_credentials");
    let id = &made["user"]["id"];
    let reset = format!("/api/admin/users/{}/reset", text(id));
    anna.post(&reset, json!({})).await.refused(404, "not_found");

    // It is anna's: bob can't have a token of it, nor of a person.
    bob.post("/api/tokens", wish)
        .await
        .refused(403, "not_yours");
    let person = json!({ "name": "x", "scope": "read", "bot": "anna" });
    bob.post("/api/tokens", person)
        .await
        .refused(409, "username_taken");
    assert_eq!(
        anna.get("/api/tokens").await.expect(200)[0]["user"]["username"],
        "sunny"
    );
}

/// A hook into a room of this person's.
async fn hook(client: &Client, room: &str, bot: &str) -> Value {
    let path = format!("/api/conversations/{room}/hooks");
    client.post(&path, json!({ "bot": bot })).await.expect(201)
}

#[tokio::test]
async fn a_hook_posts_json_or_plain_text_into_its_room_as_its_bot() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let room = anna.make_room("House", &[], false).await;
    let mut stream = anna.follow(None).await;
    let made = hook(&anna, &room, "doorbell").await;
    let secret = text(&made["secret"]);
    assert!(text(&made["url"]).ends_with(&format!("/api/hooks/{secret}")));
    assert_eq!(
        stream.next_named("message").await.data["subject"]["username"],
        "doorbell"
    );

    let path = format!("/api/hooks/{secret}");
    let nobody = server.nobody();
    let posted = nobody
        .post(&path, json!({ "content": "ding" }))
        .await
        .expect(201);
    assert_eq!(posted["author"]["username"], "doorbell");
    let plain = nobody
        .request(Method::POST, &path)
        .header(CONTENT_TYPE, "text/plain; charset=utf-8");
    // A page anywhere may post what it could post with curl: there is no cookie in it.
    let plain = plain
        .header(ORIGIN, "https://elsewhere.example")
        .body("\ndong\n");
    answer(plain).await.expect(201);
    for content in ["ding", "dong"] {
        assert_eq!(stream.next_named("message").await.data["content"], content);
    }

    for (body, kind, status, code) in [
        (vec![0xff], "text/plain", 400, "malformed"),
        (b" ".to_vec(), "text/plain", 422, "invalid"),
        (b"{}".to_vec(), "application/json", 422, "invalid"),
        (
            b"content=x".to_vec(),
            "multipart/form-data",
            415,
            "unsupported_media_type",
        ),
    ] {
        let post = nobody
            .request(Method::POST, &path)
            .header(CONTENT_TYPE, kind)
            .body(body);
        answer(post).await.refused(status, code);
    }
    let listed = anna
        .get(&format!("/api/conversations/{room}/hooks"))
        .await
        .expect(200);
    assert_eq!(listed[0]["bot"]["username"], "doorbell");
    assert_eq!(listed[0]["secret"], Value::Null);
}

#[tokio::test]
async fn a_hook_ends_when_it_is_removed_or_its_bot_is_or_its_maker_is_shut_out() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let room = bob.make_room("House", &[], false).await;
    let nobody = server.nobody();
    let ring = async |made: &Value| {
        let path = format!("/api/hooks/{}", text(&made["secret"]));
        nobody.post(&path, json!({ "content": "ding" })).await
    };
    let removed = hook(&bob, &room, "one").await;
    ring(&removed).await.expect(201);
    let path = format!("/api/conversations/{room}/hooks/{}", text(&removed["id"]));
    bob.delete(&path).await.expect(204);
    ring(&removed).await.refused(404, "not_found");
    bob.delete(&path).await.refused(404, "not_found");

    // Nor does the owner of another room remove one there.
    let alone = hook(&bob, &room, "two").await;
    let elsewhere = anna.make_room("Shed", &[], false).await;
    let path = format!(
        "/api/conversations/{elsewhere}/hooks/{}",
        text(&alone["id"])
    );
    anna.delete(&path).await.refused(404, "not_found");
    ring(&alone).await.expect(201);
    let bot = text(&alone["bot"]["id"]);
    bob.delete(&format!("{}/{bot}", participants(&room)))
        .await
        .expect(204);
    ring(&alone).await.refused(404, "not_found");

    let orphan = hook(&bob, &room, "three").await;
    ring(&orphan).await.expect(201);
    let path = format!("/api/admin/users/{}", bob.id);
    anna.patch(&path, json!({ "disabled": true }))
        .await
        .expect(200);
    ring(&orphan).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_hook_never_posts_again_once_its_maker_has_gone() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let (bob, carl) = (anna.invite("bob").await, anna.invite("carl").await);
    let room = bob.make_room("House", &["anna", "carl"], false).await;
    let nobody = server.nobody();
    let ring = async |made: &Value| {
        let path = format!("/api/hooks/{}", text(&made["secret"]));
        nobody.post(&path, json!({ "content": "ding" })).await
    };
    let bell = hook(&bob, &room, "doorbell").await;
    ring(&bell).await.expect(201);
    let owner = json!({ "owner": carl.id });
    let path = format!("/api/conversations/{room}");
    bob.patch(&path, owner).await.expect(200);
    ring(&bell).await.expect(201);
    let bobs_place = format!("{}/{}", participants(&room), bob.id);
    carl.delete(&bobs_place).await.expect(204);
    ring(&bell).await.refused(404, "not_found");
    // Nobody but its maker adds a bot: neither who isn’t there, nor who is.
    let bot = json!({ "username": "doorbell" });
    let refused = carl.post(&participants(&room), bot.clone()).await;
    refused.refused(403, "not_yours");
    let trap = json!({ "name": "Trap", "usernames": ["doorbell"] });
    let refused = carl.post("/api/conversations", trap).await;
    refused.refused(403, "not_yours");
    // When both are back, a new hook is needed.
    let back = json!({ "username": "bob" });
    carl.post(&participants(&room), back).await.expect(204);
    bob.post(&participants(&room), bot.clone())
        .await
        .expect(204);
    ring(&bell).await.refused(404, "not_found");

    let own = bob.make_room("Shed", &["carl"], false).await;
    let alarm = hook(&bob, &own, "alarm").await;
    ring(&alarm).await.expect(201);
    let account = format!("/api/admin/users/{}", bob.id);
    for disabled in [true, false] {
        let change = json!({ "disabled": disabled });
        anna.patch(&account, change).await.expect(200);
        ring(&alarm).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_bot_is_shown_as_one_with_who_made_it() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let room = anna.make_room("House", &[], true).await;
    let made = hook(&anna, &room, "doorbell").await;
    let path = format!("/api/hooks/{}", text(&made["secret"]));
    let nobody = server.nobody();
    let posted = nobody.post(&path, json!({ "content": "ding" })).await;
    let posted = posted.expect(201);
    let bot = &posted["author"];
    assert_eq!(
        (&bot["bot"], &bot["botOf"]),
        (&json!(true), &json!(anna.id))
    );
    let people = anna.get(&participants(&room)).await.expect(200);
    let found = anna.get("/api/users?search=door").await.expect(200);
    let profile = anna.get(&format!("/api/users/{}", text(&bot["id"]))).await;
    assert_eq!(&people[1]["user"], bot);
    assert_eq!(&found[0], bot);
    assert_eq!(&profile.expect(200)["user"], bot);
    // Nothing is said of people.
    let own = people[0]["user"].as_object().expect("an object");
    assert!(!own.contains_key("bot") && !own.contains_key("botOf"));
}

#[tokio::test]
async fn a_bot_joins_only_where_its_maker_is() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let room = anna.make_room("Hall", &[], true).await;
    let bot = json!({ "name": "x", "scope": "send", "bot": "lamp" });
    let bot = bob.post("/api/tokens", bot).await.expect(201);
    let bot = bob.with_token(&bot["token"]);
    let refused = bot.post(&participants(&room), json!({})).await;
    refused.refused(403, "not_yours");
    bob.post(&participants(&room), json!({})).await.expect(204);
    bot.post(&participants(&room), json!({})).await.expect(204);
    bob.delete(&format!("{}/me", participants(&room)))
        .await
        .expect(204);
    bot.get(&format!("/api/conversations/{room}"))
        .await
        .refused(404, "not_found");
}

/// With a token of scope `send`, a program takes part. Whatever it does to a room takes a person.
#[tokio::test]
async fn a_program_takes_part_in_a_room_and_administers_none() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let (_, program) = token(&anna, "send").await;
    let room = program.make_room("Kitchen", &["bob"], false).await;
    let path = format!("/api/conversations/{room}");
    for change in [
        json!({ "open": true }),
        json!({ "open": false }),
        json!({ "name": "Cellar" }),
        json!({ "owner": bob.id }),
    ] {
        program.patch(&path, change).await.refused(403, "scope");
    }
    let bobs_place = format!("{}/{}", participants(&room), bob.id);
    program.delete(&bobs_place).await.refused(403, "scope");
    for method in [Method::PUT, Method::DELETE] {
        let picture = program.request(method, &format!("{path}/avatar"));
        answer(picture).await.refused(403, "scope");
    }
    let shown = bob.get(&path).await.expect(200);
    assert_eq!(
        (&shown["name"], &shown["open"]),
        (&json!("Kitchen"), &json!(false))
    );
    // It comes and goes by itself.
    program
        .delete(&format!("{}/{}", participants(&room), anna.id))
        .await
        .expect(204);
    anna.get(&path).await.refused(404, "not_found");
}

#[tokio::test]
async fn only_a_rooms_owner_makes_hooks_into_it() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let room = anna.make_room("House", &["bob"], true).await;
    let path = format!("/api/conversations/{room}/hooks");
    let wish = json!({ "bot": "doorbell" });
    bob.post(&path, wish.clone())
        .await
        .refused(403, "not_yours");
    bob.get(&path).await.refused(403, "not_yours");
    let stranger = anna.invite("eve").await;
    stranger
        .post(&path, wish.clone())
        .await
        .refused(404, "not_found");
    let direct = format!("/api/conversations/{}/hooks", anna.talk_to("bob").await);
    anna.post(&direct, wish).await.refused(409, "not_a_room");
}

#[tokio::test]
async fn a_hook_is_slowed_down_where_it_floods() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let room = anna.make_room("House", &[], false).await;
    let made = hook(&anna, &room, "doorbell").await;
    let path = format!("/api/hooks/{}", text(&made["secret"]));
    let nobody = server.nobody();
    let mut refusals = 0;
    for _ in 0..40 {
        let posted = nobody.post(&path, json!({ "content": "ding" })).await;
        if posted.status.as_u16() == 429 {
            assert!(posted.headers.contains_key("retry-after"));
            posted.refused(429, "throttled");
            refusals += 1;
        } else {
            posted.expect(201);
        }
    }
    assert!(refusals > 0);
}
