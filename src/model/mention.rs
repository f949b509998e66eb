//! Mentions: `@` and the name of somebody, or of everybody, in a message. A mention is found once, when the message is
//! sent or edited, and kept with the user’s id, so that a new name doesn’t break it.

use std::{borrow::Cow, ops::Range};

use schemars::JsonSchema;
use serde::Serialize;

use super::{User, UserId};

/// The most mentions of one message. Each brings a user of some 500 bytes with the event, which is bounded. Whoever calls
/// more people calls everybody.
pub const MAX_MENTIONS: usize = 20;
/// After `@`, this calls everybody.
pub const EVERYBODY: &str = "all";
/// In rooms of up to this many people everybody may call everybody; in larger ones, only the owner may.
pub const MAX_CALLED_BY_MEMBERS: usize = 50;
/// The most characters of a name, which is a display name’s limit.
const MAX_NAME: usize = 64;
/// The most words of a name that are tried. Hardly anybody’s has more, and each is a lookup.
const MAX_WORDS: usize = 6;

/// A part of a message’s content that names somebody. It is shown with the name that they have now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mention {
    /// Where it begins in `content`, with the `@`, in UTF-16 code units.
    pub start: usize,
    /// Where it ends, in UTF-16 code units.
    #[schemars(range(min = 1))]
    pub end: usize,
    /// Who is named. Left out if it is everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// True if everybody in the room is named. Left out otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("const" = true))]
    pub all: bool,
}

/// Whom a mention names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mentioned {
    User(UserId),
    Everybody,
}

/// A mention that was found, in UTF-16 code units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMention {
    pub place: Range<usize>,
    pub who: Mentioned,
}

/// Finds the mentions in a text. `resolve` says whom a name means, if anybody. It is asked for the longest name first.
///
/// # Errors
/// Those of `resolve`.
pub fn find_mentions<E>(
    text: &str,
    mut resolve: impl FnMut(&str) -> Result<Option<Mentioned>, E>,
) -> Result<Vec<FoundMention>, E> {
    let mut found = Vec::new();
    // Up to `end`, `units` are counted.
    let (mut end, mut units) = (0, 0);
    for (at, _) in text.match_indices('@') {
        if at < end || found.len() == MAX_MENTIONS || !may_begin(&text[..at]) {
            continue;
        }
        let rest = &text[at + 1..];
        for length in ends(rest).into_iter().rev() {
            if let Some(who) = resolve(&rest[..length])? {
                let name_end = at + 1 + length;
                let start = units + text[end..at].encode_utf16().count();
                units = start + text[at..name_end].encode_utf16().count();
                end = name_end;
                found.push(FoundMention {
                    place: start..units,
                    who,
                });
                break;
            }
        }
    }
    Ok(found)
}

/// Whether a mention may follow. In addresses, an `@` is something else.
fn may_begin(before: &str) -> bool {
    before
        .chars()
        .next_back()
        .is_none_or(|c| !(is_in_word(c) || "_.-@/".contains(c)))
}

/// Where a name that begins the text may end, in bytes, the shortest first.
fn ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut words = 0;
    let mut characters = text.char_indices().peekable();
    for _ in 0..MAX_NAME {
        let Some((at, c)) = characters.next() else {
            break;
        };
        if c.is_control() || ends.is_empty() && c.is_whitespace() {
            break;
        }
        if c.is_whitespace() {
            words += 1;
            if words == MAX_WORDS {
                break;
            }
            continue;
        }
        let end = at + c.len_utf8();
        if !goes_on(c, &text[end..]) {
            ends.push(end);
        }
    }
    ends
}

/// Whether a word that has come to the character `last` goes on with the rest.
fn goes_on(last: char, rest: &str) -> bool {
    let mut rest = rest.chars();
    let Some(next) = rest.next() else {
        return false;
    };
    // What belongs to the character before it.
    if unicode_normalization::char::is_combining_mark(next)
        || matches!(next, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
        || last == '\u{200d}'
    {
        return true;
    }
    if "_.-@".contains(next) {
        return rest.next().is_some_and(char::is_alphanumeric);
    }
    is_in_word(next) && (is_in_word(last) || "_.-".contains(last))
}

/// Whether a letter or digit belongs to what is beside it. Some scripts are written without spaces, or add endings.
fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() && !is_unspaced(c)
}

/// Thai, Lao, Burmese, Hangul, Khmer, kana and Han.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}'
        | '\u{20000}'..='\u{3ffff}')
}

/// The text with the names that those who are mentioned have now.
#[must_use]
pub fn with_names<'a>(text: &'a str, mentions: &[Mention]) -> Cow<'a, str> {
    if mentions.is_empty() {
        return text.into();
    }
    mention_parts(text, mentions)
        .map(
            |(part, mention)| match mention.and_then(|mention| mention.user.as_ref()) {
                Some(user) => format!("@{}", user.name()).into(),
                None => Cow::from(part),
            },
        )
        .collect::<String>()
        .into()
}

/// The parts of a text in order, each with the mention that it is, if it is one.
fn mention_parts<'a>(
    text: &'a str,
    mentions: &'a [Mention],
) -> impl Iterator<Item = (&'a str, Option<&'a Mention>)> {
    let mut rest = text;
    let mut units = 0;
    let mut split = move |at: usize| {
        let mut end = 0;
        for c in rest.chars() {
            if units >= at {
                break;
            }
            units += c.len_utf16();
            end += c.len_utf8();
        }
        let (part, after) = rest.split_at(end);
        rest = after;
        part
    };
    let mut parts = Vec::with_capacity(2 * mentions.len() + 1);
    for mention in mentions {
        parts.push((split(mention.start), None));
        parts.push((split(mention.end), Some(mention)));
    }
    parts.push((split(usize::MAX), None));
    parts.into_iter().filter(|(part, _)| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// Those who are there, by their names; their ids are their places in the list.
    const NAMES: [&str; 8] = [
        "jane",
        "ann",
        "ann.lee",
        "Jane Doe",
        "小明",
        "иван",
        "민수",
        "Zoe\u{301}",
    ];

    fn names(text: &str) -> Vec<(usize, usize, &'static str)> {
        let found: Result<_, Infallible> = find_mentions(text, |name| {
            let at = NAMES.iter().position(|known| *known == name);
            Ok(match at {
                Some(at) => Some(Mentioned::User(UserId(at.try_into().unwrap_or(0)))),
                None => (name == EVERYBODY).then_some(Mentioned::Everybody),
            })
        });
        let Ok(found) = found;
        let found = found.into_iter().map(|FoundMention { place, who }| {
            let name = match who {
                Mentioned::User(id) => NAMES[usize::try_from(id.0).unwrap_or_default()],
                Mentioned::Everybody => EVERYBODY,
            };
            (place.start, place.end, name)
        });
        found.collect()
    }

    #[test]
    fn a_mention_is_the_longest_name_that_is_there() {
        for (text, expected) in [
            ("@jane", vec![(0, 5, "jane")]),
            ("@jane, @ann!", vec![(0, 5, "jane"), (7, 11, "ann")]),
            ("(@ann.lee)", vec![(1, 9, "ann.lee")]),
            ("@ann.", vec![(0, 4, "ann")]),
            ("@ann’s turn", vec![(0, 4, "ann")]),
            ("ask @Jane Doe, please", vec![(4, 13, "Jane Doe")]),
            // In UTF-16 code units, an emoji has two.
            ("👍 @jane", vec![(3, 8, "jane")]),
            ("@all: dinner", vec![(0, 4, "all")]),
            ("@小明你好", vec![(0, 3, "小明")]),
            ("你好@jane在吗", vec![(2, 7, "jane")]),
            ("@민수야", vec![(0, 3, "민수")]),
            ("@иван!", vec![(0, 5, "иван")]),
            ("@Zoe\u{301} hi", vec![(0, 5, "Zoe\u{301}")]),
            ("@jane @jane", vec![(0, 5, "jane"), (6, 11, "jane")]),
            ("@\n@jane", vec![(2, 7, "jane")]),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_else_is_a_mention() {
        for text in [
            "jane",
            "@ jane",
            "@janet",
            "@иванова",
            "@jane_x",
            "@jane-x",
            "@jane.example",
            "@jane@example.org",
            "mail@jane",
            "x.@jane",
            "https://example.org/@jane",
            "@@jane",
            "@Zoe",
            "@",
            "",
        ] {
            assert_eq!(names(text), [], "{text}");
        }
    }

    #[test]
    fn a_message_has_so_many_and_no_more() {
        let text = "@jane ".repeat(MAX_MENTIONS + 5);
        assert_eq!(names(&text).len(), MAX_MENTIONS);
    }

    #[test]
    fn a_text_is_shown_with_the_names_of_now() {
        let user = User {
            id: UserId(1),
            username: "jane".to_owned(),
            display_name: Some("Jane Doe".to_owned()),
            avatar_url: None,
            deleted: false,
            bot: None,
        };
        let mention = |start, end, user| Mention {
            start,
            end,
            all: Option::is_none(&user),
            user,
        };
        let mentions = [mention(3, 8, Some(user)), mention(10, 14, None)];
        assert_eq!(
            with_names("👍 @jane, @all!", &mentions),
            "👍 @Jane Doe, @all!"
        );
        assert_eq!(with_names("hi", &[]), "hi");
    }
}
