//! What went wrong, what was mended, and what a node found when it came back.

use super::elections::FORCED_CANDIDACY;
use super::moment::Moment;
use super::survey::{Reign, Survey, arrival_behind};
use crate::node::{ClockChange, EventId, Fault, NodeId, OperationId, SimSpan};
use crate::trace::record::FaultRecord;
use crate::trace::words::{fault_words, listed, names, operation_words, shortened, spaced_units};

/// Where there are no more faults than this, each matters.
pub(super) const FEW: usize = 6;
/// Where there are more than this, most are told only where there is room.
const MANY: usize = 24;
/// So many letters fit on a line beside an event's number.
const LINE: usize = 54;

pub(super) fn tell(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    let faults = survey.trace.faults();
    // A fault that made a node stand is told by that.
    let stands = |record: &FaultRecord| {
        let handler = survey.trace.next(record.event);
        let forced = moments.iter().filter(|moment| moment.class == FORCED_CANDIDACY);
        forced.map(|moment| survey.trace.handler_of(moment.at)).any(|timer| Some(timer) == handler)
    };
    let told: Vec<Moment> = (faults.iter().enumerate())
        .filter(|(_, record)| !stands(record))
        .map(|(place, record)| fault(survey, record, place, faults.len()))
        .collect();
    let mut told = told.into_iter();
    let mut last = told.next();
    for moment in told {
        match last.as_mut().and_then(|last| joined(survey, last, &moment)) {
            Some(both) => last = Some(both),
            None => moments.extend(last.replace(moment)),
        }
    }
    moments.extend(last);
    comebacks(survey, moments);
    truncations(survey, moments);
}

/// Two faults of one instant on one line, where they fit.
fn joined(survey: &Survey<'_>, first: &Moment, second: &Moment) -> Option<Moment> {
    let time = |moment: &Moment| survey.trace.record(moment.at).time();
    let fits = first.text.len() + second.text.len() + 2 <= LINE;
    let alone = first.below.is_empty() && time(first) == time(second);
    (fits && alone && first.mark == second.mark || alone && second.class == "mark" && first.class != "mark").then(
        || Moment {
            text: format!("{}; {}", first.text.trim_end_matches('.'), second.text),
            weight: first.weight.max(second.weight),
            below: second.below.clone(),
            ..first.clone()
        },
    )
}

/// What is out of the ordinary before anything happens. What is said of many nodes is said once.
pub(super) fn from_start(survey: &Survey<'_>, faults: &[Fault], moments: &mut Vec<Moment>) {
    let first = EventId(0);
    if survey.trace.get(first).is_none() {
        return;
    }
    let words = |fault: &Fault| {
        let text = match fault {
            Fault::Clock(node, ClockChange::Step(ns)) => {
                let side = if *ns < 0 { "behind" } else { "ahead" };
                let span = spaced_units(&SimSpan(ns.unsigned_abs()).to_string());
                format!("{}'s clock is {span} {side}", survey.trace.cluster().name(*node))
            }
            _ => fault_words(survey.trace, fault),
        };
        let name = fault.node().map_or("", |node| survey.trace.cluster().name(node)).to_owned();
        let rest = text.strip_prefix(&name).map_or_else(|| text.clone(), str::to_owned);
        (name, rest)
    };
    let told: Vec<(String, String)> = faults.iter().map(words).collect();
    for same in told.chunk_by(|a, b| a.1 == b.1) {
        let names: Vec<&str> = same.iter().map(|told| told.0.as_str()).collect();
        let what = &same[0].1;
        let text = match names.as_slice() {
            [name] => format!("{name}{what}, from the start"),
            names => format!("{}: {}, from the start", names.join(" "), what.trim_start_matches("'s ").trim()),
        };
        moments.push(Moment::new(first, 98, "from the start", text).unnamed().mark('!'));
    }
}

fn fault(survey: &Survey<'_>, record: &FaultRecord, place: usize, all: usize) -> Moment {
    if matches!(record.fault, Fault::Mark) {
        let name = record.label.as_deref().unwrap_or("a moment");
        return Moment::new(
            record.event,
            if all <= FEW { 62 } else { 30 },
            "mark",
            format!("this moment is \"{name}\""),
        );
    }
    let mends = record.fault.mends() || record.ends;
    let mut text = fault_words(survey.trace, &record.fault);
    let led_then =
        |reign: &&Reign| reign.from < record.event && reign.until.is_none_or(|until| until >= record.event);
    let leads = |node: NodeId| survey.reigns.iter().filter(led_then).find(|reign| reign.node == node);
    let mut led = false;
    if let Some(node) = record.fault.node()
        && matches!(record.fault, Fault::Crash(_) | Fault::Pause(_))
        && let Some(reign) = leads(node)
    {
        let name = survey.trace.cluster().name(node);
        let from = format!("{name} ");
        text = text.replacen(&from, &format!("{name}, leader of term {}, ", reign.term), 1);
        led = true;
    }
    if let Some(back) = survey.returns.iter().find(|back| back.event == record.event) {
        match (back.recovered, back.held) {
            (Some((term, index)), Some(held)) if held > index => {
                text += &format!("; disk: term {term}, log to {index} of {held}");
            }
            (Some((term, index)), _) => text += &format!("; disk: term {term}, log to {index}"),
            (None, Some(_)) => text += "; its disk is empty",
            (None, None) => {}
        }
    }
    // Where faults are few each is the hinge of the story; where they are many the first of them is.
    let weight = match (all, place) {
        (0..=FEW, _) | (_, 0) => 100,
        (0..=MANY, _) if !mends => 90,
        (0..=MANY, _) if matches!(record.fault, Fault::Restart(_)) => 66,
        (0..=MANY, _) => 59,
        _ if mends => 36,
        _ => 52,
    };
    let mut moment = Moment::new(record.event, weight, class(&record.fault), text).mark('!');
    if led && all <= MANY {
        moment.below.extend(unsettled(survey, record));
    }
    moment
}

/// What a leader that crashes has logged and nobody knows to be committed.
fn unsettled(survey: &Survey<'_>, record: &FaultRecord) -> Option<String> {
    let node = record.fault.node()?;
    let operations = survey.unsettled.get(&record.event)?;
    let held = |id: &OperationId| {
        let copies = survey.life_of(*id).map(|life| life.appended.as_slice()).unwrap_or_default();
        let mut others: Vec<NodeId> =
            copies.iter().filter(|copy| copy.0 < record.event && copy.1 != node).map(|copy| copy.1).collect();
        others.sort();
        others.dedup();
        others
    };
    let words = |ids: &[OperationId]| {
        let words = ids.iter().map(|id| operation_words(survey.trace, *id)).collect();
        listed(&shortened(words))
    };
    let parts = operations.chunk_by(|a, b| held(a) == held(b)).map(|same| match held(&same[0]).as_slice() {
        [] => format!("{}, so far on it alone", words(same)),
        others => format!("{}, so far also on {}", words(same), names(survey.trace, others.iter().copied())),
    });
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| format!("logged, not committed: {}", parts.join("; ")))
}

/// What a fault counts as.
pub(super) fn class(fault: &Fault) -> &'static str {
    match fault {
        Fault::Crash(_) => "crash",
        Fault::Restart(_) => "restart",
        Fault::Pause(_) => "pause",
        Fault::Resume(_) => "resumption",
        Fault::Slow(..) => "change of pace",
        Fault::Expire(..) => "forced timeout",
        Fault::Cut(_) => "cut",
        Fault::Heal(_) => "heal",
        Fault::Loss(..) => "change of loss",
        Fault::Lag(..) => "change of delay",
        Fault::Hold(_) => "hold",
        Fault::Release(_) => "release",
        Fault::Drop(..) => "dropped message",
        Fault::Delay(..) => "delayed message",
        Fault::Arrive(..) => "hurried message",
        Fault::Duplicate(..) => "doubled message",
        Fault::Disk(..) => "change of disk",
        Fault::Wipe(_) => "wiped disk",
        Fault::Clock(..) => "change of clock",
        Fault::Mark => "mark",
    }
}

/// Nodes that were down and have all again that was committed.
fn comebacks(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    let trace = survey.trace;
    for back in &survey.returns {
        let Some((event, first, last)) = back.caught_up else { continue };
        let name = trace.cluster().name(back.node);
        let from = arrival_behind(trace, event).and_then(|at| trace.peer(at));
        let reign = from.and_then(|from| survey.leads_at(event).find(|reign| reign.node == from));
        let copied = if first == last { format!("{first}") } else { format!("{first}-{last}") };
        let text = match (from, reign) {
            (Some(from), Some(reign)) => {
                format!("{name} follows {} in term {}, has copied {copied}", trace.cluster().name(from), reign.term)
            }
            (Some(_), None) => format!("{name} has copied {copied}: it holds all that is committed"),
            (None, _) => continue,
        };
        moments.push(
            Moment::new(event, if survey.returns.len() <= 4 { 61 } else { 40 }, "node caught up", text).mark('*'),
        );
    }
}

/// Entries that were dropped; nodes that drop the same ones are told together.
fn truncations(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    for same in
        survey.truncations.chunk_by(|a, b| (a.first, a.last, &a.operations) == (b.first, b.last, &b.operations))
    {
        let cut = &same[0];
        let mut nodes: Vec<String> =
            same.iter().map(|cut| survey.trace.cluster().name(cut.node).to_owned()).collect();
        nodes.dedup();
        let (drop, whose) = if nodes.len() == 1 { ("drops", "its") } else { ("drop", "their") };
        let places = match cut.first == cut.last {
            true => format!("entry {}", cut.first),
            false => format!("entries {}-{}", cut.first, cut.last),
        };
        let what = format!("{} {drop} {whose} {places}{}", listed(&nodes), contents(survey, &cut.operations));
        let moment = if same.iter().any(|cut| cut.committed) {
            Moment::new(cut.event, 150, "committed entry dropped", what + ", which was COMMITTED").mark('!')
        } else {
            let many = survey.truncations.len() > FEW;
            Moment::new(cut.event, if many { 48 } else { 63 }, "truncation", what + ", never committed")
        };
        moments.push(moment);
    }
}

fn contents(survey: &Survey<'_>, operations: &[OperationId]) -> String {
    let named: Vec<String> = operations.iter().map(|id| operation_words(survey.trace, *id)).collect();
    match named.as_slice() {
        [] => String::new(),
        [_] | [_, _] | [_, _, _] => format!(" ({})", listed(&named)),
        [first, .., last] => format!(" ({first} to {last})"),
    }
}
