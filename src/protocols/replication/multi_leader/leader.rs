//! A leader: it takes writes from clients, ships them, and carries out those that others ship.

use super::held::{Held, Write};
use super::{Config, Durable, Msg, MultiLeader, Request, Resolve, Shown, Timer};
use crate::node::{Ctx, Datum, Disk, Fact, Key, NodeId, Op, OperationId, Outcome, node_value};
use crate::protocols::store::DONE;
use crate::protocols::versions::{Dot, VersionVector};
use std::collections::{BTreeMap, BTreeSet};

node_value! {
    /// A leader.
    pub struct Leader {
        /// The writes that it has carried out: what its disk holds.
        durable: Durable,
        /// Which those are. There are no gaps: of each leader the first so many.
        applied: VersionVector,
        /// What follows from them.
        held: BTreeMap<Key, Held>,
        /// Writes that came before what they have to wait for.
        early: BTreeMap<Dot, Write>,
        /// The operations of clients that it took.
        taken: BTreeSet<OperationId>,
        #[serde(skip)]
        config: Config,
    }
}

impl Leader {
    /// What is held follows from the writes on the disk, carried out again.
    pub fn boot(ctx: &mut Ctx<MultiLeader>, config: &Config, disk: &Durable) -> Self {
        let mut leader = Leader {
            durable: disk.clone(),
            applied: VersionVector::default(),
            held: BTreeMap::new(),
            early: BTreeMap::new(),
            taken: BTreeSet::new(),
            config: config.clone(),
        };
        for write in disk.writes() {
            leader.applied.add(write.dot);
            leader.held.entry(write.key.clone()).or_default().apply(config.resolve, write);
            if write.dot.server == ctx.me() {
                leader.taken.insert(write.operation);
            }
        }
        for (key, held) in &leader.held {
            ctx.observe(Fact::Stored { key: key.clone(), values: held.values(config.resolve).into() });
        }
        ctx.set_timer(Timer::Compare, config.anti_entropy);
        leader
    }

    /// What it has carried out.
    pub fn applied(&self) -> &VersionVector {
        &self.applied
    }

    /// A client asks. Whatever it is, it is answered from here alone.
    pub fn on_request(&mut self, ctx: &mut Ctx<MultiLeader>, client: NodeId, request: Request) {
        let Request { operation, op, context } = request;
        let Some(key) = op.key().cloned() else { return self.refuse(ctx, client, operation) };
        let resolve = self.config.resolve;
        let held = self.held.get(&key).cloned().unwrap_or_default();
        let (value, past) = match op {
            Op::Get(_) => return self.reply(ctx, client, operation, Outcome::Ok(held.read(resolve)), &key),
            Op::Put(_, value) => (Some(value), context),
            Op::Delete(_) => (Some(Datum::Absent), context),
            // An element of its own, which replaces nothing.
            Op::Append(_, value) if resolve == Resolve::Merge => (Some(value), VersionVector::default()),
            // The leader reads what it holds, and writes it with one value more.
            Op::Append(_, value) => (held.appended(value), held.context()),
            // Whether another leader has just swapped or taken the same, nobody can tell without asking it.
            _ => (None, context),
        };
        let Some(value) = value else { return self.refuse(ctx, client, operation) };
        if self.taken.insert(operation) {
            let dot = self.applied.clone().increment(ctx.me());
            let (after, stamp) = (self.applied.clone(), ctx.now());
            let write = Write { dot, key: key.clone(), value, past, after, stamp, operation };
            self.receive(ctx, client, vec![write]);
        }
        // The write is on this disk, and on no other yet.
        self.reply(ctx, client, operation, DONE, &key);
    }

    /// Writes have come, from a client or from another leader. Those that are new and due are carried out, and shipped on.
    pub fn receive(&mut self, ctx: &mut Ctx<MultiLeader>, from: NodeId, writes: Vec<Write>) {
        self.early.extend(writes.into_iter().map(|write| (write.dot, write)));
        let due = self.take_due();
        if due.is_empty() {
            return;
        }
        due.iter().for_each(|write| ctx.write(write.clone()));
        // What is told to anyone rests on the disk.
        ctx.sync();
        self.carry_out(ctx, &due);
        due.iter().for_each(|write| self.ship(ctx, from, write));
    }

    /// Takes what is due out of what came early, in an order in which it can be carried out. What was carried out before
    /// is dropped: so a write that comes by two ways, or round a ring, ends here.
    fn take_due(&mut self) -> Vec<Write> {
        let mut due = Vec::new();
        self.early.retain(|dot, _| !self.applied.contains(*dot));
        while let Some(dot) = self.early.values().find(|write| self.is_due(write)).map(|write| write.dot) {
            let Some(write) = self.early.remove(&dot) else { break };
            self.durable.apply(write.clone());
            self.applied.add(dot);
            due.push(write);
        }
        due
    }

    /// Whether all that a write has to wait for was carried out here: the earlier ones of its own leader, and where
    /// causality counts, all that its leader had carried out before it (Birman, Schiper and Stephenson, 1991).
    fn is_due(&self, write: &Write) -> bool {
        let is_next = write.dot.number == self.applied.count(write.dot.server) + 1;
        is_next && (!self.config.causal || self.applied.descends(&write.after))
    }

    /// Changes what is held. Writes that have come together are one step: nobody reads between them.
    fn carry_out(&mut self, ctx: &mut Ctx<MultiLeader>, due: &[Write]) {
        let resolve = self.config.resolve;
        let is_replaced =
            |write: &Write| due.iter().any(|later| later.key == write.key && later.past.contains(write.dot));
        let mut before: BTreeMap<&Key, Vec<Datum>> = BTreeMap::new();
        for write in due {
            let held = self.held.entry(write.key.clone()).or_default();
            before.entry(&write.key).or_insert_with(|| held.values(resolve));
            let conflicts = held.conflicts(write);
            held.apply(resolve, write);
            // Elements that are added to a set do not clash.
            if !conflicts.is_empty() && resolve != Resolve::Merge && !is_replaced(write) {
                ctx.observe(Fact::note(told(write, &conflicts, &held.read(resolve))));
            }
        }
        for (key, before) in before {
            let values = self.held[key].values(resolve);
            if values != before {
                ctx.observe(Fact::Stored { key: key.clone(), values: values.into() });
            }
        }
    }

    /// To whom it ships.
    pub fn targets(&self, ctx: &Ctx<MultiLeader>) -> Vec<NodeId> {
        self.config.topology.targets(ctx.cluster(), ctx.me())
    }

    /// Ships a write on, but not to where it comes from.
    fn ship(&self, ctx: &mut Ctx<MultiLeader>, from: NodeId, write: &Write) {
        if write.dot.server != ctx.me() && !self.config.topology.hands_on() {
            return;
        }
        for target in self.targets(ctx).into_iter().filter(|&target| target != from && target != write.dot.server) {
            ctx.send(target, Msg::Update(write.clone()));
        }
    }

    /// Anti-entropy: whoever ships to this leader is told what it has.
    pub fn compare(&self, ctx: &mut Ctx<MultiLeader>) {
        for source in self.config.topology.sources(ctx.cluster(), ctx.me()) {
            ctx.send(source, Msg::Have(self.applied.clone()));
        }
        ctx.set_timer(Timer::Compare, self.config.anti_entropy);
    }

    /// Another leader says what it has: it is sent the rest.
    pub fn on_have(&self, ctx: &mut Ctx<MultiLeader>, from: NodeId, has: &VersionVector) {
        let missing: Vec<Write> = self.durable.writes().filter(|write| !has.contains(write.dot)).cloned().collect();
        if !missing.is_empty() {
            ctx.send(from, Msg::Missing(missing));
        }
    }

    fn reply(&self, ctx: &mut Ctx<MultiLeader>, client: NodeId, operation: OperationId, outcome: Outcome, key: &Key) {
        let held = self.held.get(key);
        let shown = held.map(|held| Shown { values: held.values(self.config.resolve), context: held.context() });
        ctx.send(client, Msg::Reply { operation, outcome, shown: shown.unwrap_or_default() });
    }

    fn refuse(&self, ctx: &mut Ctx<MultiLeader>, client: NodeId, operation: OperationId) {
        ctx.send(client, Msg::Reply { operation, outcome: Outcome::Failed, shown: Shown::default() });
    }
}

/// A conflict in one sentence.
fn told(write: &Write, conflicts: &[Datum], left: &Datum) -> String {
    let conflicts: Vec<String> = conflicts.iter().map(Datum::to_string).collect();
    format!("{}: conflict of {} with {}; kept {left}", write.key, write.value, conflicts.join(" "))
}
