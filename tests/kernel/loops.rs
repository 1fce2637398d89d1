//! Clients that ask again and again: in open and in closed loops.

use pessimist::kernel::{Action, DRAWN_KEY, Keys, Law, NodeAction, NodeSelector, Plan, Rule, Trigger, World};
use pessimist::node::{
    Cluster, Ctx, Datum, Fact, LocalSpan, Node, NodeId, Op, Operation, OperationId, Outcome, Retry, SimSpan, SimTime,
    node_value,
};
use pessimist::trace::{Lines, Recorder, Trace};
use std::collections::BTreeMap;

node_value! {
    /// A client that asks the server, which answers whatever it is asked.
    pub struct Echo { open: u32 }
    /// An operation by its number, there and back.
    #[derive(Copy)]
    pub struct Word(pub u32);
    /// The end of a client's patience.
    #[derive(Copy)]
    pub struct GiveUp(pub u32);
}

impl Node for Echo {
    type Config = ();
    type Msg = Word;
    type Timer = GiveUp;
    type Disk = ();

    fn boot(_: &mut Ctx<Self>, (): &(), (): &()) -> Self {
        Echo { open: 0 }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, Word(number): Word) {
        if ctx.cluster().group_of(ctx.me()).name == "server" {
            return ctx.send(from, Word(number));
        }
        ctx.cancel_timer(GiveUp(number));
        ctx.observe(Fact::Returned { operation: OperationId(number), outcome: Outcome::Ok(Datum::Absent) });
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, GiveUp(number): GiveUp) {
        ctx.observe(Fact::TimedOut { operation: OperationId(number) });
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let server = ctx.cluster().group("server")[0];
        ctx.send(server, Word(operation.id.0));
        ctx.set_timer(GiveUp(operation.id.0), operation.timeout.unwrap());
    }
}

const MILLI: u64 = 1_000_000;

/// A server that is two milliseconds away, there and back, and clients that ask it by one rule for two seconds.
fn plan(clients: &[&str], trigger: Trigger) -> Plan {
    let groups = [("server", vec!["s"]), ("client", clients.to_vec())];
    let mut plan = Plan::new(Cluster::new(groups).unwrap());
    plan.link.delay = Law::Constant(SimSpan::millis(1));
    plan.until = SimTime(2_000 * MILLI);
    let one = |op, fresh| {
        let (by, timeout) = (NodeSelector::Each("client".to_owned()), Some(LocalSpan::millis(100)));
        Action::Operation { by, op, fresh, timeout, retry: Retry::Never }
    };
    let put = one(Op::Put(DRAWN_KEY.into(), Datum::Absent), true);
    let action = Action::OneOf(vec![(3, one(Op::Get(DRAWN_KEY.into()), false)), (1, put)]);
    plan.keys.insert(0, Keys::zipf(5, 1.0));
    plan.rules.push(Rule { label: Some("w".to_owned()), trigger, after: None, lasting: None, action });
    plan
}

fn closed() -> Trigger {
    let think = Law::Exponential(SimSpan::millis(20));
    Trigger::Loop { think, from: SimTime(50 * MILLI), until: SimTime(u64::MAX), times: u32::MAX }
}

fn open() -> Trigger {
    let gap = Law::Exponential(SimSpan::millis(20));
    Trigger::Every { gap, from: SimTime::ZERO, until: SimTime(u64::MAX), times: u32::MAX }
}

fn run(plan: Plan) -> Trace {
    let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
    World::<Echo>::new(plan, ()).run(&mut recorder);
    recorder.trace
}

/// When each client was asked for what and when that ended, by client.
fn operations(trace: &Trace) -> BTreeMap<String, Vec<(u64, String, Option<u64>)>> {
    let mut ends = BTreeMap::new();
    for (event, _, fact) in trace.facts() {
        if let Some(operation) = fact.operation() {
            ends.entry(operation).or_insert(trace.record(event).time().0);
        }
    }
    let mut operations: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for record in trace.operations() {
        let client = trace.cluster().name(trace.node(record.event).unwrap()).to_owned();
        let what = match &record.operation.op {
            Op::Put(key, _) => format!("put {key}"),
            op => op.to_string(),
        };
        let asked = trace.record(record.event).time().0;
        operations.entry(client).or_default().push((asked, what, ends.get(&record.operation.id).copied()));
    }
    operations
}

#[test]
fn a_closed_loop_has_one_operation_open_and_goes_on_after_silence() {
    let mut plan = plan(&["a", "b"], closed());
    plan.link.loss_ppm = 300_000;
    let operations = operations(&run(plan));
    assert_eq!(operations.len(), 2);
    for (client, asked) in operations {
        assert!(asked.len() > 20, "{client} asked {} times", asked.len());
        assert!(asked[0].0 >= 50 * MILLI);
        let lost = asked.iter().filter(|(from, _, end)| end.is_some_and(|end| end - from == 100 * MILLI)).count();
        assert!(lost > 5, "{client} gave up {lost} times");
        for pair in asked.windows(2) {
            assert!(pair[0].2.is_some_and(|end| end < pair[1].0), "{client} asks before it is told: {pair:?}");
        }
    }
}

#[test]
fn an_open_loop_asks_whatever_became_of_the_last() {
    let mut plan = plan(&["a"], open());
    plan.link.delay = Law::Constant(SimSpan::millis(40));
    let asked = operations(&run(plan)).remove("a").unwrap();
    assert!((80..120).contains(&asked.len()), "{}", asked.len());
    let waiting = asked.windows(2).filter(|pair| pair[0].2.is_some_and(|end| end > pair[1].0)).count();
    assert!(waiting > 50, "{waiting} were asked while another was open");
}

#[test]
fn a_client_that_joins_shifts_neither_times_nor_keys_of_the_others() {
    for trigger in [closed(), open()] {
        let few = operations(&run(plan(&["a", "b"], trigger.clone())));
        let many = operations(&run(plan(&["z", "a", "b", "y"], trigger)));
        assert_eq!(few["a"], many["a"]);
        assert_eq!(few["b"], many["b"]);
        assert_ne!(few["a"], few["b"]);
        let puts = few["a"].iter().filter(|(_, what, _)| what.starts_with("put")).count();
        assert!((5..few["a"].len() / 2).contains(&puts), "{puts} of {}", few["a"].len());
    }
}

#[test]
fn a_client_that_crashes_begins_again_when_it_is_back() {
    let mut plan = plan(&["a"], closed());
    let a = NodeSelector::Node(plan.cluster.find("a").unwrap());
    plan.rules.push(Rule {
        label: None,
        trigger: Trigger::At(SimTime(500 * MILLI)),
        after: None,
        lasting: Some(Law::Constant(SimSpan::millis(500))),
        action: Action::Node(NodeAction::Crash, a),
    });
    let asked = operations(&run(plan)).remove("a").unwrap();
    let between =
        |from: u64, to: u64| asked.iter().filter(|(at, ..)| (from * MILLI..to * MILLI).contains(at)).count();
    assert_eq!(between(500, 1_000), 0);
    assert!(between(0, 500) > 10 && between(1_000, 2_000) > 20, "{asked:?}");
    assert!(asked.windows(2).all(|pair| pair[0].2.is_none_or(|end| end < pair[1].0)));
}

#[test]
fn a_loop_ends_after_so_many_times_and_at_its_end() {
    let mut trigger = closed();
    if let Trigger::Loop { times, .. } = &mut trigger {
        *times = 3;
    }
    assert!(operations(&run(plan(&["a", "b"], trigger))).values().all(|asked| asked.len() == 3));
    let mut trigger = open();
    if let Trigger::Every { until, .. } = &mut trigger {
        *until = SimTime(100 * MILLI);
    }
    let asked = operations(&run(plan(&["a", "b"], trigger)));
    assert!(asked.values().flatten().all(|(at, ..)| *at <= 100 * MILLI) && !asked.is_empty());
}

/// A run goes on from its checkpoints as it went, whatever laws its delays have.
#[test]
fn checkpoints_go_on_as_the_run_did() {
    let mut plan = plan(&["a", "b"], closed());
    let tail = Law::Pareto { scale: SimSpan::millis(1), shape: 1.2 };
    let mixed = Law::Mixture([(1, tail), (2, Law::Recorded([1, 3].map(SimSpan::millis).into()))].into());
    plan.link.delay = Law::sum(vec![mixed, Law::Normal { mean: SimSpan::millis(4), deviation: SimSpan::millis(1) }]);
    (plan.link.loss_ppm, plan.link.duplicate_ppm, plan.link.reorder_ppm) = (50_000, 50_000, 50_000);
    let mut recorder = Recorder::new(plan.cluster.clone(), Lines::Digest(Default::default()));
    let mut world = World::<Echo>::new(plan.clone(), ());
    world.keep_record();
    let mut checkpoints = vec![];
    while world.step(&mut recorder).is_none() {
        if world.events() % 100 < 3 {
            checkpoints.push((world.events(), world.checkpoint()));
        }
    }
    let record = std::sync::Arc::new(world.take_record());
    assert!(checkpoints.len() > 3);
    for (events, mut checkpoint) in checkpoints {
        let mut again = Recorder::new(plan.cluster.clone(), Lines::None);
        let mut other = World::<Echo>::new(plan.clone(), ());
        while other.events() < events && other.step(&mut again).is_none() {}
        checkpoint.resume(&record);
        checkpoint.run(&mut again);
        assert_eq!(again.trace.ids().count(), recorder.trace.ids().count());
        assert_eq!(operations(&again.trace), operations(&recorder.trace));
    }
}
