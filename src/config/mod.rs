//! Flags and environment variables: the one place that reads them. What comes out are plain types; nothing behind the
//! command line knows clap.

mod oauth;
mod serve;
mod shared;
mod values;

pub use self::{
    serve::{ConfigError, LogFormat, ServeArgs},
    shared::{Database, Managing},
};
