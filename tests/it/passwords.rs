//! Passwords: which are taken, signing in by one, changing it, and choosing a new one by a link.

use std::time::Instant;

use reqwest::{Method, header::SET_COOKIE};
use serde_json::json;

use crate::old_database::{SERVICE, mark};
use crate::support::{
    Binary, Client, PASSWORD, Server, answer, dev, ended, strict, text, token_of,
};

const ANOTHER: &str = "seven quiet boats";

async fn change(client: &Client, current: &str, new: &str) -> crate::support::Answer {
    let body = json!({ "current": current, "new": new });
    answer(client.request(Method::PUT, "/api/password").json(&body)).await
}

#[tokio::test]
async fn a_password_that_is_short_long_or_everybodys_is_refused_with_the_reason() {
    let server = Server::start(strict()).await;
    let token = server.setup_token();
    for (password, reason) in [
        (String::new(), "Enter a password."),
        ("seven b".to_owned(), "Use at least 8 characters."),
        ("x1".repeat(513), "This password is too long."),
        (
            "Password1".to_owned(),
            "This password is too common. Try three or four random words.",
        ),
        (
            "annabella".to_owned(),
            "Your password can’t be your username.",
        ),
    ] {
        let account = json!({ "username": "annabella", "password": password, "setupToken": token });
        let refused = server.nobody().post("/api/accounts", account).await;
        let refused = refused.refused(422, "invalid");
        assert_eq!(refused["errors"]["password"], reason);
    }
    server.set_up("annabella").await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_told_alike() {
    let server = Server::start(strict()).await;
    server.set_up("anna").await;
    let nobody = server.nobody();
    let ask = async |username: &str, password: &str| {
        let credentials = json!({ "username": username, "password": password });
        nobody.post("/api/login", credentials).await
    };
    let wrong = ask("anna", ANOTHER).await.refused(401, "bad_credentials");
    let unknown = ask("nobody", ANOTHER).await.refused(401, "bad_credentials");
    assert_eq!(wrong, unknown);
    // The case of a name doesn't matter, and that of a password does.
    ask("ANNA", PASSWORD).await.expect(200);
    ask("anna", &PASSWORD.to_uppercase())
        .await
        .refused(401, "bad_credentials");
}

#[tokio::test]
async fn a_password_is_the_same_whichever_keyboard_composes_its_letters() {
    let server = Server::start(strict()).await;
    let composed = "d\u{e9}j\u{e0} vu toujours";
    let account = json!({
        "username": "anna", "password": composed, "setupToken": server.setup_token(),
    });
    server.nobody().register(account).await;
    let decomposed = "de\u{301}ja\u{300} vu toujours";
    server.nobody().log_in("anna", decomposed).await;
}

#[tokio::test]
async fn changing_it_ends_the_other_sessions_and_renews_this_one() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let elsewhere = server.nobody().log_in("anna", PASSWORD).await;
    let mut here = anna.follow(None).await;
    let mut there = elsewhere.follow(None).await;

    change(&anna, "not it at all", ANOTHER)
        .await
        .refused(403, "wrong_password");
    let refused = change(&anna, PASSWORD, "short")
        .await
        .refused(422, "invalid");
    assert!(refused["errors"]["new"].is_string());
    let renewed = change(&anna, PASSWORD, ANOTHER).await.expect(200);

    assert_eq!(there.rest().await.len(), 0);
    elsewhere
        .get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
    anna.get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
    let anna = anna.with_token(&renewed["token"]);
    anna.get("/api/auth_user").await.expect(200);
    // Its stream goes on: the session is the same.
    let room = anna.make_room("Kitchen", &[], false).await;
    assert_eq!(here.next_named("conversation").await.data["id"], *room);

    let old = json!({ "username": "anna", "password": PASSWORD });
    server
        .nobody()
        .post("/api/login", old)
        .await
        .refused(401, "bad_credentials");
    server.nobody().log_in("anna", ANOTHER).await;
}

#[tokio::test]
async fn a_browser_that_changes_it_is_given_another_cookie() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let token = anna.token.clone().expect("a token");
    let by_cookie = |method, path: &str, token: &str| {
        server
            .nobody()
            .request(method, path)
            .header("cookie", format!("tincan={token}"))
            .header("sec-fetch-site", "same-origin")
    };
    let body = json!({ "current": PASSWORD, "new": ANOTHER });
    let changed = answer(by_cookie(Method::PUT, "/api/password", &token).json(&body)).await;
    let cookie = changed.headers[SET_COOKIE]
        .to_str()
        .expect("text")
        .to_owned();
    changed.expect(204);
    let name = format!("tincan-{}=", server.address().port());
    let renewed = cookie.strip_prefix(&name).expect("the cookie");
    let renewed = renewed.split(';').next().expect("a value");
    assert_ne!(renewed, token);
    answer(by_cookie(Method::GET, "/api/auth_user", renewed))
        .await
        .expect(200);
    answer(by_cookie(Method::GET, "/api/auth_user", &token))
        .await
        .refused(401, "unauthorized");
}

#[tokio::test]
async fn a_link_from_an_administrator_chooses_a_new_one_once() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let path = format!("/api/admin/users/{}/reset", bob.id);
    let replaced = anna.post(&path, json!({})).await.expect(201);
    let made = anna.post(&path, json!({})).await.expect(201);
    let mut stream = bob.follow(None).await;

    let nobody = server.nobody();
    let reset = |link: &serde_json::Value, password: &str| json!({ "token": token_of(text(link)), "password": password });
    let check = json!({ "token": token_of(text(&made["link"])) });
    let whose = nobody.post("/api/reset/check", check).await.expect(200);
    assert_eq!(whose, json!({ "username": "bob" }));
    let refused = nobody
        .post("/api/reset", reset(&replaced["link"], ANOTHER))
        .await;
    refused.refused(403, "bad_reset_token");
    // One that is refused leaves the link as it is.
    let refused = nobody
        .post("/api/reset", reset(&made["link"], "short"))
        .await;
    refused.refused(422, "invalid");
    let done = nobody
        .post("/api/reset", reset(&made["link"], ANOTHER))
        .await
        .expect(200);
    assert_eq!(done["authUser"]["username"], "bob");
    let again = nobody
        .post("/api/reset", reset(&made["link"], PASSWORD))
        .await;
    again.refused(403, "bad_reset_token");

    assert_eq!(stream.rest().await.len(), 0);
    bob.get("/api/auth_user").await.refused(401, "unauthorized");
    bob.with_token(&done["token"])
        .get("/api/auth_user")
        .await
        .expect(200);
    server.nobody().log_in("bob", ANOTHER).await;
}

#[tokio::test]
async fn a_new_one_by_a_link_throws_everybody_else_out() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let wish = json!({ "name": "x", "scope": "send", "bot": "robot" });
    let made = bob.post("/api/tokens", wish).await.expect(201);
    let robot = bob.with_token(&made["token"]);
    let path = format!("/api/admin/users/{}/reset", bob.id);
    let link = anna.post(&path, json!({})).await.expect(201);
    let choice = json!({ "token": token_of(text(&link["link"])), "password": ANOTHER });
    server.nobody().post("/api/reset", choice).await.expect(200);
    robot
        .get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
}

#[tokio::test]
async fn getting_an_account_back_ends_what_it_has_made_and_names_the_administrators() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let [bob, carol, dave] = [
        anna.invite("bob").await,
        anna.invite("carol").await,
        anna.invite("dave").await,
    ];
    let path = |of: &Client| format!("/api/admin/users/{}", of.id);
    let promote = async |by: &Client, whom: &Client| {
        by.patch(&path(whom), json!({ "admin": true }))
            .await
            .expect(200);
    };
    promote(&anna, &bob).await;
    // As somebody else would who has bob’s account: all that gets them back in later.
    let invite = bob.post("/api/invites", json!({})).await.expect(201);
    let wish = json!({ "username": "eve", "admin": true });
    let first = bob.post("/api/admin/users", wish).await.expect(201);
    let reset = bob.post(&format!("{}/reset", path(&anna)), json!({})).await;
    let reset = reset.expect(201);
    assert_eq!(reset["madeAdministrators"][0]["username"], "bob");
    let room = bob.make_room("Kitchen", &[], false).await;
    let hooks = format!("/api/conversations/{room}/hooks");
    let hook = bob
        .post(&hooks, json!({ "bot": "doorbell" }))
        .await
        .expect(201);
    promote(&bob, &carol).await;
    promote(&carol, &dave).await;
    let made = ["carol", "dave", "eve"];
    let names = |answer: &serde_json::Value| -> Vec<String> {
        let users = answer["madeAdministrators"].as_array().expect("a list");
        let mut names: Vec<_> = users
            .iter()
            .map(|user| text(&user["username"]).to_owned())
            .collect();
        names.sort();
        names
    };

    let database = server.database().to_str().expect("a plain path");
    let told = ended(Binary::command(&["user", "reset", "bob", "--db", database])).await;
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    assert!(told.stderr.contains("carol, dave, eve"), "{}", told.stderr);
    assert_eq!(told.stdout.lines().count(), 1, "{}", told.stdout);
    let link = anna.post(&format!("{}/reset", path(&bob)), json!({})).await;
    let link = link.expect(201);
    assert_eq!(names(&link), made);
    let nobody = server.nobody();
    let choice = json!({ "token": token_of(text(&link["link"])), "password": ANOTHER });
    let back = nobody.post("/api/reset", choice).await.expect(200);
    assert_eq!(names(&back), made);

    let check = json!({ "invite": token_of(text(&invite["link"])) });
    nobody
        .post("/api/invites/check", check)
        .await
        .refused(403, "bad_invite");
    for link in [&first, &reset] {
        let check = json!({ "token": token_of(text(&link["link"])) });
        nobody
            .post("/api/reset/check", check)
            .await
            .refused(403, "bad_reset_token");
    }
    let url = format!("http://{}", server.address());
    let path = text(&hook["url"]).strip_prefix(&url).expect("its own");
    let posted = nobody.post(path, json!({ "content": "ding" })).await;
    posted.refused(404, "not_found");
    // What others have made stays, and so do the others.
    anna.get("/api/admin/users").await.expect(200);
    dave.get("/api/admin/users").await.expect(200);
    // Who signs in later isn’t told again.
    let again = json!({ "username": "bob", "password": ANOTHER });
    let again = nobody.post("/api/login", again).await.expect(200);
    assert_eq!(again.get("madeAdministrators"), None);
}

#[tokio::test]
async fn somebody_left_of_development_mode_chooses_none_and_administers_nothing() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let mut config = dev();
    config.database = folder.path().join("tincan.db");
    let mut server = Server::start(config.clone()).await;
    let john = server.sign_in("john").await;
    john.get("/api/admin/users").await.expect(200);
    server.stop().await;
    mark(server.database(), SERVICE);
    config.settings = strict().settings;
    let server = Server::start(config).await;
    let john = john.at(server.address());
    john.get("/api/auth_user").await.expect(200);
    john.get("/api/admin/users").await.refused(403, "not_admin");
    let choice = json!({ "new": ANOTHER });
    let choose = john.request(Method::PUT, "/api/password").json(&choice);
    answer(choose).await.refused(403, "not_yours");
    assert!(server.setup_token().is_some());
}

/// Timed, as that is what it is about: two hundred tries, in turn. Of each kind the quickest counts, as it is the one that
/// the least else on the machine has held up. An answer without the work would come in a hundredth of the time.
#[tokio::test]
async fn an_unknown_name_takes_as_long_as_a_wrong_password() {
    let mut config = strict();
    config.settings.trusted_proxies = vec!["127.0.0.1".parse().expect("a network")];
    let server = Server::start(config).await;
    let anna = server.set_up("anna").await;
    // Each name is tried so seldom that it isn't slowed down.
    let mut known = Vec::new();
    for n in 0..34 {
        let wish = json!({ "username": format!("known-{n}") });
        let made = anna.post("/api/admin/users", wish).await.expect(201);
        let choice = json!({ "token": token_of(text(&made["link"])), "password": PASSWORD });
        let reset = server
            .nobody()
            .request(Method::POST, "/api/reset")
            .json(&choice);
        let reset = reset.header("x-forwarded-for", format!("198.51.100.{n}"));
        answer(reset).await.expect(200);
        known.push(format!("known-{n}"));
    }
    let mut times = [Vec::new(), Vec::new()];
    for n in 0..100 {
        let nobody = server.nobody();
        for (kind, username) in [known[n % 34].clone(), format!("unknown-{}", n % 34)]
            .into_iter()
            .enumerate()
        {
            let credentials = json!({ "username": username, "password": ANOTHER });
            let login = nobody
                .request(Method::POST, "/api/login")
                .json(&credentials);
            let login = login.header("x-forwarded-for", format!("203.0.113.{n}"));
            let start = Instant::now();
            answer(login).await.refused(401, "bad_credentials");
            times[kind].push(start.elapsed());
        }
    }
    let [wrong, unknown] = times.map(|times| times.into_iter().min().expect("a try"));
    let ratio = unknown.as_secs_f64() / wrong.as_secs_f64();
    assert!(
        (0.8..1.25).contains(&ratio),
        "{unknown:?} for an unknown name, {wrong:?} for a wrong password"
    );
}
