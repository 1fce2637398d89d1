//! What the panel below can show: each a pure function of the model that gives lines.

mod cluster;
mod compare;
mod narration;
mod texts;
mod traffic;

pub use compare::Comparison;
pub use texts::{next_line, story};

use super::model::Model;
use super::scene::Scene;

/// What the panel below shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The event at the cursor and the selected node.
    #[default]
    Event,
    Cluster,
    Log,
    Messages,
    Operations,
    Promises,
    Clocks,
    Source,
    Lesson,
    Branches,
    /// This branch beside the one that it departed from.
    Compare,
    /// The causal story of the event.
    Why,
    /// The place in the run in whole sentences, for a screen reader.
    Narration,
}

impl Pane {
    /// All of them, in the order in which they follow each other.
    pub const ALL: [Pane; 13] = [
        Pane::Event,
        Pane::Cluster,
        Pane::Log,
        Pane::Messages,
        Pane::Operations,
        Pane::Promises,
        Pane::Clocks,
        Pane::Source,
        Pane::Lesson,
        Pane::Branches,
        Pane::Compare,
        Pane::Why,
        Pane::Narration,
    ];

    /// Whether its lines are rows of a table: these are cut where they are too long, and what is said about them is not.
    pub fn is_table(self) -> bool {
        use Pane::{Clocks, Cluster, Compare, Log, Messages, Operations};
        matches!(self, Clocks | Cluster | Compare | Log | Messages | Operations)
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Pane::Event => "EVENT",
            Pane::Cluster => "CLUSTER",
            Pane::Log => "LOGS",
            Pane::Messages => "MESSAGES ON THEIR WAY",
            Pane::Operations => "OPERATIONS",
            Pane::Promises => "PROMISES",
            Pane::Clocks => "CLOCKS",
            Pane::Source => "SCENARIO",
            Pane::Lesson => "LESSON",
            Pane::Branches => "BRANCHES",
            Pane::Compare => "SIDE BY SIDE",
            Pane::Why => "WHY",
            Pane::Narration => "NARRATION",
        }
    }
}

/// How a line is to look; a colour never says what the words do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Bold,
    Faint,
    Good,
    Bad,
}

/// A line of a pane.
pub type Said = (String, Tone);

/// What a pane says, given so many columns. The event's own pane is drawn elsewhere, in two columns.
pub fn lines(model: &Model, scene: &Scene, width: usize) -> Vec<Said> {
    match model.pane {
        Pane::Event => Vec::new(),
        Pane::Cluster => cluster::table(model, scene),
        Pane::Log => cluster::logs(model, scene, width),
        Pane::Clocks => cluster::clocks(model, scene, width),
        Pane::Messages => traffic::messages(model, scene),
        Pane::Operations => traffic::operations(model, width),
        Pane::Promises => texts::promises(model),
        Pane::Source => texts::source(model),
        Pane::Lesson => texts::lesson(model),
        Pane::Branches => texts::branches(model),
        Pane::Compare => compare::lines(model, width),
        Pane::Why => texts::why(model),
        Pane::Narration => narration::lines(model, scene),
    }
}
