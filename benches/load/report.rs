//! What was measured, beside what could be had: the table for people and the one line of JSON.

use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{like::Bounding, machine::Machine};

/// The median of several rounds, and how far they lay apart.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Serialize for Spread {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Spread", 3)?;
        object.serialize_field("median", &rounded(self.median))?;
        object.serialize_field("min", &rounded(self.min))?;
        object.serialize_field("max", &rounded(self.max))?;
        object.end()
    }
}

/// No figure here has more than four digits that mean something.
fn rounded(value: f64) -> f64 {
    let places = 3.0 - value.abs().log10().floor();
    let scale = 10_f64.powf(places.clamp(0.0, 9.0));
    (value * scale).round() / scale
}

impl Spread {
    /// `None` of nothing.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match values.len() {
            0 => return None,
            length if length % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
            _ => values[middle],
        };
        Some(Self {
            median,
            min: values[0],
            max: values[values.len() - 1],
        })
    }
}

/// What a figure is meant to be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }

    fn show(self, value: f64) -> String {
        let (sign, goal) = match self {
            Self::AtMost(most) => ('≤', most),
            Self::AtLeast(least) => ('≥', least),
        };
        let verdict = if self.is_met(value) { '✓' } else { '✗' };
        format!("{sign} {} {verdict}", number(goal))
    }
}

/// What the figure could be at best, and how near it comes: both of the same rounds.
#[derive(Clone, Debug, Serialize)]
struct Ceiling {
    name: &'static str,
    value: Spread,
    ratio: Spread,
}

/// One thing measured, in as many rounds as there were.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    name: String,
    unit: &'static str,
    value: Spread,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<Goal>,
    /// Of the ratio to the last ceiling.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio_goal: Option<Goal>,
    ceilings: Vec<Ceiling>,
    #[serde(skip)]
    rounds: Vec<f64>,
}

impl Figure {
    /// # Errors
    /// Where no round has given a value.
    pub fn new(
        name: impl Into<String>,
        unit: &'static str,
        rounds: Vec<f64>,
    ) -> anyhow::Result<Self> {
        let name = name.into();
        let value = Spread::of(&rounds)
            .ok_or_else(|| anyhow::anyhow!("nothing was measured for “{name}”"))?;
        Ok(Self {
            name,
            unit,
            value,
            goal: None,
            ratio_goal: None,
            ceilings: Vec::new(),
            rounds,
        })
    }

    pub fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// What the ratio to the last ceiling is meant to be.
    pub fn goal_of_ratio(mut self, goal: Goal) -> Self {
        self.ratio_goal = Some(goal);
        self
    }

    /// Sets the figure beside `rounds` of a ceiling: the same rounds, so that each ratio is of two
    /// neighbours in time.
    pub fn beside(mut self, name: &'static str, rounds: &[f64]) -> Self {
        let ratios: Vec<f64> = self
            .rounds
            .iter()
            .zip(rounds)
            .map(|(own, ceiling)| own / ceiling)
            .filter(|ratio| ratio.is_finite())
            .collect();
        if let (Some(value), Some(ratio)) = (Spread::of(rounds), Spread::of(&ratios)) {
            self.ceilings.push(Ceiling { name, value, ratio });
        }
        self
    }

    fn rows(&self) -> Vec<[String; 5]> {
        let name = if self.unit.is_empty() {
            self.name.clone()
        } else {
            format!("{}, {}", self.name, self.unit)
        };
        let goal = self
            .goal
            .map_or_else(String::new, |goal| goal.show(self.value.median));
        let mut rows = vec![[name, spread(self.value), goal, String::new(), String::new()]];
        for (index, Ceiling { name, value, ratio }) in self.ceilings.iter().enumerate() {
            if index > 0 {
                rows.push(Default::default());
            }
            rows[index][3] = format!("{name}: {}", spread(*value));
            rows[index][4] = format!("{:.2}", ratio.median);
        }
        if let (Some(goal), Some(Ceiling { ratio, .. }), Some(row)) =
            (self.ratio_goal, self.ceilings.last(), rows.last_mut())
        {
            row[4] = format!("{}, {}", row[4], goal.show(ratio.median));
        }
        rows
    }
}

/// The figures of one section.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    title: &'static str,
    figures: Vec<Figure>,
    /// What a reader has to know to read the figures.
    #[serde(skip)]
    notes: Vec<String>,
}

impl Section {
    pub fn new(title: &'static str) -> Self {
        Self {
            title,
            figures: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub fn add(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// Without what the figures are meant to be: on another machine than the one that it's meant for.
    pub fn without_goals(mut self) -> Self {
        for figure in &mut self.figures {
            figure.goal = None;
            figure.ratio_goal = None;
        }
        self
    }

    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// A Markdown table that is aligned as plain text, too.
    pub fn table(&self) -> String {
        let head = [self.title, "median (min–max)", "goal", "ceiling", "ratio"].map(str::to_owned);
        let mut rows = vec![head];
        rows.extend(self.figures.iter().flat_map(Figure::rows));
        let widths: [usize; 5] = std::array::from_fn(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or_default()
        });
        let mut lines = Vec::with_capacity(rows.len() + 1);
        for row in &rows {
            let cells = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:<width$}"));
            lines.push(format!("| {} |", cells.collect::<Vec<_>>().join(" | ")));
        }
        let rule = widths.map(|width| "-".repeat(width)).join(" | ");
        lines.insert(1, format!("| {rule} |"));
        let notes = self.notes.iter().map(|note| format!("\n{note}"));
        lines.join("\n") + "\n" + &notes.collect::<String>()
    }
}

/// Everything of one run.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    pub version: &'static str,
    pub machine: &'a Machine,
    /// What the servers were bounded to, where they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<&'a Bounding>,
    pub quick: bool,
    pub rounds: usize,
    pub seconds: f64,
    pub sections: &'a [Section],
}

fn spread(Spread { median, min, max }: Spread) -> String {
    if number(min) == number(max) {
        return number(median);
    }
    format!("{} ({}–{})", number(median), number(min), number(max))
}

/// Three digits that count, and thousands apart.
pub fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, fraction.trim_end_matches('0')),
        None => (text.as_str(), ""),
    };
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len() - index;
        if index > 0 && left % 3 == 0 && digit.is_ascii_digit() && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}
