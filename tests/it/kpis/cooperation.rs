//! International cooperation and corridors.

pub(super) const TESTED: &[&str] = &[];
