//! A few nodes on a bench: messages move when the test says so, timers fire by hand, disks sync at once or by hand.

use super::super::messages::{AppendResult, Msg};
use super::super::replica::{Replica, Role};
use super::super::storage::Persistent;
use super::super::{Mutant, Raft, Timer};
use crate::node::{ClockReading, Cluster, Ctx, Disk, Effect, Fact, Node, NodeId, Op, Operation, OperationId, Retry};
use std::collections::{BTreeSet, VecDeque};

/// A node type whose servers can be looked into.
pub trait Subject: Node<Msg = Msg, Timer = Timer, Disk = Persistent> {
    fn server(&self) -> Option<&Replica>;
}

impl Subject for Raft {
    fn server(&self) -> Option<&Replica> {
        match self {
            Raft::Replica(replica) => Some(replica),
            Raft::Client(_) => None,
        }
    }
}

impl Subject for Mutant {
    fn server(&self) -> Option<&Replica> {
        self.node().server()
    }
}

/// The bench.
pub struct Lab<N: Subject> {
    pub cluster: Cluster,
    config: N::Config,
    benches: Vec<Bench<N>>,
    /// Messages on their way, the oldest first.
    pub wire: VecDeque<(NodeId, NodeId, Msg)>,
    /// Nodes that neither hear nor are heard.
    pub isolated: BTreeSet<NodeId>,
    pub facts: Vec<(NodeId, Fact)>,
    /// What happened, in words.
    pub journal: Vec<String>,
    operations: u32,
}

/// One node with its disk.
struct Bench<N: Subject> {
    node: Option<N>,
    platter: Persistent,
    cache: Persistent,
    timers: BTreeSet<Timer>,
    /// Whether a sync waits for [`Lab::finish_sync`], and what it holds.
    is_slow: bool,
    held: Option<VecDeque<Effect<N>>>,
}

impl<N: Subject> Lab<N> {
    /// These servers, and the client `c1`.
    pub fn new(servers: &[&str], config: N::Config) -> Self {
        let cluster = Cluster::new([("replica", servers.to_vec()), ("client", vec!["c1"])]).unwrap();
        let bench = || Bench {
            node: None,
            platter: Persistent::default(),
            cache: Persistent::default(),
            timers: BTreeSet::new(),
            is_slow: false,
            held: None,
        };
        let mut lab = Lab {
            benches: cluster.ids().map(|_| bench()).collect(),
            cluster,
            config,
            wire: VecDeque::new(),
            isolated: BTreeSet::new(),
            facts: Vec::new(),
            journal: Vec::new(),
            operations: 0,
        };
        for name in lab.cluster.names().to_vec() {
            lab.restart(&name);
        }
        lab
    }

    pub fn id(&self, name: &str) -> NodeId {
        self.cluster.find(name).unwrap_or_else(|| panic!("no node {name}"))
    }

    /// The server of that name, which is up.
    pub fn server(&self, name: &str) -> &Replica {
        self.benches[self.id(name).index()].node.as_ref().expect("the node is up").server().expect("it is a server")
    }

    /// The terms of the entries in its log.
    pub fn terms(&self, name: &str) -> Vec<u64> {
        self.server(name).persistent.log.iter().map(|entry| entry.term).collect()
    }

    pub fn leads(&self, name: &str) -> bool {
        matches!(self.server(name).role, Role::Leader(_))
    }

    pub fn term(&self, name: &str) -> u64 {
        self.server(name).persistent.current_term
    }

    pub fn commit_index(&self, name: &str) -> u64 {
        self.server(name).volatile.commit_index
    }

    /// The facts that a node declared, in order.
    pub fn facts_of(&self, name: &str) -> Vec<&Fact> {
        let id = self.id(name);
        self.facts.iter().filter(|(node, _)| *node == id).map(|(_, fact)| fact).collect()
    }

    /// How the client's operations ended.
    pub fn returned(&self) -> Vec<(u32, String)> {
        let returned = |fact: &Fact| match fact {
            Fact::Returned { operation, outcome } => Some((operation.0, format!("{outcome:?}"))),
            _ => None,
        };
        self.facts_of("c1").into_iter().filter_map(returned).collect()
    }

    pub fn crash(&mut self, name: &str) {
        let index = self.id(name).index();
        let bench = &mut self.benches[index];
        bench.node = None;
        bench.cache = bench.platter.clone();
        bench.timers.clear();
        bench.held = None;
    }

    /// Forgets all that the disk of a crashed node held.
    pub fn wipe(&mut self, name: &str) {
        let index = self.id(name).index();
        (self.benches[index].platter, self.benches[index].cache) = Default::default();
    }

    pub fn restart(&mut self, name: &str) {
        let id = self.id(name);
        let disk = self.benches[id.index()].platter.clone();
        let config = self.config.clone();
        self.run(id, |node, ctx| *node = Some(N::boot(ctx, &config, &disk)));
    }

    /// Fires a timer that is set.
    pub fn fire(&mut self, name: &str, timer: Timer) {
        let id = self.id(name);
        let was_set = self.benches[id.index()].timers.remove(&timer);
        assert!(was_set, "{timer:?} is not set at {name}");
        self.run(id, |node, ctx| node.as_mut().expect("the node is up").on_timer(ctx, timer));
    }

    /// Stops all timers of a node, so that those set later are seen.
    pub fn forget_timers(&mut self, name: &str) {
        let index = self.id(name).index();
        self.benches[index].timers.clear();
    }

    /// Every timer that is set.
    pub fn timers(&self) -> Vec<(NodeId, Timer)> {
        let of = |(bench, id): (&Bench<N>, NodeId)| bench.timers.iter().map(move |timer| (id, *timer)).collect();
        self.benches.iter().zip(self.cluster.ids()).flat_map::<Vec<_>, _>(of).collect()
    }

    pub fn is_up(&self, name: &str) -> bool {
        self.benches[self.id(name).index()].node.is_some()
    }

    pub fn is_syncing(&self, name: &str) -> bool {
        self.benches[self.id(name).index()].held.is_some()
    }

    /// Whether a timer is set.
    pub fn is_set(&self, name: &str, timer: Timer) -> bool {
        self.benches[self.id(name).index()].timers.contains(&timer)
    }

    /// Gives `c1` an operation that it may repeat.
    pub fn operate(&mut self, op: Op) -> OperationId {
        let id = OperationId(self.operations);
        self.operations += 1;
        let operation = Operation { id, op, timeout: None, retry: Retry::UntilTimeout };
        let client = self.id("c1");
        self.run(client, |node, ctx| node.as_mut().expect("the client is up").on_operation(ctx, operation));
        id
    }

    /// Delivers everything, and what follows from it.
    pub fn deliver(&mut self) {
        self.deliver_if(|_, _, _| true);
    }

    /// Delivers the messages that pass, and what follows from them; the others are lost.
    pub fn deliver_if(&mut self, passes: impl Fn(NodeId, NodeId, &Msg) -> bool) {
        while let Some((from, to, msg)) = self.wire.pop_front() {
            if passes(from, to, &msg) {
                self.hand_over(from, to, msg);
            }
        }
    }

    /// Delivers the oldest message from one node to another.
    pub fn step(&mut self, from: &str, to: &str) {
        let (from, to) = (self.id(from), self.id(to));
        let place = self.wire.iter().position(|(f, t, _)| (*f, *t) == (from, to)).expect("a message is on its way");
        let (from, to, msg) = self.wire.remove(place).unwrap();
        self.hand_over(from, to, msg);
    }

    /// Delivers a message that may never have been sent.
    pub fn tell(&mut self, from: &str, to: &str, msg: Msg) {
        let (from, to) = (self.id(from), self.id(to));
        self.hand_over(from, to, msg);
    }

    fn hand_over(&mut self, from: NodeId, to: NodeId, msg: Msg) {
        let is_cut = from != to && (self.isolated.contains(&from) || self.isolated.contains(&to));
        if is_cut || self.benches[to.index()].node.is_none() {
            return;
        }
        let (sender, receiver) = (self.cluster.name(from), self.cluster.name(to));
        self.journal.push(format!("{sender} -> {receiver} {}", describe(&msg)));
        self.run(to, |node, ctx| node.as_mut().expect("looked above").on_message(ctx, from, msg));
    }

    /// From now on a sync of this node's disk takes until [`finish_sync`](Self::finish_sync).
    pub fn slow_disk(&mut self, name: &str) {
        let index = self.id(name).index();
        self.benches[index].is_slow = true;
    }

    pub fn finish_sync(&mut self, name: &str) {
        let id = self.id(name);
        let bench = &mut self.benches[id.index()];
        bench.platter = bench.cache.clone();
        let held = bench.held.take().expect("a sync is under way");
        held.into_iter().for_each(|effect| self.perform(id, effect));
    }

    fn run(&mut self, id: NodeId, handler: impl FnOnce(&mut Option<N>, &mut Ctx<N>)) {
        let (mut effects, mut choose) = (Vec::new(), |_| 0);
        let mut ctx = Ctx::new(id, &self.cluster, ClockReading::default(), &mut effects, &mut choose);
        handler(&mut self.benches[id.index()].node, &mut ctx);
        effects.into_iter().for_each(|effect| self.perform(id, effect));
    }

    fn perform(&mut self, id: NodeId, effect: Effect<N>) {
        let bench = &mut self.benches[id.index()];
        if let Some(held) = &mut bench.held {
            return held.push_back(effect);
        }
        match effect {
            Effect::Send { to, msg } => self.wire.push_back((id, to, msg)),
            Effect::SetTimer { timer, .. } | Effect::SetTimerBetween { timer, .. } => {
                bench.timers.insert(timer);
            }
            Effect::CancelTimer(timer) => {
                bench.timers.remove(&timer);
            }
            Effect::Write(write) => bench.cache.apply(write),
            Effect::Sync if bench.is_slow => bench.held = Some(VecDeque::new()),
            Effect::Sync => bench.platter = bench.cache.clone(),
            Effect::Observe(fact) => {
                self.journal.push(format!("{}: {}", self.cluster.name(id), describe_fact(&fact, &self.cluster)));
                self.facts.push((id, fact));
            }
        }
    }
}

/// A message in a few words.
pub fn describe(msg: &Msg) -> String {
    match msg {
        Msg::RequestVote(m) => format!("RequestVote term {} log {}@{}", m.term, m.last_log_index, m.last_log_term),
        Msg::Vote(m) => format!("Vote term {} {}", m.term, if m.granted { "yes" } else { "no" }),
        Msg::PreVote(m) => format!("PreVote for term {} log {}@{}", m.next_term, m.last_log_index, m.last_log_term),
        Msg::PreVoteReply(m) => format!("PreVoteReply term {} {}", m.term, if m.granted { "yes" } else { "no" }),
        Msg::AppendEntries(m) => {
            let terms: Vec<u64> = m.entries.iter().map(|entry| entry.term).collect();
            let (prev, prev_term) = (m.prev_log_index, m.prev_log_term);
            format!("AppendEntries term {} after {prev}@{prev_term} {terms:?} commit {}", m.term, m.leader_commit)
        }
        Msg::AppendReply(m) => match &m.result {
            AppendResult::Match(index) => format!("AppendReply term {} match {index}", m.term),
            AppendResult::Conflict(c) => {
                let (prev, first) = (c.prev_log_index, c.first_index);
                format!("AppendReply term {} conflict at {prev}: term {:?} from {first}", m.term, c.term)
            }
            AppendResult::StaleTerm => format!("AppendReply term {} stale", m.term),
        },
        Msg::InstallSnapshot(m) => {
            format!("InstallSnapshot term {} to {}@{}", m.term, m.snapshot.last_index, m.snapshot.last_term)
        }
        Msg::InstallReply(m) => format!("InstallReply term {} to {:?}", m.term, m.last_index),
        Msg::Request(m) => match m.command.call() {
            Some(call) => format!("Request {} {}", call.serial.0, call.op),
            None => "Request of nothing".to_owned(),
        },
        Msg::Response(m) => format!("Response {} {:?}", m.operation.0, m.outcome),
        Msg::NotLeader(m) => format!("NotLeader {} try {:?}", m.operation.0, m.leader),
    }
}

fn describe_fact(fact: &Fact, cluster: &Cluster) -> String {
    match fact {
        Fact::Voted { term, candidate } => format!("Voted term {term} for {}", cluster.name(*candidate)),
        Fact::Asked { operation, server } => format!("Asked {} of {}", operation.0, cluster.name(*server)),
        Fact::Appended { index, term, .. } => format!("Appended {index}@{term}"),
        Fact::Restored { index, term, .. } => format!("Restored {index}@{term}"),
        Fact::Applied { index, .. } => format!("Applied {index}"),
        Fact::Returned { operation, outcome } => format!("Returned {} {outcome:?}", operation.0),
        other => format!("{other:?}"),
    }
}
