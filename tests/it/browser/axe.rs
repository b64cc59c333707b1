//! Accessibility of the pages, by axe-core.
//!
//! Where there is no `npm`, or nothing to install `axe-core` from, the test says so and does nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::chromium::{chromium, run};
use super::{one_of_each, report};

/// The release whose rules the pages keep.
const AXE: &str = "4.14.1";

/// The script of axe-core, installed once and kept beside the build.
fn axe() -> Result<String, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("axe-core-{AXE}"));
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.is_file() {
        fs::create_dir_all(&folder).map_err(|cause| cause.to_string())?;
        let ran = Command::new("npm")
            .args([
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
            ])
            .args([
                "--fetch-retries",
                "1",
                "--fetch-timeout",
                "20000",
                "--prefix",
            ])
            .arg(&folder)
            .arg(format!("axe-core@{AXE}"))
            .output()
            .map_err(|cause| format!("npm: {cause}"))?;
        if !ran.status.success() {
            return Err(String::from_utf8_lossy(&ran.stderr).into_owned());
        }
    }
    fs::read_to_string(script).map_err(|cause| cause.to_string())
}

#[test]
fn no_page_has_a_serious_fault_of_accessibility() {
    let Some(browser) = chromium() else { return };
    let axe = match axe() {
        Ok(axe) => axe,
        Err(why) => {
            eprintln!("skipped: axe-core can't be had: {why}");
            return;
        }
    };
    // The script stands inside an element of the page.
    let axe = axe.replace("</script", "<\\/script");
    let report = report();
    for page in one_of_each(&report) {
        let found = run(
            &browser,
            &page,
            &format!(
                "document.querySelectorAll('details').forEach((part) => {{ part.open = true; }});
                 {axe}
                 const told = await axe.run(document.querySelector('.layout'));
                 return told.violations
                   .filter((fault) => ['serious', 'critical'].includes(fault.impact))
                   .map((fault) => `${{fault.id}}: ${{fault.nodes.length}} places, first ${{fault.nodes[0].target}}`);"
            ),
        );
        assert_eq!(found, json!([]), "{}", page.display());
    }
}
