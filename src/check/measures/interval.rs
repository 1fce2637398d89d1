//! How sure a mean or a share is, from so many runs.
//!
//! Both intervals are closed formulas: no chance is drawn, so that the same runs give the same interval everywhere.
//!
//! - Of a *mean*, Student's: mean plus or minus t s / sqrt(n) (Student, "The probable error of a mean", 1908; so also
//!   Georges, Buytaert and Eeckhout, "Statistically rigorous Java performance evaluation", 2007). It takes the means of
//!   so many runs for normal, which they nearly are from some thirty seeds on, and it is cut off where a measure cannot
//!   go. The bootstrap would make no such assumption, and is too narrow where seeds are few, where one must not be.
//! - Of a *share* of runs, Wilson's ("Probable inference ...", 1927), which says something sensible of none in fifty as
//!   well: at most 7 %.

/// The standard normal distribution's 97.5 % quantile.
const Z: f64 = 1.959_963_984_540_054;

/// Student's quantiles for one, two and three degrees of freedom, where the series is not good enough.
const FEW: [f64; 3] = [12.706_204_736, 4.302_652_730, 3.182_446_305];

/// A mean or a share over runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Over so many runs.
    pub count: u64,
    /// The mean.
    pub mean: f64,
    /// Where the true mean lies, at 95 % confidence; absent where there is one run only.
    pub bounds: Option<Bounds>,
}

/// The two ends of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Bounds {
    /// Whether all of this one is larger than all of another.
    pub fn is_above(&self, other: &Bounds) -> bool {
        self.low > other.high
    }
}

/// The mean of values that are not below zero nor above `most`. `None` where there are none.
pub fn mean(values: &[f64], most: f64) -> Option<Interval> {
    let count = values.len() as u64;
    if count == 0 {
        return None;
    }
    let n = count as f64;
    // Of what never varies the mean is that very value, which a sum of many would miss by a rounding.
    let is_same = values.iter().all(|value| *value == values[0]);
    let mean = if is_same { values[0] } else { values.iter().sum::<f64>() / n };
    let bounds = (count > 1).then(|| {
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let half = student(count - 1) * (squares / (n - 1.0)).sqrt() / n.sqrt();
        Bounds { low: (mean - half).max(0.0), high: (mean + half).min(most.max(mean)) }
    });
    Some(Interval { count, mean, bounds })
}

/// The share of runs, in percent, in which something happened. `None` where there are no runs.
pub fn share(hits: u64, count: u64) -> Option<Interval> {
    if count == 0 {
        return None;
    }
    let (n, p) = (count as f64, hits as f64 / count as f64);
    let (scale, middle) = (1.0 + Z * Z / n, p + Z * Z / (2.0 * n));
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let bounds = Bounds {
        low: if hits == 0 { 0.0 } else { 100.0 * (middle - half) / scale },
        high: if hits == count { 100.0 } else { 100.0 * (middle + half) / scale },
    };
    Some(Interval { count, mean: 100.0 * p, bounds: Some(bounds) })
}

/// The 97.5 % quantile of Student's distribution: the series of Abramowitz and Stegun, 26.7.5, within 0.001.
fn student(freedom: u64) -> f64 {
    if let Some(exact) = FEW.get(freedom as usize - 1) {
        return *exact;
    }
    let z = [Z, Z.powi(3), Z.powi(5), Z.powi(7), Z.powi(9)];
    let terms = [
        (z[1] + z[0]) / 4.0,
        (5.0 * z[2] + 16.0 * z[1] + 3.0 * z[0]) / 96.0,
        (3.0 * z[3] + 19.0 * z[2] + 17.0 * z[1] - 15.0 * z[0]) / 384.0,
        (79.0 * z[4] + 776.0 * z[3] + 1482.0 * z[2] - 1920.0 * z[1] - 945.0 * z[0]) / 92160.0,
    ];
    // Horner's rule in 1/n.
    Z + terms.iter().rev().fold(0.0, |sum, term| (sum + term) / freedom as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: f64, wanted: f64, within: f64) {
        assert!((found - wanted).abs() <= within, "{found} is not {wanted}");
    }

    /// From the tables that textbooks print.
    #[test]
    fn students_quantiles() {
        for (freedom, wanted) in
            [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042), (100, 1.984)]
        {
            assert_near(student(freedom), wanted, 0.001);
        }
        assert_near(student(1_000_000), Z, 0.000_01);
    }

    /// 2 4 4 4 5 5 7 9: mean 5, squares 32, s = sqrt(32/7) = 2.1381, s/sqrt(8) = 0.7559, t(7) = 2.3646.
    #[test]
    fn a_mean_by_hand() {
        let found = mean(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], f64::INFINITY).unwrap();
        let bounds = found.bounds.unwrap();
        assert_eq!((found.count, found.mean), (8, 5.0));
        assert_near(bounds.low, 5.0 - 1.7875, 0.001);
        assert_near(bounds.high, 5.0 + 1.7875, 0.001);
    }

    #[test]
    fn a_mean_stays_where_its_measure_can_go() {
        let bounds = mean(&[0.0, 100.0, 100.0], 100.0).unwrap().bounds.unwrap();
        assert_eq!(bounds, Bounds { low: 0.0, high: 100.0 });
        assert_eq!(mean(&[], 100.0), None);
        assert_eq!(mean(&[3.0], 100.0).unwrap().bounds, None);
        let third = 100.0 / 3.0;
        let same = mean(&[third; 7], 100.0).unwrap();
        assert_eq!((same.mean, same.bounds), (third, Some(Bounds { low: third, high: third })));
    }

    /// None in fifty: z^2 / (n + z^2) = 3.8415 / 53.8415 = 7.13 %. One in two: 9.45 % to 90.55 %.
    #[test]
    fn shares_by_hand() {
        let none = share(0, 50).unwrap().bounds.unwrap();
        assert_eq!(none.low, 0.0);
        assert_near(none.high, 7.135, 0.001);
        let all = share(50, 50).unwrap().bounds.unwrap();
        assert_near(all.low, 92.865, 0.001);
        assert_eq!(all.high, 100.0);
        let half = share(1, 2).unwrap().bounds.unwrap();
        assert_near(half.low, 9.453, 0.001);
        assert_near(half.high, 90.547, 0.001);
        assert_eq!(share(0, 0), None);
    }
}
