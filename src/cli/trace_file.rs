//! The native form of a trace: JSON Lines with a header, an event a line, and a footer.

use crate::check::Verdict;
use crate::kernel::Over;
use crate::node::SimTime;
use crate::scenario::{Diagnostic, Scenario, Session};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The name by which a trace knows itself.
pub const FORMAT: &str = "pessimist-trace";

/// The version of the form: raised when a reader of the old form would misread the new.
pub const VERSION: u32 = 1;

/// The first line of a trace: all that is needed to run it again.
#[derive(Debug, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// The version of Pessimist that wrote it.
    pub pessimist: String,
    /// The scenario's name.
    pub scenario: String,
    /// The variant, if it is one.
    pub variant: Option<String>,
    /// The hash of its parsed content.
    pub hash: String,
    /// Its parsed content, variant applied: reads as a scenario.
    pub content: String,
    /// The seed.
    pub seed: u64,
    /// The instant at which the run was to end, in nanoseconds.
    pub until: u64,
    /// The nodes in order: what vector stamps count.
    pub nodes: Vec<String>,
}

/// The header line.
pub fn header(scenario: &Scenario) -> String {
    let header = Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        pessimist: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.name.clone(),
        variant: scenario.variant.clone(),
        hash: scenario.hash.clone(),
        content: scenario.content.clone(),
        seed: scenario.plan.seed,
        until: scenario.plan.until.0,
        nodes: scenario.plan.cluster.names().to_vec(),
    };
    serde_json::to_string(&header).expect("a header is plain data")
}

/// The footer line.
pub fn footer(session: &dyn Session, verdicts: &[Verdict]) -> String {
    let verdict = |verdict: &Verdict| json!({"claim": format!("{:?}", verdict.claim), "holds": verdict.holds, "text": verdict.text});
    let over = match session.over() {
        Over::Until => "until",
        Over::Quiet => "quiet",
        Over::Events => "events",
        Over::Standstill => "standstill",
        Over::Scheduled => "scheduled",
        Over::Stuck => "stuck",
    };
    json!({
        "events": session.trace().len(),
        "end": session.end().0,
        "over": over,
        "digest": session.digest(),
        "verdicts": verdicts.iter().map(verdict).collect::<Vec<_>>(),
    })
    .to_string()
}

/// The header of a file, if it is a trace of a version that can be read.
pub fn header_of(path: &Path) -> Option<Header> {
    /// A scenario's text and some more.
    const MAX_BYTES: u64 = 4 << 20;
    let mut line = String::new();
    BufReader::new(File::open(path).ok()?.take(MAX_BYTES)).read_line(&mut line).ok()?;
    let header: Header = serde_json::from_str(&line).ok()?;
    (header.format == FORMAT && header.version == VERSION).then_some(header)
}

/// The scenario of a trace, as it was run.
pub fn scenario(header: &Header) -> Result<Scenario, Diagnostic> {
    let mut scenario = Scenario::parse(&header.scenario, &header.content, None)?;
    scenario.set_seed(header.seed);
    scenario.plan.until = SimTime(header.until);
    Ok(scenario)
}
