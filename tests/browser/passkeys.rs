//! Passkeys, as people meet them. Chromium’s own authenticator stands in for a finger
//! (<https://www.w3.org/TR/webauthn-3/#sctn-automation>).

use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    api::answer,
    screenshots::Viewer,
    support::{Options, Session, Stage},
};

const PASSWORD: &str = "a tin can on a string";

/// A device that knows its user.
struct Authenticator<'a> {
    session: &'a Session,
    id: Value,
}

impl<'a> Authenticator<'a> {
    async fn of(session: &'a Session) -> Self {
        session.cdp("WebAuthn.enable", json!({})).await;
        let options = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": true, "automaticPresenceSimulation": true,
        });
        let added = json!({ "options": options });
        let added = session.cdp("WebAuthn.addVirtualAuthenticator", added).await;
        let id = added["authenticatorId"].clone();
        Self { session, id }
    }

    /// Whether somebody touches it whenever it asks.
    async fn is_touched(&self, enabled: bool) {
        let parameters = json!({ "authenticatorId": self.id, "enabled": enabled });
        let command = "WebAuthn.setAutomaticPresenceSimulation";
        self.session.cdp(command, parameters).await;
    }

    async fn passkeys(&self) -> Vec<Value> {
        let parameters = json!({ "authenticatorId": self.id });
        let found = self
            .session
            .cdp("WebAuthn.getCredentials", parameters)
            .await;
        found["credentials"].as_array().expect("a list").clone()
    }

    async fn forget(&self) {
        let parameters = json!({ "authenticatorId": self.id });
        self.session
            .cdp("WebAuthn.clearCredentials", parameters)
            .await;
    }

    /// Puts a copy of its only passkey in its place, from when it hadn’t signed anything.
    async fn restore(&self) {
        let mut passkey = self.passkeys().await.remove(0);
        assert!(
            passkey["signCount"].as_u64().expect("a number") > 1,
            "{passkey}"
        );
        passkey["signCount"] = 0.into();
        let former = json!({ "authenticatorId": self.id, "credentialId": passkey["credentialId"] });
        self.session.cdp("WebAuthn.removeCredential", former).await;
        let copy = json!({ "authenticatorId": self.id, "credential": passkey });
        self.session.cdp("WebAuthn.addCredential", copy).await;
    }
}

/// Signs out, and leaves the authenticator alone until there is a button, as browsers may offer passkeys before that.
async fn leave(session: &Session, authenticator: &Authenticator<'_>) {
    authenticator.is_touched(false).await;
    session.sign_out().await;
    session.sees("button", "Sign in with a passkey").await;
}

async fn use_the_passkey(session: &Session, authenticator: &Authenticator<'_>) {
    authenticator.is_touched(true).await;
    session.click("button", "Sign in with a passkey").await;
}

async fn a_finger_instead_of_a_password(options: Options) {
    let Some((mut stage, link)) = Stage::unset(1).await else {
        return;
    };
    let (_, token) = link.split_once('#').expect("something secret");
    let account = json!({ "username": "john", "password": PASSWORD, "setupToken": token });
    let client = stage.nobody().register(account).await;
    let origin = format!("http://localhost:{}", client.address().port());
    let viewer = Viewer::new(stage.signed_in(&client, options.origin(origin)).await);
    let john = viewer.session();
    let finger = Authenticator::of(john).await;

    john.open("/settings").await;
    john.click("button", "Add a passkey").await;
    john.sees("button", "/^Rename Chrome/").await;
    let made = finger.passkeys().await;
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["isResidentCredential"], true);
    assert_eq!(made[0]["rpId"], "localhost");
    john.click("button", "/^Rename Chrome/").await;
    john.fill("textbox", "Name", "My laptop").await;
    john.click("button", "Save").await;
    john.sees("button", "Rename My laptop").await;
    john.reads("Never used").await;
    john.eval::<Value>("void document.querySelector('.settings').scrollTo(0, document.querySelector('#passkeys').offsetTop - 96)")
        .await;
    viewer.take("passkeys").await;
    // A device has one of them.
    john.click("button", "Add a passkey").await;
    john.reads("There’s already a passkey for your account on this device.")
        .await;

    leave(john, &finger).await;
    viewer.take("sign-in-with-a-passkey").await;
    use_the_passkey(john, &finger).await;
    john.sees("button", "Remove My laptop").await;
    john.reads("Last used").await;
    // The browser offers it beside the names that it fills in, and Chromium’s authenticator takes it there.
    leave(john, &finger).await;
    // No other page is there that would take it first.
    john.open("/healthz").await;
    finger.is_touched(true).await;
    john.open("/sign-in").await;
    john.reads("No conversations yet.").await;

    // It proves who one is.
    stage.kill();
    let database = Connection::open(stage.database()).expect("the database");
    let aged = database.execute("UPDATE sessions SET proven_at = NULL", []);
    aged.expect("older sessions");
    drop(database);
    stage.start_again(&[]);
    john.open("/settings").await;
    // All is there that would push the button from under a finger.
    john.sees("button", "Remove My laptop").await;
    john.reads("No tokens yet.").await;
    john.click("button", "Turn on").await;
    john.sees("heading", "Confirm it’s you").await;
    viewer.take("prove-with-a-passkey").await;
    john.click("button", "Confirm with a passkey").await;
    john.sees("img", "QR code for an authenticator app").await;

    // Somebody has a copy of an older state of the device.
    finger.restore().await;
    leave(john, &finger).await;
    use_the_passkey(john, &finger).await;
    john.reads("That passkey may have been copied.").await;

    // With the password, one removes it.
    john.fill("textbox", "Username", "john").await;
    john.fill("textbox", "Password", PASSWORD).await;
    john.click("button", "Sign in").await;
    john.click("button", "Remove My laptop").await;
    john.sees("alertdialog", "Remove the passkey My laptop?")
        .await;
    john.click("button", "Remove").await;
    john.misses("button", "Remove My laptop").await;
    leave(john, &finger).await;
    use_the_passkey(john, &finger).await;
    john.reads("That passkey didn’t work.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finger_instead_of_a_password_on_a_phone() {
    a_finger_instead_of_a_password(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finger_instead_of_a_password_on_a_desktop() {
    a_finger_instead_of_a_password(Options::desktop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_can_be_no_passkeys_nobody_is_offered_one() {
    let Some((stage, link)) = Stage::unset(1).await else {
        return;
    };
    let (_, token) = link.split_once('#').expect("something secret");
    let account = json!({ "username": "john", "password": PASSWORD, "setupToken": token });
    let client = stage.nobody().register(account).await;
    // At an address, where no name is.
    let john = stage.signed_in(&client, Options::desktop()).await;
    Authenticator::of(&john).await;
    john.open("/settings").await;
    john.reads("Passkeys need an address with a name and https.")
        .await;
    john.misses("button", "Add a passkey").await;
    john.sign_out().await;
    john.sees("button", "Sign in").await;
    john.misses("button", "Sign in with a passkey").await;
}

/// Runs a ceremony with what the server has asked for, as any page may; gives back what came of it, or the error’s name.
const CEREMONY: &str = "(kind, options) => {
    const read = { create: 'parseCreationOptionsFromJSON', get: 'parseRequestOptionsFromJSON' }[kind];
    return navigator.credentials[kind]({ publicKey: PublicKeyCredential[read](options) })
        .then((credential) => credential.toJSON(), ({ name }) => name);
}";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_gets_nothing_out_of_a_passkey() {
    let Some((stage, link)) = Stage::unset(1).await else {
        return;
    };
    let (_, token) = link.split_once('#').expect("something secret");
    let account = json!({ "username": "john", "password": PASSWORD, "setupToken": token });
    let client = stage.nobody().register(account).await;
    let named = format!("localhost:{}", client.address().port());
    // A program, which says where it is asking, as whoever lures people does.
    let post = async |path: &str, body: Value| {
        let request = client.request(Method::POST, path).header("host", &named);
        answer(request.json(&body)).await
    };
    let sign_in = async |credential: Value| post("/api/login/passkey", credential).await;
    let create = async || post("/api/passkeys/options", json!({})).await.expect(200);
    let get = async || {
        post("/api/login/passkey/options", json!({}))
            .await
            .expect(200)
    };
    let john = stage.session(Options::desktop()).await;
    let finger = Authenticator::of(&john).await;
    let ceremony = async |origin: &str, kind: &str, options: Value| {
        john.go(&format!("{origin}/healthz")).await;
        john.call::<Value>(CEREMONY, json!([kind, options])).await
    };

    let own = format!("http://{named}");
    let network = stage.proxy().await;
    // Another port of the same name, which is the same to authenticators.
    let other = network.origin().replace("127.0.0.1", "localhost");
    let created = ceremony(&other, "create", create().await).await;
    let add = async |credential: &Value| {
        post(
            "/api/passkeys",
            json!({ "name": "Phone", "credential": credential }),
        )
        .await
    };
    add(&created).await.refused(403, "bad_passkey");
    // The device keeps what was refused, and would offer that, too.
    finger.forget().await;
    let created = ceremony(&own, "create", create().await).await;
    add(&created).await.expect(201);
    let got = ceremony(&other, "get", get().await).await;
    sign_in(got).await.refused(403, "bad_passkey");
    let got = ceremony(&own, "get", get().await).await;
    sign_in(got).await.expect(200);

    // Another name is another one to the browser already (Web Authentication Level 3 §5.1.3 and §5.1.4).
    for stranger in [stage.origin(), own.replace("localhost", "chat.localhost")] {
        for (kind, options) in [("create", create().await), ("get", get().await)] {
            let refused = ceremony(&stranger, kind, options).await;
            assert_eq!(refused, "SecurityError", "{kind} at {stranger}");
        }
    }
}
