//! A space-time diagram as one SVG file.

use super::diagram::{AXIS, Diagram, Dot, End, LINE_HEIGHT, Label, TOP, Way};
use super::{Exported, escaped};
use crate::node::{EventId, SimTime};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Writes the diagram. Hovering a dot or a line tells what it is, where the reader shows titles.
pub fn svg(run: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(picture(run, &Diagram::new(run), true).as_bytes())?;
    out.flush()
}

/// What differs also differs in form: lost messages are dashed and end in a cross, faults are squares, timers are rings,
/// a node that is down has a dashed lane. So nothing is lost in grey. Words have a white rim, so that lines may pass
/// beneath them.
const STYLE: &str = "\
text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#111}.title{font-size:17px;font-weight:bold}
.name{font-size:14px;font-weight:bold;text-anchor:middle}.stamp{font-size:12px;font-weight:bold}
.axis,.kind text{fill:#444}.lane{stroke:#333;stroke-width:1.5}.down{stroke:#fff;stroke-width:7}
.downline{stroke:#999;stroke-width:1.5;stroke-dasharray:2 6}.paused{fill:#fff;stroke:#333;stroke-dasharray:6 3}
.way{stroke:#1b4f8a;stroke-width:1.2;fill:none}.lost{stroke:#a11;stroke-dasharray:5 3}.under-way{stroke-dasharray:1 4}
.cross{stroke:#a11;stroke-width:2;fill:none}.dot{fill:#111;stroke:#111;stroke-width:1.5}.timer{fill:#fff}.fault{fill:#a11;stroke:#a11}
.told,.stamp{paint-order:stroke;stroke:#fff;stroke-width:3.5px;stroke-linejoin:round}.lead{stroke:#999;stroke-width:.7;fill:none}.across{stroke:#a11;stroke-dasharray:10 4}
.break{stroke:#777;stroke-dasharray:1 3}";

/// The diagram as an `svg` element, with titles to be hovered or without.
pub(super) fn picture(run: &Exported<'_>, diagram: &Diagram, titles: bool) -> String {
    let mut page = String::new();
    let height = diagram.bottom + 42.0 + 18.0 * run.caption.len() as f64;
    let width = diagram.width;
    let _ = writeln!(
        page,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\">"
    );
    let _ = writeln!(page, "<style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
    let _ = writeln!(page, "{}", text("title", 12.0, 26.0, &run.title));
    let _ = writeln!(
        page,
        "{}",
        text("axis", 12.0, 44.0, &format!("{}; true time runs down, in seconds: no node sees it", run.name))
    );
    axis(&mut page, diagram);
    lanes(&mut page, diagram);
    for way in &diagram.ways {
        message(&mut page, run, diagram, way, titles);
    }
    for label in &diagram.kinds {
        let _ = writeln!(page, "<g class=\"kind\">{}</g>", lines(label));
    }
    for label in &diagram.labels {
        let (x, y) = label.at;
        let middle = label.area.top + LINE_HEIGHT / 2.0;
        if (middle - y).abs() > 1.0 {
            let (corner, left) = (x + 7.0, label.area.left);
            let _ = writeln!(page, "<path class=\"lead\" d=\"M{x:.1} {y:.1}L{corner:.1} {middle:.1}H{left:.1}\"/>");
        }
        let _ = writeln!(page, "<g>{}</g>", lines(label));
    }
    for (place, dot) in diagram.dots.iter().enumerate() {
        self::dot(&mut page, run, place, dot, titles);
    }
    let legend = "dot: events at one instant   ring: a timer ended   square: fault   dashed with cross: lost   dotted: under way";
    let _ = writeln!(page, "{}", text("axis", 12.0, diagram.bottom + 24.0, legend));
    for (number, line) in run.caption.iter().enumerate() {
        let y = diagram.bottom + 42.0 + 18.0 * number as f64;
        let _ = writeln!(page, "{}", text("axis", 12.0, y, line));
    }
    page.push_str("</svg>\n");
    page
}

fn text(class: &str, x: f64, y: f64, words: &str) -> String {
    format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" xml:space=\"preserve\">{}</text>", escaped(words))
}

fn axis(page: &mut String, diagram: &Diagram) {
    for (y, time) in &diagram.ticks {
        let _ = writeln!(page, "{}", text("axis", 12.0, y + 4.0, &seconds(*time)));
    }
    let end = diagram.width;
    for (y, gap) in &diagram.scale.breaks {
        let _ = writeln!(page, "<path class=\"break\" d=\"M{AXIS} {y:.1}H{end:.1}\"/>");
        let _ = writeln!(page, "{}", text("axis", 12.0, y + 4.0, &short_span(*gap)));
    }
}

/// `148 ms pass`, short enough for the axis.
fn short_span(nanos: u64) -> String {
    let (number, unit) = match nanos {
        0..1_000 => (nanos, "ns"),
        1_000..1_000_000 => (nanos / 1_000, "us"),
        1_000_000..10_000_000_000 => (nanos / 1_000_000, "ms"),
        _ => (nanos / 1_000_000_000, "s"),
    };
    format!("{number} {unit}..")
}

fn lanes(page: &mut String, diagram: &Diagram) {
    let bottom = diagram.bottom;
    for (x, name) in &diagram.lanes {
        let _ = writeln!(page, "{}", text("name", *x, TOP - 20.0, name));
        let _ = writeln!(page, "<path class=\"lane\" d=\"M{x:.1} {:.1}V{bottom:.1}\"/>", TOP - 12.0);
    }
    for y in &diagram.across {
        let _ = writeln!(page, "<path class=\"across\" d=\"M{AXIS} {y:.1}H{:.1}\"/>", diagram.width);
    }
    for (trouble, x) in &diagram.troubles {
        let (from, to) = (diagram.scale.y(trouble.from), diagram.scale.y(trouble.to));
        if trouble.is_down {
            let path = format!("M{x:.1} {from:.1}V{to:.1}");
            let _ = writeln!(page, "<path class=\"down\" d=\"{path}\"/><path class=\"downline\" d=\"{path}\"/>");
        } else {
            let (left, height) = (x - 4.0, to - from);
            let place = format!("x=\"{left:.1}\" y=\"{from:.1}\" width=\"8\" height=\"{height:.1}\"");
            let _ = writeln!(page, "<rect class=\"paused\" {place}/>");
        }
    }
}

fn message(page: &mut String, run: &Exported<'_>, diagram: &Diagram, way: &Way, titles: bool) {
    let ((x1, y1), (x2, y2)) = (way.from, way.to);
    let class = match way.end {
        End::Arrived => "way",
        End::Lost => "way lost",
        End::UnderWay => "way under-way",
    };
    // A message to oneself goes round the side of the lane.
    let path = if x1 == x2 {
        format!("M{x1:.1} {y1:.1}C{0:.1} {y1:.1} {0:.1} {y2:.1} {x2:.1} {y2:.1}", x1 - 30.0)
    } else {
        format!("M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}")
    };
    let place = |id: Option<EventId>| {
        let found = id.and_then(|id| diagram.dots.iter().position(|dot| dot.events.contains(&id)));
        found.map_or(-1, |place| place as i64)
    };
    let (sent, ended) = if titles { (0, 0) } else { (place(Some(way.send)), place(way.ended)) };
    let links = if titles { String::new() } else { format!(" data-s=\"{sent}\" data-r=\"{ended}\"") };
    let _ = write!(page, "<g class=\"message\"{links}><path class=\"{class}\" d=\"{path}\"/>");
    match way.end {
        End::Arrived => page.push_str(&arrow(way)),
        End::Lost => {
            let _ = write!(page, "<path class=\"cross\" d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\"/>", x2 - 4.0, y2 - 4.0);
        }
        End::UnderWay => {}
    }
    if titles {
        let told = way
            .ended
            .map_or_else(|| run.words(way.send), |ended| format!("{}; {}", run.words(way.send), run.words(ended)));
        let _ = write!(page, "<title>{}: {}</title>", way.send, escaped(&told));
    }
    page.push_str("</g>\n");
}

/// The head of an arrow, turned as its line is.
fn arrow(way: &Way) -> String {
    let ((x1, y1), (x2, y2)) = (way.from, way.to);
    let angle = if x1 == x2 { 0.0 } else { (y2 - y1).atan2(x2 - x1).to_degrees() };
    format!(
        "<path d=\"M-4 0l-8 -3.5v7z\" fill=\"#1b4f8a\" transform=\"translate({x2:.1} {y2:.1}) rotate({angle:.1})\"/>"
    )
}

fn lines(label: &Label) -> String {
    let (left, top) = (label.area.left, label.area.top);
    let mut drawn = String::new();
    for (number, line) in label.lines.iter().enumerate() {
        let y = top + LINE_HEIGHT * (number as f64 + 0.78);
        let class = if number < label.stamps { "stamp" } else { "told" };
        drawn.push_str(&text(class, left, y, line));
    }
    drawn
}

fn dot(page: &mut String, run: &Exported<'_>, place: usize, dot: &Dot, titles: bool) {
    let (x, y) = (dot.x, dot.y);
    let _ = write!(page, "<g class=\"events\" data-d=\"{place}\">");
    let _ = if dot.is_fault {
        write!(page, "<rect class=\"dot fault\" x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"8\"/>", x - 4.0, y - 4.0)
    } else {
        let class = if dot.is_timer { "dot timer" } else { "dot" };
        write!(page, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>")
    };
    if titles {
        let _ = write!(page, "<title>{}</title>", escaped(&details(run, dot).join("\n")));
    }
    page.push_str("</g>\n");
}

/// All that is known of the events of a dot, a line each.
pub(super) fn details(run: &Exported<'_>, dot: &Dot) -> Vec<String> {
    let trace = run.trace;
    let line = |id: &EventId| {
        let record = trace.record(*id);
        let cause = record.cause().map_or(String::new(), |cause| format!(", caused by {cause}"));
        format!("{id}  {}{cause}", run.words(*id))
    };
    let mut lines: Vec<String> = dot.events.iter().map(line).collect();
    if let Some(last) = dot.events.last() {
        let record = trace.record(*last);
        let local = record.local().0;
        let sign = if local < 0 { "-" } else { "" };
        let own = seconds(SimTime(local.unsigned_abs()));
        lines.push(format!("true time {} s, own clock {sign}{own} s", seconds(record.time())));
        let known = run.names().zip(trace.vector(*last)).map(|(name, count)| format!("{name}:{count}"));
        lines.push(format!("Lamport {}, vector {}", record.lamport(), known.collect::<Vec<_>>().join(" ")));
    }
    lines
}

/// Seconds with as many decimals as tell microseconds apart.
fn seconds(time: SimTime) -> String {
    format!("{}.{:06}", time.0 / 1_000_000_000, time.0 / 1_000 % 1_000_000)
}
