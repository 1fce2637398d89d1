//! Places, the cables between them, and the way of each message: which cables lie between any two nodes.
//!
//! Ways are found once, before the run: the least expected delay, then the fewest cables, then the first by name. They
//! stay as they are: a cable that is cut is not routed round, as on a network whose routers are slow to learn of it or
//! have nothing else. So a cut of a cable hits exactly the pairs of nodes whose way it lies on.

use super::law::Law;
use crate::node::NodeId;
use petgraph::algo::dijkstra;
use petgraph::graph::{NodeIndex, UnGraph};
use petgraph::visit::EdgeRef;
use std::collections::BTreeMap;

/// Where nodes stand and what joins the places. Empty where a plan says nothing of it: then each pair of nodes has a
/// link of its own.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    sites: Vec<Site>,
    cables: Vec<Cable>,
    /// The site of each node.
    at: BTreeMap<NodeId, usize>,
    /// The cables between two sites that have nodes, in order, where there is a way.
    ways: BTreeMap<(usize, usize), Vec<usize>>,
}

/// A place. One without nodes is a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Who is there.
    pub nodes: Vec<NodeId>,
}

/// What joins two sites, both ways.
#[derive(Clone, Debug, PartialEq)]
pub struct Cable {
    /// Its name.
    pub name: String,
    /// The places of its ends among the sites.
    pub ends: (usize, usize),
    /// How long a message takes.
    pub delay: Law,
}

impl Topology {
    /// Finds the ways. Panics where a cable ends at no site.
    pub fn new(sites: Vec<Site>, cables: Vec<Cable>) -> Self {
        let mut graph = UnGraph::<(), usize>::default();
        let places: Vec<NodeIndex> = sites.iter().map(|_| graph.add_node(())).collect();
        for (place, cable) in cables.iter().enumerate() {
            graph.add_edge(places[cable.ends.0], places[cable.ends.1], place);
        }
        // One cable counts for less than the least difference of delays: a nanosecond.
        let cost = |cable: usize| (u128::from(cables[cable].delay.mean().0) << 32) + 1;
        let mut ways = BTreeMap::new();
        let used = |place: &usize| !sites[*place].nodes.is_empty();
        for to in (0..sites.len()).filter(used) {
            let left = dijkstra(&graph, places[to], None, |edge| cost(*edge.weight()));
            for from in (0..sites.len()).filter(used).filter(|from| sites[*from].name < sites[to].name) {
                let (mut here, mut way) = (places[from], vec![]);
                while here != places[to] {
                    let on_the_way = graph.edges(here).filter(|edge| {
                        let beyond = left.get(&edge.target());
                        beyond.map(|beyond| beyond + cost(*edge.weight())) == left.get(&here).copied()
                    });
                    let best = on_the_way.min_by_key(|edge| &cables[*edge.weight()].name);
                    let Some(best) = best.filter(|_| left.contains_key(&here)) else { break };
                    way.push(*best.weight());
                    here = best.target();
                }
                if here == places[to] {
                    let back = way.iter().rev().copied().collect();
                    ways.insert((from, to), way);
                    ways.insert((to, from), back);
                }
            }
        }
        let at = sites.iter().enumerate().flat_map(|(place, site)| site.nodes.iter().map(move |node| (*node, place)));
        Topology { at: at.collect(), ways, sites, cables }
    }

    /// The places.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// What joins them.
    pub fn cables(&self) -> &[Cable] {
        &self.cables
    }

    /// The cables between two nodes of different sites; `None` where there is no way, or no site.
    pub fn way(&self, from: NodeId, to: NodeId) -> Option<&[usize]> {
        Some(self.ways.get(&(*self.at.get(&from)?, *self.at.get(&to)?))?)
    }

    /// How long a message takes between nodes of different sites: through one cable after the other.
    pub fn delay(&self, from: NodeId, to: NodeId) -> Option<Law> {
        Some(Law::sum(self.way(from, to)?.iter().map(|cable| self.cables[*cable].delay.clone()).collect()))
    }

    /// Two sites with nodes between which there is no way.
    pub fn apart(&self) -> Option<(&Site, &Site)> {
        let used = || self.sites.iter().enumerate().filter(|(_, site)| !site.nodes.is_empty());
        let mut pairs = used().flat_map(|one| used().map(move |other| (one, other)));
        let apart = pairs.find(|((one, _), (other, _))| one < other && !self.ways.contains_key(&(*one, *other)));
        apart.map(|((_, one), (_, other))| (one, other))
    }

    /// The pairs of nodes whose way runs through a cable.
    pub fn through_cable(&self, cable: usize) -> Vec<(NodeId, NodeId)> {
        self.pairs(|way| way.contains(&cable))
    }

    /// The pairs of nodes whose way begins, ends or passes at a site.
    pub fn through_site(&self, site: usize) -> Vec<(NodeId, NodeId)> {
        let touches = |cable: &usize| {
            let (one, other) = self.cables[*cable].ends;
            one == site || other == site
        };
        self.pairs(|way| way.iter().any(touches))
    }

    fn pairs(&self, wanted: impl Fn(&[usize]) -> bool) -> Vec<(NodeId, NodeId)> {
        let all = self.at.keys().flat_map(|from| self.at.keys().map(move |to| (*from, *to)));
        all.filter(|(from, to)| self.way(*from, *to).is_some_and(&wanted)).collect()
    }

    /// A cable in words: `cable optics (dc - hub)`.
    pub fn cable_words(&self, cable: usize) -> String {
        let Cable { name, ends: (one, other), .. } = &self.cables[cable];
        format!("cable {name} ({} - {})", self.sites[*one].name, self.sites[*other].name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Cluster, SimSpan};

    /// Sites of one node each, or none where the name begins with `-`, and cables as (name, ends, milliseconds).
    fn topology(sites: &[&str], cables: &[(&str, usize, usize, u64)]) -> (Vec<NodeId>, Topology) {
        let mut names = vec![];
        let used = sites.iter().filter(|site| !site.starts_with('-'));
        names.extend(used.map(|site| format!("n-{site}")));
        let cluster = Cluster::new([("replica", names.iter().map(String::as_str).collect())]).unwrap();
        let site = |name: &&str| {
            let nodes = cluster.find(&format!("n-{name}")).into_iter().collect();
            Site { name: name.trim_start_matches('-').to_owned(), nodes }
        };
        let cable = |&(name, one, other, ms): &(&str, usize, usize, u64)| Cable {
            name: name.to_owned(),
            ends: (one, other),
            delay: Law::Constant(SimSpan::millis(ms)),
        };
        let topology = Topology::new(sites.iter().map(site).collect(), cables.iter().map(cable).collect());
        (cluster.ids().collect(), topology)
    }

    fn names<'a>(topology: &'a Topology, way: &[usize]) -> Vec<&'a str> {
        way.iter().map(|cable| topology.cables[*cable].name.as_str()).collect()
    }

    #[test]
    fn the_way_is_the_quickest_not_the_shortest() {
        let cables = [("direct", 0, 1, 10), ("out", 0, 2, 4), ("in", 2, 1, 5)];
        let (nodes, topology) = topology(&["a", "b", "-hub"], &cables);
        let way = topology.way(nodes[0], nodes[1]).unwrap();
        assert_eq!(names(&topology, way), ["out", "in"]);
        assert_eq!(names(&topology, topology.way(nodes[1], nodes[0]).unwrap()), ["in", "out"]);
        assert_eq!(topology.delay(nodes[0], nodes[1]), Some(Law::Constant(SimSpan::millis(9))));
        assert_eq!(topology.way(nodes[0], nodes[0]), None);
    }

    #[test]
    fn of_equal_ways_the_one_with_fewer_cables_is_taken_then_the_first_by_name() {
        let cables = [("z", 0, 1, 10), ("y", 0, 1, 10), ("out", 0, 2, 5), ("in", 2, 1, 5)];
        let (nodes, topology) = topology(&["a", "b", "-hub"], &cables);
        assert_eq!(names(&topology, topology.way(nodes[0], nodes[1]).unwrap()), ["y"]);
        assert_eq!(names(&topology, topology.way(nodes[1], nodes[0]).unwrap()), ["y"]);
        assert_eq!(topology.through_cable(0), []);
    }

    #[test]
    fn cables_without_delay_do_not_lead_in_circles() {
        let cables = [("a", 0, 2, 0), ("b", 2, 3, 0), ("c", 3, 0, 0), ("d", 3, 1, 0)];
        let (nodes, topology) = topology(&["a", "b", "-x", "-y"], &cables);
        assert_eq!(names(&topology, topology.way(nodes[0], nodes[1]).unwrap()), ["c", "d"]);
    }

    #[test]
    fn a_cable_carries_just_the_pairs_whose_way_it_lies_on() {
        let cables = [("optics", 0, 1, 1), ("transit", 1, 2, 30)];
        let (nodes, topology) = topology(&["dc", "hub", "pacific"], &cables);
        let [dc, hub, pacific] = [nodes[0], nodes[1], nodes[2]];
        let optics = [(dc, hub), (dc, pacific), (hub, dc), (pacific, dc)];
        assert_eq!(topology.through_cable(0), optics);
        assert_eq!(topology.through_site(0), optics);
        assert_eq!(topology.through_site(1).len(), 6, "a switch that fails takes all ways with it");
        assert_eq!(topology.cable_words(1), "cable transit (hub - pacific)");
        assert_eq!(topology.apart(), None);
    }

    #[test]
    fn sites_that_nothing_joins_are_apart() {
        let (nodes, topology) = topology(&["a", "b", "c"], &[("ab", 0, 1, 1)]);
        let (one, other) = topology.apart().unwrap();
        assert_eq!((one.name.as_str(), other.name.as_str()), ("a", "c"));
        assert_eq!(topology.way(nodes[0], nodes[2]), None);
    }
}
