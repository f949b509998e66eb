//! What the targets share: a server without a socket.

pub mod socket;
pub mod world;
