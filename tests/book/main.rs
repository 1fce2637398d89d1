//! The book tells the truth: its console blocks, code, pictures and numbers are what the tool and the source say today, its
//! links lead somewhere, and its summary misses nothing.
//!
//! `PESSIMIST_REGENERATE=1 cargo test --test book` writes what is generated anew. What the forms mean is said in
//! `generated.rs`.

mod generated;
mod prose;

use generated::Tool;
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// Set to have the book written anew instead of checked.
const REGENERATE: &str = "PESSIMIST_REGENERATE";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder and of those below it whose names end so, in order.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Everything that is wrong with the book in this folder. Where it is to be written anew, that is done first.
fn mistakes(book: &Path, regenerate: bool) -> Vec<String> {
    let tool = Tool::new(root());
    let pages = files(&book.join("src"), "md");
    let mut wrong: Vec<String> = pages
        .par_iter()
        .flat_map_iter(|page| {
            let name = page.strip_prefix(book).unwrap().display().to_string();
            let text = fs::read_to_string(page).unwrap();
            let made = generated::make(&tool, &text);
            let mut wrong: Vec<String> = made.mistakes.iter().map(|mistake| format!("{name}:{mistake}")).collect();
            let folder = page.parent().unwrap();
            if regenerate {
                if made.text != text {
                    fs::write(page, &made.text).unwrap();
                }
                for (picture, content) in &made.pictures {
                    let path = folder.join(picture);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    if fs::read_to_string(&path).ok().as_ref() != Some(content) {
                        fs::write(path, content).unwrap();
                    }
                }
            } else {
                wrong.extend(generated::difference(&text, &made.text).map(|told| format!("{name}:{told}")));
                for (picture, content) in &made.pictures {
                    if fs::read_to_string(folder.join(picture)).ok().as_ref() != Some(content) {
                        wrong.push(format!("{name}: {picture} is not what the tool draws"));
                    }
                }
            }
            wrong.extend(prose::mistakes(root(), book, page, &made.text));
            wrong
        })
        .collect();
    wrong.extend(prose::not_listed(book));
    wrong.sort();
    wrong
}

#[test]
fn the_book_tells_the_truth() {
    let wrong = mistakes(&root().join("book"), std::env::var_os(REGENERATE).is_some());
    let help = format!("\n{REGENERATE}=1 cargo test --test book  writes what is generated anew");
    assert!(wrong.is_empty(), "{}{help}", wrong.join("\n"));
}

/// What is wrong with a copy of the book's first chapter, in a folder of its own, when it was changed so.
fn copied(name: &str, change: impl Fn(String) -> String) -> Vec<String> {
    let book = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (from, to) = (root().join("book/src/start"), book.join("src/start"));
    let _ = fs::remove_dir_all(&book);
    fs::create_dir_all(to.join("img")).unwrap();
    fs::copy(from.join("img/no-shared-now.svg"), to.join("img/no-shared-now.svg")).unwrap();
    let text = fs::read_to_string(from.join("no-shared-now.md")).unwrap();
    // The other chapters are not there.
    let text = text.replace("../time/ntp.md", "no-shared-now.md").replace("../order/lamport.md", "no-shared-now.md");
    fs::write(to.join("no-shared-now.md"), change(text)).unwrap();
    fs::write(book.join("src/SUMMARY.md"), "# Summary\n\n- [Now](start/no-shared-now.md)\n").unwrap();
    mistakes(&book, false)
}

/// What the tests above are worth: each kind of drift is found, on a copy.
#[test]
fn what_no_longer_holds_is_found() {
    assert_eq!(copied("true", |text| text), [""; 0]);
    let found = |name: &str, change: &dyn Fn(String) -> String, told: &str| {
        let wrong = copied(name, change);
        assert!(wrong.iter().any(|line| line.contains(told)), "{name}: {told} is not among {wrong:#?}");
    };
    found("console", &|text| text.replacen(" ben receives ", " ben finds ", 1), "the tool says");
    found("code", &|text| text.replacen("ctx.now()", "ctx.then()", 1), "the tool says");
    found(
        "heading",
        &|text| text.replacen("(no-shared-now.md)", "(no-shared-now.md#nowhere)", 1),
        "leads to no heading",
    );
    found("picture", &|text| text.replacen("--until", "--seed 3 --until", 1), "is not what the tool draws");
    found("number", &|text| text.replacen("## Exercises", "It took 4711 ms.\n\n## Exercises", 1), "4711 is not");
    found("event", &|text| text.replacen("## Exercises", "See e977.\n\n## Exercises", 1), "e977 is not");
    found("link", &|text| text + "\n[elsewhere](../raft/nowhere.md)\n", "leads nowhere");
    found("section", &|text| text.replacen("## Exercises", "## Homework", 1), "has no section");
    found("scenario", &|text| text + "\n`pessimist run start/no-such-now`\n", "no scenario is called");
    found("variant", &|text| text + "\n`pessimist run start/no-shared-now --variant no`\n", "has no variant");
    found("directive", &|text| text + "\n<!-- shwo: x -->\n", "nobody knows");
}
