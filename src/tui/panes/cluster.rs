//! The cluster at the cursor: as a table, its logs as a grid, its clocks on a scale.

use super::{Said, Tone};
use crate::node::NodeId;
use crate::scenario::NodePicture;
use crate::trace::Tree;
use crate::tui::layout::{clock, offset, reading};
use crate::tui::model::Model;
use crate::tui::scene::Scene;

fn nodes<'a>(model: &'a Model<'a>, scene: &'a Scene) -> impl Iterator<Item = (NodeId, &'a str, &'a NodePicture)> {
    let cluster = model.trace().cluster();
    cluster.ids().zip(&scene.picture.nodes).map(|(node, picture)| (node, cluster.name(node), picture))
}

/// What a node is at the moment, in a word.
fn role(picture: &NodePicture) -> String {
    match &picture.badge {
        None => "DOWN".to_owned(),
        Some(_) if picture.paused => "PAUSED".to_owned(),
        Some(badge) if badge.leads => badge.role.to_uppercase(),
        Some(badge) => badge.role.to_owned(),
    }
}

/// One row a node: role, term, log, what is committed, clock, disk, timers.
pub fn table(model: &Model, scene: &Scene) -> Vec<Said> {
    let mut lines = vec![(
        format!(
            " {:<8}{:<11}{:>5}{:>7}{:>8}  {:<12}{:>5}  timers",
            "node", "role", "term", "log", "commit", "clock", "disk"
        ),
        Tone::Bold,
    )];
    for (node, name, picture) in nodes(model, scene) {
        let log = model.ledger.log(node, model.cursor);
        let number = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
        let term = number(picture.badge.as_ref().and_then(|badge| badge.term));
        let is_up = picture.badge.is_some();
        let last = number(log.as_ref().filter(|_| is_up).map(super::super::ledger::Log::last));
        let commit = number(log.as_ref().filter(|_| is_up).map(|log| log.commit));
        let off =
            picture.local.map_or("?".to_owned(), |local| offset(local.0.saturating_sub(scene.picture.time.0 as i64)));
        let disk = if picture.unsynced == 0 { "ok".to_owned() } else { format!("-{}", picture.unsynced) };
        let timers: Vec<&str> =
            picture.timers.iter().map(|(timer, _)| timer.as_str()).filter(|timer| !timer.is_empty()).collect();
        let mark = if node == model.focus() { '›' } else { ' ' };
        let line = format!(
            "{mark}{name:<8}{:<11}{term:>5}{last:>7}{commit:>8}  {off:<12}{disk:>5}  {}",
            role(picture),
            timers.join(" ")
        );
        let tone = match &picture.badge {
            None => Tone::Bad,
            Some(badge) if badge.leads => Tone::Bold,
            _ => Tone::Plain,
        };
        lines.push((line, tone));
    }
    lines.push(("log: the last entry; disk: -n, so many writes are not durable yet".to_owned(), Tone::Faint));
    lines
}

/// How wide a cell of the grid is: a term and a blank.
const CELL: usize = 3;

/// One row a node, one cell an entry: its term, and what is known of it.
pub fn logs(model: &Model, scene: &Scene, width: usize) -> Vec<Said> {
    let logs: Vec<_> = nodes(model, scene)
        .filter_map(|(node, name, picture)| Some((node, name, picture, model.ledger.log(node, model.cursor)?)))
        .collect();
    let Some(last) = logs.iter().map(|(.., log)| log.last()).max() else {
        return vec![("No node of this protocol declares a log.".to_owned(), Tone::Plain)];
    };
    let label = 10;
    let room = (width.saturating_sub(label) / CELL).max(1) as u64;
    let first = (last + 2).saturating_sub(room).max(1);
    let places: Vec<u64> = (first..=last + 1).collect();
    let heading: String = places.iter().map(|place| format!("{:>CELL$}", place % 100)).collect();
    let mut lines = vec![(format!("{:<label$}{heading}", "place"), Tone::Bold)];
    let progress = progress(scene);
    for (node, name, picture, log) in &logs {
        let mark = if *node == model.focus() { '›' } else { ' ' };
        let is_up = picture.badge.is_some();
        let cell = |place: &u64| match log.term(*place) {
            _ if !is_up => "  ·".to_owned(),
            _ if *place <= log.base => "  #".to_owned(),
            Some(term) => format!("{}{:>2}", if *place == log.commit + 1 { '|' } else { ' ' }, letters(term)),
            None if *place == log.commit + 1 => "|  ".to_owned(),
            None => "   ".to_owned(),
        };
        let cells: String = places.iter().map(cell).collect();
        let tone = match &picture.badge {
            Some(badge) if badge.leads => Tone::Bold,
            _ => Tone::Plain,
        };
        lines.push((format!("{mark}{name:<9}{cells}"), tone));
        if let Some((next, matched)) =
            progress.iter().find(|(other, ..)| other == name).map(|(_, next, matched)| (*next, *matched))
        {
            let marks: String = places
                .iter()
                .map(|place| match (*place == matched, *place == next) {
                    (true, _) => "  m",
                    (_, true) => "  n",
                    _ => "   ",
                })
                .collect();
            if !marks.trim().is_empty() {
                lines.push((format!("{:<label$}{marks}", ""), Tone::Plain));
            }
        }
    }
    let known = if progress.is_empty() { "" } else { "; m n: the leader's match and next index for it" };
    lines.push((
        format!("cells: the entry's term; left of |: committed; #: in a snapshot; ·: down{known}"),
        Tone::Faint,
    ));
    lines
}

/// A term in two columns: numbers to 99, then letters.
fn letters(term: u64) -> String {
    match term {
        0..=99 => term.to_string(),
        _ => format!("{}{}", char::from(b'A' + (term / 10 % 26) as u8), term % 10),
    }
}

/// What the selected leader, or whoever leads, knows of the others: name, next index, match index.
fn progress(scene: &Scene) -> Vec<(String, u64, u64)> {
    let Some(tree) = &scene.leader else { return Vec::new() };
    let mut found = Vec::new();
    collect(tree, &mut found);
    found
}

fn collect(tree: &Tree, found: &mut Vec<(String, u64, u64)>) {
    match tree {
        Tree::Struct(_, fields) => fields.iter().for_each(|(_, tree)| collect(tree, found)),
        Tree::Named(_, content) => collect(content, found),
        Tree::Map(entries) => {
            for (key, value) in entries {
                let number = |name: &str| match value {
                    Tree::Struct(_, fields) => {
                        fields.iter().find(|field| field.0 == name).and_then(|field| field.1.to_string().parse().ok())
                    }
                    _ => None,
                };
                match (number("next_index"), number("match_index")) {
                    (Some(next), Some(matched)) => found.push((key.to_string(), next, matched)),
                    _ => collect(value, found),
                }
            }
        }
        _ => {}
    }
}

/// True time, and what each node takes it to be, on one scale.
pub fn clocks(model: &Model, scene: &Scene, width: usize) -> Vec<Said> {
    let known: Vec<(&str, i64)> =
        nodes(model, scene).filter_map(|(_, name, picture)| Some((name, picture.local?.0))).collect();
    if known.is_empty() || !model.knows_time() {
        return vec![("A log of another system tells no times.".to_owned(), Tone::Plain)];
    }
    let truth = scene.picture.time.0 as i64;
    let off = |local: i64| local.saturating_sub(truth);
    let most = known.iter().map(|(_, local)| off(*local).unsigned_abs()).max().unwrap_or(0).max(1);
    let label = 34;
    let room = (width.saturating_sub(label + 1).clamp(10, 60) / 2) * 2 + 1;
    let place = |off: i64| {
        let half = (room / 2) as i128;
        (half + i128::from(off) * half / i128::from(most)) as usize
    };
    let scale = |at: usize, glyph: char| -> String {
        (0..room)
            .map(|column| {
                if column == at {
                    glyph
                } else if column == room / 2 {
                    '┊'
                } else {
                    '·'
                }
            })
            .collect()
    };
    let mut lines = vec![(
        format!(" {:<9}{:>10} s  {:<10} {}", "true time", clock(scene.picture.time), "", scale(room / 2, '▲')),
        Tone::Bold,
    )];
    for (name, local) in known {
        let off = off(local);
        let tone = if off == 0 { Tone::Plain } else { Tone::Bold };
        let reading = reading(crate::node::LocalTime(local));
        lines.push((format!(" {name:<9}{reading:>10} s  {:<10} {}", offset(off), scale(place(off), '●')), tone));
    }
    lines.push((
        format!("the scale ends at {}; what a node cannot see is the top line", offset(most as i64)),
        Tone::Faint,
    ));
    lines
}
