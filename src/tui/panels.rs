//! What may lie over the run: the help, a line that is typed, a search, a question.

use super::Question;
use super::keys::Context;
use super::search::Search;
use super::until::Until;
use crate::node::{EventId, SimSpan, SimTime};

/// What the keys speak to.
#[derive(Clone, Debug, PartialEq)]
pub enum Mode {
    Run,
    Help {
        scroll: usize,
    },
    Prompt(Prompt),
    /// The keys of a context, one of which is pressed next.
    Menu(Context),
    /// Every action by its name: what was typed, and the place of the chosen one among those that fit.
    Palette {
        text: String,
        chosen: usize,
    },
    /// What is sought has not been found yet.
    Search(Search),
    /// What is waited for has not come about yet.
    Until(Until),
    Question(Panel),
}

impl Mode {
    /// Where keys count in this mode.
    pub fn context(&self) -> Context {
        match self {
            Mode::Run => Context::Run,
            Mode::Help { .. } => Context::Help,
            Mode::Prompt(_) => Context::Prompt,
            Mode::Menu(context) => *context,
            Mode::Palette { .. } => Context::Palette,
            Mode::Search(_) | Mode::Until(_) => Context::Search,
            Mode::Question(_) => Context::Question,
        }
    }
}

/// A line that is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    pub asks: Asks,
    pub text: String,
}

/// What for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    Time,
    Event,
    Text,
    /// What is to hold where the run stops.
    Until,
    /// What has not happened.
    WhyNot,
    /// What a branch is to be called.
    Name,
    /// What the files of the present frame are to be called.
    Frame,
    /// Where a branch is to be saved.
    File,
}

impl Asks {
    /// What stands before the line.
    pub fn label(self) -> &'static str {
        match self {
            Asks::Time => "go to time (1.25, 250ms): ",
            Asks::Event => "go to (e131, 1.25s): ",
            Asks::Text => "search (Tab completes): ",
            Asks::Until => "run until (n2.role = leader): ",
            Asks::WhyNot => "why not (leader n2): ",
            Asks::Name => "call this branch: ",
            Asks::Frame => "write this frame as (NAME.txt, NAME.svg): ",
            Asks::File => "save as (FILE.ron): ",
        }
    }
}

/// Where a typed line leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Event(u32),
    Time(SimTime),
}

/// Reads `e131`, `1.25s`, `250ms`; a bare number is an event, or where times are asked for a number of seconds.
pub fn place(text: &str, asks: Asks) -> Result<Place, String> {
    let text = text.trim();
    let refusal = || match asks {
        Asks::Time => format!("{text:?} is no time: write 1.25 (seconds), 1.25s or 250ms"),
        _ => format!("{text:?} is no event and no time: write e131, 1.25s or 250ms"),
    };
    let number = text.strip_prefix('e').or((asks == Asks::Event).then_some(text));
    if let Some(number) = number.filter(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())) {
        return number.parse().map(Place::Event).map_err(|_| refusal());
    }
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let span = if plain { format!("{text}s") } else { text.to_owned() }.parse::<SimSpan>();
    span.map(|span| Place::Time(SimTime(span.0))).map_err(|_| refusal())
}

/// A question that lies over the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panel {
    /// Its number in the quiz.
    pub number: usize,
    /// The option that was chosen, from 0.
    pub choice: Option<usize>,
    /// Whether the answer has been told.
    pub told: bool,
    /// Where the person was going.
    pub target: u32,
}

/// How a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has not been put, or is to be put again.
    Waiting,
    /// It was passed over.
    Skipped,
    /// It was answered: with which option, from 0, and how surely in percent.
    Answered(Option<usize>, Option<u8>),
}

/// The questions, in the order in which they come: the lesson's, and those of the tool that are to be put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quiz(Vec<(Question, Standing)>);

/// As many options as there are digits.
pub const OPTIONS_AT_MOST: usize = 9;

impl Quiz {
    /// Takes the questions that have an answer; those that come before the start are passed over.
    pub fn new(mut questions: Vec<Question>, start: EventId) -> Self {
        questions.retain(|question| question.answer.is_some());
        questions.sort_by_key(|question| question.before);
        let standing = |question: Question| {
            let question = question.stands();
            let passed = question.before <= start;
            (question, if passed { Standing::Skipped } else { Standing::Waiting })
        };
        Quiz(questions.into_iter().map(standing).collect())
    }

    pub fn get(&self, number: usize) -> &Question {
        &self.0[number].0
    }

    pub fn standing(&self, number: usize) -> Standing {
        self.0[number].1
    }

    pub fn settle(&mut self, number: usize, standing: Standing) {
        self.0[number].1 = standing;
    }

    /// The next question that waits.
    pub fn waiting(&self) -> Option<(usize, EventId)> {
        let place = self.0.iter().position(|(_, standing)| *standing == Standing::Waiting)?;
        Some((place, self.0[place].0.before))
    }

    /// Puts another question in its place; of those that stand at one event the lesson's come first.
    pub fn add(&mut self, question: Question) {
        let question = question.stands();
        let place = self.0.partition_point(|(other, _)| other.before <= question.before);
        self.0.insert(place, (question, Standing::Waiting));
    }

    /// Whether a question is among them, however it stands.
    pub fn has_put(&self, question: &Question) -> bool {
        self.0.iter().any(|(other, _)| other == question)
    }

    /// Every question.
    pub fn all(&self) -> impl Iterator<Item = &Question> {
        self.0.iter().map(|(question, _)| question)
    }

    /// The questions that were put, and how they stand.
    pub fn put(&self) -> impl Iterator<Item = (&Question, Standing)> {
        self.0
            .iter()
            .filter(|(_, standing)| *standing != Standing::Waiting)
            .map(|(question, standing)| (question, *standing))
    }

    /// The questions that were put between an event and the next, and how they stand.
    pub fn after(&self, id: EventId) -> impl Iterator<Item = (&Question, Standing)> {
        let here = move |(question, _): &&(Question, Standing)| question.before.0 == id.0 + 1;
        self.0.iter().filter(here).map(|(question, standing)| (question, *standing))
    }
}

/// The verdict on an answer, in words.
pub fn verdict(question: &Question, standing: Standing) -> Option<String> {
    let answer = question.answer.as_deref().unwrap_or("?");
    let Standing::Answered(choice, sure) = standing else { return None };
    let said = choice.and_then(|choice| question.options.get(choice));
    let sure = sure.map_or(String::new(), |percent| format!(", {percent}% sure"));
    Some(match said {
        Some(said) if said == answer => format!("You said {said}{sure}: so it is."),
        Some(said) if choice.is_some_and(|choice| question.is_right(choice)) => {
            format!("You said {said}{sure}: so it is{}.", answer[said.len()..].replacen(':', ",", 1))
        }
        Some(said) => format!("You said {said}{sure}. In this run: {answer}."),
        None => format!("In this run: {answer}."),
    })
}
