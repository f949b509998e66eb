//! The first run: a link on the terminal makes the first account, an administrator's, once.

use serde_json::json;

use crate::old_database::{SERVICE, mark};
use crate::support::{Binary, PASSWORD, Server, at_once, dev, strict, text, token_of};

#[tokio::test]
async fn the_setup_link_makes_an_administrator_who_can_invite_others() {
    let server = Server::start(strict()).await;
    let config = server.nobody().get("/api/config").await.expect(200);
    assert_eq!(config["signup"], "setup");
    let anna = server.set_up("anna").await;
    assert_eq!(
        anna.get("/api/settings").await.expect(200),
        json!({
            "showsActivity": true, "admin": true, "mayInvite": true, "hasPassword": true,
            "needsSecondFactor": false, "asksFirst": false, "identities": [],
            "quiet": null, "preview": true,
        })
    );
    let config = server.nobody().get("/api/config").await.expect(200);
    assert_eq!(config["signup"], "invite");
    let bob = anna.invite("bob").await;
    assert_eq!(bob.get("/api/settings").await.expect(200)["admin"], false);
}

#[tokio::test]
async fn without_the_token_nobody_makes_the_first_account() {
    let server = Server::start(strict()).await;
    let nobody = server.nobody();
    let account = |token: Option<&str>| json!({ "username": "eve", "password": PASSWORD, "setupToken": token });
    let refused = nobody.post("/api/accounts", account(None)).await;
    refused.refused(403, "signup_closed");
    for wrong in ["", "0", &"0".repeat(64)] {
        let refused = nobody.post("/api/accounts", account(Some(wrong))).await;
        refused.refused(403, "bad_setup_token");
    }
    server.set_up("anna").await;
}

#[tokio::test]
async fn a_race_makes_one_account() {
    let server = Server::start(strict()).await;
    let token = server.setup_token();
    let made = at_once((0..8).map(|n| {
        let (nobody, token) = (server.nobody(), token.clone());
        async move {
            let account = json!({
                "username": format!("racer-{n}"), "password": PASSWORD, "setupToken": token,
            });
            nobody.post("/api/accounts", account).await.status.as_u16()
        }
    }))
    .await;
    assert_eq!(
        made.iter().filter(|&&status| status == 201).count(),
        1,
        "{made:?}"
    );
    assert_eq!(
        made.iter().filter(|&&status| status == 403).count(),
        7,
        "{made:?}"
    );
}

#[tokio::test]
async fn the_link_is_another_at_each_start_and_gone_once_it_was_used() {
    let mut server = Server::start(strict()).await;
    let first = server.setup_token();
    server.restart().await;
    let second = server.setup_token();
    assert!(first.is_some() && second.is_some());
    assert_ne!(first, second);
    let account = json!({ "username": "eve", "password": PASSWORD, "setupToken": first });
    let refused = server.nobody().post("/api/accounts", account).await;
    refused.refused(403, "bad_setup_token");

    server.set_up("anna").await;
    let again = json!({ "username": "eve", "password": PASSWORD, "setupToken": second });
    let refused = server.nobody().post("/api/accounts", again).await;
    refused.refused(403, "bad_setup_token");
    server.restart().await;
    assert_eq!(server.setup_token(), None);
    let config = server.nobody().get("/api/config").await.expect(200);
    assert_eq!(config["signup"], "invite");
}

#[tokio::test]
async fn somebody_of_development_mode_does_not_keep_the_first_account_from_being_made() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let mut config = dev();
    config.database.clone_from(&database);
    Server::start(config).await.stop().await;
    mark(&database, SERVICE);
    let mut config = strict();
    config.database = database;
    let server = Server::start(config).await;
    server.set_up("anna").await;
}

#[tokio::test]
async fn the_terminal_shows_the_link_after_the_address() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let database = database.to_str().expect("a path");
    let mut server = Binary::spawn(&["--listen", "127.0.0.1:0", "--db", database]);
    let link = server.setup_link();
    let page = format!("http://{}/setup#", server.address());
    assert!(link.starts_with(&page), "{link}");
    let account = json!({
        "username": "anna", "password": PASSWORD, "setupToken": token_of(&link),
    });
    server.nobody().register(account).await;
}

#[tokio::test]
async fn the_link_is_where_people_reach_the_server() {
    let mut config = strict();
    config.settings.public_url = Some("https://chat.example".parse().expect("an origin"));
    let server = Server::start(config).await;
    let anna = server.set_up("anna").await;
    let invite = anna.post("/api/invites", json!({})).await.expect(201);
    assert!(text(&invite["link"]).starts_with("https://chat.example/invite#"));
}
