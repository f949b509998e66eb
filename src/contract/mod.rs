//! The contract: what every route takes and answers, and what is generated from that: the OpenAPI document and the
//! TypeScript declarations. Which routes there are stands in the tables of `http`.

pub mod document;
pub mod error;
pub mod operation;
pub mod operations;
mod schemas;
pub mod typescript;

pub use operation::Operation;

use crate::model::Permission;

/// What the contract has of one route.
#[derive(Debug)]
pub struct Row<'a> {
    pub method: String,
    /// With `{name}` for each parameter.
    pub path: &'static str,
    pub permission: Permission,
    pub operation: &'a Operation,
}
