//! The arithmetic of samples. Every function says its source, its tie rule and its empty case.
//!
//! Intervals are two-sided, at 95 %. They speak of chance alone, as if declarations came
//! independently of each other: for a complete log that is the question whether a difference could
//! be the luck of the month (Deming 1953, "On the distinction between enumerative and analytic
//! surveys").

mod contrast;
mod difference;
mod moments;
mod proportions;
mod quantiles;
mod survival;

pub(super) use contrast::{Stratum, contrasted};
pub use difference::{Change, Noise, difference_interval};
pub(super) use moments::{Cluster, Products, on_log_scale};
pub use moments::{Moments, mean, mean_interval, standard_deviation};
pub(super) use proportions::wilson_of;
pub use proportions::{lift_interval, wilson};
pub(super) use quantiles::WeightedSample;
pub use quantiles::{quantile, quantile_interval};
pub use survival::KaplanMeier;

/// The normal quantile of 97.5 %: two-sided 95 % intervals.
pub(super) const Z: f64 = 1.959_963_984_540_054;
