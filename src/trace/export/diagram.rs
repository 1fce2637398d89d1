//! The geometry of a space-time diagram: where each thing stands, before anything is painted.
//!
//! Time runs downwards, to scale. A stretch in which nothing happens for long is shortened to a marked break, since runs
//! are mostly silence. A label stands beside its dot, or below the label before it where that one is in the way; the
//! scale is chosen so that labels stay near.

use super::{Exported, Trouble};
use crate::node::{EventId, Fact, SimTime};
use crate::trace::record::EventKind;

/// Between two lanes at most, and so the room for labels. All lengths are in pixels.
const LANE_GAP: f64 = 240.0;
/// Between two lanes at least: room for the kind of a message.
const LANE_LEAST: f64 = 130.0;
/// Room for title and legend.
const NARROWEST: f64 = 846.0;
/// Left of the first lane: the time axis.
pub const AXIS: f64 = 96.0;
/// Above the first instant: title and names.
pub const TOP: f64 = 92.0;
/// A line of text, and a letter of it; the font is monospaced.
pub const LINE_HEIGHT: f64 = 13.0;
const LETTER: f64 = 6.8;
/// From a lane to its labels.
const LABEL_INSET: f64 = 12.0;
/// What a typical message's way takes at least.
const FLIGHT: f64 = 40.0;
/// A label further from its dot asks for a larger scale.
const FAR: f64 = 60.0;
/// A picture that is higher is hard to open.
const HIGHEST: f64 = 40_000.0;

/// A rectangle that must stay free of others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    /// Whether two have more than an edge in common.
    pub fn overlaps(&self, other: &Area) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    fn of_text(left: f64, top: f64, letters: usize, lines: usize) -> Area {
        Area { left, top, right: left + letters as f64 * LETTER, bottom: top + lines as f64 * LINE_HEIGHT }
    }
}

/// The events of a node at one instant.
#[derive(Clone, Debug)]
pub struct Dot {
    pub x: f64,
    pub y: f64,
    pub events: Vec<EventId>,
    /// Nothing but timers and what they brought about.
    pub is_timer: bool,
    pub is_fault: bool,
}

/// Text beside a place.
#[derive(Clone, Debug)]
pub struct Label {
    pub area: Area,
    pub lines: Vec<String>,
    /// How many lines, from the first, are what a logical clock shows.
    pub stamps: usize,
    /// The place that it is about.
    pub at: (f64, f64),
}

/// How a message's way ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Arrived,
    Lost,
    UnderWay,
}

/// A message's way.
#[derive(Clone, Debug)]
pub struct Way {
    pub from: (f64, f64),
    pub to: (f64, f64),
    pub end: End,
    pub send: EventId,
    /// Its arrival or loss.
    pub ended: Option<EventId>,
}

/// Time as a place on the page.
#[derive(Clone, Debug)]
pub struct Scale {
    /// Instants in nanoseconds and their places; between two of them the scale is even.
    points: Vec<(u64, f64)>,
    /// Where silence is shortened: the place of its middle, and how long it is.
    pub breaks: Vec<(f64, u64)>,
}

/// The whole picture.
#[derive(Clone, Debug)]
pub struct Diagram {
    pub width: f64,
    /// Where the lanes end.
    pub bottom: f64,
    pub lanes: Vec<(f64, String)>,
    pub scale: Scale,
    /// Instants on the axis.
    pub ticks: Vec<(f64, SimTime)>,
    pub dots: Vec<Dot>,
    pub ways: Vec<Way>,
    pub labels: Vec<Label>,
    /// The kinds of messages, where there is room for them.
    pub kinds: Vec<Label>,
    pub troubles: Vec<(Trouble, f64)>,
    /// Faults of the network: lines across all lanes.
    pub across: Vec<f64>,
}

impl Scale {
    /// The scale of these instants, in order, where a typical message's way is so many nanoseconds and pixels.
    fn new(times: &[u64], flight: u64, pixels: f64) -> Self {
        let (quiet, short) = (4 * flight, 2 * flight);
        let mut scale = Scale { points: Vec::new(), breaks: Vec::new() };
        let (mut y, mut last) = (TOP, None);
        for &time in times {
            let gap = last.map_or(0, |last| time - last);
            let drawn = if gap > quiet { short } else { gap };
            let height = drawn as f64 / flight as f64 * pixels;
            if gap > quiet {
                scale.breaks.push((y + height / 2.0, gap));
            }
            y += height;
            scale.points.push((time, y));
            last = Some(time);
        }
        scale
    }

    /// The place of an instant; those before the first are at the top.
    pub fn y(&self, time: SimTime) -> f64 {
        let after = self.points.partition_point(|(point, _)| *point <= time.0);
        let Some(&(begin, top)) = after.checked_sub(1).and_then(|place| self.points.get(place)) else { return TOP };
        let Some(&(end, bottom)) = self.points.get(after) else { return top };
        top + (bottom - top) * ((time.0 - begin) as f64 / (end - begin) as f64)
    }

    fn bottom(&self) -> f64 {
        self.points.last().map_or(TOP, |(_, y)| *y)
    }
}

impl Diagram {
    /// Places everything.
    pub fn new(run: &Exported<'_>) -> Self {
        let mut times: Vec<u64> = run.shown().map(|id| run.trace.record(id).time().0).collect();
        times.push(run.end.0.max(times.last().copied().unwrap_or(0)));
        times.dedup();
        let flight = typical_flight(run, &times);
        let moments = moments(run);
        let columns = Columns::new(run, &moments);
        let mut stretch = 1.0;
        let (scale, labels) = loop {
            let scale = Scale::new(&times, flight, FLIGHT * stretch);
            let labels = labels(run, &moments, &columns, &scale);
            let furthest = labels.iter().map(|label| label.area.top - label.at.1).fold(0.0, f64::max);
            stretch *= 1.4;
            if furthest <= FAR || stretch > 8.0 || scale.bottom() * 1.4 > HIGHEST {
                break (scale, labels);
            }
        };
        let dot = |moment: &Moment| moment.node.map(|node| moment.dot(run, columns.0[node], &scale));
        let dots: Vec<Dot> = moments.iter().filter_map(dot).collect();
        let ways = ways(run, &columns, &scale);
        let lanes: Vec<(f64, String)> =
            run.names().enumerate().map(|(place, name)| (columns.0[place], name.to_owned())).collect();
        let lowest = labels.iter().map(|label| label.area.bottom).fold(scale.bottom(), f64::max);
        let network = moments.iter().filter(|moment| moment.node.is_none());
        Diagram {
            width: columns.0[lanes.len() + 1].max(NARROWEST),
            bottom: lowest + 12.0,
            ticks: ticks(&times, &scale),
            kinds: kinds(run, &ways, &dots, &labels, &lanes),
            troubles: run.troubles().into_iter().map(|trouble| (trouble, columns.0[trouble.node.index()])).collect(),
            across: network.map(|moment| scale.y(moment.time)).collect(),
            dots,
            ways,
            labels,
            lanes,
            scale,
        }
    }
}

/// Where each node's lane stands, as far from the next as its labels need; then the network's, which has labels only;
/// then the right edge.
struct Columns(Vec<f64>);

impl Columns {
    fn new(run: &Exported<'_>, moments: &[Moment]) -> Self {
        let nodes = run.trace.cluster().len();
        let mut gaps = vec![LANE_LEAST; nodes + 1];
        gaps[nodes] = LABEL_INSET;
        for moment in moments {
            let told = moment.told(run);
            let letters = told.lines.iter().map(String::len).max().unwrap_or(0);
            let gap = &mut gaps[moment.node.unwrap_or(nodes)];
            *gap = gap.max(letters as f64 * LETTER + 2.0 * LABEL_INSET);
        }
        let mut places = vec![AXIS];
        for gap in gaps {
            places.push(places[places.len() - 1] + gap);
        }
        Columns(places)
    }
}

/// The middle one of all messages' ways, in nanoseconds; where none arrives, of the times between events.
fn typical_flight(run: &Exported<'_>, times: &[u64]) -> u64 {
    let arrival = |id: EventId| run.trace.record(id).kind() == EventKind::Deliver;
    let way = |id| {
        let record = run.trace.record(id);
        record.cause().map(|send| record.time().since(run.trace.record(send).time()).0)
    };
    let mut ways: Vec<u64> = run.shown().filter(|id| arrival(*id)).filter_map(way).filter(|way| *way > 0).collect();
    if ways.is_empty() {
        ways = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    }
    ways.sort_unstable();
    ways.get(ways.len() / 2).copied().unwrap_or(1).max(1)
}

/// Events of one node, or of the network, at one instant.
struct Moment {
    node: Option<usize>,
    time: SimTime,
    events: Vec<EventId>,
}

/// What is told beside a moment.
struct Told {
    lines: Vec<String>,
    stamps: usize,
}

impl Moment {
    /// What logical clocks show comes first, as one would draw it by hand.
    fn told(&self, run: &Exported<'_>) -> Told {
        let most = ((LANE_GAP - 2.0 * LABEL_INSET) / LETTER) as usize;
        let stamp = |id: &EventId| match run.trace.fact(*id) {
            Some(Fact::Stamped { stamp, .. }) => Some(stamp.to_string()),
            _ => None,
        };
        let mut lines = wrapped(&self.events.iter().filter_map(stamp).collect::<Vec<_>>().join(", "), most);
        let stamps = lines.len();
        let asked = |id: &EventId| run.trace.record(*id).kind() == EventKind::Operation;
        let asked = self.events.iter().any(asked);
        for id in self.events.iter().filter(|id| is_told(run, **id) && stamp(id).is_none()) {
            let words = run.words(*id);
            // That what takes no time was done says nothing.
            let is_plain_end = matches!(run.trace.fact(*id), Some(Fact::Returned { .. })) && words.ends_with(" ok");
            if !(asked && is_plain_end) {
                lines.extend(wrapped(&words, most));
            }
        }
        Told { lines, stamps }
    }

    fn dot(&self, run: &Exported<'_>, x: f64, scale: &Scale) -> Dot {
        let kind = |id: &EventId| run.trace.record(*id).kind();
        Dot {
            x,
            y: scale.y(self.time),
            is_timer: self.events.first().map(kind) == Some(EventKind::TimerFired),
            is_fault: self.events.iter().any(|id| kind(id) == EventKind::Fault),
            events: self.events.clone(),
        }
    }
}

/// What happened where and when. Losses are drawn with their messages.
fn moments(run: &Exported<'_>) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    let mut open: Vec<Option<usize>> = vec![None; run.trace.cluster().len() + 1];
    for id in run.shown().filter(|id| run.trace.record(*id).kind() != EventKind::Lost) {
        let (node, time) = (run.trace.node(id).map(|node| node.index()), run.trace.record(id).time());
        let last = &mut open[node.map_or(0, |node| node + 1)];
        match last.map(|place| &mut moments[place]) {
            Some(moment) if moment.time == time => moment.events.push(id),
            _ => {
                *last = Some(moments.len());
                moments.push(Moment { node, time, events: vec![id] });
            }
        }
    }
    moments
}

/// Whether an event is told beside its lane; the rest is in dots and lines.
fn is_told(run: &Exported<'_>, id: EventId) -> bool {
    match run.trace.record(id).kind() {
        EventKind::Operation | EventKind::Fact | EventKind::Fault => true,
        EventKind::Boot => run.trace.incarnation(id).is_some_and(|times| times > 0),
        _ => false,
    }
}

/// The labels of all moments: each as near to its dot as those before it in the column allow.
fn labels(run: &Exported<'_>, moments: &[Moment], columns: &Columns, scale: &Scale) -> Vec<Label> {
    let network = run.trace.cluster().len();
    let mut free = vec![0.0f64; network + 1];
    let mut labels = Vec::new();
    for moment in moments {
        let Told { lines, stamps } = moment.told(run);
        if lines.is_empty() {
            continue;
        }
        let column = moment.node.unwrap_or(network);
        let (x, y) = (columns.0[column], scale.y(moment.time));
        let top = free[column].max(y - LINE_HEIGHT / 2.0);
        let letters = lines.iter().map(String::len).max().unwrap_or(0);
        let area = Area::of_text(x + LABEL_INSET, top, letters, lines.len());
        free[column] = area.bottom + 1.0;
        labels.push(Label { area, lines, stamps, at: (x, y) });
    }
    labels
}

/// A text in lines of at most so many letters; later lines are set in.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        // What is printed is ASCII, so that every byte is a letter.
        let mut word = word;
        loop {
            match lines.last_mut() {
                Some(line) if line.len() + 1 + word.len() <= most => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => {
                    let indent = if lines.is_empty() { "" } else { "  " };
                    let (now, rest) = word.split_at(word.len().min(most - indent.len()));
                    lines.push(format!("{indent}{now}"));
                    word = rest;
                    if !word.is_empty() {
                        continue;
                    }
                }
            }
            break;
        }
    }
    lines
}

/// Every message's way. One that is doubled has two.
fn ways(run: &Exported<'_>, columns: &Columns, scale: &Scale) -> Vec<Way> {
    let trace = run.trace;
    let mut ways = Vec::new();
    for id in run.shown() {
        let record = trace.record(id);
        let (send, ended) = match record.kind() {
            EventKind::Deliver | EventKind::Lost => (record.cause(), Some(id)),
            EventKind::Send if trace.end_of(id).is_none() => (Some(id), None),
            _ => continue,
        };
        let Some((send, from, to)) = send.and_then(|send| Some((send, trace.node(send)?, trace.peer(send)?))) else {
            continue;
        };
        let start = (columns.0[from.index()], scale.y(trace.record(send).time()));
        let across = columns.0[to.index()] - start.0;
        let stop = scale.y(record.time());
        let (to, end) = match record.kind() {
            EventKind::Deliver => ((start.0 + across, stop), End::Arrived),
            EventKind::Lost if stop - start.1 > FLIGHT / 4.0 => ((start.0 + across * 0.9, stop), End::Lost),
            EventKind::Lost => ((start.0 + across * 0.35, start.1 + FLIGHT * 0.35), End::Lost),
            _ => ((start.0 + across * 0.35, start.1 + FLIGHT * 0.35), End::UnderWay),
        };
        ways.push(Way { from: start, to, end, send, ended });
    }
    ways
}

/// The kinds of messages, each on its line where nothing else stands.
fn kinds(run: &Exported<'_>, ways: &[Way], dots: &[Dot], labels: &[Label], lanes: &[(f64, String)]) -> Vec<Label> {
    let mut taken = Taken::default();
    labels.iter().for_each(|label| taken.add(label.area));
    for dot in dots {
        taken.add(Area { left: dot.x - 5.0, top: dot.y - 5.0, right: dot.x + 5.0, bottom: dot.y + 5.0 });
    }
    let mut kinds = Vec::new();
    for way in ways {
        let name = run.trace.name(way.send);
        let (across, down) = (way.to.0 - way.from.0, way.to.1 - way.from.1);
        let fits = |share: f64| {
            let (x, y) = (way.from.0 + across * share, way.from.1 + down * share);
            let width = name.len() as f64 * LETTER;
            let area = Area::of_text(x - width / 2.0, y - LINE_HEIGHT / 2.0, name.len(), 1);
            let on_a_lane = lanes.iter().any(|(lane, _)| area.left < lane + 3.0 && lane - 3.0 < area.right);
            (!on_a_lane && !taken.overlap(&area)).then_some((area, (x, y)))
        };
        if let Some((area, at)) = [0.5, 0.62, 0.38, 0.74, 0.26, 0.86, 0.14].into_iter().find_map(fits) {
            taken.add(area);
            kinds.push(Label { area, lines: vec![name.to_owned()], stamps: 0, at });
        }
    }
    kinds
}

/// The rectangles that are taken, by the stripes of the page that they touch.
#[derive(Default)]
struct Taken(std::collections::BTreeMap<i64, Vec<Area>>);

impl Taken {
    fn stripes(area: &Area) -> std::ops::RangeInclusive<i64> {
        const STRIPE: f64 = 64.0;
        (area.top / STRIPE) as i64..=(area.bottom / STRIPE) as i64
    }

    fn add(&mut self, area: Area) {
        Self::stripes(&area).for_each(|stripe| self.0.entry(stripe).or_default().push(area));
    }

    fn overlap(&self, area: &Area) -> bool {
        let mut near = Self::stripes(area).flat_map(|stripe| self.0.get(&stripe).into_iter().flatten());
        near.any(|other| other.overlaps(area))
    }
}

/// Instants of events, as many as there is room for on the axis.
fn ticks(times: &[u64], scale: &Scale) -> Vec<(f64, SimTime)> {
    const APART: f64 = 30.0;
    let mut ticks: Vec<(f64, SimTime)> = Vec::new();
    for time in times.iter().copied().map(SimTime) {
        let y = scale.y(time);
        let is_free = scale.breaks.iter().all(|(place, _)| (y - place).abs() > LINE_HEIGHT);
        if is_free && ticks.last().is_none_or(|(last, _)| y - last >= APART) {
            ticks.push((y, time));
        }
    }
    ticks
}
