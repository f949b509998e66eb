//! Validation of input: usernames, names of rooms and tokens, message contents, client ids and emoji.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::error::{Error, Result};

/// The most characters (Unicode scalar values) that a message's content may have.
pub const MAX_MESSAGE_LENGTH: usize = 4_000;
const MESSAGE_TOO_LONG: &str = "Messages can be up to 4,000 characters.";
const MAX_USERNAME_LENGTH: usize = 32;
const MAX_NAME_LENGTH: usize = 80;
const MAX_DISPLAY_NAME_LENGTH: usize = 64;
/// Combining marks in a row. No script needs more, and many of them cover the lines above and below.
const MAX_MARKS: usize = 4;
const MAX_CLIENT_ID_LENGTH: usize = 64;

/// A valid username: 1 to 32 letters, digits, `_`, `.` or `-`, in NFKC.
#[derive(Clone, Debug)]
pub struct Username {
    pub text: String,
    /// The case-folded name; equal for names that differ only in case.
    pub key: String,
}

impl Username {
    /// Normalizes and validates a name.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `username`, with the broken rule.
    pub fn new(text: &str) -> Result<Self> {
        Self::in_field("username", text)
    }

    /// Like [`new`](Self::new), for input from another field.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `field`, with the broken rule.
    pub fn in_field(field: &'static str, text: &str) -> Result<Self> {
        let text: String = text.trim().nfkc().collect();
        let length = text.chars().count();
        if length == 0 {
            return Err(Error::invalid(field, "Enter a username."));
        }
        if length > MAX_USERNAME_LENGTH {
            let reason = format!("Usernames can be up to {MAX_USERNAME_LENGTH} characters.");
            return Err(Error::invalid(field, reason));
        }
        // These letters are invisible: the Hangul fillers and two Khmer vowels.
        let is_invisible = |c| "\u{115f}\u{1160}\u{17b4}\u{17b5}".contains(c);
        if !text
            .chars()
            .all(|c| c.is_alphanumeric() && !is_invisible(c) || "_.-".contains(c))
        {
            return Err(Error::invalid(
                field,
                "Usernames can only contain letters, digits, _ . and -",
            ));
        }
        let key = username_key(&text);
        Ok(Self { text, key })
    }
}

/// The key under which a name is unique: equal for all spellings that differ only in case or compatibility form.
#[must_use]
pub fn username_key(text: &str) -> String {
    // Mapping to lower, upper and lower case again also unifies ẞ, ß and ss. A final sigma is written differently, but
    // the end of a search prefix isn't the end of a name. Case mapping can produce text that isn't NFKC, so it is
    // normalized again.
    let text: String = text.trim().nfkc().collect();
    let folded = text.to_lowercase().to_uppercase().to_lowercase();
    folded.replace('ς', "σ").nfkc().collect()
}

/// Trims and validates a message's content. The text inside stays byte for byte the same.
///
/// # Errors
/// [`Error::Invalid`] on `content` if it is empty, too long or contains NUL.
pub fn message_content(text: &str) -> Result<&str> {
    let content = text.trim();
    if content.is_empty() {
        return Err(Error::invalid("content", "Enter a message."));
    }
    if content.chars().count() > MAX_MESSAGE_LENGTH {
        return Err(Error::invalid("content", MESSAGE_TOO_LONG));
    }
    if content.contains('\0') {
        return Err(Error::invalid(
            "content",
            "Messages can’t contain a NUL character.",
        ));
    }
    Ok(content)
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
    shown_name("name", text)
}

/// Trims and validates the name of the default room, with the same rules.
///
/// # Errors
/// [`Error::Invalid`] on `room`.
pub fn default_room_name(text: &str) -> Result<String> {
    shown_name("room", text)
}

/// Trims and validates an API token's name, with the same rules as a room's.
///
/// # Errors
/// As for [`room_name`].
pub fn token_name(text: &str) -> Result<String> {
    shown_name("name", text)
}

fn shown_name(field: &'static str, text: &str) -> Result<String> {
    let name = text.trim();
    if name.chars().all(is_unseen) {
        return Err(Error::invalid(field, "Enter a name."));
    }
    if name.chars().count() > MAX_NAME_LENGTH {
        let reason = format!("Names can be up to {MAX_NAME_LENGTH} characters.");
        return Err(Error::invalid(field, reason));
    }
    if name.chars().any(|c| c.is_control() || is_bidi_control(c)) {
        let reason = "Names can’t contain control characters.";
        return Err(Error::invalid(field, reason));
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
        return refuse("A name needs a visible character");
    }
    if name.chars().count() > MAX_DISPLAY_NAME_LENGTH {
        let reason = format!("Names can be up to {MAX_DISPLAY_NAME_LENGTH} characters");
        return refuse(&reason);
    }
    let is_refused =
        |c: char| c.is_control() || is_bidi_control(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if name.chars().any(is_refused) {
        return refuse("A name can’t contain control characters");
    }
    let mut marks = 0;
    for c in name.chars() {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if marks > MAX_MARKS {
            return refuse("A name can’t have that many accents on one letter");
        }
    }
    Ok(name)
}

/// The key under which names are found: case-folded, with single spaces.
#[must_use]
pub fn name_key(text: &str) -> String {
    let key = username_key(text);
    key.split_whitespace().collect::<Vec<_>>().join(" ")
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

/// Whether the character is invisible: white space, joiners, variation selectors and fillers.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || is_bidi_control(c)
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
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
