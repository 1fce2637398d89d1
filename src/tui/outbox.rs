//! What is to be done outside the debugger: the model only says what, the terminal does it.

use super::Theme;
use super::model::Model;
use super::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use std::fmt::Write;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// To put into the terminal's clipboard.
    Copy(String),
    /// To write to a new file.
    Write { path: String, text: String },
    /// To go to the background, as Ctrl-Z asks.
    Suspend,
}

/// The command that brings somebody else to the same place.
pub fn copy(model: &mut Model) {
    let command = format!("{} --at {}", model.show.command_view, model.cursor);
    if model.show.command_view.is_empty() {
        return model.notice = Some("no command leads here".to_owned());
    }
    let deeds = &model.branches.get(model.branches.here()).deeds;
    let branch = if deeds.is_empty() { "" } else { "; save the branch with b s to share it" };
    model.notice = Some(format!("copied: {command}{branch}"));
    model.outbox.push(Out::Copy(command));
}

/// The present frame as a text and as a picture, beside each other.
pub fn export(model: &mut Model, name: &str) -> Result<String, String> {
    if name.is_empty() {
        return Ok("nothing was written: no name was given".to_owned());
    }
    let stem = name.trim_end_matches(".svg").trim_end_matches(".txt").to_owned();
    let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.0, model.size.1));
    view::draw(model, &mut buffer);
    model.outbox.push(Out::Write { path: format!("{stem}.txt"), text: as_text(&buffer) });
    model.outbox.push(Out::Write { path: format!("{stem}.svg"), text: as_svg(&buffer, model.show.theme) });
    Ok(format!("written: {stem}.txt and {stem}.svg"))
}

/// A frame as a text without colours.
pub fn as_text(buffer: &Buffer) -> String {
    let line = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..buffer.area.height).map(|y| line(y).trim_end().to_owned() + "\n").collect()
}

/// The size of a cell in a picture, in pixels: a common one of monospaced letters.
const CELL: (u32, u32) = (9, 18);

/// A frame as a picture of its own.
pub fn as_svg(buffer: &Buffer, theme: Theme) -> String {
    let (paper, ink) = if theme == Theme::Light { ("#ffffff", "#202020") } else { ("#161616", "#e0e0e0") };
    let (width, height) = (u32::from(buffer.area.width) * CELL.0, u32::from(buffer.area.height) * CELL.1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"monospace\" font-size=\"15\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{paper}\"/>\n"
    );
    for y in 0..buffer.area.height {
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let reversed = cell.modifier.contains(ratatui::style::Modifier::REVERSED);
            let bold = cell.modifier.contains(ratatui::style::Modifier::BOLD);
            let (left, top) = (u32::from(x) * CELL.0, u32::from(y) * CELL.1);
            if reversed {
                let _ = writeln!(
                    svg,
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"{ink}\"/>",
                    CELL.0, CELL.1
                );
            }
            if cell.symbol().trim().is_empty() {
                continue;
            }
            let colour = if reversed { paper.to_owned() } else { hex(cell.fg, ink) };
            let weight = if bold { " font-weight=\"bold\"" } else { "" };
            let symbol = cell.symbol().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let _ = writeln!(svg, "<text x=\"{left}\" y=\"{}\" fill=\"{colour}\"{weight}>{symbol}</text>", top + 14);
        }
    }
    svg + "</svg>\n"
}

/// A colour of the terminal as it mostly looks.
fn hex(colour: Color, ink: &str) -> String {
    let named = match colour {
        Color::DarkGray | Color::Gray => "#8a8a8a",
        Color::Green | Color::LightGreen => "#4ec96f",
        Color::Yellow | Color::LightYellow => "#e5c07b",
        Color::Red | Color::LightRed => "#ff6b6b",
        Color::Cyan | Color::LightCyan => "#56c8d8",
        Color::LightBlue | Color::Blue => "#6fa8ff",
        Color::Magenta | Color::LightMagenta => "#d28bff",
        Color::Rgb(red, green, blue) => return format!("#{red:02x}{green:02x}{blue:02x}"),
        // The cube of six shades a colour that terminals have there.
        Color::Indexed(place @ 16..=231) => {
            let shade = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
            let place = place - 16;
            return hex(Color::Rgb(shade(place / 36), shade(place / 6 % 6), shade(place % 6)), ink);
        }
        _ => ink,
    };
    named.to_owned()
}
