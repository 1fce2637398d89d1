//! The help: the table of keys, and what the glyphs mean.

use super::paint::Canvas;
use crate::tui::keys;

/// What the glyphs mean.
pub const LEGEND: &[(&str, &str)] = &[
    ("● ○", "something happens to a node; what it does about it"),
    ("─╮ │ ╰▶", "a message leaves, is under way beside its receiver, arrives"),
    ("✗", "a message is lost"),
    ("⇉ 2", "several messages in one rail, and how many"),
    ("▼", "of several messages the one at the cursor"),
    ("◆ ★ ═", "stands for election; is elected; leads"),
    ("✖ · ↻", "crashes; is down; starts again"),
    ("░", "is paused; between lanes or on the time line: links are cut"),
    ("┊", "a node on the smaller side of a partition"),
    ("< @ >", "what may have influenced this event; it; what it may influence"),
    ("∥", "with the cone on: concurrent, neither of the two"),
    ("* !", "a turn of the story; something breaks"),
    ("⇐ ⇒", "the events that caused this one, and those that it caused"),
    ("?", "a question waits; what comes after it is hidden"),
];

/// How wide the keys are together.
const KEYS: u16 = 11;

type Line = [(String, String); 2];

/// Draws the help, scrolled.
pub fn draw(canvas: &mut Canvas<'_>, scroll: usize) {
    let (columns, height) = canvas.size();
    let area = canvas.panel((columns.min(96), height - 1), "HELP   Esc closes, ↓ scrolls");
    let lines = lines();
    let first = scroll.min(lines.len().saturating_sub(usize::from(area.height)));
    for (y, line) in (area.y..area.bottom()).zip(lines.iter().skip(first)) {
        let columns = if line[1].0.is_empty() { 1 } else { 2 };
        let room = area.width / columns;
        for (x, (keys, text)) in (area.x..).step_by(usize::from(room)).zip(line) {
            let after = canvas.text(x, y, room, keys, canvas.bold()).max(x + KEYS - 1);
            canvas.text(after + 1, y, (x + room).saturating_sub(after + 1), text, canvas.plain());
        }
    }
}

/// The keys of the run in two columns, the legend, and the other keys.
fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for (place, (heading, bindings)) in keys::help().into_iter().enumerate() {
        if place == 1 {
            lines.push(one("WHAT THE SIGNS MEAN", ""));
            lines.extend(LEGEND.iter().map(|(glyphs, meaning)| one(glyphs, meaning)));
            lines.push(one("", ""));
        }
        lines.push(one(heading, ""));
        if place == 0 {
            let half = bindings.len().div_ceil(2);
            let cell = |place: usize| bindings.get(place).map_or_else(Default::default, |(k, h)| pair(k, h));
            lines.extend((0..half).map(|line| [cell(line), cell(line + half)]));
        } else {
            lines.extend(bindings.iter().map(|(keys, help)| one(keys, help)));
        }
        lines.push(one("", ""));
    }
    lines
}

fn pair(keys: &str, help: &str) -> (String, String) {
    (keys.to_owned(), help.to_owned())
}

fn one(keys: &str, help: &str) -> Line {
    [pair(keys, help), Default::default()]
}

/// The help's text, for tests: keys, two blanks, what they do.
#[cfg(test)]
pub fn text() -> String {
    lines().iter().flatten().map(|(keys, help)| format!("{keys}  {help}\n")).collect()
}
