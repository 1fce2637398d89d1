//! Sitting an exam: one test of an assignment, in a process of its own.
//!
//! What a student's code prints counts for nothing. The process is given a word that nobody else knows, on standard input,
//! before any of the student's code runs; only the line that begins with it is the result.

use super::assignments::{self, Assignment, How, Test};
use super::{Finding, Hints, Lab};
use crate::scenario::Registry;
use serde_json::{Value, json};
use std::io::BufRead;
use std::process::ExitCode;

/// Takes one test in a crate's folder, with seeds from there on.
pub fn take(lab: &Lab, test: &Test, first_seed: u64) -> Result<(), Box<Finding>> {
    match test.how {
        How::Run => lab.run(test.scenario, None).map(drop),
        How::Sweep(seeds) => lab.sweep(test.scenario, first_seed..first_seed.saturating_add(seeds)),
        How::Explore => lab.explore(test.scenario).map(drop),
    }
}

/// The `main` of the process that sits one test: what to do stands on standard input.
pub fn sit(registry: fn() -> Registry) -> ExitCode {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    let Some(task) = read.ok().and_then(|_| Task::read(&line)) else {
        eprintln!("this program is run by: pessimist grade");
        return ExitCode::from(2);
    };
    let lab = Lab::new(registry(), ".").with_hints(Hints::Story);
    let result = take(&lab, &task.assignment.exam[task.test], task.first_seed);
    println!("\n{} {}", task.word, result_of(&result));
    ExitCode::SUCCESS
}

/// What one process is to do.
#[derive(Clone, Debug)]
pub struct Task {
    /// The word that its result begins with.
    pub word: String,
    /// The assignment.
    pub assignment: &'static Assignment,
    /// The test's place in its exam.
    pub test: usize,
    /// The first seed.
    pub first_seed: u64,
}

impl Task {
    /// As one line.
    pub fn line(&self) -> String {
        format!("{} {} {} {}\n", self.word, self.assignment.name, self.test, self.first_seed)
    }

    fn read(line: &str) -> Option<Task> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [word, name, test, first_seed] = words[..] else { return None };
        let assignment = assignments::find(name)?;
        let test = test.parse().ok().filter(|test| *test < assignment.exam.len())?;
        Some(Task { word: word.to_owned(), assignment, test, first_seed: first_seed.parse().ok()? })
    }

    /// The result in what the process printed: whether the test was passed, and what was found. None where there is no
    /// such line, whatever else was printed.
    pub fn result(&self, printed: &str) -> Option<(bool, String)> {
        let line = printed.lines().rev().find_map(|line| line.strip_prefix(&format!("{} ", self.word)))?;
        let value: Value = serde_json::from_str(line).ok()?;
        Some((value.get("passed")?.as_bool()?, value.get("found")?.as_str()?.to_owned()))
    }
}

fn result_of(result: &Result<(), Box<Finding>>) -> Value {
    match result {
        Ok(()) => json!({"passed": true, "found": ""}),
        Err(finding) => json!({"passed": false, "found": finding.to_string()}),
    }
}
