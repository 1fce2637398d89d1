//! Mistakes that people make when they write Raft, made on purpose: see [`Bug`].

use super::messages::{AppendEntries, Msg};
use super::storage::Write;
use super::{Config as RaftConfig, Raft, Replica, Timer};
use crate::node::{Ctx, Effect, Node, NodeId};
use crate::protocols::mutant::{self, Mutation};
use serde::{Deserialize, Serialize};

/// A server or client with a bug.
pub type Mutant = mutant::Mutant<Bug>;

/// Which bug, and the settings of the cluster that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The bug.
    pub bug: Bug,
    /// All else, as for the correct protocol.
    #[serde(default)]
    pub raft: RaftConfig,
}

/// A known bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bug {
    /// The term is written to disk, but not the vote (against Figure 2, persistent state). A server that crashes and
    /// comes back within a term votes twice in it, and two servers may lead it.
    VoteNotPersisted,
    /// A leader takes an entry of any term for committed once a majority has it (against §5.4.2). The next leader may
    /// overwrite it: Figure 8. Entries travel one by one, so that an old one can be on a majority alone.
    CommitsOldTerm,
    /// A follower waits anew after every message, not only after those that Figure 2 names (against §5.2). While
    /// clients keep asking, nobody's election timer ever runs out: no promise is broken, and nothing happens.
    TimerResetByAnyMessage,
    /// A vote goes to whoever asks first, whatever the candidate's log lacks (against §5.4.1). A leader may be elected
    /// that makes the others drop what was committed.
    VotesWithoutUpToDateCheck,
    /// Votes and acknowledgements leave while what they promise is still in the disk's cache (against Figure 2,
    /// "updated on stable storage before responding"). A crash makes liars of them: a majority that counted is none.
    RepliesBeforeSync,
    /// Heartbeats travel apart from entries, and a follower takes them for mere signs of life: it says yes without
    /// looking whether its log holds the entry before them (against Figure 2, AppendEntries, rule 2), and takes its own
    /// log to be committed as far as the leader's is. It applies entries that the leader never had.
    HeartbeatSkipsConsistencyCheck,
}

impl Mutation for Bug {
    type Protocol = Raft;
    type Config = Config;

    fn read(config: &Config) -> (Self, RaftConfig) {
        let Config { bug, mut raft } = config.clone();
        if bug == Bug::CommitsOldTerm {
            raft.max_batch = 1;
        }
        (bug, raft)
    }

    fn on_message(&mut self, node: &mut Raft, ctx: &mut Ctx<Raft>, from: NodeId, mut msg: Msg) {
        if let Raft::Replica(replica) = node {
            self.spoil_message(replica, &mut msg);
        }
        node.on_message(ctx, from, msg);
        match (self, node) {
            (Bug::CommitsOldTerm, Raft::Replica(replica)) => replica.commit(ctx, replica.stored_by_majority(ctx)),
            (Bug::TimerResetByAnyMessage, Raft::Replica(replica)) if replica.leader().is_none() => {
                replica.reset_election_timer(ctx);
            }
            _ => {}
        }
    }

    fn spoil(&mut self, _: &Ctx<Mutant>, effects: Vec<Effect<Raft>>) -> Vec<Effect<Raft>> {
        match self {
            Bug::VoteNotPersisted => effects.into_iter().map(forget_vote).collect(),
            Bug::RepliesBeforeSync => mutant::speak_first(effects),
            // What the heartbeat timer sets off is known by the timer that it sets again.
            Bug::HeartbeatSkipsConsistencyCheck if effects.iter().any(sets_heartbeat) => {
                effects.into_iter().flat_map(|effect| [bare_heartbeat(&effect), Some(effect)]).flatten().collect()
            }
            _ => effects,
        }
    }
}

impl Bug {
    /// Changes a message that arrives.
    fn spoil_message(self, replica: &Replica, msg: &mut Msg) {
        match (self, msg) {
            (Bug::VotesWithoutUpToDateCheck, Msg::RequestVote(request)) => {
                (request.last_log_index, request.last_log_term) = (u64::MAX, u64::MAX);
            }
            (Bug::VotesWithoutUpToDateCheck, Msg::PreVote(request)) => {
                (request.last_log_index, request.last_log_term) = (u64::MAX, u64::MAX);
            }
            (Bug::HeartbeatSkipsConsistencyCheck, Msg::AppendEntries(append)) if append.entries.is_empty() => {
                append.prev_log_index = replica.persistent.last_index();
                append.prev_log_term = replica.persistent.last_term();
            }
            _ => {}
        }
    }
}

/// A write of the vote, without the vote.
fn forget_vote(effect: Effect<Raft>) -> Effect<Raft> {
    match effect {
        Effect::Write(Write::Vote { term, .. }) => Effect::Write(Write::Vote { term, voted_for: None }),
        other => other,
    }
}

fn sets_heartbeat(effect: &Effect<Raft>) -> bool {
    matches!(effect, Effect::SetTimer { timer: Timer::Heartbeat, .. })
}

/// For an AppendEntries with entries, the same without.
fn bare_heartbeat(effect: &Effect<Raft>) -> Option<Effect<Raft>> {
    match effect {
        Effect::Send { to, msg: Msg::AppendEntries(append) } if !append.entries.is_empty() => {
            let msg = Msg::AppendEntries(AppendEntries { entries: Vec::new(), ..*append });
            Some(Effect::Send { to: *to, msg })
        }
        _ => None,
    }
}
