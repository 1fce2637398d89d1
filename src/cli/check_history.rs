//! `check-history`: is what another system's test has recorded linearizable?

use super::Exit;
use super::arguments::{CheckHistory, Model, Plain};
use super::shared::{Stop, heeding, interrupted, print};
use crate::check::Promise;
use crate::check::calls::{Budget, Call, Conflict, Judgement, Places, linearizable, pages};
use crate::check::recorded::{Kind, Recorded, read};
use crate::node::SimSpan;
use crate::trace::grouped;
use serde_json::json;
use std::io::Read;

/// The longest history that is read.
const MAX_BYTES: u64 = 1 << 28;

pub fn check_history(check: &CheckHistory) -> Result<Exit, Stop> {
    let kind = match check.model {
        Model::Register => Kind::Register,
        Model::Kv => Kind::KeyValue,
        Model::Queue => Kind::Queue,
        Model::Set => Kind::Set,
        Model::Lock => Kind::Lock,
    };
    let limit: SimSpan = check.limit_time.parse().map_err(Stop::usage)?;
    let recorded = recorded(check, kind)?;
    #[expect(clippy::disallowed_types, reason = "a person set a limit of real time")]
    let started = std::time::Instant::now();
    let mut go_on = || !interrupted() && started.elapsed().as_nanos() < u128::from(limit.0);
    let mut budget = Budget { states: check.limit_states, go_on: &mut go_on };
    let judgement = heeding(|| linearizable(&recorded.calls, kind.meaning(), &mut budget));
    let ran_out = budget.states == 0;
    if let (Judgement::Undecided { decided, keys, states }, true) = (&judgement, interrupted()) {
        return Err(Stop::interrupted(&format!(
            "{} tried, {decided} of {} found to be linearizable, nothing decided of the rest",
            counted(*states as usize, "state"),
            counted(*keys, "key")
        )));
    }
    let shown = Shown { check, kind, recorded: &recorded, ran_out };
    print(&match check.format {
        Plain::Text => shown.as_text(&judgement),
        Plain::Json => shown.as_json(&judgement),
    })?;
    Ok(match judgement {
        Judgement::Explained { .. } => Exit::Met,
        Judgement::Unexplained(_) => Exit::Broken,
        Judgement::Undecided { .. } => Exit::Undecided,
    })
}

fn recorded(check: &CheckHistory, kind: Kind) -> Result<Recorded, Stop> {
    let name = name(check);
    let wrong = |error: std::io::Error| Stop::wrong(format!("{name} cannot be read: {error}"));
    let mut bytes = Vec::new();
    let from: Box<dyn Read> = if check.file.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(&check.file).map_err(wrong)?)
    };
    from.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(wrong)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Stop::wrong(format!("{name} is longer than 256 MiB, the longest history that is read")));
    }
    read(&String::from_utf8_lossy(&bytes), kind).map_err(|mistake| {
        let place = mistake.line.map_or(String::new(), |line| format!(":{line}"));
        Stop::wrong(format!("{name}{place}: {}\n{}", mistake.text, mistake.accepted))
    })
}

fn name(check: &CheckHistory) -> String {
    if check.file.as_os_str() == "-" { "standard input".to_owned() } else { check.file.display().to_string() }
}

/// A verdict, and what it is about.
struct Shown<'a> {
    check: &'a CheckHistory,
    kind: Kind,
    recorded: &'a Recorded,
    /// Whether the limit of states was met, rather than that of time.
    ran_out: bool,
}

impl Shown<'_> {
    fn as_text(&self, judgement: &Judgement) -> String {
        let calls = &self.recorded.calls;
        let clients: std::collections::BTreeSet<&str> = calls.iter().map(|call| &*call.client).collect();
        let head = format!(
            "{}: {}, {}, {}",
            name(self.check),
            self.recorded.form,
            counted(calls.len(), "operation"),
            counted(clients.len(), "process")
        );
        let told = match judgement {
            Judgement::Explained { calls, keys } => {
                let each = if *keys > 1 { ", each key by itself" } else { "" };
                format!("LINEARIZABLE  an order explains all {}{each}", counted(*calls, "operation"))
            }
            Judgement::Unexplained(conflict) => self.page(calls, conflict),
            Judgement::Undecided { decided, keys, states } => {
                let (limit, more) = if self.ran_out {
                    ("--limit-states", format!("--limit-states {}", self.check.limit_states.saturating_mul(10)))
                } else {
                    ("--limit-time", "--limit-time 10m".to_owned())
                };
                format!(
                    "NOT DECIDED  {} tried, and then {limit} was met\n  \
                     {decided} of {} found to be linearizable, no conflict found in the rest\n\
                     TRY  {more}",
                    counted(*states as usize, "state"),
                    counted(*keys, "key"),
                )
            }
        };
        format!("{head}\n{told}")
    }

    fn page(&self, calls: &[Call], conflict: &Conflict) -> String {
        let places = if self.recorded.has_lines { Places::Lines } else { Places::Entries };
        let told = pages::of_conflict(calls, conflict, self.kind.meaning(), places);
        let mut lines = vec![format!("BROKEN  Linearizable({}): {}", conflict.key, told.headline)];
        lines.extend(pages::wrapped("  promised  ", Promise::Linearizable.promise()));
        lines.extend(told.lines);
        lines.join("\n")
    }

    fn as_json(&self, judgement: &Judgement) -> String {
        let calls = &self.recorded.calls;
        let told = match judgement {
            Judgement::Explained { calls, keys } => json!({
                "verdict": "linearizable", "operations": calls, "keys": keys,
            }),
            Judgement::Unexplained(conflict) => {
                let places = if self.recorded.has_lines { Places::Lines } else { Places::Entries };
                let one = |place: &usize| {
                    let call = &calls[*place];
                    json!({
                        "process": call.client.trim_start_matches('p'),
                        "operation": call.op.to_string(),
                        "invoked": call.invoked.place,
                        "ended": call.ended.map(|end| end.place),
                        "outcome": call.ending.word(),
                    })
                };
                json!({
                    "verdict": "not-linearizable",
                    "key": &*conflict.key,
                    "conflict": conflict.shown.iter().map(one).collect::<Vec<_>>(),
                    "smallest": conflict.is_smallest,
                    "explanation": pages::of_conflict(calls, conflict, self.kind.meaning(), places).lines,
                })
            }
            Judgement::Undecided { decided, keys, states } => json!({
                "verdict": "unknown", "decided_keys": decided, "keys": keys, "states": states,
            }),
        };
        told.to_string()
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = match what.ends_with('s') {
        _ if count == 1 => "",
        true => "es",
        false => "s",
    };
    format!("{} {what}{plural}", grouped(count as u64))
}
