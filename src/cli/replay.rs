//! `replay`: runs a trace again and names the first event that differs.

use super::Exit;
use super::arguments::Replay;
use super::run::Made;
use super::shared::{Stop, print};
use super::trace_file::{self, FORMAT, Header, VERSION};
use crate::scenario::{Registry, Scenario, library};
use crate::trace::{Digest, Lines};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::sync::mpsc::{Receiver, Sender, channel};

pub fn replay(registry: &Registry, replay: &Replay) -> Result<Exit, Stop> {
    let path = replay.trace.display().to_string();
    let file = File::open(&replay.trace).map_err(|error| Stop::wrong(format!("{path} cannot be read: {error}")))?;
    let mut lines = BufReader::new(file).lines();
    let header = header(&path, lines.next())?;
    let scenario = trace_file::scenario(&header)?;
    note_changes(&header, &scenario);
    let made = Made::new(registry, scenario, &header.scenario, header.variant.as_deref())?;
    let (sender, found) = channel();
    let compare = Compare { recorded: Box::new(lines), sender, event: 0, done: false, line: Vec::new() };
    let opened = made.open(Lines::Json(Digest::default(), Box::new(compare)))?;
    let digest = opened.session.digest().unwrap_or_default().to_owned();
    match outcome(&found) {
        Outcome::Differs { event, recorded, now } => {
            let text = format!("e{event} is the first event that differs\n  recorded  {recorded}\n  now       {now}");
            print(&text)?;
            Ok(Exit::Broken)
        }
        Outcome::Short { event } => Err(Stop::wrong(format!(
            "{path} is cut short: it ends before e{event}, and has no footer\nall events up to there are the same"
        ))),
        Outcome::Footer(line) => check_footer(&line, opened.session.trace().len(), &digest),
    }
}

/// Reads the first line of a trace.
fn header(path: &str, line: Option<std::io::Result<String>>) -> Result<Header, Stop> {
    let accepted = "a trace is what  pessimist run S --format jsonl --out F  writes";
    let line = match line {
        Some(Ok(line)) => line,
        Some(Err(error)) => return Err(Stop::wrong(format!("{path} is not a trace: {error}\n{accepted}"))),
        None => return Err(Stop::wrong(format!("{path} is empty\n{accepted}"))),
    };
    let value: Value = serde_json::from_str(&line)
        .map_err(|error| Stop::wrong(format!("{path}:1 is not JSON: {error}\n{accepted}")))?;
    if value["format"] != FORMAT {
        return Err(Stop::wrong(format!("{path}:1 is not the header of a trace\n{accepted}")));
    }
    if value["version"] != VERSION {
        let text =
            format!("{path} is a trace of version {}; this Pessimist reads version {VERSION}", value["version"]);
        return Err(Stop::wrong(format!(
            "{text}\nrecord it again, or use the Pessimist that wrote it: {}",
            value["pessimist"]
        )));
    }
    serde_json::from_value(value).map_err(|error| Stop::wrong(format!("{path}:1 is a damaged header: {error}")))
}

/// Says what has changed since the trace was written, where that can be told.
fn note_changes(header: &Header, scenario: &Scenario) {
    if header.pessimist != env!("CARGO_PKG_VERSION") {
        eprintln!("note: written by Pessimist {}, run again by {}", header.pessimist, env!("CARGO_PKG_VERSION"));
    }
    if scenario.hash != header.hash {
        eprintln!("note: the content in the header hashes to {}, not to {} as it says", scenario.hash, header.hash);
    }
    let today = library::find(&header.scenario);
    let today = today.and_then(|text| Scenario::parse(&header.scenario, text, header.variant.as_deref()).ok());
    if today.is_some_and(|today| today.hash != header.hash) {
        eprintln!("note: {} has changed since; the trace's own copy is run", header.scenario);
    }
}

/// How a comparison ended.
enum Outcome {
    /// An event is not what was recorded.
    Differs { event: u64, recorded: String, now: String },
    /// The trace ends early.
    Short { event: u64 },
    /// All events are the same; the line after the last of them.
    Footer(String),
}

/// Takes the lines of the new run and compares each with the recorded one.
struct Compare {
    recorded: Box<dyn Iterator<Item = std::io::Result<String>>>,
    sender: Sender<Outcome>,
    event: u64,
    done: bool,
    line: Vec<u8>,
}

impl Compare {
    fn end(&mut self, outcome: Outcome) {
        self.done = true;
        let _ = self.sender.send(outcome);
    }

    fn compare(&mut self, now: String) {
        let event = self.event;
        self.event += 1;
        match self.recorded.next() {
            Some(Ok(recorded)) if recorded == now => {}
            Some(Ok(recorded)) => self.end(Outcome::Differs { event, recorded, now }),
            Some(Err(error)) => self.end(Outcome::Differs { event, recorded: error.to_string(), now }),
            None => self.end(Outcome::Short { event }),
        }
    }
}

impl Write for Compare {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for &byte in bytes {
            if byte == b'\n' {
                let line = String::from_utf8_lossy(&self.line).into_owned();
                self.line.clear();
                if !self.done {
                    self.compare(line);
                }
            } else if !self.done {
                self.line.push(byte);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Compare {
    /// The run is over: what stands next must be the footer.
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let event = self.event;
        match self.recorded.next() {
            Some(Ok(line)) => self.end(Outcome::Footer(line)),
            Some(Err(error)) => {
                self.end(Outcome::Differs { event, recorded: error.to_string(), now: "the run is over".to_owned() });
            }
            None => self.end(Outcome::Short { event }),
        }
    }
}

fn outcome(found: &Receiver<Outcome>) -> Outcome {
    found.recv().unwrap_or(Outcome::Short { event: 0 })
}

/// The footer must tell of this very run.
fn check_footer(line: &str, events: usize, digest: &str) -> Result<Exit, Stop> {
    let footer: Value = serde_json::from_str(line).unwrap_or_default();
    if footer["events"] == events && footer["digest"] == digest {
        print(&format!("the same: {events} events, digest {digest}"))?;
        return Ok(Exit::Met);
    }
    let text = format!("all {events} events are the same, but what follows them is not this run's footer");
    print(&format!("{text}\n  recorded  {line}\n  now       {events} events, digest {digest}"))?;
    Ok(Exit::Broken)
}
