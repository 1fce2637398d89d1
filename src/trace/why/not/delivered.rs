//! Why a broadcast message is not delivered: what became of it on its way, and what a node that has it waits for.

use super::fate::Fate;
use super::{Absence, Asker};
use crate::node::{EventId, Fact, NodeId};
use crate::trace::record::{EventKind, Trace};
use crate::trace::words::{names, shortened};

/// What is said of a value in this run, as facts write it; the error names what is.
pub(super) fn find(trace: &Trace, text: &str) -> Result<String, String> {
    let mut values: Vec<String> = trace.facts().filter_map(|(_, _, fact)| value(fact)).collect();
    values.extend(trace.operations().iter().filter_map(|record| match &record.operation.op {
        crate::node::Op::Broadcast(value) => Some(value.to_string()),
        _ => None,
    }));
    values.sort();
    values.dedup();
    let is_it = |value: &&String| value.as_str() == text || value.trim_matches('"') == text.trim_matches('"');
    if let Some(value) = values.iter().find(is_it) {
        return Ok(value.clone());
    }
    let accepted = match values.is_empty() {
        true => "in this run nobody broadcasts or delivers anything".to_owned(),
        false => format!("accepted: {}", shortened(values).join(" ")),
    };
    Err(format!("nobody broadcasts {text:?} here\n{accepted}"))
}

fn value(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Broadcast { value } | Fact::Delivered { value, .. } => Some(value.to_string()),
        _ => None,
    }
}

impl Asker<'_> {
    pub(super) fn delivered(&self, wanted: &str, whom: Option<NodeId>) -> Absence {
        let said = || self.trace.facts().take_while(|(id, ..)| *id <= self.at);
        let delivered: Vec<(EventId, NodeId)> = said()
            .filter(|(_, _, fact)| matches!(fact, Fact::Delivered { .. }) && value(fact).as_deref() == Some(wanted))
            .map(|(id, node, _)| (id, node))
            .collect();
        let has = |node: NodeId| delivered.iter().find(|it| it.1 == node).map(|it| it.0);
        let mut missing = self.audience();
        missing.retain(|node| has(*node).is_none() && whom.is_none_or(|whom| whom == *node));
        if let Some(event) = whom.and_then(has) {
            return Absence::has(event);
        }
        if let (true, Some((event, _))) = (missing.is_empty() && whom.is_none(), delivered.last()) {
            return Absence::has(*event);
        }
        let mut absence = Absence::default();
        let sent = said()
            .find(|(_, _, fact)| matches!(fact, Fact::Broadcast { .. }) && value(fact).as_deref() == Some(wanted));
        let Some((sent, sender, _)) = sent else {
            absence.say("sent", None, "by nobody so far: no node has declared that it broadcasts this");
            absence.takes = "that somebody broadcasts it.".to_owned();
            return absence;
        };
        let time = self.trace.record(sent).time();
        absence.say(self.name(sender), Some(sent), format!("broadcast it at {time}"));
        if !delivered.is_empty() {
            let who = names(self.trace, delivered.iter().map(|it| it.1));
            absence.say("has it", delivered.last().map(|it| it.0), format!("delivered by {who}"));
        }
        for node in whom.map_or(missing, |whom| vec![whom]) {
            self.undelivered(node, sender, sent, &mut absence);
        }
        absence
    }

    /// Those who deliver anything in this run, or are of the group that broadcasts.
    fn audience(&self) -> Vec<NodeId> {
        let speaks = |fact: &Fact| matches!(fact, Fact::Delivered { .. });
        let mut nodes: Vec<NodeId> =
            self.trace.facts().filter(|(_, _, fact)| speaks(fact)).map(|(_, node, _)| node).collect();
        if nodes.is_empty() {
            let sends = self.trace.facts().filter(|(_, _, fact)| matches!(fact, Fact::Broadcast { .. }));
            nodes = sends.map(|(_, node, _)| node).collect();
        }
        let groups: Vec<usize> = nodes.iter().map(|node| self.survey.group(*node)).collect();
        self.trace.cluster().ids().filter(|node| groups.contains(&self.survey.group(*node))).collect()
    }

    fn undelivered(&self, node: NodeId, sender: NodeId, sent: EventId, absence: &mut Absence) {
        let name = self.name(node).to_owned();
        let down = self.silent_since(node);
        if let Some(silence) = self.silence_words(node) {
            absence.say(&name, None, silence);
        }
        let earlier = absence.takes.len();
        let handler = self.trace.handler_of(sent);
        if node != sender {
            let own = |id: &EventId| self.trace.record(*id).cause() == Some(handler);
            match self.first_sent(sender, node, handler).filter(own) {
                Some(send) => {
                    absence.say(&name, Some(send), self.fate_words(send));
                    if matches!(self.fate(send), Fate::Flies(_)) {
                        absence.takes += &format!("That it arrives at {name}. ");
                        return;
                    }
                }
                None => absence.say(&name, None, format!("{} did not send it there itself", self.name(sender))),
            }
        }
        if !self.knows(node, sent) {
            absence.takes += &format!("That word of it reaches {name}. ");
            return;
        }
        if down.is_some() {
            absence.takes += &format!("That {name} comes back. ");
            return;
        }
        let causes = self.undelivered_causes(node, sent);
        let explained = !causes.is_empty();
        for (event, from, text) in causes {
            absence.say(
                &name,
                Some(event),
                format!("has not delivered {text} of {}, which came before it", self.name(from)),
            );
            absence.takes += &format!("That {name} delivers {text} first. ");
        }
        let silent: Vec<NodeId> =
            self.audience().into_iter().filter(|other| !explained && *other != node && *other != sender).collect();
        for other in silent.into_iter().filter(|other| !self.heard_since(node, *other, sent)) {
            let silence = self.silence_words(other).map(|words| format!(": {words}")).unwrap_or_default();
            let text = format!("has heard nothing of {} that was sent since{silence}", self.name(other));
            absence.say(&name, None, text);
            absence.takes += &format!("That {name} hears from {}. ", self.name(other));
        }
        if absence.takes.len() == earlier {
            absence.takes += &format!("{name} has all that its facts show; its own rules hold it back. ");
        }
    }

    /// What was broadcast in the past of a broadcast, and not delivered here.
    fn undelivered_causes(&self, node: NodeId, sent: EventId) -> Vec<(EventId, NodeId, String)> {
        let is_cause = |(id, _, fact): &(EventId, NodeId, &Fact)| {
            matches!(fact, Fact::Broadcast { .. }) && self.trace.before(*id, sent)
        };
        let delivered = |wanted: &str| {
            let mut facts = self.back_from_now(node).filter_map(|id| self.trace.fact(id));
            facts.any(|fact| matches!(fact, Fact::Delivered { .. }) && value(fact).as_deref() == Some(wanted))
        };
        let causes = self.trace.facts().take_while(|(id, ..)| *id < sent).filter(is_cause);
        causes
            .filter_map(|(id, from, fact)| Some((id, from, value(fact)?)))
            .filter(|(_, _, text)| !delivered(text))
            .collect()
    }

    /// Whether a node has heard from another something that was sent after that one knew of the broadcast, or that shows
    /// that it is past it.
    fn heard_since(&self, node: NodeId, other: NodeId, sent: EventId) -> bool {
        let is_later = |id: &EventId| {
            let record = self.trace.record(*id);
            record.kind() == EventKind::Deliver
                && self.trace.peer(*id) == Some(other)
                && record.cause().is_some_and(|send| self.trace.before(sent, send))
        };
        self.back_from_now(node).take_while(|id| *id > sent).any(|id| is_later(&id))
    }
}
