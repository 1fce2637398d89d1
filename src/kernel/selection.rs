//! Whom a rule means: nodes and links by name, by role or by chance.

use super::plan::{LinkSelector, NodeSelector, RuleId};
use super::process::Process;
use super::rules::Aspect;
use super::world::World;
use crate::node::{Links, Node, NodeId};
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};

impl<N: Node> World<N> {
    /// The node that a selector means now; `None` where it means nobody.
    pub(super) fn select(
        &mut self,
        rule: RuleId,
        selector: &NodeSelector,
        able: impl Fn(&Process<N>) -> bool,
    ) -> Option<NodeId> {
        let cluster = self.plan.cluster.clone();
        let mut candidates: Vec<NodeId> = match selector {
            NodeSelector::Node(node) => return Some(*node),
            NodeSelector::Same(other) => return self.rules[*other].hit,
            NodeSelector::Leader => return self.leader.map(|(_, node)| node),
            NodeSelector::AFollower => {
                let leader = self.leader.map(|(_, node)| node)?;
                cluster.group_of(leader).members.iter().copied().filter(|&node| node != leader).collect()
            }
            NodeSelector::Random => self.servers(),
            NodeSelector::AnyOf(group) | NodeSelector::Each(group) => cluster.group(group).to_vec(),
        };
        candidates.retain(|node| able(&self.processes[node.index()]));
        candidates.choose(&mut self.rule_draw(rule, Aspect::Who)).copied()
    }

    /// Every node that is no client.
    fn servers(&self) -> Vec<NodeId> {
        let groups = self.plan.cluster.groups().iter().filter(|group| group.name != CLIENTS);
        groups.flat_map(|group| group.members.iter().copied()).collect()
    }

    /// The links that a selector means now; `None` where it means none.
    pub(super) fn select_links(&mut self, rule: RuleId, selector: &LinkSelector) -> Option<Links> {
        let pairs = self.select_pairs(rule, selector)?;
        let topology = &self.plan.topology;
        let carrier = match selector {
            LinkSelector::Cable(cable) => Some(topology.cable_words(*cable).into()),
            LinkSelector::Site(site) => Some(format!("site {}", topology.sites()[*site].name).into()),
            _ => None,
        };
        Some(Links { pairs, carrier })
    }

    fn select_pairs(&mut self, rule: RuleId, selector: &LinkSelector) -> Option<Vec<(NodeId, NodeId)>> {
        let cluster = self.plan.cluster.clone();
        let all: Vec<NodeId> = cluster.ids().collect();
        let around = |node: NodeId| all.clone().into_iter().filter(move |&other| other != node);
        let links = match selector {
            LinkSelector::OneWay(from, to) => {
                vec![(self.select(rule, from, |_| true)?, self.select(rule, to, |_| true)?)]
            }
            LinkSelector::Between(one, other) => {
                let (one, other) = (self.select(rule, one, |_| true)?, self.select(rule, other, |_| true)?);
                vec![(one, other), (other, one)]
            }
            LinkSelector::Around(node) => {
                let node = self.select(rule, node, |_| true)?;
                around(node).flat_map(|other| [(node, other), (other, node)]).collect()
            }
            LinkSelector::Into(node) => {
                let node = self.select(rule, node, |_| true)?;
                around(node).map(|other| (other, node)).collect()
            }
            LinkSelector::OutOf(node) => {
                let node = self.select(rule, node, |_| true)?;
                around(node).map(|other| (node, other)).collect()
            }
            LinkSelector::Sides(sides) => across(sides),
            LinkSelector::All => all.iter().flat_map(|&from| around(from).map(move |to| (from, to))).collect(),
            LinkSelector::MinorityWith(node) => {
                let (node, others) = self.shuffled_group(rule, node)?;
                let size = (others.len() / 2).saturating_sub(1);
                split(node, others, size)
            }
            LinkSelector::MajorityWith(node) => {
                let (node, others) = self.shuffled_group(rule, node)?;
                let size = others.len().div_ceil(2);
                split(node, others, size)
            }
            LinkSelector::Bridge(node) => {
                let (_, mut others) = self.shuffled_group(rule, node)?;
                let right = others.split_off(others.len() / 2);
                across(&[others, right])
            }
            LinkSelector::RandomSides => {
                let (node, others) = self.shuffled_group(rule, &NodeSelector::Random)?;
                let size = self.rule_draw(rule, Aspect::Size).random_range(0..others.len().max(1));
                split(node, others, size)
            }
            LinkSelector::Cable(cable) => self.plan.topology.through_cable(*cable),
            LinkSelector::Site(site) => self.plan.topology.through_site(*site),
        };
        Some(links.into_iter().filter(|(from, to)| from != to).collect())
    }

    /// A node, and the others of its group in a drawn order.
    fn shuffled_group(&mut self, rule: RuleId, selector: &NodeSelector) -> Option<(NodeId, Vec<NodeId>)> {
        let node = self.select(rule, selector, |_| true)?;
        let cluster = self.plan.cluster.clone();
        let group = cluster.group_of(node).members.iter().copied();
        let mut others: Vec<NodeId> = group.filter(|&other| other != node).collect();
        others.shuffle(&mut self.rule_draw(rule, Aspect::Order));
        Some((node, others))
    }
}

/// The group whose nodes no random fault hits.
pub const CLIENTS: &str = "client";

/// All links between nodes of different sides, both ways.
fn across(sides: &[Vec<NodeId>]) -> Vec<(NodeId, NodeId)> {
    let mut links = Vec::new();
    for (place, side) in sides.iter().enumerate() {
        for other in &sides[place + 1..] {
            links.extend(side.iter().flat_map(|&a| other.iter().flat_map(move |&b| [(a, b), (b, a)])));
        }
    }
    links
}

/// The links between `node` with the first `size` of `others` and the rest of them.
fn split(node: NodeId, mut others: Vec<NodeId>, size: usize) -> Vec<(NodeId, NodeId)> {
    let rest = others.split_off(size.min(others.len()));
    others.insert(0, node);
    across(&[others, rest])
}
