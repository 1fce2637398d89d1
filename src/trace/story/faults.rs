//! What went wrong, what was mended, and what a node found when it came back.

use super::moment::Moment;
use super::survey::{Survey, arrival_behind};
use crate::node::{Fault, NodeId};
use crate::trace::record::FaultRecord;
use crate::trace::words::{fault_words, listed, operation_words};

pub(super) fn tell(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    let faults = survey.trace.faults();
    for (place, record) in faults.iter().enumerate() {
        if !matches!(record.fault, Fault::Mark) {
            moments.push(fault(survey, record, place, faults.len()));
        }
    }
    comebacks(survey, moments);
    truncations(survey, moments);
}

fn fault(survey: &Survey<'_>, record: &FaultRecord, place: usize, all: usize) -> Moment {
    let mends = record.fault.mends() || record.ends;
    let mut text = fault_words(survey.trace, &record.fault);
    let leads = |node: NodeId| survey.leads_at(record.event).find(|reign| reign.node == node);
    if let Some(node) = record.fault.node()
        && matches!(record.fault, Fault::Crash(_) | Fault::Pause(_))
        && let Some(reign) = leads(node)
    {
        let name = survey.trace.cluster().name(node);
        let from = format!("{name} ");
        text = text.replacen(&from, &format!("{name}, leader of term {}, ", reign.term), 1);
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
        (0..=6, _) | (_, 0) => 100,
        _ if mends => 36,
        _ => 44,
    };
    Moment::new(record.event, weight, class(&record.fault), text).mark('!')
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
            _ => format!("{name} has copied {copied}: it holds all that is committed"),
        };
        moments.push(Moment::new(event, 51, "node caught up", text).mark('*'));
    }
}

fn truncations(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    for cut in &survey.truncations {
        let name = survey.trace.cluster().name(cut.node);
        let mut what = if cut.first == cut.last {
            format!("{name} drops its entry {}", cut.first)
        } else {
            format!("{name} drops its entries {}-{}", cut.first, cut.last)
        };
        let mut lost: Vec<String> = cut.operations.iter().map(|id| operation_words(survey.trace, *id)).collect();
        if (1..=3).contains(&lost.len()) {
            what += &format!(" ({})", listed(&lost));
        } else if lost.len() > 3 {
            lost.truncate(2);
            what += &format!(" ({} and {} more)", lost.join(", "), cut.operations.len() - 2);
        }
        let moment = if cut.committed {
            Moment::new(cut.event, 150, "committed entry dropped", what + ", which was COMMITTED").mark('!')
        } else {
            Moment::new(cut.event, 59, "truncation", what + ": not known committed")
        };
        moments.push(moment);
    }
}
