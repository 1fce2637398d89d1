use super::*;
use crate::check::Feature;

fn asked(seeds: Range<u64>, number: u64, of: u64) -> Asked {
    Asked { seeds, part: Part { number, of }, coverage: false }
}

/// However a sweep is divided, each seed is in one block of one part, and the blocks are those of the whole.
#[test]
fn parts_share_the_blocks_of_the_whole() {
    for seeds in [0..1, 5..8, 0..63, 0..64, 7..1_000, 0..100_000] {
        let whole: Vec<_> = asked(seeds.clone(), 1, 1).blocks(0).collect();
        assert_eq!(whole.iter().cloned().flatten().collect::<Vec<_>>(), seeds.clone().collect::<Vec<_>>());
        for of in 1..6 {
            let part = |number| asked(seeds.clone(), number, of);
            let mut blocks: Vec<_> = (1..=of).flat_map(|number| part(number).blocks(0).collect::<Vec<_>>()).collect();
            blocks.sort_by_key(|block| block.start);
            assert_eq!(blocks, whole, "{seeds:?} of {of}");
            let count: u64 = (1..=of).map(|number| part(number).count()).sum();
            assert_eq!(count, seeds.end - seeds.start);
        }
    }
    assert_eq!(asked(0..1_000_000, 1, 1).blocks(0).count(), 3907);
    assert_eq!(asked(0..1_000, 2, 4).blocks(3).next(), Some(195..210));
    // The last seeds that there are have a last block.
    assert_eq!(asked(u64::MAX - 3..u64::MAX, 1, 1).blocks(0).count(), 3);
}

fn block(seeds: Range<u64>, reached: &[(u64, u64)]) -> Block {
    let feature = |number| Feature::of(number).unwrap();
    let mut all = Reached::default();
    reached.iter().for_each(|(number, seed)| _ = all.add(*seed, &[feature(*number)]));
    Block { seeds, events: 1, failing: vec![], reached: Some(all) }
}

#[test]
fn quiet_counts_from_the_last_block_with_something_new() {
    let mut swept = Swept::default();
    let mut quiet = Vec::new();
    for block in [
        block(0..4, &[(1, 0), (1, 2), (2, 3)]),
        block(4..8, &[(1, 5)]),
        block(8..12, &[(2, 8), (2, 9)]),
        block(12..16, &[(3, 13)]),
        block(16..18, &[(1, 16)]),
    ] {
        swept.add(block);
        quiet.push(swept.quiet);
    }
    assert_eq!(quiet, [0, 4, 8, 0, 2]);
    let once: Vec<_> = swept.reached.unwrap().once().map(|(feature, seed)| (feature.number(), seed)).collect();
    assert_eq!(once, [(3, 13)]);
}

/// A block reads back as it was written.
#[test]
fn lines_are_read_as_they_were_written() {
    let text = "{\"sweep\":1,\"version\":\"0.1.0\",\"scenario\":\"s\",\"variant\":null,\"hash\":\"h\",\"seeds\":[0,128],\
        \"part\":[1,1],\"coverage\":\"c\"}\n";
    let mut written = block(0..2, &[(7, 0), (8, 0), (8, 1)]);
    written.failing = vec![Failing { seed: 1, what: "BROKEN \"it\"".to_owned() }];
    let lines = written.lines();
    let (header, blocks, kept) = read(format!("{text}{lines}").as_bytes()).unwrap().unwrap();
    assert_eq!((header.line().as_str(), &blocks[..], kept), (text, &[written][..], text.len() + lines.len()));
    for (was, is) in
        [("\"failing\":1", "\"failing\":2"), ("[0,2]", "[2,4]"), ("[7,0]", "[7,5]"), ("\"seed\":1", "\"seed\":2")]
    {
        let damaged = format!("{text}{}", lines.replacen(was, is, 1));
        let why = read(damaged.as_bytes()).err().map(|why| why.to_string());
        assert_eq!(why.as_deref(), Some("its line 3 is damaged"), "{is}");
    }
}
