use super::{Stand, Tries};

/// Reduces numbers with a predicate, on so many threads; gives what is left and the number of tries.
fn reduced(threads: usize, items: u32, does: impl Fn(&[u32]) -> bool + Sync) -> (Vec<u32>, u64) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let mut ask = |_: Stand| true;
    let mut tries = Tries::new(&mut ask);
    let test = |items: &[u32]| does(items).then(|| items.to_vec());
    let left = pool.install(|| tries.reduce((0..items).collect(), test));
    (left, tries.count())
}

fn has(items: &[u32], wanted: &[u32]) -> bool {
    wanted.iter().all(|item| items.contains(item))
}

#[test]
fn what_matters_is_left_and_nothing_else() {
    let wanted = [3, 400, 401, 402, 999];
    let (left, tries) = reduced(1, 1000, |items| has(items, &wanted));
    assert_eq!(left, wanted);
    assert!(tries < 200, "{tries} tries");
    assert_eq!(reduced(1, 1000, |_| true).0, [0u32; 0]);
    let (left, tries) = reduced(1, 64, |items| items.len() == 64);
    assert_eq!((left.len(), tries), (64, 2 + 4 + 8 + 16 + 32 + 64));
}

#[test]
fn an_item_that_matters_only_beside_another_goes_with_it() {
    // 10 needs 11 from its side: whoever leaves out 11 must leave out 10 too, which comes before it.
    let does = |items: &[u32]| has(items, &[5]) && (!items.contains(&10) || items.contains(&11));
    assert_eq!(reduced(1, 100, does).0, [5]);
}

#[test]
fn threads_change_neither_what_is_found_nor_the_count() {
    let does = |items: &[u32]| has(items, &[7, 70, 71]) || items.iter().filter(|item| **item % 3 == 0).count() > 20;
    let one = reduced(1, 200, does);
    for threads in [2, 3, 8] {
        assert_eq!(reduced(threads, 200, does), one);
    }
}

#[test]
fn two_items_that_need_each_other_go_together() {
    let mut ask = |_: Stand| true;
    let mut tries = Tries::new(&mut ask);
    let test = |items: &[u32]| (items.contains(&1) == items.contains(&4)).then(|| items.to_vec());
    assert_eq!(tries.without_two(&[0, 1, 2, 4], test), Some(vec![1, 4]));
    let only = |items: &[u32]| (has(items, &[2]) && items.contains(&1) == items.contains(&4)).then(|| items.to_vec());
    assert_eq!(tries.without_two(&[1, 2, 4], only), Some(vec![2]));
}

#[test]
fn whoever_does_not_want_to_wait_gets_what_there_is() {
    let mut left = 5;
    let mut ask = |_: Stand| {
        left -= 1;
        left > 0
    };
    let mut tries = Tries::new(&mut ask);
    let items = tries.reduce((0..1000).collect(), |items: &[u32]| has(items, &[3, 999]).then(|| items.to_vec()));
    assert!(tries.is_over());
    assert!(items.len() < 1000 && has(&items, &[3, 999]));
}
