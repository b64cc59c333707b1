//! `inputs/NAME.csv`: figures that no log holds, such as what the administration cost.
//!
//! ```csv
//! period,member,value
//! 2025-03,all,850000000
//! 2025-03,corridor=Yallama,120000000
//! ```
//!
//! `period` is a month, quarter or year; `member` is empty or `all` for the whole, else
//! `dimension=member`; `value` is a plain decimal. The whole is never made from its members. A longer
//! period that is not stated is made from the shorter ones inside it, all of which must be there; how,
//! says a line `# over_time = sum`, `last` or `stated` (see [`OverTime`]).

use std::collections::BTreeMap;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::error::{Fault, did_you_mean};
use crate::model::{Grain, Month, Period, PeriodArgument};

/// The columns of the file; `member` may be left out.
const COLUMNS: [&str; 3] = ["period", "member", "value"];
/// The whole, as a dimension and as its only member.
const ALL: &str = "all";
/// How lines begin that are not data.
const COMMENT: char = '#';

/// Inputs of the built-in catalogue that do not add up over time.
const NO_FLOWS: [(&str, OverTime); 2] = [
    ("profiles_active", OverTime::Last),
    ("recording_latency", OverTime::Stated),
];

/// What a longer period is made of where it is not stated itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverTime {
    /// The sum of the periods inside it: costs, exports, changes. What holds unless the file says
    /// otherwise, but for the inputs of the catalogue that are no flows.
    #[default]
    Sum,
    /// The last period inside it: what is counted at a date, such as active profiles.
    Last,
    /// Nothing: it must be stated, as a median must.
    Stated,
}

impl OverTime {
    const NAMES: [(&str, Self); 3] = [
        ("sum", Self::Sum),
        ("last", Self::Last),
        ("stated", Self::Stated),
    ];
}

/// One line of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRow {
    /// The period it is for.
    pub period: Period,
    /// The dimension and the member it is for; `all` and `all` for the whole.
    pub cell: (String, String),
    /// The figure, in the unit of the KPI that reads it.
    pub value: Decimal,
    /// The line in the file, for messages.
    pub line: usize,
}

/// Figures from outside the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The file's name without `.csv`: how formulas call it (`input.NAME`).
    pub name: String,
    /// What a longer period is made of.
    pub over_time: OverTime,
    /// Its lines, in file order.
    pub rows: Vec<InputRow>,
    /// Which row states a figure.
    stated: BTreeMap<(Period, (String, String)), usize>,
}

impl Input {
    /// Reads a file; every fault in it is reported with its line.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Vec<Fault>> {
        let name = path.file_stem().unwrap_or_default();
        let mut parser = Parser {
            path,
            faults: Vec::new(),
            input: Self {
                name: name.to_string_lossy().into_owned(),
                ..Self::default()
            },
        };
        parser.over_time(text);
        parser.rows(text.trim_start_matches('\u{feff}'));
        if parser.faults.is_empty() {
            Ok(parser.input)
        } else {
            parser.faults.sort_by_key(|fault| fault.line);
            Err(parser.faults)
        }
    }

    /// The figure of a period and a cell, `("all", "all")` for the whole. `None` where it is neither
    /// stated nor made from what is stated: a month is missing, or the input is not to be added up.
    pub fn value(&self, period: Period, dimension: &str, member: &str) -> Option<Decimal> {
        let cell = (dimension.to_owned(), member.to_owned());
        if let Some(value) = self.stated(period, &cell) {
            return Some(value);
        }
        let mut parts = Vec::new();
        let mut month = period.first;
        while month <= period.last {
            let (part, value) = self.part(month, period.last, &cell)?;
            parts.push(value);
            month = part.last.plus(1);
        }
        match self.over_time {
            OverTime::Sum => parts
                .into_iter()
                .try_fold(Decimal::ZERO, Decimal::checked_add),
            OverTime::Last => parts.last().copied(),
            OverTime::Stated => None,
        }
    }

    /// As [`Input::value`], as the nearest floating-point number: for quotients.
    pub fn number(&self, period: Period, dimension: &str, member: &str) -> Option<f64> {
        self.value(period, dimension, member)?.to_f64()
    }

    /// The longest stated period that begins with a month and ends no later than another.
    fn part(
        &self,
        first: Month,
        last: Month,
        cell: &(String, String),
    ) -> Option<(Period, Decimal)> {
        [Grain::Year, Grain::Quarter, Grain::Month]
            .into_iter()
            .map(|grain| Period::containing(first, grain))
            .filter(|part| part.first == first && part.last <= last)
            .find_map(|part| Some((part, self.stated(part, cell)?)))
    }

    fn stated(&self, period: Period, cell: &(String, String)) -> Option<Decimal> {
        let at = self.stated.get(&(period, cell.clone()))?;
        self.rows.get(*at).map(|row| row.value)
    }
}

/// Where the columns stand in this file.
struct Places {
    period: usize,
    member: Option<usize>,
    value: usize,
}

struct Parser<'p> {
    path: &'p Path,
    faults: Vec<Fault>,
    input: Input,
}

impl Parser<'_> {
    fn fault(&mut self, line: usize, field: &str, message: String, hint: Option<String>) {
        self.faults.push(Fault {
            file: self.path.to_owned(),
            line: Some(line),
            field: field.to_owned(),
            message,
            hint,
        });
    }

    /// Reads the line `# over_time = …`, where there is one.
    fn over_time(&mut self, text: &str) {
        let known = NO_FLOWS.iter().find(|(name, _)| *name == self.input.name);
        self.input.over_time = known.map(|(_, over_time)| *over_time).unwrap_or_default();
        for (at, line) in text.lines().enumerate() {
            let Some(comment) = line.trim().strip_prefix(COMMENT) else {
                continue;
            };
            let Some((key, word)) = comment.split_once('=') else {
                continue;
            };
            if key.trim() != "over_time" {
                continue;
            }
            let word = word.trim();
            if let Some((_, found)) = OverTime::NAMES.iter().find(|(name, _)| *name == word) {
                self.input.over_time = *found;
            } else {
                let names = OverTime::NAMES.map(|(name, _)| name);
                let message = format!("`{word}` is not one of: {}", names.join(", "));
                self.fault(at + 1, "over_time", message, did_you_mean(word, names));
            }
        }
    }

    fn rows(&mut self, text: &str) {
        let mut reader = ReaderBuilder::new()
            .comment(u8::try_from(COMMENT).ok())
            .trim(Trim::All)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut places = None;
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(cause) => {
                    let line = cause.position().map_or(1, csv::Position::line);
                    self.fault(line_number(line), "", cause.to_string(), None);
                    return;
                }
            };
            let line = line_number(record.position().map_or(1, csv::Position::line));
            match &places {
                None => match self.header(&record, line) {
                    Some(found) => places = Some((found, record.len())),
                    None => return,
                },
                Some((places, width)) if record.len() == *width => {
                    self.row(&record, places, line);
                }
                Some((_, width)) => {
                    let message = format!("has {} fields, not {width}", record.len());
                    let hint = "one line has a period, a member and a value".to_owned();
                    self.fault(line, "", message, Some(hint));
                }
            }
        }
        if places.is_none() {
            let hint = format!("the first line is `{}`", COLUMNS.join(","));
            self.fault(1, "", "is empty".to_owned(), Some(hint));
        }
    }

    /// Where the columns stand; `None`, with faults, where the header is not ours.
    fn header(&mut self, record: &StringRecord, line: usize) -> Option<Places> {
        let before = self.faults.len();
        for (at, name) in record.iter().enumerate() {
            let message = if !COLUMNS.contains(&name) {
                "is not a column of an input"
            } else if record.iter().position(|other| other == name) != Some(at) {
                "stands twice"
            } else {
                continue;
            };
            let hint = did_you_mean(name, COLUMNS)
                .filter(|_| !COLUMNS.contains(&name))
                .or_else(|| Some(format!("the first line is `{}`", COLUMNS.join(","))));
            self.fault(line, name, message.to_owned(), hint);
        }
        let find = |name: &str| record.iter().position(|other| other == name);
        if self.faults.len() > before {
            return None;
        }
        let (Some(period), Some(value)) = (find("period"), find("value")) else {
            let hint = format!("the first line is `{}`", COLUMNS.join(","));
            let message = "the columns `period` and `value` must be there".to_owned();
            self.fault(line, "", message, Some(hint));
            return None;
        };
        Some(Places {
            period,
            member: find("member"),
            value,
        })
    }

    fn row(&mut self, record: &StringRecord, places: &Places, line: usize) {
        let field = |at: usize| record.get(at).unwrap_or_default();
        let period = self.period(field(places.period), line);
        let cell = self.cell(places.member.map(field).unwrap_or_default(), line);
        let value = self.value(field(places.value), line);
        let (Some(period), Some(cell), Some(value)) = (period, cell, value) else {
            return;
        };
        let key = (period, cell);
        if let Some(earlier) = self.input.stated.get(&key) {
            let earlier = self.input.rows.get(*earlier).map_or(0, |row| row.line);
            let message = format!("the same period and member stand on line {earlier} already");
            self.fault(line, "period", message, None);
            return;
        }
        self.input.rows.push(InputRow {
            period,
            cell: key.1.clone(),
            value,
            line,
        });
        let at = self.input.rows.len() - 1;
        self.input.stated.insert(key, at);
    }

    fn period(&mut self, text: &str, line: usize) -> Option<Period> {
        if let Ok(PeriodArgument::One(period)) = text.parse() {
            return Some(period);
        }
        let hint = "write `2025-03`, `2025-Q1` or `2025`".to_owned();
        let message = format!("`{text}` is not a month, quarter or year");
        self.fault(line, "period", message, Some(hint));
        None
    }

    fn cell(&mut self, text: &str, line: usize) -> Option<(String, String)> {
        if text.is_empty() || text == ALL {
            return Some((ALL.to_owned(), ALL.to_owned()));
        }
        match text.split_once('=') {
            Some((dimension, member)) if !dimension.is_empty() && !member.is_empty() => {
                Some((dimension.trim().to_owned(), member.trim().to_owned()))
            }
            _ => {
                let hint = "write `all`, or a dimension and its member: `corridor=Yallama`";
                let message = format!("`{text}` is not a member");
                self.fault(line, "member", message, Some(hint.to_owned()));
                None
            }
        }
    }

    fn value(&mut self, text: &str, line: usize) -> Option<Decimal> {
        let plain = text
            .chars()
            .all(|c| c.is_ascii_digit() || c == '.' || c == '-');
        let value = text.parse().ok().filter(|_| plain);
        if value.is_none() {
            let hint = "write digits with a point, such as `1250000.50`".to_owned();
            let message = format!("`{text}` is not a number");
            self.fault(line, "value", message, Some(hint));
        }
        value
    }
}

fn line_number(line: u64) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str, text: &str) -> Result<Input, Vec<Fault>> {
        Input::parse(Path::new(&format!("inputs/{name}.csv")), text)
    }

    fn value(input: &Input, period: &str, cell: (&str, &str)) -> Option<String> {
        let period = match period.split_once("..") {
            Some(_) => match period.parse() {
                Ok(PeriodArgument::Months(first, last)) => Period::range(first, last),
                other => panic!("{other:?}"),
            },
            None => match period.parse() {
                Ok(PeriodArgument::One(period)) => period,
                other => panic!("{other:?}"),
            },
        };
        let value = input.value(period, cell.0, cell.1);
        value.map(|value| value.to_string())
    }

    const WHOLE: (&str, &str) = ("all", "all");

    #[test]
    fn months_add_up_to_quarters_and_years_unless_those_are_stated() {
        let months: Vec<String> = (1..=12)
            .map(|month| format!("2024-{month:02},,10"))
            .collect();
        let months = months.join(
            "
",
        );
        let text = format!(
            "period,member,value\n{months}\n2025-01,all,1.5\n2025-02,all,2\n2025-03,all,3\n\
             2025-Q2,all,100\n2025-04,all,7\n2023,all,99\n"
        );
        let input = input("administrative_cost", &text).unwrap();
        let of = |period| value(&input, period, WHOLE);
        assert_eq!(of("2025-02"), Some("2".to_owned()));
        assert_eq!(of("2025-Q1"), Some("6.5".to_owned()));
        assert_eq!(of("2025-Q2"), Some("100".to_owned()));
        assert_eq!(of("2024"), Some("120".to_owned()));
        // A year that is stated serves a longer range, and so does the quarter.
        assert_eq!(of("2023-01..2025-06"), Some("325.5".to_owned()));
        // A month is missing; a month can't be cut out of a quarter or a year.
        assert_eq!(of("2025-Q3"), None);
        assert_eq!(of("2025"), None);
        assert_eq!(of("2025-05"), None);
        assert_eq!(of("2023-Q1"), None);
    }

    #[test]
    fn the_whole_is_not_made_from_members_nor_members_from_the_whole() {
        let text =
            "period,member,value\n2025-01,corridor=C1,4\n2025-01,corridor=C2,5\n2025-02,,9\n";
        let input = input("partner_exports", text).unwrap();
        assert_eq!(value(&input, "2025-01", WHOLE), None);
        assert_eq!(
            value(&input, "2025-01", ("corridor", "C2")),
            Some("5".to_owned())
        );
        assert_eq!(value(&input, "2025-02", ("corridor", "C1")), None);
        assert_eq!(value(&input, "2025-02", WHOLE), Some("9".to_owned()));
    }

    #[test]
    fn what_is_counted_at_a_date_is_not_added_up() {
        let lines = "period,member,value\n2025-01,,40\n2025-02,,42\n2025-03,,45\n";
        let of = |name: &str, text: &str| {
            let input = input(name, text).unwrap();
            value(&input, "2025-Q1", WHOLE)
        };
        assert_eq!(of("profiles_active", lines), Some("45".to_owned()));
        assert_eq!(of("recording_latency", lines), None);
        assert_eq!(of("other", lines), Some("127".to_owned()));
        let said = format!("# Staff at the end of the month\n# over_time = last\n{lines}");
        assert_eq!(of("other", &said), Some("45".to_owned()));
        let without_february = lines.replace("2025-02,,42\n", "");
        assert_eq!(of("profiles_active", &without_february), None);
    }

    #[test]
    fn every_fault_is_reported_with_its_line_and_what_would_be_right() {
        let text = "# over_time = mean\nperiod,member,value\n2025-13,all,1\n2025-01,Yallama,2\n\
                    2025-02,all,1e6\n2025-03,all,5\n\n2025-03,,6\n2025-04,all\n2025-05,corridor=A,\n";
        let faults = input("administrative_cost", text).unwrap_err();
        let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(texts.join("\n"), @"
        inputs/administrative_cost.csv:1: `over_time`: `mean` is not one of: sum, last, stated
        inputs/administrative_cost.csv:3: `period`: `2025-13` is not a month, quarter or year (hint: write `2025-03`, `2025-Q1` or `2025`)
        inputs/administrative_cost.csv:4: `member`: `Yallama` is not a member (hint: write `all`, or a dimension and its member: `corridor=Yallama`)
        inputs/administrative_cost.csv:5: `value`: `1e6` is not a number (hint: write digits with a point, such as `1250000.50`)
        inputs/administrative_cost.csv:7: `period`: the same period and member stand on line 6 already
        inputs/administrative_cost.csv:9: has 2 fields, not 3 (hint: one line has a period, a member and a value)
        inputs/administrative_cost.csv:10: `value`: `` is not a number (hint: write digits with a point, such as `1250000.50`)
        ");
        let faults = input("x", "period,members,value\n2025-01,all,1\n").unwrap_err();
        insta::assert_snapshot!(faults[0], @"inputs/x.csv:1: `members`: is not a column of an input (hint: did you mean `member`?)");
        let faults = input("x", "").unwrap_err();
        insta::assert_snapshot!(faults[0], @"inputs/x.csv:1: is empty (hint: the first line is `period,member,value`)");
        assert!(input("x", "\u{feff}period,value\n2025-01,1\n").is_ok());
    }
}
