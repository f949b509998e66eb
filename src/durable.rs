//! Making the names of files durable.

use std::{
    io,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::platform;

/// Whether it was logged that folders can’t be synced.
static TOLD: AtomicBool = AtomicBool::new(false);

/// Syncs a folder, so that what was created or renamed in it is there after a power cut (fsync(2)). Some file systems can’t
/// do that, such as those of WSL, FUSE and CIFS: there a file that is synced and in place is all that can be had. That is
/// logged once.
///
/// # Errors
/// If the folder can’t be opened, or the disk fails.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match platform::sync_folder(folder) {
        Err(error) if platform::is_unsyncable(&error) => {
            if !TOLD.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    %error, folder = %folder.display(),
                    "folders can’t be synced on this file system; a file that was just renamed may have its old name after a power cut"
                );
            }
            Ok(())
        }
        synced => synced,
    }
}
