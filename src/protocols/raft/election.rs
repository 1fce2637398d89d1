//! How a leader is elected (§5.2, §5.4.1), and the refinements that keep a good one (dissertation §4.2.3, §6.2, §9.6).

use super::messages::{Entry, Msg, PreVote, PreVoteReply, RequestVote, Vote};
use super::replica::{Canvass, Follower, Leader, Progress, Replica, Role, majority, others};
use super::storage::Write;
use super::{Ctx, Timer};
use crate::node::{Fact, NodeId};
use std::collections::{BTreeMap, VecDeque};

impl Replica {
    /// Fig. 2, Followers, rule 2, and Candidates, rule 4 (§5.2).
    pub(super) fn on_election_timeout(&mut self, ctx: &mut Ctx) {
        match self.role {
            Role::Leader(_) => {}
            _ if self.config.pre_vote => self.become_pre_candidate(ctx),
            _ => self.become_candidate(ctx),
        }
    }

    /// Fig. 2, Candidates, rule 1 (§5.2).
    fn become_candidate(&mut self, ctx: &mut Ctx) {
        let (term, me) = (self.persistent.current_term + 1, ctx.me());
        self.write(ctx, Write::Vote { term, voted_for: Some(me) });
        self.role = Role::Candidate(Canvass { answers: BTreeMap::from([(me, true)]) });
        ctx.observe(Fact::BecameCandidate { term });
        self.reset_election_timer(ctx);
        // The vote for itself is a vote: were it forgotten, the server could give it again in the same term.
        self.sync(ctx);
        ctx.observe(Fact::Voted { term, candidate: me });
        self.ask_for_votes(ctx);
        self.count_votes(ctx);
    }

    /// Dissertation §9.6: nothing durable changes, and nobody is disturbed, before a majority would vote for it.
    fn become_pre_candidate(&mut self, ctx: &mut Ctx) {
        self.role = Role::PreCandidate(Canvass { answers: BTreeMap::from([(ctx.me(), true)]) });
        self.reset_election_timer(ctx);
        self.ask_for_votes(ctx);
        self.count_votes(ctx);
    }

    /// Asks everyone who has not answered, and will again if there is no answer: "servers retry" (§5.1).
    fn ask_for_votes(&mut self, ctx: &mut Ctx) {
        let term = self.persistent.current_term;
        let (last_log_index, last_log_term) = (self.persistent.last_index(), self.persistent.last_term());
        let (answers, msg) = match &self.role {
            Role::Candidate(canvass) => {
                (&canvass.answers, Msg::RequestVote(RequestVote { term, last_log_index, last_log_term }))
            }
            Role::PreCandidate(canvass) => {
                (&canvass.answers, Msg::PreVote(PreVote { next_term: term + 1, last_log_index, last_log_term }))
            }
            Role::Follower(_) | Role::Leader(_) => return,
        };
        for peer in others(ctx).filter(|peer| !answers.contains_key(peer)) {
            ctx.send(peer, msg.clone());
        }
        ctx.set_timer(Timer::Retry, self.config.heartbeat);
    }

    /// Some votes have not come in.
    pub(super) fn on_retry(&mut self, ctx: &mut Ctx) {
        self.ask_for_votes(ctx);
    }

    /// Fig. 2, RequestVote RPC, receiver.
    pub(super) fn on_request_vote(&mut self, ctx: &mut Ctx, from: NodeId, request: RequestVote) {
        let RequestVote { term, last_log_index, last_log_term } = request;
        let persistent = &self.persistent;
        let granted = term == persistent.current_term // Rule 1 (§5.1); a higher term has been entered already.
            && persistent.voted_for.is_none_or(|candidate| candidate == from) // Rule 2 (§5.2).
            && persistent.has_nothing_newer_than(last_log_index, last_log_term); // Rule 2 (§5.4.1).
        let is_new = granted && persistent.voted_for.is_none();
        if is_new {
            self.write(ctx, Write::Vote { term, voted_for: Some(from) });
        }
        if granted {
            self.reset_election_timer(ctx); // Fig. 2, Followers, rule 2.
        }
        // A vote that leaves before it is durable can be given to another after a crash.
        self.sync(ctx);
        if is_new {
            ctx.observe(Fact::Voted { term, candidate: from });
        }
        ctx.send(from, Msg::Vote(Vote { term: self.persistent.current_term, granted }));
    }

    /// Fig. 2, Candidates, rule 2 (§5.2).
    pub(super) fn on_vote(&mut self, ctx: &mut Ctx, from: NodeId, vote: Vote) {
        // A vote of an earlier term counts for nothing in this one.
        let Role::Candidate(canvass) = &mut self.role else { return };
        if vote.term == self.persistent.current_term {
            canvass.answers.insert(from, vote.granted);
            self.count_votes(ctx);
        }
    }

    /// Dissertation §9.6. The answer is not a promise, so that nothing is written and several may be told yes.
    pub(super) fn on_pre_vote(&mut self, ctx: &mut Ctx, from: NodeId, request: PreVote) {
        let PreVote { next_term, last_log_index, last_log_term } = request;
        let term = self.persistent.current_term;
        let granted = next_term > term
            && !self.is_loyal()
            && self.persistent.has_nothing_newer_than(last_log_index, last_log_term);
        ctx.send(from, Msg::PreVoteReply(PreVoteReply { term, next_term, granted }));
    }

    /// Dissertation §9.6. A refusal with a higher term has made this server a follower already.
    pub(super) fn on_pre_vote_reply(&mut self, ctx: &mut Ctx, from: NodeId, reply: PreVoteReply) {
        let Role::PreCandidate(canvass) = &mut self.role else { return };
        if reply.next_term == self.persistent.current_term + 1 {
            canvass.answers.insert(from, reply.granted);
            self.count_votes(ctx);
        }
    }

    /// Goes on where a majority has said yes.
    fn count_votes(&mut self, ctx: &mut Ctx) {
        let is_won = |canvass: &Canvass| {
            canvass.answers.values().filter(|granted| **granted).count() >= majority(ctx.peers().len())
        };
        match &self.role {
            Role::Candidate(canvass) if is_won(canvass) => self.become_leader(ctx),
            Role::PreCandidate(canvass) if is_won(canvass) => self.become_candidate(ctx),
            _ => {}
        }
    }

    /// Fig. 2, Candidates, rule 2, and Leaders, rule 1 (§5.2).
    fn become_leader(&mut self, ctx: &mut Ctx) {
        let term = self.persistent.current_term;
        let next_index = self.persistent.last_index() + 1;
        let progress = Progress { next_index, match_index: 0, sent_index: 0, round: 0, heard: true };
        self.role = Role::Leader(Leader {
            progress: others(ctx).map(|peer| (peer, progress.clone())).collect(),
            term_start: next_index,
            round: 0,
            reads: VecDeque::new(),
        });
        ctx.cancel_timer(Timer::Election);
        ctx.cancel_timer(Timer::Retry);
        ctx.observe(Fact::BecameLeader { term });
        // §8: until an entry of its own term is committed, a leader does not know which earlier ones are.
        self.append(ctx, next_index, vec![Entry::no_op(term)]);
        self.on_heartbeat(ctx);
        if self.config.check_quorum {
            ctx.set_timer(Timer::CheckQuorum, self.config.election.1);
        }
        self.advance_commit_index(ctx); // Alone, it is a majority.
    }

    /// Dissertation §6.2: a leader that was not heard by a majority for an election timeout steps down, so that its
    /// clients look for another. Of the two timeouts we choose the longest.
    pub(super) fn on_check_quorum(&mut self, ctx: &mut Ctx) {
        let Role::Leader(leader) = &mut self.role else { return };
        let mut reached = 1; // Itself.
        for progress in leader.progress.values_mut() {
            reached += usize::from(std::mem::take(&mut progress.heard));
        }
        if reached < majority(ctx.peers().len()) {
            self.become_follower(ctx, self.persistent.current_term);
        } else {
            ctx.set_timer(Timer::CheckQuorum, self.config.election.1);
        }
    }

    /// Recognises the leader of the current term: Fig. 2, Candidates, rule 3, and Followers, rule 2 (§5.2).
    pub(super) fn follow(&mut self, ctx: &mut Ctx, leader: NodeId) {
        if !matches!(self.role, Role::Follower(_)) {
            self.become_follower(ctx, self.persistent.current_term);
        }
        let hears_leader = self.config.sticky();
        self.role = Role::Follower(Follower { leader: Some(leader), hears_leader });
        self.reset_election_timer(ctx);
        if hears_leader {
            ctx.set_timer(Timer::Loyalty, self.config.election.0);
        }
    }

    /// The leader has been silent for the shortest election timeout (dissertation §4.2.3).
    pub(super) fn on_loyalty_over(&mut self) {
        if let Role::Follower(follower) = &mut self.role {
            follower.hears_leader = false;
        }
    }

    /// Whether this server stands by the leader that it hears, or that it is (dissertation §4.2.3).
    pub(super) fn is_loyal(&self) -> bool {
        match &self.role {
            Role::Follower(follower) => follower.hears_leader,
            Role::Leader(_) => self.config.sticky(),
            Role::PreCandidate(_) | Role::Candidate(_) => false,
        }
    }
}
