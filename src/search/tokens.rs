//! The tokens of a text: what a search can find. Equal tokens are equal, however they were written.
//!
//! - A word is a run of letters, marks and digits. It is folded as usernames are (`toNFKC_Casefold`), and loses the
//!   combining marks U+0300–036F: é is e, й is и. Other marks, such as vowel signs, stay.
//! - Scripts that don’t put spaces between words have a token for each character, and so has Hangul, where a word changes
//!   with what is appended to it. A word of such a script is asked for as a phrase.
//! - An emoji is one token, without its variation and skin. A sequence with joiners is one emoji, and so is a flag.
//! - Everything else separates words, except what is ignorable, such as a soft hyphen.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BinaryProperty, DefaultIgnorableCodePoint, EmojiModifier, ExtendedPictographic,
        GeneralCategory, GeneralCategoryGroup, RegionalIndicator,
    },
};
use unicode_normalization::UnicodeNormalization;
use unicode_script::{Script, UnicodeScript};

use crate::model::fold;

/// The most characters of a word that count. What is longer isn’t a word that anybody types.
const MAX_WORD: usize = 64;

const ZWJ: char = '\u{200d}';

/// A token, and where it is in the text, in UTF-16 code units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub start: u32,
    pub end: u32,
    /// Whether it is a word, and not a single character or an emoji.
    pub is_word: bool,
}

/// The tokens of a text, in order.
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Builder::default();
    let (mut rest, mut start) = (text, 0);
    while let Some(first) = rest.chars().next() {
        if first.is_ascii() && !rest[1..].chars().next().is_some_and(joins_character) {
            found.push(first.to_ascii_lowercase(), start, start + 1);
            (rest, start) = (&rest[1..], start + 1);
            continue;
        }
        let emoji = emoji(rest);
        let length = emoji.map_or_else(|| cluster(rest), str::len);
        let (part, behind) = rest.split_at(length);
        let end = start + utf16_length(part);
        if emoji.is_some() {
            found.push_emoji(part, start, end);
        } else {
            for c in bare(part).chars() {
                found.push(c, start, end);
            }
        }
        (rest, start) = (behind, end);
    }
    found.end_word();
    found.tokens
}

#[derive(Default)]
struct Builder {
    tokens: Vec<Token>,
    /// The word that the next character may continue.
    word: Option<Token>,
    /// How many characters it has.
    length: usize,
}

impl Builder {
    /// Adds a folded character that is at this place in the text.
    fn push(&mut self, c: char, start: u32, end: u32) {
        if !is_in_word(c) {
            self.end_word();
        } else if stands_alone(c) {
            self.end_word();
            self.tokens.push(Token {
                text: c.into(),
                start,
                end,
                is_word: false,
            });
        } else {
            let word = self.word.get_or_insert_with(|| Token {
                text: String::new(),
                start,
                end,
                is_word: true,
            });
            if self.length < MAX_WORD {
                word.text.push(c);
            }
            word.end = end;
            self.length += 1;
        }
    }

    fn push_emoji(&mut self, sequence: &str, start: u32, end: u32) {
        self.end_word();
        let is_part = |c: &char| *c == ZWJ || !is_emoji_decoration(*c);
        self.tokens.push(Token {
            text: sequence.chars().filter(is_part).collect(),
            start,
            end,
            is_word: false,
        });
    }

    fn end_word(&mut self) {
        self.tokens.extend(self.word.take());
        self.length = 0;
    }
}

/// The emoji that the text begins with: a flag, or pictographs with joiners between them, each with what decorates it.
fn emoji(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    let mut rest = text;
    if has::<RegionalIndicator>(first) {
        let letters = text.chars().take(2);
        let letters = letters.take_while(|c| has::<RegionalIndicator>(*c));
        return Some(&text[..letters.map(char::len_utf8).sum()]);
    }
    if !has::<ExtendedPictographic>(first) {
        return None;
    }
    while let Some(behind) = rest.strip_prefix(has::<ExtendedPictographic>) {
        rest = behind.trim_start_matches(is_emoji_decoration);
        match rest.strip_prefix(ZWJ) {
            Some(joined) if joined.starts_with(has::<ExtendedPictographic>) => rest = joined,
            _ => break,
        }
    }
    Some(&text[..text.len() - rest.len()])
}

/// Whether the character only changes how the emoji before it looks.
fn is_emoji_decoration(c: char) -> bool {
    c != ZWJ && (has::<EmojiModifier>(c) || has::<DefaultIgnorableCodePoint>(c))
}

/// How many bytes the first character of the text has, with those that normalization may unite with it.
fn cluster(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    let end = chars.find(|(_, c)| !joins_character(*c));
    end.map_or(text.len(), |(at, _)| at)
}

/// Marks, the vowels and final consonants of conjoining Hangul, and the halfwidth voicing of kana.
fn joins_character(c: char) -> bool {
    matches!(c, '\u{300}'..)
        && (is_of(c, GeneralCategoryGroup::Mark)
            || matches!(c, '\u{1160}'..='\u{11ff}' | '\u{ff9e}' | '\u{ff9f}'))
}

/// A character as it counts: folded, and without accents.
fn bare(cluster: &str) -> String {
    let is_accent = |c: &char| matches!(c, '\u{300}'..='\u{36f}');
    let folded = fold(cluster);
    let decomposed = folded.nfd().filter(|c| !is_accent(c));
    decomposed.nfc().collect()
}

fn is_in_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    [
        GeneralCategoryGroup::Letter,
        GeneralCategoryGroup::Mark,
        GeneralCategoryGroup::Number,
    ]
    .into_iter()
    .any(|group| is_of(c, group))
}

/// Whether the character is a token of its own. ー belongs to kana, though Unicode has it in no script.
fn stands_alone(c: char) -> bool {
    c == 'ー'
        || !c.is_ascii()
            && matches!(
                c.script(),
                Script::Han
                    | Script::Hiragana
                    | Script::Katakana
                    | Script::Hangul
                    | Script::Thai
                    | Script::Lao
                    | Script::Khmer
                    | Script::Myanmar
            )
}

fn utf16_length(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}

fn is_of(c: char, group: GeneralCategoryGroup) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

fn has<P: BinaryProperty>(c: char) -> bool {
    CodePointSetData::new::<P>().contains(c)
}
