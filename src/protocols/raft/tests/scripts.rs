//! Golden scripts: each file in `testscripts` is named for the behaviour that it shows.

use super::super::{Config, Raft, Timer};
use super::lab::Lab;
use crate::node::{Datum, Op};
use goldenscript::{Command, Context, Runner};
use std::error::Error;
use std::fmt::Write as _;

/// Runs every script. To accept new output: `UPDATE_GOLDENFILES=1 cargo test raft`.
#[test]
fn scripts() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/protocols/raft/testscripts");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        goldenscript::run(&mut Script { lab: None }, &path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    }
}

struct Script {
    lab: Option<Lab<Raft>>,
}

impl Runner for Script {
    type Command = Command;

    /// `cluster n1 n2 .. [pre_vote=true] [check_quorum=true] [snapshot_every=n] [max_batch=n] [n1="1 1 2"]`, then
    /// `fire NODE TIMER`, `crash`, `restart`, `isolate`, `rejoin NODE`, `put KEY NUMBER`, `get KEY`, `pass FROM TO`
    /// (the oldest message), `deliver`, `lose` and `state`.
    fn run(&mut self, command: &Command, _: &Context) -> Result<String, Box<dyn Error>> {
        let mut args = command.consume_args();
        if command.name == "cluster" {
            let config = config(command)?;
            let servers: Vec<&str> = std::iter::from_fn(|| args.next_pos()).collect();
            self.lab = Some(Lab::new(&servers, config));
        }
        let lab = self.lab.as_mut().ok_or("no cluster yet")?;
        let mut next = || args.next_pos().ok_or("too few arguments");
        match command.name.as_str() {
            "cluster" => {}
            "fire" => lab.fire(next()?, timer(next()?)?),
            "crash" => lab.crash(next()?),
            "restart" => lab.restart(next()?),
            "isolate" => {
                let id = lab.id(next()?);
                lab.isolated.insert(id);
            }
            "rejoin" => {
                let id = lab.id(next()?);
                lab.isolated.remove(&id);
            }
            "put" => {
                lab.operate(Op::Put(next()?.into(), Datum::Int(next()?.parse()?)));
            }
            "get" => {
                lab.operate(Op::Get(next()?.into()));
            }
            "pass" => lab.step(next()?, next()?),
            "deliver" => lab.deliver(),
            "lose" => lab.wire.clear(),
            "state" => return Ok(state(lab)),
            other => return Err(format!("no command {other}").into()),
        }
        Ok(lab.journal.drain(..).fold(String::new(), |text, line| text + &line + "\n"))
    }
}

fn config(command: &Command) -> Result<Config, Box<dyn Error>> {
    let mut config = Config::default();
    let mut args = command.consume_args();
    while let Some((key, value)) = args.next_key() {
        match key {
            "pre_vote" => config.pre_vote = value.parse()?,
            "check_quorum" => config.check_quorum = value.parse()?,
            "snapshot_every" => config.snapshot_every = Some(value.parse()?),
            "max_batch" => config.max_batch = value.parse()?,
            name => {
                let terms: Result<Vec<u64>, _> = value.split(' ').map(str::parse).collect();
                config.logs.insert(name.to_owned(), terms?);
            }
        }
    }
    config.check()?;
    Ok(config)
}

fn timer(name: &str) -> Result<Timer, Box<dyn Error>> {
    let timers = [Timer::Election, Timer::Heartbeat, Timer::Retry, Timer::CheckQuorum, Timer::Loyalty];
    Ok(timers.into_iter().find(|timer| format!("{timer:?}") == name).ok_or("no such timer")?)
}

/// One line for each server.
fn state(lab: &Lab<Raft>) -> String {
    let mut text = String::new();
    for &id in lab.cluster.group("replica") {
        let name = lab.cluster.name(id);
        let server = lab.server(name);
        let (role, disk) = (server.badge().role, &server.persistent);
        let (snapshot, commit) = (disk.snapshot_index(), server.volatile.commit_index);
        let terms = lab.terms(name);
        let _ = writeln!(
            text,
            "{name} {role} term {} snapshot {snapshot} log {terms:?} commit {commit}",
            disk.current_term
        );
    }
    text
}
