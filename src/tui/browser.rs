//! The list of scenarios: chosen by arrows or by typing a part of a name.

use super::Entry;
use super::action::Action;
use super::keys::Context;
use super::theme::Theme;

/// The list's whole state.
pub struct Browser {
    pub entries: Vec<Entry>,
    pub ascii: bool,
    pub theme: Theme,
    pub size: (u16, u16),
    /// What is typed; only entries that hold it are listed.
    pub filter: String,
    /// The chosen place among those that are listed.
    pub place: usize,
    /// Whether letters are a filter's: after `/`, until it is forgotten.
    pub typing: bool,
    /// Set when it is over: a name, or none.
    pub done: Option<Option<String>>,
}

/// A line of the list: a heading or the place of an entry among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    Chapter(&'a str),
    Entry(usize),
}

impl Browser {
    pub fn new(entries: Vec<Entry>, ascii: bool, theme: Theme) -> Self {
        Browser { entries, ascii, theme, size: (80, 24), filter: String::new(), place: 0, typing: false, done: None }
    }

    /// The places of the entries that the filter leaves, in order.
    pub fn listed(&self) -> Vec<usize> {
        let sought = self.filter.to_lowercase();
        let holds = |entry: &Entry| {
            [&entry.name, &entry.title, &entry.look].iter().any(|text| text.to_lowercase().contains(&sought))
        };
        (0..self.entries.len()).filter(|&place| holds(&self.entries[place])).collect()
    }

    /// The lines of the list: each chapter's heading before its first entry.
    pub fn items(&self) -> Vec<Item<'_>> {
        let (mut items, mut chapter) = (Vec::new(), None);
        for place in self.listed() {
            let own = self.entries[place].chapter();
            if chapter != Some(own) {
                items.push(Item::Chapter(own));
                chapter = Some(own);
            }
            items.push(Item::Entry(place));
        }
        items
    }

    /// The chosen entry.
    pub fn chosen(&self) -> Option<&Entry> {
        self.listed().get(self.place).map(|&place| &self.entries[place])
    }

    /// Where keys count.
    pub fn context(&self) -> Context {
        if self.typing { Context::Filter } else { Context::Browser }
    }

    /// Carries out one action.
    pub fn update(&mut self, action: Action) {
        let (count, page) = (self.listed().len(), usize::from(self.size.1 / 2).max(1));
        match action {
            Action::Resize(width, height) => self.size = (width, height),
            Action::Next => self.place += 1,
            Action::Previous => self.place = self.place.saturating_sub(1),
            Action::PageForward => self.place += page,
            Action::PageBack => self.place = self.place.saturating_sub(page),
            Action::First => self.place = 0,
            Action::Last => self.place = count,
            Action::Type(letter) if self.filter.len() < 60 => self.refilter(|filter| filter.push(letter)),
            Action::Erase => self.refilter(|filter| {
                filter.pop();
            }),
            Action::AskText => self.typing = true,
            Action::Close => {
                self.refilter(String::clear);
                self.typing = false;
            }
            Action::Quit => self.done = Some(None),
            Action::Enter => self.done = self.chosen().map(|entry| Some(entry.name.clone())),
            _ => {}
        }
        self.place = self.place.min(self.listed().len().saturating_sub(1));
    }

    fn refilter(&mut self, change: impl FnOnce(&mut String)) {
        change(&mut self.filter);
        self.typing = true;
        self.place = 0;
    }
}

impl Entry {
    /// The part of the name before `/`; all of it where there is none.
    pub fn chapter(&self) -> &str {
        self.name.split('/').next().unwrap_or(&self.name)
    }
}
