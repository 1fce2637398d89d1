//! Clients of a register: each puts one value of its own when it starts, gets one, and is done.

use super::on_stateright::number;
use super::{Effects, Protocol};
use pessimist::node::{Datum, Fact, OperationId, Outcome, node_value};
use stateright::actor::{Envelope, Id};
use stateright::semantics::register::{Register, RegisterOp, RegisterRet};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};

node_value! {
    /// What clients ask for, and what they are told.
    #[derive(Copy)]
    pub enum Request {
        /// Store a value.
        Put {
            /// Which request.
            request: u32,
            /// The value.
            value: u8,
        },
        /// Read it.
        Get {
            /// Which request.
            request: u32,
        },
        /// It is stored.
        PutOk {
            /// Which request.
            request: u32,
        },
        /// This was read.
        GetOk {
            /// Which request.
            request: u32,
            /// The value.
            value: u8,
        },
    }

    /// A client.
    #[derive(Copy)]
    pub struct Client {
        /// The request that it waits for.
        awaiting: Option<u32>,
        /// How many operations it has begun, and one more at the end.
        count: u32,
    }
}

/// The value that a client puts; 0 is what the register holds first.
pub fn value_of(client: u8, servers: u8) -> u8 {
    client - servers + 1
}

impl Client {
    /// A client starts.
    pub fn start<P: Protocol<Msg: From<Request>>>(me: u8, servers: u8, out: &mut impl Effects<P>) -> Client {
        let request = u32::from(me);
        let server = me % servers;
        out.send(server, Request::Put { request, value: value_of(me, servers) }.into());
        out.tell(|cluster| Fact::Asked { operation: OperationId(0), server: cluster.id(usize::from(server)) });
        Client { awaiting: Some(request), count: 1 }
    }

    /// A client is told something.
    pub fn on_request<P: Protocol<Msg: From<Request>>>(
        self,
        me: u8,
        servers: u8,
        told: Request,
        out: &mut impl Effects<P>,
    ) -> Option<Client> {
        match told {
            Request::PutOk { request } if self.awaiting == Some(request) => {
                let request = (self.count + 1) * u32::from(me);
                let server = (me + self.count as u8) % servers;
                out.send(server, Request::Get { request }.into());
                out.tell(|_| Fact::Returned { operation: OperationId(0), outcome: Outcome::Ok(Datum::Absent) });
                out.tell(|cluster| Fact::Asked {
                    operation: OperationId(1),
                    server: cluster.id(usize::from(server)),
                });
                Some(Client { awaiting: Some(request), count: self.count + 1 })
            }
            Request::GetOk { request, value } if self.awaiting == Some(request) => {
                let outcome = Outcome::Ok(Datum::Int(i64::from(value)));
                out.tell(|_| Fact::Returned { operation: OperationId(1), outcome });
                Some(Client { awaiting: None, count: self.count + 1 })
            }
            _ => None,
        }
    }
}

/// A message that may be a client's.
pub trait MayAsk {
    /// The request or answer in it.
    fn request(&self) -> Option<Request>;
}

/// The history that stateright keeps.
pub type Tester = LinearizabilityTester<Id, Register<u8>>;

/// Tells stateright's history of what clients ask.
pub fn record_out<M: MayAsk>(_: &(), history: &Tester, sent: Envelope<&M>) -> Option<Tester> {
    let op = match sent.msg.request()? {
        Request::Put { value, .. } => RegisterOp::Write(value),
        Request::Get { .. } => RegisterOp::Read,
        _ => return None,
    };
    let mut history = history.clone();
    history.on_invoke(sent.src, op).expect("one at a time");
    Some(history)
}

/// Tells stateright's history of what clients are told.
pub fn record_in<M: MayAsk>(_: &(), history: &Tester, got: Envelope<&M>) -> Option<Tester> {
    let answer = match got.msg.request()? {
        Request::PutOk { .. } => RegisterRet::WriteOk,
        Request::GetOk { value, .. } => RegisterRet::ReadOk(value),
        _ => return None,
    };
    let mut history = history.clone();
    history.on_return(got.dst, answer).unwrap_or_else(|_| panic!("{} had asked", number(got.dst)));
    Some(history)
}
