//! Validation of input: names of rooms and tokens, message contents, client ids and emoji. Usernames are in `username`.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, PrependedConcatenationMark},
};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{limits::REPORT_REASON, username::fold};
use crate::error::{Error, Result};

/// The most characters (Unicode scalar values) that a message's content may have.
pub const MAX_MESSAGE_LENGTH: usize = 4_000;
/// The most control characters in it, apart from tabs and line breaks. In JSON each takes six bytes, and an event is bounded. A
/// log in a terminal’s colours has fewer, as each of its sequences has further characters.
const MAX_CONTROLS: usize = MAX_MESSAGE_LENGTH / 4;
const MESSAGE_TOO_LONG: &str = "Messages can be up to 4,000 characters.";
const NO_CONTROLS: &str = "Names can’t contain control characters.";
const MAX_NAME_LENGTH: usize = 80;
const MAX_DISPLAY_NAME_LENGTH: usize = 64;
/// Combining marks in a row. No script needs more, and many of them cover the lines above and below.
const MAX_MARKS: usize = 4;
const MAX_CLIENT_ID_LENGTH: usize = 64;

/// Validates a message's content, without the blank lines in front of it and the white space behind it. The rest stays byte
/// for byte the same, so that code keeps the indentation of its first line.
///
/// # Errors
/// [`Error::Invalid`] on `content` if nothing in it shows, it is too long, or contains NUL or too many control characters.
pub fn message_content(text: &str) -> Result<&str> {
    match caption(text)? {
        "" => Err(no_content()),
        content => Ok(content),
    }
}

/// What a message without content and without attachments is refused with.
#[must_use]
pub fn no_content() -> Error {
    Error::invalid("content", "Enter a message.")
}

/// Validates the content of a message with attachments, like [`message_content`]. It is empty if nothing in it shows.
///
/// # Errors
/// [`Error::Invalid`] on `content` if it is too long, or contains NUL or too many control characters.
pub fn caption(text: &str) -> Result<&str> {
    let content = text.trim_end();
    let blank = content.len() - content.trim_start().len();
    let first_line = content[..blank].rfind(is_line_break);
    let content = first_line.map_or(content, |at| {
        content[at..].trim_start_matches(is_line_break)
    });
    if is_blank(content) {
        return Ok("");
    }
    check_content(content)?;
    Ok(content)
}

/// Checks what holds for a message’s content and for a draft.
pub(super) fn check_content(content: &str) -> Result<()> {
    if content.chars().count() > MAX_MESSAGE_LENGTH {
        return Err(Error::invalid("content", MESSAGE_TOO_LONG));
    }
    if content.contains('\0') {
        return Err(Error::invalid(
            "content",
            "Messages can’t contain a NUL character.",
        ));
    }
    let is_control = |c: &char| c.is_ascii_control() && !"\t\n\r".contains(*c);
    if content.chars().filter(is_control).count() > MAX_CONTROLS {
        return Err(Error::invalid(
            "content",
            "Messages can’t contain that many control characters.",
        ));
    }
    Ok(())
}

/// Trims and validates the reason for a report. A blank one is none.
///
/// # Errors
/// [`Error::Invalid`] on `reason` if it is too long or contains NUL.
pub fn report_reason(text: Option<&str>) -> Result<Option<String>> {
    let reason = text.map(str::trim).filter(|text| !is_blank(text));
    if reason.is_some_and(|text| text.chars().count() > REPORT_REASON || text.contains('\0')) {
        let reason = format!("Reasons can be up to {REPORT_REASON} characters.");
        return Err(Error::invalid("reason", reason));
    }
    Ok(reason.map(str::to_owned))
}

/// Validates a client's own id for a message. It makes repeated sends idempotent.
///
/// # Errors
/// [`Error::Invalid`] on `clientId` if it isn't 1 to 64 printable characters.
pub fn client_id(text: String) -> Result<String> {
    let length = text.chars().count();
    if length == 0 || length > MAX_CLIENT_ID_LENGTH || text.chars().any(char::is_control) {
        let reason =
            format!("Client IDs must be 1 to {MAX_CLIENT_ID_LENGTH} printable characters.");
        return Err(Error::invalid("clientId", reason));
    }
    Ok(text)
}

/// Trims and validates a room's name.
///
/// # Errors
/// [`Error::Invalid`] on `name` if it has no visible character, is too long, or has control characters.
pub fn room_name(text: &str) -> Result<String> {
    shown_name("name", text, MAX_NAME_LENGTH)
}

/// Trims and validates the name of the default room, with the same rules.
///
/// # Errors
/// [`Error::Invalid`] on `room`.
pub fn default_room_name(text: &str) -> Result<String> {
    shown_name("room", text, MAX_NAME_LENGTH)
}

/// Trims and validates an API token's name, with the same rules as a room's.
///
/// # Errors
/// As for [`room_name`].
pub fn token_name(text: &str) -> Result<String> {
    shown_name("name", text, MAX_NAME_LENGTH)
}

/// Trims and validates a name of at most so many characters.
pub(super) fn shown_name(field: &'static str, text: &str, longest: usize) -> Result<String> {
    let name = text.trim();
    if is_blank(name) {
        return Err(Error::invalid(field, "Enter a name."));
    }
    if name.chars().count() > longest {
        let reason = format!("Names can be up to {longest} characters.");
        return Err(Error::invalid(field, reason));
    }
    if name.chars().any(is_refused_in_names) {
        return Err(Error::invalid(field, NO_CONTROLS));
    }
    Ok(name.to_owned())
}

/// Trims and validates a display name, and brings it into Unicode’s form NFC. Two users may have the same.
///
/// # Errors
/// [`Error::Invalid`] on `displayName` if it has no visible character, is too long, breaks or reorders the line, or piles
/// up combining marks.
pub fn display_name(text: &str) -> Result<String> {
    let refuse = |reason: &str| Err(Error::invalid("displayName", reason));
    let name: String = text.trim().nfc().collect();
    if name.chars().all(|c| is_unseen(c) || is_combining_mark(c)) {
        return refuse("A name needs a visible character.");
    }
    if name.chars().count() > MAX_DISPLAY_NAME_LENGTH {
        let reason = format!("Names can be up to {MAX_DISPLAY_NAME_LENGTH} characters.");
        return refuse(&reason);
    }
    if name.chars().any(is_refused_in_names) {
        return refuse(NO_CONTROLS);
    }
    let mut marks = 0;
    for c in name.chars() {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if marks > MAX_MARKS {
            return refuse("Names can’t have that many accents on one letter.");
        }
    }
    Ok(name)
}

/// The key under which names are found: case-folded, with single spaces.
#[must_use]
pub fn name_key(text: &str) -> String {
    // NFD has at most four characters for one of NFC (UAX #15 §11). A longer text isn’t even folded, since that takes time.
    let is_too_long = text.chars().count() > 4 * MAX_DISPLAY_NAME_LENGTH;
    let folded = if is_too_long {
        String::new()
    } else {
        fold(text)
    };
    let key = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    if key.is_empty() {
        // No name begins with it.
        char::MAX.into()
    } else {
        key
    }
}

/// The [key](name_key) of a display name, and what is left of it from each further word on.
#[must_use]
pub fn name_parts(name: &str) -> Vec<String> {
    let key = name_key(name);
    let words = key.match_indices(' ').map(|(space, _)| space + 1);
    std::iter::once(0)
        .chain(words)
        .filter_map(|start| key.get(start..).map(str::to_owned))
        .collect()
}

/// Whether the character is a bidirectional control. A name must not reorder the text beside it (Unicode Standard Annex
/// #9 §2).
#[must_use]
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether the character would break or reorder the line that a name is in.
fn is_refused_in_names(c: char) -> bool {
    c.is_control() || is_bidi_control(c) || is_line_break(c)
}

/// Whether the character ends a line (Unicode Standard §5.8).
fn is_line_break(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether nothing in the text shows.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// Whether the character by itself shows nothing: white space, controls, what is ignorable by default (Unicode Standard
/// §5.21), noncharacters, and characters that are blank by their names.
fn is_unseen(c: char) -> bool {
    let is_format = || {
        CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::Format
            && !CodePointSetData::new::<PrependedConcatenationMark>().contains(c)
    };
    let is_noncharacter = matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe;
    c.is_whitespace()
        || c.is_control()
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || is_format()
        || is_noncharacter
        // The blank pattern of Braille, a note without a head, the blanks among hieroglyphs, and the Khitan filler.
        || matches!(c, '\u{2800}' | '\u{1d159}' | '\u{13441}' | '\u{13442}' | '\u{16fe4}')
}

/// One fully qualified emoji from Unicode's list (UTS #51, emoji-test.txt).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emoji(&'static str);

impl Emoji {
    /// Finds the emoji, also if its variation selector is missing.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `emoji` if the text isn't exactly one emoji.
    pub fn new(text: &str) -> Result<Self> {
        emojis::get(text)
            .map(|emoji| Self(emoji.as_str()))
            .ok_or_else(|| Error::invalid("emoji", "React with a single emoji."))
    }

    /// The text that is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}
