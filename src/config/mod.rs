//! The one place that reads flags and environment variables. It turns them into plain types, so that only this module
//! and `cli` depend on clap.

mod acme;
mod doors;
mod lab;
mod oauth;
mod relay;
mod serve;
mod shared;
mod values;
mod variables;

pub use self::{
    lab::LabArgs,
    serve::{ConfigError, LogFormat, ServeArgs},
    shared::{Database, Managing},
    variables::{name_variable, without_empty_variables},
};
