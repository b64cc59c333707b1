//! The words of the field as types: milestones, parties, attributes, amounts, periods, quantities.

mod column;
mod listed;
mod memory;
mod milestone;
mod period;
mod quantity;
mod spent;
mod texts;

pub use column::{
    AMOUNT_PRECISION, AMOUNT_SCALE, AMOUNTS, ATTRIBUTES, AttributeType, attribute_type,
};
pub use memory::MemoryLimit;
pub use milestone::{Milestone, Party};
pub use period::{Grain, Month, Period, PeriodArgument};
pub use quantity::{
    Amount, Quantity, SplitDuration, Unit, format_duration, format_working_time, group_thousands,
};
pub use spent::Spent;
pub use texts::{Texts, positions};

/// A hash map with a fixed seed, for look-ups only: its order never reaches an output.
pub type FastMap<K, V> = hashbrown::HashMap<K, V, rustc_hash::FxBuildHasher>;
/// A hash set with a fixed seed, for look-ups only: its order never reaches an output.
pub type FastSet<K> = hashbrown::HashSet<K, rustc_hash::FxBuildHasher>;
