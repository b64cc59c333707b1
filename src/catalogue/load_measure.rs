//! The table `[measure]` of a definition file.

use std::collections::BTreeSet;

use super::definition::{
    Bands, Concentration, Contrast, Depth, Gain, Limit, Measure, Negative, OpenRule, Outcome,
};
use super::formula::Formula;
use super::load::{check_columns, condition, condition_columns, known_names};
use super::value::ValueExpression;
use crate::error::did_you_mean;
use crate::model::Milestone;
use crate::project::{Located, Section, parse_span};

/// The kinds of measures, as definition files name them.
const KINDS: [&str; 22] = [
    "count",
    "share",
    "ratio",
    "sum",
    "mean",
    "weighted",
    "span",
    "duration",
    "within",
    "within_target",
    "stock",
    "member_share",
    "growth",
    "attainment",
    "contrast",
    "lift",
    "concentration",
    "distinct",
    "derived",
    "gain",
    "outlier",
    "input",
];

/// Reads a measure over a base table with some columns.
pub(super) struct MeasureReader<'s, 'd, 't> {
    pub(super) table: &'s Section<'d, 't>,
    pub(super) columns: &'s [String],
}

impl MeasureReader<'_, '_, '_> {
    pub(super) fn read(&self) -> Option<Measure> {
        let table = self.table;
        let kind = table.required_text("kind")?;
        match kind.value.as_str() {
            "count" => Some(Measure::Count),
            "share" => Some(Measure::Share {
                when: self.required_condition("when")?,
            }),
            "ratio" => self.ratio(),
            "sum" => Some(Measure::Sum {
                of: self.required_value("of")?,
                scale: self.scale(),
            }),
            "mean" => self.mean(),
            "weighted" => self.weighted(),
            "span" => self.span(),
            "duration" => Some(Measure::Duration {
                of: self.required_value("of")?,
                open_when: self.condition("open_when"),
            }),
            "within" => self.within(),
            "within_target" => Some(Measure::WithinTarget {
                span: table.required_text("span")?.value,
                outcome: self.outcome(),
                open: self.open_rule(OpenRule::Exclude),
            }),
            "stock" => self.stock(),
            "member_share" => Some(Measure::MemberShare {
                of: self.value("of"),
                dimensions: known_names(table, "dimensions", self.columns),
            }),
            "growth" => self.growth(),
            "attainment" => Some(Measure::Attainment {
                of: table.required_text("of")?.value,
                cumulative: table.flag("cumulative"),
            }),
            "contrast" => self.contrast(),
            "lift" => Some(Measure::Lift {
                when: self.required_condition("when")?,
                a: self.required_condition("a")?,
                b: self.required_condition("b")?,
            }),
            "concentration" => self.concentration(),
            "distinct" => Some(Measure::Distinct {
                of: self.column("of")?,
            }),
            "derived" => self.derived(),
            "gain" => self.gain(),
            "outlier" => Some(Measure::Outlier {
                of: table.required_text("of")?.value,
                within: known_names(table, "within", self.columns),
            }),
            "input" => Some(Measure::Input {
                name: table.required_text("name")?.value,
            }),
            other => {
                let message = format!("`{other}` is not one of: {}", KINDS.join(", "));
                table.fault(&kind, message, did_you_mean(other, KINDS));
                None
            }
        }
    }

    fn condition(&self, key: &'static str) -> Option<String> {
        condition(self.table, key, self.columns)
    }

    fn required_condition(&self, key: &'static str) -> Option<String> {
        self.table.required_text(key)?;
        self.condition(key)
    }

    fn parsed(&self, text: &Located<String>) -> Option<ValueExpression> {
        match ValueExpression::parse(&text.value) {
            Ok(value) => {
                let columns: BTreeSet<String> =
                    value.columns().into_iter().map(str::to_owned).collect();
                check_columns(self.table, text, Ok(columns), self.columns);
                Some(value)
            }
            Err(message) => {
                self.table.fault(text, message, None);
                None
            }
        }
    }

    fn value(&self, key: &'static str) -> Option<ValueExpression> {
        self.parsed(&self.table.text(key)?)
    }

    fn required_value(&self, key: &'static str) -> Option<ValueExpression> {
        self.parsed(&self.table.required_text(key)?)
    }

    /// A value expression, or a list of columns that are added up.
    fn value_or_list(&self, key: &'static str) -> Option<ValueExpression> {
        if self.table.is_text(key) {
            return self.required_value(key);
        }
        let texts = self.table.texts(key);
        if texts.is_empty() {
            let message = "is missing: an expression, or a list of amounts";
            self.table.fault_at(key, message, None);
            return None;
        }
        let known: Option<Vec<String>> = texts
            .into_iter()
            .map(|text| self.parsed(&text).map(|_| text.value))
            .collect();
        ValueExpression::sum_of(&known?).ok()
    }

    fn scale(&self) -> f64 {
        self.table.number("scale").unwrap_or(1.0)
    }

    fn column(&self, key: &'static str) -> Option<String> {
        let text = self.table.required_text(key)?;
        let columns = Ok(BTreeSet::from([text.value.clone()]));
        check_columns(self.table, &text, columns, self.columns);
        Some(text.value)
    }

    fn milestone(&self, key: &'static str) -> Option<Milestone> {
        let name = self.table.required_text(key)?;
        milestone_of(self.table, &name)
    }

    /// Both ends, so that a fault in each is found.
    fn ends(&self) -> Option<(Milestone, Milestone)> {
        let (from, to) = (self.milestone("from"), self.milestone("to"));
        Some((from?, to?))
    }

    fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)], default: T) -> T {
        if self.table.text(key).is_none() {
            return default;
        }
        self.table.choice(key, words).unwrap_or(default)
    }

    fn outcome(&self) -> Outcome {
        let words = [("within", Outcome::Within), ("late", Outcome::Late)];
        self.word("outcome", &words, Outcome::Within)
    }

    fn open_rule(&self, default: OpenRule) -> OpenRule {
        let words = [("exclude", OpenRule::Exclude), ("due", OpenRule::Due)];
        self.word("open", &words, default)
    }

    fn ratio(&self) -> Option<Measure> {
        let (numerator, denominator) = (
            self.value_or_list("numerator"),
            self.value_or_list("denominator"),
        );
        let words = [("zero", false), ("exclude", true)];
        Some(Measure::Ratio {
            numerator: numerator?,
            numerator_where: self.condition("numerator_where"),
            denominator: denominator?,
            exclude_missing: self.word("missing", &words, false),
            scale: self.scale(),
        })
    }

    fn mean(&self) -> Option<Measure> {
        let text = self.table.required_text("of")?;
        let columns = condition_columns(&text.value);
        check_columns(self.table, &text, columns, self.columns);
        Some(Measure::Mean { of: text.value })
    }

    fn weighted(&self) -> Option<Measure> {
        let (from, to) = self.ends()?;
        Some(Measure::Weighted {
            from,
            to,
            weight: self.required_value("weight")?,
            scale: self.scale(),
        })
    }

    fn span(&self) -> Option<Measure> {
        let (from, to) = self.ends()?;
        let words = [("fault", Negative::Fault), ("zero", Negative::Zero)];
        Some(Measure::Span {
            from,
            to,
            negative: self.word("negative", &words, Negative::Fault),
            nil_when: self.condition("nil_when"),
            open_when: self.condition("open_when"),
        })
    }

    fn within(&self) -> Option<Measure> {
        let ends = self.ends();
        let text = self.table.required_text("limit")?;
        let Some(limit) = limit(&text.value) else {
            let hint = "such as `30min`, `48h`, `5d`, `1mo`".to_owned();
            let message = format!("`{}` is not a limit", text.value);
            self.table.fault(&text, message, Some(hint));
            return None;
        };
        let (from, to) = ends?;
        Some(Measure::Within {
            from,
            to,
            limit,
            outcome: self.outcome(),
            open: self.open_rule(OpenRule::Due),
        })
    }

    fn stock(&self) -> Option<Measure> {
        let closed = self.table.texts("closed");
        let closed = closed
            .iter()
            .filter_map(|name| milestone_of(self.table, name))
            .collect();
        Some(Measure::Stock {
            opened: self.milestone("opened")?,
            closed,
            of: self.value("of"),
            bands: self.bands(),
        })
    }

    fn bands(&self) -> Option<Bands> {
        let texts = self.table.texts("bands");
        let mut bounds_us = Vec::new();
        for text in &texts {
            match limit(&text.value) {
                Some(Limit::Elapsed(us)) if bounds_us.last().is_none_or(|last| *last < us) => {
                    bounds_us.push(us);
                }
                _ => {
                    let message = format!("`{}` is not a longer span than before", text.value);
                    self.table.fault(text, message, None);
                }
            }
        }
        let bounds: Vec<String> = texts.iter().map(|text| people(&text.value)).collect();
        let (first, last) = (bounds.first()?, bounds.last()?);
        let mut names = vec![format!("< {first}")];
        for (low, high) in bounds.iter().zip(bounds.iter().skip(1)) {
            let number: String = low.chars().take_while(char::is_ascii_digit).collect();
            names.push(format!("{number}-{high}"));
        }
        names.push(format!(">= {last}"));
        Some(Bands { bounds_us, names })
    }

    fn growth(&self) -> Option<Measure> {
        let words = [("period", false), ("working_day", true)];
        Some(Measure::Growth {
            of: self.table.required_text("of")?.value,
            months: i32::try_from(self.table.integer("months", 12, 1)).ok()?,
            per_working_day: self.word("per", &words, false),
        })
    }

    fn contrast(&self) -> Option<Measure> {
        let forms = [
            ("advantage", Contrast::Advantage),
            ("difference", Contrast::Difference),
        ];
        Some(Measure::Contrast {
            of: self.table.required_text("of")?.value,
            median: self.word("statistic", &[("median", true), ("mean", false)], true),
            a: self.required_condition("a")?,
            b: self.required_condition("b")?,
            form: self.word("form", &forms, Contrast::Advantage),
            strata: known_names(self.table, "strata", self.columns),
        })
    }

    fn concentration(&self) -> Option<Measure> {
        let top = self.table.integer("top", 0, 1);
        let hhi = self.word("index", &[("hhi", true)], false);
        let index = match (usize::try_from(top).unwrap_or(0), hhi) {
            (0, true) => Concentration::Hhi,
            (top, false) if top > 0 => Concentration::Top(top),
            _ => {
                let message = "is missing: `top = 10` or `index = \"hhi\"`, not both";
                self.table.fault_at("top", message, None);
                return None;
            }
        };
        Some(Measure::Concentration {
            over: self.column("over")?,
            of: self.value("of"),
            index,
        })
    }

    fn derived(&self) -> Option<Measure> {
        let text = self.table.required_text("value")?;
        match Formula::parse(&text.value) {
            Ok(value) => Some(Measure::Derived { value }),
            Err(message) => {
                self.table.fault(&text, message, None);
                None
            }
        }
    }

    fn gain(&self) -> Option<Measure> {
        let top = self.table.text_or_number("top");
        let depth = match top.as_ref().map(|text| text.value.as_str()) {
            Some("inspected") => Some(Depth::Inspected),
            Some(text) => text
                .parse::<f64>()
                .ok()
                .filter(|share| *share > 0.0 && *share <= 1.0)
                .map(Depth::Share),
            None => None,
        };
        let Some(depth) = depth else {
            let message = "must be a share such as 0.1, or \"inspected\"";
            self.table.fault_at("top", message, None);
            return None;
        };
        self.table.required_text("value")?;
        let gain = match self
            .table
            .choice("value", &[("recall", 0), ("precision", 1), ("amount", 2)])?
        {
            0 => Gain::Recall,
            1 => Gain::Precision,
            _ => Gain::Amount(self.required_value("of")?),
        };
        Some(Measure::Gain {
            score: self.column("score")?,
            when: self.required_condition("when")?,
            depth,
            gain,
        })
    }
}

/// `30min`, `48h`, `5d`, or `1mo` for calendar months.
fn limit(text: &str) -> Option<Limit> {
    if let Some(months) = text.trim().strip_suffix("mo") {
        return months.trim().parse().ok().map(Limit::Months);
    }
    let seconds = parse_span(text)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a limit of years is far below the range of microseconds"
    )]
    Some(Limit::Elapsed((seconds * 1e6).round() as i64))
}

/// `7d` as people read it: `7 d`.
fn people(text: &str) -> String {
    let unit_from = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(unit_from.unwrap_or(text.len()));
    format!("{number} {}", unit.trim())
}

fn milestone_of(section: &Section<'_, '_>, name: &Located<String>) -> Option<Milestone> {
    let found = Milestone::from_name(&name.value);
    if found.is_none() {
        let hint = did_you_mean(&name.value, Milestone::ALL.map(Milestone::name));
        section.fault(name, format!("`{}` is not a milestone", name.value), hint);
    }
    found
}
