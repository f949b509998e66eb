//! Files: who may read them, which they are, and how much room there is for them.

use std::{
    fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};

use crate::platform::DiskSpace;

/// From now on, only the owner may read the files that the program creates.
pub fn keep_private() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// A file that is created so is its owner’s only, whatever the program was started with.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// Creates a folder that only its owner can read, or makes one that is there such a one.
///
/// # Errors
/// If it can’t be created, or kept from others.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// Whether others who sign in to this machine may be able to read a file that the program has created. They aren’t.
#[must_use]
pub fn is_for_others(_path: &Path) -> bool {
    false
}

/// If root creates a file, it must belong to the user that the server runs as, like `like`.
///
/// # Errors
/// See fchown(2).
pub fn copy_owner(new: &File, like: &Path) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let old = fs::metadata(like)?;
    fchown(new, Some(old.uid()), Some(old.gid()))
}

/// The path of a file that is there, without links.
///
/// # Errors
/// If it isn’t there.
pub fn canonicalize(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// Opens a file for reading. A link isn’t followed, and a pipe isn’t waited for.
///
/// # Errors
/// See open(2).
pub fn open_itself(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

/// By what a file is told from another one that has taken its name.
#[must_use]
pub fn identity(file: &Metadata) -> u64 {
    file.ino()
}

/// Whether an error says that the file system gives no file a second name (link(2)).
#[must_use]
pub fn has_single_names(error: &io::Error) -> bool {
    let impossible = [Errno::PERM, Errno::NOTSUP, Errno::NOSYS, Errno::MLINK];
    is_one_of(error, &impossible)
}

/// The room on the disk of a file. None if the system doesn’t tell.
#[must_use]
pub fn disk_space(path: &Path) -> Option<DiskSpace> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(DiskSpace {
        free: disk.f_bavail * disk.f_frsize,
        all: disk.f_blocks * disk.f_frsize,
    })
}

/// Whether two files are on one disk. If the system doesn’t tell, they aren’t.
#[must_use]
pub fn is_on_same_disk(one: &Path, other: &Path) -> bool {
    let disk = |path: &Path| fs::metadata(path).ok().map(|file| file.dev());
    disk(one).is_some_and(|of| disk(other) == Some(of))
}

/// Syncs a folder (fsync(2)).
///
/// # Errors
/// If it can’t be opened, or [can’t be synced](is_unsyncable), or the disk fails.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Whether an error says that the file system can’t sync a folder at all. PostgreSQL and others take these as such
/// (`fsync_fname_ext` in its `fd.c`). A disk that fails says `EIO`.
#[must_use]
pub fn is_unsyncable(error: &io::Error) -> bool {
    let impossible = [Errno::INVAL, Errno::BADF, Errno::NOTSUP, Errno::NOSYS];
    is_one_of(error, &impossible)
}

fn is_one_of(error: &io::Error, known: &[Errno]) -> bool {
    Errno::from_io_error(error).is_some_and(|error| known.contains(&error))
}
