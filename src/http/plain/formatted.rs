//! Texts as HTML.

use std::ops::Range;

use maud::{Markup, html};

use crate::text::{Block, Inline, parse, shown_address};

/// A text as whoever wrote it means it. `mentions` are in UTF-16 code units of the text, and `mention` says how the one
/// with an index is shown.
pub fn formatted(
    text: &str,
    mentions: &[Range<usize>],
    mention: &dyn Fn(usize) -> Markup,
) -> Markup {
    match parse(text, mentions).as_slice() {
        // Alone, a paragraph is what it is in.
        [Block::Paragraph(parts)] => inline(parts, mention),
        blocks => html! {
            @for each in blocks { (block(each, Some("auto"), mention)) }
        },
    }
}

/// What isn’t in another block has a direction of its own.
fn block(block: &Block, dir: Option<&str>, mention: &dyn Fn(usize) -> Markup) -> Markup {
    let inner = |blocks: &[Block]| {
        html! {
            @for each in blocks { (self::block(each, None, mention)) }
        }
    };
    html! {
        @match block {
            Block::Paragraph(parts) => p dir=[dir] { (inline(parts, mention)) },
            Block::Code { code, language } => {
                @if !language.is_empty() { small { (language) } }
                pre dir="ltr" translate="no" { code { (code) } }
            },
            Block::Quote(blocks) => blockquote dir=[dir] { (inner(blocks)) },
            Block::List(items) => {
                @if items.first().is_some_and(|item| item.number.is_some()) {
                    ol dir=[dir] { @for item in items { li value=[item.number] { (inner(&item.blocks)) } } }
                } @else {
                    ul dir=[dir] { @for item in items { li { (inner(&item.blocks)) } } }
                }
            },
        }
    }
}

fn inline(parts: &[Inline], mention: &dyn Fn(usize) -> Markup) -> Markup {
    html! {
        @for part in parts {
            @match part {
                Inline::Text(text) => (with_breaks(text)),
                Inline::Bold(parts) => b { (inline(parts, mention)) },
                Inline::Italics(parts) => i { (inline(parts, mention)) },
                Inline::Code(code) => code dir="ltr" translate="no" { (code) },
                Inline::Link(address) => {
                    a href=(address) rel="noopener noreferrer" { (shown_address(address)) }
                },
                Inline::Mention(index) => (mention(*index)),
            }
        }
    }
}

/// Browsers in a terminal don’t know that line breaks are to be kept.
fn with_breaks(text: &str) -> Markup {
    html! {
        @for (index, line) in text.split('\n').enumerate() {
            @if index > 0 { br; }
            (line)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        formatted(text, &[], &|_| html! {}).into_string()
    }

    #[test]
    fn a_text_is_made_of_elements_that_say_what_they_are() {
        for (text, expected) in [
            ("a\nb", "a<br>b"),
            ("a\r\n\r\nb", "a<br><br>b"),
            (
                "**_<a>_** `b`",
                r#"<b><i>&lt;a&gt;</i></b> <code dir="ltr" translate="no">b</code>"#,
            ),
            (
                "> a\n- b\n7. c",
                "<blockquote dir=\"auto\"><p>a</p></blockquote><ul dir=\"auto\"><li><p>b</p></li></ul>\
                 <ol dir=\"auto\"><li value=\"7\"><p>c</p></li></ol>",
            ),
            (
                "```js\n1 < 2\n```",
                r#"<small>js</small><pre dir="ltr" translate="no"><code>1 &lt; 2</code></pre>"#,
            ),
            (
                "https://example.org/\u{202e}gro.live",
                "<a href=\"https://example.org/\u{202e}gro.live\" rel=\"noopener noreferrer\">\
                 https://example.org/%E2%80%AEgro.live</a>",
            ),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn mentions_are_shown_wherever_they_are() {
        let name = |index| html! { b.mention { (index) } };
        let shown = formatted("👋 **@jane** @all", &[5..10, 13..17], &name).into_string();
        let expected = r#"👋 <b><b class="mention">0</b></b> <b class="mention">1</b>"#;
        assert_eq!(shown, expected);
    }
}
