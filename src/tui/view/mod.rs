//! Drawing: one function a panel, each looking at the model and changing nothing.

mod browser;
mod header;
pub mod help;
mod inspector;
mod menu;
mod overview;
mod paint;
mod question;
mod space;

pub use browser::draw as draw_browser;
#[cfg(test)]
pub use paint::cut;
pub use paint::{cut as cut_to, width as width_of, wrap};

use super::layout::LEAST;
use super::model::Model;
use super::panels::Mode;
use paint::Canvas;
use ratatui::buffer::Buffer;

/// Draws the whole screen.
pub fn draw(model: &Model, buffer: &mut Buffer) {
    let mut canvas = Canvas::new(buffer, model.show.theme);
    match &model.scene {
        None => too_small(&mut canvas),
        Some(scene) => {
            header::draw(&mut canvas, model, scene);
            overview::draw(&mut canvas, model, scene);
            space::draw(&mut canvas, model, scene);
            inspector::draw(&mut canvas, model, scene);
            header::draw_footer(&mut canvas, model, scene);
            if let Some(mistake) = &model.mistake {
                menu::draw_mistake(&mut canvas, mistake);
            }
            match &model.mode {
                Mode::Help { scroll } => help::draw(&mut canvas, *scroll),
                Mode::Question(panel) => question::draw(&mut canvas, model, panel),
                Mode::Menu(context) => menu::draw(&mut canvas, model, *context),
                Mode::Palette { text, chosen } => menu::draw_palette(&mut canvas, text, *chosen),
                Mode::Run | Mode::Prompt(_) | Mode::Search(_) | Mode::Until(_) => {}
            }
        }
    }
    if model.show.ascii {
        paint::to_ascii(buffer);
    }
}

fn too_small(canvas: &mut Canvas<'_>) {
    let (width, height) = canvas.size();
    let (columns, lines) = LEAST;
    let told = format!("Too small: {width}x{height}. At least {columns}x{lines} is needed. Enlarge it, or press q.");
    for (y, line) in (0..height).zip(wrap(&told, usize::from(width), 0)) {
        canvas.text(0, y, width, &line, canvas.plain());
    }
}
