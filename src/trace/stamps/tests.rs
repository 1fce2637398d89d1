//! Stamps against whole vectors, and what they take at worst.

use super::*;
use proptest::prelude::*;

/// Something that happens in a group of nodes.
#[derive(Clone, Debug)]
enum Happening {
    /// A node has so many events of its own.
    Alone(usize, u32),
    /// A node sends a message.
    Send(usize),
    /// A message that was sent arrives at a node: once, twice, late or never, as it is drawn.
    Arrive(usize, prop::sample::Index),
}

fn happenings(nodes: usize) -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        2 => (0..nodes, prop_oneof![1u32..4, 250u32..260, 1u32..600]).prop_map(|(node, count)| Happening::Alone(node, count)),
        4 => (0..nodes).prop_map(Happening::Send),
        6 => (0..nodes, any::<prop::sample::Index>()).prop_map(|(node, which)| Happening::Arrive(node, which)),
    ];
    prop::collection::vec(one, 0..300)
}

/// Stamps, and beside them the vector of each event of each node, written out.
struct Both {
    stamps: Stamps,
    vectors: Vec<Vec<Vec<u32>>>,
}

impl Both {
    fn new(nodes: usize) -> Self {
        Both { stamps: Stamps::new(nodes), vectors: vec![Vec::new(); nodes] }
    }

    /// The next event of a node, at which a message of event `sent` of `from` arrives, if one does.
    fn event(&mut self, node: usize, arrives: Option<(usize, u32)>) -> u32 {
        let own = self.stamps.count(node);
        let mut vector = self.vectors[node].last().cloned().unwrap_or_else(|| vec![0; self.vectors.len()]);
        vector[node] = own;
        if let Some((from, sent)) = arrives {
            self.stamps.learn(node, own, from, sent);
            let told = &self.vectors[from][sent as usize - 1];
            vector.iter_mut().zip(told).for_each(|(has, told)| *has = (*has).max(*told));
        }
        self.vectors[node].push(vector);
        own
    }

    fn all(nodes: usize, happenings: &[Happening]) -> Self {
        let mut both = Both::new(nodes);
        let mut sent = Vec::new();
        for happening in happenings {
            match happening {
                Happening::Alone(node, count) => (0..*count).for_each(|_| _ = both.event(*node, None)),
                Happening::Send(node) => sent.push((*node, both.event(*node, None))),
                Happening::Arrive(_, _) if sent.is_empty() => {}
                Happening::Arrive(node, which) => _ = both.event(*node, Some(*which.get(&sent))),
            }
        }
        both
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn stamps_say_what_whole_vectors_say((nodes, happenings) in (2usize..6).prop_flat_map(|nodes| (Just(nodes), happenings(nodes)))) {
        let Both { stamps, vectors } = Both::all(nodes, &happenings);
        for node in 0..nodes {
            for (own, vector) in (1u32..).zip(&vectors[node]) {
                prop_assert_eq!(&stamps.vector(node, own), vector, "event {} of {}", own, node);
            }
            for other in (0..nodes).filter(|other| *other != node) {
                // One more than there are: nobody knows of that.
                for own in 1..=vectors[other].len() as u32 + 1 {
                    let first = vectors[node].partition_point(|vector| vector[other] < own);
                    let first = (first < vectors[node].len()).then_some(first as u32 + 1);
                    prop_assert_eq!(stamps.first_to_know(node, other, own), first, "{} of {} at {}", own, other, node);
                }
            }
        }
    }
}

const NODES: usize = 12;
const EVENTS: u32 = 200_000;

/// What stamps of twelve take for an event, once that many events have happened of what is repeated.
fn bytes_an_event(mut repeated: impl FnMut(&mut Stamps, u32)) -> f64 {
    let mut stamps = Stamps::new(NODES);
    let mut round = 0;
    while stamps.own.iter().sum::<u32>() < EVENTS {
        repeated(&mut stamps, round);
        round += 1;
    }
    stamps.shrink();
    stamps.bytes() as f64 / f64::from(stamps.own.iter().sum::<u32>())
}

/// A node hands a token to the next, and in between does so many other things: every arrival has news of all others.
fn token_ring(between: u32) -> f64 {
    bytes_an_event(|stamps, hop| {
        let (from, to) = (hop as usize % NODES, (hop as usize + 1) % NODES);
        (0..between).for_each(|_| _ = stamps.count(from));
        let sent = stamps.count(from);
        let own = stamps.count(to);
        stamps.learn(to, own, from, sent);
    })
}

#[test]
fn however_twelve_nodes_talk_stamps_take_at_most_13_8_bytes_an_event() {
    // The ring with nothing between is as dense as news can be; with gaps about 255 as many steps as can be are written out.
    for between in [0, 1, 5, 20, 21, 22, 23, 252, 253, 254, 255, 300] {
        let each = token_ring(between);
        println!("token ring, {between} events between: {each:.2} bytes an event");
        assert!(each <= 13.8, "{each:.2} bytes an event with {between} between");
    }
    let all_to_all = bytes_an_event(|stamps, round| {
        let from = round as usize % NODES;
        let sent: Vec<u32> = (0..NODES).map(|_| stamps.count(from)).collect();
        for to in (0..NODES).filter(|to| *to != from) {
            let own = stamps.count(to);
            stamps.learn(to, own, from, sent[to]);
        }
    });
    println!("each to all in turn: {all_to_all:.2} bytes an event");
    assert!(all_to_all <= 13.8, "{all_to_all:.2} bytes an event");
}
