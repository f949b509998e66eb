//! Tables for a terminal.

use icu_properties::{CodePointSetData, props::BidiControl};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

/// A table with a row for each object in the array `value`. Each column is a heading and a field.
pub fn table(columns: &[(&str, &str)], value: &Value) -> String {
    let headings = columns.iter().map(|(heading, _)| (*heading).to_owned());
    let mut rows: Vec<Vec<String>> = vec![headings.collect()];
    for row in value.as_array().into_iter().flatten() {
        rows.push(
            columns
                .iter()
                .map(|(_, field)| cell(&row[*field]))
                .collect(),
        );
    }
    aligned(&rows)
}

/// One line for each name and its value.
pub fn lines(lines: &[(&str, String)]) -> String {
    let rows = lines.iter();
    let rows: Vec<_> = rows
        .map(|(name, value)| vec![(*name).to_owned(), harmless(value)])
        .collect();
    aligned(&rows)
}

/// A text that may come from anybody, without what a terminal obeys: control characters, and those that change the direction
/// of what is around them (UAX #9), so that one column could pose as another.
fn harmless(text: &str) -> String {
    let bidi = CodePointSetData::new::<BidiControl>();
    text.chars()
        .filter(|c| !c.is_control() && !bidi.contains(*c))
        .collect()
}

/// Rows with their columns aligned. All rows have the same number of cells.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].width())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line += cell;
            line += &" ".repeat(width - cell.width() + 2);
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

pub fn cell(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(false) => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::String(text) => harmless(text),
        Value::Object(object) => object.get("username").map_or_else(String::new, cell),
        other => other.to_string(),
    }
}
