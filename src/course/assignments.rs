//! The assignments that come with Pessimist: the same files as in the folder `assignments`.
//!
//! What students get is in the program. What they do not get, the solutions and the mistakes that are planted around them,
//! is not: it lies in that folder, for teachers and for our own tests.

/// A file of a student's crate: its path there, and its text.
pub type File = (&'static str, &'static str);

/// What students build.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// Its name, such as `gossip`.
    pub name: &'static str,
    /// Its place in the course.
    pub number: u32,
    /// In a few words.
    pub title: &'static str,
    /// What is to be built, what is promised, how to go about it.
    pub handout: &'static str,
    /// `src/lib.rs` as students get it.
    pub skeleton: &'static str,
    /// `tests/public.rs`.
    pub tests: &'static str,
    /// Scenarios, by their file's name.
    pub scenarios: &'static [File],
    /// Snapshots with blanks, by their file's name.
    pub snapshots: &'static [File],
    /// Scenarios that students do not see.
    pub hidden: &'static [File],
    /// What is marked.
    pub exam: &'static [Test],
}

/// One thing that is marked.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// What it shows, in a few words.
    pub name: &'static str,
    /// The scenario: `scenarios/calm.ron`, or `hidden/nemesis.ron`.
    pub scenario: &'static str,
    /// How it is run.
    pub how: How,
    /// What it is worth.
    pub points: u32,
}

/// How a test is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Twice with its own seed: the same must come of it.
    Run,
    /// With so many seeds.
    Sweep(u64),
    /// In every order within its bounds.
    Explore,
}

/// An assignment from the files of its folder.
macro_rules! assignment {
    (
        $number:literal $name:literal: $title:literal,
        scenarios: [$($scenario:literal),* $(,)?], snapshots: [$($snapshot:literal),* $(,)?], hidden: [$($hidden:literal),* $(,)?],
        exam: [$(($points:literal, $file:literal, $how:expr, $what:literal)),* $(,)?]
    ) => {
        Assignment {
            name: $name,
            number: $number,
            title: $title,
            handout: include_str!(concat!("../../assignments/", $name, "/handout.md")),
            skeleton: include_str!(concat!("../../assignments/", $name, "/skeleton.rs")),
            tests: include_str!(concat!("../../assignments/", $name, "/tests.rs")),
            scenarios: &[$((
                concat!($scenario, ".ron"),
                include_str!(concat!("../../assignments/", $name, "/scenarios/", $scenario, ".ron")),
            )),*],
            snapshots: &[$((
                concat!($snapshot, ".snap"),
                include_str!(concat!("../../assignments/", $name, "/", $snapshot, ".snap")),
            )),*],
            hidden: &[$((
                concat!($hidden, ".ron"),
                include_str!(concat!("../../assignments/", $name, "/hidden/", $hidden, ".ron")),
            )),*],
            exam: &[$(Test { name: $what, scenario: concat!($file, ".ron"), how: $how, points: $points }),*],
        }
    };
}

use How::{Explore, Run, Sweep};

/// All assignments, in the order of the course.
pub const ALL: &[Assignment] = &[
    assignment! {
        1 "delivery": "Delivery: done once, whatever happens",
        scenarios: ["calm", "lossy", "doubles", "server-falls"], snapshots: ["calm"],
        hidden: ["nemesis", "client-falls", "slow-disk", "modest"],
        exam: [
            (10, "scenarios/calm", Run, "what is asked is done and answered"),
            (10, "scenarios/lossy", Sweep(100), "every call is answered in a network that loses"),
            (10, "scenarios/doubles", Sweep(100), "nothing is done twice that comes twice"),
            (10, "scenarios/server-falls", Sweep(100), "a crash of the server changes nothing"),
            (20, "hidden/nemesis", Sweep(100), "done once amid all troubles"),
            (15, "hidden/client-falls", Sweep(100), "a client that comes back is not taken for its old self"),
            (15, "hidden/slow-disk", Sweep(100), "a server that falls while its disk writes"),
            (10, "hidden/modest", Sweep(20), "a request and an answer for each call"),
        ]
    },
    assignment! {
        2 "versioned-kv": "Versions: a key-value server, and an honest client",
        scenarios: ["race", "answer-lost", "contended", "lossy"], snapshots: ["race"],
        hidden: ["nemesis", "late", "modest"],
        exam: [
            (10, "scenarios/race", Run, "of two at once one succeeds"),
            (10, "scenarios/answer-lost", Run, "what is unknown is called unknown"),
            (10, "scenarios/contended", Sweep(100), "where nothing is lost, everything is known"),
            (10, "scenarios/lossy", Sweep(100), "nobody is told what is not so"),
            (25, "hidden/nemesis", Sweep(100), "nobody is told what is not so, amid all troubles"),
            (20, "hidden/late", Sweep(100), "messages that are late"),
            (15, "hidden/modest", Sweep(20), "no more words than are needed"),
        ]
    },
    assignment! {
        3 "clocks": "Clocks: what happened before what",
        scenarios: ["chain", "busy", "vectors", "answer", "talk"], snapshots: ["chain"],
        hidden: ["numbers", "crowd", "held", "free", "orders"],
        exam: [
            (8, "scenarios/chain", Run, "a chain of causes has growing numbers"),
            (8, "scenarios/busy", Sweep(100), "no cause has a larger number"),
            (8, "scenarios/vectors", Sweep(100), "vectors tell what happened before what"),
            (8, "scenarios/answer", Run, "the question comes before the answer"),
            (8, "scenarios/talk", Sweep(100), "nothing comes before its cause, and everything comes"),
            (10, "hidden/numbers", Sweep(100), "one is ahead, and the others learn of it"),
            (15, "hidden/crowd", Sweep(50), "a crowd with vectors, pauses and cuts"),
            (15, "hidden/held", Sweep(50), "links that hold everything back, and messages that come twice"),
            (10, "hidden/free", Sweep(20), "nobody waits for what a message does not depend on"),
            (10, "hidden/orders", Sweep(100), "three messages, each the cause of the next"),
        ]
    },
    assignment! {
        4 "ntp": "NTP: what time is it there?",
        scenarios: ["calm", "asymmetric", "jitter", "cut"], snapshots: ["calm"], hidden: ["nemesis", "claims", "busy"],
        exam: [
            (10, "scenarios/calm", Run, "the time is known, and no better than it can be"),
            (10, "scenarios/asymmetric", Sweep(50), "the error is honest when one way is slow"),
            (10, "scenarios/jitter", Sweep(50), "a good answer is kept"),
            (10, "scenarios/cut", Sweep(50), "the error grows when no answer comes"),
            (25, "hidden/nemesis", Sweep(50), "the error is honest amid all troubles"),
            (20, "hidden/claims", Sweep(50), "a server whose clock is off, and says so"),
            (15, "hidden/busy", Sweep(50), "a server that lets one wait, and not too many words"),
        ]
    },
    assignment! {
        5 "gossip": "Gossip: everybody hears, whatever the network does",
        scenarios: ["calm", "lossy", "cut", "modest"], snapshots: ["calm"], hidden: ["nemesis", "twelve", "rest", "crash"],
        exam: [
            (10, "scenarios/calm", Run, "everybody hears in a calm network"),
            (10, "scenarios/lossy", Sweep(200), "everybody hears in a network that loses"),
            (10, "scenarios/cut", Sweep(100), "everybody hears after a cut"),
            (10, "scenarios/modest", Sweep(20), "nobody speaks when all is said"),
            (25, "hidden/nemesis", Sweep(200), "everybody hears after cuts, pauses and losses"),
            (10, "hidden/twelve", Sweep(50), "twelve members, and not too many words"),
            (10, "hidden/rest", Sweep(20), "a minute in which nothing more is said"),
            (15, "hidden/crash", Sweep(50), "what one has heard of a member that is gone, all hear"),
        ]
    },
    assignment! {
        9 "raft-a": "Raft's elections",
        scenarios: ["first", "leader-falls", "split-vote", "restart", "small"], snapshots: ["first"],
        hidden: ["nemesis", "forgotten", "calm", "steps-down"],
        exam: [
            (8, "scenarios/first", Run, "one server is elected and stays"),
            (8, "scenarios/leader-falls", Sweep(100), "another is elected when the leader falls"),
            (8, "scenarios/split-vote", Sweep(100), "a split vote is settled"),
            (8, "scenarios/restart", Sweep(200), "a vote is not forgotten"),
            (8, "scenarios/small", Explore, "no term has two leaders in any order"),
            (20, "hidden/nemesis", Sweep(200), "one leader a term amid all troubles, and one in the end"),
            (15, "hidden/forgotten", Sweep(50), "a vote that is asked for twice is given once"),
            (10, "hidden/calm", Sweep(20), "a quiet minute has one leader and few words"),
            (15, "hidden/steps-down", Sweep(100), "an old leader steps down, and votes"),
        ]
    },
    assignment! {
        9 "raft-b": "Raft's log",
        scenarios: ["calm", "leader-falls", "two-logs", "figure-8"], snapshots: ["calm"],
        hidden: ["nemesis", "late", "modest", "small"],
        exam: [
            (10, "scenarios/calm", Run, "what is asked for is on all logs"),
            (10, "scenarios/leader-falls", Sweep(100), "what is acknowledged outlives the leader"),
            (10, "scenarios/two-logs", Sweep(100), "a log that went astray is mended"),
            (10, "scenarios/figure-8", Sweep(50), "an old entry is not committed by counting"),
            (25, "hidden/nemesis", Sweep(100), "all promises amid all troubles, and one log in the end"),
            (15, "hidden/late", Sweep(100), "an old message undoes nothing"),
            (10, "hidden/modest", Sweep(10), "nothing is sent again that was acknowledged"),
            (10, "hidden/small", Explore, "every order of a small run"),
        ]
    },
    assignment! {
        9 "raft-c": "Raft's log on disks",
        scenarios: ["restart", "all-down", "restarts", "far-behind"], snapshots: ["restart"],
        hidden: ["nemesis", "terms", "last-word", "small"],
        exam: [
            (10, "scenarios/restart", Run, "whoever is back knows what it knew"),
            (10, "scenarios/all-down", Sweep(100), "what is acknowledged outlives a power failure"),
            (10, "scenarios/restarts", Sweep(100), "all promises are kept amid restarts"),
            (10, "scenarios/far-behind", Sweep(50), "a log that is far behind is mended in few messages"),
            (25, "hidden/nemesis", Sweep(100), "all promises amid all troubles, and one log in the end"),
            (15, "hidden/terms", Sweep(50), "logs of many terms are mended in few messages"),
            (10, "hidden/last-word", Sweep(50), "what was said before a crash is true after it"),
            (10, "hidden/small", Explore, "every order of a small run with a crash"),
        ]
    },
    assignment! {
        9 "raft-d": "Raft's snapshots",
        scenarios: ["compact", "away", "restarts"], snapshots: ["compact"],
        hidden: ["nemesis", "late", "power", "small"],
        exam: [
            (10, "scenarios/compact", Run, "all is known when the log is cut short"),
            (15, "scenarios/away", Sweep(100), "whoever was away gets a snapshot"),
            (15, "scenarios/restarts", Sweep(100), "a snapshot is read back from the disk"),
            (25, "hidden/nemesis", Sweep(100), "all promises amid all troubles, and one state in the end"),
            (15, "hidden/late", Sweep(100), "an old snapshot takes nothing back"),
            (10, "hidden/power", Sweep(50), "all is known after a power failure"),
            (10, "hidden/small", Explore, "every order of a small run with a snapshot after each entry"),
        ]
    },
];

/// The assignment of that name.
pub fn find(name: &str) -> Option<&'static Assignment> {
    ALL.iter().find(|assignment| assignment.name == name)
}

impl Assignment {
    /// The text of one of its scenarios, hidden or not.
    pub fn scenario(&self, path: &str) -> Option<&'static str> {
        let (files, name) = match path.split_once('/')? {
            ("scenarios", name) => (self.scenarios, name),
            ("hidden", name) => (self.hidden, name),
            _ => return None,
        };
        files.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// The tests that students have, by their paths.
    pub fn tests_of_students(&self) -> [(&'static str, &'static str); 1] {
        [("tests/public.rs", self.tests)]
    }

    /// What it is worth as a whole.
    pub fn points(&self) -> u32 {
        self.exam.iter().map(|test| test.points).sum()
    }
}
