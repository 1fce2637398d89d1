//! `diff`: the first difference of two runs, what followed from it, and what stayed the same.

use super::Exit;
use super::arguments::{Diff, Plain};
use super::run::Made;
use super::shared::{Stop, invocation, load_by_name, print};
use super::trace_file;
use crate::explore::diff::{Difference, Ended, History, NONE, Reader, Side, compare, operations, weight};
use crate::node::{EventId, SimTime};
use crate::scenario::{Opened, Registry, Scenario, library};
use crate::trace::{COLUMNS, Digest, EventKind, Lines, fact_words, grouped, wrap};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// So many events are shown of those that only one run has.
const SHOWN: usize = 8;
/// So many operations and verdicts that differ are shown.
const ROWS: usize = 6;

pub fn diff(registry: &Registry, diff: &Diff) -> Result<Exit, Stop> {
    let first = Called::parse(&diff.a)?;
    let (first, second) = match (&diff.b, diff.seeds.as_slice()) {
        (Some(b), _) => (first, Called::parse(b)?),
        (None, &[one, other]) if first.seed.is_none() => (first.with_seed(one), first.with_seed(other)),
        (None, [_, _]) => return Err(Stop::usage(format!("{} and --seeds both name a seed", diff.a))),
        (None, _) => return Err(Stop::usage("--seeds names two seeds, such as 3,7")),
    };
    let (a, b) = rayon::join(|| Beside::read(registry, &first), || Beside::read(registry, &second));
    let (a, b) = (a?, b?);
    match diff.format {
        Plain::Text => print(&lines(&a, &b).join("\n"))?,
        Plain::Json => print(&as_json(&a, &b).to_string())?,
    }
    Ok(if a.digest == b.digest { Exit::Met } else { Exit::Broken })
}

/// A run as it is called for: a scenario, perhaps with a variant and a seed, or a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Called {
    scenario: String,
    variant: Option<String>,
    seed: Option<u64>,
}

impl Called {
    /// Reads `SCENARIO`, `SCENARIO@SEED`, `SCENARIO:VARIANT` or `SCENARIO:VARIANT@SEED`. What is there under its whole
    /// name is meant by it.
    fn parse(text: &str) -> Result<Called, Stop> {
        let is_there = |name: &str| library::find(name).is_some() || Path::new(name).exists();
        let whole = |name: &str, seed| Called { scenario: name.to_owned(), variant: None, seed };
        if is_there(text) {
            return Ok(whole(text, None));
        }
        let (name, seed) = match text.rsplit_once('@') {
            None => (text, None),
            Some((name, seed)) => {
                let number = seed.parse::<u64>();
                let help = "a run is written  SCENARIO@SEED  or  SCENARIO:VARIANT@SEED";
                (name, Some(number.map_err(|_| Stop::usage(format!("{text}: {seed:?} is no seed\n{help}")))?))
            }
        };
        Ok(match name.rsplit_once(':') {
            Some((scenario, variant)) if !is_there(name) => {
                Called { scenario: scenario.to_owned(), variant: Some(variant.to_owned()), seed }
            }
            _ => whole(name, seed),
        })
    }

    fn with_seed(&self, seed: u64) -> Called {
        Called { seed: Some(seed), ..self.clone() }
    }
}

/// A run that was kept, and read as it is compared.
pub struct Recorded {
    /// What was run.
    pub made: Made,
    /// The run.
    pub opened: Opened,
    history: History,
}

impl Recorded {
    /// Runs it.
    pub fn of(made: Made) -> Result<Recorded, Stop> {
        let reader = Reader::default();
        let opened = made.open(Lines::Json(Digest::default(), Box::new(reader.clone())))?;
        Ok(Recorded { made, opened, history: reader.take() })
    }
}

/// One of two runs that are compared.
pub struct Beside {
    /// How people call it.
    name: String,
    history: History,
    digest: String,
    verdicts: Vec<Said>,
    source: Source,
}

/// A verdict, as it is compared.
struct Said {
    claim: String,
    holds: bool,
    text: String,
}

/// Where the events of a run can be had again.
enum Source {
    Run(Box<Made>, Box<Opened>),
    /// A trace, and where in it the line of each event begins.
    File(PathBuf, Vec<u64>),
}

impl Beside {
    fn read(registry: &Registry, called: &Called) -> Result<Beside, Stop> {
        let path = Path::new(&called.scenario);
        if called.variant.is_none() && called.seed.is_none() && trace_file::header_of(path).is_some() {
            return Beside::of_trace(path);
        }
        let mut scenario: Scenario = load_by_name(&called.scenario, called.variant.as_deref())?;
        scenario.plan.seed = called.seed.unwrap_or(scenario.plan.seed);
        let made = Made::new(registry, scenario, &called.scenario, called.variant.as_deref())?;
        Ok(Beside::of_run(Recorded::of(made)?))
    }

    /// A run that has just been made.
    pub fn of_run(recorded: Recorded) -> Beside {
        let Recorded { made, opened, history } = recorded;
        let said = |verdict: crate::check::Verdict| Said {
            claim: format!("{:?}", verdict.claim),
            holds: verdict.holds,
            text: verdict.text,
        };
        Beside {
            name: made.called(),
            digest: opened.session.digest().unwrap_or_default().to_owned(),
            verdicts: made.verdicts(&opened).into_iter().map(said).collect(),
            history,
            source: Source::Run(Box::new(made), Box::new(opened)),
        }
    }

    /// A run that was written down. It is not run again: today's code may do otherwise.
    fn of_trace(path: &Path) -> Result<Beside, Stop> {
        let name = path.display().to_string();
        let wrong = |text: String| Stop::wrong(format!("{name}{text}"));
        let mut lines = BufReader::new(File::open(path).map_err(|error| wrong(format!(" cannot be read: {error}")))?);
        let (mut history, mut digest, mut places) = (History::default(), Digest::default(), Vec::new());
        let (mut at, mut number, mut line, mut footer) = (0, 0, String::new(), Value::Null);
        loop {
            line.clear();
            let read = lines.read_line(&mut line).map_err(|error| wrong(format!(" cannot be read: {error}")))?;
            number += 1;
            match read {
                0 => break,
                _ if number == 1 => {}
                _ => match history.add(&line).map_err(|why| wrong(format!(":{number} is no event: {why}")))? {
                    true => {
                        digest.add(line.trim_end_matches('\n'));
                        places.push(at);
                    }
                    false => footer = serde_json::from_str(&line).unwrap_or_default(),
                },
            }
            at += read as u64;
        }
        if footer["verdicts"].is_null() {
            eprintln!("note: {name} is cut short: its verdicts are not known");
        }
        let said = |verdict: &Value| Said {
            claim: verdict["claim"].as_str().unwrap_or_default().to_owned(),
            holds: verdict["holds"].as_bool().unwrap_or_default(),
            text: verdict["text"].as_str().unwrap_or_default().to_owned(),
        };
        let verdicts = footer["verdicts"].as_array().map(|verdicts| verdicts.iter().map(said).collect());
        Ok(Beside {
            name,
            history,
            digest: digest.shown(),
            verdicts: verdicts.unwrap_or_default(),
            source: Source::File(path.to_owned(), places),
        })
    }

    /// What an event is, in a few words: those of a story, or for a trace those of the log.
    fn words(&self, event: u32) -> String {
        match &self.source {
            Source::Run(_, opened) => fact_words(opened.session.trace(), EventId(event)),
            Source::File(path, places) => {
                let line = || -> std::io::Result<String> {
                    let (mut file, mut line) = (File::open(path)?, String::new());
                    file.seek(SeekFrom::Start(places[event as usize]))?;
                    BufReader::new(file).read_line(&mut line)?;
                    Ok(line)
                };
                let value = line().ok().and_then(|line| serde_json::from_str(&line).ok());
                value.map_or_else(|| "(the trace has changed meanwhile)".to_owned(), |value| written_words(&value))
            }
        }
    }

    fn time(&self, event: u32) -> SimTime {
        SimTime(self.history.events[event as usize].time)
    }

    /// `  0.169     n3 LEADS term 1                                    e31`
    fn line(&self, event: u32) -> String {
        let id = EventId(event).to_string();
        let mark = match weight(&self.history, event) {
            9 => '!',
            8 => '*',
            _ => ' ',
        };
        let head = format!("  {}  {mark}  {}", seconds(self.time(event)), shortened(&self.words(event)));
        format!("{head:<width$} {id}", width = COLUMNS - 12)
    }

    fn command(&self, command: &str, more: &[&str]) -> Option<String> {
        match &self.source {
            Source::Run(made, _) => Some(made.command(command, more)),
            // A trace can be walked through; asking why is left to its scenario.
            Source::File(path, _) if command == "view" => {
                Some(invocation(&[&["view", &path.display().to_string()], more].concat()))
            }
            Source::File(..) => None,
        }
    }
}

/// What fits on a line. A trace may hold anything, and a terminal is not to act on it.
fn shortened(text: &str) -> String {
    const MOST: usize = 55;
    let plain = |letter: char| if letter.is_control() { '?' } else { letter };
    match text.chars().count() {
        ..=MOST => text.chars().map(plain).collect(),
        _ => text.chars().map(plain).take(MOST - 2).collect::<String>() + "..",
    }
}

/// `0.169`
fn seconds(time: SimTime) -> String {
    format!("{:>3}.{:03}", time.0 / 1_000_000_000, time.0 / 1_000_000 % 1000)
}

/// `0.169372014`
fn exact_seconds(time: SimTime) -> String {
    format!("{}.{:09}", time.0 / 1_000_000_000, time.0 % 1_000_000_000)
}

/// A span, as exactly as people care: `37.1 ms`.
fn span(ns: u64) -> String {
    let (unit, name) = match ns {
        1_000_000_000.. => (1_000_000_000, "s"),
        1_000_000.. => (1_000_000, "ms"),
        1_000.. => (1_000, "us"),
        _ => return format!("{ns} ns"),
    };
    let text = format!("{}.{:02}", ns / unit, ns % unit * 100 / unit);
    format!("{} {name}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// What an event of a trace is, from its line.
fn written_words(event: &Value) -> String {
    let text = |field: &str| event[field].as_str().unwrap_or("network").to_owned();
    let node = text("node");
    match text("event").as_str() {
        "deliver" => format!("{node} receives {} from {}", text("kind"), text("from")),
        "send" => format!("{node} sends {} to {}", text("kind"), text("to")),
        "lost" => format!("{} from {} to {} is lost: {}", text("kind"), text("from"), text("to"), text("reason")),
        "timer" => format!("{node} timer {}", told(&event["timer"])),
        "fact" => format!("{node} {}", told(&event["fact"])),
        "operation" => format!("{node} is asked for {}", told(&event["operation"]["op"])),
        "fault" => format!("fault {}", told(&event["fault"])),
        other => format!("{node} {other}"),
    }
}

/// JSON with less noise: `Voted term: 2, candidate: n3`.
fn told(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(told).collect::<Vec<_>>().join(" "),
        Value::Object(fields) => {
            let inner = |value: &Value| if value.is_object() { format!("({})", told(value)) } else { told(value) };
            let named = |(name, value): (&String, &Value)| match name.starts_with(|first: char| first.is_uppercase())
            {
                true => format!("{name} {}", told(value)),
                false => format!("{name}: {}", inner(value)),
            };
            fields.iter().map(named).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// The whole page.
pub fn lines(a: &Beside, b: &Beside) -> Vec<String> {
    let mut lines = heading(a, b);
    if a.digest == b.digest {
        lines.push(format!("EQUAL  both are the same run, event by event; digest {}", a.digest));
        return lines;
    }
    let difference = compare(&a.history, &b.history, SHOWN);
    let pair = [("A", a, b), ("B", b, a)];
    lines.extend(first_difference(&difference, pair));
    if difference.matched < a.history.events.len().max(b.history.events.len()) {
        for ((letter, run, _), side) in pair.iter().zip(&difference.sides) {
            lines.extend(followed(letter, run, side));
        }
    }
    lines.extend(outcomes(&difference, a, b));
    lines.push(String::new());
    let next = next(&difference, pair);
    lines.extend(
        next.iter()
            .enumerate()
            .map(|(place, text)| format!("{}{text}", if place == 0 { "NEXT  " } else { "      " })),
    );
    lines
}

fn heading(a: &Beside, b: &Beside) -> Vec<String> {
    let width = a.name.len().max(b.name.len());
    let line = |head: &str, letter: &str, run: &Beside| {
        let count = grouped(run.history.events.len() as u64);
        format!("{head:<6}{letter}  {:<width$}  {count} events", run.name)
    };
    vec![line("DIFF", "A", a), line("", "B", b), String::new()]
}

fn first_difference(difference: &Difference, pair: [(&str, &Beside, &Beside); 2]) -> Vec<String> {
    let same = grouped(difference.same_before as u64);
    if difference.is_same_order() {
        let mut lines = vec![format!("ONLY TIMES DIFFER: the same {same} events in the same order")];
        if let Some(event) = difference.first_moved {
            lines.push(format!("  first at {}: {}", EventId(event), shortened(&pair[0].1.words(event))));
            lines.extend(
                pair.iter().map(|(letter, run, _)| format!("  {letter}  {} s", exact_seconds(run.time(event)))),
            );
        }
        return lines;
    }
    let mut lines = vec![format!("FIRST DIFFERENCE, after {same} events that are the same in both")];
    for ((letter, run, other), side) in pair.iter().zip(&difference.sides) {
        let Some(event) = side.parts_at else {
            lines.push(format!("  {letter}  ends here"));
            continue;
        };
        lines.push(format!("  {letter}{}", run.line(event)));
        let other_letter = if *letter == "A" { "B" } else { "A" };
        let twin = side.twins[event as usize];
        lines.push(format!(
            "                 {}",
            match twin {
                NONE => format!("{other_letter} never has it"),
                twin => {
                    let (here, there) = (run.time(event).0, other.time(twin).0);
                    let moved = match there.cmp(&here) {
                        std::cmp::Ordering::Equal => "at the same instant".to_owned(),
                        std::cmp::Ordering::Greater => format!("{} later", span(there - here)),
                        std::cmp::Ordering::Less => format!("{} earlier", span(here - there)),
                    };
                    format!("{other_letter} has it as {}, {moved}", EventId(twin))
                }
            }
        ));
    }
    lines
}

/// What one run has that the other has not: how much follows from the first of it, by kind, and what matters.
fn followed(letter: &str, run: &Beside, side: &Side) -> Vec<String> {
    let Some(first) = side.first_own else {
        return vec![String::new(), format!("ONLY IN {letter}  nothing")];
    };
    let kinds = side.own.iter().map(|(kind, count)| in_words(*kind, *count)).collect::<Vec<_>>().join(", ");
    let (own, in_future) = (side.own_events() as u64, side.in_future as u64);
    let follow = match (own, in_future) {
        // What happens on the network tells nobody.
        (1, _) | (_, 0) => String::new(),
        (own, _) if in_future + 1 == own => format!(", all in the causal future of {}", EventId(first)),
        _ => format!(", {} of them in the causal future of {}", grouped(in_future), EventId(first)),
    };
    let count = if own == 1 { "1 event".to_owned() } else { format!("{} events", grouped(own)) };
    let mut lines = vec![String::new(), format!("ONLY IN {letter}  {count}{follow}")];
    if own > 1 {
        lines.extend(wrap(&kinds, COLUMNS - 11, COLUMNS - 11).into_iter().map(|line| format!("           {line}")));
    }
    lines.extend(side.telling.iter().map(|event| run.line(*event)));
    lines
}

fn in_words(kind: EventKind, count: usize) -> String {
    let (one, more) = match kind {
        EventKind::Boot => ("boot", "boots"),
        EventKind::Deliver => ("arrival", "arrivals"),
        EventKind::TimerFired => ("timer", "timers"),
        EventKind::SyncDone => ("sync", "syncs"),
        EventKind::Operation => ("operation", "operations"),
        EventKind::Send => ("sending", "sendings"),
        EventKind::Lost => ("loss", "losses"),
        EventKind::Fact => ("fact", "facts"),
        EventKind::Fault => ("fault", "faults"),
    };
    format!("{} {}", grouped(count as u64), if count == 1 { one } else { more })
}

/// What came out otherwise, and what stayed the same.
fn outcomes(difference: &Difference, a: &Beside, b: &Beside) -> Vec<String> {
    let (alike, otherwise) = operations(&a.history, &b.history);
    let (same_verdicts, other_verdicts) = verdicts(a, b);
    let mut rows: Vec<[String; 3]> = Vec::new();
    for [of_a, of_b] in &otherwise {
        let of = of_a.as_ref().or(of_b.as_ref()).expect("one of the runs has it");
        let told =
            |ended: &Option<Ended>| ended.as_ref().map_or_else(|| "not asked".to_owned(), |it| it.told.clone());
        rows.push([format!("{} {}", of.client, of.asked), told(of_a), told(of_b)]);
    }
    let more = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    let mut lines = Vec::new();
    if !rows.is_empty() || !other_verdicts.is_empty() {
        lines.extend([String::new(), "CAME OUT OTHERWISE".to_owned()]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    lines.extend(rows.iter().map(|[what, of_a, of_b]| format!("  {what:<first$}   A {of_a:<second$}   B {of_b}")));
    if more > 0 {
        lines.push(format!("  and {} more operations", grouped(more as u64)));
    }
    for (of_a, of_b) in other_verdicts.iter().take(ROWS) {
        lines.push(format!("  {}", of_a.claim));
        for (letter, said) in [("A", of_a), ("B", of_b)] {
            let head = format!("    {letter} {:<7}", if said.holds { "held" } else { "BROKEN" });
            let text = wrap(&said.text, COLUMNS - head.len(), COLUMNS - head.len());
            let line = |(place, line): (usize, &String)| match place {
                0 => format!("{head}{line}"),
                _ => format!("{:width$}{line}", "", width = head.len()),
            };
            lines.extend(text.iter().enumerate().map(line));
        }
    }
    lines.extend([String::new(), "THE SAME IN BOTH".to_owned()]);
    let (matched, still) = (difference.matched as u64, difference.at_same_instant as u64);
    lines.push(format!("  {} events, {} of them at the same instant", grouped(matched), grouped(still)));
    let count: usize = alike.values().sum();
    if count > 0 {
        let how = alike.iter().map(|(how, count)| format!("{} {how}", grouped(*count as u64))).collect::<Vec<_>>();
        lines.push(format!("  {} operations end alike: {}", grouped(count as u64), how.join(", ")));
    }
    let held = same_verdicts.iter().filter(|said| said.holds).count();
    let counts = [(held, "held"), (same_verdicts.len() - held, "broken")];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(n, how)| format!("{n} {how}")).collect();
    if !counts.is_empty() {
        lines.push(format!("  verdicts: {}", counts.join(", ")));
    }
    lines
}

/// The verdicts that are alike, and those that are not, each of both runs.
fn verdicts<'a>(a: &'a Beside, b: &'a Beside) -> (Vec<&'a Said>, Vec<(&'a Said, &'a Said)>) {
    let mut left: Vec<&Said> = b.verdicts.iter().collect();
    let mut pairs = Vec::new();
    for said in &a.verdicts {
        if let Some(place) = left.iter().position(|other| other.claim == said.claim) {
            pairs.push((said, left.remove(place)));
        }
    }
    let (same, other): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(a, b)| a.holds == b.holds);
    (same.into_iter().map(|(a, _)| a).collect(), other)
}

/// Where to look, in each run, and what to ask about.
fn next(difference: &Difference, pair: [(&str, &Beside, &Beside); 2]) -> Vec<String> {
    let mut next = Vec::new();
    for ((_, run, _), side) in pair.iter().zip(&difference.sides) {
        let at = side.parts_at.or(side.first_own).or(difference.first_moved);
        next.extend(at.and_then(|at| run.command("view", &["--at", &EventId(at).to_string()])));
    }
    // Of what matters most the first, where it can be asked about; rather in B, which is what A is compared with.
    let mut asked = Vec::new();
    for (place, ((_, run, _), side)) in pair.iter().zip(&difference.sides).enumerate().rev() {
        let kind = |event: &&u32| run.history.events[**event as usize].kind;
        let at_a_node =
            side.telling.iter().filter(|event| !matches!(kind(event), EventKind::Fault | EventKind::Lost));
        let weigh = |event: &u32| (std::cmp::Reverse(weight(&run.history, *event)), 1 - place, *event);
        asked.extend(at_a_node.map(weigh).min());
    }
    if let Some((_, place, event)) = asked.into_iter().min() {
        next.extend(pair[1 - place].1.command("why", &[&EventId(event).to_string()]));
    }
    next
}

fn as_json(a: &Beside, b: &Beside) -> Value {
    let difference = compare(&a.history, &b.history, SHOWN);
    let (alike, otherwise) = operations(&a.history, &b.history);
    let (same_verdicts, other_verdicts) = verdicts(a, b);
    let event =
        |run: &Beside, event: u32| json!({"event": event, "time": run.time(event).0, "words": run.words(event)});
    let side = |run: &Beside, side: &Side| {
        json!({
            "name": run.name,
            "events": run.history.events.len(),
            "digest": run.digest,
            "first": side.parts_at.map(|at| event(run, at)),
            "first_in_other": side.parts_at.map(|at| side.twins[at as usize]).filter(|twin| *twin != NONE),
            "only_here": side.own_events(),
            "first_only_here": side.first_own,
            "in_its_future": side.in_future,
            "kinds": side.own.iter().map(|(kind, count)| (kind.name().to_owned(), json!(count))).collect::<serde_json::Map<_, _>>(),
            "shown": side.telling.iter().map(|id| event(run, *id)).collect::<Vec<_>>(),
        })
    };
    let told = |ended: &Option<Ended>| ended.as_ref().map(|ended| ended.told.clone());
    let operation = |[of_a, of_b]: &[Option<Ended>; 2]| {
        let of = of_a.as_ref().or(of_b.as_ref()).expect("one of the runs has it");
        json!({"client": of.client, "asked": of.asked, "a": told(of_a), "b": told(of_b)})
    };
    let verdict = |(a, b): &(&Said, &Said)| json!({"claim": a.claim, "a": {"holds": a.holds, "text": a.text}, "b": {"holds": b.holds, "text": b.text}});
    json!({
        "equal": a.digest == b.digest,
        "same_before": difference.same_before,
        "only_times_differ": a.digest != b.digest && difference.is_same_order(),
        "matched": difference.matched,
        "at_same_instant": difference.at_same_instant,
        "a": side(a, &difference.sides[0]),
        "b": side(b, &difference.sides[1]),
        "operations": {"alike": alike, "otherwise": otherwise.iter().map(operation).collect::<Vec<_>>()},
        "verdicts": {"alike": same_verdicts.len(), "otherwise": other_verdicts.iter().map(verdict).collect::<Vec<_>>()},
    })
}
