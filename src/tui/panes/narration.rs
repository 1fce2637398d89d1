//! Where the cursor is, in whole sentences, for a screen reader: the newest first, and never what comes after it.

use super::{Said, Tone};
use crate::node::{EventId, Fact, Outcome};
use crate::trace::{fact_words, sentence};
use crate::tui::model::Model;
use crate::tui::rows::Row;
use crate::tui::scene::Scene;
use crate::tui::words::words;

/// Turns of the story that are told again, the last before the cursor.
const TURNS: usize = 12;

/// Turns among which they are looked for.
const LOOKED_AT: usize = 2000;

pub fn lines(model: &Model, scene: &Scene) -> Vec<Said> {
    let (trace, cursor) = (model.trace(), model.cursor);
    let at = match model.knows_time() {
        true => format!(", at {} seconds", trace.record(cursor).time()),
        false => String::new(),
    };
    let mut lines = vec![(format!("Now, event {}{at}: {}", cursor.0, sentence(&said(model, cursor))), Tone::Bold)];
    for mark in model.violations_at(cursor) {
        lines.push((sentence(&format!("Here a promise is broken: {}", mark.headline)), Tone::Bad));
    }
    let plain = |text: String| (sentence(&text), Tone::Plain);
    for change in &scene.details.changes {
        let field = change.path.replace(['.', '_'], " ");
        lines.push(plain(match (&change.before, &change.after) {
            (Some(before), Some(after)) => format!("{field} changes from {before} to {after}"),
            (None, Some(after)) => format!("{field} is new: {after}"),
            (_, None) => format!("{field} is gone"),
        }));
    }
    for cause in scene.details.causes.iter().rev() {
        lines.push(plain(format!("Because of event {}: {}", cause.0, said(model, *cause))));
    }
    lines.push(plain(format!("Selected is {}", standing(model, scene))));
    let turns = model.zoom.turns_before(cursor).take(LOOKED_AT);
    let mut turns = turns.filter(|turn| !is_routine(model, *turn)).take(TURNS).peekable();
    if turns.peek().is_some() {
        lines.push(("Before that, the newest first.".to_owned(), Tone::Bold));
    }
    lines.extend(turns.map(|turn| plain(before(model, turn))));
    lines
}

/// The selected node and what it is.
fn standing(model: &Model, scene: &Scene) -> String {
    let node = model.focus();
    let name = model.trace().cluster().name(node);
    match scene.picture.nodes.get(node.index()) {
        Some(picture) if picture.paused => format!("{name}, which is paused"),
        Some(picture) => match &picture.badge {
            None if model.knows_time() => format!("{name}, which is down"),
            Some(badge) if !badge.role.is_empty() => {
                let term = badge.term.map_or(String::new(), |term| format!(" in term {term}"));
                format!("{name}, {}{term}", badge.role)
            }
            _ => name.to_owned(),
        },
        None => name.to_owned(),
    }
}

fn before(model: &Model, turn: EventId) -> String {
    let trace = model.trace();
    match model.knows_time() {
        true => format!("At {} seconds, event {}: {}", trace.record(turn).time(), turn.0, said(model, turn)),
        false => format!("Event {}: {}", turn.0, said(model, turn)),
    }
}

/// Whether a client was told that all went well: there are many such turns.
fn is_routine(model: &Model, turn: EventId) -> bool {
    matches!(model.trace().fact(turn), Some(Fact::Returned { outcome: Outcome::Ok(_), .. }))
}

/// What happened: a fact as the story tells it, else as its row says it.
fn said(model: &Model, id: EventId) -> String {
    match model.trace().fact(id) {
        Some(_) => fact_words(model.trace(), id),
        None => words(model.trace(), Row { first: id, last: id }),
    }
}
