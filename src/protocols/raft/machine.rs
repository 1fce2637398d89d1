//! The state machine that the log is for: a store of keys and values that carries out a client's command once (§8).

use super::messages::{Action, Call, Command, DONE};
use crate::node::{Datum, Key, NodeId, Op, OperationId, Outcome, node_value};
use std::collections::BTreeMap;

node_value! {
    /// Keys with their values, and what clients were answered. All of it belongs in a snapshot: a server that forgot
    /// the sessions would carry out a repeated command again.
    #[derive(Default)]
    pub struct Machine {
        values: BTreeMap<Key, Datum>,
        sessions: BTreeMap<NodeId, Session>,
    }

    /// What one client was answered (dissertation §6.3).
    ///
    /// A client may await several answers at once, so a session keeps each until the client has shown, by the lowest
    /// number that it still awaits, that it needs it no longer.
    #[derive(Default)]
    pub struct Session {
        lowest_awaited: Option<OperationId>,
        outcomes: BTreeMap<OperationId, Outcome>,
    }

    /// What a session knows of a call.
    pub enum Known {
        /// Nothing: it is new.
        New,
        /// It was carried out, and ended so.
        Done(Outcome),
        /// The client awaits no answer any more. Whether it was carried out is forgotten, so it must not be now.
        Forgotten,
    }
}

impl Machine {
    /// Carries out a command, unless that has been done before. Says what its client is to be told, if anything.
    pub fn apply(&mut self, command: &Command) -> Option<Outcome> {
        let Action::Call(call) = command.action() else { return None };
        match self.known(call) {
            Known::Done(outcome) => Some(outcome),
            Known::Forgotten => None,
            Known::New => {
                let outcome = self.execute(&call.op);
                self.sessions.entry(call.client).or_default().remember(call, outcome.clone());
                Some(outcome)
            }
        }
    }

    /// What the client's session knows of this call.
    pub fn known(&self, call: &Call) -> Known {
        let Some(session) = self.sessions.get(&call.client) else { return Known::New };
        match session.outcomes.get(&call.serial) {
            Some(outcome) => Known::Done(outcome.clone()),
            None if Some(call.serial) < session.lowest_awaited => Known::Forgotten,
            None => Known::New,
        }
    }

    /// What a key holds.
    pub fn get(&self, key: &Key) -> Datum {
        self.values.get(key).cloned().unwrap_or_default()
    }

    /// Carries out an operation. What changes nothing because it cannot be done has failed.
    fn execute(&mut self, op: &Op) -> Outcome {
        match op {
            Op::Get(key) => Outcome::Ok(self.get(key)),
            Op::Put(key, value) => self.put(key, value.clone()),
            Op::Delete(key) => self.put(key, Datum::Absent),
            Op::Cas { key, expected, new } if self.get(key) == *expected => self.put(key, new.clone()),
            Op::Append(key, value) => match self.get(key) {
                Datum::Absent => self.put(key, Datum::List([value.clone()].into())),
                Datum::List(items) => self.put(key, Datum::List(items.iter().chain([value]).cloned().collect())),
                Datum::Int(_) | Datum::Text(_) => Outcome::Failed,
            },
            Op::Cas { .. } | Op::Acquire(_) | Op::Release(_) | Op::Broadcast(_) | Op::Do(..) => Outcome::Failed,
        }
    }

    /// Stores a value; to store nothing is to delete.
    fn put(&mut self, key: &Key, value: Datum) -> Outcome {
        match value {
            Datum::Absent => self.values.remove(key),
            value => self.values.insert(key.clone(), value),
        };
        DONE
    }
}

impl Session {
    fn remember(&mut self, call: &Call, outcome: Outcome) {
        if self.lowest_awaited < Some(call.lowest_awaited) {
            self.lowest_awaited = Some(call.lowest_awaited);
            self.outcomes = self.outcomes.split_off(&call.lowest_awaited);
        }
        self.outcomes.insert(call.serial, outcome);
    }
}
