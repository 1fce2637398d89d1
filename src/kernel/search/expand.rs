//! What may follow a state.
//!
//! A state's numbers are, in this order: its tally, its watcher, the machine of each node, and the messages on their way,
//! in the order of sending; or, where links keep order, the lines of messages on links, in the order in which links came
//! to have any.

use super::machine::{Happening, Rules};
use super::path::Machines;
use super::tables::{self, Branch, Code, Id, Kind, Line, Sent, Sight};
use super::tally::{Change, Spent};
use super::{Action, Arrivals, Flaw, How, Network, Print, Successors};
use crate::kernel::CLIENTS;
use crate::node::{Fact, Node, NodeId, Seen, Watcher, kind_of};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Where a state's tally and watcher stand, and where its machines begin.
pub const TALLY: usize = 0;
pub const WATCHER: usize = 1;
pub const MACHINES: usize = 2;

/// A worker at a state.
pub struct Expander<'a, N: Node, W: Watcher> {
    pub space: &'a Machines<N, W>,
    pub desk: tables::Desk<'a, N, W>,
    pub arrivals: Arrivals,
    pub next: &'a mut Successors,
}

/// What an action does besides what becomes of the machine.
#[derive(Clone, Copy)]
struct Aside {
    how: How,
    spent: Option<Change>,
    /// The place among the state's flying things that this action takes away, if it does.
    gone: Option<usize>,
}

const NOTHING: Aside = Aside { how: How::Plain, spent: None, gone: None };

impl<N: Node, W: Watcher> Expander<'_, N, W> {
    /// The fingerprint of a state, from its parts: its own, or under a renaming.
    pub fn print(&self, state: &[Id], renaming: Option<usize>) -> Print {
        let tally = self.desk.tally_print(state[TALLY], renaming);
        let mut print = tally.wrapping_add(self.desk.watcher_print(state[WATCHER], renaming));
        let flying = MACHINES + self.space.nodes();
        for machine in &state[MACHINES..flying] {
            print = print.wrapping_add(self.desk.machine_print(*machine, renaming));
        }
        for id in &state[flying..] {
            print = print.wrapping_add(match self.is_ordered() {
                true => self.desk.line_print(*id, renaming),
                false => self.desk.letter_print(*id, renaming),
            });
        }
        print
    }

    fn is_ordered(&self) -> bool {
        self.space.bounds.network == Network::Ordered
    }

    fn flying_print(&self, id: Id) -> Print {
        if self.is_ordered() { self.desk.line_print(id, None) } else { self.desk.letter_print(id, None) }
    }

    pub fn expand(&mut self, state: &[Id]) {
        let base = self.print(state, None);
        self.ask_clients(state, base);
        let flying = MACHINES + self.space.nodes();
        for place in flying..state.len() {
            let is_first = self.is_ordered() || !state[flying..place].contains(&state[place]);
            if is_first {
                self.deliver(state, base, place);
            }
        }
        for node in 0..self.space.nodes() {
            self.happen(state, base, node);
        }
    }

    fn ask_clients(&mut self, state: &[Id], base: Print) {
        for (place, (client, commands)) in self.space.clients.iter().enumerate() {
            let (asked, waits) = self.desk.tally(state[TALLY]).clients[place];
            if waits || usize::from(asked) == commands.len() || self.is_down(state, *client) {
                continue;
            }
            let code = Code::new(Kind::Operation, commands[usize::from(asked)]);
            let aside = Aside { spent: Some(Change::Asked(place as u16)), ..NOTHING };
            self.act(state, base, client.index(), code, aside);
        }
    }

    fn is_down(&self, state: &[Id], node: NodeId) -> bool {
        self.desk.machine(state[MACHINES + node.index()]).machine.state.is_none()
    }

    /// A message on its way arrives, or is lost, or arrives and is on its way still.
    fn deliver(&mut self, state: &[Id], base: Print, place: usize) {
        let letter = if self.is_ordered() { self.desk.line(state[place]).letters[0] } else { state[place] };
        let to = self.desk.letter(letter).to;
        let code = Code::new(Kind::Deliver, letter);
        let gone = Some(place);
        let is_down = self.is_down(state, to);
        if is_down && self.is_ordered() {
            // Nobody listens, and those behind it come next.
            self.lose(state, base, to, code, Aside { how: How::Plain, spent: None, gone });
        } else if !is_down {
            let stays = self.space.bounds.network == Network::Duplicating;
            self.act(state, base, to.index(), code, Aside { gone: gone.filter(|_| !stays), ..NOTHING });
            if self.space.bounds.duplicates != Some(0) && !stays {
                let spent = Some(Change::Spent(Spent::Duplicate));
                self.act(state, base, to.index(), code, Aside { how: How::Copied, spent, gone: None });
            }
        }
        if self.space.bounds.drops != Some(0) {
            let spent = Some(Change::Spent(Spent::Drop));
            self.lose(state, base, to, code, Aside { how: How::Lost, spent, gone });
        }
    }

    fn lose(&mut self, state: &[Id], base: Print, to: NodeId, code: Code, aside: Aside) {
        if self.arrivals.leave_out(to.index(), false, Some(self.desk.letter(code.which()).from.index())) {
            self.next.is_reduced = true;
            return;
        }
        let Some(tally) = self.spend(state[TALLY], aside.spent) else { return };
        let print = base
            .wrapping_sub(self.desk.tally_print(state[TALLY], None))
            .wrapping_add(self.desk.tally_print(tally, None));
        let start = self.next.words.len();
        self.next.words.extend_from_slice(state);
        self.next.words[start + TALLY] = tally;
        let print = self.take_away(start, print, aside.gone);
        let action = Action { code, how: aside.how, node: to.index() as u16, branch: 0 };
        self.add(print, 0, action, false);
    }

    /// What may happen to a node of itself.
    fn happen(&mut self, state: &[Id], base: Print, node: usize) {
        let machine = state[MACHINES + node];
        for place in 0..self.desk.machine(machine).menu.len() {
            let code = self.desk.machine(machine).menu[place];
            let spent = match code.kind() {
                Kind::Expire => Some(Spent::Timeout),
                Kind::Crash => Some(Spent::Crash),
                Kind::Tick => Some(Spent::Tick),
                _ => None,
            };
            self.act(state, base, node, code, Aside { spent: spent.map(Change::Spent), ..NOTHING });
        }
    }

    fn spend(&mut self, tally: Id, spent: Option<Change>) -> Option<Id> {
        let Some(change) = spent else { return Some(tally) };
        let after = self.desk.count(tally, change);
        // A timer that may not fire for want of a budget would fire in the end; the others are mishaps, which need not be.
        self.next.is_held_back |= after.is_none() && change == Change::Spent(Spent::Timeout);
        after
    }

    /// Adds what becomes of a state when something happens to one of its machines.
    fn act(&mut self, state: &[Id], base: Print, node: usize, code: Code, aside: Aside) {
        let machine = state[MACHINES + node];
        let outcomes = self.desk.find_branches(machine, code).unwrap_or_else(|| self.work_out(machine, code));
        let sender = (code.kind() == Kind::Deliver).then(|| self.desk.letter(code.which()).from.index());
        let is_counted = matches!(aside.spent, Some(Change::Asked(_)));
        for branch in 0..self.desk.branches(outcomes).len() {
            let Branch { machine: after, sends, seen, .. } = &self.desk.branches(outcomes)[branch];
            let (after, seen, count) = (*after, *seen, sends.len());
            let changes_nothing = after == machine && count == 0 && seen.is_none() && !is_counted;
            if changes_nothing && !(self.is_ordered() && aside.gone.is_some()) {
                continue;
            }
            if self.arrivals.leave_out(node, seen.is_some(), sender) {
                self.next.is_reduced = true;
                continue;
            }
            let Some(mut tally) = self.spend(state[TALLY], aside.spent) else { return };
            let (mut watcher, mut marks) = (state[WATCHER], 0);
            if let Some(sight) = seen {
                for place in 0..self.desk.sight(sight).ended.len() {
                    let client = self.desk.sight(sight).ended[place];
                    tally = self.desk.count(tally, Change::Ended(client)).expect("no budget is spent");
                }
                (watcher, marks) = self.desk.view(watcher, sight);
            }
            let mut print = base;
            if tally != state[TALLY] {
                print = print.wrapping_sub(self.desk.tally_print(state[TALLY], None));
                print = print.wrapping_add(self.desk.tally_print(tally, None));
            }
            if watcher != state[WATCHER] {
                print = print.wrapping_sub(self.desk.watcher_print(state[WATCHER], None));
                print = print.wrapping_add(self.desk.watcher_print(watcher, None));
            }
            if after != machine {
                print = print.wrapping_sub(self.desk.machine_print(machine, None));
                print = print.wrapping_add(self.desk.machine_print(after, None));
            }
            let start = self.next.words.len();
            self.next.words.extend_from_slice(state);
            let successor = &mut self.next.words[start..];
            (successor[TALLY], successor[WATCHER], successor[MACHINES + node]) = (tally, watcher, after);
            print = self.take_away(start, print, aside.gone);
            for place in 0..count {
                let letter = self.desk.branches(outcomes)[branch].sends[place];
                print = self.fly(start, print, letter);
            }
            let action = Action { code, how: aside.how, node: node as u16, branch: branch as u16 };
            self.add(print, marks, action, seen.is_some());
        }
    }

    fn add(&mut self, print: Print, marks: u64, action: Action, is_seen: bool) {
        self.next.seen.push(is_seen);
        self.next.ends.push(self.next.words.len());
        self.next.prints.push(print);
        self.next.marks.push(marks);
        self.next.actions.push(action);
    }

    /// Takes a message off its way, in the successor that begins at `start`.
    fn take_away(&mut self, start: usize, print: Print, gone: Option<usize>) -> Print {
        let Some(place) = gone else { return print };
        let id = self.next.words[start + place];
        let print = print.wrapping_sub(self.flying_print(id));
        if !self.is_ordered() {
            self.next.words.remove(start + place);
            return print;
        }
        let Line { from, to, letters } = self.desk.line(id);
        if letters.len() == 1 {
            self.next.words.remove(start + place);
            return print;
        }
        let rest = Line { from: *from, to: *to, letters: letters[1..].to_vec() };
        let rest = self.desk.keep_line(rest);
        self.next.words[start + place] = rest;
        print.wrapping_add(self.desk.line_print(rest, None))
    }

    /// Sends a message on its way, in the successor that begins at `start`.
    pub fn fly(&mut self, start: usize, print: Print, letter: Id) -> Print {
        let flying = start + MACHINES + self.space.nodes();
        if !self.is_ordered() {
            let is_set = self.space.bounds.network == Network::Duplicating;
            if is_set && self.next.words[flying..].contains(&letter) {
                return print;
            }
            self.next.words.push(letter);
            return print.wrapping_add(self.desk.letter_print(letter, None));
        }
        let (from, to) = (self.desk.letter(letter).from, self.desk.letter(letter).to);
        let is_it = |id: &Id| {
            let line = self.desk.line(*id);
            (line.from, line.to) == (from, to)
        };
        let Some(place) = self.next.words[flying..].iter().position(is_it) else {
            let line = self.desk.keep_line(Line { from, to, letters: vec![letter] });
            self.next.words.push(line);
            return print.wrapping_add(self.desk.line_print(line, None));
        };
        let before = self.next.words[flying + place];
        let mut letters = self.desk.line(before).letters.clone();
        letters.push(letter);
        let line = self.desk.keep_line(Line { from, to, letters });
        self.next.words[flying + place] = line;
        print.wrapping_sub(self.desk.line_print(before, None)).wrapping_add(self.desk.line_print(line, None))
    }

    /// Works out what becomes of a machine when something happens to it. Twice: a handler is to do the same each time.
    fn work_out(&mut self, id: Id, code: Code) -> Id {
        let kept = self.desk.machine(id).clone();
        let (node, machine) = (kept.node, kept.machine);
        let happening = self.happening(code);
        let rules = self.space.rules(node);
        let twice = catch_unwind(AssertUnwindSafe(|| [(); 2].map(|()| machine.outcomes(&rules, &happening))));
        let what = self.tell(&happening);
        let outcomes = match twice {
            Ok([once, again]) => {
                if once != again {
                    let difference = tables::difference(&once, &again);
                    self.desk.own.flaws.push(Flaw::NotDeterministic { node, what, difference });
                }
                once
            }
            Err(panic) => {
                self.desk.own.flaws.push(Flaw::panicked(node, what, panic.as_ref()));
                Vec::new()
            }
        };
        let mut branches = Vec::new();
        for outcome in outcomes {
            self.desk.own.asked_time += u64::from(outcome.asked_time);
            let machine = self.keep(node, &outcome.machine);
            let sends = outcome.sends.into_iter();
            let sends = sends.map(|(to, msg)| self.desk.keep_letter(Sent { from: node, to, msg })).collect();
            let seen = (!outcome.seen.is_empty()).then(|| self.keep_sight(node, outcome.seen));
            branches.push(Branch { machine, sends, seen, answers: outcome.answers.into() });
        }
        self.desk.remember_branches(id, code, branches)
    }

    fn happening<'b>(&'b self, code: Code) -> Happening<'b, N> {
        match code.kind() {
            Kind::Deliver => {
                let letter = self.desk.letter(code.which());
                Happening::Deliver(letter.from, &letter.msg)
            }
            Kind::Expire => Happening::Expire(self.desk.timer(code.which())),
            Kind::Synced => Happening::Synced(code.which() as usize),
            Kind::Operation => Happening::Operation(&self.space.commands[code.which() as usize].operation),
            Kind::Crash => Happening::Crash(code.which() as usize),
            Kind::Restart => Happening::Restart,
            Kind::Tick => Happening::Tick,
        }
    }

    fn tell(&self, happening: &Happening<'_, N>) -> String {
        match happening {
            Happening::Deliver(_, msg) => format!("the message {}", kind_of(*msg)),
            Happening::Expire(timer) => format!("the timer {}", kind_of(*timer)),
            Happening::Operation(operation) => format!("the operation {:?}", operation.op),
            Happening::Synced(_) => "the end of a sync".to_owned(),
            Happening::Restart => "a restart".to_owned(),
            Happening::Crash(_) | Happening::Tick => "a mishap".to_owned(),
        }
    }

    /// The number of a machine, with what may happen to it of itself.
    pub fn keep(&mut self, node: NodeId, machine: &super::machine::Machine<N>) -> Id {
        let space = self.space;
        self.desk.keep_machine(node, machine, |desk| {
            let rules: Rules<'_, N> = space.rules(node);
            let mut menu = Vec::new();
            if machine.state.is_none() {
                menu.push(Code::new(Kind::Restart, 0));
                return menu.into();
            }
            menu.extend(machine.timers.iter().map(|timer| Code::new(Kind::Expire, desk.keep_timer(timer))));
            menu.extend((0..machine.syncs(&rules)).map(|place| Code::new(Kind::Synced, place as u32)));
            if space.bounds.crashes != Some(0) && rules.plan.cluster.group_of(node).name != CLIENTS {
                menu.extend(machine.may_survive(&rules).map(|count| Code::new(Kind::Crash, count as u32)));
            }
            if space.bounds.ticks != Some(0) {
                menu.push(Code::new(Kind::Tick, 0));
            }
            menu.into()
        })
    }

    pub fn keep_sight(&mut self, node: NodeId, seen: Vec<Seen>) -> Id {
        let ended = seen.iter().flat_map(|seen| match seen {
            Seen::Fact(Fact::Returned { operation, .. } | Fact::TimedOut { operation }) => {
                self.space.client_of(*operation)
            }
            Seen::Crash => {
                self.space.clients.iter().position(|(client, _)| *client == node).map(|place| place as u16)
            }
            _ => None,
        });
        let ended = ended.collect();
        self.desk.keep_sight(Sight { node, seen: seen.into(), ended })
    }
}
