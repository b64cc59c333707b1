//! Figures as they are compared, and the arithmetic of those that the test counts itself.

/// A figure of the program.
#[derive(Debug)]
pub(super) enum Figure {
    /// A count or an amount.
    Exact(String),
    /// A statistic, compared to nine digits.
    Near(f64),
    /// A number and how far it may lie from the expected one.
    Within(f64, f64),
}

impl Figure {
    /// Whether it is the expected one.
    pub(super) fn is(&self, expected: &str) -> bool {
        match self {
            Self::Exact(text) => plain(text) == plain(expected),
            Self::Near(value) => {
                let expected: f64 = expected.parse().unwrap();
                (value - expected).abs() <= 1e-9 * expected.abs()
            }
            Self::Within(value, apart) => {
                (value - expected.parse::<f64>().unwrap()).abs() <= *apart
            }
        }
    }
}

/// A decimal without the noughts that say nothing.
fn plain(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// A statistic, in seconds, of ascending spans in microseconds.
pub(super) fn statistic(spans: &[i64], name: &str) -> Option<Figure> {
    let n = spans.len();
    let mean = spans.iter().map(|span| i128::from(*span)).sum::<i128>() as f64 / n as f64;
    // Type 7; the rank is kept in hundredths so that it is exact.
    let quantile = |percent: usize| {
        let (rank, rest) = ((n - 1) * percent / 100, (n - 1) * percent % 100);
        let next = spans[(rank + 1).min(n - 1)];
        spans[rank] as f64 + (next - spans[rank]) as f64 * rest as f64 / 100.0
    };
    let us = match name {
        "n" => return Some(Figure::Exact(n.to_string())),
        "n_negative" => {
            let negative = spans.iter().filter(|span| **span < 0).count();
            return Some(Figure::Exact(negative.to_string()));
        }
        _ if n == 0 => return None,
        "mean" => mean,
        "sd" => {
            let squares: f64 = spans.iter().map(|span| (*span as f64 - mean).powi(2)).sum();
            (squares / (n - 1) as f64).sqrt()
        }
        "min" => quantile(0),
        "max" => quantile(100),
        "median" => quantile(50),
        _ => quantile(name.strip_prefix('p')?.parse().ok()?),
    };
    Some(Figure::Near(us / 1e6))
}

/// An amount of at most six decimal places in millionths.
pub(super) fn millionths(text: &str) -> i128 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{decimals:0<6}").parse().unwrap()
}

/// Millionths as a decimal.
pub(super) fn decimal(millionths: i128) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let (whole, rest) = (
        millionths.unsigned_abs() / 1_000_000,
        millionths.unsigned_abs() % 1_000_000,
    );
    format!("{sign}{whole}.{rest:06}")
}
