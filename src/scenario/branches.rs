//! Branches made by hand: what a scenario expects the event to be after which it departs from the run.

use super::registry::Failure;
use super::syntax::{Field, Kind, Node, parse};
use super::{Diagnostic, Scenario};
use crate::kernel::{Plan, Trigger};
use crate::node::EventId;
use crate::trace::{Trace, describe};

/// The events after which a plan departs by hand, each with what it must be.
fn expected(plan: &Plan) -> impl Iterator<Item = (EventId, &str)> {
    plan.rules.iter().filter_map(|rule| match &rule.trigger {
        Trigger::Event { id, expect: Some(expect) } => Some((EventId(*id), expect.as_str())),
        _ => None,
    })
}

/// Whether a plan says what any such event must be: then a run of it is only worth what its trace confirms.
pub fn expects_events(plan: &Plan) -> bool {
    expected(plan).next().is_some()
}

/// Refuses a run in which one of those events is another: the first of them is named, with what it is here.
pub fn confirm(plan: &Plan, trace: &Trace) -> Result<(), Failure> {
    let is = |id: EventId| trace.get(id).map(|_| describe(trace, id));
    let mut others = expected(plan).filter(|(id, expect)| is(*id).as_deref() != Some(*expect));
    let Some((event, expect)) = others.next() else { return Ok(()) };
    let found = match is(event) {
        Some(found) => format!("{event} is \"{found}\""),
        None => format!("the run has no {event}: it has {} events", trace.len()),
    };
    let elsewhere = trace.ids().find(|id| is(*id).as_deref() == Some(expect));
    let elsewhere = match elsewhere {
        Some(id) => format!("The first event that reads so is {id}."),
        None => "No event of this run reads so.".to_owned(),
    };
    Err(Failure::Departed { event, text: format!("expects \"{expect}\"; here {found}. {elsewhere}") })
}

impl Scenario {
    /// The same scenario, seed and end with further entries at the end of its faults, each as a scenario writes it:
    /// what one has who pastes them there. Nothing else changes, as every draw is keyed by what it is for.
    pub fn with_faults(&self, entries: &[String]) -> Result<Scenario, Diagnostic> {
        self.with_entries("faults", entries)
    }

    /// The same with further entries at the end of one of its lists: `faults` or `workload`.
    pub fn with_entries(&self, list: &str, entries: &[String]) -> Result<Scenario, Diagnostic> {
        let entry = |text: &String| {
            let told =
                |mistake| Diagnostic { file: "what you wrote".to_owned(), source: text.as_str().into(), mistake };
            parse(text).map_err(told)
        };
        let entries = entries.iter().map(entry).collect::<Result<Vec<Node>, _>>()?;
        let mut tree = self.tree.clone();
        if let Some(fields) = tree.fields_mut() {
            match fields.iter_mut().find(|field| field.name == list).map(|field| &mut field.value.kind) {
                Some(Kind::List(own)) => own.extend(entries),
                Some(_) => unreachable!("the scenario was read, and its {list} is a list"),
                None => {
                    let value = Node { span: 0..0, kind: Kind::List(entries) };
                    fields.push(Field { name: list.to_owned(), name_span: 0..0, value });
                }
            }
        }
        let mut changed = Scenario::parse(&self.name, &tree.pretty(), None)?;
        changed.variant = self.variant.clone();
        (changed.plan.seed, changed.plan.until) = (self.plan.seed, self.plan.until);
        Ok(changed)
    }

    /// The scenario as it is, its variant applied, with the seed that it has now.
    pub fn written(&self) -> String {
        let mut tree = self.tree.clone();
        let value = Node { span: 0..0, kind: Kind::Number(self.plan.seed.to_string()) };
        if let Some(fields) = tree.fields_mut() {
            match fields.iter_mut().find(|field| field.name == "seed") {
                Some(field) => field.value = value,
                None => fields.push(Field { name: "seed".to_owned(), name_span: 0..0, value }),
            }
        }
        tree.pretty()
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::{Failure, Registry, Scenario};
    use crate::trace::Lines;

    /// What a run says that departs after e12, which is to be this.
    fn run(expect: &str) -> Result<(), String> {
        let text = format!(
            "Scenario(title: \"t\", protocol: Raft(), cluster: {{\"replica\": [\"n1\", \"n2\", \"n3\"]}},
            network: (delay: \"2ms\"), until: \"1s\",
            faults: [(after: (event: 12, expect: {expect:?}), do: Crash(\"n2\"))])"
        );
        let scenario = Scenario::parse("branch.ron", &text, None).expect("well-formed");
        let runner = Registry::standard().prepare(&scenario).expect("it can be run");
        let judged = runner.judge(1).map(|_| ()).map_err(|failure| failure.to_string());
        match runner.open(1, Lines::None, &mut |_, _| true) {
            Ok(_) => assert_eq!(judged, Ok(())),
            Err(failure @ Failure::Departed { .. }) => assert_eq!(judged, Err(failure.to_string())),
            Err(failure) => panic!("{failure}"),
        }
        judged
    }

    #[test]
    fn a_branch_is_only_taken_from_the_event_that_it_was_made_for() {
        assert_eq!(run("n1 fact Voted {term: 1, candidate: n3}"), Ok(()));
        insta::assert_snapshot!(run("n2 fact Voted {term: 1, candidate: n3}").unwrap_err());
        insta::assert_snapshot!(run("n9 boot").unwrap_err());
    }
}
