//! SQL expressions over the columns of a source row, for `where` and `expr` in mappings.
//!
//! A small, closed part of standard SQL with exact decimal arithmetic: comparison, `AND OR NOT`,
//! `IN`, `BETWEEN`, `LIKE`, `IS NULL`, `CASE`, `COALESCE`, `NULLIF`, `UPPER`, `LOWER`, `TRIM`,
//! `SUBSTR`, `||`, `+ - * /`. An empty field is null. A text compared or calculated with a number is
//! read as a number; a text that is not one is a fault of that row.

mod evaluate;
mod lower;

use std::borrow::Cow;

use rust_decimal::Decimal;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

pub use evaluate::parse_bool;

use crate::ingest::{NumberFormat, Reason};

/// A checked expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    node: Node,
    columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Column(usize),
    Null,
    Text(String),
    Number(Decimal),
    Bool(bool),
    Not(Box<Self>),
    Negate(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Compare(Comparison, Box<Self>, Box<Self>),
    Arithmetic(Arithmetic, Box<Self>, Box<Self>),
    Concat(Box<Self>, Box<Self>),
    IsNull(Box<Self>, bool),
    In(Box<Self>, Vec<Self>, bool),
    Like(Box<Self>, Box<Self>, bool),
    Case(Vec<(Self, Self)>, Option<Box<Self>>),
    Call(TextFunction, Vec<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextFunction {
    Coalesce,
    NullIf,
    Upper,
    Lower,
    Trim,
    Substr,
}

/// The value of an expression for one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'r> {
    /// Unknown.
    Null,
    /// A text.
    Text(Cow<'r, str>),
    /// An exact decimal number.
    Number(Decimal),
    /// True or false.
    Bool(bool),
}

/// Why an expression has no value for a row: the offending text and what was wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The offending value.
    pub value: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// The row that an expression is evaluated for.
pub trait Fields<'r> {
    /// The text of the i-th of [`Expression::columns`].
    fn text(&self, column: usize) -> &'r str;

    /// A text of the row as a number; plain decimals unless the source writes them otherwise.
    fn number(&self, text: &str) -> Result<Decimal, Reason> {
        let plain = NumberFormat::default();
        plain.decimal(text).map(|read| read.value)
    }
}

impl<'r, F: Fn(usize) -> &'r str> Fields<'r> for F {
    fn text(&self, column: usize) -> &'r str {
        self(column)
    }
}

/// One SQL expression, and nothing after it.
pub(crate) fn parse_one(sql: &str) -> Result<sqlparser::ast::Expr, String> {
    let dialect = GenericDialect {};
    let mut parser = Parser::new(&dialect)
        .try_with_sql(sql)
        .map_err(|error| format!("is not SQL: {error}"))?;
    let expr = parser
        .parse_expr()
        .map_err(|error| format!("is not SQL: {error}"))?;
    let next = parser.peek_token();
    if next.token == sqlparser::tokenizer::Token::EOF {
        Ok(expr)
    } else {
        Err(format!("is more than one condition: unexpected `{next}`"))
    }
}

impl Expression {
    /// Parses and checks an expression. The error says what is not understood.
    pub fn parse(sql: &str) -> Result<Self, String> {
        let expr = parse_one(sql)?;
        let mut columns = Vec::new();
        let node = lower::lower(&expr, &mut columns)?;
        Ok(Self { node, columns })
    }

    /// The source columns it reads, in the order of their first use; [`Expression::evaluate`] asks
    /// for them by position in this list.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Its value for a row.
    pub fn evaluate<'r>(&'r self, row: &dyn Fields<'r>) -> Result<Value<'r>, RowFault> {
        self.node.evaluate(row)
    }

    /// Whether the row meets it as a condition: null and false do not.
    pub fn holds<'r>(&'r self, row: &dyn Fields<'r>) -> Result<bool, RowFault> {
        Ok(evaluate::truth(self.evaluate(row)?)? == Some(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(sql: &str, row: &[(&'static str, &'static str)]) -> Result<String, RowFault> {
        let expression = Expression::parse(sql).unwrap();
        let fields: Vec<&str> = expression
            .columns()
            .iter()
            .map(|name| row.iter().find(|(column, _)| column == name).unwrap().1)
            .collect();
        let value = expression.evaluate(&|at| fields[at])?;
        Ok(evaluate::text(value).map_or_else(|| "null".to_owned(), Cow::into_owned))
    }

    #[test]
    fn amounts_are_computed_exactly() {
        let row = [("Item Price", "372254.4"), ("Tax Rate", "8.1")];
        let sql = r#""Item Price" * "Tax Rate" / 100"#;
        assert_eq!(evaluate(sql, &row).unwrap(), "30152.6064");
        assert_eq!(evaluate("0.1 + 0.2", &[]).unwrap(), "0.3");
        assert_eq!(evaluate("1 / 0", &[]).unwrap(), "null");
    }

    #[test]
    fn an_empty_field_is_null_and_null_decides_nothing() {
        let row = [("a", ""), ("b", "2")];
        assert_eq!(evaluate("a = b", &row).unwrap(), "null");
        assert_eq!(evaluate("a IS NULL AND b = 2", &row).unwrap(), "true");
        assert_eq!(evaluate("a = 1 OR b = 2", &row).unwrap(), "true");
        assert_eq!(evaluate("a = 1 AND b = 2", &row).unwrap(), "null");
        assert_eq!(evaluate("b NOT IN (1, a)", &row).unwrap(), "null");
        assert_eq!(evaluate("COALESCE(a, b)", &row).unwrap(), "2");
    }

    #[test]
    fn conditions_of_every_kind_are_understood() {
        let row = [("lifecycle", "complete"), ("n", "10")];
        for (sql, wanted) in [
            ("lifecycle = 'complete'", "true"),
            ("lifecycle LIKE 'com%te'", "true"),
            ("lifecycle LIKE '_omplet'", "false"),
            ("n BETWEEN 9 AND 11", "true"),
            ("n NOT BETWEEN 9 AND 11", "false"),
            ("n > 9", "true"),
            ("NOT (n <> 10)", "true"),
            ("lifecycle IN ('start', 'complete')", "true"),
            ("CASE WHEN n >= 10 THEN 'big' ELSE 'small' END", "big"),
            ("CASE lifecycle WHEN 'start' THEN 1 END", "null"),
            ("UPPER(SUBSTR(lifecycle, 1, 3)) || '-' || n", "COM-10"),
            ("-n + 1", "-9"),
        ] {
            assert_eq!(evaluate(sql, &row).unwrap(), wanted, "{sql}");
        }
    }

    #[test]
    fn a_text_that_is_no_number_is_a_fault_of_the_row() {
        let fault = evaluate("a * 2", &[("a", "n/a")]).unwrap_err();
        assert_eq!(fault.value, "n/a");
        assert_eq!(fault.reason, Reason::BadNumber);
        let fault = evaluate("a * 2", &[("a", "1,5")]).unwrap_err();
        assert_eq!(fault.reason, Reason::AmbiguousNumber);
    }

    #[test]
    fn what_is_not_supported_is_named() {
        for sql in ["a +", "SUM(a)", "a = (SELECT 1)", "a b", "x::int"] {
            assert!(Expression::parse(sql).is_err(), "{sql}");
        }
    }
}
