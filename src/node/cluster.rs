//! Who takes part: nodes, their names, and the groups that give them their roles.

use super::stable_hash::digest;
use serde::{Serialize, Serializer};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One node of a cluster.
///
/// Nodes are ordered as the scenario lists them. What is *hashed* is the name alone: a draw that depends on a message
/// naming a node stays the same when another node joins the cluster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(u64);

/// The bits of a [`NodeId`] that hold the hash of its name; those above hold its place.
const NAME_BITS: u32 = 48;

impl NodeId {
    fn new(place: usize, name: &str) -> Self {
        NodeId((place as u64) << NAME_BITS | (digest(name) & ((1 << NAME_BITS) - 1)))
    }

    /// The node's place in the cluster, from 0.
    pub const fn index(self) -> usize {
        (self.0 >> NAME_BITS) as usize
    }

    /// A number that depends on the node's name alone.
    pub const fn name_hash(self) -> u64 {
        self.0 & ((1 << NAME_BITS) - 1)
    }
}

impl Hash for NodeId {
    /// By hand, unlike all else: a node is its name, wherever it stands. [`Cluster`] refuses names whose hashes collide.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.name_hash());
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.index())
    }
}

impl Serialize for NodeId {
    /// The node's place, under a name by which whoever shows states can put the node's own name in its stead.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct("NodeId", &(self.index() as u16))
    }
}

/// The nodes of a run, by group. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Cluster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    names: Vec<String>,
    ids: Vec<NodeId>,
    groups: Vec<Group>,
    group_of: Vec<usize>,
}

/// Nodes that play one role, such as `replica` or `client`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The role's name.
    pub name: String,
    /// Its nodes in the order of the scenario.
    pub members: Vec<NodeId>,
}

/// Why a list of names makes no cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// There is no node at all.
    #[error("the cluster is empty; name at least one node")]
    Empty,
    /// A name is listed twice.
    #[error("{0:?} is listed twice; each node needs a name of its own")]
    Twice(String),
    /// A name cannot be shown or exported.
    #[error("{0:?} cannot name a node; use 1 to 12 ASCII letters, digits, - and _")]
    BadName(String),
    /// More nodes than a trace can number.
    #[error("{0} nodes are too many; {max} is the most", max = Cluster::MAX_NODES)]
    TooMany(usize),
}

impl Cluster {
    /// The largest cluster; a stamp holds one count for each pair of nodes.
    pub const MAX_NODES: usize = 256;

    /// A cluster from its groups in order, each with the names of its nodes.
    pub fn new<G: Into<String>, M: AsRef<str>>(
        groups: impl IntoIterator<Item = (G, Vec<M>)>,
    ) -> Result<Self, ClusterError> {
        let mut inner = Inner { names: vec![], ids: vec![], groups: vec![], group_of: vec![] };
        for (name, members) in groups {
            let mut group = Group { name: name.into(), members: vec![] };
            for member in members {
                let member = member.as_ref();
                let id = NodeId::new(inner.ids.len(), member);
                if inner.ids.iter().any(|other| other.name_hash() == id.name_hash()) {
                    return Err(ClusterError::Twice(member.to_owned()));
                }
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                if member.is_empty() || member.len() > 12 || !member.chars().all(plain) {
                    return Err(ClusterError::BadName(member.to_owned()));
                }
                inner.names.push(member.to_owned());
                inner.ids.push(id);
                inner.group_of.push(inner.groups.len());
                group.members.push(id);
            }
            inner.groups.push(group);
        }
        match inner.ids.len() {
            0 => Err(ClusterError::Empty),
            n if n > Self::MAX_NODES => Err(ClusterError::TooMany(n)),
            _ => Ok(Cluster(Arc::new(inner))),
        }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.0.ids.len()
    }

    /// Never true: a cluster has at least one node.
    pub fn is_empty(&self) -> bool {
        self.0.ids.is_empty()
    }

    /// Every node, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = NodeId> + '_ {
        self.0.ids.iter().copied()
    }

    /// The node at a place. Panics where there is none.
    pub fn id(&self, index: usize) -> NodeId {
        self.0.ids[index]
    }

    /// A node's name.
    pub fn name(&self, id: NodeId) -> &str {
        &self.0.names[id.index()]
    }

    /// Every name, in order.
    pub fn names(&self) -> &[String] {
        &self.0.names
    }

    /// The node that has this name.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.0.names.iter().position(|other| other == name).map(|index| self.0.ids[index])
    }

    /// The groups in order.
    pub fn groups(&self) -> &[Group] {
        &self.0.groups
    }

    /// The nodes of a group; none where there is no such group.
    pub fn group(&self, name: &str) -> &[NodeId] {
        self.0.groups.iter().find(|group| group.name == name).map_or(&[], |group| &group.members)
    }

    /// The group that a node belongs to.
    pub fn group_of(&self, id: NodeId) -> &Group {
        &self.0.groups[self.0.group_of[id.index()]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_joins_changes_no_hash() {
        let few = Cluster::new([("replica", vec!["n1", "n2"]), ("client", vec!["c1"])]).unwrap();
        let more = Cluster::new([("replica", vec!["n1", "n2", "n3"]), ("client", vec!["c1"])]).unwrap();
        let client = |cluster: &Cluster| cluster.find("c1").unwrap();
        assert_ne!(client(&few).index(), client(&more).index());
        assert_eq!(digest(&client(&few)), digest(&client(&more)));
    }

    #[test]
    fn nonsense_is_refused() {
        let refuse = |names: Vec<&str>| Cluster::new([("g", names)]).unwrap_err();
        assert_eq!(refuse(vec![]), ClusterError::Empty);
        assert_eq!(refuse(vec!["a", "a"]), ClusterError::Twice("a".into()));
        assert_eq!(refuse(vec!["a b"]), ClusterError::BadName("a b".into()));
    }
}
