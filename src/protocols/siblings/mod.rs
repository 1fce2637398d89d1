//! A register that keeps what clashes: values side by side, until somebody who has seen them writes again.
//!
//! # The problem
//!
//! Replicas take writes without asking each other, as last write wins does; but no write may be dropped that nobody has
//! seen (DeCandia and others, *Dynamo*, 2007). So each write says what its client had been shown, its *context*. The
//! replica replaces that and keeps the rest. Everything rests on whether contexts can tell the two apart.
//!
//! # The model
//!
//! Messages may be late or doubled, and replicas do not fail. A client waits for each answer. All clients ask the first
//! replica, unless [`Config::apart`] sends each to the one of its own place.
//!
//! # What is guaranteed
//!
//! With [`Clocks::Dotted`]: an acknowledged write is held until a write replaces it whose client had seen it, and of two
//! values held side by side neither's client had seen the other. So there are no more of them than clients that write.
//!
//! With plain version vectors, one entry a server, one of the two is lost as soon as two clients write through one
//! server, whichever way the vectors are kept: see [`Clocks`]. Where each client has a server of its own
//! ([`Config::apart`]), a vector for each value is enough, for then a server's entry stands for one client.
//!
//! # The messages
//!
//! [`Msg::Get`] and [`Msg::Put`] from a client, [`Msg::Reply`] with what is held now and its context; a replica that has
//! taken a write tells the others all that it holds of the key ([`Msg::Held`]).
//!
//! # What is left out
//!
//! Quorums, failures, repair of lost messages, deletion, and merging siblings: a client here does not look at what it
//! replaces.
//!
//! # References
//!
//! The papers at [`versions`](super::versions). Basho, *Riak*, and *Vector Clocks Revisited, part 2* (2015), on sibling
//! explosion.

mod held;

#[cfg(test)]
mod tests;

pub use held::{Clocks, Held};

use crate::node::{Badge, Ctx, Datum, Fact, Key, Node, NodeId, Op, Operation, OperationId, Outcome, node_value};
use crate::protocols::versions::VersionVector;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How replicas know what a write has seen.
    pub clocks: Clocks,
    /// Whether each client asks a replica of its own.
    #[serde(default)]
    pub apart: bool,
}

node_value! {
    /// A node: those of the group `replica` hold values, all others are clients.
    pub enum Cart {
        /// Holds values.
        Replica(Replica),
        /// Reads and writes.
        Client(Client),
    }

    /// A replica.
    pub struct Replica {
        held: BTreeMap<Key, Held>,
        #[serde(skip)]
        clocks: Clocks,
    }

    /// A client, and what it was shown last of each key.
    #[derive(Default)]
    pub struct Client {
        shown: BTreeMap<Key, Shown>,
        asked: BTreeMap<OperationId, Key>,
        #[serde(skip)]
        apart: bool,
    }

    /// What a client is shown: values, and the context that stands for them.
    #[derive(Default)]
    pub struct Shown {
        /// The values that stood side by side.
        pub values: Vec<Datum>,
        /// What whoever has seen them has seen.
        pub context: VersionVector,
    }

    /// What is said.
    pub enum Msg {
        /// What do you hold?
        Get(OperationId, Key),
        /// Hold this, in place of what that context has seen.
        Put(OperationId, Key, Datum, VersionVector),
        /// It is done, and this is held now.
        Reply(OperationId, Shown),
        /// All that the sender holds of a key.
        Held(Key, Held),
    }
}

impl Node for Cart {
    type Config = Config;
    type Msg = Msg;
    type Timer = ();
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, config: &Config, (): &()) -> Self {
        if ctx.cluster().group("replica").contains(&ctx.me()) {
            return Cart::Replica(Replica { held: BTreeMap::new(), clocks: config.clocks });
        }
        Cart::Client(Client { apart: config.apart, ..Client::default() })
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match (self, msg) {
            (Cart::Replica(replica), Msg::Get(operation, key)) => replica.reply(ctx, from, operation, &key),
            (Cart::Replica(replica), Msg::Put(operation, key, value, context)) => {
                replica.on_put(ctx, &key, value, &context);
                replica.reply(ctx, from, operation, &key);
            }
            (Cart::Replica(replica), Msg::Held(key, held)) => {
                replica.change(ctx, &key, |mine| mine.sync(&held));
            }
            (Cart::Client(client), Msg::Reply(operation, shown)) => client.on_reply(ctx, operation, shown),
            _ => {}
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        if let Cart::Client(client) = self {
            client.on_operation(ctx, operation);
        }
    }

    fn badge(&self) -> Badge {
        Badge::role(match self {
            Cart::Replica(_) => "replica",
            Cart::Client(_) => "client",
        })
    }
}

impl Replica {
    /// A write takes effect here at once; the others hear of it.
    fn on_put(&mut self, ctx: &mut Ctx<Cart>, key: &Key, value: Datum, context: &VersionVector) {
        let me = ctx.me();
        self.change(ctx, key, |held| held.put(context, me, value));
        let held = self.held[key].clone();
        ctx.others().for_each(|other| ctx.send(other, Msg::Held(key.clone(), held.clone())));
    }

    /// Changes what is held of a key, and declares it where it is not what it was.
    fn change(&mut self, ctx: &mut Ctx<Cart>, key: &Key, change: impl FnOnce(&mut Held)) {
        let held = self.held.entry(key.clone()).or_insert_with(|| Held::new(self.clocks));
        let before = held.values();
        change(held);
        let values = held.values();
        if values != before {
            ctx.observe(Fact::Stored { key: key.clone(), values: values.into() });
        }
    }

    fn reply(&self, ctx: &mut Ctx<Cart>, client: NodeId, operation: OperationId, key: &Key) {
        let shown = self.held.get(key).map(|held| Shown { values: held.values(), context: held.context() });
        ctx.send(client, Msg::Reply(operation, shown.unwrap_or_default()));
    }
}

impl Client {
    fn on_operation(&mut self, ctx: &mut Ctx<Cart>, Operation { id, op, .. }: Operation) {
        let replicas = ctx.cluster().group("replica");
        let place = if self.apart { ctx.peers().iter().position(|&peer| peer == ctx.me()).unwrap_or(0) } else { 0 };
        let request = match op {
            Op::Get(key) => Some((key.clone(), Msg::Get(id, key))),
            Op::Put(key, value) => {
                let Shown { values, context } = self.shown.get(&key).cloned().unwrap_or_default();
                ctx.observe(Fact::Replaces { operation: id, values: values.into(), overwrites: false });
                Some((key.clone(), Msg::Put(id, key, value, context)))
            }
            _ => None,
        };
        match request {
            Some((key, msg)) if !replicas.is_empty() => {
                self.asked.insert(id, key);
                ctx.send(replicas[place % replicas.len()], msg);
            }
            _ => ctx.observe(Fact::refused(id)),
        }
    }

    /// A read returns the values side by side; a write, that it is done. Either shows the client what is held now.
    fn on_reply(&mut self, ctx: &mut Ctx<Cart>, operation: OperationId, shown: Shown) {
        let Some(key) = self.asked.remove(&operation) else { return };
        let values: Arc<[Datum]> = shown.values.as_slice().into();
        self.shown.insert(key, shown);
        ctx.observe(Fact::Returned { operation, outcome: Outcome::Ok(Datum::List(values)) });
    }
}
