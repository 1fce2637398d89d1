//! Who sought to lead, who voted, who led, and how long nobody did.

use super::faults::FEW;
use super::moment::Moment;
use super::survey::{Survey, Term, arrival_behind};
use crate::node::{EventId, Fact, Fault, NodeId, SimSpan};
use crate::trace::record::EventKind;
use crate::trace::words::{count_of, listed, names};
use std::ops::RangeInclusive;

pub(super) fn tell(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    let mut earlier: Option<(u64, &Term)> = None;
    let fruitless = fruitless(survey);
    for (&(_, number), term) in &survey.terms {
        let before = earlier.replace((number, term));
        match fruitless.iter().find(|series| series.contains(&number)) {
            Some(series) if *series.start() == number => moments.push(in_vain(survey, series)),
            Some(_) => {}
            None => candidacies(survey, number, term, before, moments),
        }
        for &(event, node) in &term.leaders {
            moments.push(accession(survey, number, term, event, node));
        }
    }
    abdications(survey, moments);
    let (first, last) = {
        let mut led = moments.iter_mut().filter(|moment| moment.class == "election won");
        (led.next().map(|moment| moment.at), led.next_back().map(|moment| moment.at))
    };
    // The first and the last are told before those between them; where there are many, each is worth less.
    let won = moments.iter().filter(|moment| moment.class == "election won").count();
    let mut nth = 0;
    for moment in moments.iter_mut().filter(|moment| moment.class == "election won") {
        nth += 1;
        if Some(moment.at) == first || Some(moment.at) == last {
            moment.weight += 5;
        } else if won > MANY {
            moment.weight = moment.weight.saturating_sub(20 + nth.min(20)).max(43);
            // The sum of it is told at the end.
            moment.aside.clear();
        }
    }
    if won > MANY {
        moments.push(reckoning(survey, won));
    }
}

/// More elections than this are summed up as well.
const MANY: usize = 5;
/// So many fruitless terms in a row are told as one thing.
const FRUITLESS: usize = 3;

/// Terms in a row, after the first of them, in which some stood and nobody led; a fault ends a row.
fn fruitless(survey: &Survey<'_>) -> Vec<RangeInclusive<u64>> {
    let stood = survey.terms.iter().filter(|(_, term)| term.leaders.is_empty() && !term.candidates.is_empty());
    let stood: Vec<(u64, EventId)> = stood.map(|((_, number), term)| (*number, term.candidates[0].0)).collect();
    let faults = |id: EventId| survey.trace.faults().partition_point(|fault| fault.event < id);
    let rows = stood.chunk_by(|a, b| a.0 + 1 == b.0 && faults(a.1) == faults(b.1));
    rows.filter(|row| row.len() > FRUITLESS).map(|row| row[1].0..=row[row.len() - 1].0).collect()
}

/// Candidates who stand again and again.
fn in_vain(survey: &Survey<'_>, series: &RangeInclusive<u64>) -> Moment {
    let terms: Vec<&Term> =
        survey.terms.iter().filter(|((_, number), _)| series.contains(number)).map(|(_, term)| term).collect();
    let mut who: Vec<NodeId> = terms.iter().flat_map(|term| &term.candidates).map(|stood| stood.1).collect();
    who.sort();
    who.dedup();
    let most = terms.iter().flat_map(|term| {
        term.candidates.iter().map(|stood| term.votes.iter().filter(|vote| vote.2 == stood.1).count())
    });
    let (most, needed) = (most.max().unwrap_or(0), survey.voters(who[0]) / 2 + 1);
    let who: Vec<String> = who.iter().map(|node| survey.trace.cluster().name(*node).to_owned()).collect();
    let stand = if who.len() == 1 { "stands" } else { "stand" };
    let (from, to) = (series.start(), series.end());
    let votes = match most < needed {
        true => format!("at most {} of {needed} needed", count_of(most, "vote")),
        false => format!("never {needed} votes in time"),
    };
    let text = format!("{} {stand} again and again, terms {from}-{to}: {votes}", listed(&who));
    Moment::new(terms[0].candidates[0].0, 64, "fruitless candidacy", text)
}

/// What all elections together cost.
fn reckoning(survey: &Survey<'_>, won: usize) -> Moment {
    let trace = survey.trace;
    let end = EventId(trace.len() as u32 - 1);
    let (mut none, mut longest, mut led_until) = (0, 0, None);
    for reign in &survey.reigns {
        let from = trace.record(reign.from).time();
        if let Some(until) = led_until.filter(|until| *until < from) {
            let gap = from.since(until).0;
            (none, longest) = (none + gap, longest.max(gap));
        }
        let until = trace.record(reign.until.unwrap_or(end)).time();
        led_until = led_until.max(Some(until));
    }
    let first = survey.reigns.first().map_or(end, |reign| reign.from);
    let all = trace.record(end).time().since(trace.record(first).time());
    let text = format!(
        "{won} elections won in all; nobody led for {} of {}, at the longest {}",
        millis(SimSpan(none)),
        millis(all),
        millis(SimSpan(longest))
    );
    Moment::new(survey.reigns.last().map_or(end, |reign| reign.from), 90, "sum", text).untimed()
}

/// Those who stood in one term: the first, and its rivals.
fn candidacies(
    survey: &Survey<'_>,
    number: u64,
    term: &Term,
    before: Option<(u64, &Term)>,
    moments: &mut Vec<Moment>,
) {
    let Some(&(first, node)) = term.candidates.first() else { return };
    if let Some((number, before)) =
        before.filter(|before| before.1.leaders.is_empty() && before.1.candidates.len() > 1)
    {
        let text = format!("term {number} elects nobody: {}", tally(survey, before, first));
        let weight = if moments.iter().any(|moment| moment.class == "split vote") { 45 } else { 62 };
        moments.push(Moment::new(first, weight, "split vote", text).unnamed());
    }
    let is_first = before.is_none();
    let text = format!("{}: candidate, term {number}", reason_to_stand(survey, first, node, is_first));
    let won = term.leaders.first().is_some_and(|leader| leader.1 == node);
    let weight = if won && survey.reigns.len() <= MANY { 58 } else { 46 };
    moments.push(candidacy(survey, first, node, weight, text));
    let weight = if survey.reigns.len() <= MANY { 48 } else { 42 };
    for &(event, rival) in term.candidates[1..].iter().filter(|stood| stood.1 != node) {
        let name = survey.trace.cluster().name(rival);
        let text = match (is_forced(survey, event, rival), term.leaders.first()) {
            (true, Some(&(leads, _))) if leads < event => {
                format!("{name}'s timer is made to end: it stands in term {number} too")
            }
            (false, Some(&(leads, _))) if leads < event => {
                format!("{name} has not heard, and stands in term {number} too")
            }
            (true, _) => format!("{name}'s timer is made to end: rivals in one term"),
            (false, _) => format!("{name} too: rivals in one term"),
        };
        moments.push(candidacy(survey, event, rival, weight, text));
    }
}

/// A candidacy; one that a fault brought about is told in place of the fault.
fn candidacy(survey: &Survey<'_>, event: EventId, node: NodeId, weight: u32, text: String) -> Moment {
    if is_forced(survey, event, node) {
        let weight = if survey.trace.faults().len() <= FEW { FORCED } else { weight };
        return Moment::new(event, weight, FORCED_CANDIDACY, text).mark('!');
    }
    Moment::new(event, weight, "candidacy", text)
}

/// How much a candidacy weighs that one of few faults brought about.
const FORCED: u32 = 70;
/// What such a candidacy counts as.
pub(super) const FORCED_CANDIDACY: &str = "forced candidacy";

/// Whether a node stands because a fault made its timer end.
fn is_forced(survey: &Survey<'_>, event: EventId, node: NodeId) -> bool {
    let trace = survey.trace;
    let forced = trace.previous(trace.handler_of(event)).and_then(|before| trace.fault(before));
    forced.is_some_and(|record| matches!(&record.fault, Fault::Expire(who, _) if *who == node))
}

/// Who voted for whom, as far as had happened by some event.
fn tally(survey: &Survey<'_>, term: &Term, by: EventId) -> String {
    let all = term.candidates.first().map_or(0, |candidate| survey.voters(candidate.1));
    let needed = all / 2 + 1;
    let mut parts = Vec::new();
    for &(_, candidate) in &term.candidates {
        let votes = term.votes.iter().filter(|vote| vote.2 == candidate && vote.0 < by).count();
        let late = if votes >= needed { ", lost or late" } else { "" };
        parts.push(format!("{} has {votes}{late}", survey.trace.cluster().name(candidate)));
    }
    parts.dedup();
    format!("{} of {needed} votes needed", parts.join("; "))
}

/// Why a node stands: its timer ended, and what it had heard since that timer was set.
fn reason_to_stand(survey: &Survey<'_>, event: EventId, node: NodeId, first_ever: bool) -> String {
    let trace = survey.trace;
    let name = trace.cluster().name(node);
    let handler = trace.handler_of(event);
    if trace.record(handler).kind() != EventKind::TimerFired {
        let after = arrival_behind(trace, event).and_then(|at| Some((trace.name(at), trace.peer(at)?)));
        let after = after.map(|(what, peer)| format!(" after {what} from {}", trace.cluster().name(peer)));
        return format!("{name} stands{}", after.unwrap_or_default());
    }
    if is_forced(survey, event, node) {
        return format!("{name}'s timer is made to end");
    }
    let Some(set) = trace.record(handler).cause() else { return format!("{name}'s timeout ends") };
    let stood = trace.fact(set).or_else(|| trace.next(set).and_then(|next| trace.fact(next)));
    if matches!(stood, Some(Fact::BecameCandidate { .. })) {
        return format!("{name} has not won in time");
    }
    match silence(survey, handler, node) {
        _ if first_ever => format!("{name}'s timeout ends first"),
        Some(span) => format!("{name} hears nothing for {}", millis(span)),
        None => format!("{name}'s timeout ends"),
    }
}

/// How long a node had heard nothing from its own group when a timer of its ended, where it had heard nothing since
/// the timer was set.
pub(in crate::trace) fn silence(survey: &Survey<'_>, timer: EventId, node: NodeId) -> Option<SimSpan> {
    let trace = survey.trace;
    let set = trace.record(timer).cause()?;
    let mut at = trace.previous(timer)?;
    while at > set {
        let peer = trace.peer(at).filter(|_| trace.record(at).kind() == EventKind::Deliver);
        if peer.is_some_and(|peer| survey.group(peer) == survey.group(node)) {
            return None;
        }
        at = trace.previous(at)?;
    }
    Some(trace.record(timer).time().since(trace.record(set).time()))
}

/// A span as whole milliseconds; below one as it is, above ten seconds in tenths of a second.
pub(in crate::trace) fn millis(span: SimSpan) -> String {
    match span.0 {
        0..1_000_000 => span.to_string(),
        1_000_000..9_999_500_000 => format!("{} ms", (span.0 + 500_000) / 1_000_000),
        ns => format!("{}.{} s", ns / 1_000_000_000, ns / 100_000_000 % 10),
    }
}

/// `n3+n1+n5 = 3 votes of 5: n3 LEADS term 1`, and what is to be said beneath it.
fn accession(survey: &Survey<'_>, number: u64, term: &Term, event: EventId, node: NodeId) -> Moment {
    let trace = survey.trace;
    let name = trace.cluster().name(node);
    let votes = term.votes_before(trace, node, event);
    let all = survey.voters(node);
    let mut text = if votes.is_empty() {
        format!("{name} LEADS term {number}")
    } else if is_minority(votes.len(), all) {
        let voters = names(trace, votes.iter().map(|vote| vote.1));
        format!("{name} counts a majority, LEADS term {number}; only {voters} declared a vote")
    } else {
        let voters = names(trace, votes.iter().map(|vote| vote.1)).replace(' ', "+");
        let equals = match votes.len() {
            1 => " alone".to_owned(),
            count if number == 1 => format!(" = {count} votes"),
            count => format!(" = {count}"),
        };
        format!("{voters}{equals} of {all}: {name} LEADS term {number}")
    };
    let rivals = term.followers.iter().filter(|(at, rival)| {
        *at > event && term.candidates.iter().any(|candidate| candidate.1 == *rival) && *rival != node
    });
    let rivals: Vec<String> = rivals.map(|rival| trace.cluster().name(rival.1).to_owned()).collect();
    let gives_way = (1..=3)
        .contains(&rivals.len())
        .then(|| format!("; {} {} way", listed(&rivals), if rivals.len() == 1 { "gives" } else { "give" }));
    text.extend(gives_way.as_deref());
    let mut moment = Moment::new(event, 80, "election won", text).mark('*');
    if !votes.is_empty() && !is_minority(votes.len(), all) {
        let voters: Vec<String> = votes.iter().map(|vote| trace.cluster().name(vote.1).to_owned()).collect();
        let votes = count_of(votes.len(), "vote");
        let gives = gives_way.as_deref().unwrap_or_default();
        moment = moment
            .spoken(format!("{name} leads term {number} with {votes} of {all}, from {}{gives}", listed(&voters)));
    }
    if let Some(line) = leaderless(survey, event, node, term) {
        moment.aside.push(line);
    }
    let unaware = survey
        .leads_at(event)
        .filter(|reign| reign.node != node && reign.term != number && survey.group(reign.node) == survey.group(node));
    for reign in unaware {
        let old = trace.cluster().name(reign.node);
        moment.below.push(format!("{old} does not know: in its own eyes it still leads term {}", reign.term));
        moment.weight += 10;
    }
    for (other_event, other) in term.leaders.iter().filter(|(at, other)| *at < event && *other != node) {
        let other = trace.cluster().name(*other);
        moment.below.push(format!("TWO LEADERS in term {number}: {other} since {other_event}"));
        moment.mark = '!';
        moment.weight += 100;
    }
    moment
}

/// Whether so many votes elect nobody: a leader that has no more was given votes that their givers never declared.
pub(in crate::trace) fn is_minority(votes: usize, voters: usize) -> bool {
    2 * votes <= voters
}

/// How long nobody led, where a leader was lost before.
fn leaderless(survey: &Survey<'_>, event: EventId, node: NodeId, term: &Term) -> Option<String> {
    let trace = survey.trace;
    let last =
        survey.reigns.iter().filter(|reign| reign.from < event && survey.group(reign.node) == survey.group(node));
    let last = last.max_by_key(|reign| reign.until.unwrap_or(event))?;
    let lost = last.until.filter(|until| *until < event)?;
    let span = |until: EventId| trace.record(until).time().since(trace.record(lost).time());
    let stood = survey.terms.range(..).filter(|((_, number), _)| *number > last.term);
    let stood = stood.flat_map(|(_, term)| &term.candidates).map(|candidate| candidate.0).find(|at| *at > lost)?;
    let waited = if stood < event && !term.candidates.is_empty() {
        format!(", {} of them before anyone stood", (span(stood).0 + 500_000) / 1_000_000)
    } else {
        String::new()
    };
    Some(format!("{} leaderless{waited}", millis(span(event))))
}

/// Leaders who learn that they no longer lead.
fn abdications(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    let trace = survey.trace;
    for reign in &survey.reigns {
        let Some(until) = reign.until.filter(|until| trace.fact(*until).is_some()) else { continue };
        let name = trace.cluster().name(reign.node);
        let text = match trace.fact(until) {
            Some(Fact::BecameFollower { term }) if *term > reign.term => {
                format!("{name} hears of term {term}: it leads no more")
            }
            Some(Fact::BecameFollower { .. }) => format!("{name} gives up the lead of term {}", reign.term),
            _ => continue,
        };
        moments.push(Moment::new(until, 52, "step down", text));
    }
}
