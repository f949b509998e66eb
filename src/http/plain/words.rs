//! The words of the plain pages. `words/` has a file for each language, in the form that the page’s catalogues have: a text
//! for each key, or a text for each plural category of the language. What the API says in English already, errors and
//! system messages, is in the files of the other languages only.

use std::{collections::HashMap, sync::LazyLock};

use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules, PluralRulesPreferences};
use include_dir::{Dir, File, include_dir};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{http::reply::ErrorResponse, model::MessageView};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/http/plain/words");

/// All languages, ordered by their tags.
static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let mut languages: Vec<_> = FILES.files().map(Language::read).collect();
    languages.sort_by_key(|language| language.tag);
    languages
});

/// A language, and the words in it.
pub struct Language {
    /// As in `<html lang>` (RFC 5646).
    pub tag: &'static str,
    texts: HashMap<String, Text>,
    plurals: PluralRulesPreferences,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Single(String),
    /// By plural category (CLDR, Language Plural Rules).
    Plural(HashMap<String, String>),
}

impl Language {
    pub fn all() -> &'static [Self] {
        &LANGUAGES
    }

    pub fn tagged(tag: &str) -> Option<&'static Self> {
        Self::all().iter().find(|language| language.tag == tag)
    }

    /// The language in which everything can be said.
    ///
    /// # Panics
    /// If it isn’t in the program.
    pub fn english() -> &'static Self {
        Self::tagged("en").unwrap_or_else(|| panic!("there is no en.json"))
    }

    /// # Panics
    /// If the file isn’t a catalogue, or isn’t named after a language.
    fn read(file: &'static File<'static>) -> Self {
        let path = file.path();
        let broken = |reason: &str| -> ! { panic!("{}: {reason}", path.display()) };
        let tag = path.file_stem().and_then(|stem| stem.to_str());
        let tag = tag.unwrap_or_else(|| broken("no name"));
        let texts = serde_json::from_slice(file.contents());
        let texts = texts.unwrap_or_else(|error| broken(&error.to_string()));
        let locale = Locale::try_from_str(tag);
        let locale = locale.unwrap_or_else(|error| broken(&error.to_string()));
        Self {
            tag,
            texts,
            plurals: locale.into(),
        }
    }
    /// The language’s name in itself.
    pub fn name(&self) -> &str {
        self.text("language.name")
    }

    /// `ltr` or `rtl`, as in HTML’s `dir`.
    pub fn direction(&self) -> &str {
        self.text("language.direction")
    }

    /// The text of a key, in English if it is missing here.
    pub fn text<'a>(&'a self, key: &'a str) -> &'a str {
        self.own(key, None)
            .or_else(|| Self::english().own(key, None))
            .unwrap_or(key)
    }

    /// The text with each `{name}` replaced.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        fill(self.text(key), values)
    }

    /// Like [`fill`](Self::fill), with markup for values.
    pub fn markup(&self, key: &str, values: &[(&str, Markup)]) -> Markup {
        markup(self.text(key), values)
    }

    /// The text for a number, which replaces `{count}`.
    pub fn count(&'static self, key: &str, count: i64) -> String {
        let of = |language: &'static Self| language.own(key, Some(language.category(count)));
        let text = of(self).or_else(|| of(Self::english()));
        fill(text.unwrap_or(key), &[("count", &count.to_string())])
    }

    /// Why a request was refused. The key has the code, and for an invalid value also its field.
    pub fn reason<'a>(&'a self, refusal: &'a ErrorResponse) -> &'a str {
        let key = format!("error.{}", refusal.code().as_str());
        let by_field = refusal.field().map(|field| format!("{key}.{field}"));
        by_field
            .and_then(|by_field| self.own(&by_field, None))
            .or_else(|| self.own(&key, None))
            .unwrap_or(refusal.message())
    }

    /// What a system message says.
    pub fn system_message(&self, message: &MessageView<'_>) -> Markup {
        let text = message.details.and_then(|details| {
            let kind = details.kind.as_str();
            let exact = match details.actor {
                Some(_) if details.has_followed() => Some("system.followed".to_owned()),
                Some(_) => None,
                None => Some(format!("system.{kind}.alone")),
            };
            let text = exact.and_then(|key| self.own(&key, None));
            let text = text.or_else(|| self.own(&format!("system.{kind}"), None))?;
            let name = |text: &str| html! { bdi { (text) } };
            let values = [
                ("subject", name(&details.subject.username)),
                ("actor", name(details.actor.as_deref().unwrap_or_default())),
                ("name", name(&details.data)),
            ];
            Some(markup(text, &values))
        });
        // Always English, although the name that it begins with may be right-to-left.
        text.unwrap_or_else(|| html! { bdi lang="en" dir="ltr" { (message.content) } })
    }

    /// The plural category of a number, as the catalogues name it.
    fn category(&self, count: i64) -> &'static str {
        let rules = PluralRules::try_new_cardinal(self.plurals);
        match rules.map(|rules| rules.category_for(count)) {
            Ok(PluralCategory::Zero) => "zero",
            Ok(PluralCategory::One) => "one",
            Ok(PluralCategory::Two) => "two",
            Ok(PluralCategory::Few) => "few",
            Ok(PluralCategory::Many) => "many",
            // All languages have this one, and there is no error, as the rules are in the program.
            Ok(PluralCategory::Other) | Err(_) => "other",
        }
    }

    /// The text of a key in this language only. `category` is the plural category if the key is for a number.
    fn own(&self, key: &str, category: Option<&str>) -> Option<&str> {
        match (self.texts.get(key)?, category) {
            (Text::Single(text), None) => Some(text),
            (Text::Plural(texts), Some(category)) => texts.get(category).map(String::as_str),
            _ => None,
        }
    }
}

fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    for (before, name) in parts(text) {
        filled += before;
        let value = values.iter().find(|(known, _)| *known == name);
        filled += value.map_or("", |(_, value)| value);
    }
    filled
}

fn markup(text: &str, values: &[(&str, Markup)]) -> Markup {
    html! {
        @for (before, name) in parts(text) {
            (before)
            @if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) { (value) }
        }
    }
}

/// Each placeholder’s name, and the text before it. The name is empty after the last.
fn parts(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = text
        .split_inclusive('}')
        .map(|part| part.split_once('{').unwrap_or((part, "")));
    parts.map(|(before, name)| (before, name.trim_end_matches('}')))
}
