//! Figures that are made from figures of other KPIs in the same cell: growth, attainment, arithmetic,
//! inputs. Each of those rests on base rows of its own cell; nothing is averaged over members.

use super::figures::{CellFigures, Figure, FigureGrid, quantity};
use super::rows::earlier;
use super::table::Statistic;
use super::targets::target_of;
use super::{Evaluator, Run};
use crate::catalogue::{Definition, Formula, Measure, Term};
use crate::error::Result;
use crate::model::{Grain, Period};

/// A cell by the positions of its period and member.
type At = (usize, usize);

/// The value of one cell, given the figures that it stands on.
type CellValue<'a> = Box<dyn Fn(&FigureGrid, At) -> Option<f64> + 'a>;

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
            Measure::Input { name } => Box::new(|grid, at| self.input(name, grid, at)),
            _ => return Ok(None),
        };
        // A formula rests on the rows of the first KPI that it names, or on the definition's own.
        let grid = match definition.measure.references().first() {
            Some(id) => {
                let first = self.evaluator.catalogue().require(id)?;
                self.figures(first, names)?
            }
            None => self.measured(definition, names)?.into(),
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
                let value = value(&grid, (period, member));
                CellFigures {
                    n: sum(|cell| cell.n),
                    n_open: sum(|cell| cell.n_open),
                    n_excluded: sum(|cell| cell.n_excluded),
                    figures: vec![Figure {
                        statistic: Statistic::Value,
                        unit: definition.unit,
                        value: value.map(|value| quantity(definition.unit, value)),
                        ci: None,
                    }],
                }
            },
        );
        Ok(Some(made))
    }

    /// `None` where there is no earlier figure, it is not positive, or it may not be shown.
    fn growth(
        &self,
        grid: &FigureGrid,
        (period, member): At,
        months: i32,
        per_working_day: bool,
    ) -> Option<f64> {
        let before = earlier(&self.scope.periods, period, months)?;
        let value = |at: usize| {
            let cell = grid.get(at, member)?;
            let days = if per_working_day {
                self.evaluator.working_days(*self.scope.periods.get(at)?)?
            } else {
                1.0
            };
            let value = cell.value(Statistic::Value)?;
            (days > 0.0).then(|| value / days)
        };
        let shown = grid.get(before, member)?.n >= self.scope.min_declarations;
        let base = value(before).filter(|base| shown && *base > 0.0)?;
        Some(value(period)? / base - 1.0)
    }

    /// A figure over its target; cumulative: both from January to the period's end. `None` where a
    /// period of the year has no target or is not evaluated.
    fn attainment(
        &self,
        definition: &Definition,
        grid: &FigureGrid,
        (period, member): At,
        cumulative: bool,
    ) -> Option<f64> {
        let from = if cumulative {
            self.year_start(period)?
        } else {
            period
        };
        let (mut reached, mut planned) = (0.0, 0.0);
        for at in from..=period {
            let key = (grid.dimension.as_ref(), grid.members.get(member)?.as_ref());
            let at_period = *self.scope.periods.get(at)?;
            planned += self.plan(definition, key, at_period)?;
            reached += grid.get(at, member)?.value(Statistic::Value)?;
        }
        (planned > 0.0).then(|| reached / planned)
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
    ) -> Result<Vec<(String, std::rc::Rc<FigureGrid>)>> {
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
        terms: &[(String, std::rc::Rc<FigureGrid>)],
        grid: &FigureGrid,
        (period, member): At,
    ) -> Option<f64> {
        let name = grid.members.get(member)?;
        formula.evaluate(&|term| match term {
            Term::Figure { kpi, statistic } => {
                let (_, grid) = terms.iter().find(|(id, _)| id == kpi)?;
                grid.get(period, grid.position(name)?)?.value(*statistic)
            }
            Term::Days => self.evaluator.days(*self.scope.periods.get(period)?),
            Term::Input(input) => self.input(input, grid, (period, member)),
        })
    }

    fn input(&self, name: &str, grid: &FigureGrid, (period, member): At) -> Option<f64> {
        let inputs = self.evaluator.settings.inputs;
        let period = *self.scope.periods.get(period)?;
        let member = grid.members.get(member)?;
        inputs.get(name)?.number(period, &grid.dimension, member)
    }
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
