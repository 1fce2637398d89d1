//! How a story ends: what held, what became of all operations, and where to go on.

use super::layout::{GLUE, glued};
use super::survey::{End, Life, Survey};
use super::{COLUMNS, Standing, Telling, wrap};
use crate::node::{Op, OperationId};
use crate::trace::words::{grouped, op_kind, plain};
use std::collections::{BTreeMap, BTreeSet};

/// So many lines tell of each way in which claims turn out.
const SHOWN: usize = 5;
/// Up to so many claims have a line each; more share lines where they fit.
const ROOMY: usize = 3;

pub(super) fn tell(survey: &Survey<'_>, telling: &Telling, lines: &mut Vec<String>) {
    lines.push(String::new());
    lines.push("VERDICTS, this run only".to_owned());
    promises(telling, lines);
    for (kind, tally) in tallies(survey, telling.lost.as_ref()) {
        let counts = tally.counts(survey.applies, telling.lost.is_some());
        lines.extend(item(&format!("  {kind}s  "), &counts.join("; ")));
    }
    if !telling.measures.is_empty() {
        lines.extend(hung("MEASURES  ", &glued(&plain(&telling.measures))));
    }
    let events = format!("{} events", grouped(survey.trace.len() as u64));
    match &telling.digest {
        Some(digest) => lines.push(format!("digest {}   {events}", plain(digest))),
        None => lines.push(events),
    }
    if !telling.next.is_empty() {
        lines.push(String::new());
        for (place, command) in telling.next.iter().enumerate() {
            lines.push(format!("{}{}", if place == 0 { "NEXT  " } else { "      " }, plain(command)));
        }
    }
}

/// What is broken is told first, then what was to be shown, then what held.
fn promises(telling: &Telling, lines: &mut Vec<String>) {
    for (standing, head) in
        [(Standing::Broken, "  BROKEN  "), (Standing::Shown, "  shown  "), (Standing::Held, "  held  ")]
    {
        let texts: Vec<&String> =
            telling.verdicts.iter().filter(|verdict| verdict.0 == standing).map(|verdict| &verdict.1).collect();
        let items = shared(&texts, COLUMNS - head.len(), telling.verbose);
        let items: Vec<(Vec<String>, usize)> =
            items.iter().map(|(text, claims)| (item(head, text), *claims)).collect();
        let all: usize = items.iter().map(|item| item.0.len()).sum();
        let room = if all <= SHOWN || telling.verbose { all } else { SHOWN - 1 };
        let (mut used, mut left) = (0, texts.len());
        for (item, claims) in items {
            if used + item.len() > room {
                lines.push(format!("{head}{left} more (--verbose)"));
                break;
            }
            (used, left) = (used + item.len(), left - claims);
            lines.extend(item);
        }
    }
}

/// Claims that share lines of a width where they are many, and how many stand on each.
fn shared(texts: &[&String], width: usize, verbose: bool) -> Vec<(String, usize)> {
    let mut lines: Vec<(String, usize)> = Vec::new();
    let many = texts.len() > ROOMY && !verbose;
    for text in texts {
        match lines.last_mut().filter(|last| many && last.0.len() + text.len() + 2 <= width) {
            Some((last, claims)) => (*last, *claims) = (format!("{last}; {text}"), *claims + 1),
            None => lines.push(((*text).clone(), 1)),
        }
    }
    lines
}

fn item(head: &str, text: &str) -> Vec<String> {
    hung(head, &plain(text))
}

/// Text that stands to the right of a word, however many lines it takes.
pub fn hung(head: &str, text: &str) -> Vec<String> {
    let room = COLUMNS - head.len();
    let start = |place| if place == 0 { head.to_owned() } else { " ".repeat(head.len()) };
    let parts = wrap(text, room, room);
    parts.iter().enumerate().map(|(place, part)| format!("{}{}", start(place), part.replace(GLUE, " "))).collect()
}

/// How the operations of one kind ended, and what became of those about which nobody was told.
#[derive(Default)]
pub(super) struct Tally {
    ok: usize,
    failed: usize,
    unknown: usize,
    kept: usize,
    never: usize,
    pending: usize,
    lost: usize,
    writes: bool,
}

impl Tally {
    /// How many operations there were.
    pub fn all(&self) -> usize {
        self.ok + self.failed + self.unknown + self.pending
    }

    /// The counts in words, where it is known or not what was applied, and whether a judge knows what is lost.
    pub fn counts(&self, applies: bool, judged: bool) -> Vec<String> {
        let mut parts = vec![format!("{} ok", self.ok)];
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        if self.unknown > 0 {
            let mut fates = Vec::new();
            if applies && self.writes {
                let open = self.unknown - self.kept - self.never;
                let counts = [(self.kept, "kept"), (self.never, "never happened"), (open, "undecided")];
                fates.extend(counts.iter().filter(|it| it.0 > 0).map(|(count, what)| format!("{count} {what}")));
            }
            let fates = if fates.is_empty() { String::new() } else { format!(" ({})", fates.join(", ")) };
            parts.push(format!("{} unknown{fates}", self.unknown));
        }
        if (applies || judged) && self.writes && self.ok > 0 {
            parts.push(format!("{} ok-but-lost", self.lost));
        }
        if self.pending > 0 {
            parts.push(format!("{} open", self.pending));
        }
        parts
    }
}

/// A tally for each kind of operation.
pub(super) fn tallies(survey: &Survey<'_>, lost: Option<&BTreeSet<OperationId>>) -> BTreeMap<&'static str, Tally> {
    let mut tallies: BTreeMap<&'static str, Tally> = BTreeMap::new();
    for (record, life) in survey.trace.operations().iter().zip(&survey.lives) {
        let tally = tallies.entry(op_kind(&record.operation.op)).or_default();
        count(tally, &record.operation.op, life);
        // Where nobody judged: what no node ever carried out.
        let is_lost = lost.map_or(!life.happened(), |lost| lost.contains(&record.operation.id));
        let was_told = matches!(life.end, Some((_, End::Ok(_)))) && !record.operation.op.is_read();
        tally.lost += usize::from(was_told && is_lost);
    }
    tallies
}

fn count(tally: &mut Tally, op: &Op, life: &Life) {
    tally.writes |= !op.is_read();
    match &life.end {
        None => tally.pending += 1,
        Some((_, End::Ok(_))) => tally.ok += 1,
        Some((_, End::Failed)) => tally.failed += 1,
        Some((_, End::GaveUp)) => {
            tally.unknown += 1;
            tally.kept += usize::from(life.happened());
            tally.never += usize::from(life.never());
        }
    }
}
