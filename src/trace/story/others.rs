//! What protocols without leaders have to tell: deliveries, decisions, locks, remarks. And snapshots.

use super::moment::Moment;
use super::survey::Survey;
use crate::node::{Fact, FactKind};
use crate::trace::words::fact_words;
use std::collections::BTreeMap;

pub(super) fn tell(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    let trace = survey.trace;
    let mut seen: BTreeMap<FactKind, u32> = BTreeMap::new();
    for (event, _, fact) in trace.facts() {
        let Some((weight, class)) = weight(fact) else { continue };
        let nth = seen.entry(fact.kind()).or_default();
        *nth += 1;
        // What happens again and again is worth less each time.
        let weight = weight - (*nth / 4).min(weight / 2);
        let mut moment = Moment::new(event, weight, class, fact_words(trace, event));
        if matches!(fact, Fact::Decided { .. } | Fact::Acquired { .. }) {
            moment = moment.mark('*');
        }
        moments.push(moment);
    }
}

fn weight(fact: &Fact) -> Option<(u32, &'static str)> {
    match fact {
        Fact::Decided { .. } => Some((70, "decision")),
        Fact::Acquired { .. } => Some((55, "lock taken")),
        Fact::Released { .. } => Some((45, "lock given back")),
        Fact::Note(_) => Some((55, "remark")),
        Fact::Delivered { .. } => Some((43, "delivery")),
        Fact::Stamped { operation: Some(_), .. } => Some((50, "stamp")),
        Fact::Stamped { .. } => Some((44, "stamp")),
        Fact::Stored { .. } => Some((46, "change of what is held")),
        Fact::Recorded { .. } => Some((56, "state recorded")),
        Fact::ChannelRecorded { .. } => Some((50, "channel recorded")),
        Fact::Installed { .. } => Some((56, "snapshot taken over")),
        Fact::Compacted { .. } => Some((20, "snapshot made")),
        Fact::ClockEstimated { .. } => Some((42, "reading of a clock")),
        _ => None,
    }
}
