//! What makes a run a failure: what it did that its scenario does not expect.

use crate::check::{Claim, Judge, Promise, Violation};
use crate::scenario::{Judged, Scenario};

/// Violations, seen as the run went, that make it a failure: of promises that were to hold. Where a scenario expects nothing, all are.
pub fn unexpected<'a>(scenario: &'a Scenario, judge: &'a Judge) -> impl Iterator<Item = &'a Violation> {
    judge.violations().filter(move |violation| {
        let held = |claim: &Claim| matches!(claim, Claim::Holds(named) if named.parts().contains(&violation.promise));
        let expected = scenario.expect.iter().any(|expectation| held(&expectation.claim));
        expected || (scenario.expect.is_empty() && violation.promise != Promise::SinglePrimary)
    })
}

/// What a run did that its scenario does not expect; `None` where all is as expected.
pub fn failure_of(scenario: &Scenario, judged: &Judged) -> Option<String> {
    if let Some((_, what)) = broken_as_it_went(scenario, judged) {
        return Some(what);
    }
    scenario.expect.iter().find_map(|expectation| {
        let verdict = judged.judge.verdict(&expectation.claim, judged.end);
        (!verdict.holds).then(|| format!("MISSED {}: {}", expectation.text, verdict.text))
    })
}

/// What is judged at the end of a run, of nodes that are up by then: a fault that has not ended breaks it in any protocol.
const NEEDS_A_QUIET_END: &[Promise] =
    &[Promise::AcksDurable, Promise::BroadcastValidity, Promise::ReliableDelivery, Promise::UniformAgreement];

/// The promise that a run broke and that was to hold, with what is told of it. That something came too late, or had not
/// come by the end, is not counted: faults that were added explain it.
pub fn broken_promise(scenario: &Scenario, judged: &Judged) -> Option<(Promise, String)> {
    broken_as_it_went(scenario, judged).or_else(|| {
        scenario.expect.iter().find_map(|expectation| {
            let Claim::Holds(promise) = expectation.claim else { return None };
            let counts = !promise.parts().iter().any(|part| NEEDS_A_QUIET_END.contains(part));
            let broken = judged.judge.violation(promise).filter(|_| counts)?;
            Some((promise, format!("BROKEN {} at {}: {}", broken.promise, broken.event, broken.headline)))
        })
    })
}

fn broken_as_it_went(scenario: &Scenario, judged: &Judged) -> Option<(Promise, String)> {
    let first = unexpected(scenario, &judged.judge).min_by_key(|violation| violation.event)?;
    Some((first.promise, format!("BROKEN {} at {}: {}", first.promise, first.event, first.headline)))
}
