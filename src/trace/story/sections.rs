//! The parts of a story: before the first fault, and from each fault on.

use super::faults::class;
use super::survey::Survey;
use crate::node::{EventId, Fault};
use crate::trace::record::FaultRecord;
use crate::trace::words::{count_of, grouped};
use std::collections::BTreeMap;

/// A part of a run under its heading.
pub(super) struct Section {
    pub title: String,
    pub from: EventId,
    /// The first event after it.
    pub to: EventId,
}

/// At most `most` parts. Where there are more faults than that, those that are not named go together.
pub(super) fn of(survey: &Survey<'_>, most: usize) -> Vec<Section> {
    let trace = survey.trace;
    let all = trace.len() as u32;
    let faults = trace.faults();
    if most <= 1 || faults.is_empty() {
        return vec![Section { title: "THE RUN".to_owned(), from: EventId(0), to: EventId(all) }];
    }
    let mut starts = one_each(faults);
    if starts.len() + 1 > most {
        starts = one_storm(survey, faults);
    }
    if starts[0].0.0 > 0 {
        starts.insert(0, (EventId(0), "BEFORE THE FIRST FAULT".to_owned()));
    }
    let ends = starts.iter().skip(1).map(|start| start.0).chain([EventId(all)]).collect::<Vec<_>>();
    starts.into_iter().zip(ends).map(|((from, title), to)| Section { title, from, to }).collect()
}

/// A heading for each fault; faults of one label, or of no label and one instant, share one.
fn one_each(faults: &[FaultRecord]) -> Vec<(EventId, String)> {
    let mut starts: Vec<(EventId, String)> = Vec::new();
    for record in faults {
        let title = title(record);
        if starts.last().is_none_or(|last| last.1 != title) {
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
fn one_storm(survey: &Survey<'_>, faults: &[FaultRecord]) -> Vec<(EventId, String)> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for record in faults.iter().filter(|record| !matches!(record.fault, Fault::Mark)) {
        *counts.entry(class(&record.fault)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.1));
    let counts: Vec<String> = counts.into_iter().map(|(class, count)| plural(count, class)).collect();
    let mut starts = vec![(faults[0].event, format!("THE FAULTS: {}", counts.join(", ")))];
    let last = faults[faults.len() - 1].event;
    let after = Some(EventId(last.0 + 1)).filter(|after| (after.0 as usize) < survey.trace.len());
    if let Some(after) = after.filter(|after| survey.trace.len() as u32 - after.0 > 20) {
        starts.push((after, "AFTER THE LAST FAULT".to_owned()));
    }
    starts
}

fn plural(count: usize, class: &str) -> String {
    match class.split_once(" of ") {
        Some((noun, rest)) if count > 1 => format!("{} {noun}s of {rest}", grouped(count as u64)),
        _ => count_of(count, class),
    }
}
