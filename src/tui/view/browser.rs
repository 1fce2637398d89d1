//! The list of scenarios.

use super::header::offers;
use super::paint::{self, Canvas, wrap};
use crate::tui::browser::{Browser, Item};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The smallest screen that the list fits on.
const LEAST: (u16, u16) = (30, 8);

/// Lines for what the chosen scenario asks one to look out for.
const LOOK_LINES: u16 = 2;

pub fn draw(browser: &Browser, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(buffer, browser.theme);
    let (width, height) = canvas.size();
    if width < LEAST.0 || height < LEAST.1 {
        canvas.text(0, 0, width, &format!("Too small: {width}x{height}"), canvas.plain());
    } else {
        header(&mut canvas, browser);
        list(&mut canvas, browser, Rect::new(0, 1, width, height - LOOK_LINES - 3));
        look(&mut canvas, browser, Rect::new(0, height - LOOK_LINES - 2, width, LOOK_LINES + 1));
        offers(&mut canvas, Rect::new(0, height - 1, width, 1), browser.context());
    }
    if browser.ascii {
        paint::to_ascii(buffer);
    }
}

fn header(canvas: &mut Canvas<'_>, browser: &Browser) {
    let (width, _) = canvas.size();
    let title = if !browser.typing { "Pessimist: choose a run to look at" } else { "Pessimist" };
    canvas.text(1, 0, width, title, canvas.bold());
    if browser.typing {
        canvas.text_right(width - 1, 0, &format!("filter: {}█", browser.filter), canvas.plain());
    }
    canvas.restyle(Rect::new(0, 0, width, 1), canvas.reversed());
}

fn list(canvas: &mut Canvas<'_>, browser: &Browser, area: Rect) {
    let items = browser.items();
    if items.is_empty() {
        canvas.text(2, area.y + 1, area.width, "No scenario holds that text. Esc forgets it.", canvas.plain());
    }
    let chosen = browser.listed().get(browser.place).copied();
    let at = items.iter().position(|item| chosen.is_some_and(|chosen| *item == Item::Entry(chosen))).unwrap_or(0);
    let height = usize::from(area.height);
    let first = at.saturating_sub(height / 2).min(items.len().saturating_sub(height));
    for (y, item) in (area.y..area.bottom()).zip(items.iter().skip(first)) {
        match item {
            Item::Chapter(chapter) => {
                canvas.text(1, y, area.width, &chapter.to_uppercase(), canvas.bold());
            }
            Item::Entry(place) => {
                let entry = &browser.entries[*place];
                let (mark, style) =
                    if Some(*place) == chosen { ('›', canvas.reversed()) } else { (' ', canvas.plain()) };
                let room = (area.width / 2).min(32);
                canvas.text(2, y, room, &format!("{mark} {} ", entry.name), style);
                canvas.text(room + 3, y, area.width, &entry.title, canvas.plain());
            }
        }
    }
}

fn look(canvas: &mut Canvas<'_>, browser: &Browser, area: Rect) {
    canvas.fill(Rect { height: 1, ..area }, '─', canvas.faint());
    let look = browser.chosen().map_or("", |entry| &entry.look);
    for (y, line) in (area.y + 1..area.bottom()).zip(wrap(look, usize::from(area.width - 3), 0)) {
        canvas.text(2, y, area.width, &line, canvas.plain());
    }
}
