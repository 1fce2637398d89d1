//! Where things stand on a line of 80 columns.

use crate::node::SimTime;

/// A space at which no line is broken.
pub(super) const GLUE: char = '\u{1f}';

/// No line is longer.
pub const COLUMNS: usize = 80;
/// Event numbers and counts of events end here.
const RIGHT: usize = 72;

/// The lines of one moment: instant, mark, words and, at the right, a tag such as the event's number.
pub(super) fn line(time: Option<SimTime>, mark: char, text: &str, tag: &str) -> Vec<String> {
    let time = time.map_or_else(String::new, |time| time.to_string());
    let head = format!("{time:>7}  {mark}  ");
    tagged(&head, text, tag)
}

/// Words behind a head, wrapped; the tag ends at the right of the first line.
pub(super) fn tagged(head: &str, text: &str, tag: &str) -> Vec<String> {
    let (room, rest) = if tag.is_empty() { (COLUMNS, COLUMNS) } else { (RIGHT - tag.len() - 1, RIGHT) };
    let mut lines = Vec::new();
    for (place, part) in wrap(text, room.saturating_sub(head.len()), rest - head.len()).iter().enumerate() {
        let start = if place == 0 { head.to_owned() } else { " ".repeat(head.len()) };
        let mut line = format!("{start}{part}");
        if place == 0 && !tag.is_empty() {
            let gap = RIGHT.saturating_sub(line.len() + tag.len()).max(1);
            line += &format!("{}{tag}", " ".repeat(gap));
        }
        lines.push(line.replace(GLUE, " ").trim_end().to_owned());
    }
    lines
}

/// Text that is broken behind commas and semicolons alone: for lists of things that stand together.
pub(super) fn glued(text: &str) -> String {
    let mut last = ' ';
    let glue = |letter| {
        let kept = if letter == ' ' && !matches!(last, ',' | ';') { GLUE } else { letter };
        last = letter;
        kept
    };
    text.chars().map(glue).collect()
}

/// Breaks text at spaces so that the first line takes at most `first` columns and each other at most `rest`.
pub fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut room = first.max(8);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word = word;
        loop {
            let line = lines.last_mut().expect("there is always a line");
            let gap = usize::from(!line.is_empty());
            if line.len() + gap + word.len() <= room {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(word);
                break;
            }
            if line.is_empty() {
                // A word that fits nowhere is cut.
                let (head, tail) = word.split_at(room);
                line.push_str(head);
                word = tail;
            }
            lines.push(String::new());
            room = rest.max(8);
        }
    }
    lines
}
