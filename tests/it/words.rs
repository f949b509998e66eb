//! The languages of the plain pages: their catalogues agree, nothing on a page is left in English, and everybody gets the
//! language that their browser asks for, or that they have chosen.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use reqwest::{
    Method,
    header::{ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, SET_COOKIE},
};
use serde_json::Value;
use tincan::error::ErrorCode;

use crate::{
    plain::{Browser, html},
    support::{Answer, Client, Server, Talk, answer, dev, strict, text},
};

type Catalogue = BTreeMap<String, Value>;

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let is_one = |path: &PathBuf| path.extension().is_some_and(|end| end == extension);
    paths.filter(is_one).collect()
}

/// The catalogue of each language, by its tag.
fn catalogues() -> BTreeMap<String, Catalogue> {
    let read = |path: PathBuf| {
        let tag = path.file_stem().expect("a name").to_string_lossy();
        let texts = serde_json::from_slice(&fs::read(&path).expect("a file"));
        (tag.into_owned(), texts.expect("a catalogue"))
    };
    let files = files("src/http/plain/words", "json").into_iter();
    files.map(read).collect()
}

/// Whether English has it from elsewhere: from an error’s own sentence, or from the system message itself.
fn is_said_by_the_api(key: &str) -> bool {
    key.starts_with("error.") || key.starts_with("system.")
}

/// What a text has in braces.
fn placeholders(text: &Value) -> BTreeSet<&str> {
    let text = text.as_str().expect("a text");
    let parts = text.split('{').skip(1);
    let names = parts.map(|part| part.split_once('}').expect("a brace that is closed").0);
    names.collect()
}

#[test]
fn each_language_has_everything() {
    let catalogues = catalogues();
    for tag in ["ar", "de", "en", "es", "fr", "ja", "pl", "zh-Hans"] {
        assert!(catalogues.contains_key(tag), "there is no {tag}");
    }
    let english = &catalogues["en"];
    // What only the others have has to be the same in all of them.
    let all: BTreeSet<_> = catalogues.values().flat_map(Catalogue::keys).collect();
    for key in &all {
        let is_english = english.contains_key(*key);
        assert!(is_english || is_said_by_the_api(key), "en: {key}");
    }
    for (tag, texts) in catalogues.iter().filter(|(tag, _)| *tag != "en") {
        let missing: Vec<_> = all
            .iter()
            .filter(|key| !texts.contains_key(**key))
            .collect();
        assert!(missing.is_empty(), "{tag}: {missing:?}");
    }
    let codes: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    for key in all.iter().filter_map(|key| key.strip_prefix("error.")) {
        let code = key.split('.').next().expect("a code");
        assert!(codes.contains(code), "there is no error {code}");
    }
}

#[test]
fn each_text_has_the_placeholders_and_the_plurals_that_it_needs() {
    let catalogues = catalogues();
    for (tag, texts) in &catalogues {
        let locale = Locale::try_from_str(tag).expect("a language");
        let rules = PluralRules::try_new_cardinal(locale.into()).expect("rules");
        let needed: BTreeSet<_> = rules.categories().map(word).collect();
        for (key, text) in texts {
            let other = catalogues["en"].get(key).or(catalogues["de"].get(key));
            match (text, other.expect("another language")) {
                (Value::Object(texts), Value::Object(other)) => {
                    let given: BTreeSet<_> = texts.keys().map(String::as_str).collect();
                    assert_eq!(given, needed, "{tag}: {key}");
                    let known = placeholders(&other["other"]);
                    assert_eq!(placeholders(&texts["other"]), known, "{tag}: {key}");
                    // Some languages have a word for one or two, and none for no person at all.
                    for text in texts.values() {
                        assert!(placeholders(text).is_subset(&known), "{tag}: {key}");
                    }
                }
                (text, other) => {
                    assert!(!text.as_str().expect("a text").is_empty(), "{tag}: {key}");
                    // The form of a date has what the language writes.
                    if !key.starts_with("date.") {
                        assert_eq!(placeholders(text), placeholders(other), "{tag}: {key}");
                    }
                }
            }
        }
    }
}

fn word(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

#[test]
fn the_pages_use_the_keys_that_there_are() {
    let catalogues = catalogues();
    let english = &catalogues["en"];
    let groups: BTreeSet<_> = english
        .keys()
        .filter_map(|key| key.split_once('.'))
        .collect();
    let groups: BTreeSet<_> = groups.into_iter().map(|(group, _)| group).collect();
    let code: String = files("src/http/plain", "rs")
        .iter()
        .map(|path| fs::read_to_string(path).expect("a file"))
        .collect();
    let literals: BTreeSet<_> = code.split('"').collect();
    for literal in &literals {
        let is_key = literal.split_once('.').is_some_and(|(group, key)| {
            let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
            groups.contains(group) && key.chars().all(is_word)
        });
        let exists = english.contains_key(*literal);
        assert!(!is_key || exists, "{literal} isn’t in the catalogues");
    }
    for key in english.keys().filter(|key| !is_said_by_the_api(key)) {
        let (family, _) = key.rsplit_once('.').expect("a group");
        let is_numbered = ["date.weekday", "date.month"].contains(&family);
        assert!(
            is_numbered || literals.contains(key.as_str()),
            "nothing uses {key}"
        );
    }
}

/// What people read on a page, apart from the names of the languages.
fn shown(page: &str) -> String {
    let (before, rest) = page.split_once("<select").expect("a choice of languages");
    let (_, after) = rest.split_once("</select>").expect("its end");
    let mut shown = String::new();
    for part in [before, after] {
        for tag_and_text in part.split('<') {
            let (tag, text) = tag_and_text.split_once('>').unwrap_or(("", tag_and_text));
            shown += text;
            let mut attributes = vec![" title=\"", " aria-label=\""];
            if tag.contains("type=\"submit\"") {
                attributes.push(" value=\"");
            }
            for attribute in attributes {
                let value = tag.split_once(attribute);
                let value = value.and_then(|(_, rest)| rest.split_once('"'));
                shown.push(' ');
                shown += value.map_or("", |(value, _)| value);
            }
        }
    }
    shown
}

/// Japanese is written without Latin letters, so whatever has them is a name or was left in the code.
#[track_caller]
fn assert_japanese(page: &str) {
    const NAMES: [&str; 9] = [
        "Tincan",
        "JavaScript",
        "UTC",
        "john",
        "jane",
        "ada",
        "Kitchen",
        "Cellar",
        "x",
    ];
    assert!(page.contains(r#"<html lang="ja" dir="ltr">"#), "{page}");
    let shown = shown(page);
    let words = shown.split(|c: char| !c.is_ascii_alphabetic());
    let left: Vec<_> = words
        .filter(|word| !word.is_empty() && !NAMES.contains(word))
        .collect();
    assert!(left.is_empty(), "{left:?} in {page}");
    let has_japanese = shown.chars().any(|c| ('ぁ'..='ヿ').contains(&c));
    assert!(has_japanese, "{page}");
}

#[tokio::test]
async fn nothing_on_a_page_is_left_in_english() {
    let talk = Talk::start(dev()).await;
    talk.server.sign_up("ada").await;
    let [john, jane] = [&talk.john, &talk.jane].map(|client| Browser::of(client).in_language("ja"));
    let said = |client: &Client, conversation: &'static str| {
        let client = client.clone();
        async move { text(&client.say(conversation, "x").await["id"]).to_owned() }
    };
    let (own, theirs, gone) = (
        said(&talk.john, "1").await,
        said(&talk.jane, "1").await,
        said(&talk.jane, "1").await,
    );
    john.send(
        &format!("/plain/messages/{own}/edit"),
        &[("content", "x x")],
    )
    .await;
    jane.send(&format!("/plain/messages/{gone}/delete"), &[])
        .await;
    jane.send(
        &format!("/plain/messages/{own}/reactions"),
        &[("add", "👍")],
    )
    .await;
    let plan = [("name", "Kitchen"), ("usernames", "jane")];
    john.send("/plain/rooms", &plan).await;
    // Each kind of system message.
    for (path, fields) in [
        ("people", [("username", "ada")]),
        ("room", [("open", "yes")]),
        ("room", [("open", "no")]),
        ("room", [("name", "Cellar")]),
        ("people/3", [("remove", "x")]),
        ("people/2", [("owner", "x")]),
    ] {
        john.send(&format!("/plain/conversations/2/{path}"), &fields)
            .await;
    }
    let plan = [("name", "Kitchen"), ("open", "yes")];
    jane.send("/plain/rooms", &plan).await;
    for (browser, path) in [
        (&john, "/plain/sign-in"),
        (&john, "/plain"),
        (&jane, "/plain"),
        (&john, "/plain?before=1"),
        (&john, "/plain/rooms"),
        (&jane, "/plain/rooms"),
        (&john, "/plain/conversations/1"),
        (&jane, "/plain/conversations/1/follow"),
        (&john, "/plain/conversations/1?order=top"),
        (&john, "/plain/conversations/2?order=top"),
        (&john, "/plain/conversations/2"),
        (&john, "/plain/conversations/2/people"),
        (&jane, "/plain/conversations/2/people"),
        (&jane, "/plain/conversations/3/people"),
        (&jane, "/plain/conversations/2/people/1"),
        (&john, "/plain/conversations/2/leave"),
        (&john, &format!("/plain/conversations/1?before={theirs}")),
        (&john, &format!("/plain/messages/{own}/edit")),
        (&john, &format!("/plain/messages/{own}/delete")),
        (&john, &format!("/plain/messages/{theirs}/reactions")),
    ] {
        assert_japanese(&browser.page(path).await);
    }
}

#[tokio::test]
async fn a_refusal_is_in_the_language_of_the_page() {
    let talk = Talk::start(dev()).await;
    let john = Browser::of(&talk.john).in_language("ja");
    let theirs = text(&talk.jane.say("1", "x").await["id"]).to_owned();
    let long = "ä".repeat(4_001);
    let (edit, react) = (
        format!("/plain/messages/{theirs}/edit"),
        format!("/plain/messages/{theirs}/reactions"),
    );
    let mut refusals: Vec<(Answer, u16)> = Vec::new();
    for (path, fields, status) in [
        ("/plain/conversations/1", [("content", " ")], 422),
        ("/plain/conversations/1", [("content", &*long)], 422),
        ("/plain/conversations", [("username", "john")], 403),
        ("/plain/conversations", [("username", "ada")], 404),
        ("/plain/conversations", [("username", "x x")], 404),
        ("/plain/conversations/1/leave", [("", "")], 409),
        ("/plain/rooms", [("name", " ")], 422),
        ("/plain/rooms", [("content", "x")], 422),
        (&edit, [("content", "x")], 403),
        (&react, [("add", "x")], 422),
        ("/plain/language", [("language", "x")], 404),
    ] {
        refusals.push((john.send(path, &fields).await, status));
    }
    for (path, status) in [
        ("/plain/nothing", 404),
        (&*edit, 403),
        ("/plain/sign-out", 405),
    ] {
        refusals.push((john.look(path).await, status));
    }
    let stale = john.form("/plain/conversations/1", &[("content", "x")]);
    refusals.push((answer(stale).await, 403));
    let foreign = john.form("/plain/conversations/1", &[("content", "x")]);
    refusals.push((answer(foreign.header("origin", "null")).await, 403));
    let nobody = talk.server.nobody();
    let json = nobody.request(Method::POST, "/plain/sign-in");
    let json = json
        .header(COOKIE, "tincan-language=ja")
        .header(CONTENT_TYPE, "application/json")
        .body("{}");
    refusals.push((answer(json).await, 415));
    let broken = john.form("/plain/sign-in", &[("username", "x"), ("username", "x")]);
    refusals.push((answer(broken).await, 400));
    for (refusal, status) in refusals {
        assert_eq!(refusal.headers["content-language"], "ja");
        assert_japanese(&html(refusal, status));
    }

    // Those who come to a server with accounts.
    let server = Server::start(strict()).await;
    let stranger = Browser::at(&server).in_language("ja");
    assert_japanese(&stranger.page("/plain/sign-in").await);
    let account = [
        ("username", "x"),
        ("password", "x"),
        ("create", "x"),
        ("link", "x"),
    ];
    let refused = answer(stranger.form("/plain/sign-in", &account)).await;
    assert_japanese(&html(refused, 403));
    server.set_up("ada").await;
    assert_japanese(&stranger.page("/plain/sign-in").await);
    for (fields, status) in [
        (&account[..2], 401),
        (&account[..], 403),
        (&account[..3], 403),
    ] {
        let refused = answer(stranger.form("/plain/sign-in", fields)).await;
        assert_japanese(&html(refused, status));
    }
}

#[tokio::test]
async fn a_browser_gets_the_best_language_that_it_asks_for() {
    let server = Server::start(dev()).await;
    let many = format!("{}de", "tlh;q=0.9, ".repeat(1_000));
    let deep = format!("de{}", "-x".repeat(4_000));
    for (wanted, tag) in [
        ("de", "de"),
        ("DE-at", "de"),
        ("de-Latn-DE-1996", "de"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-hans-SG", "zh-Hans"),
        ("ar-EG, en;q=0.5", "ar"),
        ("en, de", "en"),
        ("de;q=0.3, pl;q=0.8, en;q=0.5", "pl"),
        ("de;q=0.5,ja;q=0.5", "de"),
        ("de ; q=0.2 , fr;q=0.20", "de"),
        ("tlh, sv-SE;q=0.9, es-419;q=0.1", "es"),
        // Neither half a word nor another language that begins with the same letters.
        ("d, dex, pla, jav", "en"),
        ("*", "en"),
        ("tlh, *;q=0.1", "en"),
        ("de;q=0, *", "en"),
        ("de-AT, de;q=0, fr;q=0.1", "fr"),
        ("de;q=0.0", "en"),
        // Weights that are none.
        ("de;q=2, fr;q=0.1", "fr"),
        ("de;q=-1, fr;q=0.1", "fr"),
        ("de;q=NaN, fr;q=0.1", "fr"),
        ("de;q=, ja;level=1;q=1, fr;q=0.1", "fr"),
        ("de;, fr;q=0.1", "fr"),
        ("", "en"),
        (",;,-,--;q=1,*-DE", "en"),
        (&many, "de"),
        (&deep, "de"),
    ] {
        let request = server.nobody().request(Method::GET, "/plain/sign-in");
        let answer = answer(request.header(ACCEPT_LANGUAGE, wanted)).await;
        assert_eq!(answer.headers["content-language"], tag, "{wanted:.60}");
        assert_eq!(answer.headers["vary"], "accept-language, cookie");
        let direction = if tag == "ar" { "rtl" } else { "ltr" };
        let root = format!(r#"<html lang="{tag}" dir="{direction}">"#);
        let page = html(answer, 200);
        assert!(page.contains(&root), "{page}");
    }
    // Two headers are one list, and what isn't text is no language.
    let request = server.nobody().request(Method::GET, "/plain/sign-in");
    let request = request.header(ACCEPT_LANGUAGE, "fr;q=0.5");
    let request = request.header(ACCEPT_LANGUAGE, &b"\xff"[..]);
    let answer = answer(request.header(ACCEPT_LANGUAGE, "pl;q=0.6")).await;
    assert_eq!(answer.headers["content-language"], "pl");
}

#[tokio::test]
async fn a_choice_is_kept_and_wins() {
    let server = Server::start(dev()).await;
    let browser = Browser::at(&server);
    let page = browser.page("/plain/sign-in").await;
    for (tag, name) in [
        ("ar", "العربية"),
        ("de", "Deutsch"),
        ("zh-Hans", "简体中文"),
    ] {
        let choice = format!(r#"<option value="{tag}" lang="{tag}">{name}</option>"#);
        assert!(page.contains(&choice), "{page}");
    }
    assert!(
        page.contains(r#"<option value="en" lang="en" selected>English"#),
        "{page}"
    );

    let choose = |tag: &str| browser.form("/plain/language", &[("language", tag)]);
    let chosen = answer(choose("de")).await;
    assert_eq!(chosen.status, 303);
    assert_eq!(chosen.headers["location"], "/plain");
    assert_eq!(
        chosen.headers[SET_COOKIE],
        "tincan-language=de; Path=/; Max-Age=31536000; SameSite=Lax"
    );
    for junk in ["", "tlh", "de-AT", "DE", "de; Domain=evil.example"] {
        let refused = answer(choose(junk)).await;
        assert!(!refused.headers.contains_key(SET_COOKIE));
        html(refused, 404);
    }
    let foreign = answer(choose("de").header("sec-fetch-site", "cross-site")).await;
    assert!(!foreign.headers.contains_key(SET_COOKIE));
    html(foreign, 403);

    for (cookie, tag) in [
        ("tincan-language=de", "de"),
        ("a=b; tincan-language=ar; c=d", "ar"),
        // Then the browser's own says it.
        ("tincan-language=tlh", "fr"),
        ("tincan-language=", "fr"),
    ] {
        let request = server.nobody().request(Method::GET, "/plain/sign-in");
        let request = request.header(ACCEPT_LANGUAGE, "fr").header(COOKIE, cookie);
        assert_eq!(
            answer(request).await.headers["content-language"],
            tag,
            "{cookie}"
        );
    }
}

#[tokio::test]
async fn a_number_takes_the_plural_of_its_language() {
    let talk = Talk::start(dev()).await;
    let jane = Browser::of(&talk.jane);
    let (polish, arabic, english) = (
        jane.in_language("pl"),
        jane.in_language("ar"),
        jane.in_language("en"),
    );
    let mut sent = 0;
    for (count, expected) in [
        (1, ["1 nieprzeczytana", "رسالة غير مقروءة", "1 unread"]),
        (2, ["2 nieprzeczytane", "رسالتان غير مقروءتين", "2 unread"]),
        (5, ["5 nieprzeczytanych", "5 رسائل غير مقروءة", "5 unread"]),
        (
            12,
            ["12 nieprzeczytanych", "12 رسالة غير مقروءة", "12 unread"],
        ),
        (
            22,
            ["22 nieprzeczytane", "22 رسالة غير مقروءة", "22 unread"],
        ),
    ] {
        while sent < count {
            talk.john.say(&talk.conversation, "x").await;
            sent += 1;
        }
        for (browser, expected) in [&polish, &arabic, &english].into_iter().zip(expected) {
            let page = browser.page("/plain").await;
            let expected = format!(r#"<strong class="unread">{expected}</strong>"#);
            assert!(page.contains(&expected), "{expected} isn't in {page}");
        }
    }
}

#[tokio::test]
async fn what_happened_to_a_room_is_told_in_the_language_of_the_page() {
    let talk = Talk::start(dev()).await;
    talk.server.sign_up("ada").await;
    let john = Browser::of(&talk.john).in_language("de");
    let plan = [("name", "{actor}"), ("usernames", "jane")];
    john.send("/plain/rooms", &plan).await;
    john.send("/plain/conversations/2/room", &[("name", "{subject}")])
        .await;
    john.send("/plain/conversations/2/people", &[("username", "ada")])
        .await;
    john.send("/plain/conversations/2/people/2", &[("owner", "x")])
        .await;
    let page = john.page("/plain/conversations/2").await;
    for told in [
        "<bdi>john</bdi> hat diesen Raum erstellt",
        "<bdi>john</bdi> hat <bdi>ada</bdi> hinzugefügt",
        // A name is no placeholder.
        "<bdi>john</bdi> hat den Raum in <bdi>{subject}</bdi> umbenannt",
        "<bdi>john</bdi> hat den Raum an <bdi>jane</bdi> übergeben",
    ] {
        assert!(page.contains(told), "{told} isn't in {page}");
    }
    let list = john.page("/plain").await;
    assert!(list.contains("übergeben"), "{list}");
}
