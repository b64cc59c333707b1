//! `run --pdf`, with browsers that are scripts: whole files, none, half ones.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::small_project;
use crate::support::{Ran, Sandbox};

/// A project with a browser that does what a script says.
fn project(script: &str) -> Sandbox {
    let sandbox = small_project();
    sandbox.write("browser", script.as_bytes());
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(sandbox.join("browser"), mode).unwrap();
    sandbox
}

fn run(sandbox: &Sandbox, browser: &str) -> Ran {
    sandbox.clearway(&["run", "--period", "2025-01", "--pdf", "--browser", browser])
}

/// Prints a page that it checks to be whole; refuses a sandbox, as browsers do for the superuser.
const PRINTER: &str = r#"#!/bin/sh
for word in "$@"; do
  case "$word" in
    --print-to-pdf=*) target=${word#--print-to-pdf=} ;;
    --no-sandbox) free=1 ;;
    file://*) page=${word#file://} ;;
  esac
done
[ -n "$free" ] || { echo "no sandbox here" >&2; exit 1; }
grep -q "</html>" "$page" || exit 1
printf '%%PDF-1.4\n/CreationDate (D:20300101000000)\n%%%%EOF\n' > "$target"
"#;

#[test]
fn the_page_is_printed_beside_the_other_files_with_the_date_of_the_freeze() {
    let sandbox = project(PRINTER);
    let ran = run(&sandbox, "./browser");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let pdf = sandbox.read("reports/2025-01/report.pdf");
    // The newest event: 3 February 2025, 09:00 in Tashkent.
    assert_eq!(pdf, "%PDF-1.4\n/CreationDate (D:20250203040000)\n%%EOF\n");
    assert_eq!(fs::read_dir(sandbox.join("reports")).unwrap().count(), 1);
    let again = run(&sandbox, "./browser");
    assert!(again.stderr.contains("unchanged"), "{}", again.stderr);
}

#[test]
fn a_browser_that_fails_leaves_no_report_and_no_half_file() {
    let half = "#!/bin/sh\nfor w in \"$@\"; do case \"$w\" in --print-to-pdf=*) \
                printf '%%PDF-1.4\\n' > \"${w#--print-to-pdf=}\" ;; esac; done\n\
                echo 'out of paper' >&2\n";
    let sandbox = project(half);
    let ran = run(&sandbox, "./browser");
    assert_eq!(ran.status, 5);
    assert!(ran.stderr.contains("out of paper"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(sandbox.join("reports")).unwrap().count(), 0);
}

#[test]
fn without_a_browser_the_run_says_so_before_it_works() {
    let sandbox = small_project();
    let ran = run(&sandbox, "nowhere/chromium");
    assert_eq!(ran.status, 5);
    assert!(
        ran.stderr
            .contains("there is no browser `nowhere/chromium`"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("--browser PATH"), "{}", ran.stderr);
    assert!(!sandbox.join("store").exists(), "nothing was ingested");
}
