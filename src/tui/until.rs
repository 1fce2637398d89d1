//! Running until something holds: `n2.role = leader`, `any.term >= 3 and not n1.down`.

use super::model::Model;
use super::panels::Mode;
use super::query::Relation;
use super::update::go;
use crate::node::{EventId, NodeId};
use crate::scenario::{NodePicture, nearest};
use crate::trace::{EventKind, Trace};

/// The forms, for those who wrote another.
pub const FORMS: &str = "accepted: n2.role = leader   any.term >= 3   n1.down   not n3.paused   n2.clock > 1.5   n2.FIELD = value   with and, or";

/// A run that goes on until something holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Until {
    text: String,
    /// Any of these must hold: of each all conditions.
    any: Vec<Vec<Condition>>,
    /// The next event to look at.
    next: u32,
}

#[derive(Clone, Debug, PartialEq)]
struct Condition {
    negated: bool,
    /// Of which node; of any where absent.
    node: Option<NodeId>,
    field: String,
    /// With what it is compared; a bare field must be true.
    wanted: Option<(Relation, String)>,
}

/// Events that are looked at between two frames: our choice, some milliseconds.
const SLICE: u32 = 200;

/// What is known of every node, whatever its protocol.
const FIELDS: [&str; 5] = ["role", "term", "down", "paused", "clock"];

impl Until {
    pub fn parse(text: &str, trace: &Trace, cursor: EventId) -> Result<Until, String> {
        let of_and =
            |text: &str| text.split(" and ").map(|text| Condition::parse(text, trace)).collect::<Result<_, _>>();
        let any = text.split(" or ").map(of_and).collect::<Result<_, _>>()?;
        Ok(Until { text: text.trim().to_owned(), any, next: cursor.0 + 1 })
    }

    /// How far it has come.
    pub fn told(&self) -> String {
        format!("running until {}: at e{}; Esc stops", self.text, self.next)
    }
}

impl Condition {
    fn parse(text: &str, trace: &Trace) -> Result<Condition, String> {
        let text = text.trim();
        let (negated, text) = text.strip_prefix("not ").map_or((false, text), |rest| (true, rest.trim()));
        let (subject, wanted) = match Relation::split(text) {
            Some((subject, relation, value)) => (subject, Some((relation, value.trim_matches('"').to_owned()))),
            None => (text, None),
        };
        let (node, field) =
            subject.split_once('.').ok_or_else(|| format!("{text:?} names no node and field; {FORMS}"))?;
        if field.is_empty() || wanted.as_ref().is_some_and(|(_, value)| value.is_empty()) {
            return Err(format!("{text:?} is not whole; {FORMS}"));
        }
        let cluster = trace.cluster();
        let node = match node {
            "any" => None,
            name => Some(cluster.find(name).ok_or_else(|| {
                let known = cluster.names().iter().map(String::as_str).chain(["any"]);
                let near = nearest(name, known.clone()).map_or(String::new(), |near| format!("; nearest: {near}"));
                format!("no node is called {name:?}{near}; accepted: {}", known.collect::<Vec<_>>().join(" "))
            })?),
        };
        Ok(Condition { negated, node, field: field.to_owned(), wanted })
    }

    fn holds(&self, model: &mut Model, at: EventId) -> bool {
        let cluster = model.trace().cluster();
        let nodes: Vec<NodeId> = self.node.map_or_else(|| cluster.ids().collect(), |node| vec![node]);
        let picture = model.show.session.picture(at);
        let holds = |node: &NodeId, model: &mut Model| {
            let picture_of = &picture.nodes[node.index()];
            let value = match FIELDS.contains(&self.field.as_str()) {
                true => own_field(picture_of, &self.field),
                false => model.show.session.state(at, *node).and_then(|tree| tree.named(&self.field)),
            };
            match (&self.wanted, value) {
                (None, value) => value.is_some_and(|value| value == "true"),
                (Some(_), None) => false,
                (Some((relation, wanted)), Some(value)) => relation.compares(&value, wanted),
            }
        };
        nodes.iter().any(|node| holds(node, model)) != self.negated
    }
}

fn own_field(picture: &NodePicture, name: &str) -> Option<String> {
    match name {
        "down" => Some(picture.badge.is_none().to_string()),
        "paused" => Some(picture.paused.to_string()),
        "clock" => picture.local.map(|local| (local.0 as f64 / 1e9).to_string()),
        "role" => picture.badge.as_ref().map(|badge| badge.role.to_owned()),
        _ => picture.badge.as_ref()?.term.map(|term| term.to_string()),
    }
}

/// Goes on until the next event after which it holds.
pub fn begin(model: &mut Model, text: &str) -> Result<(), String> {
    let until = Until::parse(text, model.trace(), model.cursor)?;
    go_on(model, until);
    Ok(())
}

/// Looks at some more events.
pub fn go_on(model: &mut Model, mut until: Until) {
    let limit = model.limit();
    let end = until.next.saturating_add(SLICE).min(limit);
    model.mode = Mode::Run;
    while until.next < end {
        let id = EventId(until.next);
        until.next += 1;
        // A node's state changes with an event of its own, or with a fault; what follows within a handler is a part of it.
        let kind = model.trace().record(id).kind();
        let matters = !matches!(kind, EventKind::Send | EventKind::Lost) && model.rows().shows(id);
        if matters && until.any.iter().any(|all| all.iter().all(|condition| condition.holds(model, id))) {
            go(model, id.0);
            model.notice = Some(format!("{} holds from {id} on", until.text));
            return;
        }
    }
    if until.next < limit {
        model.mode = Mode::Until(until);
    } else if model.quiz.waiting().is_some() {
        go(model, limit);
    } else {
        model.notice = Some(format!("{} does not come about after this", until.text));
    }
}

/// Leaves off; the cursor has not moved.
pub fn stop(model: &mut Model, until: &Until) {
    model.mode = Mode::Run;
    model.notice = Some(format!("stopped at e{}: {} has not come about until there", until.next, until.text));
}
