//! What the panel below shows, on four sizes of screen.

use super::*;
use crate::tui::panes::Pane;
use crate::tui::{Mark, Show};
use insta::assert_snapshot;

const SIZES: [(u16, u16); 4] = [(60, 20), (80, 24), (120, 40), (200, 60)];

/// A frame of each size, one below the other; keys bring about what is to be seen.
fn frames(show: fn() -> Show<'static>, place: &str, letters: &str) -> String {
    let framed = |size: (u16, u16)| {
        let mut model = sized(Model::new(show()), size.0, size.1);
        go_to(&mut model, place);
        keys(&mut model, letters);
        format!("{} x {}\n{}", size.0, size.1, frame(&model))
    };
    SIZES.map(framed).join("\n")
}

/// A leader falls, and a promise is broken.
fn lesson() -> Show<'static> {
    let mut show = runs::at_hand();
    show.lesson = vec!["The leader falls silent".to_owned(), "Who notices, and when?".to_owned()];
    show.promises = vec![
        ("ElectionSafety".to_owned(), "at most one leader a term (Raft, Figure 3)".to_owned()),
        ("LogMatching".to_owned(), "equal entries have equal logs before them (Raft, Figure 3)".to_owned()),
    ];
    show.violations = vec![Mark {
        event: crate::node::EventId(900),
        headline: "ElectionSafety: two leaders in term 1".to_owned(),
        lines: vec!["promised: at most one leader a term".to_owned(), "n1 leads since e21, votes n1 n3".to_owned()],
    }];
    show
}

#[test]
fn the_cluster_as_a_table() {
    assert_snapshot!(frames(lesson, "1.1s", "oc"));
}

#[test]
fn the_logs_as_a_grid() {
    assert_snapshot!(frames(lesson, "1.4s", "ol"));
}

#[test]
fn messages_on_their_way() {
    assert_snapshot!(frames(lesson, "0.2014s", "om"));
}

#[test]
fn operations_as_bars() {
    assert_snapshot!(frames(lesson, "1.2s", "oo"));
}

#[test]
fn promises_and_how_they_stand() {
    assert_snapshot!(frames(lesson, "e900", "op"));
    let mut model = sized(Model::new(lesson()), 80, 24);
    keys(&mut model, "op");
    assert!(frame(&model).contains("broken later, at e900"), "before that it holds");
}

#[test]
fn clocks_against_true_time() {
    assert_snapshot!(frames(runs::redlock, "0.04s", "ot"));
}

#[test]
fn the_scenario_and_what_fires_next() {
    assert_snapshot!(frames(lesson, "0.9s", "osi"));
    // What fires next is found by its label.
    let mut model = sized(Model::new(lesson()), 120, 40);
    for (place, fragment) in [("0.992s", "label: \"silence\""), ("1.0s", "every: \"100ms\"")] {
        go_to(&mut model, place);
        keys(&mut model, "os");
        let marked = crate::tui::panes::next_line(&model).and_then(|line| model.show.source.lines().nth(line));
        assert!(marked.is_none_or(|line| line.contains(fragment)), "{place}: {marked:?}");
    }
    go_to(&mut model, "0.992s");
    assert!(crate::tui::panes::next_line(&model).is_some());
}

#[test]
fn the_lesson_beside_the_run() {
    fn put() -> Show<'static> {
        Show {
            lesson: vec!["Who leads next?".to_owned(), "Nobody knows before.".to_owned()],
            ..runs::with_question()
        }
    }
    let mut model = sized(Model::new(put()), 80, 24);
    keys(&mut model, "G");
    keys(&mut model, "24\n");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "ox");
    assert_snapshot!(frame(&model));
}

#[test]
fn two_branches_side_by_side() {
    assert_snapshot!(frames(lesson, "0.5s", "4bcb="));
    let mut model = sized(Model::new(lesson()), 80, 24);
    keys(&mut model, "b=");
    assert!(model.notice.as_deref().is_some_and(|told| told.contains("has no parent")), "{:?}", model.notice);
    go_to(&mut model, "0.5s");
    keys(&mut model, "4bcb=");
    let comparison = model.comparison.as_ref().expect("both were compared");
    assert_eq!((comparison.other, comparison.parted), (0, model.cursor));
}

/// Later on both runs may again have the same event at the same number: where they part, they part.
#[test]
fn branches_part_where_they_first_differ() {
    let mut model = sized(Model::new(lesson()), 80, 24);
    go_to(&mut model, "0.5s");
    let mut parted = Vec::new();
    for _ in 0..30 {
        press(&mut model, KeyCode::Right);
        let departs = model.cursor;
        keys(&mut model, "bl");
        if model.branches.here() == 0 {
            continue;
        }
        keys(&mut model, "b=");
        let comparison = model.comparison.clone().expect("both were compared");
        let here: Vec<String> = story(&model);
        keys(&mut model, "u");
        let there = story(&model);
        let first = here.iter().zip(&there).position(|(a, b)| a != b).expect("a delay changes something");
        assert_eq!(comparison.parted.0 as usize + 1, first, "departed at {departs}");
        parted.push(first);
    }
    assert!(parted.len() > 5, "{parted:?}");
}

/// The events of a model's run, with their instants.
fn story(model: &Model) -> Vec<String> {
    let trace = model.trace();
    trace
        .ids()
        .map(|id| {
            format!(
                "{} {:?} {}",
                trace.record(id).time(),
                trace.record(id).cause(),
                crate::trace::describe(trace, id)
            )
        })
        .collect()
}

#[test]
fn why_something_happened() {
    assert_snapshot!(frames(lesson, "1.3s", "w"));
}

/// Whatever waits behind a question is told by no panel.
#[test]
fn no_panel_tells_what_a_question_hides() {
    let hidden = ["LEADER 2", "leads term 2", "LEADS term 2"];
    for pane in Pane::ALL {
        let mut model = sized(Model::new(runs::with_question()), 200, 60);
        keys(&mut model, "G");
        press(&mut model, KeyCode::Left);
        update(&mut model, Action::Show(pane));
        let frame = frame(&model);
        assert!(hidden.iter().all(|word| !frame.contains(word)), "{pane:?}\n{frame}");
    }
}

#[test]
fn the_place_in_sentences_for_a_screen_reader() {
    assert_snapshot!(frames(lesson, "1.1288s", "on"));
}

#[test]
fn a_narration_never_tells_what_is_to_come() {
    let mut model = sized(Model::new(lesson()), 200, 60);
    keys(&mut model, "on");
    let mut said = 0;
    while model.cursor.0 + 1 < model.events() {
        let scene = model.scene.as_ref().unwrap();
        for (line, _) in crate::tui::panes::lines(&model, scene, 200) {
            assert!(line.is_ascii() || line.contains('…'), "{line}");
            let words: Vec<&str> = line.split([' ', ',', ':', '.']).collect();
            for pair in words.windows(2).filter(|pair| pair[0].eq_ignore_ascii_case("event")) {
                let event: u32 = pair[1].parse().unwrap();
                assert!(event <= model.cursor.0, "at {}: {line}", model.cursor);
                said += 1;
            }
        }
        keys(&mut model, "7l");
    }
    assert!(said > 1000, "{said}");
}
