//! Doing something to a run, and going from one branch to another.

use super::deeds::{self, Hand};
use super::model::Model;
use super::panes::{Comparison, Pane};

/// What is said where nothing can be done to the run.
const FIXED: &str = "nothing can be done to this run: it is a log, or its order is laid down";

/// Does something at the event that is looked at: from there on the run is another one.
pub fn act(model: &mut Model, hand: Hand) -> Result<String, String> {
    if model.show.futures.is_none() {
        return Err(FIXED.to_owned());
    }
    let deed = deeds::deed(model, hand)?;
    let parent = model.branches.parent_of(deed.after);
    let deeds = [&model.branches.get(parent).deeds[..], std::slice::from_ref(&deed)].concat();
    let futures = model.show.futures.as_ref().ok_or(FIXED)?;
    let future = futures.future(&deeds)?;
    let told = format!("{} after {}", deed.words, deed.after);
    let number = model.branches.add(parent, deed);
    let name = model.branches.get(number).name.clone();
    let kept = futures.keep(&deeds, &name);
    let failed = kept.as_ref().err().map_or(String::new(), |why| format!("; it is not kept: {why}"));
    model.branches.keep(number, kept.ok());
    model.show_run(future);
    Ok(format!("{name}: {told}; u undoes, b s saves{failed}"))
}

/// Undoes, or does again.
pub fn step(model: &mut Model, forwards: bool) -> Result<String, String> {
    let target = model.branches.beside(forwards);
    let target = target.ok_or(if forwards { "nothing was undone" } else { "nothing was done by hand before" })?;
    run_again(model, target)?;
    model.branches.step(forwards);
    Ok(format!("this is {}", model.branches.get(target).name))
}

/// Goes to a branch.
pub fn visit(model: &mut Model, number: usize) -> Result<String, String> {
    let known: Vec<usize> = model.branches.tree().into_iter().map(|(number, _)| number).collect();
    if !known.contains(&number) {
        let known: Vec<String> = known.iter().map(usize::to_string).collect();
        return Err(format!("there is no branch {number}; there are {}", known.join(" ")));
    }
    run_again(model, number)?;
    model.branches.visit(number);
    Ok(format!("this is {}", model.branches.get(number).name))
}

/// Throws the branch away; back to where it came from.
pub fn delete(model: &mut Model) -> Result<String, String> {
    let here = model.branches.here();
    let parent = model.branches.get(here).parent.ok_or("the run as it was cannot be deleted")?;
    run_again(model, parent)?;
    let name = model.branches.get(here).name.clone();
    model.branches.delete();
    Ok(format!("{name} is gone; this is {}", model.branches.get(parent).name))
}

pub fn rename(model: &mut Model, name: &str) -> Result<String, String> {
    if name.is_empty() {
        return Ok(String::new());
    }
    model.branches.rename(model.branches.here(), name.to_owned());
    Ok(format!("this is {name}"))
}

/// Writes the branch to a file.
pub fn save(model: &mut Model, path: &str) -> Result<String, String> {
    if path.is_empty() {
        return Ok("nothing was saved: no file was named".to_owned());
    }
    let path = if path.contains('.') { path.to_owned() } else { format!("{path}.ron") };
    let deeds = &model.branches.get(model.branches.here()).deeds;
    model.show.futures.as_ref().ok_or(FIXED)?.save(deeds, &path)
}

/// Runs the branch's parent again, to show both.
pub fn compare(model: &mut Model) -> Result<String, String> {
    let here = model.branches.get(model.branches.here());
    let (Some(parent), Some(departs)) = (here.parent, here.departs()) else {
        return Err("this run has no parent: b does something to it, and makes a branch".to_owned());
    };
    if model.comparison.is_none() {
        let futures = model.show.futures.as_ref().ok_or(FIXED)?;
        let future = futures.future(&model.branches.get(parent).deeds)?;
        model.comparison = Some(Comparison::new(parent, departs, future.session.trace(), model.trace()));
    }
    Ok(String::new())
}

/// Whoever watches the scenario's file shows the run as it is now, or over the old run what is wrong with the file.
pub fn reload(model: &mut Model) {
    let Some(reloaded) = model.show.futures.as_mut().and_then(|futures| futures.reloaded()) else { return };
    match reloaded {
        Ok(future) => {
            model.branches = super::branch::Branches::default();
            model.mistake = None;
            model.show_run(future);
            model.notice = Some("the file has changed: this is the run as it is now".to_owned());
        }
        Err(mistake) => model.mistake = Some(mistake),
    }
}

fn run_again(model: &mut Model, number: usize) -> Result<(), String> {
    let futures = model.show.futures.as_ref().ok_or(FIXED)?;
    let future = futures.future(&model.branches.get(number).deeds)?;
    if model.pane == Pane::Compare {
        model.pane = Pane::Branches;
    }
    model.show_run(future);
    Ok(())
}
