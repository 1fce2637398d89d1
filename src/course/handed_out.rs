//! The crate that a student is given.

use super::assignments::Assignment;

/// Where a student's crate finds Pessimist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In this folder.
    Folder(String),
    /// On the registry, of this version.
    Version(String),
    /// In this repository, at this commit or tag.
    Repository(String, String),
}

impl Source {
    /// As a dependency of Cargo.toml.
    fn dependency(&self) -> String {
        match self {
            Source::Folder(path) => format!("{{ path = {path:?} }}"),
            Source::Version(version) => format!("\"={version}\""),
            Source::Repository(git, rev) => format!("{{ git = {git:?}, rev = {rev:?} }}"),
        }
    }
}

/// The name that a student's crate has, whatever its folder is called: tests are written against it.
const CRATE: &str = "lab";

/// The versions that Pessimist itself was built and tested with: a run's digest depends on some of them.
const LOCK: &str = include_str!("../../Cargo.lock");

/// All files of a student's crate: their paths, and their texts.
pub fn files(assignment: &Assignment, source: &Source) -> Vec<(String, String)> {
    let own = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let mut files = vec![
        ("Cargo.toml".to_owned(), manifest(assignment, source)),
        own("HANDOUT.md", assignment.handout),
        own("src/lib.rs", assignment.skeleton),
        own("src/main.rs", MAIN),
        own("tests/public.rs", assignment.tests),
        own(".cargo/config.toml", CONFIG),
        own(".gitignore", "/target\n*.snap.new\n"),
    ];
    // A registry or a repository has other checksums for Pessimist itself.
    if let Source::Folder(_) = source {
        files.push(("Cargo.lock".to_owned(), lock()));
    }
    let within = |folder: &str, (name, text): &(&str, &str)| (format!("{folder}/{name}"), (*text).to_owned());
    files.extend(assignment.scenarios.iter().map(|file| within("scenarios", file)));
    files.extend(assignment.snapshots.iter().map(|file| within("tests/snapshots", file)));
    files
}

/// The crate in which a submission sits its exam: the same, but for the program, with the hidden scenarios.
pub fn exam_files(assignment: &Assignment, source: &Source) -> Vec<(String, String)> {
    let mut files = files(assignment, source);
    files.retain(|(path, _)| !path.starts_with("tests/") && path != "src/main.rs");
    let within = |(name, text): &(&str, &str)| (format!("hidden/{name}"), (*text).to_owned());
    files.extend(assignment.hidden.iter().map(within));
    files.push(("exam.rs".to_owned(), EXAM.to_owned()));
    if let Some((_, manifest)) = files.iter_mut().find(|(path, _)| path == "Cargo.toml") {
        *manifest += "\n[[bin]]\nname = \"exam\"\npath = \"exam.rs\"\n";
    }
    files
}

fn manifest(assignment: &Assignment, source: &Source) -> String {
    let Assignment { name, number, title, .. } = assignment;
    format!(
        "# Assignment {number}: {title}\n\
         [package]\nname = \"{CRATE}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[package.metadata.pessimist]\nassignment = \"{name}\"\n\n\
         [dependencies]\npessimist = {}\n\n[dev-dependencies]\ninsta = \"1\"\n\n\
         # Sweeps run thousands of schedules: a little optimisation pays in the first minute.\n\
         [profile.dev]\nopt-level = 1\ndebug = false\n\n\
         [profile.dev.package.pessimist]\nopt-level = 0\n\n\
         # Alone, whatever folder it lies in.\n[workspace]\n",
        source.dependency()
    )
}

/// Exact versions of all that is built: those that Pessimist was tested with.
fn lock() -> String {
    let package = format!(
        "[[package]]\nname = \"{CRATE}\"\nversion = \"0.0.0\"\ndependencies = [\n \"insta\",\n \"pessimist\",\n]\n\n"
    );
    // Cargo keeps packages in the order of their names; one that is out of place it moves itself.
    match LOCK.find("[[package]]") {
        Some(first) => format!("{}{package}{}", &LOCK[..first], &LOCK[first..]),
        None => LOCK.to_owned(),
    }
}

const EXAM: &str = include_str!("../../assignments/exam.rs");
const MAIN: &str = include_str!("../../assignments/main.rs");

const CONFIG: &str =
    "# How much a failing test says: 1 the promise and the story, 2 a question as well, 3 the causes as well.
[env]
PESSIMIST_HINTS = \"1\"
RUST_BACKTRACE = \"0\"
";
