//! Measures as a table: a column for each world, a row for each figure.

use super::{Summary, World, Worlds, mark};
use crate::check::measures::short;
use crate::trace::COLUMNS;

/// What is between two columns.
const GAP: usize = 2;

/// The table with what its signs mean, in lines of at most 80 columns. Where not all worlds fit beside each other, there
/// are more tables, each of which begins with the first world, with which all others are compared.
pub fn lines(worlds: &Worlds) -> Vec<String> {
    let mut lines = worlds.legend();
    let rows: Vec<(&str, Vec<String>)> =
        worlds.figures().iter().map(|(figure, row)| (figure.words, cells(row))).collect();
    let label = rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..worlds.worlds.len())
        .map(|column| rows.iter().map(|row| row.1[column].len()).max().unwrap_or(0))
        .collect();
    for columns in tables(&widths, label) {
        lines.push(String::new());
        let heads = columns.iter().map(|column| worlds.worlds[*column].letter.as_str());
        lines.push(line("", label, &columns, &widths, heads));
        for (words, cells) in &rows {
            lines.push(line(words, label, &columns, &widths, columns.iter().map(|column| cells[*column].as_str())));
        }
    }
    lines.push(String::new());
    lines.extend(remarks(worlds));
    lines
}

/// Which columns stand in which table.
fn tables(widths: &[usize], label: usize) -> Vec<Vec<usize>> {
    let mut tables = vec![vec![0]];
    let mut used = label + GAP + widths[0];
    for (column, width) in widths.iter().enumerate().skip(1) {
        let is_lone = tables.last().is_some_and(|table| table.len() == 1);
        if used + GAP + width > COLUMNS && !is_lone {
            tables.push(vec![0]);
            used = label + GAP + widths[0];
        }
        used += GAP + width;
        tables.last_mut().expect("there is a table").push(column);
    }
    tables
}

fn line<'a>(
    head: &str,
    label: usize,
    columns: &[usize],
    widths: &[usize],
    cells: impl Iterator<Item = &'a str>,
) -> String {
    let mut line = format!("{head:label$}");
    for (cell, column) in cells.zip(columns) {
        line += &format!("{:GAP$}{cell:width$}", "", width = widths[*column]);
    }
    line.trim_end().to_owned()
}

/// `94.1 [93.8, 94.4] >` for each world.
fn cells(row: &[&Summary]) -> Vec<String> {
    let mean = |summary: &Summary| summary.interval.map_or_else(|| "-".to_owned(), |interval| short(interval.mean));
    let width = row.iter().map(|summary| mean(summary).len()).max().unwrap_or(0);
    let cell = |summary: &&Summary| {
        let bounds = summary.interval.and_then(|interval| interval.bounds);
        let bounds = bounds.map(|bounds| (short(bounds.low), short(bounds.high))).filter(|(low, high)| low != high);
        let bounds = bounds.map_or_else(String::new, |(low, high)| format!(" [{low}, {high}]"));
        let mark = mark(row[0], summary);
        let mark = if mark.is_empty() { String::new() } else { format!(" {mark}") };
        format!("{:>width$}{bounds}{mark}", mean(summary))
    };
    row.iter().map(cell).collect()
}

fn remarks(worlds: &Worlds) -> Vec<String> {
    let mut lines =
        vec![format!("Means of the runs of {}. [ ] where the true mean lies, 95 % sure:", worlds.seeds())];
    lines.push("Student's t; for shares of runs, Wilson's. No [ ]: narrower than the digits.".to_owned());
    if worlds.seeds.end - worlds.seeds.start == 1 {
        lines.push("One run says nothing of others: take more seeds.".to_owned());
    }
    if worlds.worlds.len() > 1 {
        lines.push("> <  larger or smaller than in A, and the two intervals do not touch.".to_owned());
    }
    if worlds.worlds.iter().all(|world| world.summaries[0].values.iter().all(|asked| *asked == Some(0.0))) {
        lines.push("Nothing is asked for here: there are no operations to measure.".to_owned());
    }
    let runs = worlds.seeds.end - worlds.seeds.start;
    for (figure, row) in worlds.figures() {
        let partly = |(world, summary): (&World, &&Summary)| {
            let count = summary.interval.map_or(0, |interval| interval.count);
            (0 < count && count < runs).then(|| format!("{count} runs of {}", world.letter))
        };
        let partly: Vec<String> = worlds.worlds.iter().zip(&row).filter_map(partly).collect();
        if !partly.is_empty() {
            lines.push(format!("Only {} have a {}.", partly.join(", "), figure.words));
        }
    }
    lines
}
