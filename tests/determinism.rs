//! The same scenario and seed give the same run: in debug and in release, and on other platforms.
//!
//! The digests are pinned. Where a change of the kernel, of a protocol or of a scenario is meant to change runs, the
//! failing test prints the table as it is now.

use pessimist::scenario::{Registry, Scenario, library};
use pessimist::trace::{Digest, Lines};

/// Scenario, seed, and the digest of its run.
const DIGESTS: &[(&str, u64, &str)] = &[
    ("start/two-generals", 1, "7f4550485650e778"),
    ("raft/leader-crash", 42, "87b161f7fbb8f4aa"),
    ("raft/nemesis", 7, "7d44edac867579b8"),
];

fn digest(name: &str, seed: u64) -> String {
    let scenario = Scenario::parse(name, library::find(name).unwrap(), None).unwrap();
    let runner = Registry::standard().prepare(&scenario).unwrap();
    let opened = runner.open(seed, Lines::Digest(Digest::default()), &mut |_, _| true).unwrap();
    opened.session.digest().unwrap().to_owned()
}

#[test]
fn digests_are_the_same_everywhere() {
    let found: Vec<_> = DIGESTS.iter().map(|&(name, seed, _)| (name, seed, digest(name, seed))).collect();
    let pinned: Vec<_> = DIGESTS.iter().map(|&(name, seed, digest)| (name, seed, digest.to_owned())).collect();
    let table: String = found.iter().map(|row| format!("    {row:?},\n")).collect();
    assert!(found == pinned, "the digests are now\n{table}");
}

#[test]
fn a_run_is_the_same_twice() {
    for &(name, seed, _) in DIGESTS {
        assert_eq!(digest(name, seed), digest(name, seed), "{name}");
    }
}
