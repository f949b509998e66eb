//! The first three minutes: from the link on the terminal to a talk with somebody who was invited.

use serde_json::json;

use crate::{
    api::Client,
    support::{Device, Options, Session, Stage},
};

const PASSWORD: &str = "a tin can on a string";

/// Counts what somebody presses that isn’t a field, across pages.
const COUNTER: &str = "addEventListener('click', (event) => {
    if (!event.isTrusted || !event.target.closest('button, a, summary')) return;
    sessionStorage.setItem('clicks', Number(sessionStorage.getItem('clicks') ?? 0) + 1);
}, true);";

/// A link without the server that it is of.
fn path(link: &str) -> &str {
    let (_, rest) = link.split_once("//").expect("a link");
    &rest[rest.find('/').expect("a path")..]
}

async fn clicks(person: &Session) -> u32 {
    person
        .eval("Number(sessionStorage.getItem('clicks') ?? 0)")
        .await
}

async fn create_account(person: &Session, username: &str) {
    person.fill("textbox", "Username", username).await;
    person.fill("textbox", "Password", PASSWORD).await;
    person.click("button", "Create account").await;
}

/// From the setup link to a message that somebody who was invited has sent.
async fn from_the_link_to_a_talk(options: Options, name: &str) {
    let Some((stage, link)) = Stage::unset(2).await else {
        return;
    };
    let options = options.script(COUNTER);
    let john = stage.session(options.clone()).await;
    john.open(path(&link)).await;
    john.sees("heading", "Welcome to Tincan").await;
    create_account(&john, "john").await;

    // The invitation is there without being asked for.
    john.sees("heading", "Invite people").await;
    assert_eq!(john.path().await, "/invite-people");
    john.sees("img", "QR code of the link").await;
    let drawn = "document.querySelector('img.code').naturalWidth > 0";
    john.wait("the code", drawn).await;
    let invitation = john.value("Link").await;
    // Nobody else could open it, and what to do about that stands above it.
    john.reads("This link only works on this computer").await;
    john.reads("--listen").await;
    john.assert_accessible(&format!("first-minutes-invite-{name}"))
        .await;
    john.click("button", "Copy Link").await;
    john.reads("Copied.").await;
    assert_eq!(clicks(&john).await, 2, "one for the account, one to copy");

    let jane = stage.session(options).await;
    jane.open(path(&invitation)).await;
    jane.sees("heading", "john invited you to Tincan").await;
    jane.reads("You’ll join Everyone.").await;
    jane.assert_accessible(&format!("first-minutes-invited-{name}"))
        .await;
    create_account(&jane, "jane").await;
    jane.sees("heading", "john").await;
    jane.say("Hello!").await;
    jane.sees_message("Hello!").await;
    let sent = u32::from(jane.device() == Device::Phone);
    assert_eq!(clicks(&jane).await, 1 + sent, "one for the account");
    jane.assert_accessible(&format!("first-minutes-talk-{name}"))
        .await;

    // Whoever has invited them is called to it, and finds the room for everyone beside it.
    if john.device() == Device::Phone {
        john.click("link", "Back to conversations").await;
    }
    john.sees("link", "/jane.*Hello!/").await;
    john.sees("link", "/Everyone/").await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_within_three_clicks_on_a_desktop() {
    from_the_link_to_a_talk(Options::desktop(), "desktop").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_within_four_taps_on_a_phone() {
    from_the_link_to_a_talk(Options::phone(), "phone").await;
}

/// Goes on with the Tab key until something is reached, as the one that has the focus is called.
async fn tab_to(person: &Session, role: &str, name: &str) {
    for _ in 0..40 {
        person.press("Tab").await;
        if let Some(element) = person.look_for(role, name).await {
            let has_focus = "(element) => element === document.activeElement";
            if person.call(has_focus, json!([element])).await {
                return;
            }
        }
    }
    panic!("no {role} {name:?} within forty tabs");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_by_keyboard_alone() {
    let Some((stage, link)) = Stage::unset(2).await else {
        return;
    };
    let create = async |person: &Session, username: &str| {
        tab_to(person, "textbox", "Username").await;
        person.write(username).await;
        tab_to(person, "textbox", "Password").await;
        person.write(PASSWORD).await;
        person.press("Enter").await;
    };
    let john = stage.session(Options::desktop()).await;
    john.open(path(&link)).await;
    john.sees("heading", "Welcome to Tincan").await;
    create(&john, "john").await;
    john.sees("img", "QR code of the link").await;
    // From the heading on, past nothing but the link itself.
    john.wait("the focus", "document.activeElement.tagName === 'H1'")
        .await;
    tab_to(&john, "button", "Copy Link").await;
    john.press("Enter").await;
    john.reads("Copied.").await;
    let invitation = john.value("Link").await;

    let jane = stage.session(Options::desktop()).await;
    jane.open(path(&invitation)).await;
    jane.sees("heading", "john invited you to Tincan").await;
    create(&jane, "jane").await;
    jane.sees("heading", "john").await;
    jane.wait(
        "the focus where one writes",
        "document.activeElement.tagName === 'TEXTAREA'",
    )
    .await;
    jane.write("Hello!").await;
    jane.press("Enter").await;
    jane.sees_message("Hello!").await;
    john.sees("link", "/jane.*Hello!/").await;
}

/// The addresses of the machine at which an administrator may be told that the server is reached.
async fn addresses(admin: &Client) -> Vec<String> {
    let answer = admin.get("/api/admin/addresses").await.expect(200);
    serde_json::from_value(answer["addresses"].clone()).expect("addresses")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_begins_with_an_address_that_others_reach() {
    let Some((mut stage, link)) = Stage::unset(1).await else {
        return;
    };
    let (_, token) = link.split_once('#').expect("something secret");
    let nobody = stage.nobody();
    let account = json!({ "username": "john", "password": PASSWORD, "setupToken": token });
    let welcome = nobody.post("/api/accounts", account).await.expect(201);
    let admin = nobody.with_token(&welcome["token"]);
    stage.kill();
    stage.start_for_all(&[]);
    let addresses = addresses(&admin).await;
    // A machine without a network has none.
    let Some(first) = addresses.first() else {
        return;
    };
    let john = stage.signed_in(&admin, Options::phone()).await;
    john.open("/invite-people").await;
    john.reads("only works on this computer").await;
    let begins = |base: &String| {
        let start = format!("{base}/invite#");
        format!("document.querySelector('.secret textarea')?.value.startsWith({start:?})")
    };
    john.wait("the likeliest address", &begins(first)).await;
    john.assert_accessible("invite-addresses").await;
    if let Some(second) = addresses.get(1) {
        john.choose("Address in the link", second).await;
        john.wait("the other address", &begins(second)).await;
    }
    // Whatever somebody has chosen, one invitation is open.
    let open = admin.get("/api/invites").await.expect(200);
    assert_eq!(open.as_array().expect("a list").len(), 1);
    john.assert_console_clean(&[]).await;
}
