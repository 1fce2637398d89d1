//! Where everything stands on the screen.

use super::model::Inspector;
use super::panes::Pane;
use crate::node::{LocalTime, SimTime};
use ratatui::layout::Rect;

/// The smallest screen that the run fits on: columns and lines.
pub const LEAST: (u16, u16) = (60, 18);

/// The panels from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub header: Rect,
    pub overview: Rect,
    pub axis: Rect,
    pub names: Rect,
    pub space: Rect,
    pub inspector: Option<Rect>,
    pub footer: Rect,
}

/// Lines of the space-time view that are kept whatever else wants room.
const SPACE_AT_LEAST: u16 = 4;

impl Layout {
    /// `None` where the screen is too small. A run of few events leaves its lines to the inspector.
    pub fn new(
        (width, height): (u16, u16),
        nodes: usize,
        events: usize,
        (inspector, pane): (Inspector, Pane),
    ) -> Option<Self> {
        if width < LEAST.0 || height < LEAST.1 {
            return None;
        }
        let nodes = u16::try_from(nodes).unwrap_or(u16::MAX);
        let overview = nodes.min((height / 4).max(3));
        let free = height - overview - 4;
        let wanted = match inspector {
            Inspector::Away => 0,
            Inspector::Small if pane != Pane::Event => height / 2,
            Inspector::Small if height < 30 => 5,
            Inspector::Small => height / 3,
            Inspector::Large => height * 3 / 5,
        };
        let unused = free.saturating_sub(u16::try_from(events + 2).unwrap_or(free));
        let wanted = if wanted > 0 { wanted.max(unused) } else { 0 };
        let inspector = wanted.min(free - SPACE_AT_LEAST);
        let mut top = 0;
        let mut take = |lines: u16| {
            top += lines;
            Rect::new(0, top - lines, width, lines)
        };
        Some(Layout {
            header: take(1),
            overview: take(overview),
            axis: take(1),
            names: take(1),
            space: take(free - inspector),
            inspector: Some(take(inspector)).filter(|area| area.height > 0),
            footer: take(1),
        })
    }
}

/// The columns of the space-time view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Whether events' numbers stand before their times.
    pub ids: bool,
    /// How wide numbers and times are together.
    pub margin: u16,
    /// The columns on either side of a lifeline.
    pub half: u16,
    /// For each node the place of its lane among all lanes, from the left.
    pub places: Vec<usize>,
    /// The first place that is on the screen.
    pub first: usize,
    /// How many are.
    pub count: usize,
    /// Where the words begin, and how wide they are.
    pub words: u16,
    pub words_width: u16,
}

/// Words are narrow already: they take at least so many columns.
const WORDS_AT_LEAST: u16 = 26;

/// More than this on either side of a lifeline only pulls the picture apart.
const HALF_AT_MOST: u16 = 6;

impl Columns {
    /// `focus` is a node whose lane must be on the screen. Where no time is known, so no `end`, the events' numbers stand
    /// alone.
    pub fn new(width: u16, places: Vec<usize>, focus: usize, events: usize, end: Option<SimTime>) -> Self {
        let nodes = places.len();
        let ids = width >= 100 || end.is_none();
        let id_width = if ids { digits(events as u64) + 2 } else { 0 };
        let time_width = end.map_or(0, |end| digits(end.0 / 1_000_000_000) + 5 + 1);
        let margin = (1 + id_width + time_width).max(7);
        let words_at_least = WORDS_AT_LEAST.max(width * 33 / 100);
        let room = usize::from(width.saturating_sub(margin + 3 + words_at_least));
        let fits = |half: &u16| nodes * lane(*half) <= room;
        let (half, count) = match (1..=HALF_AT_MOST).rev().find(fits) {
            Some(half) => (half, nodes),
            None => (2, (room / lane(2)).clamp(1, nodes)),
        };
        let first = (places[focus] / count * count).min(nodes - count);
        let words = margin + (count * lane(half)) as u16 + 3;
        Columns { ids, margin, half, places, first, count, words, words_width: width.saturating_sub(words) }
    }

    /// The column of a node's lifeline, where its lane is on the screen.
    pub fn lifeline(&self, node: usize) -> Option<u16> {
        let place = self.places[node].checked_sub(self.first).filter(|&place| place < self.count)?;
        Some(self.margin + (place * lane(self.half)) as u16 + self.half)
    }

    /// How many rails fit on either side of a lifeline.
    pub fn slots(&self) -> usize {
        usize::from(self.half.max(2) - 1)
    }

    /// The column of a rail of a node: on the left for messages from the left.
    pub fn rail(&self, node: usize, from_left: bool, slot: usize) -> Option<u16> {
        let away = if self.half == 1 { 1 } else { slot as u16 + 2 };
        let line = self.lifeline(node)?;
        Some(if from_left { line - away } else { line + away })
    }

    /// Whether a node's lane is left of another's.
    pub fn is_left(&self, node: usize, of: usize) -> bool {
        self.places[node] < self.places[of]
    }

    /// The columns of all lanes together: the first, and the one after the last.
    pub fn lanes(&self) -> (u16, u16) {
        (self.margin, self.words - 3)
    }
}

fn lane(half: u16) -> usize {
    usize::from(half) * 2 + 1
}

/// How many digits a number has.
pub fn digits(number: u64) -> u16 {
    number.checked_ilog10().unwrap_or(0) as u16 + 1
}

/// An instant with four decimals: a tenth of a millisecond.
pub fn clock(time: SimTime) -> String {
    format!("{}.{:04}", time.0 / 1_000_000_000, time.0 / 100_000 % 10_000)
}

/// What a clock shows, in the same form.
pub fn reading(local: LocalTime) -> String {
    let sign = if local.0 < 0 { "-" } else { "" };
    format!("{sign}{}", clock(SimTime(local.0.unsigned_abs())))
}

/// How far a clock is from true time: with a sign, and a unit that keeps it short.
pub fn offset(nanos: i64) -> String {
    let sign = if nanos < 0 { '-' } else { '+' };
    match nanos.unsigned_abs() {
        0 => "exact".to_owned(),
        size @ 1..1_000 => format!("{sign}{size} ns"),
        size @ 1_000..1_000_000 => format!("{sign}{} us", size / 1_000),
        size @ 1_000_000..100_000_000 => format!("{sign}{}.{} ms", size / 1_000_000, size / 100_000 % 10),
        size @ 100_000_000..1_000_000_000 => format!("{sign}{} ms", size / 1_000_000),
        size @ 1_000_000_000..100_000_000_000 => {
            format!("{sign}{}.{:02} s", size / 1_000_000_000, size / 10_000_000 % 100)
        }
        size => format!("{sign}{} s", size / 1_000_000_000),
    }
}
