//! temporary: opens the debugger. tmp_view [FILE] [--ask] [--panic] [--ascii] [--browse] [--until NS]
#![allow(clippy::disallowed_types)]
use pessimist::node::{EventId, SimTime};
use pessimist::protocols::raft;
use pessimist::scenario::*;
use pessimist::trace::Lines;
use pessimist::tui::*;
use std::sync::Arc;

/// Panics when event 5 is looked at.
struct Bomb(Box<dyn Session>);

impl Session for Bomb {
    fn trace(&self) -> &pessimist::trace::Trace {
        self.0.trace()
    }
    fn over(&self) -> pessimist::kernel::Over {
        self.0.over()
    }
    fn end(&self) -> SimTime {
        self.0.end()
    }
    fn digest(&self) -> Option<&str> {
        self.0.digest()
    }
    fn moments(&self) -> &[Moment] {
        self.0.moments()
    }
    fn applied(&self, rule: pessimist::kernel::RuleId) -> u32 {
        self.0.applied(rule)
    }
    fn picture(&mut self, at: EventId) -> Picture {
        assert!(at.0 != 5, "a panic on purpose");
        self.0.picture(at)
    }
    fn state(&mut self, at: EventId, node: pessimist::node::NodeId) -> Option<pessimist::trace::Tree> {
        self.0.state(at, node)
    }
    fn changes(&mut self, at: EventId) -> Vec<pessimist::trace::Change> {
        self.0.changes(at)
    }
    fn message(&mut self, at: EventId) -> Option<pessimist::trace::Tree> {
        self.0.message(at)
    }
    fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|a| a == flag);
    if has("--browse") {
        let e = |n: &str, t: &str, l: &str| Entry { name: n.into(), title: t.into(), look: l.into() };
        let chosen = browse(
            vec![
                e("start/no-now", "There is no shared now", "Look"),
                e("raft/happy", "All goes well", "Count messages"),
            ],
            has("--ascii"),
            true,
        )?;
        println!("chosen {chosen:?}");
        return Ok(());
    }
    let text = match args.first().filter(|a| !a.starts_with("--")) {
        Some(file) => std::fs::read_to_string(file)?,
        None => include_str!("../tests/data/leader-crash.ron").to_owned(),
    };
    let mut scenario = Scenario::parse("x.ron", &text, None).unwrap_or_else(|e| panic!("{e}"));
    if let Some(at) = args.iter().position(|a| a == "--until") {
        scenario.plan.until = SimTime(args[at + 1].parse().unwrap());
    }
    let config: raft::Config = scenario.protocol.config(&scenario).unwrap_or_else(|e| panic!("{e}"));
    let t = std::time::Instant::now();
    let run =
        Run::<raft::Raft>::new(Arc::new(scenario.plan.clone()), config, Lines::None, &mut (), &mut |_, _| true)?;
    let session: Box<dyn Session> = Box::new(run.unwrap());
    eprintln!("{} events in {:?}", session.trace().len(), t.elapsed());
    let mut questions = Vec::new();
    if has("--ask") {
        questions.push(Question {
            text: "Who leads next?".into(),
            options: ["n1", "n2", "n3", "n5"].map(str::to_owned).to_vec(),
            answer: Some("n2".into()),
            because: "Whoever's random timeout ended first: nothing before tells you.".into(),
            before: session.moments()[0].before,
        });
    }
    let violations =
        vec![Mark { event: EventId(150), headline: "ElectionSafety".into(), lines: vec!["promised  one".into()] }];
    let session: Box<dyn Session> = if has("--panic") { Box::new(Bomb(session)) } else { session };
    view(Show {
        session,
        name: "raft/leader-crash".into(),
        title: scenario.title.clone(),
        look: scenario.look.clone().unwrap_or_default(),
        seed: scenario.plan.seed,
        questions,
        violations,
        start: None,
        ascii: has("--ascii"),
        colour: true,
        command_run: "pessimist run raft/leader-crash".into(),
    })
}
