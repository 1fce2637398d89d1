//! What logs hold: *Leader Append-Only*, *Log Matching* and *Leader Completeness* (Raft, Figure 3).

use super::super::claim::Promise;
use super::super::history::Moment;
use super::super::judge::Judge;
use super::super::model::{Chain, Executed, First};
use super::super::violation::Violation;
use super::{Commit, Elected};
use crate::node::{EventId, NodeId, OperationId};

impl Judge {
    pub(in super::super) fn appended(
        &mut self,
        at: Moment,
        node: NodeId,
        index: u64,
        term: u64,
        entry: u64,
        operation: Option<OperationId>,
    ) {
        if index <= self.models[node.index()].log.last() {
            self.judge_append_only(at, node, index, "puts another entry in");
        }
        self.restored(at, node, index, term, entry, operation);
    }

    /// An entry that a node holds now, whether it was just added or was on the disk.
    pub(in super::super) fn restored(
        &mut self,
        at: Moment,
        node: NodeId,
        index: u64,
        term: u64,
        entry: u64,
        operation: Option<OperationId>,
    ) {
        let last = self.models[node.index()].log.last();
        if index <= last {
            self.cut_back(at, node, index);
        } else if index > last + 1 {
            self.contradiction(|cluster| {
                format!("{}: {} adds entry {index} to a log that ends at {last}", at.event, cluster.name(node))
            });
            self.model(node).log = Chain::after(index - 1, 0, None);
        }
        let digest = self.model(node).log.push(term, entry);
        let digest = self.judge_log_matching(at, node, index, term, digest, operation);
        if let (Some(id), Some(digest)) = (operation, digest) {
            self.history.placed(id, index, digest);
        }
    }

    pub(in super::super) fn truncated(&mut self, at: Moment, node: NodeId, index: u64) {
        if index <= self.models[node.index()].log.last() {
            self.judge_append_only(at, node, index, "drops its log from");
            self.cut_back(at, node, index);
        }
    }

    /// Drops a log from a place on, and takes back what was executed from there on.
    fn cut_back(&mut self, at: Moment, node: NodeId, index: u64) {
        let model = self.model(node);
        model.log.truncate(index);
        if index <= model.executed.last() {
            for id in model.executed.cut_back(index) {
                self.history.applied(at, node, id, false);
            }
            self.look_for_convergence(at, node);
        }
    }

    /// A snapshot stands for the log up to a place. What the log held up to there, some log of the run tells: this
    /// node's before it booted, another's, or that of a leader when it was elected.
    pub(in super::super) fn installed(&mut self, at: Moment, node: NodeId, index: u64, term: u64) {
        let first = self.group(node).logs.get(index, term).map(|first| first.digest);
        let own = &self.models[node.index()].log;
        let keeps = first.is_some() && own.digest_at(index) == first;
        if !keeps {
            self.model(node).log =
                self.log_up_to(node, index, first).unwrap_or_else(|| Chain::after(index, term, first));
        }
        if self.models[node.index()].executed.last() < index {
            let executed = self.executed_up_to(node, index, first).unwrap_or_else(|| Executed::after(index));
            self.history.took_over(at, node, &executed);
            self.model(node).executed = executed;
            self.look_for_convergence(at, node);
        }
    }

    /// A log of this run that has this digest at a place, up to there.
    fn log_up_to(&mut self, node: NodeId, index: u64, digest: Option<u64>) -> Option<Chain> {
        let digest = digest?;
        let former = self.models[node.index()].former.iter().map(|former| &former.0);
        let group = self.cluster.group_of(node).members.iter().map(|id| &self.models[id.index()].log);
        let known = former.chain(group).find(|log| log.digest_at(index) == Some(digest)).map(|log| log.up_to(index));
        let elected = || {
            self.group(node)
                .leaders
                .values()
                .map(|leader| &leader.log)
                .find_map(|log| (log.digest_at(index) == Some(digest)).then(|| log.up_to(index)))
        };
        known.or_else(elected)
    }

    /// What another, or this node before it booted, had executed up to a place, where their logs agree there.
    fn executed_up_to(&self, node: NodeId, index: u64, digest: Option<u64>) -> Option<Executed> {
        let former = self.models[node.index()].former.iter().map(|former| (&former.0, &former.1));
        let members = self.cluster.group_of(node).members.iter();
        let group = members.map(|id| &self.models[id.index()]).map(|model| (&model.log, &model.executed));
        let agrees = |(log, executed): &(&Chain, &Executed)| {
            executed.last() >= index && (digest.is_none() || log.digest_at(index) == digest)
        };
        former.chain(group).find(agrees).map(|(_, executed)| executed.up_to(index))
    }

    /// *Leader Append-Only*: a leader never overwrites or deletes entries in its log; it only appends new entries (Raft,
    /// Figure 3; §5.3).
    fn judge_append_only(&mut self, at: Moment, node: NodeId, index: u64, does: &str) {
        let Some((term, since)) = self.models[node.index()].leads else { return };
        let (name, last) = (self.cluster.name(node), self.models[node.index()].log.last());
        self.violations.report(Promise::LeaderAppendOnly, || {
            let headline = format!("{name}, leading term {term}, {does} place {index}");
            Violation::new(Promise::LeaderAppendOnly, at, node, headline)
                .saw(format!("{name} leads term {term} since {}", since.event))
                .saw(format!("its log ended at {last}; {} {does} {index}", at.event))
                .blame([since.event])
        });
    }

    /// *Log Matching*: if two logs contain an entry with the same index and term, then the logs are identical in all
    /// entries up through the given index (Raft, Figure 3; §5.3). Gives the digest there, where it is known.
    ///
    /// Each log is compared with the first one that was seen with such an entry; as being equal is transitive, that is
    /// enough. A log of which the beginning is not known is taken to agree with the first at its first entry that the
    /// other has as well, and compared from there on.
    fn judge_log_matching(
        &mut self,
        at: Moment,
        node: NodeId,
        index: u64,
        term: u64,
        digest: Option<u64>,
        operation: Option<OperationId>,
    ) -> Option<u64> {
        match (self.group(node).logs.get(index, term), digest) {
            (None, None) => {}
            (None, Some(digest)) => {
                let first = First { digest, operation, event: at.event, node };
                self.group(node).logs.insert(index, term, first);
            }
            (Some(first), None) => {
                self.model(node).log.adopt(first.digest);
                return Some(first.digest);
            }
            (Some(first), Some(digest)) if first.digest == digest => {}
            (Some(first), Some(_)) => self.logs_differ(at, node, index, term, first, operation),
        }
        digest
    }

    fn logs_differ(
        &mut self,
        at: Moment,
        node: NodeId,
        index: u64,
        term: u64,
        first: First,
        operation: Option<OperationId>,
    ) {
        let mut violations = std::mem::take(&mut self.violations);
        violations.report(Promise::LogMatching, || {
            let (one, other) = (self.name(first.node), self.name(node));
            let logs = (&self.models[first.node.index()].log, &self.models[node.index()].log);
            let headline = format!("two logs with an entry {index} of term {term} differ");
            let mut violation = Violation::new(Promise::LogMatching, at, node, headline)
                .saw(format!("{one} holds it since {}: {}", first.event, self.tell_operation(first.operation)))
                .saw(format!("{other} holds it since {}: {}", at.event, self.tell_operation(operation)))
                .blame([first.event]);
            if let Some(place) = logs.0.first_difference(logs.1).filter(|place| *place < index) {
                let terms = [logs.0, logs.1].map(|log| log.term_at(place).unwrap_or_default());
                let line =
                    format!("the first difference is at {place}: {one} term {}, {other} term {}", terms[0], terms[1]);
                violation = violation.saw(line);
            }
            violation
        });
        self.violations = violations;
    }

    /// A node knows its log to be committed up to a place; what a leader knows, later leaders must hold.
    pub(in super::super) fn committed(&mut self, at: Moment, node: NodeId, index: u64) {
        self.history.committed = self.history.committed.max(index);
        let model = self.model(node);
        model.committed = model.committed.max(index);
        let Some((term, _)) = model.leads else { return };
        let (Some(digest), Some(entry_term)) = (model.log.digest_at(index), model.log.term_at(index)) else { return };
        let commit = Commit { index, digest, entry_term, node, event: at.event };
        // A leader may learn late what is committed, when another has been elected already: that one must hold it too.
        let later =
            self.group(node).leaders.range(term + 1..).map(|(&term, leader)| (term, leader.node, leader.event));
        for (later_term, leader, elected) in later.collect::<Vec<_>>() {
            let Some(Elected { log, .. }) = self.group(node).leaders.get(&later_term) else { continue };
            if lacks(log, &commit) {
                let log = log.clone();
                self.lacks_commit(at, (leader, later_term, elected), &log, term, commit);
            }
        }
        let commits = &mut self.group(node).commits;
        if commits.get(&term).is_none_or(|known| known.index < index) {
            commits.insert(term, commit);
        }
    }

    /// *Leader Completeness*: if a log entry is committed in a given term, then that entry will be present in the logs
    /// of the leaders for all higher-numbered terms (Raft, Figure 3; §5.4).
    ///
    /// What a leader has committed is all that its log holds up to a place, so that one digest a term is compared.
    pub(super) fn judge_leader_completeness(&mut self, at: Moment, node: NodeId, term: u64) {
        let log = &self.models[node.index()].log;
        let group = &self.groups[self.group_place(node)];
        let missed = group.commits.range(..term).find(|(_, commit)| lacks(log, commit));
        if let Some((&committed_in, &commit)) = missed {
            let log = log.clone();
            self.lacks_commit(at, (node, term, at.event), &log, committed_in, commit);
        }
    }

    fn lacks_commit(
        &mut self,
        at: Moment,
        (leader, term, elected): (NodeId, u64, EventId),
        log: &Chain,
        committed_in: u64,
        commit: Commit,
    ) {
        let mut violations = std::mem::take(&mut self.violations);
        violations.report(Promise::LeaderCompleteness, || {
            let (one, other) = (self.name(commit.node), self.name(leader));
            let committer = &self.models[commit.node.index()].log;
            let place = committer.first_difference(log).unwrap_or(commit.index).min(commit.index);
            let entry_term = committer.term_at(place).unwrap_or(commit.entry_term);
            let holds = match log.term_at(place) {
                Some(held) => format!("at {place} it has an entry of term {held} instead"),
                None => format!("its log ends at {}", log.last()),
            };
            let headline =
                format!("{other} leads term {term} without entry {place}, which term {committed_in} committed");
            Violation::new(Promise::LeaderCompleteness, at, leader, headline)
                .saw(format!(
                    "{one}, leading term {committed_in}, committed up to {} in {}",
                    commit.index, commit.event
                ))
                .saw(format!("entry {place} of that is of term {entry_term}"))
                .saw(format!("{other} leads term {term} since {elected}; {holds}"))
                .blame([commit.event, elected])
                .hence(self.why_incomplete(leader, term, committed_in, &commit))
        });
        self.violations = violations;
    }

    /// What let a leader be elected without a committed entry, as far as it shows: the entry was not safe yet (§5.4.2),
    /// or a voter did not look (§5.4.1), or nobody remembered.
    fn why_incomplete(&self, leader: NodeId, term: u64, committed_in: u64, commit: &Commit) -> Option<String> {
        if commit.entry_term < committed_in {
            return Some(format!(
                "{} counted copies of an entry of term {}; only an entry of its own term {committed_in} commits those \
                 before it (Raft, 5.4.2).",
                self.name(commit.node),
                commit.entry_term
            ));
        }
        let votes = self.groups[self.group_place(leader)].votes.get(&term)?;
        let voters = votes.iter().filter(|vote| vote.candidate == leader && vote.voter != leader);
        let knew = |voter: &NodeId| self.models[voter.index()].log.digest_at(commit.index) == Some(commit.digest);
        let mut knowing = voters.map(|vote| vote.voter).filter(knew);
        Some(match knowing.next() {
            Some(voter) => format!(
                "{} voted for {} though its own log held more (Raft, 5.4.1).",
                self.name(voter),
                self.name(leader)
            ),
            None => {
                format!("No voter for {} holds the entry: somebody who said so has it no more.", self.name(leader))
            }
        })
    }

    /// `c1's x=1`, or that there is no operation.
    pub(in super::super) fn tell_operation(&self, operation: Option<OperationId>) -> String {
        match operation.and_then(|id| self.history.operation(id)) {
            Some(operation) => format!("{}'s {}", self.name(operation.client), operation.op),
            None => "an entry without an operation".to_owned(),
        }
    }
}

/// Whether a log lacks what was committed. What is not known of it is not held against it.
fn lacks(log: &Chain, commit: &Commit) -> bool {
    log.digest_at(commit.index).map_or(log.last() < commit.index, |digest| digest != commit.digest)
}
