//! Parses the command line, runs the command, and exits with its exit code.

use std::{io::Write, process::ExitCode};

use tincan::{
    cli::{self, Cli},
    platform,
};

/// In place of musl’s own, which has one lock for all threads.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Only the owner may read the files that the program creates: the database, its log, and backups.
    platform::keep_private();
    match cli::run(Cli::from_environment()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tincan: {error:#}");
            ExitCode::from(cli::exit_code(&error))
        }
    }
}
