//! The key by which the server knows the marks that it has given to devices. It is made with the database.

use super::handle::Store;
use crate::error::Result;

impl Store {
    /// The key.
    pub async fn device_key(&self) -> Result<Vec<u8>> {
        self.read(|connection| {
            Ok(connection.query_row("SELECT key FROM device_key", [], |row| row.get("key"))?)
        })
        .await
    }
}
