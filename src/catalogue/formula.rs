//! Arithmetic over figures of one cell: `(TF01.p95 - TF01.median) / TF01.median`.

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};

use crate::evaluate::Statistic;
use crate::project::parse_one;

/// What a formula reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A figure of another KPI in the same period and for the same member.
    Figure {
        /// The KPI's id.
        kpi: String,
        /// Which number.
        statistic: Statistic,
    },
    /// Calendar days of the period until the freeze time.
    Days,
    /// A figure of `inputs/NAME.csv`.
    Input(String),
}

/// A formula: `+ - * /`, parentheses, numbers and terms, in floating point.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    text: String,
    node: Node,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Term(Term),
    Number(f64),
    Operation(char, Box<Node>, Box<Node>),
}

impl Formula {
    /// Parses a formula. The error says what is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self {
            text: text.to_owned(),
            node: lower(&parse_one(text)?)?,
        })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The ids of the KPIs it reads, each once, the first one first.
    pub fn kpis(&self) -> Vec<&str> {
        let mut kpis: Vec<&str> = Vec::new();
        for term in self.terms() {
            if let Term::Figure { kpi, .. } = term
                && !kpis.contains(&kpi.as_str())
            {
                kpis.push(kpi);
            }
        }
        kpis
    }

    /// The names of the inputs it reads.
    pub fn inputs(&self) -> Vec<&str> {
        let names = self.terms().into_iter().filter_map(|term| match term {
            Term::Input(name) => Some(name.as_str()),
            _ => None,
        });
        names.collect()
    }

    /// All terms, from left to right.
    pub fn terms(&self) -> Vec<&Term> {
        let mut terms = Vec::new();
        self.node.collect(&mut terms);
        terms
    }

    /// The value, given that of each term; `None` where a term has none or a divisor is zero.
    pub fn evaluate(&self, value: &dyn Fn(&Term) -> Option<f64>) -> Option<f64> {
        self.node.evaluate(value).filter(|value| value.is_finite())
    }
}

impl Node {
    fn collect<'n>(&'n self, terms: &mut Vec<&'n Term>) {
        match self {
            Self::Term(term) => terms.push(term),
            Self::Number(_) => {}
            Self::Operation(_, a, b) => {
                a.collect(terms);
                b.collect(terms);
            }
        }
    }

    fn evaluate(&self, value: &dyn Fn(&Term) -> Option<f64>) -> Option<f64> {
        match self {
            Self::Term(term) => value(term),
            Self::Number(number) => Some(*number),
            Self::Operation(operator, a, b) => {
                let (a, b) = (a.evaluate(value)?, b.evaluate(value)?);
                match operator {
                    '+' => Some(a + b),
                    '-' => Some(a - b),
                    '*' => Some(a * b),
                    _ => (b != 0.0).then(|| a / b),
                }
            }
        }
    }
}

fn lower(expr: &Expr) -> Result<Node, String> {
    match expr {
        Expr::Identifier(ident) if ident.value == "days" => Ok(Node::Term(Term::Days)),
        Expr::Identifier(ident) => figure(&ident.value, Statistic::Value.name()),
        Expr::CompoundIdentifier(idents) => match idents.as_slice() {
            [input, name] if input.value == "input" => {
                Ok(Node::Term(Term::Input(name.value.clone())))
            }
            [kpi, statistic] => figure(&kpi.value, &statistic.value),
            _ => Err(format!("`{expr}` is not ID.statistic")),
        },
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits
                .parse()
                .map(Node::Number)
                .map_err(|_| format!("`{digits}` is not a number")),
            other => Err(format!("`{other}` is not a number")),
        },
        Expr::Nested(inner) => lower(inner),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => Ok(Node::Operation(
            '-',
            Box::new(Node::Number(0.0)),
            Box::new(lower(expr)?),
        )),
        Expr::BinaryOp { left, op, right } => {
            let operator = match op {
                BinaryOperator::Plus => '+',
                BinaryOperator::Minus => '-',
                BinaryOperator::Multiply => '*',
                BinaryOperator::Divide => '/',
                other => return Err(format!("`{other}` is not one of + - * /")),
            };
            Ok(Node::Operation(
                operator,
                Box::new(lower(left)?),
                Box::new(lower(right)?),
            ))
        }
        other => Err(format!("`{other}` is not arithmetic over KPIs")),
    }
}

fn figure(kpi: &str, statistic: &str) -> Result<Node, String> {
    let statistic = Statistic::from_name(statistic)
        .ok_or_else(|| format!("`{statistic}` is not a statistic"))?;
    Ok(Node::Term(Term::Figure {
        kpi: kpi.to_owned(),
        statistic,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_names_its_terms_and_divides_by_no_zero() {
        let formula = Formula::parse("(TF01.p95 - TF01.median) / TF01.median").unwrap();
        assert_eq!(formula.kpis(), ["TF01"]);
        let value = |p95: f64, median: f64| {
            formula.evaluate(&|term| match term {
                Term::Figure {
                    statistic: Statistic::P95,
                    ..
                } => Some(p95),
                Term::Figure { .. } => Some(median),
                _ => None,
            })
        };
        assert_eq!(value(30.0, 10.0), Some(2.0));
        assert_eq!(value(30.0, 0.0), None);
        let formula = Formula::parse("input.cost / RV01 * days").unwrap();
        assert_eq!(formula.inputs(), ["cost"]);
        assert!(Formula::parse("TF01.middle").is_err());
        assert!(Formula::parse("SUM(TF01)").is_err());
    }
}
