//! Of `src/project`, mappings and what they are made of.

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

use document::zone;
pub use document::{Document, Located, Section};
pub(crate) use expression::parse_one;
pub use expression::{Expression, RowFault, Value, parse_bool};
pub use mapping::{
    AmountMapping, AttributeMapping, Layout, Mapping, Origin, RoleColumns, Take, lifecycle_label,
};
pub use rates::Rates;
pub use reading::{Format, Reading};
