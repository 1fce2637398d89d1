//! `--but`: a run with one changed fact, told beside the run without it.

use super::Exit;
use super::arguments::{Run, Which};
use super::diff::{Beside, Recorded};
use super::run::{Made, create};
use super::shared::{Stop, load, print};
use crate::explore::but::{Change, nth, sending};
use crate::node::SimSpan;
use crate::scenario::Registry;
use crate::trace::{COLUMNS, Trace, fact_words, wrap};
use std::io::Write;

/// The run that is meant, with the changes that are asked for.
pub fn made(registry: &Registry, which: &Which) -> Result<Made, Stop> {
    let made = Made::new(registry, load(which)?, &which.scenario, which.variant.as_deref())?;
    Ok(if which.but.is_empty() { made } else { changed(registry, made, &which.but)?.made })
}

/// A scenario with changes, and the run without them, by which they were found.
pub struct Changed {
    /// The scenario with its changes.
    pub made: Made,
    without: Recorded,
    /// The changes as entries of the scenario's faults.
    entries: Vec<String>,
    /// What each change is, in words.
    words: Vec<String>,
}

/// Makes changes to a scenario. It is run once without them, to see what the events are that they name.
pub fn changed(registry: &Registry, made: Made, but: &[String]) -> Result<Changed, Stop> {
    let plan = &made.scenario.plan;
    if plan.schedule.is_some() {
        let help = "change the steps of its schedule instead";
        return Err(Stop::usage(format!(
            "{}: its order is laid down, and faults mean nothing\n{help}",
            made.scenario.name
        )));
    }
    let read = |text: &String| Change::parse(text, plan.cluster.names(), SimSpan(plan.until.0)).map_err(Stop::usage);
    let changes = but.iter().map(read).collect::<Result<Vec<Change>, Stop>>()?;
    let without = Recorded::of(made)?;
    let trace = without.opened.session.trace();
    let entries = changes.iter().map(|change| change.entry(trace).map_err(Stop::usage));
    let entries = entries.collect::<Result<Vec<String>, Stop>>()?;
    let words = changes.iter().zip(but).map(|(change, text)| in_words(change, text, trace)).collect();
    let scenario = without.made.scenario.with_faults(&entries)?;
    let mut made = without.made.with(registry, scenario)?;
    made.but = but.to_vec();
    Ok(Changed { made, without, entries, words })
}

/// `drop e131: AppendEntries from n1 to n2, the 17th on that way`.
fn in_words(change: &Change, text: &str, trace: &Trace) -> String {
    match change {
        Change::Entry(_) => text.trim().to_owned(),
        Change::Message(_, event) => match sending(trace, *event) {
            Ok(send) => format!(
                "{}: {}, {} of its kind on that way",
                text.trim(),
                fact_words(trace, send),
                ordinal(nth(trace, send))
            ),
            Err(_) => text.trim().to_owned(),
        },
    }
}

/// `the 17th`.
fn ordinal(number: usize) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("the {number}{ending}")
}

/// Tells the story with the changes, then what they changed, then how to keep them.
pub fn tell(changed: Changed, run: &Run) -> Result<Exit, Stop> {
    let Changed { made, without, entries, words } = changed;
    let with = Recorded::of(made)?;
    let mut lines: Vec<String> = Vec::new();
    for words in words {
        let wrapped = wrap(&words, COLUMNS - 5, COLUMNS - 5);
        lines.extend(
            wrapped
                .iter()
                .enumerate()
                .map(|(place, line)| format!("{}{line}", if place == 0 { "BUT  " } else { "     " })),
        );
    }
    lines.push(String::new());
    // What to do next is told at the end, of both runs.
    lines.extend(
        with.made.story(&with.opened, run.verbose, &[]).into_iter().take_while(|line| !line.starts_with("NEXT")),
    );
    let exit = with.made.exit(&with.opened)?;
    lines.push("Every draw is as it was: what differs below follows from the change.".to_owned());
    if with.opened.session.digest() == without.opened.session.digest() {
        lines.push("It did nothing: what was to be hit was not there, or was so already.".to_owned());
    }
    lines.push(String::new());
    let (without, with) = (Beside::of_run(without), Beside::of_run(with));
    lines.extend(super::diff::lines(&without, &with));
    lines.push(String::new());
    lines.push("KEEP  in the scenario's faults:".to_owned());
    lines.extend(entries.iter().map(|entry| format!("      {entry},")));
    match &run.out {
        Some(path) => {
            let mut file = create(path)?;
            writeln!(file, "{}", lines.join("\n"))?;
            file.flush()?;
        }
        None => print(&lines.join("\n"))?,
    }
    Ok(exit)
}
