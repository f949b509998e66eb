//! What keeps an account safe, as people meet it: being asked again who they are, signing in in two steps, what they are
//! told, and the log of it all.

use std::time::SystemTime;

use rusqlite::Connection;
use serde_json::json;
use tincan::totp::Secret;

use crate::{
    screenshots::Viewer,
    support::{Options, Stage},
};

const PASSWORD: &str = "a tin can on a string";

/// It is long ago that anybody has proven who they are.
fn age(stage: &mut Stage) {
    stage.kill();
    let database = Connection::open(stage.database()).expect("the database");
    let aged = database.execute("UPDATE sessions SET proven_at = NULL", []);
    aged.expect("older sessions");
    drop(database);
    stage.start_again(&[]);
}

/// What an app with this key shows, or shows next.
fn code(key: &str, offset: i64) -> String {
    let bytes = data_encoding::BASE32_NOPAD.decode(key.replace(' ', "").as_bytes());
    let secret = Secret::from_bytes(bytes.expect("base 32"));
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("a time").as_secs();
    secret.code(i64::try_from(now).expect("a number") / 30 + offset)
}

async fn an_account_is_kept_safe(options: Options) {
    let Some((mut stage, link)) = Stage::unset(2).await else {
        return;
    };
    let (_, token) = link.split_once('#').expect("something secret");
    let account = json!({ "username": "john", "password": PASSWORD, "setupToken": token });
    let client = stage.nobody().register(account).await;
    age(&mut stage);
    let viewer = Viewer::new(stage.signed_in(&client, options.clone()).await);
    let john = viewer.session();

    // What lasts asks once, and goes on with what was asked.
    john.open("/settings").await;
    john.click("button", "Turn on").await;
    john.sees("heading", "Confirm it’s you").await;
    viewer.take("prove").await;
    john.press("Escape").await;
    john.reads("Confirm it’s you first.").await;
    john.click("button", "Turn on").await;
    john.fill("textbox", "Password", "wrong").await;
    john.click("button", "Confirm").await;
    john.reads("Wrong password.").await;
    john.fill("textbox", "Password", PASSWORD).await;
    john.click("button", "Confirm").await;
    john.sees("img", "QR code for an authenticator app").await;
    viewer.take("two-step").await;

    let key = john.value("Key").await;
    let used = code(&key, 0);
    john.fill("textbox", "Code", &used).await;
    john.press("Enter").await;
    john.reads("Keep these codes somewhere safe.").await;
    viewer.take("recovery-codes").await;
    john.click("button", "Done").await;
    john.reads("10 codes left").await;

    // From now on, a password is one step.
    let stranger = Viewer::new(stage.session(options).await);
    let other = stranger.session();
    other.open("/sign-in").await;
    other.fill("textbox", "Username", "john").await;
    other.fill("textbox", "Password", PASSWORD).await;
    other.click("button", "Sign in").await;
    other.sees("heading", "Enter your code").await;
    stranger.take("second-step").await;
    other.fill("textbox", "Code", &used).await;
    other.click("button", "Sign in").await;
    other.reads("That code isn’t right.").await;
    let asked = "performance.getEntriesByType('resource')\
        .filter(({ name }) => name.endsWith('/api/notices')).length";
    let before: usize = john.eval(asked).await;
    // A clock may be ahead a little.
    other.fill("textbox", "Code", &code(&key, 1)).await;
    other.click("button", "Sign in").await;
    other.reads("No conversations yet.").await;

    // Each is told what the other has done, once.
    other.reads("Something happened to your account.").await;
    john.wait("the news", &format!("{asked} > {before}")).await;
    john.reads("Something happened to your account.").await;
    john.click("button", "Show").await;
    john.sees("dialog", "Your account").await;
    john.reads("New sign-in").await;
    viewer.take("account-news").await;
    john.click("button", "Done").await;
    let is_told = "document.body.innerText.includes('Something happened')";
    john.wait("the notice to go", &format!("!{is_told}")).await;
    john.reload().await;
    john.reads("10 codes left").await;
    assert!(!john.eval::<bool>(is_told).await);

    john.open("/admin").await;
    john.reads("Wrong code").await;
    viewer.take_all("administration-log", ".settings").await;
    john.click("switch", "Administrators need two-step sign-in")
        .await;
    let needed = "document.querySelector('#admins-two-step').closest('label').querySelector('input').checked";
    john.wait("the switch", needed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_kept_safe_on_a_phone() {
    an_account_is_kept_safe(Options::phone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_kept_safe_on_a_desktop() {
    an_account_is_kept_safe(Options::desktop()).await;
}
