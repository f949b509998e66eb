//! Parses the command line, runs the command, and turns what comes of it into one exit code.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use rustix::fs::Mode;
use tincan::cli::{self, Cli};

fn main() -> ExitCode {
    // What the program makes is its owner's alone: the database, the log beside it, copies.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    match cli::run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tincan: {error:#}");
            ExitCode::from(cli::exit_code(&error))
        }
    }
}
