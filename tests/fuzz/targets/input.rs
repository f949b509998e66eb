//! What people call themselves, their rooms and programs, and what they say: any text, and messages again and again. Each
//! rule refuses it by a sentence on its field, or what it lets in keeps the rule, and is let in again as it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tincan::{
    error::{Error, Result},
    http::{Network, Origin},
    model::{
        ConversationId, Emoji, MAX_MESSAGE_LENGTH, Username, UsernameKey, client_id,
        is_bidi_control, message_content, room_name, token_name,
    },
    password::NewPassword,
};

fuzz_target!(|text: &str| {
    username(text);
    content(text);
    names(text);
    ids(text);
    addresses(text);
    let _ = refusable("password", NewPassword::new("password", text, "john"));
    // The longest is beyond what a fuzzer writes by itself.
    for length in [MAX_MESSAGE_LENGTH, MAX_MESSAGE_LENGTH + 1] {
        let long: String = text.chars().cycle().take(length).collect();
        content(&long);
    }
});

/// What was let in. A refusal names its field, and says why.
fn refusable<T>(expected: &str, result: Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Error::Invalid { field, reason }) => {
            assert_eq!(field, expected);
            assert!(reason.len() > 10, "{reason}");
            None
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn username(text: &str) {
    let Some(name) = refusable("username", Username::new(text)) else {
        return;
    };
    for same in [text, name.key.as_str()] {
        assert_eq!(UsernameKey::new(same), name.key, "{same:?}");
    }
    assert!((1..=32).contains(&name.text.chars().count()), "{name:?}");
    assert!(
        !name
            .text
            .contains(|c: char| c.is_control() || c.is_whitespace()),
        "{name:?}"
    );
    let again = Username::new(&name.text).expect("a name");
    assert_eq!((again.text, &again.key), (name.text.clone(), &name.key));
    for other in [name.text.to_lowercase(), name.text.to_uppercase()] {
        assert_eq!(
            UsernameKey::new(&other),
            name.key,
            "{:?} as {other:?}",
            name.text
        );
    }
}

fn content(text: &str) {
    let Some(content) = refusable("content", message_content(text)) else {
        return;
    };
    assert_eq!(content, content.trim_end());
    assert_eq!(content.trim(), text.trim());
    assert!((1..=MAX_MESSAGE_LENGTH).contains(&content.chars().count()));
    assert!(!content.contains('\0'));
    assert_eq!(message_content(content).expect("a content"), content);
}

fn names(text: &str) {
    for rule in [room_name, token_name] {
        let Some(name) = refusable("name", rule(text)) else {
            continue;
        };
        assert!((1..=80).contains(&name.chars().count()), "{name:?}");
        assert!(
            !name.contains(|c: char| c.is_control() || is_bidi_control(c)),
            "{name:?}"
        );
        assert_eq!(rule(&name).expect("a name"), name);
    }
    if let Some(id) = refusable("clientId", client_id(text.to_owned())) {
        assert_eq!(id, text);
        assert!(!id.contains(char::is_control));
        assert!((1..=64).contains(&id.chars().count()));
    }
    if let Some(emoji) = refusable("emoji", Emoji::new(text)) {
        let again = Emoji::new(emoji.as_str()).expect("an emoji");
        assert_eq!(again.as_str(), emoji.as_str());
    }
}

fn ids(text: &str) {
    if let Ok(id) = text.parse::<ConversationId>() {
        assert!(id.0 > 0);
        assert_eq!(id.to_string(), text);
    }
}

fn addresses(text: &str) {
    let _ = text.parse::<Network>();
    if let Ok(origin) = text.parse::<Origin>() {
        let own = origin.to_string();
        let again: Origin = own.parse().expect("an origin");
        assert_eq!(again.to_string(), own, "{text:?}");
    }
}
