//! `merge`: the parts of a sweep, put together to the whole.

use super::Exit;
use super::arguments::Merge;
use super::run::create;
use super::shared::Stop;
use super::sweep::Told;
use crate::explore::sweep::{self, Swept};
use std::io::Write;

pub fn merge(merge: &Merge) -> Result<Exit, Stop> {
    let read = |path: &std::path::PathBuf| {
        let called = path.display().to_string();
        let text = std::fs::read(path).map_err(|error| Stop::wrong(format!("{called} cannot be read: {error}")))?;
        Ok((called, text))
    };
    let files = merge.files.iter().map(read).collect::<Result<Vec<_>, Stop>>()?;
    let help = "Nothing was merged. Wanted are the files of all parts of one sweep, each swept to its end.";
    let (header, blocks) = sweep::merge(files).map_err(|why| Stop::wrong(format!("{why}\n{help}")))?;
    if let Some(path) = &merge.out {
        let mut out = create(path)?;
        out.write_all(header.line().as_bytes())?;
        blocks.iter().try_for_each(|block| out.write_all(block.lines().as_bytes()))?;
        out.flush()?;
    }
    let mut swept = Swept::default();
    blocks.into_iter().for_each(|block| swept.add(block));
    let told = Told { header: &header, swept: &swept, in_file: true };
    told.tell(merge.format)?;
    Ok(told.exit())
}
