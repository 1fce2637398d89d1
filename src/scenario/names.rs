//! Whom a name means: nodes, groups and labels, and what people are told when it means nobody.

use super::diagnostic::{Checked, Mistake};
use super::schema::At;
use super::words::{Links, Who, WhoWord};
use crate::check::Since;
use crate::kernel::{Action, LinkSelector, NodeSelector, Plan, Rule, RuleId, Topology};
use crate::node::{Cluster, NodeId};

/// Every name of a scenario.
pub struct Names {
    /// The nodes and their groups.
    pub cluster: Cluster,
    /// What rules are called, by their place in the plan.
    pub rules: Vec<RuleName>,
    /// Sites and cables.
    pub topology: Topology,
}

/// What can be said of a rule by its name.
pub struct RuleName {
    /// Its label, where the file gives it one.
    pub label: Option<String>,
    /// What its draws are keyed by: the label, or what it does.
    pub key: String,
    /// What it does.
    pub does: Does,
    /// Whether it comes to an end.
    pub lasts: bool,
}

/// What a rule does, as far as others may refer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// A fault that hits a node.
    Hit,
    /// Any other fault.
    Fault,
    /// A client's operation.
    Operation,
    /// A question.
    Question,
}

impl Does {
    fn of(action: &Action) -> Self {
        match action {
            Action::Node(..) => Does::Hit,
            Action::OneOf(menu) if menu.iter().any(|(_, action)| Does::of(action) == Does::Hit) => Does::Hit,
            action if action.asker().is_some() => Does::Operation,
            Action::Link(..) | Action::Message(_) | Action::OneOf(_) | Action::Mark => Does::Fault,
            Action::Operation { .. } => Does::Operation,
            Action::Ask(_) => Does::Question,
        }
    }
}

/// The selectors, for people who named a node that is none.
const SELECTORS: &str = "Leader, AFollower, Random, AnyOf(\"group\"), Same(\"label\")";

impl Names {
    /// The names of a plan, for texts that are read after it.
    pub fn of_plan(plan: &Plan) -> Self {
        let rule = |rule: &Rule| RuleName {
            label: rule.name().map(str::to_owned),
            key: rule.label.clone().unwrap_or_default(),
            does: Does::of(&rule.action),
            lasts: rule.lasting.is_some(),
        };
        Names {
            cluster: plan.cluster.clone(),
            rules: plan.rules.iter().map(rule).collect(),
            topology: plan.topology.clone(),
        }
    }

    /// The node of that name.
    pub fn node(&self, name: &At<String>) -> Checked<NodeId> {
        self.cluster.find(&name.value).ok_or_else(|| self.no_node(name))
    }

    fn no_node(&self, name: &At<String>) -> Box<Mistake> {
        let names = || self.cluster.names().iter().map(String::as_str);
        let mistake = not_found(name, &format!("{:?} is not a node here", name.value), names());
        match self.groups().any(|group| group == name.value) {
            true => mistake.label("a group, and one node is wanted"),
            false => mistake,
        }
    }

    /// The nodes that a name means: the node, or all of the group.
    pub fn nodes(&self, name: &At<String>) -> Checked<Vec<NodeId>> {
        if let Some(node) = self.cluster.find(&name.value) {
            return Ok(vec![node]);
        }
        match self.cluster.group(&name.value) {
            [] => {
                let names = self.cluster.names().iter().map(String::as_str).chain(self.groups());
                Err(not_found(name, &format!("{:?} is neither a node nor a group here", name.value), names))
            }
            members => Ok(members.to_vec()),
        }
    }

    fn groups(&self) -> impl Iterator<Item = &str> + Clone {
        self.cluster.groups().iter().map(|group| group.name.as_str())
    }

    /// The node that a selector means, as the kernel takes it.
    pub fn who(&self, who: &Who) -> Checked<NodeSelector> {
        Ok(match who {
            Who::Name(name) => match self.node(name) {
                Ok(node) => NodeSelector::Node(node),
                Err(mistake) => {
                    let accepted = format!("{}; {SELECTORS}", mistake.accepted);
                    let mistake = mistake.accepted(accepted);
                    return Err(match name.value.as_str() {
                        "Leader" | "AFollower" | "Random" => mistake.label("without quotes"),
                        group if self.groups().any(|other| other == group) => {
                            mistake.label(format!("a group; a node of it is AnyOf({group:?})"))
                        }
                        _ => mistake,
                    });
                }
            },
            Who::Word(WhoWord::Leader) => NodeSelector::Leader,
            Who::Word(WhoWord::AFollower) => NodeSelector::AFollower,
            Who::Word(WhoWord::Random) => NodeSelector::Random,
            Who::Word(WhoWord::AnyOf(group)) => NodeSelector::AnyOf(self.group(group)?),
            Who::Word(WhoWord::Each(group)) => {
                let mistake = Mistake::says("only clients can be meant each by itself, in  by: Each(\"client\")");
                return Err(mistake.at(group.span.clone()).note("a fault hits one node at a time: AnyOf draws one"));
            }
            Who::Word(WhoWord::Same(label)) => NodeSelector::Same(self.hit(label)?),
        })
    }

    fn group(&self, name: &At<String>) -> Checked<String> {
        match self.cluster.group(&name.value) {
            [] => Err(not_found(name, &format!("{:?} is not a group here", name.value), self.groups())),
            _ => Ok(name.value.clone()),
        }
    }

    /// The clients that an entry of the workload means.
    pub fn asker(&self, who: &Who) -> Checked<NodeSelector> {
        match who {
            Who::Word(WhoWord::Each(group)) => self.group(group).map(NodeSelector::Each),
            who => self.who(who),
        }
    }

    /// The links that a selector means, as the kernel takes it.
    pub fn links(&self, links: &Links) -> Checked<LinkSelector> {
        Ok(match links {
            Links::Link(from, to) => {
                let (from, to) = self.pair(from, to)?;
                LinkSelector::OneWay(from, to)
            }
            Links::Between(one, other) => {
                let (one, other) = self.pair(one, other)?;
                LinkSelector::Between(one, other)
            }
            Links::Around(node) => LinkSelector::Around(self.who(node)?),
            Links::Into(node) => LinkSelector::Into(self.who(node)?),
            Links::OutOf(node) => LinkSelector::OutOf(self.who(node)?),
            Links::Sides(sides) => LinkSelector::Sides(self.sides(sides)?),
            Links::MinorityWith(node) => LinkSelector::MinorityWith(self.who(node)?),
            Links::MajorityWith(node) => LinkSelector::MajorityWith(self.who(node)?),
            Links::Bridge(node) => LinkSelector::Bridge(self.who(node)?),
            Links::RandomSides => LinkSelector::RandomSides,
            Links::All => LinkSelector::All,
            Links::Cable(name) => LinkSelector::Cable(self.cable(name)?),
            Links::Site(name) => LinkSelector::Site(self.site(name)?),
        })
    }

    /// The cable of that name, which some way must run through.
    fn cable(&self, name: &At<String>) -> Checked<usize> {
        let names = self.topology.cables().iter().map(|cable| cable.name.as_str());
        let cable = place(name, "cable", names)?;
        match self.topology.through_cable(cable).is_empty() {
            false => Ok(cable),
            true => {
                let message =
                    format!("no message takes the cable {:?}: another way is as quick or quicker", name.value);
                let note = "a message takes the way of the least expected delay, also while that is cut";
                Err(Mistake::says(message).at(name.span.clone()).note(note))
            }
        }
    }

    /// The site of that name.
    pub fn site(&self, name: &At<String>) -> Checked<usize> {
        place(name, "site", self.topology.sites().iter().map(|site| site.name.as_str()))
    }

    fn pair(&self, one: &Who, other: &Who) -> Checked<(NodeSelector, NodeSelector)> {
        let (first, second) = (self.who(one)?, self.who(other)?);
        if first == second
            && let Who::Name(name) = other
        {
            let mistake = Mistake::says("a link joins two nodes; a node reaches itself without one");
            return Err(mistake.at(name.span.clone()));
        }
        Ok((first, second))
    }

    /// The sides of a partition. Who is on no side reaches everyone.
    pub fn sides(&self, sides: &[Vec<At<String>>]) -> Checked<Vec<Vec<NodeId>>> {
        let mut seen: Vec<(NodeId, &At<String>)> = vec![];
        for name in sides.iter().flatten() {
            let node = self.node(name)?;
            if let Some((_, first)) = seen.iter().find(|(other, _)| *other == node) {
                let mistake = Mistake::says(format!("{:?} cannot be on two sides", name.value)).at(name.span.clone());
                return Err(mistake.related(first.span.clone(), "first here"));
            }
            seen.push((node, name));
        }
        if sides.len() < 2 || sides.iter().any(Vec::is_empty) {
            let mistake = Mistake::says("a partition has two sides at least, and somebody on each");
            return Err(mistake.note("for one node against all others write Isolate(\"n1\")"));
        }
        let resolve = |side: &Vec<At<String>>| side.iter().map(|name| self.node(name)).collect();
        sides.iter().map(resolve).collect()
    }

    /// The rule of that label, of whatever kind.
    fn rule(&self, label: &At<String>, fits: impl Fn(&RuleName) -> bool) -> Checked<RuleId> {
        let named = |rule: &RuleName| rule.label.as_deref() == Some(label.value.as_str());
        self.rules.iter().position(named).ok_or_else(|| {
            let fitting = self.rules.iter().filter(|rule| fits(rule)).filter_map(|rule| rule.label.as_deref());
            let labels: Vec<&str> = fitting.collect();
            let message = format!("nothing is labelled {:?}", label.value);
            if labels.is_empty() {
                let note = "a label is given by the field  label: \"name\"; nothing that would fit here has one";
                return Mistake::says(message).at(label.span.clone()).note(note);
            }
            not_found(label, &message, labels.into_iter())
        })
    }

    fn refused(&self, label: &At<String>, message: &str, note: &str) -> Box<Mistake> {
        Mistake::says(format!("{:?} {message}", label.value)).at(label.span.clone()).note(note)
    }

    /// The operation of that label.
    pub fn operation(&self, label: &At<String>) -> Checked<RuleId> {
        let rule = self.rule(label, |rule| rule.does == Does::Operation)?;
        match self.rules[rule].does {
            Does::Operation => Ok(rule),
            Does::Question => Err(self.refused(label, "is a question, and an operation is wanted here", "")),
            Does::Hit | Does::Fault => {
                let note = "a fault is waited for by Fired(\"...\"), or Ended(\"...\") if it lasts";
                Err(self.refused(label, "is a fault, and an operation is wanted here", note))
            }
        }
    }

    /// The fault of that label.
    pub fn fault(&self, label: &At<String>) -> Checked<RuleId> {
        let rule = self.rule(label, |rule| matches!(rule.does, Does::Hit | Does::Fault))?;
        match self.rules[rule].does {
            Does::Hit | Does::Fault => Ok(rule),
            Does::Question => Err(self.refused(label, "is a question, and a fault is wanted here", "")),
            Does::Operation => {
                let note = "an operation is waited for by Invoked, Returned or TimedOut";
                Err(self.refused(label, "is an operation, and a fault is wanted here", note))
            }
        }
    }

    /// The fault of that label, which must come to an end.
    pub fn lasting_fault(&self, label: &At<String>) -> Checked<RuleId> {
        let rule = self.fault(label)?;
        match self.rules[rule].lasts {
            true => Ok(rule),
            false => {
                let note = "a fault comes to an end where it has the field  lasting: \"1s\"";
                Err(self.refused(label, "never ends: it does not say how long it lasts", note))
            }
        }
    }

    /// The rule of that label, which must be about one node.
    fn hit(&self, label: &At<String>) -> Checked<RuleId> {
        let about_a_node = |rule: &RuleName| matches!(rule.does, Does::Hit | Does::Operation);
        let rule = self.rule(label, about_a_node)?;
        match about_a_node(&self.rules[rule]) {
            true => Ok(rule),
            false => Err(self.refused(label, "hits no node, so nobody is the same", "")),
        }
    }

    /// The fault or operation whose beginning or end a claim counts from; `label` is its label, in its place.
    pub fn since(&self, since: &Since, label: &At<String>) -> Checked<RuleId> {
        let rule = self.rule(label, |rule| rule.does != Does::Question)?;
        match (self.rules[rule].does, since) {
            (Does::Question, _) => {
                Err(self.refused(label, "is a question, and a fault or operation is wanted here", ""))
            }
            (Does::Hit | Does::Fault, Since::End(_)) => self.lasting_fault(label),
            _ => Ok(rule),
        }
    }
}

/// The place of a name among the names of sites or cables.
pub fn place<'a>(name: &At<String>, what: &str, names: impl Iterator<Item = &'a str> + Clone) -> Checked<usize> {
    match names.clone().position(|other| other == name.value) {
        Some(place) => Ok(place),
        None if names.clone().next().is_none() => {
            let mistake = Mistake::says(format!("this network has no {what}s")).at(name.span.clone());
            Err(mistake.note("they are given in  network: (sites: {...}, cables: {...})"))
        }
        None => Err(not_found(name, &format!("{:?} is not a {what} here", name.value), names)),
    }
}

/// The refusal of a name, with the nearest of those that there are and with all of them.
pub fn not_found<'a>(name: &At<String>, message: &str, names: impl Iterator<Item = &'a str> + Clone) -> Box<Mistake> {
    const SHOWN: usize = 24;
    let mistake = Mistake::says(message).at(name.span.clone());
    let mistake = match super::diagnostic::nearest(&name.value, names.clone()) {
        Some(nearest) => mistake.label(format!("nearest: {nearest:?}")),
        None => mistake,
    };
    let count = names.clone().count();
    let mut accepted = names.take(SHOWN).collect::<Vec<_>>().join(" ");
    if count > SHOWN {
        accepted += &format!(" and {} more", count - SHOWN);
    }
    mistake.accepted(accepted)
}
