//! `why` and `why-not`: the causal story of an event, or what is missing for one.

use super::Exit;
use super::arguments::{Plain, Why, WhyNot};
use super::but;
use super::run::Made;
use super::shared::{Stop, event, moment, print};
use crate::scenario::Registry;
use crate::trace::{Lines, Wanted, past_lines, whole_past, why_lines, why_not as absence, why_not_lines};
use serde_json::json;

pub fn why(registry: &Registry, why: &Why) -> Result<Exit, Stop> {
    let made = but::made(registry, &why.which)?;
    let mut opened = made.open(Lines::None)?;
    let id = event(&why.event, opened.session.trace().len())?;
    if why.all {
        let trace = opened.session.trace();
        let past = whole_past(trace, id);
        let told = match why.format {
            Plain::Text => past_lines(trace, &past).join("\n") + &format!("\nAT  {}", at(&made, &id.to_string())),
            Plain::Json => json!({
                "event": id.0,
                "past": past.events.iter().map(|event| event.0).collect::<Vec<_>>(),
                "longest_chain": past.chain,
                "concurrent": past.concurrent,
            })
            .to_string(),
        };
        print(&told)?;
        return Ok(Exit::Met);
    }
    let steps = opened.session.why(id);
    let told = match why.format {
        Plain::Text => why_lines(id, &steps).join("\n") + &format!("\nAT  {}", at(&made, &id.to_string())),
        Plain::Json => {
            let step =
                |step: &crate::trace::Step| json!({"event": step.event.0, "words": step.words, "note": step.note});
            json!({"event": id.0, "steps": steps.iter().map(step).collect::<Vec<_>>()}).to_string()
        }
    };
    print(&told)?;
    Ok(Exit::Met)
}

fn at(made: &Made, id: &str) -> String {
    made.command("view", &["--at", id])
}

pub fn why_not(registry: &Registry, why: &WhyNot) -> Result<Exit, Stop> {
    let made = but::made(registry, &why.which)?;
    let opened = made.open(Lines::None)?;
    let trace = opened.session.trace();
    let at = match why.at.as_deref() {
        Some(text) => moment(text, trace)?,
        None => trace.ids().next_back().ok_or_else(|| Stop::usage("nothing happens in this run"))?,
    };
    let wanted = Wanted::parse(&why.what, trace).map_err(Stop::usage)?;
    let absence = absence(trace, &wanted, at);
    let mut lines = why_not_lines(trace, &wanted, at, &absence);
    if let Some(next) = &absence.ask {
        let words = next.words(trace);
        let words: Vec<&str> = words.split(' ').chain(["--at"]).collect();
        lines.push(format!("ASK  {}", made.command("why-not", &[words.as_slice(), &[&at.to_string()]].concat())));
    }
    lines.push(match absence.happened {
        Some(event) => format!("WHY  {}", made.command("why", &[&event.to_string()])),
        None => format!("AT  {}", self::at(&made, &at.to_string())),
    });
    print(&lines.join("\n"))?;
    Ok(Exit::Met)
}
