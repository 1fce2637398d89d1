//! Scenarios.
mod session;
pub use session::*;
