//! Opening a database that is only read, such as the source of a backup.

use std::path::Path;

use rusqlite::Connection;

use crate::store::{
    engine::{OpenError, migrate, open},
    schema::SCHEMA,
};

/// Like [`open_source`], but only a database with the present schema.
pub fn open_present(path: &Path) -> Result<Connection, OpenError> {
    let connection = open_source(path)?;
    let is_present = migrate::is_present(&connection, &SCHEMA);
    if is_present.map_err(|error| OpenError::from_sqlite(path, &error))? {
        return Ok(connection);
    }
    let why = "it’s from an older version of Tincan; start a server on it once to upgrade it";
    Err(OpenError::unusable(path, &why))
}

/// Opens a Tincan database with a schema that this program knows, for reading only.
pub fn open_source(path: &Path) -> Result<Connection, OpenError> {
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(path, &error);
    let mut connection = Connection::open_with_flags(path, open::READ_ONLY).map_err(in_context)?;
    open::prepare_connection(&mut connection).map_err(in_context)?;
    migrate::check_version(&connection, path, &SCHEMA)?;
    Ok(connection)
}
