//! Signing in and out, one's sessions, and by what a request shows whose it is.

use proptest::{prop_assert, sample::select, strategy::Strategy};
use reqwest::{Method, RequestBuilder, StatusCode, header::SET_COOKIE};
use rusqlite::Connection;
use serde_json::json;
use tincan::{
    http::{ServerSettings, Signup},
    server::Config,
};
use unicode_normalization::UnicodeNormalization;

use crate::old_database::{SERVICE, mark};
use crate::support::{
    Answer, Client, PASSWORD, Server, Talk, answer, dev, expect_timestamp, for_all, strict,
};

/// A server in dev mode that people reach at this address.
fn dev_at(public_url: &str) -> Config {
    Config {
        settings: ServerSettings {
            public_url: Some(public_url.parse().expect("an origin")),
            ..dev().settings
        },
        ..dev()
    }
}

/// A person's cookie, as a browser would send it back, and its attributes.
async fn cookie(server: &Server, username: &str) -> (String, Vec<String>) {
    let body = json!({ "username": username });
    set_cookie(&server.nobody().post("/api/login", body).await)
}

fn set_cookie(answer: &Answer) -> (String, Vec<String>) {
    let header = answer.headers[SET_COOKIE].to_str().expect("a text");
    let mut parts = header.split("; ").map(str::to_owned);
    let cookie = parts.next().expect("a cookie");
    let mut attributes: Vec<_> = parts.collect();
    attributes.sort();
    (cookie, attributes)
}

/// A change that a page with this cookie asks for.
fn change_by_cookie(server: &Server, cookie: &str) -> RequestBuilder {
    server
        .nobody()
        .request(Method::POST, "/api/conversations")
        .header("cookie", cookie)
        .json(&json!({ "username": "jane" }))
}

fn get_by_cookie(server: &Server, path: &str, cookie: &str) -> RequestBuilder {
    server
        .nobody()
        .request(Method::GET, path)
        .header("cookie", cookie)
}

/// The ids of somebody's sessions: that of the one that asks, and the others.
async fn session_ids(client: &Client) -> (String, Vec<String>) {
    let sessions = client.get("/api/sessions").await.expect(200);
    let sessions = sessions.as_array().expect("a list");
    let id = |session: &serde_json::Value| session["id"].as_str().expect("an id").to_owned();
    let (current, others): (Vec<_>, Vec<_>) = sessions
        .iter()
        .partition(|session| session["current"] == true);
    assert_eq!(current.len(), 1, "{sessions:?}");
    (id(current[0]), others.into_iter().map(id).collect())
}

#[tokio::test]
async fn the_configuration_says_what_kind_of_server_it_is() {
    let mut expected = json!({
        "name": "Tincan",
        "version": env!("CARGO_PKG_VERSION"),
        "dev": true,
        "providers": [],
        "providerNames": {},
        "signup": "open",
        "maxFile": 100_000_000, "maxMessageLength": 4000,
        "authUser": null,
        "publicURL": null,
        // An address has none, and most tests ask at one.
        "passkeys": false,
    });
    let server = Server::start(dev()).await;
    let config = server.nobody().get("/api/config").await.expect(200);
    let ui = config["ui"].as_str().expect("a text");
    assert!(
        ui.len() == 16 && ui.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{ui}"
    );
    expected["ui"] = ui.into();
    assert_eq!(config, expected);

    let server = Server::start(strict()).await;
    let config = server.nobody().get("/api/config").await.expect(200);
    expected["dev"] = false.into();
    expected["signup"] = "setup".into();
    assert_eq!(config, expected);
}

#[tokio::test]
async fn the_configuration_says_who_is_asking_and_refuses_nobody() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let user = john.get("/api/auth_user").await.expect(200);
    let cookie = format!("tincan={}", john.token.clone().expect("a token"));
    let by_cookie = || get_by_cookie(&server, "/api/config", &cookie);
    let who = async |request| answer(request).await.expect(200)["authUser"].clone();
    let by_token = |client: &Client| client.request(Method::GET, "/api/config");
    assert_eq!(who(by_token(&john)).await, user);
    assert_eq!(who(by_cookie()).await, user);
    let stranger = john.with_token(&"0".repeat(64).into());
    assert_eq!(who(by_token(&stranger)).await, json!(null));
    // As everywhere, the bearer token is looked at first.
    assert_eq!(who(by_cookie().bearer_auth("0")).await, json!(null));

    john.post("/api/logout", json!({})).await.expect(204);
    assert_eq!(who(by_token(&john)).await, json!(null));
    assert_eq!(who(by_cookie()).await, json!(null));
}

#[tokio::test]
async fn somebody_who_signs_in_is_who_they_said() {
    let server = Server::start(dev()).await;
    let body = json!({ "username": "john", "password": "not looked at" });
    let signed_in = server.nobody().post("/api/login", body).await.expect(200);
    expect_timestamp(&signed_in["expiresAt"]);
    let user = &signed_in["authUser"];
    assert_eq!(user["username"], "john");
    assert_eq!(user["avatarURL"], json!(null));

    let john = server.nobody().with_token(&signed_in["token"]);
    assert_eq!(&john.get("/api/auth_user").await.expect(200), user);
}

#[tokio::test]
async fn a_name_is_found_in_whatever_case_and_form() {
    let server = Server::start(dev()).await;
    for spelling in ["JOHN", " john ", "ｊｏｈｎ"] {
        assert_eq!(server.sign_in(spelling).await.username, "john");
    }
}

#[tokio::test]
async fn an_unknown_name_is_not_found_in_dev_mode() {
    let server = Server::start(dev()).await;
    let body = json!({ "username": "nobody" });
    let refusal = server.nobody().post("/api/login", body).await;
    assert!(!refusal.headers.contains_key(SET_COOKIE));
    let refusal = refusal.refused(404, "not_found");
    assert_eq!(refusal["message"], "User not found.");
}

#[tokio::test]
async fn who_signs_in_must_say_a_name() {
    let server = Server::start(dev()).await;
    for path in ["/api/login", "/api/accounts"] {
        for body in [
            json!({}),
            json!({ "username": null }),
            json!({ "username": " \t" }),
        ] {
            let refusal = server.nobody().post(path, body).await;
            let refusal = refusal.refused(422, "invalid");
            assert_eq!(refusal["errors"], json!({ "username": refusal["message"] }));
        }
    }
}

#[tokio::test]
async fn without_dev_mode_a_name_alone_opens_nothing() {
    let mut server = Server::start(dev()).await;
    server.stop().await;
    mark(server.database(), SERVICE);
    let strict = Config {
        database: server.database().to_owned(),
        ..strict()
    };
    let strict = Server::start(strict).await;
    let mut refusals = Vec::new();
    for username in ["john", "nobody"] {
        let body = json!({ "username": username, "password": "guess" });
        let refusal = strict.nobody().post("/api/login", body).await;
        assert!(!refusal.headers.contains_key(SET_COOKIE));
        assert_eq!(refusal.headers["www-authenticate"], "Bearer");
        refusals.push(refusal.refused(401, "bad_credentials"));
    }
    assert_eq!(refusals[0], refusals[1], "whether a name exists shows");

    let body = json!({ "username": "ada" });
    let refusal = strict.nobody().post("/api/accounts", body).await;
    refusal.refused(403, "signup_closed");
}

#[tokio::test]
async fn a_new_account_is_signed_in_at_once() {
    let server = Server::start(dev()).await;
    let body = json!({ "username": "ada" });
    let made = server.nobody().post("/api/accounts", body).await;
    let (cookie, _) = set_cookie(&made);
    let made = made.expect(201);
    expect_timestamp(&made["expiresAt"]);

    let by_cookie = answer(get_by_cookie(&server, "/api/auth_user", &cookie)).await;
    let by_token = server.nobody().with_token(&made["token"]);
    assert_eq!(by_cookie.expect(200), made["authUser"]);
    let by_token = by_token.get("/api/auth_user").await;
    assert_eq!(by_token.expect(200), made["authUser"]);
}

#[tokio::test]
async fn a_username_is_one_to_thirty_two_letters_digits_and_marks() {
    let server = Server::start(dev()).await;
    let longest = "x".repeat(32);
    for (given, kept) in [
        ("a", "a"),
        ("A_b.c-9", "A_b.c-9"),
        ("Ζωή", "Ζωή"),
        ("李", "李"),
        (longest.as_str(), longest.as_str()),
        // NFC composes, and leaves compatibility forms as they are.
        ("e\u{301}va", "\u{e9}va"),
        ("ﬁnn", "ﬁnn"),
        (" trimmed ", "trimmed"),
    ] {
        assert_eq!(server.sign_up(given).await.username, kept, "{given:?}");
    }
    let too_long = "x".repeat(33);
    for name in [
        too_long.as_str(),
        "two words",
        "at@sign",
        "slash/",
        "nul\0",
        "line\nbreak",
        "smile😀",
        "bidi\u{202e}",
        "zero\u{200b}width",
    ] {
        let body = json!({ "username": name });
        let refusal = server.nobody().post("/api/accounts", body).await;
        let refusal = refusal.refused(422, "invalid");
        assert_eq!(refusal["errors"], json!({ "username": refusal["message"] }));
    }
}

#[tokio::test]
async fn a_name_is_taken_in_every_spelling() {
    let server = Server::start(dev()).await;
    server.sign_up("Straße").await;
    server.sign_up("Kelvin").await;
    for name in [
        "john",
        "John",
        "ＪＯＨＮ",
        "strasse",
        "STRASSE",
        "\u{212a}elvin",
    ] {
        let body = json!({ "username": name });
        let refusal = server.nobody().post("/api/accounts", body).await;
        refusal.refused(409, "username_taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_two_accounts_differ_in_case_or_form_alone() {
    // Letters whose case or form is more than a matter of one bit.
    let letters: Vec<char> = "aAßẞsSſﬁFiIıKkKÅåÅσςΣǆǅᾳﬀＡａ①1²ªŉΐ᾽ᾼϐβ.-_\u{301}\u{345}"
        .chars()
        .collect();
    let name = proptest::collection::vec(select(letters), 1..6)
        .prop_map(|letters| letters.into_iter().collect::<String>());
    // Case is that of the composed name: taken apart, a mark may change the letter it stands on.
    let respell: Vec<fn(&str) -> String> = vec![
        |name| name.nfd().collect(),
        |name| name.nfkd().collect(),
        |name| name.nfkc().collect(),
        |name| name.nfkc().collect::<String>().to_uppercase(),
        |name| name.nfkc().collect::<String>().to_lowercase(),
        |name| {
            let upper = name.nfkc().collect::<String>().to_uppercase();
            upper.to_lowercase()
        },
    ];
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    for_all(256, &(name, select(respell)), async |(name, respell)| {
        let other = respell(&name);
        let make = async |name: &str| {
            let body = json!({ "username": name });
            nobody.post("/api/accounts", body).await
        };
        let first = make(&name).await;
        let second = make(&other).await;
        // One that breaks a rule or looks like another isn’t there.
        let is_there =
            first.status == StatusCode::CREATED || first.body["message"] == "Username taken";
        prop_assert!(
            !is_there || second.status != StatusCode::CREATED,
            "{name:?} and {other:?} both exist"
        );
        Ok(())
    });
}

#[tokio::test]
async fn a_cookie_on_plain_http_is_bound_to_the_site() {
    let server = Server::start(dev()).await;
    let (cookie, attributes) = cookie(&server, "john").await;
    let name = format!("tincan-{}=", server.address().port());
    assert!(cookie.starts_with(&name), "{cookie}");
    let expected = ["HttpOnly", "Max-Age=7776000", "Path=/", "SameSite=Lax"];
    assert_eq!(attributes, expected);
}

#[tokio::test]
async fn a_cookie_behind_https_is_bound_to_the_host() {
    let server = Server::start(dev_at("https://chat.example")).await;
    let (cookie, attributes) = cookie(&server, "john").await;
    assert!(cookie.starts_with("__Host-tincan="), "{cookie}");
    let expected = [
        "HttpOnly",
        "Max-Age=7776000",
        "Path=/",
        "SameSite=Lax",
        "Secure",
    ];
    assert_eq!(attributes, expected);
    answer(get_by_cookie(&server, "/api/auth_user", &cookie))
        .await
        .expect(200);

    // A neighbouring host could have set the name without the prefix.
    let unprefixed = cookie.trim_start_matches("__Host-");
    let refusal = answer(get_by_cookie(&server, "/api/auth_user", unprefixed)).await;
    refusal.refused(401, "unauthorized");
}

#[tokio::test]
async fn a_cookie_is_found_among_others() {
    let server = Server::start(dev()).await;
    let (cookie, _) = cookie(&server, "john").await;
    let among = format!("theme=dark; xtincan=1; {cookie}; other=a=b");
    let user = answer(get_by_cookie(&server, "/api/auth_user", &among)).await;
    assert_eq!(user.expect(200)["username"], "john");
}

#[tokio::test]
async fn a_bearer_token_counts_before_a_cookie() {
    let server = Server::start(dev()).await;
    let (cookie, _) = cookie(&server, "john").await;
    let jane = server.sign_in("jane").await;
    let both = jane.request(Method::GET, "/api/auth_user");
    let user = answer(both.header("cookie", &cookie)).await;
    assert_eq!(user.expect(200)["username"], "jane");

    let wrong = get_by_cookie(&server, "/api/auth_user", &cookie).bearer_auth("wrong");
    answer(wrong).await.refused(401, "unauthorized");

    // The scheme's case doesn't matter, and another scheme is none of ours.
    let token = jane.token.as_deref().expect("a token");
    let nobody = server.nobody();
    let lower = nobody.request(Method::GET, "/api/auth_user");
    let user = answer(lower.header("authorization", format!("bearer {token}"))).await;
    assert_eq!(user.expect(200)["username"], "jane");
    let basic = get_by_cookie(&server, "/api/auth_user", &cookie);
    let user = answer(basic.header("authorization", "Basic am9objp4")).await;
    assert_eq!(user.expect(200)["username"], "john");
}

#[tokio::test]
async fn a_token_in_the_address_opens_the_stream_alone() {
    let Talk {
        server,
        john,
        conversation,
        ..
    } = Talk::start(dev()).await;
    let token = john.token.as_deref().expect("a token");
    let nobody = server.nobody();
    for path in [
        "/api/auth_user".to_owned(),
        "/api/sessions".to_owned(),
        "/api/conversations".to_owned(),
        format!("/api/conversations/{conversation}/messages"),
    ] {
        let refusal = nobody.get(&format!("{path}?token={token}")).await;
        refusal.refused(401, "unauthorized");
    }
    let stream = |token: &str| {
        nobody
            .request(Method::GET, &format!("/api/messages?token={token}"))
            .header("accept", "text/event-stream")
    };
    let opened = stream(token).send().await.expect("an answer");
    assert_eq!(opened.status(), StatusCode::OK);
    answer(stream("wrong")).await.refused(401, "unauthorized");
}

/// Two people who have never talked, where development mode’s aren’t.
async fn john_and_jane(server: &Server) -> Client {
    let john = server.set_up("john").await;
    let jane = json!({ "username": "jane", "password": PASSWORD });
    server.nobody().register(jane).await;
    john
}

#[tokio::test]
async fn a_cookie_changes_nothing_for_a_page_elsewhere() {
    let mut config = strict();
    config.settings.signup = Signup::Open;
    let server = Server::start(config).await;
    let john = john_and_jane(&server).await;
    let cookie = format!("tincan={}", john.token.as_deref().expect("a token"));
    let own = format!("http://{}", server.address());
    for headers in [
        vec![],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("sec-fetch-site", "none")],
        // What the browser says of the site counts before what it says of the origin.
        vec![("sec-fetch-site", "cross-site"), ("origin", own.as_str())],
        vec![("origin", "http://evil.example")],
        vec![("origin", "null")],
        vec![("origin", "https://localhost")],
    ] {
        let request = headers.into_iter().fold(
            change_by_cookie(&server, &cookie),
            |request, (name, value)| request.header(name, value),
        );
        answer(request).await.refused(403, "cross_origin");
    }
    let (other_port, _) = own.rsplit_once(':').expect("a port");
    let request = change_by_cookie(&server, &cookie).header("origin", format!("{other_port}:1"));
    answer(request).await.refused(403, "cross_origin");

    // Nothing came of any of them; a read may come from anywhere, as nobody elsewhere can see it.
    let same = change_by_cookie(&server, &cookie).header("sec-fetch-site", "same-origin");
    answer(same).await.expect(201);
    let same = change_by_cookie(&server, &cookie).header("origin", own);
    answer(same).await.expect(303);
    let read = get_by_cookie(&server, "/api/auth_user", &cookie);
    answer(read.header("sec-fetch-site", "cross-site"))
        .await
        .expect(200);
}

#[tokio::test]
async fn behind_a_proxy_the_public_origin_counts() {
    let mut config = dev_at("https://chat.example");
    config.settings.dev = false;
    config.settings.signup = Signup::Open;
    let server = Server::start(config).await;
    let john = john_and_jane(&server).await;
    let cookie = format!("__Host-tincan={}", john.token.as_deref().expect("a token"));
    let direct = format!("http://{}", server.address());
    for foreign in [
        direct.as_str(),
        "http://chat.example",
        "https://chat.example:8443",
        "https://chat.example.evil.example",
    ] {
        let request = change_by_cookie(&server, &cookie).header("origin", foreign);
        answer(request).await.refused(403, "cross_origin");
    }
    let request = change_by_cookie(&server, &cookie).header("origin", "https://chat.example");
    answer(request).await.expect(201);
}

#[tokio::test]
async fn a_bearer_token_is_good_from_any_page() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let request = john
        .request(Method::POST, "/api/conversations")
        .header("origin", "http://elsewhere.example")
        .json(&json!({ "username": "jane" }));
    answer(request).await.expect(201);
}

#[tokio::test]
async fn a_page_elsewhere_can_neither_sign_in_nor_out() {
    let server = Server::start(dev()).await;
    let nobody = server.nobody();
    for (path, username) in [("/api/login", "john"), ("/api/accounts", "ada")] {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://evil.example"),
        ] {
            let request = nobody
                .request(Method::POST, path)
                .header(name, value)
                .json(&json!({ "username": username }));
            let refusal = answer(request).await;
            assert!(!refusal.headers.contains_key(SET_COOKIE));
            refusal.refused(403, "cross_origin");
        }
    }
    let (cookie, _) = cookie(&server, "john").await;
    let logout = || {
        nobody
            .request(Method::POST, "/api/logout")
            .header("cookie", &cookie)
    };
    answer(logout().header("sec-fetch-site", "cross-site"))
        .await
        .refused(403, "cross_origin");
    answer(get_by_cookie(&server, "/api/auth_user", &cookie))
        .await
        .expect(200);

    let out = answer(logout().header("sec-fetch-site", "same-origin")).await;
    let (emptied, attributes) = set_cookie(&out);
    assert_eq!(emptied, format!("tincan-{}=", server.address().port()));
    assert!(
        attributes.contains(&"Max-Age=0".to_owned()),
        "{attributes:?}"
    );
    out.expect(204);
    answer(get_by_cookie(&server, "/api/auth_user", &cookie))
        .await
        .refused(401, "unauthorized");
}

#[tokio::test]
async fn who_signs_out_is_out_at_once_and_on_this_device_alone() {
    let server = Server::start(dev()).await;
    let phone = server.sign_in("john").await;
    let laptop = phone.another_device().await;
    // Asked before, so that the answer is in memory.
    phone.get("/api/auth_user").await.expect(200);
    phone.post("/api/logout", json!({})).await.expect(204);
    let refusal = phone.get("/api/auth_user").await;
    assert_eq!(refusal.headers["www-authenticate"], "Bearer");
    refusal.refused(401, "unauthorized");
    phone
        .post("/api/logout", json!({}))
        .await
        .refused(401, "unauthorized");
    laptop.get("/api/auth_user").await.expect(200);
}

#[tokio::test]
async fn a_session_outlives_a_restart_and_its_end_does_too() {
    let mut server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    jane.post("/api/logout", json!({})).await.expect(204);
    server.restart().await;
    john.get("/api/auth_user").await.expect(200);
    jane.get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
}

#[tokio::test]
async fn a_refreshed_token_takes_the_place_of_the_old_one() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let (_, before) = session_ids(&john).await;
    let refreshed = john.post("/api/refresh_token", json!({})).await.expect(200);
    expect_timestamp(&refreshed["expiresAt"]);
    let renewed = john.with_token(&refreshed["token"]);
    assert_ne!(renewed.token, john.token);
    john.get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
    let user = renewed.get("/api/auth_user").await.expect(200);
    assert_eq!(user["username"], "john");
    let (_, after) = session_ids(&renewed).await;
    assert_eq!(after, before, "the old session is gone");
}

#[tokio::test]
async fn a_refreshed_session_ends_when_the_first_one_would_have() {
    let mut server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    age(&mut server, "created_at", 89).await;
    let john = john.at(server.address());
    let refreshed = john.post("/api/refresh_token", json!({})).await.expect(200);
    let john = john.with_token(&refreshed["token"]);
    let ends =
        humantime::parse_rfc3339(refreshed["expiresAt"].as_str().expect("a text")).expect("a time");
    let left = ends.duration_since(std::time::SystemTime::now());
    let day = std::time::Duration::from_hours(24);
    assert!(left.is_ok_and(|left| left <= day), "{refreshed}");
    john.get("/api/auth_user").await.expect(200);
    age(&mut server, "created_at", 1).await;
    let john = john.at(server.address());
    john.get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
}

#[tokio::test]
async fn only_a_bearer_token_can_be_refreshed() {
    let server = Server::start(dev()).await;
    let (cookie, _) = cookie(&server, "john").await;
    let request = server
        .nobody()
        .request(Method::POST, "/api/refresh_token")
        .header("cookie", &cookie)
        .header("sec-fetch-site", "same-origin");
    answer(request).await.refused(401, "unauthorized");
    answer(get_by_cookie(&server, "/api/auth_user", &cookie))
        .await
        .expect(200);
}

#[tokio::test]
async fn the_list_of_sessions_tells_ones_devices_apart() {
    let server = Server::start(dev()).await;
    server.sign_in("jane").await;
    let login = server
        .nobody()
        .request(Method::POST, "/api/login")
        .header("user-agent", "Phone/1.0")
        .json(&json!({ "username": "john" }));
    answer(login).await.expect(200);
    let laptop = server.sign_in("john").await;

    let sessions = laptop.get("/api/sessions").await.expect(200);
    let sessions = sessions.as_array().expect("a list");
    assert_eq!(sessions.len(), 2, "one's own alone: {sessions:?}");
    for session in sessions {
        let mut names: Vec<_> = session.as_object().expect("an object").keys().collect();
        names.sort();
        assert_eq!(
            names,
            ["createdAt", "current", "device", "id", "lastSeenAt"],
            "no token, no hash"
        );
        expect_timestamp(&session["createdAt"]);
        expect_timestamp(&session["lastSeenAt"]);
    }
    let phone = sessions
        .iter()
        .find(|session| session["device"] == "Phone/1.0");
    assert_eq!(phone.expect("the phone")["current"], false);
}

#[tokio::test]
async fn a_session_ends_from_another_device() {
    let server = Server::start(dev()).await;
    let phone = server.sign_in("john").await;
    let laptop = phone.another_device().await;
    // Asked before, so that the answer is in memory.
    phone.get("/api/auth_user").await.expect(200);
    let (own, others) = session_ids(&laptop).await;
    let [lost] = others.as_slice() else {
        panic!("{others:?}");
    };
    let path = format!("/api/sessions/{lost}");
    laptop.delete(&path).await.expect(204);
    phone
        .get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
    laptop.delete(&path).await.refused(404, "not_found");
    assert_eq!(session_ids(&laptop).await, (own, vec![]));
}

#[tokio::test]
async fn somebody_elses_session_looks_like_none() {
    let server = Server::start(dev()).await;
    let (john, jane) = (server.sign_in("john").await, server.sign_in("jane").await);
    let (janes, _) = session_ids(&jane).await;
    let foreign = john.delete(&format!("/api/sessions/{janes}")).await;
    let missing = john.delete("/api/sessions/999999").await;
    let foreign = foreign.refused(404, "not_found");
    assert_eq!(foreign, missing.refused(404, "not_found"));
    jane.get("/api/auth_user").await.expect(200);
}

#[tokio::test]
async fn the_database_holds_no_token() {
    let mut server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    server.stop().await;
    let token = john.token.expect("a token");
    let bytes = std::fs::read(server.database()).expect("the database");
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|bytes| bytes == needle);
    assert!(holds(b"john"), "the search finds what is there");
    assert!(!holds(token.as_bytes()));
}

#[tokio::test]
async fn a_page_that_takes_itself_for_somebody_else_is_refused() {
    let server = Server::start(dev()).await;
    // john's page is still open when jane signs in by another tab, and their browser has one cookie.
    let john = server.sign_in("john").await;
    let jane = server.sign_in("jane").await;
    let (cookie, _) = cookie(&server, "jane").await;
    let conversation = jane.talk_to("john").await;
    let send = |user: &str| {
        let path = format!("/api/conversations/{conversation}/messages");
        let request = server.nobody().request(Method::POST, &path);
        request
            .header("cookie", &cookie)
            .header("sec-fetch-site", "same-origin")
            .header("tincan-user", user)
            .json(&json!({ "content": "Who says so?" }))
    };
    answer(send(&john.id)).await.expect(401);
    answer(send("")).await.expect(401);
    answer(send(&jane.id)).await.expect(201);
    let path = format!("/api/conversations/{conversation}/messages");
    let history = jane.get(&path).await.expect(200);
    assert_eq!(history.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_bots_name_that_breaks_the_rules_is_refused_where_it_stands() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let room = john.make_room("Kitchen", &[], false).await;
    let hooks = format!("/api/conversations/{room}/hooks");
    let token = json!({ "name": "lamp", "scope": "send", "bot": "la mp" });
    let asked = [("/api/tokens", token), (&hooks, json!({ "bot": "la mp" }))];
    for (path, body) in asked {
        let refusal = john.post(path, body).await.refused(422, "invalid");
        assert_eq!(refusal["errors"], json!({ "bot": refusal["message"] }));
    }
}

/// Makes what is kept of sessions so many days older, while nobody serves.
async fn age(server: &mut Server, column: &str, days: i64) {
    server.stop().await;
    let millis = days * 24 * 60 * 60 * 1_000;
    Connection::open(server.database())
        .expect("the database")
        .execute(
            &format!("UPDATE sessions SET {column} = {column} - ?1"),
            [millis],
        )
        .expect("an update");
    server.resume().await;
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_unused_and_ninety_in_any_case() {
    for (column, days, status) in [
        ("last_seen_at", 29, 200),
        ("last_seen_at", 30, 401),
        ("created_at", 89, 200),
        ("created_at", 90, 401),
    ] {
        let mut server = Server::start(dev()).await;
        let john = server.sign_in("john").await;
        age(&mut server, column, days).await;
        let john = john.at(server.address());
        let seen = john.get("/api/auth_user").await;
        assert_eq!(seen.status.as_u16(), status, "{column} {days} days ago");
        let again = server.sign_in("john").await;
        let listed = again.get("/api/sessions").await.expect(200);
        let open = if status == 200 { 2 } else { 1 };
        assert_eq!(
            listed.as_array().map(Vec::len),
            Some(open),
            "{column} {days} days ago"
        );
    }
}

#[tokio::test]
async fn an_api_token_ends_when_it_says_however_much_it_is_used() {
    for (days, status) in [(6, 200), (7, 401)] {
        let mut server = Server::start(dev()).await;
        let john = server.sign_in("john").await;
        let wish = json!({ "name": "x", "scope": "read", "days": 7 });
        let made = john.post("/api/tokens", wish).await.expect(201);
        let program = john.with_token(&made["token"]);
        program.get("/api/auth_user").await.expect(200);
        age(&mut server, "expires_at", days).await;
        let program = program.at(server.address());
        let seen = program.get("/api/auth_user").await;
        assert_eq!(seen.status.as_u16(), status, "{days} days later");
        let listed = john
            .at(server.address())
            .get("/api/tokens")
            .await
            .expect(200);
        assert_eq!(listed.as_array().map(Vec::is_empty), Some(status == 401));
    }
}
