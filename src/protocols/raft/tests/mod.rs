//! The paper's figures, and the pitfalls that people fall into.

mod chaos;
mod figures;
mod lab;
mod mutants;
mod pitfalls;
mod scripts;

use super::{Config, Raft, Timer};
use crate::node::{Datum, Op};
use lab::Lab;

const THREE: &[&str] = &["n1", "n2", "n3"];

/// Three servers of which n1 leads term 1 and everyone knows it.
fn led_by_n1(config: Config) -> Lab<Raft> {
    let mut lab = Lab::new(THREE, config);
    elect(&mut lab, "n1");
    lab
}

/// Elects a server, and lets it make itself heard twice, so that all know what is committed.
fn elect<N: lab::Subject>(lab: &mut Lab<N>, name: &str) {
    lab.fire(name, Timer::Election);
    lab.deliver();
    assert!(lab.leads(name), "{name} leads");
    heartbeat(lab, name);
}

fn heartbeat<N: lab::Subject>(lab: &mut Lab<N>, name: &str) {
    for _ in 0..2 {
        lab.fire(name, Timer::Heartbeat);
        lab.deliver();
    }
}

fn put(key: &str, value: i64) -> Op {
    Op::Put(key.into(), Datum::Int(value))
}

fn add(key: &str, value: i64) -> Op {
    Op::Append(key.into(), Datum::Int(value))
}

fn get(key: &str) -> Op {
    Op::Get(key.into())
}
