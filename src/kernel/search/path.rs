//! A search space over one type of node, and the way from a path in it to a run.

use super::expand::{Expander, MACHINES, WATCHER};
use super::machine::{Machine, Rules};
use super::symmetry::{self, Renaming};
use super::tables::{self, Kind, Tables};
use super::tally::Tally;
use super::{Action, Arrivals, Bounds, Desk, Flaw, How, Network, NoSpace, Print, Renumber, Space, Successors};
use crate::kernel::schedule::{Alarm, Choice, Command, Letter, Schedule, Step};
use crate::kernel::{Plan, World};
use crate::node::{Event, Node, NodeId, OperationId, Seen, Sink, Watcher, What, kind_of};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// All states of a world of one type of node, watched by `W`.
pub struct Machines<N: Node, W: Watcher> {
    plan: Arc<Plan>,
    config: N::Config,
    pub(super) bounds: Bounds,
    pub(super) commands: Vec<Command>,
    /// Each client that is asked for anything, with the numbers of its commands.
    pub(super) clients: Vec<(NodeId, Vec<u32>)>,
    pub(super) tables: Tables<N, W>,
    /// The renamings of like nodes; none where the search has no symmetry.
    renamings: Vec<Renaming>,
    first: Vec<u32>,
    marks: u64,
}

impl<N: Node, W: Watcher> Machines<N, W> {
    /// The space of a plan: its cluster, its disks, its workload in order; without its faults and its laws of time.
    pub fn new(plan: &Plan, config: N::Config, bounds: Bounds, watcher: W) -> Result<Self, NoSpace> {
        let commands = plan.commands().map_err(NoSpace::Workload)?;
        let mut clients: BTreeMap<NodeId, Vec<u32>> = BTreeMap::new();
        for (place, command) in commands.iter().enumerate() {
            clients.entry(command.client).or_default().push(place as u32);
        }
        let schedule = Some(bounds.schedule());
        let mut space = Machines {
            plan: Arc::new(Plan { schedule, ..plan.clone() }),
            config,
            bounds,
            commands,
            clients: clients.into_iter().collect(),
            tables: Tables::default(),
            renamings: Vec::new(),
            first: Vec::new(),
            marks: 0,
        };
        if space.bounds.symmetry {
            let settings = serde_json::to_string(&space.config).unwrap_or_default();
            let is_asked = |node| space.clients.iter().any(|(client, _)| *client == node);
            space.renamings = symmetry::renamings(plan, &settings, is_asked);
        }
        space.begin(watcher);
        Ok(space)
    }

    pub(super) fn nodes(&self) -> usize {
        self.plan.cluster.len()
    }

    pub(super) fn rules(&self, node: NodeId) -> Rules<'_, N> {
        let Bounds { tick, syncs_at_once, .. } = self.bounds;
        Rules { plan: &self.plan, config: &self.config, node, tick, syncs_at_once }
    }

    /// The place of the client that an operation was given to.
    pub(super) fn client_of(&self, operation: OperationId) -> Option<u16> {
        let client = self.commands.get(operation.0 as usize)?.client;
        self.clients.iter().position(|(other, _)| *other == client).map(|place| place as u16)
    }

    /// A world in which all nodes have just booted, told to `sink`.
    fn booted(&self, mut sink: &mut dyn Sink<N>) -> World<N> {
        let mut world = World::<N>::new(self.plan.clone(), self.config.clone());
        while world.over().is_none() {
            world.step(&mut sink);
        }
        world
    }

    fn begin(&mut self, mut watcher: W) {
        let mut catch = Catch::default();
        let twice = catch_unwind(AssertUnwindSafe(|| (self.booted(&mut catch), self.booted(&mut ()))));
        let (world, again) = match twice {
            Ok(twice) => twice,
            Err(panic) => {
                let node = catch.0.last().expect("something booted").0;
                self.tables.flaws.push(Flaw::panicked(node, "its start".to_owned(), panic.as_ref()));
                return;
            }
        };
        self.marks = catch.0.iter().fold(0, |marks, (node, seen)| marks | watcher.see(*node, seen));
        let Bounds { drops, duplicates, crashes, timeouts, ticks, .. } = self.bounds;
        let tally = Tally {
            left: [drops, duplicates, crashes, timeouts, ticks],
            clients: self.clients.iter().map(|_| (0, false)).collect(),
        };
        let mut own = Tables::default();
        let mut next = Successors::default();
        let desk = tables::Desk { shared: &self.tables, own: &mut own, renamings: &self.renamings };
        let mut expander = Expander { space: self, desk, arrivals: Arrivals::UNKNOWN, next: &mut next };
        let mut first = vec![expander.desk.keep_tally(tally), expander.desk.keep_watcher(watcher)];
        for node in self.plan.cluster.ids() {
            let [once, twice] = [&world, &again].map(|world| Machine::of(&world.processes[node.index()], 0));
            if once != twice {
                let difference = tables::difference(&once, &twice);
                let what = "its start".to_owned();
                expander.desk.own.flaws.push(Flaw::NotDeterministic { node, what, difference });
            }
            first.push(expander.keep(node, &once));
        }
        expander.next.words = first;
        for parcel in &world.held {
            let letter = tables::Sent { from: parcel.from, to: parcel.to, msg: parcel.msg.clone() };
            let letter = expander.desk.keep_letter(letter);
            expander.fly(0, 0, letter);
        }
        let mut first = std::mem::take(&mut next.words);
        let numbers = self.tables.take_in(own);
        numbers.apply(&mut first, self.nodes(), self.bounds.network == Network::Ordered);
        self.first = first;
    }

    /// What a schedule calls an action, in the world in which it is about to happen.
    fn choice(&self, world: &World<N>, own: &mut Tables<N, W>, action: Action) -> Choice {
        let desk = tables::Desk { shared: &self.tables, own, renamings: &self.renamings };
        let node = self.plan.cluster.ids().nth(usize::from(action.node)).expect("a node of the cluster");
        match action.code.kind() {
            Kind::Deliver => {
                let letter = desk.letter(action.code.which());
                let kind = kind_of(&letter.msg).to_string();
                let same = world.held.iter().filter(|parcel| (parcel.from, parcel.to) == (letter.from, letter.to));
                let nth =
                    same.filter(|parcel| kind_of(&parcel.msg) == kind).position(|parcel| parcel.msg == letter.msg);
                let nth = nth.expect("what the search saw on its way is on its way") as u32 + 1;
                let stays = self.bounds.network == Network::Duplicating;
                let letter = Letter { kind, from: letter.from, to: letter.to, nth };
                match action.how {
                    How::Lost => Choice::Drop(letter),
                    How::Copied => Choice::Duplicate(letter),
                    How::Plain if stays => Choice::Duplicate(letter),
                    How::Plain => Choice::Deliver(letter),
                }
            }
            Kind::Expire => {
                let timer = desk.timer(action.code.which());
                let kind = kind_of(timer).to_string();
                let timers = &world.processes[node.index()].timers;
                let set = timers.set_in_order().map(|slot| &timers.get(slot).timer);
                let nth = set.filter(|timer| kind_of(*timer) == kind).position(|set| set == timer);
                Choice::Expire(Alarm { node, kind, nth: nth.expect("what the search saw set is set") as u32 + 1 })
            }
            Kind::Synced => Choice::Synced(node, action.code.which() + 1),
            Kind::Operation => Choice::Ask(node),
            Kind::Crash => Choice::Crash(node, action.code.which()),
            Kind::Restart => Choice::Restart(node),
            Kind::Tick => Choice::Tick(node),
        }
    }

    /// What happened on a path from the start, each with what the node chose.
    pub(super) fn way(&self, path: &[(Vec<u32>, Action)], own: &mut Tables<N, W>) -> Vec<(Action, Vec<u32>)> {
        let desk = tables::Desk { shared: &self.tables, own, renamings: &self.renamings };
        let with_answers = |(state, action): &(Vec<u32>, Action)| {
            let machine = state[MACHINES + usize::from(action.node)];
            let branches = desk.find_branches(machine, action.code).map_or(&[][..], |id| desk.branches(id));
            let answers = branches.get(usize::from(action.branch)).map(|branch| branch.answers.to_vec());
            (*action, answers.unwrap_or_default())
        };
        path.iter().map(with_answers).collect()
    }

    /// A run of these actions: its schedule, and the world at its end.
    pub(super) fn run(&self, actions: &[(Action, Vec<u32>)], own: &mut Tables<N, W>) -> (Schedule, World<N>) {
        let mut world = self.booted(&mut ());
        let mut schedule = self.bounds.schedule();
        for (action, answers) in actions {
            let choice = self.choice(&world, own, *action);
            let step = Step { choice, answers: answers.clone() };
            let taken = world.take_step(&step, &mut (&mut () as &mut dyn Sink<N>));
            assert_eq!(taken, Ok(()), "what the search saw happen can happen");
            schedule.steps.push(step);
        }
        (schedule, world)
    }
}

impl<N: Node, W: Watcher> Space for Machines<N, W> {
    fn start(&self) -> (Vec<u32>, Print, u64) {
        let (mut own, mut next) = (Tables::default(), Successors::default());
        let desk = tables::Desk { shared: &self.tables, own: &mut own, renamings: &self.renamings };
        let print =
            Expander { space: self, desk, arrivals: Arrivals::UNKNOWN, next: &mut next }.print(&self.first, None);
        (self.first.clone(), print, self.marks)
    }

    fn desk(&self) -> Desk {
        Box::new(Tables::<N, W>::default())
    }

    fn expand(&self, desk: &mut Desk, state: &[u32], arrivals: Arrivals, next: &mut Successors) {
        let own = desk.downcast_mut().expect("a desk of this space");
        let desk = tables::Desk { shared: &self.tables, own, renamings: &self.renamings };
        Expander { space: self, desk, arrivals, next }.expand(state);
    }

    fn canonical(&self, desk: &mut Desk, state: &[u32]) -> Print {
        let own = desk.downcast_mut().expect("a desk of this space");
        let desk = tables::Desk { shared: &self.tables, own, renamings: &self.renamings };
        let mut next = Successors::default();
        let expander = Expander { space: self, desk, arrivals: Arrivals::UNKNOWN, next: &mut next };
        let prints = (0..self.renamings.len()).map(|renaming| expander.print(state, Some(renaming)));
        prints.min().unwrap_or_else(|| expander.print(state, None))
    }

    fn alike(&self) -> Vec<String> {
        symmetry::alike(&self.plan.cluster, &self.renamings)
    }

    fn settle(&mut self, desks: Vec<Desk>) -> Vec<Renumber> {
        let (nodes, is_ordered) = (self.nodes(), self.bounds.network == Network::Ordered);
        let renumber = |desk: Desk| {
            let own: Box<Tables<N, W>> = desk.downcast().expect("a desk of this space");
            let numbers = self.tables.take_in(*own);
            Renumber(Box::new(move |state: &mut [u32]| numbers.apply(state, nodes, is_ordered)))
        };
        desks.into_iter().map(renumber).collect()
    }

    fn schedule(&self, path: &[(Vec<u32>, Action)], desk: &mut Desk) -> Schedule {
        let own: &mut Tables<N, W> = desk.downcast_mut().expect("a desk of this space");
        self.run(&self.way(path, own), own).0
    }

    fn achieved(&self, desk: &Desk, state: &[u32]) -> u64 {
        let own: &Tables<N, W> = desk.downcast_ref().expect("a desk of this space");
        own.watcher_of(&self.tables, state[WATCHER]).achieved()
    }

    fn flaw<'a>(&'a self, desk: &'a Desk) -> Option<&'a Flaw> {
        let own: &Tables<N, W> = desk.downcast_ref().expect("a desk of this space");
        self.tables.flaws.first().or(own.flaws.first())
    }

    fn looked_at_clocks(&self) -> u64 {
        self.tables.asked_time
    }

    fn sizes(&self) -> [u64; 4] {
        self.tables.sizes()
    }
}

/// Catches what can be seen of nodes as they boot.
#[derive(Default)]
struct Catch(Vec<(NodeId, Seen)>);

impl<N: Node> Sink<N> for Catch {
    fn event(&mut self, event: &Event<'_, N>) {
        let seen = match event.what {
            What::Boot { .. } => Seen::Boot,
            What::Fact(fact) => Seen::Fact(fact.clone()),
            _ => return,
        };
        self.0.extend(event.node.map(|node| (node, seen)));
    }
}
