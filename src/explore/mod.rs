//! Many runs instead of one: every order of events up to a bound, the smallest run that fails, two runs side by side.

pub mod coverage;
pub mod hunt;
pub mod sweep;

mod breadth;
pub mod but;
mod depth;
pub mod diff;
mod failure;
mod search;
pub mod shrink;
mod verdict;
mod visited;
mod walk;

#[cfg(test)]
mod tests;

pub use failure::{broken_promise, failure_of, unexpected};
pub use search::{Ended, Found, Limits, Looked, Manner, Marks, Options, Report, Trouble, search};
pub use verdict::{Searched, Verdict, limits_of, marks_of};
