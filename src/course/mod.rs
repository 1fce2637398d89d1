//! What coursework needs: tests of a student's protocol that are fair, deterministic, and explain themselves.
//!
//! A student's crate has a protocol, scenarios, and tests of a line each:
//!
//! ```ignore
//! #[test]
//! fn everybody_hears_whatever_the_network_does() {
//!     sweep!(lab::registry(), "scenarios/lossy.ron", seeds: 0..500);
//! }
//! ```
//!
//! A test that fails says which promise was broken, tells the shortest story of it that was found, and gives the command
//! that opens it in the debugger. How much more it says the teacher sets: see [`Hints`].

pub mod assignments;
pub mod exam;
mod finding;
pub mod grading;
pub mod handed_out;
mod lab;
mod predicted;

#[cfg(test)]
mod tests;

pub use finding::{Finding, Hints};
pub use lab::{Explored, Lab, Ran};
pub use predicted::{Kinds, compare, facts};

pub use crate::{assert_runs, explore, snapshot, sweep};

/// The result of a check, or a panic that tells a person what is wrong: what the macros end with.
#[track_caller]
pub fn passed<T>(result: Result<T, Box<Finding>>) -> T {
    match result {
        Ok(result) => result,
        Err(finding) => panic!("\n\n{finding}\n"),
    }
}

/// Runs a scenario once, with its own seed or another one: all that it expects must come about, and the same seed must give
/// the same run again.
///
/// `assert_runs!(registry, "scenarios/calm.ron")`, `assert_runs!(registry, "scenarios/calm.ron", seed: 7)`
#[macro_export]
macro_rules! assert_runs {
    ($registry:expr, $file:expr $(, seed: $seed:expr)? $(,)?) => {{
        #[allow(unused_mut, unused_assignments, reason = "where no seed is given")]
        let mut seed: Option<u64> = None;
        $(seed = Some($seed);)?
        $crate::course::passed($crate::course::Lab::new($registry, env!("CARGO_MANIFEST_DIR")).run($file, seed))
    }};
}

/// Runs a scenario with many seeds, on all cores; the lowest seed that fails is told.
///
/// `sweep!(registry, "scenarios/lossy.ron", seeds: 0..500)`
#[macro_export]
macro_rules! sweep {
    ($registry:expr, $file:expr, seeds: $seeds:expr $(,)?) => {
        $crate::course::passed($crate::course::Lab::new($registry, env!("CARGO_MANIFEST_DIR")).sweep($file, $seeds))
    };
}

/// Tries every order in which things may happen in a scenario's small world, within the bounds of its field `explore`.
///
/// `explore!(registry, "scenarios/small.ron")`
#[macro_export]
macro_rules! explore {
    ($registry:expr, $file:expr $(,)?) => {
        $crate::course::passed($crate::course::Lab::new($registry, env!("CARGO_MANIFEST_DIR")).explore($file))
    };
}

/// Compares the facts of some kinds in a run with those that were predicted in `tests/snapshots/NAME.snap`. A `?` there
/// is what has not been predicted yet.
///
/// `snapshot!("election", registry, "scenarios/calm.ron", [BecameLeader, Voted])`
#[macro_export]
macro_rules! snapshot {
    ($name:literal, $registry:expr, $file:expr, [$($kind:ident),+ $(,)?] $(,)?) => {{
        let folder = env!("CARGO_MANIFEST_DIR");
        let ran = $crate::course::passed($crate::course::Lab::new($registry, folder).run($file, None));
        let facts = $crate::course::facts(&ran, &[$($crate::node::FactKind::$kind),+]);
        $crate::course::passed($crate::course::compare(folder, $name, &ran, &facts));
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!($name, facts.text());
        });
    }};
}
