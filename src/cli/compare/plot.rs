//! Measures as dots with whiskers, drawn with characters.

use super::scale::Scale;
use super::{Summary, Worlds, mark};
use crate::check::measures::short;
use crate::trace::{COLUMNS, wrap};

/// How long the line of each figure is.
const WIDTH: usize = 60;

/// What a dot and its whiskers are drawn with: the line, its ends, the mean.
struct Glyphs {
    line: char,
    left: char,
    right: char,
    mean: char,
}

const ASCII: Glyphs = Glyphs { line: '-', left: '|', right: '|', mean: 'o' };
const UNICODE: Glyphs = Glyphs { line: '\u{2500}', left: '\u{251c}', right: '\u{2524}', mean: '\u{25cf}' };

/// A block for each figure: a line for each world, on one scale.
pub fn lines(worlds: &Worlds, ascii: bool) -> Vec<String> {
    let glyphs = if ascii { ASCII } else { UNICODE };
    let (drawn_figures, same) = worlds.drawn();
    let mut lines = Vec::new();
    for (figure, row) in drawn_figures {
        let scale = Scale::of(&row);
        let low = short(scale.low);
        lines.push(figure.words.to_owned());
        lines.push(format!("     {low}{:>width$}", short(scale.high), width = WIDTH - low.len()));
        for (world, summary) in worlds.worlds.iter().zip(&row) {
            let mean = summary.interval.map_or_else(|| "-".to_owned(), |interval| short(interval.mean));
            let line =
                format!("  {:<3}{}  {mean} {}", world.letter, drawn(summary, &scale, &glyphs), mark(row[0], summary));
            lines.push(line.trim_end().to_owned());
        }
    }
    lines.extend(same.iter().flat_map(|same| wrap(same, COLUMNS, COLUMNS)));
    lines
}

fn drawn(summary: &Summary, scale: &Scale, glyphs: &Glyphs) -> String {
    let mut cells = vec![' '; WIDTH];
    let Some(interval) = summary.interval else { return cells.into_iter().collect() };
    let place = |value: f64| ((scale.place(value) * (WIDTH - 1) as f64).round() as usize).min(WIDTH - 1);
    if let Some(bounds) = interval.bounds {
        let (left, right) = (place(bounds.low), place(bounds.high));
        cells[left..=right].fill(glyphs.line);
        (cells[left], cells[right]) = (glyphs.left, glyphs.right);
    }
    cells[place(interval.mean)] = glyphs.mean;
    cells.into_iter().collect()
}
