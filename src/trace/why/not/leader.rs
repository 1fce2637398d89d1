//! Why nobody leads, or a node does not: the votes that are missing, and what became of each request and answer.

use super::fate::Fate;
use super::standing::Standing;
use super::{Absence, Asker};
use crate::node::{EventId, Fact, NodeId};
use crate::trace::record::EventKind;
use crate::trace::words::{fact_words, names};

impl Asker<'_> {
    /// Why nobody leads.
    pub(super) fn leader(&self) -> Absence {
        let standings = self.standings();
        let leads = |node: NodeId| standings[node.index()].leads.map(|(term, since)| (term, since, node));
        if let Some((_, since, _)) = self.trace.cluster().ids().filter_map(leads).max() {
            return Absence::has(since);
        }
        let mut absence = Absence::default();
        if let Some(last) = self.survey.reigns.iter().rfind(|reign| reign.from <= self.at) {
            let end = last.until.filter(|until| *until <= self.at);
            let how = end.map(|end| format!(" until {end}: {}", fact_words(self.trace, end))).unwrap_or_default();
            absence.say(self.name(last.node), Some(last.from), format!("led term {}{how}", last.term));
        }
        let stood = |node: NodeId| self.last_candidacy(node).map(|(term, since)| (term, since, node));
        // Candidacies of terms that have been led are over.
        let led = self.survey.reigns.iter().filter(|reign| reign.from <= self.at).map(|reign| reign.term).max();
        let stood = self.trace.cluster().ids().filter_map(stood);
        let mut stood: Vec<_> = stood.filter(|stood| led.is_none_or(|led| stood.0 > led)).collect();
        stood.sort();
        match stood.last() {
            Some(&(term, _, node)) => {
                for rival in stood.iter().filter(|other| other.0 == term) {
                    self.votes(rival.2, term, rival.1, &standings, &mut absence);
                }
                let rivals: Vec<NodeId> = stood.iter().filter(|other| other.0 == term).map(|other| other.2).collect();
                let needed = self.survey.voters(node) / 2 + 1;
                let who = names(self.trace, rivals.iter().copied()).replace(' ', " or ");
                absence.takes =
                    format!("{needed} votes for {who} in term {term}, or a later term in which one gets as many.");
            }
            None if self.survey.terms.is_empty() => {
                absence.say("stood", None, "nobody: no node of this run ever declares that it seeks to lead");
                absence.takes = "a protocol that declares BecameCandidate and BecameLeader.".to_owned();
            }
            None => {
                let since = if led.is_some() { "nobody since" } else { "nobody yet" };
                absence.say("stood", None, format!("{since}: no node has declared that it seeks to lead"));
                absence.takes = "a node that stands, and a majority of votes.".to_owned();
            }
        }
        absence
    }

    /// Why this node does not lead.
    pub(super) fn leader_node(&self, node: NodeId) -> Absence {
        let standings = self.standings();
        let mine = &standings[node.index()];
        if let Some((_, since)) = mine.leads {
            return Absence::has(since);
        }
        let mut absence = Absence::default();
        let name = self.name(node);
        if let Some(silence) = self.silence_words(node) {
            absence.say(name, None, silence);
        }
        let others = self.trace.cluster().group_of(node).members.iter().filter(|other| **other != node);
        let leads = |other: &NodeId| Some((standings[other.index()].leads?, *other));
        let leader = others.filter_map(leads).max();
        if let Some(((term, since), leader)) = leader {
            absence.say(self.name(leader), Some(since), format!("leads term {term}"));
            let heard = |id: &EventId| {
                self.trace.record(*id).kind() == EventKind::Deliver && self.trace.peer(*id) == Some(leader)
            };
            if let Some(heard) = self.back_from_now(node).find(heard) {
                let text = format!("heard from {} last at {}", self.name(leader), self.trace.record(heard).time());
                absence.say(name, Some(heard), text);
            }
        }
        match self.last_candidacy(node) {
            Some((term, since)) => {
                self.votes(node, term, since, &standings, &mut absence);
                if mine.term > term {
                    absence.say(name, None, format!("is in term {} by now: that candidacy is over", mine.term));
                }
            }
            None => absence.say(name, None, "has never sought to lead"),
        }
        let needed = self.survey.voters(node) / 2 + 1;
        absence.takes = match (mine.down, leader) {
            (Some(_), _) => format!("that {name} comes back, stands, and gets {needed} votes."),
            (None, Some((_, leader))) => {
                let other = self.name(leader);
                format!("a silence of {other} that outlasts {name}'s timeout, then {needed} votes in a new term.")
            }
            (None, None) => format!("{needed} votes for {name} in one term."),
        };
        absence
    }

    /// The last term that a node sought to lead.
    fn last_candidacy(&self, node: NodeId) -> Option<(u64, EventId)> {
        self.back_from_now(node).find_map(|id| match self.trace.fact(id) {
            Some(Fact::BecameCandidate { term }) => Some((*term, id)),
            _ => None,
        })
    }

    /// Who gave a candidate a vote, and what became of each request and each answer.
    fn votes(&self, node: NodeId, term: u64, since: EventId, standings: &[Standing], absence: &mut Absence) {
        let (name, members) = (self.name(node), &self.trace.cluster().group_of(node).members);
        let said = self.survey.terms.get(&(self.survey.group(node), term));
        let votes = || said.iter().flat_map(|said| &said.votes).filter(|vote| vote.0 <= self.at);
        let counted = |vote: EventId, voter: NodeId| voter == node || self.knows(node, vote);
        let known: Vec<NodeId> =
            votes().filter(|vote| vote.2 == node && counted(vote.0, vote.1)).map(|vote| vote.1).collect();
        let given = if known.is_empty() { "none".to_owned() } else { names(self.trace, known.iter().copied()) };
        let needed = members.len() / 2 + 1;
        let text = format!(
            "stands in term {term}; votes that it knows: {given}, {} of {}; {needed} are needed",
            known.len(),
            members.len()
        );
        absence.say(name, Some(since), text);
        for &other in members.iter().filter(|other| **other != node && !known.contains(other)) {
            let voter = self.name(other);
            if let Some(vote) = votes().find(|vote| vote.1 == other) {
                let text = match vote.2 == node {
                    true => match self.first_sent(other, node, vote.0) {
                        Some(answer) => format!("votes for {name}; its answer {answer}: {}", self.end_words(answer)),
                        None => format!("votes for {name}; no answer has left it yet"),
                    },
                    false if vote.2 == other => "voted for itself in that term".to_owned(),
                    false => format!("voted for {} in that term", self.name(vote.2)),
                };
                absence.say(voter, Some(vote.0), text);
                continue;
            }
            let Some(send) = self.first_sent(node, other, since) else {
                absence.say(voter, None, format!("{name} has sent it nothing since"));
                continue;
            };
            let mut text = self.fate_words(send);
            if let Fate::Arrived(_) = self.fate(send) {
                text += &format!(", and {voter} gave no vote{}", self.refusal(other, node, term, standings));
            }
            absence.say(voter, Some(send), text);
        }
    }

    /// Why a node that was asked for its vote may have kept it, as far as its facts show.
    fn refusal(&self, voter: NodeId, candidate: NodeId, term: u64, standings: &[Standing]) -> String {
        let (mine, theirs) = (&standings[voter.index()], &standings[candidate.index()]);
        if mine.last() > theirs.last() {
            let ((term, index), (other, end)) = (mine.last(), theirs.last());
            return format!(": its log is newer (ends at {index}, term {term}, against {end}, term {other})");
        }
        if mine.term > term { format!(": it is in term {}", mine.term) } else { String::new() }
    }
}
