//! What nodes decide: *Agreement* (Fischer, Lynch and Paterson, 1985).

use super::claim::Promise;
use super::history::Moment;
use super::judge::Judge;
use super::violation::Violation;
use crate::node::{Datum, EventId, NodeId};

/// The first decision of a run.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    node: NodeId,
    event: EventId,
    value: Datum,
}

impl Judge {
    /// *Agreement*: no two nodes decide differently, nor one node twice.
    pub(super) fn judge_agreement(&mut self, at: Moment, node: NodeId, value: &Datum) {
        let decision = Decision { node, event: at.event, value: value.clone() };
        let Some(first) = &self.decision else {
            self.decision = Some(decision);
            return;
        };
        if first.value == *value {
            return;
        }
        let (first, mut violations) = (first.clone(), std::mem::take(&mut self.violations));
        violations.report(Promise::Agreement, || {
            let (one, other) = (self.name(first.node), self.name(node));
            Violation::new(Promise::Agreement, at, node, "two decisions that differ".to_owned())
                .saw(format!("{one} decides {} in {}", first.value, first.event))
                .saw(format!("{other} decides {value} in {}", at.event))
                .blame([first.event])
        });
        self.violations = violations;
    }
}
