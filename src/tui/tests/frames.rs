//! Frames, read by a person before they were accepted.

use super::*;
use crate::node::EventId;
use crate::tui::Show;
use crate::tui::browser::Browser;
use insta::assert_snapshot;

/// A frame at an event.
fn at(show: Show, size: (u16, u16), place: &str) -> String {
    let mut model = sized(Model::new(show), size.0, size.1);
    go_to(&mut model, place);
    frame(&model)
}

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

/// A frame of the run with a leader's fall, at one of its places.
fn near(size: (u16, u16), ascii: bool, place: impl Fn(runs::Places) -> EventId) -> String {
    let mut show = runs::leader_crash();
    show.ascii = ascii;
    let place = place(runs::places(show.session.trace())).to_string();
    at(show, size, &place)
}

#[test]
fn the_beginning() {
    assert_snapshot!("beginning_80", at(runs::leader_crash(), SMALL, "e0"));
}

#[test]
fn an_election() {
    assert_snapshot!("election_80", near(SMALL, false, |places| places.asks));
    assert_snapshot!("election_120", near(LARGE, false, |places| places.asks));
    assert_snapshot!("election_60", near((60, 20), false, |places| places.asks));
}

#[test]
fn a_leader_is_elected() {
    assert_snapshot!("leader_80", near(SMALL, false, |places| places.leads));
}

#[test]
fn a_crash_and_what_is_lost_by_it() {
    assert_snapshot!("crash_80", near(SMALL, false, |places| places.crash));
    assert_snapshot!("crash_120", near(LARGE, false, |places| places.crash));
    assert_snapshot!("lost_80", near(SMALL, false, |places| EventId(places.crash.0 + 1)));
}

#[test]
fn a_partition_a_pause_and_a_broken_promise() {
    let faults = |size: (u16, u16), count: &str| {
        let mut model = sized(Model::new(runs::troubles()), size.0, size.1);
        keys(&mut model, count);
        frame(&model)
    };
    assert_snapshot!("partition_80", faults(SMALL, "f"));
    assert_snapshot!("heal_120", faults(LARGE, "ff"));
    assert_snapshot!("pause_80", faults(SMALL, "fff"));
    assert_snapshot!("violation_80", faults(SMALL, "v"));
    assert_snapshot!("inspector_large_80", faults(SMALL, "vi"));
    assert_snapshot!("inspector_away_80", faults(SMALL, "vii"));
}

#[test]
fn clocks_beside_true_time() {
    assert_snapshot!("clocks_80", at(runs::redlock(), SMALL, "0.04s"));
    let mut model = sized(Model::new(runs::redlock()), SMALL.0, SMALL.1);
    keys(&mut model, "C");
    assert!(!frame(&model).contains("is true"), "C takes them away");
    let mut model = sized(Model::new(runs::tiny()), SMALL.0, SMALL.1);
    assert!(!frame(&model).contains("is true"), "where every clock is right they are not shown unasked");
    keys(&mut model, "C");
    assert_eq!(frame(&model).matches(" exact").count(), 3);
}

#[test]
fn the_cone_of_an_event() {
    let cone = |size, ascii| {
        let mut show = runs::redlock();
        show.ascii = ascii;
        let mut model = sized(Model::new(show), size, 24);
        go_to(&mut model, "0.0124s");
        keys(&mut model, "p");
        press(&mut model, KeyCode::Right);
        press(&mut model, KeyCode::Left);
        frame(&model)
    };
    assert_snapshot!("cone_80", cone(80, false));
    assert_snapshot!("cone_ascii_120", cone(120, true));
}

#[test]
fn the_cone_is_shaded_without_colour_too() {
    use ratatui::style::Modifier;
    let mut model = sized(Model::new(runs::redlock()), LARGE.0, LARGE.1);
    go_to(&mut model, "0.0124s");
    let dim =
        |model: &Model| buffer(model).content.iter().filter(|cell| cell.modifier.contains(Modifier::DIM)).count();
    assert_eq!(dim(&model), 0);
    keys(&mut model, "p");
    assert!(dim(&model) > 100);
}

#[test]
fn a_log_of_another_system_shows_what_is_known() {
    let mut model = sized(Model::new(runs::log()), SMALL.0, SMALL.1);
    keys(&mut model, "llp");
    press(&mut model, KeyCode::Right);
    press(&mut model, KeyCode::Left);
    assert_snapshot!("log_80", frame(&model));
    for key in ["t", "C"] {
        keys(&mut model, key);
        assert!(model.notice.as_deref().is_some_and(|told| told.contains("not known") || told.contains("no times")));
    }
    go_to(&mut model, "1.5s");
    assert!(model.notice.as_deref().is_some_and(|told| told.contains("no times")));
}

#[test]
fn who_begins_at_a_broken_promise_reads_of_it_first() {
    let mut show = runs::troubles();
    (show.look, show.start) = ("Who is on which side?".to_owned(), Some(show.violations[0].event));
    let frame = at(show, LARGE, "e150");
    let panel = frame.split("─ e150 ").nth(1).unwrap();
    let (broken, look) = (panel.find("BROKEN").unwrap(), panel.find("LOOK OUT FOR").unwrap());
    assert!(broken < look, "{frame}");
}

#[test]
fn a_question_is_put_answered_and_remembered() {
    let mut model = sized(Model::new(runs::with_question()), SMALL.0, SMALL.1);
    press(&mut model, KeyCode::End);
    assert_snapshot!("question_80", frame(&model));
    keys(&mut model, "2");
    assert_snapshot!("question_sure_80", frame(&model));
    keys(&mut model, "3");
    assert_snapshot!("question_told_80", frame(&model));
    press(&mut model, KeyCode::Enter);
    assert_snapshot!("end_80", frame(&model));
}

#[test]
fn before_a_question_the_future_is_hidden() {
    let mut model = sized(Model::new(runs::with_question()), SMALL.0, SMALL.1);
    press(&mut model, KeyCode::End);
    keys(&mut model, "h");
    assert_snapshot!("before_question_80", frame(&model));
}

#[test]
fn the_help_and_a_prompt() {
    let mut model = sized(Model::new(runs::leader_crash()), SMALL.0, SMALL.1);
    keys(&mut model, "?");
    assert_snapshot!("help_80", frame(&model));
    keys(&mut model, "jjjj");
    assert_snapshot!("help_scrolled_80", frame(&model));
    keys(&mut model, "qt1.2");
    assert_snapshot!("prompt_80", frame(&model));
}

#[test]
fn few_events_and_many_nodes() {
    assert_snapshot!("tiny_80", at(runs::tiny(), SMALL, "e1"));
    assert_snapshot!("crowd_80", at(runs::crowd(), SMALL, "0.2s"));
    assert_snapshot!("crowd_120", at(runs::crowd(), LARGE, "0.2s"));
}

#[test]
fn a_screen_that_is_too_small_says_so() {
    let model = sized(Model::new(runs::tiny()), 40, 10);
    assert_snapshot!("too_small", frame(&model));
    let frame = frame(&sized(model, 20, 5));
    assert!(frame.contains("20x5") && frame.contains("60x18") && frame.contains("press q"), "{frame}");
}

#[test]
fn ascii_frames_are_ascii() {
    let mut show = runs::troubles();
    show.ascii = true;
    show.title = "Überraschung → 日本".to_owned();
    let mut model = sized(Model::new(show), LARGE.0, LARGE.1);
    for step in ["f", "f", "f", "v", "i", "z", "?", "q", ":", "é", "\u{1b}"] {
        match step {
            "\u{1b}" => press(&mut model, KeyCode::Esc),
            letters => keys(&mut model, letters),
        }
        let frame = frame(&model);
        assert!(frame.is_ascii(), "{frame}");
    }
    assert_snapshot!("election_ascii_80", near(SMALL, true, |places| places.asks));
    let mut show = runs::troubles();
    show.ascii = true;
    assert_snapshot!("partition_ascii_120", at(show, LARGE, "500ms"));
}

#[test]
fn every_screen_can_be_drawn_in_ascii() {
    // Keys that lead through all that can lie over the run; each screen is drawn twice.
    type Made = fn() -> Show<'static>;
    let shows: [(Made, &[&str]); 7] = [
        (runs::with_question, &["G", "2", "3", "\n", "?", "jjjj", "q", "/le", "\n", "/", "\n", "t1", "\u{1b}"]),
        (runs::troubles, &["f", "ff", "v", "i", "i", "z", "G"]),
        (runs::crowd, &["G", ":e50", "\n"]),
        (runs::long, &["/nothing", "\n"]),
        (runs::tiny, &["G"]),
        (runs::redlock, &["p", "ff", "l", "C", "G"]),
        (runs::log, &["p", "l", "G", "?"]),
    ];
    for (show, steps) in shows {
        let model = |ascii| Model::new(Show { ascii, ..show() });
        let (mut plain, mut drawn) = (model(true), model(false));
        for size in [SMALL, LARGE, (60, 18), (20, 5)] {
            (plain, drawn) = (sized(plain, size.0, size.1), sized(drawn, size.0, size.1));
            for step in steps {
                for model in [&mut plain, &mut drawn] {
                    match *step {
                        "\n" => press(model, KeyCode::Enter),
                        "\u{1b}" => press(model, KeyCode::Esc),
                        letters => keys(model, letters),
                    }
                }
                same_in_ascii(&buffer(&plain), &buffer(&drawn));
            }
        }
    }
}

/// Each glyph has a sign of its own in ASCII.
fn same_in_ascii(plain: &Buffer, drawn: &Buffer) {
    for (plain, drawn) in plain.content.iter().zip(&drawn.content) {
        match drawn.symbol().is_ascii() {
            true => assert_eq!(plain.symbol(), drawn.symbol()),
            false => assert!(plain.symbol().is_ascii() && plain.symbol() != "?", "no sign for {:?}", drawn.symbol()),
        }
    }
}

#[test]
fn a_search_tells_how_far_it_is() {
    let mut model = sized(Model::new(runs::long()), SMALL.0, SMALL.1);
    keys(&mut model, "/no such thing");
    press(&mut model, KeyCode::Enter);
    assert_snapshot!("search_80", frame(&model));
}

#[test]
fn without_colour_there_is_none() {
    use ratatui::style::Color;
    let coloured = |theme: crate::tui::Theme| {
        let mut show = runs::troubles();
        show.theme = theme;
        let mut model = sized(Model::new(show), 120, 40);
        keys(&mut model, "ff");
        buffer(&model).content.iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
    };
    assert!(crate::tui::Theme::ALL[..4].iter().all(|theme| coloured(*theme)));
    assert!(!coloured(crate::tui::Theme::None));
}

#[test]
fn the_list_of_scenarios() {
    let entry = |name: &str, title: &str, look: &str| crate::tui::Entry {
        name: name.to_owned(),
        title: title.to_owned(),
        look: look.to_owned(),
    };
    let entries = vec![
        entry("start/no-now", "There is no shared now", "Which of the two was first?"),
        entry("start/silence", "Silence means unknown", "Did the message arrive?"),
        entry("raft/happy", "All goes well", "How many messages does a write take?"),
        entry("raft/leader-crash", "The leader falls silent", "Who notices, and when?"),
    ];
    let mut browser = Browser::new(entries, false, crate::tui::Theme::None);
    let frame = |browser: &Browser| {
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 80, 16));
        view::draw_browser(browser, &mut buffer);
        let line = |y| (0..80).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..16).map(|y| line(y).trim_end().to_owned() + "\n").collect::<String>()
    };
    let act = |browser: &mut Browser, code| {
        let event = KeyEvent::new(code, KeyModifiers::NONE);
        browser.update(keys::action(browser.context(), event).unwrap());
    };
    act(&mut browser, KeyCode::Down);
    assert_snapshot!("browser", frame(&browser));
    act(&mut browser, KeyCode::Char('q'));
    assert_eq!(browser.done, Some(None), "without a filter q leaves");
    browser.done = None;
    "/crash".chars().for_each(|letter| act(&mut browser, KeyCode::Char(letter)));
    assert_snapshot!("browser_filtered", frame(&browser));
    for (size, filter) in [((80, 16), "/crash"), ((80, 16), "/nothing"), ((20, 5), "")] {
        let drawn = |ascii: bool| {
            let mut browser = Browser::new(browser.entries.clone(), ascii, crate::tui::Theme::None);
            filter.chars().for_each(|letter| act(&mut browser, KeyCode::Char(letter)));
            let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, size.0, size.1));
            view::draw_browser(&browser, &mut buffer);
            buffer
        };
        same_in_ascii(&drawn(true), &drawn(false));
    }
    act(&mut browser, KeyCode::Enter);
    assert_eq!(browser.done, Some(Some("raft/leader-crash".to_owned())));
}
