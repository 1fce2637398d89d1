//! Where a number stands on a line: the axis of a figure, for plots of characters and for pictures.

use crate::check::measures::Summary;

/// At most so many steps from one end to the other.
const STEPS: f64 = 4.0;
/// A part of a step that nobody sees.
const SLACK: f64 = 1e-6;

/// A line from one round number to another.
pub struct Scale {
    pub low: f64,
    pub high: f64,
    step: f64,
}

impl Scale {
    /// The line on which all intervals of a figure have room. It begins at zero unless that would squeeze them into its
    /// upper half.
    pub fn of(row: &[&Summary]) -> Self {
        let intervals = row.iter().filter_map(|summary| summary.interval);
        let ends = intervals.map(|interval| {
            interval.bounds.map_or((interval.mean, interval.mean), |bounds| (bounds.low, bounds.high))
        });
        let (low, high) =
            ends.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), (from, to)| (low.min(from), high.max(to)));
        let low = if low < high / 2.0 || low >= high { 0.0 } else { low };
        let high = if high > low { high } else { low + 1.0 };
        // The whole number of steps at or beyond each end; 100 is two steps of 50, whatever a rounding makes of that.
        let ends = |step: f64| ((low / step + SLACK).floor(), (high / step - SLACK).ceil());
        let steps = (0..).flat_map(|power| [1.0, 2.0, 5.0].map(|digit: f64| digit * 1e-6 * 10f64.powi(power)));
        let fits = |step: &f64| ends(*step).1 - ends(*step).0 <= STEPS;
        let step = steps.into_iter().find(fits).unwrap_or(1.0);
        let (first, last) = ends(step);
        Scale { low: first * step, high: last * step, step }
    }

    /// Round numbers along the line.
    pub fn ticks(&self) -> Vec<f64> {
        let count = ((self.high - self.low) / self.step).round() as u32;
        (0..=count).map(|place| self.low + f64::from(place) * self.step).collect()
    }

    /// From 0 to 1.
    pub fn place(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}
