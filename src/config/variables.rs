//! The environment variables of the flags.

use std::env;

use clap::{
    Arg, Command,
    builder::{OsStr, Resettable},
    error::{ContextKind, ContextValue, Error, ErrorKind},
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

/// Says in an error about a value by which variable it may have been set, and the default as an example.
#[must_use]
pub fn name_variable(mut error: Error, program: &mut Command) -> Error {
    // Only the command that was given has been built so far, and an argument has its name from that.
    program.build();
    let is_about_a_value = matches!(
        error.kind(),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation
    );
    if is_about_a_value
        && let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg)
        && let Some(argument) = find(program, flag)
        && let Some(variable) = argument.get_env()
    {
        let default = argument.get_default_values().first();
        let example = default.map(|default| format!("; the default is {}", default.display()));
        let example = example.unwrap_or_default();
        let tip = format!("its variable is {}{example}", variable.display());
        let tips = ContextValue::StyledStrs(vec![tip.into()]);
        error.insert(ContextKind::Suggested, tips);
    }
    error
}

/// An argument of the program or of a command, as errors call it.
fn find<'a>(program: &'a Command, flag: &str) -> Option<&'a Arg> {
    let mut own = program.get_arguments();
    own.find(|argument| argument.to_string() == flag)
        .or_else(|| {
            program
                .get_subcommands()
                .find_map(|below| find(below, flag))
        })
}
