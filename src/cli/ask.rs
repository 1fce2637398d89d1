//! Questions that are put to a person on the terminal before the run reveals their answer.

use super::shared::{Stop, print};
use crate::trace::Asked;
use std::io::Write;

/// What a person said to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    answer: String,
    /// How sure they are, in per cent.
    sure: Option<u8>,
}

/// Asks until the answer is one that may be given; empty where it was skipped.
pub fn ask(asked: &Asked) -> Result<String, Stop> {
    print(&format!("         ?  {}", asked.text))?;
    if !asked.options.is_empty() {
        let numbered = asked.options.iter().enumerate().map(|(place, option)| format!("{} {option}", place + 1));
        print(&format!("            {}", numbered.collect::<Vec<_>>().join("   ")))?;
    }
    let said = loop {
        let typed = line("            your answer (Enter skips): ")?;
        if typed.is_empty() {
            return Ok(typed);
        }
        match understood(&typed, &asked.options) {
            Some(said) => break said,
            None => print(&format!("            accepted: 1 to {}, or the words", asked.options.len()))?,
        }
    };
    let sure = match said.sure {
        None => per_cent(&line("            how sure, in per cent (Enter skips): ")?),
        sure => sure,
    };
    Ok(sure.map_or_else(|| said.answer.clone(), |sure| format!("{}, {sure}% sure", said.answer)))
}

/// An option's number or words, perhaps with how sure one is: `2`, `n2`, `n2 40`, `n2, 40%`. Any text where there are no
/// options.
fn understood(typed: &str, options: &[String]) -> Option<Said> {
    if options.is_empty() {
        return Some(Said { answer: typed.to_owned(), sure: None });
    }
    let option = |text: &str| {
        let by_words = options.iter().find(|option| option.eq_ignore_ascii_case(text));
        let number = text.parse::<usize>().ok();
        by_words.or_else(|| options.get(number?.checked_sub(1)?)).cloned()
    };
    if let Some(answer) = option(typed) {
        return Some(Said { answer, sure: None });
    }
    let (answer, sure) = typed.rsplit_once([' ', ','])?;
    Some(Said { answer: option(answer.trim_end_matches([' ', ',']))?, sure: Some(per_cent(sure)?) })
}

fn per_cent(text: &str) -> Option<u8> {
    text.trim().trim_end_matches('%').trim().parse().ok().filter(|sure| *sure <= 100)
}

fn line(prompt: &str) -> Result<String, Stop> {
    let mut out = std::io::stdout();
    write!(out, "{prompt}")?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_of_the_options() {
        let options = ["n1", "n2", "n3"].map(str::to_owned);
        let said = |answer: &str, sure| Some(Said { answer: answer.to_owned(), sure });
        for (typed, expected) in [
            ("2", said("n2", None)),
            ("N2", said("n2", None)),
            ("n2 40", said("n2", Some(40))),
            ("2, 40%", said("n2", Some(40))),
            ("n4", None),
            ("0", None),
            ("4", None),
            ("n2 400", None),
            ("n2 perhaps", None),
            ("n2 n3", None),
        ] {
            assert_eq!(understood(typed, &options), expected, "{typed}");
        }
        assert_eq!(understood("42 of them", &[]), said("42 of them", None));
    }
}
