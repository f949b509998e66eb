//! Where new people land: the rooms of an invitation, who invited them, and the default room.

use serde_json::{Value, json};
use tincan::{http::Signup, server::Config};

use crate::{
    home::Home,
    support::{
        Answer, Client, PASSWORD, Server, at_once, dev, messages, participant, participants,
        strict, text, token_of,
    },
    witness::Witness,
};

/// Invites as this says, and gives back the invitation.
async fn invite(client: &Client, wish: Value) -> Value {
    client.post("/api/invites", wish).await.expect(201)
}

fn account(username: &str, invite: &Value) -> Value {
    let token = token_of(text(&invite["link"]));
    json!({ "username": username, "password": PASSWORD, "invite": token })
}

/// Comes in with an invitation: who it is, and where they land.
async fn come(server: &Server, username: &str, invite: &Value) -> (Client, Value) {
    let nobody = server.nobody();
    let answer = nobody
        .post("/api/accounts", account(username, invite))
        .await;
    let answer = answer.expect(201);
    let client = nobody.with_token(&answer["token"]);
    (client, answer["conversationId"].clone())
}

/// The names of those in a conversation.
async fn people(client: &Client, conversation: &str) -> Vec<String> {
    let list = client.get(&participants(conversation)).await.expect(200);
    let list = list.as_array().expect("a list").iter();
    list.map(|one| text(&one["user"]["username"]).to_owned())
        .collect()
}

/// The names of somebody's rooms.
async fn rooms(client: &Client) -> Vec<String> {
    let list = client.get("/api/conversations").await.expect(200);
    let list = list.as_array().expect("a list").iter();
    let names = list.filter_map(|one| one["name"].as_str());
    let mut names: Vec<_> = names.map(str::to_owned).collect();
    names.sort();
    names
}

async fn administer(client: &Client, settings: Value) -> Value {
    client
        .patch("/api/admin/settings", settings)
        .await
        .expect(200)
}

/// A server with anna, who has just set it up with a default room of this name.
async fn with_room(config: Config, name: &str) -> (Server, Client, String) {
    let server = Server::start(config).await;
    let account = json!({
        "username": "anna", "password": PASSWORD, "setupToken": server.setup_token(), "room": name,
    });
    let answer = server.nobody().post("/api/accounts", account).await;
    let answer = answer.expect(201);
    let anna = server.nobody().with_token(&answer["token"]);
    let room = text(&answer["conversationId"]).to_owned();
    (server, anna, room)
}

#[tokio::test]
async fn who_is_invited_lands_with_who_invited_them_and_in_the_rooms() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let kitchen = anna.make_room("Kitchen", &[], false).await;
    let garden = anna.make_room("Garden", &[], true).await;
    anna.say(&kitchen, "before").await;
    let made = invite(&anna, json!({ "rooms": [garden, kitchen, garden] })).await;
    let named = json!([
        { "id": garden, "name": "Garden" }, { "id": kitchen, "name": "Kitchen" },
    ]);
    assert_eq!(made["rooms"], named);
    let listed = anna.get("/api/invites").await.expect(200);
    assert_eq!(listed[0]["rooms"], named);
    let check = json!({ "invite": token_of(text(&made["link"])) });
    let known = server.nobody().post("/api/invites/check", check).await;
    let known = known.expect(200);
    assert_eq!(known["rooms"], json!(["Garden", "Kitchen"]));
    assert_eq!(known["invitedBy"], "anna");

    let mut stream = anna.follow(None).await;
    let (bob, landing) = come(&server, "bob", &made).await;
    let talk = stream.next_named("conversation").await;
    assert_eq!(rooms(&bob).await, ["Garden", "Kitchen"]);
    let direct = text(&landing).to_owned();
    assert_eq!(people(&bob, &direct).await, ["anna", "bob"]);
    assert_eq!(anna.talk_to("bob").await, direct);
    let _ = talk;
    for room in [&kitchen, &garden] {
        assert_eq!(people(&anna, room).await, ["anna", "bob"]);
        let newest = anna.get(&messages(room)).await.expect(200)[0].clone();
        assert_eq!(
            (&newest["system"], &newest["content"]),
            (&json!("joined"), &json!("bob joined"))
        );
    }
    // Of a closed room they see what is said from now on.
    let seen = bob.get(&messages(&kitchen)).await.expect(200);
    assert_eq!(seen.as_array().map(Vec::len), Some(1), "{seen}");
    let told = stream.take(4).await;
    assert!(told.iter().all(|event| event.name != "reset"), "{told:?}");
    Witness::of(server.database()).expect_agreement();
}

#[tokio::test]
async fn rooms_that_one_cant_add_people_to_are_refused() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let theirs = bob.make_room("Cellar", &[], false).await;
    let direct = anna.talk_to("bob").await;
    let mine = anna.make_room("Kitchen", &[], false).await;
    let many: Vec<_> = vec![mine.clone(); 11];
    for wrong in [
        json!([theirs]),
        json!([direct]),
        json!(["999"]),
        json!(["kitchen"]),
        json!([mine, theirs]),
        json!(many),
    ] {
        let refused = anna.post("/api/invites", json!({ "rooms": wrong })).await;
        let refused = refused.refused(422, "invalid");
        assert!(refused["errors"]["rooms"].is_string(), "{refused}");
    }
    assert_eq!(anna.get("/api/invites").await.expect(200), json!([]));
}

#[tokio::test]
async fn what_has_become_of_its_rooms_keeps_nobody_out() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let left = anna.make_room("Left", &["bob"], false).await;
    let empty = anna.make_room("Empty", &[], true).await;
    let closed = anna.make_room("Closed", &[], true).await;
    let made = invite(&anna, json!({ "uses": 2, "rooms": [left, empty, closed] })).await;
    for room in [&left, &empty] {
        anna.delete(&participant(room, "me")).await.expect(204);
    }
    let close = json!({ "open": false, "name": "Closed now" });
    anna.patch(&format!("/api/conversations/{closed}"), close)
        .await
        .expect(200);
    let check = json!({ "invite": token_of(text(&made["link"])) });
    let known = server.nobody().post("/api/invites/check", check).await;
    assert_eq!(known.expect(200)["rooms"], json!(["Empty", "Closed now"]));
    let (eve, _) = come(&server, "eve", &made).await;
    assert_eq!(rooms(&eve).await, ["Closed now", "Empty"]);
    assert_eq!(people(&bob, &left).await, ["bob"]);
    // The first in an abandoned room owns it.
    let shown = eve.get(&format!("/api/conversations/{empty}")).await;
    assert_eq!(shown.expect(200)["role"], "owner");
}

#[tokio::test]
async fn the_last_use_lets_one_in_and_the_other_joins_nothing() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let room = anna.make_room("Kitchen", &[], false).await;
    let made = invite(&anna, json!({ "rooms": [room] })).await;
    let statuses = at_once((0..6).map(|number| {
        let (nobody, account) = (server.nobody(), account(&format!("guest-{number}"), &made));
        async move { nobody.post("/api/accounts", account).await.status.as_u16() }
    }))
    .await;
    let came = statuses.iter().filter(|&&status| status == 201).count();
    assert_eq!(came, 1, "{statuses:?}");
    assert_eq!(people(&anna, &room).await.len(), 2);
    let witness = Witness::of(server.database());
    assert_eq!(witness.number("SELECT count(*) FROM users"), 2);
    let directs = "SELECT count(*) FROM conversations WHERE kind = 'direct'";
    assert_eq!(witness.number(directs), 1);
    witness.expect_agreement();
}

#[tokio::test]
async fn the_default_room_is_made_with_the_first_account() {
    let (server, anna, room) = with_room(strict(), " Everyone ").await;
    let shown = anna.get(&format!("/api/conversations/{room}")).await;
    let shown = shown.expect(200);
    assert_eq!(
        (&shown["name"], &shown["open"], &shown["role"]),
        (&json!("Everyone"), &json!(true), &json!("owner"))
    );
    let settings = anna.get("/api/admin/settings").await.expect(200);
    assert_eq!(
        settings,
        json!({ "membersMayInvite": false, "defaultRoomId": room, "adminsNeedSecondFactor": false })
    );
    // An invitation that says nothing leads there; one that says none leads nowhere else than to who invited.
    let (bob, landing) = come(&server, "bob", &invite(&anna, json!({})).await).await;
    assert_eq!(rooms(&bob).await, ["Everyone"]);
    assert_ne!(landing, json!(room));
    let alone = invite(&anna, json!({ "rooms": [] })).await;
    let (carl, landing) = come(&server, "carl", &alone).await;
    assert!(rooms(&carl).await.is_empty());
    assert_eq!(text(&landing), anna.talk_to("carl").await);
    // Whom an administrator makes an account for comes to it, too; a bot doesn't.
    let dora = json!({ "username": "dora" });
    anna.post("/api/admin/users", dora).await.expect(201);
    let kitchen = anna.make_room("Kitchen", &[], false).await;
    let hooks = format!("/api/conversations/{kitchen}/hooks");
    anna.post(&hooks, json!({ "bot": "oven" }))
        .await
        .expect(201);
    assert_eq!(people(&anna, &room).await, ["anna", "bob", "dora"]);
}

#[tokio::test]
async fn a_room_without_a_name_makes_no_account() {
    let server = Server::start(strict()).await;
    let account = json!({
        "username": "anna", "password": PASSWORD, "setupToken": server.setup_token(), "room": " ",
    });
    let refused = server.nobody().post("/api/accounts", account).await;
    let refused = refused.refused(422, "invalid");
    assert!(refused["errors"]["room"].is_string(), "{refused}");
    server.set_up("anna").await;
}

#[tokio::test]
async fn who_comes_by_themselves_lands_in_the_default_room() {
    let mut config = strict();
    config.settings.signup = Signup::Open;
    let (server, anna, room) = with_room(config, "Everyone").await;
    let bob = json!({ "username": "bob", "password": PASSWORD });
    let answer = server.nobody().post("/api/accounts", bob).await.expect(201);
    assert_eq!(answer["conversationId"], room);
    // It is left and renamed as any other.
    anna.patch(
        &format!("/api/conversations/{room}"),
        json!({ "name": "All" }),
    )
    .await
    .expect(200);
    let bob = server.nobody().with_token(&answer["token"]);
    assert_eq!(rooms(&bob).await, ["All"]);
    for client in [&anna, &bob] {
        client.delete(&participant(&room, "me")).await.expect(204);
    }
    let carl = json!({ "username": "carl", "password": PASSWORD });
    let answer = server.nobody().post("/api/accounts", carl).await;
    assert_eq!(answer.expect(201)["conversationId"], room);
    // Signing in again leads nowhere in particular.
    let again = json!({ "username": "carl", "password": PASSWORD });
    let answer = server.nobody().post("/api/login", again).await.expect(200);
    assert_eq!(answer["conversationId"], Value::Null);
    administer(&anna, json!({ "defaultRoomId": null })).await;
    let dora = json!({ "username": "dora", "password": PASSWORD });
    let answer = server.nobody().post("/api/accounts", dora).await;
    assert_eq!(answer.expect(201)["conversationId"], Value::Null);
}

#[tokio::test]
async fn the_default_room_is_one_that_the_administrator_may_let_people_into() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let mine = anna.make_room("Kitchen", &[], false).await;
    let open = bob.make_room("Garden", &[], true).await;
    let theirs = bob.make_room("Cellar", &[], false).await;
    let direct = anna.talk_to("bob").await;
    for room in [&mine, &open] {
        let settings = administer(&anna, json!({ "defaultRoomId": room })).await;
        assert_eq!(settings["defaultRoomId"], json!(room));
    }
    for wrong in [&theirs, &direct, "999", "x"] {
        let settings = json!({ "defaultRoomId": wrong, "membersMayInvite": true });
        let refused = anna.patch("/api/admin/settings", settings).await;
        refused.refused(422, "invalid");
    }
    // What is left out stays.
    let settings = administer(&anna, json!({ "membersMayInvite": true })).await;
    assert_eq!(
        settings,
        json!({ "membersMayInvite": true, "defaultRoomId": open, "adminsNeedSecondFactor": false })
    );
}

#[tokio::test]
async fn in_dev_mode_nobody_lands_anywhere_unless_it_is_set() {
    let server = Server::start(dev()).await;
    let alice = server.sign_up("alice").await;
    assert_eq!(alice.get("/api/conversations").await.expect(200), json!([]));
}

#[tokio::test]
async fn members_invite_where_it_is_allowed() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let may = async |client: &Client| {
        let settings = client.get("/api/settings").await.expect(200);
        settings["mayInvite"].as_bool().expect("a setting")
    };
    assert!(may(&anna).await && !may(&bob).await);
    bob.post("/api/invites", json!({}))
        .await
        .refused(403, "not_admin");
    administer(&anna, json!({ "membersMayInvite": true })).await;
    assert!(may(&bob).await);
    let refused = bob.post("/api/invites", json!({ "uses": 11 })).await;
    refused.refused(422, "invalid");
    let theirs = invite(&anna, json!({ "uses": 11 })).await;
    let mine = invite(&bob, json!({ "uses": 10 })).await;

    // Each sees and revokes their own, and administrators everybody's.
    let listed = bob.get("/api/invites").await.expect(200);
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed[0]["id"], mine["id"]);
    let listed = anna.get("/api/invites").await.expect(200);
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    let path = |made: &Value| format!("/api/invites/{}", text(&made["id"]));
    bob.delete(&path(&theirs)).await.refused(404, "not_found");
    anna.delete(&path(&theirs)).await.expect(204);

    let (carl, landing) = come(&server, "carl", &mine).await;
    assert_eq!(people(&carl, text(&landing)).await, ["bob", "carl"]);
    // It ends when the permission does, and when the member does.
    let try_it = async |name: &'static str| -> Answer {
        server
            .nobody()
            .post("/api/accounts", account(name, &mine))
            .await
    };
    administer(&anna, json!({ "membersMayInvite": false })).await;
    try_it("eve").await.refused(403, "bad_invite");
    administer(&anna, json!({ "membersMayInvite": true })).await;
    try_it("dora").await.expect(201);
    let disable = json!({ "disabled": true });
    let bobs = format!("/api/admin/users/{}", bob.id);
    anna.patch(&bobs, disable).await.expect(200);
    try_it("eve").await.refused(403, "bad_invite");
    assert_eq!(anna.get("/api/invites").await.expect(200), json!([]));
}

#[tokio::test]
async fn the_command_line_names_rooms() {
    let home = Home::new();
    let mut server = home.serve_strictly();
    let token = token_of(&server.setup_link());
    let anna = json!({
        "username": "anna", "password": PASSWORD, "setupToken": token, "room": "Everyone",
    });
    let anna = server.nobody().register(anna).await;
    anna.make_room("Kitchen", &[], false).await;
    for name in ["Twin", "Twin"] {
        anna.make_room(name, &[], false).await;
    }
    let named = async |arguments: &[&str]| {
        let made = home
            .json(&[&["invite", "create"], arguments].concat())
            .await;
        let rooms = made["rooms"].as_array().expect("a list").iter();
        rooms
            .map(|room| text(&room["name"]).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(named(&[]).await, ["Everyone"]);
    assert_eq!(named(&["--room", "Kitchen"]).await, ["Kitchen"]);
    let both = ["--room", "Kitchen", "--room", "Everyone"];
    assert_eq!(named(&both).await, ["Kitchen", "Everyone"]);
    for (wrong, why) in [
        ("Cellar", "No room is called Cellar"),
        ("Twin", "More than one room is called Twin"),
    ] {
        let made = home.run(&["invite", "create", "--room", wrong]).await;
        assert_eq!(made.code, Some(1));
        assert!(made.stderr.contains(why), "{}", made.stderr);
    }
    home.done(&["user", "create", "bob"]).await;
    let room = anna.get("/api/admin/settings").await.expect(200);
    let room = text(&room["defaultRoomId"]).to_owned();
    assert_eq!(people(&anna, &room).await, ["anna", "bob"]);
}
