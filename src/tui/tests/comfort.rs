//! Colours, the mouse, and what leaves the debugger.

use super::*;
use crate::node::EventId;
use crate::tui::Theme;
use crate::tui::outbox::{Out, as_svg};
use insta::assert_snapshot;
use std::collections::BTreeSet;

#[test]
fn every_theme_says_the_same() {
    let mut model = sized(Model::new(runs::troubles()), 120, 40);
    keys(&mut model, "vp");
    let text = frame(&model);
    let mut looks = BTreeSet::new();
    for theme in Theme::ALL {
        model.show.theme = theme;
        assert_eq!(frame(&model), text, "{theme:?}");
        looks.insert(format!(
            "{:?}",
            buffer(&model).content.iter().map(|cell| (cell.fg, cell.modifier)).collect::<Vec<_>>()
        ));
    }
    assert_eq!(looks.len(), Theme::ALL.len(), "no two look alike");
    model.show.theme = Theme::None;
    keys(&mut model, "T");
    assert_eq!((model.show.theme, model.notice.as_deref()), (Theme::Dark, Some("colours: dark")));
}

#[test]
fn the_mouse_goes_to_what_it_points_at() {
    let mut model = sized(Model::new(runs::leader_crash()), 80, 24);
    go_to(&mut model, "e300");
    let scene = model.scene.as_ref().unwrap();
    let (layout, columns, rows) = (scene.layout, scene.columns.clone(), scene.rows.clone());
    update(&mut model, Action::Press(40, layout.space.y + 1));
    assert_eq!(model.cursor, rows[1].first);
    update(&mut model, Action::Press(columns.lifeline(2).unwrap(), layout.names.y));
    assert_eq!(model.focus().index(), 2);
    update(&mut model, Action::Press(3, layout.overview.y + 4));
    assert_eq!(model.focus().index(), 4);
    // The strip's right edge is the end of the run, its left one the beginning.
    update(&mut model, Action::Press(79, layout.overview.y));
    let late = model.trace().record(model.cursor).time().0;
    assert!(late > 2_900_000_000, "{late}");
    update(&mut model, Action::Press(20, layout.overview.y));
    assert!(model.trace().record(model.cursor).time().0 < 10_000_000);
    for nowhere in [(0, 0), (200, 200), (10, 23)] {
        let before = model.cursor;
        update(&mut model, Action::Press(nowhere.0, nowhere.1));
        assert_eq!(model.cursor, before);
    }
}

#[test]
fn the_mouse_does_not_pass_a_question() {
    let mut model = sized(Model::new(runs::with_question()), 80, 24);
    let y = model.scene.as_ref().unwrap().layout.overview.y;
    update(&mut model, Action::Press(79, y));
    assert!(matches!(model.mode, crate::tui::panels::Mode::Question(_)), "{:?}", model.mode);
}

#[test]
fn the_command_that_leads_here_is_copied() {
    let mut model = sized(Model::new(runs::at_hand()), 80, 24);
    go_to(&mut model, "e40");
    keys(&mut model, "y");
    let command = "pessimist view raft/leader-crash --seed 42 --at e40";
    assert_eq!(model.outbox, [Out::Copy(command.to_owned())]);
    assert_eq!(model.notice, Some(format!("copied: {command}")));
}

#[test]
fn a_frame_is_written_as_text_and_as_a_picture() {
    let mut model = sized(Model::new(runs::leader_crash()), 80, 24);
    go_to(&mut model, "e40");
    let text = frame(&model);
    keys(&mut model, "E");
    press(&mut model, KeyCode::Enter);
    let [Out::Write { path, text: written }, Out::Write { path: picture, text: svg }] = &model.outbox[..] else {
        panic!("{:?}", model.outbox)
    };
    assert_eq!((path.as_str(), picture.as_str()), ("frame-e40.txt", "frame-e40.svg"));
    assert_eq!(*written, text);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    let letters = text.chars().filter(|letter| !letter.is_whitespace()).count();
    assert_eq!(svg.matches("<text ").count(), letters);
    // What means something in such a file is written otherwise.
    let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 5, 1));
    buffer.set_string(0, 0, "<&>ab", ratatui::style::Style::new());
    let svg = as_svg(&buffer, crate::tui::Theme::Safe);
    let light = as_svg(&buffer, crate::tui::Theme::Light);
    assert!(light.contains("fill=\"#ffffff\"/>") && !svg.contains("#ffffff\"/>"));
    assert!(svg.contains(">&lt;<") && svg.contains(">&amp;<") && svg.contains(">&gt;<"), "{svg}");
}

#[test]
fn ctrl_z_goes_to_the_background() {
    let mut model = sized(Model::new(runs::tiny()), 80, 24);
    let event = KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL);
    let action = keys::action(model.mode.context(), event).expect("it is bound everywhere");
    update(&mut model, action);
    assert_eq!((model.outbox.clone(), model.done), (vec![Out::Suspend], false));
}

#[test]
fn menus_fit_on_small_screens() {
    let framed = |keys_pressed: &str, size: (u16, u16)| {
        let mut model = sized(Model::new(runs::at_hand()), size.0, size.1);
        go_to(&mut model, "e40");
        keys(&mut model, keys_pressed);
        frame(&model)
    };
    for size in [(60, 20), (80, 24)] {
        assert_snapshot!(format!("menus_{}", size.0), ["b", "o", "xclock"].map(|keys| framed(keys, size)).join("\n"));
        // Every line of a menu is there.
        for (key, context) in [("b", keys::Context::Deeds), ("o", keys::Context::Panes)] {
            let text = framed(key, size);
            for binding in keys::TABLE.iter().filter(|binding| binding.context == context) {
                let begin: String = binding.help.chars().take(16).collect();
                assert!(text.contains(&begin), "{begin:?} is not on {size:?}\n{text}");
            }
        }
    }
}

#[test]
fn large_screens_are_filled() {
    for size in [(200, 60), (300, 100)] {
        let mut model = sized(Model::new(runs::troubles()), size.0, size.1);
        go_to(&mut model, "0.7s");
        assert_snapshot!(format!("troubles_{}", size.0), frame(&model));
    }
    assert_eq!(sized(Model::new(runs::tiny()), 300, 100).cursor, EventId(0));
}
