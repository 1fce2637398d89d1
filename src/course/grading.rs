//! Marks: what a submission is worth, and how that is told.

use super::assignments::{Assignment, Test};
use serde_json::{Value, json};
use std::fmt::Write;

/// What became of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was passed.
    Passed,
    /// It was not: what was found.
    Failed(String),
    /// It came to no result: why.
    Void(String),
}

/// A submission and its marks.
#[derive(Clone, Debug)]
pub struct Marked {
    /// The name of its folder.
    pub name: String,
    /// For each test of the exam what became of it; empty where it was not run.
    pub outcomes: Vec<Outcome>,
    /// What the teacher should know.
    pub notes: Vec<String>,
}

impl Marked {
    /// The points that it has.
    pub fn points(&self, assignment: &Assignment) -> u32 {
        let passed = assignment.exam.iter().zip(&self.outcomes).filter(|(_, outcome)| **outcome == Outcome::Passed);
        passed.map(|(test, _)| test.points).sum()
    }

    fn each<'a>(&'a self, assignment: &'a Assignment) -> impl Iterator<Item = (&'a Test, Option<&'a Outcome>)> {
        assignment.exam.iter().enumerate().map(|(place, test)| (test, self.outcomes.get(place)))
    }
}

/// Words that a protocol has no use for, and what is wrong with them. Those of the first list are not run at all.
const NOT_RUN: &[(&str, &str)] = &[
    ("std::fs", "files"),
    ("std::net", "the network"),
    ("std::process", "other processes"),
    ("std::os", "the operating system"),
    ("unsafe", "unsafe code"),
    ("include!", "other files at build time"),
    ("include_str!", "other files at build time"),
    ("include_bytes!", "other files at build time"),
    ("extern", "foreign code"),
    ("asm!", "foreign code"),
    ("#[path", "files of another place"),
];
const NOTED: &[(&str, &str)] = &[
    ("std::time", "the wall clock"),
    ("SystemTime", "the wall clock"),
    ("Instant", "the wall clock"),
    ("std::thread", "threads"),
    ("std::env", "the environment"),
    ("std::io", "standard input or output"),
    ("println!", "standard output"),
    ("static mut", "a static variable"),
    ("thread_local!", "a static variable"),
    ("HashMap", "a map whose order is another one in each run"),
];

/// What a source uses that a protocol has no use for: whether it may be run, and the notes.
pub fn inspect(path: &str, text: &str) -> (bool, Vec<String>) {
    let (mut may_run, mut notes) = (true, Vec::new());
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for (words, is_refused) in [(NOT_RUN, true), (NOTED, false)] {
            let found = words.iter().find(|(word, _)| has_word(code, word));
            if let Some((word, what)) = found {
                let end = if is_refused { "; it was not run" } else { "" };
                notes.push(format!("{path}:{}: {word}: a protocol has no use for {what}{end}", number + 1));
                may_run &= !is_refused;
            }
        }
    }
    (may_run, notes)
}

/// Whether a word stands in a line of code by itself: `extern` is no part of `external`.
fn has_word(code: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let starts = !before.is_some_and(is_part) || !word.starts_with(is_part);
        let ends = !after.is_some_and(is_part) || !word.ends_with(is_part);
        starts && ends
    })
}

/// All marks of a folder of submissions, as a program reads them.
pub fn as_json(assignment: &Assignment, all: &[Marked]) -> Value {
    let test = |(test, outcome): (&Test, Option<&Outcome>)| {
        let (state, found) = told(outcome);
        let points = if state == "passed" { test.points } else { 0 };
        json!({"test": test.name, "state": state, "points": points, "of": test.points, "found": found})
    };
    let one = |marked: &Marked| {
        json!({
            "submission": marked.name,
            "points": marked.points(assignment),
            "of": assignment.points(),
            "tests": marked.each(assignment).map(test).collect::<Vec<_>>(),
            "notes": marked.notes,
        })
    };
    json!({
        "assignment": assignment.name,
        "version": env!("CARGO_PKG_VERSION"),
        "submissions": all.iter().map(one).collect::<Vec<_>>(),
    })
}

fn told(outcome: Option<&Outcome>) -> (&'static str, &str) {
    match outcome {
        Some(Outcome::Passed) => ("passed", ""),
        Some(Outcome::Failed(found)) => ("failed", found),
        Some(Outcome::Void(why)) => ("no result", why),
        None => ("not run", ""),
    }
}

/// As a table and the findings, in Markdown, for a student or a forge.
pub fn as_markdown(assignment: &Assignment, all: &[Marked]) -> String {
    let mut text =
        format!("# Assignment {}: {}\n\n| submission | points |\n|---|---|\n", assignment.number, assignment.title);
    for marked in all {
        let _ = writeln!(text, "| {} | {} of {} |", marked.name, marked.points(assignment), assignment.points());
    }
    for marked in all {
        let _ = write!(text, "\n## {}\n\n| test | points |\n|---|---|\n", marked.name);
        for (test, outcome) in marked.each(assignment) {
            let points = if outcome == Some(&Outcome::Passed) { test.points } else { 0 };
            let _ = writeln!(text, "| {} | {points} of {} |", test.name, test.points);
        }
        for note in &marked.notes {
            let _ = write!(text, "\n- {note}");
        }
        for (test, outcome) in marked.each(assignment) {
            let (state, found) = told(outcome);
            if !found.is_empty() {
                let _ = write!(text, "\n\n**{}**: {state}\n\n```text\n{}\n```\n", test.name, found.trim_end());
            }
        }
    }
    text
}

/// As JUnit's XML, which forges and build servers read.
pub fn as_junit(assignment: &Assignment, all: &[Marked]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for marked in all {
        let failures = marked.each(assignment).filter(|(_, outcome)| *outcome != Some(&Outcome::Passed)).count();
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\">",
            escaped(&marked.name),
            assignment.exam.len()
        );
        for (test, outcome) in marked.each(assignment) {
            let (state, found) = told(outcome);
            let head = format!("    <testcase classname=\"{}\" name=\"{}\"", assignment.name, escaped(test.name));
            let _ = match state {
                "passed" => writeln!(text, "{head}/>"),
                _ => writeln!(
                    text,
                    "{head}>\n      <failure message=\"{state}\">{}</failure>\n    </testcase>",
                    escaped(found)
                ),
            };
        }
        let notes = marked.notes.join("\n");
        if !notes.is_empty() {
            let _ = writeln!(text, "    <system-out>{}</system-out>", escaped(&notes));
        }
        text += "  </testsuite>\n";
    }
    text + "</testsuites>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// As a person reads it on a terminal.
pub fn as_text(assignment: &Assignment, all: &[Marked]) -> String {
    let wide = all.iter().map(|marked| marked.name.len()).max().unwrap_or(0).max(10);
    let mut text = format!("Assignment {}: {}\n\n", assignment.number, assignment.title);
    for marked in all {
        let passed = marked.outcomes.iter().filter(|outcome| **outcome == Outcome::Passed).count();
        let _ = writeln!(
            text,
            "{:<wide$}  {:>3} of {}   {passed} of {} tests",
            marked.name,
            marked.points(assignment),
            assignment.points(),
            assignment.exam.len()
        );
        for (test, outcome) in marked.each(assignment).filter(|(_, outcome)| *outcome != Some(&Outcome::Passed)) {
            let (state, found) = told(outcome);
            let first = found.lines().next().unwrap_or_default();
            let _ = writeln!(text, "{:<wide$}    {:>3}  {}: {state}", "", -i64::from(test.points), test.name);
            if !first.is_empty() {
                let _ = writeln!(text, "{:<wide$}         {first}", "");
            }
        }
        for note in &marked.notes {
            let _ = writeln!(text, "{:<wide$}    note  {note}", "");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_protocol_has_no_use_for_is_noted() {
        let source =
            "use std::collections::HashMap;\nlet externally = 1; // std::fs is only named here\nstd::fs::read(x);\n";
        let (may_run, notes) = inspect("src/lib.rs", source);
        assert!(!may_run);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].starts_with("src/lib.rs:1: HashMap") && notes[1].starts_with("src/lib.rs:3: std::fs"));
        assert_eq!(inspect("src/lib.rs", "let instantly = Instantly;"), (true, vec![]));
    }
}
