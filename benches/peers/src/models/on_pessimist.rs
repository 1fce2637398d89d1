//! Protocols as Pessimist's nodes, and how they are searched.

use super::{Effects, Protocol};
use pessimist::explore::{Limits, Manner, Marks, Options, Report, search};
use pessimist::kernel::Plan;
use pessimist::kernel::search::{Bounds, Machines};
use pessimist::node::{Cluster, Ctx, Datum, Disk, Fact, LocalSpan, Node, NodeId, Seen, Value, Watcher};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What nodes tell besides their protocols' own facts, for watchers that make up for what only stateright remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tells {
    /// Nothing.
    Nothing,
    /// Each message that changed anything.
    Deliveries,
    /// Each state.
    States,
}

/// A protocol, and what is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Setting<P> {
    /// The protocol.
    pub protocol: P,
    /// What is told.
    pub tells: Tells,
}

/// A node that plays a protocol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Player<P: Protocol> {
    setting: Setting<P>,
    state: P::State,
}

/// A disk that holds what was saved last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Kept<T>(Option<T>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept(None)
    }
}

impl<T: Value> Disk for Kept<T> {
    type Write = T;

    fn apply(&mut self, write: T) {
        self.0 = Some(write);
    }
}

/// A context, and whether anything was asked of it.
struct Asked<'a, 'b, P: Protocol> {
    ctx: &'a mut Ctx<'b, Player<P>>,
    anything: bool,
}

impl<P: Protocol> Effects<P> for Asked<'_, '_, P> {
    fn send(&mut self, to: u8, msg: P::Msg) {
        self.anything = true;
        let to = self.ctx.cluster().id(usize::from(to));
        self.ctx.send(to, msg);
    }

    fn set(&mut self, timer: P::Timer) {
        self.anything = true;
        self.ctx.set_timer(timer, LocalSpan::seconds(1));
    }

    fn cancel(&mut self, timer: P::Timer) {
        self.anything = true;
        self.ctx.cancel_timer(timer);
    }

    fn save(&mut self, stored: P::Stored) {
        self.anything = true;
        self.ctx.write(stored);
        self.ctx.sync();
    }

    fn tell(&mut self, fact: impl FnOnce(&Cluster) -> Fact) {
        let fact = fact(self.ctx.cluster());
        self.ctx.observe(fact);
    }
}

impl<P: Protocol> Player<P> {
    fn become_state(&mut self, ctx: &mut Ctx<Self>, state: P::State) {
        self.state = state;
        if self.setting.tells == Tells::States {
            ctx.observe(Fact::note(format!("{:?}", self.state)));
        }
    }
}

impl<P: Protocol> Node for Player<P> {
    type Config = Setting<P>;
    type Msg = P::Msg;
    type Timer = P::Timer;
    type Disk = Kept<P::Stored>;

    fn boot(ctx: &mut Ctx<Self>, setting: &Setting<P>, disk: &Kept<P::Stored>) -> Self {
        let me = ctx.me().index() as u8;
        let state = setting.protocol.start(me, disk.0.as_ref(), &mut Asked { ctx: &mut *ctx, anything: false });
        let mut player = Player { setting: setting.clone(), state: state.clone() };
        player.become_state(ctx, state);
        player
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: P::Msg) {
        let me = ctx.me().index() as u8;
        let mut out = Asked { ctx: &mut *ctx, anything: false };
        let state = self.setting.protocol.on_msg(me, &self.state, from.index() as u8, &msg, &mut out);
        let is_told = self.setting.tells == Tells::Deliveries && (out.anything || state.is_some());
        if is_told {
            ctx.observe(Fact::note(format!("{from:?} {msg:?}")));
        }
        if let Some(state) = state {
            self.become_state(ctx, state);
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: P::Timer) {
        let me = ctx.me().index() as u8;
        let mut out = Asked { ctx: &mut *ctx, anything: false };
        if let Some(state) = self.setting.protocol.on_timer(me, &self.state, &timer, &mut out) {
            self.become_state(ctx, state);
        }
    }
}

/// Remembers the last message that changed anything, as stateright's duplicating network does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct LastDelivery(Option<(NodeId, Arc<str>)>);

impl Watcher for LastDelivery {
    fn see(&mut self, node: NodeId, seen: &Seen) -> u64 {
        if let Seen::Fact(Fact::Note(text)) = seen {
            self.0 = Some((node, text.clone()));
        }
        0
    }
}

/// Remembers the last state of each node, as stateright's actors that have crashed do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct LastStates(BTreeMap<NodeId, Arc<str>>);

impl Watcher for LastStates {
    fn see(&mut self, node: NodeId, seen: &Seen) -> u64 {
        if let Seen::Fact(Fact::Note(text)) = seen {
            self.0.insert(node, text.clone());
        }
        0
    }
}

/// Sees to it that no two nodes decide differently.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Agreement(BTreeSet<Datum>);

impl Watcher for Agreement {
    fn see(&mut self, _: NodeId, seen: &Seen) -> u64 {
        if let Seen::Fact(Fact::Decided { value }) = seen {
            self.0.insert(value.clone());
        }
        u64::from(self.0.len() > 1)
    }
}

/// Searches all states of so many nodes. The watcher's mark 0 must never be set.
pub fn searched<P: Protocol, W: Watcher>(
    setting: Setting<P>,
    nodes: u8,
    bounds: Bounds,
    watcher: W,
    manner: Manner,
    jobs: usize,
) -> Report {
    let names: Vec<String> = (0..nodes).map(|place| format!("n{place}")).collect();
    let plan = Plan::new(Cluster::new([("node", names)]).expect("names"));
    let bounds = Bounds { syncs_at_once: true, ..bounds };
    let mut space = Machines::<Player<P>, W>::new(&plan, setting, bounds, watcher).expect("there is no workload");
    let marks = Marks { never: 1, ..Marks::default() };
    let limits = Limits::NONE;
    let options = Options { limits, jobs, ..Options::plain() };
    search(&mut space, manner, marks, &options, &mut |_| true).expect("the protocol has no flaw")
}
