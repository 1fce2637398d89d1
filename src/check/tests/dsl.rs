//! Histories written by hand: one event a line, one millisecond each, without a kernel.
//!
//! ```text
//! n1 leads 1             n1 follows 2           n1 stands 2            n3 votes 1 n1
//! n1 appends 1 1 a #0    place, term, entry, perhaps the operation; `restores` likewise
//! n1 truncates 2         n1 installs 3 1        n1 commits 1           n1 applies 1 a #0
//! n1 boots               n1 crashes             n1 wiped
//! c1 puts #0 last        c1 gets #1             c1 ok #0 7             c1 failed #0        c1 gives-up #0
//! c1 deletes #0          c1 adds #0 7           n1 lists 1 2           # appended to a list; a list that is held
//! c1 puts-y #0 7         c1 gets-y #1           n1 holds-y 7           # the same of another key
//! n1 decides 1           n1 notes it is late
//! n1 takes-lock 1        n1 gives-lock 1        n1 estimates 3000000 5                # nanoseconds and error
//! n1 stamps 7 0 #0       n1 stamps 7 0 near 5   time, count, perhaps the bound to the clock, which shows 0
//! n1 broadcasts 7        n2 delivers 7 n1       n1 ticks 3             n1 ticks 1 0 2
//! c1 puts #0 7           c1 replaces #1 1 2     n1 holds 1 2           # what a writer had seen; what stands side by side
//! c1 puts #0 7           c1 overwrites #1 1 2   # the same, and all that was done before goes as well
//! c1 owners n1 n2        who is to hold x
//! n1 deposits 100        n1 records 90          n2 found 10 n1         what was on its way from n1
//! mark silence           ends silence           n1 sends               n1 hears e4            # a remark
//! ```

use super::super::Judge;
use crate::node::{
    Cluster, Ctx, Datum, Event, EventId, Fact, Fault, LocalSpan, LocalTime, Node, NodeId, Op, Operation, OperationId,
    Outcome, Retry, SimTime, Sink, Stamp, What, digest, node_value,
};

node_value! {
    /// A node that does nothing: events are told, not made.
    pub struct Toy;
}

impl Node for Toy {
    type Config = ();
    type Msg = ();
    type Timer = ();
    type Disk = ();
    fn boot(_: &mut Ctx<Self>, (): &(), (): &()) -> Self {
        Toy
    }
    fn on_message(&mut self, _: &mut Ctx<Self>, _: NodeId, (): ()) {}
}

/// Three servers and two clients.
pub fn cluster() -> Cluster {
    Cluster::new([("replica", vec!["n1", "n2", "n3"]), ("client", vec!["c1", "c2"])]).unwrap()
}

/// A judge that has seen the servers boot, and then this history. The first event of the history is e3.
pub fn judge(history: &str) -> Judge {
    let mut judge = Judge::new(cluster());
    tell_all(&mut judge, history);
    judge
}

/// Tells a sink that the servers boot, and then this history.
pub fn tell_all(sink: &mut impl Sink<Toy>, history: &str) {
    let boots = ["n1 boots", "n2 boots", "n3 boots"];
    let lines = boots.into_iter().chain(history.lines().map(str::trim));
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    for (number, line) in lines.enumerate() {
        tell(sink, number as u32, line);
    }
}

fn tell(sink: &mut impl Sink<Toy>, number: u32, line: &str) {
    let cluster = cluster();
    let words: Vec<&str> = line.split_whitespace().collect();
    let node = |word: &str| cluster.find(word).unwrap_or_else(|| panic!("{line:?}: no node {word}"));
    let count = |place: usize| -> u64 { words[place].parse().unwrap_or_else(|_| panic!("{line:?}: no number")) };
    let operation = || -> Option<OperationId> {
        let word = words.iter().find_map(|word| word.strip_prefix('#'))?;
        Some(OperationId(word.parse().unwrap_or_else(|_| panic!("{line:?}: no operation"))))
    };
    let entry = |place: usize| digest(words[place]);
    let values = |from: usize| -> std::sync::Arc<[Datum]> {
        words[from..].iter().map(|word| Datum::Int(word.parse().unwrap())).collect()
    };
    let mut event = |at: Option<NodeId>, cause: Option<u32>, what: What<'_, Toy>| {
        let time = SimTime(u64::from(number) * 1_000_000);
        let cause = cause.map(EventId);
        sink.event(&Event { id: EventId(number), time, node: at, local: LocalTime(0), cause, what });
    };
    let fault = match words[1] {
        "crashes" => Some(Fault::Crash(node(words[0]))),
        "wiped" => Some(Fault::Wipe(node(words[0]))),
        _ => ["mark", "ends"].contains(&words[0]).then_some(Fault::Mark),
    };
    if let Some(fault) = fault {
        let label = (fault == Fault::Mark).then(|| words[1]);
        return event(fault.node(), None, What::Fault { fault: &fault, label, ends: words[0] == "ends" });
    }
    let me = Some(node(words[0]));
    let fact = match words[1] {
        "boots" => return event(me, None, What::Boot { incarnation: 0, disk: &() }),
        "sends" => return event(me, None, What::Send { to: node("n1"), msg: &(), due: None }),
        "hears" => {
            let send = words[2].trim_start_matches('e').parse().unwrap();
            return event(me, Some(send), What::Deliver { from: node("n1"), msg: &() });
        }
        "puts" | "gets" | "adds" | "deletes" | "puts-y" | "gets-y" => {
            let key = if words[1].ends_with("-y") { "y".into() } else { "x".into() };
            let value = words.get(3).and_then(|word| word.parse().ok()).unwrap_or(1);
            let op = match words[1] {
                "gets" | "gets-y" => Op::Get(key),
                "adds" => Op::Append(key, Datum::Int(value)),
                "deletes" => Op::Delete(key),
                _ => Op::Put(key, Datum::Int(value)),
            };
            let operation = Operation { id: operation().unwrap(), op, timeout: None, retry: Retry::Never };
            return event(me, None, What::Operation { operation: &operation, label: words.get(3).copied() });
        }
        "leads" => Fact::BecameLeader { term: count(2) },
        "follows" => Fact::BecameFollower { term: count(2) },
        "stands" => Fact::BecameCandidate { term: count(2) },
        "votes" => Fact::Voted { term: count(2), candidate: node(words[3]) },
        "appends" => Fact::Appended { index: count(2), term: count(3), entry: entry(4), operation: operation() },
        "restores" => Fact::Restored { index: count(2), term: count(3), entry: entry(4), operation: operation() },
        "truncates" => Fact::Truncated { index: count(2) },
        "installs" => Fact::Installed { index: count(2), term: count(3) },
        "recovers" => Fact::Recovered { index: count(2), term: count(3) },
        "commits" => Fact::Committed { index: count(2), term: 0 },
        "applies" => Fact::Applied { index: count(2), entry: entry(3), operation: operation() },
        "ok" => {
            let value = words.get(3).map_or(Datum::Absent, |word| Datum::Int(word.parse().unwrap()));
            Fact::Returned { operation: operation().unwrap(), outcome: Outcome::Ok(value) }
        }
        "failed" => Fact::Returned { operation: operation().unwrap(), outcome: Outcome::Failed },
        "notes" => Fact::note(words[2..].join(" ")),
        "broadcasts" => Fact::Broadcast { value: Datum::Int(words[2].parse().unwrap()) },
        "delivers" => Fact::Delivered { from: node(words[3]), value: Datum::Int(words[2].parse().unwrap()) },
        "ticks" => {
            let numbers: Vec<u64> = words[2..].iter().map(|word| word.parse().unwrap()).collect();
            let stamp =
                if let [number] = numbers[..] { Stamp::Number(number) } else { Stamp::Vector(numbers.into()) };
            Fact::Stamped { stamp, bound: None, operation: None }
        }
        "owners" => Fact::Owners { key: "x".into(), nodes: words[2..].iter().map(|word| node(word)).collect() },
        "deposits" => Fact::Deposited { amount: words[2].parse().unwrap() },
        "records" => Fact::Recorded { amount: words[2].parse().unwrap() },
        "found" => Fact::ChannelRecorded { from: node(words[3]), amount: words[2].parse().unwrap() },
        "decides" => Fact::Decided { value: Datum::Int(words[2].parse().unwrap()) },
        "takes-lock" => Fact::Acquired { token: count(2) },
        "gives-lock" => Fact::Released { token: count(2) },
        "stamps" => {
            let bound = (words.get(4) == Some(&"near")).then(|| LocalSpan(count(5)));
            let stamp = Stamp::Time { time: count(2) as i64, count: count(3) };
            Fact::Stamped { stamp, bound, operation: operation() }
        }
        "estimates" => Fact::ClockEstimated { time: count(2) as i64, error: LocalSpan(count(3)) },
        "replaces" | "overwrites" => {
            let overwrites = words[1] == "overwrites";
            Fact::Replaces { operation: operation().unwrap(), values: values(3), overwrites }
        }
        "holds-y" => Fact::Stored { key: "y".into(), values: values(2) },
        "holds" => Fact::Stored { key: "x".into(), values: values(2) },
        "lists" => Fact::Stored { key: "x".into(), values: [Datum::List(values(2))].into() },
        "gives-up" => Fact::TimedOut { operation: operation().unwrap() },
        other => panic!("{line:?}: what is {other:?}?"),
    };
    event(me, None, What::Fact(&fact));
}
