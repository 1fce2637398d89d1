//! What is done by hand, and the runs that come of it.

use super::*;
use crate::node::{EventId, Fault};
use crate::trace::{EventKind, describe};
use crate::tui::deeds::Hand;
use crate::tui::panes::Pane;
use insta::assert_snapshot;

fn model() -> Model<'static> {
    sized(Model::new(runs::at_hand()), 80, 24)
}

/// The events of a model's run, in words.
fn story(model: &Model) -> Vec<String> {
    model.trace().ids().map(|id| describe(model.trace(), id)).collect()
}

/// The event at half a second.
fn half(model: &mut Model) -> usize {
    go_to(model, "0.5s");
    model.cursor.0 as usize
}

#[test]
fn a_branch_is_the_run_up_to_its_event_and_another_one_after() {
    let mut model = model();
    let before = story(&model);
    let at = half(&mut model);
    keys(&mut model, "4bc");
    let after = story(&model);
    assert_eq!(before[..=at], after[..=at]);
    assert_eq!(after[at + 1], "fault n4 CRASHES");
    assert_ne!(before[at + 1..], after[at + 1..]);
    assert_eq!(model.cursor.0 as usize, at, "the cursor stays where it was");
    // Undone and done again, both are what they were.
    keys(&mut model, "u");
    assert_eq!(story(&model), before);
    keys(&mut model, "U");
    assert_eq!(story(&model), after);
}

#[test]
fn whatever_can_be_done_is_done() {
    let crashed = |model: &Model| model.trace().faults().iter().any(|record| matches!(record.fault, Fault::Crash(_)));
    assert!(crashed(&model()), "the scenario crashes somebody by itself");
    for binding in keys::TABLE.iter().filter(|binding| binding.context == keys::Context::Deeds) {
        let keys::Does::Act(Action::Do(hand)) = binding.does else { continue };
        let mut model = model();
        half(&mut model);
        // An event that is a message of another node than the one that is selected.
        while model.trace().record(model.cursor).kind() != crate::trace::EventKind::Send {
            press(&mut model, KeyCode::Right);
        }
        keys(&mut model, "4");
        let before = story(&model);
        keys(&mut model, "b");
        press(&mut model, key_of(binding));
        let told = model.notice.clone().unwrap_or_default();
        assert!(told.starts_with("branch 1: "), "{hand:?}: {told}");
        assert_eq!(model.branches.here(), 1);
        // What is not broken cannot be mended.
        let mends = matches!(hand, Hand::Restart | Hand::Resume | Hand::Heal | Hand::DiskLoses);
        assert!(mends || story(&model) != before, "{hand:?} changes nothing");
    }
}

fn key_of(binding: &keys::Binding) -> KeyCode {
    match binding.keys[0] {
        keys::Key::Code(code) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_branch_that_departs_earlier_does_not_have_what_came_later() {
    let mut model = model();
    half(&mut model);
    keys(&mut model, "4bc");
    go_to(&mut model, "e40");
    keys(&mut model, "1bp");
    let here = model.branches.get(model.branches.here());
    assert_eq!((here.parent, here.deeds.len()), (Some(0), 1));
    go_to(&mut model, "0.6s");
    keys(&mut model, "2bc");
    let here = model.branches.get(model.branches.here());
    assert_eq!((here.parent, here.deeds.len()), (Some(2), 2));
    keys(&mut model, "obi");
    assert_eq!(model.pane, Pane::Branches);
    assert_snapshot!("branches_80", frame(&model));
    // Deleting takes what departed from it too.
    keys(&mut model, "b2");
    keys(&mut model, "bD");
    let left: Vec<usize> = model.branches.tree().into_iter().map(|(number, _)| number).collect();
    assert_eq!((left, model.branches.here()), (vec![0, 1], 0));
    keys(&mut model, "b3");
    assert_eq!(model.notice.as_deref(), Some("there is no branch 3; there are 0 1"));
    keys(&mut model, "bD");
    assert_eq!(model.notice.as_deref(), Some("the run as it was cannot be deleted"));
}

#[test]
fn a_branch_is_named_and_saved() {
    let mut model = model();
    half(&mut model);
    keys(&mut model, "4bc");
    keys(&mut model, "bn");
    keys(&mut model, "the early crash");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.branches.get(1).name, "the early crash");
    keys(&mut model, "bs");
    keys(&mut model, "mine");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.notice.as_deref(), Some("saved mine.ron with 1 deeds"));
    let kept = runs::KEPT.with(|kept| kept.borrow().clone());
    assert_eq!(kept, ["branch 1"], "what is made is kept at once");
}

#[test]
fn nothing_is_done_where_nothing_can_be() {
    let mut model = sized(Model::new(runs::log()), 80, 24);
    keys(&mut model, "bc");
    assert!(
        model.notice.as_deref().is_some_and(|told| told.starts_with("nothing can be done")),
        "{:?}",
        model.notice
    );
    let mut model = self::model();
    go_to(&mut model, "e0");
    keys(&mut model, "bd");
    assert!(model.notice.as_deref().is_some_and(|told| told.contains("no message")), "{:?}", model.notice);
    assert_eq!((model.branches.here(), model.cursor), (0, EventId(0)));
}

#[test]
fn every_action_is_found_by_its_name() {
    let offered = keys::palette("");
    for binding in keys::TABLE {
        let keys::Does::Act(action) = binding.does else { continue };
        let is_in_run = matches!(binding.context, keys::Context::Run | keys::Context::Deeds | keys::Context::Panes);
        if is_in_run && !matches!(action, Action::Close | Action::Palette) {
            assert!(offered.iter().any(|other| other.help == binding.help), "{}", binding.help);
        }
    }
    let mut model = model();
    half(&mut model);
    keys(&mut model, "4x");
    keys(&mut model, "crash node");
    press(&mut model, KeyCode::Enter);
    assert!(
        model.notice.as_deref().is_some_and(|told| told.starts_with("branch 1: n4 crashes after e")),
        "{:?}",
        model.notice
    );
    keys(&mut model, "x");
    keys(&mut model, "no such thing");
    assert_snapshot!("palette_nothing_80", frame(&model));
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.notice.as_deref(), Some("nothing is called \"no such thing\""));
}

#[test]
fn a_file_that_is_watched_is_shown_anew() {
    let mut model = model();
    half(&mut model);
    let before = story(&model);
    runs::CHANGED.with(|changed| *changed.borrow_mut() = Some(Err("error: no such protocol".to_owned())));
    update(&mut model, Action::Tick);
    assert!(frame(&model).contains("no such protocol"));
    assert_eq!(story(&model), before, "the old run stays");
    runs::CHANGED.with(|changed| *changed.borrow_mut() = Some(Ok(7)));
    let at = model.cursor;
    update(&mut model, Action::Tick);
    assert!(!frame(&model).contains("no such protocol"));
    assert_ne!(story(&model), before, "another seed is another run");
    assert_eq!(model.cursor, at, "the place is kept");
}

#[test]
fn a_message_on_its_way_comes_now() {
    let mut model = model();
    let at = half(&mut model) as u32;
    let is_to_n1 = |id: &EventId| {
        let trace = model.trace();
        trace.record(*id).kind() == EventKind::Send && trace.peer(*id).is_some_and(|peer| peer.index() == 0)
    };
    let send = (at..at + 500).map(EventId).find(is_to_n1).unwrap();
    go_to(&mut model, &format!("e{}", send.0 + 4));
    let now = model.trace().record(model.cursor).time();
    let arrived = model.trace().end_of(send).map(|end| model.trace().record(end).time());
    assert!(arrived.is_none_or(|arrived| arrived.0 > now.0 + 1));
    keys(&mut model, "1bL");
    assert!(model.notice.as_deref().is_some_and(|told| told.starts_with("branch 1: ")), "{:?}", model.notice);
    let end = model.trace().end_of(send).unwrap();
    assert_eq!(model.trace().record(end).kind(), EventKind::Deliver);
    assert_eq!(model.trace().record(end).time().0, now.0 + 1);
}
