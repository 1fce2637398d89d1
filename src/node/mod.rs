//! The contract that a protocol is written against.
//!
//! A protocol is a state machine: a [`Node`] holds the state of one process and changes it in handlers, one for each
//! kind of thing that can happen to a process: it boots, a message arrives, a timer fires, a person or a client asks
//! for something. A handler sees its own fields, its input and a [`Ctx`]; it returns at once, cannot fail, and asks for
//! effects (send this, write that) instead of performing them.
//!
//! What is *not* here is as important. There is no true time, only the node's own clock. There is no other node's state.
//! There is no thread, no file, no socket and no source of randomness that a seed does not determine. So the same code
//! runs in a simulation, walks backwards in the debugger, and is searched exhaustively.
//!
//! # A complete protocol
//!
//! Three nodes pass a token round. It is run in a world without faults and the facts that it observed are printed.
//!
//! ```
//! use pessimist::kernel::{Plan, World};
//! use pessimist::node::{Cluster, Ctx, Fact, Node, NodeId, node_value};
//!
//! node_value! {
//!     /// Its only state: how often the token came by.
//!     pub struct Ring { seen: u32 }
//!     pub struct Token { round: u32 }
//! }
//!
//! impl Node for Ring {
//!     type Config = ();
//!     type Msg = Token;
//!     type Timer = ();
//!     type Disk = ();
//!
//!     fn boot(ctx: &mut Ctx<Self>, _: &(), _: &()) -> Self {
//!         if ctx.me() == ctx.peers()[0] {
//!             ctx.send(ctx.peers()[1], Token { round: 1 });
//!         }
//!         Ring { seen: 0 }
//!     }
//!
//!     fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, token: Token) {
//!         self.seen += 1;
//!         ctx.observe(Fact::note(format!("round {}", token.round)));
//!         let peers = ctx.peers();
//!         let next = (peers.iter().position(|&p| p == ctx.me()).unwrap() + 1) % peers.len();
//!         let round = token.round + u32::from(next == 1);
//!         if round <= 2 {
//!             ctx.send(peers[next], Token { round });
//!         }
//!     }
//! }
//!
//! let cluster = Cluster::new([("ring", vec!["a", "b", "c"])]).unwrap();
//! let mut world = World::<Ring>::new(Plan::new(cluster), ());
//! world.run(&mut ());
//! let seen: Vec<u32> = world.cluster().ids().map(|id| world.node(id).unwrap().seen).collect();
//! assert_eq!(seen, [2, 2, 2]);
//! ```

mod cluster;
mod ctx;
mod disk;
mod fact;
mod fault;
mod kind;
mod log;
mod operation;
mod sink;
mod size;
mod stable_hash;
mod stamp;
mod time;
mod watcher;

pub use cluster::{Cluster, ClusterError, Group, NodeId};
pub use ctx::{ClockReading, Ctx, Effect};
pub use disk::Disk;
pub use fact::{Fact, FactKind};
pub use fault::{ClockChange, DiskMode, Fault, Links};
#[doc(hidden)]
pub use kind::{__Plain, __Wrapped};
pub use kind::{Kinds, kind_of};
pub use log::{LOG_CHUNK, LOG_CHUNK_NAME, LOG_ENDS, LOG_NAME, LOG_SHORT, Log};
pub use operation::{Datum, Key, Op, Operation, OperationId, Outcome, Retry};
pub use sink::{Event, EventId, LossReason, Sink, What};
pub use size::wire_size;
pub use stable_hash::{StableHasher, WideHasher, digest, fingerprint};
pub use stamp::Stamp;
pub use time::{LocalSpan, LocalTime, SimSpan, SimTime};
pub use watcher::{Seen, Watcher};

use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;
use std::hash::Hash;

/// What states, messages, timers and writes are made of: plain data with an identity.
///
/// Implemented for everything that qualifies. Two values are the same when all of their fields are, which is what
/// lets a search recognise a state that it has seen; so derive the traits, never write them by hand.
pub trait Value: Clone + Eq + Ord + Hash + Debug + Serialize + Send + Sync + 'static {}

impl<T: Clone + Eq + Ord + Hash + Debug + Serialize + Send + Sync + 'static> Value for T {}

/// One process of a distributed system, and the handlers by which it lives.
///
/// Handlers run to completion, never block, and depend on nothing but their arguments. A crash drops the value;
/// a restart calls [`Node::boot`] again with the disk that survived.
pub trait Node: Value {
    /// What a scenario may set. Read from the scenario file.
    type Config: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What nodes send to each other. A message's kind is its innermost variant name.
    type Msg: Value + Kinds;
    /// Names of timers. Setting a timer that is set already moves it.
    type Timer: Value + Kinds;
    /// What survives a crash; `()` for a protocol that keeps nothing.
    type Disk: Disk;

    /// First start and every restart: only `disk` carries the past.
    fn boot(ctx: &mut Ctx<Self>, config: &Self::Config, disk: &Self::Disk) -> Self;

    /// A message has arrived.
    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Self::Msg);

    /// A timer that this node had set has fired.
    fn on_timer(&mut self, _ctx: &mut Ctx<Self>, _timer: Self::Timer) {}

    /// A command from the scenario's workload, or from a person's hand, is given to this (client) node.
    fn on_operation(&mut self, _ctx: &mut Ctx<Self>, _operation: Operation) {}

    /// One short label for people: the role, and the term where there is one.
    fn badge(&self) -> Badge {
        Badge::default()
    }
}

/// A node's role in one short label, such as `leader 3`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Badge {
    /// The role's name in lower case, at most ten letters; empty where a protocol knows no roles.
    pub role: &'static str,
    /// The term, epoch or ballot, where there is one.
    pub term: Option<u64>,
    /// Whether this node leads at present: shown emphasised.
    pub leads: bool,
}

impl Badge {
    /// A role without a term.
    pub const fn role(role: &'static str) -> Self {
        Badge { role, term: None, leads: false }
    }
}

/// Declares types with all the derives that [`Value`] asks for, and with their [`Kinds`].
///
/// ```
/// pessimist::node::node_value! {
///     /// Asks for a vote.
///     pub enum Msg { Ask { term: u64 }, Grant(u64) }
///     #[derive(Copy, Default)]
///     pub struct Term(pub u64);
/// }
/// assert!(Msg::Grant(1) > Msg::Ask { term: 2 });
/// ```
#[macro_export]
macro_rules! node_value {
    () => {};
    // One type whose name is known, the variants that it has, and what follows it.
    (@type $name:ident [$($variants:expr),*] $item:item $($rest:tt)*) => {
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, $crate::node::__Serialize)]
        #[serde(crate = "::pessimist::node::__serde")]
        $item

        impl $crate::node::Kinds for $name {
            const NAME: &'static str = stringify!($name);

            fn variants() -> Vec<&'static str> {
                #[allow(unused_imports, reason = "where every variant wraps an enum, or none anything")]
                use $crate::node::__Plain as _;
                let variants: Vec<Vec<&'static str>> = vec![$($variants),*];
                variants.concat()
            }
        }

        $crate::node_value! { $($rest)* }
    };
    // A variant alone; one that wraps something; one that holds anything else.
    (@variant $name:ident) => { vec![stringify!($name)] };
    (@variant $name:ident ($inner:ty)) => {{
        let within = $crate::node::__Wrapped::<$inner>::variants();
        if within.is_empty() { vec![stringify!($name)] } else { within }
    }};
    (@variant $name:ident $($fields:tt)*) => { vec![stringify!($name)] };
    (
        $(#[$meta:meta])* $vis:vis enum $name:ident { $(
            $(#[$about:meta])* $variant:ident $(( $($inner:ty),* $(,)? ))? $({ $($fields:tt)* })?
        ),* $(,)? } $($rest:tt)*
    ) => {
        $crate::node_value! {
            @type $name [$($crate::node_value!(@variant $variant $(($($inner),*))? $({ $($fields)* })?)),*]
            $(#[$meta])* $vis enum $name {
                $($(#[$about])* $variant $(($($inner),*))? $({ $($fields)* })?),*
            }
            $($rest)*
        }
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident ($inner_vis:vis $inner:ty); $($rest:tt)*) => {
        $crate::node_value! {
            @type $name [$crate::node::__Wrapped::<$inner>::variants()]
            $(#[$meta])* $vis struct $name ($inner_vis $inner); $($rest)*
        }
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident $($rest:tt)*) => {
        $crate::node_value! { @type $name [] $(#[$meta])* $vis struct $name $($rest)* }
    };
}
pub use node_value;

#[doc(hidden)]
pub use serde as __serde;
#[doc(hidden)]
pub use serde::Serialize as __Serialize;
