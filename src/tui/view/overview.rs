//! The strip of the whole run: a line a node, time running right.

use super::paint::Canvas;
use crate::node::{EventId, NodeId, SimTime};
use crate::tui::layout::clock;
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
    let width = usize::from(area.width - LABEL_WIDTH);
    let here = model.overview.bucket(model.trace().record(model.cursor).time(), width);
    for (y, index) in (area.y..).zip(first..first + shown) {
        let node = model.trace().cluster().id(index);
        let (mark, style) = if node == focus { ('›', canvas.bold()) } else { (' ', canvas.plain()) };
        canvas.put(0, y, mark, style);
        canvas.text(1, y, LABEL_WIDTH - 2, &label(model, scene, node), style);
        for (bucket, cell) in scene.strips[index].iter().enumerate() {
            let (glyph, style) = glyph(canvas, *cell);
            let style = if bucket == here { style.patch(canvas.reversed()) } else { style };
            canvas.put(LABEL_WIDTH + bucket as u16, y, glyph, style);
        }
    }
    axis(canvas, model, scene, here);
    let label = match shown < nodes {
        true => format!("nodes {}-{} of {nodes}", first + 1, first + shown),
        false => "true time, seconds".to_owned(),
    };
    canvas.text(1, scene.layout.axis.y, LABEL_WIDTH - 2, &label, canvas.faint());
}

/// A node's name and what it is at the cursor.
fn label(model: &Model, scene: &Scene, node: NodeId) -> String {
    let name = model.trace().cluster().name(node);
    let picture = &scene.picture.nodes[node.index()];
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

fn glyph(canvas: &Canvas<'_>, cell: Cell) -> (char, Style) {
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
    let width = usize::from(area.width - LABEL_WIDTH);
    let hidden = model.trace().get(EventId(scene.limit)).map(|record| model.overview.bucket(record.time(), width));
    for bucket in 0..width {
        let until = SimTime((u128::from(end.0) * (bucket as u128 + 1) / width as u128) as u64);
        let is_cut = model.trace().at_time(until).and_then(|id| model.overview.cut_at(id)).is_some();
        let glyph = match hidden {
            Some(hidden) if bucket > hidden => ' ',
            Some(hidden) if bucket == hidden => '?',
            _ if is_cut => '░',
            _ => '─',
        };
        canvas.put(LABEL_WIDTH + bucket as u16, area.y, glyph, canvas.faint());
    }
    canvas.text(LABEL_WIDTH, area.y, 2, "0 ", canvas.faint());
    let text = clock(end);
    canvas.text_right(area.right(), area.y, &format!(" {}", text.trim_end_matches(".0000")), canvas.faint());
    canvas.put(LABEL_WIDTH + here as u16, area.y, '▲', canvas.bold());
}
