//! Who sought to lead, who voted, who led, and how long nobody did.

use super::moment::Moment;
use super::survey::{Survey, Term};
use crate::node::{EventId, Fact, Fault, NodeId, SimSpan};
use crate::trace::record::EventKind;
use crate::trace::words::{listed, names};

pub(super) fn tell(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    let mut earlier: Option<(u64, &Term)> = None;
    for (&(_, number), term) in &survey.terms {
        let before = earlier.replace((number, term));
        candidacies(survey, number, term, before, moments);
        for &(event, node) in &term.leaders {
            moments.push(accession(survey, number, term, event, node));
        }
    }
    abdications(survey, moments);
    let (first, last) = {
        let mut led = moments.iter_mut().filter(|moment| moment.class == "election won");
        (led.next().map(|moment| moment.at), led.next_back().map(|moment| moment.at))
    };
    // The first and the last are told before those between them.
    for moment in moments.iter_mut().filter(|moment| Some(moment.at) == first || Some(moment.at) == last) {
        moment.weight += 5;
    }
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
        let text = format!("term {number} has no leader: {}", tally(survey, before, first));
        moments.push(Moment::new(first, 62, "split vote", text).unnamed());
    }
    let is_first = before.is_none();
    let text = format!("{}: candidate, term {number}", reason_to_stand(survey, first, node, is_first));
    let won = term.leaders.first().is_some_and(|leader| leader.1 == node);
    moments.push(Moment::new(first, if won { 50 } else { 46 }, "candidacy", text));
    for &(event, rival) in &term.candidates[1..] {
        if term.leaders.first().is_some_and(|&(leads, _)| leads < event) {
            let text =
                format!("{} has not heard, and stands in term {number} too", survey.trace.cluster().name(rival));
            moments.push(Moment::new(event, 48, "candidacy", text));
        } else if rival != node {
            let text = format!("{} too: rivals in one term", survey.trace.cluster().name(rival));
            moments.push(Moment::new(event, 48, "candidacy", text));
        }
    }
}

/// Who voted for whom, as far as had happened by some event.
fn tally(survey: &Survey<'_>, term: &Term, by: EventId) -> String {
    let mut parts = Vec::new();
    for &(_, candidate) in &term.candidates {
        let votes = term.votes.iter().filter(|vote| vote.2 == candidate && vote.0 < by);
        let voters = names(survey.trace, votes.map(|vote| vote.1));
        parts.push(format!("{} had {}", survey.trace.cluster().name(candidate), or_nobody(&voters)));
    }
    parts.dedup();
    let all = term.candidates.first().map_or(0, |candidate| survey.voters(candidate.1));
    format!("{} of {all}", parts.join(", "))
}

fn or_nobody(voters: &str) -> &str {
    if voters.is_empty() { "nobody" } else { voters }
}

/// Why a node stands: its timer ended, and what it had heard since that timer was set.
fn reason_to_stand(survey: &Survey<'_>, event: EventId, node: NodeId, first_ever: bool) -> String {
    let trace = survey.trace;
    let name = trace.cluster().name(node);
    let handler = trace.handler_of(event);
    if trace.record(handler).kind() != EventKind::TimerFired {
        return format!("{name} is heartened to stand");
    }
    let forced = trace.previous(handler).and_then(|before| trace.fault(before));
    if forced.is_some_and(|record| matches!(record.fault, Fault::Expire(..))) {
        return format!("{name}'s timeout is made to end");
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

/// A span as whole milliseconds; below one, as it is.
pub(in crate::trace) fn millis(span: SimSpan) -> String {
    match span.0 {
        0..1_000_000 => span.to_string(),
        ns => format!("{} ms", (ns + 500_000) / 1_000_000),
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
    } else {
        let voters = names(trace, votes.iter().map(|vote| vote.1)).replace(' ', "+");
        let equals = if votes.len() == 1 { " alone".to_owned() } else { format!(" = {} votes", votes.len()) };
        format!("{voters}{equals} of {all}: {name} LEADS term {number}")
    };
    let rivals = term.followers.iter().filter(|(at, rival)| {
        *at > event && term.candidates.iter().any(|candidate| candidate.1 == *rival) && *rival != node
    });
    let rivals: Vec<String> = rivals.map(|rival| trace.cluster().name(rival.1).to_owned()).collect();
    if !rivals.is_empty() && text.len() + rivals.len() * 4 < 44 {
        text += &format!("; {} {} way", listed(&rivals), if rivals.len() == 1 { "gives" } else { "give" });
    }
    let mut moment = Moment::new(event, 80, "election won", text).mark('*');
    if let Some(line) = leaderless(survey, event, node, term) {
        moment.below.push(line);
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
        format!(", {} of them spent waiting", (span(stood).0 + 500_000) / 1_000_000)
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
