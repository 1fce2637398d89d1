//! What a run answers to a question that was put before it went on.

use super::claim::Answer;
use super::history::{Ending, OperationHistory};
use super::judge::Judge;
use crate::node::{EventId, SimTime};

/// The group whose nodes ask and never lead.
const CLIENTS: &str = "client";

impl Judge {
    /// What the run answers. The question was put at that instant, before the event of that number; the run is over.
    /// `None` where the run does not tell.
    pub fn answer(&self, answer: &Answer, asked_at: (SimTime, EventId)) -> Option<String> {
        let (_, next) = asked_at;
        match answer {
            Answer::NextLeader => {
                let elected = self.history.leaderships().find(|span| span.from.event >= next)?;
                Some(self.name(elected.node).to_owned())
            }
            Answer::Result(label) => match &self.meant(label, next)?.ending {
                Ending::Ok(value) => Some(value.to_string()),
                _ => None,
            },
            Answer::Outcome(label) => Some(self.meant(label, next)?.ending.word().to_owned()),
            Answer::Count(measure) => Some(self.count(*measure).to_string()),
            Answer::Whether(claim) => self.is_true(claim).map(|holds| if holds { "yes" } else { "no" }.to_owned()),
        }
    }

    /// The answers that a question may have; none where any text may be one.
    pub fn options(&self, answer: &Answer, asked_at: (SimTime, EventId)) -> Vec<String> {
        let (_, next) = asked_at;
        match answer {
            Answer::NextLeader => {
                let groups = self.cluster.groups().iter().filter(|group| group.name != CLIENTS);
                let servers = groups.flat_map(|group| &group.members);
                let running = servers.filter(|node| self.history.ran_before(**node, next));
                running.map(|node| self.name(*node).to_owned()).collect()
            }
            Answer::Whether(_) => ["yes", "no"].map(str::to_owned).to_vec(),
            Answer::Outcome(_) => ["ok", "failed", "unknown"].map(str::to_owned).to_vec(),
            Answer::Result(_) | Answer::Count(_) => Vec::new(),
        }
    }

    /// The operation of a label that a question means: the last that was invoked before it was put, or the first after.
    fn meant(&self, label: &str, next: EventId) -> Option<&OperationHistory> {
        let before = self.history.labelled(label).rfind(|operation| operation.invoked.event < next);
        before.or_else(|| self.history.labelled(label).next())
    }
}
