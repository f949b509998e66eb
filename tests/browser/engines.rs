//! The main path in every engine that the page is meant for: each scenario here is a test in each of
//! them. All other modules run in Chromium alone.
//!
//! WebDriver can't do all that Chromium's own protocol can. In Firefox and WebKit there is no way to run a
//! script before those of the page, to compose text, or to change the time zone, the permissions or light
//! and dark while the page is open. A window is at least 500 pixels wide in Firefox and 447 in WebKit. Of
//! the console, Firefox tells errors of scripts alone, and WebKit nothing.

use serde_json::json;

use crate::{
    history,
    support::{Options, Scheme, Session, Stage, wait},
};

/// Makes a test of a scenario, with as many browsers, in each of the engines named:
/// `engines::a_room_is_made_and_talked_in::firefox`.
macro_rules! scenarios {
    ($($scenario:ident, $browsers:literal: $($engine:ident)+;)+) => {
        $(
            mod $scenario {
                use crate::support::{Engine, Stage};

                $(
                    #[tokio::test(flavor = "multi_thread")]
                    async fn $engine() {
                        if let Some(stage) = Stage::set_in(scenarios!($engine), $browsers).await {
                            super::$scenario(stage).await;
                        }
                    }
                )+
            }
        )+
    };
    (chromium) => { Engine::Chromium };
    (firefox) => { Engine::Firefox };
    (webkit) => { Engine::WebKit };
}

scenarios! {
    two_people_find_each_other_and_talk, 2: chromium firefox webkit;
    older_messages_move_nothing, 1: chromium firefox webkit;
    what_is_sent_while_the_server_is_away_arrives_once, 1: chromium firefox webkit;
    two_tabs_share_a_stream_and_a_person, 1: chromium firefox webkit;
    a_room_is_made_and_talked_in, 2: chromium firefox webkit;
    somebody_is_written_to_by_keys_alone, 1: chromium firefox webkit;
    a_theme_is_chosen_and_stays, 1: chromium firefox webkit;
    light_and_dark_follow_the_system, 1: chromium firefox webkit;
    a_conversation_opens_without_the_server, 1: chromium firefox webkit;
}

async fn two_people_find_each_other_and_talk(stage: Stage) {
    let john = stage.person("john", Options::desktop()).await;
    let jane = stage.person("jane", Options::phone()).await;
    john.look_up("jane").await;
    john.say("Are you at home?").await;
    jane.go_to("john").await;
    jane.sees_message("Are you at home?").await;
    jane.say("Yes, come in").await;
    let texts = ["Are you at home?", "Yes, come in"].map(str::to_owned);
    for person in [&john, &jane] {
        person.shows_exactly(&texts).await;
        person.assert_console_clean(&[]).await;
    }
    john.reload().await;
    john.shows_exactly(&texts).await;
    john.back().await;
    john.misses("textbox", "Message to jane").await;
}

async fn older_messages_move_nothing(stage: Stage) {
    history::older_messages_move_nothing(&stage, Options::desktop()).await;
}

/// John and jane have a conversation with these messages; john has it open.
async fn john_has_it_open(stage: &Stage, texts: &[String], options: Options) -> (Session, String) {
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = client.talk_to("jane").await;
    for text in texts {
        jane.say(&conversation, text).await;
    }
    let john = stage.signed_in(&client, options).await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.shows_exactly(texts).await;
    (john, conversation)
}

async fn what_is_sent_while_the_server_is_away_arrives_once(mut stage: Stage) {
    let mut texts = vec!["Before".to_owned()];
    let (john, conversation) = john_has_it_open(&stage, &texts, Options::desktop()).await;
    for number in 0..8 {
        let text = format!("Message {number}");
        john.say(&text).await;
        texts.push(text);
        match number {
            2 => stage.kill(),
            5 => stage.start_again(&["--dev"]),
            _ => {}
        }
    }
    john.shows_exactly(&texts).await;
    let jane = stage.client("jane").await;
    assert_eq!(stage.history(&jane, &conversation).await, texts);
}

async fn two_tabs_share_a_stream_and_a_person(stage: Stage) {
    let network = stage.proxy().await;
    let texts = ["Hello".to_owned()];
    let options = Options::desktop().origin(network.origin());
    let (john, conversation) = john_has_it_open(&stage, &texts, options).await;
    let first = john.tab().await;
    let second = john.new_tab().await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.shows_exactly(&texts).await;
    john.say("From the second").await;
    john.switch_to(&first).await;
    john.sees_message("From the second").await;
    john.say("From the first").await;
    let jane = stage.client("jane").await;
    jane.say(&conversation, "To both").await;
    for tab in [&first, &second] {
        john.switch_to(tab).await;
        john.sees_message("To both").await;
    }
    wait("one stream for both", async || {
        (network.open_streams() == 1).then_some(())
    })
    .await;

    john.sign_out().await;
    for tab in [&first, &second] {
        john.switch_to(tab).await;
        john.sees("button", "Sign in").await;
    }
}

async fn a_room_is_made_and_talked_in(stage: Stage) {
    let john = stage.person("john", Options::desktop()).await;
    let jane = stage.person("jane", Options::phone()).await;
    john.click("button", "New room").await;
    john.fill("textbox", "Name", "The lake").await;
    john.fill("textbox", "Find people to add", "jan").await;
    john.click("button", "jane").await;
    john.click("button", "Create room").await;
    john.sees("textbox", "Message to The lake").await;
    jane.go_to("The lake").await;
    john.say("Who comes?").await;
    jane.sees_message("Who comes?").await;
    jane.say("I do").await;
    john.sees_message("I do").await;
    john.click("button", "Room details").await;
    john.sees("dialog", "Room details").await;
    john.press("Escape").await;
    john.misses("dialog", "Room details").await;
    for person in [&john, &jane] {
        person.assert_console_clean(&[]).await;
    }
}

async fn somebody_is_written_to_by_keys_alone(stage: Stage) {
    let texts = ["Hello".to_owned()];
    let (john, _) = john_has_it_open(&stage, &texts, Options::desktop()).await;
    let has_focus = async |selector: &str| {
        let condition = format!("document.activeElement.matches({})", json!(selector));
        john.wait(&format!("the focus in {selector}"), &condition)
            .await;
    };
    stage.client("mary").await;
    // The keys come with what isn't needed at the first look, as this button does.
    john.sees("button", "New room").await;
    has_focus("message-composer textarea").await;
    john.press("Control+k").await;
    has_focus("input[type=search]").await;
    for letter in ["m", "a", "r"] {
        john.press(letter).await;
    }
    john.sees("button", "mary").await;
    john.press("ArrowDown").await;
    has_focus(".finds li *").await;
    john.press("Enter").await;
    john.sees("textbox", "Message to mary").await;
    has_focus("message-composer textarea").await;
    for key in ["H", "o", "Shift+Enter", "h", "o"] {
        john.press(key).await;
    }
    assert_eq!(john.value("Message to mary").await, "Ho\nho");
    john.press("Enter").await;
    john.shows_exactly(&["Ho\nho".to_owned()]).await;
    john.press("Alt+ArrowDown").await;
    john.sees("textbox", "Message to jane").await;
}

/// What is behind everything.
const SCHEME: &str = "(getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((part) => part > 127) \
    ? 'light' : 'dark')";

async fn is_shown(person: &Session, scheme: &str) {
    let condition = format!("{SCHEME} === {scheme:?}");
    person.wait(scheme, &condition).await;
}

async fn a_theme_is_chosen_and_stays(stage: Stage) {
    let john = stage.person("john", Options::desktop()).await;
    john.click("link", "Settings").await;
    is_shown(&john, "light").await;
    john.click("radio", "Dark").await;
    is_shown(&john, "dark").await;
    john.reload().await;
    is_shown(&john, "dark").await;
    john.sees("heading", "Settings").await;
    john.click("radio", "System").await;
    is_shown(&john, "light").await;
    john.assert_console_clean(&[]).await;
}

async fn light_and_dark_follow_the_system(stage: Stage) {
    let john = stage.session(Options::desktop().scheme(Scheme::Dark)).await;
    john.open("/").await;
    john.sees("button", "Sign in").await;
    is_shown(&john, "dark").await;
}

async fn a_conversation_opens_without_the_server(mut stage: Stage) {
    let mut texts = ["Are you at home?", "Hello?"].map(str::to_owned).to_vec();
    let (john, conversation) = john_has_it_open(&stage, &texts, Options::desktop()).await;
    john.keeps_the_page().await;
    stage.kill();
    john.open(&format!("/conversations/{conversation}")).await;
    john.shows_exactly(&texts).await;
    john.reads("Offline").await;
    john.say("I am, now").await;
    john.reload().await;
    john.sees_message("I am, now").await;
    texts.push("I am, now".to_owned());

    stage.start_again(&["--dev"]);
    john.shows_exactly(&texts).await;
    let jane = stage.client("jane").await;
    assert_eq!(stage.history(&jane, &conversation).await, texts);
}
