//! A folder with a database, and what the command line does with it.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{Binary, Ended, ended};

/// A folder of a test's own, whose database is called `tincan.db`.
pub struct Home {
    folder: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a folder"),
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub fn path(&self, name: &str) -> String {
        self.file(name).to_str().expect("a plain path").to_owned()
    }

    /// Runs a command on the database to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ended {
        let database = self.path("tincan.db");
        let mut all = arguments.to_vec();
        all.extend(["--db", &database]);
        ended(Binary::command(&all)).await
    }

    /// Like [`run`](Self::run), where it must succeed; gives back what it prints.
    pub async fn done(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        ended.stdout
    }
}
