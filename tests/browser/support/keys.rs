//! Keys as people name them: `Enter`, `Shift+Enter`, `Control+k`.

use fantoccini::{
    actions::{InputSource, KeyAction, KeyActions},
    key::Key,
};

/// Holds all but the last down while that is pressed.
pub fn strokes(keys: &str) -> KeyActions {
    let values: Vec<_> = keys.split('+').map(value).collect();
    let down = values.iter().map(|&value| KeyAction::Down { value });
    let up = values.iter().rev().map(|&value| KeyAction::Up { value });
    down.chain(up)
        .fold(KeyActions::new("keyboard".to_owned()), InputSource::then)
}

fn value(name: &str) -> char {
    let key = match name {
        "Enter" => Key::Enter,
        "Escape" => Key::Escape,
        "Tab" => Key::Tab,
        "Backspace" => Key::Backspace,
        "Delete" => Key::Delete,
        "Home" => Key::Home,
        "End" => Key::End,
        "PageUp" => Key::PageUp,
        "PageDown" => Key::PageDown,
        "ArrowUp" => Key::Up,
        "ArrowDown" => Key::Down,
        "ArrowLeft" => Key::Left,
        "ArrowRight" => Key::Right,
        "Shift" => Key::Shift,
        "Control" => Key::Control,
        "Alt" => Key::Alt,
        _ => {
            let mut letters = name.chars();
            let letter = letters.next().expect("a key");
            assert_eq!(letters.next(), None, "{name} is no key that is known here");
            return letter;
        }
    };
    key.into()
}
