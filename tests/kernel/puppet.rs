//! A node that does what operations tell it, and says what happens to it.

use pessimist::kernel::{Action, Law, NodeAction, NodeSelector, Plan, Rule, Trigger, World};
use pessimist::node::{
    Cluster, Ctx, Datum, Disk, Fact, LocalSpan, Node, NodeId, Op, Operation, Retry, SimSpan, SimTime, node_value,
};
use pessimist::trace::{Lines, Recorder, Trace, describe};

node_value! {
    /// Its state is the last word that it heard.
    pub struct Puppet { pub heard: u64 }
    /// One word.
    #[derive(Copy)]
    pub struct Word(pub u64);
    /// One timer.
    #[derive(Copy)]
    pub struct Alarm(pub u64);
    /// What was written, in order.
    #[derive(Default)]
    pub struct Notebook { pub words: Vec<u64> }
}

impl Disk for Notebook {
    type Write = u64;
    fn apply(&mut self, word: u64) {
        self.words.push(word);
    }
}

impl Node for Puppet {
    type Config = ();
    type Msg = Word;
    type Timer = Alarm;
    type Disk = Notebook;

    fn boot(ctx: &mut Ctx<Self>, (): &(), disk: &Notebook) -> Self {
        if !disk.words.is_empty() {
            ctx.observe(Fact::note(format!("disk {:?}", disk.words)));
        }
        Puppet { heard: 0 }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, Word(word): Word) {
        self.heard = word;
        let from = ctx.cluster().name(from);
        ctx.observe(Fact::note(format!("heard {word} from {from}")));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, Alarm(number): Alarm) {
        ctx.observe(Fact::note(format!("alarm {number}")));
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Op::Do(what, Datum::Int(number)) = operation.op else { return };
        let number = number as u64;
        let others = || ctx.cluster().ids().filter(|&id| id != ctx.me()).collect::<Vec<_>>();
        match &*what {
            "send" => others().into_iter().for_each(|to| ctx.send(to, Word(number))),
            "set" => ctx.set_timer(Alarm(number), LocalSpan::millis(number)),
            "cancel" => ctx.cancel_timer(Alarm(number)),
            "write" => ctx.write(number),
            "sync" => ctx.sync(),
            "say" => ctx.observe(Fact::note(format!("says {number}"))),
            "spin" => ctx.send(ctx.me(), Word(number)),
            other => panic!("no such trick: {other}"),
        }
    }
}

/// A plan for puppets with these names, every message taking one millisecond, every sync ten.
pub fn plan(names: &[&str]) -> Plan {
    let mut plan = Plan::new(Cluster::new([("puppet", names.to_vec())]).unwrap());
    plan.link.delay = Law::Constant(SimSpan::millis(1));
    plan.disk.sync = Law::Constant(SimSpan::millis(10));
    plan
}

/// The selector for a node by its name.
pub fn node(plan: &Plan, name: &str) -> NodeSelector {
    NodeSelector::Node(plan.cluster.find(name).unwrap())
}

/// Adds a rule that applies at an instant, in milliseconds.
pub fn at(plan: &mut Plan, millis: u64, action: Action) -> usize {
    add(plan, Trigger::At(SimTime(millis * 1_000_000)), action)
}

/// Adds a rule.
pub fn add(plan: &mut Plan, trigger: Trigger, action: Action) -> usize {
    let label = Some(format!("rule-{}", plan.rules.len()));
    plan.rules.push(Rule { label, trigger, after: None, lasting: None, action });
    plan.rules.len() - 1
}

/// Tells a puppet to do something at an instant, in milliseconds.
pub fn tell(plan: &mut Plan, millis: u64, name: &str, what: &str, number: i64) -> usize {
    let op = Op::Do(what.into(), Datum::Int(number));
    let action = Action::Operation { by: node(plan, name), op, fresh: false, timeout: None, retry: Retry::Never };
    at(plan, millis, action)
}

/// Does something to a node at an instant, in milliseconds.
pub fn strike(plan: &mut Plan, millis: u64, name: &str, action: NodeAction) -> usize {
    let action = Action::Node(action, node(plan, name));
    at(plan, millis, action)
}

/// Runs a plan of puppets.
pub fn run(plan: Plan) -> (World<Puppet>, Trace) {
    let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
    let mut world = World::new(plan, ());
    world.run(&mut recorder);
    (world, recorder.trace)
}

/// What the puppets said and what was lost, each with its instant in milliseconds, if whole, or nanoseconds.
pub fn said(trace: &Trace) -> Vec<String> {
    let told = |id| {
        let text = describe(trace, id);
        let text = match trace.fact(id) {
            Some(Fact::Note(note)) => format!("{} {note}", trace.cluster().name(trace.node(id).unwrap())),
            _ if text.starts_with("network") => text,
            _ => return None,
        };
        let time = trace.record(id).time().0;
        Some(match time % 1_000_000 {
            0 => format!("{} {text}", time / 1_000_000),
            _ => format!("{time}ns {text}"),
        })
    };
    trace.ids().filter_map(told).collect()
}
