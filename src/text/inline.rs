//! Within a paragraph: **bold**, *italics* or _italics_, `code`, links and mentions. `ui/text/inline.js` has the same
//! rules.

use std::{collections::VecDeque, ops::Range};

use super::{
    Inline,
    characters::{character_at, character_before, is_punctuation, is_space, is_word},
    links::link_at,
};

/// Punctuation may stand between the end of bold or italics and the rest of a sentence.
const AFTER: &str = ")]}.,;:!?\"'*_";

/// Where a mention is in a text, and which.
pub(super) struct Placed {
    pub range: Range<usize>,
    pub index: usize,
}

/// The parts of a text. The mentions are in their order.
pub(super) fn parse(text: &str, mentions: Vec<Placed>) -> Vec<Inline> {
    let mut scanner = Scanner {
        text,
        mentions: mentions.into(),
        at: 0,
        out: Vec::new(),
        openers: Vec::new(),
        kinds: [[0; 3]; 2],
        said: 0,
        word_end: 0,
        is_bare: false,
    };
    while scanner.at < text.len() {
        scanner.advance();
    }
    merged(scanner.out)
}

/// A marker that something may end.
struct Opener {
    sign: char,
    /// How many characters of it are left.
    left: usize,
    /// Where it is among the parts.
    at: usize,
    /// How much was said before it.
    said: usize,
}

struct Scanner<'a> {
    text: &'a str,
    mentions: VecDeque<Placed>,
    at: usize,
    /// What there is so far. Markers that nothing has ended yet are texts.
    out: Vec<Inline>,
    openers: Vec<Opener>,
    /// How many openers there are of each sign and length, so that none is looked for in vain.
    kinds: [[usize; 3]; 2],
    /// Counts what is no punctuation.
    said: usize,
    /// Up to where the word goes that one is in.
    word_end: usize,
    /// Whether all of that word is punctuation.
    is_bare: bool,
}

impl Scanner<'_> {
    fn advance(&mut self) {
        if self.mention() {
            return;
        }
        match character_at(self.text, self.at) {
            Some('`') => self.code(),
            Some(sign @ ('*' | '_')) => self.marker(sign),
            Some('h' | 'H') if self.link() => {}
            Some(character) => {
                if !is_space(Some(character)) && !is_punctuation(Some(character)) {
                    self.said += 1;
                }
                self.push_text(character.len_utf8());
            }
            None => {}
        }
    }

    fn mention(&mut self) -> bool {
        while self
            .mentions
            .front()
            .is_some_and(|next| next.range.start < self.at)
        {
            self.mentions.pop_front();
        }
        match self.mentions.front() {
            Some(Placed { range, index }) if range.start == self.at && range.end > self.at => {
                let (index, length) = (*index, range.len());
                self.push(Inline::Mention(index), length);
                true
            }
            _ => false,
        }
    }

    fn code(&mut self) {
        let length = self.run('`');
        let rest = &self.text[self.at + length..];
        let rest = rest.split('\n').next().unwrap_or_default();
        let end = if is_word(character_before(self.text, self.at)) {
            None
        } else {
            run_of(rest, length)
        };
        match end {
            Some(end) => {
                let code = unpadded(&rest[..end]).to_owned();
                self.push(Inline::Code(code), length + end + length);
            }
            None => self.push_text(length),
        }
    }

    fn link(&mut self) -> bool {
        let Some(address) = link_at(self.text, self.at) else {
            return false;
        };
        self.push(Inline::Link(address.to_owned()), address.len());
        true
    }

    fn marker(&mut self, sign: char) {
        let length = self.run(sign);
        let before = character_before(self.text, self.at);
        let after = character_at(self.text, self.at + length);
        let longest = if sign == '*' { 3 } else { 1 };
        let is_marker =
            length <= longest && before != Some('\\') && (length > 1 || !self.is_in_bare_word());
        let mut left = length;
        if is_marker && may_close(before, after) {
            left = self.close(sign, left);
        }
        if is_marker && left == length && may_open(sign, length, before, after) {
            self.open(sign, length);
        }
        if left > 0 {
            self.out.push(Inline::Text(sign.to_string().repeat(left)));
        }
        self.at += length;
    }

    /// The marker that is about to be added.
    fn open(&mut self, sign: char, left: usize) {
        let (at, said) = (self.out.len(), self.said);
        *self.kind(sign, left) += 1;
        self.openers.push(Opener {
            sign,
            left,
            at,
            said,
        });
    }

    /// Ends what can be ended, and says how many of so many characters are left.
    fn close(&mut self, sign: char, length: usize) -> usize {
        let mut left = length;
        while left > 0 {
            let fits = |kind: usize| left == 3 || kind == 3 || kind == left;
            if !(1..=3).any(|kind| fits(kind) && *self.kind(sign, kind) > 0) {
                break;
            }
            let is_found = |each: &Opener| each.sign == sign && fits(each.left);
            let Some(found) = self.openers.iter().rposition(is_found) else {
                break;
            };
            // There is nothing in it that could be bold.
            if self
                .openers
                .get(found)
                .is_none_or(|each| each.said == self.said)
            {
                break;
            }
            for each in self.openers.split_off(found + 1) {
                *self.kind(each.sign, each.left) -= 1;
            }
            let Some(mut opener) = self.openers.pop() else {
                break;
            };
            *self.kind(sign, opener.left) -= 1;
            let used = left.min(opener.left);
            let inner = merged(self.out.split_off(opener.at + 1));
            self.out.pop();
            opener.left -= used;
            left -= used;
            if opener.left > 0 {
                self.out
                    .push(Inline::Text(sign.to_string().repeat(opener.left)));
                *self.kind(sign, opener.left) += 1;
                self.openers.push(opener);
            }
            self.out.push(match used {
                1 => Inline::Italics(inner),
                2 => Inline::Bold(inner),
                _ => Inline::Bold(vec![Inline::Italics(inner)]),
            });
        }
        left
    }

    fn kind(&mut self, sign: char, length: usize) -> &mut usize {
        &mut self.kinds[usize::from(sign == '_')][length - 1]
    }

    /// How many of a sign begin here.
    fn run(&self, sign: char) -> usize {
        let rest = &self.text[self.at..];
        rest.len() - rest.trim_start_matches(sign).len()
    }

    /// Whether it is in something like `:-*` or `>_<`, between two spaces.
    fn is_in_bare_word(&mut self) -> bool {
        if self.at >= self.word_end {
            let (before, after) = self.text.split_at(self.at);
            let start = before.trim_end_matches(|c: char| !c.is_whitespace()).len();
            let length = after.find(char::is_whitespace).unwrap_or(after.len());
            self.word_end = self.at + length;
            let word = &self.text[start..self.word_end];
            self.is_bare = word.chars().all(|c| is_punctuation(Some(c)));
        }
        self.is_bare
    }

    fn push_text(&mut self, length: usize) {
        let text = &self.text[self.at..self.at + length];
        self.out.push(Inline::Text(text.to_owned()));
        self.at += length;
    }

    fn push(&mut self, part: Inline, length: usize) {
        self.said += 1;
        self.out.push(part);
        self.at += length;
    }
}

fn may_open(sign: char, length: usize, before: Option<char>, after: Option<char>) -> bool {
    if is_space(after) || after == Some('.') || is_word(before) {
        return false;
    }
    // As in comments and patterns of files.
    if sign == '*' && length == 1 && matches!(before, Some('/' | '.')) {
        return false;
    }
    !is_punctuation(before) || matches!(before, Some('*' | '_')) || !is_punctuation(after)
}

fn may_close(before: Option<char>, after: Option<char>) -> bool {
    if is_space(before) || is_word(after) {
        return false;
    }
    !is_punctuation(before)
        || matches!(before, Some('*' | '_'))
        || after.is_none_or(|c| !c.is_ascii_punctuation() || AFTER.contains(c))
}

/// Where exactly so many backticks are.
fn run_of(text: &str, length: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(next) = text[at..].find('`') {
        at += next;
        let rest = text[at..].trim_start_matches('`').len();
        let found = text.len() - at - rest;
        if found == length {
            return Some(at);
        }
        at += found;
    }
    None
}

/// Code that begins or ends with a backtick has spaces around it.
fn unpadded(code: &str) -> &str {
    let inner = code
        .strip_prefix(' ')
        .and_then(|code| code.strip_suffix(' '));
    inner.filter(|code| !code.trim().is_empty()).unwrap_or(code)
}

/// Texts that stand beside each other are one.
pub(super) fn merged(parts: Vec<Inline>) -> Vec<Inline> {
    let mut result: Vec<Inline> = Vec::with_capacity(parts.len());
    for part in parts {
        match (result.last_mut(), part) {
            (Some(Inline::Text(last)), Inline::Text(text)) => last.push_str(&text),
            (_, part) => result.push(part),
        }
    }
    result
}
