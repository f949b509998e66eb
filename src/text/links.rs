//! Where a web address begins and ends in a text: where a reader would say that it does, which is mostly what
//! [linkify-it](https://github.com/markdown-it/linkify-it) says. `ui/text/links.js` has the same rules.

use percent_encoding::{CONTROLS, utf8_percent_encode};

use super::characters::{character_at, character_before, is_word};
use crate::model::is_bidi_control;

/// Doesn’t end a link, but ends with a sentence, or with what is bold or in italics.
const TRAILING: &str = ".,;:!?'*_";
/// So many digits has a port at most.
const PORT_DIGITS: usize = 5;

/// The address that begins there.
pub(super) fn link_at(text: &str, at: usize) -> Option<&str> {
    let rest = &text[at..];
    let scheme = ["https://", "http://"].into_iter().find(|scheme| {
        rest.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })?;
    if is_glued(&text[..at]) {
        return None;
    }
    let host = scheme.len() + user_length(&rest[scheme.len()..]);
    let end = host + host_length(&rest[host..])?;
    let end = match character_at(rest, end) {
        Some('/' | '?' | '#') => end + path_length(&rest[end..]),
        _ => end,
    };
    let first = character_at(rest, host).map_or(0, char::len_utf8);
    let trailing = &rest[host + first..end];
    let kept = trailing.trim_end_matches(|c| TRAILING.contains(c));
    Some(&rest[..host + first + kept.len()])
}

/// Whether it is the end of another scheme, as in `git+https://`. Italics may begin right before it.
fn is_glued(before: &str) -> bool {
    let before = before.trim_end_matches('_');
    let last = character_before(before, before.len());
    is_word(last) || last == Some('+')
}

/// Of what stands before the host, as in `https://git@example.org`.
fn user_length(text: &str) -> usize {
    let is_in_user = |c: char| c.is_ascii_alphanumeric() || "_.~%!$&'()*+,;=:-".contains(c);
    let end = text.find(|c| !is_in_user(c)).unwrap_or(text.len());
    if end > 0 && text[end..].starts_with('@') {
        end + 1
    } else {
        0
    }
}

/// With the port. None if there is no host.
fn host_length(text: &str) -> Option<usize> {
    if text.starts_with('[') {
        let end = text.find(']')?;
        let is_address = end > 1
            && text[1..end]
                .chars()
                .all(|c| c.is_ascii_hexdigit() || c == ':' || c == '.');
        return is_address.then(|| end + 1 + port_length(&text[end + 1..]));
    }
    let is_in_host = |c: Option<char>| c.is_some_and(is_in_host);
    let (mut at, mut label, mut foreign) = (0, 0, None);
    while let Some(character) = character_at(text, at) {
        if character == '.' {
            if is_in_host(character_at(text, at + 1)) {
                (label, foreign) = (at + 1, None);
            }
        } else if !is_in_host(Some(character)) {
            break;
        } else if is_foreign(character) && text[label..].starts_with(|c: char| c.is_ascii()) {
            foreign = foreign.or(Some(at));
        }
        at += character.len_utf8();
    }
    // No domain ends with ASCII and another script together: there the sentence goes on.
    if foreign.is_some() {
        return foreign;
    }
    let is_host = at > 0 && !text.starts_with(['.', '-']);
    is_host.then(|| at + port_length(&text[at..]))
}

fn is_in_host(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
    } else {
        !ends_link(character) && !is_bidi_control(character)
    }
}

/// Of a script without spaces, so that a word may follow another.
fn is_foreign(character: char) -> bool {
    !character.is_ascii() && !is_word(Some(character))
}

fn port_length(text: &str) -> usize {
    let Some(port) = text.strip_prefix(':') else {
        return 0;
    };
    match port
        .bytes()
        .take(PORT_DIGITS)
        .take_while(u8::is_ascii_digit)
        .count()
    {
        0 => 0,
        digits => 1 + digits,
    }
}

/// Brackets belong to it in pairs.
fn path_length(text: &str) -> usize {
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut end = text.len();
    for (at, character) in text.char_indices() {
        let opening = match character {
            ')' => Some('('),
            ']' => Some('['),
            '}' => Some('{'),
            _ => None,
        };
        let is_alone = opening.is_some() && open.last().map(|&(bracket, _)| bracket) != opening;
        if is_alone || ends_link(character) {
            end = at;
            break;
        }
        if matches!(character, '(' | '[' | '{') {
            open.push((character, at));
        } else if opening.is_some() {
            open.pop();
        }
    }
    open.first().map_or(end, |&(_, at)| at)
}

/// Whether it ends a link wherever it is: space, quotation marks, and what ends or divides sentences where no space
/// follows.
fn ends_link(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(
            character,
            '<' | '>' | '"' | '`' | '«' | '»' | '‹' | '›' | '\u{2014}' | '\u{2018}'..='\u{201f}' | '…'
                | '،' | '؛' | '؟' | '۔' | '।'
                | '\u{3000}'..='〃' | '〈'..='\u{301f}' | '〰' | '〽'
                | '！'..='／' | '：'..='＠' | '［'..='｀' | '｛'..='･'
        )
}

/// The address as it is shown. Characters that change the writing direction are encoded, as they could make it look like
/// another address.
#[must_use]
pub fn shown_address(address: &str) -> String {
    let mut buffer = [0; 4];
    let mut shown = String::with_capacity(address.len());
    for character in address.chars() {
        if is_bidi_control(character) {
            shown.extend(utf8_percent_encode(
                character.encode_utf8(&mut buffer),
                CONTROLS,
            ));
        } else {
            shown.push(character);
        }
    }
    shown
}
