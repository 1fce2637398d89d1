//! One event on one line: for people, and as JSON.

use super::record::{EventKind, Trace};
use super::tree::tree_of;
use crate::node::{Event, EventId, Node, What};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// What an event is, in the fewest words: `n3 deliver Vote from n2`. This is what a saved branch expects to find.
pub fn describe(trace: &Trace, id: EventId) -> String {
    let cluster = trace.cluster();
    let node = trace.node(id).map_or("network", |node| cluster.name(node));
    let peer = trace.peer(id).map_or("", |peer| cluster.name(peer));
    let name = trace.name(id);
    match trace.record(id).kind() {
        EventKind::Boot => match trace.incarnation(id) {
            Some(0) | None => format!("{node} boot"),
            Some(times) => format!("{node} boot again ({times})"),
        },
        EventKind::Deliver => format!("{node} deliver {name} from {peer}"),
        EventKind::TimerFired => format!("{node} timer {name}"),
        EventKind::SyncDone => format!("{node} synced"),
        EventKind::Operation => {
            let asked = trace.operation(id).map(|record| record.operation.op.to_string()).unwrap_or_default();
            format!("{node} asked {asked}")
        }
        EventKind::Send => format!("{node} send {name} to {peer}"),
        EventKind::Lost => {
            let to = trace.record(id).cause().and_then(|send| trace.peer(send));
            let to = to.map_or("?", |to| cluster.name(to));
            let reason = trace.loss(id).map_or("", |reason| reason.describe());
            format!("network lost {name} {peer}>{to}: {reason}")
        }
        EventKind::Fact => {
            let fact = trace.fact(id).expect("a fact's event has a fact");
            format!("{node} fact {}", tree_of(fact, cluster))
        }
        EventKind::Fault => {
            let record = trace.fault(id).expect("a fault's event has a fault");
            format!("fault {}", record.fault.describe(cluster))
        }
    }
}

/// An event on one line for people: number, true time, what happened, and what a message says. The event must be the
/// last of the trace.
pub fn log_line<N: Node>(trace: &Trace, event: &Event<'_, N>, line: &mut String) {
    let time = event.time.0;
    let _ = write!(line, "{:<7} {:>3}.{:09}  ", event.id.to_string(), time / 1_000_000_000, time % 1_000_000_000);
    line.push_str(&describe(trace, event.id));
    if let Some(content) = content(event, trace) {
        let _ = write!(line, "  {content}");
    }
    if let Some(cause) = event.cause {
        let _ = write!(line, "  <{cause}");
    }
}

fn content<N: Node>(event: &Event<'_, N>, trace: &Trace) -> Option<super::Tree> {
    match &event.what {
        What::Deliver { msg, .. } | What::Send { msg, .. } => Some(tree_of(*msg, trace.cluster())),
        What::TimerFired { timer } => {
            Some(tree_of(*timer, trace.cluster())).filter(|tree| tree.to_string() != trace.name(event.id))
        }
        _ => None,
    }
}

/// An event as one line of JSON, without its line feed; the fields are told in the format's documentation. The event
/// must be the last of the trace. The origin of a fault (its label) is not part of the line: it is not part of what
/// happened.
pub fn json_line<N: Node>(trace: &Trace, event: &Event<'_, N>, line: &mut String) {
    let cluster = trace.cluster();
    let record = trace.record(event.id);
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    put("id", json!(event.id.0));
    put("time", json!(event.time.0));
    if let Some(node) = event.node {
        put("node", json!(cluster.name(node)));
        put("local", json!(event.local.0));
        put("vector", json!(trace.vector(event.id)));
    }
    put("lamport", json!(record.lamport()));
    put("causes", json!(trace.causes(event.id).map(|cause| cause.0).collect::<Vec<_>>()));
    put("event", json!(record.kind().name()));
    match &event.what {
        What::Boot { incarnation, disk } => {
            put("incarnation", json!(incarnation));
            put("disk", tree_of(*disk, cluster).to_json());
        }
        What::Deliver { from, msg } => {
            put("from", json!(cluster.name(*from)));
            put("kind", json!(trace.name(event.id)));
            put("message", tree_of(*msg, cluster).to_json());
        }
        What::TimerFired { timer } => put("timer", tree_of(*timer, cluster).to_json()),
        What::SyncDone => {}
        What::Operation { operation, .. } => put("operation", tree_of(*operation, cluster).to_json()),
        What::Send { to, msg, due } => {
            put("to", json!(cluster.name(*to)));
            put("kind", json!(trace.name(event.id)));
            put("message", tree_of(*msg, cluster).to_json());
            put("due", json!(due.map(|due| due.0)));
        }
        What::Lost { from, to, reason, .. } => {
            put("from", json!(cluster.name(*from)));
            put("to", json!(cluster.name(*to)));
            put("kind", json!(trace.name(event.id)));
            put("reason", json!(reason));
        }
        What::Fact(fact) => put("fact", tree_of(*fact, cluster).to_json()),
        What::Fault { fault, ends, .. } => {
            put("fault", tree_of(*fault, cluster).to_json());
            put("ends", json!(ends));
        }
    }
    line.push_str(&Value::Object(fields).to_string());
}
