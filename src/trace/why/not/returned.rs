//! Why a client does not know how its operation ended: what became of its requests and of the answers.

use super::fate::Fate;
use super::{Absence, Asker, Wanted};
use crate::node::{EventId, Fact, NodeId, OperationId};
use crate::trace::record::{EventKind, Trace};
use crate::trace::words::{fact_words, operation_words, shortened};

/// The operation of that label or in those words; of several the last that got no answer.
pub(super) fn find(trace: &Trace, text: &str) -> Result<OperationId, String> {
    let is_it = |label: Option<&str>, words: &str| {
        label == Some(text) || words == text || words.replace('"', "") == text.replace('"', "")
    };
    let operations = trace.operations().iter();
    let found: Vec<OperationId> = operations
        .filter(|record| is_it(record.label.as_deref(), &operation_words(trace, record.operation.id)))
        .map(|record| record.operation.id)
        .collect();
    let returned = |id: &OperationId| {
        trace.facts().any(|(_, _, fact)| matches!(fact, Fact::Returned { operation, .. } if operation == id))
    };
    if let Some(id) = found.iter().rfind(|id| !returned(id)).or(found.last()) {
        return Ok(*id);
    }
    let mut known: Vec<String> =
        trace.operations().iter().map(|record| operation_words(trace, record.operation.id)).collect();
    known.dedup();
    let accepted = if known.is_empty() {
        "in this run nobody is asked for anything".to_owned()
    } else {
        format!("accepted: {}", shortened(known).join(", "))
    };
    Err(format!("nobody is asked for {text:?} here\n{accepted}"))
}

/// No answer names more requests than this.
const REQUESTS: usize = 4;

impl Asker<'_> {
    pub(super) fn returned(&self, id: OperationId) -> Absence {
        let mut absence = Absence::default();
        let record = self.trace.operation_by_id(id).filter(|record| record.event <= self.at);
        let Some(asked) = record.map(|record| record.event) else {
            absence.say("asked", None, "nobody yet");
            absence.takes = "that a client is asked for it.".to_owned();
            return absence;
        };
        let client = self.trace.node(asked).expect("an operation is given to a node");
        let mine: Vec<EventId> = self.facts_of(client, id);
        let end =
            |wanted: fn(&Fact) -> bool| mine.iter().copied().find(|fact| self.trace.fact(*fact).is_some_and(wanted));
        if let Some(event) = end(|fact| matches!(fact, Fact::Returned { .. })) {
            return Absence::has(event);
        }
        let name = self.name(client);
        absence.say(name, Some(asked), format!("is asked for it at {}", self.trace.record(asked).time()));
        let requests = self.requests(asked, client, &mine);
        if requests.is_empty() {
            absence.say(name, None, "has sent nobody a request");
        }
        let skipped = requests.len().saturating_sub(REQUESTS);
        if skipped > 0 {
            absence.say(name, None, format!("{skipped} earlier requests are left out here"));
        }
        for send in requests.into_iter().skip(skipped) {
            self.request(send, client, id, &mut absence);
        }
        let gave_up = end(|fact| matches!(fact, Fact::TimedOut { .. }));
        if let Some(event) = gave_up {
            absence.say(name, Some(event), fact_words(self.trace, event));
        }
        self.effect(id, gave_up.is_some(), &mut absence);
        absence
    }

    /// The facts of a node about an operation, so far.
    fn facts_of(&self, node: NodeId, operation: OperationId) -> Vec<EventId> {
        let of_it = |id: &EventId| self.trace.fact(*id).is_some_and(|fact| fact.operation() == Some(operation));
        self.trace.events_of(node).take_while(|id| *id <= self.at).filter(of_it).collect()
    }

    /// The messages by which a client asked: of the handler that was given the operation, and of those that declared
    /// `Asked`.
    fn requests(&self, asked: EventId, client: NodeId, mine: &[EventId]) -> Vec<EventId> {
        let declared: Vec<(EventId, NodeId)> = mine
            .iter()
            .filter_map(|id| match self.trace.fact(*id) {
                Some(Fact::Asked { server, .. }) => Some((*id, *server)),
                _ => None,
            })
            .collect();
        if declared.is_empty() {
            let own = |id: &EventId| {
                let record = self.trace.record(*id);
                record.kind() == EventKind::Send && record.cause() == Some(asked)
            };
            return self.trace.events_of(client).take_while(|id| *id <= self.at).filter(own).collect();
        }
        declared.into_iter().filter_map(|(id, server)| self.first_sent(client, server, id)).collect()
    }

    /// One request: its way there, what the server did, and the answer's way back.
    fn request(&self, send: EventId, client: NodeId, operation: OperationId, absence: &mut Absence) {
        let Some(server) = self.trace.peer(send) else { return };
        let name = self.name(server);
        absence.say(name, Some(send), self.fate_words(send));
        let Fate::Arrived(arrival) = self.fate(send) else { return };
        let done = self.facts_of(server, operation);
        let done: Vec<EventId> = done.into_iter().filter(|id| *id > arrival).collect();
        for did in &done {
            absence.say(name, Some(*did), fact_words(self.trace, *did));
        }
        match self.answer(arrival, server, client, &done) {
            Some(answer) => absence.say(name, Some(answer), self.fate_words(answer)),
            None => {
                let why = self.silence_words(server).map(|words| format!(": {words}")).unwrap_or_default();
                absence.say(name, None, format!("has not answered{why}"));
            }
        }
    }

    /// The message with which a server answered: the first to the client after it applied the operation, or else of the
    /// handler of the request, through the disk if it had to wait there.
    fn answer(&self, arrival: EventId, server: NodeId, client: NodeId, done: &[EventId]) -> Option<EventId> {
        let trace = self.trace;
        let applied = done.iter().rfind(|id| matches!(trace.fact(**id), Some(Fact::Applied { .. })));
        let to_client = |id: &EventId| trace.record(*id).kind() == EventKind::Send && trace.peer(*id) == Some(client);
        let so_far = || trace.events_of(server).skip_while(|id| *id < arrival).take_while(|id| *id <= self.at);
        if let Some(applied) = applied {
            let same = trace.record(*applied).cause();
            return so_far().find(|id| id > applied && to_client(id) && trace.record(*id).cause() == same);
        }
        let follows = |id: &EventId| {
            let cause = trace.record(*id).cause();
            cause == Some(arrival) || cause.is_some_and(|synced| trace.record(synced).cause() == Some(arrival))
        };
        so_far().find(|id| to_client(id) && follows(id))
    }

    /// Whether it took effect all the same, and what is to be asked next.
    fn effect(&self, id: OperationId, gave_up: bool, absence: &mut Absence) {
        let so_far = |event: EventId| event <= self.at;
        let life = self.survey.life_of(id);
        let applied = life.and_then(|life| life.applied.iter().find(|applied| so_far(applied.0)));
        let logged = life.and_then(|life| life.appended.iter().find(|stored| so_far(stored.0)));
        let committed = life.and_then(|life| life.committed).filter(|event| so_far(*event));
        let what = match (applied, logged) {
            (Some((event, node)), _) => format!("It took effect: {} applied it in {event}. ", self.name(*node)),
            (None, Some((_, _, index))) if committed.is_none() => {
                absence.ask = Some(Wanted::Committed(*index));
                format!("It is in a log, at {index}, and not known to be committed. ")
            }
            _ => String::new(),
        };
        let rest = match (gave_up, applied.is_some()) {
            (true, _) => "Whatever comes now comes too late: the client has given up.",
            (false, true) => "That the answer reaches the client.",
            (false, false) => "That a server does it, and that the answer reaches the client.",
        };
        absence.takes = what + rest;
    }
}
