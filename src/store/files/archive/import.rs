//! Creating a database from an archive: all of it, or nothing.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read},
    ops::ControlFlow,
    path::Path,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rusqlite::{Connection, params_from_iter, types::Value};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::format::{
    ArchiveError, FILES, Field, Kind, MANIFEST, Manifest, PICTURES, ROOM_PICTURES, TABLES, THUMBS,
    Table, VERSION, bad,
};
use super::rules::{
    LINE_BYTES, MANIFEST_BYTES, SHORT_BYTES, is_folder, is_message, open_regular, read_regular,
};
use crate::{
    model::{PICTURE_BYTES, THUMB_BYTES, Timestamp, Username, file_name, picture_type, thumb},
    store::{
        chunks::{self, CHUNK},
        engine::{OpenError, Purpose, migrate, sequence},
        files::{
            backup::{BackupError, OnProgress, Progress, failed, new_copy_beside, verify},
            check,
            open::open_source,
            restore::{put_in_place, with_lock},
        },
        name_parts, reactions,
        schema::{SCHEMA, SYSTEM_MESSAGES},
    },
};

/// The byte order mark, which some editors put at the beginning of a text.
const BOM: &[u8] = "\u{FEFF}".as_bytes();

/// Creates the database at `database`, which must not have any accounts, from the archive in the folder `from`.
pub fn import(
    from: &Path,
    database: &Path,
    on_progress: OnProgress<'_>,
) -> Result<(), ArchiveError> {
    import_with(from, database, None, on_progress)
}

/// What else a database has that is made for a lab, where everything can be repeated.
#[derive(Clone, Copy, Debug)]
pub struct Planted<'a> {
    /// Whoever of them the archive doesn’t have gets an account. The first is an administrator if there is none.
    pub people: &'a [Username],
    /// When these accounts were created.
    pub now: Timestamp,
    /// In place of the numbers that are otherwise random: who knows them can forge cursors and the marks of devices.
    pub epoch: u64,
    pub device_key: [u8; 32],
}

/// Creates a database for a lab, as [`import`] does.
pub fn plant(from: &Path, database: &Path, planted: &Planted<'_>) -> Result<(), ArchiveError> {
    let mut on_progress = |_| ControlFlow::Continue(());
    import_with(from, database, Some(planted), &mut on_progress)
}

fn import_with(
    from: &Path,
    database: &Path,
    planted: Option<&Planted<'_>>,
    on_progress: OnProgress<'_>,
) -> Result<(), ArchiveError> {
    let manifest = read_manifest(&from.join(MANIFEST))?;
    for folder in [PICTURES, ROOM_PICTURES, FILES, THUMBS] {
        let path = from.join(folder);
        if !is_folder(&path) {
            return Err(bad(&path, &"this isn’t a folder"));
        }
    }
    with_lock(database, |place| {
        import_locked(from, &manifest, place, planted, on_progress)
    })
}

fn read_manifest(path: &Path) -> Result<Manifest, ArchiveError> {
    let text = read_regular(path, MANIFEST_BYTES).map_err(|why| bad(path, &why))?;
    let manifest: Manifest = serde_json::from_slice(text.strip_prefix(BOM).unwrap_or(&text))
        .map_err(|_| bad(path, &"this version of Tincan can’t read this archive"))?;
    if !(1..=VERSION).contains(&manifest.tincan_archive) {
        return Err(bad(path, &"this archive is from a newer version of Tincan"));
    }
    if manifest.user.is_some() || manifest.last_id.is_none() {
        let why = "this archive has only what one user can see; import a full export";
        return Err(bad(path, &why));
    }
    Ok(manifest)
}

fn import_locked(
    from: &Path,
    manifest: &Manifest,
    place: &Path,
    planted: Option<&Planted<'_>>,
    on_progress: OnProgress<'_>,
) -> Result<(), ArchiveError> {
    if has_accounts(place)? {
        return Err(ArchiveError::Taken(place.to_owned()));
    }
    let copy = new_copy_beside(place)?;
    fill(from, manifest, &copy, planted, on_progress)?;
    let checked = verify(&copy, from, on_progress, |copy| {
        check::all_problems(copy, from)
    });
    checked.map_err(|error| match error {
        BackupError::Database(OpenError::Corrupt { detail, .. }) => bad(from, &detail),
        error => error.into(),
    })?;
    put_in_place(copy, place)?;
    Ok(())
}

fn has_accounts(place: &Path) -> Result<bool, ArchiveError> {
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(place, &error);
    if fs::metadata(place).is_ok_and(|file| file.len() == 0) {
        return Ok(false);
    }
    let connection = open_source(place)?;
    let has_any = connection.query_row("SELECT EXISTS (SELECT 1 FROM users)", [], |row| row.get(0));
    Ok(has_any.map_err(in_context)?)
}

/// Does for what is said since the migration was written what the migration does for the rest.
const NEWER_SYSTEM_MESSAGES: &str = "
    UPDATE messages SET actor_id = coalesce(actor_id, (SELECT bot_of FROM users WHERE id = subject_id)), content = 'followed'
    WHERE system = 'removed' AND content LIKE '% left with %';
    UPDATE messages SET content = '' WHERE system IN ('pictureChanged', 'pictureRemoved')";

/// Until version 6 of the format, only a system message says when a room was opened.
const OPENED_ROOMS: &str = "
    UPDATE conversations SET open_id = coalesce((
        SELECT max(m.id) - 1 FROM messages m WHERE m.conversation_id = conversations.id AND m.system = 'opened'), 0)
    WHERE open = 1";

fn fill(
    from: &Path,
    manifest: &Manifest,
    copy: &NamedTempFile,
    planted: Option<&Planted<'_>>,
    on_progress: OnProgress<'_>,
) -> Result<(), ArchiveError> {
    let in_context = |error: rusqlite::Error| failed(copy.path(), &error);
    let mut connection = Connection::open(copy.path()).map_err(in_context)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF",
        )
        .map_err(in_context)?;
    migrate::migrate(&mut connection, copy.path(), &SCHEMA, Purpose::Service)?;
    let transaction = connection.transaction().map_err(in_context)?;
    let mut import = Import {
        connection: &transaction,
        from,
        done: 0,
        of: 0,
        on_progress,
    };
    let tables = TABLES
        .iter()
        .filter(|table| table.since <= manifest.tincan_archive);
    for table in tables.clone() {
        import.of += fs::metadata(from.join(table.file)).map_or(0, |file| file.len());
    }
    for table in tables {
        import.read(table)?;
    }
    // Counts are computed from the rows and not imported.
    transaction
        .execute_batch(
            "UPDATE conversations SET participant_count = (
                 SELECT count(*) FROM participants WHERE conversation_id = conversations.id);
             UPDATE messages SET attachment_count = (
                 SELECT count(*) FROM attachments WHERE message_id = messages.id)
             WHERE id IN (SELECT message_id FROM attachments)",
        )
        .map_err(in_context)?;
    let mut statements = vec![reactions::COUNT_ALL, NEWER_SYSTEM_MESSAGES, SYSTEM_MESSAGES];
    if manifest.tincan_archive < 6 {
        statements.push(OPENED_ROOMS);
    }
    for statements in statements {
        transaction.execute_batch(statements).map_err(in_context)?;
    }
    name_parts::fill(&transaction).map_err(in_context)?;
    sequence::set_last_id(&transaction, manifest.last_id.unwrap_or(0)).map_err(in_context)?;
    if let Some(planted) = planted {
        planted.finish(&transaction).map_err(in_context)?;
    }
    Ok(transaction.commit().map_err(in_context)?)
}

impl Planted<'_> {
    fn finish(&self, connection: &Connection) -> rusqlite::Result<()> {
        for username in self.people {
            connection.execute(
                "INSERT INTO users (username, username_key, skeleton, created_at, admin)
                 VALUES (?1, ?2, ?3, ?4, NOT EXISTS (SELECT 1 FROM users WHERE admin))
                 ON CONFLICT DO NOTHING",
                (
                    &username.text,
                    username.key.as_str(),
                    &username.skeleton,
                    self.now.0,
                ),
            )?;
        }
        // Positive, as every epoch is.
        let epoch = (self.epoch >> 1).max(1);
        connection.execute("UPDATE sequence SET epoch = ?1", [epoch.cast_signed()])?;
        connection.execute("UPDATE device_key SET key = ?1", [self.device_key])?;
        migrate::mark(connection, Purpose::Development)
    }
}

struct Import<'a> {
    connection: &'a Connection,
    from: &'a Path,
    /// Bytes of all JSON lines files.
    done: u64,
    of: u64,
    on_progress: OnProgress<'a>,
}

impl Import<'_> {
    fn read(&mut self, table: &Table) -> Result<(), ArchiveError> {
        let path = self.from.join(table.file);
        let (file, _) = open_regular(&path).map_err(|why| bad(&path, &why))?;
        let mut columns: Vec<_> = table.fields.iter().map(|field| field.column).collect();
        columns.extend(derived_columns(table));
        let marks = vec!["?"; columns.len()].join(", ");
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({marks})",
            table.name,
            columns.join(", ")
        );
        let mut insert = self
            .connection
            .prepare(&sql)
            .map_err(|error| bad(&path, &error))?;
        let mut file = BufReader::new(file);
        let start = file.fill_buf().map_err(|why| bad(&path, &why))?;
        if start.starts_with(BOM) {
            file.consume(BOM.len());
        }
        for line in 1.. {
            let bad_line = |why: String| ArchiveError::BadLine {
                path: path.clone(),
                line,
                why,
            };
            let Some(text) = next_line(&mut file).map_err(bad_line)? else {
                break;
            };
            self.done += text.len() as u64 + 1;
            // Editors also leave an empty line at the end.
            if text.trim().is_empty() {
                continue;
            }
            let mut values = row_of(table, &text).map_err(bad_line)?;
            values.extend(self.derived(table, &values).map_err(bad_line)?);
            insert
                .execute(params_from_iter(&values))
                .map_err(|error| bad_line(format!("can’t import this: {error}")))?;
            self.read_contents(table, &values).map_err(bad_line)?;
            let progress = Progress::Copying {
                done: self.done,
                of: self.of,
            };
            if (self.on_progress)(progress).is_break() {
                return Err(BackupError::Stopped.into());
            }
        }
        Ok(())
    }

    /// The values of the columns that aren't fields: they are computed from the fields or are a separate file.
    fn derived(&self, table: &Table, values: &[Value]) -> Result<Vec<Value>, String> {
        match (table.name, values) {
            ("users", [_, Value::Text(username), ..]) => {
                let name = Username::existing(username)?;
                let key = name.key.as_str().to_owned();
                Ok(vec![Value::Text(key), Value::Text(name.skeleton)])
            }
            ("avatars", [Value::Integer(user), Value::Text(kind), ..]) => {
                self.picture(PICTURES, *user, kind)
            }
            ("room_pictures", [Value::Integer(room), Value::Text(kind), ..]) => {
                self.picture(ROOM_PICTURES, *room, kind)
            }
            ("files", [Value::Integer(file), Value::Integer(size), ..]) => {
                let mut hash = Sha256::new();
                let mut length = 0;
                self.read_parts(FILES, *file, *size, |part| {
                    hash.update(part);
                    length += part.len();
                    Ok(())
                })?;
                if i64::try_from(length) != Ok(*size) {
                    return Err(format!("the file has {length} bytes"));
                }
                Ok(vec![Value::Blob(hash.finalize().to_vec())])
            }
            ("users" | "avatars" | "room_pictures" | "files", _) => Err("no id".to_owned()),
            _ => Ok(Vec::new()),
        }
    }

    /// The picture of a row.
    fn picture(&self, folder: &str, id: i64, kind: &str) -> Result<Vec<Value>, String> {
        let path = self.from.join(folder).join(id.to_string());
        let picture = read(&path, PICTURE_BYTES)?;
        if picture_type(&picture) != Some(kind) {
            return Err(format!("{}: not of type {kind}", path.display()));
        }
        Ok(vec![Value::Blob(picture)])
    }
}

impl Import<'_> {
    /// Reads what belongs to a row and is in another table.
    fn read_contents(&self, table: &Table, values: &[Value]) -> Result<(), String> {
        match (table.name, values) {
            ("files", [Value::Integer(file), Value::Integer(size), ..]) => {
                let mut offset = 0;
                self.read_parts(FILES, *file, *size, |part| {
                    let added = chunks::append(self.connection, *file, offset, part);
                    offset += part.len() as u64;
                    added.map_err(|error| error.to_string())
                })
            }
            ("attachments", [Value::Integer(id), ..]) => {
                let path = self.from.join(THUMBS).join(id.to_string());
                if fs::symlink_metadata(&path).is_err() {
                    return Ok(());
                }
                let picture = read(&path, THUMB_BYTES)?;
                let Ok(kind) = thumb(&picture) else {
                    return Err(format!("{}: not a small picture", path.display()));
                };
                self.connection
                    .execute(
                        "INSERT INTO thumbs (id, type, picture) VALUES (?1, ?2, ?3)",
                        (id, kind, picture),
                    )
                    .map(drop)
                    .map_err(|error| error.to_string())
            }
            _ => Ok(()),
        }
    }

    /// Reads a file in pieces of the size in which it is stored.
    fn read_parts(
        &self,
        folder: &str,
        id: i64,
        size: i64,
        mut each: impl FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        let path = self.from.join(folder).join(id.to_string());
        let failed = |error: io::Error| format!("{}: {error}", path.display());
        let (mut file, length) =
            open_regular(&path).map_err(|why| format!("{}: {why}", path.display()))?;
        if i64::try_from(length) != Ok(size) {
            return Err(format!("the file has {length} bytes"));
        }
        loop {
            let mut part = Vec::new();
            file.by_ref()
                .take(CHUNK)
                .read_to_end(&mut part)
                .map_err(failed)?;
            if part.is_empty() {
                return Ok(());
            }
            each(&part)?;
        }
    }
}

fn read(path: &Path, limit: usize) -> Result<Vec<u8>, String> {
    read_regular(path, limit as u64).map_err(|why| format!("{}: {why}", path.display()))
}

/// The next line, without its end. None at the end of the file.
fn next_line(file: &mut impl BufRead) -> Result<Option<String>, String> {
    let mut line = Vec::new();
    file.take(LINE_BYTES + 1)
        .read_until(b'\n', &mut line)
        .map_err(|error| error.to_string())?;
    if line.len() as u64 > LINE_BYTES {
        return Err(format!("this has more than {LINE_BYTES} bytes"));
    }
    if line.is_empty() {
        return Ok(None);
    }
    let end = line.strip_suffix(b"\n").map_or(line.len(), <[u8]>::len);
    line.truncate(end);
    let line = String::from_utf8(line).map_err(|_| "this isn’t UTF-8".to_owned())?;
    Ok(Some(line))
}

fn derived_columns(table: &Table) -> &'static [&'static str] {
    match table.name {
        "users" => &["username_key", "skeleton"],
        "avatars" | "room_pictures" => &["picture"],
        "files" => &["hash"],
        _ => &[],
    }
}

/// The values of a line, in the order of the fields.
fn row_of(table: &Table, text: &str) -> Result<Vec<Value>, String> {
    let mut object: Map<String, Json> =
        serde_json::from_str(text).map_err(|_| "this isn’t a JSON object".to_owned())?;
    let mut values = Vec::with_capacity(table.fields.len() + 1);
    for field in table.fields {
        let Field {
            name,
            kind,
            optional,
            or_zero,
            ..
        } = field;
        let value = object
            .remove(*name)
            .or_else(|| optional.then_some(Json::Null))
            .ok_or_else(|| format!("“{name}” is missing"))?;
        let value = value_of(*kind, value);
        let value = value.ok_or_else(|| format!("“{name}” has an invalid value"))?;
        values.push(match value {
            Value::Null if *or_zero => Value::Integer(0),
            value => value,
        });
    }
    match object.keys().next() {
        Some(unknown) => Err(format!("unknown field “{unknown}”")),
        None => Ok(values),
    }
}

fn value_of(kind: Kind, value: Json) -> Option<Value> {
    Some(match (kind, value) {
        (_, Json::Null) => Value::Null,
        (Kind::Id, Json::String(id)) => Value::Integer(id.parse().ok().filter(|id| *id >= 0)?),
        (Kind::Number, Json::Number(number)) => Value::Integer(number.as_i64()?),
        (Kind::Flag, Json::Bool(flag)) => Value::Integer(flag.into()),
        (Kind::Time, Json::String(text)) => Value::Integer(Timestamp::parse(&text)?.0),
        (Kind::FileName, Json::String(text)) => Value::Text(file_name(&text)),
        (Kind::Text(is_right), Json::String(text)) if is_right(&text) => Value::Text(text),
        (Kind::Content, Json::String(text)) if is_message(&text) => Value::Text(text),
        (Kind::Bytes, Json::String(text)) if text.len() <= 2 * SHORT_BYTES => {
            Value::Blob(BASE64_STANDARD.decode(text).ok()?)
        }
        _ => return None,
    })
}
