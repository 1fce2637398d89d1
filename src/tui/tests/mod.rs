//! The debugger tested from the keyboard to the frame, without a terminal.

mod asking;
mod branches;
mod comfort;
mod frames;
mod keyboard;
mod panes;
mod pieces;
mod query;
mod random;
mod runs;
mod zoom;

use super::action::Action;
use super::keys;
use super::model::Model;
use super::update::update;
use super::view;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

/// The frame that a model gives.
fn buffer(model: &Model) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0, model.size.1)).unwrap();
    terminal.draw(|frame| view::draw(model, frame.buffer_mut())).unwrap();
    terminal.backend().buffer().clone()
}

/// The same as text, without colours.
fn frame(model: &Model) -> String {
    let buffer = buffer(model);
    let line = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..buffer.area.height).map(|y| line(y).trim_end().to_owned() + "\n").collect()
}

fn sized(mut model: Model, width: u16, height: u16) -> Model {
    update(&mut model, Action::Resize(width, height));
    model
}

/// Presses a key.
fn press(model: &mut Model, code: KeyCode) {
    let event = KeyEvent::new(code, KeyModifiers::NONE);
    if let Some(action) = keys::action(model.mode.context(), event) {
        update(model, action);
    }
}

/// Types letters one after the other.
fn keys(model: &mut Model, letters: &str) {
    letters.chars().for_each(|letter| press(model, KeyCode::Char(letter)));
}

/// Goes to an event as a person would.
fn go_to(model: &mut Model, place: &str) {
    keys(model, ":");
    keys(model, place);
    press(model, KeyCode::Enter);
}
