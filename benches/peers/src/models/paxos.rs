//! Single-decree Paxos under clients of a register (Lamport, "Paxos made simple", 2001).
//!
//! A server that a client asks to put a value proposes it, once. Who knows the decision answers reads, and nothing else.

use super::register::{Client, MayAsk, Request};
use super::{Effects, Protocol, majority};
use pessimist::node::node_value;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The protocol. Servers come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Paxos {
    /// How many servers there are.
    pub servers: u8,
    /// How many clients.
    pub clients: u8,
}

/// A round, and who leads it.
pub type Ballot = (u32, u8);

/// What a server has accepted.
pub type Accepted = Option<(Ballot, Proposal)>;

node_value! {
    /// What is proposed: a value, with the request that asks for it.
    #[derive(Copy)]
    pub struct Proposal {
        request: u32,
        client: u8,
        value: u8,
    }

    /// A message.
    #[derive(Copy)]
    pub enum Msg {
        /// A client's, or to one.
        Client(Request),
        /// Phase 1a.
        Prepare(Ballot),
        /// Phase 1b.
        Promise(Ballot, Accepted),
        /// Phase 2a.
        Accept(Ballot, Proposal),
        /// Phase 2b.
        Accepted(Ballot),
        /// So it is.
        Decided(Ballot, Proposal),
    }

    /// A node by its role.
    pub enum Role {
        /// A server.
        Server(Server),
        /// A client.
        Client(Client),
    }

    /// A server: proposer and acceptor.
    #[derive(Default)]
    pub struct Server {
        ballot: Ballot,
        proposal: Option<Proposal>,
        promises: BTreeMap<u8, Accepted>,
        accepts: BTreeSet<u8>,
        accepted: Accepted,
        is_decided: bool,
    }
}

impl From<Request> for Msg {
    fn from(request: Request) -> Msg {
        Msg::Client(request)
    }
}

impl MayAsk for Msg {
    fn request(&self) -> Option<Request> {
        if let Msg::Client(request) = self { Some(*request) } else { None }
    }
}

impl Paxos {
    /// How many nodes there are.
    pub fn nodes(&self) -> u8 {
        self.servers + self.clients
    }

    fn broadcast(&self, me: u8, msg: Msg, out: &mut impl Effects<Self>) {
        (0..self.servers).filter(|server| *server != me).for_each(|server| out.send(server, msg));
    }

    fn on_server(
        &self,
        me: u8,
        server: &Server,
        from: u8,
        msg: &Msg,
        out: &mut impl Effects<Self>,
    ) -> Option<Server> {
        if server.is_decided {
            if let (Msg::Client(Request::Get { request }), Some((_, Proposal { value, .. }))) = (msg, server.accepted)
            {
                out.send(from, Request::GetOk { request: *request, value }.into());
            }
            return None;
        }
        match *msg {
            Msg::Client(Request::Put { request, value }) if server.proposal.is_none() => {
                let ballot = (server.ballot.0 + 1, me);
                self.broadcast(me, Msg::Prepare(ballot), out);
                let proposal = Some(Proposal { request, client: from, value });
                let promises = [(me, server.accepted)].into();
                Some(Server { ballot, proposal, promises, accepts: BTreeSet::new(), ..server.clone() })
            }
            Msg::Prepare(ballot) if server.ballot < ballot => {
                out.send(from, Msg::Promise(ballot, server.accepted));
                Some(Server { ballot, ..server.clone() })
            }
            Msg::Promise(ballot, accepted) if ballot == server.ballot => {
                let mut after = server.clone();
                after.promises.insert(from, accepted);
                if after.promises.len() == majority(self.servers) {
                    // What may have been decided before is what is proposed now.
                    let before = after.promises.values().max().copied().flatten();
                    let proposal = before.map(|(_, proposal)| proposal).or(server.proposal)?;
                    after.proposal = Some(proposal);
                    after.accepted = Some((ballot, proposal));
                    after.accepts.insert(me);
                    self.broadcast(me, Msg::Accept(ballot, proposal), out);
                }
                Some(after)
            }
            Msg::Accept(ballot, proposal) if server.ballot <= ballot => {
                out.send(from, Msg::Accepted(ballot));
                Some(Server { ballot, accepted: Some((ballot, proposal)), ..server.clone() })
            }
            Msg::Accepted(ballot) if ballot == server.ballot => {
                let mut after = server.clone();
                after.accepts.insert(from);
                if after.accepts.len() == majority(self.servers) {
                    after.is_decided = true;
                    let proposal = server.proposal?;
                    self.broadcast(me, Msg::Decided(ballot, proposal), out);
                    out.send(proposal.client, Request::PutOk { request: proposal.request }.into());
                }
                Some(after)
            }
            Msg::Decided(ballot, proposal) => {
                Some(Server { ballot, accepted: Some((ballot, proposal)), is_decided: true, ..server.clone() })
            }
            _ => None,
        }
    }
}

impl Protocol for Paxos {
    type State = Role;
    type Msg = Msg;
    type Timer = ();
    type Stored = ();

    fn start(&self, me: u8, _: Option<&()>, out: &mut impl Effects<Self>) -> Role {
        if me < self.servers {
            Role::Server(Server::default())
        } else {
            Role::Client(Client::start(me, self.servers, out))
        }
    }

    fn on_msg(&self, me: u8, role: &Role, from: u8, msg: &Msg, out: &mut impl Effects<Self>) -> Option<Role> {
        match role {
            Role::Server(server) => self.on_server(me, server, from, msg, out).map(Role::Server),
            Role::Client(client) => client.on_request(me, self.servers, msg.request()?, out).map(Role::Client),
        }
    }
}
