//! The clocks of a world that something keeps right or unsettles: they are seen to at instants of their own.

use super::draw::{Draw, derive_key, subject};
use super::plan::Synchronisation;
use super::queue::Class;
use super::steering::Tick;
use super::world::{Job, World};
use crate::node::{ClockChange, Fault, Node, NodeId, SimTime, Sink};

/// A leap second takes this from the time of day.
const LEAP: ClockChange = ClockChange::Step(-1_000_000_000);

impl<N: Node> World<N> {
    /// Schedules what clocks are due for.
    pub(super) fn start_clocks(&mut self) {
        let plan = self.plan.clone();
        for &node in plan.clocks.keys() {
            let Some(steering) = self.processes[node.index()].clock.steering() else { continue };
            let ticks: Vec<_> = steering.first_ticks().collect();
            if matches!(steering.plan.sync, Synchronisation::TrueTime(_)) {
                let draw = self.clock_draw(node, "poll", 0);
                self.processes[node.index()].clock.poll(self.now, draw);
            }
            for (time, tick) in ticks {
                self.add_tick(time, node, tick);
            }
        }
    }

    fn add_tick(&mut self, time: SimTime, node: NodeId, tick: Tick) {
        self.upkeep += usize::from(tick.goes_on());
        self.queue.add(time, Class::Intervention, Job::Clock(node, tick));
    }

    /// A clock is seen to, and again after a while. Only a step is an event.
    pub(super) fn tick<S: Sink<N>>(&mut self, node: NodeId, tick: Tick, sink: &mut S) {
        self.upkeep -= usize::from(tick.goes_on());
        let clock = &self.processes[node.index()].clock;
        let Some((polls, wanders, gap)) = clock.steering().map(|s| (s.polls, s.wanders, s.gap(tick))) else { return };
        let step = match tick {
            Tick::Poll => {
                let draw = self.clock_draw(node, "poll", polls);
                self.processes[node.index()].clock.poll(self.now, draw)
            }
            Tick::Wander => {
                let draw = self.clock_draw(node, "wander", wanders);
                self.processes[node.index()].clock.wander(self.now, draw);
                self.reschedule_timers(node);
                None
            }
            Tick::Leap => Some(LEAP),
        };
        if let Some(step) = step {
            self.inflict(Fault::Clock(node, step), None, false, sink);
        }
        if let Some(gap) = gap {
            self.add_tick(self.now + gap, node, tick);
        }
    }

    /// The draw for the nth time that something is done to a node's clock.
    fn clock_draw(&self, node: NodeId, what: &str, nth: u64) -> Draw {
        let key = derive_key(self.plan.seed, "clock", &[self.plan.cluster.name(node)]);
        Draw::new(subject(key, what), nth)
    }
}
