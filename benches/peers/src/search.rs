//! Searches of all states, Pessimist's beside stateright's: how many different states a second.
//!
//! Both search the same protocols, written once (`models`), under the same network, and check the same property in every
//! state; `tests/states.rs` holds that they count the same states, and so does each measurement here. A time includes
//! building the model and taking it down. The two take turns, and ratios are formed within each round.
//!
//! The sides do not do the same work for a state. Stateright keeps 64 bits of a state's fingerprint and its parent's, calls
//! handlers anew for each state, and checks each state's history anew. Pessimist keeps 128 bits and the parent's number, and
//! works out each handler's outcome and each step of a history once.

use crate::{Spread, cell, print_table, rate, ratio};
use pessimist::explore::{Ended, Manner, Report};
use pessimist::kernel::search::{Bounds, Network};
use pessimist::node::Watcher;
use pessimist_peers::models::Protocol;
use pessimist_peers::models::abd::Abd;
use pessimist_peers::models::history::History;
use pessimist_peers::models::lock::Lock;
use pessimist_peers::models::on_pessimist::{Agreement, LastStates, Setting, Tells, searched};
use pessimist_peers::models::on_stateright::{self, Player};
use pessimist_peers::models::paxos::Paxos;
use pessimist_peers::models::ping_pong::{self, PingPong};
use pessimist_peers::models::two_phase::TwoPhase;
use serde_json::{Value, json};
use stateright::actor::ActorModel;
use stateright::{Checker, Model as _};
use std::fmt::Debug;
use std::hash::Hash;
use std::time::Instant;

/// A protocol that both search.
pub struct Model {
    pub name: &'static str,
    /// How often it is measured.
    rounds: usize,
    ours: fn(Manner, usize) -> Report,
    /// Searches depth first, if it is told so, with so many threads; gives the number of states.
    theirs: fn(bool, usize) -> u64,
}

/// All models that are big enough to be measured.
pub const MODELS: &[Model] = &[
    Model {
        name: "ping-pong",
        rounds: 3,
        ours: |manner, jobs| {
            let bounds = Bounds { network: Network::Duplicating, drops: None, ..Bounds::default() };
            ours(PING_PONG, ping_pong::NODES, bounds, (), manner, jobs)
        },
        theirs: |depth, threads| {
            theirs(on_stateright::ping_pong(&PING_PONG, Network::Duplicating, true), depth, threads)
        },
    },
    Model {
        name: "two-phase commit",
        rounds: 3,
        ours: |manner, jobs| {
            ours(TWO_PHASE, TWO_PHASE.nodes(), Bounds::default(), Agreement::default(), manner, jobs)
        },
        theirs: |depth, threads| theirs(on_stateright::two_phase(&TWO_PHASE, Network::Unordered), depth, threads),
    },
    Model {
        name: "Paxos",
        rounds: 1,
        ours: |manner, jobs| {
            let Paxos { servers, clients } = PAXOS;
            ours(PAXOS, servers + clients, Bounds::default(), History::new(servers, clients), manner, jobs)
        },
        theirs: |depth, threads| {
            theirs(on_stateright::register(&PAXOS, PAXOS.servers + PAXOS.clients, Network::Unordered), depth, threads)
        },
    },
    Model {
        name: "ABD",
        rounds: 3,
        ours: |manner, jobs| {
            let Abd { servers, clients } = ABD;
            let bounds = Bounds { network: Network::Ordered, ..Bounds::default() };
            ours(ABD, servers + clients, bounds, History::new(servers, clients), manner, jobs)
        },
        theirs: |depth, threads| {
            theirs(on_stateright::register(&ABD, ABD.servers + ABD.clients, Network::Ordered), depth, threads)
        },
    },
    Model {
        name: "lock with crashes",
        rounds: 3,
        ours: |manner, jobs| {
            let bounds = Bounds { crashes: None, syncs_at_once: true, ..Bounds::default() };
            let setting = Setting { protocol: LOCK, tells: Tells::States };
            searched(setting, LOCK.nodes(), bounds, LastStates::default(), manner, jobs)
        },
        theirs: |depth, threads| theirs(on_stateright::lock(&LOCK, Network::Unordered), depth, threads),
    },
];

const PING_PONG: PingPong = PingPong { most: 8 };
const TWO_PHASE: TwoPhase = TwoPhase { participants: 6 };
const PAXOS: Paxos = Paxos { servers: 3, clients: 3 };
const ABD: Abd = Abd { servers: 2, clients: 3 };
const LOCK: Lock = Lock { clients: 4 };

fn ours<P: Protocol, W: Watcher>(
    protocol: P,
    nodes: u8,
    bounds: Bounds,
    watcher: W,
    manner: Manner,
    jobs: usize,
) -> Report {
    searched(Setting { protocol, tells: Tells::Nothing }, nodes, bounds, watcher, manner, jobs)
}

fn theirs<P: Protocol, H: Clone + Debug + Hash + PartialEq + Send + Sync + 'static>(
    model: ActorModel<Player<P>, (), H>,
    depth: bool,
    threads: usize,
) -> u64 {
    let checker = model.checker().threads(threads);
    if depth {
        checker.spawn_dfs().join().unique_state_count() as u64
    } else {
        checker.spawn_bfs().join().unique_state_count() as u64
    }
}

/// What one model came to.
struct Score {
    model: &'static Model,
    states: u64,
    bytes: u64,
    waiting_bytes: u64,
    /// States a second, round by round: our breadth first with 1 and 2 threads, our depth first, theirs breadth first with 1
    /// and 2, theirs depth first with 1 and 2.
    rates: Vec<[f64; 7]>,
}

impl Score {
    fn spread(&self, of: impl Fn(&[f64; 7]) -> f64) -> Spread {
        Spread::of(self.rates.iter().map(of))
    }

    /// Our breadth first against the better of theirs; depth first against theirs with one thread, as ours has; two
    /// threads over one.
    fn ratios(&self) -> [Spread; 4] {
        [
            self.spread(|rates| rates[0] / rates[3].max(rates[4])),
            self.spread(|rates| rates[1] / rates[3].max(rates[4])),
            self.spread(|rates| rates[2] / rates[5].max(rates[6])),
            self.spread(|rates| rates[1] / rates[0]),
        ]
    }
}

fn timed(states: &mut Option<u64>, name: &str, run: impl FnOnce() -> u64) -> f64 {
    let start = Instant::now();
    let count = run();
    let taken = start.elapsed();
    assert_eq!(*states.get_or_insert(count), count, "{name}: both sides and all manners see the same states");
    count as f64 / taken.as_secs_f64()
}

fn measured(model: &'static Model) -> Score {
    let mut score = Score { model, states: 0, bytes: 0, waiting_bytes: 0, rates: Vec::new() };
    let mut states = None;
    for _ in 0..model.rounds {
        let mut rates = [0.0; 7];
        for (place, (manner, jobs)) in
            [(Manner::Breadth, 1), (Manner::Breadth, 2), (Manner::Depth, 1)].into_iter().enumerate()
        {
            rates[place] = timed(&mut states, model.name, || {
                let report = (model.ours)(manner, jobs);
                assert_eq!(report.ended, Ended::Complete, "{}", model.name);
                score.bytes = score.bytes.max(report.bytes);
                score.waiting_bytes = score.waiting_bytes.max(report.waiting_bytes);
                report.states
            });
        }
        for (place, (depth, threads)) in [(false, 1), (false, 2), (true, 1), (true, 2)].into_iter().enumerate() {
            rates[3 + place] = timed(&mut states, model.name, || (model.theirs)(depth, threads));
        }
        score.rates.push(rates);
    }
    score.states = states.unwrap_or_default();
    score
}

/// Measures all models, or one, and prints a table.
pub fn compare(only: Option<&str>, as_json: bool) {
    let mut scores = Vec::new();
    for model in MODELS.iter().filter(|model| only.is_none_or(|only| only == model.name)) {
        eprintln!("searching {}", model.name);
        scores.push(measured(model));
    }
    if as_json {
        println!("{:#}", Value::from(scores.iter().map(json_of).collect::<Vec<_>>()));
        return;
    }
    let head = [
        "model",
        "states",
        "breadth 1",
        "breadth 2",
        "depth",
        "stateright breadth 1",
        "breadth 2",
        "depth 1",
        "depth 2",
        "breadth 1 against",
        "breadth 2 against",
        "depth against",
        "2 over 1",
        "bytes a state",
        "waiting",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for score in &scores {
        let mut row = vec![score.model.name.to_owned(), score.states.to_string()];
        row.extend((0..7).map(|place| rate(score.spread(|rates| rates[place]).median)));
        row.extend(score.ratios().map(|spread| cell(spread, ratio)));
        let each = |bytes: u64| format!("{:.1}", bytes as f64 / score.states as f64);
        row.extend([each(score.bytes), each(score.waiting_bytes)]);
        rows.push(row);
    }
    print_table(&rows);
}

fn json_of(score: &Score) -> Value {
    let [breadth_1, breadth_2, depth, threads] = score.ratios().map(Spread::json);
    json!({
        "model": score.model.name,
        "states": score.states,
        "rates": score.rates,
        "breadth_1_against": breadth_1,
        "breadth_2_against": breadth_2,
        "depth_against": depth,
        "two_threads_over_one": threads,
        "bytes_a_state": score.bytes as f64 / score.states as f64,
        "waiting_bytes_a_state": score.waiting_bytes as f64 / score.states as f64,
    })
}
