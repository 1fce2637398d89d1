//! Searching by terms, running until something holds, bookmarks.

use super::*;
use crate::node::EventId;
use crate::trace::EventKind;
use crate::tui::panels::Mode;
use crate::tui::query::{Query, completed, completions};
use crate::tui::until::Until;
use insta::assert_snapshot;

/// How many events of the run a search finds.
fn count(model: &Model, text: &str) -> usize {
    let query = Query::parse(text, model.trace()).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    model.trace().ids().filter(|&id| query.holds(model.trace(), id) == Some(true)).count()
}

#[test]
fn terms_hold_all_together() {
    let model = Model::new(runs::leader_crash());
    let all = model.trace().len();
    assert_eq!(count(&model, ""), all);
    let votes = count(&model, "msg:RequestVote kind:send");
    assert_eq!(
        votes,
        count(&model, "msg:RequestVote kind:send from:n1") + count(&model, "msg:RequestVote kind:send !from:n1")
    );
    assert!(votes > 0);
    assert_eq!(count(&model, "kind:fact fact:becameleader"), 2);
    assert_eq!(count(&model, "fact:BecameLeader term>1"), 1);
    assert_eq!(count(&model, "fault:crash"), 1);
    assert_eq!(count(&model, "fault:crash node:n4"), 1);
    assert_eq!(count(&model, "fault:crash node:n1"), 0);
    assert_eq!(count(&model, "event<10"), 10);
    assert_eq!(count(&model, "time<1") + count(&model, "time>=1000ms"), all);
    assert_eq!(count(&model, "\"leads term\""), count(&model, "text~leads text~term"));
}

#[test]
fn what_messages_say_is_searched_in_both_directions() {
    let mut model = Model::new(runs::leader_crash());
    let crash = runs::places(model.trace()).crash;
    keys(&mut model, "/kind:deliver msg:RequestVote term>1");
    press(&mut model, KeyCode::Enter);
    let find = |model: &mut Model| {
        while matches!(model.mode, Mode::Search(_)) {
            update(model, Action::Tick);
        }
        let said = model.show.session.message(model.cursor).unwrap();
        (model.cursor, said)
    };
    let (first, said) = find(&mut model);
    assert!(first > crash, "term 2 is asked for when the leader of term 1 is gone");
    assert_eq!((model.trace().name(first), said.named("term").as_deref()), ("RequestVote", Some("2")));
    // No vote of a later term had been asked for before.
    let earlier: Vec<EventId> = (0..first.0).map(EventId).collect();
    let trace = model.trace();
    let asks: Vec<EventId> = earlier
        .into_iter()
        .filter(|id| trace.record(*id).kind() == EventKind::Deliver && trace.name(*id) == "RequestVote")
        .collect();
    assert!(!asks.is_empty());
    for id in asks {
        assert_eq!(model.show.session.message(id).unwrap().named("term").as_deref(), Some("1"));
    }
    // Backwards from the end comes the last, which is not the first.
    press(&mut model, KeyCode::End);
    keys(&mut model, "S");
    let (last, said) = find(&mut model);
    assert!(last > first && said.named("term").as_deref() == Some("2"), "{last}");
    // Any field of a message can be named.
    go_to(&mut model, "e0");
    keys(&mut model, "/.granted=true !term=1 kind:deliver");
    press(&mut model, KeyCode::Enter);
    let (granted, said) = find(&mut model);
    assert!(granted > first && said.named("granted").as_deref() == Some("true"), "{granted}");
}

#[test]
fn what_is_wrong_with_a_search_is_said() {
    let model = Model::new(runs::leader_crash());
    let wrong = ["kind:delivr", "nod:n1", "node:n9", "msg:Votes", "fact:Vote", "term>x", "time<soon", "terms=3"];
    let told = wrong.map(|text| format!("{text}: {}", Query::parse(text, model.trace()).unwrap_err()));
    assert_snapshot!(told.join("\n"));
}

#[test]
fn tab_completes() {
    let model = Model::new(runs::leader_crash());
    let after = |text: &str| completed(text, &completions(text, model.trace()));
    assert_eq!(after("ki"), "kind:");
    assert_eq!(after("kind:del"), "kind:deliver ");
    assert_eq!(after("kind:send msg:RequestV"), "kind:send msg:RequestVote ");
    assert_eq!(after("!node:n"), "!node:n");
    assert_eq!(after("msg:Append"), "msg:Append", "there are two of them");
    assert_eq!(after("nothing"), "nothing");
    let mut model = sized(model, 80, 24);
    keys(&mut model, "/kind:del");
    press(&mut model, KeyCode::Tab);
    keys(&mut model, "node:n2");
    press(&mut model, KeyCode::Enter);
    let trace = model.trace();
    assert_eq!(trace.record(model.cursor).kind(), crate::trace::EventKind::Deliver);
    assert_eq!(trace.node(model.cursor), trace.cluster().find("n2"));
    keys(&mut model, "/kind:delivr");
    press(&mut model, KeyCode::Enter);
    assert!(frame(&model).contains("nearest: deliver"), "{}", frame(&model));
    assert!(frame(&model).contains("kind:delivr█"), "what was typed is still there");
}

#[test]
fn a_run_goes_on_until_something_holds() {
    let mut model = sized(Model::new(runs::leader_crash()), 80, 24);
    let until = |model: &mut Model, text: &str| {
        keys(model, "r");
        keys(model, text);
        press(model, KeyCode::Enter);
        while matches!(model.mode, crate::tui::panels::Mode::Until(_)) {
            update(model, Action::Tick);
        }
        model.notice.clone().unwrap_or_default()
    };
    let told = until(&mut model, "any.role = leader");
    assert!(told.starts_with("any.role = leader holds from e"), "{told}");
    let first = model.cursor;
    assert!(words_here(&model).contains("n4"), "{}", words_here(&model));
    until(&mut model, "n4.down");
    assert!(model.cursor > first && words_here(&model).contains("CRASHES"), "{}", words_here(&model));
    until(&mut model, "any.term >= 2 and not any.role = candidate");
    assert!(model.cursor.0 > 735);
    until(&mut model, "n2.role = leader or n2.commit_index > 1000000");
    assert!(words_here(&model).contains("n2"), "{}", words_here(&model));
    let here = model.cursor;
    assert_eq!(until(&mut model, "n1.term > 99"), "n1.term > 99 does not come about after this");
    assert_eq!(model.cursor, here);
    for (text, wrong) in
        [("n9.role = leader", "no node is called"), ("leader", "names no node"), ("n1.term >", "is not whole")]
    {
        let refusal = Until::parse(text, model.trace(), EventId(0)).unwrap_err();
        assert!(refusal.contains(wrong), "{refusal}");
    }
}

fn words_here(model: &Model) -> String {
    crate::trace::describe(model.trace(), model.cursor)
}

#[test]
fn a_question_stops_whoever_runs_until() {
    let mut model = sized(Model::new(runs::with_question()), 80, 24);
    keys(&mut model, "rn2.role = leader");
    press(&mut model, KeyCode::Enter);
    while matches!(model.mode, crate::tui::panels::Mode::Until(_)) {
        update(&mut model, Action::Tick);
    }
    assert!(matches!(model.mode, crate::tui::panels::Mode::Question(_)), "{:?}", model.mode);
}

#[test]
fn bookmarks_and_events_of_one_kind() {
    let mut model = sized(Model::new(runs::leader_crash()), 80, 24);
    keys(&mut model, "'");
    assert_eq!(model.notice.as_deref(), Some("there is no bookmark: m sets one"));
    for place in ["e10", "e300"] {
        go_to(&mut model, place);
        keys(&mut model, "m");
    }
    keys(&mut model, "'");
    assert_eq!(model.cursor, EventId(10), "after the last comes the first");
    keys(&mut model, "'");
    assert_eq!(model.cursor, EventId(300));
    keys(&mut model, "m");
    assert_eq!(model.notice.as_deref(), Some("e300 is no bookmark any more; bookmarks: e10"));
    let kind = |model: &Model| (model.trace().record(model.cursor).kind(), model.trace().name(model.cursor));
    let (here, before) = (kind(&model), model.cursor);
    keys(&mut model, ".");
    assert!(kind(&model) == here && model.cursor > before);
    keys(&mut model, ",");
    assert_eq!(model.cursor, before);
}

#[test]
fn why_not_is_answered() {
    let mut model = sized(Model::new(runs::leader_crash()), 80, 24);
    go_to(&mut model, "0.9s");
    keys(&mut model, "Wn2 leads");
    press(&mut model, KeyCode::Enter);
    assert_snapshot!(frame(&model));
    keys(&mut model, "Wn2 flies");
    press(&mut model, KeyCode::Enter);
    assert!(matches!(model.mode, crate::tui::panels::Mode::Prompt(_)), "the line stays open");
    assert!(model.notice.is_some());
}
