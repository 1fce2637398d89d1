//! Variants: named changes of a few fields, made on the tree, so that mistakes still point at the text they stand in.

use super::diagnostic::{Checked, Mistake, nearest};
use super::probe::names_of;
use super::schema::File;
use super::syntax::{Body, Field, Kind, Node};

/// The names of the variants, in the order of the file.
pub fn names(root: &Node) -> Checked<Vec<String>> {
    Ok(all(root)?.iter().map(|(name, _)| name.to_string()).collect())
}

/// The scenario with the fields of a variant in place of its own.
///
/// A field that a scenario has is replaced as a whole; any other belongs to the protocol's configuration.
pub fn apply(root: &Node, variant: Option<&str>) -> Checked<Node> {
    let Some(wanted) = variant else { return Ok(root.clone()) };
    let variants = all(root)?;
    let Some((_, changes)) = variants.iter().find(|(name, _)| *name == wanted) else {
        let names = variants.iter().map(|(name, _)| *name);
        let mistake = Mistake::says(format!("this scenario has no variant {wanted:?}"));
        return Err(match variants.is_empty() {
            true => mistake.note("it has no variants at all"),
            false => mistake.one_of(wanted, names),
        });
    };
    let mut root = root.clone();
    for change in *changes {
        if change.name == "variants" {
            return Err(Mistake::says("a variant cannot have variants of its own").at(change.name_span.clone()));
        }
        if names_of::<File>().contains(&change.name.as_str()) {
            set(&mut root, change.clone())?;
        } else {
            let fields = match &mut root.kind {
                Kind::Word(_, Some(Body::Fields(fields))) | Kind::Record(Body::Fields(fields)) => fields,
                _ => return Ok(root),
            };
            // Without a protocol there is nothing to configure; that mistake is told elsewhere.
            let Some(protocol) = fields.iter_mut().find(|field| field.name == "protocol") else { return Ok(root) };
            set(&mut protocol.value, change.clone())?;
        }
    }
    Ok(root)
}

/// What a protocol says of a field that it does not know, said as of a variant: there it may be meant for the scenario.
pub fn unknown_field(mistake: Box<Mistake>, text: &str) -> Box<Mistake> {
    let found = mistake.span.clone().and_then(|span| text.get(span)).unwrap_or_default();
    if mistake.message != format!("there is no field {found} here") {
        return mistake;
    }
    let fields: Vec<&str> = names_of::<File>().iter().copied().filter(|field| *field != "variants").collect();
    let mistake = mistake.note(format!("a variant may change these as well: {}", fields.join(" ")));
    match nearest(found, fields) {
        Some(field) if mistake.label.is_empty() => mistake.label(format!("nearest: {field}")),
        _ => mistake,
    }
}

/// Puts a field into what a record or word holds, in place of one of that name.
fn set(node: &mut Node, change: Field) -> Checked<()> {
    let positional =
        || Mistake::says("this changes a field of what has no named fields").at(change.name_span.clone());
    let body = match &mut node.kind {
        Kind::Word(_, body) => body.get_or_insert(Body::Fields(vec![])),
        Kind::Record(body) => body,
        _ => return Err(positional()),
    };
    if *body == Body::Values(vec![]) {
        *body = Body::Fields(vec![]);
    }
    let Body::Fields(fields) = body else { return Err(positional()) };
    match fields.iter_mut().find(|field| field.name == change.name) {
        Some(field) => *field = change,
        None => fields.push(change),
    }
    Ok(())
}

/// The most variants that a scenario may have: each is read whenever the scenario is.
const MAX_VARIANTS: usize = 64;

/// Each variant's name and changes.
fn all(root: &Node) -> Checked<Vec<(&str, &[Field])>> {
    let Some(field) = root.field("variants") else { return Ok(vec![]) };
    let form = "variants: {\"fast\": (until: \"1s\")}";
    let Kind::Map(pairs) = &field.value.kind else {
        let mistake = Mistake::says("variants stand in a map, by name").at(field.value.head());
        return Err(mistake.label(format!("write {form}")));
    };
    let entry = |(key, value): &'_ (Node, Node)| match (&key.kind, &value.kind) {
        (Kind::Text(_), Kind::Record(Body::Fields(_))) => Ok(()),
        (Kind::Text(_), Kind::Record(Body::Values(values))) if values.is_empty() => Ok(()),
        (Kind::Text(_), _) => {
            let mistake = Mistake::says("a variant is a record of the fields that it changes").at(value.head());
            Err(mistake.note(format!("such as {form}")))
        }
        _ => Err(Mistake::says("a variant's name is a text in quotes").at(key.head())),
    };
    pairs.iter().try_for_each(entry)?;
    if let Some((key, _)) = pairs.get(MAX_VARIANTS) {
        return Err(Mistake::says(format!("{MAX_VARIANTS} variants are the most")).at(key.head()));
    }
    Ok(pairs
        .iter()
        .filter_map(|(key, value)| match &key.kind {
            Kind::Text(name) => Some((name.as_str(), value.fields())),
            _ => None,
        })
        .collect())
}
