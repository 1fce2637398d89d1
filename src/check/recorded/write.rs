//! Calls as a Jepsen history in EDN.

use crate::check::calls::{Call, Point};
use crate::check::history::Ending;
use crate::node::{Datum, Op};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Writes calls, one map a line, in the order in which things happened. Calls about no key are left out.
///
/// A client whose call ended unknown goes on under a new number, as in Jepsen: the old one may still be at it. So does one
/// that asks while it waits.
pub fn write_edn(calls: &[Call]) -> String {
    let mut clients: Vec<&str> = Vec::new();
    for call in calls {
        if !clients.contains(&&*call.client) {
            clients.push(&call.client);
        }
    }
    let mut lines: BTreeMap<(u32, bool, usize), String> = BTreeMap::new();
    // For each client its processes: until where each is busy.
    let mut busy: Vec<Vec<u32>> = vec![Vec::new(); clients.len()];
    for (place, call) in calls.iter().enumerate() {
        let Some((operation, value)) = operation(&call.op) else { continue };
        let client = clients.iter().position(|name| *name == &*call.client).unwrap_or_default();
        let free = busy[client].iter().position(|until| *until < call.invoked.place).unwrap_or(busy[client].len());
        if free == busy[client].len() {
            busy[client].push(0);
        }
        busy[client][free] = call.certain_end().map_or(u32::MAX, |end| end.place);
        let process = client + free * clients.len();
        let key = call.op.key().map(|key| format!(", :key {}", quoted(key))).unwrap_or_default();
        let line = |kind: &str, at: Point, value: &str, error: &str| {
            let time = at.time.map(|time| format!(", :time {}", time.0)).unwrap_or_default();
            format!("{{:process {process}, :type :{kind}, :f :{operation}{key}, :value {value}{error}{time}}}")
        };
        lines.insert((call.invoked.place, false, place), line("invoke", call.invoked, &value, ""));
        let Some(ended) = call.ended else { continue };
        let (kind, value, error) = match &call.ending {
            Ending::Ok(told) if matches!(call.op, Op::Get(_) | Op::Take(_)) => ("ok", written(told), ""),
            Ending::Ok(_) => ("ok", value, ""),
            // Our servers may refuse for any reason: that a value did not match is not known.
            Ending::Failed => ("fail", value, ", :error :refused"),
            Ending::Unknown | Ending::Pending => ("info", value, ", :error :timed-out"),
        };
        lines.insert((ended.place, true, place), line(kind, ended, &value, error));
    }
    let numbered = lines.into_values().enumerate().map(|(index, line)| format!("{{:index {index}, {}\n", &line[1..]));
    numbered.collect()
}

fn operation(op: &Op) -> Option<(&'static str, String)> {
    Some(match op {
        Op::Get(_) => ("get", written(&Datum::Absent)),
        Op::Put(_, value) => ("put", written(value)),
        Op::Append(_, value) => ("append", written(value)),
        Op::Cas { expected, new, .. } => ("cas", format!("[{} {}]", written(expected), written(new))),
        Op::Delete(_) => ("delete", written(&Datum::Absent)),
        Op::Take(_) => ("dequeue", written(&Datum::Absent)),
        Op::Acquire(_) => ("acquire", written(&Datum::Absent)),
        Op::Release(_) => ("release", written(&Datum::Absent)),
        Op::Broadcast(_) | Op::Do(..) => return None,
    })
}

fn written(value: &Datum) -> String {
    match value {
        Datum::Absent => "nil".to_owned(),
        Datum::Int(number) => number.to_string(),
        Datum::Text(text) => quoted(text),
        Datum::List(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(" ")),
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
