//! What a person can do to a run by hand, at the event that is looked at.

use super::branch::{Deed, Entry};
use super::model::Model;
use crate::explore::but::{Change, MessageWord, sending};
use crate::kernel::CLIENTS;
use crate::node::{EventId, NodeId, SimSpan};
use crate::trace::{EventKind, describe};

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    Crash,
    Restart,
    Pause,
    Resume,
    /// Nothing passes between the selected node and the one at the cursor.
    Cut,
    Heal,
    Isolate,
    Drop,
    Delay,
    /// A message on its way comes now.
    Deliver,
    Duplicate,
    ClockBack,
    ClockForward,
    ClockFast,
    DiskFull,
    DiskSlow,
    DiskLoses,
    /// A client is asked to write.
    Ask,
    /// The timers end now that most nodes have set: a split vote, where they are election timers.
    Align,
    /// The selected node's timer ends now.
    Expire,
}

/// How much later a message comes that is delayed, how far a clock is set, and how slow a disk becomes: our choices.
const LATER: SimSpan = SimSpan::millis(100);
const STEP: &str = "5s";
const RATE: i64 = 300_000;
const SLOW: &str = "30ms";

/// What a hand does at the place where the model stands; says why where it can do nothing there.
pub fn deed(model: &mut Model, hand: Hand) -> Result<Deed, String> {
    let (node, after) = (model.focus(), model.cursor);
    let name = model.trace().cluster().name(node).to_owned();
    let of_node = |fault: &str, words: &str| Ok((format!("{fault}({name:?})"), format!("{name} {words}")));
    let clock =
        |change: String, words: String| Ok((format!("Clock({name:?}, {change})"), format!("{name}'s clock {words}")));
    let disk = |mode: String, words: &str| Ok((format!("Disk({name:?}, {mode})"), format!("{name}'s disk {words}")));
    let (does, words) = match hand {
        Hand::Crash => of_node("Crash", "crashes"),
        Hand::Restart => of_node("Restart", "restarts"),
        Hand::Pause => of_node("Pause", "stands still"),
        Hand::Resume => of_node("Resume", "goes on"),
        Hand::Isolate => of_node("Isolate", "is cut off from all others"),
        Hand::Cut => cut(model, node),
        Hand::Heal => Ok(("Heal(All)".to_owned(), "every link is healed".to_owned())),
        Hand::ClockBack => clock(format!("Step(\"-{STEP}\")"), format!("is set back {STEP}")),
        Hand::ClockForward => clock(format!("Step({STEP:?})"), format!("is set on {STEP}")),
        Hand::ClockFast => clock(format!("Rate({RATE})"), "runs 30 % faster".to_owned()),
        Hand::DiskFull => disk("Full".to_owned(), "is full"),
        Hand::DiskSlow => disk(format!("Slow({SLOW:?})"), &format!("takes {SLOW} for a sync")),
        Hand::DiskLoses => disk("Loses".to_owned(), "is as disks are"),
        Hand::Drop => return message(model, MessageWord::Drop, "is lost"),
        Hand::Duplicate => return message(model, MessageWord::Duplicate, "comes twice"),
        Hand::Delay => return message(model, MessageWord::Delay(LATER), &format!("comes {LATER} later")),
        Hand::Deliver => return deliver(model, node),
        Hand::Ask => return ask(model),
        Hand::Align => return align(model),
        Hand::Expire => return expire(model, node),
    }?;
    Ok(Deed { after, words, entries: vec![entry(model, after, &does)] })
}

fn entry(model: &Model, after: EventId, does: &str) -> Entry {
    let expect = describe(model.trace(), after);
    Entry { list: "faults", text: format!("(after: (event: {}, expect: {expect:?}), do: {does})", after.0) }
}

/// The link is cut between the selected node and the one that the event at the cursor is about.
fn cut(model: &Model, node: NodeId) -> Result<(String, String), String> {
    let trace = model.trace();
    let ends = [trace.peer(model.cursor), Some(model.node_here())];
    let other = ends.into_iter().flatten().find(|other| *other != node);
    let other = other.ok_or("choose a node with Tab, and an event of another one: the link between both is cut")?;
    let [one, other] = [node, other].map(|node| trace.cluster().name(node));
    Ok((format!("Cut(Between({one:?}, {other:?}))"), format!("{one} and {other} hear nothing of each other")))
}

/// Something is done to the message that the event at the cursor sends or is the end of.
fn message(model: &Model, word: MessageWord, told: &str) -> Result<Deed, String> {
    let send = sending(model.trace(), model.cursor)
        .map_err(|_| "this event is no message: go to one that is sent or received")?;
    to_message(model, send, word, told)
}

/// Something is done to a message. The run departs as it is sent.
fn to_message(model: &Model, send: EventId, word: MessageWord, told: &str) -> Result<Deed, String> {
    let trace = model.trace();
    let text = Change::Message(word, send).entry(trace)?;
    let name = |node: Option<NodeId>| node.map_or("?", |node| trace.cluster().name(node));
    let words = format!("{} from {} to {} {told}", trace.name(send), name(trace.node(send)), name(trace.peer(send)));
    let after = EventId(send.0.saturating_sub(1));
    Ok(Deed { after, words, entries: vec![Entry { list: "faults", text }] })
}

/// The message that the event at the cursor sends comes at once; else the oldest that is on its way to the selected node
/// comes right after this event.
fn deliver(model: &mut Model, node: NodeId) -> Result<Deed, String> {
    let cursor = model.cursor;
    let messages = model.show.session.picture(cursor).messages;
    let trace = model.trace();
    let oldest = messages.iter().map(|flight| flight.send).find(|send| trace.peer(*send) == Some(node));
    let sent_here = Some(cursor).filter(|_| trace.record(cursor).kind() == EventKind::Send);
    let send = sent_here.or(oldest).ok_or_else(|| {
        format!("nothing is on its way to {}: select the receiver with Tab", trace.cluster().name(node))
    })?;
    let (sent, now) = (trace.record(send).time(), trace.record(cursor).time());
    let under_way = SimSpan(now.0 - sent.0 + 1);
    to_message(model, send, MessageWord::Arrive(under_way), &format!("comes {under_way} after its sending"))
}

/// The selected client, or the first, is asked to write something new.
fn ask(model: &Model) -> Result<Deed, String> {
    let (trace, after) = (model.trace(), model.cursor);
    let cluster = trace.cluster();
    let clients = cluster.group(CLIENTS);
    let client = clients.iter().find(|client| **client == model.focus()).or(clients.first());
    let client = cluster.name(*client.ok_or("this scenario has no client who could ask")?);
    let expect = describe(trace, after);
    let text =
        format!("(after: (event: {}, expect: {expect:?}), by: {client:?}, op: Put(\"x\", \"by hand\"))", after.0);
    let words = format!("{client} is asked for x=by hand");
    Ok(Deed { after, words, entries: vec![Entry { list: "workload", text }] })
}

/// The timers that most nodes have set end everywhere at once; where there are election timers, those do.
fn align(model: &mut Model) -> Result<Deed, String> {
    let timers = timers(model);
    let mut names: Vec<(usize, &String)> =
        timers.iter().map(|(_, name)| (timers.iter().filter(|(_, other)| other == name).count(), name)).collect();
    names.sort_by_key(|(count, name)| (std::cmp::Reverse(*name == "Election"), std::cmp::Reverse(*count)));
    let name = match names.first() {
        Some((2.., name)) => (*name).clone(),
        _ => return Err("no two nodes wait for a timer of the same name here".to_owned()),
    };
    let cluster = model.trace().cluster();
    let nodes = timers.iter().filter(|(_, other)| *other == name).map(|(node, _)| cluster.name(*node).to_owned());
    let nodes: Vec<String> = nodes.collect();
    let after = model.cursor;
    let entries = nodes.iter().map(|node| entry(model, after, &format!("Expire({node:?}, {name:?})"))).collect();
    Ok(Deed { after, words: format!("the {name} timers of {} end at once", nodes.join(" ")), entries })
}

fn expire(model: &mut Model, node: NodeId) -> Result<Deed, String> {
    let own = timers(model).into_iter().find(|(other, _)| *other == node);
    let name = model.trace().cluster().name(node).to_owned();
    let (_, timer) = own.ok_or_else(|| format!("{name} waits for no timer that has a name"))?;
    let after = model.cursor;
    let does = format!("Expire({name:?}, {timer:?})");
    Ok(Deed {
        after,
        words: format!("{name}'s {timer} timer ends at once"),
        entries: vec![entry(model, after, &does)],
    })
}

/// The timers that are set, by their kinds, of all nodes.
fn timers(model: &mut Model) -> Vec<(NodeId, String)> {
    let cursor = model.cursor;
    let picture = model.show.session.picture(cursor);
    let ids: Vec<NodeId> = model.trace().cluster().ids().collect();
    let kind = |said: &str| said.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
    let of_node = |(node, state): (NodeId, &crate::scenario::NodePicture)| {
        state.timers.iter().map(move |(said, _)| (node, kind(said))).collect::<Vec<_>>()
    };
    let timers = ids.into_iter().zip(&picture.nodes).flat_map(of_node);
    timers.filter(|(_, name)| !name.is_empty()).collect()
}
