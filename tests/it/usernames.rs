//! Usernames of all scripts: what a new one may be (UAX #31), what looks too much like another (UTS #39), and that names
//! given under earlier rules go on working.

use reqwest::StatusCode;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tincan::server::Config;
use unicode_normalization::UnicodeNormalization;

use crate::{
    old_database::of_version_3,
    support::{Answer, Server, dev, strict, text},
};

async fn create(server: &Server, name: &str) -> Answer {
    let body = json!({ "username": name });
    server.nobody().post("/api/accounts", body).await
}

/// Names of people as they are written, with marks, joiners and digits.
const NAMES: &[(&str, &str)] = &[
    ("Devanagari", "विक्रम"),
    ("Devanagari, ZWJ behind a virama", "क्\u{200d}ष"),
    ("Devanagari, ZWNJ behind a virama", "श्\u{200c}रीधर"),
    ("Tamil", "தமிழ்"),
    ("Bengali", "সৌমিত্র"),
    ("Malayalam, chillu by ZWJ", "മോഹന്\u{200d}"),
    ("Kannada", "ಕೃಷ್ಣ"),
    ("Telugu", "శ్రీనివాస్"),
    ("Gujarati", "કૃષ્ણ"),
    ("Gurmukhi", "ਗੁਰਪ੍ਰੀਤ"),
    ("Sinhala, ZWJ", "ශ්\u{200d}රීමත්"),
    ("Thai", "ก้อง"),
    ("Lao", "ສົມບັດ"),
    ("Khmer", "សុភ័ក្ត្រ"),
    ("Myanmar", "အောင်ဆန်း"),
    ("Tibetan", "བསྟན"),
    ("Tibetan, tsheg between syllables", "བསྟན་འཛིན"),
    ("Hebrew, geresh", "ג׳ורג׳"),
    ("Hebrew, gershayim", "רלב״ג"),
    ("Armenian, hyphen", "Տեր֊Պետրոսյան"),
    ("Yoruba", "Ṣọ\u{301}lá"),
    ("Vietnamese", "Nguyễn"),
    ("Icelandic", "Þórður"),
    ("Turkish", "Ilgın.İnci"),
    ("Lithuanian", "Žydrūnas"),
    ("Catalan", "Gal·la"),
    ("Hawaiian", "Kahoʻolawe"),
    ("Cyrillic", "Алёна_Ґалаґан"),
    ("Greek", "Ιωάννης"),
    ("Armenian", "Հայկ"),
    ("Georgian", "გიორგი"),
    ("Hebrew, with points", "דָּוִד"),
    ("Arabic, with vowels", "مُحَمَّد"),
    ("Persian, ZWNJ between joining letters", "علی\u{200c}رضا"),
    ("Arabic-Indic digits", "سارة٤٢"),
    ("Thaana", "މޫސާ"),
    ("Ethiopic", "ኃይለ"),
    ("N’Ko", "ߒߞߏ"),
    ("Cherokee", "ᏣᎳᎩ"),
    ("Inuktitut", "ᐃᓄᒃ"),
    ("Han", "王小明"),
    ("Kanji and kana", "山田はなコ"),
    ("Kana and Latin", "ゆうtaro"),
    ("Hangul", "김민준"),
    ("Hangul and Latin", "민준kim"),
    ("Bopomofo and Latin", "ㄅㄆab"),
    ("ASCII", "a.b_c-9"),
    ("digits alone", "007"),
];

#[tokio::test]
async fn a_name_is_kept_as_it_is_written_in_every_script() {
    let server = Server::start(dev()).await;
    for (script, name) in NAMES {
        let created = create(&server, name).await.expect(201);
        let kept = created["authUser"]["username"].as_str().expect("a name");
        let composed = nfc(name);
        assert_eq!(kept, composed, "{script}");
        let found = json!({ "username": name });
        let found = server.nobody().post("/api/login", found).await.expect(200);
        assert_eq!(found["authUser"], created["authUser"], "{script}");
    }
}

/// The name in NFC.
fn nfc(name: &str) -> String {
    name.nfc().collect()
}

/// Names that nobody has, with the rule that they break.
const NO_NAMES: &[(&str, &str, &str)] = &[
    ("a mark without a base", "\u{301}a", "follow a letter"),
    ("a vowel sign without a base", "\u{93f}क", "follow a letter"),
    ("a mark on a separator", "a_\u{301}", "follow a letter"),
    ("a tsheg at the end", "བསྟན་", "letters, digits"),
    ("a tsheg in front", "་བསྟན", "letters, digits"),
    ("two tshegs", "བསྟན་་འཛིན", "letters, digits"),
    ("gershayim at the end", "רלב״", "letters, digits"),
    ("geresh in front", "׳רלב", "letters, digits"),
    ("geresh in Latin", "O׳Brien", "different scripts"),
    (
        "five marks in a row",
        "a\u{301}\u{302}\u{303}\u{304}\u{306}",
        "pile up",
    ),
    ("the same mark twice", "x\u{301}\u{301}", "pile up"),
    ("a dot on a dot", "i\u{307}da", "pile up"),
    ("a dot on a dotless i", "ı\u{307}da", "pile up"),
    ("an overlay", "o\u{338}le", "pile up"),
    ("ZWJ in Latin", "a\u{200d}b", "letters, digits"),
    ("ZWJ at the end", "ada\u{200d}", "letters, digits"),
    (
        "ZWJ in front of a vowel sign",
        "क्\u{200d}ि",
        "letters, digits",
    ),
    ("ZWNJ in Latin", "a\u{200c}b", "letters, digits"),
    (
        "ZWNJ behind what doesn’t join",
        "دا\u{200c}د",
        "letters, digits",
    ),
    ("ZWNJ at the end", "علی\u{200c}", "letters, digits"),
    ("grapheme joiner", "a\u{34f}b", "letters, digits"),
    ("variation selector", "a\u{fe0f}", "letters, digits"),
    ("Hangul filler", "\u{3164}", "letters, digits"),
    ("Khmer inherent vowel", "ក\u{17b4}", "letters, digits"),
    ("soft hyphen", "a\u{ad}b", "letters, digits"),
    ("bidirectional control", "a\u{202e}b", "letters, digits"),
    ("private use", "a\u{e000}", "letters, digits"),
    ("an enclosing mark", "a\u{20dd}", "letters, digits"),
    ("a connector", "a‿b", "letters, digits"),
    ("an emoji", "a😀", "letters, digits"),
    ("a space", "a b", "letters, digits"),
    ("Latin and Cyrillic", "\u{430}da", "different scripts"),
    ("Latin and Greek", "αda", "different scripts"),
    ("Latin and Armenian", "օda", "different scripts"),
    ("Latin and Cherokee", "Ꭺda", "different scripts"),
    ("Latin and Arabic", "adaع", "different scripts"),
    ("Cyrillic and Greek", "αбв", "different scripts"),
    ("Han and Cyrillic", "王б", "different scripts"),
    ("Hangul and Hiragana", "민ゆ", "different scripts"),
    ("digits of two scripts", "سارة٤2", "digits of different"),
    ("digits that look alike", "४4", "digits of different"),
    ("reserved", "Administrator", "reserved"),
    ("reserved, in full width", "ａｄｍｉｎ", "reserved"),
    ("reserved, with separators", "_ad-min.", "reserved"),
    ("reserved, with an I for an l", "officiaI", "reserved"),
    ("reserved, with a 0", "supp0rt", "reserved"),
    ("reserved, in capitals", "SYSTEM", "reserved"),
    ("the program’s own name", "tincan", "reserved"),
    ("the first user of many systems", "Root", "reserved"),
];

#[tokio::test]
async fn a_name_that_breaks_a_rule_is_told_which() {
    let server = Server::start(dev()).await;
    for (what, name, rule) in NO_NAMES {
        let refusal = create(&server, name).await.refused(422, "invalid");
        let reason = refusal["errors"]["username"].as_str().expect("a reason");
        assert!(reason.contains(rule), "{what}: {reason}");
    }
}

/// Names that look like one that is there (UTS #39, confusables.txt).
const LOOK_ALIKES: &[(&str, &str)] = &[
    ("paypa", "раура"),
    ("Bill", "BiII"),
    ("ocean0", "oceanO"),
    ("modern", "modem"),
    ("Inger", "lnger"),
    ("sam1", "saml"),
    ("ΒΟΑ", "BOA"),
    ("Хос", "Xoc"),
    ("ɡina", "gina"),
];

#[tokio::test]
async fn a_name_that_looks_like_another_is_refused() {
    let server = Server::start(strict()).await;
    let anna = server.set_up("anna").await;
    let account = |name: &str| json!({ "username": name });
    let path = |made: &Value| format!("/api/admin/users/{}", text(&made["user"]["id"]));
    let other = anna.post("/api/admin/users", account("zoe")).await;
    let other = path(&other.expect(201));
    for (first, second) in LOOK_ALIKES {
        let own = anna.post("/api/admin/users", account(first)).await;
        let own = path(&own.expect(201));
        let refused = anna.post("/api/admin/users", account(second)).await;
        let message = &refused.refused(409, "username_taken")["message"];
        assert_eq!(
            message, "This looks too much like another username.",
            "{first}, {second}"
        );
        let bot = json!({ "name": "x", "scope": "send", "bot": second });
        let bot = anna.post("/api/tokens", bot).await;
        bot.refused(409, "username_taken");
        let renamed = anna.patch(&other, account(second)).await;
        renamed.refused(409, "username_taken");
        // One’s own name may look like itself.
        anna.patch(&own, account(second)).await.expect(200);
    }
}

/// Names that differ enough.
#[tokio::test]
async fn names_that_only_sound_alike_are_different() {
    let server = Server::start(dev()).await;
    for name in [
        "ada", "adah", "Ада2", "anna", "änna", "ana", "lan", "ian", "o", "ö", "李", "孛",
    ] {
        create(&server, name).await.expect(201);
    }
}

#[tokio::test]
async fn names_of_earlier_rules_go_on_working() {
    let folder = TempDir::new().expect("a folder");
    let database = of_version_3(folder.path());
    let connection = Connection::open(&database).expect("a database");
    let old = [
        "ada",
        "\u{430}da",
        "Administrator",
        "ａｄａ２",
        "αβγd",
        "x②",
    ];
    for name in old {
        connection
            .execute(
                "INSERT INTO users (username, username_key, created_at) VALUES (?1, ?2, 0)",
                (name, key(name)),
            )
            .expect("an old user");
    }
    drop(connection);
    let config = Config { database, ..dev() };
    let server = Server::start(config).await;
    let john = server.sign_in("john").await;
    for name in old {
        let found = json!({ "username": name });
        let found = server.nobody().post("/api/login", found).await.expect(200);
        assert_eq!(found["authUser"]["username"], name);
        john.make_room("Club", &[name], false).await;
        john.talk_to(name).await;
    }
    // New ones are judged by the looks of the old ones.
    create(&server, "аdа").await.refused(422, "invalid");
    create(&server, "аԁа").await.refused(409, "username_taken");
}

/// As earlier versions wrote it.
fn key(name: &str) -> String {
    name.nfkc().collect::<String>().to_lowercase()
}

/// Bytes that somebody may send who hasn’t signed in.
const STRANGERS_LIMIT: usize = 8 * 1024;

/// Lengths are checked before anything is normalized, and no error has the input in it.
#[tokio::test]
async fn a_name_that_is_too_long_is_nobodys_and_isn_t_repeated() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let room = john.make_room("Club", &[], false).await;
    let longest = "ﷺ".repeat(16_000);
    for name in [
        "x".repeat(60_000),
        longest,
        "\u{344}".repeat(129),
        "x".repeat(33),
    ] {
        let username = json!({ "username": name });
        let created = create(&server, &name).await;
        let login = server.nobody().post("/api/login", username.clone()).await;
        let (created, login) = if name.len() > STRANGERS_LIMIT {
            (
                created.refused(413, "too_large"),
                login.refused(413, "too_large"),
            )
        } else {
            let refused = created.refused(422, "invalid");
            assert_eq!(refused["message"], "Usernames can be up to 32 characters.");
            (refused, login.refused(404, "not_found"))
        };
        let refusals = [
            created,
            login,
            john.post("/api/conversations", username.clone())
                .await
                .refused(404, "not_found"),
            john.post(&format!("/api/conversations/{room}/participants"), username)
                .await
                .refused(404, "not_found"),
            john.post(
                "/api/conversations",
                json!({ "name": "Club", "usernames": [name] }),
            )
            .await
            .refused(422, "invalid"),
        ];
        for refusal in refusals {
            assert!(refusal.to_string().len() < 200, "{refusal}");
        }
    }
    for search in ["%E2%80%8B".to_owned(), "x".repeat(2_000)] {
        let found = john.get(&format!("/api/usernames?search={search}")).await;
        assert_eq!(found.status, StatusCode::OK);
        assert_eq!(found.expect(200), json!([]));
    }
}
