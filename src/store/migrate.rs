//! Which schema a file has, and how an older one becomes the present one: all of a migration or
//! nothing of it, with a copy of the file kept beside it.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::open::{OpenError, with_suffix};

/// The whole present schema.
const SCHEMA: &str = include_str!("../../schema.sql");
/// Marks a file as Tincan's: `TinC` in ASCII (<https://www.sqlite.org/pragma.html#pragma_application_id>).
const APPLICATION_ID: i32 = 0x5469_6e43;
/// `STEPS[n]` takes a file from version n + 1 to n + 2.
const STEPS: &[&str] = &[];

/// Refuses a file that this program can't read, before anything is written to it.
pub(super) fn check_version(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let found = Version::of(connection).map_err(|error| OpenError::from_sqlite(path, &error))?;
    if found.is_foreign {
        return Err(OpenError::Foreign {
            path: path.to_owned(),
        });
    }
    let known = present_version(STEPS);
    if found.number > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: found.number,
            known,
        });
    }
    Ok(())
}

/// Brings the file to the present schema.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    migrate_by(STEPS, connection, path).map_err(|error| OpenError::from_sqlite(path, &error))
}

fn migrate_by(steps: &[&str], connection: &mut Connection, path: &Path) -> rusqlite::Result<()> {
    let Version { number: found, .. } = Version::of(connection)?;
    let present = present_version(steps);
    if found == present {
        return Ok(());
    }
    if found > 0 {
        keep_copy(connection, path, found)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if found == 0 {
        create(&transaction)?;
    } else {
        let done = usize::try_from(found - 1).unwrap_or(0);
        for step in &steps[done..] {
            transaction.execute_batch(step)?;
        }
    }
    transaction.pragma_update(None, "user_version", present)?;
    transaction.commit()?;
    if found > 0 {
        tracing::info!(
            from = found,
            to = present,
            "the database's schema was brought up to date"
        );
    }
    Ok(())
}

fn create(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    // Positive, because a cursor shows it in hexadecimal without a sign.
    transaction.execute(
        "INSERT INTO clock VALUES (1, random() & 0x7fffffffffffffff, 0)",
        [],
    )?;
    Ok(())
}

/// Keeps the file as it is now as `tincan.db.v1`; a copy that an attempt before left is made anew.
fn keep_copy(connection: &Connection, path: &Path, version: i32) -> rusqlite::Result<()> {
    let copy = with_suffix(path, &format!(".v{version}"));
    // VACUUM INTO wants a file that isn't there; a missing one is the usual case.
    let _ = std::fs::remove_file(&copy);
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    // VACUUM INTO leaves the syncing to whoever wants the copy to outlive a power cut.
    let synced = std::fs::File::open(&copy).and_then(|copy| copy.sync_all());
    synced.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    tracing::info!(copy = %copy.display(), "kept a copy of the database before changing its schema");
    Ok(())
}

fn present_version(steps: &[&str]) -> i32 {
    1 + i32::try_from(steps.len()).unwrap_or(i32::MAX - 1)
}

struct Version {
    /// 0 is an empty file.
    number: i32,
    is_foreign: bool,
}

impl Version {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let number = pragma("user_version")?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(Self {
            number,
            is_foreign: tables > 0 && pragma("application_id")? != APPLICATION_ID,
        })
    }
}
