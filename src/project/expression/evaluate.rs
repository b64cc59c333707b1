//! Nodes → values.

use std::borrow::Cow;
use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::{Arithmetic, Comparison, Fields, Node, RowFault, TextFunction, Value};
use crate::ingest::Reason;

impl Node {
    /// The value for a row.
    pub(super) fn evaluate<'r>(&'r self, row: &dyn Fields<'r>) -> Result<Value<'r>, RowFault> {
        Ok(match self {
            Self::Column(at) => match row.text(*at) {
                "" => Value::Null,
                text => Value::Text(Cow::Borrowed(text)),
            },
            Self::Null => Value::Null,
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Number(number) => Value::Number(*number),
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Not(inner) => {
                truth(inner.evaluate(row)?)?.map_or(Value::Null, |truth| Value::Bool(!truth))
            }
            Self::Negate(inner) => number(inner.evaluate(row)?, row)?
                .map_or(Value::Null, |value| Value::Number(-value)),
            Self::And(left, right) => connect(row, (left, right), false)?,
            Self::Or(left, right) => connect(row, (left, right), true)?,
            Self::Compare(comparison, left, right) => {
                let ordering = compare(left.evaluate(row)?, right.evaluate(row)?, row)?;
                ordering.map_or(Value::Null, |ordering| {
                    Value::Bool(comparison.holds(ordering))
                })
            }
            Self::Arithmetic(operation, left, right) => operation.apply(
                number(left.evaluate(row)?, row)?,
                number(right.evaluate(row)?, row)?,
            )?,
            Self::Concat(left, right) => {
                match (text(left.evaluate(row)?), text(right.evaluate(row)?)) {
                    (Some(left), Some(right)) => {
                        Value::Text(Cow::Owned(left.into_owned() + &right))
                    }
                    _ => Value::Null,
                }
            }
            Self::IsNull(inner, wanted) => {
                Value::Bool((inner.evaluate(row)? == Value::Null) == *wanted)
            }
            Self::In(inner, list, negated) => member(inner, list, *negated, row)?,
            Self::Like(inner, pattern, negated) => {
                match (text(inner.evaluate(row)?), text(pattern.evaluate(row)?)) {
                    (Some(text), Some(pattern)) => Value::Bool(like(&text, &pattern) != *negated),
                    _ => Value::Null,
                }
            }
            Self::Case(branches, otherwise) => {
                for (condition, result) in branches {
                    if truth(condition.evaluate(row)?)? == Some(true) {
                        return result.evaluate(row);
                    }
                }
                match otherwise {
                    Some(otherwise) => otherwise.evaluate(row)?,
                    None => Value::Null,
                }
            }
            Self::Call(function, arguments) => function.apply(arguments, row)?,
        })
    }
}

/// Three-valued AND (`decisive` = false) and OR (`decisive` = true).
fn connect<'r>(
    row: &dyn Fields<'r>,
    (left, right): (&'r Node, &'r Node),
    decisive: bool,
) -> Result<Value<'r>, RowFault> {
    let left = truth(left.evaluate(row)?)?;
    if left == Some(decisive) {
        return Ok(Value::Bool(decisive));
    }
    let right = truth(right.evaluate(row)?)?;
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
    row: &dyn Fields<'r>,
) -> Result<Value<'r>, RowFault> {
    let value = inner.evaluate(row)?;
    let mut unknown = value == Value::Null;
    for item in list {
        match compare(value.clone(), item.evaluate(row)?, row)? {
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
            reason: Reason::NumberTooLarge,
        })
    }
}

impl TextFunction {
    fn apply<'r>(self, arguments: &'r [Node], row: &dyn Fields<'r>) -> Result<Value<'r>, RowFault> {
        let values = arguments
            .iter()
            .map(|node| node.evaluate(row))
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
                if compare(first.clone(), second, row)? == Some(Ordering::Equal) {
                    Value::Null
                } else {
                    first
                }
            }
            Self::Upper => map_text(first, str::to_uppercase),
            Self::Lower => map_text(first, str::to_lowercase),
            Self::Trim => map_text(first, |text| text.trim().to_owned()),
            Self::Substr => {
                let mut position = || -> Result<Option<i64>, RowFault> {
                    let Some(value) = values.next() else {
                        return Ok(None);
                    };
                    Ok(number(value, row)?.and_then(|value| i64::try_from(value).ok()))
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

fn map_text(value: Value<'_>, change: impl Fn(&str) -> String) -> Value<'_> {
    text(value).map_or(Value::Null, |text| Value::Text(Cow::Owned(change(&text))))
}

pub(super) fn text(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::Text(text) => Some(text),
        Value::Number(number) => Some(Cow::Owned(number.normalize().to_string())),
        Value::Bool(bool) => Some(Cow::Borrowed(if bool { "true" } else { "false" })),
    }
}

fn number(value: Value<'_>, row: &dyn Fields<'_>) -> Result<Option<Decimal>, RowFault> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => Ok(Some(number)),
        Value::Text(text) => row.number(&text).map(Some).map_err(|reason| RowFault {
            value: text.into_owned(),
            reason,
        }),
        Value::Bool(bool) => Ok(Some(Decimal::from(u8::from(bool)))),
    }
}

pub(super) fn truth(value: Value<'_>) -> Result<Option<bool>, RowFault> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(bool) => Ok(Some(bool)),
        Value::Number(number) => Ok(Some(!number.is_zero())),
        Value::Text(text) => parse_bool(&text).map(Some).ok_or_else(|| RowFault {
            value: text.into_owned(),
            reason: Reason::BadBoolean,
        }),
    }
}

/// Reads `1/0 true/false t/f yes/no y/n` in any case (`t`, `f` is how PostgreSQL prints them).
pub fn parse_bool(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("1") || is("true") || is("t") || is("yes") || is("y") {
        Some(true)
    } else if is("0") || is("false") || is("f") || is("no") || is("n") {
        Some(false)
    } else {
        None
    }
}

fn compare(
    left: Value<'_>,
    right: Value<'_>,
    row: &dyn Fields<'_>,
) -> Result<Option<Ordering>, RowFault> {
    Ok(match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(&right)),
        (left @ Value::Bool(_), right) | (left, right @ Value::Bool(_)) => truth(left)?
            .zip(truth(right)?)
            .map(|(left, right)| left.cmp(&right)),
        (left, right) => number(left, row)?
            .zip(number(right, row)?)
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
