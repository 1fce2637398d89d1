//! What a mouse points at.

use super::model::Model;
use super::scene::LABEL_WIDTH;
use super::update::go;
use crate::node::SimTime;

/// A press of the button, or dragging it: on the strip of the run to that time, on a row to its event, on a node's name to
/// that node.
pub fn press(model: &mut Model, (x, y): (u16, u16)) {
    let Some(scene) = &model.scene else { return };
    let layout = scene.layout;
    let cluster = model.trace().cluster();
    let nodes = scene.strips.len();
    if layout.overview.contains((x, y).into()) || layout.axis.contains((x, y).into()) {
        let width = scene.strips.first().map_or(0, Vec::len);
        if x < LABEL_WIDTH {
            let (lines, focus) = (usize::from(layout.overview.height), model.focus().index());
            let first = (focus / lines * lines).min(nodes - lines.min(nodes));
            let node = first + usize::from(y.saturating_sub(layout.overview.y));
            if layout.overview.contains((x, y).into()) && node < nodes {
                model.pinned = Some(cluster.id(node));
                model.scroll = 0;
            }
            return;
        }
        let bucket = usize::from(x - LABEL_WIDTH).min(width.saturating_sub(1));
        // The first instant of the bucket; the run's whole length is all buckets.
        let place = (u128::from(model.overview.end().0) + 1) * bucket as u128 / width.max(1) as u128;
        let target = match model.knows_time() {
            true => model.trace().at_time(SimTime(place as u64)).map_or(0, |id| id.0),
            false => place as u32,
        };
        return go(model, target);
    }
    if layout.names.contains((x, y).into()) {
        let columns = &scene.columns;
        let near = cluster
            .ids()
            .find(|node| columns.lifeline(node.index()).is_some_and(|line| line.abs_diff(x) <= columns.half));
        if let Some(node) = near {
            (model.pinned, model.scroll) = (Some(node), 0);
        }
        return;
    }
    if layout.space.contains((x, y).into())
        && let Some(row) = scene.rows.get(usize::from(y - layout.space.y))
    {
        let target = row.first.0;
        go(model, target);
    }
}
