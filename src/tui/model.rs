//! All that there is to know about what a person sees.

use super::asking::{self, Asking};
use super::branch::{Branches, Future};
use super::ledger::Ledger;
use super::outbox::Out;
use super::overview::Overview;
use super::panels::{Mode, Quiz};
use super::panes::Said;
use super::panes::{Comparison, Pane};
use super::query::Query;
use super::rows::Rows;
use super::scene::{self, Kept, Scene};
use super::zoom::{Grain, Zoom};
use super::{Mark, Show};
use crate::node::{EventId, NodeId};
use crate::trace::{EventKind, Trace};
use std::collections::BTreeSet;

/// How much room the panel below takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inspector {
    Small,
    Large,
    Away,
}

/// Events a second while playing.
pub const SPEEDS: [u32; 8] = [1, 2, 5, 10, 20, 50, 100, 200];

/// The debugger's whole state.
pub struct Model<'a> {
    pub show: Show<'a>,
    /// Columns and lines of the screen.
    pub size: (u16, u16),
    /// The event that is looked at.
    pub cursor: EventId,
    /// The node that is selected whatever the event is.
    pub pinned: Option<NodeId>,
    pub mode: Mode,
    pub playing: bool,
    /// The place among [`SPEEDS`].
    pub speed: usize,
    pub inspector: Inspector,
    /// What the panel below shows.
    pub pane: Pane,
    pub branches: Branches,
    /// This run beside the one that it departed from, once both were compared.
    pub comparison: Option<Comparison>,
    /// The event that was asked about last, and what was told: its causal story, or what was missing there.
    pub why: Option<(EventId, Vec<Said>)>,
    /// What is wrong with the file that is watched.
    pub mistake: Option<String>,
    /// Lines of the inspector above its top.
    pub scroll: usize,
    /// How much of the run a row is.
    pub zoom: Zoom,
    /// Whether the lanes of nodes on one side of a partition stand together.
    pub by_sides: bool,
    /// The number that is being typed: how often the next movement is made, or which node is meant.
    pub count: Option<u32>,
    /// Whether past, future and what is concurrent are told apart everywhere.
    pub cone: bool,
    /// Whether what the nodes' clocks show stands beside the strip of the run.
    pub clocks: bool,
    /// What the last action has to say.
    pub notice: Option<String>,
    /// What was searched for last.
    pub sought: String,
    /// The same, as it was read.
    pub query: Query,
    pub bookmarks: BTreeSet<EventId>,
    /// What the terminal is to do.
    pub outbox: Vec<Out>,
    pub quiz: Quiz,
    pub asking: Asking<'a>,
    pub violations: Vec<Mark>,
    pub overview: Overview,
    pub ledger: Ledger,
    pub kept: Kept,
    /// `None` where the screen is too small.
    pub scene: Option<Scene>,
    pub done: bool,
}

impl<'a> Model<'a> {
    /// A model of a run that has events, on a screen of 80 by 24.
    pub fn new(mut show: Show<'a>) -> Self {
        let last = EventId(show.session.trace().len() as u32 - 1);
        let mut violations = std::mem::take(&mut show.violations);
        violations.retain(|mark| mark.event <= last);
        violations.sort_by_key(|mark| mark.event);
        let mut model = Model {
            size: (80, 24),
            cursor: show.start.unwrap_or(EventId(0)).min(last),
            pinned: None,
            mode: Mode::Run,
            playing: false,
            speed: 2,
            inspector: Inspector::Small,
            pane: Pane::Event,
            branches: Branches::default(),
            comparison: None,
            why: None,
            ledger: Ledger::new(show.session.trace()),
            mistake: None,
            scroll: 0,
            zoom: Zoom::new(show.session.trace(), &violations),
            by_sides: true,
            count: None,
            cone: false,
            clocks: false,
            notice: None,
            sought: String::new(),
            query: Query::default(),
            bookmarks: BTreeSet::new(),
            outbox: Vec::new(),
            quiz: Quiz::new(std::mem::take(&mut show.questions), show.start.unwrap_or(EventId(0))),
            asking: std::mem::take(&mut show.asking),
            overview: Overview::new(show.session.as_ref(), &violations),
            violations,
            kept: Kept::default(),
            scene: None,
            done: false,
            show,
        };
        model.clocks = model.overview.clocks_differ();
        asking::begin(&mut model);
        model.refresh();
        model
    }

    /// Shows another run, at the event that was looked at or at its end where it is shorter.
    pub fn show_run(&mut self, future: Future) {
        let Future { session, questions, mut violations, source } = future;
        let last = EventId((session.trace().len() as u32).max(1) - 1);
        violations.retain(|mark| mark.event <= last);
        violations.sort_by_key(|mark| mark.event);
        (self.show.session, self.show.source) = (session, source);
        self.cursor = self.cursor.min(last);
        // What was seen is known: only later questions are put.
        self.quiz = Quiz::new(questions, self.cursor);
        self.asking.forget();
        self.overview = Overview::new(self.show.session.as_ref(), &violations);
        self.ledger = Ledger::new(self.show.session.trace());
        (self.why, self.comparison) = (None, None);
        // A grain that would leave nothing of this run is given up.
        let grain = self.zoom.grain;
        self.zoom = Zoom::new(self.trace(), &violations);
        self.zoom.keep(grain);
        (self.violations, self.kept, self.scroll) = (violations, Kept::default(), 0);
        self.stand_on_a_row(self.cursor);
        asking::begin(self);
    }

    /// Sets the cursor on an event that has a row: this one, or the nearest before or after.
    pub fn stand_on_a_row(&mut self, id: EventId) {
        let rows = self.rows();
        let shown = if rows.shows(id) { Some(id) } else { rows.before(id).or_else(|| rows.after(id)) };
        match shown {
            Some(shown) => self.cursor = shown,
            None => (self.cursor, self.zoom.grain) = (id, Grain::Every),
        }
    }

    /// Whether true time is known: of a log of another system only the order is.
    pub fn knows_time(&self) -> bool {
        self.show.session.knows_time()
    }

    /// Gathers what is drawn. To be called whenever something has changed.
    pub fn refresh(&mut self) {
        self.scene = scene::gather(self);
    }

    pub fn trace(&self) -> &Trace {
        self.show.session.trace()
    }

    /// The number of events.
    pub fn events(&self) -> u32 {
        self.trace().len() as u32
    }

    /// The first event that is not to be seen: what comes after a question that waits for an answer is hidden.
    pub fn limit(&self) -> u32 {
        self.quiz.waiting().map_or(u32::MAX, |(_, before)| before.0).min(self.events())
    }

    /// The rows that may be seen.
    pub fn rows(&self) -> Rows<'_> {
        Rows { trace: self.trace(), limit: self.limit(), zoom: &self.zoom }
    }

    /// The node that the cursor's event is about: for a loss the receiver.
    pub fn node_here(&self) -> NodeId {
        let (trace, id) = (self.trace(), self.cursor);
        let fault = || trace.fault(id).and_then(|record| record.fault.node());
        let receiver = || match trace.record(id).kind() {
            EventKind::Lost => trace.record(id).cause().and_then(|send| trace.peer(send)),
            _ => None,
        };
        trace.node(id).or_else(fault).or_else(receiver).unwrap_or_else(|| trace.cluster().id(0))
    }

    /// The selected node.
    pub fn focus(&self) -> NodeId {
        self.pinned.unwrap_or_else(|| self.node_here())
    }

    /// The promises that were broken at an event.
    pub fn violations_at(&self, id: EventId) -> impl Iterator<Item = &Mark> {
        let first = self.violations.partition_point(|mark| mark.event < id);
        self.violations[first..].iter().take_while(move |mark| mark.event == id)
    }

    /// How many broken promises may be seen.
    pub fn violations_seen(&self) -> usize {
        let limit = self.limit();
        self.violations.partition_point(|mark| mark.event.0 < limit)
    }
}
