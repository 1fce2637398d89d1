//! `stats`: logs of other systems, counted.

use super::Exit;
use super::arguments::{Plain, Stats};
use super::shared::{Stop, print};
use crate::trace::{Execution, ForeignLog, executions, grouped};
use serde_json::json;
use std::path::Path;

/// The longest log that is read.
const MAX_BYTES: u64 = 1 << 30;

/// Reads the executions of a log, and says on which line it is wrong.
pub fn read(path: &Path, expression: Option<&str>, delimiter: Option<&str>) -> Result<Vec<Execution>, Stop> {
    let name = path.display();
    let wrong = |error: std::io::Error| Stop::wrong(format!("{name} cannot be read: {error}"));
    if std::fs::metadata(path).map_err(wrong)?.len() > MAX_BYTES {
        return Err(Stop::wrong(format!("{name} is longer than 1 GiB, the longest log that is read")));
    }
    let bytes = std::fs::read(path).map_err(wrong)?;
    executions(&String::from_utf8_lossy(&bytes), expression, delimiter).map_err(|mistake| {
        let place = mistake.line.map_or(String::new(), |line| format!(":{line}"));
        Stop::wrong(format!("{name}{place}: {}\n{}", mistake.text, mistake.accepted))
    })
}

/// Counts the events of a log, its hosts, and the pairs of events by their order.
pub fn stats(stats: &Stats) -> Result<Exit, Stop> {
    let executions = read(&stats.log, stats.regex.as_deref(), stats.delimiter.as_deref())?;
    let several = executions.len() > 1;
    let mut told = Vec::new();
    for Execution { name, log } in &executions {
        note_forgotten(log);
        let name = Some(name.as_str()).filter(|_| several);
        told.push(match stats.format {
            Plain::Text => as_text(&stats.log.display().to_string(), name, log),
            Plain::Json => as_json(name, log),
        });
    }
    if several && stats.format == Plain::Text {
        told.insert(0, format!("{} executions, each counted by itself", grouped(executions.len() as u64)));
    }
    print(&told.join(if stats.format == Plain::Text { "\n\n" } else { "\n" }))?;
    Ok(Exit::Met)
}

fn note_forgotten(log: &ForeignLog) {
    for forgotten in log.forgotten.iter().take(3) {
        eprintln!("note: {forgotten}; counted as written");
    }
    if log.forgotten.len() > 3 {
        eprintln!("note: so on {} more lines", log.forgotten.len() - 3);
    }
}

fn as_text(file: &str, execution: Option<&str>, log: &ForeignLog) -> String {
    let pairs = log.pairs();
    let number = |count: u64| grouped(count);
    let mut lines = vec![
        execution.map_or_else(|| file.to_owned(), |name| format!("{file}, execution {name}")),
        format!("events            {:>12}", number(log.events.len() as u64)),
        format!("hosts             {:>12}", number(log.hosts.len() as u64)),
        format!("pairs             {:>12}", number(pairs.ordered + pairs.concurrent)),
        format!("  ordered         {:>12}", number(pairs.ordered)),
        format!("  concurrent      {:>12}", number(pairs.concurrent)),
        format!("longest chain     {:>12}", number(u64::from(log.longest_chain()))),
    ];
    if log.passed_over > 0 {
        lines.push(format!("lines of no event {:>12}", number(log.passed_over as u64)));
    }
    lines.push("events of each host".to_owned());
    let of_host = |(host, count): (&String, usize)| format!("  {:<15} {:>12}", host, number(count as u64));
    lines.extend(log.hosts.iter().zip(log.counts()).map(of_host));
    lines.join("\n")
}

fn as_json(execution: Option<&str>, log: &ForeignLog) -> String {
    let pairs = log.pairs();
    let hosts: serde_json::Map<_, _> =
        log.hosts.iter().cloned().zip(log.counts().into_iter().map(Into::into)).collect();
    let mut told = json!({
        "events": log.events.len(),
        "hosts": hosts,
        "ordered": pairs.ordered,
        "concurrent": pairs.concurrent,
        "longest_chain": log.longest_chain(),
        "lines_of_no_event": log.passed_over,
    });
    if let Some(name) = execution {
        told["execution"] = json!(name);
    }
    told.to_string()
}
