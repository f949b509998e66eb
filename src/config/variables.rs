//! The environment variables of the flags.

use std::env;

use clap::{
    Arg, Command,
    builder::{OsStr, Resettable},
};

/// The command without the variables that are empty: they count as not set. Docker Compose passes such for what an `.env`
/// file leaves open.
#[must_use]
pub fn without_empty_variables(command: Command) -> Command {
    command
        .mut_args(|argument: Arg| {
            let value = argument.get_env().and_then(env::var_os);
            if value.is_some_and(|value| value.is_empty()) {
                argument.env(Resettable::<OsStr>::Reset)
            } else {
                argument
            }
        })
        .mut_subcommands(without_empty_variables)
}
