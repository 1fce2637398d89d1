//! What is to be drawn at the present place: gathered from the session whenever something has changed, so that drawing
//! itself asks nothing.

use super::lanes::{self, Rail};
use super::layout::{Columns, Layout};
use super::model::{Inspector, Model};
use super::overview::{self, Cell, Seen};
use super::panes::Pane;
use super::rows::{Row, Rows};
use super::zoom::Grain;
use crate::node::{EventId, NodeId};
use crate::scenario::Picture;
use crate::trace::{Change, Cone, Influence, Trace, Tree};

/// What stands behind a row: what each node was, the sides of a partition, and how many events are folded before it.
#[derive(Clone, Debug)]
pub struct Backdrop {
    pub seen: Vec<Seen>,
    pub sides: Option<Vec<Option<usize>>>,
    pub folded: u32,
}

/// The event at the cursor, looked at closely.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// The selected node's state after the event; `None` where it is down.
    pub state: Option<Vec<String>>,
    /// The same in short: the names and values of its fields.
    pub fields: Vec<String>,
    pub changes: Vec<Change>,
    /// What its message or timer says.
    pub message: Option<Tree>,
    pub causes: Vec<EventId>,
    pub effects: Vec<EventId>,
}

/// How an event stands to the one at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Past,
    Here,
    Future,
    Concurrent,
}

/// What may have influenced the event at the cursor, and what it may influence.
pub struct Cones {
    pub past: Cone,
    pub future: Cone,
    /// Of the events that may be seen.
    pub counts: Influence,
}

impl Cones {
    fn new(trace: &Trace, cursor: EventId, limit: u32) -> Self {
        let counts = trace.influence(cursor, EventId(limit));
        Cones { past: trace.past(cursor), future: trace.future(cursor), counts }
    }

    /// How the events of a row stand: those that come first decide for the past, those that come last for the future.
    pub fn relation(&self, trace: &Trace, row: Row) -> Relation {
        match () {
            () if row.holds(self.past.tip()) => Relation::Here,
            () if self.past.contains(trace, row.first) => Relation::Past,
            () if self.future.contains(trace, row.last) => Relation::Future,
            () => Relation::Concurrent,
        }
    }
}

/// For each node the overview's cells.
pub type Strips = Vec<Vec<Cell>>;

/// All that is drawn and not in the model itself.
pub struct Scene {
    pub layout: Layout,
    pub columns: Columns,
    /// The first event that is not to be seen.
    pub limit: u32,
    pub rows: Vec<Row>,
    /// The cursor's place among the rows.
    pub at: usize,
    pub backdrops: Vec<Backdrop>,
    pub rails: Vec<Rail>,
    pub strips: Strips,
    pub cones: Cones,
    pub picture: Picture,
    pub details: Details,
    /// The state of whoever leads, where the logs are shown: it knows how far the others are.
    pub leader: Option<Tree>,
}

/// What is kept from one scene to the next because it seldom changes.
#[derive(Default)]
pub struct Kept {
    base: Option<(u32, Picture)>,
    /// For so many columns and so many events.
    strips: Option<((usize, u32), Strips)>,
}

/// How wide names and roles are in the overview.
pub const LABEL_WIDTH: u16 = 20;

/// How wide the nodes' clocks are in the overview: a reading and how far it is off.
pub const CLOCKS_WIDTH: u16 = 20;

/// Events ahead among which an event's effects are looked for.
const EFFECTS_WITHIN: u32 = 512;

/// Gathers the scene; `None` where the screen is too small.
pub fn gather(model: &mut Model) -> Option<Scene> {
    let nodes = model.trace().cluster().len();
    let layout = Layout::new(model.size, nodes, model.trace().len(), (model.inspector, model.pane))?;
    let here = model.node_here();
    let trace = model.trace();
    let end = Some(model.overview.end()).filter(|_| model.knows_time());
    let columns = Columns::new(model.size.0, places(model), here.index(), trace.len(), end);
    let limit = model.limit();
    let (rows, at) = window(&model.rows(), model.cursor, usize::from(layout.space.height));
    let (first, last) = (rows[0].first, rows[rows.len() - 1].last);
    let rails = rails(model, (first, last), &columns);
    let backdrops = backdrops(model, &rows);
    let clocks = if model.clocks { CLOCKS_WIDTH } else { 0 };
    let strips = strips(model, usize::from(layout.overview.width - LABEL_WIDTH - clocks), limit);
    let cones = Cones::new(model.trace(), model.cursor, limit);
    let (cursor, focus) = (model.cursor, model.focus());
    let picture = model.show.session.picture(cursor);
    let details = details(model, cursor, focus, limit);
    let leader = (model.pane == Pane::Log).then(|| leader(model, &picture, cursor)).flatten();
    Some(Scene { layout, columns, limit, rows, at, backdrops, rails, strips, cones, picture, details, leader })
}

/// The state of the node that leads the newest term.
fn leader(model: &mut Model, picture: &Picture, cursor: EventId) -> Option<Tree> {
    let nodes = model.trace().cluster().ids().zip(&picture.nodes);
    let leading =
        nodes.filter_map(|(node, picture)| Some((picture.badge.as_ref().filter(|badge| badge.leads)?.term, node)));
    let (_, node) = leading.max_by_key(|(term, _)| *term)?;
    model.show.session.state(cursor, node)
}

/// The rows on the screen and the cursor's place among them: two thirds down, higher near the beginning. It depends on
/// nothing but the cursor, so that a step back brings back the same screen.
fn window(rows: &Rows<'_>, cursor: EventId, height: usize) -> (Vec<Row>, usize) {
    let here = rows.of(cursor);
    let mut above = Vec::new();
    let mut row = here;
    while above.len() < height * 2 / 3
        && let Some(next) = rows.above(row)
    {
        above.push(next);
        row = next;
    }
    above.reverse();
    let at = above.len();
    let mut window = above;
    window.push(here);
    let mut row = here;
    while window.len() < height
        && let Some(next) = rows.below(row)
    {
        window.push(next);
        row = next;
    }
    (window, at)
}

/// For each node the place of its lane: as the cluster is written, or where they would be mixed the sides of a partition
/// one beside the other, the largest first.
fn places(model: &Model) -> Vec<usize> {
    let nodes = model.trace().cluster().len();
    let cut = model.overview.cut_at(model.cursor).filter(|_| model.by_sides);
    let sides = cut.map_or(vec![None; nodes], |cut| overview::sides(nodes, cut));
    let mut grouped: Vec<usize> = sides.iter().flatten().copied().collect();
    grouped.dedup();
    let parts = grouped.len();
    grouped.sort_unstable();
    grouped.dedup();
    let mut order: Vec<usize> = (0..nodes).collect();
    if parts > grouped.len() {
        order.sort_by_key(|&node| sides[node].unwrap_or(nodes));
    }
    let mut places = vec![0; nodes];
    order.into_iter().enumerate().for_each(|(place, node)| places[node] = place);
    places
}

/// The messages on their way; slices show none.
fn rails(model: &mut Model, shown: (EventId, EventId), columns: &Columns) -> Vec<Rail> {
    if model.zoom.grain.is_slices() {
        return Vec::new();
    }
    // Where much is folded, what was sent before the screen and ends after it is not worth running the run again for.
    let is_dense = matches!(model.zoom.grain, Grain::Every | Grain::Disks);
    let base = if is_dense { lanes::base(shown.0) } else { shown.0.0 };
    if is_dense {
        keep_base(model, base);
    }
    let kept = model.kept.base.as_ref().filter(|_| base > 0 && is_dense).map(|(_, picture)| picture);
    let flying = kept.into_iter().flat_map(|picture| &picture.messages).map(|flight| flight.send);
    let flying = flying.filter(|send| send.0 < base && model.zoom.shows(*send)).collect::<Vec<_>>();
    lanes::rails(&model.rows(), &flying, base, shown, columns)
}

fn keep_base(model: &mut Model, base: u32) {
    let known = model.kept.base.as_ref().is_some_and(|(kept, _)| *kept == base);
    if base > 0 && !known {
        let picture = model.show.session.picture(EventId(base - 1));
        model.kept.base = Some((base, picture));
    }
}

fn strips(model: &mut Model, width: usize, limit: u32) -> Strips {
    if let Some((key, strips)) = &model.kept.strips
        && *key == (width, limit)
    {
        return strips.clone();
    }
    let limit_time = model.trace().get(EventId(limit)).map(|_| model.overview.place(model.trace(), EventId(limit)));
    let strips = model.overview.strips(width, limit, limit_time);
    model.kept.strips = Some(((width, limit), strips.clone()));
    strips
}

fn backdrops(model: &Model, rows: &[Row]) -> Vec<Backdrop> {
    let nodes = model.trace().cluster().len();
    let (mut last_cut, mut sides) = (None, None);
    let seen = model.overview.along(rows).into_iter();
    let mut backdrop = |(row, seen): (&Row, Vec<Seen>)| {
        let cut = model.overview.cut_at(row.last);
        if cut.map(std::ptr::from_ref) != last_cut {
            last_cut = cut.map(std::ptr::from_ref);
            sides = cut.map(|cut| overview::sides(nodes, cut));
        }
        Backdrop { seen, sides: sides.clone(), folded: model.rows().folded_before(*row) }
    };
    rows.iter().zip(seen).map(&mut backdrop).collect()
}

fn details(model: &mut Model, cursor: EventId, focus: NodeId, limit: u32) -> Details {
    if model.inspector == Inspector::Away {
        return Details::default();
    }
    let session = &mut model.show.session;
    let tree = session.state(cursor, focus);
    let state = tree.as_ref().map(Tree::lines);
    let mut fields = Vec::new();
    if let Some(tree) = &tree {
        flatten("", tree, &mut fields);
    }
    let changes = session.changes(cursor);
    let message = session.message(cursor);
    let trace = session.trace();
    let causes = trace.causes(cursor).collect();
    Details { state, fields, changes, message, causes, effects: effects(trace, cursor, limit) }
}

/// The fields of a state, those within others by their own names alone.
fn flatten(name: &str, tree: &Tree, fields: &mut Vec<String>) {
    let mut say = |value: &str| fields.push(format!("{name} {value}").trim().to_owned());
    match tree {
        Tree::Struct(_, inner) => inner.iter().for_each(|(name, tree)| flatten(name, tree, fields)),
        Tree::Named(variant, content) => {
            if !name.is_empty() {
                say(variant);
            }
            match &**content {
                Tree::Struct(_, inner) => inner.iter().for_each(|(name, tree)| flatten(name, tree, fields)),
                other if name.is_empty() => flatten("", other, fields),
                _ => {}
            }
        }
        other => say(&other.counted().filter(|_| other.count() > Some(2)).unwrap_or_else(|| other.to_string())),
    }
}

/// What an event caused, as far as it may be seen: the end of a message, and what its handler or its timer brought about
/// soon after.
pub fn effects(trace: &Trace, id: EventId, limit: u32) -> Vec<EventId> {
    let end = trace.end_of(id).filter(|end| end.0 < limit);
    let until = id.0.saturating_add(1 + EFFECTS_WITHIN).min(limit);
    let later = (id.0 + 1..until).map(EventId);
    let caused = later.filter(|&other| trace.record(other).cause() == Some(id) && Some(other) != end);
    let mut effects: Vec<EventId> = end.into_iter().chain(caused).collect();
    effects.sort();
    effects
}
