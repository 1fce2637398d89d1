//! Pessimist and stateright count the same states of the same protocols under the same networks.
//!
//! Two things only stateright remembers, so that watchers add them here where they matter: the last message that a
//! duplicating network delivered, and the state in which an actor crashed.

use pessimist::explore::{Ended, Manner, Report};
use pessimist::kernel::search::{Bounds, Network};
use pessimist::node::Watcher;
use pessimist_peers::models::Protocol;
use pessimist_peers::models::abd::Abd;
use pessimist_peers::models::history::History;
use pessimist_peers::models::lock::Lock;
use pessimist_peers::models::on_pessimist::{Agreement, LastDelivery, LastStates, Setting, Tells, searched};
use pessimist_peers::models::on_stateright::{self, Player};
use pessimist_peers::models::paxos::Paxos;
use pessimist_peers::models::ping_pong::{self, PingPong};
use pessimist_peers::models::two_phase::TwoPhase;
use stateright::actor::ActorModel;
use stateright::{Checker, Model};
use std::fmt::Debug;
use std::hash::Hash;

/// What stateright counts, breadth first and depth first; its properties must hold.
fn theirs<P: Protocol, H: Clone + Debug + Hash + PartialEq + Send + Sync + 'static>(
    model: ActorModel<Player<P>, (), H>,
) -> u64 {
    let breadth = model.clone().checker().threads(2).spawn_bfs().join();
    breadth.assert_properties();
    let depth = model.checker().spawn_dfs().join();
    assert_eq!(breadth.unique_state_count(), depth.unique_state_count());
    breadth.unique_state_count() as u64
}

/// What Pessimist counts in every manner.
fn ours<P: Protocol, W: Watcher>(setting: Setting<P>, nodes: u8, bounds: Bounds, watcher: W) -> u64 {
    let run = |manner, jobs| {
        let report = searched(setting.clone(), nodes, bounds.clone(), watcher.clone(), manner, jobs);
        assert_eq!((&report.ended, &report.found), (&Ended::Complete, &None));
        report
    };
    let first: Report = run(Manner::Breadth, 1);
    assert_eq!(run(Manner::Breadth, 2), first);
    let deep = run(Manner::Depth, 1);
    assert_eq!((deep.states, deep.transitions, deep.ends), (first.states, first.transitions, first.ends));
    first.states
}

fn silent<P>(protocol: P) -> Setting<P> {
    Setting { protocol, tells: Tells::Nothing }
}

fn on(network: Network) -> Bounds {
    Bounds { network, ..Bounds::default() }
}

/// Stateright's count, ours, and ours with the last message remembered.
fn ping_pong(most: u32, network: Network, is_lossy: bool) -> [u64; 3] {
    let theirs = theirs(on_stateright::ping_pong(&PingPong { most }, network, is_lossy));
    let bounds = Bounds { drops: if is_lossy { None } else { Some(0) }, ..on(network) };
    let setting = |tells| Setting { protocol: PingPong { most }, tells };
    let plain = ours(setting(Tells::Nothing), ping_pong::NODES, bounds.clone(), ());
    let last = ours(setting(Tells::Deliveries), ping_pong::NODES, bounds, LastDelivery::default());
    [theirs, plain, last]
}

/// The known numbers of stateright's own ping-pong. What was delivered last follows from the counts here, so that
/// remembering it adds no state.
#[test]
fn ping_pong_on_a_lossy_duplicating_network() {
    assert_eq!(ping_pong(1, Network::Duplicating, true), [14; 3]);
    assert_eq!(ping_pong(5, Network::Duplicating, true), [4_094; 3]);
}

#[test]
fn ping_pong_on_lossless_networks() {
    assert_eq!(ping_pong(5, Network::Duplicating, false), [11; 3]);
    assert_eq!(ping_pong(5, Network::Unordered, false), [11; 3]);
    // In order, what is ignored is gone nevertheless: the last ball is.
    let [theirs, plain, _] = ping_pong(5, Network::Ordered, false);
    assert_eq!((theirs, plain), (12, 12));
}

#[test]
fn ping_pong_on_lossy_networks_that_deliver_once() {
    let [theirs, plain, _] = ping_pong(5, Network::Unordered, true);
    assert_eq!((theirs, plain), (22, 22));
    let [theirs, plain, _] = ping_pong(5, Network::Ordered, true);
    assert_eq!((theirs, plain), (22, 22));
}

fn two_phase(participants: u8, network: Network) -> [u64; 2] {
    let protocol = TwoPhase { participants };
    let theirs = theirs(on_stateright::two_phase(&protocol, network));
    let nodes = protocol.nodes();
    if network != Network::Duplicating {
        return [theirs, ours(silent(protocol), nodes, on(network), Agreement::default())];
    }
    [theirs, ours(Setting { protocol, tells: Tells::Deliveries }, nodes, on(network), LastDelivery::default())]
}

#[test]
fn two_phase_commit_of_three() {
    for network in [Network::Unordered, Network::Ordered, Network::Duplicating] {
        let [theirs, ours] = two_phase(3, network);
        assert_eq!(ours, theirs, "{network:?}");
    }
}

#[test]
fn two_phase_commit_of_five() {
    let [theirs, ours] = two_phase(5, Network::Unordered);
    assert_eq!(ours, theirs);
}

#[test]
fn paxos_with_two_clients_and_three_servers() {
    let protocol = Paxos { servers: 3, clients: 2 };
    assert_eq!(theirs(on_stateright::register(&protocol, protocol.nodes(), Network::Unordered)), 16_668);
    assert_eq!(ours(silent(protocol), 5, on(Network::Unordered), History::new(3, 2)), 16_668);
}

#[test]
fn abd_with_two_clients_and_two_servers() {
    let protocol = Abd { servers: 2, clients: 2 };
    assert_eq!(theirs(on_stateright::register(&protocol, protocol.nodes(), Network::Unordered)), 544);
    assert_eq!(ours(silent(protocol.clone()), 4, on(Network::Unordered), History::new(2, 2)), 544);
    let ordered = theirs(on_stateright::register(&protocol, protocol.nodes(), Network::Ordered));
    assert_eq!(ours(silent(protocol), 4, on(Network::Ordered), History::new(2, 2)), ordered);
}

#[test]
fn a_lock_whose_nodes_crash() {
    let protocol = Lock { clients: 2 };
    let nodes = protocol.nodes();
    let theirs = theirs(on_stateright::lock(&protocol, Network::Unordered));
    let bounds = Bounds { crashes: None, ..on(Network::Unordered) };
    let setting = Setting { protocol, tells: Tells::States };
    assert_eq!(ours(setting, nodes, bounds, LastStates::default()), theirs);
}
