#![no_main]

use std::sync::LazyLock;

use clearway_fuzz::{file, mapping, project::Mapping};
use libfuzzer_sys::fuzz_target;

static MAPPING: LazyLock<Mapping> = LazyLock::new(|| mapping(""));

fuzz_target!(|bytes: &[u8]| file("xes", &MAPPING, bytes));
