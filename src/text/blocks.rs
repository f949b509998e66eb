//! What a text consists of: paragraphs, code, > quotes and lists. `ui/text/blocks.js` has the same rules. Nothing that
//! isn’t ended is begun.

use std::ops::Range;

use super::{
    Block, Inline, Item,
    inline::{self, Placed, merged},
};

/// Quotes and lists within each other; what is deeper is shown as it was typed.
const DEEPEST: usize = 3;
const MIN_FENCE: usize = 3;
/// A fence or an item may be so far in.
const MAX_FENCE_INDENT: usize = 3;
/// What belongs to an item is so much further in than the item.
const INDENT: usize = 2;
const MAX_NUMBER_DIGITS: usize = 9;

/// A line, or the rest of one.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    /// Where in the text it begins.
    at: usize,
}

impl<'a> Line<'a> {
    fn cut(self, by: usize) -> Self {
        Self {
            text: &self.text[by..],
            at: self.at + by,
        }
    }

    fn is_blank(&self) -> bool {
        self.text.chars().all(char::is_whitespace)
    }

    fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start_matches(' ').len()
    }

    fn is_quote(&self) -> bool {
        let rest = self.text.trim_start_matches('>');
        rest.len() < self.text.len() && (rest.is_empty() || rest.starts_with(' '))
    }

    /// What a line begins with that is an item of a list.
    fn item(&self) -> Option<Sign> {
        let indent = self.indent();
        let rest = &self.text[indent..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, length) = match digits {
            0 => (None, rest.strip_prefix(['-', '*']).map(|_| 1)?),
            1..=MAX_NUMBER_DIGITS if digits == 1 || !rest.starts_with('0') => {
                (Some(rest[..digits].parse().ok()?), digits + 1)
            }
            _ => return None,
        };
        if number.is_some() && !rest[digits..].starts_with('.') {
            return None;
        }
        let after = &rest[length..];
        let content = after.trim_start_matches([' ', '\t']);
        let is_item =
            content.len() < after.len() && content.starts_with(|c: char| !c.is_whitespace());
        is_item.then(|| Sign {
            indent,
            length: self.text.len() - content.len(),
            number,
        })
    }

    /// The backticks that a block of code begins with, and what follows them.
    fn fence(&self) -> Option<(usize, &'a str)> {
        let indent = self.indent();
        let rest = self.text[indent..].trim_start_matches('`');
        let length = self.text.len() - indent - rest.len();
        (indent <= MAX_FENCE_INDENT && length >= MIN_FENCE).then_some((length, rest))
    }
}

struct Sign {
    indent: usize,
    /// With what stands before and behind it.
    length: usize,
    number: Option<u32>,
}

/// The blocks of a text, in which the mentions are at these bytes.
pub(super) fn parse(text: &str, mentions: &[Range<usize>]) -> Vec<Block> {
    let mut at = 0;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let text = line.strip_suffix('\r').unwrap_or(line);
        lines.push(Line { text, at });
        at += line.len() + 1;
    }
    Parser { mentions }.parse(&lines, 0)
}

struct Parser<'a> {
    mentions: &'a [Range<usize>],
}

/// A block, and the line after it.
type Found = Option<(Block, usize)>;

impl Parser<'_> {
    fn parse(&self, lines: &[Line<'_>], depth: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        // Where the paragraph begins that one is in.
        let mut start = 0;
        // So long is the shortest fence that nothing ended.
        let mut unended = usize::MAX;
        let mut at = 0;
        while at < lines.len() {
            let found = code_at(lines, at, &mut unended).or_else(|| {
                if depth >= DEEPEST {
                    return None;
                }
                self.quote_at(lines, at, depth)
                    .or_else(|| self.list_at(lines, at, depth))
            });
            match found {
                Some((block, end)) => {
                    blocks.extend(self.paragraph(&lines[start..at]));
                    blocks.push(block);
                    (start, at) = (end, end);
                }
                None => at += 1,
            }
        }
        blocks.extend(self.paragraph(&lines[start..]));
        blocks
    }

    fn quote_at(&self, lines: &[Line<'_>], start: usize, depth: usize) -> Found {
        let end = end_of(lines, start, Line::is_quote);
        // With one sign of several gone, the others are those of a quote in the quote.
        let inner: Vec<_> = lines[start..end]
            .iter()
            .map(|line| line.cut(if line.text.starts_with("> ") { 2 } else { 1 }))
            .collect();
        let is_quote = !inner.iter().all(Line::is_blank);
        is_quote.then(|| (Block::Quote(self.parse(&inner, depth + 1)), end))
    }

    fn list_at(&self, lines: &[Line<'_>], start: usize, depth: usize) -> Found {
        let is_numbered = lines[start].item()?.number.is_some();
        let (mut at, mut end) = (start, start);
        let mut items = Vec::new();
        while let Some(sign) = lines.get(at).and_then(Line::item) {
            if sign.number.is_some() != is_numbered {
                break;
            }
            let further = sign.indent + INDENT;
            end = end_of(lines, at + 1, |each| {
                !each.is_blank() && each.indent() >= further
            });
            let inner: Vec<_> = [lines[at].cut(sign.length)]
                .into_iter()
                .chain(
                    lines[at + 1..end]
                        .iter()
                        .map(|each| each.cut(each.indent().min(sign.length))),
                )
                .collect();
            items.push(Item {
                number: sign.number,
                blocks: self.parse(&inner, depth + 1),
            });
            at = end_of(lines, end, Line::is_blank);
        }
        Some((Block::List(items), end))
    }

    /// Without empty lines above and below. Nothing in it goes on over an empty line.
    fn paragraph(&self, lines: &[Line<'_>]) -> Option<Block> {
        let mut at = end_of(lines, 0, Line::is_blank);
        let last = lines.iter().rposition(|line| !line.is_blank())?;
        let lines = &lines[..=last];
        let mut parts = Vec::new();
        while at < lines.len() {
            let end = end_of(lines, at, |each| !each.is_blank());
            parts.extend(self.inline(&lines[at..end]));
            at = end_of(lines, end, Line::is_blank);
            if at < lines.len() {
                let blank: String = lines[end..at]
                    .iter()
                    .flat_map(|line| [line.text, "\n"])
                    .collect();
                parts.push(Inline::Text(format!("\n{blank}")));
            }
        }
        Some(Block::Paragraph(merged(parts)))
    }

    fn inline(&self, lines: &[Line<'_>]) -> Vec<Inline> {
        let mut text = String::new();
        let mut placed = Vec::new();
        for line in lines {
            if !text.is_empty() {
                text.push('\n');
            }
            let end = line.at + line.text.len();
            for (index, mention) in self.mentions.iter().enumerate() {
                if mention.start >= line.at && mention.end <= end {
                    let range =
                        mention.start - line.at + text.len()..mention.end - line.at + text.len();
                    placed.push(Placed { range, index });
                }
            }
            text.push_str(line.text);
        }
        inline::parse(&text, placed)
    }
}

fn code_at(lines: &[Line<'_>], start: usize, unended: &mut usize) -> Found {
    let (length, first) = lines[start]
        .fence()
        .filter(|&(length, _)| length < *unended)?;
    // All of it in one line, or code within a paragraph.
    if first.contains('`') {
        let inner = without_fence(first, length)?;
        let is_code = !inner.contains('`') && !inner.trim().is_empty();
        return is_code.then(|| (code_block(inner.to_owned(), ""), start + 1));
    }
    let rest = &lines[start + 1..];
    let Some((count, last)) = rest
        .iter()
        .enumerate()
        .find_map(|(index, line)| Some((index, without_fence(line.text, length)?)))
    else {
        *unended = length;
        return None;
    };
    let mut inner: Vec<_> = rest[..count].iter().map(|line| line.text).collect();
    if !last.trim().is_empty() {
        inner.push(last);
    }
    let word = first.trim();
    let is_language = !inner.is_empty()
        && !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_+#.-".contains(c));
    if !is_language && !word.is_empty() {
        inner.insert(0, first);
    }
    let language = if is_language { word } else { "" };
    let block = (!inner.is_empty()).then(|| code_block(inner.join("\n"), language))?;
    Some((block, start + 1 + count + 1))
}

fn code_block(code: String, language: &str) -> Block {
    Block::Code {
        code,
        language: language.to_owned(),
    }
}

/// What stands before the backticks that end a line, if there are that many.
fn without_fence(text: &str, length: usize) -> Option<&str> {
    let text = text.trim_end_matches([' ', '\t']);
    let inner = text.trim_end_matches('`');
    (text.len() - inner.len() >= length).then_some(inner)
}

/// Where the lines end, from there, that are so.
fn end_of<'a>(lines: &[Line<'a>], start: usize, is_so: impl Fn(&Line<'a>) -> bool) -> usize {
    let rest = lines.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|line| is_so(line)).count()
}
