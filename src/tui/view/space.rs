//! The space-time view: time runs down, a lane a node.

mod line;

use super::paint::Canvas;
use crate::kernel::Over;
use crate::node::Cluster;
use crate::tui::layout::Columns;
use crate::tui::model::Model;
use crate::tui::scene::Scene;
use line::Line;
use ratatui::style::Style;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, scene: &Scene) {
    names(canvas, model, scene);
    let area = scene.layout.space;
    for (place, y) in (0..scene.rows.len()).zip(area.y..area.bottom()) {
        Line::new(model, scene, place, y).draw(canvas);
    }
    if scene.rows.len() < usize::from(area.height) {
        ending(canvas, model, scene);
    }
}

fn names(canvas: &mut Canvas<'_>, model: &Model, scene: &Scene) {
    let (columns, y) = (&scene.columns, scene.layout.names.y);
    let cluster = model.trace().cluster();
    let what = if model.knows_time() { "time" } else { "event" };
    canvas.text_right(columns.margin - 1, y, what, canvas.faint());
    for node in cluster.ids() {
        let Some(line) = columns.lifeline(node.index()) else { continue };
        let room = usize::from(columns.half * 2);
        let (name, focus) = (cluster.name(node), node == model.focus());
        let name = match focus && room > name.len() + 1 {
            true => format!("[{name}]"),
            false => short_name(cluster, name, room),
        };
        let x = line - (name.len() as u16 / 2).min(columns.half);
        canvas.text(x, y, room as u16, &name, if focus { canvas.bold() } else { canvas.plain() });
    }
    let legend = match columns.count < cluster.len() {
        true => format!("lanes {}-{} of {}", columns.first + 1, columns.first + columns.count, cluster.len()),
        false if model.cone => "< past ∥ concurrent > future".to_owned(),
        false => "< past  @ here  > future".to_owned(),
    };
    canvas.text(columns.words - 3, y, columns.words_width + 3, &legend, canvas.faint());
}

/// A name in so many letters: its first ones, or its last where several names begin alike.
fn short_name(cluster: &Cluster, name: &str, room: usize) -> String {
    let room = room.min(name.len());
    let alike = cluster.names().iter().filter(|other| other.starts_with(&name[..room])).count();
    if alike > 1 && room < name.len() { name[name.len() - room..].to_owned() } else { name[..room].to_owned() }
}

/// Below the last row: a question, or the end.
fn ending(canvas: &mut Canvas<'_>, model: &Model, scene: &Scene) {
    let y = scene.layout.space.y + scene.rows.len() as u16;
    let text = match (model.quiz.waiting(), model.show.session.over()) {
        _ if !model.knows_time() => "The log ends here.",
        (Some(_), _) => "? A question waits here: step on.",
        (None, Over::Until) => "The run ends here: its time is up.",
        (None, Over::Quiet) => "The run ends here: nothing more can happen.",
        (None, Over::Events) => "The run was stopped here: too many events.",
        (None, Over::Standstill) => "The run was stopped here: time stands still.",
        (None, Over::Scheduled) => "The run ends here: all that was laid down has happened.",
        (None, Over::Stuck) => "The run was stopped here: what is laid down next cannot happen.",
    };
    ruled(canvas, &scene.columns, y, text, canvas.bold());
}

/// A line across all lanes with a text in it.
fn ruled(canvas: &mut Canvas<'_>, columns: &Columns, y: u16, text: &str, style: Style) {
    let (start, _) = columns.lanes();
    let (end, _) = canvas.size();
    for x in start..end {
        canvas.put(x, y, '╌', style);
    }
    canvas.text(start + 1, y, end.saturating_sub(start + 2), &format!(" {text} "), style);
}
