//! Small protocols, each written once and played by both: as a [`Node`](pessimist::node::Node) in
//! [`on_pessimist`], as an actor of stateright's in [`on_stateright`].
//!
//! Handlers are pure functions of a state, so that neither side has an advantage: who changes nothing says so by giving
//! back `None`, which is what stateright's copy on write asks for. Nodes are numbered from 0.

pub mod abd;
pub mod history;
pub mod lock;
pub mod on_pessimist;
pub mod on_stateright;
pub mod paxos;
pub mod ping_pong;
pub mod register;
pub mod two_phase;

use pessimist::node::{Cluster, Fact, Kinds, Value};
use serde::de::DeserializeOwned;

/// A protocol, and its settings.
pub trait Protocol: Value + DeserializeOwned {
    /// The state of a node, whatever its role.
    type State: Value;
    /// What nodes send.
    type Msg: Value + Kinds;
    /// What nodes wait for.
    type Timer: Value + Kinds;
    /// What survives a crash, once it was saved.
    type Stored: Value;

    /// A node starts, for the first time or again.
    fn start(&self, me: u8, stored: Option<&Self::Stored>, out: &mut impl Effects<Self>) -> Self::State;

    /// A message has arrived; gives the state after it, where that is another.
    fn on_msg(
        &self,
        me: u8,
        state: &Self::State,
        from: u8,
        msg: &Self::Msg,
        out: &mut impl Effects<Self>,
    ) -> Option<Self::State>;

    /// A timer has fired.
    fn on_timer(
        &self,
        _me: u8,
        _state: &Self::State,
        _timer: &Self::Timer,
        _out: &mut impl Effects<Self>,
    ) -> Option<Self::State> {
        None
    }
}

/// What a handler may ask for.
pub trait Effects<P: Protocol> {
    /// Sends a message.
    fn send(&mut self, to: u8, msg: P::Msg);
    /// Sets a timer.
    fn set(&mut self, timer: P::Timer);
    /// Stops a timer.
    fn cancel(&mut self, timer: P::Timer);
    /// Makes something durable, at once.
    fn save(&mut self, stored: P::Stored);
    /// Declares a fact: stateright's models watch messages and states instead.
    fn tell(&mut self, _fact: impl FnOnce(&Cluster) -> Fact) {}
}

/// How many of so many are more than half.
pub fn majority(count: u8) -> usize {
    usize::from(count / 2 + 1)
}
