//! What a scenario sets up, in words: nodes, network, the protocol's parameters, and what is amiss from the start.

use super::shared::counted;
use crate::kernel::{Cable, Law, Link, Plan};
use crate::node::{ClockChange, DiskMode, Fault, Group, NodeId, SimSpan};
use crate::scenario::Scenario;
use crate::scenario::syntax::{self, Body, Kind, Node};
use crate::trace::{COLUMNS, spaced_units};

/// No setting is longer: two lines of a story.
const LONGEST: usize = 158;
/// What is said of a network that loses nothing.
const NO_LOSS: &str = ", no loss";
/// Longer lists and maps are only said to be given.
const LONG_LIST: usize = 3;

/// Nodes, network and parameters: `n1..n5, client c1; delay 1-5 ms, no loss; election 150-300 ms`.
pub fn in_words(scenario: &Scenario) -> String {
    let plan = &scenario.plan;
    let groups: Vec<String> = plan.cluster.groups().iter().map(|group| group_words(plan, group)).collect();
    let mut parts = vec![groups.join(", "), link_words(plan)];
    parts.extend(odd_links(plan));
    let cables = parts.len();
    parts.extend(cable_words(plan));
    parts.push(protocol_words(scenario, Detail::Whole));
    if parts.join("; ").len() > COLUMNS {
        // What is as usual is left out where room is short.
        parts[1] = parts[1].replace(NO_LOSS, "");
    }
    let topology = &plan.topology;
    if parts.join("; ").len() > LONGEST && !topology.cables().is_empty() {
        parts[cables] = format!("{} cables between {} sites", topology.cables().len(), topology.sites().len());
    }
    let length = parts.join("; ").len();
    if let Some(protocol) = parts.last_mut().filter(|_| length > LONGEST) {
        *protocol = protocol_words(scenario, Detail::Heads);
    }
    while parts.len() > 2 && parts.join("; ").len() > LONGEST {
        parts.remove(2);
    }
    let mut text = parts.join("; ");
    if text.len() > LONGEST {
        text = text.chars().take(LONGEST - 4).collect::<String>() + " ...";
    }
    text
}

fn group_words(plan: &Plan, group: &Group) -> String {
    let names: Vec<&str> = group.members.iter().map(|&id| plan.cluster.name(id)).collect();
    let names = match names.as_slice() {
        [first, .., last] if names.len() > 2 && is_row(&names) => format!("{first}..{last}"),
        names => names.join(" "),
    };
    if group.name == "replica" { names } else { format!("{} {names}", group.name) }
}

/// Whether names count up: `n1`, `n2`, `n3`.
fn is_row(names: &[&str]) -> bool {
    let stem = names[0].trim_end_matches(|c: char| c.is_ascii_digit());
    let number = |name: &&str| name.strip_prefix(stem)?.parse::<usize>().ok();
    let numbers: Option<Vec<usize>> = names.iter().map(number).collect();
    numbers.is_some_and(|numbers| numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]))
}

fn link_words(plan: &Plan) -> String {
    if let Some(schedule) = &plan.schedule {
        return format!("an order laid down, {} of 1 ms", counted(schedule.steps.len() as u64, "step"));
    }
    let link = &plan.link;
    let percent = |ppm: u32| format!("{}.{:02}%", ppm / 10_000, ppm / 100 % 100);
    let loss = if link.loss_ppm == 0 { NO_LOSS.to_owned() } else { format!(", loss {}", percent(link.loss_ppm)) };
    let within = if plan.topology.sites().is_empty() { "" } else { " within a site" };
    format!("delay {}{within}{loss}", law_words(&link.delay))
}

fn law_words(law: &Law) -> String {
    match law {
        Law::Constant(span) => span_words(*span),
        Law::Uniform(least, most) => between(&span_words(*least), &span_words(*most)),
        Law::Exponential(mean) => format!("exponential, mean {}", span_words(*mean)),
        Law::LogNormal { median, sigma } => format!("log-normal, median {}, sigma {sigma}", span_words(*median)),
        Law::Normal { mean, deviation } => {
            format!("normal, mean {}, deviation {}", span_words(*mean), span_words(*deviation))
        }
        Law::Pareto { scale, shape } => format!("Pareto from {}, shape {shape}", span_words(*scale)),
        Law::Mixture(parts) => {
            let part = |(weight, law): &(u32, Law)| format!("{weight} parts {}", law_words(law));
            parts.iter().map(part).collect::<Vec<_>>().join(", ")
        }
        Law::Recorded(spans) => match (spans.iter().min(), spans.iter().max()) {
            (Some(least), Some(most)) => format!("as recorded, {}", between(&span_words(*least), &span_words(*most))),
            _ => "none".to_owned(),
        },
        Law::Sum(laws) => laws.iter().map(law_words).collect::<Vec<_>>().join(" and "),
    }
}

/// The cables between sites: `optics dc-hub 500 us, transit hub-pacific 29-31 ms`.
fn cable_words(plan: &Plan) -> Option<String> {
    let name = |site: usize| &plan.topology.sites()[site].name;
    let cable = |cable: &Cable| {
        format!("{} {}-{} {}", cable.name, name(cable.ends.0), name(cable.ends.1), law_words(&cable.delay))
    };
    let cables: Vec<String> = plan.topology.cables().iter().map(cable).collect();
    (!cables.is_empty()).then(|| format!("cables {}", cables.join(", ")))
}

/// Links that are unlike the others, each pair once.
fn odd_links(plan: &Plan) -> Option<String> {
    let mut told: Vec<String> = Vec::new();
    let usual = |from, to| match plan.topology.delay(from, to) {
        Some(delay) => Link { delay, ..plan.link.clone() },
        None => plan.link.clone(),
    };
    for (&(from, to), link) in plan.links.iter().filter(|((from, to), link)| **link != usual(*from, *to)) {
        let back = plan.links.get(&(to, from));
        if back == Some(link) && to < from {
            continue;
        }
        let arrow = if back == Some(link) { "-" } else { ">" };
        told.push(format!("{}{arrow}{} {}", plan.cluster.name(from), plan.cluster.name(to), law_words(&link.delay)));
    }
    match told.len() {
        0 => None,
        1..=LONG_LIST => Some(told.join(", ")),
        count => Some(format!("{count} links are slower or faster")),
    }
}

/// `150ms` as `150 ms`.
fn span_words(span: SimSpan) -> String {
    spaced_units(&span.to_string())
}

/// Two ends of a range, which name a unit once where it is the same: `1-5 ms`.
fn between(least: &str, most: &str) -> String {
    match (least.split_once(' '), most.split_once(' ')) {
        (Some((least, unit)), Some((_, same))) if unit == same => format!("{least}-{most}"),
        _ => format!("{least} to {most}"),
    }
}

/// The protocol's parameters, or its name where all are as usual: `election 150-300 ms, heartbeat 50 ms`.
fn protocol_words(scenario: &Scenario, detail: Detail) -> String {
    let parts = syntax::parse(&scenario.protocol.text()).map_or(Vec::new(), |node| parameters(&node, detail));
    if parts.is_empty() { words(&scenario.protocol.name) } else { parts.join(", ") }
}

/// How much is told of a parameter that is a word with fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// All: `failover majority (of monitor, suspect 500 ms)`.
    Whole,
    /// The word: `failover majority`.
    Heads,
}

fn parameters(node: &Node, detail: Detail) -> Vec<String> {
    let mut parts = Vec::new();
    for field in node.fields() {
        let name = words(&field.name);
        match &field.value.kind {
            Kind::Record(Body::Fields(_)) => parts.extend(parameters(&field.value, detail)),
            Kind::Word(word, None) if word == "true" => parts.push(name),
            Kind::Word(word, None) if word == "false" => parts.push(format!("no {name}")),
            _ => parts.push(format!("{name} {}", value_words(&field.value, detail))),
        }
    }
    parts
}

fn value_words(node: &Node, detail: Detail) -> String {
    let several =
        |values: &[Node]| values.iter().map(|value| value_words(value, detail)).collect::<Vec<_>>().join(" ");

    match &node.kind {
        Kind::Text(text) => spaced_units(text),
        Kind::Number(number) => number.clone(),
        Kind::Word(word, None) => words(word),
        Kind::Word(word, Some(Body::Values(values))) if values.len() <= LONG_LIST => {
            format!("{} {}", words(word), several(values)).trim_end().to_owned()
        }
        Kind::Word(word, Some(Body::Fields(_))) => match (parameters(node, detail), detail) {
            (fields, Detail::Whole) if !fields.is_empty() => format!("{} ({})", words(word), fields.join(", ")),
            _ => words(word),
        },
        Kind::Record(Body::Values(values)) if values.len() == 2 => {
            between(&value_words(&values[0], detail), &value_words(&values[1], detail))
        }
        Kind::List(values) if values.len() <= LONG_LIST => several(values),
        _ => "given".to_owned(),
    }
}

/// `max_batch` and `CommitsOldTerm` in lower-case words.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.replace('_', " ").chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// What is amiss before anything happens: disks that are not honest, clocks that are not right, nodes that are slow.
pub fn from_start(plan: &Plan) -> Vec<Fault> {
    let mut amiss = Vec::new();
    let has_disk = |node: &NodeId| plan.cluster.group_of(*node).name != "client";
    for node in plan.cluster.ids().filter(has_disk) {
        let mode = plan.disks.get(&node).unwrap_or(&plan.disk).mode;
        if mode != DiskMode::Loses {
            amiss.push(Fault::Disk(node, mode));
        }
    }
    for (&node, clock) in &plan.clocks {
        if clock.rate_ppb != 0 {
            amiss.push(Fault::Clock(node, ClockChange::Rate(clock.rate_ppb)));
        }
        if clock.offset_ns != 0 {
            amiss.push(Fault::Clock(node, ClockChange::Step(clock.offset_ns)));
        }
    }
    let slow = plan.service.iter().filter(|(_, span)| **span > SimSpan::ZERO);
    amiss.extend(slow.map(|(&node, &span)| Fault::Slow(node, span)));
    amiss
}
