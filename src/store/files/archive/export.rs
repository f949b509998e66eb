//! Writing an archive: a snapshot of everything, or of what one user sees.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::Path,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter, types::ValueRef};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::format::{
    ArchiveError, FILES, Field, Kind, MANIFEST, Manifest, PICTURES, ROOM_PICTURES, TABLES, THUMBS,
    Table, VERSION,
};
use crate::{
    durable::sync_folder,
    model::{SystemKind, Timestamp, UsernameKey},
    platform,
    store::{
        activity::MAX_ACTIVITY_PARTICIPANTS,
        engine::{OpenError, sequence},
        files::{
            backup::{BackupError, OnProgress, Progress, failed, folder_of, require_free},
            open::open_present,
        },
        visible::IS_VISIBLE,
    },
};

/// Exports the database, or what `username` sees of it, to a new folder. The folder gets its name once it is complete.
pub fn export(
    database: &Path,
    to: &Path,
    username: Option<&str>,
    on_progress: OnProgress<'_>,
) -> Result<(), ArchiveError> {
    let no_place = |reason| BackupError::NoPlace {
        path: to.to_owned(),
        reason,
    };
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(database, &error);
    require_free(to)?;
    let connection = open_present(database)?;
    // One snapshot for all files.
    let snapshot = connection.unchecked_transaction().map_err(in_context)?;
    let user = username
        .map(|name| {
            let id = find(&snapshot, name).map_err(in_context)?;
            id.ok_or_else(|| ArchiveError::Nobody(name.to_owned()))
        })
        .transpose()?;
    let folder = tempfile::Builder::new()
        .prefix(".tincan-")
        .tempdir_in(folder_of(to))
        .map_err(no_place)?;
    let mut export = Export {
        snapshot: &snapshot,
        folder: folder.path(),
        user,
        done: 0,
        of: 0,
        on_progress,
    };
    export.of = export.count().map_err(in_context)?;
    for table in &TABLES {
        export
            .write(table)
            .map_err(|error| error.of(database, to))?;
    }
    export
        .write_contents()
        .map_err(|error| error.of(database, to))?;
    export
        .write_manifest(username)
        .map_err(|error| error.of(database, to))?;
    fs::rename(folder.path(), to).map_err(no_place)?;
    // It has been renamed, so it must not be deleted.
    let _ = folder.keep();
    sync_folder(folder_of(to)).map_err(|error| failed(to, &error))?;
    Ok(())
}

fn find(snapshot: &Connection, username: &str) -> rusqlite::Result<Option<i64>> {
    snapshot
        .query_row(
            "SELECT id FROM users WHERE username_key = ?1",
            [UsernameKey::new(username).as_str()],
            |row| row.get(0),
        )
        .optional()
}

/// Why an export failed: reading, writing, or it was cancelled.
enum ExportError {
    Read(rusqlite::Error),
    Write(io::Error),
    Stopped,
}

impl ExportError {
    fn of(self, database: &Path, to: &Path) -> BackupError {
        match self {
            Self::Read(error) => OpenError::from_sqlite(database, &error).into(),
            Self::Write(error) => failed(to, &error),
            Self::Stopped => BackupError::Stopped,
        }
    }
}

impl From<rusqlite::Error> for ExportError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Read(error)
    }
}

impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

struct Export<'a> {
    snapshot: &'a Connection,
    folder: &'a Path,
    user: Option<i64>,
    done: u64,
    of: u64,
    on_progress: OnProgress<'a>,
}

impl Export<'_> {
    /// The number of all exported rows.
    fn count(&self) -> rusqlite::Result<u64> {
        let mut sum = 0;
        for table in &TABLES {
            let sql = self.select(table, "count(*)");
            let count: i64 = self
                .snapshot
                .query_row(&sql, params_from_iter(self.user), |row| row.get(0))?;
            sum += u64::try_from(count).unwrap_or_default();
        }
        Ok(sum)
    }

    /// A query for the columns `what` of the exported rows.
    fn select(&self, table: &Table, what: &str) -> String {
        let Table {
            name,
            is_kept,
            is_seen,
            ..
        } = table;
        if self.user.is_none() {
            return format!("SELECT {what} FROM {name} WHERE {is_kept}");
        }
        // The user sees the same as through the HTTP API.
        format!(
            "WITH mine AS (SELECT conversation_id FROM participants WHERE user_id = ?1),
                  seen AS (
                      SELECT m.id, m.author_id, m.subject_id, m.actor_id FROM participants p
                      JOIN messages m ON m.conversation_id = p.conversation_id AND {IS_VISIBLE}
                      WHERE p.user_id = ?1),
                  shown AS (
                      SELECT p.conversation_id, p.user_id FROM participants p
                      JOIN conversations c ON c.id = p.conversation_id AND c.participant_count <= {MAX_ACTIVITY_PARTICIPANTS}
                      JOIN users u ON u.id = p.user_id AND u.shows_activity = 1)
             SELECT {what} FROM {name} WHERE {is_kept} AND ({is_seen})"
        )
    }

    fn write(&mut self, table: &Table) -> Result<(), ExportError> {
        let mut columns: Vec<_> = table
            .fields
            .iter()
            .map(|field| match self.user {
                Some(_) => field.seen,
                None => field.column,
            })
            .collect();
        if table.name == "messages" {
            columns.extend(SYSTEM_COLUMNS);
        }
        let sql = self.select(table, &columns.join(", "));
        let mut statement = self
            .snapshot
            .prepare(&format!("{sql} ORDER BY {}", table.order))?;
        let mut rows = statement.query(params_from_iter(self.user))?;
        let mut file = BufWriter::new(self.create(table.file)?);
        while let Some(row) = rows.next()? {
            let line = Line {
                row,
                fields: table.fields,
            };
            serde_json::to_writer(&mut file, &line).map_err(io::Error::from)?;
            file.write_all(b"\n")?;
            self.done += 1;
            let progress = self.progress();
            if (self.on_progress)(progress).is_break() {
                return Err(ExportError::Stopped);
            }
        }
        close(file)
    }

    /// Writes what isn't in the rows, as a file for each row.
    fn write_contents(&mut self) -> Result<(), ExportError> {
        for (folder, table, parts) in [
            (
                PICTURES,
                "avatars",
                "SELECT picture FROM avatars WHERE user_id = ?1",
            ),
            (
                ROOM_PICTURES,
                "room_pictures",
                "SELECT picture FROM room_pictures WHERE conversation_id = ?1",
            ),
            (
                FILES,
                "files",
                "SELECT bytes FROM chunks WHERE file_id = ?1 ORDER BY place",
            ),
            (
                THUMBS,
                "attachments",
                "SELECT picture FROM thumbs WHERE id = ?1",
            ),
        ] {
            fs::create_dir(self.folder.join(folder))?;
            for table in TABLES.iter().filter(|known| known.name == table) {
                let id = table.fields[0].column;
                let snapshot = self.snapshot;
                let mut statement = snapshot.prepare(&self.select(table, id))?;
                let mut rows = statement.query(params_from_iter(self.user))?;
                while let Some(row) = rows.next()? {
                    self.write_parts(folder, row.get(0)?, parts)?;
                }
            }
            sync_folder(&self.folder.join(folder))?;
        }
        Ok(())
    }

    /// Writes one of these files, unless it has no parts.
    fn write_parts(&mut self, folder: &str, id: i64, parts: &str) -> Result<(), ExportError> {
        let snapshot = self.snapshot;
        let mut statement = snapshot.prepare_cached(parts)?;
        let mut rows = statement.query([id])?;
        let mut file = None;
        while let Some(row) = rows.next()? {
            let file = match &mut file {
                Some(file) => file,
                none => none.insert(BufWriter::new(self.create(&format!("{folder}/{id}"))?)),
            };
            file.write_all(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
            let progress = self.progress();
            if (self.on_progress)(progress).is_break() {
                return Err(ExportError::Stopped);
            }
        }
        file.map_or(Ok(()), close)
    }

    fn progress(&self) -> Progress {
        Progress::Copying {
            done: self.done,
            of: self.of,
        }
    }

    /// Written last: a folder without a manifest is incomplete.
    fn write_manifest(&self, username: Option<&str>) -> Result<(), ExportError> {
        let last_id = match self.user {
            Some(_) => None,
            None => Some(sequence::last_id(self.snapshot)?.0),
        };
        let manifest = Manifest {
            tincan_archive: VERSION,
            user: username.map(str::to_owned),
            last_id,
        };
        let mut file = BufWriter::new(self.create(MANIFEST)?);
        serde_json::to_writer(&mut file, &manifest).map_err(io::Error::from)?;
        file.write_all(b"\n")?;
        close(file)?;
        sync_folder(self.folder)?;
        Ok(())
    }

    fn create(&self, name: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        platform::private(&mut options).open(self.folder.join(name))
    }
}

fn close(file: BufWriter<File>) -> Result<(), ExportError> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(file.sync_all()?)
}

/// Further columns, from which the text of system messages is composed.
const SYSTEM_COLUMNS: [&str; 3] = [
    "system AS system_kind",
    "(SELECT username FROM users WHERE id = subject_id) AS subject_name",
    "(SELECT username FROM users WHERE id = actor_id) AS actor_name",
];

/// The text of a message as it is shown.
fn shown(row: &Row<'_>, content: &str) -> rusqlite::Result<String> {
    let kind: Option<String> = row.get("system_kind")?;
    let subject: Option<String> = row.get("subject_name")?;
    Ok(
        match (kind.as_deref().and_then(SystemKind::parse), subject) {
            (Some(kind), Some(subject)) => {
                let actor: Option<String> = row.get("actor_name")?;
                kind.text(actor.as_deref(), &subject, content)
            }
            _ => content.to_owned(),
        },
    )
}

/// A row as a JSON object, with its fields in order.
struct Line<'a> {
    row: &'a Row<'a>,
    fields: &'static [Field],
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;

        let mut line = serializer.serialize_map(Some(self.fields.len()))?;
        for (index, Field { name, kind, .. }) in self.fields.iter().enumerate() {
            match (kind, self.row.get_ref(index).map_err(S::Error::custom)?) {
                (_, ValueRef::Null) => line.serialize_entry(name, &()),
                (Kind::Content, ValueRef::Text(text)) => {
                    let text = std::str::from_utf8(text).map_err(S::Error::custom)?;
                    let text = shown(self.row, text).map_err(S::Error::custom)?;
                    line.serialize_entry(name, &text)
                }
                (Kind::Id, ValueRef::Integer(id)) => line.serialize_entry(name, &id.to_string()),
                (Kind::Flag, ValueRef::Integer(flag)) => line.serialize_entry(name, &(flag != 0)),
                (Kind::Time, ValueRef::Integer(at)) => line.serialize_entry(name, &Timestamp(at)),
                (Kind::Bytes, ValueRef::Blob(bytes)) => {
                    line.serialize_entry(name, &BASE64_STANDARD.encode(bytes))
                }
                (_, ValueRef::Integer(number)) => line.serialize_entry(name, &number),
                (_, value) => line.serialize_entry(name, value.as_str().map_err(S::Error::custom)?),
            }?;
        }
        line.end()
    }
}
