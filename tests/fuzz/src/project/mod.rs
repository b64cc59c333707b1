//! Of `src/project`, mappings and what they are made of.

#[path = "../../../../src/project/codes.rs"]
mod codes;
#[path = "../../../../src/project/document.rs"]
mod document;
#[path = "../../../../src/project/expression/mod.rs"]
mod expression;
#[path = "../../../../src/project/mapping.rs"]
mod mapping;
#[path = "../../../../src/project/rates.rs"]
mod rates;
#[path = "../../../../src/project/reading.rs"]
mod reading;
#[path = "../../../../src/project/values.rs"]
mod values;

use document::zone;
pub use document::{Document, Located, Section};
pub(crate) use expression::parse_one;
pub use expression::{Expression, Fields, RowFault, Value, parse_bool};
pub use mapping::{
    AmountMapping, AttributeMapping, Layout, Mapping, Origin, RoleColumns, Take, lifecycle_label,
};
pub use rates::Rates;
pub use reading::{Format, Reading};
