//! What somebody chooses for a browser, and what the settings tell of it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Options, Scheme, Session, Stage, wait};

/// Notes which theme the page has when its style sheet comes into it, which is before anything can be
/// painted; and how often a sound is begun.
const WITNESS: &str = "
    new MutationObserver((changes, observer) => {
        if (!document.querySelector('link[rel=stylesheet]')) return;
        observer.disconnect();
        globalThis.themeAtFirst = document.documentElement.dataset.theme ?? 'none';
    }).observe(document, { childList: true, subtree: true });
    globalThis.sounds = 0;
    globalThis.AudioContext = class extends AudioContext {
        constructor() {
            super();
            globalThis.sounds += 1;
        }
    };";

/// What makes a page light or dark: its elements' own scheme, and what the browser paints around it.
const SCHEME: &str = "(() => {
    const bar = [...document.querySelectorAll('meta[name=theme-color]')].filter(({ media }) => matchMedia(media).matches);
    const isLight = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((part) => part > 127);
    const scheme = isLight ? 'light' : 'dark';
    return bar.length === 1 && bar[0].dataset.scheme === scheme ? scheme : 'mixed';
})()";

async fn is_shown(person: &Session, scheme: &str) {
    person
        .wait(scheme, &format!("{SCHEME} === {scheme:?}"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_theme_applies_at_once_everywhere_and_from_the_first_moment() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let john = stage
        .signed_in(&client, Options::desktop().script(WITNESS))
        .await;
    let first = john.tab().await;
    john.open("/settings").await;
    john.sees("radio", "System").await;
    is_shown(&john, "light").await;
    let second = john.new_tab().await;
    john.open("/").await;
    john.sees("searchbox", "/^Search/").await;

    john.switch_to(&first).await;
    john.click("radio", "Dark").await;
    is_shown(&john, "dark").await;
    john.switch_to(&second).await;
    is_shown(&john, "dark").await;
    john.reload().await;
    assert_eq!(john.eval::<String>("themeAtFirst").await, "dark");
    is_shown(&john, "dark").await;

    // Whatever the system says, until it is asked again.
    john.switch_to(&first).await;
    john.click("radio", "Light").await;
    john.prefer(Scheme::Dark).await;
    is_shown(&john, "light").await;
    john.reload().await;
    assert_eq!(john.eval::<String>("themeAtFirst").await, "light");
    is_shown(&john, "light").await;
    john.click("radio", "System").await;
    is_shown(&john, "dark").await;
    john.prefer(Scheme::Light).await;
    is_shown(&john, "light").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_device_is_signed_out_and_keeps_its_draft() {
    let Some(stage) = Stage::set(2).await else {
        return;
    };
    let jane = stage.client("jane").await;
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Hello").await;
    let desktop = stage.person("john", Options::desktop()).await;
    let phone = stage.person("john", Options::phone()).await;
    phone.go_to("jane").await;
    phone.fill("textbox", "Message to jane", "Not sent").await;

    desktop.open("/settings").await;
    desktop.reads("This device").await;
    let devices = "[...document.querySelectorAll('device-list li')].map((device) => device.innerText.split('\\n')[0])";
    let names: Vec<String> = desktop.eval(devices).await;
    assert_eq!(names, ["Chrome on Linux", "Chrome on Linux"]);
    desktop.click("button", "Sign out Chrome on Linux").await;
    desktop.misses("button", "Sign out Chrome on Linux").await;
    assert_eq!(desktop.eval::<Vec<String>>(devices).await.len(), 1);

    phone.sees("button", "Sign in").await;
    phone.reads("You’ve been signed out").await;
    desktop.reads("This device").await;
    phone.click("button", "Sign in as john").await;
    phone.sees("textbox", "Message to jane").await;
    assert_eq!(phone.value("Message to jane").await, "Not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sound_is_made_before_somebody_wants_it() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    let john = stage
        .signed_in(&client, Options::desktop().script(WITNESS))
        .await;
    john.open("/settings").await;
    let switch = john.sees("switch", "Play a sound").await;
    let is_on: bool = john.call("(input) => input.checked", json!([switch])).await;
    assert!(!is_on);
    john.click("heading", "Settings").await;
    john.hide().await;
    jane.say(&conversation, "Silent").await;
    has_waited(&john, "(1) ").await;
    john.show().await;

    // Whoever wants it hears what they will hear.
    john.click("switch", "Play a sound").await;
    john.wait("the sample", "sounds === 1").await;
    jane.say(&conversation, "Seen").await;
    has_waited(&john, "(2) ").await;
    assert_eq!(john.eval::<u32>("sounds").await, 1);
    john.hide().await;
    jane.say(&conversation, "Heard").await;
    has_waited(&john, "(3) ").await;
    john.wait("the sound", "sounds === 2").await;
}

/// Waits until the title says how much is unread, and then for longer than other devices are given to
/// show that it was read there.
async fn has_waited(person: &Session, title: &str) {
    let starts = format!("document.title.startsWith({title:?})");
    person.wait("the title", &starts).await;
    person
        .eval::<Value>("void (globalThis.since = performance.now())")
        .await;
    person
        .wait("the moment to pass", "performance.now() - since > 1000")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_polls_is_not_said_to_be_cut_off() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let mut network = stage.proxy().await;
    network.hold_streams();
    let client = stage.client("john").await;
    let john = stage
        .signed_in(&client, Options::desktop().origin(network.origin()))
        .await;
    john.open("/settings").await;
    wait("the first poll", async || {
        (network.asked("/api/messages") > 1).then_some(())
    })
    .await;
    // Until it is answered, the page has heard nothing for longer than an outage is kept from people.
    john.misses("status", "/Offline/").await;
    stays_connected(&john).await;

    network.go_away().await;
    john.reads("Offline").await;
    network.come_back().await;
    let back = Instant::now();
    john.misses("status", "/Offline/").await;
    // A second, and something for machines that are busy.
    assert!(
        back.elapsed() < Duration::from_secs(5),
        "{:?}",
        back.elapsed()
    );
    stays_connected(&john).await;
}

/// Nothing says otherwise for longer than an outage is kept from people.
async fn stays_connected(person: &Session) {
    let lost = "void (globalThis.since = performance.now(), globalThis.wasLost = false,
        new MutationObserver(() => { wasLost ||= document.body.innerText.includes('Offline'); })
            .observe(document.body, { childList: true, subtree: true, characterData: true }))";
    person.eval::<Value>(lost).await;
    person
        .wait(
            "longer than an outage is kept",
            "performance.now() - since > 2500",
        )
        .await;
    assert!(!person.eval::<bool>("wasLost").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_https_says_so() {
    let Some(mut stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let people = [(&client, Options::phone())];
    let sessions = stage.on_the_home_network(&people).await;
    let john = &sessions[0];
    john.open("/settings").await;
    john.reads("Notifications need https.").await;
    let switch = john.sees("switch", "Show notifications").await;
    let is_disabled: bool = john
        .call("(input) => input.disabled", json!([switch]))
        .await;
    assert!(is_disabled);
    // The rest doesn't need it.
    john.click("radio", "Dark").await;
    is_shown(john, "dark").await;
    john.assert_console_clean(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_chosen_for_the_page_and_the_pages_without_scripts() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let john = stage.signed_in(&client, Options::desktop()).await;
    john.open("/settings").await;
    let said = "document.documentElement.lang";
    assert_eq!(john.eval::<String>(said).await, "en");
    john.choose("Language", "Deutsch").await;
    john.wait("German", "document.documentElement.lang === 'de'")
        .await;
    john.open("/plain").await;
    john.wait("German", "document.documentElement.lang === 'de'")
        .await;

    // Back to what the browser wants.
    john.open("/settings").await;
    john.wait(
        "the list",
        "document.querySelector('select')?.value === 'de'",
    )
    .await;
    let browser = "(() => { const list = document.querySelector('select'); list.value = ''; \
        list.dispatchEvent(new Event('change')); })()";
    john.eval::<Value>(&format!("void {browser}")).await;
    john.wait(
        "English",
        "document.documentElement.lang === 'en' && !document.cookie.includes('tincan-language')",
    )
    .await;
}
