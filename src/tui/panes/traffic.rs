//! What is under way: messages between nodes, and operations of clients.

use super::{Said, Tone};
use crate::node::{EventId, Outcome};
use crate::trace::{operation_words, outcome_words};
use crate::tui::layout::clock;
use crate::tui::ledger::End;
use crate::tui::model::Model;
use crate::tui::scene::Scene;

/// Messages on their way at the cursor, the next to arrive first.
pub fn messages(model: &Model, scene: &Scene) -> Vec<Said> {
    let trace = model.trace();
    let name = |node| trace.cluster().name(node);
    let mut flights: Vec<_> = scene.picture.messages.iter().filter(|flight| flight.send.0 < model.limit()).collect();
    if flights.is_empty() {
        return vec![("Nothing is on its way.".to_owned(), Tone::Plain)];
    }
    // When messages arrive would give away the answers of some questions.
    let tells = model.quiz.waiting().is_none();
    if tells {
        flights.sort_by_key(|flight| (flight.due.is_none(), flight.due, flight.send));
    }
    let now = scene.picture.time;
    let mut lines = vec![(format!(" {:<8}{:<20}{:<14}{:<12}due", "sent", "message", "way", "for"), Tone::Bold)];
    for flight in flights {
        let due = match flight.due {
            Some(due) if tells => format!("in {:.1} ms", due.since(now).0 as f64 / 1e6),
            Some(_) => "not told before the question".to_owned(),
            None => "when it is let go".to_owned(),
        };
        let way = format!("{} > {}", name(flight.from), name(flight.to));
        let sent = now.since(trace.record(flight.send).time()).0 as f64 / 1e6;
        let line = format!(
            " {:<8}{:<20}{way:<14}{:<12}{due}",
            flight.send.to_string(),
            trace.name(flight.send),
            format!("{sent:.1} ms")
        );
        let concerns = [flight.from, flight.to].contains(&model.focus());
        lines.push((line, if concerns { Tone::Bold } else { Tone::Plain }));
    }
    lines.push((
        "bold: to or from the selected node; b d drops the one that the cursor is on".to_owned(),
        Tone::Faint,
    ));
    lines
}

/// Most operations that are listed before the cursor and after it.
const AROUND: usize = 40;
const LATER: usize = 2;

/// Each operation around the cursor as a bar from its invocation to its end.
pub fn operations(model: &Model, width: usize) -> Vec<Said> {
    let (trace, limit) = (model.trace(), model.limit());
    let all = trace.operations();
    let seen = all.partition_point(|record| record.event.0 < limit);
    if seen == 0 {
        return vec![("No client has asked for anything yet.".to_owned(), Tone::Plain)];
    }
    let here = all.partition_point(|record| record.event <= model.cursor).min(seen);
    let window = &all[here.saturating_sub(AROUND)..(here + LATER).min(seen)];
    let time = |id: EventId| model.overview.place(trace, id).0;
    let end_of = |id| model.ledger.end(id).filter(|(event, _)| event.0 < limit);
    let begin = window.first().map_or(0, |record| time(record.event));
    let now = time(model.cursor);
    let latest = window.iter().map(|record| end_of(record.operation.id).map_or(now, |(event, _)| time(event))).max();
    let end = latest.unwrap_or(now).max(now).max(begin + 1);
    let label = 30;
    let room = width.saturating_sub(label + 26).max(8);
    let column =
        |time: u64| (u128::from(time.saturating_sub(begin)) * (room as u128 - 1) / u128::from(end - begin)) as usize;
    let broken: Vec<&String> =
        model.violations.iter().filter(|mark| mark.event.0 < limit).flat_map(|mark| &mark.lines).collect();
    let mut lines = Vec::new();
    for record in window.iter().rev() {
        let client = trace.node(record.event).map_or("?", |node| trace.cluster().name(node));
        let words = operation_words(trace, record.operation.id);
        let ended = end_of(record.operation.id);
        let (from, to) = (column(time(record.event)), ended.map_or(room - 1, |(event, _)| column(time(event))));
        let bar: String = (0..room)
            .map(|at| match at {
                _ if at == column(now) && (at < from || at > to) => '┊',
                _ if at < from || at > to => ' ',
                _ if at == from => '├',
                _ if at == to && ended.is_some() => '┤',
                _ => '─',
            })
            .collect();
        let (told, tone) = match ended {
            None => ("no answer yet".to_owned(), Tone::Bold),
            Some((_, End::TimedOut)) => ("UNKNOWN: gave up".to_owned(), Tone::Bad),
            Some((_, End::Returned(Outcome::Failed))) => ("failed".to_owned(), Tone::Bad),
            Some((_, End::Returned(outcome))) => {
                let told = outcome_words(trace, record.operation.id, outcome);
                (told.strip_prefix(&words).unwrap_or(&told).trim_start_matches([':', ' ']).to_owned(), Tone::Plain)
            }
        };
        let event = record.event.to_string();
        let is_named = broken.iter().any(|line| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == event));
        let mark = if is_named { '!' } else { ' ' };
        let head = crate::tui::view::cut_to(
            &format!("{mark}{:<6} {client:<6} {words}", record.event.to_string()),
            label - 1,
        );
        lines.push((format!("{head:<label$}{bar}  {told}"), if is_named { Tone::Bad } else { tone }));
    }
    let scale = format!(
        "{} to {} s; ┊: the cursor; !: named by what is broken",
        clock(crate::node::SimTime(begin)),
        clock(crate::node::SimTime(end))
    );
    lines.push((if model.knows_time() { scale } else { "in the order of the log".to_owned() }, Tone::Faint));
    lines.extend(broken.iter().map(|line| ((*line).clone(), Tone::Bad)));
    lines
}
