//! Whether a recorded snapshot is one that could have been (Chandy and Lamport, 1985).

use super::claim::Promise;
use super::history::Moment;
use super::judge::Judge;
use super::violation::Violation;
use crate::node::NodeId;
use std::collections::BTreeMap;

/// What has been recorded of the first snapshot of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    /// The money that was ever put in.
    pub deposited: i64,
    /// Of each node that has recorded itself.
    states: BTreeMap<NodeId, Recorded>,
    /// Of each channel that was recorded.
    channels: BTreeMap<(NodeId, NodeId), (Moment, i64)>,
}

/// One node's part of a snapshot.
#[derive(Clone, Debug)]
struct Recorded {
    at: Moment,
    amount: i64,
    /// How many events of each node it knew of: where the cut runs.
    cut: Vec<u32>,
}

impl Judge {
    pub(super) fn recorded(&mut self, at: Moment, node: NodeId, amount: i64) {
        self.causality.begin(node);
        let cut = self.causality.cut(node);
        self.snapshot.states.entry(node).or_insert(Recorded { at, amount, cut });
    }

    pub(super) fn channel_recorded(&mut self, at: Moment, node: NodeId, from: NodeId, amount: i64) {
        self.snapshot.channels.entry((from, node)).or_insert((at, amount));
    }

    /// *Consistent cut*: nobody's part shows as known what happened at another after that one's part was recorded.
    pub(super) fn inconsistent_cut(&self) -> Option<Violation> {
        let states = &self.snapshot.states;
        let pairs = states.iter().flat_map(|one| states.iter().map(move |other| (one, other)));
        let broken = pairs.filter(|((_, mine), (other, theirs))| mine.cut[other.index()] > theirs.cut[other.index()]);
        let ((node, mine), (other, theirs)) =
            broken.min_by_key(|((_, mine), (_, theirs))| mine.at.event.max(theirs.at.event))?;
        let (me, them) = (self.name(*node), self.name(*other));
        let (at, last) = if mine.at.event > theirs.at.event { (mine.at, *node) } else { (theirs.at, *other) };
        let headline = format!("{me} shows what {them} did after its own part was recorded");
        let violation = Violation::new(Promise::ConsistentCut, at, last, headline)
            .saw(format!("{them} recorded {} in {}", theirs.amount, theirs.at.event))
            .saw(format!("{me} recorded {} in {}, having heard from {them} since", mine.amount, mine.at.event));
        Some(violation.blame([mine.at.event, theirs.at.event]))
    }

    /// *Money conserved*: what was recorded adds up to what was put in.
    pub(super) fn missing_money(&self) -> Option<Violation> {
        let Snapshot { deposited, states, channels } = &self.snapshot;
        let held: i64 = states.values().map(|recorded| recorded.amount).sum();
        let moving: i64 = channels.values().map(|(_, amount)| amount).sum();
        let moments = states.iter().map(|(node, recorded)| (recorded.at, *node));
        let moments = moments.chain(channels.iter().map(|((_, node), (at, _))| (*at, *node)));
        let (at, node) = moments.max_by_key(|(at, _)| at.event)?;
        if held + moving == *deposited {
            return None;
        }
        let headline = format!("the snapshot shows {} of {deposited}", held + moving);
        let violation = Violation::new(Promise::MoneyConserved, at, node, headline)
            .saw(format!("{held} on {} nodes, {moving} on its way", states.len()));
        Some(violation.blame(states.values().map(|recorded| recorded.at.event)))
    }
}
