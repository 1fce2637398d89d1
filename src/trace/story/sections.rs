//! The parts of a story: before the first fault, and from each fault on.

use super::faults::{FEW, class};
use super::survey::Survey;
use crate::node::{EventId, Fault};
use crate::trace::record::{FaultRecord, Trace};
use crate::trace::words::{count_of, grouped};
use std::collections::BTreeMap;

/// A part of a run under its heading.
pub(super) struct Section {
    pub title: String,
    pub from: EventId,
    /// The first event after it.
    pub to: EventId,
}

/// So many sections at the most, where each fault has its own.
const MOST: usize = 6;

/// Ways to part the run, the finest first: a section for each fault, one for all faults, or one for everything.
pub(super) fn choices(survey: &Survey<'_>) -> Vec<Vec<Section>> {
    let trace = survey.trace;
    let all = trace.len() as u32;
    let faults = trace.faults();
    let whole = vec![Section { title: whole(faults), from: EventId(0), to: EventId(all) }];
    if faults.iter().all(|record| matches!(record.fault, Fault::Mark)) {
        return vec![whole];
    }
    let ways = [one_each(trace, faults), one_storm(trace, faults)];
    let ways = ways.into_iter().filter(|starts| starts.len() < MOST).map(|mut starts| {
        if starts[0].0.0 > 0 {
            starts.insert(0, (EventId(0), "BEFORE THE FIRST FAULT".to_owned()));
        }
        let ends = starts.iter().skip(1).map(|start| start.0).chain([EventId(all)]).collect::<Vec<_>>();
        starts.into_iter().zip(ends).map(|((from, title), to)| Section { title, from, to }).collect()
    });
    ways.chain([whole]).collect()
}

/// Puts a section that is too thin to the next one, which keeps its title unless it is the end of the first; the last
/// goes to the one before.
pub(super) fn merge(sections: &mut Vec<Section>, thin: usize) {
    let section = sections.remove(thin);
    match sections.get_mut(thin) {
        Some(next) => {
            next.from = section.from;
            if next.title.starts_with(&section.title) {
                next.title = section.title;
            }
        }
        None => sections[thin - 1].to = section.to,
    }
}

/// The heading of an undivided run; faults that are too many to be told are counted in it.
fn whole(faults: &[FaultRecord]) -> String {
    let counts = counts(faults);
    if counts.len() <= 1 || faults.len() <= FEW {
        "THE RUN".to_owned()
    } else {
        format!("THE RUN: {}", counts.join(", "))
    }
}

/// A heading for each fault; faults of one label, or of one instant, share one.
fn one_each(trace: &Trace, faults: &[FaultRecord]) -> Vec<(EventId, String)> {
    let mut starts: Vec<(EventId, String)> = Vec::new();
    for record in faults.iter().filter(|record| !matches!(record.fault, Fault::Mark)) {
        let title = title(record);
        let same = |last: &(EventId, String)| {
            last.1 == title || trace.record(last.0).time() == trace.record(record.event).time()
        };
        if !starts.last().is_some_and(same) {
            starts.push((record.event, title));
        }
    }
    starts
}

fn title(record: &FaultRecord) -> String {
    let name = record.label.clone().unwrap_or_else(|| class(&record.fault).to_owned());
    let name = name.replace(['_', '-'], " ").to_uppercase();
    if record.ends { format!("{name} ENDS") } else { name }
}

/// One heading for all faults, which counts them, and one for what comes after.
fn one_storm(trace: &Trace, faults: &[FaultRecord]) -> Vec<(EventId, String)> {
    let mut starts = vec![(faults[0].event, format!("THE FAULTS: {}", counts(faults).join(", ")))];
    let last = faults[faults.len() - 1].event;
    let after = Some(EventId(last.0 + 1)).filter(|after| (after.0 as usize) < trace.len());
    if let Some(after) = after.filter(|after| trace.len() as u32 - after.0 > 20) {
        starts.push((after, "AFTER THE LAST FAULT".to_owned()));
    }
    starts
}

/// How many faults there are of each kind, the most frequent first.
fn counts(faults: &[FaultRecord]) -> Vec<String> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for record in faults.iter().filter(|record| !matches!(record.fault, Fault::Mark)) {
        *counts.entry(class(&record.fault)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.1));
    counts.into_iter().map(|(class, count)| plural(count, class)).collect()
}

fn plural(count: usize, class: &str) -> String {
    match class.split_once(" of ") {
        Some((noun, rest)) if count > 1 => format!("{} {noun}s of {rest}", grouped(count as u64)),
        _ => count_of(count, class),
    }
}
