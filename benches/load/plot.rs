//! The picture of cost against size: panels below each other, so that it can be read on a phone. It
//! is small enough to be written as it is, and so it has what a picture in a README needs: a text for
//! those who don't see it, and colours for light and dark.

use maud::{Markup, PreEscaped, html};

use crate::report::{Spread, number};

/// One thing, measured at several sizes.
pub struct Panel {
    pub title: &'static str,
    /// What there is more and more of.
    pub sizes: &'static str,
    pub lines: Vec<Line>,
}

pub struct Line {
    pub what: &'static str,
    /// What stands at its end.
    pub label: &'static str,
    pub kind: Kind,
    /// Sizes, from small to large, each with its rounds in µs.
    pub points: Vec<(usize, Vec<f64>)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Own,
    Ceiling,
}

/// In the units of the picture, as are all that follow.
const WIDTH: usize = 520;
/// Of the title.
const HEAD: usize = 58;
/// Of a panel: as a whole, and the part that lies above the ground of its curves.
const PANEL: usize = 158;
const GROUND: f64 = 118.0;
const CURVES: f64 = 84.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 362.0;
/// Between a point and the text beside it.
const ASIDE: f64 = 11.0;
/// Where the last size has ended, which may be a million.
const SIZES: f64 = 398.0;
/// From one text to the next below it.
const TEXT_LINE: f64 = 16.0;
/// The middle of the lowest text beside a point: below it stand the sizes.
const LOWEST: f64 = GROUND - 5.0;
/// From the middle of a digit down to where it stands.
const HALF_DIGIT: f64 = 4.5;

/// The colours are those of the UI. The ground is painted, as a page may be light where the system is
/// dark.
const STYLE: &str = "
text { font: 13px system-ui, sans-serif; fill: #565e6c }
.paper { fill: #fffefb; stroke: #d6d3c8 }
.title { font-size: 16px; font-weight: 600; fill: #1e2430 }
.panel { font-size: 14px; font-weight: 600; fill: #1e2430 }
.axis { stroke: #8a8778 }
.line { fill: none; stroke-width: 2 }
.own { stroke: #0a6560 }
.ceiling { stroke: #565e6c }
.line.ceiling { stroke-width: 1.5; stroke-dasharray: 5 4 }
circle.own { fill: #0a6560 }
circle.ceiling { fill: #fffefb }
text.own { fill: #0a6560; stroke: none; font-weight: 600 }
text.ceiling { stroke: none }
.start { text-anchor: end }
.size { font-size: 12px; text-anchor: middle }
@media (prefers-color-scheme: dark) {
text { fill: #a2adbc }
.paper { fill: #1a1f26; stroke: #343d49 }
.title, .panel { fill: #e6e9ee }
.axis { stroke: #6f7b8c }
.own { stroke: #62cfc1 }
.ceiling { stroke: #a2adbc }
circle.own, text.own { fill: #62cfc1 }
circle.ceiling { fill: #1a1f26 }
}
";

/// The picture, as a file of its own.
pub fn svg(panels: &[Panel]) -> String {
    const TITLE: &str = "Processor time of the server, by size";

    let height = HEAD + PANEL * panels.len();
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(WIDTH) height=(height)
            viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-labelledby="title description" {
            title id="title" { (TITLE) }
            desc id="description" { @for panel in panels { (description(panel)) } }
            style { (PreEscaped(STYLE)) }
            rect class="paper" x="0.5" y="0.5" width=(WIDTH - 1) height=(height - 1) rx="8" {}
            text class="title" x="16" y="29" { (TITLE) }
            text x="16" y="48" { "Medians, with the least and the most; each scale begins at 0." }
            @for (index, panel) in panels.iter().enumerate() {
                (PreEscaped("\n"))
                g transform={ "translate(0 " (HEAD + PANEL * index) ")" } { (drawn(panel)) }
            }
        }
    };
    picture.into_string() + "\n"
}

/// What the picture shows, for those who don't see it.
fn description(panel: &Panel) -> String {
    let lines = panel.lines.iter().map(|line| {
        let ends = [line.points.first(), line.points.last()].into_iter();
        let ends = ends.flatten().filter_map(|(size, rounds)| {
            let median = number(Spread::of(rounds)?.median);
            Some(format!(
                "{median} µs at {} {}",
                number(*size as f64),
                panel.sizes
            ))
        });
        format!("{} {}", line.label, ends.collect::<Vec<_>>().join(", "))
    });
    format!(
        "{}: {}. ",
        panel.title,
        lines.collect::<Vec<_>>().join("; ")
    )
}

/// A line's class, its points, and the text at its end.
struct Curve {
    class: &'static str,
    label: &'static str,
    points: Vec<(f64, Spread)>,
}

fn drawn(panel: &Panel) -> Markup {
    let sizes: Vec<_> = panel.lines.first().map_or(Vec::new(), |line| {
        line.points.iter().map(|(size, _)| *size).collect()
    });
    let log = |size: Option<&usize>| size.map_or(0.0, |size| (*size as f64).log10());
    let (least, most) = (log(sizes.first()), log(sizes.last()));
    let x = |size| LEFT + (RIGHT - LEFT) * (log(Some(size)) - least) / (most - least);

    let curves: Vec<_> = panel
        .lines
        .iter()
        .map(|line| Curve {
            class: match line.kind {
                Kind::Own => "own",
                Kind::Ceiling => "ceiling",
            },
            label: line.label,
            points: line
                .points
                .iter()
                .filter_map(|(size, rounds)| Some((x(size), Spread::of(rounds)?)))
                .collect(),
        })
        .collect();
    let spreads = curves.iter().flat_map(|curve| &curve.points);
    let top = spreads.fold(f64::MIN_POSITIVE, |top, (_, spread)| top.max(spread.max));
    // Less than nothing is a clock that is too coarse.
    let y = |value: f64| GROUND - CURVES * value.max(0.0) / top;

    html! {
        text class="panel" x="16" y="18" { (panel.title) }
        line class="axis" x1=(LEFT) x2=(RIGHT) y1=(GROUND) y2=(GROUND) {}
        @for size in &sizes {
            line class="axis" x1=(one(x(size))) x2=(one(x(size))) y1=(GROUND) y2=(GROUND + 4.0) {}
            text class="size" x=(one(x(size))) y=(GROUND + 18.0) { (number(*size as f64)) }
        }
        text x=(SIZES) y=(GROUND + 18.0) { (panel.sizes) }
        // Its own last, so that they lie above the others.
        @for Curve { class, points, .. } in curves.iter().rev() {
            @let line = points.iter().map(|(x, spread)| format!("{x:.1},{:.1}", y(spread.median)));
            polyline class={ "line " (class) } points=(line.collect::<Vec<_>>().join(" ")) {}
            @for (x, Spread { median, min, max }) in points {
                line class=(class) x1=(one(*x)) x2=(one(*x)) y1=(one(y(*min))) y2=(one(y(*max))) {}
                circle class=(class) cx=(one(*x)) cy=(one(y(*median))) r="3" {}
            }
        }
        @for (curve, (value, height)) in curves.iter().zip(ends(&curves, y, <[_]>::first)) {
            text class={ "start " (curve.class) } x=(LEFT - ASIDE) y=(one(height)) { (number(value)) }
        }
        @for (curve, (value, height)) in curves.iter().zip(ends(&curves, y, <[_]>::last)) {
            text class=(curve.class) x=(RIGHT + ASIDE) y=(one(height)) { (number(value)) " µs " (curve.label) }
        }
    }
}

/// The values at one end of the curves, and where their texts stand: beside the points, but not above
/// one another.
fn ends(
    curves: &[Curve],
    y: impl Fn(f64) -> f64,
    end: impl Fn(&[(f64, Spread)]) -> Option<&(f64, Spread)>,
) -> Vec<(f64, f64)> {
    let values = curves
        .iter()
        .map(|curve| end(&curve.points).map_or(0.0, |(_, spread)| spread.median));
    let mut ends: Vec<_> = values.map(|value| (value, y(value))).collect();
    let mut downwards: Vec<_> = ends.iter_mut().map(|(_, height)| height).collect();
    downwards.sort_by(|a, b| a.total_cmp(b));
    let mut free = f64::NEG_INFINITY;
    for height in &mut downwards {
        **height = height.max(free);
        free = **height + TEXT_LINE;
    }
    let mut free = LOWEST;
    for height in downwards.into_iter().rev() {
        *height = height.min(free);
        free = *height - TEXT_LINE;
        *height += HALF_DIGIT;
    }
    ends
}

/// With as many digits as can be seen.
fn one(value: f64) -> String {
    format!("{value:.1}")
}
