//! One world: nodes, their network, clocks and disks, and what goes wrong with them, in virtual time from one seed.
//!
//! A [`Plan`] says what a world is to be; a [`World`] runs it, one [`step`](World::step) an event, and tells a
//! [`Sink`](crate::node::Sink) what happens. It keeps no trace of its own: a run that nobody watches costs no more than
//! its events.
//!
//! All chance comes from keyed draws (`draw`): the same plan gives the same run on every platform, and a change of
//! one fact changes no other draw.

mod chance;
mod clock;
mod clocks;
mod draw;
mod faults;
mod keys;
mod law;
mod loops;
mod network;
mod plan;
mod process;
mod queue;
mod rehearsal;
mod rules;
mod schedule;
pub mod search;
mod selection;
mod steering;
mod topology;
mod world;

pub use chance::Fates;
pub use keys::Keys;
pub use law::Law;
pub use network::InFlight;
pub use plan::*;
pub use rehearsal::{Act, Cue, Known, Question, Script, Taken};
pub use schedule::{Alarm, Choice, Command, Letter, Schedule, Step, Stuck, Unlisted};
pub use selection::CLIENTS;
pub use topology::{Cable, Site, Topology};
pub use world::{MAX_EVENTS_AT_ONCE, Over, World};
