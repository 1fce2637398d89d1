//! What the panel below can show: each a pure function of the model that gives lines.

use super::model::Model;

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
}

impl Pane {
    /// All of them, in the order in which they follow each other.
    pub const ALL: [Pane; 12] = [
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
    ];

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
pub fn lines(model: &Model, width: usize) -> Vec<Said> {
    match model.pane {
        Pane::Branches => branches(model),
        _ => vec![(format!("nothing yet in {width} columns"), Tone::Faint)],
    }
}

/// The tree of branches.
fn branches(model: &Model) -> Vec<Said> {
    let branches = &model.branches;
    let row = |(number, depth): (usize, usize)| {
        let branch = branches.get(number);
        let mark = if number == branches.here() { '›' } else { ' ' };
        let own = branch.deeds.last().map_or(String::new(), |deed| format!("  {}: {}", deed.after, deed.words));
        let tone = if number == branches.here() { Tone::Bold } else { Tone::Plain };
        (format!("{mark}{}{} {}{own}", "  ".repeat(depth), number, branch.name), tone)
    };
    let mut lines: Vec<Said> = branches.tree().into_iter().map(row).collect();
    let help = match lines.len() {
        1 => "b does something to this run, and makes a branch of it",
        _ => "b then: 0-9 goes to a branch, = compares, s saves, n names, D deletes; u undoes, U does again",
    };
    lines.push((help.to_owned(), Tone::Faint));
    lines
}
