//! Passkeys: adding them, signing in with them, and what becomes of them.

mod authenticator;
mod refused;

use reqwest::{Method, header::SET_COOKIE};
use rusqlite::Connection;
use serde_json::{Value, json};
use tincan::{http::ServerSettings, server::Config};

use self::authenticator::{Authenticator, Draft, ELIGIBLE, PRESENT, VERIFIED, base64, random};
use crate::{
    security::App,
    support::{Answer, Client, PASSWORD, Server, answer, strict, text, token_of},
};

const ORIGIN: &str = "https://chat.example";
const LOCALHOST: &str = "localhost:3000";
const OPTIONS: &str = "/api/passkeys/options";
const SIGN_IN: &str = "/api/login/passkey";
const SIGN_IN_OPTIONS: &str = "/api/login/passkey/options";

/// A server with a name, that believes who says where a request came from.
async fn named() -> Server {
    let settings = ServerSettings {
        public_url: Some(ORIGIN.parse().expect("an origin")),
        trusted_proxies: vec!["127.0.0.1".parse().expect("a network")],
        ..ServerSettings::default()
    };
    Server::start(Config {
        settings,
        ..strict()
    })
    .await
}

fn right(_: &mut Draft) {}

/// Sends what an authenticator has created.
async fn add(client: &Client, name: &str, credential: Value) -> Answer {
    let body = json!({ "name": name, "credential": credential });
    client.post("/api/passkeys", body).await
}

/// Somebody’s new passkey.
async fn passkey(client: &Client, name: &str) -> (Authenticator, Value) {
    let mut authenticator = Authenticator::new();
    let options = client.post(OPTIONS, json!({})).await.expect(200);
    let created = authenticator.create(&options, ORIGIN, right);
    let added = add(client, name, created).await.expect(201);
    (authenticator, added)
}

async fn sign_in_options(client: &Client) -> Value {
    client.post(SIGN_IN_OPTIONS, json!({})).await.expect(200)
}

/// Signs in from an address of its own, as one address has few attempts.
async fn sign_in(client: &Client, credential: Value) -> Answer {
    let [a, b] = random();
    let request = client.request(Method::POST, SIGN_IN);
    let request = request.header("x-forwarded-for", format!("198.18.{a}.{b}"));
    answer(request.json(&credential)).await
}

async fn use_it(client: &Client, authenticator: &mut Authenticator) -> Answer {
    let options = sign_in_options(client).await;
    let credential = authenticator.get(&options, ORIGIN, right);
    sign_in(client, credential).await
}

async fn passkeys(client: &Client) -> Vec<Value> {
    let listed = client.get("/api/passkeys").await.expect(200);
    listed.as_array().expect("a list").clone()
}

async fn kinds(client: &Client, path: &str) -> Vec<String> {
    let listed = client.get(path).await.expect(200);
    let listed = listed.as_array().expect("a list").iter();
    listed
        .map(|event| text(&event["kind"]).to_owned())
        .collect()
}

/// Nobody has proven lately who they are.
async fn age(server: &mut Server) {
    server.stop().await;
    Connection::open(server.database())
        .and_then(|database| database.execute("UPDATE sessions SET proven_at = NULL", []))
        .expect("older sessions");
    server.resume().await;
}

#[tokio::test]
async fn a_passkey_is_all_it_takes_to_sign_in() {
    let server = named().await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let elsewhere = server.nobody().log_in("bob", PASSWORD).await;
    // It is more than the second step.
    App::set_up(&bob).await;

    let options = bob.post(OPTIONS, json!({})).await.expect(200);
    assert_eq!(
        options["rp"],
        json!({ "id": "chat.example", "name": "Tincan" })
    );
    assert_eq!(options["user"]["name"], "bob");
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["excludeCredentials"], json!([]));
    assert_eq!(
        options["authenticatorSelection"],
        json!({ "residentKey": "required", "requireResidentKey": true, "userVerification": "required" })
    );
    let algorithms: Vec<_> = options["pubKeyCredParams"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|offered| offered["alg"].as_i64())
        .collect();
    assert_eq!(algorithms, [Some(-7), Some(-8), Some(-257)]);
    // It says nothing about anybody.
    assert_eq!(text(&options["user"]["id"]).len(), 86);
    let mut phone = Authenticator::new();
    let created = phone.create(&options, ORIGIN, right);
    let added = add(&bob, "  Phone  ", created).await.expect(201);
    assert_eq!(added["name"], "Phone");
    assert_eq!(
        (&added["lastUsedAt"], &added["backedUp"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(passkeys(&bob).await, std::slice::from_ref(&added));

    let options = sign_in_options(&server.nobody()).await;
    assert_eq!(
        (
            &options["rpId"],
            &options["userVerification"],
            &options["allowCredentials"]
        ),
        (&json!("chat.example"), &json!("required"), &json!([]))
    );
    let credential = phone.get(&options, ORIGIN, |draft| {
        draft.flags = PRESENT | VERIFIED | ELIGIBLE;
    });
    let answer = sign_in(&server.nobody(), credential).await;
    // The session’s, and the mark of a device that was here before.
    assert_eq!(answer.headers.get_all(SET_COOKIE).iter().count(), 2);
    let welcome = answer.expect(200);
    assert_eq!(welcome["authUser"]["username"], "bob");
    let bob = bob.with_token(&welcome["token"]);
    // Signing in is proof.
    let token = json!({ "name": "lamp", "scope": "read" });
    bob.post("/api/tokens", token).await.expect(201);
    let used = passkeys(&bob).await[0].clone();
    assert_ne!(used["lastUsedAt"], Value::Null);
    assert_eq!(used["backedUp"], false);

    // His other devices are told of both.
    let told = kinds(&elsewhere, "/api/notices").await;
    for kind in ["passkey_added", "signed_in"] {
        assert!(told.contains(&kind.to_owned()), "{kind} in {told:?}");
    }
}

#[tokio::test]
async fn passkeys_have_names_and_are_their_users_alone() {
    let server = named().await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let elsewhere = server.nobody().log_in("bob", PASSWORD).await;
    let (mut phone, added) = passkey(&bob, "Phone").await;

    // An authenticator has one of them, and knows him by one name.
    let options = bob.post(OPTIONS, json!({})).await.expect(200);
    let known = json!([{ "type": "public-key", "id": base64(&phone.id) }]);
    assert_eq!(options["excludeCredentials"], known);
    assert_eq!(text(&options["user"]["id"]), base64(&phone.user_handle));

    let path = format!("/api/passkeys/{}", text(&added["id"]));
    let renamed = bob
        .patch(&path, json!({ "name": "Old phone" }))
        .await
        .expect(200);
    assert_eq!(renamed["name"], "Old phone");
    for name in ["", " \u{200b} ", &"x".repeat(65), "a\u{7}b"] {
        bob.patch(&path, json!({ "name": name }))
            .await
            .refused(422, "invalid");
    }
    // Nobody else’s business.
    anna.patch(&path, json!({ "name": "Mine" }))
        .await
        .refused(404, "not_found");
    anna.delete(&path).await.refused(404, "not_found");

    bob.delete(&path).await.expect(204);
    assert_eq!(passkeys(&bob).await, Vec::<Value>::new());
    use_it(&server.nobody(), &mut phone)
        .await
        .refused(403, "bad_passkey");
    let told = kinds(&elsewhere, "/api/notices").await;
    assert!(told.contains(&"passkey_removed".to_owned()), "{told:?}");
    let log = anna.get("/api/admin/audit").await.expect(200);
    let removed = log.as_array().expect("a list").iter();
    let removed: Vec<_> = removed
        .filter(|event| event["kind"] == "passkey_removed")
        .collect();
    assert_eq!(removed.len(), 1);
    assert_eq!(
        (&removed[0]["subjectId"], &removed[0]["detail"]),
        (&added["id"], &json!("Old phone"))
    );
}

#[tokio::test]
async fn a_copy_of_a_passkey_is_found_out() {
    let server = named().await;
    let anna = server.set_up("anna").await;
    let mut key = Authenticator::new();
    (key.flags, key.counter) = (0, 7);
    let options = anna.post(OPTIONS, json!({})).await.expect(200);
    let created = key.create(&options, ORIGIN, right);
    let added = add(&anna, "Key", created).await.expect(201);
    let nobody = server.nobody();
    for (counter, status) in [
        (8, 200),
        (20, 200),
        (20, 403),
        (19, 403),
        (0, 403),
        (21, 200),
    ] {
        key.counter = counter;
        let answer = use_it(&nobody, &mut key).await;
        assert_eq!(answer.status, status, "{counter}");
        if status == 403 {
            assert_eq!(answer.body["code"], "passkey_cloned", "{counter}");
        }
    }
    let told = anna.get("/api/notices").await.expect(200);
    let told: Vec<_> = told.as_array().expect("a list").iter().collect();
    let cloned: Vec<_> = told
        .iter()
        .filter(|notice| notice["kind"] == "passkey_cloned")
        .collect();
    assert_eq!(cloned.len(), 3);
    assert_eq!(
        (&cloned[0]["detail"], &cloned[0]["byOneself"]),
        (&json!("Key"), &json!(true))
    );
    let log = anna.get("/api/admin/audit").await.expect(200);
    let log = log.as_array().expect("a list").iter();
    let cloned: Vec<_> = log
        .filter(|event| event["kind"] == "passkey_cloned")
        .collect();
    assert_eq!(cloned.len(), 3);
    assert_eq!(cloned[0]["subjectId"], added["id"]);
    // Whoever proves who they are has to have the right one, too.
    key.counter = 3;
    let options = anna
        .post("/api/proof/passkey/options", json!({}))
        .await
        .expect(200);
    let proof = json!({ "passkey": key.get(&options, ORIGIN, right) });
    anna.post("/api/proof", proof)
        .await
        .refused(403, "passkey_cloned");

    // Those that are on several devices don’t count.
    let (mut synced, _) = passkey(&anna, "Phone").await;
    for _ in 0..2 {
        use_it(&nobody, &mut synced).await.expect(200);
    }
}

#[tokio::test]
async fn a_passkey_proves_who_one_is() {
    let mut server = named().await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let (mut phone, _) = passkey(&anna, "Phone").await;
    let (mut other, _) = passkey(&bob, "Phone").await;
    App::set_up(&anna).await;
    age(&mut server).await;
    let token = json!({ "name": "lamp", "scope": "read" });
    anna.post("/api/tokens", token.clone())
        .await
        .refused(403, "proof_required");
    anna.post(OPTIONS, json!({}))
        .await
        .refused(403, "proof_required");
    let state = anna.get("/api/proof").await.expect(200);
    assert_eq!(state["passkey"], true);
    let options = anna
        .post("/api/proof/passkey/options", json!({}))
        .await
        .expect(200);
    let allowed = json!([{ "type": "public-key", "id": base64(&phone.id) }]);
    assert_eq!(options["allowCredentials"], allowed);
    // Somebody else’s isn’t proof, nor is one for another session.
    let proof = json!({ "passkey": other.get(&options, ORIGIN, right) });
    anna.post("/api/proof", proof)
        .await
        .refused(403, "bad_passkey");
    let options = bob
        .post("/api/proof/passkey/options", json!({}))
        .await
        .expect(200);
    let proof = json!({ "passkey": phone.get(&options, ORIGIN, right) });
    anna.post("/api/proof", proof)
        .await
        .refused(403, "bad_passkey");
    anna.post("/api/tokens", token.clone())
        .await
        .refused(403, "proof_required");

    let options = anna
        .post("/api/proof/passkey/options", json!({}))
        .await
        .expect(200);
    // Authenticators needn’t name their user where it is known.
    let proof = json!({ "passkey": phone.get(&options, ORIGIN, |it| it.user_handle = None) });
    anna.post("/api/proof", proof).await.expect(204);
    anna.post("/api/tokens", token).await.expect(201);
}

#[tokio::test]
async fn the_last_way_in_stays_and_a_new_password_clears_them_all() {
    let server = named().await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let (mut phone, added) = passkey(&bob, "Phone").await;
    let database = Connection::open(server.database()).expect("the database");
    // As for somebody who came by a provider that was then unlinked.
    let without = "UPDATE users SET password_hash = NULL WHERE username = 'bob'";
    database.execute(without, []).expect("no password");
    let path = format!("/api/passkeys/{}", text(&added["id"]));
    bob.delete(&path).await.refused(409, "last_way_in");
    let (_, second) = passkey(&bob, "Tablet").await;
    let second = format!("/api/passkeys/{}", text(&second["id"]));
    bob.delete(&second).await.expect(204);
    use_it(&server.nobody(), &mut phone).await.expect(200);

    let reset = format!("/api/admin/users/{}/reset", bob.id);
    let made = anna.post(&reset, json!({})).await.expect(201);
    // The link alone does nothing yet.
    use_it(&server.nobody(), &mut phone).await.expect(200);
    let link = json!({ "token": token_of(text(&made["link"])), "password": PASSWORD });
    let welcome = server.nobody().post("/api/reset", link).await.expect(200);
    use_it(&server.nobody(), &mut phone)
        .await
        .refused(403, "bad_passkey");
    let bob = bob.with_token(&welcome["token"]);
    assert_eq!(passkeys(&bob).await, Vec::<Value>::new());

    // Nor does anything of them stay of an account that is deleted.
    let (mut phone, _) = passkey(&bob, "Phone").await;
    let gone = bob.request(Method::DELETE, "/api/auth_user");
    answer(gone.json(&json!({ "password": PASSWORD })))
        .await
        .expect(204);
    use_it(&server.nobody(), &mut phone)
        .await
        .refused(403, "bad_passkey");
    let rows: u32 = database
        .query_row("SELECT count(*) FROM passkeys", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn whoever_is_disabled_stays_outside() {
    let server = named().await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let (mut phone, _) = passkey(&bob, "Phone").await;
    let path = format!("/api/admin/users/{}", bob.id);
    anna.patch(&path, json!({ "disabled": true }))
        .await
        .expect(200);
    use_it(&server.nobody(), &mut phone)
        .await
        .refused(403, "disabled");
    anna.patch(&path, json!({ "disabled": false }))
        .await
        .expect(200);
    use_it(&server.nobody(), &mut phone).await.expect(200);
}

#[tokio::test]
async fn a_passkey_is_an_administrators_second_factor_and_the_password_none_any_more() {
    let server = named().await;
    let anna = server.set_up("anna").await;
    let need = json!({ "adminsNeedSecondFactor": true });
    anna.patch("/api/admin/settings", need.clone())
        .await
        .refused(403, "second_factor_needed");
    let (mut phone, _) = passkey(&anna, "Phone").await;
    // As long as nobody needs one, a passkey takes nothing from the password.
    server.nobody().log_in("anna", PASSWORD).await;
    anna.patch("/api/admin/settings", need).await.expect(200);
    let settings = anna.get("/api/settings").await.expect(200);
    assert_eq!(settings["needsSecondFactor"], false);
    anna.get("/api/admin/users").await.expect(200);

    let credentials = json!({ "username": "anna", "password": PASSWORD });
    let login = server
        .nobody()
        .post("/api/login", credentials.clone())
        .await;
    assert!(!login.headers.contains_key(SET_COOKIE));
    login.refused(401, "passkey_required");
    let mut with_code = credentials.clone();
    with_code["code"] = "123456".into();
    let login = server.nobody().post("/api/login", with_code).await;
    login.refused(401, "passkey_required");
    use_it(&server.nobody(), &mut phone).await.expect(200);
    let state = anna.get("/api/proof").await.expect(200);
    assert_eq!(
        (&state["password"], &state["code"], &state["passkey"]),
        (&json!(false), &json!(false), &json!(true))
    );
    let proof = json!({ "password": PASSWORD });
    anna.post("/api/proof", proof)
        .await
        .refused(403, "proof_required");

    // Nobody else is asked for one.
    let bob = anna.invite("bob").await;
    passkey(&bob, "Phone").await;
    server.nobody().log_in("bob", PASSWORD).await;
    // An app is as good.
    App::set_up(&anna).await;
    let login = server.nobody().post("/api/login", credentials).await;
    login.refused(401, "second_factor_required");
}

#[tokio::test]
async fn an_account_has_sixteen_and_a_passkey_one_account() {
    let server = named().await;
    let anna = server.set_up("anna").await;
    let bob = anna.invite("bob").await;
    let (phone, _) = passkey(&anna, "Phone").await;
    let options = bob.post(OPTIONS, json!({})).await.expect(200);
    let id = phone.id.clone();
    let created = Authenticator::new().create(&options, ORIGIN, |it| it.id = id);
    add(&bob, "Phone", created)
        .await
        .refused(403, "bad_passkey");
    for number in 2..=16 {
        passkey(&anna, &format!("Key {number}")).await;
    }
    let options = anna.post(OPTIONS, json!({})).await.expect(200);
    let created = Authenticator::new().create(&options, ORIGIN, right);
    add(&anna, "Key 17", created).await.refused(422, "invalid");
    assert_eq!(passkeys(&anna).await.len(), 16);
}

#[tokio::test]
async fn at_an_address_there_are_none() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let config = anna.get("/api/config").await.expect(200);
    assert_eq!(config["passkeys"], false);
    for path in [OPTIONS, SIGN_IN_OPTIONS, "/api/proof/passkey/options"] {
        anna.post(path, json!({}))
            .await
            .refused(409, "passkeys_unavailable");
    }
    // On the machine itself there are.
    add_at_localhost(&anna).await;
    let request = anna
        .request(Method::GET, "/api/config")
        .header("host", LOCALHOST);
    assert_eq!(answer(request).await.expect(200)["passkeys"], true);
}

/// Somebody’s new passkey at a server without a name, on its own machine.
pub async fn add_at_localhost(client: &Client) -> Value {
    let request = client
        .request(Method::POST, OPTIONS)
        .header("host", LOCALHOST);
    let options = answer(request).await.expect(200);
    assert_eq!(options["rp"]["id"], "localhost");
    let origin = format!("http://{LOCALHOST}");
    let created = Authenticator::new().create(&options, &origin, right);
    let request = client
        .request(Method::POST, "/api/passkeys")
        .header("host", LOCALHOST);
    let body = json!({ "name": "Phone", "credential": created });
    answer(request.json(&body)).await.expect(201)
}

/// A passkey is for one name. Where the server has another one now, it opens nothing.
#[tokio::test]
async fn a_passkey_for_a_former_name_is_no_way_in() {
    const RENAMED: &str = "https://new.example";
    let mut server = named().await;
    let anna = server.set_up("anna").await;
    let (_, old) = passkey(&anna, "Phone").await;
    assert_eq!(old["rpId"], "chat.example");
    let count_excluded = async || {
        let options = anna.post(OPTIONS, json!({})).await.expect(200);
        options["excludeCredentials"].as_array().map(Vec::len)
    };
    let has_passkey = async || anna.get("/api/proof").await.expect(200)["passkey"].clone();
    assert_eq!(
        (count_excluded().await, has_passkey().await),
        (Some(1), json!(true))
    );

    server.configure(|config| {
        config.settings.public_url = Some(RENAMED.parse().expect("an origin"));
    });
    server.restart().await;
    assert_eq!(
        (count_excluded().await, has_passkey().await),
        (Some(0), json!(false))
    );
    let options = anna.post("/api/proof/passkey/options", json!({})).await;
    assert_eq!(options.expect(200)["allowCredentials"], json!([]));

    let options = anna.post(OPTIONS, json!({})).await.expect(200);
    let mut key = Authenticator::new();
    let created = key.create(&options, RENAMED, right);
    let new = add(&anna, "Key", created).await.expect(201);
    assert_eq!(new["rpId"], "new.example");
    Connection::open(server.database())
        .and_then(|database| database.execute("UPDATE users SET password_hash = NULL", []))
        .expect("nobody has a password");
    let remove = async |passkey: &Value| {
        let path = format!("/api/passkeys/{}", text(&passkey["id"]));
        anna.delete(&path).await
    };
    remove(&new).await.refused(409, "last_way_in");
    remove(&old).await.expect(204);
    assert_eq!(passkeys(&anna).await, [new]);
}

/// Those that an older version has kept count, and say where they are for once they are used.
#[tokio::test]
async fn a_passkey_of_an_older_version_counts() {
    let mut server = named().await;
    let anna = server.set_up("anna").await;
    let (mut phone, _) = passkey(&anna, "Phone").await;
    server.stop().await;
    Connection::open(server.database())
        .and_then(|database| database.execute("UPDATE passkeys SET rp_id = NULL", []))
        .expect("an older passkey");
    server.resume().await;
    assert_eq!(passkeys(&anna).await[0]["rpId"], Value::Null);
    assert_eq!(anna.get("/api/proof").await.expect(200)["passkey"], true);
    use_it(&anna.nobody(), &mut phone).await.expect(200);
    assert_eq!(passkeys(&anna).await[0]["rpId"], "chat.example");
}
