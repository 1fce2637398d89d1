//! What the book says by itself: its numbers, its commands, its links and its shape.

use super::files;
use super::generated::words;
use regex::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What a chapter that teaches a lesson has to have. Such chapters are in folders, as the scenarios are; other pages are not.
const SECTIONS: &[&str] =
    &["## Predict", "## A run that goes wrong", "## Why", "## The cure", "## Exercises", "## Further reading"];

/// What is wrong with a page.
pub fn mistakes(root: &Path, book: &Path, page: &Path, text: &str) -> Vec<String> {
    let name = page.strip_prefix(book).unwrap().display().to_string();
    let (prose, blocks) = parted(text);
    let mut wrong = Vec::new();
    let is_lesson = page.parent().is_some_and(|folder| !folder.ends_with("src"));
    if is_lesson {
        let missing = SECTIONS.iter().filter(|section| !prose.iter().any(|(_, line)| line == *section));
        wrong.extend(missing.map(|section| format!("{name}: has no section {section:?}")));
        if !prose.iter().any(|(_, line)| line.starts_with("**Goal.**")) {
            wrong.push(format!("{name}: has no goal"));
        }
        wrong.extend(numbers_from_nowhere(&prose, &blocks).map(|told| format!("{name}:{told}")));
    }
    for (number, line) in &prose {
        wrong.extend(dead_links(page, line).map(|told| format!("{name}:{number}: {told}")));
        wrong.extend(no_such_run(root, line).map(|told| format!("{name}:{number}: {told}")));
    }
    wrong
}

/// The lines outside of blocks, with their numbers, and what is in blocks.
fn parted(text: &str) -> (Vec<(usize, &str)>, String) {
    let (mut prose, mut blocks, mut within) = (Vec::new(), String::new(), false);
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            within = !within;
        } else if within {
            blocks += line;
            blocks.push('\n');
        } else {
            prose.push((number + 1, line));
        }
    }
    (prose, blocks)
}

/// Numbers of two digits or more, and names of events.
fn numbers(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbers = Regex::new(r"e[0-9]+\b|[0-9][0-9,.]*[0-9]").unwrap();
    let found: Vec<_> = numbers.find_iter(text).map(|found| (found.start(), found.as_str())).collect();
    found.into_iter().filter(move |(start, _)| {
        // A letter before it: a name, such as n12 or T1.
        let before = text[..*start].chars().next_back();
        !before.is_some_and(char::is_alphanumeric)
    })
}

/// Numbers that are neither generated on the same page nor said to come from a source: a year, a section of a paper, or a
/// paragraph that begins with "Sources say".
fn numbers_from_nowhere(prose: &[(usize, &str)], blocks: &str) -> impl Iterator<Item = String> {
    let known: BTreeSet<&str> = numbers(blocks).map(|(_, number)| number).collect();
    let spans = Regex::new(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->|<https?:[^>]*>").unwrap();
    let place = Regex::new(r"(?i)(§|sections? |chapters? |figure |lessons? |RFC |weeks? )$").unwrap();
    let mut wrong = Vec::new();
    let (mut exempt, mut at_the_end) = (false, false);
    for (number, line) in prose {
        at_the_end |= *line == "## Further reading";
        exempt = if line.is_empty() { false } else { exempt || line.contains("Sources say") };
        if exempt || at_the_end {
            continue;
        }
        let line = spans.replace_all(line, "` `");
        let from_nowhere = numbers(&line).filter(|(start, found)| {
            let is_year = found.len() == 4 && (found.starts_with("19") || found.starts_with("20"));
            !is_year && !known.contains(found) && !place.is_match(&line[..*start])
        });
        wrong.extend(from_nowhere.map(|(_, found)| format!("{number}: {found} is not in any block of this page")));
    }
    wrong.into_iter()
}

/// The heading's name in a link, as mdBook and most forges make it.
fn slug(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

fn dead_links(page: &Path, line: &str) -> impl Iterator<Item = String> {
    let links = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let spans = Regex::new(r"`[^`]*`").unwrap();
    let line = spans.replace_all(line, "` `");
    let mut dead = Vec::new();
    for found in links.captures_iter(&line).filter(|found| !found[1].contains("://")) {
        let (path, heading) = found[1].split_once('#').unwrap_or((&found[1], ""));
        let target = if path.is_empty() { page.to_owned() } else { page.parent().unwrap().join(path) };
        let has_heading = |text: String| text.lines().any(|line| line.starts_with('#') && slug(line) == heading);
        if !target.exists() {
            dead.push(format!("{} leads nowhere", &found[1]));
        } else if !heading.is_empty() && !fs::read_to_string(&target).is_ok_and(has_heading) {
            dead.push(format!("{} leads to no heading", &found[1]));
        }
    }
    dead.into_iter()
}

/// Commands in a sentence: their scenarios and variants exist.
fn no_such_run(root: &Path, line: &str) -> impl Iterator<Item = String> {
    const OF_A_SCENARIO: &[&str] =
        &["run", "view", "sweep", "hunt", "explore", "shrink", "compare", "why", "why-not", "diff"];
    let commands = Regex::new(r"`pessimist ([^`]+)`").unwrap();
    let mut wrong = Vec::new();
    for command in commands.captures_iter(line) {
        let words = words(&command[1]);
        let [verb, scenario, ..] = words.as_slice() else { continue };
        if !OF_A_SCENARIO.contains(&verb.as_str()) || !scenario.contains('/') {
            continue;
        }
        let Ok(text) = fs::read_to_string(root.join("scenarios").join(format!("{scenario}.ron"))) else {
            wrong.push(format!("no scenario is called {scenario}"));
            continue;
        };
        let variants = words.windows(2).filter(|pair| pair[0] == "--variant").map(|pair| &pair[1]);
        let unknown = variants.filter(|variant| !text.contains(&format!("\"{variant}\": (")));
        wrong.extend(unknown.map(|variant| format!("{scenario} has no variant {variant}")));
    }
    wrong.into_iter()
}

/// Pages that the summary does not list, and pictures that no page shows.
pub fn not_listed(book: &Path) -> Vec<String> {
    let source = book.join("src");
    let summary = fs::read_to_string(source.join("SUMMARY.md")).unwrap();
    let mut wrong = Vec::new();
    for page in files(&source, "md").iter().filter(|page| !page.ends_with("SUMMARY.md")) {
        let name = page.strip_prefix(&source).unwrap().display().to_string();
        if !summary.contains(&format!("({name})")) {
            wrong.push(format!("{name}: SUMMARY.md does not list it"));
        }
    }
    for picture in files(&source, "svg") {
        let name = format!("(img/{})", picture.file_name().unwrap().to_string_lossy());
        let folder = picture.parent().unwrap().parent().unwrap();
        let shown = files(folder, "md").iter().any(|page| fs::read_to_string(page).unwrap().contains(&name));
        if !shown {
            wrong.push(format!("{}: no page shows it", picture.strip_prefix(book).unwrap().display()));
        }
    }
    wrong
}
