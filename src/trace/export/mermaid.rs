//! Mermaid: a sequence diagram as text, for Markdown pages.

use super::Exported;
use crate::node::{EventId, NodeId};
use crate::trace::record::EventKind;
use std::io::{self, Write};

/// Writes a sequence diagram. Its arrows are level, so a message is drawn where it ends, with the instants at which it
/// left and ended.
pub fn mermaid(run: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "sequenceDiagram\n    %% {}: {}", text(&run.name), text(&run.title))?;
    for (place, name) in run.names().enumerate() {
        writeln!(out, "    participant p{place} as {name}")?;
    }
    for id in run.shown() {
        if let Some(line) = line(run, id) {
            writeln!(out, "    {line}")?;
        }
    }
    out.flush()
}

fn line(run: &Exported<'_>, id: EventId) -> Option<String> {
    let trace = run.trace;
    let record = trace.record(id);
    let span = |send: EventId| format!("{} to {}", trace.record(send).time(), record.time());
    match record.kind() {
        EventKind::Deliver => {
            let (from, to) = (place(trace.peer(id)?), place(trace.node(id)?));
            Some(format!("{from}->>{to}: {} ({})", trace.name(id), span(record.cause()?)))
        }
        EventKind::Lost => {
            let send = record.cause()?;
            let (from, to) = (place(trace.peer(id)?), place(trace.peer(send)?));
            let reason = trace.loss(id).map_or("", |reason| reason.describe());
            Some(format!("{from}-x{to}: {} ({}) {}", trace.name(id), span(send), text(reason)))
        }
        EventKind::Send => None,
        EventKind::Fault if trace.node(id).is_none() => {
            let last = trace.cluster().len() - 1;
            Some(format!("Note over p0,p{last}: {} {}", record.time(), text(&run.words(id))))
        }
        _ => Some(format!("Note over {}: {} {}", place(trace.node(id)?), record.time(), text(&run.words(id)))),
    }
}

fn place(node: NodeId) -> String {
    format!("p{}", node.index())
}

/// Text in which nothing is taken for Mermaid's own signs.
fn text(text: &str) -> String {
    text.replace('#', "#35;")
        .replace(';', "#59;")
        .replace("#35#59;", "#35;")
        .replace('<', "#lt;")
        .replace('>', "#gt;")
}
