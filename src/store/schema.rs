//! The columns of the store's tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};

use crate::model::{AMOUNT_PRECISION, AMOUNT_SCALE, AMOUNTS, ATTRIBUTES, AttributeType};

/// Names of the columns of `events` that are neither attribute nor amount.
pub mod events {
    /// The declaration's number.
    pub const DECLARATION_ID: &str = "declaration_id";
    /// The declaration's line.
    pub const ITEM: &str = "item";
    /// The source's own row id.
    pub const EVENT_ID: &str = "event_id";
    /// The activity's label.
    pub const ACTIVITY: &str = "activity";
    /// The milestone it is mapped to.
    pub const MILESTONE: &str = "milestone";
    /// The time, UTC.
    pub const AT: &str = "at";
    /// The source file.
    pub const SOURCE_FILE: &str = "source_file";
    /// The line in the source file.
    pub const SOURCE_LINE: &str = "source_line";
    /// Hash of all that the mapping reads from the source row.
    pub const ROW_HASH: &str = "row_hash";
}

/// The type of every time in the store.
pub fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The type of every amount and number in the store.
pub const fn amount_type() -> DataType {
    DataType::Decimal128(AMOUNT_PRECISION, AMOUNT_SCALE)
}

/// The type of an attribute's column.
pub const fn attribute_data_type(attribute_type: AttributeType) -> DataType {
    match attribute_type {
        AttributeType::Text => DataType::Utf8,
        AttributeType::Bool => DataType::Boolean,
        AttributeType::Number => amount_type(),
    }
}

/// The schema of the table `events`; `own` are attributes beyond the standard ones.
pub fn events_schema(own: &BTreeSet<String>) -> Schema {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let mut fields = vec![
        text(events::DECLARATION_ID),
        text(events::ITEM),
        text(events::EVENT_ID),
        text(events::ACTIVITY),
        text(events::MILESTONE),
        Field::new(events::AT, time_type(), true),
    ];
    for (name, attribute_type) in ATTRIBUTES {
        fields.push(Field::new(name, attribute_data_type(attribute_type), true));
    }
    fields.extend(own.iter().map(|name| text(name)));
    fields.extend(AMOUNTS.map(|name| Field::new(name, amount_type(), true)));
    fields.push(text(events::SOURCE_FILE));
    fields.push(Field::new(events::SOURCE_LINE, DataType::Int64, true));
    fields.push(Field::new(events::ROW_HASH, DataType::Int64, true));
    Schema::new(fields)
}

/// The schema of the table `rejects`.
pub fn rejects_schema() -> Arc<Schema> {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        text("file"),
        text("sha256"),
        Field::new("line", DataType::Int64, true),
        text("column"),
        text("value"),
        text("reason"),
        text("raw"),
    ]))
}
