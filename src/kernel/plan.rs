//! What a world is to be: everything that is fixed before its first event.
//!
//! A plan is a scenario with all names resolved and all defaults filled in. It is shared between a world and its clones.

use super::keys::Keys;
use super::law::Law;
use super::schedule::Schedule;
use super::topology::Topology;
use crate::node::{ClockChange, Cluster, DiskMode, FactKind, LocalSpan, NodeId, Op, Retry, SimSpan, SimTime};
use std::collections::BTreeMap;

/// A complete plan. The fields are public: tests and generators build plans as they need them.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who takes part.
    pub cluster: Cluster,
    /// Where all chance comes from.
    pub seed: u64,
    /// The instant at which the run ends.
    pub until: SimTime,
    /// How many events may happen before the run is stopped as one that never ends.
    pub max_events: u32,
    /// The link between any two nodes.
    pub link: Link,
    /// Links that are unlike the others, by sender and receiver.
    pub links: BTreeMap<(NodeId, NodeId), Link>,
    /// Places and cables. What they say of delays is in `links` already; faults may mean them by name.
    pub topology: Topology,
    /// How clocks err, for nodes whose clocks do.
    pub clocks: BTreeMap<NodeId, ClockPlan>,
    /// The disk of any node.
    pub disk: DiskPlan,
    /// Disks that are unlike the others.
    pub disks: BTreeMap<NodeId, DiskPlan>,
    /// How long a node takes for each message, where that is not nothing.
    pub service: BTreeMap<NodeId, SimSpan>,
    /// How many messages may wait at a node that is slow; further ones are lost.
    pub inbox: usize,
    /// What is to happen, and when.
    pub rules: Vec<Rule>,
    /// Among which keys the operations of a rule choose whose key is [`DRAWN_KEY`].
    pub keys: BTreeMap<RuleId, Keys>,
    /// A known bug of the contract, to be found: see [`SyncHolds`].
    pub sync_holds: SyncHolds,
    /// What happens, in order, where that is laid down and not drawn.
    pub schedule: Option<Schedule>,
}

impl Plan {
    /// A plan without faults: delays of 1 to 5 ms, nothing lost, perfect clocks, ten seconds.
    pub fn new(cluster: Cluster) -> Self {
        Plan {
            cluster,
            seed: 0,
            until: SimTime(10_000_000_000),
            max_events: 20_000_000,
            link: Link::default(),
            links: BTreeMap::new(),
            topology: Topology::default(),
            clocks: BTreeMap::new(),
            disk: DiskPlan::default(),
            disks: BTreeMap::new(),
            service: BTreeMap::new(),
            inbox: 1024,
            rules: Vec::new(),
            keys: BTreeMap::new(),
            sync_holds: SyncHolds::Node,
            schedule: None,
        }
    }
}

/// How one directed link treats messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// How long a message takes.
    pub delay: Law,
    /// How many messages of a million are lost.
    pub loss_ppm: u32,
    /// How many messages of a million arrive twice.
    pub duplicate_ppm: u32,
    /// How many messages of a million are delayed once more, and so may be overtaken.
    pub reorder_ppm: u32,
    /// Whether messages may overtake each other.
    pub order: Order,
    /// What a cut does to messages that meet it.
    pub on_cut: OnCut,
}

impl Default for Link {
    fn default() -> Self {
        Link {
            delay: Law::Uniform(SimSpan::millis(1), SimSpan::millis(5)),
            loss_ppm: 0,
            duplicate_ppm: 0,
            reorder_ppm: 0,
            order: Order::Any,
            on_cut: OnCut::Drop,
        }
    }
}

/// Whether messages on one link may overtake each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// They may: each takes the time that it takes.
    #[default]
    Any,
    /// They may not, as on one TCP connection: one that would overtake arrives right after the one before.
    Fifo,
}

/// What a cut does to messages that are on the link or sent into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnCut {
    /// They are lost, whether the link is cut when they leave or when they would arrive.
    #[default]
    Drop,
    /// They wait until the link is healed.
    Hold,
}

/// How a node's clock errs from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockPlan {
    /// How fast or slow it runs, in parts of a thousand million.
    pub rate_ppb: i64,
    /// How far its wall clock is ahead at the start, in nanoseconds.
    pub offset_ns: i64,
    /// How far off its wall clock claims to be at the most, until something synchronises it.
    pub error: LocalSpan,
    /// What keeps its wall clock near true time.
    pub sync: Synchronisation,
    /// How its rate changes as the run goes.
    pub wander: Option<Wander>,
    /// A leap second.
    pub leap: Option<Leap>,
}

/// What keeps a wall clock near true time. The first poll of `Ntp` comes after one gap; `TrueTime` has polled when the run
/// begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronisation {
    /// Nothing.
    #[default]
    Alone,
    /// As the Network Time Protocol does it: small errors are slewed, large ones stepped (RFC 5905).
    Ntp(Ntp),
    /// As Spanner's time daemons do it: right to within a claimed error that grows from poll to poll (Corbett et al., 2012).
    TrueTime(TrueTime),
}

/// How an NTP daemon keeps a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ntp {
    /// How long it is from poll to poll.
    pub poll: SimSpan,
    /// How far off an offset that it measures is at the most, by chance.
    pub error: LocalSpan,
    /// How far off it is besides, always: half the difference between the ways there and back. The clock ends up that far
    /// ahead, in nanoseconds.
    pub bias_ns: i64,
    /// How fast the clock is brought back, in parts of a million.
    pub slew_ppm: u32,
    /// An offset beyond this is stepped.
    pub step: LocalSpan,
}

impl Ntp {
    /// How fast a clock is taken to drift between polls: PHI of RFC 5905.
    pub const DRIFT_PPM: u32 = 15;
}

/// How a TrueTime daemon keeps a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrueTime {
    /// How long it is from poll to poll.
    pub poll: SimSpan,
    /// How far off the clock is right after a poll, at the most.
    pub error: LocalSpan,
    /// How fast the clock is taken to drift between polls, in parts of a million.
    pub drift_ppm: u32,
    /// How much of the error it claims, in parts of a million: a million is honest.
    pub claims_ppm: u32,
}

/// A random walk of a clock's rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wander {
    /// How long it is from step to step.
    pub every: SimSpan,
    /// The largest step, in parts of a thousand million.
    pub by_ppb: i64,
    /// How far the rate goes from what was planned, in parts of a thousand million.
    pub within_ppb: i64,
}

/// A second that is put into the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leap {
    /// When.
    pub at: SimTime,
    /// What the clock does about it.
    pub how: LeapHow,
}

/// What a clock does about a leap second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeapHow {
    /// It is set back when the second begins: a second is shown twice.
    Repeat,
    /// It runs slow for this long from then on: the second is spread out, and time servers do the same.
    Smear(SimSpan),
    /// It was not told, and is a second ahead until a poll finds out.
    Step,
}

/// The slowest rate that a clock may have: half speed.
pub const MIN_RATE_PPB: i64 = -500_000_000;
/// The fastest rate that a clock may have: double speed.
pub const MAX_RATE_PPB: i64 = 1_000_000_000;

/// How a disk behaves from the start.
#[derive(Clone, Debug, PartialEq)]
pub struct DiskPlan {
    /// How long a sync takes.
    pub sync: Law,
    /// What becomes of what was not synced.
    pub mode: DiskMode,
}

impl Default for DiskPlan {
    /// A sync takes 100 microseconds, our choice: a solid-state disk's order of magnitude.
    fn default() -> Self {
        DiskPlan { sync: Law::Constant(SimSpan::micros(100)), mode: DiskMode::Loses }
    }
}

/// Whose effects a `sync` holds back until it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncHolds {
    /// Those of the node: right.
    #[default]
    Node,
    /// Those of the same handler only. A later handler that writes nothing then speaks before that is durable on which
    /// its words rest: a mutant, kept so that checkers are seen to find it.
    Handler,
}

/// Something that is to happen: a fault, a client's operation or a question.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, by which draws are keyed and other rules refer to it.
    pub label: Option<String>,
    /// When.
    pub trigger: Trigger,
    /// How long after that.
    pub after: Option<Law>,
    /// How long until it is undone.
    pub lasting: Option<Law>,
    /// What.
    pub action: Action,
}

/// Stands for the key of an operation where it is drawn each time: see [`Plan::keys`].
pub const DRAWN_KEY: &str = "~";

/// How the labels of rules begin to which the scenario gives none: they key draws, and people are not shown them.
pub const UNNAMED: char = '~';

impl Rule {
    /// The name by which people know this rule, where the scenario gives it one.
    pub fn name(&self) -> Option<&str> {
        self.label.as_deref().filter(|label| !label.starts_with(UNNAMED))
    }
}

/// When a rule applies. One grammar for faults, workload and questions.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// At an instant.
    At(SimTime),
    /// Again and again.
    Every {
        /// How long from one time to the next; drawn anew each time.
        gap: Law,
        /// The instant from which the first gap counts.
        from: SimTime,
        /// The instant after which it no longer applies.
        until: SimTime,
        /// How often at the most.
        times: u32,
    },
    /// A closed loop: a client asks, waits for the end of that operation however it ends, thinks, and asks again. Only
    /// for operations of one client or of each client. One that crashes begins again with thinking when it is back.
    Loop {
        /// How long a client thinks; drawn anew each time, also before it asks first.
        think: Law,
        /// The instant from which the first thinking counts.
        from: SimTime,
        /// The instant after which no client asks again.
        until: SimTime,
        /// How often each client asks at the most.
        times: u32,
    },
    /// When something happens.
    On {
        /// What.
        pattern: Pattern,
        /// Which occurrence is the first to count, from 1.
        nth: u32,
        /// How many occurrences count from then on.
        times: u32,
    },
    /// After the event with this number, if it reads as expected; a branch made by hand.
    Event {
        /// The event's number.
        id: u32,
        /// What it must be, in the words of the log; the run stops where it is not.
        expect: Option<String>,
    },
}

/// A rule's place in [`Plan::rules`].
pub type RuleId = usize;

/// What a trigger waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// A rule's action happened.
    Fired(RuleId),
    /// A rule's action that lasted came to its end.
    Ended(RuleId),
    /// An operation of that rule was given to its client.
    Invoked(RuleId),
    /// An operation of that rule returned to its client.
    Returned(RuleId),
    /// The client of an operation of that rule gave up.
    TimedOut(RuleId),
    /// A node declared a fact.
    Fact(FactPattern),
    /// A message is being sent.
    Message(MessagePattern),
}

/// Which facts count. Fields that are absent match anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactPattern {
    /// The kind of fact.
    pub kind: FactKind,
    /// The node that declares it.
    pub node: Option<NodeId>,
    /// The term that it names.
    pub term: Option<u64>,
    /// The place in the log that it names.
    pub index: Option<u64>,
}

/// Which messages count. Fields that are absent match anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePattern {
    /// The message's kind: its innermost variant name.
    pub kind: Option<String>,
    /// Its sender.
    pub from: Option<NodeId>,
    /// Its receiver.
    pub to: Option<NodeId>,
}

/// What a rule does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Something at a node.
    Node(NodeAction, NodeSelector),
    /// Something on links.
    Link(LinkAction, LinkSelector),
    /// Something to the message that the rule's trigger has just matched.
    Message(MessageAction),
    /// One of several, drawn by weight: a nemesis.
    OneOf(Vec<(u32, Action)>),
    /// A client is asked for something.
    Operation {
        /// Which client.
        by: NodeSelector,
        /// What for.
        op: Op,
        /// Whether the value is to be a number not used before for that key: 1, 2, 3 and so on.
        fresh: bool,
        /// How long the client waits for an answer.
        timeout: Option<LocalSpan>,
        /// Whether it asks again meanwhile.
        retry: Retry,
    },
    /// A question is put to people: the sink is told of the moment.
    Ask(usize),
    /// Nothing: the moment has a name.
    Mark,
}

impl Action {
    /// Who asks, where this is an operation or a choice among operations.
    pub fn asker(&self) -> Option<&NodeSelector> {
        match self {
            Action::Operation { by, .. } => Some(by),
            Action::OneOf(menu) => menu.first()?.1.asker(),
            _ => None,
        }
    }
}

/// What is done to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeAction {
    /// It dies.
    Crash,
    /// It starts again.
    Restart,
    /// It stands still.
    Pause,
    /// It goes on.
    Resume,
    /// Each message takes that long.
    Slow(SimSpan),
    /// Its timers of this kind end now.
    Expire(String),
    /// Its disk behaves otherwise.
    Disk(DiskMode),
    /// Its disk is emptied.
    Wipe,
    /// Its clock behaves otherwise.
    Clock(ClockChange),
}

/// What is done to links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkAction {
    /// They carry nothing.
    Cut,
    /// They carry again, whoever cut them.
    Heal,
    /// They lose that many messages of a million.
    Loss(u32),
    /// They delay each message by that much more.
    Lag(SimSpan),
    /// They hold messages.
    Hold,
    /// They let go of what they hold.
    Release,
}

/// What is done to one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageAction {
    /// It is lost.
    Drop,
    /// It takes that much longer.
    Delay(SimSpan),
    /// It arrives so long after its sending, whatever its fate was to be.
    Arrive(SimSpan),
    /// It arrives twice.
    Duplicate,
}

/// Which node is meant, at the moment when it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeSelector {
    /// This one.
    Node(NodeId),
    /// The running node that became leader last, in the highest term.
    Leader,
    /// A running node of the leader's group that does not lead; drawn.
    AFollower,
    /// Any node but clients to which this can be done; drawn.
    Random,
    /// Any node of this group to which this can be done; drawn.
    AnyOf(String),
    /// Every node of this group, each by itself; only of those who ask for operations.
    Each(String),
    /// The node that this rule's action hit last.
    Same(RuleId),
}

/// Which directed links are meant, at the moment when it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkSelector {
    /// From one node to another.
    OneWay(NodeSelector, NodeSelector),
    /// Between two nodes, both ways.
    Between(NodeSelector, NodeSelector),
    /// All to and from a node.
    Around(NodeSelector),
    /// All to a node.
    Into(NodeSelector),
    /// All from a node.
    OutOf(NodeSelector),
    /// All between nodes of different sides; who is on no side reaches everyone.
    Sides(Vec<Vec<NodeId>>),
    /// A node and as many of its group as still make a minority, cut from the rest of the group.
    MinorityWith(NodeSelector),
    /// A node and as many of its group as just make a majority, cut from the rest of the group.
    MajorityWith(NodeSelector),
    /// Two halves of a group joined by one node that reaches both.
    Bridge(NodeSelector),
    /// A drawn part of a drawn node's group, cut from the rest of the group.
    RandomSides,
    /// Every link.
    All,
    /// All whose way runs through this cable, by its place in the topology.
    Cable(usize),
    /// All whose way begins, ends or passes at this site, by its place in the topology.
    Site(usize),
}
