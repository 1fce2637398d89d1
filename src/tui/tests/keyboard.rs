//! What keys do.

use super::*;
use crate::node::{EventId, SimTime};
use crate::tui::keys::{Context, Does, Key, TABLE};
use crate::tui::panels::{Mode, Standing};
use crate::tui::search::{SLICE, Search};
use crossterm::event::KeyEventKind;

const CONTEXTS: [Context; 7] = [
    Context::Run,
    Context::Help,
    Context::Prompt,
    Context::Search,
    Context::Question,
    Context::Browser,
    Context::Filter,
];

/// A press of a key of the table.
fn event(key: Key) -> KeyEvent {
    match key {
        Key::Code(code) => KeyEvent::new(code, KeyModifiers::NONE),
        Key::Control(letter) => KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL),
        Key::Digit => KeyEvent::new(KeyCode::Char('3'), KeyModifiers::NONE),
        Key::Text => KeyEvent::new(KeyCode::Char('ß'), KeyModifiers::NONE),
    }
}

#[test]
fn the_help_lists_exactly_what_dispatches() {
    let help = view::help::text();
    for binding in TABLE {
        let line = format!("{}  {}\n", keys::names(binding), binding.help);
        assert!(help.contains(&line), "{line}");
    }
    // Every press that does something in some context does so by a line of the table, the only one for that key.
    let codes = [
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::Insert,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::F(1),
    ];
    let letters = (' '..='~').map(KeyCode::Char);
    for code in letters.chain(codes) {
        for context in CONTEXTS {
            let press = KeyEvent::new(code, KeyModifiers::NONE);
            let exact =
                |binding: &&keys::Binding| binding.context == context && binding.keys.contains(&Key::Code(code));
            assert!(TABLE.iter().filter(exact).count() <= 1, "{code:?} is bound twice {context:?}");
            let family = matches!(code, KeyCode::Char(_))
                && matches!(context, Context::Prompt | Context::Browser | Context::Filter);
            let digit =
                matches!(code, KeyCode::Char('1'..='9')) && matches!(context, Context::Run | Context::Question);
            let listed = TABLE.iter().any(|binding| exact(&binding)) || family || digit;
            assert_eq!(keys::action(context, press).is_some(), listed, "{code:?} {context:?}");
        }
    }
}

#[test]
fn every_key_of_the_table_does_what_its_line_says() {
    for binding in TABLE {
        for &key in binding.keys {
            let contexts = CONTEXTS
                .into_iter()
                .filter(|&context| binding.context == context || binding.context == Context::Anywhere);
            for context in contexts {
                let expected = match binding.does {
                    Does::Act(action) => action,
                    Does::WithDigit(action) => action(if key == Key::Code(KeyCode::Char('0')) { 0 } else { 3 }),
                    Does::WithText(action) => action('ß'),
                };
                assert_eq!(keys::action(context, event(key)), Some(expected), "{key:?} {context:?}");
            }
        }
    }
}

#[test]
fn the_footer_offers_help_and_the_way_out_first() {
    let offers: Vec<_> = keys::footer(Context::Run).map(|(key, _)| key).collect();
    assert_eq!(offers[..2], ["?", "q"]);
}

#[test]
fn repeats_and_releases_do_nothing() {
    for kind in [KeyEventKind::Repeat, KeyEventKind::Release] {
        let event = KeyEvent::new_with_kind(KeyCode::Right, KeyModifiers::NONE, kind);
        assert_eq!(keys::action(Context::Run, event), None);
    }
}

#[test]
fn steps_back_bring_back_the_same_screen() {
    for start in ["e0", "e58", "e700", "e1800"] {
        for size in [(80, 24), (120, 40), (60, 20)] {
            let mut model = sized(Model::new(runs::leader_crash()), size.0, size.1);
            go_to(&mut model, start);
            let (frame, cursor) = (super::frame(&model), model.cursor);
            for _ in 0..5 {
                press(&mut model, KeyCode::Right);
            }
            assert_eq!(model.cursor.0, cursor.0 + 5);
            assert_ne!(frame, super::frame(&model));
            for _ in 0..5 {
                press(&mut model, KeyCode::Left);
            }
            assert_eq!(model.cursor, cursor);
            assert_eq!(frame, super::frame(&model), "from {start} at {size:?}");
        }
    }
}

#[test]
fn a_rail_keeps_its_place_while_a_person_steps() {
    // The same rows are drawn alike before and after a step, but for the cursor and the words' gutter.
    let mut model = sized(Model::new(runs::leader_crash()), 80, 24);
    go_to(&mut model, "e700");
    let lanes = |model: &Model| {
        let scene = model.scene.as_ref().unwrap();
        scene.rails.iter().map(|rail| (rail.send, rail.slot)).collect::<std::collections::BTreeMap<_, _>>()
    };
    let mut before = lanes(&model);
    // e704 begins another leap of rails.
    for _ in 0..3 {
        press(&mut model, KeyCode::Right);
        let after = lanes(&model);
        assert!(after.iter().all(|(send, slot)| before.get(send).is_none_or(|old| old == slot)));
        before = after;
    }
}

#[test]
fn jumps_land_where_they_say() {
    let mut model = Model::new(runs::leader_crash());
    let places = runs::places(model.trace());
    keys(&mut model, "f");
    assert_eq!(model.cursor, places.crash);
    keys(&mut model, "f");
    let restart = model.cursor;
    assert!(model.trace().fault(restart).unwrap().fault.mends());
    keys(&mut model, "F");
    assert_eq!(model.cursor, places.crash);
    let arrival = model.trace().end_of(places.asks).unwrap();
    go_to(&mut model, &arrival.to_string());
    keys(&mut model, "c");
    assert_eq!(model.cursor, places.asks, "an arrival's cause is its sending");
    keys(&mut model, "e");
    assert_eq!(model.cursor, arrival, "and the sending's effect the arrival");
    keys(&mut model, "2");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "n");
    assert_eq!(model.trace().node(model.cursor).unwrap().index(), 1, "the next event of the selected node");
    keys(&mut model, "0");
    assert_eq!(model.pinned, None);
    press(&mut model, KeyCode::End);
    assert_eq!(model.cursor.0, model.events() - 1);
    keys(&mut model, "g");
    assert_eq!(model.cursor, EventId(0));
    keys(&mut model, "h");
    assert_eq!((model.cursor, model.notice.is_some()), (EventId(0), true));
}

#[test]
fn a_count_repeats_a_movement() {
    let mut model = Model::new(runs::leader_crash());
    keys(&mut model, "12l");
    assert_eq!((model.cursor, model.count), (EventId(12), None));
    keys(&mut model, "10");
    assert!(model.notice.as_deref().is_some_and(|told| told.starts_with("10: ")));
    keys(&mut model, "h");
    assert_eq!(model.cursor, EventId(2));
    keys(&mut model, "131G");
    assert_eq!(model.cursor, EventId(131));
    keys(&mut model, "999999999999h");
    assert_eq!(model.cursor, EventId(0), "the beginning is in the way");
    // A count that is no movement's names a node, or nothing.
    keys(&mut model, "3");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.pinned.map(|node| node.index()), Some(2));
    keys(&mut model, "5");
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.count, model.pinned), (None, None));
    keys(&mut model, "77");
    press(&mut model, KeyCode::Enter);
    assert!(model.notice.as_deref().is_some_and(|told| told.contains("there are 6 nodes")));
    // A question is in the way of any count.
    let mut model = Model::new(runs::with_question());
    keys(&mut model, "9000l");
    assert!(matches!(model.mode, Mode::Question(_)));
}

#[test]
fn the_lanes_of_the_sides_stand_together() {
    let order = |model: &Model| model.scene.as_ref().unwrap().columns.places.clone();
    let named: Vec<usize> = (0..6).collect();
    // n1 and n2 stand together as they are named.
    let mut model = sized(Model::new(runs::troubles()), 80, 24);
    keys(&mut model, "f");
    assert_eq!(order(&model), named);
    // n1 and n4 do not; the larger side comes first, and the client, whom no cut concerns, last.
    let mut model = sized(Model::new(runs::mixed_sides()), 80, 24);
    assert_eq!(order(&model), named);
    keys(&mut model, "f");
    assert_eq!(order(&model), [3, 0, 1, 4, 2, 5]);
    press(&mut model, KeyCode::PageDown);
    let picture = frame(&model);
    keys(&mut model, "L");
    assert_eq!(order(&model), named);
    keys(&mut model, "L");
    model.notice = None;
    assert_eq!(picture, frame(&model));
    insta::assert_snapshot!("mixed_sides_80", picture);
    keys(&mut model, "f");
    assert_eq!(order(&model), named, "the links are whole again");
}

#[test]
fn rows_and_pages() {
    let mut model = Model::new(runs::leader_crash());
    let asks = runs::places(model.trace()).asks;
    go_to(&mut model, &asks.to_string());
    keys(&mut model, "j");
    assert_eq!(model.cursor.0, asks.0 + 4, "four sendings of one handler are one row");
    keys(&mut model, "k");
    assert_eq!(model.cursor, asks);
    press(&mut model, KeyCode::PageDown);
    assert!(model.cursor.0 > asks.0 + 6);
    press(&mut model, KeyCode::PageUp);
    assert_eq!(model.cursor, asks);
}

#[test]
fn places_are_typed_as_events_or_times() {
    let mut model = Model::new(runs::leader_crash());
    let last = EventId(model.events() - 1);
    let at = |model: &Model, millis: u64| model.trace().at_time(SimTime(millis * 1_000_000)).unwrap();
    let (early, later) = (at(&model, 210), at(&model, 1250));
    for (typed, lands) in [
        (":e131", EventId(131)),
        (":57", EventId(57)),
        (":0.21s", early),
        ("t1.25", later),
        ("t210ms", early),
        ("t99", last),
    ] {
        keys(&mut model, typed);
        press(&mut model, KeyCode::Enter);
        assert_eq!(model.cursor, lands, "{typed}");
    }
    for refused in [":e99999", ":nonsense", "t-1", "tx", ":e", ":99999999999999999999"] {
        keys(&mut model, refused);
        press(&mut model, KeyCode::Enter);
        assert_eq!(model.cursor, last, "{refused}");
        assert!(model.notice.is_some(), "{refused}");
    }
    keys(&mut model, "te12");
    press(&mut model, KeyCode::Backspace);
    press(&mut model, KeyCode::Esc);
    assert_eq!((&model.mode, model.cursor), (&Mode::Run, last));
}

#[test]
fn words_are_searched() {
    let mut model = Model::new(runs::leader_crash());
    let places = runs::places(model.trace());
    keys(&mut model, "/leads");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.cursor, places.leads);
    keys(&mut model, "s");
    assert!(model.cursor > places.crash);
    keys(&mut model, "S");
    assert_eq!(model.cursor, places.leads);
    keys(&mut model, "/no such thing");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.cursor, places.leads);
    assert!(model.notice.is_some());
    // An empty search seeks nothing.
    keys(&mut model, "/");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "s");
    assert_eq!(model.cursor, places.leads);
    assert!(model.notice.is_some());
}

#[test]
fn a_long_search_is_made_in_slices_and_can_be_stopped() {
    let mut model = Model::new(runs::long());
    let (events, tick) = (model.events(), |model: &mut Model| update(model, Action::Tick));
    assert!(events > 3 * SLICE, "{events} events");
    keys(&mut model, "/no such thing");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.mode, Mode::Search(Search { forwards: true, next: 1 + SLICE }));
    assert!(frame(&model).contains("Esc stops"), "{}", frame(&model));
    tick(&mut model);
    assert_eq!(model.mode, Mode::Search(Search { forwards: true, next: 1 + 2 * SLICE }));
    // Other keys do nothing; Esc stays where one was.
    keys(&mut model, "lG");
    press(&mut model, KeyCode::Esc);
    assert_eq!((&model.mode, model.cursor), (&Mode::Run, EventId(0)));
    assert!(model.notice.take().is_some_and(|notice| notice.contains("stopped")));
    // To the end, and back from there.
    let finish = |model: &mut Model| {
        (0..events / SLICE).for_each(|_| tick(model));
        assert_eq!(model.mode, Mode::Run);
        model.notice.take().unwrap_or_default()
    };
    keys(&mut model, "s");
    assert!(finish(&mut model).contains("further on"));
    assert_eq!(model.cursor, EventId(0));
    press(&mut model, KeyCode::End);
    keys(&mut model, "S");
    assert!(finish(&mut model).contains("before this"));
    assert_eq!(model.cursor.0, events - 1);
    // What is far away is found.
    keys(&mut model, "/n1 starts");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "S");
    finish(&mut model);
    assert_eq!(model.cursor, EventId(0));
}

#[test]
fn a_run_is_played_until_its_question() {
    let mut model = Model::new(runs::with_question());
    let crash = runs::places(model.trace()).crash;
    go_to(&mut model, &format!("e{}", crash.0 - 5));
    keys(&mut model, " ");
    assert!(model.playing);
    for _ in 0..20 {
        update(&mut model, Action::Tick);
    }
    assert!(!model.playing);
    assert!(matches!(model.mode, Mode::Question(_)));
    assert_eq!(model.cursor, crash);
}

#[test]
fn a_question_hides_what_comes_after_it() {
    let mut model = sized(Model::new(runs::with_question()), 120, 40);
    let crash = runs::places(model.trace()).crash;
    for way in [KeyCode::End, KeyCode::Char('G')] {
        press(&mut model, way);
        assert!(matches!(model.mode, Mode::Question(_)));
        assert_eq!(model.cursor, crash);
        keys(&mut model, "h");
        assert_eq!(model.mode, Mode::Run);
    }
    // Neither a search nor the second fault leads past it.
    keys(&mut model, "/restarts");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.cursor, crash);
    let scene = model.scene.as_ref().unwrap();
    assert!(scene.rows.iter().all(|row| row.last <= crash));
    assert!(scene.rails.iter().all(|rail| rail.end.is_none_or(|end| end <= crash)));
    assert!(!frame(&model).contains('↻'), "the strip does not show the restart");
    keys(&mut model, "f");
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.quiz.standing(0), Standing::Skipped);
    assert!(model.cursor.0 > crash.0 + 1, "the fault that was asked for");
}

#[test]
fn a_question_without_an_answer_is_not_put() {
    let mut show = runs::with_question();
    show.questions[0].answer = None;
    let mut model = Model::new(show);
    press(&mut model, KeyCode::End);
    assert_eq!(model.mode, Mode::Run);
    assert_eq!(model.cursor.0, model.events() - 1);
}

#[test]
fn questions_before_the_start_are_not_put() {
    let mut show = runs::with_question();
    show.start = Some(EventId(800));
    let mut model = Model::new(show);
    assert_eq!(model.cursor, EventId(800));
    press(&mut model, KeyCode::End);
    assert_eq!(model.mode, Mode::Run);
}

#[test]
fn a_question_after_the_last_event_is_put_at_the_end() {
    let mut show = runs::tiny();
    show.questions.push(runs::question("And now?", EventId(3)));
    show.questions.push(runs::question("Before anything?", EventId(0)));
    let mut model = Model::new(show);
    press(&mut model, KeyCode::Right);
    assert!(matches!(model.mode, Mode::Question(_)));
    keys(&mut model, "15");
    press(&mut model, KeyCode::Enter);
    assert_eq!((model.cursor, &model.mode), (EventId(1), &Mode::Run));
    press(&mut model, KeyCode::End);
    assert!(matches!(model.mode, Mode::Question(_)));
    keys(&mut model, "2");
    press(&mut model, KeyCode::Enter);
    press(&mut model, KeyCode::Enter);
    assert_eq!((model.cursor, &model.mode), (EventId(2), &Mode::Run));
    assert_eq!(model.quiz.standing(1), Standing::Answered(Some(1), None));
}

#[test]
fn control_c_leaves_from_anywhere() {
    for letters in ["", "?", "/abc"] {
        let mut model = Model::new(runs::tiny());
        keys(&mut model, letters);
        let event = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        let action = keys::action(model.mode.context(), event).unwrap();
        update(&mut model, action);
        assert!(model.done);
    }
}
