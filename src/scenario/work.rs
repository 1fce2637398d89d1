//! What clients are asked for: operations and choices among them, under which keys, once or in a loop.

use super::diagnostic::{Checked, Mistake, Span};
use super::names::Names;
use super::rules::check_menu;
use super::schema::{At, Work};
use super::words::{KeyText, OpText, Stored};
use crate::kernel::{Action, DRAWN_KEY, Keys, NodeSelector};
use crate::node::{Datum, LocalSpan, Op, SimSpan};

/// What an entry of the workload asks for, and among which keys it chooses; `entry` is its place.
pub fn asked(names: &Names, work: &Work, entry: &Span) -> Checked<(Action, Option<Keys>)> {
    let by = names.asker(&work.by)?;
    let (timeout, retry) = (timeout(work.timeout.as_ref())?, work.retry.unwrap_or_default());
    check_loop(work, &by)?;
    let one = |text: &OpText| {
        let (op, fresh) = operation(text);
        Action::Operation { by: by.clone(), op, fresh, timeout, retry }
    };
    let action = match &work.op {
        OpText::OneOf(menu) => {
            check_menu(menu, "OneOf([(9, Get(\"x\")), (1, Put(\"x\", Fresh))])")
                .map_err(|mistake| mistake.at(entry.clone()))?;
            if let Some((_, inner)) = menu.iter().find(|(_, op)| matches!(op.value, OpText::OneOf(_))) {
                return Err(Mistake::says("OneOf cannot stand in OneOf").at(inner.span.clone()));
            }
            Action::OneOf(menu.iter().map(|(weight, op)| (weight.value, one(&op.value))).collect())
        }
        text => one(text),
    };
    check_keys(&action, work, entry)?;
    Ok((action, work.keys.as_ref().map(|keys| keys.value.0.clone())))
}

/// Refuses loops that are nobody's, or that a lost answer would end.
fn check_loop(work: &Work, by: &NodeSelector) -> Checked<()> {
    let looped = work.think.as_ref().or(work.every.as_ref().filter(|_| matches!(by, NodeSelector::Each(_))));
    if let (Some(_), Some(after)) = (looped, &work.after) {
        let mistake = Mistake::says("each client has its own times in a loop, and after has no meaning there");
        return Err(mistake.at(after.span.clone()));
    }
    let Some(think) = &work.think else { return Ok(()) };
    if !matches!(by, NodeSelector::Node(_) | NodeSelector::Each(_)) {
        let mistake = Mistake::says("a closed loop is one client's own: it waits for what that client asked");
        return Err(mistake.at(think.span.clone()).accepted("by: \"c1\"   by: Each(\"client\")"));
    }
    if work.timeout.is_none() {
        let mistake =
            Mistake::says("a closed loop waits for the end of each operation, and a lost answer never comes");
        return Err(mistake.at(think.span.clone()).label("beside it write  timeout: \"1s\""));
    }
    Ok(())
}

/// Refuses the word `Key` where nothing says which keys there are, and keys that nothing asks for.
fn check_keys(action: &Action, work: &Work, entry: &Span) -> Checked<()> {
    let draws = |action: &Action| match action {
        Action::Operation { op, .. } => op.key().is_some_and(|key| &**key == DRAWN_KEY),
        _ => false,
    };
    let drawn = match action {
        Action::OneOf(menu) => menu.iter().any(|(_, action)| draws(action)),
        action => draws(action),
    };
    match (&work.keys, drawn) {
        (None, true) => {
            let mistake =
                Mistake::says("the word Key stands for a drawn key, and no field says which keys there are");
            Err(mistake.at(entry.clone()).label("such as  keys: Uniform(10)"))
        }
        (Some(keys), false) => {
            let mistake = Mistake::says("no operation here draws its key, so these are never asked for");
            Err(mistake.at(keys.span.clone()).note("write the word Key for a key:  op: Put(Key, Fresh)"))
        }
        _ => Ok(()),
    }
}

/// What a client is asked to do, and whether its value is to be a fresh number.
fn operation(text: &OpText) -> (Op, bool) {
    let stored = |stored: &Stored| match stored {
        Stored::Fresh => (Datum::Absent, true),
        Stored::Value(value) => (value.clone(), false),
    };
    let key = |key: &KeyText| match key {
        KeyText::Named(name) => name.as_str().into(),
        KeyText::Drawn => DRAWN_KEY.into(),
    };
    match text {
        OpText::Put(name, value) => {
            let (value, fresh) = stored(value);
            (Op::Put(key(name), value), fresh)
        }
        OpText::Append(name, value) => {
            let (value, fresh) = stored(value);
            (Op::Append(key(name), value), fresh)
        }
        OpText::Broadcast(value) => {
            let (value, fresh) = stored(value);
            (Op::Broadcast(value), fresh)
        }
        OpText::Do(name, value) => {
            let (value, fresh) = stored(value);
            (Op::Do(name.as_str().into(), value), fresh)
        }
        OpText::Cas { key: name, expected, new } => {
            let (new, fresh) = stored(new);
            (Op::Cas { key: key(name), expected: expected.0.clone(), new }, fresh)
        }
        OpText::Get(name) => (Op::Get(key(name)), false),
        OpText::Delete(name) => (Op::Delete(key(name)), false),
        OpText::Take(name) => (Op::Take(key(name)), false),
        OpText::Acquire(name) => (Op::Acquire(key(name)), false),
        OpText::Release(name) => (Op::Release(key(name)), false),
        OpText::OneOf(_) => unreachable!("a choice stands in no choice, and its members are taken one by one"),
    }
}

/// How long a client waits; no time at all is refused.
fn timeout(given: Option<&At<SimSpan>>) -> Checked<Option<LocalSpan>> {
    match given {
        Some(At { value: SimSpan::ZERO, span }) => {
            let mistake = Mistake::says("a client that waits no time gets no answer").at(span.clone());
            Err(mistake.note("without the field  timeout  it waits for ever"))
        }
        other => Ok(other.map(|at| LocalSpan(at.value.0))),
    }
}
