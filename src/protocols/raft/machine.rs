//! The state machine that the log is for: a store of keys and values that carries out a client's command once (§8).

use super::messages::{Action, Call, Command};
use crate::node::{NodeId, OperationId, Outcome, node_value};
use crate::protocols::store::Store;
use std::collections::BTreeMap;

node_value! {
    /// Keys with their values, and what clients were answered. All of it belongs in a snapshot: a server that forgot
    /// the sessions would carry out a repeated command again.
    #[derive(Default)]
    pub struct Machine {
        values: Store,
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
    /// The keys and their values.
    pub fn values(&self) -> &Store {
        &self.values
    }

    /// Carries out a command, unless that has been done before. Says what its client is to be told, if anything.
    pub fn apply(&mut self, command: &Command) -> Option<Outcome> {
        let Action::Call(call) = command.action() else { return None };
        match self.known(call) {
            Known::Done(outcome) => Some(outcome),
            Known::Forgotten => None,
            Known::New => {
                let outcome = self.values.execute(&call.op);
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
