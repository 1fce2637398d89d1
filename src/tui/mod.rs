//! The terminal debugger: a run walked through forwards and backwards.
//!
//! It is built as the Elm language builds programs. The `Model` is all that there is to know; a key
//! becomes an `Action` through one table (`keys`), which also feeds the footer and the help; `update`
//! carries the action out; `view` draws the model and changes nothing. What is shown is asked of a
//! [`Session`]: nothing here simulates anything.
//!
//! A frame costs the same however long the run is: only the events around the cursor are looked at, and the overview is
//! put together once.

mod action;
mod ask;
mod asking;
mod branch;
mod branching;
mod browser;
mod deeds;
mod keys;
mod lanes;
mod layout;
mod ledger;
mod model;
mod outbox;
mod overview;
mod panels;
mod panes;
mod pointer;
mod query;
mod rows;
mod scene;
mod score;
mod search;
mod terminal;
mod theme;
mod until;
mod update;
mod view;
mod words;
mod zoom;

#[cfg(test)]
mod tests;

pub use asking::Asking;
pub use branch::{Deed, Entry as Added, Future, Futures};
pub use score::{Keeps, Score, Topic};
pub use theme::Theme;

use crate::node::EventId;
use crate::scenario::Session;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io;

/// A run and all that a person should see with it.
pub struct Show<'a> {
    /// The run.
    pub session: Box<dyn Session>,
    /// The scenario's name, such as `raft/leader-crash`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What to look out for.
    pub look: String,
    /// The run's seed; none where it is the log of another system.
    pub seed: Option<u64>,
    /// The lesson's questions. Those without an answer are not put.
    pub questions: Vec<Question>,
    /// What the tool asks by itself, and who keeps the answers.
    pub asking: Asking<'a>,
    /// The promises that were broken.
    pub violations: Vec<Mark>,
    /// Where to begin; at the first event where absent. Questions before it are not put.
    pub start: Option<EventId>,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
    /// The colours.
    pub theme: Theme,
    /// The scenario as it is written; empty for the log of another system.
    pub source: String,
    /// What else is to be read beside the run.
    pub lesson: Vec<String>,
    /// The promises that are judged: the name of each, and what it says.
    pub promises: Vec<(String, String)>,
    /// Makes other runs of this one; `None` where nothing can be done to it.
    pub futures: Option<Box<dyn Futures + 'a>>,
    /// The command that prints this run where there is no terminal.
    pub command_run: String,
    /// The command that brings somebody here, without the place; empty where there is none.
    pub command_view: String,
}

impl<'a> Show<'a> {
    /// A run and nothing with it.
    pub fn of(session: Box<dyn Session>, name: &str) -> Show<'a> {
        Show {
            session,
            name: name.to_owned(),
            title: String::new(),
            look: String::new(),
            seed: None,
            questions: Vec::new(),
            asking: Asking::default(),
            violations: Vec::new(),
            start: None,
            ascii: false,
            theme: Theme::None,
            source: String::new(),
            lesson: Vec::new(),
            promises: Vec::new(),
            futures: None,
            command_run: String::new(),
            command_view: String::new(),
        }
    }
}

/// A question of the lesson or of the tool itself, put before the run reveals its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What it is about.
    pub topic: Topic,
    /// What is asked.
    pub text: String,
    /// What may be answered.
    pub options: Vec<String>,
    /// What this run shows.
    pub answer: Option<String>,
    /// Why.
    pub because: String,
    /// The event before which it is put.
    pub before: EventId,
    /// The event that shows the answer, where one does.
    pub shown: Option<EventId>,
}

/// An event at which a promise was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The event.
    pub event: EventId,
    /// What was broken, in a few words.
    pub headline: String,
    /// What was promised and what was seen.
    pub lines: Vec<String>,
}

/// A scenario that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, `chapter/name`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What to look out for.
    pub look: String,
}

/// Opens the debugger on a run and returns when the person leaves it.
///
/// Fails where there is no terminal, and says which command shows the run without one.
pub fn view(show: Show<'_>) -> io::Result<()> {
    terminal::require(&format!("to see the run without one: {}", show.command_run))?;
    if show.session.trace().is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "nothing happened in this run: there is nothing to see",
        ));
    }
    terminal::run(model::Model::new(show))
}

/// Plays keys to the debugger where there is no terminal, on a screen of so many columns and lines. Searches go on to their
/// end before the next key. `look` is given the frame after each key.
///
/// A line feed is the key Enter, an escape is Esc, a tabulator Tab; `→ ← ↑ ↓` are the arrows, `⇞ ⇟` page up and down, and
/// all else is typed.
pub fn rehearse(show: Show<'_>, size: (u16, u16), keys: &str, look: &mut dyn FnMut(&Buffer)) {
    let mut model = model::Model::new(show);
    update::update(&mut model, action::Action::Resize(size.0, size.1));
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    for key in keys.chars() {
        let event = KeyEvent::new(rehearsed(key), KeyModifiers::NONE);
        if let Some(action) = keys::action(model.mode.context(), event) {
            update::update(&mut model, action);
        }
        draw(&model, &mut buffer, look);
        while matches!(model.mode, panels::Mode::Search(_) | panels::Mode::Until(_)) {
            update::update(&mut model, action::Action::Tick);
            draw(&model, &mut buffer, look);
        }
    }
}

fn draw(model: &model::Model<'_>, buffer: &mut Buffer, look: &mut dyn FnMut(&Buffer)) {
    buffer.reset();
    view::draw(model, buffer);
    look(buffer);
}

/// The key that a letter of a rehearsal stands for.
fn rehearsed(letter: char) -> KeyCode {
    match letter {
        '\n' => KeyCode::Enter,
        '\u{1b}' => KeyCode::Esc,
        '\t' => KeyCode::Tab,
        '→' => KeyCode::Right,
        '←' => KeyCode::Left,
        '↑' => KeyCode::Up,
        '↓' => KeyCode::Down,
        '⇞' => KeyCode::PageUp,
        '⇟' => KeyCode::PageDown,
        letter => KeyCode::Char(letter),
    }
}

/// Lets a person choose a scenario; `None` where they leave without.
///
/// Fails where there is no terminal.
pub fn browse(entries: Vec<Entry>, ascii: bool, theme: Theme) -> io::Result<Option<String>> {
    terminal::require("to see the scenarios without one: pessimist list")?;
    terminal::browse(browser::Browser::new(entries, ascii, theme))
}
