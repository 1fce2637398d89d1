//! What a person can do.

use super::deeds::Hand;
use super::keys::Context;
use super::panes::Pane;

/// One thing to do, whatever key or clock asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    // Through time.
    Next,
    Previous,
    NextRow,
    PreviousRow,
    PageForward,
    PageBack,
    First,
    Last,
    NextOfNode,
    PreviousOfNode,
    NextFault,
    PreviousFault,
    NextViolation,
    PreviousViolation,
    NextAlike,
    PreviousAlike,
    Bookmark,
    NextBookmark,
    Cause,
    Effect,
    NextFound,
    PreviousFound,
    PlayOrPause,
    Faster,
    Slower,
    /// Time has passed: while playing, while a file is watched.
    Tick,
    /// A digit of a count.
    Digit(usize),
    // What is shown.
    NextNode,
    PreviousNode,
    Follow,
    Inspector,
    ScrollDown,
    ScrollUp,
    /// More of the run on each row, or less.
    Coarser,
    Finer,
    /// Lanes by the sides of a partition, or as they are named.
    Lanes,
    /// Marks the causal past and future of the event, and what is concurrent.
    Cone,
    /// What each node's clock shows.
    Clocks,
    /// What the panel below shows.
    Show(Pane),
    NextPane,
    // Other futures.
    /// Does something to the run, here.
    Do(Hand),
    Undo,
    Redo,
    /// Goes to the branch of that number.
    Branch(usize),
    AskName,
    AskFile,
    Delete,
    // Panels.
    /// A list of what can be done next, a letter each.
    Menu(Context),
    /// Every action by its name.
    Palette,
    AskTime,
    AskEvent,
    AskText,
    AskUntil,
    AskWhyNot,
    /// Completes what is typed.
    Complete,
    Help,
    Type(char),
    Erase,
    Enter,
    Close,
    /// The next of the tool's own questions.
    Quiz,
    /// The n-th option of a question, from 1.
    Choose(usize),
    /// Back from a question to the run, the question kept for later.
    Later,
    /// The mouse's button is pressed, or dragged, at this column and line.
    Press(u16, u16),
    /// Copies the command that leads here.
    Copy,
    AskFrame,
    Theme,
    Suspend,
    Resize(u16, u16),
    Quit,
}
