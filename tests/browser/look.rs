//! The look: colours that can be read, edges that stand in line, and rings for who uses the keyboard.

use serde::Deserialize;
use serde_json::json;

use crate::support::{Options, Scheme, Stage};

#[derive(Debug, Deserialize)]
struct Pair {
    /// Of what on what.
    name: String,
    contrast: f64,
}

/// The contrast (WCAG 2.2, 1.4.3) of what is written in one colour on another, for each of the pairs.
const CONTRASTS: &str = "(pairs) => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const probe = document.body.appendChild(document.createElement('i'));
    probe.className = 'hued';
    const luminance = (color, hue) => {
        probe.style.setProperty('--hue', `${hue}`);
        probe.style.color = `var(${color})`;
        canvas.fillStyle = getComputedStyle(probe).color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255)
            .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    return pairs.flatMap(([color, on, hues]) => Array.from({ length: hues }, (_, index) => {
        const hue = index * 360 / hues;
        const [dark, light] = [luminance(color, hue), luminance(on, hue)].sort((a, b) => a - b);
        return { name: `${color} on ${on} at ${hue}`, contrast: (light + 0.05) / (dark + 0.05) };
    }));
}";

/// What is written on what, and in how many hues.
const TEXTS: [(&str, &[&str], u32); 12] = [
    (
        "--text",
        &[
            "--bg",
            "--surface",
            "--raised",
            "--hovered",
            "--chosen",
            "--theirs",
        ],
        1,
    ),
    (
        "--muted",
        &["--bg", "--surface", "--raised", "--chosen", "--theirs"],
        1,
    ),
    (
        "--accent",
        &["--bg", "--surface", "--raised", "--theirs"],
        1,
    ),
    ("--on-accent", &["--accent"], 1),
    ("--on-mine", &["--mine"], 1),
    ("--on-mine-muted", &["--mine"], 1),
    ("--unread", &["--bg", "--surface"], 1),
    ("--danger", &["--bg", "--surface", "--raised"], 1),
    ("--surface", &["--danger"], 1),
    ("--on-warn", &["--warn"], 1),
    ("--on-face", &["--face"], 16),
    ("--named", &["--bg", "--surface", "--theirs"], 16),
];
/// What isn’t text, but has to be seen: the ring around what has the focus, and edges.
const EDGES: [(&str, &[&str]); 2] = [
    ("--accent", &["--bg", "--surface", "--raised"]),
    ("--edge", &["--bg", "--surface"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_text_can_be_read_by_day_and_by_night() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = stage.person("john", Options::desktop()).await;
    for scheme in [Scheme::Light, Scheme::Dark] {
        john.prefer(scheme).await;
        let texts = TEXTS.iter().flat_map(|&(color, backgrounds, hues)| {
            backgrounds.iter().map(move |on| (color, *on, hues))
        });
        let edges = EDGES
            .iter()
            .flat_map(|&(color, backgrounds)| backgrounds.iter().map(move |on| (color, *on, 1)));
        for (pairs, least) in [
            (texts.collect::<Vec<_>>(), 4.5),
            (edges.collect::<Vec<_>>(), 3.0),
        ] {
            let found: Vec<Pair> = john.call(CONTRASTS, json!([pairs])).await;
            assert!(found.len() >= pairs.len());
            for Pair { name, contrast } in found {
                assert!(contrast >= least, "{scheme:?}: {name} has {contrast}");
            }
        }
    }
}

/// As much as WCAG 2.2 has for enhanced contrast (1.4.6). Letters in the colours of people and rooms keep what they have.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_more_contrast_gets_more() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = stage.person("john", Options::desktop()).await;
    // It comes with what the first look doesn't need.
    john.sees("button", "New room").await;
    for scheme in ["light", "dark"] {
        let features = json!([
            { "name": "prefers-contrast", "value": "more" },
            { "name": "prefers-color-scheme", "value": scheme },
        ]);
        john.cdp(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
        let texts = TEXTS.iter().filter(|&&(.., hues)| hues == 1);
        let texts = texts.flat_map(|&(color, backgrounds, hues)| {
            backgrounds.iter().map(move |on| (color, *on, hues))
        });
        let pairs: Vec<_> = texts.collect();
        let found: Vec<Pair> = john.call(CONTRASTS, json!([pairs])).await;
        assert_eq!(found.len(), pairs.len());
        for Pair { name, contrast } in found {
            assert!(contrast >= 7.0, "{scheme}: {name} has {contrast}");
        }
    }
}

/// The left and right edges of something.
const EDGES_OF: &str = "(selector) => {
    const { left, right } = document.querySelector(selector).getBoundingClientRect();
    return [left, right];
}";

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_where_they_are_written_stand_in_line() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let client = stage.client("john").await;
    let conversation = client.talk_to("jane").await;
    for number in 0..60 {
        client.say(&conversation, &format!("Line {number}")).await;
    }
    let john = stage
        .signed_in(&client, Options::desktop().with_scrollbars())
        .await;
    john.open(&format!("/conversations/{conversation}")).await;
    john.sees_message("Line 59").await;
    let taken = "(() => { const log = document.querySelector('.log'); return log.offsetWidth - log.clientWidth; })()";
    assert!(john.eval::<f64>(taken).await > 0.0, "there is no scrollbar");
    for width in [1280, 800, 400] {
        john.resize(width, 700).await;
        let messages: [f64; 2] = john.call(EDGES_OF, json!([".log > ol"])).await;
        let composer: [f64; 2] = john.call(EDGES_OF, json!(["message-composer form"])).await;
        for (one, other) in messages.iter().zip(composer) {
            assert!(
                (one - other).abs() < 0.5,
                "{width}: {messages:?}, {composer:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_keyboard_draws_rings() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let john = stage.person("john", Options::desktop()).await;
    let ring = "getComputedStyle(document.activeElement).outlineStyle";
    john.click("link", "Settings").await;
    john.sees("heading", "Settings").await;
    john.click("radio", "Dark").await;
    john.click("link", "Settings").await;
    john.sees("heading", "Settings").await;
    assert_eq!(john.eval::<String>(ring).await, "none");
    john.press("Tab").await;
    assert_eq!(john.eval::<String>(ring).await, "solid");
}
