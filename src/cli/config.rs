//! What a person wants always: `config.ron` in the XDG folder for configuration. What is said on the command line wins.

use super::shared::Stop;
use crate::scenario::syntax::{Body, Kind, Node, parse};
use crate::scenario::{Diagnostic, Mistake};
use crate::tui::Theme;
use std::path::PathBuf;

/// What may be set.
const FIELDS: [&str; 3] = ["theme", "ascii", "ask"];

/// What is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The colours of the debugger.
    pub theme: Option<Theme>,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
    /// Whether questions are not put.
    pub no_ask: bool,
}

/// A folder of the XDG base directories: by its variable, else below the home folder.
pub fn folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    Some(set(variable).or_else(|| Some(set("HOME")?.join(below_home)))?.join("pessimist"))
}

/// What the person's file says; nothing where there is none.
pub fn load() -> Result<Config, Stop> {
    let Some(path) = folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("config.ron")) else {
        return Ok(Config::default());
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => read(&path.display().to_string(), &text).map_err(Stop::from),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(Config::default()),
        Err(why) => Err(Stop::usage(format!("{}: {why}", path.display()))),
    }
}

fn read(file: &str, text: &str) -> Result<Config, Diagnostic> {
    let told = |mistake| Diagnostic { file: file.to_owned(), source: text.into(), mistake };
    fields(text).map_err(told)
}

fn fields(text: &str) -> Result<Config, Box<Mistake>> {
    let tree = parse(text)?;
    let mut config = Config::default();
    let fields = match &tree.kind {
        Kind::Word(name, Some(Body::Fields(fields))) if name == "Config" => fields,
        Kind::Record(Body::Fields(fields)) => fields,
        Kind::Record(Body::Values(values)) | Kind::Word(_, Some(Body::Values(values))) if values.is_empty() => {
            return Ok(config);
        }
        _ => {
            let example = "Config(theme: \"light\", ascii: false, ask: true)";
            return Err(Mistake::says("this is no configuration").at(tree.span.clone()).accepted(example));
        }
    };
    for field in fields {
        match field.name.as_str() {
            "theme" => config.theme = Some(theme(&field.value)?),
            "ascii" => config.ascii = truth(&field.value)?,
            "ask" => config.no_ask = !truth(&field.value)?,
            other => {
                let mistake = Mistake::says(format!("nothing is called {other} here"));
                return Err(mistake.at(field.name_span.clone()).one_of(other, FIELDS));
            }
        }
    }
    Ok(config)
}

fn theme(value: &Node) -> Result<Theme, Box<Mistake>> {
    let said = match &value.kind {
        Kind::Text(text) => text.as_str(),
        _ => "",
    };
    let known = Theme::ALL.into_iter().find(|theme| theme.name() == said);
    known.ok_or_else(|| {
        let mistake = Mistake::says("this is no theme").at(value.span.clone());
        mistake.one_of(said, Theme::ALL.map(Theme::name))
    })
}

fn truth(value: &Node) -> Result<bool, Box<Mistake>> {
    match &value.kind {
        Kind::Word(word, None) if word == "true" => Ok(true),
        Kind::Word(word, None) if word == "false" => Ok(false),
        _ => Err(Mistake::says("this is neither true nor false").at(value.span.clone()).accepted("true false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_read() {
        let read = |text: &str| read("config.ron", text).map_err(|mistake| mistake.to_string());
        assert_eq!(read("Config()"), Ok(Config::default()));
        let config = Config { theme: Some(Theme::Safe), ascii: true, no_ask: true };
        assert_eq!(read("Config(theme: \"safe\", ascii: true, ask: false)"), Ok(config));
        let wrong = ["Config(them: \"safe\")", "Config(theme: \"lite\")", "Config(ascii: yes)", "[]", "Config("];
        insta::assert_snapshot!(wrong.map(|text| read(text).unwrap_err()).join("\n"));
    }
}
