//! Whether a file has this program’s schema, and nothing else but Litestream’s. A trigger that somebody else has added could
//! make anybody an administrator.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::store::{engine::migrate, schema::SCHEMA};

/// The tables that Litestream makes in each database that it follows. Its replicas have them, too.
const OF_LITESTREAM: &str = "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER);
    CREATE TABLE _litestream_lock (id INTEGER)";

/// How the schema of a database differs from that of its version: a sentence for each difference, up to ten.
pub(super) fn differences(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let expected = pieces(&migrate::expected(connection, &SCHEMA)?)?;
    let litestream = Connection::open_in_memory()?;
    litestream.execute_batch(OF_LITESTREAM)?;
    let allowed = pieces(&litestream)?;
    let found = pieces(connection)?;
    let added = found.difference(&expected);
    let added = added.filter(|piece| !allowed.contains(piece));
    let added = added.map(|piece| ("has", piece));
    let missing = expected.difference(&found).map(|piece| ("lacks", piece));
    let differences = added.chain(missing).take(10).map(|(verb, piece)| {
        let (of, definition) = piece;
        format!("the schema isn’t this program’s: {of} {verb} “{definition}”")
    });
    Ok(differences.collect())
}

/// All that a schema consists of: what it is a part of, and its definition. `ALTER TABLE` writes a table’s columns behind its
/// constraints, so the statements that are kept can’t be compared as they are.
fn pieces(connection: &Connection) -> rusqlite::Result<BTreeSet<(String, String)>> {
    // SQLite’s own tables are those that it makes by itself.
    let mut statement = connection.prepare(
        "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'",
    )?;
    let mut rows = statement.query([])?;
    let mut pieces = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let (of, sql): (String, String) = (row.get(0)?, row.get(1)?);
        pieces.extend(
            definitions(&sql)
                .into_iter()
                .map(|piece| (of.clone(), piece)),
        );
    }
    Ok(pieces)
}

/// The definitions in a `CREATE` statement: its columns and constraints, and what is around them, without comments and
/// however they are spaced.
fn definitions(sql: &str) -> Vec<String> {
    let lines = sql
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default());
    let words = lines.flat_map(str::split_whitespace);
    let text = words.collect::<Vec<_>>().join(" ").replace('"', "");
    let (mut definitions, mut depth) = (vec![String::new()], 0);
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        match (c, depth) {
            (',' | '(', 1) | (')', 0) => definitions.push(String::new()),
            _ => {
                if let Some(last) = definitions.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    let trimmed = definitions.iter().map(|part| part.trim().to_owned());
    trimmed.filter(|part| !part.is_empty()).collect()
}
