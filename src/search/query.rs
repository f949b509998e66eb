//! What a person types to search: words, phrases in quotes, and operators.

use super::{dates::beginning_of, tokens};
use crate::{
    error::{Error, Result},
    model::Timestamp,
};

/// The most characters (Unicode scalar values) of a query: a long sentence. What a query costs grows with its words.
pub const MAX_QUERY: usize = 256;
/// From how many letters on the last word may be the beginning of a longer one. A single letter begins too many.
const SHORTEST_PREFIX: usize = 2;
/// What is taken for quotes: what keyboards have, and what they make of it.
const QUOTES: &[char] = &['"', '“', '”', '„', '«', '»'];

/// A parsed query. A message is found if it has all terms, and fits the filters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    pub terms: Vec<Term>,
    pub filters: Vec<Filter>,
}

/// Tokens that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub tokens: Vec<String>,
    /// Whether the last token may be the beginning of a longer word.
    pub prefix: bool,
}

/// An operator with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The author’s username, or `me`.
    From(String),
    /// A room’s name, or the username of the other participant.
    In(String),
    Has(Has),
    /// Sent before this moment.
    Before(Timestamp),
    /// Sent at this moment or later.
    After(Timestamp),
}

/// What a message may have besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Has {
    Picture,
    Video,
    Voice,
    /// An attachment of another kind.
    File,
    Link,
}

impl Query {
    /// Parses a query. What isn’t an operator with a possible value is a word.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `q` if it is blank or too long.
    pub fn new(text: &str) -> Result<Self> {
        if text.chars().nth(MAX_QUERY).is_some() {
            let reason = format!("Searches can be up to {MAX_QUERY} characters.");
            return Err(Error::invalid("q", reason));
        }
        let mut query = Self::default();
        let mut last_word_ends_open = false;
        let mut rest = text.trim_start();
        if rest.is_empty() {
            return Err(Error::invalid("q", "Enter what to search for."));
        }
        while let Some(first) = rest.chars().next() {
            let is_phrase = QUOTES.contains(&first);
            let (part, behind) = if is_phrase {
                quoted(&rest[first.len_utf8()..])
            } else {
                let (word, behind) = word(rest);
                if let Some((filter, behind)) = filter(word, behind) {
                    query.filters.push(filter);
                    rest = behind.trim_start();
                    continue;
                }
                (word, behind)
            };
            let found = tokens(part);
            if let Some(last) = found.last() {
                last_word_ends_open = !is_phrase
                    && last.is_word
                    && last.text.chars().nth(SHORTEST_PREFIX - 1).is_some();
                query.terms.push(Term {
                    tokens: found.into_iter().map(|token| token.text).collect(),
                    prefix: false,
                });
            }
            rest = behind.trim_start();
        }
        if let Some(last) = query.terms.last_mut() {
            last.prefix = last_word_ends_open;
        }
        Ok(query)
    }
}

/// What is before the next quote, and what is behind it.
fn quoted(text: &str) -> (&str, &str) {
    text.split_once(QUOTES).unwrap_or((text, ""))
}

/// What is before the next space or quote, and the rest.
fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_whitespace() || QUOTES.contains(&c));
    text.split_at(end.unwrap_or(text.len()))
}

/// The filter that a word is, whose value may follow in quotes, and the rest of the text.
fn filter<'a>(word: &'a str, behind: &'a str) -> Option<(Filter, &'a str)> {
    let (operator, value) = word.split_once(':')?;
    let (value, behind) = match behind.strip_prefix(QUOTES) {
        Some(behind) if value.is_empty() => quoted(behind),
        _ => (value, behind),
    };
    Filter::new(&operator.to_ascii_lowercase(), value.trim()).map(|filter| (filter, behind))
}

impl Filter {
    fn new(operator: &str, value: &str) -> Option<Self> {
        let name = |sigils: &[char]| {
            let name = value.trim_start_matches(sigils).trim();
            Some(name.to_owned()).filter(|name| !name.is_empty())
        };
        match operator {
            "from" => name(&['@']).map(Self::From),
            "in" => name(&['@', '#']).map(Self::In),
            "has" => Has::new(&value.to_ascii_lowercase()).map(Self::Has),
            "before" => beginning_of(value).map(Self::Before),
            "after" => beginning_of(value).map(Self::After),
            _ => None,
        }
    }
}

impl Has {
    fn new(value: &str) -> Option<Self> {
        match value {
            "picture" | "photo" | "image" => Some(Self::Picture),
            "video" => Some(Self::Video),
            "voice" | "audio" => Some(Self::Voice),
            "file" => Some(Self::File),
            "link" => Some(Self::Link),
            _ => None,
        }
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Video => "video",
            Self::Voice => "voice",
            Self::File => "file",
            Self::Link => "link",
        }
    }
}
