//! The version of a file's schema, and migrations. Pending migrations run in one transaction, after a copy of the file
//! was made beside it.

use std::{collections::BTreeSet, path::Path};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{error::OpenError, path::with_suffix, sequence};

/// What a file is for. It is marked with it (<https://www.sqlite.org/pragma.html#pragma_application_id>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// People’s messages.
    Service,
    /// Development, where anybody may sign in as anybody.
    Development,
}

impl Purpose {
    /// `TinC` and `TinD` in ASCII.
    fn application_id(self) -> i32 {
        match self {
            Self::Service => 0x5469_6e43,
            Self::Development => 0x5469_6e44,
        }
    }
}

/// The schema of a database.
pub struct Schema<'a> {
    /// The whole schema, from which new files are created.
    pub whole: &'a str,
    /// In order. A file's version is the number of migrations that it has had. New files start at the latest version.
    pub migrations: &'a [&'a str],
    /// Adds the SQL functions that migrations use.
    pub functions: fn(&Connection) -> rusqlite::Result<()>,
    pub index: Index<'a>,
}

/// What a database has only for speed. If it is damaged, nothing is lost.
pub struct Index<'a> {
    /// The tables that it consists of, the virtual one first.
    pub tables: &'a [&'a str],
    /// Replaces it by an empty one, outside of a transaction.
    pub rebuild: fn(&Connection) -> rusqlite::Result<()>,
}

impl Schema<'_> {
    fn version(&self) -> i32 {
        i32::try_from(self.migrations.len()).unwrap_or(i32::MAX)
    }
}

/// Refuses a file that this program can't read, before anything is written to it.
pub fn check_version(
    connection: &Connection,
    path: &Path,
    schema: &Schema<'_>,
) -> Result<(), OpenError> {
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    let found = Version::of(connection).map_err(in_context)?;
    if found.is_foreign {
        let path = path.to_owned();
        let pragmas = missing_mark(connection, &found, schema).map_err(in_context)?;
        return Err(match pragmas {
            Some(pragmas) => OpenError::Unmarked { path, pragmas },
            None => OpenError::Foreign { path },
        });
    }
    let known = schema.version();
    if found.number > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: found.number,
            known,
        });
    }
    Ok(())
}

/// Refuses a file that was made for something else.
pub fn check_purpose(
    connection: &Connection,
    path: &Path,
    wanted: Purpose,
) -> Result<(), OpenError> {
    let found = Version::of(connection).map_err(|error| OpenError::from_sqlite(path, &error))?;
    match found.purpose {
        Some(found) if found != wanted => Err(OpenError::Purpose {
            path: path.to_owned(),
            found,
        }),
        _ => Ok(()),
    }
}

/// Whether the file has the current schema.
pub fn is_present(connection: &Connection, schema: &Schema<'_>) -> rusqlite::Result<bool> {
    Ok(Version::of(connection)?.number == schema.version())
}

/// The statements that mark a file again that has this program’s tables and no program’s mark. None for any other file.
fn missing_mark(
    connection: &Connection,
    found: &Version,
    schema: &Schema<'_>,
) -> rusqlite::Result<Option<String>> {
    if !found.is_unmarked {
        return Ok(None);
    }
    let kept = columns(connection)?;
    let mut newest = None;
    let mut before = BTreeSet::new();
    for version in 1..=schema.version() {
        let expected = columns(&empty(version, schema)?)?;
        // A version that only changed data can’t be told from the one before, whose migration then runs again.
        if expected != before && expected.is_subset(&kept) {
            newest = Some(version);
        }
        before = expected;
    }
    Ok(newest.map(|version| {
        let mark = Purpose::Service.application_id();
        if found.number == 0 {
            format!("PRAGMA application_id = {mark}; PRAGMA user_version = {version}")
        } else {
            format!("PRAGMA application_id = {mark}")
        }
    }))
}

/// The tables, indexes and views of a file, and the columns that they have.
fn columns(connection: &Connection) -> rusqlite::Result<BTreeSet<(String, Option<String>)>> {
    let mut statement = connection.prepare(
        "SELECT kept.name, of_table.name FROM sqlite_schema kept LEFT JOIN pragma_table_info(kept.name) of_table
         WHERE kept.rootpage > 0 OR kept.type = 'view'",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// An empty database with the schema of the same version as a file has.
pub fn expected(of: &Connection, schema: &Schema<'_>) -> rusqlite::Result<Connection> {
    empty(Version::of(of)?.number, schema)
}

/// An empty database of a version.
fn empty(version: i32, schema: &Schema<'_>) -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    if version == schema.version() {
        connection.execute_batch(schema.whole)?;
        return Ok(connection);
    }
    (schema.functions)(&connection)?;
    let done = usize::try_from(version).unwrap_or(0);
    for migration in schema.migrations.iter().take(done) {
        connection.execute_batch(migration)?;
    }
    Ok(connection)
}

/// Brings the file to the current schema. A new one is marked with its purpose.
pub fn migrate(
    connection: &mut Connection,
    path: &Path,
    schema: &Schema<'_>,
    purpose: Purpose,
) -> Result<(), OpenError> {
    migrate_by(schema, connection, path, purpose)
        .map_err(|error| OpenError::from_sqlite(path, &error))
}

fn migrate_by(
    schema: &Schema<'_>,
    connection: &mut Connection,
    path: &Path,
    purpose: Purpose,
) -> rusqlite::Result<()> {
    let Version { number: found, .. } = Version::of(connection)?;
    let present = schema.version();
    if found == present {
        return Ok(());
    }
    if found > 0 {
        keep_copy(connection, path, found)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if found == 0 {
        create(&transaction, schema, purpose)?;
    } else {
        (schema.functions)(&transaction)?;
        let done = usize::try_from(found).unwrap_or(0);
        for migration in &schema.migrations[done..] {
            transaction.execute_batch(migration)?;
        }
    }
    transaction.pragma_update(None, "user_version", present)?;
    transaction.commit()?;
    if found > 0 {
        tracing::info!(from = found, to = present, "upgraded the database’s schema");
    }
    Ok(())
}

fn create(
    transaction: &Transaction<'_>,
    schema: &Schema<'_>,
    purpose: Purpose,
) -> rusqlite::Result<()> {
    transaction.execute_batch(schema.whole)?;
    mark(transaction, purpose)?;
    sequence::create(transaction)
}

/// Says in the file what it is for.
pub fn mark(connection: &Connection, purpose: Purpose) -> rusqlite::Result<()> {
    connection.pragma_update(None, "application_id", purpose.application_id())
}

/// Copies the file to `tincan.db.v1`, with its version, and replaces a copy from an earlier attempt.
fn keep_copy(connection: &Connection, path: &Path, version: i32) -> rusqlite::Result<()> {
    let copy = with_suffix(path, &format!(".v{version}"));
    // VACUUM INTO needs a missing or empty file. Usually there is none to remove.
    let _ = std::fs::remove_file(&copy);
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    // VACUUM INTO doesn't sync the copy. Windows only lets sync who may write.
    let opened = std::fs::OpenOptions::new().write(true).open(&copy);
    let synced = opened.and_then(|copy| copy.sync_all());
    synced.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    tracing::info!(copy = %copy.display(), "backed up the database before upgrading its schema");
    Ok(())
}

struct Version {
    /// 0 for an empty file.
    number: i32,
    /// None for an empty file, and for one of another program.
    purpose: Option<Purpose>,
    is_foreign: bool,
    /// Whether it isn’t any program’s by its mark.
    is_unmarked: bool,
}

impl Version {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let number = pragma("user_version")?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let id = pragma("application_id")?;
        let purpose = [Purpose::Service, Purpose::Development]
            .into_iter()
            .find(|purpose| purpose.application_id() == id);
        Ok(Self {
            number,
            purpose,
            is_foreign: tables > 0 && purpose.is_none(),
            is_unmarked: id == 0,
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const WHOLE: &str = "
        CREATE TABLE sequence (only_row INTEGER PRIMARY KEY, epoch INTEGER, last_id INTEGER, probed_at INTEGER);
        CREATE TABLE users (username TEXT)";
    /// A placeholder for the first migration, which never runs because new files are created from the whole schema.
    const FIRST: &str = "";

    fn migrate_by(
        migrations: &[&str],
        connection: &mut Connection,
        path: &Path,
    ) -> rusqlite::Result<()> {
        let schema = Schema {
            whole: WHOLE,
            migrations,
            functions: |_| Ok(()),
            index: Index {
                tables: &[],
                rebuild: |_| Ok(()),
            },
        };
        super::migrate_by(&schema, connection, path, Purpose::Service)
    }

    /// A file of version 1 with some data, in a temporary folder.
    fn old_file() -> (TempDir, std::path::PathBuf, Connection) {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("tincan.db");
        let mut connection = Connection::open(&path).expect("a file");
        migrate_by(&[FIRST], &mut connection, &path).expect("a new file is made");
        connection
            .execute("INSERT INTO users (username) VALUES ('john')", [])
            .expect("a user");
        (folder, path, connection)
    }

    fn number(connection: &Connection) -> i32 {
        Version::of(connection).expect("a version").number
    }

    /// The columns of `users`, to which the migrations of these tests add.
    fn columns(connection: &Connection) -> Vec<String> {
        let mut statement = connection
            .prepare("SELECT name FROM pragma_table_info('users')")
            .expect("a statement");
        let names = statement.query_map([], |row| row.get(0)).expect("names");
        names.collect::<rusqlite::Result<_>>().expect("names")
    }

    fn usernames(connection: &Connection) -> Vec<String> {
        let mut statement = connection
            .prepare("SELECT username FROM users")
            .expect("a statement");
        let names = statement.query_map([], |row| row.get(0)).expect("names");
        names.collect::<rusqlite::Result<_>>().expect("names")
    }

    #[test]
    fn an_old_file_takes_all_steps_that_it_lacks_and_keeps_what_it_holds() {
        let (_folder, path, mut connection) = old_file();
        let one = "ALTER TABLE users ADD COLUMN one TEXT";
        let two = "ALTER TABLE users ADD COLUMN two TEXT; UPDATE users SET two = one || username";
        migrate_by(&[FIRST, one], &mut connection, &path).expect("one step");
        assert_eq!(number(&connection), 2);
        let three = "ALTER TABLE users ADD COLUMN three TEXT";
        migrate_by(&[FIRST, one, two, three], &mut connection, &path).expect("two more");
        assert_eq!(number(&connection), 4);
        let columns = columns(&connection);
        assert_eq!(columns[columns.len() - 3..], ["one", "two", "three"]);
        assert_eq!(usernames(&connection), ["john"]);
    }

    #[test]
    fn a_file_of_the_present_version_is_left_alone_and_not_copied() {
        let (folder, path, mut connection) = old_file();
        migrate_by(&[FIRST], &mut connection, &path).expect("nothing to do");
        assert_eq!(number(&connection), 1);
        assert!(!folder.path().join("tincan.db.v1").exists());
    }

    #[test]
    fn a_step_that_fails_leaves_the_old_version_and_its_data() {
        let (_folder, path, mut connection) = old_file();
        let before = columns(&connection);
        let good = "ALTER TABLE users ADD COLUMN one TEXT; DELETE FROM users";
        let bad = "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)";
        migrate_by(&[FIRST, good, bad], &mut connection, &path).expect_err("the second step fails");
        drop(connection);

        let mut connection = Connection::open(&path).expect("the file");
        assert_eq!(number(&connection), 1);
        assert_eq!(columns(&connection), before);
        assert_eq!(usernames(&connection), ["john"]);
        let halves: i64 = connection
            .query_row(
                "SELECT count(*) FROM sqlite_schema WHERE name = 'half'",
                [],
                |row| row.get(0),
            )
            .expect("a number");
        assert_eq!(halves, 0);
        // A corrected program continues from there and replaces the copy.
        migrate_by(&[FIRST, good], &mut connection, &path).expect("the step that works");
        assert_eq!(number(&connection), 2);
    }

    #[test]
    fn the_copy_beside_a_migrated_file_is_whole_and_old() {
        let (folder, path, mut connection) = old_file();
        let before = columns(&connection);
        let emptying = "ALTER TABLE users ADD COLUMN one TEXT; DELETE FROM users";
        migrate_by(&[FIRST, emptying], &mut connection, &path).expect("one step");
        assert_eq!(usernames(&connection), Vec::<String>::new());

        let copy = folder.path().join("tincan.db.v1");
        let copy = Connection::open(copy).expect("the copy");
        let verdict: String = copy
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("a verdict");
        assert_eq!(verdict, "ok");
        assert_eq!(number(&copy), 1);
        assert!(!Version::of(&copy).expect("a version").is_foreign);
        assert_eq!(columns(&copy), before);
        assert_eq!(usernames(&copy), ["john"]);
        let epoch = |connection: &Connection| -> i64 {
            connection
                .query_row("SELECT epoch FROM sequence", [], |row| row.get(0))
                .expect("an epoch")
        };
        assert_eq!(epoch(&copy), epoch(&connection));
    }
}
