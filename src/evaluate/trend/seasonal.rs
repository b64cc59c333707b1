//! Seasonal adjustment: seasonal-trend decomposition by loess (STL).
//!
//! Source: R. B. Cleveland and others, "STL: A Seasonal-Trend
//! Decomposition Procedure Based on Loess", Journal of Official Statistics 6 (1990) 3–73; the
//! arithmetic is that of the `stlrs` crate, a port of the authors' program.

use super::{Scale, SeasonPoint};

/// Two of each month of the year: with fewer a season can't be told from noise.
pub const SEASON_MONTHS: usize = 24;

/// Smoothers as R's `stl(x, s.window = "periodic")` chooses them for months: trend 19 (the next odd
/// number from 1.5 × 12), low pass 13, both of degree 1, no interpolation.
const TREND_LENGTH: usize = 19;
const LOW_PASS_LENGTH: usize = 13;
/// Rounds of season and trend; two are usual, more bring both closer to their limit.
const ROUNDS: usize = 10;

/// Decomposes values of adjoining months, or says why it can't.
///
/// The season is periodic: the same in every year, because two or three years do not show how it
/// changes. On the relative scale the logarithm is decomposed, so that trend, season and remainder
/// are factors of the value; on the absolute scale they are parts of it. `steps` are known changes
/// of level, each from a position on, on the decomposed scale: they are taken out before and belong
/// to the trend afterwards, as X-13ARIMA-SEATS treats a level shift (U.S. Census Bureau, reference
/// manual, section 7.13). Otherwise a smooth trend would hand part of a step to the season.
pub(super) fn decompose(
    values: &[f64],
    scale: Scale,
    steps: &[(usize, f64)],
) -> Result<Vec<SeasonPoint>, String> {
    let n = values.len();
    if n < SEASON_MONTHS {
        return Err(format!(
            "{n} adjoining months with a figure that counts, {SEASON_MONTHS} are needed"
        ));
    }
    let shift = |at: usize| -> f64 {
        let earlier = steps.iter().filter(|(from, _)| *from <= at);
        earlier.map(|(_, step)| step).sum()
    };
    let series: Vec<f64> = values
        .iter()
        .enumerate()
        .map(|(at, value)| scale.forward(*value) - shift(at))
        .collect();
    let (seasonal, trend) = fit(&series)?;
    let parts = values.iter().zip(&series).zip(seasonal.iter().zip(&trend));
    let points = parts
        .enumerate()
        .map(|(at, ((value, adjusted), (seasonal, trend)))| SeasonPoint {
            trend: scale.back(trend + shift(at)),
            seasonal: scale.back(*seasonal),
            remainder: scale.back(adjusted - seasonal - trend),
            adjusted: match scale {
                Scale::Relative => value / scale.back(*seasonal),
                Scale::Absolute => value - seasonal,
            },
        })
        .collect();
    Ok(points)
}

/// Season and trend of a series.
fn fit(series: &[f64]) -> Result<(Vec<f64>, Vec<f64>), String> {
    let fitted = stlrs::params()
        // So wide that every year weighs the same.
        .seasonal_length(10 * series.len() + 1)
        .seasonal_degree(0)
        .seasonal_jump(1)
        .trend_length(TREND_LENGTH)
        .trend_degree(1)
        .trend_jump(1)
        .low_pass_length(LOW_PASS_LENGTH)
        .low_pass_degree(1)
        .low_pass_jump(1)
        .inner_loops(ROUNDS)
        .outer_loops(0)
        .robust(false)
        .fit(series, 12)
        .map_err(|cause| cause.to_string())?;
    let mean_of = |at: usize| {
        let same = fitted.seasonal().iter().skip(at % 12).step_by(12);
        same.clone().sum::<f64>() / same.count() as f64
    };
    let seasonal = (0..series.len()).map(mean_of).collect();
    Ok((seasonal, fitted.trend().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A season that adds up to zero.
    const SEASON: [f64; 12] = [
        -6.0, -4.0, 1.0, 3.0, 2.0, 5.0, -1.0, -3.0, 0.0, 1.0, -2.0, 4.0,
    ];

    fn close(found: f64, wanted: f64, within: f64) {
        assert!((found - wanted).abs() <= within, "{found}, wanted {wanted}");
    }

    #[test]
    fn a_constant_season_on_a_constant_level_is_found_exactly() {
        let values: Vec<f64> = (0..30).map(|at| 50.0 + SEASON[at % 12]).collect();
        let points = decompose(&values, Scale::Absolute, &[]).unwrap();
        for (at, point) in points.iter().enumerate() {
            close(point.seasonal, SEASON[at % 12], 1e-6);
            close(point.trend, 50.0, 1e-6);
            close(point.remainder, 0.0, 1e-6);
            close(point.adjusted, 50.0, 1e-6);
        }
    }

    #[test]
    fn a_season_in_per_cent_on_a_growing_level_is_found_on_the_relative_scale() {
        // 2 % growth a month; each month of the year has its own factor.
        let values: Vec<f64> = (0..36)
            .map(|at| {
                1000.0 * 1.02_f64.powi(i32::try_from(at).unwrap()) * (SEASON[at % 12] / 50.0).exp()
            })
            .collect();
        let points = decompose(&values, Scale::Relative, &[]).unwrap();
        for (at, point) in points.iter().enumerate() {
            close(point.seasonal, (SEASON[at % 12] / 50.0).exp(), 1e-3);
            let level = 1000.0 * 1.02_f64.powi(i32::try_from(at).unwrap());
            close(point.adjusted / level, 1.0, 1e-3);
            // The parts make up the value.
            close(
                point.trend * point.seasonal * point.remainder / values[at],
                1.0,
                1e-12,
            );
        }
    }

    #[test]
    fn a_known_step_belongs_to_the_trend_and_not_to_the_season() {
        let values: Vec<f64> = (0..24)
            .map(|at| 50.0 + SEASON[at % 12] - if at >= 12 { 10.0 } else { 0.0 })
            .collect();
        let points = decompose(&values, Scale::Absolute, &[(12, -10.0)]).unwrap();
        for (at, point) in points.iter().enumerate() {
            close(point.seasonal, SEASON[at % 12], 1e-6);
            close(point.trend, if at >= 12 { 40.0 } else { 50.0 }, 1e-6);
        }
        // Without that knowledge the smooth trend bends too early, and the season takes the rest.
        let blind = decompose(&values, Scale::Absolute, &[]).unwrap();
        assert!((blind[11].seasonal - SEASON[11]).abs() > 1.0, "{blind:?}");
    }

    #[test]
    fn two_years_are_needed() {
        let reason = decompose(&[1.0; 23], Scale::Absolute, &[]).unwrap_err();
        assert!(reason.starts_with("23 adjoining months"), "{reason}");
        assert!(decompose(&[1.0; 24], Scale::Absolute, &[]).is_ok());
    }
}
