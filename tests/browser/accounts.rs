//! Accounts, as people come to one, sign in to it, and lose it: on a server that asks for passwords.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::{Client, answer},
    provider::{CLIENT_ID, Provider, SECRET},
    support::{Options, Session, Stage},
};

const PASSWORD: &str = "a tin can on a string";
/// A second, and something for machines that are busy.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A link without the server that it is of.
fn path(link: &str) -> &str {
    let (_, rest) = link.split_once("//").expect("a link");
    &rest[rest.find('/').expect("a path")..]
}

/// What is secret in a link.
fn secret(link: &Value) -> &str {
    let link = link.as_str().expect("a link");
    link.split_once('#').expect("something secret").1
}

async fn register(stage: &Stage, account: Value) -> Client {
    let nobody = stage.nobody();
    let welcome = nobody.post("/api/accounts", account).await.expect(201);
    nobody.with_token(&welcome["token"])
}

/// Makes john's account, who is the administrator then.
async fn first(stage: &Stage, link: &str) -> Client {
    let token = secret(&json!(link)).to_owned();
    let account = json!({ "username": "john", "password": PASSWORD, "setupToken": token });
    register(stage, account).await
}

/// Makes an account for somebody whom an administrator has invited.
async fn guest(stage: &Stage, admin: &Client, username: &str) -> Client {
    let invite = admin.post("/api/invites", json!({})).await.expect(201);
    let invite = secret(&invite["link"]);
    let account = json!({ "username": username, "password": PASSWORD, "invite": invite });
    register(stage, account).await
}

/// Signs somebody in by the form that is open.
async fn sign_in(person: &Session, username: &str, password: &str) {
    person.fill("textbox", "Username", username).await;
    person.fill("textbox", "Password", password).await;
    person.click("button", "Sign in").await;
}

/// Guesses until the address has no attempt left.
async fn use_up_the_attempts(nobody: &Client) {
    for number in 0..100 {
        let guess = json!({ "username": format!("nobody-{number}"), "password": PASSWORD });
        if nobody.post("/api/login", guess).await.status == 429 {
            return;
        }
    }
    panic!("nothing slows anybody down");
}

async fn is_in(person: &Session) {
    person.sees("link", "Settings").await;
}

async fn is_out(person: &Session) {
    person.sees("textbox", "Password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_account_is_made_by_the_link_on_the_terminal() {
    let Some((stage, link)) = Stage::unset(2).await else {
        return;
    };
    let john = stage.session(Options::desktop()).await;
    john.open("/").await;
    john.reads("has no accounts yet").await;
    john.assert_accessible("sign-in-setup").await;

    john.open(path(&link)).await;
    john.sees("heading", "Welcome to Tincan").await;
    // It would stay in the history.
    john.wait("the address", "location.href.endsWith('/setup')")
        .await;
    john.reload().await;
    john.sees("heading", "Welcome to Tincan").await;
    john.assert_accessible("setup").await;
    john.fill("textbox", "Username", "john").await;
    john.fill("textbox", "Password", "short").await;
    john.click("button", "Create account").await;
    john.wait(
        "what is wrong with it",
        "document.querySelector('[aria-invalid]')?.name === 'password' && document.activeElement.name === 'password'",
    )
    .await;
    john.fill("textbox", "Password", PASSWORD).await;
    john.click("button", "Create account").await;
    // Whoever is alone sees how others get here.
    john.sees("heading", "Invite people").await;
    assert_eq!(john.path().await, "/invite-people");

    // Whoever has set it up administers it.
    john.click("link", "Settings").await;
    john.click("link", "Open").await;
    john.sees("heading", "Server settings").await;
    john.assert_console_clean(&["422"]).await;

    let late = stage.session(Options::desktop()).await;
    late.open(path(&link)).await;
    late.sees("heading", "Setup is finished").await;
    late.click("link", "Go to sign-in").await;
    sign_in(&late, "john", PASSWORD).await;
    is_in(&late).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_taken_on_a_phone() {
    let Some((stage, link)) = Stage::unset(3).await else {
        return;
    };
    let admin = first(&stage, &link).await;
    let john = stage.signed_in(&admin, Options::desktop()).await;
    // One is open already, so another one isn't created unasked.
    admin.post("/api/invites", json!({})).await.expect(201);
    john.open("/invite-people").await;
    john.reads("1 of 1 place left").await;
    john.choose("Expires in", "30 days").await;
    john.click("button", "Create link").await;
    john.sees("img", "QR code of the link").await;
    let drawn = "document.querySelector('img.code').naturalWidth > 0";
    john.wait("the code", drawn).await;
    john.assert_accessible("admin-invited").await;
    let invitation = john.value("Link").await;

    let jane = stage.session(Options::phone()).await;
    jane.open(path(&invitation)).await;
    jane.sees("heading", "john invited you to Tincan").await;
    jane.assert_accessible("invite").await;
    jane.fill("textbox", "Username", "john").await;
    jane.fill("textbox", "Password", PASSWORD).await;
    jane.click("button", "Create account").await;
    jane.wait(
        "the name to be taken",
        "document.querySelector('[aria-invalid]')?.name === 'username'",
    )
    .await;
    jane.fill("textbox", "Username", "jane").await;
    jane.click("button", "Create account").await;
    // Where they begin is with who has invited them.
    jane.sees("heading", "john").await;
    let begin = jane.path().await;
    assert!(begin.starts_with("/conversations/"), "{begin}");
    jane.assert_console_clean(&["409"]).await;

    // It was for one.
    let late = stage.session(Options::phone()).await;
    late.open(path(&invitation)).await;
    late.sees("heading", "This invitation is no longer valid")
        .await;
    late.assert_accessible("invite-used").await;
    // Somebody who has an account doesn't need it.
    john.open(path(&invitation)).await;
    john.sees("heading", "You’re signed in as john").await;
    john.assert_accessible("signed-in-already").await;
    john.click("link", "Go to conversations").await;
    john.sees("heading", "Choose a conversation, or start a new one.")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_is_told_why() {
    let Some((stage, link)) = Stage::unset(1).await else {
        return;
    };
    let admin = first(&stage, &link).await;
    guest(&stage, &admin, "jane").await;
    let page = stage.session(Options::desktop()).await;
    page.open("/settings").await;
    sign_in(&page, "jane", "not it at all").await;
    page.reads("Wrong username or password.").await;
    assert_eq!(page.value("Username").await, "jane");
    page.wait(
        "the focus",
        "document.activeElement.autocomplete === 'current-password'",
    )
    .await;
    page.click("button", "Show password").await;
    assert_eq!(page.value("Password").await, "not it at all");
    page.assert_accessible("sign-in-wrong").await;

    let users = admin.get("/api/admin/users?search=jane").await.expect(200);
    let id = users[0]["id"].as_str().expect("an id");
    let account = format!("/api/admin/users/{id}");
    let disabled = json!({ "disabled": true });
    admin.patch(&account, disabled).await.expect(200);
    sign_in(&page, "jane", PASSWORD).await;
    page.reads("has been disabled").await;

    let nobody = stage.nobody();
    page.until("to be slowed down", async || {
        // An attempt comes back every few seconds, and filling in the page takes a while: a wrong
        // password is refused even if it gets that one.
        use_up_the_attempts(&nobody).await;
        sign_in(&page, "john", "not it at all").await;
        page.until("an answer", async || {
            let text = page.text().await;
            if text.contains("Too many attempts") {
                return Ok(Ok(()));
            }
            if text.contains("Wrong username or password.") {
                return Ok(Err("let through".to_owned()));
            }
            Err("no answer yet".to_owned())
        })
        .await
    })
    .await;

    // Whoever is let in is where they wanted to go.
    page.fill("textbox", "Password", PASSWORD).await;
    page.until("to be let in", async || {
        if page.look_for("heading", "Settings").await.is_some() {
            return Ok(());
        }
        // The focus is in the password, and stays there while there is an answer to wait for.
        if page.look_for("textbox", "Password").await.is_some() {
            page.press("Enter").await;
        }
        Err("not yet".to_owned())
    })
    .await;
    assert_eq!(page.path().await, "/settings");
}

#[tokio::test(flavor = "multi_thread")]
async fn everywhere_else_is_signed_out_at_once() {
    let Some((stage, link)) = Stage::unset(2).await else {
        return;
    };
    let program = first(&stage, &link).await;
    let sign_in_on = async |options: Options| {
        let person = stage.session(options).await;
        person.open("/settings").await;
        sign_in(&person, "john", PASSWORD).await;
        person.sees("heading", "Settings").await;
        person
    };
    let desktop = sign_in_on(Options::desktop()).await;
    let phone = sign_in_on(Options::phone()).await;

    desktop.reload().await;
    desktop.click("button", "Sign out all other devices").await;
    let ended = Instant::now();
    phone.reads("You’ve been signed out").await;
    is_out(&phone).await;
    assert!(ended.elapsed() < AT_ONCE, "{:?}", ended.elapsed());
    program
        .get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
    desktop.misses("button", "Sign out all other devices").await;
    desktop.reads("This device").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_signs_the_other_devices_out_and_this_one_stays() {
    let Some((stage, link)) = Stage::unset(2).await else {
        return;
    };
    let admin = first(&stage, &link).await;
    let jane = guest(&stage, &admin, "jane").await;
    let conversation = jane.talk_to("john").await;
    let desktop = stage.session(Options::desktop()).await;
    let phone = stage.session(Options::phone()).await;
    for person in [&desktop, &phone] {
        person.open("/settings").await;
        sign_in(person, "john", PASSWORD).await;
        person.sees("button", "Change password").await;
    }

    desktop.click("button", "Change password").await;
    desktop.sees("dialog", "Change password").await;
    desktop.assert_accessible("change-password").await;
    desktop
        .fill("textbox", "Current password", "not it at all")
        .await;
    desktop
        .fill("textbox", "New password", "two tin cans, no string")
        .await;
    desktop.press("Enter").await;
    desktop.reads("Wrong password.").await;
    desktop.fill("textbox", "Current password", PASSWORD).await;
    desktop.press("Enter").await;
    desktop.misses("dialog", "Change password").await;
    desktop.reads("Password changed").await;
    is_out(&phone).await;
    sign_in(&phone, "john", "two tin cans, no string").await;
    phone.sees("heading", "Settings").await;

    jane.say(&conversation, "Still there?").await;
    desktop.sees("link", "/jane.*Still there/").await;
    desktop.assert_console_clean(&["403"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_is_out_at_once() {
    let Some((stage, link)) = Stage::unset(2).await else {
        return;
    };
    let admin = first(&stage, &link).await;
    guest(&stage, &admin, "jane").await;
    let conversation = admin.talk_to("jane").await;
    let john = stage.signed_in(&admin, Options::desktop()).await;
    let jane = stage.session(Options::phone()).await;
    jane.open("/").await;
    sign_in(&jane, "jane", PASSWORD).await;
    is_in(&jane).await;

    john.open("/admin").await;
    john.assert_accessible("admin").await;
    john.fill("searchbox", "Find people", "jan").await;
    john.misses("button", "/^john/").await;
    john.click("button", "/^jane/").await;
    john.sees("dialog", "Account").await;
    john.reads("Chrome on Linux").await;
    john.assert_accessible("admin-account").await;
    john.click("button", "Disable account").await;
    john.sees("heading", "Disable jane?").await;
    john.reads("signed out everywhere").await;
    john.click("button", "Disable account").await;
    let disabled = Instant::now();
    is_out(&jane).await;
    assert!(disabled.elapsed() < AT_ONCE, "{:?}", disabled.elapsed());
    sign_in(&jane, "jane", PASSWORD).await;
    jane.reads("has been disabled").await;

    // Whoever writes to her is told as much as somebody whom she has blocked.
    john.press("Escape").await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.say("Are you there?").await;
    john.reads("You can’t send messages in this conversation.")
        .await;
    john.open("/admin").await;
    john.fill("searchbox", "Find people", "jan").await;
    john.click("button", "/^jane/").await;
    john.click("button", "Enable account").await;
    john.sees("button", "Disable account").await;
    jane.click("button", "Sign in").await;
    is_in(&jane).await;
    john.press("Escape").await;
    john.misses("dialog", "Account").await;

    // The last administrator stays one.
    john.click("searchbox", "Find people").await;
    john.fill("searchbox", "Find people", "john").await;
    john.click("button", "/^john/").await;
    john.click("switch", "Administrator").await;
    john.reads("You’re the last administrator.").await;
    john.wait(
        "the switch",
        "document.querySelector('dialog .switch').checked",
    )
    .await;
    john.assert_console_clean(&["403", "409"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_from_an_administrator_sets_a_password() {
    let Some((stage, link)) = Stage::unset(2).await else {
        return;
    };
    let admin = first(&stage, &link).await;
    let john = stage.signed_in(&admin, Options::desktop()).await;
    john.open("/admin").await;
    john.click("button", "Add person").await;
    john.fill("textbox", "Username", "jane").await;
    john.click("button", "Add").await;
    john.reads("this link to choose a password").await;
    let chosen = john.value("Link").await;
    john.click("button", "Done").await;
    john.sees("button", "/^jane/").await;

    let jane = stage.session(Options::phone()).await;
    jane.open(path(&chosen)).await;
    jane.sees("heading", "New password").await;
    assert_eq!(jane.value("Username").await, "jane");
    jane.assert_accessible("reset").await;
    jane.fill("textbox", "New password", PASSWORD).await;
    jane.click("button", "Set password").await;
    is_in(&jane).await;
    jane.assert_console_clean(&[]).await;

    // It works once.
    jane.open(path(&chosen)).await;
    jane.sees("heading", "This link is no longer valid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open("/settings").await;
    john.click("button", "New token").await;
    john.sees("dialog", "New token").await;
    john.assert_accessible("new-token").await;
    john.fill("textbox", "Name", "backup script").await;
    john.click("button", "Create token").await;
    john.reads("won’t be shown again").await;
    let token = john.value("Token").await;
    assert!(token.starts_with("tincan_"), "{token}");
    john.click("button", "Copy Token").await;
    john.reads("Copied.").await;
    john.assert_accessible("token").await;
    let program = client.with_token(&json!(token));
    program.get("/api/auth_user").await.expect(200);

    john.click("button", "Done").await;
    john.misses("dialog", "New token").await;
    john.reads("backup script").await;
    john.assert_accessible("settings").await;
    let seen = format!("document.documentElement.outerHTML.includes({token:?})");
    assert!(!john.eval::<bool>(&seen).await);
    john.click("button", "Revoke backup script").await;
    john.sees("heading", "Revoke backup script?").await;
    john.click("button", "Revoke").await;
    john.misses("button", "Revoke backup script").await;
    program
        .get("/api/auth_user")
        .await
        .refused(401, "unauthorized");
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_has_an_address_for_other_programs() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let room = client.make_room("House", &["jane"], false).await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open(&format!("/conversations/{room}")).await;
    john.click("button", "Room details").await;
    john.click("button", "Webhooks").await;
    john.reads("No webhooks yet.").await;
    john.fill("textbox", "Post as", "doorbell").await;
    john.click("button", "Create webhook").await;
    john.reads("Anyone with this address can post here").await;
    let address = john.value("Address").await;
    let example = john.value("Try it in a shell").await;
    assert!(example.contains(&address), "{example}");
    john.assert_accessible("webhooks").await;
    let post = stage.nobody().request(Method::POST, path(&address));
    let post = post.header("content-type", "text/plain").body("Ding dong");
    answer(post).await.expect(201);

    john.click("button", "Delete doorbell").await;
    john.click("button", "Delete").await;
    john.reads("No webhooks yet.").await;
    john.press("Escape").await;
    john.sees_message("Ding dong").await;
    let post = stage.nobody().request(Method::POST, path(&address));
    let post = post.header("content-type", "text/plain").body("Ding dong");
    answer(post).await.expect(404);
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_lets_somebody_in_who_then_has_a_name_and_a_picture() {
    let Some((mut stage, link)) = Stage::unset(2).await else {
        return;
    };
    let admin = first(&stage, &link).await;
    guest(&stage, &admin, "johnny").await;
    let invite = admin.post("/api/invites", json!({})).await.expect(201);
    let invite = format!("/invite#{}", secret(&invite["link"]));

    let provider = Provider::start().await;
    provider.desk().picture.bytes = include_bytes!("../../ui/icons/192.png").to_vec();
    let file = stage.database().with_file_name("secret");
    std::fs::write(&file, SECRET).expect("a file");
    let public_url = format!("http://{}", stage.nobody().address());
    stage.kill();
    stage.start_again(&[
        "--public-url",
        &public_url,
        "--oidc",
        &format!("home={}", provider.url()),
        "--oidc-client",
        &format!("home={CLIENT_ID}"),
        "--oidc-secret-file",
        &format!("home={}", file.to_str().expect("a plain path")),
    ]);

    // The invitation isn't asked for again after the way over the provider.
    let jane = stage.session(Options::phone()).await;
    jane.open(&invite).await;
    jane.sees("link", "Continue with home").await;
    jane.assert_accessible("invite-provider").await;
    jane.click("link", "Continue with home").await;
    jane.sees("heading", "Almost there").await;
    jane.reads("The username johnny is taken.").await;
    assert_eq!(jane.path().await, "/join");
    jane.assert_accessible("join").await;
    jane.click("button", "Join").await;
    jane.wait(
        "the name to be taken",
        "document.querySelector('[aria-invalid]')?.name === 'username'",
    )
    .await;
    jane.fill("textbox", "Username", "jane").await;
    jane.click("button", "Join").await;
    jane.sees("heading", "john").await;
    jane.click("link", "Back to conversations").await;
    is_in(&jane).await;
    let talk = admin.talk_to("jane").await;
    admin.say(&talk, "Welcome").await;
    let john = stage.signed_in(&admin, Options::desktop()).await;
    john.open("/").await;
    let picture = "document.querySelector('img.avatar[src^=\"/api/users/\"]')?.naturalWidth > 0";
    john.wait("the picture", picture).await;
    jane.click("link", "Settings").await;

    // From now on the provider's word is enough.
    jane.sees("heading", "Settings").await;
    jane.has_loaded().await;
    jane.click("button", "Sign out").await;
    jane.click("link", "Continue with home").await;
    jane.sees("heading", "Settings").await;
    assert_eq!(jane.path().await, "/settings", "where they were");

    jane.has_loaded().await;
    jane.click("button", "Sign out").await;
    provider.desk().denies = true;
    jane.click("link", "Continue with home").await;
    jane.reads("Sign-in was canceled.").await;
    assert_eq!(jane.path().await, "/sign-in");
    jane.assert_accessible("sign-in-denied").await;
    jane.assert_console_clean(&["409"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_in_links_a_provider_and_takes_it_back() {
    let Some((mut stage, link)) = Stage::unset(1).await else {
        return;
    };
    let admin = first(&stage, &link).await;
    let provider = Provider::start().await;
    let public_url = format!("http://{}", stage.nobody().address());
    let file = stage.database().with_file_name("secret");
    std::fs::write(&file, SECRET).expect("a file");
    stage.kill();
    stage.start_again(&[
        "--public-url",
        &public_url,
        "--github-url",
        &provider.url(),
        "--github-client-id",
        CLIENT_ID,
        "--github-client-secret-file",
        file.to_str().expect("a plain path"),
    ]);
    let john = stage.signed_in(&admin, Options::desktop()).await;
    john.open("/settings").await;
    john.click("button", "/^Link/").await;
    john.reads("Linked to octocat").await;
    assert_eq!(john.path().await, "/settings");
    john.assert_accessible("settings-linked").await;
    john.click("button", "/^Unlink/").await;
    john.sees("heading", "/^Unlink .*\\?$/").await;
    john.click("button", "Unlink").await;
    john.sees("button", "/^Link/").await;
    john.assert_console_clean(&[]).await;
}

pub async fn a_browser_that_takes_no_cookie_is_told_so(stage: Stage) {
    let john = stage.session(Options::desktop().without_cookies()).await;
    john.open("/").await;
    john.fill("textbox", "Someone else", "mary").await;
    john.click("button", "Create account").await;
    john.reads("This browser blocked the cookie").await;
    assert_eq!(john.value("Someone else").await, "mary");
    assert!(!john.text().await.contains("signed out"));
    john.assert_console_clean(&["won’t open offline"]).await;
}

pub async fn who_comes_to_the_wrong_address_is_told_the_right_one(mut stage: Stage) {
    // There is an account, and so a way in.
    stage.client("john").await;
    stage.kill();
    stage.start_again(&["--public-url", "https://chat.example"]);
    let john = stage.session(stage.at_home(Options::phone())).await;
    john.open("/settings").await;
    john.reads("You can only sign in at").await;
    let right = john.sees("link", "https://chat.example").await;
    let address: String = john.call("(link) => link.href", json!([right])).await;
    assert_eq!(address, "https://chat.example/settings");
    john.assert_accessible("wrong-address").await;
}

pub async fn who_goes_back_after_signing_out_reads_nothing(stage: Stage) {
    const TEXT: &str = "Nobody else is to know";
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, TEXT).await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees_message(TEXT).await;
    john.open("/healthz").await;
    let left = john.tab().await;
    john.new_tab().await;
    john.open("/settings").await;
    // What comes late moves the button.
    john.reads("No tokens yet.").await;
    john.click("button", "Sign out").await;
    john.sees("button", "Sign in").await;
    john.close_tab().await;
    john.switch_to(&left).await;
    john.back().await;
    john.sees("button", "Sign in").await;
    assert!(!john.text().await.contains(TEXT));
}

pub async fn what_was_left_is_not_shown_to_who_comes_back_to_it(stage: Stage) {
    let john = stage.person("john", Options::desktop()).await;
    // What browsers do that keep a page as it was.
    let back = "(() => {
        dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
        return document.querySelector('#app').children.length;
    })()";
    assert_eq!(john.eval::<u32>(back).await, 0);
    let reloaded = "performance.getEntriesByType('navigation')[0].type === 'reload'";
    john.wait("the page anew", reloaded).await;
    is_in(&john).await;
}
