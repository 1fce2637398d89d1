//! Whether the clocks of a log can be true, and an order of its events in which causes come first.

use super::{ForeignEvent, Found, LogMistake};

/// The hosts of a log and its events, each after all that came before it.
pub(super) fn check(found: Vec<Found>) -> Result<(Vec<String>, Vec<ForeignEvent>), LogMistake> {
    let mut hosts: Vec<String> = Vec::new();
    let mut place_of = std::collections::BTreeMap::new();
    for event in &found {
        place_of.entry(event.host.clone()).or_insert_with(|| {
            hosts.push(event.host.clone());
            hosts.len() - 1
        });
    }
    let mut events = Vec::with_capacity(found.len());
    for event in found {
        let mut clock = vec![0; hosts.len()];
        for (host, count) in &event.clock {
            let place = place_of.get(host).ok_or_else(|| {
                LogMistake::at(event.line, format!("the clock names {host:?}, a host without events"))
            })?;
            clock[*place] = *count;
        }
        let host = place_of[&event.host];
        if clock[host] == 0 {
            return Err(LogMistake::at(
                event.line,
                format!("the clock has no entry for its own host {:?}", event.host),
            ));
        }
        events.push(ForeignEvent { host, text: event.text, clock, lamport: 0, line: event.line });
    }
    let queues = by_host(&hosts, &events)?;
    refuse_what_is_not_there(&hosts, &events, &queues)?;
    let order = causes_first(&hosts, &events, &queues)?;
    let mut sorted: Vec<Option<ForeignEvent>> = events.into_iter().map(Some).collect();
    let events = order.into_iter().filter_map(|(event, lamport)| {
        let event = sorted[event].take()?;
        Some(ForeignEvent { lamport, ..event })
    });
    Ok((hosts, events.collect()))
}

/// The events of each host in its own order: its clock starts at 1 and has no gaps.
fn by_host(hosts: &[String], events: &[ForeignEvent]) -> Result<Vec<Vec<usize>>, LogMistake> {
    let mut queues = vec![Vec::new(); hosts.len()];
    for (place, event) in events.iter().enumerate() {
        queues[event.host].push(place);
    }
    for (host, queue) in queues.iter_mut().enumerate() {
        let name = &hosts[host];
        queue.sort_by_key(|place| events[*place].clock[host]);
        for (index, place) in queue.iter().enumerate() {
            let (event, expected) = (&events[*place], index as u32 + 1);
            let own = event.clock[host];
            if own < expected {
                let first = index.checked_sub(1).map_or(0, |before| events[queue[before]].line);
                return Err(LogMistake::at(
                    event.line,
                    format!("event {own} of {name:?} stands on line {first} too"),
                ));
            }
            if own > expected && index == 0 {
                return Err(LogMistake::at(event.line, format!("the clock of {name:?} starts at {own}, not at 1")));
            }
            if own > expected {
                let last = expected - 1;
                let text = format!("the clock of {name:?} jumps from {last} to {own}: events between are missing");
                return Err(LogMistake::at(event.line, text));
            }
        }
    }
    Ok(queues)
}

/// Where a host knows less of another than it did at its event before: its clocks forgot, which a vector clock never
/// does. Such a log is counted as it is written.
pub(super) fn forgotten(hosts: &[String], events: &[ForeignEvent]) -> Vec<LogMistake> {
    let mut last: Vec<Option<&ForeignEvent>> = vec![None; hosts.len()];
    let mut forgotten = Vec::new();
    for event in events {
        let before = last[event.host].replace(event);
        let lost = before.and_then(|before| before.clock.iter().zip(&event.clock).position(|(was, is)| is < was));
        if let (Some(before), Some(other)) = (before, lost) {
            let (host, other) = (&hosts[event.host], &hosts[other]);
            let text = format!("{host:?} knew more of {other:?} in its event before, on line {}", before.line);
            forgotten.push(LogMistake::at(event.line, text));
        }
    }
    forgotten
}

fn refuse_what_is_not_there(
    hosts: &[String],
    events: &[ForeignEvent],
    queues: &[Vec<usize>],
) -> Result<(), LogMistake> {
    for event in events {
        for (other, known) in event.clock.iter().enumerate() {
            if *known as usize > queues[other].len() {
                let text = format!("the clock knows event {known} of {:?}, which is not in the log", hosts[other]);
                return Err(LogMistake::at(event.line, text));
            }
        }
    }
    Ok(())
}

/// The events in an order in which causes come first, and otherwise as they stand in the log; each with the length of
/// the longest chain that ends in it.
fn causes_first(
    hosts: &[String],
    events: &[ForeignEvent],
    queues: &[Vec<usize>],
) -> Result<Vec<(usize, u32)>, LogMistake> {
    let mut done: Vec<Vec<u32>> = vec![Vec::new(); hosts.len()];
    let mut order = Vec::with_capacity(events.len());
    while order.len() < events.len() {
        let next = |host: usize| queues[host].get(done[host].len()).copied();
        let is_ready = |event: &usize| {
            let known = events[*event].clock.iter().enumerate();
            known
                .into_iter()
                .all(|(other, count)| other == events[*event].host || done[other].len() >= *count as usize)
        };
        let ready = (0..hosts.len()).filter_map(next).filter(is_ready).min();
        let Some(event) = ready else {
            let stuck = (0..hosts.len()).filter_map(next).min().map_or(0, |event| events[event].line);
            return Err(LogMistake::at(stuck, "the clocks say that this event came before itself"));
        };
        let ForeignEvent { host, clock, .. } = &events[event];
        let told = clock.iter().enumerate().filter(|(other, count)| other != host && **count > 0);
        let told = told.map(|(other, count)| done[other][*count as usize - 1]);
        let lamport = 1 + told.chain(done[*host].last().copied()).max().unwrap_or(0);
        done[*host].push(lamport);
        order.push((event, lamport));
    }
    Ok(order)
}
