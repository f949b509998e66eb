//! The plain pages, as browsers without scripts use them: in a window, and in a terminal, where
//! nothing says where a form comes from.

use std::{fs, path::Path, process::Command};

use reqwest::{
    Method, RequestBuilder,
    header::{CONTENT_TYPE, COOKIE, SET_COOKIE},
};
use tempfile::TempDir;
use tincan::{http::ServerSettings, server::Config};

use crate::support::{
    Answer, Client, PASSWORD, Server, Talk, answer, at_once, dev, on_path, skip, strict,
};

const FORM: &str = "application/x-www-form-urlencoded";

/// Somebody at a browser in a terminal.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    /// As it would be sent back.
    cookie: String,
}

impl Browser {
    /// Somebody who has signed in by the page.
    async fn enter(server: &Server, username: &str) -> Self {
        let client = server.nobody();
        let request = form(&client, "/plain/sign-in", &[("username", username)]);
        let entered = answer(request).await;
        assert_eq!(location(&entered), "/plain");
        let cookie = entered.headers[SET_COOKIE].to_str().expect("a text");
        let (cookie, _) = cookie.split_once(';').expect("a cookie with attributes");
        let cookie = cookie.to_owned();
        Self { client, cookie }
    }

    /// Somebody who isn’t signed in.
    pub fn at(server: &Server) -> Self {
        let client = server.nobody();
        let cookie = "a=b".to_owned();
        Self { client, cookie }
    }

    /// The same person, with the session that they have already.
    pub fn of(client: &Client) -> Self {
        let mut client = client.clone();
        let token = client.token.take().expect("a token");
        let cookie = format!("tincan={token}");
        Self { client, cookie }
    }

    /// The same browser, where somebody has chosen a language.
    pub fn in_language(&self, tag: &str) -> Self {
        Self {
            cookie: format!("{}; tincan-language={tag}", self.cookie),
            ..self.clone()
        }
    }

    pub async fn look(&self, path: &str) -> Answer {
        let request = self.client.request(Method::GET, path);
        answer(request.header(COOKIE, &self.cookie)).await
    }

    /// A page that is there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.look(path).await;
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
        html(answer, 200)
    }

    /// What all forms of this session carry.
    pub async fn token(&self) -> String {
        value_of(&self.page("/plain").await, "token")
    }

    /// Sends a form as its page would.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token().await;
        answer(self.form(path, &[&[("token", token.as_str())], fields].concat())).await
    }

    /// Sends a form that is accepted, and looks where it leads to.
    pub async fn change(&self, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let location = location(&self.send(path, fields).await);
        let page = self.page(&location).await;
        (location, page)
    }

    /// A form to be refined, without the token.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        form(&self.client, path, fields).header(COOKIE, &self.cookie)
    }

    /// A form with files to be refined, as it travels.
    pub fn form_data(&self, path: &str, kind: &str, body: Vec<u8>) -> RequestBuilder {
        let request = self.client.request(Method::POST, path);
        let request = request.header(COOKIE, &self.cookie);
        request.header(CONTENT_TYPE, kind).body(body)
    }
}

fn form(client: &Client, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = serde_urlencoded::to_string(fields).expect("fields");
    let request = client.request(Method::POST, path);
    request.header(CONTENT_TYPE, FORM).body(body)
}

/// The page that an answer with this status has.
#[track_caller]
pub fn html(answer: Answer, status: u16) -> String {
    let body = answer.expect(status);
    let page = body.as_str().expect("a page").to_owned();
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    page
}

/// Where an answer leads to.
#[track_caller]
fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.headers["location"].to_str().expect("a text").into()
}

/// The value of a page's field.
#[track_caller]
fn value_of(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!(r#"name="{name}" value=""#))
        .unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split('"').next().expect("a value").to_owned()
}

#[track_caller]
fn assert_shows(page: &str, text: &str) {
    assert!(page.contains(text), "{text:?} isn't in {page}");
}

#[track_caller]
fn assert_lacks(page: &str, text: &str) {
    assert!(!page.contains(text), "{text:?} is in {page}");
}

/// The page of a conversation.
fn talk_path(id: &str) -> String {
    format!("/plain/conversations/{id}")
}

/// John and Jane, each at a browser in a terminal.
async fn two() -> (Talk, Browser, Browser) {
    let talk = Talk::start(dev()).await;
    let (john, jane) = (Browser::of(&talk.john), Browser::of(&talk.jane));
    (talk, john, jane)
}

fn id(message: &serde_json::Value) -> String {
    message["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn two_people_talk_without_scripts() {
    let server = Server::start(dev()).await;
    let john = Browser::enter(&server, "john").await;
    let jane = Browser::enter(&server, "jane").await;
    assert_shows(&john.page("/plain").await, "No conversations yet");

    let start = [("username", "jane")];
    let (path, page) = john.change("/plain/conversations", &start).await;
    assert_eq!(path, "/plain/conversations/1#end");
    assert_shows(&page, "<h1><bdi>jane</bdi></h1>");
    assert_shows(&page, "No messages yet");
    let draft = [
        ("content", "Are you at home?"),
        ("clientId", &value_of(&page, "clientId")),
    ];
    let (_, page) = john.change("/plain/conversations/1", &draft).await;
    assert_shows(&page, "<b>You</b>");
    assert_shows(&page, "Are you at home?");

    let list = jane.page("/plain").await;
    assert_shows(
        &list,
        r#"<a href="/plain/conversations/1#end"><bdi>john</bdi></a>"#,
    );
    assert_shows(&list, "1 unread");
    let page = jane.page("/plain/conversations/1").await;
    assert_shows(&page, "<b><bdi>john</bdi></b>");
    assert_shows(&page, "Are you at home?");
    assert_lacks(&jane.page("/plain").await, "unread");

    let (path, page) = jane
        .change("/plain/messages/2/reactions", &[("add", "👍 1")])
        .await;
    assert_eq!(path, "/plain/conversations/1#m2");
    assert_shows(&page, r#"name="remove" value="👍 1 ✓""#);
    let page = john.page("/plain/conversations/1").await;
    assert_shows(&page, r#"name="add" value="👍 1""#);
    let (_, page) = john
        .change("/plain/messages/2/reactions", &[("add", "👍 1")])
        .await;
    assert_shows(&page, r#"name="remove" value="👍 2 ✓""#);
    let taken_back = [("remove", "👍 2 ✓")];
    let (_, page) = john
        .change("/plain/messages/2/reactions", &taken_back)
        .await;
    assert_shows(&page, r#"name="add" value="👍 1""#);

    let page = john.page("/plain/messages/2/edit").await;
    assert_shows(&page, ">\nAre you at home?</textarea>");
    let edit = [("content", "Are you there?")];
    let (path, page) = john.change("/plain/messages/2/edit", &edit).await;
    assert_eq!(path, "/plain/conversations/1#m2");
    assert_shows(&page, "Are you there?");
    assert_shows(&page, "edited");
    assert_lacks(&page, "at home");

    assert_shows(
        &john.page("/plain/messages/2/delete").await,
        "Are you there?",
    );
    let (_, page) = john.change("/plain/messages/2/delete", &[]).await;
    assert_shows(&page, "Message deleted");
    assert_lacks(&page, "there?");
    assert_shows(&jane.page("/plain").await, "Message deleted");

    let left = john.send("/plain/sign-out", &[]).await;
    assert_eq!(location(&left), "/plain/sign-in");
    let forgotten = left.headers[SET_COOKIE].to_str().expect("a text");
    let name = format!("tincan-{}=; ", server.address().port());
    assert!(forgotten.starts_with(&name), "{forgotten}");
    assert_eq!(location(&john.look("/plain").await), "/plain/sign-in");
}

#[tokio::test]
async fn people_meet_in_rooms_without_scripts() {
    let server = Server::start(dev()).await;
    server.sign_up("ada").await;
    let [john, jane, ada] = ["john", "jane", "ada"].map(|name| Browser::enter(&server, name));
    let (john, jane, ada) = (john.await, jane.await, ada.await);

    let plan = [("name", "Kitchen"), ("usernames", " jane,, ")];
    let (path, page) = john.change("/plain/rooms", &plan).await;
    assert_eq!(path, "/plain/conversations/1#end");
    assert_shows(&page, "<h1><bdi>Kitchen</bdi></h1>");
    assert_shows(&page, "john created this room");
    assert_shows(&page, "2 people");
    let people = "/plain/conversations/1/people";
    let page = jane.page(people).await;
    assert_shows(&page, "Private – by invitation only.");
    assert_lacks(&page, "Rename");
    assert_lacks(&page, "Manage</a>");
    assert_shows(&ada.page("/plain/rooms").await, "No other open rooms.");
    let shut = ada.send("/plain/conversations/1/join", &[]).await;
    assert_shows(&html(shut, 404), "Conversation not found.");

    let room = "/plain/conversations/1/room";
    let (path, page) = john.change(room, &[("open", "yes")]).await;
    assert_eq!(path, people);
    assert_shows(&page, "Anyone can find and join this room.");
    let (_, page) = john.change(room, &[("name", "Cellar")]).await;
    assert_shows(&page, "People in <bdi>Cellar</bdi>");
    assert_shows(&ada.page("/plain/rooms").await, "<bdi>Cellar</bdi>");
    let (path, page) = ada.change("/plain/conversations/1/join", &[]).await;
    assert_eq!(path, "/plain/conversations/1#end");
    assert_shows(&page, "ada joined");
    assert_shows(&ada.page("/plain/rooms").await, "No other open rooms.");

    let everybody = server.sign_in("john").await;
    let ids = everybody.get("/api/conversations/1/participants").await;
    let ids = ids.expect(200);
    let id_of = |name: &str| {
        let mut people = ids.as_array().expect("a list").iter();
        let person = people.find(|person| person["user"]["username"] == name);
        id(&person.expect("somebody")["user"])
    };
    let (jane_page, ada_page) = (
        format!("{people}/{}", id_of("jane")),
        format!("{people}/{}", id_of("ada")),
    );
    assert_shows(&john.page(&jane_page).await, "Remove jane from the room");
    html(ada.look(&jane_page).await, 403);
    let (_, page) = john.change(&jane_page, &[("remove", "Remove jane")]).await;
    assert_lacks(&page, "jane");
    let gone = jane.look("/plain/conversations/1").await;
    assert_shows(&html(gone, 404), "Conversation not found.");
    let (_, page) = ada.change(people, &[("username", "JANE")]).await;
    assert_shows(&page, "<bdi>jane</bdi>");

    let (_, page) = john.change(&ada_page, &[("owner", "Make ada")]).await;
    assert_lacks(&page, "Manage</a>");
    assert_shows(&ada.page(people).await, "Rename");
    let refused = john.send(&jane_page, &[("remove", "Remove jane")]).await;
    assert_shows(&html(refused, 403), "Only the room’s owner can do this.");

    assert_shows(
        &ada.page("/plain/conversations/1/leave").await,
        "Leave <bdi>Cellar</bdi>?",
    );
    let (path, page) = ada.change("/plain/conversations/1/leave", &[]).await;
    assert_eq!(path, "/plain");
    assert_lacks(&page, "Cellar");
    assert_shows(
        &jane.page("/plain/conversations/1").await,
        "is now the owner",
    );
}

#[tokio::test]
async fn no_text_is_ever_markup() {
    let (talk, john, jane) = two().await;
    let evil = r#""><script>alert(1)</script><b title='"#;
    let escaped = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;b title='";
    let said = id(&talk.jane.say(&talk.conversation, evil).await);
    let own = id(&talk.john.say(&talk.conversation, evil).await);
    let plan = [("name", evil), ("usernames", "jane"), ("open", "yes")];
    john.send("/plain/rooms", &plan).await;
    let somebody = Browser::of(&talk.server.sign_up("ada").await);
    let room = "/plain/conversations/2";
    for (browser, path) in [
        (&jane, "/plain".to_owned()),
        (&john, talk_path(&talk.conversation)),
        (&john, format!("{}/follow", talk_path(&talk.conversation))),
        (&john, format!("/plain/messages/{said}/reactions")),
        (&john, format!("/plain/messages/{own}/edit")),
        (&john, format!("/plain/messages/{own}/delete")),
        (&jane, room.to_owned()),
        (&jane, format!("{room}/follow")),
        (&john, format!("{room}/people")),
        (&john, format!("{room}/people/2")),
        (&john, format!("{room}/leave")),
        (&somebody, "/plain/rooms".to_owned()),
    ] {
        let page = browser.page(&path).await;
        assert_shows(&page, escaped);
        assert_lacks(&page, "<script");
        assert_lacks(&page, "<b title");
    }
    // What is refused comes back as well.
    let path = talk_path(&talk.conversation);
    let long = format!("{evil}{}", "x".repeat(4_000));
    for (path, fields) in [
        ("/plain/conversations", [("username", evil), ("", "")]),
        ("/plain/rooms", [("name", evil), ("usernames", evil)]),
        (&path, [("content", &long), ("", "")]),
        (&format!("{room}/people"), [("username", evil), ("", "")]),
        (&format!("{room}/room"), [("name", &long), ("", "")]),
        (
            &format!("/plain/messages/{own}/edit"),
            [("content", &long), ("", "")],
        ),
    ] {
        let refused = john.send(path, &fields).await;
        let status = refused.status.as_u16();
        let page = html(refused, status);
        assert!((400..500).contains(&status), "{path}: {status}");
        assert_shows(&page, escaped);
        assert_lacks(&page, "<script");
    }
    let door = form(
        &talk.server.nobody(),
        "/plain/sign-in",
        &[("username", evil)],
    );
    assert_shows(&html(answer(door).await, 404), escaped);
}

#[tokio::test]
async fn an_address_in_a_text_is_a_link() {
    let (talk, john, _) = two().await;
    let said = "See https://example.org/?a=1&b=2, not javascript://x";
    talk.jane.say(&talk.conversation, said).await;
    let page = john.page(&talk_path(&talk.conversation)).await;
    let address = "https://example.org/?a=1&amp;b=2";
    let link =
        format!(r#"See <a href="{address}" rel="noopener noreferrer">{address}</a>, not java"#);
    assert_shows(&page, &link);
}

#[tokio::test]
async fn a_form_without_the_token_of_its_session_changes_nothing() {
    let (talk, john, jane) = two().await;
    let own = john.token().await;
    assert_eq!(own.len(), 64, "{own}");
    let theirs = jane.token().await;
    let another = Browser::of(&talk.john.another_device().await).token().await;
    let secret = talk.john.token.clone().expect("a token");
    let near = format!(
        "{}{}",
        &own[..63],
        if own.ends_with('0') { '1' } else { '0' }
    );
    let said = id(&talk.john.say(&talk.conversation, "Hello").await);
    let path = talk_path(&talk.conversation);
    let forms = [
        (path.clone(), ("content", "not I")),
        ("/plain/conversations".to_owned(), ("username", "jane")),
        ("/plain/rooms".to_owned(), ("name", "not mine")),
        (format!("/plain/messages/{said}/edit"), ("content", "not I")),
        (format!("/plain/messages/{said}/delete"), ("", "")),
        (format!("/plain/messages/{said}/reactions"), ("add", "👍")),
        (format!("{path}/join"), ("", "")),
        (format!("{path}/leave"), ("", "")),
        (format!("{path}/people"), ("username", "jane")),
        (format!("{path}/people/2"), ("remove", "jane")),
        (format!("{path}/room"), ("name", "not mine")),
        ("/plain/sign-out".to_owned(), ("", "")),
    ];
    for (path, field) in &forms {
        for token in [
            "",
            &theirs,
            &another,
            &secret,
            &own[..63],
            &format!("{own}0"),
            &near,
        ] {
            let refused = answer(john.form(path, &[("token", token), *field])).await;
            let page = html(refused, 403);
            assert_shows(&page, "Reload the page");
            assert_shows(&page, r#"<a href="/plain">"#);
        }
        let refused = answer(john.form(path, &[*field])).await;
        assert_shows(&html(refused, 403), "Reload the page");
        // A browser that tells on a form of another site is believed, whatever the form knows.
        for header in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let request = john.form(path, &[("token", &own), *field]);
            let refused = answer(request.header(header.0, header.1)).await;
            assert_shows(
                &html(refused, 403),
                "Pages from another origin can’t do this.",
            );
        }
    }
    let page = john.page(&path).await;
    assert_shows(&page, "Hello");
    assert_lacks(&page, "not I");
    assert_lacks(&page, "edited");
    assert_lacks(&page, "👍");
    assert_lacks(&john.page("/plain").await, "not mine");

    let origin = format!("http://{}", talk.server.address());
    for header in [("sec-fetch-site", "same-origin"), ("origin", &origin)] {
        let request = john.form(&path, &[("token", &own), ("content", "I")]);
        location(&answer(request.header(header.0, header.1)).await);
    }
}

#[tokio::test]
async fn nobody_is_signed_in_by_a_page_of_another_site() {
    let server = Server::start(dev()).await;
    for header in [("sec-fetch-site", "cross-site"), ("origin", "null")] {
        let request = form(&server.nobody(), "/plain/sign-in", &[("username", "john")]);
        let refused = answer(request.header(header.0, header.1)).await;
        assert!(!refused.headers.contains_key(SET_COOKIE));
        html(refused, 403);
    }
}

#[tokio::test]
async fn whom_nobody_knows_is_led_to_the_door() {
    let (talk, john, _) = two().await;
    let path = talk_path(&talk.conversation);
    let stranger = Browser {
        cookie: format!("tincan={}", "0".repeat(64)),
        ..john.clone()
    };
    for path in [
        "/plain",
        "/plain/",
        "/plain/rooms",
        &path,
        &format!("{path}/follow"),
    ] {
        assert_eq!(location(&stranger.look(path).await), "/plain/sign-in");
        // Pages are for whom the cookie signs in.
        assert_eq!(location(&talk.john.get(path).await), "/plain/sign-in");
    }
    let token = john.token().await;
    let written = stranger.form(&path, &[("token", &token), ("content", "not I")]);
    assert_eq!(location(&answer(written).await), "/plain/sign-in");
    assert_lacks(&john.page(&path).await, "not I");

    let door = html(talk.server.nobody().get("/plain/sign-in").await, 200);
    for name in ["john", "jane"] {
        assert_shows(&door, &format!(r#"name="username" value="{name}""#));
    }
}

#[tokio::test]
async fn an_account_is_made_at_the_door() {
    let server = Server::start(dev()).await;
    let enter = |fields: &[(&str, &str)]| answer(form(&server.nobody(), "/plain/sign-in", fields));
    let unknown = html(enter(&[("username", "ada")]).await, 404);
    assert_shows(&unknown, "User not found.");
    assert_shows(&unknown, r#"value="ada""#);
    let wanted = [("username", "ada"), ("create", "Create account")];
    assert_eq!(location(&enter(&wanted).await), "/plain");
    assert_shows(&html(enter(&wanted).await, 409), "Username taken.");
    assert_eq!(location(&enter(&[("username", "ada")]).await), "/plain");
    assert_shows(
        &html(enter(&[("username", " ")]).await, 422),
        "Enter a username.",
    );
    assert_shows(&html(enter(&[]).await, 422), "Enter a username.");
}

#[tokio::test]
async fn without_dev_mode_the_door_says_as_the_contract_does() {
    let strict = Config {
        settings: ServerSettings::default(),
        ..dev()
    };
    let server = Server::start(strict).await;
    let door = html(server.nobody().get("/plain/sign-in").await, 200);
    assert_shows(&door, r#"type="password""#);
    assert_lacks(&door, "john");
    let fields = [("username", "john"), ("password", "guess")];
    let refused = answer(form(&server.nobody(), "/plain/sign-in", &fields)).await;
    assert!(!refused.headers.contains_key(SET_COOKIE));
    assert_shows(&html(refused, 401), "Wrong username or password.");
    let fields = [fields[0], ("create", "Create account")];
    let refused = answer(form(&server.nobody(), "/plain/sign-in", &fields)).await;
    assert_shows(
        &html(refused, 403),
        "This server isn’t accepting new accounts.",
    );
}

/// The first comes with the setup link and a room, others with links that are made here.
#[tokio::test]
async fn people_are_invited_and_land_without_scripts() {
    let server = Server::start(strict()).await;
    let nobody = server.nobody();
    let door = "/plain/sign-in";
    let page = html(nobody.get(door).await, 200);
    assert_eq!(value_of(&page, "room"), "Everyone");
    let enter = async |fields: &[(&str, &str)]| {
        let shared = [("password", PASSWORD), ("create", "Create account")];
        let entered = answer(form(&nobody, door, &[&shared, fields].concat())).await;
        let landing = location(&entered);
        let cookie = entered.headers[SET_COOKIE].to_str().expect("a text");
        let (cookie, _) = cookie.split_once(';').expect("a cookie with attributes");
        let (client, cookie) = (nobody.clone(), cookie.to_owned());
        (Browser { client, cookie }, landing)
    };
    let setup = format!("/setup#{}", server.setup_token().expect("a token"));
    let first = [("username", "anna"), ("link", &setup), ("room", "Everyone")];
    let (anna, landing) = enter(&first).await;
    assert_shows(&anna.page(&landing).await, "Everyone");
    assert_shows(&anna.page("/plain").await, "/plain/invites");
    assert_shows(&anna.page("/plain/invites").await, "No open invitations");

    let made = anna
        .send("/plain/invites", &[("uses", "2"), ("days", "3")])
        .await;
    let made = html(made, 200);
    assert_shows(&made, "2 of 2 left");
    assert_shows(&made, "<bdi>Everyone</bdi>");
    let (_, link) = made.split_once("<code>").expect("a link");
    let (link, _) = link.split_once("</code>").expect("a link");
    let (bob, landing) = enter(&[("username", "bob"), ("link", link)]).await;
    assert_shows(&bob.page(&landing).await, "anna");
    assert_shows(&bob.page("/plain").await, "Everyone");

    // A member has no such page unless it is allowed.
    assert_lacks(&bob.page("/plain").await, "/plain/invites");
    for refused in [
        bob.look("/plain/invites").await,
        bob.send("/plain/invites", &[]).await,
        bob.send("/plain/invites/1", &[]).await,
    ] {
        assert_shows(&html(refused, 403), "Only an administrator");
    }
    for wrong in ["0", "101", "x"] {
        let refused = anna.send("/plain/invites", &[("uses", wrong)]).await;
        assert_shows(&html(refused, 422), "class=\"problem\"");
    }
    let (_, page) = anna.change("/plain/invites/1", &[]).await;
    assert_shows(&page, "No open invitations");
}

#[tokio::test]
async fn a_form_that_is_sent_again_says_it_once() {
    let (talk, john, jane) = two().await;
    let path = talk_path(&talk.conversation);
    let page = john.page(&path).await;
    let (first, second) = (value_of(&page, "clientId"), john.page(&path).await);
    assert_ne!(first, value_of(&second, "clientId"));
    // Or a browser would fill in a new page with what was sent from an old one.
    let open = page.matches("<form").count();
    assert_eq!(page.matches(r#" autocomplete="off">"#).count(), open);
    let token = value_of(&page, "token");
    let clicks = (0..10).map(|_| {
        let fields = [
            ("token", token.as_str()),
            ("clientId", &first),
            ("content", "Once"),
        ];
        answer(john.form(&path, &fields))
    });
    for answer in at_once(clicks).await {
        assert_eq!(location(&answer), format!("{path}#end"));
    }
    assert_eq!(jane.page(&path).await.matches("Once").count(), 1);

    // Somebody goes back, and writes something else.
    let other = [("clientId", first.as_str()), ("content", "Twice")];
    let page = html(john.send(&path, &other).await, 409);
    assert_shows(&page, "Send again to send this too.");
    assert_shows(&page, ">\nTwice</textarea>");
    assert_lacks(&jane.page(&path).await, "Twice");
    let fresh = [
        ("clientId", &*value_of(&page, "clientId")),
        ("content", "Twice"),
    ];
    john.change(&path, &fresh).await;
    assert_eq!(jane.page(&path).await.matches("Twice").count(), 1);
}

#[tokio::test]
async fn what_is_refused_comes_back_with_the_reason() {
    let (talk, john, _) = two().await;
    let own = id(&talk.john.say(&talk.conversation, "Hello").await);
    let long = "ä".repeat(4_001);
    for path in [
        talk_path(&talk.conversation),
        format!("/plain/messages/{own}/edit"),
    ] {
        for (content, reason) in [
            (" \n ", "Enter a message."),
            (&long, "Messages can be up to 4,000 characters."),
            ("a\0b", "Messages can’t contain a NUL character."),
        ] {
            let page = html(john.send(&path, &[("content", content)]).await, 422);
            assert_shows(&page, &format!(r#"role="alert">{reason}</p>"#));
            if content == long {
                assert_shows(&page, &format!(">\n{long}</textarea>"));
            }
        }
        assert_shows(&html(john.send(&path, &[]).await, 422), "Enter a message.");
    }
    let page = html(
        john.send("/plain/conversations", &[("username", "john")])
            .await,
        403,
    );
    assert_shows(&page, "Choose someone other than yourself.");
    let page = html(
        john.send("/plain/conversations", &[("username", "nobody")])
            .await,
        404,
    );
    assert_shows(&page, "User not found.");
    assert_shows(&page, r#"value="nobody""#);
    let plan = [
        ("name", "Kitchen"),
        ("usernames", "jane, nobody"),
        ("open", "yes"),
    ];
    let page = html(john.send("/plain/rooms", &plan).await, 422);
    assert_shows(&page, "Username 2 of the list doesn’t exist.");
    for kept in [r#"value="Kitchen""#, r#"value="jane, nobody""#, "checked"] {
        assert_shows(&page, kept);
    }
    let page = html(john.send("/plain/rooms", &[("name", "")]).await, 422);
    assert_shows(&page, "Enter a name.");
    let page = html(
        john.send(&format!("/plain/messages/{own}/reactions"), &[("add", "x")])
            .await,
        422,
    );
    assert_shows(&page, "React with a single emoji.");
}

#[tokio::test]
async fn line_breaks_arrive_as_they_were_written() {
    let (talk, john, _) = two().await;
    let path = talk_path(&talk.conversation);
    john.send(&path, &[("content", "one\r\ntwo\r\n")]).await;
    let newest = talk.john.get("/api/conversations/1").await.expect(200);
    assert_eq!(newest["lastMessage"]["content"], "one\ntwo");
    assert_shows(&john.page(&path).await, "one<br>two");
    // As many as there may be, though the browser sends them as six characters each.
    let lines = "x\r\n".repeat(2_000);
    location(&john.send(&path, &[("content", &lines)]).await);
}

#[tokio::test]
async fn looking_at_a_conversation_marks_what_is_shown_as_read() {
    let (talk, john, jane) = two().await;
    let path = talk_path(&talk.conversation);
    let unread = async || {
        let path = format!("/api/conversations/{}", talk.conversation);
        talk.jane.get(&path).await.expect(200)["unreadCount"].clone()
    };
    let mut ids = Vec::new();
    for number in 1..=60 {
        let said = talk
            .john
            .say(&talk.conversation, &format!("number {number}"))
            .await;
        ids.push(id(&said));
    }
    assert_shows(&jane.page("/plain").await, "60 unread");
    jane.page(&format!("{path}?order=top")).await;
    assert_eq!(
        unread().await,
        60,
        "who looks at the best hasn't seen the newest"
    );

    let page = jane.page(&format!("{path}?before={}", ids[30])).await;
    assert_eq!(unread().await, 30, "up to the newest that is shown");
    assert_shows(&page, "number 30<");
    assert_lacks(&page, "number 31<");
    assert_shows(&page, &format!(r#"href="{path}?before={}">Older"#, ids[5]));
    assert_lacks(&page, "<textarea");
    let page = jane.page(&format!("{path}?before={}", ids[5])).await;
    assert_lacks(&page, "Older messages");
    assert_eq!(unread().await, 30, "and never back");

    let page = jane.page(&path).await;
    assert_shows(&page, "number 60<");
    assert_shows(&page, "number 36<");
    assert_lacks(&page, "number 35<");
    let order = page.find("number 36<").cmp(&page.find("number 60<"));
    assert_eq!(order, std::cmp::Ordering::Less, "the oldest first");
    assert_eq!(page.matches(">New<").count(), 1);
    assert_eq!(unread().await, 0);
    assert_lacks(&jane.page(&path).await, ">New<");
    assert_lacks(&john.page("/plain").await, "unread");
}

/// Where a browser says a page was opened from (<https://www.w3.org/TR/fetch-metadata/>, RFC 9110 §10.1.3), and whether
/// somebody reads it who has come by themselves.
#[tokio::test]
async fn a_link_from_elsewhere_marks_nothing_as_read() {
    let (talk, _, jane) = two().await;
    let own = format!("http://{}/plain", talk.server.address());
    let path = talk_path(&talk.conversation);
    let follow = format!("{path}/follow");
    let beside = format!("{}0/plain", own.trim_end_matches("/plain"));
    for (header, value, is_read) in [
        ("sec-fetch-site", "cross-site", false),
        ("sec-fetch-site", "same-site", false),
        ("sec-purpose", "prefetch", false),
        ("referer", "http://elsewhere.example/", false),
        ("referer", &beside, false),
        ("sec-fetch-site", "same-origin", true),
        ("sec-fetch-site", "none", true),
        ("referer", &own, true),
    ] {
        for path in [&path, &follow] {
            talk.john.say(&talk.conversation, "hello").await;
            let request = jane.client.request(Method::GET, path);
            let request = request.header(COOKIE, &jane.cookie).header(header, value);
            let page = html(answer(request).await, 200);
            assert_shows(&page, "hello");
            let shown = format!("/api/conversations/{}", talk.conversation);
            let shown = talk.jane.get(&shown).await.expect(200);
            assert_eq!(
                shown["hasUnreadMessages"], !is_read,
                "{header}: {value}, {path}"
            );
        }
    }
}

#[tokio::test]
async fn one_is_asked_and_reports_without_scripts() {
    let (talk, john, jane) = two().await;
    let wish = [("asksFirst", "yes")];
    jane.change("/plain/settings/privacy", &wish).await;
    assert_shows(&jane.page("/plain/settings").await, "checked");
    john.change("/plain/rooms", &[("name", "Club"), ("usernames", "")])
        .await;
    let club = talk.john.get("/api/conversations").await.expect(200);
    let club = id(&club[0]);
    let people = format!("{}/people", talk_path(&club));
    let asked = john.send(&people, &[("username", "jane")]).await;
    assert_shows(&html(asked, 200), "want to be asked");
    assert_shows(&jane.page("/plain").await, "would like you to join");
    let answer = format!("/plain/requests/{club}");
    jane.change(&answer, &[("decline", "Decline")]).await;
    assert_lacks(&jane.page("/plain").await, "would like you to join");
    let second = talk.john.make_room("Choir", &["jane"], false).await;
    let accept = [("accept", "Join")];
    let (location, page) = jane
        .change(&format!("/plain/requests/{second}"), &accept)
        .await;
    assert_eq!(location, format!("{}#end", talk_path(&second)));
    assert_shows(&page, "added");

    let said = talk.john.say(&second, "you sing badly").await;
    let page = jane.page(&talk_path(&second)).await;
    let report = format!("/plain/messages/{}/report", id(&said));
    assert_shows(&page, &report);
    assert_lacks(&john.page(&talk_path(&second)).await, &report);
    assert_shows(&jane.page(&report).await, "you sing badly");
    jane.change(&report, &[("content", "rude")]).await;
    let witness = crate::witness::Witness::of(talk.server.database());
    let reported = "SELECT content || ', ' || reason FROM reports";
    let reported: Vec<String> = witness.rows(reported, [], |row| row.get(0));
    assert_eq!(reported, ["you sing badly, rude"]);
}

#[tokio::test]
async fn a_page_that_follows_a_conversation_loads_itself_anew_and_has_nothing_to_write_in() {
    let (talk, john, jane) = two().await;
    let path = talk_path(&talk.conversation);
    let said = id(&talk.john.say(&talk.conversation, "Hello").await);
    let add = [("add", "🎉")];
    jane.change(&format!("/plain/messages/{said}/reactions"), &add)
        .await;
    let refresh = r#"<meta http-equiv="refresh" content="5">"#;
    assert_lacks(&jane.page(&path).await, "http-equiv");
    // With a fragment a browser would only look for that, and load nothing.
    let link = format!(r#"href="{path}/follow""#);
    assert_shows(&jane.page(&path).await, &link);

    let page = john.page(&format!("{path}/follow")).await;
    assert_shows(&page, refresh);
    assert_shows(&page, "Hello");
    assert_shows(&page, "🎉 1");
    assert_shows(&page, &format!(r#"<a href="{path}#end">Write</a>"#));
    assert_lacks(&page, "<textarea");
    let forms = page.matches("<form").count();
    assert_eq!(forms, 2, "to sign out, and to choose a language");
    talk.jane.say(&talk.conversation, "Yes").await;
    assert_shows(&john.page("/plain").await, "1 unread");
    let page = john.page(&format!("{path}/follow")).await;
    assert!(page.find("Yes") < page.find("Hello"), "the newest first");
    assert_lacks(&john.page("/plain").await, "unread");
}

#[tokio::test]
async fn the_top_view_begins_with_the_most_reactions() {
    let (talk, john, jane) = two().await;
    let path = format!("{}?order=top", talk_path(&talk.conversation));
    assert_shows(&john.page(&path).await, "No reactions yet.");
    let mut ids = Vec::new();
    for text in ["first", "second", "third"] {
        ids.push(id(&talk.john.say(&talk.conversation, text).await));
    }
    // One comes back to where one was.
    let react = |id: &str| format!("/plain/messages/{id}/reactions?order=top");
    let (place, _) = john.change(&react(&ids[0]), &[("add", "👍")]).await;
    assert_eq!(place, format!("{path}#m{}", ids[0]));
    john.change(&react(&ids[1]), &[("add", "👍")]).await;
    let (_, page) = jane.change(&react(&ids[1]), &[("add", "👍")]).await;
    assert!(page.find("second") < page.find("first"), "{page}");
    assert_lacks(&page, "third");
}

#[tokio::test]
async fn one_changes_what_is_ones_own() {
    let (talk, john, jane) = two().await;
    let said = id(&talk.john.say(&talk.conversation, "Hello").await);
    let page = jane.page(&talk_path(&talk.conversation)).await;
    for what in ["edit", "delete"] {
        let path = format!("/plain/messages/{said}/{what}");
        assert_lacks(&page, &path);
        assert_shows(
            &html(jane.look(&path).await, 403),
            "Only the author can do this.",
        );
        let tried = jane.send(&path, &[("content", "not you")]).await;
        assert_shows(&html(tried, 403), "Only the author can do this.");
    }
    assert_shows(&john.page(&talk_path(&talk.conversation)).await, "Hello");

    // A room's owner may delete what others say there.
    john.send(
        "/plain/rooms",
        &[("name", "Kitchen"), ("usernames", "jane")],
    )
    .await;
    let said = id(&talk.jane.say("2", "Tea?").await);
    let page = john.page("/plain/conversations/2").await;
    assert_shows(&page, &format!("/plain/messages/{said}/delete"));
    assert_lacks(&page, &format!("/plain/messages/{said}/edit"));
    let (_, page) = john
        .change(&format!("/plain/messages/{said}/delete"), &[])
        .await;
    assert_shows(&page, "Message deleted");
    let gone = jane.look(&format!("/plain/messages/{said}/edit")).await;
    assert_shows(&html(gone, 404), "Message not found.");
}

#[tokio::test]
async fn a_refusal_is_a_page_with_a_way_back() {
    let (talk, john, _) = two().await;
    talk.server.sign_up("ada").await;
    let path = talk_path(&talk.conversation);
    let stranger = Browser::enter(&talk.server, "ada").await;
    let mut refusals = Vec::new();
    for path in [
        "/plain/nothing".to_owned(),
        "/plain/conversations/0".to_owned(),
        "/plain/conversations/9".to_owned(),
        format!("{path}/nothing"),
        format!("{path}?before=x"),
        "/plain/messages/999/edit".to_owned(),
        "/plain?before=9".to_owned(),
        "/plain?before=x".to_owned(),
        "/plain/rooms?before=x".to_owned(),
    ] {
        refusals.push((john.look(&path).await, 404));
    }
    for path in [path.clone(), format!("{path}/follow")] {
        refusals.push((stranger.look(&path).await, 404));
    }
    refusals.push((stranger.send(&path, &[("content", "x")]).await, 404));
    for what in ["people", "leave"] {
        refusals.push((john.look(&format!("{path}/{what}")).await, 409));
    }
    refusals.push((john.look("/plain/sign-out").await, 405));
    let get = john.client.request(Method::PUT, &path);
    refusals.push((answer(get.header(COOKIE, &john.cookie)).await, 405));
    let token = john.token().await;
    let body = |content_type: &str, body: String| {
        let request = john.client.request(Method::POST, &path);
        let request = request.header(COOKIE, &john.cookie);
        answer(request.header(CONTENT_TYPE, content_type).body(body))
    };
    let fields = format!("token={token}&content=x");
    refusals.push((body("text/plain", fields.clone()).await, 415));
    for broken in [
        "content=%ff",
        "content=a&content=b",
        "token=a&content=%c3%28",
    ] {
        refusals.push((body(FORM, format!("{broken}&token={token}")).await, 400));
    }
    let large = format!("token={token}&content={}", "x".repeat(64 * 1024));
    refusals.push((body(FORM, large).await, 413));
    // A charset is harmless.
    location(&body(&format!("{FORM}; charset=UTF-8"), fields).await);
    for (refusal, status) in refusals {
        let page = html(refusal, status);
        assert_shows(&page, "<h1>That didn’t work</h1>");
        assert_shows(&page, r#"<a href="/plain">"#);
    }
    let not_allowed = john.look("/plain/sign-out").await;
    assert_eq!(not_allowed.headers["allow"], "POST");
}

#[tokio::test]
async fn a_plain_page_runs_nothing_and_is_kept_nowhere() {
    let (talk, john, _) = two().await;
    let path = talk_path(&talk.conversation);
    for answer in [
        john.look("/plain").await,
        john.look(&path).await,
        john.look("/plain/nothing").await,
        john.send(&path, &[("content", "")]).await,
        talk.server.nobody().get("/plain").await,
        talk.server.nobody().get("/plain/sign-in").await,
    ] {
        let header = |name: &str| answer.headers[name].to_str().expect("a text");
        assert_eq!(
            header("content-security-policy"),
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        // Or browsers would send "Origin: null" with its forms.
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        let page = answer.body.as_str().unwrap_or_default();
        for active in ["<script", "<style", " style="] {
            assert_lacks(page, active);
        }
    }
    let style = talk.server.nobody().get("/plain.css").await;
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
}

/// The colours that a style sheet names, in the order of their names.
fn colours(sheet: &str) -> Vec<(&str, &str)> {
    let lines = sheet.lines().filter_map(|line| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once(": ")?;
        Some((name, value.trim_end_matches(';')))
    });
    lines.filter(|(_, value)| value.contains('#')).collect()
}

#[test]
fn the_plain_pages_have_the_colours_of_the_other() {
    let ui = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/ui"));
    let read = |name| fs::read_to_string(ui.join(name)).expect("a style sheet");
    let (plain, other) = (read("plain.css"), read("base/base.css"));
    let (day, night) = plain.split_once("@media").expect("two themes");
    let (day, night) = (colours(day), colours(night));
    assert!(!day.is_empty() && day.len() == night.len());
    for ((name, by_day), by_night) in day.into_iter().zip(night) {
        assert_eq!(by_night.0, name);
        let pair = format!("--{name}: light-dark({by_day}, {});", by_night.1);
        assert_shows(&other, &pair);
    }
}

/// w3m with a home of its own, where it keeps its cookies.
struct W3m {
    home: TempDir,
    base: String,
}

impl W3m {
    /// None where the test has to be skipped.
    fn at(server: &Server) -> Option<Self> {
        if on_path("w3m").is_none() {
            skip("w3m isn't on the path");
            return None;
        }
        Some(Self {
            home: TempDir::new().expect("a folder"),
            base: format!("http://{}", server.address()),
        })
    }

    async fn run(&self, path: &str, arguments: &[&str]) -> String {
        let mut command = Command::new("w3m");
        command
            .env("HOME", self.home.path())
            .env("LC_ALL", "C.UTF-8")
            .env_remove("http_proxy")
            .args(["-o", "use_cookie=1", "-o", "accept_cookie=1"])
            .args(arguments)
            .arg(format!("{}{path}", self.base));
        let ran = tokio::task::spawn_blocking(move || command.output());
        let output = ran.await.expect("no panic").expect("w3m runs");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// A page as it is seen.
    async fn look(&self, path: &str) -> String {
        self.run(path, &["-dump"]).await
    }

    /// Sends a form, and gives back the page that it leads to.
    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let body = self.home.path().join("form");
        fs::write(&body, serde_urlencoded::to_string(fields).expect("fields")).expect("a file");
        self.run(path, &["-dump", "-post", body.to_str().expect("a path")])
            .await
    }
}

#[tokio::test]
async fn a_terminal_is_enough() {
    let talk = Talk::start(dev()).await;
    let Some(w3m) = W3m::at(&talk.server) else {
        return;
    };
    let said = "Are you <at> home?\nI could come by.";
    talk.john.say(&talk.conversation, said).await;
    assert_shows(&w3m.look("/plain").await, "[john] [jane]");
    let list = w3m.send("/plain/sign-in", &[("username", "jane")]).await;
    assert_shows(&list, "jane [Sign out]");
    assert_shows(&list, "john 1 unread");
    assert_shows(&list, "Are you <at> home? I could come by.");

    let path = talk_path(&talk.conversation);
    let page = w3m.look(&path).await;
    assert_shows(&page, "  Are you <at> home?\n    I could come by.\n");
    assert_shows(&page, "UTC Reply React Pin or save Report\n");
    assert_shows(&page, "[Send]");
    let source = w3m.run(&path, &["-dump_source"]).await;
    let (token, client_id) = (value_of(&source, "token"), value_of(&source, "clientId"));
    let fields = [("token", token.as_str()), ("clientId", &client_id)];
    let fields = [&fields[..], &[("content", "Yes\r\nCome")]].concat();
    for _ in 0..2 {
        let page = w3m.send(&path, &fields).await;
        assert_eq!(page.matches("Yes\n    Come\n").count(), 1, "{page}");
        assert_shows(&page, "• You ");
    }
    let left = w3m.send("/plain/sign-out", &[("token", &token)]).await;
    assert_shows(&left, "[john] [jane]");
    assert_shows(&w3m.look("/plain").await, "[john] [jane]");
}

#[tokio::test]
async fn one_chooses_what_one_is_called_without_scripts() {
    let (talk, john, jane) = two().await;
    talk.john.say(&talk.conversation, "hi").await;
    let settings = john.page("/plain/settings").await;
    assert_eq!(value_of(&settings, "username"), "john");
    assert_eq!(value_of(&settings, "displayName"), "");
    let names = [("username", "johnny"), ("displayName", "<b>John</b> Doe")];
    let (location, page) = john.change("/plain/settings", &names).await;
    assert_eq!(location, "/plain/settings");
    assert_eq!(value_of(&page, "username"), "johnny");
    let list = jane.page("/plain").await;
    assert!(list.contains("&lt;b&gt;John&lt;/b&gt; Doe"), "{list}");

    for (names, reason) in [
        (
            [("username", "jane"), ("displayName", "")],
            "Username taken",
        ),
        (
            [("username", "johnny"), ("displayName", "\u{200b}")],
            "A name needs a visible character",
        ),
    ] {
        let refused = john.send("/plain/settings", &names).await;
        let status = refused.status.as_u16();
        assert!([409, 422].contains(&status), "{status}");
        let page = html(refused, status);
        assert!(page.contains(reason), "{page}");
        assert_eq!(value_of(&page, "username"), names[0].1);
    }
    let names = [("username", "johnny"), ("displayName", " ")];
    john.change("/plain/settings", &names).await;
    assert!(jane.page("/plain").await.contains("johnny"));
}

#[tokio::test]
async fn one_deletes_ones_account_without_scripts() {
    let (talk, john, jane) = two().await;
    talk.john.say(&talk.conversation, "hi").await;
    let page = john.page("/plain/settings/delete").await;
    assert!(page.contains("name=\"username\""), "{page}");
    let refused = john
        .send("/plain/settings/delete", &[("username", "jane")])
        .await;
    assert!(html(refused, 422).contains("Type your username to confirm"));
    let deleted = john
        .send("/plain/settings/delete", &[("username", "john")])
        .await;
    assert_eq!(location(&deleted), "/plain/sign-in");
    assert_eq!(location(&john.look("/plain").await), "/plain/sign-in");
    let list = jane.page("/plain").await;
    assert!(list.contains("Deleted account"), "{list}");
}
