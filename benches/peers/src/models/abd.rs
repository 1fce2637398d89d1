//! A register that a majority keeps (Attiya, Bar-Noy and Dolev, "Sharing memory robustly in message-passing systems",
//! 1995): who serves a client asks a majority what is newest, and makes it known to a majority.

use super::register::{Client, MayAsk, Request};
use super::{Effects, Protocol, majority};
use pessimist::node::node_value;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The protocol. Servers come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Abd {
    /// How many servers there are.
    pub servers: u8,
    /// How many clients.
    pub clients: u8,
}

node_value! {
    /// A value and its version: a counter, and who wrote.
    #[derive(Copy, Default)]
    pub struct Version {
        clock: u32,
        writer: u8,
        value: u8,
    }

    /// A message.
    #[derive(Copy)]
    pub enum Msg {
        /// A client's, or to one.
        Client(Request),
        /// What is newest with you?
        Query(u32),
        /// This.
        AckQuery(u32, Version),
        /// Keep this.
        Record(u32, Version),
        /// Kept.
        AckRecord(u32),
    }

    /// A node by its role.
    pub enum Role {
        /// A server.
        Server(Server),
        /// A client.
        Client(Client),
    }

    /// A server.
    #[derive(Default)]
    pub struct Server {
        version: Version,
        phase: Option<Phase>,
    }

    /// How far a server is with a client's request.
    pub enum Phase {
        /// It asks what is newest.
        Asks {
            /// Which request.
            request: u32,
            /// Whose.
            client: u8,
            /// What to write.
            write: Option<u8>,
            /// What the servers hold.
            answers: BTreeMap<u8, Version>,
        },
        /// It makes it known.
        Tells {
            /// Which request.
            request: u32,
            /// Whose.
            client: u8,
            /// What was read.
            read: Option<u8>,
            /// Who knows it.
            known: BTreeSet<u8>,
        },
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

impl Abd {
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
        let Server { version, phase } = server;
        match (phase, *msg) {
            (None, Msg::Client(Request::Put { request, value })) => {
                Some(self.ask(me, server, (request, from, Some(value)), out))
            }
            (None, Msg::Client(Request::Get { request })) => Some(self.ask(me, server, (request, from, None), out)),
            (_, Msg::Query(request)) => {
                out.send(from, Msg::AckQuery(request, *version));
                None
            }
            (Some(Phase::Asks { request, client, write, answers }), Msg::AckQuery(answered, held))
                if *request == answered =>
            {
                let (request, client, write, mut answers) = (*request, *client, *write, answers.clone());
                answers.insert(from, held);
                if answers.len() != majority(self.servers) {
                    return Some(Server { phase: Some(Phase::Asks { request, client, write, answers }), ..*server });
                }
                let newest = *answers.values().max()?;
                let (told, read) = match write {
                    Some(value) => (Version { clock: newest.clock + 1, writer: me, value }, None),
                    None => (newest, Some(newest.value)),
                };
                self.broadcast(me, Msg::Record(request, told), out);
                let phase = Phase::Tells { request, client, read, known: [me].into() };
                Some(Server { version: told.max(*version), phase: Some(phase) })
            }
            (_, Msg::Record(request, told)) => {
                out.send(from, Msg::AckRecord(request));
                (told > *version).then(|| Server { version: told, phase: phase.clone() })
            }
            (Some(Phase::Tells { request, client, read, known }), Msg::AckRecord(answered))
                if *request == answered && !known.contains(&from) =>
            {
                let (request, client, read, mut known) = (*request, *client, *read, known.clone());
                known.insert(from);
                if known.len() != majority(self.servers) {
                    return Some(Server { phase: Some(Phase::Tells { request, client, read, known }), ..*server });
                }
                let answer = match read {
                    Some(value) => Request::GetOk { request, value },
                    None => Request::PutOk { request },
                };
                out.send(client, answer.into());
                Some(Server { phase: None, ..*server })
            }
            _ => None,
        }
    }

    fn ask(
        &self,
        me: u8,
        server: &Server,
        (request, client, write): (u32, u8, Option<u8>),
        out: &mut impl Effects<Self>,
    ) -> Server {
        self.broadcast(me, Msg::Query(request), out);
        let answers = [(me, server.version)].into();
        Server { phase: Some(Phase::Asks { request, client, write, answers }), version: server.version }
    }
}

impl Protocol for Abd {
    type State = Role;
    type Msg = Msg;
    type Timer = ();
    type Stored = ();

    fn start(&self, me: u8, _: Option<&()>, out: &mut impl Effects<Self>) -> Role {
        if me >= self.servers {
            return Role::Client(Client::start(me, self.servers, out));
        }
        // Each holds a version of its own at first, so that no two writers' are ever the same.
        Role::Server(Server { version: Version { writer: me, ..Version::default() }, phase: None })
    }

    fn on_msg(&self, me: u8, role: &Role, from: u8, msg: &Msg, out: &mut impl Effects<Self>) -> Option<Role> {
        match role {
            Role::Server(server) => self.on_server(me, server, from, msg, out).map(Role::Server),
            Role::Client(client) => client.on_request(me, self.servers, msg.request()?, out).map(Role::Client),
        }
    }
}
