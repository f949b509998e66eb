//! The query of a request’s address.

use std::{
    fmt::{self, Display, Formatter},
    str::FromStr,
};

use crate::error::{Error, Result};

/// A parsed query string. It is displayed as it is written in a URL, after its `?`.
pub struct Query(Vec<(String, String)>);

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        let text = serde_urlencoded::to_string(&self.0).map_err(|_| fmt::Error)?;
        write!(f, "?{text}")
    }
}

impl Query {
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The id in the parameter `name`, if it is there.
    ///
    /// # Errors
    /// [`Error::WrongId`] if it isn’t an id.
    pub fn id<T: FromStr>(&self, parameter: &'static str, what: &'static str) -> Result<Option<T>> {
        let id = self.get(parameter).map(str::parse).transpose();
        id.map_err(|_| Error::WrongId { parameter, what })
    }
}
