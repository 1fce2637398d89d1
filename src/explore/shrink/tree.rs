//! A scenario's tree with less in it.

use crate::scenario::syntax::{Body, Field, Kind, Node, parse};

/// The way to a part of a tree: names of fields, keys of maps, places in lists.
pub type Path = Vec<String>;

/// The same with only these fields.
pub fn only(tree: &Node, names: &[&str]) -> Node {
    let mut tree = tree.clone();
    if let Some(fields) = tree.fields_mut() {
        fields.retain(|field| names.contains(&field.name.as_str()));
    }
    tree
}

/// Gives a field a value, in place of the one that it has.
pub fn set(tree: &mut Node, name: &str, text: &str) {
    let (Ok(value), Some(fields)) = (parse(text), tree.fields_mut()) else { return };
    fields.retain(|field| field.name != name);
    fields.push(Field { name: name.to_owned(), name_span: 0..0, value });
}

/// The same without some nodes: in the cluster, and where something is said of them alone. `None` where nobody is left.
pub fn without_nodes(tree: &Node, names: &[&str]) -> Option<Node> {
    let mut tree = tree.clone();
    let is_one = |node: &Node| matches!(&node.kind, Kind::Text(text) if names.contains(&text.as_str()));
    for field in tree.fields_mut()? {
        let Kind::Map(pairs) = &mut field.value.kind else { continue };
        if field.name == "cluster" {
            for (_, members) in pairs.iter_mut() {
                if let Kind::List(members) = &mut members.kind {
                    members.retain(|member| !is_one(member));
                }
            }
            pairs.retain(|(_, members)| !matches!(&members.kind, Kind::List(members) if members.is_empty()));
            if pairs.is_empty() {
                return None;
            }
        } else {
            pairs.retain(|(key, _)| !is_one(key));
        }
    }
    Some(tree)
}

/// The fields that a scenario can do without, its nodes apart, from the outermost to the innermost.
pub fn optional_fields(tree: &Node) -> Vec<Path> {
    let is_field = |path: &Path| path[0] != "cluster" && path.iter().all(|name| name.parse::<usize>().is_err());
    parts(tree).into_iter().filter(is_field).collect()
}

/// All that could be missing: fields, entries of lists and maps, each after what it is a part of.
pub fn parts(tree: &Node) -> Vec<Path> {
    let mut paths = Vec::new();
    for field in tree.fields().iter().filter(|field| !["title", "expect"].contains(&field.name.as_str())) {
        let path = vec![field.name.clone()];
        if !["protocol", "cluster"].contains(&field.name.as_str()) {
            paths.push(path.clone());
        }
        within(&field.value, &path, &mut paths);
    }
    paths
}

/// The parts of a node that stand in a tree at a place.
fn within(node: &Node, at: &Path, paths: &mut Vec<Path>) {
    for (name, part) in children(node) {
        let path: Path = at.iter().cloned().chain([name]).collect();
        paths.push(path.clone());
        within(part, &path, paths);
    }
}

/// The parts of a node that could be missing, each by its name. What words hold by place could not.
fn children(node: &Node) -> Vec<(String, &Node)> {
    match &node.kind {
        Kind::Record(Body::Fields(fields)) | Kind::Word(_, Some(Body::Fields(fields))) => {
            fields.iter().map(|field| (field.name.clone(), &field.value)).collect()
        }
        Kind::List(items) => items.iter().enumerate().map(|(place, item)| (place.to_string(), item)).collect(),
        Kind::Map(pairs) => pairs.iter().map(|(key, value)| (key.canonical(), value)).collect(),
        Kind::Word(_, Some(Body::Values(values))) => match values.as_slice() {
            // A choice among several: OneOf([...]).
            [Node { kind: Kind::List(items), .. }] => {
                items.iter().enumerate().map(|(place, item)| (place.to_string(), item)).collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The same without one part; `None` where there is no such part.
pub fn without(tree: &Node, path: &[String]) -> Option<Node> {
    let keep = |at: &Path| at != path;
    let pruned = pruned(tree, &Vec::new(), &keep);
    (pruned != *tree).then_some(pruned)
}

/// The same with those parts alone that are wanted. Places in lists count as they were.
pub fn pruned(node: &Node, at: &Path, keep: &impl Fn(&Path) -> bool) -> Node {
    let below = |name: String| -> Path { at.iter().cloned().chain([name]).collect() };
    let list = |items: &[Node]| -> Vec<Node> {
        let items = items.iter().enumerate().map(|(place, item)| (below(place.to_string()), item));
        items.filter(|(path, _)| keep(path)).map(|(path, item)| pruned(item, &path, keep)).collect()
    };
    let fields = |fields: &[Field]| -> Vec<Field> {
        let fields = fields.iter().map(|field| (below(field.name.clone()), field));
        let kept = fields.filter(|(path, _)| keep(path));
        kept.map(|(path, field)| Field { value: pruned(&field.value, &path, keep), ..field.clone() }).collect()
    };
    let kind = match &node.kind {
        Kind::Record(Body::Fields(inner)) => Kind::Record(Body::Fields(fields(inner))),
        Kind::Word(word, Some(Body::Fields(inner))) => match fields(inner) {
            rest if rest.is_empty() => Kind::Word(word.clone(), Some(Body::Values(vec![]))),
            rest => Kind::Word(word.clone(), Some(Body::Fields(rest))),
        },
        Kind::List(items) => Kind::List(list(items)),
        Kind::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (below(key.canonical()), key, value));
            let kept = pairs.filter(|(path, ..)| keep(path));
            Kind::Map(kept.map(|(path, key, value)| (key.clone(), pruned(value, &path, keep))).collect())
        }
        Kind::Word(word, Some(Body::Values(values)))
            if matches!(values.as_slice(), [Node { kind: Kind::List(_), .. }]) =>
        {
            let inner = |node: &Node| match &node.kind {
                Kind::List(items) => Node { kind: Kind::List(list(items)), ..node.clone() },
                _ => node.clone(),
            };
            Kind::Word(word.clone(), Some(Body::Values(values.iter().map(inner).collect())))
        }
        other => other.clone(),
    };
    Node { kind, span: node.span.clone() }
}

/// The order in which fields of a scenario stand.
const ORDER: &[&str] = &["title", "protocol", "cluster", "clocks", "disk", "disks", "sync_holds", "workload"];

/// The same with its fields in the order in which scenarios have them.
pub fn ordered(tree: &Node) -> Node {
    let mut tree = tree.clone();
    let place = |field: &Field| ORDER.iter().position(|name| *name == field.name).unwrap_or(ORDER.len());
    if let Some(fields) = tree.fields_mut() {
        fields.sort_by_key(place);
    }
    tree
}
