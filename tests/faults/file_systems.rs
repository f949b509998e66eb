//! File systems that can do less than a local disk: a folder can’t be synced, a file has one name, memory can’t be mapped.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::{
    support::{Binary, Ended, ended, until},
    tools,
};

const IO_ERROR: i32 = 74;
const CANT_CREATE: i32 = 73;

/// What fsync(2) says about a folder where that can’t be done.
const IMPOSSIBLE: &[&str] = &["EINVAL", "EOPNOTSUPP", "ENOSYS", "EBADF"];

/// Runs a command where syncing this folder fails by `error`.
async fn with_folder_failing(folder: &Path, error: &str, arguments: &[&str]) -> Ended {
    let (injection, log) = (format!("fsync:error={error}"), folder.join("trace"));
    let ended = ended(tools::traced_command(folder, &injection, &log, arguments)).await;
    let trace = fs::read_to_string(&log).expect("a trace");
    assert!(trace.contains("(INJECTED)"), "{arguments:?}: {trace}");
    ended
}

#[tokio::test]
async fn where_a_folder_can_not_be_synced_backups_and_archives_are_made_all_the_same() {
    if !tools::have(&["strace"]) {
        return;
    }
    for error in IMPOSSIBLE {
        let folder = TempDir::new().expect("a folder");
        let folder = folder.path().canonicalize().expect("a folder");
        let path = |name: &str| tools::plain(&folder.join(name));
        let database = path("tincan.db");
        Binary::start(Path::new(&database)).kill();
        for arguments in [
            ["backup", &path("backup.db")],
            ["export", &path("archive")],
            ["restore", &path("backup.db")],
        ] {
            let arguments = [&arguments[..], &["--db", &database]].concat();
            let done = with_folder_failing(&folder, error, &arguments).await;
            assert_eq!(done.code, Some(0), "{error} {arguments:?}: {}", done.stderr);
        }
    }
}

#[tokio::test]
async fn a_disk_that_fails_to_sync_a_folder_is_still_a_failure() {
    if !tools::have(&["strace"]) {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path().canonicalize().expect("a folder");
    let database = tools::plain(&folder.join("tincan.db"));
    Binary::start(Path::new(&database)).kill();
    let copy = tools::plain(&folder.join("backup.db"));
    let arguments = ["backup", &copy, "--db", &database];
    let failed = with_folder_failing(&folder, "EIO", &arguments).await;
    assert_eq!(failed.code, Some(IO_ERROR), "{}", failed.stderr);
}

#[tokio::test]
async fn where_a_folder_can_not_be_synced_old_backups_go_and_the_log_says_so() {
    if !tools::have(&["strace"]) {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path().canonicalize().expect("a folder");
    let backups = folder.join("backups");
    fs::create_dir(&backups).expect("a folder");
    let old = backups.join("tincan-2020-01-01T00-00-00Z.db");
    fs::write(&old, "").expect("a file");
    let log = folder.join("log");
    let arguments = [
        "--dev",
        "--listen",
        "127.0.0.1:0",
        "--log",
        "warn",
        "--backup-keep",
        "1",
        "--backup-dir",
        &tools::plain(&backups),
        "--db",
        &tools::plain(&folder.join("tincan.db")),
    ];
    let trace = folder.join("trace");
    let mut command = tools::traced_command(&backups, "fsync:error=EINVAL", &trace, &arguments);
    command.stderr(fs::File::create(&log).expect("a file"));
    let server = Binary::run(&mut command);
    until("the old backup to be gone", async || {
        (!old.exists()).then_some(())
    })
    .await;
    assert_eq!(fs::read_dir(&backups).expect("a folder").count(), 1);
    server.terminate().await;
    let said = fs::read_to_string(&log).expect("a log");
    assert_eq!(said.matches("folders can’t be synced").count(), 1, "{said}");
}

#[tokio::test]
async fn where_a_file_has_one_name_a_restore_keeps_the_old_database_all_the_same() {
    if !tools::have(&["strace"]) {
        return;
    }
    for error in ["EPERM", "EOPNOTSUPP", "ENOSYS"] {
        let folder = TempDir::new().expect("a folder");
        let folder = folder.path().canonicalize().expect("a folder");
        let path = |name: &str| tools::plain(&folder.join(name));
        let database = path("tincan.db");
        let server = Binary::start(Path::new(&database));
        let backup = path("backup.db");
        let made = ended(Binary::command(&["backup", &backup, "--db", &database])).await;
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        server.nobody().sign_up("later").await;
        server.terminate().await;

        let (injection, log) = (format!("linkat:error={error}"), folder.join("trace"));
        let arguments = ["restore", &backup, "--db", &database];
        let place = Path::new(&database);
        let done = ended(tools::traced_command(place, &injection, &log, &arguments)).await;
        assert_eq!(done.code, Some(0), "{error}: {}", done.stderr);
        let trace = fs::read_to_string(&log).expect("a trace");
        assert!(trace.contains("(INJECTED)"), "{trace}");
        let mut kept = fs::read_dir(&folder).expect("a folder").filter_map(|file| {
            let path = tools::plain(&file.expect("a file").path());
            path.contains("tincan.db.before-").then_some(path)
        });
        let kept = kept.next().expect("the old database");
        for (database, is_there) in [(&kept, true), (&database, false)] {
            let users = ended(Binary::command(&["user", "list", "--db", database])).await;
            assert_eq!(users.code, Some(0), "{}", users.stderr);
            assert_eq!(users.stdout.contains("later"), is_there, "{database}");
        }
    }
}

#[tokio::test]
async fn where_memory_can_not_be_mapped_it_says_so_and_what_to_do() {
    if !tools::have(&["strace"]) {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let folder = folder.path().canonicalize().expect("a folder");
    let path = |name: &str| tools::plain(&folder.join(name));
    let (old, new) = (path("old.db"), path("new.db"));
    Binary::start(Path::new(&old)).kill();
    for (database, arguments) in [
        (&old, &["--listen", "127.0.0.1:0", "--db", &old][..]),
        (&old, &["check", "--db", &old]),
        (&old, &["backup", &path("copy.db"), "--db", &old]),
        (&new, &["--listen", "127.0.0.1:0", "--db", &new]),
    ] {
        let (log, index) = (folder.join("trace"), format!("{database}-shm"));
        let mmap = "mmap:error=ENODEV";
        let command = tools::traced_command(Path::new(&index), mmap, &log, arguments);
        let refused = ended(command).await;
        assert_eq!(
            refused.code,
            Some(CANT_CREATE),
            "{arguments:?}: {}",
            refused.stderr
        );
        for part in [database.as_str(), "can’t map shared memory", "local disk"] {
            assert!(
                refused.stderr.contains(part),
                "{arguments:?}: {}",
                refused.stderr
            );
        }
    }
}
