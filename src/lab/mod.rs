//! The lab: what only people who build front ends need. Production never constructs any of it.

pub mod seed;
