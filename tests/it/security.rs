//! What keeps an account safe when something of it is stolen: fresh proof for what lasts, the second step of signing in,
//! notices, and the audit log.

use std::{collections::BTreeSet, fs, time::SystemTime};

use reqwest::{Method, header::SET_COOKIE};
use rusqlite::Connection;
use serde_json::{Value, json};
use tincan::{http, model::Permission, server::Config, totp::Secret};

use crate::{
    home::Home,
    plain::Browser,
    support::{
        Answer, Binary, Client, PASSWORD, Server, answer, dev, strict, text, token_of, until,
    },
};

/// What a stolen session mustn’t be enough for.
const LASTS: [&str; 18] = [
    "DELETE /api/admin/users/{id}/sessions",
    "DELETE /api/admin/users/{id}/sessions/{sessionId}",
    "DELETE /api/identities/{provider}",
    "DELETE /api/passkeys/{id}",
    "DELETE /api/second_factor",
    "GET /api/push/relay/topic",
    "PATCH /api/admin/settings",
    "PATCH /api/admin/users/{id}",
    "POST /api/admin/users",
    "POST /api/admin/users/{id}/purge",
    "POST /api/admin/users/{id}/reset",
    "POST /api/conversations/{id}/hooks",
    "POST /api/passkeys/options",
    "POST /api/second_factor",
    "POST /api/second_factor/confirm",
    "POST /api/second_factor/recovery_codes",
    "POST /api/tokens",
    "PUT /api/push/relay",
];

fn database(server: &Server) -> Connection {
    Connection::open(server.database()).expect("the database")
}

/// Lets this many seconds pass for all proofs; none stands for sessions of before there were any.
async fn age(server: &mut Server, seconds: Option<i64>) {
    server.stop().await;
    let aged = match seconds {
        Some(seconds) => format!("proven_at - {seconds} * 1000"),
        None => "NULL".to_owned(),
    };
    let sql = format!("UPDATE sessions SET proven_at = {aged}");
    database(server).execute(&sql, []).expect("older sessions");
    server.resume().await;
}

/// Everything that lasts, asked for.
async fn everything_that_lasts(client: &Client) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for operation in LASTS {
        let (method, path) = operation.split_once(' ').expect("an operation");
        let path = path.replace("{id}", "1").replace("{sessionId}", "1");
        let path = path.replace("{provider}", "home");
        let request = client.request(method.parse().expect("a method"), &path);
        answers.push((operation.to_owned(), answer(request.json(&json!({}))).await));
    }
    answers
}

async fn prove(client: &Client, proof: Value) -> Answer {
    client.post("/api/proof", proof).await
}

#[tokio::test]
async fn what_lasts_takes_proof_of_the_last_five_minutes() {
    let needing: BTreeSet<_> = http::routes()
        .filter(|route| route.needs_proof)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(needing, LASTS.map(str::to_owned).into());

    let mut server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let token = json!({ "name": "lamp", "scope": "read" });
    // Signing in is proof.
    anna.post("/api/tokens", token.clone()).await.expect(201);
    age(&mut server, Some(290)).await;
    anna.post("/api/tokens", token.clone()).await.expect(201);
    // The last is that of sessions from before there were proofs.
    for seconds in [Some(10), None] {
        age(&mut server, seconds).await;
        let anna = anna.clone();
        for (operation, answer) in everything_that_lasts(&anna).await {
            assert_eq!(answer.status, 403, "{operation}");
            assert_eq!(answer.body["code"], "proof_required", "{operation}");
        }
        let state = anna.get("/api/proof").await.expect(200);
        assert_eq!(state["freshUntil"], Value::Null);
        assert_eq!(state["password"], true);
    }
    let other = server.nobody().log_in("anna", PASSWORD).await;
    age(&mut server, Some(300)).await;
    let wrong = prove(&anna, json!({ "password": "wrong" })).await;
    wrong.refused(403, "wrong_password");
    prove(&anna, json!({})).await.refused(422, "invalid");
    // A new token is no new proof.
    let renewed = anna.post("/api/refresh_token", json!({})).await.expect(200);
    let anna = anna.with_token(&renewed["token"]);
    let refused = anna.post("/api/tokens", token.clone()).await;
    refused.refused(403, "proof_required");

    let proof = json!({ "password": PASSWORD });
    prove(&anna, proof).await.expect(204);
    anna.post("/api/tokens", token.clone()).await.expect(201);
    // That was in this session.
    let refused = other.post("/api/tokens", token).await;
    refused.refused(403, "proof_required");
    for (operation, answer) in everything_that_lasts(&anna).await {
        assert_ne!(answer.body["code"], "proof_required", "{operation}");
    }
}

#[tokio::test]
async fn in_development_mode_everything_is_proof() {
    let mut server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    age(&mut server, None).await;
    let token = json!({ "name": "lamp", "scope": "read" });
    john.post("/api/tokens", token).await.expect(201);
    let state = john.get("/api/proof").await.expect(200);
    assert_ne!(state["freshUntil"], Value::Null);
}

/// The code that an app with this secret shows, or the one before or after it.
pub fn code(secret: &str, offset: i64) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(secret.as_bytes());
    let secret = Secret::from_bytes(bytes.expect("base 32"));
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("a time").as_secs();
    secret.code(i64::try_from(now).expect("a number") / 30 + offset)
}

/// Somebody’s authenticator app.
pub struct App(String);

impl App {
    /// Sets two-step sign-in up. Returns the recovery codes, too.
    pub async fn set_up(client: &Client) -> (Self, Vec<String>) {
        let made = client
            .post("/api/second_factor", json!({}))
            .await
            .expect(201);
        let secret = text(&made["secret"]);
        let uri = text(&made["uri"]);
        assert!(uri.contains(&format!("secret={secret}&")), "{uri}");
        assert!(text(&made["qr"]).contains("<svg"));
        let app = Self(secret.to_owned());
        let confirm = "/api/second_factor/confirm";
        let wrong = client.post(confirm, json!({ "code": app.wrong() })).await;
        wrong.refused(403, "wrong_code");
        let state = client.get("/api/second_factor").await.expect(200);
        assert_eq!(state, json!({ "on": false, "recoveryCodes": 0 }));
        // The code of the step before, so that the present one is still to be used.
        let code = json!({ "code": app.code(-1) });
        let confirmed = client.post(confirm, code).await.expect(200);
        let codes = confirmed["recoveryCodes"].as_array().expect("codes");
        (
            app,
            codes.iter().map(|code| text(code).to_owned()).collect(),
        )
    }

    fn code(&self, offset: i64) -> String {
        code(&self.0, offset)
    }

    /// One that none of the present ones is.
    fn wrong(&self) -> String {
        let right: Vec<_> = (-2..=2).map(|offset| self.code(offset)).collect();
        let mut codes = (0..).map(|number| format!("{number:06}"));
        codes.find(|code| !right.contains(code)).expect("a code")
    }
}

/// A server that believes who says where a request came from.
async fn behind_a_proxy() -> Server {
    let settings = http::ServerSettings {
        trusted_proxies: vec!["127.0.0.1".parse().expect("a network")],
        ..http::ServerSettings::default()
    };
    Server::start(Config { settings, ..dev() }).await
}

fn credentials(code: Option<&str>) -> Value {
    json!({ "username": "bob", "password": PASSWORD, "code": code })
}

#[tokio::test]
async fn with_two_steps_a_password_alone_opens_nothing() {
    let server = behind_a_proxy().await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let mut numbers = 0..;
    let mut login = |code: Option<String>| {
        // Each from somewhere else, as an address has few attempts.
        let number: u8 = numbers.next().expect("a number");
        let request = server.nobody().request(Method::POST, "/api/login");
        let request = request.header("x-forwarded-for", format!("198.51.100.{number}"));
        answer(request.json(&credentials(code.as_deref())))
    };
    // Without it, a code more does no harm.
    login(Some("123456".to_owned())).await.expect(200);
    let (app, recovery) = App::set_up(&bob).await;
    assert_eq!(recovery.len(), 10);

    let first = login(None).await;
    // The device isn’t marked as one on which bob has signed in.
    assert!(!first.headers.contains_key(SET_COOKIE));
    first.refused(401, "second_factor_required");
    login(Some(String::new()))
        .await
        .refused(401, "second_factor_required");
    login(Some(app.wrong())).await.refused(403, "wrong_code");
    let wrong = json!({ "username": "bob", "password": "wrong", "code": app.code(0) });
    let wrong = server.nobody().post("/api/login", wrong).await;
    wrong.refused(401, "bad_credentials");
    let code = app.code(0);
    let second = login(Some(code.clone())).await;
    assert_eq!(second.headers.get_all(SET_COOKIE).iter().count(), 2);
    second.expect(200);
    // A code works once (RFC 6238 §5.2), however it is typed.
    login(Some(format!(" {} {}", &code[..3], &code[3..])))
        .await
        .refused(403, "wrong_code");

    // So does a recovery code.
    login(Some(recovery[0].to_uppercase())).await.expect(200);
    login(Some(recovery[0].clone()))
        .await
        .refused(403, "wrong_code");
    let state = bob.get("/api/second_factor").await.expect(200);
    assert_eq!(state, json!({ "on": true, "recoveryCodes": 9 }));
    // They are nowhere as they are.
    let file = fs::read(server.database()).expect("the database");
    for code in &recovery {
        let bare = code.replace('-', "").to_uppercase();
        let is_there = |text: &str| file.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!is_there(code) && !is_there(&bare));
    }
}

#[tokio::test]
async fn proof_takes_the_second_step_too_and_both_turn_it_off() {
    let mut server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let (app, recovery) = App::set_up(&bob).await;
    let again = bob.post("/api/second_factor", json!({})).await;
    again.refused(409, "second_factor_on");
    age(&mut server, Some(300)).await;
    bob.delete("/api/second_factor")
        .await
        .refused(403, "proof_required");
    let state = bob.get("/api/proof").await.expect(200);
    assert_eq!(
        (&state["password"], &state["code"]),
        (&json!(true), &json!(true))
    );
    let without = prove(&bob, json!({ "password": PASSWORD })).await;
    let errors = without.refused(422, "invalid")["errors"].clone();
    assert_ne!(errors["code"], Value::Null);
    let proof = json!({ "password": PASSWORD, "code": app.wrong() });
    prove(&bob, proof).await.refused(403, "wrong_code");
    let proof = json!({ "password": PASSWORD, "code": app.code(0) });
    prove(&bob, proof).await.expect(204);
    let renewed = bob
        .post("/api/second_factor/recovery_codes", json!({}))
        .await;
    let renewed = renewed.expect(201);
    assert_ne!(renewed["recoveryCodes"][0], recovery[0]);
    let proof = json!({ "password": PASSWORD, "code": recovery[1] });
    prove(&bob, proof).await.refused(403, "wrong_code");
    bob.delete("/api/second_factor").await.expect(204);
    server
        .nobody()
        .post("/api/login", credentials(None))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_new_password_is_proof_only_where_the_former_one_would_be() {
    for has_app in [false, true] {
        let mut server = Server::start(strict()).await;
        let anna = server.set_up("anna").await;
        let bob = anna.invite("bob").await;
        if has_app {
            App::set_up(&bob).await;
        }
        age(&mut server, Some(300)).await;
        let change = json!({ "current": PASSWORD, "new": "another good one" });
        let request = bob.request(Method::PUT, "/api/password").json(&change);
        let renewed = answer(request).await.expect(200);
        let bob = bob.with_token(&renewed["token"]);
        let token = bob.post("/api/tokens", json!({ "name": "x", "scope": "read" }));
        if has_app {
            token.await.refused(403, "proof_required");
        } else {
            token.await.expect(201);
        }
    }
}

#[tokio::test]
async fn the_pages_without_scripts_ask_for_the_second_step_and_for_proof() {
    let mut server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let (app, _) = App::set_up(&anna).await;
    let enter = async |code: &str| {
        let form = [("username", "anna"), ("password", PASSWORD), ("code", code)];
        answer(Browser::at(&server).form("/plain/sign-in", &form)).await
    };
    let page = enter("").await;
    assert_eq!(page.status, 401);
    let shown = text(&page.body);
    assert!(
        shown.contains("name=\"code\"") && shown.contains("value=\"anna\""),
        "{shown}"
    );
    assert!(!shown.contains(PASSWORD), "no page has it");
    let refused = enter(&app.wrong()).await;
    assert_eq!(refused.status, 403);
    assert!(text(&refused.body).contains("name=\"code\""));
    let entered = enter(&app.code(0)).await;
    assert_eq!(entered.headers["location"], "/plain");

    age(&mut server, Some(300)).await;
    let browser = Browser::of(&anna);
    let page = browser.page("/plain/proof?next=/plain/rooms").await;
    assert!(
        page.contains("name=\"password\"") && page.contains("name=\"code\""),
        "{page}"
    );
    let prove = async |code: &str| {
        let form = [
            ("next", "/plain/rooms"),
            ("password", PASSWORD),
            ("code", code),
        ];
        browser.send("/plain/proof", &form).await
    };
    let refused = prove(&app.wrong()).await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        anna.get("/api/proof").await.expect(200)["freshUntil"],
        Value::Null
    );
    let proven = prove(&app.code(1)).await;
    assert_eq!(proven.headers["location"], "/plain/rooms");
    assert_ne!(
        anna.get("/api/proof").await.expect(200)["freshUntil"],
        Value::Null
    );
    // From there on, nobody is asked again, nor led anywhere else.
    for (next, goal) in [("/plain/rooms", "/plain/rooms"), ("//evil.example", "/")] {
        let asked = browser.look(&format!("/plain/proof?next={next}")).await;
        assert_eq!(asked.headers["location"], goal);
    }
}

#[tokio::test]
async fn an_account_takes_ten_codes_at_once_from_wherever_they_come() {
    let server = behind_a_proxy().await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let (app, recovery) = App::set_up(&bob).await;
    let attempt = async |number: usize, code: &str| {
        // Each from somewhere else.
        let request = server.nobody().request(Method::POST, "/api/login");
        let request = request.header("x-forwarded-for", format!("198.51.100.{number}"));
        answer(request.json(&credentials(Some(code)))).await
    };
    for (number, code) in recovery.iter().enumerate() {
        attempt(number, code).await.expect(200);
    }
    attempt(10, &app.code(0)).await.refused(429, "throttled");
}

#[tokio::test]
async fn a_link_for_a_new_password_clears_the_second_step() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    App::set_up(&bob).await;
    let reset = format!("/api/admin/users/{}/reset", bob.id);
    let made = anna.post(&reset, json!({})).await.expect(201);
    // The link alone does nothing yet.
    let login = server.nobody().post("/api/login", credentials(None)).await;
    login.refused(401, "second_factor_required");
    let choice = json!({ "token": token_of(text(&made["link"])), "password": PASSWORD });
    server.nobody().post("/api/reset", choice).await.expect(200);
    server
        .nobody()
        .post("/api/login", credentials(None))
        .await
        .expect(200);
}

#[tokio::test]
async fn administrators_can_be_made_to_sign_in_in_two_steps() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let path = format!("/api/admin/users/{}", bob.id);
    anna.patch(&path, json!({ "admin": true }))
        .await
        .expect(200);
    bob.get("/api/admin/users").await.expect(200);
    let need = json!({ "adminsNeedSecondFactor": true });
    // Nobody asks of others what they don’t do.
    let refused = anna.patch("/api/admin/settings", need.clone()).await;
    refused.refused(403, "second_factor_needed");
    App::set_up(&anna).await;
    let settings = anna.patch("/api/admin/settings", need).await.expect(200);
    assert_eq!(settings["adminsNeedSecondFactor"], true);
    anna.get("/api/admin/users").await.expect(200);

    let administration =
        http::routes().filter(|route| route.permission == Permission::Administrator);
    for route in administration {
        let path = route.path.replace("{id}", "1").replace("{sessionId}", "1");
        let request = bob.request(route.method.clone(), &path);
        let answer = answer(request.json(&json!({}))).await;
        assert_eq!(answer.body["code"], "second_factor_needed", "{path}");
    }
    bob.get("/api/invites")
        .await
        .refused(403, "second_factor_needed");
    // Nor by the pages without scripts.
    let browser = Browser::of(&bob);
    assert_eq!(browser.look("/plain/invites").await.status, 403);
    let invited = browser.send("/plain/invites", &[("uses", "1"), ("days", "1")]);
    assert_eq!(invited.await.status, 403);
    let settings = bob.get("/api/settings").await.expect(200);
    assert_eq!(settings["needsSecondFactor"], true);
    App::set_up(&bob).await;
    bob.get("/api/admin/users").await.expect(200);
    let settings = bob.get("/api/settings").await.expect(200);
    assert_eq!(settings["needsSecondFactor"], false);
}

/// The kinds of what somebody hasn’t seen, newest first.
async fn notices(client: &Client) -> Vec<String> {
    kinds(&client.get("/api/notices").await.expect(200))
}

fn kinds(events: &Value) -> Vec<String> {
    let events = events.as_array().expect("a list").iter();
    events
        .map(|event| text(&event["kind"]).to_owned())
        .collect()
}

async fn log_in_from(server: &Server, name: &str, device: &str) -> Client {
    let nobody = server.nobody();
    let request = nobody.request(Method::POST, "/api/login");
    let request = request.header("user-agent", device);
    let credentials = json!({ "username": name, "password": PASSWORD });
    let welcome = answer(request.json(&credentials)).await.expect(200);
    let id = text(&welcome["authUser"]["id"]).to_owned();
    let mut client = nobody.with_token(&welcome["token"]);
    client.id = id;
    client
}

#[tokio::test]
async fn somebody_new_who_signs_in_is_told_once_on_any_other_device() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    assert_eq!(notices(&anna).await, Vec::<String>::new());
    let mut stream = anna.follow(None).await;
    let phone = log_in_from(&server, "anna", "Firefox/140.0 (Android)").await;
    let told = stream.next_passing().await.expect("an event");
    assert_eq!(told.name, "notice");

    let listed = anna.get("/api/notices").await.expect(200);
    assert_eq!(kinds(&listed), ["signed_in"]);
    assert_eq!(listed[0]["device"], "Firefox/140.0 (Android)");
    assert_eq!(listed[0]["address"], "127.0.0.1");
    assert_eq!(listed[0]["byOneself"], true);
    assert_eq!(told.data, json!({ "id": listed[0]["id"] }));
    // Whoever has signed in knows, and can’t make it unseen for the others.
    assert_eq!(notices(&phone).await, Vec::<String>::new());
    let seen = json!({ "upTo": listed[0]["id"] });
    phone
        .post("/api/notices/seen", seen.clone())
        .await
        .expect(204);
    assert_eq!(notices(&anna).await, ["signed_in"]);
    let laptop = log_in_from(&server, "anna", "Safari (Mac)").await;
    assert_eq!(notices(&laptop).await, ["signed_in"]);
    laptop.post("/api/notices/seen", seen).await.expect(204);
    // The laptop itself is still news.
    let listed = anna.get("/api/notices").await.expect(200);
    assert_eq!(listed[0]["device"], "Safari (Mac)");
    assert_eq!(kinds(&listed).len(), 1);

    // A device that is known isn’t, whatever version its browser has by now.
    let before = notices(&anna).await.len();
    log_in_from(&server, "anna", "Firefox/141.2 (Android)").await;
    assert_eq!(notices(&anna).await.len(), before);
    let bad = anna.post("/api/notices/seen", json!({ "upTo": "x" })).await;
    bad.refused(422, "invalid");
}

#[tokio::test]
async fn people_are_told_what_administrators_do_with_their_accounts_and_not_from_where() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let path = format!("/api/admin/users/{}", bob.id);
    anna.patch(&path, json!({ "admin": true }))
        .await
        .expect(200);
    anna.patch(&path, json!({ "admin": false, "username": "bobby" }))
        .await
        .expect(200);
    anna.post(&format!("{path}/reset"), json!({}))
        .await
        .expect(201);
    let listed = bob.get("/api/notices").await.expect(200);
    assert_eq!(
        kinds(&listed),
        ["reset_created", "demoted", "renamed", "promoted"]
    );
    for notice in listed.as_array().expect("a list") {
        assert_eq!(notice["byOneself"], false);
        assert_eq!(notice["administrator"]["username"], "anna");
        assert_eq!(notice["address"], Value::Null);
        assert_eq!(notice["device"], "");
    }
    assert_eq!(notices(&anna).await, Vec::<String>::new());
    anna.patch(&path, json!({ "disabled": true }))
        .await
        .expect(200);
    anna.patch(&path, json!({ "disabled": false }))
        .await
        .expect(200);
    let bob = log_in_from(&server, "bobby", "elsewhere").await;
    assert_eq!(notices(&bob).await[..2], ["enabled", "disabled"]);
}

#[tokio::test]
async fn what_lasts_is_told_on_the_other_devices() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    // Whoever holds this session isn’t Bob.
    let thief = log_in_from(&server, "bob", "stolen").await;
    let token = json!({ "name": "lamp", "scope": "read" });
    thief.post("/api/tokens", token).await.expect(201);
    let listed = bob.get("/api/notices").await.expect(200);
    assert_eq!(kinds(&listed), ["token_created", "signed_in"]);
    assert_eq!(listed[0]["detail"], "lamp");
    assert_eq!(notices(&thief).await, Vec::<String>::new());
    let change = json!({ "current": PASSWORD, "new": "eleven dull plums" });
    let request = bob.request(Method::PUT, "/api/password").json(&change);
    answer(request).await.expect(200);
    let credentials = json!({ "username": "bob", "password": "eleven dull plums" });
    let welcome = server
        .nobody()
        .post("/api/login", credentials)
        .await
        .expect(200);
    let again = bob.with_token(&welcome["token"]);
    assert_eq!(notices(&again).await[0], "password_changed");
}

#[tokio::test]
async fn the_audit_log_says_who_did_what_from_where() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let wrong = json!({ "username": "bob", "password": "wrong" });
    for _ in 0..2 {
        server
            .nobody()
            .post("/api/login", wrong.clone())
            .await
            .refused(401, "bad_credentials");
    }
    // What isn’t a username may be a password.
    let mistyped = json!({ "username": "my secret", "password": "bob" });
    server
        .nobody()
        .post("/api/login", mistyped)
        .await
        .refused(401, "bad_credentials");
    let token = json!({ "name": "lamp", "scope": "read" });
    let made = bob.post("/api/tokens", token).await.expect(201);
    bob.delete(&format!("/api/tokens/{}", text(&made["id"])))
        .await
        .expect(204);
    bob.post("/api/logout", json!({})).await.expect(204);

    let log = anna.get("/api/admin/audit").await.expect(200);
    let log = log.as_array().expect("a list");
    let of = |kind: &str| {
        let mut found = log.iter().filter(|event| event["kind"] == kind);
        found.next().unwrap_or_else(|| panic!("{kind} in {log:?}"))
    };
    let wrong: Vec<_> = log
        .iter()
        .filter(|event| event["kind"] == "wrong_password")
        .collect();
    assert_eq!(wrong.len(), 2, "one row for each account");
    for event in wrong {
        assert_eq!(event["address"], "127.0.0.1");
        let expected = if event["user"].is_null() { 1 } else { 2 };
        assert_eq!(event["count"], expected);
    }
    assert!(!log.iter().any(|event| event.to_string().contains("secret")));
    let created = of("token_created");
    assert_eq!(created["actor"]["username"], "bob");
    assert_eq!(created["user"]["username"], "bob");
    assert_eq!(created["subjectId"], made["id"]);
    assert_eq!(created["detail"], "lamp");
    assert_eq!(of("token_revoked")["subjectId"], made["id"]);
    assert_eq!(of("signed_out")["actor"]["username"], "bob");
    assert_eq!(of("invite_created")["actor"]["username"], "anna");
    // By pages.
    let first = anna.get("/api/admin/audit?limit=2").await.expect(200);
    let before = text(&first[1]["id"]).to_owned();
    let second = anna
        .get(&format!("/api/admin/audit?limit=1&before={before}"))
        .await;
    assert_eq!(second.expect(200)[0], log[2]);
    bob.nobody()
        .get("/api/admin/audit")
        .await
        .refused(401, "unauthorized");
}

#[tokio::test]
async fn a_flood_of_attempts_from_everywhere_adds_few_rows() {
    const NETWORKS: u32 = 400;
    let server = behind_a_proxy().await;
    let anna = server.set_up("anna").await;
    let nobody = server.nobody();
    for network in 0..NETWORKS {
        for host in 0..11 {
            // Hosts of one network are one client, and networks of one /48 have a limit together.
            let address = format!("2001:db8:{network:x}::{host:x}");
            let request = nobody.request(Method::POST, "/api/invites/check");
            let request = request.header("x-forwarded-for", address);
            answer(request.json(&json!({ "invite": "guessed" }))).await;
        }
    }
    anna.get("/api/admin/audit").await.expect(200);
    let rows = "SELECT count(*), sum(count) FROM security_events WHERE kind = 'throttled'";
    let (rows, attempts): (u32, u32) = database(&server)
        .query_row(rows, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("a count");
    assert_eq!(attempts, NETWORKS);
    // Besides the limit, one for those beyond it. If a minute ended in between, it began anew.
    assert!(rows < NETWORKS, "{rows}");
}

#[tokio::test]
async fn old_events_and_surplus_attempts_are_swept() {
    /// Two years ago, and more attempts than are kept, the oldest of them first.
    const EVENTS: &str = "
        INSERT INTO security_events (kind, device, count, created_at, unseen)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
        SELECT 'signed_in', 'old', 1, (unixepoch() - 2 * 366 * 24 * 60 * 60) * 1000, 0 FROM n;
        INSERT INTO security_events (kind, device, count, created_at, unseen)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50250)
        SELECT 'throttled', CASE WHEN i > 250 THEN 'kept' ELSE 'surplus' END, 1, unixepoch() * 1000, 0 FROM n;";
    let count = |server: &Server, device: &str| -> u32 {
        let sql = "SELECT count(*) FROM security_events WHERE device = ?1";
        let count = database(server).query_row(sql, [device], |row| row.get(0));
        count.expect("a count")
    };
    let mut server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    server.stop().await;
    let database = database(&server);
    // Ids grow with time, so what is there already comes last.
    database
        .execute("DELETE FROM security_events", [])
        .expect("an empty log");
    database.execute_batch(EVENTS).expect("events");
    server.resume().await;
    until("the sweep", async || {
        (count(&server, "old") + count(&server, "surplus") == 0).then_some(())
    })
    .await;
    assert_eq!(count(&server, "kept"), 50_000);
    let log = anna.get("/api/admin/audit?limit=100").await.expect(200);
    assert!(kinds(&log).contains(&"throttled".to_owned()));
}

#[tokio::test]
async fn the_command_line_shows_the_log_of_a_running_and_of_a_stopped_server() {
    let home = Home::new();
    let database = home.path("tincan.db");
    let mut command = Binary::command(&[
        "--listen",
        "127.0.0.1:0",
        "--db",
        &database,
        "--log",
        "info",
    ]);
    let log = fs::File::create(home.file("log")).expect("a file");
    let mut server = Binary::run(command.stderr(log));
    let setup = token_of(&server.setup_link());
    let account = json!({ "username": "anna", "password": PASSWORD, "setupToken": setup });
    server.nobody().register(account).await;
    let wrong = json!({ "username": "anna", "password": "wrong" });
    server
        .nobody()
        .post("/api/login", wrong)
        .await
        .refused(401, "bad_credentials");
    let running = home.done(&["audit"]).await;
    for word in ["account_created", "wrong_password", "anna", "127.0.0.1"] {
        assert!(running.contains(word), "{word} in {running}");
    }
    home.done(&["user", "create", "bob"]).await;
    let json = home.done(&["audit", "--json", "--since", "1h"]).await;
    let events: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        kinds(&events),
        ["account_created", "wrong_password", "account_created"]
    );
    server.signal("TERM");
    server.ended().await;
    home.done(&["user", "disable", "bob"]).await;
    let stopped = home.done(&["audit"]).await;
    assert!(stopped.contains("disabled"), "{stopped}");
    let later = home
        .done(&["audit", "--since", "2099-01-01T00:00:00Z"])
        .await;
    assert!(!later.contains("anna"), "{later}");

    let log = fs::read_to_string(home.file("log")).expect("the log");
    expect_banned(&log, "127.0.0.1");
}

/// Checks that the filter for fail2ban finds this address in a log.
fn expect_banned(log: &str, address: &str) {
    let filter = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/packaging/fail2ban/filter.d/tincan.conf"
    );
    let filter = fs::read_to_string(filter).expect("the filter");
    let (_, rest) = filter.split_once("failregex = ").expect("patterns");
    let patterns = rest.lines().take_while(|line| !line.trim().is_empty());
    let banned: Vec<_> = patterns
        .flat_map(|pattern| {
            // As fail2ban has it, for the addresses that there are here.
            let pattern = pattern
                .trim()
                .replace("<ADDR>", "(?P<address>[0-9a-fA-F:.]+)");
            let pattern = regex::Regex::new(&pattern).expect("a pattern");
            let lines = log
                .lines()
                .filter_map(|line| Some(pattern.captures(line)?["address"].to_owned()));
            lines.collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(banned, [address], "{log}");
}

#[tokio::test]
async fn fail2ban_finds_who_guesses_in_a_log_of_json_as_well() {
    let home = Home::new();
    let database = home.path("tincan.db");
    let mut command = Binary::command(&[
        "--listen",
        "127.0.0.1:0",
        "--db",
        &database,
        "--log-format",
        "json",
        "--trusted-proxy",
        "127.0.0.1",
    ]);
    let log = fs::File::create(home.file("log")).expect("a file");
    let server = Binary::run(command.stderr(log));
    let nobody = server.nobody();
    let request = nobody.request(Method::POST, "/api/login");
    let request = request.header("x-forwarded-for", "2001:db8::7");
    // Whatever somebody calls themselves, the line is the server’s.
    let request = request.header(
        "user-agent",
        "tincan::audit: security event kind=wrong_password address=192.0.2.9",
    );
    let wrong = json!({ "username": "kind=wrong_password address=192.0.2.9", "password": "wrong" });
    answer(request.json(&wrong))
        .await
        .refused(401, "bad_credentials");
    server.signal("TERM");
    server.ended().await;
    let log = fs::read_to_string(home.file("log")).expect("the log");
    expect_banned(&log, "2001:db8::7");
}
