//! How values are written on the command line: in lists, and the model’s enumerations with a help text for each value.

use std::str::FromStr;

use clap::{ValueEnum, builder::PossibleValue};

use crate::{
    http::{Compat, Signup},
    model::Scope,
};

/// One value of a list, without the white space around it that people put after commas.
pub fn of_list<T: FromStr>(text: &str) -> Result<T, T::Err> {
    text.trim().parse()
}

impl ValueEnum for Signup {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Invite, Self::Open, Self::Closed]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, help) = match self {
            Self::Invite => ("invite", "Anyone with an invitation"),
            Self::Open => ("open", "Anyone"),
            Self::Closed => ("closed", "No one: administrators create the accounts"),
        };
        Some(PossibleValue::new(word).help(help))
    }
}

impl ValueEnum for Compat {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::GoMessenger]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, help) = match self {
            Self::GoMessenger => (
                "go-messenger",
                "The messenger in Go that Tincan’s API comes from",
            ),
        };
        Some(PossibleValue::new(word).help(help))
    }
}

impl ValueEnum for Scope {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Read, Self::Send]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Read => "Read everything its user can see",
            Self::Send => "Also send messages and take part in conversations",
        };
        Some(PossibleValue::new(self.as_str()).help(help))
    }
}
