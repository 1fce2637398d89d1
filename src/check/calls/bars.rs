//! Bars of time, one a call.

use super::reasons::spoken;
use super::{Call, Point};
use crate::check::history::Ending;
use crate::node::Op;
use std::collections::BTreeMap;

/// What the places of a history are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// Events of a run: `e31`.
    Events,
    /// Lines of a file.
    Lines,
    /// Entries of a file, as they come.
    Entries,
}

/// How wide a page is.
pub const COLUMNS: usize = 80;

/// How many bars are drawn at most. More would not be read.
pub const MOST_BARS: usize = 14;

/// Where on the page a moment is.
struct Scale {
    axis: String,
    /// For each place of the history that is drawn: its column.
    columns: BTreeMap<u32, usize>,
    width: usize,
}

/// Bars under an axis; each call has a name.
pub fn bars(shown: &[&Call], names: &[String], places: Places) -> Vec<String> {
    let drawn = shown.len().min(MOST_BARS);
    let (calls, names) = (&shown[..drawn], &names[..drawn]);
    let name = names.iter().map(String::len).max().unwrap_or_default();
    let client = calls.iter().map(|call| call.client.chars().count()).max().unwrap_or_default().min(12);
    let head = 2 + name + 1 + client + 1;
    let tail = calls.iter().map(|call| told(call).len() + 2).max().unwrap_or_default();
    let scaled = |tail: usize| scale(calls, places, COLUMNS.saturating_sub(head + tail).clamp(24, 50));
    let mut scale = scaled(tail);
    // What was asked stands behind a bar in which it has no room.
    if calls.iter().any(|call| head + bar(call, &scale).len() > COLUMNS) {
        let asked = calls.iter().map(|call| asked(&call.op).len() + 1).max().unwrap_or_default();
        scale = scaled(tail + asked);
    }
    let unit_room = head.saturating_sub(2);
    let (unit, ticks) = scale.axis.split_once('\t').unwrap_or(("", &scale.axis));
    let mut lines = vec![format!("  {unit:<unit_room$}{ticks}").trim_end().to_owned()];
    for (call, label) in calls.iter().zip(names) {
        let who: String = call.client.chars().take(12).collect();
        lines.push(format!("  {label:<name$} {who:<client$} {}", bar(call, &scale)).trim_end().to_owned());
    }
    if shown.len() > drawn {
        lines.push(format!("  and {} more", shown.len() - drawn));
    }
    lines
}

fn bar(call: &Call, scale: &Scale) -> String {
    let from = scale.columns[&call.invoked.place];
    let (to, end) = match call.certain_end() {
        Some(end) => (scale.columns[&end.place], '|'),
        None => (scale.width - 1, '>'),
    };
    let inside = to.saturating_sub(from + 1);
    let asked = asked(&call.op);
    let fits = !asked.is_empty() && inside >= asked.len() + 2;
    let body = if fits { format!("{:-^inside$}", format!(" {asked} ")) } else { "-".repeat(inside) };
    let bar = if to > from { format!("|{body}{end}") } else { "|".to_owned() };
    let asked = if fits || asked.is_empty() { String::new() } else { format!("{asked} ") };
    let text: String = format!("{}{bar} {asked}{}", " ".repeat(from), told(call));
    text
}

fn points(calls: &[&Call]) -> Vec<Point> {
    let mut points: Vec<Point> =
        calls.iter().flat_map(|call| [Some(call.invoked), call.certain_end()]).flatten().collect();
    points.sort();
    points.dedup_by_key(|point| point.place);
    points
}

/// True time if it is known and shows what was before what; otherwise one place after the other.
fn scale(calls: &[&Call], places: Places, width: usize) -> Scale {
    let points = points(calls);
    timed(&points, width).filter(|scale| is_faithful(calls, scale)).unwrap_or_else(|| {
        let steps = points.len().saturating_sub(1).max(1);
        let column = |(rank, point): (usize, &Point)| (point.place, rank * (width - 1) / steps);
        let what = if places == Places::Events { "in the order of events" } else { "in the order of the file" };
        Scale {
            axis: format!("\t{what}, not to scale"),
            columns: points.iter().enumerate().map(column).collect(),
            width,
        }
    })
}

/// Whether each bar can be seen, and what ended before something began is drawn so.
fn is_faithful(calls: &[&Call], scale: &Scale) -> bool {
    let column = |point: Point| scale.columns[&point.place];
    let apart = |one: &&Call, other: &&Call| {
        !one.is_before(other) || one.certain_end().is_some_and(|end| column(end) < column(other.invoked))
    };
    let is_seen = |call: &&Call| call.certain_end().is_none_or(|end| column(call.invoked) < column(end));
    calls.iter().all(is_seen) && calls.iter().all(|one| calls.iter().all(|other| apart(one, other)))
}

fn timed(points: &[Point], width: usize) -> Option<Scale> {
    let times = points.iter().map(|point| point.time.map(|time| time.0)).collect::<Option<Vec<u64>>>()?;
    let (first, last) = (*times.iter().min()?, *times.iter().max()?);
    let (unit, name) = match last - first {
        span if span >= 10_000_000_000 => (1_000_000_000, "s"),
        span if span >= 4_000_000 => (1_000_000, "ms"),
        span if span >= 4_000 => (1_000, "us"),
        _ => (1, "ns"),
    };
    let steps = (0..12).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
    let step = steps.map(|step| step * unit).find(|step| (last - first) / step < 5)?;
    let start = first - first % step;
    let column =
        |time: u64| ((u128::from(time - start) * (width as u128 - 1)) / u128::from((last - start).max(1))) as usize;
    let mut axis = String::new();
    for tick in (start..=last).step_by(step as usize) {
        let at = column(tick);
        if axis.is_empty() || axis.len() < at {
            axis = format!("{axis:<at$}{}", tick / unit);
        }
    }
    let columns = points.iter().zip(&times).map(|(point, time)| (point.place, column(*time))).collect();
    Some(Scale { axis: format!("{name}\t{axis}"), columns, width })
}

/// What was asked, where it is not a read: `put 1`.
fn asked(op: &Op) -> String {
    match op {
        Op::Get(_) => String::new(),
        Op::Put(_, value) => format!("put {}", spoken(value)),
        Op::Append(_, value) => format!("add {}", spoken(value)),
        Op::Cas { expected, new, .. } => format!("put {} if {}", spoken(new), spoken(expected)),
        Op::Delete(_) => "delete".to_owned(),
        Op::Take(_) => "take".to_owned(),
        Op::Acquire(_) => "acquire".to_owned(),
        Op::Release(_) => "release".to_owned(),
        other => other.to_string(),
    }
}

/// What was told: `ok`, `got 1`.
fn told(call: &Call) -> String {
    match (&call.op, &call.ending) {
        (Op::Get(_) | Op::Take(_), Ending::Ok(value)) => format!("got {}", spoken(value)),
        (Op::Cas { .. }, Ending::Failed) => "failed".to_owned(),
        (_, Ending::Pending | Ending::Unknown) => "unknown".to_owned(),
        (_, other) => other.word().to_owned(),
    }
}
