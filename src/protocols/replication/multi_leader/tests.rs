//! Leaders on a bench: messages arrive in any order, are lost and doubled, leaders crash; then all is delivered.

use super::{Bug, Config, Durable, Msg, MultiLeader, Mutant, MutantConfig, Resolve, Timer, Topology};
use crate::node::{
    ClockReading, Cluster, Ctx, Datum, Disk, Effect, Fact, Key, LocalTime, Node, NodeId, Op, Operation, OperationId,
    Outcome, Retry,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const LEADERS: usize = 4;

/// A step of a schedule. Numbers are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A client puts the next number under one of two keys.
    Put(usize, usize),
    /// A client appends the next number under one of two keys.
    Append(usize, usize),
    /// A client deletes one of two keys.
    Delete(usize, usize),
    /// A message that is on its way arrives.
    Arrive(usize),
    /// One is lost.
    Lose(usize),
    /// One is doubled.
    Double(usize),
    /// A leader compares with those that ship to it.
    Compare(usize),
    /// A leader crashes and boots again.
    Crash(usize),
}

/// Four leaders, each with two clients, and what is between them.
struct Lab<N: Node<Msg = Msg, Timer = Timer, Disk = Durable>> {
    config: N::Config,
    cluster: Cluster,
    nodes: Vec<N>,
    disks: Vec<Durable>,
    wire: Vec<(NodeId, NodeId, Msg)>,
    /// What each leader declares to hold.
    held: BTreeMap<(NodeId, Key), Vec<Datum>>,
    /// Writes: by number of the operation what was asked, what had been shown, and whether it was acknowledged.
    asked: Vec<Op>,
    replaces: BTreeMap<OperationId, Vec<Datum>>,
    returned: BTreeMap<OperationId, Outcome>,
    clock: i64,
}

impl<N: Node<Msg = Msg, Timer = Timer, Disk = Durable>> Lab<N> {
    fn new(config: N::Config) -> Self {
        let groups =
            [("leader", vec!["a", "b", "c", "d"]), ("client", vec!["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"])];
        let cluster = Cluster::new(groups).unwrap();
        let disks = vec![Durable::default(); cluster.len()];
        let (replaces, returned) = (BTreeMap::new(), BTreeMap::new());
        let mut lab = Lab {
            config,
            cluster,
            nodes: vec![],
            disks,
            wire: vec![],
            held: BTreeMap::new(),
            asked: vec![],
            replaces,
            returned,
            clock: 0,
        };
        for place in 0..lab.cluster.len() {
            let node = lab.boot(place);
            lab.nodes.push(node);
        }
        lab
    }

    fn boot(&mut self, place: usize) -> N {
        let (config, disk, mut booted) = (self.config.clone(), self.disks[place].clone(), None);
        self.held.retain(|(holder, _), _| holder.index() != place);
        self.run(place, |_, ctx| booted = Some(N::boot(ctx, &config, &disk)));
        booted.unwrap()
    }

    /// Runs a handler of a node; disks write at once, messages are on their way then.
    fn run(&mut self, place: usize, handler: impl FnOnce(Option<&mut N>, &mut Ctx<N>)) {
        let (id, mut effects, mut choose) = (self.cluster.id(place), Vec::new(), |_: u32| 0);
        // Clocks are wrong: one leader's is ahead, another's stands still.
        self.clock += 1;
        let wall = LocalTime([self.clock, self.clock + 50, 7, self.clock / 3][place % LEADERS]);
        let clock = ClockReading { wall, ..ClockReading::default() };
        handler(self.nodes.get_mut(place), &mut Ctx::new(id, &self.cluster, clock, &mut effects, &mut choose));
        for effect in effects {
            match effect {
                Effect::Send { to, msg } => self.wire.push((id, to, msg)),
                Effect::Write(write) => self.disks[place].apply(write),
                Effect::Observe(Fact::Stored { key, values }) => {
                    self.held.insert((id, key), values.to_vec());
                }
                Effect::Observe(Fact::Replaces { operation, values, .. }) => {
                    self.replaces.insert(operation, values.to_vec());
                }
                Effect::Observe(Fact::Returned { operation, outcome }) => {
                    let before = self.returned.insert(operation, outcome);
                    assert_eq!(before, None, "an operation returns once");
                }
                _ => {}
            }
        }
    }

    fn ask(&mut self, client: usize, op: Op) -> OperationId {
        let id = OperationId(self.asked.len() as u32);
        self.asked.push(op.clone());
        let operation = Operation { id, op, timeout: None, retry: Retry::UntilTimeout };
        let place = LEADERS + client % (2 * LEADERS);
        self.run(place, |node, ctx| node.unwrap().on_operation(ctx, operation));
        id
    }

    fn take(&mut self, step: Step) {
        let (key, next) = (|key: usize| Key::from(["x", "y"][key % 2]), Datum::Int(self.asked.len() as i64));
        let chosen = |chosen: usize, wire: &[_]| (!wire.is_empty()).then(|| chosen % wire.len());
        match step {
            Step::Put(client, of) => drop(self.ask(client, Op::Put(key(of), next))),
            Step::Append(client, of) => drop(self.ask(client, Op::Append(key(of), next))),
            Step::Delete(client, of) => drop(self.ask(client, Op::Delete(key(of)))),
            Step::Arrive(number) => {
                let Some(number) = chosen(number, &self.wire) else { return };
                let (from, to, msg) = self.wire.remove(number);
                self.run(to.index(), |node, ctx| node.unwrap().on_message(ctx, from, msg));
            }
            Step::Lose(number) => drop(chosen(number, &self.wire).map(|number| self.wire.remove(number))),
            Step::Double(number) => {
                let doubled = chosen(number, &self.wire).map(|number| self.wire[number].clone());
                self.wire.extend(doubled);
            }
            Step::Compare(leader) => {
                self.run(leader % LEADERS, |node, ctx| node.unwrap().on_timer(ctx, Timer::Compare));
            }
            Step::Crash(leader) => {
                let node = self.boot(leader % LEADERS);
                self.nodes[leader % LEADERS] = node;
            }
        }
    }

    /// Clients ask again, leaders compare, and all arrives: as often as the longest way needs.
    fn settle(&mut self) {
        for _ in 0..=LEADERS {
            for number in 0..self.asked.len() {
                let again = Timer::AskAgain(OperationId(number as u32));
                let clients = LEADERS..self.cluster.len();
                clients.for_each(|client| self.run(client, |node, ctx| node.unwrap().on_timer(ctx, again)));
            }
            (0..LEADERS).for_each(|leader| self.take(Step::Compare(leader)));
            while !self.wire.is_empty() {
                self.take(Step::Arrive(0));
            }
        }
    }

    fn held(&self, leader: usize, key: &str) -> &[Datum] {
        self.held.get(&(self.cluster.id(leader), Key::from(key))).map_or(&[], Vec::as_slice)
    }

    fn are_equal(&self) -> bool {
        ["x", "y"].iter().all(|key| (0..LEADERS).all(|leader| self.held(leader, key) == self.held(0, key)))
    }

    /// The acknowledged puts of which nothing is left, though nobody who had been shown them has written since.
    fn lost(&self) -> Vec<&Op> {
        let mut seen: BTreeMap<&Datum, BTreeSet<&Datum>> = BTreeMap::new();
        let mut deleted: BTreeSet<(&Key, &Datum)> = BTreeSet::new();
        for (operation, shown) in &self.replaces {
            match &self.asked[operation.0 as usize] {
                Op::Put(_, value) => drop(seen.insert(value, shown.iter().collect())),
                Op::Delete(key) => deleted.extend(shown.iter().map(|value| (key, value))),
                _ => {}
            }
        }
        let is_seen = |value: &Datum| seen.values().any(|shown| shown.contains(value));
        let is_lost = |(number, op): &(usize, &Op)| match op {
            Op::Put(key, value) => {
                let is_ok = matches!(self.returned.get(&OperationId(*number as u32)), Some(Outcome::Ok(_)));
                is_ok && !self.held(0, key).contains(value) && !is_seen(value) && !deleted.contains(&(key, value))
            }
            _ => false,
        };
        self.asked.iter().enumerate().filter(is_lost).map(|(_, op)| op).collect()
    }
}

fn steps(with_appends: bool) -> impl Strategy<Value = Vec<Step>> {
    let number = any::<usize>;
    let step = prop_oneof![
        4 => (number(), number()).prop_map(|(client, key)| Step::Put(client, key)),
        2 => (number(), number()).prop_map(move |(client, key)| match with_appends {
            true => Step::Append(client, key),
            false => Step::Put(client, key),
        }),
        1 => (number(), number()).prop_map(|(client, key)| Step::Delete(client, key)),
        16 => number().prop_map(Step::Arrive),
        2 => number().prop_map(Step::Lose),
        1 => number().prop_map(Step::Double),
        1 => number().prop_map(Step::Compare),
        1 => number().prop_map(Step::Crash),
    ];
    proptest::collection::vec(step, 0..80)
}

fn topologies() -> Vec<Topology> {
    let links = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "b")];
    let links = links.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    vec![Topology::AllToAll, Topology::Ring, Topology::Star("b".to_owned()), Topology::Links(links)]
}

fn config() -> impl Strategy<Value = Config> {
    let resolve = [Resolve::LastWriteWins, Resolve::Siblings, Resolve::Merge];
    (prop::sample::select(topologies()), prop::sample::select(resolve.to_vec()), any::<bool>())
        .prop_map(|(topology, resolve, causal)| Config { topology, resolve, causal, ..Config::default() })
}

fn ran<N: Node<Msg = Msg, Timer = Timer, Disk = Durable>>(config: N::Config, steps: &[Step]) -> Lab<N> {
    let mut lab = Lab::new(config);
    steps.iter().for_each(|step| lab.take(*step));
    lab.settle();
    lab
}

proptest! {
    /// Whatever is lost, doubled, overtaken or crashes: in the end all hold the same, and everybody was answered.
    #[test]
    fn leaders_converge(config in config(), steps in steps(true)) {
        let lab = ran::<MultiLeader>(config, &steps);
        prop_assert!(lab.are_equal(), "{:?}", lab.held);
        prop_assert_eq!(lab.returned.len(), lab.asked.len());
    }

    /// What was acknowledged stays until somebody who was shown it writes, unless the last write wins.
    #[test]
    fn no_acknowledged_write_is_lost(mut config in config(), steps in steps(false)) {
        if config.resolve == Resolve::LastWriteWins {
            config.resolve = Resolve::Siblings;
        }
        let lab = ran::<MultiLeader>(config, &steps);
        prop_assert!(lab.lost().is_empty(), "{:?} of {:?}", lab.lost(), lab.held);
    }

    /// A set has each element that was added, once, whatever happened.
    #[test]
    fn merged_sets_keep_every_element(adds in proptest::collection::vec((0..8usize, 0..40usize), 0..20)) {
        let steps = adds.iter().flat_map(|&(client, arrive)| [Step::Append(client, 0), Step::Arrive(arrive), Step::Lose(arrive)]);
        let steps: Vec<Step> = steps.collect();
        let lab = ran::<MultiLeader>(Config { resolve: Resolve::Merge, ..Config::default() }, &steps);
        let all: Vec<Datum> = (0..adds.len() as i64).map(Datum::Int).collect();
        prop_assert_eq!(lab.held(3, "x"), all);
    }
}

fn int(number: i64) -> Datum {
    Datum::Int(number)
}

/// Two clients write at two leaders, neither having seen the other.
fn clash<N: Node<Msg = Msg, Timer = Timer, Disk = Durable>>(config: N::Config) -> Lab<N> {
    ran(config, &[Step::Put(0, 0), Step::Put(1, 0)])
}

#[test]
fn a_conflict_is_resolved_as_it_is_set() {
    let held = |resolve| clash::<MultiLeader>(Config { resolve, ..Config::default() }).held(2, "x").to_vec();
    assert_eq!(held(Resolve::LastWriteWins), [int(1)], "b's clock is ahead");
    assert_eq!(held(Resolve::Siblings), [int(0), int(1)]);
    assert_eq!(held(Resolve::Merge), [int(0), int(1)]);
}

#[test]
fn who_was_shown_both_replaces_both() {
    let mut lab = clash::<MultiLeader>(Config::default());
    let read = lab.ask(2, Op::Get("x".into()));
    lab.settle();
    assert_eq!(lab.returned[&read], Outcome::Ok(Datum::List([int(0), int(1)].into())));
    lab.take(Step::Put(2, 0));
    lab.settle();
    assert_eq!(lab.held(0, "x"), [int(3)]);
}

#[test]
fn a_set_forgets_what_its_writer_had_seen_and_no_more() {
    let mut lab = Lab::<MultiLeader>::new(Config { resolve: Resolve::Merge, ..Config::default() });
    lab.take(Step::Append(0, 0));
    lab.settle();
    lab.ask(1, Op::Get("x".into()));
    lab.settle();
    // One deletes the element that it was shown; another adds one at the same time.
    lab.take(Step::Delete(1, 0));
    lab.take(Step::Append(2, 0));
    lab.settle();
    assert_eq!(lab.held(3, "x"), [int(3)]);
    assert!(lab.are_equal());
}

/// A write of a reads on b, which writes another key: c gets the second first.
fn overtaken(causal: bool) -> (Vec<Datum>, Vec<Datum>) {
    let mut lab = Lab::<MultiLeader>::new(Config { causal, ..Config::default() });
    let arrive = |lab: &mut Lab<MultiLeader>, from: &str, to: &str| {
        let ends = (lab.cluster.find(from).unwrap(), lab.cluster.find(to).unwrap());
        let number = lab.wire.iter().position(|(from, to, _)| (*from, *to) == ends).unwrap();
        lab.take(Step::Arrive(number));
    };
    lab.take(Step::Put(0, 0));
    arrive(&mut lab, "c1", "a");
    arrive(&mut lab, "a", "b");
    lab.take(Step::Put(1, 1));
    arrive(&mut lab, "c2", "b");
    arrive(&mut lab, "b", "c");
    (lab.held(2, "x").to_vec(), lab.held(2, "y").to_vec())
}

#[test]
fn an_effect_overtakes_its_cause_unless_it_is_held_back() {
    assert_eq!(overtaken(false), (vec![], vec![int(1)]));
    assert_eq!(overtaken(true), (vec![], vec![]));
}

#[test]
fn what_a_leader_cannot_promise_alone_is_refused() {
    let mut lab = Lab::<MultiLeader>::new(Config::default());
    let taken = lab.ask(0, Op::Take("x".into()));
    lab.take(Step::Put(0, 0));
    lab.settle();
    let appended = lab.ask(0, Op::Append("x".into(), int(5)));
    lab.settle();
    assert_eq!((&lab.returned[&taken], &lab.returned[&appended]), (&Outcome::Failed, &Outcome::Failed));
}

#[test]
fn topologies_are_what_their_names_say() {
    let cluster = Cluster::new([("leader", vec!["a", "b", "c", "d"])]).unwrap();
    let told = |topology: &Topology| -> Vec<String> {
        let names = |ids: Vec<NodeId>| ids.into_iter().map(|id| cluster.name(id)).collect::<String>();
        cluster.ids().map(|id| names(topology.targets(&cluster, id))).collect()
    };
    let expected =
        [["bcd", "acd", "abd", "abc"], ["b", "c", "d", "a"], ["b", "acd", "b", "b"], ["b", "c", "ad", "b"]];
    for (topology, expected) in topologies().iter().zip(expected) {
        assert_eq!(told(topology), expected, "{topology:?}");
    }
    let refused = |topology| Config { topology, ..Config::default() }.check_within(&cluster).unwrap_err();
    assert_eq!(refused(Topology::Star("e".to_owned())), "topology names \"e\", and the leaders are a b c d");
    let link = vec![("a".to_owned(), "c1".to_owned())];
    assert!(refused(Topology::Links(link)).contains("\"c1\""));
}

/// Each check above fails for a protocol with a bug.
#[test]
fn each_mutant_breaks_what_it_is_said_to() {
    let with = |bug, multi_leader| MutantConfig { bug, multi_leader };
    let ring = || Config { topology: Topology::Ring, ..Config::default() };
    // c1 and c5 both ask a.
    let unseen = [Step::Put(0, 0), Step::Put(4, 0)];
    assert!(!ran::<Mutant>(with(Bug::OverwritesUnseen, Config::default()), &unseen).lost().is_empty());
    let last = Config { resolve: Resolve::LastWriteWins, ..Config::default() };
    assert!(clash::<MultiLeader>(last.clone()).are_equal());
    assert!(!clash::<Mutant>(with(Bug::StampsOnArrival, last)).are_equal());
    assert!(clash::<MultiLeader>(ring()).are_equal());
    assert!(!clash::<Mutant>(with(Bug::DropsForwarded, ring())).are_equal());
    let mut round = Lab::<Mutant>::new(with(Bug::ForwardsForever, ring()));
    round.take(Step::Put(0, 0));
    (0..1000).for_each(|_| round.take(Step::Arrive(0)));
    assert!(!round.wire.is_empty(), "it goes round for ever");
}
