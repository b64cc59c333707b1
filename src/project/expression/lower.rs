//! SQL → nodes.

use sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    UnaryOperator, Value as SqlValue,
};

use super::{Arithmetic, Comparison, Node, TextFunction};

/// Lowers SQL to a node; columns are numbered in the order of their first use. The error names what
/// is not supported.
pub(super) fn lower(expr: &Expr, columns: &mut Vec<String>) -> Result<Node, String> {
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
        Expr::UnaryOp { op, expr } => unary(*op, boxed(expr)?)?,
        Expr::BinaryOp { left, op, right } => binary(op, boxed(left)?, boxed(right)?)?,
        Expr::IsNull(inner) => Node::IsNull(boxed(inner)?, true),
        Expr::IsNotNull(inner) => Node::IsNull(boxed(inner)?, false),
        Expr::InList {
            expr,
            list: items,
            negated,
        } => Node::In(boxed(expr)?, list(items, columns)?, *negated),
        Expr::Between {
            expr,
            negated,
            low,
            high,
        } => between(boxed(expr)?, boxed(low)?, boxed(high)?, *negated),
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
            let parts = [Some(expr), substring_from.as_ref(), substring_for.as_ref()];
            Node::Call(
                TextFunction::Substr,
                list(parts.into_iter().flatten().map(AsRef::as_ref), columns)?,
            )
        }
        Expr::Trim { expr, .. } => Node::Call(TextFunction::Trim, vec![lower(expr, columns)?]),
        other => {
            return Err(format!(
                "uses `{other}`, which is not supported in a mapping"
            ));
        }
    })
}

fn list<'e>(
    items: impl IntoIterator<Item = &'e Expr>,
    columns: &mut Vec<String>,
) -> Result<Vec<Node>, String> {
    items.into_iter().map(|item| lower(item, columns)).collect()
}

fn between(value: Box<Node>, low: Box<Node>, high: Box<Node>, negated: bool) -> Node {
    let inside = Node::And(
        Box::new(Node::Compare(
            Comparison::GreaterOrEqual,
            value.clone(),
            low,
        )),
        Box::new(Node::Compare(Comparison::LessOrEqual, value, high)),
    );
    if negated {
        Node::Not(Box::new(inside))
    } else {
        inside
    }
}

fn unary(op: UnaryOperator, inner: Box<Node>) -> Result<Node, String> {
    match op {
        UnaryOperator::Not => Ok(Node::Not(inner)),
        UnaryOperator::Minus => Ok(Node::Negate(inner)),
        UnaryOperator::Plus => Ok(*inner),
        other => Err(format!(
            "uses the operator `{other}`, which is not supported"
        )),
    }
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
