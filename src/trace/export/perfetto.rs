//! Perfetto and chrome://tracing: trace events as JSON, with an arrow for each message.

use super::Exported;
use crate::node::{EventId, NodeId};
use crate::trace::record::EventKind;
use serde_json::{Value, json};
use std::io::{self, Write};

/// How long an event is drawn, in nanoseconds, unless the next of its node is nearer. Handlers take no time at all.
const WIDTH: u64 = 1_000;

/// Writes the run as trace events: a row for each node, a slice for each event, an arrow from each sending to its
/// arrival, marks for what happens on the network, and a row of its own for the times in which a node is not well.
pub fn perfetto(run: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
    write!(out, "{}", json!({"ph": "M", "pid": 0, "name": "process_name", "args": {"name": run.name}}))?;
    for (place, name) in run.names().enumerate() {
        let sort = json!({"ph": "M", "pid": 0, "tid": 2 * place, "name": "thread_sort_index", "args": {"sort_index": 2 * place}});
        let name = json!({"ph": "M", "pid": 0, "tid": 2 * place, "name": "thread_name", "args": {"name": name}});
        write!(out, ",\n{name},\n{sort}")?;
    }
    for trouble in run.troubles() {
        let name = if trouble.is_down { "down" } else { "paused" };
        let tid = 2 * trouble.node.index() + 1;
        let length = trouble.to.since(trouble.from).0;
        let slice = json!({"ph": "X", "pid": 0, "tid": tid, "name": name, "ts": micros(trouble.from.0), "dur": micros(length)});
        let row = format!("{} down or paused", run.trace.cluster().name(trouble.node));
        let row = json!({"ph": "M", "pid": 0, "tid": tid, "name": "thread_name", "args": {"name": row}});
        let sort = json!({"ph": "M", "pid": 0, "tid": tid, "name": "thread_sort_index", "args": {"sort_index": tid}});
        write!(out, ",\n{row},\n{sort},\n{slice}")?;
    }
    for id in run.trace.ids() {
        match run.trace.node(id) {
            Some(node) => at_a_node(run, id, node, out)?,
            None => {
                let time = micros(run.trace.record(id).time().0);
                let mark = json!({"ph": "i", "s": "g", "pid": 0, "name": run.words(id), "ts": time, "args": {"event": id.to_string()}});
                write!(out, ",\n{mark}")?;
            }
        }
    }
    writeln!(out, "\n]}}")?;
    out.flush()
}

fn at_a_node(run: &Exported<'_>, id: EventId, node: NodeId, out: &mut dyn Write) -> io::Result<()> {
    let record = run.trace.record(id);
    let (time, tid) = (micros(record.time().0), 2 * node.index());
    let stamp = format!("{:?}", run.trace.vector(id));
    let mut details =
        json!({"event": id.to_string(), "lamport": record.lamport(), "vector": stamp, "local_ns": record.local().0});
    details["cause"] = json!(record.cause().map(|cause| cause.to_string()));
    let slice = json!({
        "ph": "X", "pid": 0, "tid": tid, "cat": record.kind().name(), "name": run.words(id),
        "ts": time, "dur": micros(width(run, id)), "args": details,
    });
    write!(out, ",\n{slice}")?;
    // A message that is doubled has two arrivals, so an arrow is told apart by its arrival.
    if record.kind() == EventKind::Deliver
        && let Some(send) = record.cause()
    {
        let sent = run.trace.record(send).time().0;
        let from = run.trace.peer(id).map_or(0, |from| 2 * from.index());
        let name = run.trace.name(id);
        let start =
            json!({"ph": "s", "pid": 0, "tid": from, "id": id.0, "cat": "message", "name": name, "ts": micros(sent)});
        let end = json!({"ph": "f", "bp": "e", "pid": 0, "tid": tid, "id": id.0, "cat": "message", "name": name, "ts": time});
        write!(out, ",\n{start},\n{end}")?;
    }
    Ok(())
}

/// How long an event is drawn: up to the next instant of its node, so that slices never cross.
fn width(run: &Exported<'_>, id: EventId) -> u64 {
    let time = run.trace.record(id).time();
    let mut next = run.trace.next(id);
    while let Some(event) = next {
        let gap = run.trace.record(event).time().since(time).0;
        if gap > 0 {
            return gap.min(WIDTH);
        }
        next = run.trace.next(event);
    }
    WIDTH
}

/// Nanoseconds as microseconds, exactly as far as a double goes.
fn micros(nanos: u64) -> Value {
    json!(nanos as f64 / 1000.0)
}
