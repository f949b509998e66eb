//! Parses the command line, runs the command, and exits with its exit code.

use std::{io::Write, process::ExitCode};

use tincan::cli::{self, Cli};

/// In place of musl’s own, which has one lock for all threads.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run(Cli::from_environment()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tincan: {error:#}");
            ExitCode::from(cli::exit_code(&error))
        }
    }
}
