//! The front-end lab over HTTP, below `/dev`: the tables of its routes. Each handler begins with
//! [`Request::lab`](crate::http::request::Request::lab), and without a lab nothing is there. It isn’t part of the contract.

pub mod act;
pub mod client;
pub mod clock;
pub mod database;
pub mod door;
pub mod faults;
pub mod log;
pub mod page;
pub mod people;
pub mod recorder;
pub mod streams;
