//! SQL expressions over the columns of a source row, for `where` and `expr` in mappings.
//!
//! A small, closed part of standard SQL with exact decimal arithmetic: comparison, `AND OR NOT`,
//! `IN`, `BETWEEN`, `LIKE`, `IS NULL`, `CASE`, `COALESCE`, `NULLIF`, `UPPER`, `LOWER`, `TRIM`,
//! `SUBSTR`, `||`, `+ - * /`. An empty field is null. A text compared or calculated with a number is
//! read as a number; a text that is not one is a fault of that row.

use std::borrow::Cow;
use std::cmp::Ordering;

use rust_decimal::Decimal;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    UnaryOperator, Value as SqlValue,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

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
    pub message: &'static str,
}

impl Expression {
    /// Parses and checks an expression. The error says what is not understood.
    pub fn parse(sql: &str) -> Result<Self, String> {
        let dialect = GenericDialect {};
        let mut parser = Parser::new(&dialect)
            .try_with_sql(sql)
            .map_err(|error| format!("is not SQL: {error}"))?;
        let expr = parser
            .parse_expr()
            .map_err(|error| format!("is not SQL: {error}"))?;
        let next = parser.peek_token();
        if next.token != sqlparser::tokenizer::Token::EOF {
            return Err(format!("has more than one expression: unexpected `{next}`"));
        }
        let mut columns = Vec::new();
        let node = lower(&expr, &mut columns)?;
        Ok(Self { node, columns })
    }

    /// The source columns it reads, in the order of their first use; [`Expression::evaluate`] asks
    /// for them by position in this list.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Its value for a row; `column(i)` gives the text of the i-th of [`Expression::columns`].
    pub fn evaluate<'r>(
        &'r self,
        column: &dyn Fn(usize) -> &'r str,
    ) -> Result<Value<'r>, RowFault> {
        self.node.evaluate(column)
    }

    /// Whether the row meets it as a condition: null and false do not.
    pub fn holds<'r>(&'r self, column: &dyn Fn(usize) -> &'r str) -> Result<bool, RowFault> {
        Ok(truth(self.evaluate(column)?)? == Some(true))
    }
}

fn lower(expr: &Expr, columns: &mut Vec<String>) -> Result<Node, String> {
    let mut boxed = |expr: &Expr| lower(expr, columns).map(Box::new);
    Ok(match expr {
        Expr::Identifier(ident) => {
            let at = columns.iter().position(|name| *name == ident.value);
            Node::Column(at.unwrap_or_else(|| {
                columns.push(ident.value.clone());
                columns.len() - 1
            }))
        }
        Expr::Nested(inner) => *boxed(inner)?,
        Expr::Value(value) => literal(&value.value)?,
        Expr::UnaryOp {
            op: UnaryOperator::Not,
            expr,
        } => Node::Not(boxed(expr)?),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => Node::Negate(boxed(expr)?),
        Expr::UnaryOp {
            op: UnaryOperator::Plus,
            expr,
        } => *boxed(expr)?,
        Expr::BinaryOp { left, op, right } => binary(op, boxed(left)?, boxed(right)?)?,
        Expr::IsNull(inner) => Node::IsNull(boxed(inner)?, true),
        Expr::IsNotNull(inner) => Node::IsNull(boxed(inner)?, false),
        Expr::InList {
            expr,
            list,
            negated,
        } => {
            let expr = boxed(expr)?;
            let list = list
                .iter()
                .map(|item| lower(item, columns))
                .collect::<Result<_, _>>()?;
            Node::In(expr, list, *negated)
        }
        Expr::Between {
            expr,
            negated,
            low,
            high,
        } => {
            let (value, low, high) = (boxed(expr)?, boxed(low)?, boxed(high)?);
            let inside = Node::And(
                Box::new(Node::Compare(
                    Comparison::GreaterOrEqual,
                    value.clone(),
                    low,
                )),
                Box::new(Node::Compare(Comparison::LessOrEqual, value, high)),
            );
            if *negated {
                Node::Not(Box::new(inside))
            } else {
                inside
            }
        }
        Expr::Like {
            negated,
            expr,
            pattern,
            ..
        } => Node::Like(boxed(expr)?, boxed(pattern)?, *negated),
        Expr::Case {
            operand,
            conditions,
            else_result,
            ..
        } => case(
            operand.as_deref(),
            conditions,
            else_result.as_deref(),
            columns,
        )?,
        Expr::Function(function) => call(function, columns)?,
        Expr::Substring {
            expr,
            substring_from,
            substring_for,
            ..
        } => {
            let mut arguments = vec![lower(expr, columns)?];
            for part in [substring_from, substring_for].into_iter().flatten() {
                arguments.push(lower(part, columns)?);
            }
            Node::Call(TextFunction::Substr, arguments)
        }
        Expr::Trim { expr, .. } => Node::Call(TextFunction::Trim, vec![lower(expr, columns)?]),
        other => {
            return Err(format!(
                "uses `{other}`, which is not supported in a mapping"
            ));
        }
    })
}

fn case(
    operand: Option<&Expr>,
    conditions: &[CaseWhen],
    otherwise: Option<&Expr>,
    columns: &mut Vec<String>,
) -> Result<Node, String> {
    let operand = operand.map(|expr| lower(expr, columns)).transpose()?;
    let mut branches = Vec::with_capacity(conditions.len());
    for branch in conditions {
        let condition = lower(&branch.condition, columns)?;
        let condition = match &operand {
            Some(operand) => Node::Compare(
                Comparison::Equal,
                Box::new(operand.clone()),
                Box::new(condition),
            ),
            None => condition,
        };
        branches.push((condition, lower(&branch.result, columns)?));
    }
    let otherwise = otherwise
        .map(|expr| lower(expr, columns).map(Box::new))
        .transpose()?;
    Ok(Node::Case(branches, otherwise))
}

fn literal(value: &SqlValue) -> Result<Node, String> {
    Ok(match value {
        SqlValue::Null => Node::Null,
        SqlValue::Boolean(bool) => Node::Bool(*bool),
        SqlValue::SingleQuotedString(text) => Node::Text(text.clone()),
        SqlValue::Number(digits, _) => Node::Number(
            digits
                .parse()
                .map_err(|_| format!("`{digits}` is not a decimal number"))?,
        ),
        other => {
            return Err(format!(
                "uses the literal `{other}`, which is not supported"
            ));
        }
    })
}

fn binary(op: &BinaryOperator, left: Box<Node>, right: Box<Node>) -> Result<Node, String> {
    Ok(match op {
        BinaryOperator::And => Node::And(left, right),
        BinaryOperator::Or => Node::Or(left, right),
        BinaryOperator::Eq => Node::Compare(Comparison::Equal, left, right),
        BinaryOperator::NotEq => Node::Compare(Comparison::NotEqual, left, right),
        BinaryOperator::Lt => Node::Compare(Comparison::Less, left, right),
        BinaryOperator::LtEq => Node::Compare(Comparison::LessOrEqual, left, right),
        BinaryOperator::Gt => Node::Compare(Comparison::Greater, left, right),
        BinaryOperator::GtEq => Node::Compare(Comparison::GreaterOrEqual, left, right),
        BinaryOperator::Plus => Node::Arithmetic(Arithmetic::Add, left, right),
        BinaryOperator::Minus => Node::Arithmetic(Arithmetic::Subtract, left, right),
        BinaryOperator::Multiply => Node::Arithmetic(Arithmetic::Multiply, left, right),
        BinaryOperator::Divide => Node::Arithmetic(Arithmetic::Divide, left, right),
        BinaryOperator::StringConcat => Node::Concat(left, right),
        other => {
            return Err(format!(
                "uses the operator `{other}`, which is not supported"
            ));
        }
    })
}

fn call(function: &Function, columns: &mut Vec<String>) -> Result<Node, String> {
    let name = function.name.to_string().to_lowercase();
    let (kind, counts) = match name.as_str() {
        "coalesce" => (TextFunction::Coalesce, 1..=16),
        "nullif" => (TextFunction::NullIf, 2..=2),
        "upper" => (TextFunction::Upper, 1..=1),
        "lower" => (TextFunction::Lower, 1..=1),
        "trim" => (TextFunction::Trim, 1..=1),
        "substr" | "substring" => (TextFunction::Substr, 2..=3),
        _ => {
            return Err(format!(
                "calls `{name}`, which is not supported in a mapping"
            ));
        }
    };
    let FunctionArguments::List(list) = &function.args else {
        return Err(format!("calls `{name}` without arguments"));
    };
    let arguments = list
        .args
        .iter()
        .map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => lower(expr, columns),
            other => Err(format!("gives `{name}` the argument `{other}`")),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if !counts.contains(&arguments.len()) {
        return Err(format!("gives `{name}` {} arguments", arguments.len()));
    }
    Ok(Node::Call(kind, arguments))
}

impl Node {
    fn evaluate<'r>(&'r self, column: &dyn Fn(usize) -> &'r str) -> Result<Value<'r>, RowFault> {
        Ok(match self {
            Self::Column(at) => match column(*at) {
                "" => Value::Null,
                text => Value::Text(Cow::Borrowed(text)),
            },
            Self::Null => Value::Null,
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Number(number) => Value::Number(*number),
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Not(inner) => {
                truth(inner.evaluate(column)?)?.map_or(Value::Null, |truth| Value::Bool(!truth))
            }
            Self::Negate(inner) => {
                number(inner.evaluate(column)?)?.map_or(Value::Null, |value| Value::Number(-value))
            }
            Self::And(left, right) => connect(column, (left, right), false)?,
            Self::Or(left, right) => connect(column, (left, right), true)?,
            Self::Compare(comparison, left, right) => {
                let ordering = compare(left.evaluate(column)?, right.evaluate(column)?)?;
                ordering.map_or(Value::Null, |ordering| {
                    Value::Bool(comparison.holds(ordering))
                })
            }
            Self::Arithmetic(operation, left, right) => operation.apply(
                number(left.evaluate(column)?)?,
                number(right.evaluate(column)?)?,
            )?,
            Self::Concat(left, right) => {
                match (text(left.evaluate(column)?), text(right.evaluate(column)?)) {
                    (Some(left), Some(right)) => {
                        Value::Text(Cow::Owned(left.into_owned() + &right))
                    }
                    _ => Value::Null,
                }
            }
            Self::IsNull(inner, wanted) => {
                Value::Bool((inner.evaluate(column)? == Value::Null) == *wanted)
            }
            Self::In(inner, list, negated) => member(inner, list, *negated, column)?,
            Self::Like(inner, pattern, negated) => {
                match (
                    text(inner.evaluate(column)?),
                    text(pattern.evaluate(column)?),
                ) {
                    (Some(text), Some(pattern)) => Value::Bool(like(&text, &pattern) != *negated),
                    _ => Value::Null,
                }
            }
            Self::Case(branches, otherwise) => {
                for (condition, result) in branches {
                    if truth(condition.evaluate(column)?)? == Some(true) {
                        return result.evaluate(column);
                    }
                }
                match otherwise {
                    Some(otherwise) => otherwise.evaluate(column)?,
                    None => Value::Null,
                }
            }
            Self::Call(function, arguments) => function.apply(arguments, column)?,
        })
    }
}

/// Three-valued AND (`decisive` = false) and OR (`decisive` = true).
fn connect<'r>(
    column: &dyn Fn(usize) -> &'r str,
    (left, right): (&'r Node, &'r Node),
    decisive: bool,
) -> Result<Value<'r>, RowFault> {
    let left = truth(left.evaluate(column)?)?;
    if left == Some(decisive) {
        return Ok(Value::Bool(decisive));
    }
    let right = truth(right.evaluate(column)?)?;
    Ok(match (left, right) {
        (_, Some(right)) if right == decisive => Value::Bool(decisive),
        (Some(_), Some(_)) => Value::Bool(!decisive),
        _ => Value::Null,
    })
}

fn member<'r>(
    inner: &'r Node,
    list: &'r [Node],
    negated: bool,
    column: &dyn Fn(usize) -> &'r str,
) -> Result<Value<'r>, RowFault> {
    let value = inner.evaluate(column)?;
    let mut unknown = value == Value::Null;
    for item in list {
        match compare(value.clone(), item.evaluate(column)?)? {
            Some(Ordering::Equal) => return Ok(Value::Bool(!negated)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown {
        Value::Null
    } else {
        Value::Bool(negated)
    })
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Arithmetic {
    fn apply<'r>(
        self,
        left: Option<Decimal>,
        right: Option<Decimal>,
    ) -> Result<Value<'r>, RowFault> {
        let (Some(left), Some(right)) = (left, right) else {
            return Ok(Value::Null);
        };
        let result = match self {
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            // As in SQL engines that return null: a rate of nothing is unknown.
            Self::Divide if right.is_zero() => return Ok(Value::Null),
            Self::Divide => left.checked_div(right),
        };
        result.map(Value::Number).ok_or_else(|| RowFault {
            value: format!("{left} and {right}"),
            message: "the result has more than 28 digits",
        })
    }
}

impl TextFunction {
    fn apply<'r>(
        self,
        arguments: &'r [Node],
        column: &dyn Fn(usize) -> &'r str,
    ) -> Result<Value<'r>, RowFault> {
        let values = arguments
            .iter()
            .map(|node| node.evaluate(column))
            .collect::<Result<Vec<_>, _>>()?;
        let mut values = values.into_iter();
        let first = values.next().unwrap_or(Value::Null);
        Ok(match self {
            Self::Coalesce => std::iter::once(first)
                .chain(values)
                .find(|value| *value != Value::Null)
                .unwrap_or(Value::Null),
            Self::NullIf => {
                let second = values.next().unwrap_or(Value::Null);
                if compare(first.clone(), second)? == Some(Ordering::Equal) {
                    Value::Null
                } else {
                    first
                }
            }
            Self::Upper => map_text(first, |text| text.to_uppercase()),
            Self::Lower => map_text(first, |text| text.to_lowercase()),
            Self::Trim => map_text(first, |text| text.trim().to_owned()),
            Self::Substr => {
                let mut position = || -> Result<Option<i64>, RowFault> {
                    let Some(value) = values.next() else {
                        return Ok(None);
                    };
                    Ok(number(value)?.and_then(|value| i64::try_from(value).ok()))
                };
                let (from, length) = (position()?.unwrap_or(1), position()?);
                map_text(first, |text| substring(text, from, length))
            }
        })
    }
}

/// SQL `SUBSTR`: characters, counted from 1.
fn substring(text: &str, from: i64, length: Option<i64>) -> String {
    let end = length.map_or(i64::MAX, |length| from.saturating_add(length.max(0)));
    text.chars()
        .zip(1_i64..)
        .filter(|(_, at)| (from..end).contains(at))
        .map(|(c, _)| c)
        .collect()
}

fn map_text<'r>(value: Value<'r>, change: impl Fn(&str) -> String) -> Value<'r> {
    text(value).map_or(Value::Null, |text| Value::Text(Cow::Owned(change(&text))))
}

fn text(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::Text(text) => Some(text),
        Value::Number(number) => Some(Cow::Owned(number.normalize().to_string())),
        Value::Bool(bool) => Some(Cow::Borrowed(if bool { "true" } else { "false" })),
    }
}

fn number(value: Value<'_>) -> Result<Option<Decimal>, RowFault> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => Ok(Some(number)),
        Value::Text(text) => text.trim().parse().map(Some).map_err(|_| RowFault {
            value: text.into_owned(),
            message: "is not a decimal number",
        }),
        Value::Bool(bool) => Ok(Some(Decimal::from(u8::from(bool)))),
    }
}

fn truth(value: Value<'_>) -> Result<Option<bool>, RowFault> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(bool) => Ok(Some(bool)),
        Value::Number(number) => Ok(Some(!number.is_zero())),
        Value::Text(text) => parse_bool(&text).map(Some).ok_or_else(|| RowFault {
            value: text.into_owned(),
            message: "is not true or false",
        }),
    }
}

/// Reads `1/0 true/false yes/no y/n` in any case.
pub fn parse_bool(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("1") || is("true") || is("yes") || is("y") {
        Some(true)
    } else if is("0") || is("false") || is("no") || is("n") {
        Some(false)
    } else {
        None
    }
}

fn compare(left: Value<'_>, right: Value<'_>) -> Result<Option<Ordering>, RowFault> {
    Ok(match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(&right)),
        (left @ Value::Bool(_), right) | (left, right @ Value::Bool(_)) => truth(left)?
            .zip(truth(right)?)
            .map(|(left, right)| left.cmp(&right)),
        (left, right) => number(left)?
            .zip(number(right)?)
            .map(|(left, right)| left.cmp(&right)),
    })
}

/// SQL `LIKE`: `%` is any text, `_` any one character.
fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    let (mut t, mut p) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('%') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '_' || text.get(t) == Some(c) => {
                t += 1;
                p += 1;
            }
            _ => match retry {
                Some((percent, from)) => {
                    retry = Some((percent, from + 1));
                    t = from + 1;
                    p = percent + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .is_none_or(|rest| rest.iter().all(|c| *c == '%'))
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
        Ok(text(value).map_or_else(|| "null".to_owned(), Cow::into_owned))
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
    }

    #[test]
    fn what_is_not_supported_is_named() {
        for sql in ["a +", "SUM(a)", "a = (SELECT 1)", "a b", "x::int"] {
            assert!(Expression::parse(sql).is_err(), "{sql}");
        }
    }
}
