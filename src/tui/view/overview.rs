//! The strip of the whole run: a line a node, time running right.

use super::paint::Canvas;
use crate::node::{EventId, NodeId, SimTime};
use crate::tui::layout::{clock, offset, reading};
use crate::tui::model::Model;
use crate::tui::overview::Cell;
use crate::tui::scene::{LABEL_WIDTH, Scene};
use ratatui::style::Style;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, scene: &Scene) {
    let area = scene.layout.overview;
    let (lines, nodes) = (usize::from(area.height), scene.strips.len());
    let focus = model.focus();
    let first = (focus.index() / lines * lines).min(nodes - lines.min(nodes));
    let shown = lines.min(nodes - first);
    let width = scene.strips[0].len();
    let here = model.overview.bucket(model.overview.place(model.trace(), model.cursor), width);
    for (y, index) in (area.y..).zip(first..first + shown) {
        let node = model.trace().cluster().id(index);
        let (mark, style) = if node == focus { ('›', canvas.bold()) } else { (' ', canvas.plain()) };
        canvas.put(0, y, mark, style);
        canvas.text(1, y, LABEL_WIDTH - 2, &label(model, scene, node), style);
        let edges = edges(model, scene, node, width);
        for (bucket, cell) in scene.strips[index].iter().enumerate() {
            let (glyph, style) = glyph(canvas, *cell);
            let (glyph, style) = match model.cone && *cell != Cell::Hidden {
                true => in_cone(canvas, edges, bucket, *cell, glyph),
                false => (glyph, style),
            };
            let style = if bucket == here { style.patch(canvas.reversed()) } else { style };
            canvas.put(LABEL_WIDTH + bucket as u16, y, glyph, style);
        }
        if model.clocks {
            shown_by_clock(canvas, scene, node, y, style);
        }
    }
    axis(canvas, model, scene, here);
    let label = match (shown < nodes, model.knows_time()) {
        (true, _) => format!("nodes {}-{} of {nodes}", first + 1, first + shown),
        (false, true) => "true time, seconds".to_owned(),
        (false, false) => "events in order".to_owned(),
    };
    canvas.text(1, scene.layout.axis.y, LABEL_WIDTH - 2, &label, canvas.faint());
}

/// The bucket of a node's last event in the past, and that of its first in the future.
fn edges(model: &Model, scene: &Scene, node: NodeId, width: usize) -> (Option<usize>, Option<usize>) {
    let trace = model.trace();
    let bucket = |id: EventId| model.overview.bucket(model.overview.place(trace, id), width);
    let first = scene.cones.future.edge(trace, node).filter(|first| first.0 < scene.limit);
    (scene.cones.past.edge(trace, node).map(bucket), first.map(bucket))
}

/// A cell while the cone is on: the past up to its edge, then what is concurrent, and the future from its edge on.
fn in_cone(
    canvas: &Canvas<'_>,
    (past, future): (Option<usize>, Option<usize>),
    bucket: usize,
    cell: Cell,
    glyph: char,
) -> (char, Style) {
    let is_calm = cell <= Cell::Leads;
    match () {
        () if past == Some(bucket) && is_calm => ('<', canvas.past()),
        () if future == Some(bucket) && is_calm => ('>', canvas.future()),
        () if past.is_some_and(|last| bucket <= last) => (glyph, canvas.past()),
        () if future.is_some_and(|first| bucket >= first) => (glyph, canvas.future()),
        () => (glyph, canvas.concurrent()),
    }
}

/// What a node's clock shows, and how far that is from true time.
fn shown_by_clock(canvas: &mut Canvas<'_>, scene: &Scene, node: NodeId, y: u16, style: Style) {
    let (end, picture) = (scene.layout.overview.right(), &scene.picture);
    let local = picture.nodes[node.index()].local;
    let text = local.map_or("-".to_owned(), reading);
    canvas.text_right(end - OFFSET_WIDTH, y, &text, style);
    if let Some(local) = local {
        let off = local.0.saturating_sub(picture.time.0 as i64);
        let style = if off == 0 { canvas.faint() } else { style };
        canvas.text_right(end - 1, y, &offset(off), style);
    }
}

/// How wide an offset is, with a blank on either side.
const OFFSET_WIDTH: u16 = 10;

/// A node's name and what it is at the cursor.
fn label(model: &Model, scene: &Scene, node: NodeId) -> String {
    let name = model.trace().cluster().name(node);
    let picture = &scene.picture.nodes[node.index()];
    if !model.knows_time() {
        return name.to_owned();
    }
    let role = match &picture.badge {
        None => "down".to_owned(),
        Some(_) if picture.paused => "paused".to_owned(),
        Some(badge) => {
            let term = badge.term.map_or(String::new(), |term| format!(" {term}"));
            let role = if badge.leads { badge.role.to_uppercase() } else { badge.role.to_owned() };
            format!("{role}{term}")
        }
    };
    format!("{name:<4} {role}")
}

/// What a cell looks like.
pub fn glyph(canvas: &Canvas<'_>, cell: Cell) -> (char, Style) {
    match cell {
        Cell::Hidden => (' ', canvas.plain()),
        Cell::Down => ('·', canvas.faint()),
        Cell::Up => ('─', canvas.faint()),
        Cell::Leads => ('═', canvas.good()),
        Cell::Paused => ('░', canvas.doubtful()),
        Cell::Stands => ('◆', canvas.doubtful()),
        Cell::Restart => ('↻', canvas.good()),
        Cell::Crash => ('✖', canvas.bad()),
        Cell::Violation => ('!', canvas.bad()),
    }
}

/// The line of true time below, with the cursor's place, and `░` where links are cut.
fn axis(canvas: &mut Canvas<'_>, model: &Model, scene: &Scene, here: usize) {
    let (area, end) = (scene.layout.axis, model.overview.end());
    let width = scene.strips[0].len();
    let (trace, limit) = (model.trace(), EventId(scene.limit));
    let hidden = trace.get(limit).map(|_| model.overview.bucket(model.overview.place(trace, limit), width));
    let right = LABEL_WIDTH + width as u16;
    for bucket in 0..width {
        let until = SimTime((u128::from(end.0) * (bucket as u128 + 1) / width as u128) as u64);
        let is_cut = trace.at_time(until).and_then(|id| model.overview.cut_at(id)).is_some();
        let glyph = match hidden {
            Some(hidden) if bucket > hidden => ' ',
            Some(hidden) if bucket == hidden => '?',
            _ if is_cut => '░',
            _ => '─',
        };
        canvas.put(LABEL_WIDTH + bucket as u16, area.y, glyph, canvas.faint());
    }
    canvas.text(LABEL_WIDTH, area.y, 2, "0 ", canvas.faint());
    let text = if model.knows_time() { clock(end) } else { format!("e{}", model.events() - 1) };
    canvas.text_right(right, area.y, &format!(" {}", text.trim_end_matches(".0000")), canvas.faint());
    if model.clocks {
        canvas.text_right(area.right() - OFFSET_WIDTH, area.y, &clock(scene.picture.time), canvas.bold());
        canvas.text_right(area.right() - 1, area.y, "is true", canvas.bold());
    }
    canvas.put(LABEL_WIDTH + here as u16, area.y, '▲', canvas.bold());
}
