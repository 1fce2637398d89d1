//! A question over the run.

use super::paint::{Canvas, wrap};
use crate::tui::model::Model;
use crate::tui::panels::{OPTIONS_AT_MOST, Panel, verdict};
use ratatui::style::Style;

/// Wider lines are hard to read.
const WIDTH: u16 = 66;

pub fn draw(canvas: &mut Canvas<'_>, model: &Model, panel: &Panel) {
    let (columns, _) = canvas.size();
    let width = WIDTH.min(columns - 4);
    let lines = lines(canvas, model, panel, usize::from(width - 4));
    let area = canvas.panel((width, lines.len() as u16 + 2), "A QUESTION BEFORE YOU GO ON");
    for (y, (text, style)) in (area.y..area.bottom()).zip(&lines) {
        canvas.text(area.x, y, area.width, text, *style);
    }
}

fn lines(canvas: &Canvas<'_>, model: &Model, panel: &Panel, room: usize) -> Vec<(String, Style)> {
    let question = model.quiz.get(panel.number);
    let mut lines = Vec::new();
    let mut say = |text: &str, style: Style| lines.extend(wrap(text, room, 3).into_iter().map(|line| (line, style)));
    say(&question.text, canvas.bold());
    say("", canvas.plain());
    for (place, option) in question.options.iter().take(OPTIONS_AT_MOST).enumerate() {
        let chosen = panel.choice == Some(place);
        let mark = if chosen { '›' } else { ' ' };
        say(&format!("{mark}{} {option}", place + 1), if chosen { canvas.bold() } else { canvas.plain() });
    }
    if !question.options.is_empty() {
        say("", canvas.plain());
    }
    if panel.told {
        say(&verdict(question, model.quiz.standing(panel.number)).unwrap_or_default(), canvas.bold());
        say(&question.because, canvas.plain());
        say("", canvas.plain());
        say("Enter goes on.", canvas.faint());
    } else if panel.choice.is_some() {
        say("How sure are you?", canvas.bold());
        say("1: 20%   2: 40%   3: 60%   4: 80%   5: 100%", canvas.plain());
    } else if question.options.is_empty() {
        say("Make up your mind; Enter tells the answer.", canvas.faint());
    } else {
        say("A digit chooses. Enter skips the question. ← goes back to look at the run first.", canvas.faint());
    }
    lines
}
