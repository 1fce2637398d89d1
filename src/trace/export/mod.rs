//! A run in the forms that other tools read, and as a picture.
//!
//! | form | read by | what is lost |
//! |---|---|---|
//! | [`shiviz`] | ShiViz, and our own `stats` and `view` | events of the network |
//! | [`mermaid`] | Markdown pages | time is an order only; messages are drawn where they end |
//! | [`perfetto`] | ui.perfetto.dev, chrome://tracing | nothing that a trace holds |
//! | [`svg`], [`html`] | browsers, slides | nothing; long stretches of silence are shortened, and say so |

mod diagram;
mod html;
mod mermaid;
mod perfetto;
mod shiviz;
mod svg;

#[cfg(test)]
mod tests;

pub use html::html;
pub use mermaid::mermaid;
pub use perfetto::perfetto;
pub use shiviz::shiviz;
pub use svg::svg;

use super::record::{EventKind, Trace};
use super::words::{fact_words, plain};
use crate::node::{EventId, Fault, NodeId, SimTime};

/// The most events that a picture shows: more cannot be read, and browsers stall.
pub const MOST_DRAWN: usize = 5_000;

/// What is exported: a run, or of a picture the part of it from an instant on.
pub struct Exported<'a> {
    /// The run.
    pub trace: &'a Trace,
    /// The scenario's name and its variant, with the seed.
    pub name: String,
    /// The scenario's title.
    pub title: String,
    /// What stands below a picture, in lines: what draws it again, how many events it shows, and by what the run is known.
    pub caption: Vec<String>,
    /// Where a picture begins.
    pub from: SimTime,
    /// When the run ended.
    pub end: SimTime,
}

impl Exported<'_> {
    /// The events that a picture shows.
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = EventId> + '_ {
        self.trace.ids().filter(|id| self.trace.record(*id).time() >= self.from)
    }

    /// What an event was, without the name of its node in front, in printable ASCII on one line.
    fn words(&self, id: EventId) -> String {
        let words = plain(&fact_words(self.trace, id));
        let name = self.trace.node(id).map_or("", |node| self.trace.cluster().name(node));
        match words.strip_prefix(name).filter(|_| !name.is_empty()) {
            Some(rest) => rest.trim_start_matches("'s ").trim_start_matches([' ', ':']).to_owned(),
            None => words,
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.trace.cluster().ids().map(|id| self.trace.cluster().name(id))
    }

    /// When each node was down or stood still, and which of the two.
    fn troubles(&self) -> Vec<Trouble> {
        let mut open: Vec<(NodeId, SimTime, bool)> = Vec::new();
        let mut troubles = Vec::new();
        for id in self.trace.ids() {
            let (time, node) = (self.trace.record(id).time(), self.trace.node(id));
            let fault = self.trace.fault(id).map(|record| &record.fault);
            let ended = match fault {
                Some(Fault::Resume(_)) => Some(false),
                _ if self.trace.record(id).kind() == EventKind::Boot => Some(true),
                _ => None,
            };
            if let Some(is_down) = ended {
                let place = open.iter().position(|(other, _, down)| Some(*other) == node && *down == is_down);
                let closed = place.map(|place| open.swap_remove(place));
                troubles.extend(closed.map(|(node, from, is_down)| Trouble { node, from, to: time, is_down }));
            }
            match fault {
                Some(Fault::Crash(node)) => {
                    // What is down no longer stands still.
                    let paused = open.iter().position(|(other, _, down)| other == node && !down);
                    let paused = paused.map(|place| open.swap_remove(place));
                    troubles.extend(paused.map(|(node, from, is_down)| Trouble { node, from, to: time, is_down }));
                    open.push((*node, time, true));
                }
                Some(Fault::Pause(node)) => open.push((*node, time, false)),
                _ => {}
            }
        }
        let end = self.end;
        troubles.extend(open.into_iter().map(|(node, from, is_down)| Trouble { node, from, to: end, is_down }));
        troubles.retain(|trouble| trouble.to >= self.from);
        troubles
    }
}

/// A time in which a node was down, or stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Trouble {
    node: NodeId,
    from: SimTime,
    to: SimTime,
    is_down: bool,
}

/// A text within XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
