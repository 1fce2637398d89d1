//! The panel below: on the left the event at the cursor, on the right the selected node after it.

use super::paint::{Canvas, cut, wrap};
use crate::node::{EventId, SimTime};
use crate::trace::{Change, Influence, tree_of};
use crate::tui::layout::{clock, offset, reading};
use crate::tui::model::Model;
use crate::tui::panels::verdict;
use crate::tui::panes::{self, Pane, Tone};
use crate::tui::rows::Row;
use crate::tui::scene::Scene;
use crate::tui::words;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Effects that are listed; the rest is counted.
const EFFECTS_LISTED: usize = 8;

/// What a value without content looks like.
const NOTHING: &str = "{}";

/// So many columns of what a field was and is are shown where there is little room.
const BRIEF: usize = 14;

/// Below so many lines causes and effects are only numbered.
const ROOMY: u16 = 8;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, scene: &Scene) {
    let Some(area) = scene.layout.inspector else { return };
    if model.pane != Pane::Event {
        return draw_pane(canvas, model, scene, area);
    }
    let left = area.width * 11 / 20;
    canvas.fill(Rect { height: 1, ..area }, '─', canvas.faint());
    canvas.text(1, area.y, left - 2, &format!(" {} {} ", model.cursor, words_of(model, model.cursor)), canvas.bold());
    let pinned = if model.pinned.is_some() { ", 0 unpins" } else { "" };
    let name = model.trace().cluster().name(model.focus());
    let heading = format!(" {name} after {}{pinned} ", model.cursor);
    canvas.text(left, area.y, area.width - left - 1, &heading, canvas.bold());
    let event = Rect::new(1, area.y + 1, left - 2, area.height - 1);
    let node = Rect::new(left + 1, area.y + 1, area.width - left - 1, area.height - 1);
    let roomy = area.height >= ROOMY;
    column(canvas, event, &about_event(canvas, model, scene, roomy), model.scroll);
    column(canvas, node, &about_node(canvas, model, scene, roomy), model.scroll);
    for y in area.y + 1..area.bottom() {
        canvas.put(left - 1, y, '│', canvas.faint());
    }
}

/// One of the other panes, over the whole width.
fn draw_pane(canvas: &mut Canvas<'_>, model: &Model, scene: &Scene, area: Rect) {
    canvas.fill(Rect { height: 1, ..area }, '─', canvas.faint());
    let title = format!(" {} at {} ", model.pane.title(), model.cursor);
    canvas.text(1, area.y, area.width - 2, &title, canvas.bold());
    canvas.text_right(area.right() - 1, area.y, " o opens another ", canvas.faint());
    let area = Rect::new(1, area.y + 1, area.width - 2, area.height - 1);
    let style = |tone: Tone| match tone {
        Tone::Plain => canvas.plain(),
        Tone::Bold => canvas.bold(),
        Tone::Faint => canvas.faint(),
        Tone::Good => canvas.good(),
        Tone::Bad => canvas.bad(),
    };
    let room = usize::from(area.width);
    let fit =
        |text: String, tone: Tone| if model.pane.is_table() && tone != Tone::Faint { cut(&text, room) } else { text };
    let lines: Lines =
        panes::lines(model, scene, room).into_iter().map(|(text, tone)| (fit(text, tone), style(tone))).collect();
    // The line that fires next is in sight, unless the person scrolls.
    let scroll = match (model.pane, model.scroll) {
        (Pane::Source, 0) => {
            panes::next_line(model).map_or(0, |line| line.saturating_sub(usize::from(area.height) / 2))
        }
        (_, scroll) => scroll,
    };
    column(canvas, area, &lines, scroll);
}

fn words_of(model: &Model, id: EventId) -> String {
    words::words(model.trace(), Row { first: id, last: id })
}

type Lines = Vec<(String, Style)>;

/// Draws lines from the one scrolled to on, wrapped; a mark at the end says that there is more.
fn column(canvas: &mut Canvas<'_>, area: Rect, lines: &Lines, scroll: usize) {
    let room = usize::from(area.width);
    let wrapped: Lines =
        lines.iter().flat_map(|(text, style)| wrap(text, room, 2).into_iter().map(|line| (line, *style))).collect();
    let height = usize::from(area.height);
    let first = scroll.min(wrapped.len().saturating_sub(height));
    for (y, (line, style)) in (area.y..area.bottom()).zip(wrapped.iter().skip(first)) {
        canvas.text(area.x, y, area.width, line, *style);
    }
    let more = wrapped.len().saturating_sub(first + height);
    if more > 0 {
        canvas.text_right(area.right(), area.bottom() - 1, &format!(" ] {more} more"), canvas.faint());
    }
}

fn about_event(canvas: &Canvas<'_>, model: &Model, scene: &Scene, roomy: bool) -> Lines {
    let (trace, id, details) = (model.trace(), model.cursor, &scene.details);
    let mut lines = Lines::new();
    for mark in model.violations_at(id) {
        lines.push((format!("! BROKEN {}", mark.headline), canvas.bad()));
        lines.extend(mark.lines.iter().map(|line| (format!("  {line}"), canvas.plain())));
    }
    if id == model.show.start.unwrap_or(EventId(0)) && !model.show.look.is_empty() {
        lines.push((format!("LOOK OUT FOR  {}", model.show.look), canvas.bold()));
    }
    for (question, standing) in model.quiz.after(id) {
        if let Some(verdict) = verdict(question, standing) {
            lines.push((format!("? {} {verdict}", question.text), canvas.plain()));
        }
    }
    if !roomy {
        lines.push((links(scene), canvas.plain()));
    }
    if model.cone {
        lines.push((influence(scene), canvas.bold()));
    }
    let room = if roomy { 200 } else { BRIEF };
    lines.extend(details.changes.iter().map(|change| (told(change, room), canvas.bold())));
    if let Some(fact) = trace.fact(id) {
        lines.push((format!("fact {}", tree_of(fact, trace.cluster())), canvas.plain()));
    }
    lines.extend(says(model, scene, roomy).into_iter().map(|line| (line, canvas.plain())));
    if roomy {
        lines.extend(linked(model, scene).into_iter().map(|line| (line, canvas.plain())));
    }
    lines.push((stamps(model), canvas.faint()));
    if !model.cone {
        lines.push((influence(scene), canvas.faint()));
    }
    lines
}

/// A change of the node's state: where, before, after.
fn told(change: &Change, room: usize) -> String {
    let short = |text: &str| cut(text, room);
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("{}: {} → {}", change.path, short(before), short(after)),
        (None, Some(after)) => format!("{}: new {}", change.path, short(after)),
        (Some(before), None) => format!("{}: {} → gone", change.path, short(before)),
        (None, None) => change.path.clone(),
    }
}

/// What the message or the timer says, where that is more than its name.
fn says(model: &Model, scene: &Scene, roomy: bool) -> Vec<String> {
    let Some(message) = &scene.details.message else { return Vec::new() };
    let said = message.to_string();
    if said == NOTHING || said == model.trace().name(model.cursor) {
        return Vec::new();
    }
    let mut lines = if roomy { message.lines() } else { vec![said] };
    if let Some(first) = lines.first_mut() {
        *first = format!("says {first}");
    }
    lines
}

/// Causes and effects by number, on one line.
fn links(scene: &Scene) -> String {
    let list = |ids: &[EventId]| {
        let listed = ids.iter().take(EFFECTS_LISTED).map(EventId::to_string).collect::<Vec<_>>().join(" ");
        match ids.len().saturating_sub(EFFECTS_LISTED) {
            0 if listed.is_empty() => "-".to_owned(),
            0 => listed,
            more => format!("{listed} +{more}"),
        }
    };
    format!("⇐ {}   ⇒ {}", list(&scene.details.causes), list(&scene.details.effects))
}

/// Causes and effects, a line each.
fn linked(model: &Model, scene: &Scene) -> Vec<String> {
    let line = |arrow: char, id: EventId| format!("{arrow} {id} {}", words_of(model, id));
    let causes = scene.details.causes.iter().map(|&id| line('⇐', id));
    let effects = scene.details.effects.iter().take(EFFECTS_LISTED).map(|&id| line('⇒', id));
    let mut lines: Vec<String> = causes.chain(effects).collect();
    let more = scene.details.effects.len().saturating_sub(EFFECTS_LISTED);
    if more > 0 {
        lines.push(format!("⇒ and {more} more"));
    }
    lines
}

fn stamps(model: &Model) -> String {
    let (trace, id) = (model.trace(), model.cursor);
    if trace.node(id).is_none() {
        return "No stamps: nobody notices what happens on the network.".to_owned();
    }
    let names = trace.cluster().names().iter();
    let known = names.zip(trace.vector(id)).filter(|(_, count)| *count > 0);
    let vector = known.map(|(name, count)| format!("{name}:{count}")).collect::<Vec<_>>().join(" ");
    format!("Lamport {}; vector {vector}", trace.record(id).lamport())
}

/// How many events that may be seen stand how to this one.
fn influence(scene: &Scene) -> String {
    let Influence { past, future, concurrent } = scene.cones.counts;
    format!("Past {past}, future {future}, concurrent {concurrent} events")
}

fn about_node(canvas: &Canvas<'_>, model: &Model, scene: &Scene, roomy: bool) -> Lines {
    let picture = &scene.picture.nodes[model.focus().index()];
    let Some(state) = &scene.details.state else {
        return vec![("It is down: only its disk remembers.".to_owned(), canvas.plain())];
    };
    let mut lines = Lines::new();
    if picture.paused {
        lines.push(("It stands still and does not know it.".to_owned(), canvas.bold()));
    }
    if roomy {
        lines.extend(state.iter().map(|line| (line.clone(), canvas.plain())));
    } else {
        let fields = scene.details.fields.iter().map(|field| cut(field, BRIEF * 2)).collect::<Vec<_>>();
        lines.push((fields.join("; "), canvas.plain()));
    }
    for (timer, due) in &picture.timers {
        // When timers will fire would give away the answers of some questions.
        let when = match (due, model.quiz.waiting()) {
            (Some(due), None) => format!("fires in {}", span(due.since(scene.picture.time).0)),
            _ => "is set".to_owned(),
        };
        // A timer that is alone at its node may have no name.
        let timer = if timer.is_empty() { "its timer".to_owned() } else { format!("timer {timer}") };
        lines.push((format!("{timer} {when}"), canvas.plain()));
    }
    let off = picture.local.map(|local| (local, local.0.saturating_sub(scene.picture.time.0 as i64)));
    lines.push(match off {
        None => ("its clock and true time are unknown".to_owned(), canvas.faint()),
        Some((_, 0)) => ("its clock shows true time".to_owned(), canvas.faint()),
        Some((local, off)) => {
            let told = format!("its clock shows {} s: {} off true time", reading(local), offset(off));
            (told, canvas.plain())
        }
    });
    if picture.unsynced > 0 {
        lines.push((format!("{} writes not on its disk yet", picture.unsynced), canvas.plain()));
    }
    lines
}

/// A span in milliseconds, or in seconds where it is long.
fn span(nanos: u64) -> String {
    match nanos {
        0..=9_999_999_999 => format!("{}.{} ms", nanos / 1_000_000, nanos / 100_000 % 10),
        _ => format!("{} s", clock(SimTime(nanos))),
    }
}
