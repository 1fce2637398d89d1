//! From every event to the whole run, and back.

use super::*;
use crate::node::{EventId, Fact};
use crate::trace::EventKind;
use crate::tui::Show;
use crate::tui::zoom::Grain;
use insta::assert_snapshot;

/// A frame at an event, zoomed out so many times.
fn zoomed(show: Show, size: (u16, u16), place: &str, times: usize) -> String {
    let mut model = sized(Model::new(show), size.0, size.1);
    go_to(&mut model, place);
    keys(&mut model, &"z".repeat(times));
    model.notice = None;
    frame(&model)
}

#[test]
fn each_zoom_says_what_it_folds() {
    assert_snapshot!("zoom_disks_80", zoomed(runs::leader_crash(), (80, 24), "1.3s", 1));
    assert_snapshot!("zoom_chatter_80", zoomed(runs::leader_crash(), (80, 24), "1.3s", 2));
    assert_snapshot!("zoom_turns_80", zoomed(runs::leader_crash(), (80, 24), "1.3s", 3));
    assert_snapshot!("zoom_slices_60", zoomed(runs::troubles(), (60, 20), "1.3s", 4));
    assert_snapshot!("zoom_slices_120", zoomed(runs::troubles(), (120, 40), "1.3s", 5));
}

#[test]
fn out_and_in_again_through_every_grain() {
    let mut model = Model::new(runs::leader_crash());
    let mut grains = vec![model.zoom.grain];
    loop {
        keys(&mut model, "z");
        if grains.last() == Some(&model.zoom.grain) {
            break;
        }
        grains.push(model.zoom.grain);
    }
    let slices = [Grain::Time(10_000_000), Grain::Time(100_000_000)];
    assert_eq!(grains, [&[Grain::Every, Grain::Disks, Grain::Chatter, Grain::Turns], &slices[..]].concat());
    assert!(model.notice.as_deref().is_some_and(|told| told.contains("whole run")));
    for grain in grains.iter().rev().skip(1) {
        keys(&mut model, "Z");
        assert_eq!(model.zoom.grain, *grain);
    }
}

#[test]
fn what_is_folded_is_passed_over() {
    let mut model = Model::new(runs::leader_crash());
    let trace = model.trace();
    let synced = trace.ids().find(|&id| trace.record(id).kind() == EventKind::SyncDone).unwrap();
    let before = EventId(synced.0 - 1);
    go_to(&mut model, &before.to_string());
    keys(&mut model, "z");
    press(&mut model, KeyCode::Right);
    assert!(model.cursor > synced);
    press(&mut model, KeyCode::Left);
    assert_eq!(model.cursor, before);
    keys(&mut model, "Z");
    press(&mut model, KeyCode::Right);
    assert_eq!(model.cursor, synced);
    keys(&mut model, "z");
    assert_eq!(model.cursor, before, "where the row goes, the cursor goes to the one before");
    go_to(&mut model, &synced.to_string());
    assert_eq!(model.cursor, before);
    assert!(model.notice.as_deref().is_some_and(|told| told.contains("is folded here")));
}

#[test]
fn heartbeats_are_folded_and_what_matters_is_not() {
    let mut model = Model::new(runs::leader_crash());
    let count = |model: &Model| model.trace().ids().filter(|id| model.rows().shows(*id)).count();
    let mut shown = vec![count(&model)];
    for _ in 0..3 {
        keys(&mut model, "z");
        shown.push(count(&model));
        for (id, _, fact) in model.trace().facts() {
            let stands_out = matches!(fact, Fact::BecameLeader { .. } | Fact::Voted { .. } | Fact::Returned { .. });
            assert!(!stands_out || model.rows().shows(id), "{id}");
        }
        assert!(model.trace().faults().iter().all(|fault| model.rows().shows(fault.event)));
    }
    assert!(shown.windows(2).all(|pair| pair[1] < pair[0]), "{shown:?}");
    // A message is folded with its arrival, or neither is.
    keys(&mut model, "Z");
    assert_eq!(model.zoom.grain, Grain::Chatter);
    for id in model.trace().ids().filter(|id| model.trace().record(*id).kind() == EventKind::Send) {
        if let Some(end) = model.trace().end_of(id) {
            assert_eq!(model.zoom.shows(id), model.zoom.shows(end), "{id} {end}");
        }
    }
}

#[test]
fn a_slice_is_stepped_over_as_one() {
    let mut model = Model::new(runs::leader_crash());
    keys(&mut model, "zzzzz");
    assert_eq!(model.zoom.grain, Grain::Time(100_000_000));
    press(&mut model, KeyCode::Home);
    let mut slices = 1;
    loop {
        let row = model.rows().of(model.cursor);
        let slice = |id: EventId| model.trace().record(id).time().0 / 100_000_000;
        assert!(row.events().all(|id| slice(id) == slice(row.first)));
        assert_eq!(model.cursor, row.first);
        let before = model.cursor;
        press(&mut model, KeyCode::Right);
        if model.rows().of(model.cursor) == row {
            break;
        }
        slices += 1;
        let after = model.cursor;
        press(&mut model, KeyCode::Left);
        assert_eq!(model.cursor, before);
        press(&mut model, KeyCode::Right);
        assert_eq!(model.cursor, after);
    }
    assert!((25..=31).contains(&slices), "{slices}");
}

#[test]
fn a_question_hides_what_comes_after_it_at_every_zoom() {
    let mut model = sized(Model::new(runs::with_question()), 120, 40);
    let crash = runs::places(model.trace()).crash;
    for _ in 0..6 {
        keys(&mut model, "z");
        press(&mut model, KeyCode::End);
        keys(&mut model, "h");
        assert!(model.cursor <= crash);
        assert!(model.scene.as_ref().unwrap().rows.iter().all(|row| row.last <= crash));
        assert!(!frame(&model).contains('↻'));
    }
}

#[test]
fn a_log_without_times_has_slices_of_events() {
    let mut model = sized(Model::new(runs::log()), 80, 24);
    keys(&mut model, "zzzzzzzz");
    assert!(!matches!(model.zoom.grain, Grain::Time(_)));
    assert!(frame(&model).contains("order only"));
}

#[test]
fn in_another_branch_the_cursor_still_stands_on_a_row() {
    for times in 1..=4 {
        let mut model = sized(Model::new(runs::at_hand()), 80, 24);
        keys(&mut model, &"z".repeat(times));
        for place in ["1.3s", "0.9s", "2s"] {
            go_to(&mut model, place);
            keys(&mut model, "4bc");
            assert!(model.rows().shows(model.cursor), "{place} {times}");
            keys(&mut model, "u");
            assert!(model.rows().shows(model.cursor), "{place} {times}, undone");
        }
    }
}
