//! The catalogues of the plain pages: they agree with each other, and with the code.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use serde_json::Value;
use tincan::error::ErrorCode;

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

/// The errors that no page answers with.
const ON_NO_PAGE: [ErrorCode; 19] = [
    ErrorCode::BadHandshake,
    ErrorCode::BadPasskey,
    ErrorCode::BadResetToken,
    ErrorCode::DevIsLocal,
    ErrorCode::IdentityTaken,
    ErrorCode::LastWayIn,
    ErrorCode::MetricsAreLocal,
    ErrorCode::NotAcceptable,
    ErrorCode::PushRefused,
    ErrorCode::PushUnreachable,
    ErrorCode::RelayRefused,
    ErrorCode::RelayUnreachable,
    ErrorCode::PasskeyCloned,
    ErrorCode::PasskeysUnavailable,
    ErrorCode::Reset,
    ErrorCode::SecondFactorOn,
    ErrorCode::TooManyStreams,
    ErrorCode::WebsocketVersion,
    ErrorCode::WrongOffset,
];

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
    let codes = ErrorCode::ALL.iter();
    let needed: BTreeSet<_> = codes
        .filter(|code| !ON_NO_PAGE.contains(code))
        .map(|code| code.as_str())
        .collect();
    let errors = all.iter().filter_map(|key| key.strip_prefix("error."));
    let given: BTreeSet<_> = errors
        .map(|error| error.split_once('.').map_or(error, |(code, _)| code))
        .collect();
    assert_eq!(given, needed);
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
    let folders = ["src/http/plain", "src/http/plain/trust"];
    let code: String = folders
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .map(|path| fs::read_to_string(path).expect("a file"))
        .collect();
    let pieces: Vec<_> = code.split('"').collect();
    for piece in pieces.windows(2) {
        let calls = ["text(", "fill(", "markup(", "count("];
        let is_said = calls
            .iter()
            .any(|call| piece[0].trim_end().ends_with(&format!("words.{call}")));
        let exists = english.contains_key(piece[1]);
        assert!(!is_said || exists, "{} isn’t in the catalogues", piece[1]);
    }
    let literals: BTreeSet<_> = pieces.into_iter().collect();
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
