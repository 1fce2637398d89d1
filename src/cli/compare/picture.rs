//! Measures as a picture: small panels side by side, in each a dot with whiskers for each world.

use super::scale::Scale;
use super::{Figure, Summary, Worlds, mark};
use crate::check::measures::short;
use std::fmt::Write;

const MARGIN: f64 = 16.0;
/// Panels beside each other.
const COLUMNS: usize = 3;
const PANEL: f64 = 300.0;
const GAP: f64 = 20.0;
/// From one world to the next within a panel.
const ROW: f64 = 24.0;
/// What a panel has above its rows, for its title, and below them, for its axis.
const HEAD: f64 = 26.0;
const FOOT: f64 = 32.0;
/// Where the line of a panel begins and how long it is; the number stands right of it.
const LEFT: f64 = 30.0;
const LENGTH: f64 = 200.0;

/// Letters name the worlds, so that nothing hangs on colours. These are told apart by nearly all eyes (Okabe and Ito).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#444444"];

const STYLE: &str = "\
text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#111}.title{font-size:17px;font-weight:bold}
.figure{font-size:13px;font-weight:bold}.number{text-anchor:end}.tick{font-size:10px;fill:#555;text-anchor:middle}
.note{font-size:11px;fill:#444}.grid{stroke:#ddd}.axis{stroke:#777}.whisker{stroke-width:2.2;fill:none}";

/// The picture, a file of its own.
pub fn svg(worlds: &Worlds) -> String {
    let (figures, same) = worlds.drawn();
    let legend = 52.0 + 18.0 * worlds.worlds.len() as f64;
    let height = HEAD + ROW * worlds.worlds.len() as f64 + FOOT;
    let rows = figures.len().div_ceil(COLUMNS) as f64;
    let width = 2.0 * MARGIN + COLUMNS as f64 * PANEL + (COLUMNS - 1) as f64 * GAP;
    let bottom = legend + rows * (height + GAP);
    let whole = bottom + 62.0;
    let mut page = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{whole:.0}\" viewBox=\"0 0 {width:.0} {whole:.0}\">\n\
         <style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    text(&mut page, "title", MARGIN, 30.0, &format!("Compared over {}", worlds.seeds()));
    for (place, line) in worlds.legend().iter().enumerate() {
        let y = 56.0 + 18.0 * place as f64;
        let _ = writeln!(
            page,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4.5\" fill=\"{}\"/>",
            MARGIN + 5.0,
            y - 4.0,
            colour(place)
        );
        text(&mut page, "world", MARGIN + 18.0, y, line);
    }
    for (place, (figure, row)) in figures.iter().enumerate() {
        let (x, y) = ((place % COLUMNS) as f64 * (PANEL + GAP), (place / COLUMNS) as f64 * (height + GAP));
        let _ = writeln!(page, "<g transform=\"translate({:.1} {:.1})\">", MARGIN + x, legend + y);
        panel(&mut page, worlds, figure, row);
        page.push_str("</g>\n");
    }
    let note = "Dot: the mean of the runs. Whiskers: where the true mean lies, 95 % sure (Student's t; for shares of runs, Wilson's).";
    text(&mut page, "note", MARGIN, bottom + 12.0, note);
    if worlds.worlds.len() > 1 {
        let note = "> <  larger or smaller than in A, and the two intervals do not touch.";
        text(&mut page, "note", MARGIN, bottom + 28.0, note);
    }
    text(&mut page, "note", MARGIN, bottom + 44.0, &same.unwrap_or_default());
    page + "</svg>\n"
}

fn colour(place: usize) -> &'static str {
    COLOURS[place % COLOURS.len()]
}

fn panel(page: &mut String, worlds: &Worlds, figure: &Figure, row: &[&Summary]) {
    let scale = Scale::of(row);
    let at = |value: f64| LEFT + LENGTH * scale.place(value);
    let bottom = HEAD + ROW * row.len() as f64;
    text(page, "figure", 0.0, 14.0, figure.words);
    for tick in scale.ticks() {
        let _ = writeln!(page, "<path class=\"grid\" d=\"M{0:.1} {HEAD}V{bottom:.1}\"/>", at(tick));
        text(page, "tick", at(tick), bottom + 14.0, &short(tick));
    }
    let _ = writeln!(page, "<path class=\"axis\" d=\"M{LEFT} {bottom:.1}H{:.1}\"/>", LEFT + LENGTH);
    for (place, summary) in row.iter().enumerate() {
        let (y, colour) = (HEAD + ROW * (place as f64 + 0.5), colour(place));
        text(page, "world", 4.0, y + 4.0, &worlds.worlds[place].letter);
        let Some(interval) = summary.interval else {
            text(page, "number", PANEL, y + 4.0, "-  ");
            continue;
        };
        let _ = write!(page, "<g stroke=\"{colour}\" fill=\"{colour}\">");
        if let Some(bounds) = interval.bounds.filter(|bounds| bounds.low < bounds.high) {
            let (low, high, top, foot) = (at(bounds.low), at(bounds.high), y - 5.0, y + 5.0);
            let path = format!("M{low:.1} {top:.1}V{foot:.1}M{low:.1} {y:.1}H{high:.1}M{high:.1} {top:.1}V{foot:.1}");
            let _ = write!(page, "<path class=\"whisker\" d=\"{path}\"/>");
            let told = format!("{} [{}, {}]", short(interval.mean), short(bounds.low), short(bounds.high));
            let _ = write!(page, "<title>{told}</title>");
        }
        let _ = writeln!(page, "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4.5\"/></g>", at(interval.mean));
        let number = format!("{} {:1}", short(interval.mean), mark(row[0], summary));
        text(page, "number", PANEL, y + 4.0, &number);
    }
}

fn text(page: &mut String, class: &str, x: f64, y: f64, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(page, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" xml:space=\"preserve\">{words}</text>");
}
