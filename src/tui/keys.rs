//! The one table of keys: what dispatches, what the footer offers, and what the help explains.

use super::action::Action;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Where a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The run itself.
    Run,
    /// The help.
    Help,
    /// A line that is typed.
    Prompt,
    /// A search that takes its time.
    Search,
    /// A question that waits for an answer.
    Question,
    /// The list of scenarios.
    Browser,
    /// The list while a part of a name is typed.
    Filter,
    /// What can be done to the run.
    Deeds,
    /// What the panel below can show.
    Panes,
    /// The list of all actions.
    Palette,
    /// Everywhere.
    Anywhere,
}

impl Context {
    /// The heading under which the help lists its keys.
    pub fn heading(self) -> &'static str {
        match self {
            Context::Run => "IN THE RUN",
            Context::Help => "IN THIS HELP",
            Context::Prompt => "WHILE TYPING",
            Context::Search => "WHILE SEARCHING",
            Context::Question => "AT A QUESTION",
            Context::Browser => "IN THE LIST OF SCENARIOS",
            Context::Filter => "WHILE FILTERING THE LIST",
            Context::Deeds => "BREAK IT BY HAND, after b",
            Context::Panes => "PANELS, after o",
            Context::Palette => "IN THE LIST OF ACTIONS",
            Context::Anywhere => "EVERYWHERE",
        }
    }
}

/// One key, or a family of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Code(KeyCode),
    Control(char),
    /// 1 to 9.
    Digit,
    /// Any letter, digit or sign.
    Text,
}

/// What a key does.
#[derive(Clone, Copy)]
pub enum Does {
    Act(Action),
    WithDigit(fn(usize) -> Action),
    WithText(fn(char) -> Action),
}

/// A line of the table.
pub struct Binding {
    pub context: Context,
    pub keys: &'static [Key],
    pub does: Does,
    /// One or two words for the footer; empty where the footer leaves it out.
    pub short: &'static str,
    pub help: &'static str,
}

const fn c(letter: char) -> Key {
    Key::Code(KeyCode::Char(letter))
}

const fn k(code: KeyCode) -> Key {
    Key::Code(code)
}

const fn line(
    context: Context,
    keys: &'static [Key],
    action: Action,
    short: &'static str,
    help: &'static str,
) -> Binding {
    Binding { context, keys, does: Does::Act(action), short, help }
}

use super::deeds::Hand as H;
use super::panes::Pane as P;
use Action as A;
use Context::{Anywhere, Browser, Deeds, Filter, Help, Palette, Panes, Prompt, Question, Run, Search};
use KeyCode::{BackTab, Backspace, Down, End, Enter, Esc, Home, Left, PageDown, PageUp, Right, Tab, Up};

/// Every key that does anything.
pub const TABLE: &[Binding] = &[
    line(Run, &[c('?')], A::Help, "help", "this help"),
    line(Run, &[c('q')], A::Quit, "quit", "quit"),
    line(Run, &[k(Right), c('l')], A::Next, "step", "one event on"),
    line(Run, &[k(Left), c('h')], A::Previous, "back", "one event back"),
    line(Run, &[k(Down), c('j')], A::NextRow, "", "one row on"),
    line(Run, &[k(Up), c('k')], A::PreviousRow, "", "one row back"),
    line(Run, &[k(PageDown)], A::PageForward, "", "a page on"),
    line(Run, &[k(PageUp)], A::PageBack, "", "a page back"),
    line(Run, &[k(Home), c('g')], A::First, "", "to the first event"),
    line(Run, &[k(End), c('G')], A::Last, "", "to the last; 131G: to e131"),
    line(Run, &[c(' ')], A::PlayOrPause, "play", "play or pause"),
    line(Run, &[c('b')], A::Menu(Deeds), "break", "break it by hand"),
    line(Run, &[c('w')], A::Show(P::Why), "why", "why this event"),
    line(Run, &[c('o')], A::Menu(Panes), "open", "open another panel"),
    line(Run, &[c('x'), Key::Control('p')], A::Palette, "all", "every action by name"),
    line(Run, &[c('+'), c('=')], A::Faster, "", "play faster"),
    line(Run, &[c('-')], A::Slower, "", "play slower"),
    line(Run, &[c('f')], A::NextFault, "fault", "to the next fault"),
    line(Run, &[c('F')], A::PreviousFault, "", "to the fault before"),
    line(Run, &[c('v')], A::NextViolation, "", "to the next broken promise"),
    line(Run, &[c('V')], A::PreviousViolation, "", "to the one before"),
    line(Run, &[c('c')], A::Cause, "cause", "to what caused this event"),
    line(Run, &[c('e')], A::Effect, "effect", "to what it caused first"),
    line(Run, &[c('p')], A::Cone, "cone", "mark past and future: cone"),
    line(Run, &[c('O')], A::NextPane, "", "the next panel"),
    line(Run, &[c('u')], A::Undo, "", "undo: the branch before"),
    line(Run, &[c('U')], A::Redo, "", "do it again"),
    line(Run, &[c('C')], A::Clocks, "", "show or hide the clocks"),
    line(Run, &[c('L')], A::Lanes, "", "lanes by side, or by name"),
    line(Run, &[c('i')], A::Inspector, "panel", "panel: small, large, away"),
    line(Run, &[c('n')], A::NextOfNode, "", "the node's next event"),
    line(Run, &[c('N')], A::PreviousOfNode, "", "its event before"),
    line(Run, &[k(Tab)], A::NextNode, "node", "select the next node"),
    line(Run, &[k(BackTab)], A::PreviousNode, "", "select the node before"),
    Binding {
        context: Run,
        keys: &[c('0'), Key::Digit],
        does: Does::WithDigit(A::Digit),
        short: "",
        help: "a count: 5l is five steps",
    },
    line(Run, &[k(Enter)], A::Enter, "", "2 Enter is node 2, so is 2b"),
    line(Run, &[k(Esc)], A::Follow, "", "selection follows; 0 does so"),
    line(Run, &[c('t')], A::AskTime, "time", "go to a time: 1.25, 250ms"),
    line(Run, &[c(':')], A::AskEvent, "", "go to an event: e131, 1.25s"),
    line(Run, &[c('/')], A::AskText, "search", "search: msg:Vote term>1"),
    line(Run, &[c('r')], A::AskUntil, "", "run until n2.role = leader"),
    line(Run, &[c('W')], A::AskWhyNot, "", "why not: leader n2"),
    line(Run, &[c('Q')], A::Quiz, "", "ask me what comes: predict"),
    line(Run, &[c('.')], A::NextAlike, "", "the next event of this kind"),
    line(Run, &[c(',')], A::PreviousAlike, "", "the one of this kind before"),
    line(Run, &[c('m')], A::Bookmark, "", "set or take a bookmark"),
    line(Run, &[c('\'')], A::NextBookmark, "", "to the next bookmark"),
    line(Run, &[c('s')], A::NextFound, "", "to the next find"),
    line(Run, &[c('S')], A::PreviousFound, "", "to the find before"),
    line(Run, &[c('y')], A::Copy, "", "copy the command to here"),
    line(Run, &[c('E')], A::AskFrame, "", "export this frame: text, SVG"),
    line(Run, &[c('T')], A::Theme, "", "other colours"),
    line(Run, &[c(']')], A::ScrollDown, "", "scroll the panel on"),
    line(Run, &[c('[')], A::ScrollUp, "", "scroll the panel back"),
    line(Run, &[c('z')], A::Coarser, "zoom", "zoom out: fold, then slices"),
    line(Run, &[c('Z')], A::Finer, "", "zoom in, to every event"),
    Binding {
        context: Question,
        keys: &[Key::Digit],
        does: Does::WithDigit(A::Choose),
        short: "choose",
        help: "choose an answer, then how sure you are",
    },
    line(Question, &[k(Enter), k(Esc)], A::Enter, "skip or go on", "skip the question; later, go on"),
    line(Question, &[k(Left), c('h'), c('q')], A::Later, "look first", "look at the run first; answer later"),
    line(Deeds, &[c('c')], A::Do(H::Crash), "", "crash the node"),
    line(Deeds, &[c('r')], A::Do(H::Restart), "", "restart it"),
    line(Deeds, &[c('p')], A::Do(H::Pause), "", "pause it"),
    line(Deeds, &[c('P')], A::Do(H::Resume), "", "let it go on"),
    line(Deeds, &[c('i')], A::Do(H::Isolate), "", "isolate it from all others"),
    line(Deeds, &[c('x')], A::Do(H::Cut), "", "cut its link to the event's"),
    line(Deeds, &[c('h')], A::Do(H::Heal), "", "heal every link"),
    line(Deeds, &[c('d')], A::Do(H::Drop), "", "drop the message"),
    line(Deeds, &[c('l')], A::Do(H::Delay), "", "delay the message by 100 ms"),
    line(Deeds, &[c('L')], A::Do(H::Deliver), "", "deliver now: sent, or to node"),
    line(Deeds, &[c('w')], A::Do(H::Duplicate), "", "let the message come twice"),
    line(Deeds, &[c('t')], A::Do(H::Expire), "", "end its timer now"),
    line(Deeds, &[c('v')], A::Do(H::Align), "", "split vote: end all timers"),
    line(Deeds, &[c('k')], A::Do(H::ClockBack), "", "set its clock back 5 s"),
    line(Deeds, &[c('K')], A::Do(H::ClockForward), "", "set its clock on 5 s"),
    line(Deeds, &[c('f')], A::Do(H::ClockFast), "", "its clock runs 30 % faster"),
    line(Deeds, &[c('F')], A::Do(H::DiskFull), "", "its disk is full"),
    line(Deeds, &[c('S')], A::Do(H::DiskSlow), "", "its disk is slow: 30 ms"),
    line(Deeds, &[c('o')], A::Do(H::DiskLoses), "", "its disk is as it was"),
    line(Deeds, &[c('a')], A::Do(H::Ask), "", "a client asks: put x"),
    Binding {
        context: Deeds,
        keys: &[c('0'), Key::Digit],
        does: Does::WithDigit(A::Branch),
        short: "",
        help: "go to the branch of that number",
    },
    line(Deeds, &[c('=')], A::Show(P::Compare), "", "side by side with its parent"),
    line(Deeds, &[c('b')], A::Show(P::Branches), "", "the tree of branches"),
    line(Deeds, &[c('s')], A::AskFile, "", "save this branch as a scenario"),
    line(Deeds, &[c('n')], A::AskName, "", "name this branch"),
    line(Deeds, &[c('D')], A::Delete, "", "delete this branch"),
    line(Deeds, &[k(Esc), c('q')], A::Close, "close", "do nothing"),
    line(Panes, &[c('e')], A::Show(P::Event), "", "the event and the node"),
    line(Panes, &[c('c')], A::Show(P::Cluster), "", "the cluster as a table"),
    line(Panes, &[c('l')], A::Show(P::Log), "", "the logs as a grid"),
    line(Panes, &[c('m')], A::Show(P::Messages), "", "messages on their way"),
    line(Panes, &[c('o')], A::Show(P::Operations), "", "the clients' operations"),
    line(Panes, &[c('p')], A::Show(P::Promises), "", "the promises"),
    line(Panes, &[c('t')], A::Show(P::Clocks), "", "clocks against true time"),
    line(Panes, &[c('s')], A::Show(P::Source), "", "the scenario's text"),
    line(Panes, &[c('x')], A::Show(P::Lesson), "", "the lesson's text"),
    line(Panes, &[c('b')], A::Show(P::Branches), "", "the tree of branches"),
    line(Panes, &[c('=')], A::Show(P::Compare), "", "two branches side by side"),
    line(Panes, &[c('w')], A::Show(P::Why), "", "why this event"),
    line(Panes, &[c('n')], A::Show(P::Narration), "", "where you are, in sentences"),
    line(Panes, &[c('z')], A::Inspector, "", "make it larger, or away"),
    line(Panes, &[k(Esc), c('q')], A::Close, "close", "stay as it is"),
    line(Palette, &[k(Down)], A::Next, "next", "the next action"),
    line(Palette, &[k(Up)], A::Previous, "", "the action before"),
    line(Palette, &[k(Enter)], A::Enter, "do it", "do it"),
    line(Palette, &[k(Esc)], A::Close, "cancel", "do nothing"),
    line(Palette, &[k(Backspace)], A::Erase, "", "erase a letter"),
    Binding { context: Palette, keys: &[Key::Text], does: Does::WithText(A::Type), short: "", help: "find by this" },
    line(Help, &[k(Down), c('j'), k(PageDown)], A::ScrollDown, "more", "scroll on"),
    line(Help, &[k(Up), c('k'), k(PageUp)], A::ScrollUp, "", "scroll back"),
    line(Help, &[k(Esc), c('q'), c('?')], A::Close, "close", "close the help"),
    line(Prompt, &[k(Enter)], A::Enter, "go", "go there"),
    line(Prompt, &[k(Esc)], A::Close, "cancel", "stay here"),
    line(Prompt, &[k(Tab)], A::Complete, "complete", "complete what is typed"),
    line(Prompt, &[k(Backspace)], A::Erase, "", "erase a letter"),
    Binding { context: Prompt, keys: &[Key::Text], does: Does::WithText(A::Type), short: "", help: "type" },
    line(Search, &[k(Esc), c('q')], A::Close, "stop", "stop searching and stay here"),
    line(Browser, &[k(Down)], A::Next, "next", "the next scenario"),
    line(Browser, &[k(Up)], A::Previous, "", "the scenario before"),
    line(Browser, &[k(PageDown)], A::PageForward, "", "a page on"),
    line(Browser, &[k(PageUp)], A::PageBack, "", "a page back"),
    line(Browser, &[k(Home)], A::First, "", "to the first"),
    line(Browser, &[k(End)], A::Last, "", "to the last"),
    line(Browser, &[k(Enter)], A::Enter, "open", "open it"),
    line(Browser, &[c('/')], A::AskText, "filter", "filter by what is typed next"),
    line(Browser, &[c('q'), k(Esc)], A::Quit, "quit", "quit"),
    Binding {
        context: Browser,
        keys: &[Key::Text],
        does: Does::WithText(A::Type),
        short: "",
        help: "filter by this",
    },
    line(Filter, &[k(Down)], A::Next, "next", "the next scenario"),
    line(Filter, &[k(Up)], A::Previous, "", "the scenario before"),
    line(Filter, &[k(Enter)], A::Enter, "open", "open it"),
    line(Filter, &[k(Esc)], A::Close, "show all", "forget the filter"),
    line(Filter, &[k(Backspace)], A::Erase, "", "erase a letter"),
    Binding {
        context: Filter,
        keys: &[Key::Text],
        does: Does::WithText(A::Type),
        short: "",
        help: "filter by this too",
    },
    line(Anywhere, &[Key::Control('c')], A::Quit, "", "quit"),
    line(Anywhere, &[Key::Control('z')], A::Suspend, "", "to the background; fg comes back"),
];

/// What a key press asks for. Only presses count: some terminals report repeats and releases as well.
pub fn action(context: Context, event: KeyEvent) -> Option<Action> {
    if event.kind != KeyEventKind::Press {
        return None;
    }
    let here = |binding: &&Binding| binding.context == context || binding.context == Anywhere;
    TABLE.iter().filter(here).find_map(|binding| {
        binding.keys.iter().any(|key| key.matches(&event)).then(|| binding.does.of(event.code)).flatten()
    })
}

impl Key {
    fn matches(self, event: &KeyEvent) -> bool {
        let control = event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match (self, event.code) {
            (Key::Control(letter), KeyCode::Char(typed)) => {
                event.modifiers.contains(KeyModifiers::CONTROL) && typed.eq_ignore_ascii_case(&letter)
            }
            (Key::Code(KeyCode::Char(letter)), KeyCode::Char(typed)) => !control && letter == typed,
            (Key::Code(code), pressed) => code == pressed,
            (Key::Digit, KeyCode::Char(typed)) => !control && ('1'..='9').contains(&typed),
            (Key::Text, KeyCode::Char(typed)) => !control && !typed.is_control(),
            _ => false,
        }
    }

    /// The key as people call it.
    pub fn name(self) -> String {
        match self {
            Key::Code(Right) => "→".to_owned(),
            Key::Code(Left) => "←".to_owned(),
            Key::Code(Up) => "↑".to_owned(),
            Key::Code(Down) => "↓".to_owned(),
            Key::Code(PageDown) => "PgDn".to_owned(),
            Key::Code(PageUp) => "PgUp".to_owned(),
            Key::Code(BackTab) => "Shift-Tab".to_owned(),
            Key::Code(KeyCode::Char(' ')) => "Space".to_owned(),
            Key::Code(KeyCode::Char(letter)) => letter.to_string(),
            Key::Code(code) => code.to_string(),
            Key::Control(letter) => format!("Ctrl-{letter}"),
            Key::Digit => "1-9".to_owned(),
            Key::Text => "any letter".to_owned(),
        }
    }
}

impl Does {
    fn of(self, code: KeyCode) -> Option<Action> {
        match (self, code) {
            (Does::Act(action), _) => Some(action),
            (Does::WithDigit(action), KeyCode::Char(digit)) => digit.to_digit(10).map(|digit| action(digit as usize)),
            (Does::WithText(action), KeyCode::Char(letter)) => Some(action(letter)),
            _ => None,
        }
    }
}

/// What the list of all actions offers for what was typed: each a line of the table that does one thing in the run, whose
/// key or words hold it.
pub fn palette(typed: &str) -> Vec<&'static Binding> {
    let typed = typed.to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let offered = |binding: &&Binding| {
        let is_act = matches!(binding.does, Does::Act(action) if action != A::Close && action != A::Palette);
        let help = binding.help.to_lowercase();
        is_act
            && matches!(binding.context, Run | Deeds | Panes)
            && words.iter().all(|word| help.contains(word) || binding.context.heading().to_lowercase().contains(word))
    };
    TABLE.iter().filter(offered).collect()
}

/// The footer's offers in a context: keys and what they do in a word.
pub fn footer(context: Context) -> impl Iterator<Item = (String, &'static str)> {
    let offered = move |binding: &&Binding| binding.context == context && !binding.short.is_empty();
    TABLE.iter().filter(offered).map(|binding| (binding.keys[0].name(), binding.short))
}

/// The help: a heading and its lines (keys, what they do), context by context.
pub fn help() -> Vec<(&'static str, Vec<(String, &'static str)>)> {
    let contexts = [Run, Deeds, Panes, Question, Palette, Help, Prompt, Search, Browser, Filter, Anywhere];
    let lines = |context: Context| {
        let mine = TABLE.iter().filter(move |binding| binding.context == context);
        mine.map(|binding| (names(binding), binding.help)).collect()
    };
    contexts.iter().map(|&context| (context.heading(), lines(context))).collect()
}

/// A binding's keys as the help writes them.
pub fn names(binding: &Binding) -> String {
    binding.keys.iter().map(|key| key.name()).collect::<Vec<_>>().join(" ")
}
