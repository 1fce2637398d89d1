//! Schedules, as scenarios write them: read, and written.

use super::Scenario;
use super::diagnostic::{Checked, Mistake};
use super::explore::SyncsText;
use super::names::Names;
use super::rules::KindNames;
use super::schema::At;
use super::syntax::{Body, Kind, Node, parse};
use crate::kernel::{Alarm, Choice, Letter, Plan, Schedule, Step};
use crate::node::{Cluster, LocalSpan, NodeId, SimSpan};
use serde::Deserialize;

/// The field `schedule`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleText {
    /// How far a clock goes on at each of its ticks.
    pub tick: Option<SimSpan>,
    /// When syncs are done.
    pub syncs: SyncsText,
    /// What happens, in order.
    pub steps: Vec<At<StepText>>,
}

/// Something that happens.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "as in Choice")]
pub enum StepText {
    Deliver(LetterText),
    Duplicate(LetterText),
    Drop(LetterText),
    Expire(AlarmText),
    Synced(SyncedText),
    Ask(At<String>),
    Crash(At<String>),
    /// A crash that so many unsynced writes survive.
    Tear(At<String>, u32),
    Restart(At<String>),
    Tick(At<String>),
    /// What the node chooses meanwhile.
    Choose(Vec<u32>, Box<StepText>),
}

/// A message on its way.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LetterText {
    /// Its kind.
    pub kind: At<String>,
    /// Its sender.
    pub from: At<String>,
    /// Its receiver.
    pub to: At<String>,
    /// Which of those.
    #[serde(default = "first")]
    pub nth: u32,
}

/// A timer that is set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmText {
    /// Where.
    pub node: At<String>,
    /// Its kind.
    pub timer: At<String>,
    /// Which of those.
    #[serde(default = "first")]
    pub nth: u32,
}

/// A sync under way.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncedText {
    /// Where.
    pub node: At<String>,
    /// Which.
    #[serde(default = "first")]
    pub nth: u32,
}

fn first() -> u32 {
    1
}

/// What a scenario's field `schedule` lays down.
pub fn resolve(names: &Names, plan: &Plan, text: &ScheduleText, root: &Node) -> Checked<Schedule> {
    if plan.commands().is_err() {
        let mistake =
            Mistake::says("beside a schedule, operations are a list: each names its client, and none waits");
        let place = root.field("schedule").map_or(0..0, |field| field.name_span.clone());
        return Err(mistake.at(place).note("write  at:  and  by: \"c1\"  in the workload"));
    }
    let step = |at: &At<StepText>| step(names, &at.value).map_err(|mistake| mistake.at(at.span.clone()));
    Ok(Schedule {
        steps: text.steps.iter().map(step).collect::<Checked<_>>()?,
        tick: text.tick.map_or(LocalSpan::seconds(1), |tick| LocalSpan(tick.0)),
        syncs_at_once: text.syncs == SyncsText::AtOnce,
    })
}

fn step(names: &Names, text: &StepText) -> Checked<Step> {
    let letter = |text: &LetterText| -> Checked<Letter> {
        let (from, to) = (names.node(&text.from)?, names.node(&text.to)?);
        Ok(Letter { kind: text.kind.value.clone(), from, to, nth: nth(text.nth)? })
    };
    let choice = match text {
        StepText::Choose(answers, step_text) => {
            return Ok(Step { answers: answers.clone(), ..step(names, step_text)? });
        }
        StepText::Deliver(text) => Choice::Deliver(letter(text)?),
        StepText::Duplicate(text) => Choice::Duplicate(letter(text)?),
        StepText::Drop(text) => Choice::Drop(letter(text)?),
        StepText::Expire(text) => {
            let node = names.node(&text.node)?;
            Choice::Expire(Alarm { node, kind: text.timer.value.clone(), nth: nth(text.nth)? })
        }
        StepText::Synced(text) => Choice::Synced(names.node(&text.node)?, nth(text.nth)?),
        StepText::Ask(client) => Choice::Ask(names.node(client)?),
        StepText::Crash(node) => Choice::Crash(names.node(node)?, 0),
        StepText::Tear(node, survive) => Choice::Crash(names.node(node)?, *survive),
        StepText::Restart(node) => Choice::Restart(names.node(node)?),
        StepText::Tick(node) => Choice::Tick(names.node(node)?),
    };
    Ok(Step { choice, answers: Vec::new() })
}

fn nth(nth: u32) -> Checked<u32> {
    if nth == 0 { Err(Mistake::says("nth counts from 1")) } else { Ok(nth) }
}

impl KindNames {
    /// Adds the kinds that a schedule names.
    pub fn add_schedule(&mut self, text: &ScheduleText) {
        for step in &text.steps {
            let mut step = &step.value;
            while let StepText::Choose(_, inner) = step {
                step = inner;
            }
            match step {
                StepText::Deliver(letter) | StepText::Duplicate(letter) | StepText::Drop(letter) => {
                    self.messages.push(letter.kind.clone());
                }
                StepText::Expire(alarm) => self.timers.push(alarm.timer.clone()),
                _ => {}
            }
        }
    }
}

/// A schedule as a scenario writes it, each step on a line, with a comment where there is one for it.
pub fn written(schedule: &Schedule, cluster: &Cluster, notes: &[String]) -> String {
    let mut text = String::from("(");
    if schedule.syncs_at_once {
        text += "syncs: AtOnce, ";
    }
    if schedule.steps.iter().any(|step| matches!(step.choice, Choice::Tick(_))) {
        text += &format!("tick: \"{}\", ", SimSpan(schedule.tick.0));
    }
    text += "steps: [";
    let notes = notes.iter().map(String::as_str).chain(std::iter::repeat(""));
    for (step, note) in schedule.steps.iter().zip(notes) {
        let comment = if note.is_empty() { String::new() } else { format!("  // {}", note.replace('\n', " ")) };
        text += &format!("\n    {},{comment}", step_written(step, cluster));
    }
    text + "\n  ])"
}

/// A step as a scenario writes it.
pub fn step_written(step: &Step, cluster: &Cluster) -> String {
    let choice = choice_written(&step.choice, cluster);
    if step.answers.is_empty() { choice } else { format!("Choose({:?}, {choice})", step.answers) }
}

fn choice_written(choice: &Choice, cluster: &Cluster) -> String {
    let name = |node: &NodeId| format!("{:?}", cluster.name(*node));
    let which = |nth: u32| if nth == 1 { String::new() } else { format!(", nth: {nth}") };
    let letter = |word: &str, letter: &Letter| {
        let Letter { kind, from, to, nth } = letter;
        format!("{word}(kind: {kind:?}, from: {}, to: {}{})", name(from), name(to), which(*nth))
    };
    match choice {
        Choice::Deliver(what) => letter("Deliver", what),
        Choice::Duplicate(what) => letter("Duplicate", what),
        Choice::Drop(what) => letter("Drop", what),
        Choice::Expire(Alarm { node, kind, nth }) => {
            format!("Expire(node: {}, timer: {kind:?}{})", name(node), which(*nth))
        }
        Choice::Synced(node, nth) => format!("Synced(node: {}{})", name(node), which(*nth)),
        Choice::Ask(client) => format!("Ask({})", name(client)),
        Choice::Crash(node, 0) => format!("Crash({})", name(node)),
        Choice::Crash(node, survive) => format!("Tear({}, {survive})", name(node)),
        Choice::Restart(node) => format!("Restart({})", name(node)),
        Choice::Tick(node) => format!("Tick({})", name(node)),
    }
}

/// Fields of a scenario that mean nothing where its order is laid down. The seed stays: what nodes choose as they boot is
/// drawn; and so do clocks, which stand where they are set.
const WITHOUT: &[&str] = &["faults", "network", "explore", "schedule", "expect", "ask", "until", "look"];

impl Scenario {
    /// The same scenario with its order laid down, as a text that reads back; `expect` is what must turn out.
    pub fn scheduled(&self, schedule: &Schedule, expect: &[String]) -> String {
        let mut tree = self.tree.clone();
        if let Kind::Record(Body::Fields(fields)) | Kind::Word(_, Some(Body::Fields(fields))) = &mut tree.kind {
            fields.retain(|field| !WITHOUT.contains(&field.name.as_str()));
        }
        laid_down(&tree, &self.plan.cluster, schedule, expect, &[])
    }

    /// The same scenario with its order laid down and all else as it is; `notes` are comments on the steps.
    pub fn laid_down(&self, schedule: &Schedule, expect: &[String], notes: &[String]) -> String {
        laid_down(&self.tree, &self.plan.cluster, schedule, expect, notes)
    }
}

fn laid_down(tree: &Node, cluster: &Cluster, schedule: &Schedule, expect: &[String], notes: &[String]) -> String {
    let head = tree.pretty();
    let head = head.trim_end().strip_suffix(')').unwrap_or(&head).trim_end().trim_end_matches(',').to_owned();
    let schedule = written(schedule, cluster, notes);
    let text = format!("{head},\n  schedule: {schedule},\n  expect: [{}],\n)\n", expect.join(", "));
    debug_assert!(parse(&text).is_ok(), "{text}");
    text
}
