//! Every assignment: its solution passes, its skeleton fails with a story, and each planted mistake is caught.

use pessimist::course::assignments::{self, Assignment};
use pessimist::course::exam::take;
use pessimist::course::{Finding, Hints, Lab};
use pessimist::scenario::Registry;
use std::fs;
use std::path::PathBuf;

/// The folder of each assignment, with what students do not get.
macro_rules! assignments {
    ($($module:ident $name:literal $path:literal),* $(,)?) => {
        $(#[path = $path] mod $module;)*

        /// By name: the skeleton, the solution, and each mistake.
        fn of(name: &str) -> (Registry, Registry, Vec<(&'static str, Registry)>) {
            match name {
                $($name => ($module::skeleton::registry(), $module::solution::registry(), $module::mutants::registries()),)*
                _ => panic!("{name} is not listed in tests/assignments.rs"),
            }
        }
    };
}

assignments! {
    gossip "gossip" "../assignments/gossip/mod.rs",
    raft_a "raft-a" "../assignments/raft-a/mod.rs",
}

/// The first of the seeds that students see; hidden ones begin elsewhere.
const PUBLIC_SEEDS: u64 = 0;

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

/// What is found wrong, test by test.
fn findings(
    assignment: &Assignment,
    registry: Registry,
    what: &str,
    first_seed: u64,
) -> Vec<(&'static str, Box<Finding>)> {
    let folder = Folder::of(assignment, what);
    let lab = Lab::new(registry, &folder.0).with_hints(Hints::Story);
    let exam = assignment.exam.iter();
    exam.filter_map(|test| take(&lab, test, first_seed).err().map(|finding| (test.name, finding))).collect()
}

#[test]
fn each_is_worth_a_hundred_points() {
    for assignment in assignments::ALL {
        assert_eq!(assignment.points(), 100, "{}", assignment.name);
        for test in assignment.exam {
            assert!(assignment.scenario(test.scenario).is_some(), "{}: {}", assignment.name, test.scenario);
        }
    }
}

#[test]
fn every_solution_passes() {
    for assignment in assignments::ALL {
        for first_seed in [PUBLIC_SEEDS, 50_000] {
            let found = findings(assignment, of(assignment.name).1, "solution", first_seed);
            let told: Vec<String> = found.iter().map(|(test, finding)| format!("{test}\n{finding}")).collect();
            assert!(found.is_empty(), "{}: {}", assignment.name, told.join("\n\n"));
        }
    }
}

#[test]
fn every_skeleton_fails_with_a_story_that_fits_on_a_screen() {
    for assignment in assignments::ALL {
        let found = findings(assignment, of(assignment.name).0, "skeleton", PUBLIC_SEEDS);
        assert!(!found.is_empty(), "{}: there is nothing to do", assignment.name);
        for (test, finding) in &found {
            let told = finding.to_string();
            assert!(told.lines().count() <= 34, "{test}:\n{told}");
            assert!(told.contains("NEXT  cargo run -- "), "{test}:\n{told}");
        }
        let told: Vec<String> = found.iter().map(|(test, finding)| format!("{test}\n\n{finding}")).collect();
        insta::assert_snapshot!(format!("skeleton_{}", assignment.name), told.join("\n\n"));
    }
}

#[test]
fn every_planted_mistake_is_caught() {
    for assignment in assignments::ALL {
        for (place, (mistake, registry)) in of(assignment.name).2.into_iter().enumerate() {
            let found = findings(assignment, registry, &format!("mutant-{place}"), 50_000);
            assert!(!found.is_empty(), "{}: nobody notices that it {mistake}", assignment.name);
            let tests: Vec<&str> = found.iter().map(|(test, _)| *test).collect();
            println!("{}: {mistake}: caught by {}", assignment.name, tests.join("; "));
        }
    }
}

/// Some minutes: `cargo test --release --test assignments -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn every_solution_passes_ten_thousand_hidden_seeds() {
    for assignment in assignments::ALL {
        for first_seed in (0..10_000).step_by(200) {
            let found = findings(assignment, of(assignment.name).1, "seeds", 1_000_000 + first_seed);
            assert!(found.is_empty(), "{}: {}", assignment.name, found[0].1);
        }
    }
}
