//! Colours, texts that are cut to their room, boxes, and ASCII in the place of everything else.

use crate::tui::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

/// A buffer to draw on, in colours or without.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: Theme,
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: Theme) -> Self {
        Canvas { buffer, theme }
    }

    /// Columns and lines.
    pub fn size(&self) -> (u16, u16) {
        (self.buffer.area.width, self.buffer.area.height)
    }

    // Styles. A colour never says anything that a glyph or a word does not say as well.

    pub fn plain(&self) -> Style {
        Style::new()
    }

    pub fn bold(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub fn reversed(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub fn faint(&self) -> Style {
        self.theme.style(Role::Faint)
    }

    pub fn good(&self) -> Style {
        self.theme.style(Role::Good)
    }

    pub fn doubtful(&self) -> Style {
        self.theme.style(Role::Doubtful)
    }

    pub fn bad(&self) -> Style {
        self.theme.style(Role::Bad)
    }

    pub fn moving(&self) -> Style {
        self.theme.style(Role::Moving)
    }

    /// What may have influenced the event at the cursor.
    pub fn past(&self) -> Style {
        self.theme.style(Role::Past)
    }

    /// What it may influence.
    pub fn future(&self) -> Style {
        self.theme.style(Role::Future)
    }

    /// What has nothing to do with it.
    pub fn concurrent(&self) -> Style {
        if self.theme == Theme::None { Style::new().add_modifier(Modifier::DIM) } else { self.faint() }
    }

    // Drawing.

    /// Writes a text from a column on, cut with an ellipsis where it is wider than its room. Gives the column after it.
    pub fn text(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let (width, height) = self.size();
        if x >= width || y >= height {
            return x;
        }
        let room = usize::from(room.min(width - x));
        self.buffer.set_stringn(x, y, cut(text, room), room, style).0
    }

    /// Writes a text that ends before a column.
    pub fn text_right(&mut self, end: u16, y: u16, text: &str, style: Style) {
        let x = end.saturating_sub(self::width(text) as u16);
        self.text(x, y, end - x, text, style);
    }

    pub fn put(&mut self, x: u16, y: u16, glyph: char, style: Style) {
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.reset();
            cell.set_char(glyph).set_style(style);
        }
    }

    /// Puts a glyph where nothing stands yet.
    pub fn put_under(&mut self, x: u16, y: u16, glyph: char, style: Style) {
        if self.buffer.cell((x, y)).is_some_and(|cell| cell.symbol() == " ") {
            self.put(x, y, glyph, style);
        }
    }

    pub fn fill(&mut self, area: Rect, glyph: char, style: Style) {
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.put(x, y, glyph, style);
            }
        }
    }

    /// Gives a style to what stands there.
    pub fn restyle(&mut self, area: Rect, style: Style) {
        let area = area.intersection(self.buffer.area);
        self.buffer.set_style(area, style);
    }

    /// An empty box with a title, just above the last line. Gives what is within.
    pub fn panel(&mut self, (width, height): (u16, u16), title: &str) -> Rect {
        let (columns, lines) = self.size();
        let (width, height) = (width.min(columns), height.min(lines - 1));
        let area = Rect::new((columns - width) / 2, lines - 1 - height, width, height);
        self.fill(area, ' ', self.plain());
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        for x in area.left()..=right {
            self.put(x, area.top(), '─', self.plain());
            self.put(x, bottom, '─', self.plain());
        }
        for y in area.top()..=bottom {
            self.put(area.left(), y, '│', self.plain());
            self.put(right, y, '│', self.plain());
        }
        let corners = [(area.left(), area.top(), '╭'), (right, area.top(), '╮'), (area.left(), bottom, '╰')];
        for (x, y, corner) in corners.into_iter().chain([(right, bottom, '╯')]) {
            self.put(x, y, corner, self.plain());
        }
        self.text(area.left() + 2, area.top(), width.saturating_sub(4), &format!(" {title} "), self.bold());
        Rect::new(area.left() + 2, area.top() + 1, width.saturating_sub(4), height.saturating_sub(2))
    }
}

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { Span::raw(text).width() }
}

fn width_of(letter: char) -> usize {
    width(letter.encode_utf8(&mut [0; 4]))
}

/// A text in so many columns, with an ellipsis where some of it is left out.
pub fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let (mut kept, mut used) = (String::new(), 0);
    for letter in text.chars() {
        used += width_of(letter);
        if used + 1 > room {
            break;
        }
        kept.push(letter);
    }
    if room > 0 {
        kept.push('…');
    }
    kept
}

/// A text in lines of so many columns, broken at blanks where there are any; lines after the first are indented.
pub fn wrap(text: &str, room: usize, indent: usize) -> Vec<String> {
    if width(text) <= room {
        return vec![text.to_owned()];
    }
    let own = text.len() - text.trim_start_matches(' ').len();
    let (own, indent) = (own.min(room / 2), (indent + own).min(room / 2));
    let (mut lines, mut line, mut empty) = (Vec::new(), " ".repeat(own), true);
    for mut word in text.split_whitespace() {
        while width(&line) + usize::from(!empty) + width(word) > room {
            if empty {
                // A word wider than a line is broken anywhere.
                let (fits, rest) = word.split_at(fitting(word, room.saturating_sub(width(&line))));
                line.push_str(fits);
                word = rest;
            }
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            empty = true;
            if word.is_empty() {
                break;
            }
        }
        if !word.is_empty() {
            line.push_str(if empty { "" } else { " " });
            line.push_str(word);
            empty = false;
        }
    }
    if !empty || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// How many bytes of a word fit into so many columns: those of one letter at least.
fn fitting(word: &str, room: usize) -> usize {
    let mut used = 0;
    let too_many = |(place, letter): &(usize, char)| {
        used += width_of(*letter);
        *place > 0 && used > room
    };
    word.char_indices().find(too_many).map_or(word.len(), |(place, _)| place)
}

/// Replaces every glyph that is not ASCII.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let glyph = cell.symbol().chars().next().map_or('?', ascii);
            cell.set_char(glyph);
        }
    }
}

/// What stands for a glyph in ASCII.
fn ascii(glyph: char) -> char {
    match glyph {
        '─' | '╌' | '−' => '-',
        '│' | '∥' => '|',
        '┊' => ':',
        '╭' | '╮' | '╰' | '╯' | '┬' | '├' | '┤' => '+',
        '▶' | '→' | '⇒' | '›' => '>',
        '◀' | '←' | '⇐' | '‹' => '<',
        '↑' | '▲' => '^',
        '↓' | '▼' => 'v',
        '●' => 'O',
        '○' => 'o',
        '★' => '*',
        '◆' => 'C',
        '═' => '=',
        '·' => '.',
        '░' => '#',
        '✖' => 'X',
        '✗' | '×' => 'x',
        '↻' => 'R',
        '⇉' => '&',
        '…' => '~',
        '█' => '_',
        _ => '?',
    }
}
