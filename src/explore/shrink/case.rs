//! A run as a script that breaks a promise, and what can be left out of it besides steps: nodes, settings, words.

use super::reduce::Tries;
use super::tree;
use crate::check::Promise;
use crate::kernel::{Act, Cue, Script, Step};
use crate::node::{Datum, NodeId, Op, Retry};
use crate::scenario::syntax::Node;
use crate::scenario::{Registry, Runner, Scenario};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Up to how many steps any two of them are tried to be left out together. Our choice: two thousand tries.
const PAIRS_UP_TO: usize = 64;

/// What of a scenario counts where a script says what happens.
pub(super) const KEPT: &[&str] = &["title", "protocol", "cluster", "clocks", "disk", "disks", "sync_holds", "seed"];

/// A script that breaks a promise, and the scenario that it is played in.
pub struct Case<'a> {
    pub(super) registry: &'a Registry,
    pub(super) promise: Promise,
    pub(super) stage: Arc<Stage>,
    pub script: Script,
    pub steps: Vec<Step>,
    /// How many events the run has.
    pub(super) events: u32,
}

/// A scenario that scripts are played in.
pub(super) struct Stage {
    pub(super) scenario: Scenario,
    pub(super) runner: Box<dyn Runner>,
}

/// A rehearsal that breaks the promise.
struct Played {
    /// The cues that were needed for it.
    cues: Vec<Cue>,
    /// The steps that they were.
    steps: Vec<Step>,
    /// How many events it had.
    events: u32,
}

impl<'a> Case<'a> {
    /// A run of a scenario, written down; `None` where a script cannot break the promise as the run did.
    pub fn new(registry: &'a Registry, scenario: &Scenario, runner: &dyn Runner, promise: Promise) -> Option<Self> {
        let script = runner.script(scenario.plan.seed).ok()?;
        let mut tree = tree::only(&scenario.tree, KEPT);
        tree::set(&mut tree, "seed", &scenario.plan.seed.to_string());
        Case::prepared(registry, promise, &tree, script)
    }

    /// The script in the scenario that a tree says, if it breaks the promise there.
    pub(super) fn prepared(registry: &'a Registry, promise: Promise, tree: &Node, script: Script) -> Option<Self> {
        let scenario = Scenario::parse("the shrunk scenario", &tree.pretty(), None).ok()?;
        let runner = registry.prepare(&scenario).ok()?;
        Case::on(registry, promise, Arc::new(Stage { scenario, runner }), script)
    }

    /// The script in a scenario, if it breaks the promise there.
    fn on(registry: &'a Registry, promise: Promise, stage: Arc<Stage>, script: Script) -> Option<Self> {
        let Played { cues, steps, events } = stage.play(&script, promise)?;
        Some(Case { registry, promise, stage, script: Script { cues, ..script }, steps, events })
    }

    /// The same with another tree or script, if that breaks the promise too.
    fn with(&self, tree: &Node, script: Script) -> Option<Case<'a>> {
        Case::prepared(self.registry, self.promise, tree, script)
    }

    /// The same with other cues, if they break the promise too.
    pub(super) fn with_cues(&self, cues: Vec<Cue>) -> Option<Case<'a>> {
        Case::on(self.registry, self.promise, self.stage.clone(), Script { cues, ..self.script })
    }

    fn test(&self, cues: &[Cue]) -> Option<Vec<Cue>> {
        let script = Script { cues: cues.to_vec(), ..self.script };
        Some(self.stage.play(&script, self.promise)?.cues)
    }

    /// Takes other cues of which it is known that they do.
    fn take(&mut self, cues: Vec<Cue>) {
        if let Some(case) = self.with_cues(cues) {
            *self = case;
        }
    }

    /// The scenario that the script is played in.
    pub fn scenario(&self) -> &Scenario {
        &self.stage.scenario
    }

    /// How large it is: its events, then its cues.
    pub fn extent(&self) -> (u32, usize) {
        (self.events, self.script.cues.len())
    }

    /// Makes it as small as can be found.
    pub fn shrink(&mut self, tries: &mut Tries<'_>) {
        // What takes much away at once comes first.
        self.change(tries, Self::quicker_syncs);
        self.change(tries, Self::fewer_nodes);
        self.change(tries, Self::without_a_sort);
        self.leave_out(tries);
        if self.elsewhere(tries) {
            self.leave_out(tries);
        }
        while !tries.is_over() && self.detour(tries) {
            self.leave_out(tries);
        }
    }

    /// Leaves out whatever can be, until nothing can.
    fn leave_out(&mut self, tries: &mut Tries<'_>) {
        loop {
            let before = (self.script.clone(), self.scenario().content.clone());
            let cues = tries.reduce(self.script.cues.clone(), |cues| self.test(cues));
            self.take(cues);
            self.change(tries, Self::fewer_nodes);
            self.change(tries, Self::plainer);
            self.change(tries, Self::other_parts);
            if before == (self.script.clone(), self.scenario().content.clone()) && !self.drop_pair(tries) {
                return;
            }
            if tries.is_over() {
                return;
            }
        }
    }

    fn drop_pair(&mut self, tries: &mut Tries<'_>) -> bool {
        if self.script.cues.len() > PAIRS_UP_TO {
            return false;
        }
        let Some(cues) = tries.without_two(&self.script.cues, |cues| self.test(cues)) else { return false };
        self.take(cues);
        true
    }

    /// Makes changes of a kind until none can be made. After each it goes on from there, so that many small ones do not
    /// take one round each.
    fn change(&mut self, tries: &mut Tries<'_>, kind: impl Fn(&Self) -> Vec<Change>) {
        let mut next = 0;
        loop {
            let changes = kind(self);
            let place = |number: usize| (next + number) % changes.len();
            tries.left(self.script.cues.len());
            let found = tries.first(changes.len(), |number| self.changed(&changes[place(number)]));
            let Some((number, case)) = found else { return };
            next = place(number);
            *self = case;
        }
    }

    /// Nodes that could be missing: of each group one or two; or a client whose part another one takes.
    fn fewer_nodes(&self) -> Vec<Change> {
        let cluster = &self.scenario().plan.cluster;
        let asks = |node: &NodeId| {
            self.script.cues.iter().any(|cue| matches!(&cue.act, Act::Ask(question) if question.client == *node))
        };
        let mut changes = Vec::new();
        for group in cluster.groups() {
            let members = &group.members;
            changes.extend(members.iter().map(|node| Change::Without(vec![*node])));
            for (place, first) in members.iter().enumerate() {
                changes.extend(members[place + 1..].iter().map(|second| Change::Without(vec![*first, *second])));
            }
            let clients: Vec<&NodeId> = members.iter().filter(|node| asks(node)).collect();
            changes.extend(clients.iter().skip(1).map(|client| Change::Fold(**client, *clients[0])));
        }
        changes
    }

    /// All steps of a sort could be missing: all messages of a kind on a link, all crashes of a node.
    fn without_a_sort(&self) -> Vec<Change> {
        let mut sorts: BTreeMap<Sort, usize> = BTreeMap::new();
        for cue in &self.script.cues {
            *sorts.entry(sort(&cue.act)).or_default() += 1;
        }
        let mut sorts: Vec<(Sort, usize)> = sorts.into_iter().filter(|(_, count)| *count > 1).collect();
        sorts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        sorts.into_iter().map(|(sort, _)| Change::Sort(sort)).collect()
    }

    /// Two nodes of a group could play each other's parts, such that a client need not ask one after the other.
    fn other_parts(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for group in self.scenario().plan.cluster.groups() {
            for (place, first) in group.members.iter().enumerate() {
                changes.extend(group.members[place + 1..].iter().map(|second| Change::Swap(*first, *second)));
            }
        }
        if self.script.cues.iter().any(|cue| self.is_patience(cue)) { changes } else { Vec::new() }
    }

    /// Whether a cue is that a client's timer fires.
    fn is_patience(&self, cue: &Cue) -> bool {
        let asks = |other: &Cue| matches!(&other.act, Act::Ask(question) if question.client == cue.act.node());
        matches!(cue.act, Act::Expire(..)) && self.script.cues.iter().any(asks)
    }

    /// Syncs could be done as soon as they are asked for.
    fn quicker_syncs(&self) -> Vec<Change> {
        if self.script.syncs_at_once { Vec::new() } else { vec![Change::SyncsAtOnce] }
    }

    /// Settings and words that could be as they are by themselves.
    fn plainer(&self) -> Vec<Change> {
        let mut changes = self.quicker_syncs();
        let fields = tree::optional_fields(&self.scenario().tree);
        changes.extend(fields.into_iter().map(Change::Field));
        for (place, cue) in self.script.cues.iter().enumerate() {
            changes.extend(plainer(cue).into_iter().map(|cue| Change::Cue(place, cue)));
        }
        changes
    }

    fn changed(&self, change: &Change) -> Option<Case<'a>> {
        let (tree, script) = (&self.scenario().tree, &self.script);
        match change {
            Change::SyncsAtOnce => {
                let cues = script.cues.iter().filter(|cue| !matches!(cue.act, Act::Synced(..))).cloned().collect();
                self.with(tree, Script { cues, syncs_at_once: true, ..*script })
            }
            Change::Field(path) => self.with(&tree::without(tree, path)?, script.clone()),
            Change::Cue(place, cue) => {
                let mut script = script.clone();
                script.cues[*place] = cue.clone();
                self.with(tree, script)
            }
            Change::Sort(gone) => {
                let cues = script.cues.iter().filter(|cue| sort(&cue.act) != *gone).cloned().collect();
                self.with(tree, Script { cues, ..*script })
            }
            Change::Swap(first, second) => {
                let name = |node: NodeId| {
                    Some(if node == *first {
                        *second
                    } else if node == *second {
                        *first
                    } else {
                        node
                    })
                };
                let patient = script.cues.iter().filter(|cue| !self.is_patience(cue));
                let cue = |cue: &Cue| Some(Cue { act: cue.act.renamed(&name)?, ..cue.clone() });
                self.with(tree, Script { cues: patient.filter_map(cue).collect(), ..*script })
            }
            Change::Without(nodes) => self.among(nodes, &|node| (!nodes.contains(&node)).then_some(node)),
            Change::Fold(from, to) => self.among(&[*from], &|node| Some(if node == *from { *to } else { node })),
        }
    }

    /// The same without some nodes; `stands_for` says which of the others takes the part of a node.
    fn among(&self, gone: &[NodeId], stands_for: &impl Fn(NodeId) -> Option<NodeId>) -> Option<Case<'a>> {
        let cluster = &self.scenario().plan.cluster;
        let names: Vec<&str> = gone.iter().map(|node| cluster.name(*node)).collect();
        let tree = tree::without_nodes(&self.scenario().tree, &names)?;
        let smaller = Scenario::parse("the shrunk scenario", &tree.pretty(), None).ok()?.plan.cluster;
        // A node is known by its name and its place, and the place is another one now.
        let renamed = |node: NodeId| smaller.find(cluster.name(stands_for(node)?));
        let cue = |cue: &Cue| Some(Cue { act: cue.act.renamed(&renamed)?, ..cue.clone() });
        let cues = self.script.cues.iter().filter_map(cue).collect();
        self.with(&tree, Script { cues, ..self.script })
    }
}

/// One thing that could be left out, or be plainer.
enum Change {
    SyncsAtOnce,
    Sort(Sort),
    Swap(NodeId, NodeId),
    Field(Vec<String>),
    Cue(usize, Cue),
    Without(Vec<NodeId>),
    Fold(NodeId, NodeId),
}

/// What steps can be alike in: what happens, of which kind, and at which nodes.
type Sort = (u8, String, NodeId, NodeId);

fn sort(act: &Act) -> Sort {
    let (number, kind, from) = match act {
        Act::Deliver(known, _) => (0, known.kind.clone(), known.from),
        Act::Expire(node, kind, _) => (1, kind.clone(), *node),
        Act::Synced(node, _) => (2, String::new(), *node),
        Act::Ask(question) => (3, String::new(), question.client),
        Act::Crash(node, _) | Act::Restart(node) => (4, String::new(), *node),
        Act::Tick(node) => (5, String::new(), *node),
    };
    (number, kind, from, act.node())
}

/// The same cue in plainer words.
fn plainer(cue: &Cue) -> Vec<Cue> {
    let mut cues = Vec::new();
    if cue.answers.iter().any(|answer| *answer > 0) {
        cues.push(Cue { answers: Vec::new(), ..cue.clone() });
    }
    let act = |act: Act| Cue { act, ..cue.clone() };
    match &cue.act {
        Act::Deliver(known, true) => cues.push(act(Act::Deliver(known.clone(), false))),
        Act::Crash(node, 1..) => cues.push(act(Act::Crash(*node, 0))),
        Act::Ask(question) => {
            let mut plain = question.clone();
            (plain.timeout, plain.retry) = (None, Retry::default());
            if let Op::Append(key, value) | Op::Cas { key, new: value, .. } = &question.op {
                plain.op = Op::Put(key.clone(), value.clone());
                cues.push(act(Act::Ask(plain.clone())));
            }
            if let Op::Put(_, value) = &plain.op {
                plain.op = Op::Put("x".into(), value.clone());
                cues.push(act(Act::Ask(plain.clone())));
                plain.op = Op::Put("x".into(), Datum::Int(1));
                cues.push(act(Act::Ask(plain.clone())));
            }
            plain.op = question.op.clone();
            cues.push(act(Act::Ask(plain)));
            cues.retain(|plain| plain.act != cue.act);
        }
        _ => {}
    }
    cues
}

impl Stage {
    /// Plays a script. Where the promise is broken: what was needed for it, which is tried by itself.
    fn play(&self, script: &Script, promise: Promise) -> Option<Played> {
        let (judged, taken) = self.runner.rehearse(self.scenario.plan.seed, script).ok()?;
        let violation = judged.judge.violation(promise)?;
        let pairs = || script.cues.iter().zip(&taken).filter_map(|(cue, step)| Some((cue, step.as_ref()?)));
        let as_it_is = || {
            let steps = pairs().map(|(_, (step, _))| step.clone()).collect();
            Some(Played { cues: script.cues.clone(), steps, events: judged.events })
        };
        // What comes after the event at which it is broken is not needed, unless the promise is one of whole runs.
        let until = pairs().position(|(_, (_, events))| *events > violation.event.0).map_or(0, |place| place + 1);
        let mut counts = vec![until, pairs().count()];
        counts.dedup();
        counts.into_iter().find_map(|count| match count == script.cues.len() {
            true => as_it_is(),
            false => {
                let cues = pairs().take(count).map(|(cue, _)| cue.clone()).collect();
                self.play(&Script { cues, ..*script }, promise)
            }
        })
    }
}
