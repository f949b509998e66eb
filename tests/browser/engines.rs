//! What runs in every engine that the page is meant for: each scenario of the table is a test in each of
//! them. A scenario stands with what it is about, and the main path stands here. Tests that aren’t in the
//! table run in Chromium alone.
//!
//! WebDriver can't do all that Chromium's own protocol can. In Firefox and WebKit there is no way to
//! compose text, or to change the time zone, the permissions or light and dark while the page is open. A
//! script before those of the page comes from a [proxy](crate::support::Proxy::run_first). A window is at
//! least 500 pixels wide in Firefox and 447 in WebKit. Of the console, Firefox tells errors of scripts
//! alone, and WebKit nothing. WebKit always has a mouse, knows no other names of this machine, and isn’t told
//! to block cookies. It can’t print, and is spared the tests of models, for which it takes twice as long.
//! WebKit’s driver loses the window that is left when another is closed and one goes back in it. Firefox
//! remembers which imports of a part failed: such a part stays away until the page is loaded anew.

use serde_json::json;

use crate::{
    history,
    support::{Options, Scheme, Session, Stage, wait},
};

/// Makes a test of a scenario, with as many browsers, in each of the engines named:
/// `engines::a_room_is_made_and_talked_in::firefox`. Engines in brackets run on demand, with `--include-ignored`.
macro_rules! scenarios {
    ($($module:ident::$scenario:ident, $browsers:literal: $($engine:ident)+ $([$($other:ident)+])?;)+) => {
        $(
            mod $scenario {
                use crate::support::{Engine, Stage};

                $(scenarios!($engine, $module::$scenario, $browsers);)+
                $($(scenarios!(#[ignore = "runs on demand"] $other, $module::$scenario, $browsers);)+)?
            }
        )+
    };
    ($(#[$ignore:meta])? $engine:ident, $module:ident::$scenario:ident, $browsers:literal) => {
        #[tokio::test(flavor = "multi_thread")]
        $(#[$ignore])?
        async fn $engine() {
            if let Some(stage) = Stage::set_in(scenarios!($engine), $browsers).await {
                crate::$module::$scenario(stage).await;
            }
        }
    };
    (chromium) => { Engine::Chromium };
    (firefox) => { Engine::Firefox };
    (webkit) => { Engine::WebKit };
}

scenarios! {
    engines::two_people_find_each_other_and_talk, 2: chromium firefox webkit;
    engines::older_messages_move_nothing, 1: chromium firefox webkit;
    engines::what_is_sent_while_the_server_is_away_arrives_once, 1: chromium firefox webkit;
    engines::two_tabs_share_a_stream_and_a_person, 1: chromium firefox webkit;
    engines::a_room_is_made_and_talked_in, 2: chromium firefox webkit;
    engines::somebody_is_written_to_by_keys_alone, 1: chromium firefox webkit;
    engines::a_theme_is_chosen_and_stays, 1: chromium [firefox webkit];
    engines::light_and_dark_follow_the_system, 1: chromium [firefox webkit];

    composer::keys_of_an_input_method_do_nothing_anywhere, 1: chromium firefox webkit;
    composer::undoing_brings_back_nothing_that_was_sent, 1: chromium [firefox webkit];
    composer::with_a_keyboard_beside_a_touch_screen_control_and_enter_send, 1: chromium [firefox webkit];
    composer::on_a_phone_enter_begins_a_line, 1: chromium [firefox];
    drafts::each_conversation_keeps_its_draft_over_a_reload, 1: chromium [firefox webkit];
    drafts::tabs_share_a_draft_and_none_of_them_brings_back_what_was_sent, 1: chromium [firefox webkit];
    changes::an_unfinished_change_is_kept_and_offered_again, 2: chromium [firefox webkit];

    offline::a_conversation_opens_without_the_server_and_is_written_in, 1: chromium firefox webkit;
    offline::whoever_signs_out_leaves_nothing_to_read, 1: chromium [firefox webkit];
    offline::the_worker_of_another_program_at_the_same_address_makes_way, 1: chromium [firefox webkit];

    offline::a_part_first_wanted_in_an_outage_says_so_and_comes_later, 1: chromium webkit;
    refusals::what_a_browser_refuses_keeps_nobody_from_talking, 1: chromium firefox webkit;
    refusals::where_there_is_no_room_it_says_so_and_sends, 1: chromium [firefox webkit];
    accounts::a_browser_that_takes_no_cookie_is_told_so, 1: chromium firefox;
    accounts::who_comes_to_the_wrong_address_is_told_the_right_one, 1: chromium [firefox];

    accounts::who_goes_back_after_signing_out_reads_nothing, 1: chromium [firefox];
    accounts::what_was_left_is_not_shown_to_who_comes_back_to_it, 1: chromium [firefox webkit];
    conversation::who_is_called_otherwise_is_so_at_once_everywhere, 1: chromium [firefox webkit];
    conversation::many_lines_are_folded_until_somebody_wants_them, 1: chromium [firefox webkit];
    conversation::what_is_copied_over_several_messages_says_who_said_it, 1: chromium [firefox webkit];
    conversation::all_that_is_loaded_is_printed, 1: chromium [firefox];
    conversation::what_one_sends_is_announced_once, 1: chromium [firefox webkit];
    conversation::scrolling_past_an_end_moves_nothing_else, 1: chromium firefox webkit;
    conversation::beside_a_keyboard_on_a_phone_on_its_side_a_message_is_seen, 1: chromium [firefox webkit];
    models::the_models_pass_their_unit_tests, 1: chromium firefox;
    home_network::two_people_talk_without_a_secure_origin, 2: chromium [firefox];
    files::a_picture_that_comes_in_moves_nothing_that_is_read, 2: chromium [firefox webkit];
    files::an_upload_goes_on_after_a_reload_from_where_it_stopped, 1: chromium firefox webkit;
    files::a_film_and_a_song_are_played_from_anywhere, 1: chromium firefox webkit;
    files::what_is_downloaded_leaves_the_page_where_it_is, 1: chromium [firefox];
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
