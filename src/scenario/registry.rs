//! Which protocols there are, and how a scenario becomes runs of one.

use super::session::{Run, Session};
use super::{Diagnostic, Scenario, branches};
use crate::check::watch::{Wanted, Watch};
use crate::check::{Coverage, Feature, Judge, Measures, Meter};
use crate::kernel::search::{Bounds, Machines, NoSpace, Space};
use crate::kernel::{Act, Over, Plan, Script, Stuck, Taken, World};
use crate::node::{Cluster, Event, EventId, Kinds, Node, SimTime, Sink};
use crate::protocols::mutant::Mutant;
use crate::protocols::replication::{chain, leaderless, multi_leader, single_leader};
use crate::protocols::{
    broadcast, clocks, last_write_wins, lease, postcards, raft, siblings, single_server, snapshot, stopwatch,
    two_generals,
};
use crate::trace::Lines;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The protocols that scenarios may name.
pub struct Registry {
    protocols: Vec<Protocol>,
}

/// One protocol, its type erased.
struct Protocol {
    name: &'static str,
    prepare: Box<Prepare>,
}

/// Says why a configuration makes no sense, where it makes none.
type Check<N> = fn(&<N as Node>::Config, &Cluster) -> Result<(), String>;

/// Reads a scenario's configuration as the protocol's own.
type Prepare = dyn Fn(&Scenario) -> Result<Box<dyn Runner>, Diagnostic> + Send + Sync;

/// A scenario that is ready to be run, with any seed, as often as wanted, on any thread.
pub trait Runner: Send + Sync {
    /// Runs and keeps everything, to be looked at.
    ///
    /// `progress` is called every few thousand events with their number and the true time; where it answers false the
    /// run is interrupted.
    fn open(&self, seed: u64, lines: Lines, progress: &mut Progress<'_>) -> Result<Opened, Failure>;

    /// Runs and keeps only what a verdict needs.
    fn judge(&self, seed: u64) -> Result<Judged, Failure>;

    /// All orders in which things may happen in the scenario's small world, watched for what is wanted.
    fn space(&self, bounds: &Bounds, wanted: &Wanted) -> Result<Box<dyn Space>, NoSpace>;

    /// The same protocol and configuration with another plan.
    fn replanned(&self, plan: Plan) -> Box<dyn Runner>;

    /// Runs, and writes down what happens.
    fn script(&self, seed: u64) -> Result<Script, Failure>;

    /// Plays a script instead of what the scenario lays down; passes over what cannot happen.
    fn rehearse(&self, seed: u64, script: &Script) -> Result<(Judged, Taken), Failure>;

    /// Plays a script, and tells what else might have happened of itself before each cue and after the last.
    fn openings(&self, seed: u64, script: &Script) -> Result<Vec<Vec<Act>>, Failure>;

    /// Runs, and measures what the run was worth. This takes longer than to judge it: each message is measured.
    fn measure(&self, seed: u64) -> Result<(Judged, Measures), Failure>;

    /// Runs, and collects what kinds of state and fault the run reached.
    fn cover(&self, seed: u64) -> Result<(Judged, Vec<Feature>), Failure>;

    /// The kinds of messages that the protocol has.
    fn messages(&self) -> Vec<&'static str>;
}

/// Told of a run's events and true time; says whether it may go on.
pub type Progress<'a> = dyn FnMut(u32, SimTime) -> bool + 'a;

/// A run that was kept.
pub struct Opened {
    /// The run.
    pub session: Box<dyn Session>,
    /// What was watched.
    pub judge: Judge,
}

/// A run that was only judged.
pub struct Judged {
    /// What was watched.
    pub judge: Judge,
    /// Why it ended.
    pub over: Over,
    /// When.
    pub end: SimTime,
    /// How many events it had.
    pub events: u32,
}

/// Why a run gave no result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The person did not want to wait.
    #[error("interrupted")]
    Interrupted,
    /// The trace could not be written.
    #[error("the trace cannot be written: {0}")]
    Output(#[from] std::io::Error),
    /// The protocol's own code panicked.
    #[error("the protocol's code panicked: {0}")]
    Panicked(String),
    /// What the schedule lays down cannot happen.
    #[error("{0}")]
    Stuck(Stuck),
    /// An event after which the scenario departs by hand is not the one that it was made for.
    #[error("after: (event: {}, ..) {text}", event.0)]
    Departed {
        /// The event.
        event: EventId,
        /// What was expected of it, and what it is.
        text: String,
    },
}

impl Registry {
    /// No protocol.
    pub fn empty() -> Self {
        Registry { protocols: Vec::new() }
    }

    /// The protocols that come with Pessimist.
    pub fn standard() -> Self {
        Registry::empty()
            .with_checked::<raft::Raft>("Raft", raft::Config::check_within)
            .with_checked::<raft::Mutant>("RaftMutant", |config, cluster| config.raft.check_within(cluster))
            .with::<postcards::Postcards>("Postcards")
            .with::<single_server::SingleServer>("SingleServer")
            .with::<two_generals::General>("TwoGenerals")
            .with::<clocks::Cristian>("Cristian")
            .with::<Mutant<clocks::cristian::NoWay>>("CristianMutant")
            .with::<clocks::Hybrid>("Hybrid")
            .with::<Mutant<clocks::hybrid::Deaf>>("HybridMutant")
            .with::<clocks::TrueTime>("TrueTime")
            .with::<Mutant<clocks::true_time::NoWait>>("TrueTimeMutant")
            .with::<last_write_wins::LastWriteWins>("LastWriteWins")
            .with::<lease::Lease>("Lease")
            .with::<stopwatch::Stopwatch>("Stopwatch")
            .with::<clocks::Process<clocks::Lamport>>("LamportClocks")
            .with::<clocks::Process<clocks::Vector>>("VectorClocks")
            .with::<clocks::Process<clocks::mistaken::Deaf>>("LamportMutant")
            .with::<clocks::Process<clocks::mistaken::Still>>("VectorMutant")
            .with::<broadcast::Member<broadcast::BestEffort>>("BestEffortBroadcast")
            .with::<broadcast::Member<broadcast::Reliable>>("ReliableBroadcast")
            .with::<broadcast::Member<broadcast::Uniform>>("UniformBroadcast")
            .with::<broadcast::Gossip>("GossipBroadcast")
            .with::<broadcast::Member<broadcast::Fifo>>("FifoBroadcast")
            .with::<broadcast::Member<broadcast::Causal>>("CausalBroadcast")
            .with::<broadcast::Member<broadcast::Total>>("TimestampBroadcast")
            .with_checked::<broadcast::ByLeader>("LeaderBroadcast", crate::protocols::raft::Config::check_within)
            .with::<broadcast::Mutant>("BroadcastMutant")
            .with::<snapshot::Account>("Snapshot")
            .with::<siblings::Cart>("Siblings")
            .with_checked::<multi_leader::MultiLeader>("MultiLeader", multi_leader::Config::check_within)
            .with_checked::<multi_leader::Mutant>("MultiLeaderMutant", |config, cluster| {
                config.multi_leader.check_within(cluster)
            })
            .with_checked::<leaderless::Leaderless>("Leaderless", leaderless::Config::check_within)
            .with_checked::<leaderless::Mutant>("LeaderlessMutant", |config, cluster| {
                config.store.check_within(cluster)
            })
            .with_checked::<chain::Chain>("Chain", chain::Config::check_within)
            .with_checked::<chain::Mutant>("ChainMutant", chain::Config::check_within)
            .with_checked::<single_leader::SingleLeader>("SingleLeader", single_leader::Config::check_within)
            .with_checked::<single_leader::Mutant>("SingleLeaderMutant", single_leader::mutants::Config::check_within)
    }

    /// Adds a protocol, or puts one in the place of another of the same name.
    pub fn with<N: Node>(self, name: &'static str) -> Self {
        self.with_checked::<N>(name, |_, _| Ok(()))
    }

    /// Adds a protocol whose configuration may make no sense, by itself or for a cluster: `check` says why, in a sentence
    /// for people. The first field that the sentence names is the one that people are shown.
    pub fn with_checked<N: Node>(mut self, name: &'static str, check: Check<N>) -> Self {
        self.protocols.retain(|protocol| protocol.name != name);
        let prepare = move |scenario: &Scenario| -> Result<Box<dyn Runner>, Diagnostic> {
            let config: N::Config = scenario.protocol.config(scenario)?;
            check(&config, &scenario.plan.cluster).map_err(|why| scenario.refused_config(&why))?;
            scenario.check_kinds(&N::Msg::kinds(), &N::Timer::kinds())?;
            Ok(Box::new(Prepared::<N> { plan: scenario.plan.clone(), config }))
        };
        self.protocols.push(Protocol { name, prepare: Box::new(prepare) });
        self
    }

    /// The names of all protocols.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + '_ {
        self.protocols.iter().map(|protocol| protocol.name)
    }

    /// Makes a scenario ready to be run. Its variants are tried as well, so that a mistake in one does not wait for its
    /// day.
    pub fn prepare(&self, scenario: &Scenario) -> Result<Box<dyn Runner>, Diagnostic> {
        let runner = self.prepare_one(scenario)?;
        for variant in scenario.variants.iter().filter(|_| scenario.variant.is_none()) {
            self.prepare_one(&scenario.with_variant(variant)?)?;
        }
        Ok(runner)
    }

    fn prepare_one(&self, scenario: &Scenario) -> Result<Box<dyn Runner>, Diagnostic> {
        match self.protocols.iter().find(|protocol| protocol.name == scenario.protocol.name) {
            Some(protocol) => (protocol.prepare)(scenario),
            None => Err(scenario.unknown_protocol(self.names().collect::<Vec<_>>())),
        }
    }
}

/// A plan and a configuration for one type of node.
struct Prepared<N: Node> {
    plan: Plan,
    config: N::Config,
}

/// Who watches a run: always a judge, and perhaps one more. One type, so that each protocol is compiled once.
type Witness = (Judge, Beside);

/// Who watches beside the judge.
enum Beside {
    Nobody,
    Meter(Meter),
    Coverage(Box<Coverage>),
}

impl<N: Node> Sink<N> for Beside {
    fn event(&mut self, event: &Event<'_, N>) {
        match self {
            Beside::Nobody => {}
            Beside::Meter(meter) => meter.event(event),
            Beside::Coverage(coverage) => coverage.as_mut().event(event),
        }
    }
}

impl<N: Node> Prepared<N> {
    fn plan(&self, seed: u64) -> Arc<Plan> {
        Arc::new(Plan { seed, ..self.plan.clone() })
    }

    fn watch(&self, beside: Beside) -> Witness {
        (Judge::new(self.plan.cluster.clone()), beside)
    }

    fn session(
        &self,
        seed: u64,
        lines: Lines,
        watch: &mut Witness,
        progress: &mut Progress<'_>,
    ) -> Result<Box<dyn Session>, Failure> {
        let config = self.config.clone();
        let run = caught(|| Run::<N>::new(self.plan(seed), config, lines, watch, progress))??;
        let session = Box::new(run.ok_or(Failure::Interrupted)?);
        session.stuck().map_or(Ok(()), |stuck| Err(Failure::Stuck(stuck.clone())))?;
        branches::confirm(&self.plan, session.trace())?;
        Ok(session)
    }

    fn watched(&self, seed: u64, mut watch: Witness) -> Result<(Judged, Beside), Failure> {
        let (over, end, events) = if branches::expects_events(&self.plan) {
            let session = self.session(seed, Lines::None, &mut watch, &mut |_, _| true)?;
            (session.over(), session.end(), session.trace().len() as u32)
        } else {
            let mut world = World::<N>::new(self.plan(seed), self.config.clone());
            let over = caught(|| world.run(&mut (&mut watch as &mut dyn Sink<N>)))?;
            world.stuck().map_or(Ok(()), |stuck| Err(Failure::Stuck(stuck.clone())))?;
            (over, world.now(), world.events())
        };
        let (judge, beside) = watch;
        Ok((Judged { judge, over, end, events }, beside))
    }
}

impl<N: Node> Runner for Prepared<N> {
    fn open(&self, seed: u64, lines: Lines, progress: &mut Progress<'_>) -> Result<Opened, Failure> {
        let mut watch = self.watch(Beside::Nobody);
        let session = self.session(seed, lines, &mut watch, progress)?;
        Ok(Opened { session, judge: watch.0 })
    }

    fn judge(&self, seed: u64) -> Result<Judged, Failure> {
        Ok(self.watched(seed, self.watch(Beside::Nobody))?.0)
    }

    fn space(&self, bounds: &Bounds, wanted: &Wanted) -> Result<Box<dyn Space>, NoSpace> {
        let watch = Watch::new(&self.plan.cluster, wanted.clone());
        Ok(Box::new(Machines::<N, Watch>::new(&self.plan, self.config.clone(), bounds.clone(), watch)?))
    }

    fn replanned(&self, plan: Plan) -> Box<dyn Runner> {
        Box::new(Prepared::<N> { plan, config: self.config.clone() })
    }

    fn script(&self, seed: u64) -> Result<Script, Failure> {
        caught(|| World::<N>::written_down(self.plan(seed), self.config.clone()))
    }

    fn rehearse(&self, seed: u64, script: &Script) -> Result<(Judged, Taken), Failure> {
        let plan = Plan { seed, ..script.plan(&self.plan) };
        let mut watch = self.watch(Beside::Nobody);
        let mut world = World::<N>::new(plan, self.config.clone());
        let taken = caught(|| world.rehearse(&script.cues, &mut (&mut watch as &mut dyn Sink<N>), &mut |_| ()))?;
        let judged = Judged { judge: watch.0, over: Over::Scheduled, end: world.now(), events: world.events() };
        Ok((judged, taken))
    }

    fn openings(&self, seed: u64, script: &Script) -> Result<Vec<Vec<Act>>, Failure> {
        let plan = Plan { seed, ..script.plan(&self.plan) };
        let mut watch = self.watch(Beside::Nobody);
        let mut world = World::<N>::new(plan, self.config.clone());
        let mut openings = Vec::new();
        let mut look = |world: &World<N>| openings.push(world.possible());
        caught(|| world.rehearse(&script.cues, &mut (&mut watch as &mut dyn Sink<N>), &mut look))?;
        Ok(openings)
    }

    fn measure(&self, seed: u64) -> Result<(Judged, Measures), Failure> {
        let (judged, beside) = self.watched(seed, self.watch(Beside::Meter(Meter::default())))?;
        let Beside::Meter(meter) = beside else { unreachable!("who watched is handed back") };
        let measures = Measures::of_run(&judged.judge, &meter, judged.end);
        Ok((judged, measures))
    }

    fn cover(&self, seed: u64) -> Result<(Judged, Vec<Feature>), Failure> {
        let coverage = Coverage::new(self.plan.cluster.clone());
        let (judged, beside) = self.watched(seed, self.watch(Beside::Coverage(Box::new(coverage))))?;
        let Beside::Coverage(coverage) = beside else { unreachable!("who watched is handed back") };
        Ok((judged, coverage.features()))
    }

    fn messages(&self) -> Vec<&'static str> {
        N::Msg::kinds()
    }
}

/// Runs the code of a protocol, which may be a student's: what it panics with is a report.
fn caught<R>(run: impl FnOnce() -> R) -> Result<R, Failure> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Failure::Panicked(text.unwrap_or("without a word").to_owned())
    })
}
