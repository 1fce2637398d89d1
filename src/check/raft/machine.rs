//! What state machines execute: *State Machine Safety* (Raft, Figure 3; §5.4.3).

use super::super::claim::Promise;
use super::super::history::Moment;
use super::super::judge::Judge;
use super::super::model::First;
use super::super::violation::Violation;
use crate::node::{NodeId, OperationId};

impl Judge {
    pub(in super::super) fn applied_entry(
        &mut self,
        at: Moment,
        node: NodeId,
        index: u64,
        entry: u64,
        operation: Option<OperationId>,
    ) {
        self.judge_order(at, node, index);
        self.judge_state_machine_safety(at, node, index, entry, operation);
        let executed = &mut self.model(node).executed;
        if index > executed.last() {
            executed.push(index, operation);
            if let Some(id) = operation {
                self.group_applies(node);
                self.history.applied(at, node, id, true);
                self.look_for_convergence(at, node);
            }
        }
    }

    /// *State Machine Safety*: if a server has applied a log entry at a given index to its state machine, no other server
    /// will ever apply a different log entry for the same index (Raft, Figure 3; §5.4.3).
    fn judge_state_machine_safety(
        &mut self,
        at: Moment,
        node: NodeId,
        index: u64,
        entry: u64,
        operation: Option<OperationId>,
    ) {
        let Some(first) = self.group(node).applied.get(index, 0) else {
            let first = First { digest: entry, operation, event: at.event, node };
            return self.group(node).applied.insert(index, 0, first);
        };
        if first.digest == entry {
            return;
        }
        let mut violations = std::mem::take(&mut self.violations);
        violations.report(Promise::StateMachineSafety, || {
            let tell =
                |who: NodeId, operation| format!("{} applied {}", self.name(who), self.tell_operation(operation));
            let headline = format!("two different entries applied at {index}");
            Violation::new(Promise::StateMachineSafety, at, node, headline)
                .saw(format!("{} at {index} in {}", tell(first.node, first.operation), first.event))
                .saw(format!("{} at {index} in {}", tell(node, operation), at.event))
                .blame([first.event])
        });
        self.violations = violations;
    }

    /// "All servers apply log entries in log order" (§5.4.3): one after the other, from where the node started.
    fn judge_order(&mut self, at: Moment, node: NodeId, index: u64) {
        let executed = &self.models[node.index()].executed;
        if executed.is_next(index) {
            return;
        }
        let (name, last) = (self.cluster.name(node), executed.last());
        self.violations.report(Promise::StateMachineSafety, || {
            let headline = format!("{name} applies entry {index} after entry {last}");
            Violation::new(Promise::StateMachineSafety, at, node, headline)
                .saw(format!("{name} had applied its log up to {last}, without a snapshot since"))
                .hence(Some("Entries are applied one after the other, each once.".to_owned()))
        });
    }
}
