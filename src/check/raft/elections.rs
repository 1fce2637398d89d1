//! Who leads: *Election Safety* (Raft, Figure 3; §5.2), and whether anyone leads alone.

use super::super::claim::Promise;
use super::super::history::Moment;
use super::super::judge::Judge;
use super::super::violation::Violation;
use super::{Elected, Vote};
use crate::node::{EventId, NodeId};

impl Judge {
    pub(in super::super) fn became_candidate(&mut self, at: Moment, node: NodeId, term: u64) {
        self.stop_leading(at, node);
        self.history.candidacies.insert(term);
        self.history.terms.insert(term);
    }

    pub(in super::super) fn became_follower(&mut self, at: Moment, node: NodeId, term: u64) {
        self.stop_leading(at, node);
        self.history.terms.insert(term);
    }

    pub(in super::super) fn voted(&mut self, at: Moment, voter: NodeId, term: u64, candidate: NodeId) {
        self.history.terms.insert(term);
        let votes = self.group(voter).votes.entry(term).or_default();
        if !votes.iter().any(|vote| vote.voter == voter && vote.candidate == candidate) {
            votes.push(Vote { voter, candidate, event: at.event });
        }
    }

    pub(in super::super) fn became_leader(&mut self, at: Moment, node: NodeId, term: u64) {
        self.stop_leading(at, node);
        self.judge_election_safety(at, node, term);
        self.judge_leader_completeness(at, node, term);
        let log = self.models[node.index()].log.clone();
        self.group(node).leaders.entry(term).or_insert(Elected { node, event: at.event, log });
        self.model(node).leads = Some((term, at));
        self.group(node).leading += 1;
        self.history.terms.insert(term);
        self.history.began_to_lead(at, node, term);
        self.judge_single_primary(at, node);
    }

    /// A node follows, stands for election, crashes or boots: whatever it was, it no longer leads.
    pub(in super::super) fn stop_leading(&mut self, at: Moment, node: NodeId) {
        if self.model(node).leads.take().is_some() {
            self.group(node).leading -= 1;
            self.history.ceased_to_lead(at, node);
        }
    }

    /// *Election Safety*: at most one leader can be elected in a given term (Raft, Figure 3; §5.2).
    fn judge_election_safety(&mut self, at: Moment, node: NodeId, term: u64) {
        let Some(first) = self.group(node).leaders.get(&term) else { return };
        let (rival, since) = (first.node, first.event);
        if rival == node {
            return;
        }
        let votes = self.group(node).votes.get(&term).cloned().unwrap_or_default();
        let mut violations = std::mem::take(&mut self.violations);
        violations.report(Promise::ElectionSafety, || {
            let double = double_votes(&votes, rival, node);
            let boots = double.iter().flat_map(|(early, late)| self.boots_between(early, late));
            Violation::new(Promise::ElectionSafety, at, node, format!("two leaders in term {term}"))
                .saw(self.tell_election(rival, since, &votes))
                .saw(self.tell_election(node, at.event, &votes))
                .blame([since].into_iter().chain(boots))
                .blame(double.iter().flat_map(|(early, late)| [early.event, late.event]))
                .hence(Some(self.tell_double_votes(&double)))
        });
        self.violations = violations;
    }

    /// `n1 leads since e29, votes n1 n2`.
    fn tell_election(&self, leader: NodeId, since: EventId, votes: &[Vote]) -> String {
        let voters = votes.iter().filter(|vote| vote.candidate == leader).map(|vote| self.name(vote.voter));
        let voters = voters.collect::<Vec<_>>().join(" ");
        let votes = if voters.is_empty() { "no votes declared".to_owned() } else { format!("votes {voters}") };
        format!("{} leads since {since}, {votes}", self.name(leader))
    }

    fn tell_double_votes(&self, double: &[(Vote, Vote)]) -> String {
        let names: Vec<&str> = double.iter().map(|(vote, _)| self.name(vote.voter)).collect();
        match names.as_slice() {
            [] => "No node says that it voted twice: a vote was counted that its giver never declared.".to_owned(),
            [name] => format!("{name} is in both majorities: it voted twice."),
            names => format!("{} are in both majorities: they voted twice.", names.join(" ")),
        }
    }

    /// The boots of a voter between its two votes: what it forgot, it forgot there.
    fn boots_between(&self, early: &Vote, late: &Vote) -> impl Iterator<Item = EventId> {
        let changes = self.history.uptimes(early.voter).iter();
        let boots = changes.filter(|(_, runs)| *runs).map(|(moment, _)| moment.event);
        boots.filter(move |event| early.event < *event && *event < late.event)
    }

    /// *Single Primary*: at no moment do two running nodes lead. Raft does not promise it: a leader that was replaced
    /// leads on in its own term until it hears of the new one (§8). A process that stands still is running.
    fn judge_single_primary(&mut self, at: Moment, node: NodeId) {
        let leading = self.group(node).leading;
        self.history.counts.primaries = self.history.counts.primaries.max(leading);
        if leading < 2 {
            return;
        }
        let mut violations = std::mem::take(&mut self.violations);
        violations.report(Promise::SinglePrimary, || {
            let members = self.cluster.group_of(node).members.iter();
            let leaders = members.filter_map(|id| Some((*id, self.models[id.index()].leads?)));
            let headline = format!("{leading} nodes lead at once");
            let mut violation = Violation::new(Promise::SinglePrimary, at, node, headline);
            for (leader, (term, since)) in leaders {
                let line = format!("{} leads term {term} since {}", self.name(leader), since.event);
                violation = violation.saw(line).blame([since.event]);
            }
            violation
        });
        self.violations = violations;
    }
}

/// The votes of those who voted for both.
fn double_votes(votes: &[Vote], one: NodeId, other: NodeId) -> Vec<(Vote, Vote)> {
    let vote_for = |voter: NodeId, candidate: NodeId| {
        votes.iter().find(|vote| vote.voter == voter && vote.candidate == candidate).copied()
    };
    let pairs = votes.iter().filter(|vote| vote.candidate == one).filter_map(|vote| {
        let second = vote_for(vote.voter, other)?;
        Some(if vote.event < second.event { (*vote, second) } else { (second, *vote) })
    });
    pairs.collect()
}
