//! A lock server that remembers the holder through crashes, and forgets who waits; any node may crash at any time.

use super::{Effects, Protocol};
use pessimist::node::node_value;
use serde::{Deserialize, Serialize};

/// The protocol. Node 0 is the server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lock {
    /// How many clients there are.
    pub clients: u8,
}

node_value! {
    /// A node by its role.
    pub enum Role {
        /// The server.
        Server {
            /// Who holds the lock.
            holder: Option<u8>,
            /// Who waits, in order.
            queue: Vec<u8>,
        },
        /// A client.
        Client(Stage),
    }

    /// How far a client is.
    #[derive(Copy)]
    pub enum Stage {
        /// It has not asked.
        Idle,
        /// It has asked.
        Asks,
        /// It holds the lock.
        Holds,
        /// It has given it back.
        Done,
    }

    /// A message.
    #[derive(Copy)]
    pub enum Msg {
        /// May I?
        Acquire,
        /// You may.
        Grant,
        /// I am done.
        Release,
    }

    /// What a client does next, of itself.
    #[derive(Copy)]
    pub enum Next {
        /// It asks.
        Ask,
        /// It gives back.
        Leave,
    }

    /// What survives.
    #[derive(Copy)]
    pub enum Stored {
        /// Who holds the lock.
        Holder(Option<u8>),
        /// A client has asked.
        HasAsked,
    }
}

impl Lock {
    /// How many nodes there are.
    pub fn nodes(&self) -> u8 {
        self.clients + 1
    }
}

impl Protocol for Lock {
    type State = Role;
    type Msg = Msg;
    type Timer = Next;
    type Stored = Stored;

    fn start(&self, me: u8, stored: Option<&Stored>, out: &mut impl Effects<Self>) -> Role {
        match stored {
            Some(Stored::Holder(holder)) => Role::Server { holder: *holder, queue: Vec::new() },
            Some(Stored::HasAsked) => Role::Client(Stage::Asks),
            None if me == 0 => Role::Server { holder: None, queue: Vec::new() },
            None => {
                out.set(Next::Ask);
                Role::Client(Stage::Idle)
            }
        }
    }

    fn on_msg(&self, _: u8, role: &Role, from: u8, msg: &Msg, out: &mut impl Effects<Self>) -> Option<Role> {
        match (role, msg) {
            (Role::Server { holder: None, queue }, Msg::Acquire) => {
                out.save(Stored::Holder(Some(from)));
                out.send(from, Msg::Grant);
                Some(Role::Server { holder: Some(from), queue: queue.clone() })
            }
            (Role::Server { holder, queue }, Msg::Acquire) => {
                let mut queue = queue.clone();
                queue.push(from);
                Some(Role::Server { holder: *holder, queue })
            }
            (Role::Server { holder, queue }, Msg::Release) if *holder == Some(from) => {
                let (next, queue) = match queue.split_first() {
                    Some((next, rest)) => (Some(*next), rest.to_vec()),
                    None => (None, Vec::new()),
                };
                out.save(Stored::Holder(next));
                next.into_iter().for_each(|next| out.send(next, Msg::Grant));
                Some(Role::Server { holder: next, queue })
            }
            (Role::Client(Stage::Asks), Msg::Grant) => {
                out.set(Next::Leave);
                Some(Role::Client(Stage::Holds))
            }
            _ => None,
        }
    }

    fn on_timer(&self, _: u8, _: &Role, next: &Next, out: &mut impl Effects<Self>) -> Option<Role> {
        match next {
            Next::Ask => {
                out.save(Stored::HasAsked);
                out.send(0, Msg::Acquire);
                Some(Role::Client(Stage::Asks))
            }
            Next::Leave => {
                out.send(0, Msg::Release);
                Some(Role::Client(Stage::Done))
            }
        }
    }
}

/// Whether no two hold the lock.
pub fn is_exclusive<'a>(roles: impl Iterator<Item = &'a Role>) -> bool {
    roles.filter(|role| matches!(role, Role::Client(Stage::Holds))).count() <= 1
}
