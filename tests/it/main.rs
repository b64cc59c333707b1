//! One test binary: everything that runs the program as its users would.
#![expect(
    clippy::tests_outside_test_module,
    reason = "an integration test is a test module"
)]
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]
#![expect(clippy::disallowed_methods, reason = "a test writes its own input")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]
#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "a test builds small texts; allocations do not matter"
)]
#![expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "the program names its files in lower case"
)]
#![expect(clippy::indexing_slicing, reason = "a test fails where it indexes")]

mod browser;
mod commands;
mod databases;
mod faults;
mod folded;
mod formats;
mod kpis;
mod laws;
mod laws_time;
mod meanwhile;
mod memory;
mod peers;
mod plain;
mod projects;
mod recount;
mod recount_duckdb;
mod reform;
mod runs;
mod support;
mod suppression;
mod tidy;
