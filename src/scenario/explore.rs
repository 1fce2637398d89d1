//! What a scenario says of searches of its small world: what may go wrong, how far to look, and for what.

use super::diagnostic::{Checked, Mistake};
use super::names::Names;
use super::resolve::{check_claim, check_state};
use super::schema::At;
use super::syntax::{Kind, Node};
use super::{Expectation, Scenario};
use crate::check::shapes::shapes;
use crate::check::watch::{Goal, JUDGED, Wanted};
use crate::check::{Claim, Promise, State};
use crate::kernel::search::{Bounds, Budget, Network, NoSpace};
use crate::kernel::{Plan, Unlisted};
use crate::node::{LocalSpan, OperationId, SimSpan};
use serde::Deserialize;
use serde::de;
use serde::de::value::EnumAccessDeserializer;

/// What is searched, how far, and for what.
#[derive(Clone, Debug, PartialEq)]
pub struct Exploration {
    /// What may go wrong, and how messages travel.
    pub bounds: Bounds,
    /// How many things may happen after the start.
    pub depth: Option<u32>,
    /// How many states may be seen.
    pub states: u64,
    /// What is looked for.
    pub wanted: Wanted,
    /// What must come about in some run, and what in every run, as they are written.
    pub goals: Vec<String>,
    /// The same of what must come about in every run.
    pub ends: Vec<String>,
    /// What must turn out.
    pub expect: Vec<Expectation>,
}

/// How many states a search sees at the most where nobody says otherwise. Our choice: a minute or so.
pub const STATES: u64 = 20_000_000;

/// The field `explore`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExploreText {
    /// How messages travel.
    pub network: NetworkText,
    /// How many messages may be lost.
    pub drops: BudgetText,
    /// How many may arrive twice.
    pub duplicates: BudgetText,
    /// How many nodes may crash.
    pub crashes: BudgetText,
    /// How many timers may fire; as many as are set, where absent.
    pub timeouts: Option<BudgetText>,
    /// How many times a clock may go on.
    pub ticks: BudgetText,
    /// How far it goes on.
    pub tick: Option<SimSpan>,
    /// When syncs are done.
    pub syncs: SyncsText,
    /// How many things may happen.
    pub depth: Option<u32>,
    /// How many states may be seen.
    pub states: Option<u64>,
    /// What must never be broken.
    pub always: Option<Vec<At<Promise>>>,
    /// What must come about in some run.
    pub sometimes: Vec<At<State>>,
    /// What must come about in every run.
    pub eventually: Vec<At<State>>,
    /// What must turn out.
    pub expect: Vec<At<Claim>>,
}

/// How messages travel in a search.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub enum NetworkText {
    /// Any may overtake any.
    #[default]
    Unordered,
    /// And arrive any number of times.
    Duplicating,
    /// In their order.
    Ordered,
}

/// When syncs are done in a search or schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum SyncsText {
    /// At some later time.
    #[default]
    Later,
    /// As soon as they are asked for.
    AtOnce,
}

/// How often something may happen: a number, or without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetText(pub Budget);

impl Default for BudgetText {
    fn default() -> Self {
        BudgetText(Some(0))
    }
}

shapes! {
    BudgetText: "a number from 0 to 65535, or Any";

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<BudgetText, E> {
        let number = u16::try_from(number).map_err(|_| E::custom("a budget is a number from 0 to 65535, or Any"))?;
        Ok(BudgetText(Some(number)))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<BudgetText, E> {
        self.visit_u64(u64::try_from(number).unwrap_or(u64::MAX))
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<BudgetText, A::Error> {
        #[derive(Deserialize)]
        enum Word {
            Any,
        }
        Word::deserialize(EnumAccessDeserializer::new(access)).map(|Word::Any| BudgetText(None))
    }
}

/// How many marks a search has.
const MARKS: usize = 64;

/// What a scenario's field `explore` says; what it would say where it is absent.
pub fn resolve(
    names: &Names,
    plan: &Plan,
    text: &ExploreText,
    expect: &[Expectation],
    root: &Node,
) -> Checked<Exploration> {
    let node = root.field("explore").map(|field| &field.value);
    let claims = expectations(names, text, root, node)?;
    let always = match &text.always {
        Some(promises) => promises.iter().map(|at| judged(at.value, at)).collect::<Checked<Vec<_>>>()?.concat(),
        None => promises_of(claims.iter().chain(expect)),
    };
    let goals = |list: &[At<State>]| list.iter().map(|at| goal(names, plan, root, at)).collect::<Checked<Vec<_>>>();
    let wanted = Wanted { always, eventually: goals(&text.eventually)?, sometimes: goals(&text.sometimes)? };
    if wanted.len() > MARKS {
        let mistake = Mistake::says(format!("a search looks for {MARKS} things at the most, not {}", wanted.len()));
        return Err(mistake.at(node.map_or(0..0, Node::head)));
    }
    let written = |field: &str| match node.and_then(|node| node.field(field)).map(|field| &field.value.kind) {
        Some(Kind::List(items)) => items.iter().map(Node::canonical).collect(),
        _ => Vec::new(),
    };
    Ok(Exploration {
        bounds: Bounds {
            network: match text.network {
                NetworkText::Unordered => Network::Unordered,
                NetworkText::Duplicating => Network::Duplicating,
                NetworkText::Ordered => Network::Ordered,
            },
            drops: text.drops.0,
            duplicates: text.duplicates.0,
            crashes: text.crashes.0,
            timeouts: text.timeouts.and_then(|budget| budget.0),
            ticks: text.ticks.0,
            tick: text.tick.map_or(LocalSpan::seconds(1), |tick| LocalSpan(tick.0)),
            syncs_at_once: text.syncs == SyncsText::AtOnce,
            symmetry: false,
        },
        depth: text.depth,
        states: text.states.unwrap_or(STATES),
        wanted,
        goals: written("sometimes"),
        ends: written("eventually"),
        expect: claims,
    })
}

/// The parts of a promise, if a search can judge them.
fn judged(promise: Promise, at: &At<Promise>) -> Checked<Vec<Promise>> {
    if promise.parts().iter().all(|part| JUDGED.contains(part)) {
        return Ok(promise.parts().to_vec());
    }
    let names: Vec<&str> = JUDGED.iter().map(|promise| promise.name()).collect();
    let mistake = Mistake::says(format!("a search cannot judge {promise}: it is a matter of whole runs"));
    Err(mistake.at(at.span.clone()).accepted(format!("RaftSafety {}", names.join(" "))))
}

/// The promises that claims are about, as far as a search can judge them.
fn promises_of<'a>(claims: impl Iterator<Item = &'a Expectation>) -> Vec<Promise> {
    let mut promises = Vec::new();
    for expectation in claims {
        let mut claim = &expectation.claim;
        while let Claim::Not(inner) = claim {
            claim = inner;
        }
        if let Claim::Holds(promise) | Claim::Violated(promise) = claim {
            promises.extend(promise.parts().iter().filter(|part| JUDGED.contains(part)));
        }
    }
    promises.sort();
    promises.dedup();
    promises
}

fn goal(names: &Names, plan: &Plan, root: &Node, at: &At<State>) -> Checked<Goal> {
    check_state(names, root, at)?;
    let operations = |label: &str| -> Vec<OperationId> {
        let is_it = |rule: usize| names.rules[rule].label.as_deref() == Some(label);
        let commands = plan.commands().unwrap_or_default();
        commands.iter().filter(|command| is_it(command.rule)).map(|command| command.operation.id).collect()
    };
    Goal::of(&at.value, operations).ok_or_else(|| {
        let mistake = Mistake::says("a search cannot see this state: it is one of all nodes together");
        mistake.at(at.span.clone()).accepted("HasLeader Ok(\"w\") Done(\"w\") Applied(\"w\")")
    })
}

fn expectations(names: &Names, text: &ExploreText, root: &Node, node: Option<&Node>) -> Checked<Vec<Expectation>> {
    let entries = match node.and_then(|node| node.field("expect")).map(|field| &field.value.kind) {
        Some(Kind::List(items)) => items.as_slice(),
        _ => &[],
    };
    let expectation = |(place, at): (usize, &At<Claim>)| {
        check_claim(names, root, at)?;
        let mut claim = &at.value;
        while let Claim::Not(inner) = claim {
            claim = inner;
        }
        let (Claim::Holds(promise) | Claim::Violated(promise)) = claim else {
            let mistake = Mistake::says("a search tells of promises alone").at(at.span.clone());
            return Err(mistake.accepted("Holds(ElectionSafety) Violated(ElectionSafety)"));
        };
        judged(*promise, &At { value: *promise, span: at.span.clone() })?;
        let text = entries.get(place).map_or(String::new(), Node::canonical);
        Ok(Expectation { claim: at.value.clone(), span: at.span.clone(), text })
    };
    text.expect.iter().enumerate().map(expectation).collect()
}

impl Scenario {
    /// Why there is no search of this scenario, told at the entry that stands in the way.
    pub fn refused_search(&self, why: NoSpace) -> super::Diagnostic {
        let NoSpace::Workload(unlisted) = why;
        let (rule, says, note) = match unlisted {
            Unlisted::Client(rule) => {
                (rule, "a search gives this to a client that is drawn", "name the client, in by:")
            }
            Unlisted::Drawn(rule) => (
                rule,
                "what this asks for is drawn, and a search draws nothing",
                "write one operation, under one key",
            ),
            Unlisted::Waits(rule) => {
                (rule, "a search gives operations one after the other, and this waits", "write  at:  instead of  on:")
            }
            Unlisted::Endless(rule) => {
                (rule, "a search of operations without end has no end", "say how many:  times: 2")
            }
        };
        let entry = self.workload_entry(rule);
        self.diagnostic(Mistake::says(says).at(entry.map_or(0..0, Node::head)).note(note))
    }

    /// The entry of the workload from which a rule was made.
    fn workload_entry(&self, rule: usize) -> Option<&Node> {
        let list = |name: &str| match self.tree.field(name).map(|field| &field.value.kind) {
            Some(Kind::List(items)) => items.as_slice(),
            _ => &[],
        };
        list("workload").get(rule - list("faults").len())
    }
}
