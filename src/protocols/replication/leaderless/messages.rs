//! What is said, and what is waited for.

use super::held::Held;
use super::merkle::Part;
use crate::node::{Key, NodeId, OperationId, node_value};

node_value! {
    /// What clients and replicas say.
    pub enum Msg {
        /// A client: keep this.
        Store {
            /// For which operation.
            operation: OperationId,
            /// The key.
            key: Key,
            /// What was written.
            held: Held,
            /// The owner in whose place the receiver is to keep it (§4.6: a hint).
            hint: Option<NodeId>,
        },
        /// A replica: it is on my disk.
        Stored {
            /// For which operation.
            operation: OperationId,
        },
        /// A client: what do you hold?
        Fetch {
            /// For which operation.
            operation: OperationId,
            /// The key.
            key: Key,
        },
        /// A replica: this.
        Fetched {
            /// For which operation.
            operation: OperationId,
            /// What it holds.
            held: Held,
        },
        /// A client that has read: you are behind. Nobody waits for an answer.
        Repair {
            /// The key.
            key: Key,
            /// What others hold.
            held: Held,
        },
        /// A substitute to an owner: I have kept this for you.
        HandOff {
            /// The key.
            key: Key,
            /// What was written.
            held: Held,
        },
        /// The owner: it is on my disk.
        HandedOff {
            /// The key.
            key: Key,
            /// The digest of what was handed over: the substitute may hold more by now.
            digest: u64,
        },
        /// A replica to another: these are the hashes of parts of what I hold.
        Hashes(Vec<(Part, u64)>),
        /// A replica to another: we differ in this part, of which I hold this.
        Items {
            /// The part.
            part: Part,
            /// Keys with what is held of them.
            items: Vec<(Key, Held)>,
            /// Whether the receiver is asked for its own.
            asks: bool,
        },
    }

    /// What is waited for.
    #[derive(Copy)]
    pub enum Timer {
        /// A client has waited long enough for replicas.
        Patience(OperationId),
        /// A client gives up.
        GiveUp(OperationId),
        /// Time to hand over what is kept for others.
        HandOff,
        /// Time to compare with another replica.
        AntiEntropy,
    }
}
