//! A replica: it keeps what it is told, says what it holds, and mends itself and others.

use super::held::Held;
use super::merkle::Part;
use super::messages::{Msg, Timer};
use super::ring::places_of;
use super::{Config, Leaderless, REPLICAS};
use crate::node::{Ctx, Datum, Disk, Fact, Key, NodeId, digest, node_value};
use std::collections::BTreeMap;

node_value! {
    /// A replica. All that it knows is on its disk as well.
    pub struct Replica {
        pub(super) kept: Kept,
        #[serde(skip)]
        config: Config,
    }

    /// What survives a crash.
    #[derive(Default)]
    pub struct Kept {
        /// What is held of each key.
        pub held: BTreeMap<Key, Held>,
        /// What is kept for others, until they are back (§4.6): apart from what is held.
        pub hints: BTreeMap<NodeId, BTreeMap<Key, Held>>,
    }

    /// One change of the disk.
    pub struct Write {
        /// For whom it is kept, where it is a hint.
        pub hint: Option<NodeId>,
        /// The key.
        pub key: Key,
        /// What is held of it now; nothing at all where absent.
        pub held: Option<Held>,
    }
}

impl Disk for Kept {
    type Write = Write;

    fn apply(&mut self, Write { hint, key, held }: Write) {
        let slots = match hint {
            None => &mut self.held,
            Some(owner) => self.hints.entry(owner).or_default(),
        };
        match held {
            Some(held) => slots.insert(key, held),
            None => slots.remove(&key),
        };
        self.hints.retain(|_, hints| !hints.is_empty());
    }
}

impl Kept {
    /// What is kept of a key: as an owner, or for one.
    fn slot(&self, hint: Option<NodeId>, key: &Key) -> Option<&Held> {
        match hint {
            None => self.held.get(key),
            Some(owner) => self.hints.get(&owner)?.get(key),
        }
    }
}

impl Replica {
    pub(super) fn boot(ctx: &mut Ctx<Leaderless>, config: &Config, disk: &Kept) -> Self {
        let replica = Replica { kept: disk.clone(), config: config.clone() };
        for key in disk.held.keys().chain(disk.hints.values().flat_map(BTreeMap::keys)) {
            ctx.observe(Fact::Stored { key: key.clone(), values: replica.all_of(key).values().into() });
        }
        if !disk.hints.is_empty() {
            ctx.set_timer(Timer::HandOff, config.hand_off);
        }
        if let Some(period) = config.anti_entropy {
            ctx.set_timer(Timer::AntiEntropy, period);
        }
        replica
    }

    pub(super) fn on_message(&mut self, ctx: &mut Ctx<Leaderless>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Store { operation, key, held, hint } => {
                self.keep(ctx, hint, &key, &held);
                ctx.send(from, Msg::Stored { operation });
            }
            Msg::Fetch { operation, key } => ctx.send(from, Msg::Fetched { operation, held: self.all_of(&key) }),
            Msg::Repair { key, held } => self.keep(ctx, None, &key, &held),
            Msg::HandOff { key, held } => {
                self.keep(ctx, None, &key, &held);
                ctx.send(from, Msg::HandedOff { key, digest: digest(&held) });
            }
            Msg::HandedOff { key, digest } => self.on_handed_off(ctx, from, key, digest),
            Msg::Hashes(hashes) => self.on_hashes(ctx, from, hashes),
            Msg::Items { part, items, asks } => self.on_items(ctx, from, part, &items, asks),
            Msg::Stored { .. } | Msg::Fetched { .. } => {}
        }
    }

    pub(super) fn on_timer(&mut self, ctx: &mut Ctx<Leaderless>, timer: Timer) {
        match timer {
            Timer::HandOff => self.hand_off(ctx),
            Timer::AntiEntropy => self.begin_anti_entropy(ctx),
            Timer::Patience(_) | Timer::GiveUp(_) => {}
        }
    }

    /// All that is known here of a key, kept for others or not.
    fn all_of(&self, key: &Key) -> Held {
        let mut all = self.kept.held.get(key).cloned().unwrap_or(Held::nothing(self.config.versions));
        self.kept.hints.values().filter_map(|hints| hints.get(key)).for_each(|held| all.merge(held));
        all
    }

    /// Merges what was heard into what is kept. Whatever is sent after this is sent once it is on the disk.
    fn keep(&mut self, ctx: &mut Ctx<Leaderless>, hint: Option<NodeId>, key: &Key, heard: &Held) {
        let mut held = self.kept.slot(hint, key).cloned().unwrap_or(Held::nothing(self.config.versions));
        held.merge(heard);
        // A deleted value that is not remembered leaves nothing that could refuse it when somebody brings it back.
        let is_kept = self.config.tombstones || !held.values().is_empty();
        self.replace(ctx, Write { hint, key: key.clone(), held: is_kept.then_some(held) });
    }

    /// Changes what is kept, and declares it where the values are not what they were.
    fn replace(&mut self, ctx: &mut Ctx<Leaderless>, write: Write) {
        if self.kept.slot(write.hint, &write.key) == write.held.as_ref() {
            return;
        }
        if write.hint.is_some() && self.kept.hints.is_empty() {
            ctx.set_timer(Timer::HandOff, self.config.hand_off);
        }
        let (key, before) = (write.key.clone(), self.all_of(&write.key).values());
        ctx.write(write.clone());
        ctx.sync();
        self.kept.apply(write);
        let values: Vec<Datum> = self.all_of(&key).values();
        if values != before {
            ctx.observe(Fact::Stored { key, values: values.into() });
        }
    }

    /// §4.6: whoever keeps something for an owner tries to deliver it, until the owner says that it has it.
    fn hand_off(&mut self, ctx: &mut Ctx<Leaderless>) {
        for (&owner, hints) in &self.kept.hints {
            for (key, held) in hints {
                ctx.send(owner, Msg::HandOff { key: key.clone(), held: held.clone() });
            }
        }
        if !self.kept.hints.is_empty() {
            ctx.set_timer(Timer::HandOff, self.config.hand_off);
        }
    }

    fn on_handed_off(&mut self, ctx: &mut Ctx<Leaderless>, owner: NodeId, key: Key, handed: u64) {
        if self.kept.slot(Some(owner), &key).is_some_and(|held| digest(held) == handed) {
            self.replace(ctx, Write { hint: Some(owner), key, held: None });
        }
    }

    /// §4.7: says the roots of the trees that this replica shares with another, chosen by chance.
    fn begin_anti_entropy(&mut self, ctx: &mut Ctx<Leaderless>) {
        if let Some(period) = self.config.anti_entropy {
            ctx.set_timer(Timer::AntiEntropy, period);
        }
        let replicas = ctx.cluster().group(REPLICAS);
        let places = |replica| places_of(replicas, self.config.n, replica);
        let mine = places(ctx.me());
        let shared = |other| places(other).into_iter().filter(|place| mine.contains(place)).collect::<Vec<_>>();
        let peers: Vec<NodeId> = ctx.others().filter(|other| !shared(*other).is_empty()).collect();
        if peers.is_empty() {
            return;
        }
        let peer = peers[ctx.choose(peers.len() as u32) as usize];
        let roots = shared(peer).into_iter().map(Part::root);
        let hashes = roots.map(|root| (root, root.hash(&self.kept.held, replicas.len()))).collect();
        ctx.send(peer, Msg::Hashes(hashes));
    }

    /// Goes down where hashes differ: answers with those of the halves, or at a leaf with what is held.
    fn on_hashes(&self, ctx: &mut Ctx<Leaderless>, from: NodeId, hashes: Vec<(Part, u64)>) {
        let (held, replicas) = (&self.kept.held, ctx.peers().len());
        let differ = hashes.into_iter().filter(|(part, hash)| part.hash(held, replicas) != *hash);
        let (leaves, inner): (Vec<Part>, Vec<Part>) = differ.map(|(part, _)| part).partition(|part| part.is_leaf());
        for part in leaves {
            ctx.send(from, Msg::Items { part, items: part.items(held, replicas), asks: true });
        }
        if !inner.is_empty() {
            let halves = inner.into_iter().flat_map(Part::children);
            ctx.send(from, Msg::Hashes(halves.map(|half| (half, half.hash(held, replicas))).collect()));
        }
    }

    /// Merges what another holds; tells it what it lacks.
    fn on_items(&mut self, ctx: &mut Ctx<Leaderless>, from: NodeId, part: Part, items: &[(Key, Held)], asks: bool) {
        items.iter().for_each(|(key, held)| self.keep(ctx, None, key, held));
        let mut mine = part.items(&self.kept.held, ctx.peers().len());
        mine.retain(|item| !items.contains(item));
        if asks && !mine.is_empty() {
            ctx.send(from, Msg::Items { part, items: mine, asks: false });
        }
    }
}
