//! What servers and clients say to each other, and what an entry of the log holds.
//!
//! Each request and each answer is a message of its own. The paper's `leaderId` and `candidateId` are not among the
//! fields: who sent a message is known.

use super::storage::Snapshot;
use crate::node::{Fact, NodeId, Op, OperationId, Outcome, digest, node_value};
use std::sync::Arc;

/// The number of a term, from 1; 0 before the first.
pub type Term = u64;

/// A place in the log, from 1; 0 before the first.
pub type Index = u64;

node_value! {
    /// Every message.
    pub enum Msg {
        /// A candidate asks for a vote.
        RequestVote(RequestVote),
        /// The answer to RequestVote.
        Vote(Vote),
        /// A server asks whether it would get a vote.
        PreVote(PreVote),
        /// The answer to PreVote.
        PreVoteReply(PreVoteReply),
        /// A leader hands out entries, or makes itself heard.
        AppendEntries(AppendEntries),
        /// The answer to AppendEntries.
        AppendReply(AppendReply),
        /// A leader hands out its snapshot to a follower that lacks what the snapshot replaced.
        InstallSnapshot(InstallSnapshot),
        /// The answer to InstallSnapshot.
        InstallReply(InstallReply),
        /// A client asks for something.
        Request(Request),
        /// A leader tells a client how its operation ended.
        Response(Response),
        /// A server tells a client that it does not lead and did nothing.
        NotLeader(NotLeader),
    }

    /// Figure 2, RequestVote RPC, arguments.
    pub struct RequestVote {
        /// The candidate's term.
        pub term: Term,
        /// Where the candidate's log ends.
        pub last_log_index: Index,
        /// The term of its last entry.
        pub last_log_term: Term,
    }

    /// Figure 2, RequestVote RPC, results.
    pub struct Vote {
        /// The voter's term: the candidate steps down before a higher one.
        pub term: Term,
        /// Whether the candidate has the vote.
        pub granted: bool,
    }

    /// Dissertation §9.6: as RequestVote, but nobody's term changes.
    pub struct PreVote {
        /// The term that the sender would run for: one above its own.
        pub next_term: Term,
        /// Where its log ends.
        pub last_log_index: Index,
        /// The term of its last entry.
        pub last_log_term: Term,
    }

    /// The answer to [`PreVote`].
    pub struct PreVoteReply {
        /// The answering server's term.
        pub term: Term,
        /// The term that was asked for, so that a late answer is not taken for one to a newer question.
        pub next_term: Term,
        /// Whether it would vote for the asker.
        pub granted: bool,
    }

    /// Figure 2, AppendEntries RPC, arguments.
    pub struct AppendEntries {
        /// The leader's term.
        pub term: Term,
        /// The place just before the new entries.
        pub prev_log_index: Index,
        /// The term of the entry there.
        pub prev_log_term: Term,
        /// The new entries; none in a mere heartbeat.
        pub entries: Vec<Entry>,
        /// How far the leader knows the log to be committed.
        pub leader_commit: Index,
        /// The leader's newest round of heartbeats, which the answer repeats: see [`reads`](super::reads).
        pub round: u64,
    }

    /// Figure 2, AppendEntries RPC, results. It names what it answers, so that a late one does no harm.
    pub struct AppendReply {
        /// The follower's term.
        pub term: Term,
        /// The round of the AppendEntries that this answers.
        pub round: u64,
        /// What became of the entries.
        pub result: AppendResult,
    }

    /// What became of an AppendEntries.
    pub enum AppendResult {
        /// The follower's log agrees with the leader's up to here.
        Match(Index),
        /// The follower's log does not hold the entry at `prev_log_index`.
        Conflict(Conflict),
        /// The leader's term is past.
        StaleTerm,
    }

    /// Where a follower's log differs from its leader's (§5.3, end).
    pub struct Conflict {
        /// The place that was asked for.
        pub prev_log_index: Index,
        /// The term of the follower's own entry there; `None` where its log ends earlier.
        pub term: Option<Term>,
        /// The first place of that term in its log, or the one after its log's end.
        pub first_index: Index,
    }

    /// Figure 13, with the whole snapshot in one message instead of chunks.
    pub struct InstallSnapshot {
        /// The leader's term.
        pub term: Term,
        /// The state machine and the place up to which it stands for the log.
        pub snapshot: Arc<Snapshot>,
    }

    /// The answer to [`InstallSnapshot`].
    pub struct InstallReply {
        /// The follower's term.
        pub term: Term,
        /// The last place that the snapshot covered; `None` where the leader's term is past.
        pub last_index: Option<Index>,
    }

    /// A client's command, as it will stand in the log.
    pub struct Request {
        /// What is wanted, by whom, under which number.
        pub command: Arc<Command>,
    }

    /// The operation has been carried out, now or earlier.
    pub struct Response {
        /// Which operation.
        pub operation: OperationId,
        /// How it ended.
        pub outcome: Outcome,
    }

    /// The receiver of a request does not lead, and neither keeps the request nor passes it on.
    pub struct NotLeader {
        /// Which operation.
        pub operation: OperationId,
        /// Who leads, as far as the sender knows.
        pub leader: Option<NodeId>,
    }

    /// One entry of the log. Its command is shared by all who hold it.
    pub struct Entry {
        /// The term in which a leader created it.
        pub term: Term,
        /// What the state machine is to do.
        pub command: Arc<Command>,
    }

    /// What the state machine is to do, with the digest of that.
    pub struct Command {
        action: Action,
        #[serde(skip)]
        digest: u64,
    }

    /// What the state machine is to do.
    pub enum Action {
        /// Nothing. A leader starts its term with one (§8); it names that term, so that no two terms' are alike.
        NoOp(Term),
        /// What a client asked for.
        Call(Call),
    }

    /// What a client asked for.
    pub struct Call {
        /// The client; its node is its session (§8).
        pub client: NodeId,
        /// The operation's number is its serial number: a client's grow, and none is used twice.
        pub serial: OperationId,
        /// The lowest serial number that the client still awaited when it first asked.
        pub lowest_awaited: OperationId,
        /// What is wanted.
        pub op: Op,
    }
}

impl Msg {
    /// The sender's term, by which a receiver may find that its own is past. The term of a PreVote is only a proposal.
    pub fn term(&self) -> Option<Term> {
        match self {
            Msg::RequestVote(message) => Some(message.term),
            Msg::Vote(message) => Some(message.term),
            Msg::PreVoteReply(message) => Some(message.term),
            Msg::AppendEntries(message) => Some(message.term),
            Msg::AppendReply(message) => Some(message.term),
            Msg::InstallSnapshot(message) => Some(message.term),
            Msg::InstallReply(message) => Some(message.term),
            Msg::PreVote(_) | Msg::Request(_) | Msg::Response(_) | Msg::NotLeader(_) => None,
        }
    }
}

impl Command {
    /// A command that does this.
    pub fn new(action: Action) -> Arc<Self> {
        let digest = digest(&action);
        Arc::new(Command { action, digest })
    }

    /// What it does.
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// What a client asked for, unless this is a no-op.
    pub fn call(&self) -> Option<&Call> {
        match &self.action {
            Action::NoOp(_) => None,
            Action::Call(call) => Some(call),
        }
    }

    /// The client's operation, unless this is a no-op.
    pub fn operation(&self) -> Option<OperationId> {
        self.call().map(|call| call.serial)
    }
}

impl Entry {
    /// The no-op of a term.
    pub fn no_op(term: Term) -> Self {
        Entry { term, command: Command::new(Action::NoOp(term)) }
    }

    /// The fact that this entry was appended.
    pub fn appended(&self, index: Index) -> Fact {
        let (entry, operation) = (self.command.digest, self.command.operation());
        Fact::Appended { index, term: self.term, entry, operation }
    }

    /// The fact that the disk held this entry at boot.
    pub fn restored(&self, index: Index) -> Fact {
        let (entry, operation) = (self.command.digest, self.command.operation());
        Fact::Restored { index, term: self.term, entry, operation }
    }

    /// The fact that this entry was applied.
    pub fn applied(&self, index: Index) -> Fact {
        Fact::Applied { index, entry: self.command.digest, operation: self.command.operation() }
    }
}
