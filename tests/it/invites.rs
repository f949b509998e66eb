//! Invitations, and who else may make themselves an account.

use std::time::Duration;

use serde_json::{Value, json};
use tincan::http::Signup;

use crate::support::{
    Answer, Client, PASSWORD, Server, at_once, expect_timestamp, strict, text, token_of,
};

/// Makes an account by this invitation.
async fn come_in(nobody: &Client, username: &str, link: &Value) -> Answer {
    let account = json!({
        "username": username, "password": PASSWORD, "invite": token_of(text(link)),
    });
    nobody.post("/api/accounts", account).await
}

#[tokio::test]
async fn an_invitation_lets_one_person_in_for_a_week() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let made = anna.post("/api/invites", json!({})).await.expect(201);
    assert_eq!((&made["uses"], &made["usesLeft"]), (&json!(1), &json!(1)));
    assert_eq!(made["createdBy"]["username"], "anna");
    for time in ["createdAt", "expiresAt"] {
        expect_timestamp(&made[time]);
    }
    let time = |field: &str| humantime::parse_rfc3339(text(&made[field])).expect("a time");
    let lasts = time("expiresAt").duration_since(time("createdAt"));
    assert_eq!(lasts.expect("later"), Duration::from_hours(7 * 24));

    let nobody = server.nobody();
    let check = json!({ "invite": token_of(text(&made["link"])) });
    let known = nobody
        .post("/api/invites/check", check.clone())
        .await
        .expect(200);
    assert_eq!(
        known,
        json!({ "invitedBy": "anna", "rooms": [], "expiresAt": made["expiresAt"] })
    );
    come_in(&nobody, "bob", &made["link"]).await.expect(201);
    come_in(&nobody, "eve", &made["link"])
        .await
        .refused(403, "bad_invite");
    nobody
        .post("/api/invites/check", check)
        .await
        .refused(403, "bad_invite");
    assert_eq!(anna.get("/api/invites").await.expect(200), json!([]));
}

#[tokio::test]
async fn a_name_that_is_taken_leaves_the_invitation_as_it_was() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let made = anna.post("/api/invites", json!({})).await.expect(201);
    let nobody = server.nobody();
    come_in(&nobody, "ANNA", &made["link"])
        .await
        .refused(409, "username_taken");
    come_in(&nobody, "bob", &made["link"]).await.expect(201);
}

#[tokio::test]
async fn at_once_it_lets_in_as_many_as_it_says() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let made = anna
        .post("/api/invites", json!({ "uses": 2 }))
        .await
        .expect(201);
    let statuses = at_once((0..6).map(|n| {
        let (nobody, link) = (server.nobody(), made["link"].clone());
        async move {
            let username = format!("guest-{n}");
            come_in(&nobody, &username, &link).await.status.as_u16()
        }
    }))
    .await;
    let count = |wanted| statuses.iter().filter(|&&status| status == wanted).count();
    assert_eq!((count(201), count(403)), (2, 4), "{statuses:?}");
}

#[tokio::test]
async fn a_revoked_one_lets_nobody_in() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let made = anna
        .post("/api/invites", json!({ "uses": 100 }))
        .await
        .expect(201);
    let listed = anna.get("/api/invites").await.expect(200);
    assert_eq!(listed[0]["id"], made["id"]);
    assert_eq!(listed[0]["link"], Value::Null, "it is shown once");
    let path = format!("/api/invites/{}", text(&made["id"]));
    anna.delete(&path).await.expect(204);
    anna.delete(&path).await.refused(404, "not_found");
    let nobody = server.nobody();
    come_in(&nobody, "eve", &made["link"])
        .await
        .refused(403, "bad_invite");
}

#[tokio::test]
async fn what_makes_no_sense_makes_no_invitation() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    for (wish, field) in [
        (json!({ "uses": 0 }), "uses"),
        (json!({ "uses": 101 }), "uses"),
        (json!({ "days": 0 }), "days"),
        (json!({ "days": 91 }), "days"),
    ] {
        let refused = anna
            .post("/api/invites", wish)
            .await
            .refused(422, "invalid");
        assert!(refused["errors"][field].is_string(), "{refused}");
    }
    assert_eq!(anna.get("/api/invites").await.expect(200), json!([]));
}

#[tokio::test]
async fn its_picture_is_a_qr_code_that_a_browser_can_show() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let made = anna.post("/api/invites", json!({})).await.expect(201);
    let picture = text(&made["qr"]);
    assert!(picture.contains("<svg xmlns="), "{picture}");
    // A picture has no business with scripts or addresses.
    assert!(!picture.contains("<script") && !picture.contains("href"));
}

#[tokio::test]
async fn without_an_invitation_one_is_needed() {
    let server = Server::start(strict()).await;
    server.set_up("anna").await;
    let account = json!({ "username": "eve", "password": PASSWORD });
    let refused = server.nobody().post("/api/accounts", account).await;
    refused.refused(403, "invite_required");
}

#[tokio::test]
async fn where_anybody_may_come_in_nobody_needs_one() {
    let mut config = strict();
    config.settings.signup = Signup::Open;
    let server = Server::start(config).await;
    let account = json!({ "username": "bob", "password": PASSWORD });
    // Not before there is somebody who looks after the server.
    let early = server.nobody().post("/api/accounts", account.clone()).await;
    early.refused(403, "signup_closed");
    server.set_up("anna").await;
    let config = server.nobody().get("/api/config").await.expect(200);
    assert_eq!(config["signup"], "open");
    server.nobody().register(account).await;
}

#[tokio::test]
async fn where_nobody_may_come_in_an_invitation_does_not_help() {
    let mut config = strict();
    config.settings.signup = Signup::Closed;
    let server = Server::start(config).await;
    let anna = server.set_up("anna").await;
    let made = anna.post("/api/invites", json!({})).await.expect(201);
    let refused = come_in(&server.nobody(), "eve", &made["link"]).await;
    refused.refused(403, "signup_closed");
}
