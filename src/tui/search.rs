//! Searching in what the rows say: some thousand events at a time, so that the screen never stands still.

use super::model::Model;
use super::panels::Mode;
use super::update::go;
use crate::node::EventId;

/// A search that has not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    pub forwards: bool,
    /// The first event that has not been looked at; backwards the one after it.
    pub next: u32,
}

/// Events that are looked at between two frames: some ten milliseconds, for each is put into words.
pub const SLICE: u32 = 2_500;

/// Looks for the next event, or the one before, whose row holds what is sought; what is hidden is not searched.
pub fn begin(model: &mut Model, forwards: bool) {
    model.playing = false;
    match model.query.is_empty() {
        true => model.notice = Some("nothing is sought: type / and a text".to_owned()),
        false => go_on(model, Search { forwards, next: model.cursor.0 + u32::from(forwards) }),
    }
}

/// Messages that are asked what they say between two frames: forwards each is a step of the run, backwards it is up to
/// some two milliseconds of running again.
const ASKED_AT_MOST: (usize, usize) = (200, 6);

/// Looks at some more events, and goes to the first that fits.
pub fn go_on(model: &mut Model, search: Search) {
    let slice = search.slice(model.limit());
    let at_most = if search.forwards { ASKED_AT_MOST.0 } else { ASKED_AT_MOST.1 };
    let mut rest = Search { next: if search.forwards { slice.end } else { slice.start }, ..search };
    let (mut asked, mut found) = (0, None);
    for step in 0..slice.end - slice.start {
        let id = EventId(if search.forwards { slice.start + step } else { slice.end - 1 - step });
        if !model.rows().shows(id) {
            continue;
        }
        let fits = model.query.holds(model.trace(), id).unwrap_or_else(|| {
            asked += 1;
            let message = model.show.session.message(id);
            message.is_some_and(|message| model.query.holds_of_message(model.trace(), id, &message))
        });
        if fits {
            found = Some(id);
            break;
        }
        if asked == at_most {
            rest.next = id.0 + u32::from(search.forwards);
            break;
        }
    }
    model.mode = Mode::Run;
    match found {
        Some(id) => go(model, id.0),
        None if rest.slice(model.limit()).is_empty() => model.notice = Some(unfound(model, search.forwards)),
        None => model.mode = Mode::Search(rest),
    }
}

/// Leaves the search; the cursor has not moved.
pub fn stop(model: &mut Model, search: Search) {
    model.mode = Mode::Run;
    model.notice = Some(format!("the search was stopped at e{}: nothing until there", search.next));
}

impl Search {
    fn slice(self, limit: u32) -> std::ops::Range<u32> {
        match self.forwards {
            true => self.next..self.next.saturating_add(SLICE).min(limit).max(self.next),
            false => self.next.saturating_sub(SLICE)..self.next,
        }
    }

    /// How far it has come.
    pub fn told(self, model: &Model) -> String {
        let all = if self.forwards { model.limit() - model.cursor.0 } else { model.cursor.0 };
        let percent = u64::from(self.next.abs_diff(model.cursor.0)) * 100 / u64::from(all.max(1));
        format!("searching {:?}: at e{}, {percent} % of the way; Esc stops", model.sought, self.next)
    }
}

fn unfound(model: &Model, forwards: bool) -> String {
    let sought = &model.sought;
    match forwards {
        true if model.quiz.waiting().is_some() => format!("no {sought:?} from here to the next question"),
        true => format!("no {sought:?} further on; S searches back"),
        false => format!("no {sought:?} before this; s searches on"),
    }
}
