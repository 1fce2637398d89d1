//! Two votes of one node in one term: what a second leader is made of.

use super::{Explainer, Extra};
use crate::node::{DiskMode, EventId, Fact, Fault, NodeId};
use crate::trace::record::EventKind;
use crate::trace::words::fact_words;

/// A node voted for two candidates in one term.
pub(super) struct DoubleVote {
    pub voter: NodeId,
    pub term: u64,
    pub first: EventId,
    pub second: EventId,
}

impl Explainer<'_> {
    /// Both votes, what the disk did meanwhile, and the boot at which the first was forgotten.
    pub(super) fn story_of(&self, double: &DoubleVote) -> Vec<(EventId, Extra)> {
        let (trace, voter) = (self.trace, double.voter);
        let bad_disk = |fault: &Fault| {
            matches!(fault, Fault::Disk(_, DiskMode::Lies | DiskMode::Tears | DiskMode::Full) | Fault::Wipe(_))
        };
        let faults = trace.faults().iter().filter(|record| record.fault.node() == Some(voter));
        let faults = faults.filter(|record| record.event < double.second);
        let told = faults.filter(|record| {
            bad_disk(&record.fault) || (record.event > double.first && matches!(record.fault, Fault::Crash(_)))
        });
        let mut told: Vec<(EventId, Extra)> = told.map(|record| (record.event, Extra::default())).collect();
        told.push((double.first, self.first_vote(double)));
        let mut between = trace.events_of(voter).filter(|id| *id > double.first && *id < double.second);
        let boot = between.rfind(|id| trace.record(*id).kind() == EventKind::Boot);
        let note = |text: &str| Some(text.to_owned());
        match boot {
            Some(boot) => {
                let words = format!("{}: its vote is forgotten", fact_words(trace, boot));
                told.push((boot, Extra { words: Some(words), note: note("promise dies here"), fault: false }));
                let second = format!("its second vote in term {}", double.term);
                told.push((double.second, Extra { note: Some(second), ..Extra::default() }));
            }
            None => {
                let twice = note("promise dies here: it votes twice");
                told.push((double.second, Extra { note: twice, ..Extra::default() }));
            }
        }
        told.extend(self.rival(double));
        told
    }

    /// The vote that will be forgotten; a disk that lies about it is a fault.
    fn first_vote(&self, double: &DoubleVote) -> Extra {
        let trace = self.trace;
        let synced = trace.record(trace.handler_of(double.first)).kind() == EventKind::SyncDone;
        let mode = |fault: &Fault| match fault {
            Fault::Disk(node, mode) if *node == double.voter => Some(*mode),
            _ => None,
        };
        let later = trace.faults().iter().filter(|record| record.event < double.first);
        let later = later.filter_map(|record| mode(&record.fault)).next_back();
        let mode = later.or_else(|| self.from_start.iter().find_map(mode));
        if mode != Some(DiskMode::Lies) || !synced {
            return Extra::default();
        }
        let voter = trace.cluster().name(double.voter);
        let whom = self.candidate_of(double.first).map_or("?", |node| trace.cluster().name(node));
        let words = format!("{voter} votes for {whom}, syncs; its disk LIES \"done\"");
        Extra { words: Some(words), note: None, fault: later.is_none() }
    }

    fn candidate_of(&self, vote: EventId) -> Option<NodeId> {
        match self.trace.fact(vote) {
            Some(Fact::Voted { candidate, .. }) => Some(*candidate),
            _ => None,
        }
    }

    /// The candidacy for which the second vote was given, where its node knew nothing of the first.
    fn rival(&self, double: &DoubleVote) -> Option<(EventId, Extra)> {
        let (first, second) = (self.candidate_of(double.first)?, self.candidate_of(double.second)?);
        let stood = self.candidacy(double.second, second, double.term)?;
        let earlier = self.candidacy(double.first, first, double.term)?;
        let name = |node| self.trace.cluster().name(node);
        let unheard = stood > earlier && !self.trace.before(earlier, stood);
        let words = format!("{}, which has not heard {}, stands in term {}", name(second), name(first), double.term);
        Some((stood, Extra { words: unheard.then_some(words), ..Extra::default() }))
    }

    /// Who voted twice in a term that these events are about.
    pub(super) fn double_votes(&self, culprits: &[EventId]) -> Vec<DoubleVote> {
        let terms: Vec<u64> =
            culprits.iter().filter_map(|id| self.trace.get(*id).and(self.trace.fact(*id))?.term()).collect();
        let mut doubles = Vec::new();
        for (&(_, term), said) in self.survey.terms.iter().filter(|((_, term), _)| terms.contains(term)) {
            for (place, &(second, voter, whom)) in said.votes.iter().enumerate() {
                let earlier = said.votes[..place].iter().find(|vote| vote.1 == voter && vote.2 != whom);
                doubles.extend(earlier.map(|&(first, ..)| DoubleVote { voter, term, first, second }));
            }
        }
        doubles
    }
}
