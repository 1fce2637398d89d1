//! Parts that can be looked at alone.

use super::*;
use crate::node::EventId;
use crate::trace::EventKind;
use crate::tui::overview::sides;
use crate::tui::rows::{Row, Rows};
use crate::tui::words::words;
use crate::tui::zoom::Zoom;
use std::collections::BTreeSet;

fn links(left: &[usize], right: &[usize]) -> BTreeSet<(usize, usize)> {
    left.iter().flat_map(|&l| right.iter().flat_map(move |&r| [(l, r), (r, l)])).collect()
}

#[test]
fn the_sides_of_a_partition() {
    let two = sides(6, &links(&[0, 1], &[2, 3, 4]));
    assert_eq!(two, [Some(1), Some(1), Some(0), Some(0), Some(0), None], "the client is on no side");
    let one = sides(4, &links(&[2], &[0, 1, 3]));
    assert_eq!(one, [Some(0), Some(0), Some(1), Some(0)]);
    let bridge = sides(5, &links(&[0, 1], &[3, 4]));
    assert_eq!(bridge, [Some(0), Some(0), None, Some(1), Some(1)], "who reaches both is on neither side");
}

#[test]
fn each_event_stands_on_one_row() {
    for show in [runs::leader_crash(), runs::troubles(), runs::tiny()] {
        let model = Model::new(show);
        let mut zoom = Zoom::new(model.trace(), &[]);
        loop {
            let rows = Rows { zoom: &zoom, ..model.rows() };
            let first = rows.trace.ids().find(|&id| rows.shows(id)).unwrap();
            let (mut row, mut seen) = (rows.of(first), 0);
            loop {
                seen += row.count();
                assert!(row.events().all(|id| rows.of(id) == row));
                let alike = || row.events().all(|id| rows.trace.record(id).cause().is_some());
                assert!(zoom.grain.is_slices() || row.count() == 1 || alike());
                let Some(next) = rows.below(row) else { break };
                assert_eq!(rows.above(next), Some(row));
                row = next;
            }
            assert_eq!(seen as usize, rows.trace.ids().filter(|&id| rows.shows(id)).count());
            let Some(grain) = zoom.next(true, rows.trace, true) else { break };
            zoom.grain = grain;
        }
    }
}

#[test]
fn every_message_on_the_screen_has_a_rail_from_its_sending_to_its_end() {
    let mut model = sized(Model::new(runs::troubles()), 120, 40);
    for place in ["e40", "e500", "e1300", "e2000", "e3100"] {
        go_to(&mut model, place);
        let scene = model.scene.as_ref().unwrap();
        let trace = model.trace();
        let (first, last) = (scene.rows[0].first, scene.rows[scene.rows.len() - 1].last);
        for id in (first.0..=last.0).map(EventId) {
            match trace.record(id).kind() {
                EventKind::Send => assert!(scene.rails.iter().any(|rail| rail.send == id), "{id} has no rail"),
                EventKind::Deliver | EventKind::Lost => {
                    let ended = scene.rails.iter().filter(|rail| rail.end == Some(id)).count();
                    assert_eq!(ended, 1, "{id} ends no rail");
                }
                _ => {}
            }
        }
        // What is on its way now is what the session says.
        let flying = model.scene.as_ref().unwrap().picture.messages.len();
        let cursor = model.cursor;
        let passing =
            scene.rails.iter().filter(|rail| rail.send <= cursor && rail.end.is_none_or(|end| end > cursor));
        assert!(passing.count() <= flying + 1, "at {place}");
    }
}

#[test]
fn what_has_no_name_is_called_what_it_is() {
    let mut model = Model::new(runs::nameless());
    let told: Vec<_> = model.trace().ids().map(|id| words(model.trace(), Row { first: id, last: id })).collect();
    let [.., fires, sends, fires_too, sends_too, gets, gets_too] = &told[..] else { panic!("{told:?}") };
    assert_eq!([fires, sends], ["a's timer fires", "a sends b message"]);
    assert_eq!([fires_too, sends_too], ["b's timer fires", "b sends a message"]);
    assert!(gets.ends_with("message") && gets_too.ends_with("message"));
    assert!(frame(&model).contains("its timer fires in 100.0 ms"));
    press(&mut model, KeyCode::End);
    assert!(!frame(&model).contains("says"), "a message without content says nothing");
}

#[test]
fn a_timer_is_called_by_its_name_though_it_has_no_content() {
    let mut model = Model::new(runs::two_generals());
    assert!(frame(&model).contains("timer Dawn fires"), "{}", frame(&model));
    let trace = model.trace();
    let fires = trace.ids().find(|&id| trace.record(id).kind() == EventKind::TimerFired).unwrap();
    go_to(&mut model, &fires.to_string());
    assert!(!frame(&model).contains("says"), "{}", frame(&model));
}

#[test]
fn texts_are_cut_and_wrapped_to_their_room() {
    use view::{cut, wrap};
    assert_eq!(cut("abcdef", 6), "abcdef");
    assert_eq!(cut("abcdef", 5), "abcd…");
    assert_eq!(cut("日本語", 5), "日本…");
    assert_eq!(cut("ab", 0), "");
    assert_eq!(wrap("a bb ccc dddd", 6, 2), ["a bb", "  ccc", "  dddd"]);
    assert_eq!(wrap("  abcdefghij", 6, 1), ["  abcd", "   efg", "   hij"]);
    assert_eq!(wrap("", 6, 2), [""]);
    for room in 5..20 {
        let lines = wrap("  one twenty-three four ü 日本語 fivefivefive", room, 3);
        assert!(lines.iter().all(|line| ratatui::text::Span::raw(line).width() <= room), "{lines:?}");
    }
}

#[test]
fn offsets_have_a_sign_and_a_unit_that_fits() {
    use crate::tui::layout::{offset, reading};
    let table = [
        (0, "exact"),
        (-7, "-7 ns"),
        (830_400, "+830 us"),
        (-1_088_210, "-1.0 ms"),
        (99_999_999, "+99.9 ms"),
        (250_000_000, "+250 ms"),
        (-2_000_000_000, "-2.00 s"),
        (3_600_000_000_000, "+3600 s"),
    ];
    for (nanos, told) in table {
        assert_eq!(offset(nanos), told);
        assert!(told.len() <= 8);
    }
    assert!(!offset(i64::MIN).is_empty());
    assert_eq!(reading(crate::node::LocalTime(-2_250_000_000)), "-2.2500");
}
