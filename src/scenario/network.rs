//! How messages travel: sites and cables, and the link between any two nodes.

use super::diagnostic::{Checked, Mistake, Span};
use super::names::{Names, place};
use super::resolve::checked_name;
use super::schema::{At, LinkEntry, Network, Pairs};
use crate::kernel::{Cable, Link, Site, Topology};
use crate::node::NodeId;
use std::collections::BTreeMap;

/// The most sites, and the most cables.
const MOST: usize = 512;

/// Sites and cables, and the way of each message between them.
pub fn topology(names: &Names, network: &Network) -> Checked<Topology> {
    let Some(At { value: entries, span }) = &network.sites else {
        return match &network.cables {
            None => Ok(Topology::default()),
            Some(cables) => {
                let mistake = Mistake::says("cables join sites, and no field says which there are");
                Err(mistake.at(cables.span.clone()).label("beside it write  sites: {\"dc\": [\"n1\"], ...}"))
            }
        };
    };
    let sites = sites(names, entries, span)?;
    let cables = network.cables.as_ref().map(|cables| self::cables(&sites, &cables.value)).transpose()?;
    let topology = Topology::new(sites, cables.unwrap_or_default());
    if let Some((one, other)) = topology.apart() {
        let span = network.cables.as_ref().map_or(span, |cables| &cables.span);
        let mistake = Mistake::says(format!("no cables lead from {:?} to {:?}", one.name, other.name));
        return Err(mistake
            .at(span.clone())
            .note("to keep nodes apart for a time join their sites and cut the cable"));
    }
    Ok(topology)
}

/// The sites. Every node is at one of them.
fn sites(names: &Names, entries: &Pairs<Vec<At<String>>>, whole: &Span) -> Checked<Vec<Site>> {
    each_once(entries, "the name of a site")?;
    let mut taken: BTreeMap<NodeId, &Span> = BTreeMap::new();
    let mut sites = vec![];
    for (name, members) in &entries.0 {
        let mut nodes = vec![];
        for member in members {
            for node in names.nodes(member)? {
                if let Some(first) = taken.insert(node, &member.span) {
                    let message = format!("{:?} cannot be at two sites", names.cluster.name(node));
                    return Err(Mistake::says(message).at(member.span.clone()).related(first.clone(), "first here"));
                }
                nodes.push(node);
            }
        }
        sites.push(Site { name: name.value.clone(), nodes });
    }
    match names.cluster.ids().find(|node| !taken.contains_key(node)) {
        None => Ok(sites),
        Some(node) => {
            let mistake = Mistake::says(format!("{:?} is at no site", names.cluster.name(node)));
            Err(mistake
                .at(whole.clone())
                .note("every node stands somewhere, clients too; a site without nodes is a switch"))
        }
    }
}

/// The cables between sites.
fn cables(sites: &[Site], entries: &Pairs<super::schema::CableText>) -> Checked<Vec<Cable>> {
    each_once(entries, "the name of a cable")?;
    let cable = |(name, (one, other, law)): &(At<String>, super::schema::CableText)| {
        let names = || sites.iter().map(|site| site.name.as_str());
        let ends = (place(one, "site", names())?, place(other, "site", names())?);
        if ends.0 == ends.1 {
            return Err(Mistake::says("a cable joins two sites, and these are one").at(other.span.clone()));
        }
        Ok(Cable { name: name.value.clone(), ends, delay: law.0.clone() })
    };
    entries.0.iter().map(cable).collect()
}

/// Refuses names that are none, and a name that is given twice.
fn each_once<T>(entries: &Pairs<T>, what: &str) -> Checked<()> {
    let mut spans: BTreeMap<&str, &Span> = BTreeMap::new();
    for (count, (name, _)) in entries.0.iter().enumerate() {
        if count == MOST {
            return Err(Mistake::says(format!("no more than {MOST} can be told apart")).at(name.span.clone()));
        }
        checked_name(name, what)?;
        if let Some(first) = spans.insert(&name.value, &name.span) {
            let mistake = Mistake::says(format!("the name {:?} is given twice", name.value)).at(name.span.clone());
            return Err(mistake.related(first.clone(), "first here"));
        }
    }
    Ok(())
}

/// Links that are unlike the others, by sender and receiver.
type Unlike = BTreeMap<(NodeId, NodeId), Link>;

/// Every link, and those that are unlike it: those between sites, and those that the file names.
pub fn links(names: &Names, network: &Network) -> Checked<(Link, Unlike)> {
    let mut base = Link::default();
    network.change(&mut base);
    let mut unlike = BTreeMap::new();
    let all = names.cluster.ids().flat_map(|from| names.cluster.ids().map(move |to| (from, to)));
    for (from, to) in all {
        if let Some(delay) = names.topology.delay(from, to) {
            unlike.insert((from, to), Link { delay, ..base.clone() });
        }
    }
    for At { value: entry, span } in &network.links {
        let pairs = pairs(names, entry).map_err(|mistake| mistake.at(span.clone()))?;
        if pairs.is_empty() {
            return Err(Mistake::says("a link joins two nodes; a node reaches itself without one").at(span.clone()));
        }
        for pair in pairs {
            entry.change(unlike.entry(pair).or_insert_with(|| base.clone()));
        }
    }
    Ok((base, unlike))
}

/// The directed pairs of nodes that an entry of `links` is about.
fn pairs(names: &Names, entry: &LinkEntry) -> Checked<Vec<(NodeId, NodeId)>> {
    let product = |from: &[NodeId], to: &[NodeId]| -> Vec<(NodeId, NodeId)> {
        let pairs = from.iter().flat_map(|&from| to.iter().map(move |&to| (from, to)));
        pairs.filter(|(from, to)| from != to).collect()
    };
    let form = "(from: \"a\", to: \"b\", ...)   (between: (\"a\", \"b\"), ...)";
    match (&entry.from, &entry.to, &entry.between) {
        (Some(from), Some(to), None) => Ok(product(&names.nodes(from)?, &names.nodes(to)?)),
        (None, None, Some(At { value: (one, other), .. })) => {
            let (one, other) = (names.nodes(one)?, names.nodes(other)?);
            let mut both = product(&one, &other);
            both.extend(product(&other, &one));
            // A group with itself gives each pair twice; a change made twice is made once.
            both.sort_unstable();
            both.dedup();
            Ok(both)
        }
        _ => Err(Mistake::says("a link is named by from and to, or by between").accepted(form)),
    }
}
