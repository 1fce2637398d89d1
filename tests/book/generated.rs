//! What the book does not say by itself. A page is Markdown that reads well anywhere; a comment before a block says where
//! the block comes from:
//!
//! - A block marked `console` holds commands, `$ pessimist run ...`; what follows each is what it prints. A line `? 1` is a
//!   status other than 0. With `<!-- show: A .. B | C + 2 | D | head 3 -->` before it only some lines are shown, and `...`
//!   stands for the others: from a line that contains A to the next one that contains B (`A .. B + 1`: and one more); a
//!   line that contains C and two more; a line that contains D; the first three. Each is looked for after the one before.
//! - `<!-- code: src/protocols/clocks/lamport.rs#receive -->`: the next block is that item of the source, with what is
//!   written above it. `#` may also be followed by a selection as above, without its `...`; `#doc-example` is the first
//!   example in a file's own documentation.
//! - `<!-- draw: run raft/leader-crash --format svg --from 1s -->`: the next line shows a picture that this draws.

use regex::Regex;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The program and the source beside it. What was asked once is remembered.
pub struct Tool {
    root: PathBuf,
    answers: Mutex<BTreeMap<String, Answer>>,
}

#[derive(Clone)]
struct Answer {
    status: i32,
    printed: String,
}

/// A page as it has to be, the pictures that belong to it, and what could not be made.
pub struct Made {
    pub text: String,
    pub pictures: Vec<(String, String)>,
    pub mistakes: Vec<String>,
}

impl Tool {
    pub fn new(root: &Path) -> Self {
        Tool { root: root.to_owned(), answers: Mutex::default() }
    }

    fn ask(&self, command: &str) -> Result<Answer, String> {
        if let Some(answer) = self.answers.lock().unwrap().get(command) {
            return Ok(answer.clone());
        }
        let words = words(command);
        let mut program = Command::new(env!("CARGO_BIN_EXE_pessimist"));
        program.current_dir(&self.root).args(&words).env("PESSIMIST_COMMAND", "pessimist").env("NO_COLOR", "1");
        let output = program.output().map_err(|error| error.to_string())?;
        // How long a search took, for example, is said beside what is printed.
        let printed = if output.stdout.is_empty() { output.stderr } else { output.stdout };
        let answer = Answer {
            status: output.status.code().ok_or("it was killed")?,
            printed: String::from_utf8(printed).map_err(|error| error.to_string())?,
        };
        self.answers.lock().unwrap().insert(command.to_owned(), answer.clone());
        Ok(answer)
    }

    /// A console block: its commands with what they print.
    fn console(&self, body: &[&str], show: Option<&str>) -> Result<String, String> {
        let mut told = Vec::new();
        for line in body.iter().filter(|line| line.starts_with("$ ")) {
            let command = line.strip_prefix("$ pessimist ").ok_or(format!("{line:?} is no command of pessimist"))?;
            let Answer { status, printed } = self.ask(command)?;
            let mut lines = vec![(*line).to_owned()];
            if status != 0 {
                lines.push(format!("? {status}"));
            }
            let printed: Vec<&str> = printed.trim_end().lines().map(str::trim_end).collect();
            lines.extend(selected(&printed, show)?);
            told.push(lines.join("\n"));
        }
        if told.is_empty() { Err("a console block without a command".into()) } else { Ok(told.join("\n\n")) }
    }

    /// A piece of a file of the repository.
    fn code(&self, place: &str) -> Result<String, String> {
        let (path, part) = place.split_once('#').unwrap_or((place, ""));
        let text = std::fs::read_to_string(self.root.join(path)).map_err(|error| format!("{path}: {error}"))?;
        let lines: Vec<&str> = text.lines().collect();
        let piece = match part {
            "" => lines.iter().map(|line| (*line).to_owned()).collect(),
            "doc-example" => doc_example(&lines),
            _ if path.ends_with(".rs") && is_item(part) => {
                item(&lines, part).map_err(|error| format!("{path}: {error}"))?
            }
            _ => {
                let mut piece = selected(&lines, Some(part)).map_err(|error| format!("{path}: {error}"))?;
                piece.retain(|line| line != "...");
                piece
            }
        };
        if piece.is_empty() { Err(format!("{path} has no {part}")) } else { Ok(dedented(&piece)) }
    }
}

/// The words of a command, as a shell parts them, without its other powers.
pub fn words(command: &str) -> Vec<String> {
    let words = Regex::new(r#"'([^']*)'|"([^"]*)"|(\S+)"#).unwrap();
    let of = |found: regex::Captures<'_>| (1..4).find_map(|group| found.get(group)).unwrap().as_str().to_owned();
    words.captures_iter(command).map(of).collect()
}

/// The lines that a selection names, with `...` for those between.
fn selected(lines: &[&str], show: Option<&str>) -> Result<Vec<String>, String> {
    let Some(show) = show else { return Ok(lines.iter().map(|line| (*line).to_owned()).collect()) };
    let (mut told, mut next) = (Vec::new(), 0);
    for part in show.split(" | ") {
        let (first, last) = range(lines, part.trim(), next)?;
        if first > next {
            told.push("...".to_owned());
        }
        told.extend(lines[first..=last].iter().map(|line| (*line).to_owned()));
        next = last + 1;
    }
    if next < lines.len() && lines[next..].iter().any(|line| !line.is_empty()) {
        told.push("...".to_owned());
    }
    Ok(told)
}

/// The first and the last line of a part of a selection.
fn range(lines: &[&str], part: &str, next: usize) -> Result<(usize, usize), String> {
    let missing = |text: &str| format!("nothing more contains {text:?}");
    let find = |text: &str, from: usize| {
        let place = lines.iter().skip(from).position(|line| line.contains(text));
        place.map(|place| place + from).ok_or_else(|| missing(text))
    };
    let number = |text: &str| text.parse::<usize>().map_err(|_| format!("{text:?} is no number"));
    let (first, last) = if let Some(count) = part.strip_prefix("head ") {
        (next, (next + number(count)?).saturating_sub(1))
    } else if let Some((from, to)) = part.split_once(" .. ") {
        let first = find(from.trim(), next)?;
        let (to, more) =
            to.rsplit_once(" + ").map_or(Ok((to, 0)), |(to, more)| number(more).map(|more| (to, more)))?;
        (first, find(to.trim(), first + 1)? + more)
    } else if let Some((from, more)) = part.rsplit_once(" + ") {
        let first = find(from, next)?;
        (first, first + number(more)?)
    } else {
        let first = find(part, next)?;
        (first, first)
    };
    if last < lines.len() { Ok((first, last)) } else { Err(format!("{part:?} goes beyond the end")) }
}

/// Whether this names an item of Rust, and no selection: `receive`, `Storage::receive`, `enum Write`.
fn is_item(part: &str) -> bool {
    Regex::new("^((fn|struct|enum|trait|type|const) )?[A-Za-z_:]+$").unwrap().is_match(part)
}

/// An item of Rust by its name, with the comments and attributes above it. There has to be just one: where several types
/// have a method of that name it is `Type::name`, and where a type and a word share one, `enum Name`.
fn item(lines: &[&str], name: &str) -> Result<Vec<String>, String> {
    let (keyword, path) = name.split_once(' ').unwrap_or(("(fn|struct|enum|trait|type|const)", name));
    let (owner, last) = path.rsplit_once("::").map_or((None, path), |(owner, last)| (Some(owner), last));
    let head = Regex::new(&format!(r"^\s*(pub(\([a-z]+\))? )?(const )?{keyword} {last}\b")).unwrap();
    let belongs = |place: usize| {
        owner.is_none_or(|owner| {
            let outer = lines[..place].iter().rev().find(|line| line.starts_with("impl"));
            outer.is_some_and(|line| line.contains(owner))
        })
    };
    let places: Vec<usize> =
        (0..lines.len()).filter(|&place| head.is_match(lines[place]) && belongs(place)).collect();
    let [place] = places[..] else { return Err(format!("{} items are called {name}", places.len())) };
    let indent = |line: &str| line.len() - line.trim_start().len();
    let is_above = |line: &&&str| line.trim_start().starts_with("///") || line.trim_start().starts_with("#[");
    let first = place - lines[..place].iter().rev().take_while(is_above).count();
    let end = |line: &&str| line.trim_start().starts_with('}') && indent(line) == indent(lines[place]);
    let last = match lines[place].trim_end().ends_with(['}', ';']) {
        true => place,
        false => {
            let more = lines[place + 1..].iter().position(end);
            place + 1 + more.ok_or_else(|| format!("{name} has no end"))?
        }
    };
    Ok(lines[first..=last].iter().map(|line| (*line).to_owned()).collect())
}

/// The first example in the documentation of a file.
fn doc_example(lines: &[&str]) -> Vec<String> {
    let documentation = lines.iter().map_while(|line| line.strip_prefix("//!"));
    let within = documentation.skip_while(|line| line.trim() != "```").skip(1);
    within
        .take_while(|line| line.trim() != "```")
        .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned())
        .collect()
}

fn dedented(lines: &[String]) -> String {
    let filled = lines.iter().filter(|line| !line.trim().is_empty() && line.as_str() != "...");
    let indent = filled.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let lines: Vec<&str> = lines.iter().map(|line| line.get(indent..).unwrap_or(line.trim_start())).collect();
    lines.join("\n")
}

/// Makes a page as it has to be.
pub fn make(tool: &Tool, text: &str) -> Made {
    let mut made = Made { text: String::new(), pictures: Vec::new(), mistakes: Vec::new() };
    let comment = Regex::new(r"^<!-- ([a-z]+): (.*) -->$").unwrap();
    let picture = Regex::new(r"^!\[[^\]]+\]\(([^)]+\.svg)\)$").unwrap();
    let mut said: Option<(String, String)> = None;
    let mut lines = text.lines().enumerate().map(|(number, line)| (number + 1, line));
    while let Some((number, line)) = lines.next() {
        made.text += line;
        made.text.push('\n');
        if let Some(found) = comment.captures(line) {
            if !["show", "code", "draw"].contains(&&found[1]) {
                made.mistakes.push(format!("{number}: nobody knows {:?}", &found[1]));
            }
            said = Some((found[1].to_owned(), found[2].to_owned()));
        } else if let Some(language) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            let made_of = match (&said, language) {
                (Some((word, place)), _) if word == "code" => tool.code(place),
                (Some((word, show)), "console") if word == "show" => tool.console(&body, Some(show)),
                (None, "console") => tool.console(&body, None),
                (None, _) => Ok(body.join("\n")),
                (Some((word, _)), _) => Err(format!("{word:?} has nothing to say about a block of {language:?}")),
            };
            let body = made_of.unwrap_or_else(|error| {
                made.mistakes.push(format!("{number}: {error}"));
                body.join("\n")
            });
            made.text += &body;
            made.text += "\n```\n";
            said = None;
        } else if let Some(found) = picture.captures(line) {
            match said.take() {
                Some((word, command)) if word == "draw" => match tool.ask(&command) {
                    // A run that is stopped early may not come to what its scenario expects: its status says so.
                    Ok(Answer { printed, .. }) if printed.starts_with("<svg") => {
                        made.pictures.push((found[1].to_owned(), printed));
                    }
                    Ok(Answer { printed, .. }) => made.mistakes.push(format!("{number}: {printed}")),
                    Err(error) => made.mistakes.push(format!("{number}: {error}")),
                },
                _ => made.mistakes.push(format!("{number}: nobody says how this is drawn")),
            }
        } else if let Some((word, _)) = said.take() {
            made.mistakes.push(format!("{number}: {word:?} stands before nothing that it could make"));
        }
    }
    made
}

/// The first line in which a page is not as it has to be.
pub fn difference(text: &str, made: &str) -> Option<String> {
    if text == made {
        return None;
    }
    let (mut is, mut has_to_be) = (text.lines(), made.lines());
    let mut number = 0;
    loop {
        number += 1;
        let pair = (is.next(), has_to_be.next());
        if pair.0 != pair.1 || pair.0.is_none() {
            let said = |line: Option<&str>| line.unwrap_or("(the end)").to_owned();
            return Some(format!(
                "{number}: the book says\n    {}\n  the tool says\n    {}",
                said(pair.0),
                said(pair.1)
            ));
        }
    }
}
