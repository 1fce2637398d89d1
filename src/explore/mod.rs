//! Many runs instead of one: every order of events up to a bound, the smallest run that fails, two runs side by side.

pub mod coverage;
pub mod hunt;
pub mod sweep;

mod breadth;
mod depth;
mod failure;
mod search;
mod visited;
mod walk;

pub use failure::{broken_promise, failure_of, unexpected};
pub use search::{Ended, Found, Limits, Looked, Manner, Marks, Report, Trouble, search};
