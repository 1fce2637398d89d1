//! `new`: a crate for a student, with an assignment in it.

use super::Exit;
use super::arguments::New;
use super::shared::{Stop, print};
use crate::course::assignments::{self, Assignment};
use crate::course::handed_out::{Source, files};
use crate::scenario::nearest;
use std::fs;

/// The checkout that this program was built from.
const CHECKOUT: &str = env!("CARGO_MANIFEST_DIR");

pub fn new(new: &New) -> Result<Exit, Stop> {
    let Some(name) = &new.assignment else {
        return Err(Stop::usage(format!("which assignment?  --assignment NAME\n{}", known())));
    };
    let assignment = assignments::find(name).ok_or_else(|| {
        let names = assignments::ALL.iter().map(|assignment| assignment.name);
        let nearest = nearest(name, names).map_or(String::new(), |name| format!("nearest: {name}\n"));
        Stop::usage(format!("there is no assignment {name:?}\n{nearest}{}", known()))
    })?;
    let source = match (&new.version, &new.git, &new.rev) {
        (Some(version), None, _) => Source::Version(version.clone()),
        (None, Some(git), Some(rev)) => Source::Repository(git.clone(), rev.clone()),
        (None, Some(_), None) => {
            return Err(Stop::usage("--git goes with --rev: a run's digest depends on the version"));
        }
        _ => Source::Folder(CHECKOUT.to_owned()),
    };
    if new.folder.exists() {
        return Err(Stop::wrong(format!(
            "{} is there already; nothing was written\nchoose another folder, or move that one away",
            new.folder.display()
        )));
    }
    write(new, assignment, &source)?;
    let folder = new.folder.display();
    print(&format!(
        "{folder}  assignment {}: {}\n\n  HANDOUT.md         what to build, and how to go about it\n  src/lib.rs         your protocol\n  \
         tests/public.rs    what it promises\n  scenarios/         what happens to it\n\n\
         NEXT  cd {folder}\n      cargo test\n      cargo run -- view {}",
        assignment.number,
        assignment.title,
        assignment.scenarios.first().map_or(String::new(), |(name, _)| format!("scenarios/{name}")),
    ))?;
    Ok(Exit::Met)
}

fn write(new: &New, assignment: &Assignment, source: &Source) -> Result<(), Stop> {
    for (path, text) in files(assignment, source) {
        let path = new.folder.join(path);
        let wrong = |error: std::io::Error| Stop::wrong(format!("{} cannot be written: {error}", path.display()));
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(wrong)?;
        fs::write(&path, text).map_err(wrong)?;
    }
    Ok(())
}

fn known() -> String {
    let line = |assignment: &Assignment| format!("  {:<16} {}", assignment.name, assignment.title);
    let lines: Vec<String> = assignments::ALL.iter().map(line).collect();
    format!("accepted:\n{}", lines.join("\n"))
}
