//! What happened: a run as a graph of events, each with its time, its stamps and its causes.
//!
//! A [`Recorder`] watches a run and keeps a [`Trace`]: at most 64 bytes an event, so that a run of a million events fits
//! in a corner of memory. What a message said and what a state was is not kept but had again by running the same run up
//! to there. The trace answers which of two events came before the other from its stamps alone, without a walk.

mod aloud;
mod export;
mod foreign;
mod graph;
mod line;
mod order;
mod record;
mod recorder;
mod stamps;
mod story;
mod tree;
mod why;
pub(crate) mod words;

pub use aloud::{aloud, event_aloud, sentence};
pub use export::{Exported, MOST_DRAWN, html, mermaid, perfetto, shiviz, svg};
pub use foreign::{
    DEFAULT_PATTERN, Execution, ForeignEvent, ForeignLog, LogMistake, Pairs, brings_expression, executions,
};
pub use graph::Causality;
pub use line::{describe, json_line, log_line};
pub use order::{Cone, Crossing, Cut, Influence};
pub use record::{EventKind, FaultRecord, OperationRecord, Record, Trace};
pub use recorder::{Digest, Lines, Recorder};
pub use stamps::Stamps;
pub use story::{Asked, COLUMNS, LINES, Standing, Telling, hung, narrate, tell, wrap};
pub use tree::{Change, Tree, changes, outline_of, tree_of};
pub use why::{
    Absence, Again, Past, Row, STEPS, Step, TOLD, Violation, Wanted, explain_violation, narrate_violation,
    past_lines, whole_past, why, why_lines, why_not, why_not_lines,
};
pub use words::{fact_words, fault_words, grouped, operation_words, outcome_words, spaced_units};
