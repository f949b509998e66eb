//! What kinds of characters there are for the grammar of texts. `ui/text/characters.js` says the same. None stands for
//! either end of a text.

/// A letter or a digit in a script that has spaces between its words, which Chinese, Japanese, Korean and Thai haven’t.
pub(super) fn is_word(character: Option<char>) -> bool {
    character.is_some_and(|c| {
        c.is_alphanumeric() && matches!(c, '\0'..='\u{dff}' | '\u{1e00}'..='\u{1fff}')
    })
}

pub(super) fn is_space(character: Option<char>) -> bool {
    character.is_none_or(char::is_whitespace)
}

pub(super) fn is_punctuation(character: Option<char>) -> bool {
    character.is_some_and(|c| c.is_ascii_punctuation())
}

/// The character there.
pub(super) fn character_at(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// The character that ends there.
pub(super) fn character_before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}
