//! Why an entry is not known to be committed: who holds it, and what became of each copy and of word of it.

use super::fate::Fate;
use super::standing::Standing;
use super::{Absence, Asker, Wanted};
use crate::node::{EventId, Fact, NodeId};
use crate::trace::words::{count_of, names};

/// The copy that counts: what the leader holds at the place.
struct Copy {
    index: u64,
    term: u64,
    entry: u64,
    /// Who has to learn that others hold it.
    leader: NodeId,
    /// Since when the leader has it.
    since: EventId,
}

impl Asker<'_> {
    pub(super) fn committed(&self, index: u64) -> Absence {
        let known = |fact: &Fact| matches!(fact, Fact::Committed { index: known, .. } if *known >= index);
        let mut facts = self.trace.facts().take_while(|(id, ..)| *id <= self.at);
        if let Some((event, ..)) = facts.find(|(_, _, fact)| known(fact)) {
            return Absence::has(event);
        }
        let standings = self.standings();
        let holders: Vec<NodeId> =
            self.trace.cluster().ids().filter(|node| standings[node.index()].holds(index, None).is_some()).collect();
        let Some(copy) = self.copy(index, &holders, &standings) else { return self.logged_by_nobody(&standings) };
        self.copies_of(&copy, &standings)
    }

    /// The entry of whoever leads the highest term and holds one there; else of the holder whose entry is the newest.
    fn copy(&self, index: u64, holders: &[NodeId], standings: &[Standing]) -> Option<Copy> {
        let stands = |node: &&NodeId| {
            let standing = &standings[node.index()];
            let term = standing.log.get(&index).map_or(0, |entry| entry.0);
            (standing.leads.filter(|_| standing.down.is_none()).map(|leads| leads.0), term)
        };
        let best = *holders.iter().max_by_key(stands)?;
        let &(term, entry, since) = standings[best.index()].log.get(&index)?;
        // Where nobody leads, it was sent by who led when it was new.
        let creator = self.survey.reigns.iter().rfind(|reign| reign.term == term && reign.from <= self.at);
        let leads = standings[best.index()].leads.is_some();
        let leader = creator.filter(|_| !leads).map_or(best, |reign| reign.node);
        let held = standings[leader.index()].holds(index, Some((term, entry)));
        Some(Copy { index, term, entry, leader, since: held.unwrap_or(since) })
    }

    fn logged_by_nobody(&self, standings: &[Standing]) -> Absence {
        let mut absence = Absence::default();
        let longest = self.trace.cluster().ids().max_by_key(|node| standings[node.index()].last().1);
        let reaches = longest.map_or(0, |node| standings[node.index()].last().1);
        match longest.filter(|_| reaches > 0) {
            Some(node) => {
                let text = format!("by nobody; {}'s log is the longest and reaches {reaches}", self.name(node));
                absence.say("held", None, text);
            }
            None => absence.say("held", None, "by nobody: no node has said so far that it logs an entry"),
        }
        let leads = standings.iter().any(|standing| standing.leads.is_some() && standing.down.is_none());
        if leads {
            absence.takes = "a client that asks the leader for something.".to_owned();
        } else if reaches > 0 || !self.survey.terms.is_empty() {
            absence.takes = "a leader first.".to_owned();
            absence.ask = Some(Wanted::Leader(None));
        } else {
            absence.takes = "a protocol that declares Appended and Committed.".to_owned();
        }
        absence
    }

    fn copies_of(&self, copy: &Copy, standings: &[Standing]) -> Absence {
        let mut absence = Absence::default();
        let members = &self.trace.cluster().group_of(copy.leader).members;
        let needed = members.len() / 2 + 1;
        let holds = |node: &NodeId| standings[node.index()].holds(copy.index, Some((copy.term, copy.entry)));
        let (held, missing): (Vec<NodeId>, Vec<NodeId>) = members.iter().partition(|node| holds(node).is_some());
        let who = names(self.trace, held.iter().copied());
        let text = format!("{who}: {} of {}; {needed} are needed", held.len(), members.len());
        absence.say("held by", None, text);
        let leads = standings[copy.leader.index()].leads.filter(|_| standings[copy.leader.index()].down.is_none());
        let leader = self.name(copy.leader);
        match (leads, self.silence_words(copy.leader)) {
            (Some((term, since)), _) => absence.say("leader", Some(since), format!("{leader}, of term {term}")),
            (None, Some(silence)) => absence.say("leader", None, format!("{silence}; it sent the entry")),
            (None, None) => absence.say("leader", None, format!("{leader} sent the entry and leads no more")),
        }
        let mut told = 0;
        for node in &held {
            let since = holds(node).expect("it holds the entry");
            told += usize::from(*node == copy.leader || self.knows(copy.leader, since));
            if *node != copy.leader && !self.knows(copy.leader, since) {
                let text =
                    format!("has it, and {leader} does not know; {}", self.answer_words(*node, copy.leader, since));
                absence.say(self.name(*node), Some(since), text);
            }
        }
        for node in &missing {
            self.not_copied(*node, copy, &standings[node.index()], &mut absence);
        }
        let lacking = needed.saturating_sub(held.len());
        match leads {
            None => {
                absence.takes =
                    "a leader that holds it, and an entry of that leader's own term behind it.".to_owned();
                absence.ask = Some(Wanted::Leader(None));
            }
            Some((term, _)) if lacking > 0 => {
                let rule = if copy.term < term { figure_8(copy, term) } else { String::new() };
                let copies = match lacking {
                    1 => "one more copy".to_owned(),
                    more => format!("{more} more copies"),
                };
                absence.takes = format!("{copies}, told to {leader}. {rule}");
            }
            Some((term, _)) if copy.term < term => absence.takes = figure_8(copy, term),
            Some(_) if told < needed => {
                absence.takes = format!(
                    "that {leader} hears of {}.",
                    count_of(needed - told, "more copy").replace("copys", "copies")
                );
            }
            Some(_) => {
                absence.takes =
                    format!("that {leader} counts: it knows of {told} copies, which is enough by the rule.");
            }
        }
        absence
    }

    /// What became of the last word that the leader sent to a node which does not hold the entry.
    fn not_copied(&self, node: NodeId, copy: &Copy, standing: &Standing, absence: &mut Absence) {
        let (name, leader) = (self.name(node), self.name(copy.leader));
        if let Some((term, _, since)) = standing.log.get(&copy.index) {
            let text = format!("holds another entry {} there, of term {term}", copy.index);
            absence.say(name, Some(*since), text);
        }
        if let Some(silence) = self.silence_words(node) {
            absence.say(name, None, silence);
        }
        let Some(send) = self.last_sent(copy.leader, node, copy.since) else {
            let why = match self.silence_words(copy.leader) {
                Some(silence) => format!(": {silence}"),
                None => format!(", when {leader} logged it"),
            };
            absence.say(name, None, format!("nothing was sent to it since {}{why}", copy.since));
            return;
        };
        let mut text = self.fate_words(send);
        if let Fate::Arrived(arrival) = self.fate(send) {
            text +=
                &format!(", and {name} did not store the entry; {}", self.answer_words(node, copy.leader, arrival));
        }
        absence.say(name, Some(send), text);
    }

    /// What became of the answer to a message that arrived, or of word of an entry that was stored.
    fn answer_words(&self, from: NodeId, to: NodeId, since: EventId) -> String {
        match self.first_sent(from, to, since) {
            Some(answer) => format!("its answer {answer}: {}", self.end_words(answer)),
            None => match self.silence_words(from) {
                Some(silence) => format!("no answer: {silence}"),
                None => "it has not answered".to_owned(),
            },
        }
    }
}

/// Why copies of an old term's entry are not counted.
fn figure_8(copy: &Copy, term: u64) -> String {
    format!(
        "An entry of term {term} on a majority, behind it: entry {} is of term {}, and what an earlier term left is not \
         committed by counting its copies (Raft, Figure 8).",
        copy.index, copy.term
    )
}
