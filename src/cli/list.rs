//! `list`: the built-in scenarios, by chapter.

use super::Exit;
use super::arguments::{List, Plain};
use super::shared::{Stop, invocation, print};
use crate::scenario::{Scenario, library};
use serde_json::json;

/// One built-in scenario, as people choose it.
pub struct Entry {
    /// Its name, chapter first.
    pub name: &'static str,
    /// Its title.
    pub title: String,
    /// What to look at.
    pub look: String,
    /// Its variants.
    pub variants: Vec<String>,
}

/// Every built-in scenario.
pub fn entries() -> Result<Vec<Entry>, Stop> {
    let entry = |name: &'static str| {
        let text = library::find(name).expect("a name of the library has a text");
        let scenario = Scenario::parse(name, text, None)?;
        let Scenario { title, look, variants, .. } = scenario;
        Ok(Entry { name, title, look: look.unwrap_or_default(), variants })
    };
    library::names().map(entry).collect()
}

pub fn list(list: &List) -> Result<Exit, Stop> {
    let mut entries = entries()?;
    if let Some(filter) = &list.filter {
        let filter = filter.to_lowercase();
        let matches = |text: &str| text.to_lowercase().contains(&filter);
        entries.retain(|entry| matches(entry.name) || matches(&entry.title) || matches(&entry.look));
    }
    let text = match list.format {
        Plain::Json => entries.iter().map(as_json).collect::<Vec<_>>().join("\n"),
        Plain::Text if entries.is_empty() => return Err(Stop::usage("no built-in scenario matches that text")),
        Plain::Text => as_text(&entries),
    };
    print(&text)?;
    Ok(Exit::Met)
}

fn as_json(entry: &Entry) -> String {
    let Entry { name, title, look, variants } = entry;
    json!({"name": name, "title": title, "look": look, "variants": variants}).to_string()
}

/// The chapters with their scenarios, and how to go on.
pub fn as_text(entries: &[Entry]) -> String {
    let mut text = String::new();
    let mut chapter = "";
    for entry in entries {
        let this = entry.name.split('/').next().unwrap_or_default();
        if this != chapter {
            text += &format!("{}{}\n", if chapter.is_empty() { "" } else { "\n" }, this.to_uppercase());
            chapter = this;
        }
        text += &format!("  {:<29} {}\n", entry.name, entry.title);
    }
    let first = entries.first().map_or("start/two-generals", |entry| entry.name);
    text += &format!("\nNEXT  {}\n      {}", invocation(&["run", first]), invocation(&["view", first]));
    text
}
