//! Whether a claim is true of a run.

use super::claim::{Claim, Measure, Promise, Since, State};
use super::consistency;
use super::history::{Ending, Moment, OperationHistory};
use super::judge::Judge;
use crate::node::{Datum, EventId, NodeId, SimSpan, SimTime};
use std::collections::BTreeSet;

/// What the judge says of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The claim.
    pub claim: Claim,
    /// Whether it is true. False as well where it cannot be judged; the text says so.
    pub holds: bool,
    /// Why, in a few words: `one leader a term (n3 in 1, n5 in 2)`.
    pub text: String,
    /// The event that settled it, where there is one.
    pub event: Option<EventId>,
}

/// What is found of a claim: whether it is true, if that can be told, and why.
struct Finding {
    holds: Option<bool>,
    text: String,
    event: Option<EventId>,
}

impl Finding {
    fn new(holds: bool, text: String, event: Option<EventId>) -> Self {
        Finding { holds: Some(holds), text, event }
    }

    fn unknown(text: String) -> Self {
        Finding { holds: None, text, event: None }
    }
}

/// How many leaders a text names before it only counts them.
const NAMED_LEADERS: usize = 4;

impl Judge {
    /// Whether a claim is true of the run, which ended at `end`.
    ///
    /// A label that names several operations speaks of all of them, and a label that names several moments of each: what
    /// is to happen after it must happen after each.
    pub fn verdict(&self, claim: &Claim, end: SimTime) -> Verdict {
        let Finding { holds, text, event } = self.find(claim, end);
        Verdict { claim: claim.clone(), holds: holds.unwrap_or(false), text, event }
    }

    /// Whether a claim is true of the run so far; `None` where that cannot be judged.
    pub(super) fn is_true(&self, claim: &Claim) -> Option<bool> {
        self.find(claim, self.history.now().time).holds
    }

    fn find(&self, claim: &Claim, end: SimTime) -> Finding {
        match claim {
            Claim::Holds(promise) => self.find_promise(*promise),
            Claim::Violated(promise) => {
                let finding = self.find_promise(*promise);
                Finding { holds: finding.holds.map(|kept| !kept), ..finding }
            }
            Claim::Eventually { that, after, within } => self.find_state(that, after.as_ref(), *within, end),
            Claim::Durable(label) => self.find_durable(label),
            Claim::Got(label, value) => self.find_result(label, value),
            Claim::Ok(label) => self.find_endings(label, "ok"),
            Claim::Failed(label) => self.find_endings(label, "failed"),
            Claim::Unknown(label) => self.find_endings(label, "unknown"),
            Claim::Noted(words) => match self.history.notes.iter().find(|(_, note)| note.contains(words)) {
                Some((moment, note)) => Finding::new(true, format!("noted: {note}"), Some(moment.event)),
                None => Finding::new(false, format!("nobody noted {words:?}"), None),
            },
            Claim::AtLeast(measure, least) => {
                self.find_count(*measure, end, |count| count >= *least, &format!("at least {least}"))
            }
            Claim::AtMost(measure, most) => {
                let limit = if *most == 0 { "none".to_owned() } else { format!("at most {most}") };
                self.find_count(*measure, end, |count| count <= *most, &limit)
            }
            Claim::Not(claim) => {
                let Finding { holds, text, event } = self.find(claim, end);
                let how = if holds == Some(true) { "which was not to be" } else { "as expected" };
                Finding { holds: holds.map(|holds| !holds), text: format!("{text}, {how}"), event }
            }
        }
    }

    fn find_count(&self, measure: Measure, end: SimTime, is_met: impl Fn(u64) -> bool, limit: &str) -> Finding {
        match self.measured(measure, end) {
            Some(count) => {
                Finding::new(is_met(count), format!("{}: {count}, {limit} expected", measure.words()), None)
            }
            None => Finding::unknown(format!("{}: no answer to measure, {limit} expected", measure.words())),
        }
    }

    // Promises.

    fn find_promise(&self, promise: Promise) -> Finding {
        if let Err(reason) = self.broken_to_clients(promise) {
            return Finding::unknown(reason);
        }
        if let Some(violation) = self.violation(promise) {
            let part = if violation.promise == promise { String::new() } else { format!("{}: ", violation.promise) };
            let about = violation.about.as_ref().map(|about| format!("{about}: ")).unwrap_or_default();
            let text = format!("{part}{about}{} at {}", violation.headline, violation.event);
            return Finding::new(false, text, Some(violation.event));
        }
        match self.consistency(promise) {
            Some(consistency::Finding::Unknown(text)) => return Finding::unknown(text.clone()),
            Some(consistency::Finding::Kept(text)) => return Finding::new(true, text.clone(), None),
            _ => {}
        }
        let acknowledged = || self.acknowledged_writes().count();
        if promise == Promise::AcksDurable && self.survivors().is_empty() && acknowledged() > 0 {
            return Finding::unknown("no node declares what it applies: nothing can be judged".to_owned());
        }
        Finding::new(true, self.tell_kept(promise), None)
    }

    /// Why a promise that was kept was kept, in a few words.
    fn tell_kept(&self, promise: Promise) -> String {
        match promise {
            Promise::ElectionSafety => self.tell_leaders(),
            Promise::LeaderAppendOnly => "no leader cut its log back".to_owned(),
            Promise::LogMatching => "logs that share an entry agree up to it".to_owned(),
            Promise::LeaderCompleteness => "every leader held what was committed before".to_owned(),
            Promise::StateMachineSafety => {
                let applied = self.models.iter().map(|model| model.executed.last()).max().unwrap_or_default();
                format!("all applied the same, up to entry {applied}")
            }
            Promise::SinglePrimary => "never two leaders at once".to_owned(),
            Promise::AcksDurable => match self.acknowledged_writes().count() {
                0 => "no write was acknowledged".to_owned(),
                1 => "1 acknowledged write, not missing".to_owned(),
                count => format!("{count} acknowledged writes, none missing"),
            },
            Promise::RaftSafety => "all five promises of Raft".to_owned(),
            Promise::Agreement => match &self.decision {
                Some(decision) => format!("all who decided chose {}", decision.value),
                None => "nobody decided".to_owned(),
            },
            Promise::CausalDelivery => "no message came before one that it may depend on".to_owned(),
            Promise::FifoDelivery => "each sender's messages came in order".to_owned(),
            Promise::TotalOrder => "all delivered in one order".to_owned(),
            Promise::ReliableDelivery => "what one delivered, all did".to_owned(),
            Promise::BroadcastValidity => "all broadcasts were delivered".to_owned(),
            Promise::Integrity => "each message once, none invented".to_owned(),
            Promise::ClockCondition => "each cause has a smaller stamp than its effect".to_owned(),
            Promise::StrongClockCondition => "stamps tell cause and effect from concurrency".to_owned(),
            Promise::ConsistentCut => "no effect without its cause".to_owned(),
            Promise::MoneyConserved => format!("all {} accounted for", self.snapshot.deposited),
            _ => self.tell_kept_to_clients(promise),
        }
    }

    /// `one leader a term (n3 in 1, n5 in 2)`.
    fn tell_leaders(&self) -> String {
        let leaders = self.groups.iter().flat_map(|group| &group.leaders);
        let leaders: Vec<String> =
            leaders.map(|(term, leader)| format!("{} in {term}", self.name(leader.node))).collect();
        match leaders.len() {
            0 => "nobody led".to_owned(),
            count if count > NAMED_LEADERS => {
                format!("one leader a term ({}, ... {count} in all)", leaders[..NAMED_LEADERS - 1].join(", "))
            }
            _ => format!("one leader a term ({})", leaders.join(", ")),
        }
    }

    // Operations.

    /// What is found where there is no operation of a label.
    fn missing(label: &str) -> Finding {
        Finding::new(false, format!("{label} never happened"), None)
    }

    fn find_durable(&self, label: &str) -> Finding {
        let survivors = self.survivors();
        let operations: Vec<&OperationHistory> = self.history.labelled(label).collect();
        let Some(first) = operations.first() else { return Judge::missing(label) };
        let lost: Vec<_> = operations.iter().filter(|operation| !self.survives(&survivors, operation)).collect();
        let event = first.applied.map(|moment| moment.event);
        match lost.as_slice() {
            [] if operations.len() == 1 => Finding::new(true, format!("{} survived", first.op), event),
            [] => Finding::new(true, format!("{label}: all {} survived", operations.len()), event),
            [only] if only.applied.is_none() => Finding::new(false, format!("{} never took effect", only.op), None),
            [only] => Finding::new(false, format!("{} was applied and lost", only.op), None),
            lost => {
                let text = format!("{label}: {} of {} did not survive", lost.len(), operations.len());
                Finding::new(false, text, None)
            }
        }
    }

    fn find_result(&self, label: &str, wanted: &Datum) -> Finding {
        let mut last = None;
        for operation in self.history.labelled(label) {
            let event = operation.ended.map(|moment| moment.event);
            match &operation.ending {
                Ending::Ok(value) if value == wanted => last = Some((format!("{label} got {value}"), event)),
                Ending::Ok(value) => return Finding::new(false, format!("{label} got {value}, not {wanted}"), event),
                other => return Finding::new(false, format!("{label} got no answer: {}", other.word()), event),
            }
        }
        last.map_or_else(|| Judge::missing(label), |(text, event)| Finding::new(true, text, event))
    }

    /// Whether all operations of a label ended in the way that has this name.
    fn find_endings(&self, label: &str, wanted: &str) -> Finding {
        let operations: Vec<&OperationHistory> = self.history.labelled(label).collect();
        let Some(last) = operations.last() else { return Judge::missing(label) };
        let other = operations.iter().find(|operation| operation.ending.word() != wanted);
        let settled = other.unwrap_or(last).ended.map(|moment| moment.event);
        let counts = ["ok", "failed", "unknown"].map(|word| {
            let count = operations.iter().filter(|operation| operation.ending.word() == word).count();
            (count > 0).then(|| if operations.len() == 1 { word.to_owned() } else { format!("{count} {word}") })
        });
        let counts: Vec<String> = counts.into_iter().flatten().collect();
        let expected = if other.is_some() { format!(", {wanted} expected") } else { String::new() };
        Finding::new(other.is_none(), format!("{label}: {}{expected}", counts.join(", ")), settled)
    }

    // States.

    fn find_state(&self, that: &State, after: Option<&Since>, within: Option<SimSpan>, end: SimTime) -> Finding {
        let moments = after.map_or_else(|| vec![Moment::START], |since| self.history.moments(since));
        let what = tell_state(that);
        let limit = within.map(|span| format!(" within {}", brief(span))).unwrap_or_default();
        let from = after.map(|since| format!(" after {since}")).unwrap_or_default();
        let claim = format!("{what}{limit}{from}");
        let mut slowest: Option<(SimSpan, EventId)> = None;
        for moment in &moments {
            let Some(reached) = self.first(that, *moment) else {
                let text = format!("{claim}: not in the {} that were left", brief(end.since(moment.time)));
                return Finding::new(false, text, Some(moment.event));
            };
            let took = reached.time.since(moment.time);
            if within.is_some_and(|within| took > within) {
                return Finding::new(false, format!("{claim}: took {}", brief(took)), Some(reached.event));
            }
            slowest = slowest.max(Some((took, reached.event)));
        }
        match slowest {
            None => Judge::missing(&after.map(Since::to_string).unwrap_or_default()),
            Some((took, event)) => Finding::new(true, format!("{claim}: {}", brief(took)), Some(event)),
        }
    }

    /// The first moment from `after` on at which a state is there; `after` itself where it was there already.
    ///
    /// That some node has applied an operation counts from then on for ever, whatever becomes of the node.
    fn first(&self, state: &State, after: Moment) -> Option<Moment> {
        match state {
            State::HasLeader => {
                let lasting = |until: Option<Moment>| until.is_none_or(|until| until.event > after.event);
                let spans = self.history.leaderships().filter(|span| lasting(span.until));
                spans.map(|span| span.from.max(after)).min()
            }
            State::Ok(label) => self.all(label, after, |operation| match operation.ending {
                Ending::Ok(_) => operation.ended,
                _ => None,
            }),
            State::Done(label) => self.all(label, after, |operation| operation.ended),
            State::Applied(label) => self.all(label, after, |operation| operation.applied),
            State::AllHave(label) => self.first_all_have(label, after),
            State::Converged => {
                let applies = self.history.applies.iter().zip(&self.history.converged_spans);
                let firsts = applies.filter(|(applies, _)| **applies).map(|(_, spans)| {
                    let lasting = |until: Option<Moment>| until.is_none_or(|until| until.event > after.event);
                    spans.iter().find(|(_, until)| lasting(*until)).map(|(from, _)| (*from).max(after))
                });
                firsts.collect::<Option<Vec<Moment>>>()?.into_iter().max()
            }
        }
    }

    /// The first moment from `after` on at which something has happened to all operations of a label.
    fn all(
        &self,
        label: &str,
        after: Moment,
        happened: impl Fn(&OperationHistory) -> Option<Moment>,
    ) -> Option<Moment> {
        let moments = self.history.labelled(label).map(happened).collect::<Option<Vec<Moment>>>()?;
        moments.into_iter().max().map(|last| last.max(after))
    }

    /// The first moment from `after` on at which every running node of the groups that apply operations has applied all
    /// of a label. A boot forgets what was applied.
    fn first_all_have(&self, label: &str, after: Moment) -> Option<Moment> {
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        enum Change {
            Runs(bool),
            Has(u32, bool),
        }
        let groups = self.cluster.groups().iter().zip(&self.history.applies);
        let members: BTreeSet<NodeId> =
            groups.filter(|(_, applies)| **applies).flat_map(|(group, _)| group.members.iter().copied()).collect();
        let uptimes = members.iter().flat_map(|node| {
            self.history.uptimes(*node).iter().map(|(moment, runs)| (*moment, *node, Change::Runs(*runs)))
        });
        let operations: Vec<&OperationHistory> = self.history.labelled(label).collect();
        let holders = operations.iter().flat_map(|operation| {
            operation.holders.iter().map(|(moment, node, has)| (*moment, *node, Change::Has(operation.id.0, *has)))
        });
        let mut changes: Vec<(Moment, NodeId, Change)> = uptimes.chain(holders).collect();
        changes.sort();
        let (mut running, mut has) = (BTreeSet::new(), BTreeSet::new());
        let steps = changes.into_iter().map(|(moment, node, change)| {
            match change {
                Change::Runs(runs) => {
                    has.retain(|(holder, _)| *holder != node);
                    if runs { running.insert(node) } else { running.remove(&node) }
                }
                Change::Has(id, true) => has.insert((node, id)),
                Change::Has(id, false) => has.remove(&(node, id)),
            };
            let held = has.iter().filter(|(holder, _)| running.contains(holder)).count();
            (moment, !running.is_empty() && !operations.is_empty() && held == running.len() * operations.len())
        });
        first_held(steps, after)
    }
}

/// The first moment from `after` on at which something holds that holds or not from each step to the next.
fn first_held(steps: impl Iterator<Item = (Moment, bool)>, after: Moment) -> Option<Moment> {
    let mut held = false;
    for (moment, holds) in steps {
        if moment.event > after.event {
            if held {
                break;
            }
            if holds {
                return Some(moment);
            }
        }
        held = holds;
    }
    held.then_some(after)
}

fn tell_state(state: &State) -> String {
    match state {
        State::HasLeader => "leader".to_owned(),
        State::Ok(label) => format!("{label} ok"),
        State::Done(label) => format!("{label} done"),
        State::Applied(label) => format!("{label} applied"),
        State::AllHave(label) => format!("{label} on every node"),
        State::Converged => "all nodes equal".to_owned(),
    }
}

/// A span as people say it: `188 ms`, `1.70 s`.
pub(super) fn brief(span: SimSpan) -> String {
    match span.0 {
        0 => "at once".to_owned(),
        ns if ns < 1_000 => format!("{ns} ns"),
        ns if ns < 1_000_000 => format!("{} us", ns / 1_000),
        ns if ns < 1_000_000_000 => format!("{} ms", ns / 1_000_000),
        ns if ns.is_multiple_of(1_000_000_000) => format!("{} s", ns / 1_000_000_000),
        ns => format!("{}.{:02} s", ns / 1_000_000_000, ns / 10_000_000 % 100),
    }
}
