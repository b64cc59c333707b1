//! Exact arithmetic over the amounts, numbers and times of one row.

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value,
};

use crate::model::AMOUNTS;
use crate::project::parse_one;

/// A sum, difference, greatest or least of columns and whole numbers: standard SQL, exact.
///
/// Every value is in millionths: amounts and numbers as they are stored, times in microseconds
/// (millionths of a second), counts times a million. A column without a value makes the result null,
/// unless `COALESCE` gives another.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueExpression {
    sql: String,
    node: Node,
    /// Whether a log without one of the columns can't give the value at all.
    all_required: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Column(usize, String),
    Constant(i128),
    Add(Box<Node>, Box<Node>),
    Subtract(Box<Node>, Box<Node>),
    Greatest(Vec<Node>),
    Least(Vec<Node>),
    Coalesce(Vec<Node>),
}

impl ValueExpression {
    /// Parses an expression. The error says what is not understood.
    pub fn parse(sql: &str) -> Result<Self, String> {
        let mut columns = Vec::new();
        let node = lower(&parse_one(sql)?, &mut columns)?;
        Ok(Self {
            sql: sql.to_owned(),
            node,
            all_required: false,
        })
    }

    /// The sum of some columns, of which a missing one counts as nothing unless there is only one.
    pub fn sum_of(columns: &[String]) -> Result<Self, String> {
        match columns {
            [only] => Self::parse(only),
            several => {
                let terms: Vec<String> = several
                    .iter()
                    .map(|column| format!("COALESCE({column}, 0)"))
                    .collect();
                let all_required = true;
                Self::parse(&terms.join(" + ")).map(|sum| Self {
                    all_required,
                    ..sum
                })
            }
        }
    }

    /// Its SQL text.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The columns it reads, in the order of their first use.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        self.node.collect(&mut columns);
        columns.sort_unstable();
        columns.dedup();
        columns.sort_by_key(|(at, _)| *at);
        columns.into_iter().map(|(_, name)| name).collect()
    }

    /// Whether it reads an amount of money.
    pub fn is_money(&self) -> bool {
        let money = |name: &&str| *name == "payment" || AMOUNTS.contains(name);
        self.columns().iter().any(money)
    }

    /// The columns without which a log can't give the value: what stands in `COALESCE` may be lacking, but
    /// never everything.
    pub fn required_columns(&self) -> Vec<&str> {
        let all = self.columns();
        let mut optional = Vec::new();
        if !self.all_required {
            self.node.collect_optional(&mut optional);
        }
        let required = |name: &&str| !optional.iter().any(|(_, other)| other == name);
        let some: Vec<&str> = all.iter().copied().filter(required).collect();
        if some.is_empty() {
            all.into_iter().take(1).collect()
        } else {
            some
        }
    }

    /// The value of a row, given the values of [`ValueExpression::columns`] in millionths.
    pub fn evaluate(&self, columns: &[Option<i128>]) -> Option<i128> {
        self.node.evaluate(columns)
    }
}

impl Node {
    fn collect<'n>(&'n self, columns: &mut Vec<(usize, &'n str)>) {
        match self {
            Self::Column(at, name) => columns.push((*at, name)),
            Self::Constant(_) => {}
            Self::Add(a, b) | Self::Subtract(a, b) => {
                a.collect(columns);
                b.collect(columns);
            }
            Self::Greatest(nodes) | Self::Least(nodes) | Self::Coalesce(nodes) => {
                for node in nodes {
                    node.collect(columns);
                }
            }
        }
    }

    fn collect_optional<'n>(&'n self, columns: &mut Vec<(usize, &'n str)>) {
        match self {
            Self::Coalesce(_) => self.collect(columns),
            Self::Add(a, b) | Self::Subtract(a, b) => {
                a.collect_optional(columns);
                b.collect_optional(columns);
            }
            Self::Greatest(nodes) | Self::Least(nodes) => {
                for node in nodes {
                    node.collect_optional(columns);
                }
            }
            Self::Column(..) | Self::Constant(_) => {}
        }
    }

    fn evaluate(&self, columns: &[Option<i128>]) -> Option<i128> {
        let all = |nodes: &[Self]| -> Option<Vec<i128>> {
            nodes.iter().map(|node| node.evaluate(columns)).collect()
        };
        match self {
            Self::Column(at, _) => columns.get(*at).copied().flatten(),
            Self::Constant(value) => Some(*value),
            Self::Add(a, b) => Some(a.evaluate(columns)? + b.evaluate(columns)?),
            Self::Subtract(a, b) => Some(a.evaluate(columns)? - b.evaluate(columns)?),
            Self::Greatest(nodes) => all(nodes)?.into_iter().max(),
            Self::Least(nodes) => all(nodes)?.into_iter().min(),
            Self::Coalesce(nodes) => nodes.iter().find_map(|node| node.evaluate(columns)),
        }
    }
}

fn lower(expr: &Expr, columns: &mut Vec<String>) -> Result<Node, String> {
    match expr {
        Expr::Identifier(ident) => {
            let name = ident.value.clone();
            let at = columns.iter().position(|column| *column == name);
            let at = at.unwrap_or_else(|| {
                columns.push(name.clone());
                columns.len() - 1
            });
            Ok(Node::Column(at, name))
        }
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits
                .parse::<i64>()
                .map(|whole| Node::Constant(i128::from(whole) * 1_000_000))
                .map_err(|_| format!("`{digits}` is not a whole number")),
            other => Err(format!("`{other}` is not a number")),
        },
        Expr::Nested(inner) => lower(inner, columns),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => Ok(Node::Subtract(
            Box::new(Node::Constant(0)),
            Box::new(lower(expr, columns)?),
        )),
        Expr::BinaryOp { left, op, right } => {
            let (a, b) = (
                Box::new(lower(left, columns)?),
                Box::new(lower(right, columns)?),
            );
            match op {
                BinaryOperator::Plus => Ok(Node::Add(a, b)),
                BinaryOperator::Minus => Ok(Node::Subtract(a, b)),
                other => Err(format!("`{other}` is not `+` or `-`")),
            }
        }
        Expr::Function(function) => {
            let arguments = arguments(&function.args)?
                .into_iter()
                .map(|argument| lower(argument, columns))
                .collect::<Result<Vec<Node>, String>>()?;
            match function.name.to_string().to_lowercase().as_str() {
                "greatest" => Ok(Node::Greatest(arguments)),
                "least" => Ok(Node::Least(arguments)),
                "coalesce" => Ok(Node::Coalesce(arguments)),
                other => Err(format!("`{other}` is not GREATEST, LEAST or COALESCE")),
            }
        }
        other => Err(format!("`{other}` is not exact arithmetic")),
    }
}

fn arguments(arguments: &FunctionArguments) -> Result<Vec<&Expr>, String> {
    let FunctionArguments::List(list) = arguments else {
        return Err("a function needs arguments".to_owned());
    };
    list.args
        .iter()
        .map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
            other => Err(format!("`{other}` is not a plain argument")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(sql: &str, columns: &[Option<i128>]) -> Option<i128> {
        ValueExpression::parse(sql).unwrap().evaluate(columns)
    }

    #[test]
    fn sums_and_differences_are_exact_and_null_goes_through() {
        assert_eq!(value("a - b + 1", &[Some(5), Some(2)]), Some(1_000_003));
        assert_eq!(value("a - b", &[Some(5), None]), None);
        assert_eq!(value("GREATEST(a - b, 0)", &[Some(2), Some(5)]), Some(0));
        assert_eq!(value("COALESCE(a, 0) + b", &[None, Some(5)]), Some(5));
        assert_eq!(value("LEAST(a, b, a)", &[Some(7), Some(3)]), Some(3));
    }

    #[test]
    fn columns_are_named_once_in_order() {
        let expression = ValueExpression::parse("b - GREATEST(a, b)").unwrap();
        assert_eq!(expression.columns(), ["b", "a"]);
        let required = |sql: &str| {
            let expression = ValueExpression::parse(sql).unwrap();
            let required = expression.required_columns();
            required.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(required("a + COALESCE(b, 0)"), ["a"]);
        assert_eq!(required("COALESCE(b, 0) + COALESCE(a, 0)"), ["b"]);
        let sum = ValueExpression::sum_of(&["a".to_owned(), "b".to_owned()]).unwrap();
        assert_eq!(sum.required_columns(), ["a", "b"]);
    }

    #[test]
    fn what_is_not_exact_is_refused() {
        for sql in ["a * b", "a / 2", "ROUND(a)", "'x'", "1.5", "a > b"] {
            assert!(ValueExpression::parse(sql).is_err(), "{sql}");
        }
    }
}
