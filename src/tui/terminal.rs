//! The real terminal: set up, kept in step with the model, and given back whatever happens.

#![expect(
    clippy::disallowed_types,
    reason = "while a run is played, the person's clock decides when the next event is shown"
)]

use super::action::Action;
use super::browser::Browser;
use super::keys::{self, Context};
use super::model::{Model, SPEEDS};
use super::outbox::Out;
use super::panels::Mode;
use super::update::{TICKS, update};
use super::view;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{self, DisableMouseCapture, EnableMouseCapture, Event};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use crossterm::execute;
use ratatui::DefaultTerminal;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often a file that is watched is looked at: our choice.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Fails where input or output is no terminal, with a hint of what to do instead.
pub fn require(hint: &str) -> io::Result<()> {
    match io::stdin().is_terminal() && io::stdout().is_terminal() {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::Unsupported, format!("this needs a terminal; {hint}"))),
    }
}

/// A terminal that is given back when this is dropped; after a panic ratatui's hook has done so already, before the
/// panic's message is printed.
struct Guard(DefaultTerminal);

impl Guard {
    fn new() -> io::Result<Self> {
        // Where half of it fails, the other half is undone.
        let guard = ratatui::try_init().map(Guard).inspect_err(|_| ratatui::restore())?;
        // A panic's hook gives back the screen and not the mouse.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let _ = execute!(io::stdout(), DisableMouseCapture);
            hook(panic);
        }));
        execute!(io::stdout(), EnableMouseCapture)?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = execute!(io::stdout(), DisableMouseCapture);
        let _ = self.0.show_cursor();
        // After a panic the hook has given the terminal back; to do so twice would write over the panic's message.
        if !std::thread::panicking() {
            ratatui::restore();
        }
    }
}

/// What a loop needs to know about what it shows.
trait Program {
    fn act(&mut self, action: Action);
    fn context(&self) -> Context;
    fn draw(&self, buffer: &mut ratatui::buffer::Buffer);
    /// How long until time itself is an input; `None` while nothing plays and nothing is sought.
    fn tick(&self) -> Option<Duration>;
    fn is_done(&self) -> bool;
    /// What is to be done outside.
    fn take_outbox(&mut self) -> Vec<Out>;
    /// How that went.
    fn told(&mut self, result: io::Result<()>);
}

/// Shows a run until the person leaves.
pub fn run(mut model: Model) -> io::Result<()> {
    show(&mut model)
}

/// Shows the list of scenarios until the person has chosen or leaves.
pub fn browse(mut browser: Browser) -> io::Result<Option<String>> {
    show(&mut browser)?;
    Ok(browser.done.flatten())
}

/// Draws after each input; sleeps between.
fn show(program: &mut dyn Program) -> io::Result<()> {
    let mut guard = Guard::new()?;
    let size = guard.0.size()?;
    program.act(Action::Resize(size.width, size.height));
    let mut last_tick = Instant::now();
    while !program.is_done() {
        guard.0.draw(|frame| program.draw(frame.buffer_mut()))?;
        if !await_input(program, &mut last_tick)? {
            program.act(Action::Tick);
        }
        for out in program.take_outbox() {
            let told = carry_out(&mut guard, &out);
            program.told(told);
        }
        // Whatever else has come meanwhile is taken in before the next drawing.
        while !program.is_done() && event::poll(Duration::ZERO)? {
            take(program, &event::read()?);
        }
    }
    Ok(())
}

/// Waits for input; gives false where it is time for a tick instead.
fn await_input(program: &mut dyn Program, last_tick: &mut Instant) -> io::Result<bool> {
    if let Some(every) = program.tick() {
        if !event::poll(every.saturating_sub(last_tick.elapsed()))? {
            *last_tick = Instant::now();
            return Ok(false);
        }
    } else {
        *last_tick = Instant::now();
    }
    take(program, &event::read()?);
    Ok(true)
}

/// Does what the model cannot; what went wrong is told.
fn carry_out(guard: &mut Guard, out: &Out) -> io::Result<()> {
    match out {
        Out::Copy(text) => execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text)),
        Out::Write { path, text } => {
            let mut file =
                std::fs::File::create_new(path).map_err(|why| io::Error::other(format!("{path}: {why}")))?;
            file.write_all(text.as_bytes())
        }
        Out::Suspend => suspend(guard),
    }
}

/// Goes to the background, as other programs do at Ctrl-Z, and sets the terminal up again after that.
#[expect(clippy::disallowed_methods, reason = "the shell's signal is waited for, in real time")]
fn suspend(guard: &mut Guard) -> io::Result<()> {
    let _ = execute!(io::stdout(), DisableMouseCapture);
    ratatui::restore();
    guard.0.show_cursor()?;
    let me = std::process::id().to_string();
    let stopped = std::process::Command::new("kill").args(["-TSTP", &me]).status();
    // The signal may come a moment later than the command that sends it ends.
    std::thread::sleep(Duration::from_millis(50));
    guard.0 = ratatui::try_init()?;
    execute!(io::stdout(), EnableMouseCapture)?;
    guard.0.clear()?;
    stopped.map(|_| ())
}

fn take(program: &mut dyn Program, event: &Event) {
    match event {
        Event::Key(key) => {
            if let Some(action) = keys::action(program.context(), *key) {
                program.act(action);
            }
        }
        Event::Mouse(mouse) => {
            if let Some(action) = pointed(program.context(), *mouse) {
                program.act(action);
            }
        }
        Event::Resize(width, height) => program.act(Action::Resize(*width, *height)),
        _ => {}
    }
}

/// What the mouse asks for: in the run itself the wheel goes from row to row and the button goes to what it points at; in lists
/// the wheel scrolls.
fn pointed(context: Context, mouse: MouseEvent) -> Option<Action> {
    let is_run = context == Context::Run;
    match mouse.kind {
        MouseEventKind::ScrollDown if is_run => Some(Action::NextRow),
        MouseEventKind::ScrollUp if is_run => Some(Action::PreviousRow),
        MouseEventKind::ScrollDown if context == Context::Help => Some(Action::ScrollDown),
        MouseEventKind::ScrollUp if context == Context::Help => Some(Action::ScrollUp),
        MouseEventKind::ScrollDown => Some(Action::Next),
        MouseEventKind::ScrollUp => Some(Action::Previous),
        MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left) if is_run => {
            Some(Action::Press(mouse.column, mouse.row))
        }
        _ => None,
    }
}

impl Program for Model<'_> {
    fn take_outbox(&mut self) -> Vec<Out> {
        std::mem::take(&mut self.outbox)
    }

    fn told(&mut self, result: io::Result<()>) {
        if let Err(why) = result {
            self.notice = Some(format!("that failed: {why}"));
        }
    }

    fn act(&mut self, action: Action) {
        update(self, action);
    }

    fn context(&self) -> Context {
        self.mode.context()
    }

    fn draw(&self, buffer: &mut ratatui::buffer::Buffer) {
        view::draw(self, buffer);
    }

    fn tick(&self) -> Option<Duration> {
        let ticks = SPEEDS[self.speed].min(TICKS);
        match self.mode {
            Mode::Search(_) | Mode::Until(_) => Some(Duration::ZERO),
            _ if self.playing => Some(Duration::from_millis(u64::from(1000 / ticks))),
            _ => self.show.futures.as_ref().filter(|futures| futures.watches()).map(|_| LOOK_EVERY),
        }
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

impl Program for Browser {
    fn take_outbox(&mut self) -> Vec<Out> {
        Vec::new()
    }

    fn told(&mut self, _: io::Result<()>) {}

    fn act(&mut self, action: Action) {
        self.update(action);
    }

    fn context(&self) -> Context {
        Browser::context(self)
    }

    fn draw(&self, buffer: &mut ratatui::buffer::Buffer) {
        view::draw_browser(self, buffer);
    }

    fn tick(&self) -> Option<Duration> {
        None
    }

    fn is_done(&self) -> bool {
        self.done.is_some()
    }
}
