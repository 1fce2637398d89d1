//! Many runs instead of one: every order of events up to a bound, the smallest run that fails, two runs side by side.

mod breadth;
pub mod but;
mod depth;
pub mod diff;
mod search;
mod visited;
mod walk;

pub use search::{Ended, Found, Limits, Looked, Manner, Marks, Report, Trouble, search};
