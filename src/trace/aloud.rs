//! Words for the ear: what a screen reader or a voice can say, without signs, columns and abbreviations.

use super::words::plain;
use crate::node::EventId;

/// What the page says in short, and what is said in its place.
const PHRASES: &[(&str, &str)] = &[
    (" too: rivals in one term", " stands as well, a rival in the same term"),
    (": candidate, term ", ", and it starts an election for term "),
    (": UNKNOWN", ", and the outcome is unknown"),
    ("CUT: ", "a cut parts "),
    ("CUT ", "a cut parts "),
    ("; disk: ", "; its disk holds "),
    ("ok-but-lost", "ok but lost"),
    (" (--verbose)", ""),
    ("...", " and so on"),
    ("..", " to "),
    ("->", " to "),
    ("+=", " gains "),
    (">=", " at least "),
    ("<=", " at most "),
    ("=", " equals "),
    (">", " more than "),
    ("<", " less than "),
    ("+", " and "),
    ("%", " percent"),
    ("&", " and "),
    ("~", " about "),
    ("#", " number "),
    ("\"", ""),
    ("`", ""),
    ("*", " "),
    ("(", ", "),
    (")", ", "),
    ("[", ", "),
    ("]", ", "),
    ("{", ", "),
    ("}", ", "),
];

/// A text as it is said: `n3 LEADS term 2 (e31)` as `n3 leads term 2, event 31`.
pub fn aloud(text: &str) -> String {
    let mut text = plain(text);
    // Sides of a cut stand apart; values that are held together stand beside each other.
    text = text.replace(" | ", if text.contains("CUT ") { " from " } else { " beside " }).replace('|', " ");
    text = ways(&text);
    for (sign, words) in PHRASES {
        text = text.replace(sign, words);
    }
    let mut said: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let number = said.last().filter(|last| last.ends_with(|c: char| c.is_ascii_digit())).cloned();
        said.push(spoken(word, number.as_deref()));
    }
    tidied(&said.join(" "))
}

/// The way of a message: `c1>n4` as `c1 to n4`. A sign that stands alone compares.
fn ways(text: &str) -> String {
    let way = |word: &str| match word.split_once('>') {
        Some((from, to)) if !from.is_empty() && to.starts_with(|c: char| c.is_alphanumeric()) => {
            format!("{from} to {to}")
        }
        _ => word.to_owned(),
    };
    text.split(' ').map(way).collect::<Vec<_>>().join(" ")
}

/// A text as a sentence, or several: with a capital where it begins with a word, and an end.
pub fn sentence(text: &str) -> String {
    let mut said = capital(aloud(text));
    if !said.ends_with(['.', '!', '?']) {
        said.push('.');
    }
    said
}

/// A text that begins with a capital, where it begins with a word: names of nodes stay as they are.
pub fn capital(mut text: String) -> String {
    let first = text.split([' ', ',', '.', ':', '\'']).next().unwrap_or_default();
    if first.len() > 1 && first.chars().all(|c| c.is_ascii_lowercase()) {
        text[..1].make_ascii_uppercase();
    }
    text
}

/// An event's number as it is said: `event 31`.
pub fn event_aloud(event: EventId) -> String {
    format!("event {}", event.0)
}

/// One word: numbers of events, ranges, units and words that the page writes large.
fn spoken(word: &str, number_before: Option<&str>) -> String {
    let end = word.trim_end_matches([',', ';', '.', ':', '!', '?']).len();
    let (core, tail) = word.split_at(end);
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',');
    let said = if let Some(number) = core.strip_prefix('e').filter(|rest| digits(rest)) {
        format!("event {number}")
    } else if let Some((from, to)) = core.split_once('-').filter(|range| digits(range.0) && digits(range.1)) {
        format!("{from} to {to}")
    } else if let (Some(number), Some(unit)) = (number_before, unit(core)) {
        of(number, unit).to_owned()
    } else if core.len() > 2 && core.chars().all(|c| c.is_ascii_uppercase()) {
        core.to_ascii_lowercase()
    } else {
        let number = core.find(|c: char| !c.is_ascii_digit() && !".-".contains(c)).unwrap_or(0);
        match unit(&core[number..]).filter(|_| number > 0) {
            Some(unit) => format!("{} {}", core[..number].replace('-', " to "), of(&core[..number], unit)),
            None => core.to_owned(),
        }
    };
    said + tail
}

/// One second, two seconds.
fn of<'a>(number: &str, unit: &'a str) -> &'a str {
    if number == "1" { unit.trim_end_matches('s') } else { unit }
}

fn unit(text: &str) -> Option<&'static str> {
    let units = [
        ("ns", "nanoseconds"),
        ("us", "microseconds"),
        ("ms", "milliseconds"),
        ("s", "seconds"),
        ("m", "minutes"),
        ("h", "hours"),
        ("ppm", "parts per million"),
    ];
    units.iter().find(|unit| unit.0 == text).map(|unit| unit.1)
}

/// Commas that have come together, or before another sign, are one.
fn tidied(text: &str) -> String {
    let mut out = text.to_owned();
    for _ in 0..3 {
        for (from, to) in [("  ", " "), (" ,", ","), (",,", ","), (",.", "."), (",;", ";"), (",:", ":"), (" .", ".")]
        {
            out = out.replace(from, to);
        }
    }
    for (from, to) in [(",?", "?"), (",'s", "'s")] {
        out = out.replace(from, to);
    }
    out.trim_matches([' ', ',', ';']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_become_words() {
        let said = [
            ("n3+n1 = 2 of 3: n3 LEADS term 1 (e31)", "n3 and n1 equals 2 of 3: n3 leads term 1, event 31"),
            (
                "n4's timeout ends first: candidate, term 1",
                "n4's timeout ends first, and it starts an election for term 1",
            ),
            ("delay 1-5 ms, no loss; 1.50%", "delay 1 to 5 milliseconds, no loss; 1.50 percent"),
            ("CUT n1 n2 | n3 n4", "a cut parts n1 n2 from n3 n4"),
            ("c1 gives up on y=7: UNKNOWN", "c1 gives up on y equals 7, and the outcome is unknown"),
            ("n1..n5; after 10ms", "n1 to n5; after 10 milliseconds"),
            ("AppendEntries of s1", "AppendEntries of s1"),
            ("lost: Request c1>n4", "lost: Request c1 to n4"),
            ("within 1 s", "within 1 second"),
            ("W + R > N", "W and R more than N"),
        ];
        for (written, spoken) in said {
            assert_eq!(aloud(written), spoken);
        }
        assert_eq!(sentence("alpha boots"), "Alpha boots.");
        assert_eq!(sentence("n1 boots"), "n1 boots.");
    }
}
