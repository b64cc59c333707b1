//! Figures that are made from figures of other KPIs in the same cell: growth, attainment, arithmetic,
//! inputs. Each of those rests on base rows of its own cell; nothing is averaged over members.

use super::figures::{CellFigures, Figure, FigureGrid, quantity};
use super::rows::earlier;
use super::statistics::{Z, on_log_scale};
use super::table::Statistic;
use super::targets::target_of;
use super::{Evaluator, Run};
use crate::catalogue::{Definition, Formula, Measure, Term};
use crate::error::Result;
use crate::model::{Grain, Period};

/// A cell by the positions of its period and member.
type At = (usize, usize);

/// A number that is made from others, with its 95 % interval where theirs give one.
#[derive(Clone, Copy, Default)]
struct Made {
    value: Option<f64>,
    ci: Option<(f64, f64)>,
    /// Whether it stands on a figure that may not be shown.
    withheld: bool,
}

/// The number of one cell, given the figures that it stands on.
type CellValue<'a> = Box<dyn Fn(&FigureGrid, At) -> Made + 'a>;

impl Run<'_, '_> {
    /// The figures of a KPI that is made from others; `None` for one that is measured itself.
    pub(super) fn composed(
        &self,
        definition: &Definition,
        names: &[String],
    ) -> Result<Option<FigureGrid>> {
        let value: CellValue<'_> = match &definition.measure {
            Measure::Growth {
                months,
                per_working_day,
                ..
            } => Box::new(|grid, at| self.growth(grid, at, *months, *per_working_day)),
            Measure::Attainment { of, cumulative } => {
                let target = self.evaluator.catalogue().require(of)?;
                Box::new(|grid, at| self.attainment(target, grid, at, *cumulative))
            }
            Measure::Derived { value } => {
                let terms = self.terms(value, names)?;
                Box::new(move |grid, at| self.derived(value, &terms, grid, at))
            }
            Measure::Input { name } => Box::new(|grid, at| Made {
                value: self.input(name, grid, at),
                ..Made::default()
            }),
            _ => return Ok(None),
        };
        // A formula rests on the rows of the first KPI that it names, or on the definition's own.
        let grid = match definition.measure.references().first() {
            Some(id) => {
                let first = self.evaluator.catalogue().require(id)?;
                self.figures(first, names)?
            }
            None => self.measured(definition, names)?,
        };
        let to_date = matches!(
            definition.measure,
            Measure::Attainment {
                cumulative: true,
                ..
            }
        );
        let made = FigureGrid::new(
            grid.dimension.clone(),
            grid.members.clone(),
            self.scope.periods.len(),
            |period, member| {
                let first = if to_date {
                    self.year_start(period).unwrap_or(period)
                } else {
                    period
                };
                let sum = |count: fn(&CellFigures) -> u64| {
                    let cells = (first..=period).filter_map(|at| grid.get(at, member));
                    cells.map(count).sum()
                };
                let made = value(&grid, (period, member));
                let own = grid.get(period, member).is_some_and(|cell| cell.withheld);
                CellFigures {
                    n: sum(|cell| cell.n),
                    n_open: sum(|cell| cell.n_open),
                    n_excluded: sum(|cell| cell.n_excluded),
                    dominated: false,
                    withheld: own || made.withheld,
                    figures: vec![Figure {
                        statistic: Statistic::Value,
                        unit: definition.unit,
                        value: made.value.map(|value| quantity(definition.unit, value)),
                        ci: made.ci,
                        variance: None,
                    }],
                }
            },
        );
        Ok(Some(made))
    }

    /// Nothing where there is no earlier figure, or it is not positive. The interval is that of the
    /// logarithm of the quotient, whose variance is the sum of both relative variances.
    fn growth(
        &self,
        grid: &FigureGrid,
        (period, member): At,
        months: i32,
        per_working_day: bool,
    ) -> Made {
        let total = |at: usize| {
            let cell = grid.get(at, member)?;
            let days = if per_working_day {
                self.evaluator.working_days(*self.scope.periods.get(at)?)?
            } else {
                1.0
            };
            let value = cell.value(Statistic::Value).filter(|_| days > 0.0)?;
            let variance = cell.figure(Statistic::Value)?.variance;
            Some((value / days, variance.map(|own| own / (value * value))))
        };
        let Some(before_at) = earlier(&self.scope.periods, period, months) else {
            return Made::default();
        };
        let before = total(before_at).filter(|(value, _)| *value > 0.0);
        let Some(((now, error), (before, error_before))) = total(period).zip(before) else {
            return Made::default();
        };
        let error = error.zip(error_before).filter(|_| now > 0.0);
        Made {
            value: Some(now / before - 1.0),
            ci: error.and_then(|(now_error, before_error)| {
                let (low, high) = on_log_scale(now / before, (now_error + before_error).sqrt())?;
                Some((low - 1.0, high - 1.0))
            }),
            withheld: is_withheld(grid, before_at, member),
        }
    }

    /// A figure over its target; cumulative: both from January to the period's end. Nothing where a
    /// period of the year has no target or is not evaluated. Targets are certain.
    fn attainment(
        &self,
        definition: &Definition,
        grid: &FigureGrid,
        (period, member): At,
        cumulative: bool,
    ) -> Made {
        let from = if cumulative {
            self.year_start(period)
        } else {
            Some(period)
        };
        let (mut reached, mut planned, mut variance) = (0.0, 0.0, Some(0.0));
        let mut add = |at: usize| {
            let key = (grid.dimension.as_ref(), grid.members.get(member)?.as_ref());
            let at_period = *self.scope.periods.get(at)?;
            planned += self.plan(definition, key, at_period)?;
            let figure = grid.get(at, member)?.figure(Statistic::Value)?;
            reached += figure.value?.to_f64();
            variance = variance.zip(figure.variance).map(|(sum, own)| sum + own);
            Some(())
        };
        let Some(from) = from.filter(|from| (*from..=period).try_for_each(&mut add).is_some())
        else {
            return Made::default();
        };
        let value = (planned > 0.0).then(|| reached / planned);
        let half = variance.map(|variance: f64| Z * variance.sqrt() / planned);
        Made {
            value,
            ci: value
                .zip(half)
                .map(|(value, half)| (value - half, value + half)),
            withheld: (from..=period).any(|at| is_withheld(grid, at, member)),
        }
    }

    /// Position of the first period of a period's year; `None` where the scope begins after it.
    fn year_start(&self, period: usize) -> Option<usize> {
        let year = self.scope.periods.get(period)?.last.year();
        let first = |p: &Period| p.first.year() == year && p.first.number() == 1;
        self.scope.periods.iter().position(first)
    }

    /// The target of a period: stated for it, or the sum of its months' targets.
    fn plan(&self, definition: &Definition, key: (&str, &str), period: Period) -> Option<f64> {
        let targets = self.evaluator.settings.targets;
        let stated = |period: Period| {
            let target = target_of(targets, definition, key, period, Statistic::Value);
            target.map(|target| target.value)
        };
        if let Some(value) = stated(period) {
            return Some(value);
        }
        if period.grain == Grain::Month {
            return None;
        }
        let months = super::Scope::periods_between(period.first, period.last, Grain::Month);
        months.into_iter().map(stated).sum()
    }

    /// The grids that a formula reads, by KPI.
    fn terms(
        &self,
        formula: &Formula,
        names: &[String],
    ) -> Result<Vec<(String, std::sync::Arc<FigureGrid>)>> {
        let kpis = formula.kpis().into_iter();
        kpis.map(|id| {
            let definition = self.evaluator.catalogue().require(id)?;
            Ok((id.to_owned(), self.figures(definition, names)?))
        })
        .collect()
    }

    fn derived(
        &self,
        formula: &Formula,
        terms: &[(String, std::sync::Arc<FigureGrid>)],
        grid: &FigureGrid,
        (period, member): At,
    ) -> Made {
        let Some(name) = grid.members.get(member) else {
            return Made::default();
        };
        let value = formula.evaluate(&|term| match term {
            Term::Figure { kpi, statistic } => {
                let (_, grid) = terms.iter().find(|(id, _)| id == kpi)?;
                grid.get(period, grid.position(name)?)?.value(*statistic)
            }
            Term::Days => self.evaluator.days(*self.scope.periods.get(period)?),
            Term::Input(input) => self.input(input, grid, (period, member)),
        });
        let hidden = |grid: &FigureGrid| {
            let at = grid.position(name);
            at.is_some_and(|at| is_withheld(grid, period, at))
        };
        Made {
            value,
            ci: None,
            withheld: terms.iter().any(|(_, grid)| hidden(grid)),
        }
    }

    fn input(&self, name: &str, grid: &FigureGrid, (period, member): At) -> Option<f64> {
        let inputs = self.evaluator.settings.inputs;
        let period = *self.scope.periods.get(period)?;
        let member = grid.members.get(member)?;
        inputs.get(name)?.number(period, &grid.dimension, member)
    }
}

fn is_withheld(grid: &FigureGrid, period: usize, member: usize) -> bool {
    grid.get(period, member).is_some_and(|cell| cell.withheld)
}

impl Evaluator<'_> {
    /// Calendar days of a period until the freeze time, with the fraction of the last one.
    fn days(&self, period: Period) -> Option<f64> {
        let (from, to) = period.bounds_us(self.settings.zone);
        let to = to.min(self.settings.freeze_us);
        (to > from).then(|| (to - from) as f64 / 86_400e6)
    }

    /// Days of a period on which the calendar that serves every office has hours; `None` without one.
    fn working_days(&self, period: Period) -> Option<f64> {
        let calendars = self.settings.calendars;
        let everywhere = |office: &String| office == "*";
        let calendar = calendars
            .iter()
            .find(|calendar| calendar.offices.iter().any(everywhere))?;
        let (first, last) = period.dates()?;
        let days = first.series(jiff::Span::new().days(1));
        let open = days
            .take_while(|date| *date <= last)
            .filter(|date| !calendar.hours_on(*date).is_empty());
        Some(open.count() as f64)
    }
}
