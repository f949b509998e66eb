//! The words of the page: every key that it uses is there in English, every key that is there is used, and every other
//! language says the same things.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use tincan::error::ErrorCode;

/// The plural categories of cardinal numbers (CLDR 47, supplemental/plurals.xml).
const PLURALS: &[(&str, &[&str])] = &[
    ("ar", &["few", "many", "one", "other", "two", "zero"]),
    ("de", &["one", "other"]),
    ("en", &["one", "other"]),
    ("es", &["many", "one", "other"]),
    ("fr", &["many", "one", "other"]),
    ("ja", &["other"]),
    ("pl", &["few", "many", "one", "other"]),
    ("zh-Hans", &["other"]),
];
/// What is said at the first look, and what is said later.
const ENGLISH: [&str; 2] = ["en.js", "en-rest.js"];
/// What isn’t a catalogue beside them.
const MODULES: [&str; 2] = ["words/index.js", "words/others.js"];

/// What the page never shows a sentence for: what it says is by the field, what it does about it is nothing that one reads,
/// or it never asks for what is answered so.
const UNSPOKEN: [ErrorCode; 11] = [
    ErrorCode::Invalid,
    ErrorCode::Reset,
    ErrorCode::NotARoom,
    ErrorCode::Malformed,
    ErrorCode::BadHandshake,
    ErrorCode::NotAcceptable,
    ErrorCode::UnsupportedMediaType,
    ErrorCode::WebsocketVersion,
    ErrorCode::MetricsAreLocal,
    ErrorCode::MethodNotAllowed,
    ErrorCode::StaleForm,
];

/// The forms of a text by plural category, or the text by `""`.
type Forms = BTreeMap<String, String>;
type Catalogue = BTreeMap<String, Forms>;

fn ui() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ui")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads a catalogue: a line for each key, with a string in single quotes, or an object of such.
fn catalogue(name: &str) -> Catalogue {
    let text = read(&ui().join("words").join(name));
    let (_, body) = text
        .split_once("export default {\n")
        .unwrap_or_else(|| panic!("{name} exports its keys"));
    let mut keys = Catalogue::new();
    for line in body.lines().take_while(|line| *line != "};") {
        let mut strings = strings(line).into_iter();
        let key = strings
            .next()
            .unwrap_or_else(|| panic!("{name}: a key in {line:?}"));
        let forms: Forms = match line.split_once('{').filter(|_| line.ends_with("},")) {
            Some((_, forms)) => {
                let names = forms.split("', ").map(|form| form.split(':').next());
                let names = names.map(|name| name.unwrap_or_default().trim().to_owned());
                names.zip(strings).collect()
            }
            None => strings.map(|text| (String::new(), text)).collect(),
        };
        assert!(!forms.is_empty(), "{name}: {line:?}");
        assert!(keys.insert(key, forms).is_none(), "{name}: twice: {line:?}");
    }
    let sorted: Vec<_> = body
        .lines()
        .filter_map(|line| strings(line).into_iter().next())
        .collect();
    assert!(sorted.is_sorted(), "{name} is sorted");
    keys
}

/// The strings in single quotes of a line, without escapes.
fn strings(line: &str) -> Vec<String> {
    let parts = line.split('\'').skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}

/// All modules of the page but the catalogues, with their texts.
fn modules(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(modules(&path));
        } else if path.extension().is_some_and(|end| end == "js") {
            let name = path.strip_prefix(ui()).expect("a file of the UI");
            found.push((name.to_str().expect("a plain path").to_owned(), read(&path)));
        }
    }
    found.retain(|(name, _)| !name.starts_with("words/") || MODULES.contains(&name.as_str()));
    found
}

/// What a module says that looks like a key: a folder, or what it is about, and a name.
fn keys_in(text: &str) -> BTreeSet<String> {
    let all = text.lines().filter(|line| !line.starts_with("import "));
    let looks_like_a_key = |text: &String| {
        let parts: Vec<_> = text.split('.').collect();
        let is_name = |part: &&str| {
            part.starts_with(|first: char| first.is_ascii_lowercase())
                && part.chars().all(|each| each.is_ascii_alphanumeric())
        };
        parts.len() == 2 && parts.iter().all(is_name) && !matches!(parts[1], "js" | "css" | "json")
    };
    all.flat_map(strings).filter(looks_like_a_key).collect()
}

/// The names of the values in a text.
fn placeholders(text: &str) -> BTreeSet<&str> {
    let parts = text.split('{').skip(1);
    parts.filter_map(|part| part.split('}').next()).collect()
}

#[test]
fn every_key_is_used_and_every_key_that_is_used_is_there() {
    let [first, rest] = ENGLISH.map(catalogue);
    let named = read(&ui().join("index.html"));
    let (mut early, mut late) = (BTreeSet::new(), BTreeSet::new());
    for (name, text) in modules(&ui()) {
        let is_early = named.contains(&format!("/{name}\""));
        let keys = keys_in(&text);
        if is_early { &mut early } else { &mut late }.extend(keys);
    }
    let known = |catalogue: &Catalogue| catalogue.keys().cloned().collect::<BTreeSet<_>>();
    // What looks like a key and isn’t one stands in no call of `t`, or the type checker says so.
    let topics: BTreeSet<_> = first
        .keys()
        .chain(rest.keys())
        .map(|key| topic(key))
        .collect();
    early.retain(|key| topics.contains(&topic(key)));
    late.retain(|key| topics.contains(&topic(key)) && !early.contains(key));
    assert_eq!(known(&first), early, "en.js: what the first look says");
    let (refusals, rest): (BTreeSet<_>, _) =
        known(&rest).into_iter().partition(|key| is_refusal(key));
    assert_eq!(rest, late, "en-rest.js: what is said later");
    let contract = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/openapi.json"));
    for key in refusals {
        // The last part of `error.bad_invite` is a code of the contract, and that of `error.invalid.username` a field.
        let code = key.rsplit('.').next().unwrap_or_default();
        assert!(contract.contains(&format!("\"{code}\"")), "{key}");
    }
}

/// What has no words is shown in the server’s English, whatever the page speaks.
#[test]
fn every_error_that_the_page_may_meet_has_words() {
    let words = catalogue(ENGLISH[1]);
    for &code in ErrorCode::ALL {
        let key = format!("error.{}", code.as_str());
        let is_spoken = !UNSPOKEN.contains(&code);
        assert_eq!(words.contains_key(&key), is_spoken, "{key}");
    }
}

/// Whether it is said when the server refuses something, and found by the code of the answer.
fn is_refusal(key: &str) -> bool {
    let code = key.strip_prefix("error.");
    code.is_some_and(|code| code != "offline" && code != "intercepted" && code != "status")
}

fn topic(key: &str) -> String {
    key.split('.').next().unwrap_or_default().to_owned()
}

#[test]
fn every_language_says_what_english_says() {
    let mut english = catalogue(ENGLISH[0]);
    english.extend(catalogue(ENGLISH[1]));
    let mut problems = Vec::new();
    let languages = read(&ui().join("words/others.js"));
    for entry in fs::read_dir(ui().join("words")).expect("a folder") {
        let file = entry.expect("an entry").file_name();
        let file = file.to_str().expect("a plain name");
        let language = file.trim_end_matches(".js");
        if ENGLISH.contains(&file) || MODULES.contains(&format!("words/{file}").as_str()) {
            continue;
        }
        if !languages.contains(&format!("'{language}'")) {
            problems.push(format!("{language} isn’t among LANGUAGES"));
        }
        let plurals = PLURALS.iter().find(|(name, _)| *name == language);
        let (_, plurals) = plurals.unwrap_or_else(|| panic!("the plural categories of {language}"));
        let words = catalogue(file);
        for (key, forms) in &english {
            match words.get(key) {
                None => problems.push(format!("{language} lacks {key}")),
                Some(own) => problems.extend(
                    differences(key, forms, own, plurals)
                        .map(|problem| format!("{language}, {key}: {problem}")),
                ),
            }
        }
        let others = words.keys().filter(|key| !english.contains_key(*key));
        problems.extend(others.map(|key| format!("{language}: {key} isn’t English’s")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What is wrong with a text of another language.
fn differences(key: &str, english: &Forms, own: &Forms, plurals: &[&str]) -> Option<String> {
    let categories: Vec<_> = own.keys().map(String::as_str).collect();
    let expected = if english.contains_key("") {
        &[""]
    } else {
        plurals
    };
    if categories != expected {
        return Some(format!("has {categories:?} instead of {expected:?}"));
    }
    let values = placeholders(english.get("other").or(english.get(""))?);
    own.iter().find_map(|(category, text)| {
        let named = placeholders(text);
        // A form for one or two needn’t name the number.
        let is_right = match category.as_str() {
            "" | "other" | "many" | "few" => named == values,
            _ => named.is_subset(&values),
        };
        (!is_right).then(|| format!("{text:?} has {named:?} instead of {values:?} ({key})"))
    })
}
