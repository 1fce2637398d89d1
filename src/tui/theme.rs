//! Colours. A colour never says anything that a glyph or a word does not say as well.

use clap::ValueEnum;
use ratatui::style::{Color, Modifier, Style};

/// A set of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Theme {
    /// Bright on a dark screen.
    #[default]
    Dark,
    /// Dark on a light screen.
    Light,
    /// The strongest contrasts that terminals have.
    Contrast,
    /// Colours that most people tell apart: Okabe and Ito (2008).
    Safe,
    /// No colours.
    None,
}

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What matters less.
    Faint,
    /// What goes well.
    Good,
    /// What is in doubt.
    Doubtful,
    /// What is broken.
    Bad,
    /// What is under way.
    Moving,
    /// What may have influenced the event at the cursor.
    Past,
    /// What it may influence.
    Future,
}

impl Theme {
    /// All of them, in the order in which they follow each other.
    pub const ALL: [Theme; 5] = [Theme::Dark, Theme::Light, Theme::Contrast, Theme::Safe, Theme::None];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Dark => "dark",
            Theme::Light => "light",
            Theme::Contrast => "contrast",
            Theme::Safe => "safe",
            Theme::None => "none",
        }
    }

    /// The theme after this one.
    pub fn next(self) -> Theme {
        let place = Theme::ALL.iter().position(|theme| *theme == self).unwrap_or(0);
        Theme::ALL[(place + 1) % Theme::ALL.len()]
    }

    /// How something of a role looks.
    pub fn style(self, role: Role) -> Style {
        let style = match self.colour(role) {
            Some(colour) => Style::new().fg(colour),
            None => Style::new(),
        };
        match role {
            Role::Bad | Role::Past => style.add_modifier(Modifier::BOLD),
            _ => style,
        }
    }

    fn colour(self, role: Role) -> Option<Color> {
        let [faint, good, doubtful, bad, moving, past, future] = match self {
            Theme::None => return None,
            Theme::Dark => [
                Color::DarkGray,
                Color::Green,
                Color::Yellow,
                Color::Red,
                Color::Cyan,
                Color::LightBlue,
                Color::Magenta,
            ],
            Theme::Light => [
                Color::Gray,
                Color::Indexed(28),
                Color::Indexed(130),
                Color::Indexed(160),
                Color::Indexed(30),
                Color::Blue,
                Color::Indexed(90),
            ],
            Theme::Contrast => [
                Color::Gray,
                Color::LightGreen,
                Color::LightYellow,
                Color::LightRed,
                Color::LightCyan,
                Color::White,
                Color::LightMagenta,
            ],
            Theme::Safe => [
                Color::Gray,
                Color::Rgb(0, 158, 115),
                Color::Rgb(240, 228, 66),
                Color::Rgb(213, 94, 0),
                Color::Rgb(86, 180, 233),
                Color::Rgb(0, 114, 178),
                Color::Rgb(204, 121, 167),
            ],
        };
        Some(match role {
            Role::Faint => faint,
            Role::Good => good,
            Role::Doubtful => doubtful,
            Role::Bad => bad,
            Role::Moving => moving,
            Role::Past => past,
            Role::Future => future,
        })
    }
}
