//! Every assignment: its solution passes, its skeleton fails with a story, and each planted mistake is caught.

use pessimist::course::assignments::{self, Assignment};
use pessimist::course::exam::take;
use pessimist::course::{Finding, Hints, Lab};
use pessimist::scenario::Registry;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of each assignment, with what students do not get, and the tests of each.
macro_rules! assignments {
    ($($module:ident $name:literal $path:literal),* $(,)?) => {
        $(#[path = $path] mod $module;)*

        /// Those that are tried here.
        const TRIED: &[&str] = &[$($name),*];

        mod each {
            $(mod $module {
                use crate::$module::{mutants, skeleton, solution};

                #[test]
                fn its_solution_passes() {
                    crate::passes($name, solution::registry);
                }

                #[test]
                fn its_skeleton_fails_with_a_story_that_fits_on_a_screen() {
                    crate::fails_with_a_story($name, skeleton::registry);
                }

                #[test]
                fn each_planted_mistake_is_caught() {
                    crate::catches($name, mutants::registries());
                }

                #[test]
                #[ignore = "takes minutes"]
                fn its_solution_passes_ten_thousand_hidden_seeds() {
                    crate::passes_ten_thousand_seeds($name, solution::registry);
                }
            })*
        }
    };
}

assignments! {
    delivery "delivery" "../assignments/delivery/mod.rs",
    versioned_kv "versioned-kv" "../assignments/versioned-kv/mod.rs",
    clocks "clocks" "../assignments/clocks/mod.rs",
    ntp "ntp" "../assignments/ntp/mod.rs",
    gossip "gossip" "../assignments/gossip/mod.rs",
    raft_a "raft-a" "../assignments/raft-a/mod.rs",
    raft_b "raft-b" "../assignments/raft-b/mod.rs",
    raft_c "raft-c" "../assignments/raft-c/mod.rs",
    raft_d "raft-d" "../assignments/raft-d/mod.rs",
}

/// The first of the seeds that students see.
const PUBLIC_SEEDS: u64 = 0;

/// The first of those that they do not see.
const HIDDEN_SEEDS: u64 = 50_000;

/// A folder with an assignment's scenarios, hidden ones too.
struct Folder(PathBuf);

impl Folder {
    fn of(assignment: &Assignment, what: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pessimist-{}-{what}-{}", assignment.name, std::process::id()));
        for (folder, files) in [("scenarios", assignment.scenarios), ("hidden", assignment.hidden)] {
            fs::create_dir_all(path.join(folder)).unwrap();
            files.iter().for_each(|(name, text)| fs::write(path.join(folder).join(name), text).unwrap());
        }
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a lab in the assignment's folder finds wrong, test by test.
fn findings(
    assignment: &Assignment,
    what: &str,
    first_seed: u64,
    lab: impl FnOnce(&Path) -> Lab,
) -> Vec<(&'static str, Box<Finding>)> {
    let folder = Folder::of(assignment, what);
    let lab = lab(&folder.0).with_hints(Hints::Story);
    let exam = assignment.exam.iter();
    exam.filter_map(|test| take(&lab, test, first_seed).err().map(|finding| (test.name, finding))).collect()
}

/// The assignment of that name.
fn assignment(name: &str) -> &'static Assignment {
    assignments::find(name).unwrap_or_else(|| panic!("{name} is not listed in src/course/assignments.rs"))
}

#[test]
fn each_is_tried_and_worth_a_hundred_points() {
    let listed: Vec<&str> = assignments::ALL.iter().map(|assignment| assignment.name).collect();
    assert_eq!(listed, TRIED);
    for assignment in assignments::ALL {
        assert_eq!(assignment.points(), 100, "{}", assignment.name);
        for test in assignment.exam {
            assert!(assignment.scenario(test.scenario).is_some(), "{}: {}", assignment.name, test.scenario);
        }
    }
}

fn passes(name: &str, solution: fn() -> Registry) {
    for first_seed in [PUBLIC_SEEDS, HIDDEN_SEEDS] {
        let found = findings(assignment(name), "solution", first_seed, |at| Lab::new(solution(), at));
        let told: Vec<String> = found.iter().map(|(test, finding)| format!("{test}\n{finding}")).collect();
        assert!(found.is_empty(), "{}", told.join("\n\n"));
    }
}

fn fails_with_a_story(name: &str, skeleton: fn() -> Registry) {
    let found = findings(assignment(name), "skeleton", PUBLIC_SEEDS, |at| Lab::new(skeleton(), at));
    assert!(!found.is_empty(), "there is nothing to do");
    for (test, finding) in &found {
        let told = finding.to_string();
        assert!(told.lines().count() <= 34, "{test}:\n{told}");
        assert!(told.contains("NEXT  cargo run -- "), "{test}:\n{told}");
    }
    let told: Vec<String> = found.iter().map(|(test, finding)| format!("{test}\n\n{finding}")).collect();
    insta::assert_snapshot!(format!("skeleton_{name}"), told.join("\n\n"));
}

fn catches(name: &str, mistakes: Vec<(&'static str, Registry)>) {
    for (place, (mistake, registry)) in mistakes.into_iter().enumerate() {
        // Only whether it is caught matters here.
        let lab = |at: &Path| Lab::new(registry, at).without_shrinking();
        let found = findings(assignment(name), &format!("mutant-{place}"), HIDDEN_SEEDS, lab);
        assert!(!found.is_empty(), "nobody notices that it {mistake}");
        let tests: Vec<&str> = found.iter().map(|(test, _)| *test).collect();
        println!("{mistake}: caught by {}", tests.join("; "));
    }
}

/// Some minutes for all: `cargo test --release --test assignments -- --ignored`.
fn passes_ten_thousand_seeds(name: &str, solution: fn() -> Registry) {
    for first_seed in (0..10_000).step_by(200) {
        let found = findings(assignment(name), "seeds", 1_000_000 + first_seed, |at| Lab::new(solution(), at));
        assert!(found.is_empty(), "{}", found[0].1);
    }
}
