//! Lists of what can be done: the keys of one context, or every action by its name.

use super::paint::Canvas;
use crate::tui::keys::{self, Context, TABLE};
use crate::tui::model::Model;

/// How wide a key is.
const KEY: u16 = 5;

/// The keys of a context, as many columns as there is room for.
pub fn draw(canvas: &mut Canvas<'_>, model: &Model, context: Context) {
    let lines: Vec<(String, &str)> = TABLE
        .iter()
        .filter(|binding| binding.context == context)
        .map(|binding| (keys::names(binding), binding.help))
        .collect();
    let (width, height) = canvas.size();
    let needed = lines.len() as u16 + 3;
    let columns = if needed > height || needed > height / 2 && width >= 76 { 2 } else { 1 };
    let rows = lines.len().div_ceil(columns);
    let title = match context {
        Context::Deeds => format!("DO SOMETHING at {}, node {}", model.cursor, name(model)),
        _ => context.heading().to_owned(),
    };
    let area = canvas.panel((width.min(78), rows as u16 + 2), &title);
    let room = area.width / columns as u16;
    for (place, (key, help)) in lines.iter().enumerate() {
        let (x, y) = (area.x + (place / rows) as u16 * room, area.y + (place % rows) as u16);
        if y < area.bottom() {
            let after = canvas.text(x, y, room, key, canvas.bold()).max(x + KEY);
            canvas.text(after + 1, y, (x + room).saturating_sub(after + 1), help, canvas.plain());
        }
    }
}

fn name<'a>(model: &'a Model<'_>) -> &'a str {
    model.trace().cluster().name(model.focus())
}

/// All actions whose names hold what was typed.
pub fn draw_palette(canvas: &mut Canvas<'_>, text: &str, chosen: usize) {
    let (width, height) = canvas.size();
    let offered = keys::palette(text);
    let area = canvas.panel((width.min(66), (height - 2).min(18)), "WHAT DO YOU WANT TO DO?   type to find it");
    let x = canvas.text(area.x, area.y, area.width, "› ", canvas.bold());
    let x = canvas.text(x, area.y, area.right().saturating_sub(x + 1), text, canvas.plain());
    canvas.put(x, area.y, '█', canvas.plain());
    let room = usize::from(area.height.saturating_sub(1));
    let first = chosen.saturating_sub(room.saturating_sub(1));
    for (y, (place, binding)) in (area.y + 1..area.bottom()).zip(offered.iter().enumerate().skip(first)) {
        let style = if place == chosen { canvas.bold() } else { canvas.plain() };
        let mark = if place == chosen { '›' } else { ' ' };
        canvas.text(area.x, y, area.width, &format!("{mark} {}", binding.help), style);
        let before = match binding.context {
            Context::Deeds => "b ",
            Context::Panes => "o ",
            _ => "",
        };
        canvas.text_right(area.right(), y, &format!(" {before}{}", keys::names(binding)), canvas.faint());
    }
    if offered.is_empty() {
        canvas.text(
            area.x,
            area.y + 1,
            area.width,
            "nothing is called so; Backspace takes a letter back",
            canvas.faint(),
        );
    }
}

/// What is wrong with the file that is watched, over the old run.
pub fn draw_mistake(canvas: &mut Canvas<'_>, mistake: &str) {
    let (width, height) = canvas.size();
    let lines: Vec<&str> = mistake.lines().collect();
    let area =
        canvas.panel((width, (lines.len() as u16 + 2).min(height - 2)), "THE FILE HAS CHANGED, and cannot be run");
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        canvas.text(area.x, y, area.width, line, canvas.plain());
    }
}
