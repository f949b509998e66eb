//! The commands that describe the program: shell completions, man pages, and the types of its API.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use super::print;
use crate::{contract::typescript, http};

/// The folder for man pages is missing, or they can’t be written there.
#[derive(Debug, thiserror::Error)]
#[error("can’t write man pages into {}: {reason}", .folder.display())]
pub struct Unwritable {
    folder: PathBuf,
    reason: io::Error,
}

/// Prints the completions for a shell.
pub fn complete(mut program: Command, shell: Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, "tincan", &mut script);
    print(script);
}

/// Prints the contract as TypeScript declarations.
pub fn print_types() {
    print(typescript::declarations(&http::document()));
}

/// Writes the man pages into a folder: one for the program, and one for each command.
///
/// # Errors
/// [`Unwritable`] if the folder is missing or a file can’t be written there.
pub fn write_man_pages(program: Command, folder: &Path) -> Result<(), Unwritable> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    write_pages(program, folder).map_err(|reason| Unwritable {
        folder: folder.to_owned(),
        reason,
    })
}

fn write_pages(command: Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands() {
        write_pages(below.clone(), folder)?;
    }
    Man::new(command)
        // No date, so that the same source always gives the same pages. Without this line the next field would be
        // printed in its place.
        .date(" ")
        .source(concat!("tincan ", env!("CARGO_PKG_VERSION")))
        .manual("Tincan")
        .generate_to(folder)?;
    Ok(())
}
