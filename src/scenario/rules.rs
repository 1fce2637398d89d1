//! From entries of a scenario to the rules of a plan: when, what, and what may not be combined.

use super::diagnostic::{Checked, Mistake, Span};
use super::names::{Names, not_found};
use super::schema::{After, At, File, When};
use super::words::{ActionText, ClockText, FactText, LawText, MAX_WEIGHT, PatternText, Split};
use crate::kernel::{
    Action, FactPattern, Law, LinkAction, LinkSelector, MessageAction, MessagePattern, NodeAction, Pattern, Rule,
    RuleId, Trigger,
};
use crate::node::{ClockChange, FactKind, SimTime};

/// When an entry happens: its trigger, and how long after that.
pub fn trigger(names: &Names, when: &When, entry: Span) -> Checked<(Trigger, Option<Law>)> {
    let event = match when.after {
        Some(At { value: After::Event(event), span }) => Some((event, span)),
        _ => None,
    };
    let given: Vec<(&str, &Span)> = [
        when.at.map(|at| ("at", &at.span)),
        when.every.map(|every| ("every", &every.span)),
        when.think.map(|think| ("think", &think.span)),
        when.on.map(|on| ("on", &on.span)),
        event.map(|(_, span)| ("after: (event: ...)", span)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let [(first, first_span), (second, span), ..] = given[..] {
        let mistake = Mistake::says(format!("{first} and {second} both say when; one of them must go"));
        return Err(mistake.at(span.clone()).related(first_span.clone(), first));
    }
    only_with(when)?;
    let law = match when.after {
        Some(At { value: After::Law(LawText(law)), .. }) => Some(law.clone()),
        _ => None,
    };
    if let Some(at) = when.at {
        return Ok((Trigger::At(SimTime(at.value.0)), law));
    }
    if let Some((event, _)) = event {
        return Ok((Trigger::Event { id: event.event, expect: event.expect.clone() }, None));
    }
    if let Some(span) = when.every.or(when.think) {
        return Ok((repeated_trigger(when, span)?, law));
    }
    if let Some(on) = when.on {
        let pattern = pattern(names, on)?;
        return Ok((Trigger::On { pattern, nth: count(when.nth)?, times: count(when.times)? }, law));
    }
    let mistake = Mistake::says("nothing says when this happens").at(entry);
    Err(mistake.accepted("at: \"1s\"   every: \"100ms\"   on: Fired(\"label\")   after: (event: 131)"))
}

/// What happens again and again: after gaps, or after the client has thought.
fn repeated_trigger(when: &When, every: &At<LawText>) -> Checked<Trigger> {
    let LawText(gap) = &every.value;
    if gap.is_nothing() {
        let mistake = Mistake::says("without a gap this would happen for ever at one instant").at(every.span.clone());
        return Err(match when.think {
            Some(_) => mistake.label("\"1us\" is no time for a client"),
            None => mistake,
        });
    }
    let from = when.from.map_or(SimTime::ZERO, |from| SimTime(from.value.0));
    let until = when.until.map_or(SimTime(u64::MAX), |until| SimTime(until.value.0));
    if let Some(at) = when.until
        && until < from
    {
        return Err(Mistake::says("this ends before it begins").at(at.span.clone()));
    }
    let times = if when.times.is_some() { count(when.times)? } else { u32::MAX };
    let gap = gap.clone();
    Ok(match when.think {
        Some(_) => Trigger::Loop { think: gap, from, until, times },
        None => Trigger::Every { gap, from, until, times },
    })
}

/// Refuses fields that mean nothing beside the trigger that is given.
fn only_with(when: &When) -> Checked<()> {
    let (every, on) = (when.every.is_some() || when.think.is_some(), when.on.is_some());
    let fields = [
        ("from", when.from.map(|at| &at.span), every, "every"),
        ("until", when.until.map(|at| &at.span), every, "every"),
        ("nth", when.nth.map(|at| &at.span), on, "on"),
        ("times", when.times.map(|at| &at.span), every || on, "every or on"),
    ];
    for (name, span, fits, with) in fields {
        if let Some(span) = span
            && !fits
            && (when.at.is_some() || when.on.is_some() || every || when.after.is_some())
        {
            return Err(Mistake::says(format!("{name} has a meaning only beside {with}")).at(span.clone()));
        }
    }
    Ok(())
}

/// A count from 1; 1 where absent.
fn count(given: Option<&At<u32>>) -> Checked<u32> {
    match given {
        None => Ok(1),
        Some(At { value: 0, span }) => Err(Mistake::says("counting begins with 1").at(span.clone())),
        Some(at) => Ok(at.value),
    }
}

fn pattern(names: &Names, at: &At<PatternText>) -> Checked<Pattern> {
    let node = |name: &Option<At<String>>| name.as_ref().map(|name| names.node(name)).transpose();
    let fact = |kind: FactKind, text: &Option<FactText>| {
        let FactText { node: name, term, index } = text.clone().unwrap_or_default();
        for (asked, said, what) in
            [(term.is_some(), kind.has_term(), "term"), (index.is_some(), kind.has_index(), "index")]
        {
            if asked && !said {
                let mistake = Mistake::says(format!("{kind} names no {what}, so this never happens"));
                return Err(mistake.at(at.span.clone()).label(format!("without {what}: ...")));
            }
        }
        Ok(Pattern::Fact(FactPattern { kind, node: node(&name)?, term, index }))
    };
    use PatternText as P;
    match &at.value {
        P::Fired(label) => names.fault(label).map(Pattern::Fired),
        P::Ended(label) => names.lasting_fault(label).map(Pattern::Ended),
        P::Invoked(label) => names.operation(label).map(Pattern::Invoked),
        P::Returned(label) => names.operation(label).map(Pattern::Returned),
        P::TimedOut(label) => names.operation(label).map(Pattern::TimedOut),
        P::Message { kind, from, to } => {
            let kind = kind.as_ref().map(|kind| kind.value.clone());
            Ok(Pattern::Message(MessagePattern { kind, from: node(from)?, to: node(to)? }))
        }
        P::Fact { kind, node: name, term, index } => {
            fact(*kind, &Some(FactText { node: name.clone(), term: *term, index: *index }))
        }
        P::BecameCandidate(text) => fact(FactKind::BecameCandidate, text),
        P::BecameLeader(text) => fact(FactKind::BecameLeader, text),
        P::BecameFollower(text) => fact(FactKind::BecameFollower, text),
        P::Voted(text) => fact(FactKind::Voted, text),
        P::Appended(text) => fact(FactKind::Appended, text),
        P::Truncated(text) => fact(FactKind::Truncated, text),
        P::Compacted(text) => fact(FactKind::Compacted, text),
        P::Installed(text) => fact(FactKind::Installed, text),
        P::Restored(text) => fact(FactKind::Restored, text),
        P::Recovered(text) => fact(FactKind::Recovered, text),
        P::Committed(text) => fact(FactKind::Committed, text),
        P::Applied(text) => fact(FactKind::Applied, text),
        P::Asked(text) => fact(FactKind::Asked, text),
        P::Delivered(text) => fact(FactKind::Delivered, text),
        P::Acquired(text) => fact(FactKind::Acquired, text),
        P::Released(text) => fact(FactKind::Released, text),
        P::Decided(text) => fact(FactKind::Decided, text),
        P::Broadcast(text) => fact(FactKind::Broadcast, text),
        P::Stamped(text) => fact(FactKind::Stamped, text),
        P::Deposited(text) => fact(FactKind::Deposited, text),
        P::Recorded(text) => fact(FactKind::Recorded, text),
        P::ChannelRecorded(text) => fact(FactKind::ChannelRecorded, text),
        P::Replaces(text) => fact(FactKind::Replaces, text),
        P::Owners(text) => fact(FactKind::Owners, text),
        P::Stored(text) => fact(FactKind::Stored, text),
        P::Note(text) => fact(FactKind::Note, text),
        P::ClockEstimated(text) => fact(FactKind::ClockEstimated, text),
    }
}

/// The kinds of messages and timers that a scenario names. Only its protocol knows which there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindNames {
    /// In `Message(kind: ...)`.
    pub messages: Vec<At<String>>,
    /// In `Expire(..., ...)`.
    pub timers: Vec<At<String>>,
}

impl KindNames {
    /// Those of a whole file.
    pub fn of(file: &File) -> Self {
        let mut names = KindNames::default();
        let faults = file.faults.iter().map(|fault| fault.when());
        let work = file.workload.iter().map(|work| work.when());
        let patterns = faults.chain(work).chain(file.ask.iter().map(|ask| ask.when())).filter_map(|when| when.on);
        for pattern in patterns {
            if let PatternText::Message { kind, .. } = &pattern.value {
                names.messages.extend(kind.clone());
            }
        }
        file.faults.iter().for_each(|fault| names.add_timers(&fault.r#do.value));
        names
    }

    fn add_timers(&mut self, action: &ActionText) {
        match action {
            ActionText::Expire(_, timer) => self.timers.push(timer.clone()),
            ActionText::OneOf(menu) => menu.iter().for_each(|(_, action)| self.add_timers(&action.value)),
            _ => {}
        }
    }

    /// Refuses a kind that the protocol does not have.
    pub fn check(&self, protocol: &str, messages: &[&str], timers: &[&str]) -> Checked<()> {
        for (names, known, what) in [(&self.messages, messages, "message"), (&self.timers, timers, "timer")] {
            if let Some(name) = names.iter().find(|name| !known.contains(&name.value.as_str())) {
                let message = format!("{protocol} has no {what} {:?}", name.value);
                return Err(not_found(name, &message, known.iter().copied()));
            }
        }
        Ok(())
    }
}

/// What a fault does.
pub fn action(names: &Names, at: &At<ActionText>) -> Checked<Action> {
    plain_action(names, &at.value).map_err(|mistake| mistake.at(at.span.clone()))
}

fn plain_action(names: &Names, text: &ActionText) -> Checked<Action> {
    use ActionText as A;
    let node = |action, who| Ok(Action::Node(action, names.who(who)?));
    let link = |action, links| Ok(Action::Link(action, names.links(links)?));
    match text {
        A::Crash(who) => node(NodeAction::Crash, who),
        A::Restart(who) => node(NodeAction::Restart, who),
        A::Pause(who) => node(NodeAction::Pause, who),
        A::Resume(who) => node(NodeAction::Resume, who),
        A::Slow(who, span) => node(NodeAction::Slow(*span), who),
        A::Expire(who, timer) => node(NodeAction::Expire(timer.value.clone()), who),
        A::Disk(who, mode) => node(NodeAction::Disk(*mode), who),
        A::Wipe(who) => node(NodeAction::Wipe, who),
        A::Clock(who, change) => node(NodeAction::Clock(clock_change(*change)), who),
        A::Cut(links) => link(LinkAction::Cut, links),
        A::Heal(links) => link(LinkAction::Heal, links),
        A::Hold(links) => link(LinkAction::Hold, links),
        A::Release(links) => link(LinkAction::Release, links),
        A::Loss(links, chance) => link(LinkAction::Loss(chance.0), links),
        A::Lag(links, span) => link(LinkAction::Lag(*span), links),
        A::Partition(Split::Links(links)) => link(LinkAction::Cut, links),
        A::Partition(Split::Sides(sides)) => {
            Ok(Action::Link(LinkAction::Cut, LinkSelector::Sides(names.sides(sides)?)))
        }
        A::Isolate(who) => Ok(Action::Link(LinkAction::Cut, LinkSelector::Around(names.who(who)?))),
        A::Drop => Ok(Action::Message(MessageAction::Drop)),
        A::Delay(span) => Ok(Action::Message(MessageAction::Delay(*span))),
        A::Arrive(span) => Ok(Action::Message(MessageAction::Arrive(*span))),
        A::Duplicate => Ok(Action::Message(MessageAction::Duplicate)),
        A::OneOf(menu) => one_of(names, menu),
        A::Mark => Ok(Action::Mark),
    }
}

fn clock_change(text: ClockText) -> ClockChange {
    match text {
        ClockText::Step(span) => ClockChange::Step(span.0),
        ClockText::Rate(rate) => ClockChange::Rate(rate.0),
        ClockText::Freeze => ClockChange::Freeze,
        ClockText::Thaw => ClockChange::Thaw,
    }
}

/// Refuses a menu that is empty or has weights that are none.
pub fn check_menu<T>(menu: &[(At<u32>, At<T>)], form: &str) -> Checked<()> {
    if menu.is_empty() {
        return Err(Mistake::says("there is nothing to choose from").label(format!("write {form}")));
    }
    match menu.iter().find(|(weight, _)| !(1..=MAX_WEIGHT).contains(&weight.value)) {
        None => Ok(()),
        Some((weight, _)) => {
            let mistake = Mistake::says(format!("a weight lies from 1 to {MAX_WEIGHT}")).at(weight.span.clone());
            Err(mistake.note("of [(3, ...), (1, ...)] the first is chosen three times of four"))
        }
    }
}

fn one_of(names: &Names, menu: &[(At<u32>, At<ActionText>)]) -> Checked<Action> {
    check_menu(menu, "OneOf([(1, Crash(Random))])")?;
    let choice = |(weight, choice): &(At<u32>, At<ActionText>)| {
        match action(names, choice)? {
            Action::Message(_) => Err(Mistake::says("OneOf chooses among nodes and links, not messages")),
            Action::OneOf(_) => Err(Mistake::says("OneOf cannot stand in OneOf")),
            action => Ok((weight.value, action)),
        }
        .map_err(|mistake| mistake.at(choice.span.clone()))
    };
    menu.iter().map(choice).collect::<Checked<_>>().map(Action::OneOf)
}

/// Whether something can be undone when its time is over.
pub fn can_end(action: &Action) -> bool {
    match action {
        Action::Node(action, _) => match action {
            NodeAction::Crash | NodeAction::Pause | NodeAction::Slow(_) | NodeAction::Disk(_) => true,
            NodeAction::Clock(change) => *change != ClockChange::Thaw,
            NodeAction::Restart | NodeAction::Resume | NodeAction::Expire(_) | NodeAction::Wipe => false,
        },
        Action::Link(action, _) => match action {
            LinkAction::Cut | LinkAction::Loss(_) | LinkAction::Lag(_) | LinkAction::Hold => true,
            LinkAction::Heal | LinkAction::Release => false,
        },
        Action::OneOf(menu) => menu.iter().all(|(_, action)| can_end(action)),
        Action::Mark => true,
        Action::Message(_) | Action::Operation { .. } | Action::Ask(_) => false,
    }
}

/// The rule that must happen before this one can.
pub fn waits_for(rule: &Rule) -> Option<RuleId> {
    match &rule.trigger {
        Trigger::On { pattern: Pattern::Fired(other) | Pattern::Ended(other), .. } => Some(*other),
        Trigger::On { pattern: Pattern::Invoked(other) | Pattern::Returned(other), .. } => Some(*other),
        Trigger::On { pattern: Pattern::TimedOut(other), .. } => Some(*other),
        _ => None,
    }
}

/// Refuses combinations of what a rule does and when that mean nothing.
pub fn check(rule: &Rule, when: &When, action: &Span) -> Checked<()> {
    let of_message = matches!(&rule.trigger, Trigger::On { pattern: Pattern::Message(_), .. });
    if matches!(rule.action, Action::Message(_)) {
        if !of_message {
            let mistake = Mistake::says("this is done to a message, and no message is named").at(action.clone());
            return Err(mistake.note("write  on: Message(kind: \"...\", from: \"n1\", to: \"n2\")  beside it"));
        }
        if let Some(after) = when.after {
            let mistake = Mistake::says("a message is dealt with as it is sent, not later").at(after.span.clone());
            return Err(mistake.note("to make it late write  do: Delay(\"40ms\")"));
        }
    }
    if let Some(lasting) = when.lasting
        && lasting.value.0.is_nothing()
    {
        return Err(Mistake::says("this would end as it begins").at(lasting.span.clone()));
    }
    if let Some(lasting) = when.lasting
        && !can_end(&rule.action)
    {
        let mistake = Mistake::says("what is done here cannot be undone, so it cannot last");
        return Err(mistake.at(lasting.span.clone()).related(action.clone(), "this"));
    }
    Ok(())
}
