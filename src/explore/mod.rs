//! Many runs instead of one: every order of events up to a bound, the smallest run that fails, two runs side by side.

mod breadth;
mod depth;
mod search;
pub mod shrink;
mod visited;
mod walk;

pub use search::{Ended, Found, Limits, Looked, Manner, Marks, Report, Trouble, search};
