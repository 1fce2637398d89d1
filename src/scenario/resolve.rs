//! From the fields of a file to a plan: every name resolved, every default filled in, every number checked.

use super::Expectation;
use super::decode::decode;
use super::diagnostic::{Checked, Mistake, Span};
use super::explore::{self, Exploration};
use super::names::{Does, Names, RuleName};
use super::rules::{self, KindNames};
use super::schema::{Ask, At, Disk, File, SyncHoldsText, When};
use super::syntax::{Kind, Node};
use super::words::ActionText;
use super::{network, schedule, work};
use crate::check::{Answer, Claim, Question, State};
use crate::kernel::{Action, DiskPlan, Keys, Plan, Rule, RuleId, SyncHolds, Topology, UNNAMED};
use crate::node::{Cluster, ClusterError, SimSpan, SimTime};
use std::collections::BTreeMap;

/// What a file says, resolved.
pub struct Resolved {
    pub file: File,
    pub plan: Plan,
    pub questions: Vec<Question>,
    pub expect: Vec<Expectation>,
    pub kinds: KindNames,
    pub exploration: Exploration,
}

/// Resolves a whole scenario, variant applied.
pub fn resolve(root: &Node) -> Checked<Resolved> {
    let file: File = decode(root)?;
    let mut names = Names { cluster: cluster(&file)?, rules: vec![], topology: Topology::default() };
    names.rules = rule_names(&file, root)?;
    let mut plan = Plan::new(names.cluster.clone());
    bounds(&file, &mut plan)?;
    names.topology = network::topology(&names, &file.network)?;
    (plan.link, plan.links) = network::links(&names, &file.network)?;
    plan.topology = names.topology.clone();
    for (name, clock) in &file.clocks.0 {
        plan.clocks.extend(names.nodes(name)?.into_iter().map(|node| (node, clock.plan())));
    }
    plan.disk = disk_plan(&file.disk, &DiskPlan::default());
    for (name, disk) in &file.disks.0 {
        let disk = disk_plan(disk, &plan.disk);
        plan.disks.extend(names.nodes(name)?.into_iter().map(|node| (node, disk.clone())));
    }
    for (name, span) in &file.service.0 {
        plan.service.extend(names.nodes(name)?.into_iter().map(|node| (node, *span)));
    }
    (plan.rules, plan.keys) = Entries::new(root).rules(&names, &file)?;
    all_reached(&file, plan.until)?;
    let questions = file.ask.iter().map(|ask| question(&names, ask, root)).collect::<Checked<_>>()?;
    let expect = expectations(&names, &file, root)?;
    let mut kinds = KindNames::of(&file);
    if let Some(text) = &file.schedule {
        plan.schedule = Some(schedule::resolve(&names, &plan, text, root)?);
        kinds.add_schedule(text);
    }
    let exploration = explore::resolve(&names, &plan, &file.explore, &expect, root)?;
    Ok(Resolved { file, plan, questions, expect, kinds, exploration })
}

fn cluster(file: &File) -> Checked<Cluster> {
    let At { value: groups, span } = &file.cluster;
    if let Some((group, _)) = groups.0.iter().find(|(_, members)| members.is_empty()) {
        let mistake = Mistake::says(format!("the group {:?} has no nodes", group.value)).at(group.span.clone());
        return Err(mistake.label("name at least one, or leave it out"));
    }
    // Before all nodes are compared with each other: a file can hold a hundred thousand names.
    let count: usize = groups.0.iter().map(|(_, members)| members.len()).sum();
    if count > Cluster::MAX_NODES {
        return Err(Mistake::says(ClusterError::TooMany(count).to_string()).at(span.clone()));
    }
    let named = groups
        .0
        .iter()
        .map(|(group, members)| (group.value.as_str(), members.iter().map(|member| member.value.as_str()).collect()));
    Cluster::new(named).map_err(|error| {
        let members = || groups.0.iter().flat_map(|(_, members)| members);
        let mistake = Mistake::says(error.to_string());
        match error {
            ClusterError::Twice(name) => {
                let mut places = members().filter(|member| member.value == name).map(|member| member.span.clone());
                match (places.next(), places.next()) {
                    (Some(first), Some(second)) => mistake.at(second).related(first, "first here"),
                    _ => mistake.at(span.clone()),
                }
            }
            ClusterError::BadName(name) => {
                let place = members().find(|member| member.value == name).map_or(span, |member| &member.span);
                mistake.at(place.clone())
            }
            ClusterError::Empty => mistake.at(span.clone()).label("such as {\"replica\": [\"n1\", \"n2\"]}"),
            ClusterError::TooMany(_) => mistake.at(span.clone()),
        }
    })
}

/// The longest run. A node's clock counts nanoseconds in 64 bits with a sign, 292 years, and may err besides.
const CENTURY: SimSpan = SimSpan::seconds(100 * 365 * 86_400);

/// The numbers that bound a run.
fn bounds(file: &File, plan: &mut Plan) -> Checked<()> {
    if let Some(until) = &file.until {
        if until.value == SimSpan::ZERO {
            let mistake = Mistake::says("a run that ends at 0 shows nothing").at(until.span.clone());
            return Err(mistake.note("until is how much virtual time passes, such as \"3s\""));
        }
        if until.value > CENTURY {
            return Err(Mistake::says("a hundred years are the most that a run can last").at(until.span.clone()));
        }
        plan.until = SimTime(until.value.0);
    }
    if let Some(events) = &file.events {
        if events.value == 0 {
            return Err(Mistake::says("a run without events shows nothing").at(events.span.clone()));
        }
        plan.max_events = events.value;
    }
    if let Some(inbox) = &file.inbox {
        plan.inbox = inbox.value as usize;
    }
    plan.seed = file.seed.unwrap_or(0);
    plan.sync_holds = match file.sync_holds {
        SyncHoldsText::Node => SyncHolds::Node,
        SyncHoldsText::Handler => SyncHolds::Handler,
    };
    Ok(())
}

fn disk_plan(disk: &Disk, base: &DiskPlan) -> DiskPlan {
    DiskPlan {
        sync: disk.sync.as_ref().map_or_else(|| base.sync.clone(), |law| law.0.clone()),
        mode: disk.mode.unwrap_or(base.mode),
    }
}

/// What every rule is called: faults, then workload, then questions, as they will stand in the plan.
///
/// An entry without a label is called by what it does, not by its place or time: its draws stay the same when another
/// entry joins it or when its moment is moved. Such names begin with `~`, which labels cannot, and are for draws only.
fn rule_names(file: &File, root: &Node) -> Checked<Vec<RuleName>> {
    let entries = Entries::new(root);
    let mut spans: BTreeMap<String, Span> = BTreeMap::new();
    let mut spent: BTreeMap<String, u32> = BTreeMap::new();
    let mut name = |when: When, does: Does, content: String| -> Checked<RuleName> {
        let key = match when.label {
            Some(label) => {
                checked_name(label, "a label")?;
                if let Some(first) = spans.insert(label.value.clone(), label.span.clone()) {
                    let mistake = Mistake::says(format!("two things are labelled {:?}", label.value));
                    return Err(mistake.at(label.span.clone()).related(first, "first here"));
                }
                label.value.clone()
            }
            None => {
                let content = format!("{UNNAMED}{content}");
                let count = spent.entry(content.clone()).or_insert(0);
                *count += 1;
                if *count == 1 { content } else { format!("{content} #{count}") }
            }
        };
        let label = when.label.map(|label| label.value.clone());
        Ok(RuleName { label, key, does, lasts: when.lasting.is_some() })
    };
    let mut names = vec![];
    for (place, fault) in file.faults.iter().enumerate() {
        names.push(name(fault.when(), hits(&fault.r#do.value), entries.content("faults", place, &["do"]))?);
    }
    for (place, work) in file.workload.iter().enumerate() {
        names.push(name(work.when(), Does::Operation, entries.content("workload", place, &["by", "op"]))?);
    }
    for (place, ask) in file.ask.iter().enumerate() {
        names.push(name(ask.when(), Does::Question, entries.content("ask", place, &["text"]))?);
    }
    Ok(names)
}

/// Refuses names that could not be told from the words around them.
pub fn checked_name(name: &At<String>, what: &str) -> Checked<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if (1..=32).contains(&name.value.len()) && name.value.chars().all(plain) {
        return Ok(());
    }
    let mistake = Mistake::says(format!("{:?} cannot be {what}", name.value)).at(name.span.clone());
    Err(mistake.note("use 1 to 32 ASCII letters, digits, - _ and ."))
}

fn hits(action: &ActionText) -> Does {
    use ActionText as A;
    match action {
        A::Crash(_) | A::Restart(_) | A::Pause(_) | A::Resume(_) | A::Slow(..) | A::Expire(..) => Does::Hit,
        A::Disk(..) | A::Wipe(_) | A::Clock(..) => Does::Hit,
        A::OneOf(menu) if menu.iter().any(|(_, action)| hits(&action.value) == Does::Hit) => Does::Hit,
        _ => Does::Fault,
    }
}

/// The entries of the file's lists, as nodes: for the places and contents that the types do not keep.
struct Entries<'a>(&'a Node);

impl<'a> Entries<'a> {
    fn new(root: &'a Node) -> Self {
        Entries(root)
    }

    fn entry(&self, list: &str, place: usize) -> Option<&'a Node> {
        match &self.0.field(list)?.value.kind {
            Kind::List(items) => items.get(place),
            _ => None,
        }
    }

    fn span(&self, list: &str, place: usize) -> Span {
        self.entry(list, place).map_or(0..0, Node::head)
    }

    fn content(&self, list: &str, place: usize, fields: &[&str]) -> String {
        let entry = self.entry(list, place);
        let parts = fields.iter().filter_map(|field| entry?.field(field)).map(|field| field.value.canonical());
        parts.collect::<Vec<_>>().join(" ")
    }

    fn rules(&self, names: &Names, file: &File) -> Checked<(Vec<Rule>, BTreeMap<RuleId, Keys>)> {
        let (mut rules, mut keys) = (vec![], BTreeMap::new());
        for (place, fault) in file.faults.iter().enumerate() {
            let action = rules::action(names, &fault.r#do)?;
            rules.push(rule(names, rules.len(), fault.when(), self.span("faults", place), action, &fault.r#do.span)?);
        }
        for (place, work) in file.workload.iter().enumerate() {
            let span = self.span("workload", place);
            let (action, drawn) = work::asked(names, work, &span)?;
            keys.extend(drawn.map(|drawn| (rules.len(), drawn)));
            rules.push(rule(names, rules.len(), work.turns(), span.clone(), action, &span)?);
        }
        for (place, ask) in file.ask.iter().enumerate() {
            let span = self.span("ask", place);
            rules.push(rule(names, rules.len(), ask.when(), span.clone(), Action::Ask(place), &span)?);
        }
        no_circle(&rules, file)?;
        Ok((rules, keys))
    }
}

fn rule(names: &Names, id: usize, when: When, entry: Span, action: Action, what: &Span) -> Checked<Rule> {
    let (trigger, after) = rules::trigger(names, &when, entry)?;
    let lasting = when.lasting.map(|law| law.value.0.clone());
    let rule = Rule { label: Some(names.rules[id].key.clone()), trigger, after, lasting, action };
    rules::check(&rule, &when, what)?;
    Ok(rule)
}

/// Refuses moments after the end of the run: what is to happen then never does.
fn all_reached(file: &File, until: SimTime) -> Checked<()> {
    let faults = file.faults.iter().map(|fault| fault.when());
    let work = file.workload.iter().map(|work| work.when());
    let whens = faults.chain(work).chain(file.ask.iter().map(|ask| ask.when()));
    match whens.flat_map(|when| [when.at, when.from]).flatten().find(|at| SimTime(at.value.0) > until) {
        None => Ok(()),
        Some(late) => {
            let end = SimSpan(until.0);
            let mistake = Mistake::says(format!("the run is over by then: it ends at {end}")).at(late.span.clone());
            Err(match &file.until {
                Some(until) => mistake.related(until.span.clone(), "the end"),
                None => mistake.note("write  until: \"20s\"  for a longer run"),
            })
        }
    }
}

/// Refuses faults and operations that wait for each other in a circle: none of them would ever happen.
fn no_circle(rules: &[Rule], file: &File) -> Checked<()> {
    let whens = file.faults.iter().map(|fault| fault.when()).chain(file.workload.iter().map(|work| work.when()));
    for (start, when) in whens.enumerate() {
        let mut at = start;
        for _ in 0..rules.len() {
            match rules::waits_for(&rules[at]) {
                Some(next) => at = next,
                None => break,
            }
            if at == start {
                let mistake = Mistake::says("this waits for itself, directly or through others: it never happens");
                let span = when.on.map_or(0..0, |on| on.span.clone());
                return Err(mistake.at(span));
            }
        }
    }
    Ok(())
}

fn question(names: &Names, ask: &Ask, root: &Node) -> Checked<Question> {
    match ask {
        Ask::Guess(guess) => {
            let answer = guess.answer.value.clone();
            if let Answer::Whether(claim) = &answer {
                check_claim(names, root, &At { value: claim.clone(), span: guess.answer.span.clone() })?;
            }
            check_label(names, root, &guess.answer.span, answer.label())?;
            Ok(Question::Guess { text: guess.text.clone(), answer, because: guess.because.clone() })
        }
        Ask::Judge(judge) => {
            check_claim(names, root, &judge.claim)?;
            let seeds = judge.seeds.value;
            if !(1..=1_000_000).contains(&seeds) {
                let mistake = Mistake::says("seeds says over how many runs to judge, from 1 to 1000000");
                return Err(mistake.at(judge.seeds.span.clone()));
            }
            let (text, claim) = (judge.text.clone(), judge.claim.value.clone());
            Ok(Question::Judge { text, claim, seeds, because: judge.because.clone() })
        }
    }
}

fn expectations(names: &Names, file: &File, root: &Node) -> Checked<Vec<Expectation>> {
    let entries = Entries::new(root);
    let expectation = |(place, at): (usize, &At<Claim>)| {
        check_claim(names, root, at)?;
        let text = entries.entry("expect", place).map_or(String::new(), Node::canonical);
        Ok(Expectation { claim: at.value.clone(), span: at.span.clone(), text })
    };
    file.expect.iter().enumerate().map(expectation).collect()
}

pub(super) fn check_claim(names: &Names, root: &Node, at: &At<Claim>) -> Checked<()> {
    let mut claim = &at.value;
    while let Claim::Not(inner) = claim {
        claim = inner;
    }
    if let Claim::Eventually { that, after, .. } = claim {
        check_label(names, root, &at.span, that.label())?;
        if let Some(after) = after {
            names.since(after, &placed(root, &at.span, after.label()))?;
        }
    }
    check_label(names, root, &at.span, claim.label())
}

/// Checks a state by itself.
pub(super) fn check_state(names: &Names, root: &Node, at: &At<State>) -> Checked<()> {
    check_label(names, root, &at.span, at.value.label())
}

/// Checks that a label within a claim is an operation's.
fn check_label(names: &Names, root: &Node, within: &Span, label: Option<&str>) -> Checked<()> {
    match label {
        Some(label) => names.operation(&placed(root, within, label)).map(drop),
        None => Ok(()),
    }
}

/// Claims do not know their places: finds the label in the text of the claim.
fn placed(root: &Node, within: &Span, label: &str) -> At<String> {
    let span = root.node_at(within).and_then(|node| node.find_text(label)).unwrap_or_else(|| within.clone());
    At { value: label.to_owned(), span }
}
