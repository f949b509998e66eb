//! The system’s colours, enlarged, wide letters, no motion, and paper.

use std::{collections::BTreeMap, fs, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Home, LINES, ask_for};
use crate::{
    api::{on_path, skip},
    screenshots::TOO_WIDE,
    support::{Options, Session},
};

/// How a part of the page shows where it is, or that it is different.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    background: String,
    color: String,
    stroke: String,
    /// In pixels; none where it can't be seen.
    border: f64,
    outline: f64,
    margin: String,
}

/// The shape of the first that matches, or of a part that the style sheet makes.
const SHAPE: &str = "(selector, part) => {
    const all = [...document.querySelectorAll(selector)];
    const element = all.find((each) => each.checkVisibility());
    if (!element) throw new Error(`there is no ${selector} among ${all.length}`);
    const style = getComputedStyle(element, part || null);
    const isSeen = (color) => !/^rgba\\(.*, 0\\)$|\\/ 0\\)$/.test(color);
    return {
        background: style.backgroundColor, color: style.color, stroke: style.stroke,
        border: style.borderTopStyle !== 'none' && isSeen(style.borderTopColor) ? parseFloat(style.borderTopWidth) : 0,
        outline: style.outlineStyle !== 'none' && isSeen(style.outlineColor) ? parseFloat(style.outlineWidth) : 0,
        margin: style.marginInlineStart,
    };
}";

/// The colours that the system has for these.
const SYSTEM_COLORS: &str = "(names) => names.map((name) => {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.setProperty('forced-color-adjust', 'none');
    probe.style.color = name;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
})";

async fn shape(person: &Session, selector: &str) -> Shape {
    person.call(SHAPE, json!([selector, ""])).await
}

async fn shape_of_part(person: &Session, selector: &str, part: &str) -> Shape {
    person.call(SHAPE, json!([selector, part])).await
}

/// Where the system chooses all colours, and shadows and fills are gone (Windows’ contrast themes), all that was told by them is
/// told by edges, or by the system’s own colour for what is chosen.
#[tokio::test(flavor = "multi_thread")]
async fn with_the_colours_of_the_system_everything_still_shows() {
    let Some(home) = Home::set(Options::desktop()).await else {
        return;
    };
    let person = &home.person;
    let mark = format!("/api/conversations/{}/settings", home.room);
    let marked = home.client.patch(&mark, json!({ "markedUnread": true }));
    marked.await.expect(200);
    let jane = home.stage.client("jane").await;
    ask_for(
        person,
        &[
            ("forced-colors", "active"),
            ("prefers-color-scheme", "dark"),
        ],
    )
    .await;

    let edged = async |selectors: &[&str]| {
        for selector in selectors {
            let shape = shape(person, selector).await;
            assert!(shape.border >= 1.0, "{selector}: {shape:?}");
        }
    };
    home.on_each_screen(async |screen| match screen {
        "sign-in" => edged(&[".person", ".button", "input"]).await,
        "list" => {
            edged(&[".row", "input[type=search]", ".row .avatar"]).await;
            let colors = json!([["Highlight", "Canvas"]]);
            let [highlight, canvas]: [String; 2] = person.call(SYSTEM_COLORS, colors).await;
            assert_ne!(highlight, canvas);
            // Of what was marked as unread there is no number, and the badge is all that tells.
            let badges = ".badge:not(:has(+ *))";
            assert_eq!(shape(person, badges).await.background, highlight);
            let number = "[...document.querySelectorAll('.badge')].map((badge) => badge.firstChild.data ?? '')";
            let numbers: Vec<String> = person.eval(number).await;
            assert!(numbers.contains(&String::new()) && numbers.contains(&"1".to_owned()));
            let _online = jane.follow(None).await;
            person.wait("jane", "document.querySelector('.online')").await;
            let dot = shape_of_part(person, ".online", "::after").await;
            assert_eq!(dot.background, highlight);
            person.press("Tab").await;
            assert!(shape(person, ":focus").await.outline >= 2.0);
        }
        "conversation" => {
            edged(&[
                ".mine .bubble",
                ".theirs .bubble",
                ".quoted",
                ".chip",
                "textarea",
            ])
            .await;
            let chosen = shape(person, ".row[aria-current]").await;
            let other = shape(person, ".row:not([aria-current])").await;
            assert!(chosen.border >= other.border + 2.0, "{chosen:?}, {other:?}");
            assert!(shape(person, ".chip[aria-pressed=true]").await.outline >= 2.0);
            assert!(shape(person, "textarea:focus").await.outline >= 2.0);
            let icon = shape(person, ".tool .icon").await;
            assert_eq!(icon.stroke, icon.color);
        }
        "message-menu" => edged(&["dialog.menu"]).await,
        "room-details" => edged(&["dialog.dialog", "dialog .button"]).await,
        "settings" => {
            edged(&[".card", ".button", ".segments", ".switch:not(:checked)"]).await;
            for (on, off) in [
                (".switch:checked", ".switch:not(:checked)"),
                (
                    ".segments label:has(:checked)",
                    ".segments label:not(:has(:checked))",
                ),
            ] {
                let [on, off] = [shape(person, on).await, shape(person, off).await];
                assert_ne!(on.background, off.background);
            }
            let knob = shape_of_part(person, ".switch:checked", "::before").await;
            let track = shape(person, ".switch:checked").await;
            assert_ne!(knob.background, track.background);
            assert_ne!(knob.margin, "0px", "a switch that is on has it at its end");
        }
        "keys" => edged(&["kbd"]).await,
        _ => {}
    })
    .await;
    person.assert_console_clean(&[]).await;
}

/// What can be used but not reached: scrolled into view, it is under something else.
const COVERED: &str = "() => {
    const top = [...document.querySelectorAll('dialog:modal')].at(-1) ?? document.body;
    const isCovered = (control) => {
        const shown = control.closest('label') ?? control;
        if (control.disabled || !shown.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
        shown.scrollIntoView({ block: 'nearest', inline: 'nearest' });
        const { left, top, width, height } = shown.getBoundingClientRect();
        if (width === 0 || height === 0) return false;
        // Of what is higher than the screen, its beginning is enough.
        const middle = height > innerHeight / 2 ? Math.max(top, 0) + 8 : top + height / 2;
        const there = document.elementFromPoint(left + width / 2, middle);
        return !there || !(shown.contains(there) || there.closest('li') === shown.closest('li') && there.contains(shown));
    };
    return [...top.querySelectorAll('a[href], button, input, textarea, select, summary')].filter(isCovered)
        .map((control) => control.outerHTML.slice(0, 200));
}";

/// How much of the screen’s height is of what scrolls, and so isn't taken by what stays.
const ROOM: &str = "() => {
    const top = [...document.querySelectorAll('dialog:modal')].at(-1) ?? document.body;
    const scrolling = [top, ...top.querySelectorAll('*')].filter((box) =>
        /auto|scroll/.test(getComputedStyle(box).overflowY) && box.checkVisibility({ visibilityProperty: true }) && box.clientWidth > 200);
    return Math.max(...scrolling.map((box) => box.clientHeight)) / innerHeight;
}";

/// A screen of 1280 by 1024 pixels, enlarged four times (WCAG 2.2, 1.4.10).
#[tokio::test(flavor = "multi_thread")]
async fn enlarged_four_times_nothing_is_cut_off_or_covered() {
    let Some(home) = Home::set(Options::desktop()).await else {
        return;
    };
    let person = &home.person;
    let metrics = json!({ "width": 320, "height": 256, "deviceScaleFactor": 4, "mobile": false });
    person
        .cdp("Emulation.setDeviceMetricsOverride", metrics)
        .await;
    home.on_each_screen(async |screen| {
        let wide: Vec<String> = person.call(TOO_WIDE, json!([])).await;
        assert!(wide.is_empty(), "{screen} is too wide: {wide:#?}");
        let room: f64 = person.call(ROOM, json!([])).await;
        assert!(room >= 0.5, "{screen} leaves {room} to read");
        let covered: Vec<String> = person.call(COVERED, json!([])).await;
        assert!(covered.is_empty(), "{screen} covers {covered:#?}");
    })
    .await;

    // A draft of many lines leaves room, too, and can be sent.
    home.open_conversation().await;
    let draft = "Many words ".repeat(40);
    person.fill("textbox", "Message to jane", &draft).await;
    let room: f64 = person.call(ROOM, json!([])).await;
    assert!(room >= 0.3, "beside a draft, {room} is left to read");
    person.click("button", "Send").await;
    person.sees_message(draft.trim()).await;
    person.assert_console_clean(&[]).await;
}

/// Texts as wide and high as somebody may want to have them (WCAG 2.2, 1.4.12).
const WIDE_LETTERS: &str = "{
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
        p { margin-block-end: 2em !important; }`);
    document.adoptedStyleSheets = [sheet];
}";

/// Texts that something cuts off, or that stick out of what they stand on, but for those in lines that are known to end early:
/// these may do so where a line ends, and not above or below.
const CUT: &str = "(elided) => {
    const top = [...document.querySelectorAll('dialog:modal')].at(-1) ?? document.body;
    const isCutBy = (around, { left, right, top, bottom }, mayEnd) => {
        const { display, overflowX, overflowY, backgroundColor } = getComputedStyle(around);
        if (display === 'inline' || display === 'contents') return false;
        const stands = around.matches('button, .button, .badge, .tag, .bubble, kbd') && !/^rgba\\(.*, 0\\)$/.test(backgroundColor);
        const box = around.getBoundingClientRect();
        const isWide = (stands || /hidden|clip/.test(overflowX)) && !mayEnd && (left < box.left - 1 || right > box.right + 1);
        // What is smaller than its line doesn’t fill it.
        const isHigh = (stands || /hidden|clip/.test(overflowY)) && (top < box.top - 3 || bottom > box.bottom + 3);
        return isWide || isHigh;
    };
    const isCut = (text) => {
        const parent = text.parentElement;
        if (!text.data.trim() || parent.closest('.visually-hidden, .folded')) return false;
        if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
        const range = document.createRange();
        range.selectNodeContents(text);
        const lines = [...range.getClientRects()].filter(({ width }) => width > 1);
        for (let around = parent; around !== document.body; around = around.parentElement) {
            const mayEnd = around.matches(elided);
            if (lines.some((line) => isCutBy(around, line, mayEnd))) return true;
            const { overflowX, overflowY } = getComputedStyle(around);
            if (mayEnd || /auto|scroll/.test(overflowX + overflowY)) return false;
        }
        return false;
    };
    const walker = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) if (isCut(walker.currentNode)) found.push(walker.currentNode.data);
    return found;
}";

/// Lines that end in an ellipsis where there is no more room, and where all of it is: names in the details, and texts where they
/// were said.
const ELIDED: &str = ":is(.row-name, .bar h1) > bdi, .row-name, .row-text, .bar h1, .bar .activity, .byline b, .quoted b, \
    .quoted-text";

#[tokio::test(flavor = "multi_thread")]
async fn with_wide_letters_no_text_is_cut_off() {
    let options = Options::phone().script(WIDE_LETTERS);
    let Some(home) = Home::set(options).await else {
        return;
    };
    let person = &home.person;
    home.on_each_screen(async |screen| {
        let spacing = "getComputedStyle(document.querySelector('h1')).letterSpacing";
        assert_ne!(person.eval::<String>(spacing).await, "normal");
        let cut: Vec<String> = person.call(CUT, json!([ELIDED])).await;
        assert!(cut.is_empty(), "{screen} cuts off {cut:#?}");
        let wide: Vec<String> = person.call(TOO_WIDE, json!([])).await;
        assert!(wide.is_empty(), "{screen} is too wide: {wide:#?}");
    })
    .await;
    person.assert_console_clean(&[]).await;
}

/// Notes what moves, and for how long; and what scrolls other than at once.
const WATCH: &str = "
    window.moved = {};
    for (const kind of ['transitionrun', 'animationstart']) addEventListener(kind, (event) => {
        const name = event.propertyName ?? event.animationName;
        const times = event.target.getAnimations({ subtree: true }).map(({ effect }) => Number(effect.getTiming().duration));
        window.moved[name] = Math.max(window.moved[name] ?? 0, ...times);
    }, true);
    for (const name of ['scroll', 'scrollTo', 'scrollBy', 'scrollIntoView']) {
        const own = Element.prototype[name];
        Element.prototype[name] = function (...how) {
            if (how.some((each) => each?.behavior === 'smooth')) window.moved[name] = 1000;
            return own.apply(this, how);
        };
    }";

/// What has moved on the screens and in what one does most: writing, sending, and opening a menu and a dialog.
async fn moves(home: &Home) -> BTreeMap<String, f64> {
    let person = &home.person;
    let mut moved = BTreeMap::new();
    home.on_each_screen(async |screen| {
        if screen == "conversation" {
            person.say("On my way").await;
            person.sees_message("On my way").await;
        }
        // What has begun is told with the next frame.
        person
            .eval::<Value>("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))")
            .await;
        moved.extend(person.eval::<BTreeMap<String, f64>>("window.moved").await);
        let smooth = "[...document.querySelectorAll('*')].filter((each) => getComputedStyle(each).scrollBehavior !== 'auto').length";
        assert_eq!(person.eval::<usize>(smooth).await, 0, "{screen}");
    })
    .await;
    moved.retain(|_, time| *time > 0.0);
    moved
}

#[tokio::test(flavor = "multi_thread")]
async fn where_motion_is_turned_off_nothing_moves() {
    let Some(home) = Home::set(Options::desktop().script(WATCH)).await else {
        return;
    };
    ask_for(&home.person, &[("prefers-reduced-motion", "reduce")]).await;
    assert_eq!(moves(&home).await, BTreeMap::new());
    // It would have been seen.
    ask_for(&home.person, &[("prefers-reduced-motion", "no-preference")]).await;
    home.person
        .cdp("Network.clearBrowserCookies", json!({}))
        .await;
    let moved = moves(&home).await;
    for each in ["open-menu", "opacity", "rise"] {
        assert!(moved.contains_key(each), "{moved:?}");
    }
}

/// What the paper says, read back from a PDF.
async fn printed(person: &Session) -> Option<String> {
    if on_path("pdftotext").is_none() {
        skip("pdftotext isn't installed (poppler-utils)");
        return None;
    }
    let printed = person.cdp("Page.printToPDF", json!({})).await;
    let document = printed["data"].as_str().expect("a document");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("conversation.pdf");
    fs::write(&file, STANDARD.decode(document).expect("base64")).expect("a file");
    let text = Command::new("pdftotext").arg(&file).arg("-").output();
    let text = text.expect("pdftotext").stdout;
    Some(String::from_utf8(text).expect("a text"))
}

/// Texts on paper that aren't dark on white.
const PALE: &str = "() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const contrast = (color) => {
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255)
            .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
    };
    return [...document.body.querySelectorAll('*')].filter((each) => each.checkVisibility()
        && [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
        && contrast(getComputedStyle(each).color) < 4.5).map((each) => each.outerHTML.slice(0, 200));
}";

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_on_paper_has_all_its_words_and_no_others() {
    let Some(home) = Home::set(Options::desktop()).await else {
        return;
    };
    let person = &home.person;
    home.take_token().await;
    // Who likes it dark doesn't print so.
    person.open("/settings").await;
    person.click("radio", "Dark").await;
    home.open_conversation().await;
    person.reads("Show more").await;
    let Some(paper) = printed(person).await else {
        return;
    };
    let last = format!("Line {}", LINES - 1);
    for said in [
        "jane",
        "Did you feed the cat?",
        "Twice. She has talent",
        "See https://example.org/maps",
        "Line 0",
        &last,
        "tent",
        "stove",
        "soup",
    ] {
        assert!(paper.contains(said), "{said:?} isn't in {paper}");
    }
    for other in [
        "victor",
        "The lake",
        "Tincan",
        "Settings",
        "Write a message",
        "Show more",
        "Sent",
    ] {
        assert!(!paper.contains(other), "{other:?} is in {paper}");
    }
    let print = json!({ "media": "print" });
    person.cdp("Emulation.setEmulatedMedia", print).await;
    let pale: Vec<String> = person.call(PALE, json!([])).await;
    assert!(pale.is_empty(), "{pale:#?}");
}
