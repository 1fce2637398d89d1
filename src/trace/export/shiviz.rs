//! ShiViz: a log with vector clocks.

use super::Exported;
use crate::node::EventId;
use serde_json::{Map, Value};
use std::io::{self, Write};

/// The expression by which the log is read; it is the log's first line.
pub const PATTERN: &str = r"(?<id>e\d+) (?<time>\d+\.\d+) (?<event>.*)\n(?<host>\S+) (?<clock>{.*})";

/// Writes a log that ShiViz reads: the expression, an empty line (there is one execution), and of each event two lines.
/// A node's clock goes on over a restart, since its numbers count the node's events and not the process's.
pub fn shiviz(run: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{PATTERN}\n")?;
    let cluster = run.trace.cluster();
    for id in run.trace.ids() {
        let Some(node) = run.trace.node(id) else { continue };
        let time = run.trace.record(id).time().0;
        let (seconds, rest) = (time / 1_000_000_000, time % 1_000_000_000);
        writeln!(out, "{id} {seconds}.{rest:09} {}", run.words(id))?;
        writeln!(out, "{} {}", cluster.name(node), clock(run, id))?;
    }
    out.flush()
}

/// The clock of an event: every node of which it knows an event.
fn clock(run: &Exported<'_>, id: EventId) -> Value {
    let entries = run.names().zip(run.trace.vector(id)).filter(|(_, known)| *known > 0);
    Value::Object(entries.map(|(name, known)| (name.to_owned(), Value::from(known))).collect::<Map<_, _>>())
}
