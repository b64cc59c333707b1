use std::sync::Arc;

use super::*;

const NARROW: char = '\u{202f}';

fn english() -> Arc<Language> {
    Language::built_in("en").unwrap()
}

fn texts(scale: Scale, values: &[f64]) -> Vec<String> {
    let axis = ValueAxis::enclosing(&english(), scale, values.iter().copied());
    axis.ticks
        .into_iter()
        .map(|(_, text)| text.replace(NARROW, " "))
        .collect()
}

#[test]
fn durations_tick_at_whole_hours_and_days() {
    let hours = |n: f64| n * HOUR;
    let at = |high| texts(Scale::Duration, &[0.0, hours(high)]);
    assert_eq!(
        at(33.0),
        ["0", "6 h", "12 h", "18 h", "24 h", "30 h", "36 h"]
    );
    assert_eq!(at(60.0), ["0", "12 h", "24 h", "36 h", "48 h", "60 h"]);
    assert_eq!(at(100.0), ["0", "1 d", "2 d", "3 d", "4 d", "5 d"]);
    assert_eq!(
        at(0.5),
        [
            "0", "5 min", "10 min", "15 min", "20 min", "25 min", "30 min"
        ]
    );
    assert_eq!(
        at(24.0 * 900.0),
        ["0", "200 d", "400 d", "600 d", "800 d", "1 000 d"]
    );
}

#[test]
fn working_time_is_never_read_in_days() {
    assert_eq!(
        texts(Scale::WorkingTime, &[0.0, 100.0 * HOUR]),
        ["0", "20 h", "40 h", "60 h", "80 h", "100 h"]
    );
    assert_eq!(
        texts(Scale::Number, &[0.0, 0.3]),
        ["0", "0.05", "0.10", "0.15", "0.20", "0.25", "0.30"]
    );
}

#[test]
fn numbers_tick_at_round_steps_with_their_magnitude_in_the_note() {
    assert_eq!(
        texts(Scale::Share, &[0.1, 0.93]),
        ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]
    );
    assert_eq!(texts(Scale::Count, &[0.0, 2.0]), ["0", "1", "2"]);
    let money = ValueAxis::enclosing(&english(), Scale::Money, [1.2e12, 4.4e12, 0.0]);
    assert_eq!(money.note, "trillion");
    assert_eq!(money.ticks.last().map(|(_, text)| text.as_str()), Some("5"));
}

#[test]
fn an_axis_that_does_not_begin_at_zero_says_so() {
    let axis = ValueAxis::enclosing(&english(), Scale::Share, [0.91, 0.95]);
    assert_eq!(axis.note, "axis does not begin at 0");
    assert!(axis.low <= 0.91 && axis.high >= 0.95);
    assert!(
        ValueAxis::enclosing(&english(), Scale::Share, [0.3, 0.95])
            .note
            .is_empty()
    );
}

#[test]
fn a_close_axis_begins_near_the_lowest_value() {
    let axis = ValueAxis::close(&english(), Scale::Number, [73.0, 139.0]);
    assert_eq!((axis.low, axis.high), (60.0, 140.0));
    assert_eq!(axis.note, "axis does not begin at 0");
    let same = ValueAxis::close(&english(), Scale::Count, [7.0, 7.0]);
    assert_eq!(same.low.to_bits(), 0.0_f64.to_bits());
    assert!(ValueAxis::close(&english(), Scale::Count, []).ticks.len() > 1);
}

#[test]
fn nothing_one_value_and_the_largest_number_give_an_axis() {
    for values in [
        vec![],
        vec![0.0],
        vec![7.0],
        vec![-3.0],
        vec![f64::NAN],
        vec![1e300],
        vec![-1e300, 1e300],
    ] {
        for scale in [
            Scale::Duration,
            Scale::WorkingTime,
            Scale::Share,
            Scale::Count,
            Scale::Number,
            Scale::Money,
        ] {
            let axis = ValueAxis::enclosing(&english(), scale, values.iter().copied());
            assert!(axis.low < axis.high, "{scale:?} {values:?}");
            assert!(
                (2..=8).contains(&axis.ticks.len()),
                "{scale:?} {values:?} {axis:?}"
            );
            for value in values.iter().filter(|value| value.is_finite()) {
                assert!((-1e-9..=1.000_001).contains(&axis.position(*value)));
            }
        }
    }
}

#[test]
fn values_are_written_as_people_read_them() {
    let text = |scale, value| value_text(&english(), scale, value).replace([NARROW, '\u{a0}'], " ");
    assert_eq!(text(Scale::Duration, 75_900.0), "21 h 05 min");
    assert_eq!(text(Scale::Share, 0.1234), "12.3 %");
    assert_eq!(text(Scale::Share, -0.0001), "0.0 %");
    assert_eq!(text(Scale::Share, 1.0), "100 %");
    assert_eq!(text(Scale::Count, 12_345.0), "12 345");
    assert_eq!(text(Scale::Number, 104.26), "104");
    assert_eq!(text(Scale::Number, 42.34), "42.3");
    assert_eq!(text(Scale::Number, -0.1234), "−0.123");
    assert_eq!(text(Scale::WorkingTime, 30.0 * HOUR), "30 h 00 min");
    assert_eq!(text(Scale::Money, 1.234e9), "1.23 billion");
    assert_eq!(text(Scale::Money, -45.67e6), "−45.7 million");
}

#[test]
fn months_are_thinned_to_those_that_begin_a_part_of_the_year() {
    let names: Vec<PeriodName> = (0..24)
        .map(|at| {
            PeriodName::of(
                &english(),
                &format!("{}-{:02}", 2023 + (at + 3) / 12, (at + 3) % 12 + 1),
            )
        })
        .collect();
    assert_eq!(
        names.first().map(|name| name.whole(&english())).as_deref(),
        Some("Apr 2023")
    );
    let shown = |apart| -> Vec<String> {
        thin_periods(&names, apart)
            .into_iter()
            .map(|at| names[at].whole(&english()))
            .collect()
    };
    assert_eq!(shown(0.7).len(), 24);
    assert_eq!(shown(2.5)[..3], ["Apr 2023", "Jul 2023", "Oct 2023"]);
    assert_eq!(shown(9.0), ["Jan 2024", "Jan 2025"]);
}

#[test]
fn other_periods_are_counted_back_from_the_last() {
    let names =
        ["2021", "2022", "2023", "2024", "2025"].map(|label| PeriodName::of(&english(), label));
    assert_eq!(thin_periods(&names, 1.2), [0, 2, 4]);
    assert_eq!(
        PeriodName::of(&english(), "2024-07..2025-03").whole(&english()),
        "2024-07..2025-03"
    );
    assert_eq!(thin_periods(&[], 1.0), Vec::<usize>::new());
}

#[test]
fn axes_speak_the_language_of_the_chart() {
    for (tag, time, share, period, money) in [
        ("en", "6 h", "12.5 %", "Mar 2025", "1.23 billion"),
        ("ru", "6 ч", "12,5 %", "мар. 2025", "1,23 млрд"),
        ("uz", "6 soat", "12,5 %", "mar. 2025", "1,23 mlrd"),
    ] {
        let language = Language::built_in(tag).unwrap();
        let plain = |text: String| text.replace([NARROW, '\u{a0}'], " ");
        assert_eq!(plain(elapsed_text(&language, 21_600.0)), time);
        assert_eq!(plain(value_text(&language, Scale::Share, 0.125)), share);
        assert_eq!(plain(value_text(&language, Scale::Money, 1.234e9)), money);
        assert_eq!(
            PeriodName::of(&language, "2025-03").whole(&language),
            period
        );
    }
}
