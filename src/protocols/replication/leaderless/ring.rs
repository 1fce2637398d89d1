//! Who holds a key.

use crate::node::{Key, NodeId, digest};

/// Where a key is on the ring of so many replicas: at the place of its first owner.
pub fn place(key: &Key, replicas: usize) -> usize {
    (digest::<str>(key) % replicas.max(1) as u64) as usize
}

/// All replicas in the order in which a key prefers them: round the ring from the key's place on (§4.3). The first n are
/// its owners, those after them stand in.
pub fn preference<'a>(replicas: &'a [NodeId], key: &Key) -> impl Iterator<Item = NodeId> + use<'a> {
    let place = place(key, replicas.len());
    replicas.iter().cycle().skip(place).take(replicas.len()).copied()
}

/// The places of the ring whose keys a replica owns.
pub fn places_of(replicas: &[NodeId], n: usize, replica: NodeId) -> Vec<usize> {
    let owns = |place: usize| replicas.iter().cycle().skip(place).take(n).any(|owner| *owner == replica);
    (0..replicas.len()).filter(|place| owns(*place)).collect()
}
