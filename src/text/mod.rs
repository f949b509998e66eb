//! What people write, understood as they mean it: paragraphs, code, quotes, lists, bold, italics, links and mentions.
//! The page does the same in `ui/text/`, and tests/vectors/text.json holds both to it. A text is stored as it was typed.

mod blocks;
mod characters;
mod inline;
mod links;

use std::{fmt::Write, ops::Range};

pub use links::shown_address;

/// A part of a text that begins on a line of its own.
#[derive(Debug, PartialEq, Eq)]
pub enum Block {
    Paragraph(Vec<Inline>),
    /// With its language, or an empty text.
    Code {
        code: String,
        language: String,
    },
    Quote(Vec<Block>),
    List(Vec<Item>),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    /// As it was typed; none in a list with points.
    pub number: Option<u32>,
    pub blocks: Vec<Block>,
}

/// A part of a paragraph.
#[derive(Debug, PartialEq, Eq)]
pub enum Inline {
    /// With line breaks.
    Text(String),
    Bold(Vec<Inline>),
    Italics(Vec<Inline>),
    Code(String),
    /// A web address.
    Link(String),
    /// The mention with this index.
    Mention(usize),
}

/// The blocks of a text. `mentions` are in their order, in UTF-16 code units of the text.
#[must_use]
pub fn parse(text: &str, mentions: &[Range<usize>]) -> Vec<Block> {
    blocks::parse(text, &in_bytes(text, mentions))
}

/// A text without what only says how it is shown, for lists, notices and the like. Mentions are as they were typed.
#[must_use]
pub fn in_one_line(text: &str) -> String {
    let mut line = String::new();
    blocks_in_line(&parse(text, &[]), &mut line);
    let words: Vec<_> = line.split_whitespace().collect();
    words.join(" ")
}

fn blocks_in_line(blocks: &[Block], line: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph(parts) => parts_in_line(parts, line),
            Block::Code { code, .. } => line.push_str(code),
            Block::Quote(inner) => blocks_in_line(inner, line),
            Block::List(items) => {
                for Item { number, blocks } in items {
                    match number {
                        Some(number) => drop(write!(line, "{number}. ")),
                        None => line.push_str("• "),
                    }
                    blocks_in_line(blocks, line);
                }
            }
        }
        line.push(' ');
    }
}

fn parts_in_line(parts: &[Inline], line: &mut String) {
    for part in parts {
        match part {
            Inline::Text(text) | Inline::Code(text) | Inline::Link(text) => line.push_str(text),
            Inline::Bold(inner) | Inline::Italics(inner) => parts_in_line(inner, line),
            Inline::Mention(_) => {}
        }
    }
}

/// Ranges in UTF-16 code units as ranges in bytes; empty ones for those that aren’t of whole characters.
fn in_bytes(text: &str, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    if ranges.is_empty() {
        return Vec::new();
    }
    let mut units = 0;
    let mut starts = vec![(0, 0)];
    starts.extend(text.chars().scan(0, |bytes, c| {
        units += c.len_utf16();
        *bytes += c.len_utf8();
        Some((units, *bytes))
    }));
    let byte = |unit| {
        let found = starts.binary_search_by_key(&unit, |&(units, _)| units);
        found
            .ok()
            .and_then(|index| starts.get(index))
            .map(|&(_, bytes)| bytes)
    };
    let range = |range: &Range<usize>| Some(byte(range.start)?..byte(range.end)?);
    ranges
        .iter()
        .map(|each| range(each).unwrap_or(0..0))
        .collect()
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use serde_json::{Value, json};

    use super::{links::link_at, *};

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../tests/vectors/text.json")).expect("JSON")
    }

    fn texts(vectors: &Value) -> impl Iterator<Item = (&str, &Value)> {
        let texts = vectors["texts"].as_array().expect("a list");
        texts
            .iter()
            .map(|each| (each["text"].as_str().expect("a text"), each))
    }

    fn block(each: &Block) -> Value {
        match each {
            Block::Paragraph(parts) => tagged("p", parts.iter().map(inline)),
            Block::Code { code, language } => json!(["pre", code, language]),
            Block::Quote(blocks) => tagged("quote", blocks.iter().map(block)),
            Block::List(items) => tagged(
                "list",
                items
                    .iter()
                    .map(|Item { number, blocks }| tagged(*number, blocks.iter().map(block))),
            ),
        }
    }

    fn inline(part: &Inline) -> Value {
        match part {
            Inline::Text(text) => json!(text),
            Inline::Bold(parts) => tagged("b", parts.iter().map(inline)),
            Inline::Italics(parts) => tagged("i", parts.iter().map(inline)),
            Inline::Code(code) => json!(["code", code]),
            Inline::Link(address) => json!(["a", address]),
            Inline::Mention(index) => json!(["@", index]),
        }
    }

    fn tagged(tag: impl Into<Value>, inner: impl Iterator<Item = Value>) -> Value {
        [tag.into()].into_iter().chain(inner).collect()
    }

    #[test]
    fn texts_are_understood_as_on_the_page() {
        for (text, expected) in texts(&vectors()) {
            let mentions: Vec<(usize, usize)> =
                serde_json::from_value(expected["mentions"].clone()).unwrap_or_default();
            let mentions: Vec<_> = mentions
                .into_iter()
                .map(|(start, end)| start..end)
                .collect();
            let shown: Value = parse(text, &mentions).iter().map(block).collect();
            assert_eq!(shown, expected["shown"], "{text}");
        }
    }

    #[test]
    fn in_one_line_nothing_is_left_of_signs() {
        for (text, expected) in texts(&vectors()) {
            if let Some(line) = expected["line"].as_str() {
                assert_eq!(in_one_line(text), line);
            }
        }
    }

    #[test]
    fn links_end_at_signs_that_are_part_of_no_address() {
        let vectors = vectors();
        let signs = |name: &str| vectors[name].as_str().expect("signs").to_owned();
        for sign in signs("ends").chars() {
            let text = format!("https://e.x/a{sign}b");
            assert_eq!(link_at(&text, 0), Some("https://e.x/a"), "{sign:?}");
        }
        for sign in signs("goesOn").chars() {
            let text = format!("https://e.x/a{sign}b");
            assert_eq!(link_at(&text, 0), Some(text.as_str()), "{sign:?}");
        }
    }

    #[test]
    fn a_mention_that_ends_within_a_character_is_none() {
        let text = "👋 @jane";
        assert_eq!(in_bytes(text, &[3..8, 1..8, 3..99]), [5..10, 0..0, 0..0]);
    }
}
