//! The shortest run of all, looked for in worlds that are small enough to be searched.
//!
//! Leaving out parts of one run never finds what another run shows in fewer steps. So the worlds of the case's nodes, or
//! of fewer of them, are searched for runs that break the same promise; with the case's timeouts and crashes as budgets.

use super::case::{Case, KEPT};
use super::reduce::Tries;
use super::{text, tree};
use crate::check::watch::{JUDGED, Wanted};
use crate::explore::{Limits, Manner, Marks, Options, search};
use crate::kernel::search::Bounds;
use crate::kernel::{Act, Plan, Question};
use crate::scenario::Scenario;

/// How many states of a world are looked at. Our choice: some seconds.
const STATES: u64 = 400_000;

/// How many nodes may crash at the most. Our choice: a run with more is not told on a page.
const CRASHES: usize = 2;

impl<'a> Case<'a> {
    /// Takes the smallest run that a search finds, if it is smaller.
    pub fn elsewhere(&mut self, tries: &mut Tries<'_>) -> bool {
        if !JUDGED.contains(&self.promise) {
            return false;
        }
        let mut is_smaller = false;
        for nodes in self.worlds() {
            for at_once in [true, false] {
                let Some(case) = self.searched(&nodes, at_once, tries) else { continue };
                if case.extent() < self.extent() {
                    *self = case;
                    is_smaller = true;
                }
            }
            if is_smaller || tries.is_over() {
                break;
            }
        }
        is_smaller
    }

    /// The names of nodes that make worlds: the first so many of each group, few before many.
    fn worlds(&self) -> Vec<Vec<String>> {
        let cluster = &self.scenario().plan.cluster;
        let mut worlds: Vec<Vec<String>> = vec![Vec::new()];
        for group in cluster.groups() {
            let names: Vec<String> = group.members.iter().map(|node| cluster.name(*node).to_owned()).collect();
            let with = |world: &Vec<String>| {
                let world = world.clone();
                (0..=names.len()).map(|count| [&world, &names[..count]].concat()).collect::<Vec<_>>()
            };
            worlds = worlds.iter().flat_map(with).collect();
        }
        worlds.retain(|world| !world.is_empty());
        worlds.sort_by_key(Vec::len);
        worlds
    }

    /// The shortest run among these nodes.
    fn searched(&self, nodes: &[String], syncs_at_once: bool, tries: &mut Tries<'_>) -> Option<Case<'a>> {
        let cluster = &self.scenario().plan.cluster;
        let gone: Vec<&str> = cluster
            .ids()
            .map(|node| cluster.name(node))
            .filter(|name| !nodes.iter().any(|node| node == name))
            .collect();
        let bare = match gone.is_empty() {
            true => self.scenario().tree.clone(),
            false => tree::without_nodes(&self.scenario().tree, &gone)?,
        };
        let asked: Vec<&Question> = self.script.cues.iter().filter_map(|cue| cue.act.question()).collect();
        let entries = asked.iter().map(|question| (question, cluster.name(question.client)));
        let entries = entries.filter(|(_, client)| !gone.contains(client));
        let entries: Vec<String> = entries.map(|(question, client)| text::entry(question, client)).collect();
        let mut asking = tree::only(&bare, KEPT);
        if !entries.is_empty() {
            tree::set(&mut asking, "workload", &format!("[{}]", entries.join(", ")));
        }
        let scenario = Scenario::parse("a small world", &asking.pretty(), None).ok()?;
        let runner = self.registry.prepare(&scenario).ok()?;
        let count = |is_it: fn(&Act) -> bool| self.script.cues.iter().filter(|cue| is_it(&cue.act)).count();
        let bounds = Bounds {
            crashes: Some(CRASHES as u16),
            timeouts: Some(count(|act| matches!(act, Act::Expire(..))) as u16),
            duplicates: Some(count(|act| matches!(act, Act::Deliver(_, true))) as u16),
            tick: self.script.tick,
            syncs_at_once,
            ..Bounds::default()
        };
        let wanted = Wanted { always: vec![self.promise], eventually: Vec::new(), sometimes: Vec::new() };
        let marks = Marks { never: wanted.never(), eventually: 0 };
        let mut space = runner.space(&bounds, &wanted).ok()?;
        let limits = Limits { depth: Some(self.script.cues.len() as u32), states: STATES, ..Limits::NONE };
        let options = Options { limits, jobs: rayon::current_num_threads(), reduction: true, symmetry: false };
        let report = search(space.as_mut(), Manner::Breadth, marks, &options, &mut |_| tries.goes_on()).ok()?;
        let schedule = report.found?.schedule;
        let plan = Plan { schedule: Some(schedule), ..scenario.plan.clone() };
        let script = runner.replanned(plan).script(scenario.plan.seed).ok()?;
        Case::prepared(self.registry, self.promise, &bare, script)
    }
}
