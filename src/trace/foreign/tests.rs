//! Logs that are right, logs that are not, and the published figures.

use super::*;
use std::path::Path;

const AKKA: &str =
    r"\[\w+\] \[(?<date>([^ ]+ [^ ]+))\] [^ ]+ \[akka://Broadcast/user/(?<host>\w+)\] (?<clock>.*\}) (?<event>.*)";

fn mistake(text: &str) -> String {
    ForeignLog::parse(text, None).unwrap_err().to_string()
}

/// The pairs, compared one by one.
fn pairs_one_by_one(log: &ForeignLog) -> Pairs {
    let before = |a: &ForeignEvent, b: &ForeignEvent| a.clock[a.host] <= b.clock[a.host];
    let mut pairs = Pairs { ordered: 0, concurrent: 0 };
    for (place, first) in log.events.iter().enumerate() {
        for second in &log.events[place + 1..] {
            let ordered = before(first, second) || before(second, first);
            *if ordered { &mut pairs.ordered } else { &mut pairs.concurrent } += 1;
        }
    }
    pairs
}

#[test]
fn a_published_log_is_counted_right() {
    let text = include_str!("../../../tests/data/simple-reliable-broadcast.log");
    let log = ForeignLog::parse(text, Some(AKKA)).unwrap();
    assert_eq!((log.events.len(), log.hosts.len(), log.passed_over), (39, 3, 0));
    assert_eq!(log.pairs(), Pairs { ordered: 546, concurrent: 195 });
    assert_eq!(log.pairs(), pairs_one_by_one(&log));
}

#[test]
fn the_oracle_of_two_line_records_is_counted_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracles/shiviz/simpledb.log");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return;
    };
    let log = ForeignLog::parse(&text, None).unwrap();
    assert_eq!((log.events.len(), log.hosts.len()), (509, 5));
    assert_eq!(log.pairs(), Pairs { ordered: 112_349, concurrent: 16_937 });
    assert_eq!(log.pairs(), pairs_one_by_one(&log));
    let trace = log.trace().unwrap();
    assert_eq!(trace.longest_chain().len() as u32, log.longest_chain());
}

#[test]
fn a_trace_of_a_log_has_its_order() {
    let text = include_str!("../../../tests/data/simple-reliable-broadcast.log");
    let log = ForeignLog::parse(text, Some(AKKA)).unwrap();
    let trace = log.trace().unwrap();
    for (a, first) in trace.ids().zip(&log.events) {
        assert_eq!(trace.vector(a), first.clock);
        for (b, second) in trace.ids().zip(&log.events).filter(|(b, _)| *b != a) {
            assert_eq!(trace.before(a, b), first.clock[first.host] <= second.clock[first.host], "{a} {b}");
        }
    }
}

#[test]
fn causes_come_first_whatever_the_order_of_the_lines() {
    let log = ForeignLog::parse("hears\nb {\"a\":1,\"b\":1}\nsays\na {\"a\":1}\n", None).unwrap();
    let texts: Vec<&str> = log.events.iter().map(|event| &*event.text).collect();
    assert_eq!((texts, log.longest_chain()), (vec!["says", "hears"], 2));
    assert_eq!(log.hosts, ["b", "a"]);
}

#[test]
fn lines_may_end_as_on_windows_and_clocks_may_hold_zeros() {
    let log = ForeignLog::parse("says\r\na {\"a\":1, \"b\":0}\r\nhears\r\nb {\"a\":1,\"b\":1}\r\n", None).unwrap();
    assert_eq!(log.pairs(), Pairs { ordered: 1, concurrent: 0 });
}

#[test]
fn a_mistake_names_its_line() {
    let table = [
        (
            "x\na {\"a\":1}\ny\na {\"a\":3}\n",
            "line 4: the clock of \"a\" jumps from 1 to 3: events between are missing",
        ),
        ("x\na {\"a\":2}\n", "line 2: the clock of \"a\" starts at 2, not at 1"),
        ("x\na {\"a\":1}\n\ny\na {\"a\":1}\n", "line 5: event 1 of \"a\" stands on line 2 too"),
        ("x\na {\"a\":1,\"b\":1}\n", "line 2: the clock names \"b\", a host without events"),
        ("x\na {\"b\":1}\ny\nb {\"b\":1}\n", "line 2: the clock has no entry for its own host \"a\""),
        (
            "x\na {\"a\":1,\"b\":2}\ny\nb {\"b\":1}\n",
            "line 2: the clock knows event 2 of \"b\", which is not in the log",
        ),
        (
            "x\na {\"a\":1,\"b\":1}\ny\nb {\"a\":1,\"b\":1}\n",
            "line 2: the clocks say that this event came before itself",
        ),
        ("x\na {\"a\":one}\n", "line 2: \"{\\\"a\\\":one}\" is no clock: expected value at its letter 6"),
        ("\nnothing\n", "line 2: no event is found by \"(?<event>.*)\\\\n(?<host>\\\\S*) (?<clock>{.*})\""),
    ];
    for (text, told) in table {
        assert_eq!(mistake(text), told, "{text}");
    }
    let forgetful = "x\na {\"a\":1}\ny\nb {\"a\":1,\"b\":1}\nz\nb {\"b\":2}\n";
    let log = ForeignLog::parse(forgetful, None).unwrap();
    assert_eq!(log.forgotten[0].to_string(), "line 6: \"b\" knew more of \"a\" in its event before, on line 4");
}

#[test]
fn expressions_are_read_as_javascript_writes_them() {
    let body = "1 a{x} {\"a\":1} begins\n2 a{x} {\"a\":2} ends\n";
    let read = |expression: &str| ForeignLog::parse(body, Some(expression)).map(|log| log.events.len());
    let expression = r"^\d{1} (?<host>a){x} (?<clock>{[^}]*}) (?<event>[\w[&&]+)$";
    assert_eq!(read(expression), Ok(2));
    let told = |expression: &str| read(expression).unwrap_err().to_string();
    assert_eq!(told("(?<host>a)(?<clock>b)"), "the expression \"(?<host>a)(?<clock>b)\" has no group (?<event>..)");
    assert!(told("(?<host>a").starts_with("the expression \"(?<host>a\" cannot be used: "), "{}", told("(?<host>a"));
}

#[test]
fn long_names_are_made_to_fit() {
    let hosts = ["a", "10.0.0.1:4001", "20.0.0.1:4001", "", "b c"].map(str::to_owned);
    assert_eq!(short_names(&hosts), ["a", "0-0-0-1-4001", "host-3", "host-4", "b-c"]);
}

#[test]
fn a_file_may_hold_several_executions() {
    let text = "^=== (?<trace>.*) ===$\n=== one ===\nx\na {\"a\":1}\n\n=== two ===\ny\nb {\"b\":1}\nz\na {\"a\":1,\"b\":1}\n";
    let with_header = format!("{DEFAULT_PATTERN}\n{text}");
    let body = text.split_once('\n').unwrap().1;
    let given = executions(body, None, Some("^=== (?<trace>.*) ===$")).unwrap();
    let own = executions(&with_header, None, None).unwrap();
    let told = |all: &[Execution]| {
        all.iter().map(|one| (one.name.clone(), one.log.events.len(), one.log.pairs())).collect::<Vec<_>>()
    };
    let expected = [
        ("one".to_owned(), 1, Pairs { ordered: 0, concurrent: 0 }),
        ("two".to_owned(), 2, Pairs { ordered: 1, concurrent: 0 }),
    ];
    assert_eq!((told(&given), told(&own)), (expected.to_vec(), expected.to_vec()));
    assert_eq!(own[1].log.events[0].line, 9, "lines are the file's");
    assert!(brings_expression(&with_header) && !brings_expression(body));
    // Without a group the parts are numbered; the same name twice is told apart.
    let names = |delimiter| {
        let all = executions(body, None, Some(delimiter)).unwrap();
        all.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!(
        (names("^===.*$"), names("^(?<trace>===).*$")),
        (vec!["1".into(), "2".into()], vec!["===".into(), "=== (2)".into()])
    );
    let mistake = |text: &str, delimiter| executions(text, None, Some(delimiter)).unwrap_err();
    assert_eq!(mistake(&body.replace("\"a\":1,", ""), "^===.*$").line, Some(9));
    assert!(mistake(body, "(").text.contains("cannot be used") && mistake(body, "x*").text.contains("finds nothing"));
    assert!(mistake("=\n=\n", "=").text.contains("no execution"));
}

#[test]
fn what_is_no_log_says_what_is_accepted() {
    let table = [
        ("", None, "the file is empty", ACCEPTED_PATTERN),
        ("x\na \0", Some(2), "this is no text: it holds a byte of zero", ACCEPTED_TEXT),
        ("x\na {\"a\":2}\n", Some(2), "the clock of \"a\" starts at 2, not at 1", ACCEPTED_CLOCKS),
        (
            "x\na {\"a\":-1}\n",
            Some(2),
            "\"{\\\"a\\\":-1}\" is no clock: invalid value: integer `-1`, expected u32 at its letter 7",
            ACCEPTED_JSON,
        ),
    ];
    for (text, line, told, accepted) in table {
        let expected = LogMistake { line, text: told.to_owned(), accepted };
        assert_eq!(executions(text, None, None), Err(expected));
    }
    let ahead = ForeignLog::parse("x", Some("(?<host>a(?=b))(?<clock>c)(?<event>d)")).unwrap_err();
    assert!(ahead.text.contains("look-ahead") && ahead.accepted == ACCEPTED_PATTERN, "{ahead}");
    let marked = format!("\u{feff}{DEFAULT_PATTERN}\r\n\r\nx\r\na {{\"a\":1}}\r\n");
    assert_eq!(ForeignLog::parse(&marked, None).unwrap().events.len(), 1);
}

#[test]
fn clocks_drawn_at_random_are_counted_right() {
    // Hosts that tell each other all they know, by a generator of Lehmer's.
    let (mut state, mut clocks) = (7u64, vec![vec![0u32; 12]; 12]);
    let mut draw = |below: usize| {
        state = state * 48_271 % 2_147_483_647;
        state as usize % below
    };
    let mut text = String::new();
    for place in 0..600 {
        let (host, teller) = (draw(12), draw(12));
        if place % 3 == 0 {
            let told = clocks[teller].clone();
            clocks[host].iter_mut().zip(told).for_each(|(mine, theirs)| *mine = (*mine).max(theirs));
        }
        clocks[host][host] += 1;
        let known = clocks[host].iter().enumerate().filter(|(_, count)| **count > 0);
        let clock: BTreeMap<String, u32> = known.map(|(other, count)| (format!("h{other}"), *count)).collect();
        text += &format!("e\nh{host} {}\n", serde_json::to_string(&clock).unwrap());
    }
    let log = ForeignLog::parse(&text, None).unwrap();
    assert_eq!((log.events.len(), log.pairs()), (600, pairs_one_by_one(&log)));
}
