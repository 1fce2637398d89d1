//! `grade`: marks for submissions, each built from a clean skeleton and judged from another process.

use super::Exit;
use super::arguments::{Grade, GradeFormat};
use super::shared::{Stop, print};
use crate::course::assignments::{self, Assignment};
use crate::course::exam::Task;
use crate::course::grading::{self, Marked, Outcome, inspect};
use crate::course::handed_out::{Source, exam_files};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use std::fs;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The checkout that this program was built from.
const CHECKOUT: &str = env!("CARGO_MANIFEST_DIR");

/// Memory for one test, in kilobytes, where the system can be asked to see to it.
const MEMORY: u64 = 4_000_000;

pub fn grade(grade: &Grade) -> Result<Exit, Stop> {
    let submissions = submissions(&grade.folder)?;
    let assignment = assignment(grade, &submissions)?;
    let secret = grade.secret.clone().or_else(|| std::env::var("PESSIMIST_SECRET").ok()).unwrap_or_default();
    if secret.is_empty() {
        eprintln!("no --secret: hidden seeds are those that anybody can find out");
    }
    let work = grade.work.clone().unwrap_or_else(|| std::env::temp_dir().join("pessimist-grade"));
    let office = Office {
        assignment,
        secret,
        work,
        patience: Duration::from_secs(grade.patience),
        bar: bar(submissions.len()),
    };
    // Cargo builds one after the other; tests are run beside that.
    let built: Vec<Built> = submissions.iter().map(|submission| office.build(submission)).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(grade.jobs.unwrap_or(0)).build();
    let pool = pool.map_err(|error| Stop::wrong(error.to_string()))?;
    let marked: Vec<Marked> = pool.install(|| built.par_iter().map(|built| office.mark(built)).collect());
    office.bar.finish_and_clear();
    let text = match grade.format {
        GradeFormat::Text => grading::as_text(assignment, &marked),
        GradeFormat::Json => format!("{}\n", grading::as_json(assignment, &marked)),
        GradeFormat::Junit => grading::as_junit(assignment, &marked),
        GradeFormat::Markdown => grading::as_markdown(assignment, &marked),
    };
    match &grade.out {
        Some(path) => fs::write(path, text)
            .map_err(|error| Stop::wrong(format!("{} cannot be written: {error}", path.display())))?,
        None => print(text.trim_end())?,
    }
    Ok(Exit::Met)
}

/// The folders that are submissions: this one, or those in it.
fn submissions(folder: &Path) -> Result<Vec<PathBuf>, Stop> {
    let is_one = |path: &Path| path.join("src/lib.rs").is_file();
    if is_one(folder) {
        return Ok(vec![folder.to_owned()]);
    }
    let wrong = |error: std::io::Error| Stop::wrong(format!("{} cannot be read: {error}", folder.display()));
    let entries: Result<Vec<PathBuf>, std::io::Error> =
        fs::read_dir(folder).map_err(wrong)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut found: Vec<PathBuf> = entries.map_err(wrong)?.into_iter().filter(|path| is_one(path)).collect();
    found.sort();
    if found.is_empty() {
        let help = "accepted: a crate that pessimist new has made, or a folder of such crates";
        return Err(Stop::wrong(format!("{} holds no submission (no src/lib.rs)\n{help}", folder.display())));
    }
    Ok(found)
}

/// Which assignment it is: as it is said, or as the submissions' Cargo.toml says.
fn assignment(grade: &Grade, submissions: &[PathBuf]) -> Result<&'static Assignment, Stop> {
    let named = |path: &PathBuf| {
        let manifest = fs::read_to_string(path.join("Cargo.toml")).ok()?;
        let line = manifest.lines().find_map(|line| line.strip_prefix("assignment = "))?;
        Some(line.trim_matches('"').to_owned())
    };
    let name = grade.assignment.clone().or_else(|| submissions.iter().find_map(named));
    let known = || assignments::ALL.iter().map(|assignment| assignment.name).collect::<Vec<_>>().join(" ");
    let name =
        name.ok_or_else(|| Stop::usage(format!("which assignment?  --assignment NAME\naccepted: {}", known())))?;
    assignments::find(&name)
        .ok_or_else(|| Stop::usage(format!("there is no assignment {name:?}\naccepted: {}", known())))
}

fn bar(length: usize) -> ProgressBar {
    let is_seen = std::io::stderr().is_terminal();
    let target = if is_seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style =
        ProgressStyle::with_template("{pos} of {len}  {msg}  ({elapsed})").expect("the template is well-formed");
    ProgressBar::with_draw_target(Some(2 * length as u64), target).with_style(style)
}

/// Where marking is done.
struct Office {
    assignment: &'static Assignment,
    secret: String,
    work: PathBuf,
    patience: Duration,
    bar: ProgressBar,
}

/// A submission that was built, or not.
struct Built {
    name: String,
    folder: PathBuf,
    /// The program that sits the exam; none where there is nothing to run.
    program: Option<PathBuf>,
    notes: Vec<String>,
}

impl Office {
    /// Copies the sources into a clean crate and builds it. All crates share what they have in common.
    fn build(&self, submission: &Path) -> Built {
        let name = submission
            .file_name()
            .map_or_else(|| "submission".to_owned(), |name| name.to_string_lossy().into_owned());
        self.bar.set_message(format!("building {name}"));
        let folder = self.work.join(self.assignment.name).join(&name);
        let mut built = Built { name, folder, program: None, notes: Vec::new() };
        let made = self.lay_out(submission, &mut built);
        match made {
            Ok(true) => match self.compile(&built) {
                Ok(program) => built.program = Some(program),
                Err(why) => built.notes.push(why),
            },
            Ok(false) => {}
            Err(error) => built.notes.push(format!("it cannot be copied: {error}")),
        }
        self.bar.inc(1);
        built
    }

    /// Whether what was copied may be built.
    fn lay_out(&self, submission: &Path, built: &mut Built) -> std::io::Result<bool> {
        let _ = fs::remove_dir_all(&built.folder);
        for (path, text) in exam_files(self.assignment, &Source::Folder(CHECKOUT.to_owned())) {
            write(&built.folder.join(path), &text)?;
        }
        let mut may_run = true;
        for path in sources(&submission.join("src"))? {
            let within = path.strip_prefix(submission).unwrap_or(&path);
            if within == Path::new("src/main.rs") {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            let (fine, notes) = inspect(&within.display().to_string(), &text);
            may_run &= fine;
            built.notes.extend(notes);
            write(&built.folder.join(within), &text)?;
        }
        for (path, text) in self.assignment.tests_of_students() {
            let own = fs::read_to_string(submission.join(path)).unwrap_or_default();
            if own != text {
                built.notes.push(format!("{path} is not as it was handed out; it is not used here"));
            }
        }
        if submission.join("build.rs").exists() {
            built.notes.push("build.rs is not used here".to_owned());
        }
        Ok(may_run)
    }

    /// Builds the crate; gives its program, or what is wrong.
    fn compile(&self, built: &Built) -> Result<PathBuf, String> {
        let target = self.work.join("target");
        let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
            .args(["build", "--offline", "--quiet", "--bin", "exam", "--target-dir"])
            .arg(&target)
            .current_dir(&built.folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cargo cannot be run: {error}"))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            let first: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("error")).take(12).collect();
            return Err(format!("it does not build:\n{}", first.join("\n")));
        }
        // The next submission's program has the same name.
        let program = built.folder.join("sit");
        fs::copy(target.join("debug/exam"), &program).map_err(|error| format!("the program is gone: {error}"))?;
        Ok(program)
    }

    fn mark(&self, built: &Built) -> Marked {
        let Built { name, notes, program, .. } = built;
        let mut marked = Marked { name: name.clone(), outcomes: Vec::new(), notes: notes.clone() };
        if let Some(program) = program {
            self.bar.set_message(format!("marking {name}"));
            for test in 0..self.assignment.exam.len() {
                let (outcome, note) = self.take(program, &built.folder, test);
                marked.outcomes.push(outcome);
                marked.notes.extend(note.filter(|note| !marked.notes.contains(note)).into_iter().collect::<Vec<_>>());
            }
        }
        self.bar.inc(1);
        marked
    }

    /// One test in a process of its own.
    #[expect(clippy::disallowed_methods, reason = "who waits for a process must be able to stop waiting")]
    fn take(&self, program: &Path, folder: &Path, test: usize) -> (Outcome, Option<String>) {
        let hash = |what: &str| {
            blake3::hash(format!("{}\0{}\0{test}\0{what}", self.secret, self.assignment.name).as_bytes())
        };
        let first_seed = u64::from_le_bytes(hash("seed").as_bytes()[..8].try_into().unwrap_or_default()) >> 24;
        let task =
            Task { word: hash("word").to_hex()[..24].to_owned(), assignment: self.assignment, test, first_seed };
        let limited = format!("ulimit -v {MEMORY} 2>/dev/null; exec \"$0\"");
        let child = Command::new("sh")
            .args(["-c", &limited])
            .arg(program)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env_clear()
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => return (Outcome::Void(format!("it cannot be run: {error}")), None),
        };
        if let Some(mut stdin) = child.stdin.take() {
            let _ = stdin.write_all(task.line().as_bytes());
        }
        let Some(stdout) = child.stdout.take() else {
            return (Outcome::Void("it has no output".to_owned()), None);
        };
        let (done, wait) = mpsc::channel();
        std::thread::spawn(move || {
            let mut printed = Vec::new();
            // Whoever prints without end is not read without end.
            let _ = stdout.take(PRINTED_AT_MOST).read_to_end(&mut printed);
            let _ = done.send(String::from_utf8_lossy(&printed).into_owned());
        });
        let printed = wait.recv_timeout(self.patience);
        let _ = child.kill();
        let _ = child.wait();
        let Ok(printed) = printed else {
            let why = format!("no end after {} s: a handler loops, or does far too much", self.patience.as_secs());
            return (Outcome::Void(why), None);
        };
        let other = printed.lines().any(|line| !line.trim().is_empty() && !line.starts_with(&task.word));
        let note = other.then(|| "it prints; what it prints counts for nothing".to_owned());
        let outcome = match task.result(&printed) {
            Some((true, _)) => Outcome::Passed,
            Some((false, found)) => Outcome::Failed(found),
            None => Outcome::Void("it ended before the test did".to_owned()),
        };
        (outcome, note)
    }
}

/// Bytes of output that are read of one test.
const PRINTED_AT_MOST: u64 = 1 << 20;

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}

/// The Rust sources of a folder, in order.
fn sources(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
