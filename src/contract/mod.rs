//! The contract: the requests and responses of every route, and the OpenAPI document and TypeScript declarations
//! generated from them. The routes themselves are in the tables of `http`.

pub mod document;
pub mod error;
pub mod loose;
pub mod number;
pub mod operation;
pub mod operations;
mod schemas;
pub mod typescript;

pub use operation::Operation;

use crate::model::{Permission, Rate};

/// A route as the contract sees it.
#[derive(Debug)]
pub struct Row<'a> {
    pub method: String,
    /// With `{name}` for each parameter.
    pub path: &'static str,
    pub permission: Permission,
    pub needs_proof: bool,
    /// How often each user may use it.
    pub rate: Option<Rate>,
    pub operation: &'a Operation,
}
