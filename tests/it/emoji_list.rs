//! The list from which the page lets people pick an emoji has those that the server takes as reactions.

use std::{env, fmt::Write as _, fs, path::Path};

use emojis::{Emoji, Group, SkinTone};

const FILE: &str = "ui/messages/emoji-list.js";
const UPDATE: &str = "UPDATE_EMOJI";

const HEADER: &str = "\
// Every emoji of Unicode’s list (UTS #51, emoji-test.txt), by group: the emoji, its English name, its short codes, and
// whether it comes in skin tones. Generated from the list by which the server checks reactions:
// UPDATE_EMOJI=1 cargo test --test it the_page_offers

/** @type {{id: string, emoji: [string, string, string, boolean?][]}[]} */
export const GROUPS = [
";

/// Of each skin tone, the character that follows the one that it colours (UTS #51, Emoji Modifiers).
const TONES: [(SkinTone, char); 5] = [
    (SkinTone::Light, '\u{1f3fb}'),
    (SkinTone::MediumLight, '\u{1f3fc}'),
    (SkinTone::Medium, '\u{1f3fd}'),
    (SkinTone::MediumDark, '\u{1f3fe}'),
    (SkinTone::Dark, '\u{1f3ff}'),
];

fn id(group: Group) -> &'static str {
    match group {
        Group::SmileysAndEmotion => "smileys",
        Group::PeopleAndBody => "people",
        Group::AnimalsAndNature => "nature",
        Group::FoodAndDrink => "food",
        Group::TravelAndPlaces => "travel",
        Group::Activities => "activities",
        Group::Objects => "objects",
        Group::Symbols => "symbols",
        Group::Flags => "flags",
    }
}

/// As the page colours an emoji: the modifier after its first character, in place of a variation selector.
fn coloured(emoji: &str, modifier: char) -> String {
    let mut rest = emoji.chars();
    let first = rest.next().expect("an emoji has a character");
    let rest = rest.as_str();
    let rest = rest.strip_prefix('\u{fe0f}').unwrap_or(rest);
    format!("{first}{modifier}{rest}")
}

fn comes_in_tones(emoji: &Emoji) -> bool {
    TONES.iter().all(|(tone, modifier)| {
        let toned = emoji.with_skin_tone(*tone);
        toned.is_some_and(|toned| toned.as_str() == coloured(emoji.as_str(), *modifier))
    })
}

fn list() -> String {
    let mut text = HEADER.to_owned();
    for group in Group::iter() {
        writeln!(text, "  {{\n    id: '{}',\n    emoji: [", id(group)).expect("a string");
        for emoji in group.emojis() {
            let name = emoji.name().replace('\'', "’");
            let codes = emoji.shortcodes().collect::<Vec<_>>().join(" ");
            let tones = if comes_in_tones(emoji) { ", true" } else { "" };
            writeln!(
                text,
                "      ['{}', '{name}', '{codes}'{tones}],",
                emoji.as_str()
            )
            .expect("a string");
        }
        text.push_str("    ],\n  },\n");
    }
    text.push_str("];\n");
    text
}

#[test]
fn the_page_offers_the_emoji_that_the_server_takes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let list = list();
    if env::var_os(UPDATE).is_some() {
        fs::write(&path, &list).expect("the list is written");
    }
    let kept = fs::read_to_string(&path).expect("the list");
    assert_eq!(
        kept, list,
        "{FILE} isn’t current: {UPDATE}=1 cargo test --test it the_page_offers"
    );
}
