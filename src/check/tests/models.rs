//! The model of a log is a vector, and its digests tell logs apart.

use super::super::model::{Chain, Executed};
use crate::node::OperationId;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Push(u8, u8),
    Truncate(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![3 => (0..3u8, 0..3u8).prop_map(|(term, entry)| Step::Push(term, entry)), 1 => (1..20u8).prop_map(Step::Truncate)];
    proptest::collection::vec(step, 0..60)
}

fn build(steps: &[Step]) -> (Chain, Vec<(u8, u8)>) {
    let (mut chain, mut vector) = (Chain::default(), Vec::new());
    for step in steps {
        match *step {
            Step::Push(term, entry) => {
                chain.push(u64::from(term), u64::from(entry));
                vector.push((term, entry));
            }
            Step::Truncate(index) => {
                chain.truncate(u64::from(index));
                vector.truncate(usize::from(index) - 1);
            }
        }
    }
    (chain, vector)
}

proptest! {
    #[test]
    fn digests_are_equal_where_logs_are(one in steps(), other in steps()) {
        let ((one, left), (other, right)) = (build(&one), build(&other));
        prop_assert_eq!(one.last(), left.len() as u64);
        for index in 0..=left.len().min(right.len()) {
            let (a, b) = (one.digest_at(index as u64).unwrap(), other.digest_at(index as u64).unwrap());
            prop_assert_eq!(a == b, left[..index] == right[..index]);
        }
        let common = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
        let difference = (left != right).then_some(common as u64 + 1);
        prop_assert_eq!(one.first_difference(&other), difference);
        for (place, (term, _)) in left.iter().enumerate() {
            prop_assert_eq!(one.term_at(place as u64 + 1), Some(u64::from(*term)));
        }
    }

    #[test]
    fn what_was_executed_is_taken_back_as_it_came(operations in proptest::collection::vec(0..9u32, 0..50), keep in 0..50u64) {
        let run = |ids: &[u32]| {
            let mut executed = Executed::default();
            for (place, id) in ids.iter().enumerate() {
                executed.push(place as u64 + 1, (*id > 0).then_some(OperationId(*id)));
            }
            executed
        };
        let all = run(&operations);
        let kept = &operations[..operations.len().min(keep as usize)];
        let (prefix, expected) = (all.up_to(keep), run(kept));
        prop_assert!(prefix.is_same_as(&expected) && prefix.operations().eq(expected.operations()));
        prop_assert_eq!(prefix.last(), expected.last());
        prop_assert_eq!(prefix.count(), kept.iter().filter(|id| **id > 0).count() as u64);
    }
}
