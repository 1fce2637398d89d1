//! Whatever is pressed, the model stays in order and a frame can be drawn.

use super::*;
use crate::tui::Show;
use crate::tui::panels::{Mode, Standing};
use rayon::prelude::*;

/// A small generator of our own: which keys are pressed need not be hard to guess.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(sides)) as u32
    }
}

fn act(dice: &mut Dice, model: &mut Model) {
    let codes = [
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Backspace,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::PageDown,
    ];
    match dice.roll(20) {
        0 => update(model, Action::Resize(dice.roll(200) as u16 + 1, dice.roll(60) as u16 + 1)),
        1 => update(model, Action::Tick),
        2..=10 => press(model, codes[dice.roll(codes.len() as u32) as usize]),
        _ => press(model, KeyCode::Char(char::from(b' ' + dice.roll(95) as u8))),
    }
}

fn check(model: &Model) {
    let limit = model.limit();
    assert!(model.cursor.0 < limit, "{} stands beyond {limit}", model.cursor);
    assert!(model.rows().shows(model.cursor), "{} has no row", model.cursor);
    if let Some(scene) = &model.scene {
        assert!(scene.rows[scene.at].holds(model.cursor));
        assert!(scene.rows.len() <= usize::from(scene.layout.space.height));
        assert!(scene.rows.iter().all(|row| row.last.0 < limit));
        assert!(scene.rows.windows(2).all(|pair| pair[0].last < pair[1].first));
        assert!(scene.columns.lifeline(model.node_here().index()).is_some(), "the event's node has no lane");
        assert_eq!(scene.layout.footer.bottom(), model.size.1);
    }
    if let Mode::Question(panel) = &model.mode {
        assert_eq!(panel.told, model.quiz.standing(panel.number) != Standing::Waiting);
        assert!(!model.playing);
    }
}

/// Of very many keys only some frames are drawn: the model is checked after each.
const DRAWN_EACH: u32 = 10_000;

fn storm(show: Show, seed: u64, actions: u32) {
    let mut model = Model::new(show);
    let mut dice = Dice(seed);
    for action in 0..actions {
        act(&mut dice, &mut model);
        model.done = false;
        check(&model);
        if actions <= DRAWN_EACH || action % 16 == 0 {
            frame(&model);
        }
    }
}

#[test]
fn random_keys_on_a_lesson() {
    let mut show = runs::with_question();
    for (text, before) in [("One?", 10), ("Two?", 10), ("Three?", 200), ("Four?", 1900)] {
        show.questions.push(runs::question(text, crate::node::EventId(before)));
    }
    storm(show, 1, 8000);
}

#[test]
fn random_keys_amid_troubles() {
    storm(runs::troubles(), 2, 8000);
}

#[test]
fn random_keys_on_a_tiny_run_and_in_a_crowd() {
    storm(runs::tiny(), 3, 3000);
    storm(runs::crowd(), 4, 1000);
}

/// Some minutes without optimisation: `cargo test --release --lib tui -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_types, reason = "a person's time is measured")]
fn keys_on_a_run_of_a_million_events() {
    let text = include_str!("../../../tests/data/leader-crash.ron").replace("until: \"3s\"", "until: \"1600s\"");
    let mut model = sized(Model::new(runs::show("raft/long", &text)), 120, 40);
    let mut spans = Vec::new();
    for jump in [":e0", ":e900000", "t700", ":e500000", ":e123456", "t1599"] {
        keys(&mut model, jump);
        press(&mut model, KeyCode::Enter);
        for key in "llllhhhhlljjkk".chars().cycle().take(100) {
            let start = std::time::Instant::now();
            keys(&mut model, &key.to_string());
            let between = start.elapsed();
            frame(&model);
            spans.push((start.elapsed(), between, model.cursor));
        }
    }
    spans.sort();
    println!("{} events; a key takes {:?} (median), {:?} (99 of 100)", model.events(), spans[300], spans[594]);
}

/// Every built-in scenario that can be run quickly, with hands that break it. In release it is every scenario, with 100,000
/// keys each: `cargo test --release --lib random_keys_on_every_scenario`.
#[test]
fn random_keys_on_every_scenario() {
    let keys = if cfg!(debug_assertions) { 60 } else { 100_000 };
    let names: Vec<&str> = crate::scenario::library::names().collect();
    names.par_iter().enumerate().for_each(|(place, name)| {
        let text = crate::scenario::library::find(name).unwrap();
        let scenario = crate::scenario::Scenario::parse(name, text, None).unwrap();
        let is_long = scenario.plan.until.0 > 20_000_000_000;
        if !(is_long && cfg!(debug_assertions)) && scenario.plan.schedule.is_none() {
            storm(runs::with_hands(name, text), place as u64, keys);
            if !cfg!(debug_assertions) {
                println!("{name}: {keys} keys");
            }
        }
    });
}
