//! One line of the space-time view: lifelines, rails, what happens, and its words.

use super::{Canvas, Model, Scene, ruled};
use crate::node::{EventId, Fact, Fault, NodeId};
use crate::trace::EventKind;
use crate::tui::lanes::Rail;
use crate::tui::layout::{Columns, clock, digits};
use crate::tui::overview::Cell;
use crate::tui::rows::Row;
use crate::tui::scene::{Backdrop, Relation};
use crate::tui::view::overview;
use crate::tui::words::{self, Weight};
use ratatui::layout::Rect;
use ratatui::style::Style;

pub struct Line<'a> {
    model: &'a Model<'a>,
    scene: &'a Scene,
    columns: &'a Columns,
    row: Row,
    backdrop: &'a Backdrop,
    place: usize,
    y: u16,
}

impl<'a> Line<'a> {
    pub fn new(model: &'a Model, scene: &'a Scene, place: usize, y: u16) -> Self {
        let (row, backdrop) = (scene.rows[place], &scene.backdrops[place]);
        Line { model, scene, columns: &scene.columns, row, backdrop, place, y }
    }

    pub fn draw(&self, canvas: &mut Canvas<'_>) {
        self.margin(canvas);
        if self.model.zoom.grain.is_slices() {
            return self.slice(canvas);
        }
        if self.is_of_links() {
            return self.rule(canvas);
        }
        self.lifelines(canvas);
        self.rails(canvas);
        match self.model.trace().record(self.row.first).kind() {
            EventKind::Send => self.sending(canvas),
            EventKind::Deliver => self.arrival(canvas),
            EventKind::Lost => self.loss(canvas),
            _ => {}
        }
        if let Some(x) = self.node().and_then(|node| self.columns.lifeline(node.index())) {
            let (glyph, style) = self.glyph(canvas);
            canvas.put(x, self.y, glyph, self.shade(canvas).unwrap_or(style));
        }
        self.walls(canvas);
        self.words(canvas);
    }

    fn is_here(&self) -> bool {
        self.place == self.scene.at
    }

    /// The node that the row is about.
    fn node(&self) -> Option<NodeId> {
        let (trace, id) = (self.model.trace(), self.row.first);
        trace.node(id).or_else(|| trace.fault(id).and_then(|record| record.fault.node()))
    }

    /// Whether the row is a fault of links: drawn across all lanes.
    fn is_of_links(&self) -> bool {
        self.model.trace().fault(self.row.first).is_some_and(|record| record.fault.node().is_none())
    }

    fn rule(&self, canvas: &mut Canvas<'_>) {
        let text = format!("{} {}", sign(self.weight()), words::words(self.model.trace(), self.row));
        let style = if self.weight() == Weight::Alarm { canvas.bad() } else { canvas.bold() };
        let style = if self.is_here() { style.patch(canvas.reversed()) } else { style };
        ruled(canvas, self.columns, self.y, text.trim(), style);
        if self.is_here() || self.model.cone {
            canvas.put(self.columns.margin - 1, self.y, self.sign_of_relation(), style);
        }
    }

    fn lifelines(&self, canvas: &mut Canvas<'_>) {
        for (node, seen) in self.backdrop.seen.iter().enumerate() {
            let Some(x) = self.columns.lifeline(node) else { continue };
            let apart = self.backdrop.sides.as_ref().and_then(|sides| sides[node]).is_some_and(|side| side > 0);
            let (glyph, style) = match seen.state {
                Cell::Down => ('·', canvas.faint()),
                Cell::Paused => ('░', canvas.doubtful()),
                _ if apart => ('┊', canvas.plain()),
                _ => ('│', canvas.plain()),
            };
            canvas.put(x, self.y, glyph, style);
        }
    }

    /// A slice of the run: for each node the gravest that happened to it, and the turns in words, as many as there is
    /// room for.
    fn slice(&self, canvas: &mut Canvas<'_>) {
        self.lifelines(canvas);
        for (node, seen) in self.backdrop.seen.iter().enumerate() {
            let Some(x) = self.columns.lifeline(node).filter(|_| seen.gravest > Cell::Up) else { continue };
            let (glyph, style) = overview::glyph(canvas, seen.gravest);
            canvas.put(x, self.y, if seen.gravest == Cell::Leads { '║' } else { glyph }, style);
        }
        self.walls(canvas);
        let room = usize::from(self.columns.words_width).saturating_sub(digits(u64::from(self.row.count())).into());
        let (text, weight) = words::of_slice(self.model, self.row, room.saturating_sub(3));
        self.text(canvas, &text, weight);
    }

    /// A wall between neighbours on different sides of a partition, where nothing else stands.
    fn walls(&self, canvas: &mut Canvas<'_>) {
        let Some(sides) = &self.backdrop.sides else { return };
        for (node, side) in sides.iter().enumerate() {
            let right = self.columns.places.iter().position(|place| *place == self.columns.places[node] + 1);
            let apart = right.is_some_and(|right| matches!((side, sides[right]), (Some(a), Some(b)) if *a != b));
            let is_last = self.columns.places[node] + 1 == self.columns.first + self.columns.count;
            if let (true, Some(line)) = (apart && !is_last, self.columns.lifeline(node)) {
                canvas.put_under(line + self.columns.half, self.y, '░', canvas.doubtful());
            }
        }
    }

    // Messages.

    fn column(&self, rail: &Rail) -> Option<u16> {
        self.columns.rail(rail.to, rail.is_left, rail.slot)
    }

    /// The messages that are on their way all along this row.
    fn passing(&self) -> impl Iterator<Item = &'a Rail> {
        let row = self.row;
        let passes = move |rail: &&Rail| rail.send < row.first && rail.end.is_none_or(|end| end > row.last);
        self.scene.rails.iter().filter(passes)
    }

    fn rails(&self, canvas: &mut Canvas<'_>) {
        for (rail, x) in self.passing().filter_map(|rail| Some((rail, self.column(rail)?))) {
            let glyph = match self.passing().filter(|other| self.column(other) == Some(x)).count() {
                1 => '│',
                count @ 2..=9 => char::from(b'0' + count as u8),
                _ => '+',
            };
            canvas.put(x, self.y, glyph, self.style(canvas, rail));
        }
    }

    /// The message that the cursor's event sends, delivers or loses stands out.
    fn style(&self, canvas: &Canvas<'_>, rail: &Rail) -> Style {
        let is_here = rail.send == self.model.cursor || rail.end == Some(self.model.cursor);
        if self.model.cone && !is_here {
            return self.shade_of_rail(canvas, rail);
        }
        if is_here { canvas.moving().patch(canvas.bold()) } else { canvas.moving() }
    }

    /// A message whose end is past is past; one whose sending is future is future.
    fn shade_of_rail(&self, canvas: &Canvas<'_>, rail: &Rail) -> Style {
        let (cones, trace) = (&self.scene.cones, self.model.trace());
        match rail.end {
            Some(end) if cones.past.contains(trace, end) => canvas.past(),
            _ if cones.future.contains(trace, rail.send) => canvas.future(),
            _ => canvas.concurrent(),
        }
    }

    fn is_taken(&self, x: u16) -> bool {
        self.passing().any(|rail| self.column(rail) == Some(x))
    }

    /// The column of a node's lifeline, or the side of the screen behind which it is.
    fn edge(&self, node: usize) -> u16 {
        let (start, end) = self.columns.lanes();
        self.columns.lifeline(node).unwrap_or(if self.columns.places[node] < self.columns.first {
            start
        } else {
            end - 1
        })
    }

    /// Messages leave their sender along the row and turn down beside their receivers.
    fn sending(&self, canvas: &mut Canvas<'_>) {
        let sent: Vec<&Rail> = self.scene.rails.iter().filter(|rail| self.row.holds(rail.send)).collect();
        let Some(from) = sent.first().map(|rail| self.edge(rail.from)) else { return };
        let turns: Vec<u16> =
            sent.iter().map(|rail| self.column(rail).unwrap_or_else(|| self.edge(rail.to))).collect();
        let left = turns.iter().copied().fold(from, u16::min);
        let right = turns.iter().copied().fold(from, u16::max);
        for x in left..=right {
            canvas.put_under(x, self.y, '─', canvas.moving());
        }
        for (rail, x) in sent.iter().filter_map(|rail| Some((rail, self.column(rail)?))) {
            let several = turns.iter().filter(|&&other| other == x).count() > 1 || self.is_taken(x);
            let glyph = match x {
                _ if self.row.count() > 1 && rail.send == self.model.cursor => '▼',
                _ if several => '⇉',
                x if x == left => '╭',
                x if x == right => '╮',
                _ => '┬',
            };
            canvas.put(x, self.y, glyph, self.style(canvas, rail));
        }
    }

    /// The message that arrives or is lost on this row.
    fn ended(&self) -> Option<&'a Rail> {
        self.scene.rails.iter().find(|rail| rail.end.is_some_and(|end| self.row.holds(end)))
    }

    /// A message leaves its rail and enters its receiver.
    fn arrival(&self, canvas: &mut Canvas<'_>) {
        let Some((rail, x)) = self.ended().and_then(|rail| Some((rail, self.column(rail)?))) else { return };
        let Some(line) = self.columns.lifeline(rail.to) else { return };
        let (corner, shared, arrow, beside) =
            if rail.is_left { ('╰', '├', '▶', line - 1) } else { ('╯', '┤', '◀', line + 1) };
        for between in x.min(beside)..=x.max(beside) {
            canvas.put_under(between, self.y, '─', canvas.moving());
        }
        canvas.put(x, self.y, if self.is_taken(x) { shared } else { corner }, canvas.moving());
        canvas.put(beside, self.y, arrow, canvas.moving());
    }

    fn loss(&self, canvas: &mut Canvas<'_>) {
        if let Some(x) = self.ended().and_then(|rail| self.column(rail)) {
            canvas.put(x, self.y, '✗', canvas.bad());
        }
    }

    // Words.

    /// What stands on the lifeline: `●` for what happens to a node, `○` for what it does about it.
    fn glyph(&self, canvas: &Canvas<'_>) -> (char, Style) {
        let (trace, id) = (self.model.trace(), self.row.first);
        if self.is_violation() {
            return ('!', canvas.bad());
        }
        match (trace.record(id).kind(), trace.fact(id), trace.fault(id).map(|record| &record.fault)) {
            (_, Some(Fact::BecameLeader { .. }), _) => ('★', canvas.good().patch(canvas.bold())),
            (_, Some(Fact::BecameCandidate { .. }), _) => ('◆', canvas.doubtful()),
            (_, _, Some(Fault::Crash(_))) => ('✖', canvas.bad()),
            (_, _, Some(Fault::Restart(_))) => ('↻', canvas.good()),
            (_, _, Some(Fault::Pause(_))) => ('░', canvas.bad()),
            (EventKind::Fault, _, _) => ('!', canvas.bad()),
            (EventKind::Send | EventKind::Fact, _, _) => ('○', canvas.bold()),
            _ => ('●', canvas.bold()),
        }
    }

    fn is_violation(&self) -> bool {
        self.row.events().any(|id| self.model.violations_at(id).next().is_some())
    }

    fn weight(&self) -> Weight {
        if self.is_violation() { Weight::Alarm } else { words::weight(self.model.trace(), self.row.first) }
    }

    /// The event's number and time, the time only where it is another than on the row above.
    fn margin(&self, canvas: &mut Canvas<'_>) {
        let time = |row: Row| clock(self.model.trace().record(row.first).time());
        let style = if self.is_here() { canvas.bold() } else { canvas.faint() };
        let above = self.place.checked_sub(1).map(|place| time(self.scene.rows[place]));
        if !self.model.knows_time() {
            // Only its number is known.
        } else if above.as_ref() != Some(&time(self.row)) || self.is_here() {
            canvas.text_right(self.columns.margin - 1, self.y, &time(self.row), style);
        }
        if self.columns.ids {
            let id = if self.is_here() { self.model.cursor } else { self.row.first };
            canvas.text(1, self.y, self.columns.margin, &id.to_string(), style);
        }
    }

    /// How the row stands to the cursor, and what happened.
    fn words(&self, canvas: &mut Canvas<'_>) {
        let (trace, columns) = (self.model.trace(), self.columns);
        let mut text = words::words(trace, self.row);
        if self.is_here() && self.row.count() > 1 {
            let which = self.which(self.model.cursor);
            // On a narrow screen the panel below says it.
            if text.len() + which.len() <= usize::from(columns.words_width) {
                text.push_str(&which);
            }
        }
        if let Some(mark) = self.row.events().find_map(|id| self.model.violations_at(id).next()) {
            text = format!("BROKEN {}: {text}", mark.headline);
        }
        self.text(canvas, &text, self.weight());
    }

    fn text(&self, canvas: &mut Canvas<'_>, text: &str, weight: Weight) {
        let columns = self.columns;
        canvas.put(columns.words - 3, self.y, self.sign_of_relation(), canvas.bold());
        canvas.put(columns.words - 2, self.y, sign(weight), canvas.bold());
        let style = match weight {
            Weight::Alarm => canvas.bad(),
            Weight::Turn => canvas.bold(),
            Weight::Plain if self.place > self.scene.at => canvas.faint(),
            Weight::Plain => canvas.plain(),
        };
        let style = self.shade(canvas).unwrap_or(style);
        let end = canvas.text(columns.words, self.y, columns.words_width, text, style);
        let (right, count) = (columns.words + columns.words_width, self.count());
        if end + (count.len() as u16) < right {
            canvas.text_right(right, self.y, &count, canvas.faint());
        }
        if self.is_here() {
            canvas.restyle(Rect::new(columns.words - 3, self.y, columns.words_width + 3, 1), canvas.reversed());
        }
    }

    /// How many events a slice is, or how many are folded before a row.
    fn count(&self) -> String {
        match self.backdrop.folded {
            _ if self.model.zoom.grain.is_slices() => format!("×{}", self.row.count()),
            0 => String::new(),
            folded => format!("+{folded}"),
        }
    }

    fn relation(&self) -> Relation {
        self.scene.cones.relation(self.model.trace(), self.row)
    }

    fn sign_of_relation(&self) -> char {
        match self.relation() {
            Relation::Here => '@',
            Relation::Past => '<',
            Relation::Future => '>',
            Relation::Concurrent if self.model.cone => '∥',
            Relation::Concurrent => ' ',
        }
    }

    /// While the cone is on, how the row stands to the cursor decides how loud it is.
    fn shade(&self, canvas: &Canvas<'_>) -> Option<Style> {
        let shade = match self.relation() {
            Relation::Here => return None,
            Relation::Past => canvas.past(),
            Relation::Future => canvas.future(),
            Relation::Concurrent => canvas.concurrent(),
        };
        Some(shade).filter(|_| self.model.cone)
    }

    /// Which of a row's events the cursor is on.
    fn which(&self, cursor: EventId) -> String {
        let trace = self.model.trace();
        match trace.peer(cursor).filter(|_| trace.record(cursor).kind() == EventKind::Send) {
            Some(peer) => format!(": to {}", trace.cluster().name(peer)),
            None => format!(": {} of {}", cursor.0 - self.row.first.0 + 1, self.row.count()),
        }
    }
}

fn sign(weight: Weight) -> char {
    match weight {
        Weight::Plain => ' ',
        Weight::Turn => '*',
        Weight::Alarm => '!',
    }
}
