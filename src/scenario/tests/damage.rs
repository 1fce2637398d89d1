//! Whatever the bytes: a scenario or a message, never a panic, and a message whose place is in the text.

use super::*;
use crate::scenario::{Diagnostic, syntax};
use proptest::prelude::*;

/// Begins what a terminal would act on.
const ESCAPE: char = '\u{1b}';

/// Reads, renders, and checks what holds of every message.
fn survives(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Err(diagnostic) = Scenario::from_reader("damaged.ron", bytes, None) else { return Ok(()) };
    let Diagnostic { source, mistake, .. } = &diagnostic;
    prop_assert!(!mistake.message.is_empty());
    if let Some(span) = &mistake.span {
        prop_assert!(span.start <= span.end && span.end <= source.len(), "{span:?} of {}", source.len());
        prop_assert!(source.get(span.clone()).is_some(), "{span:?} cuts a character");
    }
    let report = diagnostic.render(false);
    prop_assert!(report.starts_with("error: ") && report.ends_with("help scenario\n"), "{report}");
    prop_assert!(!report.contains(ESCAPE), "{report}");
    prop_assert!(diagnostic.render(true).contains(ESCAPE));
    Ok(())
}

/// What we read, ron reads: the notation stays RON.
fn is_ron(text: &str) -> Result<(), TestCaseError> {
    if syntax::parse(text).is_ok() {
        let text = text.trim_start_matches('\u{feff}');
        let options = ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);
        let read = options.from_str::<serde::de::IgnoredAny>(text);
        prop_assert!(read.is_ok(), "{read:?}\n{text}");
    }
    Ok(())
}

/// Pieces that scenarios are made of, so that damage is not always noticed at the first character.
const PIECES: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\",
    "//",
    "/*",
    "*/",
    "\n",
    " ",
    "0",
    "-1",
    "1e9",
    "0.5",
    "n1",
    "\"n1\"",
    "Leader",
    "Crash(Leader)",
    "at: \"1s\"",
    "on: Fired(\"silence\")",
    "label: \"last\"",
    "r\"",
    "r#\"",
    "'",
    "\u{201c}",
    "\u{e9}",
    "\u{1f980}",
    "\0",
    "\u{1b}",
    "\r\n",
    "\t",
    "None",
    "Some(",
    "true",
    "_",
    "#",
];

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(PIECES)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survives(&bytes)?;
    }

    #[test]
    fn random_pieces(pieces in prop::collection::vec(piece(), 0..40)) {
        let text = pieces.concat();
        survives(text.as_bytes())?;
        is_ron(&text)?;
    }

    #[test]
    fn examples_with_damage(
        which in 0..EXAMPLES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, piece()), 1..4),
    ) {
        let mut text = EXAMPLES[which].1.to_owned();
        for (place, length, piece) in changes {
            let places: Vec<usize> = (0..=text.len()).filter(|&byte| text.is_char_boundary(byte)).collect();
            let from = place.index(places.len());
            let to = (from + length).min(places.len() - 1);
            text.replace_range(places[from]..places[to], piece);
        }
        survives(text.as_bytes())?;
        is_ron(&text)?;
    }

    #[test]
    fn examples_with_parts_exchanged(
        which in 0..EXAMPLES.len(),
        places in prop::array::uniform4(any::<prop::sample::Index>()),
    ) {
        // Exchanging words keeps the notation, so that damage reaches the later stages.
        let text = EXAMPLES[which].1;
        let words: Vec<&str> = text.split_inclusive([',', '(', ')']).collect();
        let mut exchanged = words.clone();
        exchanged.swap(places[0].index(words.len()), places[1].index(words.len()));
        exchanged[places[2].index(words.len())] = words[places[3].index(words.len())];
        survives(exchanged.concat().as_bytes())?;
        is_ron(&exchanged.concat())?;
    }

    #[test]
    fn canonical_text_reads_back(pieces in prop::collection::vec(piece(), 0..30)) {
        if let Ok(node) = syntax::parse(&pieces.concat()) {
            let text = node.canonical();
            let again = syntax::parse(&text).map(|node| node.canonical());
            prop_assert_eq!(again.as_deref().ok(), Some(text.as_str()));
        }
    }
}

#[test]
fn every_prefix_of_an_example_is_refused_kindly() {
    for (_, text) in EXAMPLES {
        for end in (0..text.len() - 2).filter(|&end| text.is_char_boundary(end)) {
            survives(&text.as_bytes()[..end]).unwrap();
        }
    }
}

#[test]
fn deep_and_long_texts_are_refused_quickly() {
    for text in ["[".repeat(1 << 20), "a(".repeat(200_000), "{(".repeat(200_000), "/*".repeat(500_000)] {
        survives(text.as_bytes()).unwrap();
    }
    survives(&vec![b'['; (1 << 20) + 1]).unwrap();
    let names: Vec<String> = (0..20_000).map(|number| format!("\"n{number}\": 1")).collect();
    let many = format!("{{\"replica\": [{}]}}", names.join(",").replace(": 1", ""));
    survives(small("").replace("{\"replica\": [\"n1\", \"n2\"], \"client\": [\"c1\"]}", &many).as_bytes()).unwrap();
    let variants = names.join(",").replace(": 1", ": ()");
    survives(small(&format!("variants: {{{variants}}}")).as_bytes()).unwrap();
    survives(format!("(clocks: {{{}}})", names.join(",")).as_bytes()).unwrap();
}
