//! Parts of a sweep, put together to the whole.

use super::file::{Header, read};
use super::{Block, Part};
use std::collections::BTreeMap;

/// A part: how its file is called, and what stands in it.
struct Piece {
    called: String,
    header: Header,
    blocks: Vec<Block>,
}

/// Puts the texts of files, each called by its name, together: the header of the whole sweep and all its blocks in order.
/// Says what is wrong or missing where they are not the whole.
pub fn merge(files: Vec<(String, Vec<u8>)>) -> Result<(Header, Vec<Block>), String> {
    let mut pieces = BTreeMap::new();
    let mut first: Option<(String, Header)> = None;
    for (called, text) in files {
        let told = |why: &str| format!("{called}: {why}");
        let (header, blocks, _) =
            read(&text).map_err(|why| told(&why.to_string()))?.ok_or_else(|| told("it is empty"))?;
        let (other, whole) = first.get_or_insert_with(|| (called.clone(), header.clone()));
        let (part, of) = (header.asked().part, whole.asked().part.of);
        if let Some(difference) = whole.difference(&header) {
            return Err(told(&format!("it does not belong to {other}: {difference}")));
        }
        if part.of != of {
            return Err(told(&format!("it is a part of {}, and {other} is a part of {of}", part.of)));
        }
        if let Some(Piece { called: other, .. }) = pieces.get(&part.number) {
            return Err(told(&format!("part {part} is in {other} already")));
        }
        pieces.insert(part.number, Piece { called, header, blocks });
    }
    let (_, header) = first.ok_or_else(|| "there is nothing to merge".to_owned())?;
    let of = header.asked().part.of;
    let missing: Vec<String> =
        (1..=of).filter(|number| !pieces.contains_key(number)).map(|number| format!("{number}/{of}")).collect();
    if !missing.is_empty() {
        let (what, are) = if missing.len() == 1 { ("part", "is") } else { ("parts", "are") };
        return Err(format!("{what} {} {are} missing", missing.join(", ")));
    }
    pieces.values().try_for_each(complete)?;
    let header = header.with_part(Part::WHOLE);
    let mut parts: Vec<_> = pieces.into_values().map(|piece| piece.blocks.into_iter()).collect();
    let next = |place: usize| parts[place % of as usize].next().expect("the parts are complete");
    let blocks = (0..header.asked().blocks(0).count()).map(next).collect();
    Ok((header, blocks))
}

/// Refuses a part that was not swept to its end.
fn complete(piece: &Piece) -> Result<(), String> {
    let asked = piece.header.asked();
    match asked.blocks(piece.blocks.len()).next() {
        None => Ok(()),
        Some(block) => {
            let done: u64 = piece.blocks.iter().map(|block| block.seeds.end - block.seeds.start).sum();
            let (called, all) = (&piece.called, asked.count());
            Err(format!(
                "{called}: {done} of its {all} seeds are done, {}.. is next; the command that wrote it goes on where it ends",
                block.start
            ))
        }
    }
}
