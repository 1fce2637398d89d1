//! Scenario files: what is run, told by a teacher in one page.
//!
//! A scenario names a protocol, a cluster, a network, clocks, disks, a workload, faults, questions and expectations.
//! [`Scenario::parse`] turns its text into a [`Plan`] for the kernel, or says what is wrong, where, and what would be
//! right. It goes through four stages, and a mistake ends it at the first that sees it:
//!
//! 1. [`syntax`] reads the notation into a tree whose every part knows its place; nesting is bounded there, so that
//!    whatever walks the tree may recurse. The notation is RON with implicit `Some`; the tree is our own for the sake
//!    of what people are told (see there).
//! 2. `variant` replaces fields on the tree.
//! 3. [`schema`] and [`words`] take their types from the tree through serde (`decode`), which knows fields and words.
//! 4. `resolve`, with `names` and `rules`, gives names their meaning and refuses what makes no sense together.
//!
//! The protocol's configuration stays a part of the tree until the registry, which knows its type, asks for it:
//! [`ProtocolText::config`]. So a mistake in a student's own configuration is told as well as one in ours.
//!
//! Left to others: what a scenario argument means (a file, `-`, a built-in one), running, and judging claims.

mod branches;
mod clocks;
mod decode;
pub mod diagnostic;
mod explore;
pub mod help;
mod lexer;
pub mod library;
mod log_session;
mod names;
mod network;
mod probe;
mod registry;
mod resolve;
mod rules;
mod schedule;
pub mod schema;
mod session;
pub mod syntax;
mod variant;
pub mod words;
mod work;

#[cfg(test)]
mod tests;

pub use diagnostic::{Diagnostic, Mistake, Span, nearest};
pub use explore::Exploration;
pub use log_session::LogSession;
pub use registry::{Failure, Judged, Opened, Progress, Registry, Runner};
pub use rules::can_end;
pub use schedule::step_written;
pub use session::{Flight, Moment, NodePicture, Picture, Run, Session};

use crate::check::{Claim, Question};
use crate::kernel::{Action, Plan};
use diagnostic::Checked;
use names::Names;
use rules::KindNames;
use serde::de::DeserializeOwned;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use syntax::{Body, Kind, Node};

/// The longest scenario that is read: 1 MiB, some two hundred times the longest that we ship.
pub const MAX_BYTES: usize = 1 << 20;

/// A scenario, ready to be run by whoever knows its protocol.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's name, as the person gave it.
    pub name: String,
    /// Its title for people.
    pub title: String,
    /// What to look at, in a sentence or two.
    pub look: Option<String>,
    /// The incident or paper that it retells.
    pub source: Option<String>,
    /// What was left out of the telling.
    pub simplified: Option<String>,
    /// The protocol and its configuration, not yet read.
    pub protocol: ProtocolText,
    /// What is to be run.
    pub plan: Plan,
    /// What people are asked; [`Action::Ask`] counts into it.
    pub questions: Vec<Question>,
    /// What must turn out for the scenario to have shown what it is meant to show.
    pub expect: Vec<Expectation>,
    /// What a search does and looks for.
    pub exploration: Exploration,
    /// The names of all variants.
    pub variants: Vec<String>,
    /// The variant that this is, if it is one.
    pub variant: Option<String>,
    /// The parsed content without comments and variants, this variant applied; it reads back as the same scenario.
    pub content: String,
    /// The same content as a tree, its fields in the order of the file: for tools that change it and
    /// [print](Node::pretty) it again.
    pub tree: Node,
    /// 16 hexadecimal digits of the content's BLAKE3 hash.
    pub hash: String,
    kinds: KindNames,
    text: Arc<str>,
}

/// One claim that must turn out true, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The claim.
    pub claim: Claim,
    /// Where it begins in the file.
    pub span: Span,
    /// The claim as it is written.
    pub text: String,
}

/// The protocol's name and its configuration, whose type only the registry knows.
#[derive(Clone, Debug, PartialEq)]
pub struct ProtocolText {
    /// The name: a bare word such as `Raft`.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    node: Node,
}

impl Scenario {
    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads a scenario, with one of its variants if asked. `name` is what messages call the file.
    ///
    /// Without a variant all variants are read as well, so that a mistake in one does not wait for its day.
    pub fn parse(name: &str, text: &str, variant: Option<&str>) -> Result<Scenario, Diagnostic> {
        read(name, text, variant).map_err(|mistake| {
            // What is too long to be read is too long to be shown.
            let text = if text.len() > MAX_BYTES { "" } else { text };
            Diagnostic { file: name.to_owned(), source: text.into(), mistake }
        })
    }

    /// Reads a scenario from a file.
    pub fn load(path: &Path, variant: Option<&str>) -> Result<Scenario, Diagnostic> {
        let name = path.display().to_string();
        let refuse = |mistake| Diagnostic { file: name.clone(), source: "".into(), mistake };
        if path.is_dir() {
            let mistake = Mistake::says(format!("{name} is a directory, and a scenario is one file"));
            return Err(refuse(mistake.note("pessimist list  shows the scenarios that are built in")));
        }
        let file = std::fs::File::open(path).map_err(|error| {
            let mistake = Mistake::says(match error.kind() {
                std::io::ErrorKind::NotFound => format!("there is no file {name}"),
                std::io::ErrorKind::PermissionDenied => format!("{name} may not be read by you"),
                _ => format!("{name} cannot be opened: {error}"),
            });
            refuse(mistake.note("pessimist list  shows the scenarios that are built in"))
        })?;
        Scenario::from_reader(&name, file, variant)
    }

    /// Reads a scenario from whatever can be read, such as standard input, but no more of it than [`MAX_BYTES`].
    pub fn from_reader(name: &str, reader: impl Read, variant: Option<&str>) -> Result<Scenario, Diagnostic> {
        let refuse = |source: &str, mistake| Diagnostic { file: name.to_owned(), source: source.into(), mistake };
        let mut bytes = vec![];
        if let Err(error) = reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes) {
            return Err(refuse("", Mistake::says(format!("{name} cannot be read: {error}"))));
        }
        if bytes.len() > MAX_BYTES {
            return Err(refuse("", too_long(name)));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Scenario::parse(name, text, variant),
            Err(error) => {
                let at = error.valid_up_to();
                let mistake = Mistake::says(format!("{name} is not UTF-8 text: byte {at} is {:#04x}", bytes[at]));
                Err(refuse("", mistake.note("save it as UTF-8; is it a scenario at all?")))
            }
        }
    }

    /// Replaces the seed.
    pub fn set_seed(&mut self, seed: u64) {
        self.plan.seed = seed;
    }

    /// Reads a claim that a person makes of this scenario, on the command line or in the debugger.
    pub fn claim(&self, text: &str) -> Result<Claim, Diagnostic> {
        later(
            text,
            |node, names| {
                let at = schema::At { value: decode::decode::<Claim>(node)?, span: node.head() };
                resolve::check_claim(&names, node, &at)?;
                Ok(at.value)
            },
            &self.plan,
        )
    }

    /// Reads a fault that a person inflicts by hand, such as `Crash("n3")`. It is done to no message.
    pub fn fault(&self, text: &str) -> Result<Action, Diagnostic> {
        later(
            text,
            |node, names| {
                let at = schema::At { value: decode::decode(node)?, span: node.head() };
                match rules::action(&names, &at)? {
                    Action::Message(_) => {
                        Err(Mistake::says("this is done to a message, and none is meant here").at(at.span))
                    }
                    action => Ok(action),
                }
            },
            &self.plan,
        )
    }

    /// A mistake of this scenario, together with its text: for stages that come later.
    pub fn diagnostic(&self, mistake: Box<Mistake>) -> Diagnostic {
        Diagnostic { file: self.name.clone(), source: self.text.clone(), mistake }
    }

    /// What to say where no protocol has the scenario's name: the nearest, and all that there are.
    pub fn unknown_protocol<'a>(&self, known: impl IntoIterator<Item = &'a str> + Clone) -> Diagnostic {
        let ProtocolText { name, name_span, .. } = &self.protocol;
        let mistake = Mistake::says(format!("there is no protocol {name} here")).at(name_span.clone());
        self.diagnostic(mistake.one_of(name, known))
    }

    /// Refuses kinds of messages and timers that the protocol does not have: a rule that waits for one never applies.
    pub fn check_kinds(&self, messages: &[&str], timers: &[&str]) -> Result<(), Diagnostic> {
        self.kinds.check(&self.protocol.name, messages, timers).map_err(|mistake| self.diagnostic(mistake))
    }

    /// What to say where the protocol itself refuses its configuration, in its own words. Shown is the first field that
    /// these words name.
    pub fn refused_config(&self, message: &str) -> Diagnostic {
        let mut words = message.split(|c: char| !c.is_alphanumeric() && c != '_');
        let field = words.find_map(|word| self.protocol.node.field(word));
        let span = field.map_or_else(|| self.protocol.name_span.clone(), |field| field.value.head());
        self.diagnostic(Mistake::says(message).at(span))
    }

    /// The same scenario as one of its variants makes it.
    pub fn with_variant(&self, variant: &str) -> Result<Scenario, Diagnostic> {
        Scenario::parse(&self.name, &self.text, Some(variant))
    }
}

impl ProtocolText {
    /// The configuration, as the protocol's own type. Mistakes point into the scenario's file.
    pub fn config<C: DeserializeOwned>(&self, scenario: &Scenario) -> Result<C, Diagnostic> {
        let told = |mistake| match &scenario.variant {
            Some(_) => variant::unknown_field(mistake, &scenario.text),
            None => mistake,
        };
        decode::decode_body(&self.node).map_err(|mistake| scenario.diagnostic(told(mistake)))
    }

    /// The configuration as it is written, variant applied.
    pub fn text(&self) -> String {
        self.node.canonical()
    }
}

/// Reads a text that a person gives after the scenario was read.
fn later<T>(text: &str, read: impl Fn(&Node, Names) -> Checked<T>, plan: &Plan) -> Result<T, Diagnostic> {
    let text = if text.len() > MAX_BYTES { "" } else { text };
    let read = syntax::parse(text).and_then(|node| read(&node, Names::of_plan(plan)));
    read.map_err(|mistake| Diagnostic { file: "what you wrote".to_owned(), source: text.into(), mistake })
}

fn too_long(name: &str) -> Box<Mistake> {
    Mistake::says(format!("{name} is longer than 1 MiB, and no scenario is"))
        .note("was a trace meant? pessimist replay TRACE runs it again")
}

fn no_scenario(span: Span) -> Box<Mistake> {
    Mistake::says("a scenario begins with  Scenario(title: \"...\", ...").at(span)
}

/// Whether a text is in another language altogether: its first line already has a name where a scenario has a bracket.
fn is_foreign(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.starts_with(|c: char| c.is_ascii_lowercase()) && !first.contains('(')
}

fn read(name: &str, text: &str, variant: Option<&str>) -> Checked<Scenario> {
    if text.len() > MAX_BYTES {
        return Err(too_long(name));
    }
    let tree = syntax::parse(text).map_err(|mistake| if is_foreign(text) { no_scenario(0..1) } else { mistake })?;
    let begins = match &tree.kind {
        Kind::Record(Body::Fields(_)) => true,
        Kind::Word(word, Some(Body::Fields(_))) => word == "Scenario",
        _ => false,
    };
    if !begins {
        return Err(no_scenario(tree.head()));
    }
    let variants = variant::names(&tree)?;
    let scenario = one(name, text, &tree, variants.clone(), variant)?;
    if variant.is_none() {
        for other in &variants {
            one(name, text, &tree, vec![], Some(other))?;
        }
    }
    Ok(scenario)
}

/// Reads the scenario as one variant makes it.
fn one(name: &str, text: &str, tree: &Node, variants: Vec<String>, variant: Option<&str>) -> Checked<Scenario> {
    let mut tree = variant::apply(tree, variant)?;
    let resolved = resolve::resolve(&tree)?;
    let protocol = protocol(&tree)?;
    if let Kind::Record(Body::Fields(fields)) | Kind::Word(_, Some(Body::Fields(fields))) = &mut tree.kind {
        fields.retain(|field| field.name != "variants");
    }
    let content = tree.canonical();
    let hash = blake3::hash(content.trim_start_matches("Scenario").as_bytes()).to_hex()[..16].to_owned();
    let file = resolved.file;
    Ok(Scenario {
        name: name.to_owned(),
        title: file.title,
        look: file.look,
        source: file.source,
        simplified: file.simplified,
        protocol,
        plan: resolved.plan,
        questions: resolved.questions,
        expect: resolved.expect,
        exploration: resolved.exploration,
        variants,
        variant: variant.map(str::to_owned),
        content,
        tree,
        hash,
        kinds: resolved.kinds,
        text: text.into(),
    })
}

fn protocol(tree: &Node) -> Checked<ProtocolText> {
    let Some(field) = tree.field("protocol") else {
        return Err(Mistake::says("the field protocol is missing").at(tree.head()));
    };
    let node = field.value.clone();
    match &node.kind {
        Kind::Word(name, None | Some(Body::Fields(_))) => {
            Ok(ProtocolText { name: name.clone(), name_span: node.head(), node })
        }
        Kind::Word(name, Some(Body::Values(values))) if values.is_empty() => {
            Ok(ProtocolText { name: name.clone(), name_span: node.head(), node })
        }
        _ => {
            let mistake = Mistake::says("a protocol is a bare word with named fields").at(node.head());
            Err(mistake.label("such as Raft(heartbeat: \"50ms\")"))
        }
    }
}
