//! Two-phase commit by messages. Node 0 coordinates; a participant may refuse of itself, the coordinator may give up.

use super::{Effects, Protocol};
use pessimist::node::{Datum, Fact, node_value};
use serde::{Deserialize, Serialize};

/// The protocol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TwoPhase {
    /// How many participants there are beside the coordinator.
    pub participants: u8,
}

node_value! {
    /// A node by its role.
    pub enum Party {
        /// Who asks, with a bit for each participant that said yes.
        Coordinator {
            /// Who said yes.
            yes: u32,
            /// What was decided.
            decision: Option<bool>,
        },
        /// Who is asked.
        Participant(Stage),
    }

    /// How far a participant is.
    #[derive(Copy)]
    pub enum Stage {
        /// It has promised nothing.
        Working,
        /// It has promised to commit if told so.
        Prepared,
        /// It has committed.
        Committed,
        /// It has aborted.
        Aborted,
    }

    /// A message.
    #[derive(Copy)]
    pub enum Msg {
        /// Will you?
        Prepare,
        /// I will.
        Yes,
        /// I will not.
        No,
        /// All do.
        Commit,
        /// None does.
        Abort,
    }

    /// What a node may do of itself.
    #[derive(Copy)]
    pub enum Wish {
        /// The coordinator waits no longer.
        GiveUp,
        /// A participant does not want to.
        Refuse,
    }
}

impl TwoPhase {
    /// How many nodes there are.
    pub fn nodes(&self) -> u8 {
        self.participants + 1
    }

    fn broadcast(&self, msg: Msg, out: &mut impl Effects<Self>) {
        (1..=self.participants).for_each(|participant| out.send(participant, msg));
    }

    fn decide(&self, yes: u32, commits: bool, out: &mut impl Effects<Self>) -> Option<Party> {
        out.cancel(Wish::GiveUp);
        self.broadcast(if commits { Msg::Commit } else { Msg::Abort }, out);
        Some(Party::Coordinator { yes, decision: Some(commits) })
    }

    fn end(&self, commits: bool, out: &mut impl Effects<Self>) -> Option<Party> {
        out.tell(|_| Fact::Decided { value: Datum::Int(i64::from(commits)) });
        Some(Party::Participant(if commits { Stage::Committed } else { Stage::Aborted }))
    }
}

impl Protocol for TwoPhase {
    type State = Party;
    type Msg = Msg;
    type Timer = Wish;
    type Stored = ();

    fn start(&self, me: u8, _: Option<&()>, out: &mut impl Effects<Self>) -> Party {
        if me > 0 {
            out.set(Wish::Refuse);
            return Party::Participant(Stage::Working);
        }
        out.set(Wish::GiveUp);
        self.broadcast(Msg::Prepare, out);
        Party::Coordinator { yes: 0, decision: None }
    }

    fn on_msg(&self, _: u8, party: &Party, from: u8, msg: &Msg, out: &mut impl Effects<Self>) -> Option<Party> {
        match (party, msg) {
            (Party::Coordinator { yes, decision: None }, Msg::Yes) => {
                let yes = yes | 1 << from;
                let is_complete = yes.count_ones() == u32::from(self.participants);
                if is_complete {
                    self.decide(yes, true, out)
                } else {
                    Some(Party::Coordinator { yes, decision: None })
                }
            }
            (Party::Coordinator { yes, decision: None }, Msg::No) => self.decide(*yes, false, out),
            (Party::Participant(Stage::Working), Msg::Prepare) => {
                out.cancel(Wish::Refuse);
                out.send(0, Msg::Yes);
                Some(Party::Participant(Stage::Prepared))
            }
            (Party::Participant(Stage::Working), Msg::Abort) => {
                out.cancel(Wish::Refuse);
                self.end(false, out)
            }
            (Party::Participant(Stage::Prepared), Msg::Commit | Msg::Abort) => self.end(*msg == Msg::Commit, out),
            _ => None,
        }
    }

    fn on_timer(&self, _: u8, party: &Party, _: &Wish, out: &mut impl Effects<Self>) -> Option<Party> {
        match party {
            Party::Coordinator { yes, .. } => self.decide(*yes, false, out),
            Party::Participant(_) => {
                out.send(0, Msg::No);
                self.end(false, out)
            }
        }
    }
}

/// Whether no two participants have ended differently.
pub fn agree<'a>(parties: impl Iterator<Item = &'a Party> + Clone) -> bool {
    let has = |stage| parties.clone().any(|party| *party == Party::Participant(stage));
    !(has(Stage::Committed) && has(Stage::Aborted))
}
