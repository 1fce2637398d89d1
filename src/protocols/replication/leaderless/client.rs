//! A client: it coordinates its own operations (§6.4). It asks the owners of a key, counts answers, and mends.

use super::held::{Held, Tag};
use super::messages::{Msg, Timer};
use super::ring::preference;
use super::{Config, FanOut, Leaderless, REPLICAS, Versions};
use crate::node::{Ctx, Datum, Fact, Key, NodeId, Op, Operation, OperationId, Outcome, Retry, node_value};
use crate::protocols::versions::{Siblings, VersionVector};
use std::collections::{BTreeMap, BTreeSet};

node_value! {
    /// A client.
    pub struct Client {
        pending: BTreeMap<OperationId, Pending>,
        seen: BTreeMap<Key, Seen>,
        #[serde(skip)]
        config: Config,
    }

    /// What a client has seen of a key: what its next write of it may replace.
    #[derive(Default)]
    pub struct Seen {
        /// The value that it wrote last, and those that it was shown since.
        values: BTreeSet<Datum>,
        /// All writes that it has seen, its own among them: its context (§4.4).
        context: VersionVector,
    }

    /// An operation that is not over.
    pub struct Pending {
        key: Key,
        /// What is to be written; absent for a read. To write nothing is to delete.
        value: Option<Datum>,
        retry: Retry,
        phase: Phase,
        /// Who is asked, and in whose place.
        asked: BTreeMap<NodeId, Option<NodeId>>,
        /// What replicas have said that they hold.
        fetched: BTreeMap<NodeId, Held>,
        /// Which replicas have said that they hold `newest`.
        stored: BTreeSet<NodeId>,
        /// All that was fetched, merged; or what is to be stored.
        newest: Held,
        /// Whether the application has its answer.
        returned: bool,
    }

    /// What answers are waited for.
    #[derive(Copy)]
    pub enum Phase {
        /// What do you hold?
        Fetch,
        /// Keep this.
        Store,
    }
}

impl Client {
    pub(super) fn new(config: &Config) -> Self {
        Client { pending: BTreeMap::new(), seen: BTreeMap::new(), config: config.clone() }
    }

    /// A read asks for values. A write is sent out at once, or asks for the highest number first.
    pub(super) fn on_operation(
        &mut self,
        ctx: &mut Ctx<Leaderless>,
        Operation { id, op, timeout, retry }: Operation,
    ) {
        let (key, value) = match op {
            Op::Get(key) => (key, None),
            Op::Put(key, value) => (key, Some(value)),
            Op::Delete(key) => (key, Some(Datum::Absent)),
            // Whatever depends on the value that is there: a quorum agrees on none.
            _ => return ctx.observe(Fact::refused(id)),
        };
        self.declare_owners(ctx, &key);
        if let Some(timeout) = timeout {
            ctx.set_timer(Timer::GiveUp(id), timeout);
        }
        let waits_for_number = self.config.versions == Versions::Counted;
        let phase = if value.is_some() && !waits_for_number { Phase::Store } else { Phase::Fetch };
        let newest = match &value {
            Some(value) => self.begin_write(ctx, id, &key, value),
            None => Held::nothing(self.config.versions),
        };
        let asked = self.owners(ctx, &key, phase).into_iter().map(|owner| (owner, None)).collect();
        let (fetched, stored) = Default::default();
        let pending = Pending { key, value, retry, phase, asked, fetched, stored, newest, returned: false };
        self.pending.insert(id, pending);
        self.ask_silent(ctx, id);
    }

    /// Declares who is to hold a key that this client has not asked for before, where not all replicas are.
    fn declare_owners(&self, ctx: &mut Ctx<Leaderless>, key: &Key) {
        let replicas = ctx.cluster().group(REPLICAS);
        if self.config.n < replicas.len() && !self.seen.contains_key(key) {
            let nodes = preference(replicas, key).take(self.config.n).collect();
            ctx.observe(Fact::Owners { key: key.clone(), nodes });
        }
    }

    /// The owners of a key, or as many of them as must answer.
    fn owners(&self, ctx: &mut Ctx<Leaderless>, key: &Key, phase: Phase) -> Vec<NodeId> {
        let mut owners: Vec<NodeId> = preference(ctx.cluster().group(REPLICAS), key).take(self.config.n).collect();
        let enough = if phase == Phase::Fetch { self.config.r } else { self.config.w };
        while self.config.fan_out == FanOut::Quorum && owners.len() > enough {
            owners.remove(ctx.choose(owners.len() as u32) as usize);
        }
        owners
    }

    /// Gives a write its name, where it needs to ask nobody for it. Declares what the write may replace: where writes are
    /// counted nothing, as there they are in one order, and each replaces the one before it.
    fn begin_write(&mut self, ctx: &mut Ctx<Leaderless>, operation: OperationId, key: &Key, value: &Datum) -> Held {
        let (me, seen) = (ctx.me(), self.seen.entry(key.clone()).or_default());
        if self.config.versions != Versions::Counted {
            let overwrites = self.config.versions == Versions::LastWriteWins;
            ctx.observe(Fact::Replaces { operation, values: seen.values.iter().cloned().collect(), overwrites });
        }
        seen.values = BTreeSet::from([value.clone()]);
        match self.config.versions {
            Versions::LastWriteWins => {
                let tag = Tag { number: ctx.now().0, client: me, operation };
                Held::Newest(Some((tag, value.clone())))
            }
            Versions::Counted => Held::nothing(Versions::Counted),
            Versions::Siblings => {
                let mut write = Siblings::default();
                write.event(&seen.context, &seen.context, me, value.clone());
                seen.context.join(&write.join());
                Held::Siblings(write)
            }
        }
    }

    /// Sends this phase's question to all who are asked and have not answered it.
    fn ask_silent(&self, ctx: &mut Ctx<Leaderless>, operation: OperationId) {
        let Some(pending) = self.pending.get(&operation) else { return };
        let Pending { key, newest, .. } = pending;
        for replica in pending.silent() {
            ctx.send(
                replica,
                match pending.phase {
                    Phase::Fetch => Msg::Fetch { operation, key: key.clone() },
                    Phase::Store => {
                        let hint = pending.asked[&replica];
                        Msg::Store { operation, key: key.clone(), held: newest.clone(), hint }
                    }
                },
            );
        }
        ctx.set_timer(Timer::Patience(operation), self.config.patience);
    }

    pub(super) fn on_message(&mut self, ctx: &mut Ctx<Leaderless>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Fetched { operation, held } => self.on_fetched(ctx, from, operation, held),
            Msg::Stored { operation } => self.on_stored(ctx, from, operation),
            _ => {}
        }
    }

    /// `r` answers make a read. One that writes back goes on, and so does a write that wanted a number.
    fn on_fetched(&mut self, ctx: &mut Ctx<Leaderless>, from: NodeId, operation: OperationId, held: Held) {
        let Some(pending) = self.pending.get_mut(&operation) else { return };
        if pending.phase != Phase::Fetch {
            return;
        }
        pending.newest.merge(&held);
        pending.fetched.insert(from, held);
        if pending.returned || pending.fetched.len() < self.config.r {
            return self.close_if_all_answered(ctx, operation);
        }
        if let Some(value) = &pending.value {
            // Lynch and Shvartsman 1997: higher than what any write had that was over when this one began.
            let tag = Tag { number: pending.newest.number() + 1, client: ctx.me(), operation };
            pending.newest = Held::Newest(Some((tag, value.clone())));
        } else if self.config.write_back {
            let Pending { fetched, newest, .. } = &*pending;
            pending.stored =
                fetched.iter().filter(|(_, held)| *held == newest).map(|(replica, _)| *replica).collect();
        } else {
            return self.finish(ctx, operation);
        }
        pending.phase = Phase::Store;
        if self.config.fan_out == FanOut::Quorum {
            let key = pending.key.clone();
            let asked = self.owners(ctx, &key, Phase::Store).into_iter().map(|owner| (owner, None)).collect();
            self.pending.entry(operation).and_modify(|pending| pending.asked = asked);
        }
        self.ask_silent(ctx, operation);
        self.finish_if_stored(ctx, operation);
    }

    fn on_stored(&mut self, ctx: &mut Ctx<Leaderless>, from: NodeId, operation: OperationId) {
        let Some(pending) = self.pending.get_mut(&operation) else { return };
        pending.stored.insert(from);
        match pending.returned {
            true => self.close_if_all_answered(ctx, operation),
            false => self.finish_if_stored(ctx, operation),
        }
    }

    fn finish_if_stored(&mut self, ctx: &mut Ctx<Leaderless>, operation: OperationId) {
        if self.pending[&operation].stored.len() >= self.config.w {
            self.finish(ctx, operation);
        }
    }

    /// The application gets its answer. What is left is to mend: after a read what is behind, after a write that needs
    /// substitutes, what no owner has.
    fn finish(&mut self, ctx: &mut Ctx<Leaderless>, operation: OperationId) {
        let Some(pending) = self.pending.get_mut(&operation) else { return };
        pending.returned = true;
        let is_read = pending.value.is_none();
        let answer = if is_read { pending.newest.answer() } else { Datum::Absent };
        if is_read {
            let seen = self.seen.entry(pending.key.clone()).or_default();
            seen.values.extend(pending.newest.values());
            if let Held::Siblings(siblings) = &pending.newest {
                seen.context.join(&siblings.join());
            }
            pending.note_differences(ctx);
        }
        ctx.observe(Fact::Returned { operation, outcome: Outcome::Ok(answer) });
        ctx.cancel_timer(Timer::GiveUp(operation));
        let mends = match pending.phase {
            Phase::Fetch => self.config.read_repair,
            Phase::Store => self.config.sloppy,
        };
        if mends { self.close_if_all_answered(ctx, operation) } else { self.close(ctx, operation) }
    }

    fn close_if_all_answered(&mut self, ctx: &mut Ctx<Leaderless>, operation: OperationId) {
        let is_over = |pending: &Pending| pending.returned && pending.silent().next().is_none();
        if self.pending.get(&operation).is_some_and(is_over) {
            self.close(ctx, operation);
        }
    }

    /// §5: after a read, those who answered with old values are sent the new ones.
    fn close(&mut self, ctx: &mut Ctx<Leaderless>, operation: OperationId) {
        ctx.cancel_timer(Timer::Patience(operation));
        let Some(Pending { key, phase, fetched, newest, .. }) = self.pending.remove(&operation) else { return };
        if phase == Phase::Fetch && self.config.read_repair {
            for (replica, _) in fetched.into_iter().filter(|(_, held)| *held != newest) {
                ctx.send(replica, Msg::Repair { key: key.clone(), held: newest.clone() });
            }
        }
    }

    pub(super) fn on_timer(&mut self, ctx: &mut Ctx<Leaderless>, timer: Timer) {
        match timer {
            Timer::Patience(operation) => self.on_patience(ctx, operation),
            Timer::GiveUp(operation) => {
                if self.pending.remove(&operation).is_some() {
                    ctx.cancel_timer(Timer::Patience(operation));
                    ctx.observe(Fact::TimedOut { operation });
                }
            }
            Timer::HandOff | Timer::AntiEntropy => {}
        }
    }

    /// Some are silent. A sloppy quorum asks the next on the ring in their place (§4.6); otherwise they are asked again.
    fn on_patience(&mut self, ctx: &mut Ctx<Leaderless>, operation: OperationId) {
        let Some(pending) = self.pending.get_mut(&operation) else { return };
        if self.config.sloppy && pending.ask_substitutes(ctx.cluster().group(REPLICAS)) {
            return self.ask_silent(ctx, operation);
        }
        if pending.returned {
            self.close(ctx, operation);
        } else if pending.retry == Retry::UntilTimeout {
            self.ask_silent(ctx, operation);
        }
    }
}

impl Pending {
    /// Who has been asked, and has not answered this phase's question.
    fn silent(&self) -> impl Iterator<Item = NodeId> + '_ {
        let has_answered = |replica: &NodeId| match self.phase {
            Phase::Fetch => self.fetched.contains_key(replica),
            Phase::Store => self.stored.contains(replica),
        };
        self.asked.keys().copied().filter(move |replica| !has_answered(replica))
    }

    /// For each owner that is silent and for whom nobody stands in yet: the next on the ring who is not asked yet. Says
    /// whether there was any.
    fn ask_substitutes(&mut self, replicas: &[NodeId]) -> bool {
        let stood_for: Vec<NodeId> = self.asked.values().flatten().copied().collect();
        let owners: Vec<NodeId> = self.silent().filter(|silent| !stood_for.contains(silent)).collect();
        let free: Vec<NodeId> =
            preference(replicas, &self.key).filter(|replica| !self.asked.contains_key(replica)).collect();
        let pairs: Vec<(NodeId, NodeId)> = owners.into_iter().zip(free).collect();
        for (owner, substitute) in &pairs {
            // Whoever stands in for a silent substitute keeps what it is sent for the owner.
            let owner = self.asked[owner].unwrap_or(*owner);
            self.asked.insert(*substitute, Some(owner));
        }
        !pairs.is_empty()
    }

    /// Tells people what a read was told, where it was told different things.
    fn note_differences(&self, ctx: &mut Ctx<Leaderless>) {
        let answers = || self.fetched.values().map(Held::answer);
        if answers().any(|answer| answer != self.newest.answer()) {
            let name = |replica: &NodeId| ctx.cluster().name(*replica);
            let told = self.fetched.iter().map(|(replica, held)| format!("{}={}", name(replica), held.answer()));
            let told = told.collect::<Vec<_>>().join(" ");
            ctx.observe(Fact::note(format!("{} differs: {told}", self.key)));
        }
    }
}
