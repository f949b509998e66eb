//! Finding words in texts, without the database: what the words of a text are, what a query asks for, and where a text has
//! it. `store/search` keeps the index and goes by this.
//!
//! The page searches what a device holds by the same rules, in JavaScript. `tests/vectors/tokens.json` holds both to them,
//! so a change here is a change there, and a new [`VERSION`].

mod dates;
mod matching;
mod query;
mod tokens;
#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod vectors;

pub use self::{
    matching::{Range, find},
    query::{Filter, Has, MAX_QUERY, Query, Term},
    tokens::{Token, tokens},
};

/// Names the rules for tokens, and for what else `store/search` puts into the index: the position of the index is stored
/// under this name. So with another number, the index is built anew.
pub const VERSION: &str = "search.1";
