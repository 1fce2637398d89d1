//! A hunt's plans: a seed and faults that are added to a scenario; how they are drawn, changed and written down.

use crate::kernel::CLIENTS;
use crate::node::{FactKind, SimSpan};
use crate::scenario::syntax::{Body, Field as Named, Kind, Node, parse};
use crate::scenario::{Diagnostic, Scenario};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// Where a hunt's draws come from.
pub type Draws = ChaCha8Rng;

/// The most faults of a plan that is drawn afresh, and of any: our choices.
const FRESH: u64 = 24;
const MOST: usize = 48;

/// Seeds that are drawn are below this, so that people can type them.
const SEEDS: u64 = 1_000_000;

/// A seed and the faults that are added to a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// The faults.
    pub faults: Vec<Planned>,
}

/// A fault that is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    when: When,
    lasting: SimSpan,
    what: What,
}

/// When it strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum When {
    At(SimSpan),
    /// After a node has declared such a fact for the nth time.
    Fact {
        kind: FactKind,
        node: String,
        nth: u32,
        after: SimSpan,
    },
}

/// What it does.
#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Crash(String),
    Pause(String),
    /// Nobody of one side reaches the other.
    Cut([Vec<String>; 2]),
    /// The clock is set on, or back.
    Clock {
        node: String,
        back: bool,
        by: SimSpan,
    },
    /// The nth message of a kind is lost, and those right after it; it has a trigger of its own.
    Drop {
        kind: String,
        from: String,
        to: String,
        nth: u32,
        times: u32,
    },
}

impl Planned {
    /// The fault as a scenario writes it.
    pub fn written(&self) -> String {
        let mut text = match (&self.what, &self.when) {
            (What::Drop { kind, from, to, nth, times }, _) => {
                let times = if *times == 1 { String::new() } else { format!(", times: {times}") };
                return format!(
                    "(on: Message(kind: {kind:?}, from: {from:?}, to: {to:?}), nth: {nth}{times}, do: Drop)"
                );
            }
            (_, When::At(at)) => format!("(at: {}", millis(*at)),
            (_, When::Fact { kind, node, nth, after }) => {
                let after =
                    if *after == SimSpan::ZERO { String::new() } else { format!(", after: {}", millis(*after)) };
                format!("(on: Fact(kind: {kind}, node: {node:?}), nth: {nth}{after}")
            }
        };
        text += &format!(", lasting: {}, do: ", millis(self.lasting));
        text += &match &self.what {
            What::Crash(node) => format!("Crash({node:?})"),
            What::Pause(node) => format!("Pause({node:?})"),
            What::Cut(sides) => format!("Partition({sides:?})"),
            What::Clock { node, back, by } => {
                format!(
                    "Clock({node:?}, Step({}))",
                    if *back { millis(*by).replacen('"', "\"-", 1) } else { millis(*by) }
                )
            }
            What::Drop { .. } => unreachable!("written above"),
        };
        text + ")"
    }
}

/// A span in milliseconds, as a scenario writes it: `"356.1ms"`.
fn millis(span: SimSpan) -> String {
    let (whole, tenths) = (span.0 / 1_000_000, span.0 / 100_000 % 10);
    if tenths == 0 { format!("\"{whole}ms\"") } else { format!("\"{whole}.{tenths}ms\"") }
}

impl Plan {
    /// A scenario as it is.
    pub fn of(scenario: &Scenario) -> Self {
        Plan { seed: scenario.plan.seed, faults: vec![] }
    }

    /// The scenario with these faults and this seed, ready to be run.
    pub fn scenario(&self, scenario: &Scenario) -> Result<Scenario, Diagnostic> {
        Scenario::parse(&scenario.name, &self.tree(scenario, None).canonical(), None)
    }

    /// The same as a text for people; `expect` is what must turn out.
    pub fn text(&self, scenario: &Scenario, expect: &str) -> String {
        self.tree(scenario, Some(expect)).pretty()
    }

    fn tree(&self, scenario: &Scenario, expect: Option<&str>) -> Node {
        let read = |text: &str| parse(text).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
        let mut tree = scenario.tree.clone();
        if let Kind::Record(Body::Fields(fields)) | Kind::Word(_, Some(Body::Fields(fields))) = &mut tree.kind {
            fields.retain(|field| field.name != "ask" && field.name != "explore");
            let added = self.faults.iter().map(|fault| read(&fault.written()));
            match &mut field(fields, "faults", || read("[]")).kind {
                Kind::List(faults) => faults.extend(added),
                _ => unreachable!("the scenario was read, so its faults are a list"),
            }
            *field(fields, "seed", || read("0")) = read(&self.seed.to_string());
            if let Some(expect) = expect {
                *field(fields, "expect", || read("[]")) = read(&format!("[{expect}]"));
            }
        }
        tree
    }
}

/// The field of that name; it is added where it is missing.
fn field<'a>(fields: &'a mut Vec<Named>, name: &str, missing: impl FnOnce() -> Node) -> &'a mut Node {
    let place = fields.iter().position(|field| field.name == name).unwrap_or_else(|| {
        fields.push(Named { name: name.to_owned(), name_span: 0..0, value: missing() });
        fields.len() - 1
    });
    &mut fields[place].value
}

/// What plans are made of.
pub struct Field<'a> {
    nodes: Vec<&'a str>,
    messages: &'a [&'static str],
    facts: Vec<FactKind>,
    until: SimSpan,
}

impl<'a> Field<'a> {
    /// Of a scenario: its servers, its protocol's messages, and the facts that were seen.
    pub fn new(scenario: &'a Scenario, messages: &'a [&'static str], facts: impl Iterator<Item = FactKind>) -> Self {
        let cluster = &scenario.plan.cluster;
        let is_server = |name: &&str| {
            let id = cluster.find(name).expect("the cluster has its own nodes");
            cluster.groups().len() == 1 || !cluster.group(CLIENTS).contains(&id)
        };
        Field {
            nodes: cluster.names().iter().map(String::as_str).filter(is_server).collect(),
            messages,
            facts: facts.collect(),
            until: SimSpan(scenario.plan.until.0),
        }
    }

    /// A plan that owes nothing to another.
    pub fn afresh(&self, draws: &mut Draws) -> Plan {
        let count = spread(1, FRESH, draws) as usize;
        Plan { seed: draws.random_range(0..SEEDS), faults: (0..count).map(|_| self.fault(draws)).collect() }
    }

    /// A plan with one to four changes; some of its faults may come from another.
    pub fn changed(&self, plan: &Plan, mate: &Plan, draws: &mut Draws) -> Plan {
        let mut plan = plan.clone();
        for _ in 0..draws.random_range(1..=4) {
            self.change(&mut plan, mate, draws);
        }
        plan.faults.truncate(MOST);
        plan
    }

    fn change(&self, plan: &mut Plan, mate: &Plan, draws: &mut Draws) {
        let place = (!plan.faults.is_empty()).then(|| draws.random_range(0..plan.faults.len()));
        match (draws.random_range(0..10), place) {
            (0..=2, _) | (_, None) => plan.faults.push(self.fault(draws)),
            (3, Some(place)) => drop(plan.faults.remove(place)),
            (4, _) => plan.seed = draws.random_range(0..SEEDS),
            (5 | 6, Some(place)) => self.moved(&mut plan.faults[place].when, draws),
            (7, Some(place)) => plan.faults[place].lasting = self.lasting(draws),
            (8, Some(place)) => plan.faults[place].what = self.what(draws),
            (_, Some(_)) => plan.faults.extend(mate.faults.choose(draws).cloned()),
        }
    }

    /// A fault strikes a little earlier or later, or at another time altogether.
    fn moved(&self, when: &mut When, draws: &mut Draws) {
        match when {
            _ if draws.random_bool(0.3) => *when = self.when(draws),
            When::At(at) => {
                let by = span(10, 3_000, draws).0;
                let at_ns = if draws.random_bool(0.5) { at.0 + by } else { at.0.saturating_sub(by) };
                *at = SimSpan(at_ns.min(self.until.0));
            }
            When::Fact { nth, after, .. } => {
                if draws.random_bool(0.5) {
                    *after = self.after(draws);
                } else if draws.random_bool(0.5) {
                    *nth += 1;
                } else {
                    *nth = (*nth - 1).max(1);
                }
            }
        }
    }

    fn fault(&self, draws: &mut Draws) -> Planned {
        let (what, mut when) = (self.what(draws), self.when(draws));
        // What a node declares is most telling of itself.
        if let (What::Crash(hit) | What::Pause(hit), When::Fact { node, .. }) = (&what, &mut when)
            && draws.random_bool(0.8)
        {
            node.clone_from(hit);
        }
        Planned { when, lasting: self.lasting(draws), what }
    }

    fn when(&self, draws: &mut Draws) -> When {
        match self.facts.choose(draws) {
            Some(kind) if draws.random_bool(0.5) => When::Fact {
                kind: *kind,
                node: self.node(draws),
                nth: spread(1, 64, draws) as u32,
                after: self.after(draws),
            },
            _ => When::At(SimSpan(draws.random_range(0..=self.until.0 / 1_000_000) * 1_000_000)),
        }
    }

    /// From at once to 10 ms: a message's way.
    fn after(&self, draws: &mut Draws) -> SimSpan {
        if draws.random_bool(0.3) { SimSpan::ZERO } else { span(1, 100, draws) }
    }

    /// From 1 ms to 1 s.
    fn lasting(&self, draws: &mut Draws) -> SimSpan {
        span(10, 10_000, draws)
    }

    fn what(&self, draws: &mut Draws) -> What {
        let is_alone = self.nodes.len() < 2;
        match draws.random_range(0..10) {
            0..=4 => What::Crash(self.node(draws)),
            5 => What::Pause(self.node(draws)),
            6 | 7 if !is_alone => self.cut(draws),
            8 if !is_alone && !self.messages.is_empty() => {
                let kind = self.messages.choose(draws).map_or_else(String::new, |kind| (*kind).to_owned());
                let from = self.node(draws);
                let others: Vec<&str> = self.nodes.iter().copied().filter(|node| *node != from).collect();
                let to = others.choose(draws).map_or_else(String::new, |node| (*node).to_owned());
                let (nth, times) = (spread(1, 128, draws) as u32, spread(1, 8, draws) as u32);
                What::Drop { kind, from, to, nth, times }
            }
            _ => What::Clock { node: self.node(draws), back: draws.random_bool(0.5), by: span(100, 20_000, draws) },
        }
    }

    /// Two sides of at least one node each.
    fn cut(&self, draws: &mut Draws) -> What {
        let mut sides = [vec![], vec![]];
        let alone = draws.random_range(0..self.nodes.len());
        for (place, node) in self.nodes.iter().enumerate() {
            let is_left = place == alone || (place != (alone + 1) % self.nodes.len() && draws.random_bool(0.4));
            sides[usize::from(!is_left)].push((*node).to_owned());
        }
        What::Cut(sides)
    }

    fn node(&self, draws: &mut Draws) -> String {
        self.nodes.choose(draws).map_or_else(String::new, |node| (*node).to_owned())
    }
}

/// A number between two, small ones as often as large ones: first its power of two is drawn.
fn spread(least: u64, most: u64, draws: &mut Draws) -> u64 {
    let low = 1u64 << draws.random_range(least.ilog2()..=most.ilog2());
    draws.random_range(low..2 * low).clamp(least, most)
}

/// A span of as many tenths of a millisecond as [`spread`] draws.
fn span(least: u64, most: u64, draws: &mut Draws) -> SimSpan {
    SimSpan(spread(least, most, draws) * 100_000)
}
