//! `scores`: what a person answered to questions, and what that says. It is kept in one file on this machine and leaves it
//! only by that person's hand.

use super::Exit;
use super::arguments::{Plain, Scores};
use super::config;
use super::shared::{Stop, counted, invocation, print, words_of};
use crate::trace::wrap;
use crate::tui::{Score, Topic};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// An answer, as it is kept: one line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// The version of Pessimist that asked.
    version: String,
    scenario: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    seed: u64,
    topic: String,
    question: String,
    /// The event before which it was asked.
    before: u32,
    said: String,
    answer: String,
    right: bool,
    /// In per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sure: Option<u8>,
    /// Whether the run was changed by hand: then the scenario and the seed do not lead to it.
    #[serde(default)]
    by_hand: bool,
}

/// The file in which scores are kept, or why there is none.
pub fn file() -> Result<PathBuf, String> {
    let folder = config::folder("XDG_STATE_HOME", ".local/state");
    Ok(folder.ok_or("neither XDG_STATE_HOME nor HOME is set")?.join("scores.jsonl"))
}

/// Keeps the scores of one run. What cannot be written waits for the next one.
pub struct Keeper {
    pub scenario: String,
    pub variant: Option<String>,
    pub seed: u64,
    pub file: Result<PathBuf, String>,
    /// Lines that are not written yet.
    pub waiting: Vec<String>,
}

impl Keeper {
    pub fn new(scenario: &str, variant: Option<&str>, seed: u64) -> Self {
        let variant = variant.map(str::to_owned);
        Keeper { scenario: scenario.to_owned(), variant, seed, file: file(), waiting: Vec::new() }
    }

    /// Writes a score, and whatever could not be written before.
    pub fn keep(&mut self, score: Score) -> Result<(), String> {
        let record = Record {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: self.scenario.clone(),
            variant: self.variant.clone(),
            seed: self.seed,
            topic: score.topic.name().to_owned(),
            question: score.question,
            before: score.before.0,
            said: score.said,
            answer: score.answer,
            right: score.right,
            sure: score.sure,
            by_hand: score.by_hand,
        };
        self.waiting.push(serde_json::to_string(&record).expect("a record is plain data"));
        self.flush()
    }

    fn flush(&mut self) -> Result<(), String> {
        let file = self.file.clone()?;
        append(&file, &self.waiting).map_err(|why| format!("{}: {why}", file.display()))?;
        self.waiting.clear();
        Ok(())
    }

    /// Says what could not be written in the end, line by line, so that nothing is lost.
    pub fn finish(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        if let Err(why) = self.flush() {
            eprintln!("these scores could not be kept: {why}");
            self.waiting.iter().for_each(|line| eprintln!("{line}"));
        }
    }
}

/// Adds lines at the end of a file. Where its last line was cut off, they do not become part of it.
fn append(path: &Path, lines: &[String]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let begin = if last == [b'\n'] { "" } else { "\n" };
    file.write_all(format!("{begin}{}\n", lines.join("\n")).as_bytes())
}

/// What a file holds: its records, and each line that is none, with its number and what is wrong.
fn read(path: &Path) -> Result<(Vec<Record>, Vec<String>), Stop> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(why) => return Err(Stop::wrong(format!("{}: {why}", path.display()))),
    };
    let text = String::from_utf8_lossy(&bytes);
    let (mut records, mut damaged) = (Vec::new(), Vec::new());
    for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(record) => records.push(record),
            Err(why) => damaged.push(format!("{}:{}: {why}", path.display(), place + 1)),
        }
    }
    Ok((records, damaged))
}

/// Tells, exports or empties what was kept.
pub fn scores(scores: &Scores) -> Result<Exit, Stop> {
    let path = file().map_err(Stop::usage)?;
    let (records, damaged) = read(&path)?;
    if scores.reset {
        // Damaged lines go as well; that they were there is said.
        if path.exists() {
            std::fs::write(&path, "").map_err(|why| Stop::wrong(format!("{}: {why}", path.display())))?;
        }
        let also = if damaged.is_empty() {
            String::new()
        } else {
            format!(", {}", counted(damaged.len() as u64, "damaged line"))
        };
        print(&format!("{}{also} removed from {}", counted(records.len() as u64, "answer"), path.display()))?;
        return Ok(Exit::Met);
    }
    for line in &damaged {
        eprintln!("damaged, and not counted: {line}");
    }
    match scores.format {
        Plain::Json if records.is_empty() => {}
        Plain::Json => {
            let lines = records.iter().map(|record| json!(record).to_string());
            print(&lines.collect::<Vec<_>>().join("\n"))?;
        }
        Plain::Text => print(&told(&records, &path))?,
    }
    Ok(Exit::Met)
}

/// What answers of one topic come to.
#[derive(Default)]
struct Tally {
    asked: u32,
    right: u32,
    /// Of those answers whose confidence was told: how many, the sum of confidences, and how many were right.
    rated: u32,
    sure: f64,
    rated_right: u32,
    /// The sum of squared distances of confidence and truth.
    apart: f64,
}

impl Tally {
    fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Tally {
        let mut tally = Tally::default();
        for record in records {
            tally.asked += 1;
            tally.right += u32::from(record.right);
            if let Some(sure) = record.sure {
                let (sure, truth) = (f64::from(sure) / 100.0, f64::from(u8::from(record.right)));
                tally.rated += 1;
                tally.sure += sure;
                tally.rated_right += u32::from(record.right);
                tally.apart += (sure - truth) * (sure - truth);
            }
        }
        tally
    }

    /// The Brier score; `None` where nobody said how sure they were.
    fn brier(&self) -> Option<f64> {
        (self.rated > 0).then(|| self.apart / f64::from(self.rated))
    }

    fn share(&self) -> f64 {
        f64::from(self.right) / f64::from(self.asked.max(1))
    }

    fn line(&self, name: &str) -> String {
        let sure = self.brier().map_or(String::new(), |_| per_cent(self.sure / f64::from(self.rated)));
        let brier = self.brier().map_or(String::new(), |brier| format!("{brier:.2}"));
        format!("{name:<12}{:>6}{:>7}{sure:>7}{brier:>8}", self.asked, self.right).trim_end().to_owned()
    }
}

fn per_cent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// From this confidence on a wrong answer is a misconception: our choice.
const CONFIDENT: u8 = 60;
/// As many misconceptions are told.
const TOLD: usize = 5;
/// Columns.
const WIDTH: usize = 80;

fn told(records: &[Record], path: &Path) -> String {
    if records.is_empty() {
        let view = invocation(&["view", "raft/leader-crash", "--quiz"]);
        return format!("No answers yet in {}\nNEXT  {view}", path.display());
    }
    let all = Tally::of(records);
    let mut text =
        format!("{}, {} right\nin {}\n\n", counted(records.len() as u64, "answer"), all.right, path.display());
    text += "             asked  right   sure   Brier\n";
    for (topic, records) in by_topic(records) {
        let _ = writeln!(text, "{}", Tally::of(records).line(topic));
    }
    let _ = writeln!(text, "{}\n", all.line("all"));
    for line in wrap(&calibration(&all), WIDTH, WIDTH) {
        let _ = writeln!(text, "{line}");
    }
    text + &misconceptions(records) + &next(records)
}

/// In the order of [`Topic::ALL`]; what another version asked about comes last.
fn by_topic(records: &[Record]) -> Vec<(&str, Vec<&Record>)> {
    let mut topics: BTreeMap<(usize, &str), Vec<&Record>> = BTreeMap::new();
    for record in records {
        let place = Topic::ALL.iter().position(|topic| topic.name() == record.topic);
        topics.entry((place.unwrap_or(usize::MAX), &record.topic)).or_default().push(record);
    }
    topics.into_iter().map(|((_, name), records)| (name, records)).collect()
}

fn calibration(all: &Tally) -> String {
    let Some(brier) = all.brier() else { return "Nobody said how sure they were.".to_owned() };
    let (sure, right) = (all.sure / f64::from(all.rated), f64::from(all.rated_right) / f64::from(all.rated));
    let apart = ((sure - right) * 100.0).round();
    let judged = match apart {
        apart if apart >= 10.0 => "too sure",
        apart if apart <= -10.0 => "not sure enough",
        _ => "about as sure as you are right",
    };
    format!(
        "You were {} sure on average and {} right: {judged}. Brier {brier:.2} is the mean square of what lies between \
         confidence and truth: 0 is perfect, 0.25 is what 50% for everything earns, 1 is sure and wrong always.",
        per_cent(sure),
        per_cent(right)
    )
}

/// Wrong answers that were given with confidence, the most frequent first.
fn misconceptions(records: &[Record]) -> String {
    let is_confident = |record: &&Record| !record.right && record.sure.is_some_and(|sure| sure >= CONFIDENT);
    let mut kinds: BTreeMap<(&str, &str, &str), Vec<&Record>> = BTreeMap::new();
    for record in records.iter().filter(is_confident) {
        kinds.entry((&record.topic, &record.said, &record.answer)).or_default().push(record);
    }
    if kinds.is_empty() {
        return format!("\nNothing wrong was said with {CONFIDENT}% or more.\n");
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, records)| std::cmp::Reverse(records.len()));
    let mut text = format!("\nWRONG, AND {CONFIDENT}% SURE OR MORE\n");
    for ((topic, said, answer), records) in kinds.iter().take(TOLD) {
        let _ = writeln!(text, "{:>3} x {topic}: you said {said:?}, it was {answer:?}", records.len());
        let last = records[records.len() - 1];
        let indent = |line: String| format!("      {line}\n");
        text.extend(wrap(&last.question, WIDTH - 6, WIDTH - 6).into_iter().map(indent));
        if !last.by_hand {
            let seed = last.seed.to_string();
            let mut words = words_of("view", &last.scenario, last.variant.as_deref(), &seed);
            let place = format!("e{}", last.before.saturating_sub(1));
            words.extend(["--at", &place]);
            let _ = writeln!(text, "      {}", invocation(&words));
        }
    }
    text
}

/// Scenarios in which the tool has something to ask about each topic.
pub const PRACTICE: [(Topic, &[&str]); 5] = [
    (Topic::Leader, &["raft/happy-path", "raft/split-vote", "raft/cow-on-the-cable"]),
    (Topic::Committed, &["raft/happy-path", "raft/paused-leader", "raft/cloudflare-2020"]),
    (Topic::Read, &["replication/abd", "replication/chain", "replication/dynamo"]),
    (Topic::Concurrent, &["broadcast/fifo", "order/siblings", "time/perfect-clocks"]),
    (Topic::Survives, &["raft/nemesis", "raft/snapshot-catch-up", "replication/chain-reconfigured"]),
];

/// Where the topic is practised in which confidence and truth are the furthest apart.
fn next(records: &[Record]) -> String {
    let off = |tally: &Tally| tally.brier().unwrap_or(1.0 - tally.share());
    let worst = by_topic(records).into_iter().map(|(topic, records)| (off(&Tally::of(records)), topic));
    let Some((_, topic)) = worst.max_by(|a, b| a.0.total_cmp(&b.0)) else { return String::new() };
    let seen = |name: &str| records.iter().filter(|record| record.scenario == name).count();
    let practice = PRACTICE.iter().find(|(known, _)| known.name() == topic).map(|(_, names)| *names);
    // Of a lesson's own questions the next lessons are practice.
    let names = practice.unwrap_or(&["raft/leader-crash", "raft/stale-read", "replication/async-failover"]);
    let least = names.iter().min_by_key(|name| seen(name)).expect("there is one");
    format!("\nNEXT  {}    on {topic}\n", invocation(&["view", least, "--quiz"]))
}

#[cfg(test)]
mod tests;
