//! The first line and the last.

use super::paint::{Canvas, width};
use crate::tui::keys;
use crate::tui::layout::clock;
use crate::tui::model::{Model, SPEEDS};
use crate::tui::panels::Mode;
use crate::tui::scene::Scene;
use ratatui::layout::Rect;

/// Which run, where in it, and how it stands.
pub fn draw(canvas: &mut Canvas<'_>, model: &Model, scene: &Scene) {
    let area = scene.layout.header;
    let record = model.trace().record(model.cursor);
    let playing = if model.playing { format!("playing {}/s", SPEEDS[model.speed]) } else { "paused".to_owned() };
    let zoom = Some(model.zoom.grain.short()).filter(|zoom| !zoom.is_empty());
    let zoom = zoom.map_or(String::new(), |zoom| format!("  {zoom}"));
    let broken = match model.violations_seen() {
        0 => "no violation".to_owned(),
        1 => "! 1 VIOLATION".to_owned(),
        count => format!("! {count} VIOLATIONS"),
    };
    let place = format!("{} of {}", model.cursor, model.events() - 1);
    let right = match model.knows_time() {
        true => format!("{} s  {place}  {playing}{zoom}  {broken} ", clock(record.time())),
        // A log of another system has neither instants nor promises.
        false => format!("{place}  {playing}{zoom} "),
    };
    let room = area.width.saturating_sub(width(&right) as u16 + 1);
    let x = canvas.text(0, area.y, room, &format!(" {}", model.show.name), canvas.bold());
    let which = match model.show.seed {
        Some(seed) => format!("  seed {seed}"),
        None => format!("  {} hosts  order only, no times", model.trace().cluster().len()),
    };
    let x = canvas.text(x, area.y, room.saturating_sub(x), &which, canvas.plain());
    if usize::from(room.saturating_sub(x)) > width(&model.show.title) + 2 {
        canvas.text(x + 2, area.y, room - x, &model.show.title, canvas.plain());
    }
    canvas.text_right(area.right(), area.y, &right, canvas.plain());
    canvas.restyle(area, canvas.reversed());
}

/// What is typed, what the last action has to say, or what can be done.
pub fn draw_footer(canvas: &mut Canvas<'_>, model: &Model, scene: &Scene) {
    let area = scene.layout.footer;
    if let Mode::Prompt(prompt) = &model.mode {
        let x = canvas.text(1, area.y, area.width, prompt.asks.label(), canvas.bold());
        let x = canvas.text(x, area.y, area.width.saturating_sub(x + 1), &prompt.text, canvas.plain());
        canvas.put(x, area.y, '█', canvas.plain());
        // What is wrong with the line, or what it could become, stands above it.
        if let Some(told) = &model.notice {
            let above = Rect { y: area.y - 1, ..area };
            canvas.fill(above, ' ', canvas.plain());
            canvas.text(1, above.y, area.width, told, canvas.bold());
        }
        return;
    }
    let told = match &model.mode {
        Mode::Search(search) => Some(search.told(model)),
        Mode::Until(until) => Some(until.told()),
        _ => model.notice.clone(),
    };
    match told {
        Some(told) => drop(canvas.text(1, area.y, area.width, &told, canvas.bold())),
        None => offers(canvas, area, model.mode.context()),
    }
}

/// The footer's offers, as many as there is room for.
pub fn offers(canvas: &mut Canvas<'_>, area: Rect, context: keys::Context) {
    let mut x = area.x + 1;
    for (key, short) in keys::footer(context) {
        let wide = (width(&key) + width(short) + 1) as u16;
        if x + wide > area.right() {
            continue;
        }
        let after = canvas.text(x, area.y, wide, &key, canvas.bold());
        x = canvas.text(after + 1, area.y, wide, short, canvas.faint()) + 2;
    }
}
