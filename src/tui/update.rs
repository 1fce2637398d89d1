//! Carrying out what a person asked for.

use super::action::Action;
use super::keys::{self, Does};
use super::model::{Inspector, Model, SPEEDS};
use super::outbox::{self, Out};
use super::panels::{Asks, Mode, OPTIONS_AT_MOST, Panel, Place, Prompt, Standing, place};
use super::panes::{Pane, Tone};
use super::query::{self, Query};
use super::rows::Rows;
use super::search::Search;
use super::until::{self, Until};
use super::zoom::Grain;
use super::{asking, branching, panes, pointer, scene, search};
use crate::node::{EventId, Fact, Fault};
use crate::trace::{Trace, Wanted, why_not_lines};

/// Carries out one action; whatever the model is, it answers and stays in order.
pub fn update(model: &mut Model, action: Action) {
    if action != Action::Tick {
        model.notice = None;
    }
    match action {
        Action::Resize(width, height) => model.size = (width, height),
        Action::Quit => model.done = true,
        Action::Suspend => model.outbox.push(Out::Suspend),
        _ => match &model.mode {
            Mode::Run => in_run(model, action),
            Mode::Help { scroll } => in_help(model, action, *scroll),
            Mode::Prompt(prompt) => in_prompt(model, action, prompt.clone()),
            Mode::Menu(_) => in_menu(model, action),
            Mode::Palette { text, chosen } => in_palette(model, action, text.clone(), *chosen),
            Mode::Search(ongoing) => in_search(model, action, *ongoing),
            Mode::Until(until) => in_until(model, action, until.clone()),
            Mode::Question(panel) => at_question(model, action, panel.clone()),
        },
    }
    model.refresh();
}

fn in_run(model: &mut Model, action: Action) {
    let count = model.count.take_if(|_| action != Action::Tick);
    match action {
        Action::Digit(digit) => digit_typed(model, count, digit as u32),
        Action::Enter => select(model, count),
        Action::PlayOrPause => model.playing = !model.playing,
        Action::Faster => change_speed(model, true),
        Action::Slower => change_speed(model, false),
        Action::Tick => tick(model),
        Action::NextNode => cycle(model, 1),
        Action::PreviousNode => cycle(model, model.trace().cluster().len() - 1),
        Action::Follow => model.pinned = None,
        Action::Inspector => {
            model.inspector = match model.inspector {
                Inspector::Small => Inspector::Large,
                Inspector::Large => Inspector::Away,
                Inspector::Away => Inspector::Small,
            }
        }
        Action::ScrollDown => model.scroll = (model.scroll + 1).min(longest(model)),
        Action::ScrollUp => model.scroll = model.scroll.saturating_sub(1),
        Action::Coarser => zoom(model, true),
        Action::Finer => zoom(model, false),
        Action::Cone => toggle_cone(model),
        Action::Clocks => toggle_clocks(model),
        Action::Lanes => {
            model.by_sides = !model.by_sides;
            let told =
                if model.by_sides { "the sides of a partition stand together" } else { "lanes as they are named" };
            model.notice = Some(told.to_owned());
        }
        Action::AskTime if !model.knows_time() => model.notice = Some(NO_TIMES.to_owned()),
        Action::AskTime => ask(model, Asks::Time),
        Action::AskEvent => ask(model, Asks::Event),
        Action::AskText => ask(model, Asks::Text),
        Action::Press(x, y) => {
            model.playing = false;
            pointer::press(model, (x, y));
        }
        Action::Copy => outbox::copy(model),
        Action::AskFrame => {
            ask(model, Asks::Frame);
            if let Mode::Prompt(prompt) = &mut model.mode {
                prompt.text = format!("frame-{}", model.cursor);
            }
        }
        Action::Theme => {
            model.show.theme = model.show.theme.next();
            model.notice = Some(format!("colours: {}", model.show.theme.name()));
        }
        Action::AskUntil => ask(model, Asks::Until),
        Action::AskWhyNot => ask(model, Asks::WhyNot),
        Action::Bookmark => bookmark(model),
        Action::NextFound => search::begin(model, true),
        Action::PreviousFound => search::begin(model, false),
        Action::Show(pane) => show(model, pane),
        Action::NextPane => next_pane(model),
        Action::Menu(context) => {
            model.playing = false;
            if count.is_some() {
                select(model, count);
            }
            model.mode = Mode::Menu(context);
        }
        Action::Palette => {
            model.playing = false;
            if count.is_some() {
                select(model, count);
            }
            model.mode = Mode::Palette { text: String::new(), chosen: 0 };
        }
        Action::Do(hand) => told(model, |model| branching::act(model, hand)),
        Action::Undo => told(model, |model| branching::step(model, false)),
        Action::Redo => told(model, |model| branching::step(model, true)),
        Action::Branch(number) => told(model, |model| branching::visit(model, number)),
        Action::Delete => told(model, branching::delete),
        Action::Quiz => told(model, asking::put_next),
        Action::AskName => ask(model, Asks::Name),
        Action::AskFile => ask(model, Asks::File),
        Action::Help => {
            model.playing = false;
            model.mode = Mode::Help { scroll: 0 };
        }
        _ => {
            model.playing = false;
            travel(model, action, count);
        }
    }
}

/// Moves, as often as a count says, or until something is in the way.
fn travel(model: &mut Model, action: Action, count: Option<u32>) {
    if let (Action::Last, Some(count)) = (action, count) {
        return go(model, count.min(model.events() - 1));
    }
    for _ in 0..count.unwrap_or(1) {
        let before = model.cursor;
        match target(model, action) {
            Ok(target) => go(model, target),
            Err(notice) => model.notice = Some(notice),
        }
        if model.mode != Mode::Run || model.cursor == before {
            return;
        }
    }
}

/// No one counts further.
const COUNT_AT_MOST: u32 = 999_999_999;

fn digit_typed(model: &mut Model, count: Option<u32>, digit: u32) {
    if count.is_none() && digit == 0 {
        return model.pinned = None;
    }
    let count = count.unwrap_or(0).saturating_mul(10).saturating_add(digit).min(COUNT_AT_MOST);
    model.count = Some(count);
    model.notice = Some(format!("{count}: a movement is made so often, Enter selects that node, G goes to e{count}"));
}

/// Where a movement leads; a place at the end of the trace asks for what is beyond.
fn target(model: &Model, action: Action) -> Result<u32, String> {
    let (trace, cursor) = (model.trace(), model.cursor);
    // Steps are taken as if nothing were hidden: `go` stops at a question.
    let all = Rows { limit: model.events(), ..model.rows() };
    let end = || Ok(model.events());
    let found = |id: Option<EventId>, otherwise: &str| id.map(|id| id.0).ok_or_else(|| otherwise.to_owned());
    let first = "this is where it begins";
    match action {
        Action::Next => all.after(cursor).map_or_else(end, |id| Ok(id.0)),
        Action::NextRow => all.below(all.of(cursor)).map_or_else(end, |row| Ok(row.first.0)),
        Action::Previous => found(all.before(cursor), first),
        Action::PreviousRow => found(all.above(all.of(cursor)).map(|row| row.first), first),
        Action::PageForward => Ok(page(model, |row| all.below(row))),
        Action::PageBack => Ok(page(model, |row| all.above(row))),
        Action::First => Ok(0),
        Action::Last => end(),
        Action::NextOfNode => {
            let node = Some(model.focus());
            let next =
                (cursor.0 + 1..model.events()).map(EventId).find(|&id| trace.node(id) == node && all.shows(id));
            next.map_or_else(end, |id| Ok(id.0))
        }
        Action::PreviousOfNode => {
            let node = Some(model.focus());
            let before = (0..cursor.0).rev().map(EventId).find(|&id| trace.node(id) == node && all.shows(id));
            found(before, "the node has no event before")
        }
        Action::NextFault => {
            let next = faults(model).find(|&id| id > cursor);
            // Whether there is another one is not told before a question.
            next.map_or_else(
                || if model.quiz.waiting().is_some() { end() } else { Err("no fault after this".into()) },
                |id| Ok(id.0),
            )
        }
        Action::PreviousFault => found(faults(model).rev().find(|&id| id < cursor), "no fault before this"),
        Action::NextViolation => {
            let next = model.violations.iter().map(|mark| mark.event).find(|&id| id > cursor);
            next.map_or_else(
                || if model.quiz.waiting().is_some() { end() } else { Err("no broken promise after this".into()) },
                |id| Ok(id.0),
            )
        }
        Action::PreviousViolation => {
            let before = model.violations.iter().rev().map(|mark| mark.event).find(|&id| id < cursor);
            found(before, "no broken promise before this")
        }
        Action::NextAlike => {
            let next =
                (cursor.0 + 1..model.events()).map(EventId).find(|&id| is_alike(trace, cursor, id) && all.shows(id));
            next.map_or_else(end, |id| Ok(id.0))
        }
        Action::PreviousAlike => {
            let before = (0..cursor.0).rev().map(EventId).find(|&id| is_alike(trace, cursor, id) && all.shows(id));
            found(before, "there is none of this kind before")
        }
        Action::NextBookmark => {
            let next = model.bookmarks.range(EventId(cursor.0 + 1)..).next().or(model.bookmarks.first());
            found(next.copied(), "there is no bookmark: m sets one")
        }
        Action::Cause => found(trace.record(cursor).cause().or_else(|| trace.previous(cursor)), "nothing caused it"),
        Action::Effect => {
            let effects = scene::effects(trace, cursor, model.limit());
            found(effects.first().copied(), "it has caused nothing that is seen yet")
        }
        _ => Ok(cursor.0),
    }
}

/// Whether two events are of one kind: a message or timer of the same name, a fact of the same kind.
fn is_alike(trace: &Trace, one: EventId, other: EventId) -> bool {
    let fact = |id| trace.fact(id).map(Fact::kind);
    trace.record(one).kind() == trace.record(other).kind()
        && trace.name(one) == trace.name(other)
        && fact(one) == fact(other)
}

fn bookmark(model: &mut Model) {
    let cursor = model.cursor;
    let taken = model.bookmarks.remove(&cursor);
    if !taken {
        model.bookmarks.insert(cursor);
    }
    let all: Vec<String> = model.bookmarks.iter().map(EventId::to_string).collect();
    let what = if taken { "is no bookmark any more" } else { "is a bookmark" };
    model.notice = Some(format!(
        "{cursor} {what}; bookmarks: {}",
        if all.is_empty() { "none".to_owned() } else { all.join(" ") }
    ));
}

fn faults(model: &Model) -> impl DoubleEndedIterator<Item = EventId> {
    model.trace().faults().iter().filter(|record| record.fault != Fault::Mark).map(|record| record.event)
}

fn page(model: &Model, next: impl Fn(super::rows::Row) -> Option<super::rows::Row>) -> u32 {
    let height = model.scene.as_ref().map_or(1, |scene| usize::from(scene.layout.space.height));
    let all = Rows { limit: model.events(), ..model.rows() };
    let mut row = all.of(model.cursor);
    for _ in 1..height.max(2) {
        match next(row) {
            Some(further) => row = further,
            None => break,
        }
    }
    row.first.0
}

/// Brings the cursor to an event, or to the question that comes before it.
pub fn go(model: &mut Model, target: u32) {
    let before = model.cursor;
    if let Some((number, limit)) = model.quiz.waiting()
        && target >= limit.0
    {
        model.stand_on_a_row(EventId(limit.0.min(model.events()) - 1));
        model.playing = false;
        model.mode = Mode::Question(Panel { number, choice: None, told: false, target });
        return;
    }
    if target >= model.events() {
        model.playing = false;
        model.notice = Some("this is where the run ends".to_owned());
    }
    model.stand_on_a_row(EventId(target.min(model.events() - 1)));
    if model.cursor != before {
        model.scroll = 0;
    }
    if target < model.limit() && model.cursor.0 != target {
        model.notice = Some(format!("e{target} is folded here: {} is the nearest; Z zooms in", model.cursor));
    }
}

fn zoom(model: &mut Model, coarser: bool) {
    match model.zoom.next(coarser, model.trace(), model.knows_time()) {
        Some(grain) => {
            model.zoom.grain = grain;
            model.stand_on_a_row(model.cursor);
            model.notice = Some(model.zoom.grain.told());
        }
        None if coarser => model.notice = Some("the strip above shows the whole run; Z shows more".to_owned()),
        None => model.notice = Some(Grain::Every.told()),
    }
}

fn toggle_cone(model: &mut Model) {
    model.cone = !model.cone;
    let told = match model.cone {
        true => "past, future and concurrent events are told apart, in the strip above too",
        false => "past and future are marked beside the rows only",
    };
    model.notice = Some(told.to_owned());
}

/// Of a log of another system only the order is known.
const NO_TIMES: &str = "a log of another system tells no times: go to an event with :";

fn toggle_clocks(model: &mut Model) {
    if !model.knows_time() {
        return model.notice = Some("what its clocks showed is not known".to_owned());
    }
    model.clocks = !model.clocks;
    let told = if model.clocks { "each node's clock, and how far it is off true time" } else { "clocks are hidden" };
    model.notice = Some(told.to_owned());
}

fn cycle(model: &mut Model, by: usize) {
    let cluster = model.trace().cluster();
    let next = (model.focus().index() + by) % cluster.len();
    model.pinned = Some(cluster.id(next));
    model.scroll = 0;
}

fn select(model: &mut Model, place: Option<u32>) {
    let cluster = model.trace().cluster();
    let node = place.and_then(|place| (place as usize).checked_sub(1)).filter(|&index| index < cluster.len());
    match node {
        Some(index) => {
            model.pinned = Some(cluster.id(index));
            model.scroll = 0;
        }
        None => model.notice = Some(format!("there are {} nodes: type a number, then Enter", cluster.len())),
    }
}

/// The furthest that it makes sense to scroll.
fn longest(model: &Model) -> usize {
    let details = model.scene.as_ref().map(|scene| &scene.details);
    details.map_or(0, |details| {
        let state = details.state.as_ref().map_or(0, Vec::len);
        let message = details.message.as_ref().map_or(0, |message| message.lines().len());
        (state + scene_lines(model)).max(details.changes.len() + message + details.effects.len() + 8)
    })
}

fn scene_lines(model: &Model) -> usize {
    let node = model.focus().index();
    model.scene.as_ref().and_then(|scene| scene.picture.nodes.get(node)).map_or(0, |node| node.timers.len() + 3)
}

// Playing.

fn change_speed(model: &mut Model, faster: bool) {
    let speed = if faster { model.speed + 1 } else { model.speed.saturating_sub(1) };
    model.speed = speed.min(SPEEDS.len() - 1);
    model.notice = Some(format!("{} events a second", SPEEDS[model.speed]));
}

/// Ticks a second at most; beyond, a tick is several events.
pub const TICKS: u32 = 20;

fn tick(model: &mut Model) {
    if !model.playing {
        return branching::reload(model);
    }
    for _ in 0..(SPEEDS[model.speed] / TICKS).max(1) {
        if !model.playing {
            return;
        }
        if let Ok(next) = target(model, Action::Next) {
            go(model, next);
        }
    }
}

// Typing.

fn ask(model: &mut Model, asks: Asks) {
    model.playing = false;
    model.mode = Mode::Prompt(Prompt { asks, text: String::new() });
}

/// More than anyone types.
const TYPED_AT_MOST: usize = 60;

fn in_prompt(model: &mut Model, action: Action, mut prompt: Prompt) {
    match action {
        Action::Type(letter) if prompt.text.chars().count() < TYPED_AT_MOST => prompt.text.push(letter),
        Action::Erase => {
            prompt.text.pop();
        }
        Action::Close => return model.mode = Mode::Run,
        Action::Complete => complete(model, &mut prompt),
        Action::Enter => {
            model.mode = Mode::Run;
            return answer_prompt(model, &prompt);
        }
        _ => {}
    }
    model.mode = Mode::Prompt(prompt);
}

/// The line stays open with what is wrong with it.
fn refuse(model: &mut Model, prompt: &Prompt, refusal: String) {
    model.mode = Mode::Prompt(prompt.clone());
    model.notice = Some(refusal.lines().map(str::trim).collect::<Vec<_>>().join("; "));
}

/// What was missing for something to have happened by the event at the cursor.
fn why_not(model: &mut Model, text: &str) -> Result<(), String> {
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let wanted = Wanted::parse(&words, model.trace())?;
    let absence = crate::trace::why_not(model.trace(), &wanted, model.cursor);
    let lines = why_not_lines(model.trace(), &wanted, model.cursor, &absence);
    model.why = Some((model.cursor, lines.into_iter().map(|line| (line, Tone::Plain)).collect()));
    if model.inspector == Inspector::Away {
        model.inspector = Inspector::Small;
    }
    (model.pane, model.scroll) = (Pane::Why, 0);
    Ok(())
}

fn complete(model: &mut Model, prompt: &mut Prompt) {
    if prompt.asks != Asks::Text {
        return;
    }
    let candidates = query::completions(&prompt.text, model.trace());
    prompt.text = query::completed(&prompt.text, &candidates);
    model.notice = match candidates.len() {
        0 => Some(query::FORMS.to_owned()),
        1 => None,
        _ => Some(candidates.join(" ")),
    };
}

fn answer_prompt(model: &mut Model, prompt: &Prompt) {
    match prompt.asks {
        Asks::Frame => return told(model, |model| outbox::export(model, prompt.text.trim())),
        Asks::Name => return told(model, |model| branching::rename(model, prompt.text.trim())),
        Asks::File => return told(model, |model| branching::save(model, prompt.text.trim())),
        Asks::Text => {
            return match Query::parse(&prompt.text, model.trace()) {
                Ok(query) => {
                    (model.sought, model.query) = (prompt.text.trim().to_owned(), query);
                    search::begin(model, true);
                }
                Err(refusal) => refuse(model, prompt, refusal),
            };
        }
        Asks::Until if prompt.text.trim().is_empty() => return,
        Asks::Until => {
            return until::begin(model, &prompt.text).unwrap_or_else(|refusal| refuse(model, prompt, refusal));
        }
        Asks::WhyNot if prompt.text.trim().is_empty() => return,
        Asks::WhyNot => {
            return why_not(model, &prompt.text).unwrap_or_else(|refusal| refuse(model, prompt, refusal));
        }
        Asks::Event | Asks::Time => {}
    }
    match place(&prompt.text, prompt.asks) {
        _ if prompt.text.trim().is_empty() => {}
        Ok(Place::Event(id)) if id >= model.events() => {
            model.notice = Some(format!("there is no e{id}: the last event is e{}", model.events() - 1));
        }
        Ok(Place::Event(id)) => go(model, id),
        Ok(Place::Time(_)) if !model.knows_time() => model.notice = Some(NO_TIMES.to_owned()),
        Ok(Place::Time(time)) => {
            let id = model.trace().at_time(time).map_or(0, |id| id.0);
            go(model, id);
        }
        Err(refusal) => model.notice = Some(refusal),
    }
}

// Panels.

fn in_search(model: &mut Model, action: Action, ongoing: Search) {
    match action {
        Action::Tick => search::go_on(model, ongoing),
        Action::Close => search::stop(model, ongoing),
        _ => {}
    }
}

/// One key of a list of keys: what it asks for is done in the run.
fn in_menu(model: &mut Model, action: Action) {
    model.mode = Mode::Run;
    if action != Action::Close {
        in_run(model, action);
    }
}

fn in_palette(model: &mut Model, action: Action, mut text: String, mut chosen: usize) {
    let offered = keys::palette(&text);
    match action {
        Action::Type(letter) if text.chars().count() < TYPED_AT_MOST => {
            text.push(letter);
            chosen = 0;
        }
        Action::Erase => {
            text.pop();
            chosen = 0;
        }
        Action::Next => chosen = (chosen + 1).min(offered.len().max(1) - 1),
        Action::Previous => chosen = chosen.saturating_sub(1),
        Action::Close => return model.mode = Mode::Run,
        Action::Enter => {
            model.mode = Mode::Run;
            return match offered.get(chosen).map(|binding| binding.does) {
                Some(Does::Act(Action::Quit)) => model.done = true,
                Some(Does::Act(action)) => in_run(model, action),
                _ => model.notice = Some(format!("nothing is called {text:?}")),
            };
        }
        _ => {}
    }
    model.mode = Mode::Palette { text, chosen };
}

/// Shows something in the panel below, which is there then.
fn show(model: &mut Model, pane: Pane) {
    if model.inspector == Inspector::Away {
        model.inspector = Inspector::Small;
    }
    (model.pane, model.scroll) = (pane, 0);
    match pane {
        Pane::Compare => told(model, branching::compare),
        Pane::Why => {
            let steps = model.show.session.why(model.cursor);
            model.why = Some((model.cursor, panes::story(model.cursor, &steps)));
        }
        _ => {}
    }
}

fn next_pane(model: &mut Model) {
    let place = Pane::ALL.iter().position(|pane| *pane == model.pane).unwrap_or(0);
    show(model, Pane::ALL[(place + 1) % Pane::ALL.len()]);
}

/// Does something that has something to say, or says why it could not be done.
fn told(model: &mut Model, act: impl FnOnce(&mut Model) -> Result<String, String>) {
    model.playing = false;
    let (Ok(notice) | Err(notice)) = act(model);
    model.notice = Some(notice).filter(|notice| !notice.is_empty());
}

fn in_until(model: &mut Model, action: Action, ongoing: Until) {
    match action {
        Action::Tick => until::go_on(model, ongoing),
        Action::Close => until::stop(model, &ongoing),
        _ => {}
    }
}

fn in_help(model: &mut Model, action: Action, scroll: usize) {
    model.mode = match action {
        Action::ScrollDown => Mode::Help { scroll: (scroll + 5).min(200) },
        Action::ScrollUp => Mode::Help { scroll: scroll.saturating_sub(5) },
        Action::Close => Mode::Run,
        _ => Mode::Help { scroll },
    };
}

/// A question goes through three stages: an option is chosen, then how sure one is, then the answer is told.
fn at_question(model: &mut Model, action: Action, mut panel: Panel) {
    let options = model.quiz.get(panel.number).options.len().min(OPTIONS_AT_MOST);
    match (action, panel.choice) {
        (Action::Choose(_), _) if panel.told => {}
        (Action::Choose(n), None) if (1..=options).contains(&n) => panel.choice = Some(n - 1),
        (Action::Choose(n), Some(choice)) if (1..=5).contains(&n) => {
            asking::tell(model, &mut panel, Some(choice), Some(n as u8 * 20));
        }
        (Action::Enter, Some(choice)) if !panel.told => asking::tell(model, &mut panel, Some(choice), None),
        (Action::Enter, None) if !panel.told && options == 0 => asking::tell(model, &mut panel, None, None),
        (Action::Enter, _) => {
            if !panel.told {
                model.quiz.settle(panel.number, Standing::Skipped);
            }
            model.mode = Mode::Run;
            return go(model, panel.target);
        }
        (Action::Later, _) => {
            model.mode = Mode::Run;
            if panel.told {
                go(model, panel.target);
            }
            return;
        }
        _ => {}
    }
    model.mode = Mode::Question(panel);
}
