//! The same ping-pong on Pessimist, unwatched and traced, and Raft of five under four clients.
//!
//! What is done for a message: its content is hashed under its link's key, its delay drawn from that, the event queued,
//! the handler run with a context, its effects applied. Loss, duplicates, cuts and holds are asked after and found
//! absent; no checker runs. "Traced" means that the recorder keeps every event, its times, causes and stamps, in memory
//! (two events a message, about fifty bytes each); unlike anysystem's, the trace holds no contents: those are had by
//! running again.

#[path = "../../workloads/mod.rs"]
mod workloads;

use pessimist::kernel::World;
use pessimist::node::Sink;
use pessimist::protocols::raft::Raft;
use pessimist::trace::{Lines, Recorder};
use workloads::Ping;

/// Ping-pong that nobody watches; tells the messages delivered.
pub fn unwatched(in_flight: u32, messages: u64) -> u64 {
    ping_pong(in_flight, messages, &mut ())
}

/// Ping-pong of which every event is kept.
pub fn traced(in_flight: u32, messages: u64) -> u64 {
    let mut recorder = Recorder::new(workloads::ping_pong(1).cluster.clone(), Lines::None);
    ping_pong(in_flight, messages, &mut recorder)
}

fn ping_pong<S: Sink<Ping>>(in_flight: u32, messages: u64, sink: &mut S) -> u64 {
    // Two boots, the serves, and then a delivery and a sending for each message.
    let plan = workloads::ping_pong((2 * messages + u64::from(in_flight) + 2) as u32);
    let mut world = World::<Ping>::new(plan, in_flight);
    world.run(sink);
    let delivered = |id| world.node(id).map_or(0, |player| player.seen);
    world.cluster().ids().map(delivered).sum()
}

/// Raft of five under client load that nobody watches; tells its events.
pub fn raft_unwatched(_: u32, events: u64) -> u64 {
    raft(events, &mut ())
}

/// Raft of five under client load of which every event is kept.
pub fn raft_traced(_: u32, events: u64) -> u64 {
    let mut recorder = Recorder::new(workloads::raft_of_five(1).0.cluster.clone(), Lines::None);
    raft(events, &mut recorder)
}

fn raft<S: Sink<Raft>>(events: u64, sink: &mut S) -> u64 {
    let (plan, config) = workloads::raft_of_five(events as u32);
    let mut world = World::<Raft>::new(plan, config);
    world.run(sink);
    u64::from(world.events())
}
