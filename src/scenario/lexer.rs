//! From characters to words, texts, numbers and signs.

use super::diagnostic::{Checked, Mistake, Span};

/// The smallest part that has a meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// `(`, `[` or `{`.
    Open(char),
    /// `)`, `]` or `}`.
    Close(char),
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `"n1"`, unescaped.
    Text(String),
    /// `1_000` without its underscores.
    Number(String),
    /// A name without quotes.
    Word(String),
    /// There is no more.
    End,
}

impl Token {
    /// The character that a sign is.
    pub fn sign(&self) -> char {
        match self {
            Token::Open(c) | Token::Close(c) => *c,
            Token::Colon => ':',
            _ => ',',
        }
    }
}

/// Gives out tokens one by one, and looks ahead.
pub struct Lexer<'a> {
    text: &'a str,
    /// The first byte not yet read.
    at: usize,
    /// What was read ahead.
    ahead: Option<(Token, Span)>,
    /// Where the token that was given out last stands.
    last: Span,
}

impl<'a> Lexer<'a> {
    /// At the start of a text; a byte order mark there is passed over.
    pub fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Lexer { text, at, ahead: None, last: at..at }
    }

    /// Where the token that was given out last ends.
    pub fn last_end(&self) -> usize {
        self.last.end
    }

    /// Where the token that was given out last stands.
    pub fn last(&self) -> Span {
        self.last.clone()
    }

    /// Whether a token is a text, or ends with one.
    pub fn ends_text(&self, token: &Span) -> bool {
        self.text[token.clone()].ends_with('"')
    }

    /// The next token.
    pub fn take(&mut self) -> Checked<(Token, Span)> {
        let (token, span) = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.read()?,
        };
        self.last = span.clone();
        Ok((token, span))
    }

    /// The next token, which stays the next.
    pub fn peek(&mut self) -> Checked<&(Token, Span)> {
        let ahead = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.read()?,
        };
        Ok(self.ahead.insert(ahead))
    }

    /// The token after the next; both stay.
    pub fn peek_second(&mut self) -> Checked<Token> {
        self.peek()?;
        let at = self.at;
        let second = self.read();
        self.at = at;
        Ok(second?.0)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn read(&mut self) -> Checked<(Token, Span)> {
        self.skip_blank()?;
        let start = self.at;
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return Ok((Token::End, start..start)) };
        let token = match c {
            '(' | '[' | '{' => self.sign(Token::Open(c)),
            ')' | ']' | '}' => self.sign(Token::Close(c)),
            ',' => self.sign(Token::Comma),
            ':' => self.sign(Token::Colon),
            '"' => Token::Text(self.text_in_quotes()?),
            'r' if rest[1..].trim_start_matches('#').starts_with('"') => Token::Text(self.raw_text()?),
            c if c.is_ascii_digit() || "+-.".contains(c) => Token::Number(self.number()?),
            c if c.is_ascii_alphabetic() || c == '_' => Token::Word(self.word()?),
            c => return Err(unexpected(c).at(start..start + c.len_utf8())),
        };
        // Texts reach terminals, where control characters are commands.
        if let Token::Text(text) = &token
            && let Some(c) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'))
        {
            return Err(
                Mistake::says(format!("the control character {c:?} cannot stand in a text")).at(start..self.at)
            );
        }
        Ok((token, start..self.at))
    }

    fn sign(&mut self, token: Token) -> Token {
        self.at += 1;
        token
    }

    /// Steps over spaces and comments, which may stand in comments.
    fn skip_blank(&mut self) -> Checked<()> {
        loop {
            self.take_while(|c| c.is_ascii_whitespace());
            if self.rest().starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if self.rest().starts_with("/*") {
                self.skip_comment()?;
            } else {
                return Ok(());
            }
        }
    }

    fn skip_comment(&mut self) -> Checked<()> {
        let start = self.at;
        let mut depth = 0;
        loop {
            let Some(length) = self.rest().find(['*', '/']) else {
                return Err(Mistake::says("this comment is never closed").at(start..start + 2).label("write */"));
            };
            self.at += length;
            let step = match self.rest().get(..2) {
                Some("/*") => 1,
                Some("*/") => -1,
                _ => 0,
            };
            self.at += if step == 0 { 1 } else { 2 };
            depth += step;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn text_in_quotes(&mut self) -> Checked<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| !matches!(c, '"' | '\\' | '\n')));
            match self.rest().as_bytes().first() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => {
                    let end = start + self.text[start..self.at].trim_end().len();
                    let mistake = Mistake::says("this text is not closed on its line").at(start..end);
                    return Err(mistake.label("write \" at its end").note("a new line within a text is written \\n"));
                }
            }
        }
    }

    /// One character written as a backslash and more.
    fn escape(&mut self) -> Checked<char> {
        let start = self.at;
        let kind = self.text[start + 1..].chars().next().unwrap_or(' ');
        self.at += 1 + kind.len_utf8().min(self.text.len() - start - 1);
        let known = match kind {
            '"' | '\\' | '\'' => Some(kind),
            'n' => Some('\n'),
            't' => Some('\t'),
            'x' => {
                let digits = self.rest().get(..2).unwrap_or("");
                self.at += digits.len();
                u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii).map(char::from)
            }
            'u' => self.unicode_escape(),
            _ => None,
        };
        let refuse = || {
            let mistake = Mistake::says("a backslash cannot stand before this").at(start..self.at);
            mistake.accepted(r#"\" \\ \n \t \u{20ac}"#).note("a backslash itself is written twice")
        };
        known.ok_or_else(refuse)
    }

    fn unicode_escape(&mut self) -> Option<char> {
        let digits = self.rest().strip_prefix('{')?.split_once('}')?.0;
        if digits.is_empty() || digits.len() > 6 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        self.at += digits.len() + 2;
        char::from_u32(u32::from_str_radix(digits, 16).ok()?)
    }

    /// `r"..."` or `r#"..."#`, which may run over lines; their ends become plain new lines.
    fn raw_text(&mut self) -> Checked<String> {
        let start = self.at;
        self.at += 1;
        let marks = self.take_while(|c| c == '#');
        self.at += 1;
        let end = format!("\"{marks}");
        let Some((text, _)) = self.rest().split_once(end.as_str()) else {
            return Err(Mistake::says("this text is never closed").at(start..self.at).label(format!("write {end}")));
        };
        self.at += text.len() + end.len();
        Ok(text.replace("\r\n", "\n"))
    }

    fn number(&mut self) -> Checked<String> {
        let start = self.at;
        self.take_while(|c| matches!(c, '+' | '-'));
        let digits = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        if digits.ends_with(['e', 'E']) {
            self.take_while(|c| matches!(c, '+' | '-'));
            self.take_while(|c| c.is_ascii_digit());
        }
        let written = &self.text[start..self.at];
        if is_number(written) {
            return Ok(written.replace('_', ""));
        }
        let mistake = |message: &str| Mistake::says(message).at(start..start + written.len());
        let unit = written.trim_start_matches(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        if unit.len() < written.len() && ["ns", "us", "ms", "s", "m", "min", "h", "d"].contains(&unit) {
            return Err(mistake("a duration is written in quotes").label(format!("write \"{written}\"")));
        }
        Err(mistake(&format!("{written} is not a number")).note("a name is written in quotes; a number as 7 or 0.5"))
    }

    fn word(&mut self) -> Checked<String> {
        let start = self.at;
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        let more = self.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if more.is_empty() {
            return Ok(word.to_owned());
        }
        let written = &self.text[start..self.at];
        let mistake = Mistake::says("a name is written in quotes").at(start..self.at);
        Err(mistake.label(format!("write \"{written}\"")))
    }
}

/// Whether this is a number as both RON and we write it: `-1_000`, `0.5`, `1e-3`.
fn is_number(written: &str) -> bool {
    let unsigned = written.strip_prefix(['+', '-']).unwrap_or(written);
    let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if !digits(exponent) {
        return false;
    }
    match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None if mantissa.len() < unsigned.len() => digits(mantissa),
        None => !mantissa.starts_with('_') && digits(&mantissa.replace('_', "")),
    }
}

fn unexpected(c: char) -> Box<Mistake> {
    match c {
        '\'' => Mistake::says("a text stands in double quotes").label("write \""),
        '\u{201c}' | '\u{201d}' | '\u{201e}' => Mistake::says("this is a curly quotation mark").label("write \""),
        ';' => Mistake::says("a semicolon has no meaning here").label("write ,"),
        '=' => Mistake::says("a field is written with a colon").label("write :"),
        '#' => {
            Mistake::says("# has no meaning here").note("a comment begins with //; extensions need not be enabled")
        }
        '%' => Mistake::says("% has no meaning here").note("a share is a number from 0 to 1: 5 percent are 0.05"),
        c => Mistake::says(format!("{c:?} has no meaning here")),
    }
}
