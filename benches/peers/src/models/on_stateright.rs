//! Protocols as stateright's actors.

use super::lock::{self, Lock};
use super::ping_pong::{self, PingPong};
use super::register::{MayAsk, Tester, record_in, record_out};
use super::two_phase::{self, TwoPhase};
use super::{Effects, Protocol};
use pessimist::kernel::search::Network;
use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, Id, LossyNetwork, Network as Peer, Out, model_timeout};
use stateright::semantics::LinearizabilityTester;
use stateright::semantics::register::Register;
use std::borrow::Cow;
use std::fmt::Debug;
use std::hash::Hash;

/// An actor that plays a protocol.
#[derive(Clone, Debug)]
pub struct Player<P>(pub P);

impl<P: Protocol> Effects<P> for Out<Player<P>> {
    fn send(&mut self, to: u8, msg: P::Msg) {
        Out::send(self, Id::from(usize::from(to)), msg);
    }

    fn set(&mut self, timer: P::Timer) {
        self.set_timer(timer, model_timeout());
    }

    fn cancel(&mut self, timer: P::Timer) {
        self.cancel_timer(timer);
    }

    fn save(&mut self, stored: P::Stored) {
        Out::save(self, stored);
    }
}

/// The number of an actor.
pub fn number(id: Id) -> u8 {
    usize::from(id) as u8
}

impl<P: Protocol> Actor for Player<P> {
    type Msg = P::Msg;
    type Timer = P::Timer;
    type State = P::State;
    type Storage = P::Stored;
    type Random = ();

    fn on_start(&self, id: Id, stored: &Option<P::Stored>, out: &mut Out<Self>) -> P::State {
        self.0.start(number(id), stored.as_ref(), out)
    }

    fn on_msg(&self, id: Id, state: &mut Cow<P::State>, from: Id, msg: P::Msg, out: &mut Out<Self>) {
        if let Some(after) = self.0.on_msg(number(id), state, number(from), &msg, out) {
            *state = Cow::Owned(after);
        }
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<P::State>, timer: &P::Timer, out: &mut Out<Self>) {
        if let Some(after) = self.0.on_timer(number(id), state, timer, out) {
            *state = Cow::Owned(after);
        }
    }
}

/// A model of so many nodes.
fn model<P: Protocol, H: Clone + Debug + Hash>(
    protocol: &P,
    nodes: u8,
    history: H,
    network: Network,
) -> ActorModel<Player<P>, (), H> {
    let network = match network {
        Network::Unordered => Peer::new_unordered_nonduplicating([]),
        Network::Duplicating => Peer::new_unordered_duplicating([]),
        Network::Ordered => Peer::new_ordered([]),
    };
    let players = (0..nodes).map(|_| Player(protocol.clone()));
    ActorModel::new((), history).actors(players).init_network(network)
}

/// Ping-pong: neither is more than one ahead.
pub fn ping_pong(protocol: &PingPong, network: Network, is_lossy: bool) -> ActorModel<Player<PingPong>> {
    model(protocol, ping_pong::NODES, (), network)
        .lossy_network(if is_lossy { LossyNetwork::Yes } else { LossyNetwork::No })
        .property(Expectation::Always, "one ahead at most", |_, state| {
            state.actor_states[0].abs_diff(*state.actor_states[1]) <= 1
        })
}

/// Two-phase commit: no two participants end differently.
pub fn two_phase(protocol: &TwoPhase, network: Network) -> ActorModel<Player<TwoPhase>> {
    model(protocol, protocol.nodes(), (), network).property(Expectation::Always, "agreement", |_, state| {
        two_phase::agree(state.actor_states.iter().map(|party| &**party))
    })
}

/// A register of so many nodes: what its clients are told is linearizable.
pub fn register<P: Protocol<Msg: MayAsk>>(
    protocol: &P,
    nodes: u8,
    network: Network,
) -> ActorModel<Player<P>, (), Tester> {
    model(protocol, nodes, LinearizabilityTester::new(Register(0)), network)
        .record_msg_in(record_in)
        .record_msg_out(record_out)
        .property(Expectation::Always, "linearizable", |_, state| state.history.serialized_history().is_some())
}

/// A lock of which any node may be down, all at once if it comes to that: no two of those that are up hold it.
pub fn lock(protocol: &Lock, network: Network) -> ActorModel<Player<Lock>> {
    model(protocol, protocol.nodes(), (), network).max_crashes(usize::from(protocol.nodes())).property(
        Expectation::Always,
        "exclusive",
        |_, state| {
            let is_up = |place: &usize| !state.crashed[*place];
            lock::is_exclusive((0..state.crashed.len()).filter(is_up).map(|place| &*state.actor_states[place]))
        },
    )
}
