//! Files. A new one gets the access list of its folder, so the folder decides who may read it: in somebody’s profile they,
//! administrators and the system. To write access lists takes calls that aren’t safe code.

use std::{
    env,
    fs::{self, File, Metadata, OpenOptions},
    io,
    os::windows::fs::{MetadataExt, OpenOptionsExt},
    path::{Component, Path, PathBuf},
};

use crate::platform::DiskSpace;

// CreateFileW
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
// System error codes
const ERROR_INVALID_FUNCTION: i32 = 1;
const ERROR_ACCESS_DENIED: i32 = 5;
const ERROR_INVALID_HANDLE: i32 = 6;
const ERROR_NOT_SUPPORTED: i32 = 50;
const ERROR_INVALID_PARAMETER: i32 = 87;
const ERROR_TOO_MANY_LINKS: i32 = 1142;

/// Nothing: the folder decides.
pub fn keep_private() {}

/// A file that is created so is for whom its folder is.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Creates a folder, which is for whom the one around it is.
///
/// # Errors
/// If it can’t be created.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Whether others who sign in to this machine may be able to read a file, as it isn’t in the profile of whoever runs the
/// program. An access list may keep them from it all the same.
#[must_use]
pub fn is_for_others(path: &Path) -> bool {
    let profile = env::var_os("USERPROFILE").map(PathBuf::from);
    let profile = profile.and_then(|profile| canonicalize(&profile).ok());
    let path = canonicalize(path);
    !profile.is_some_and(|profile| path.is_ok_and(|path| path.starts_with(profile)))
}

/// Nothing: a new file is for whom its folder is, whoever creates it.
///
/// # Errors
/// None.
pub fn copy_owner(_new: &File, _like: &Path) -> io::Result<()> {
    Ok(())
}

/// The path of a file that is there, without links. As people write it, unless it is too long for that.
///
/// # Errors
/// If it isn’t there.
pub fn canonicalize(path: &Path) -> io::Result<PathBuf> {
    dunce::canonicalize(path)
}

/// Opens a file for reading. A link isn’t followed.
///
/// # Errors
/// If it can’t be opened.
pub fn open_itself(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)
}

/// By what a file is told from another one that has taken its name: when it was created. Its number would be better, but
/// isn’t in the standard library yet.
#[must_use]
pub fn identity(file: &Metadata) -> u64 {
    file.creation_time()
}

/// Whether an error says that the file system gives no file a second name, as FAT doesn’t.
#[must_use]
pub fn has_single_names(error: &io::Error) -> bool {
    is_one_of(
        error,
        &[
            ERROR_INVALID_FUNCTION,
            ERROR_NOT_SUPPORTED,
            ERROR_TOO_MANY_LINKS,
        ],
    )
}

/// The room on the disk of a file. None if the system doesn’t tell.
#[must_use]
pub fn disk_space(path: &Path) -> Option<DiskSpace> {
    let disk = fs4::statvfs(path).ok()?;
    Some(DiskSpace {
        free: disk.available_space(),
        all: disk.total_space(),
    })
}

/// Whether two files are on one drive or share. A drive that is mounted as a folder counts as that of the folder.
#[must_use]
pub fn is_on_same_disk(one: &Path, other: &Path) -> bool {
    let (Ok(one), Ok(other)) = (fs::canonicalize(one), fs::canonicalize(other)) else {
        return false;
    };
    match (one.components().next(), other.components().next()) {
        (Some(Component::Prefix(one)), Some(Component::Prefix(other))) => one == other,
        _ => false,
    }
}

/// Syncs a folder, and with it the names in it (`FlushFileBuffers`).
///
/// # Errors
/// If it can’t be opened, or [can’t be synced](is_unsyncable), or the disk fails.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(folder)?
        .sync_all()
}

/// Whether an error says that the file system can’t sync a folder at all, or doesn’t let this program.
#[must_use]
pub fn is_unsyncable(error: &io::Error) -> bool {
    is_one_of(
        error,
        &[
            ERROR_INVALID_FUNCTION,
            ERROR_ACCESS_DENIED,
            ERROR_INVALID_HANDLE,
            ERROR_NOT_SUPPORTED,
            ERROR_INVALID_PARAMETER,
        ],
    )
}

fn is_one_of(error: &io::Error, known: &[i32]) -> bool {
    let code = error.raw_os_error();
    code.is_some_and(|code| known.contains(&code))
}
