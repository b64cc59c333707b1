//! The pages of a report in a browser: script, links, print view, accessibility.

mod axe;
mod chromium;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};

use self::chromium::{chromium, run};
use crate::commands::sample_project;
use crate::support::Sandbox;

/// One report serves the tests that run at the same time: none changes it.
static REPORT: Mutex<Weak<Sandbox>> = Mutex::new(Weak::new());

fn report() -> Arc<Sandbox> {
    let mut made = REPORT.lock().unwrap();
    made.upgrade().unwrap_or_else(|| {
        let sandbox = sample_project(&["--declarations", "1500", "--faults", "0.01"]);
        sandbox.succeeds(&["run", "--period", "2024-02"]);
        let sandbox = Arc::new(sandbox);
        *made = Arc::downgrade(&sandbox);
        sandbox
    })
}

fn index(report: &Sandbox) -> PathBuf {
    report.join("reports/2024-02/index.html")
}

/// The first page of each kind: the report's own, an area's, a corridor's, an office's.
fn one_of_each(report: &Sandbox) -> Vec<PathBuf> {
    let folder = report.join("reports/2024-02");
    let mut names: Vec<String> = fs::read_dir(folder.join("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("copy-"))
        .collect();
    names.sort();
    let first = |start: &str| names.iter().find(|name| name.starts_with(start)).unwrap();
    let pages =
        ["revenue", "corridor-", "office-"].map(|start| folder.join("pages").join(first(start)));
    std::iter::once(folder.join("index.html"))
        .chain(pages)
        .collect()
}

fn yes(browser: &Path, page: &Path, script: &str) {
    assert_eq!(
        run(browser, page, script),
        true,
        "{}: {script}",
        page.display()
    );
}

#[test]
fn every_kind_of_page_loads_from_disk_without_an_error_and_without_scrolling_sideways() {
    let Some(browser) = chromium() else { return };
    let report = report();
    for page in one_of_each(&report) {
        yes(
            &browser,
            &page,
            "const page = document.documentElement;
             return page.scrollWidth <= page.clientWidth && document.fonts.size === 2;",
        );
    }
}

#[test]
fn a_column_is_sorted_by_its_button_and_missing_figures_stay_at_the_end() {
    let Some(browser) = chromium() else { return };
    let report = report();
    let page = index(&report);
    yes(
        &browser,
        &page,
        "const table = document.getElementById('overview-trade_facilitation');
         const header = table.tHead.rows[0].cells[1];
         const button = header.querySelector('button.sort');
         const office = [...table.tBodies].find((body) => body.querySelector('tr.rest'));
         const read = () => [...office.querySelectorAll('tr:not(.group):not(.rest)')]
           .map((row) => row.cells[1].dataset.sort).map((value) => value === undefined ? null : Number(value));
         const falls = (values) => values.every((value, at) => at === 0 || value === null
           || (values[at - 1] !== null && values[at - 1] >= value));
         const rises = (values) => falls(values.filter((value) => value !== null).reverse())
           && values.lastIndexOf(null) <= values.length - 1 && falls(values.map((v) => v === null ? null : 1));
         const before = header.getAttribute('aria-sort');
         button.focus(); button.click();
         const down = [header.getAttribute('aria-sort'), falls(read())];
         button.click();
         const up = [header.getAttribute('aria-sort'), rises(read())];
         return before === null && document.activeElement === button
           && down[0] === 'descending' && down[1] && up[0] === 'ascending' && up[1]
           && office.lastElementChild.classList.contains('rest')
           && table.tBodies[0].classList.contains('total')
           && button.getAttribute('aria-label').includes('Total release time');",
    );
}

#[test]
fn a_filter_hides_rows_and_says_how_many_are_left() {
    let Some(browser) = chromium() else { return };
    let report = report();
    let page = index(&report);
    yes(
        &browser,
        &page,
        "const fold = document.getElementById('table-scorecard').closest('details');
         fold.open = true;
         await new Promise((done) => setTimeout(done, 100));
         const input = fold.querySelector('.filter input');
         const rows = () => [...fold.querySelectorAll('tbody tr:not(.group)')]
           .filter((row) => row.offsetParent !== null);
         const all = rows().length;
         input.value = '  Release TIME '; input.dispatchEvent(new Event('input'));
         const found = rows();
         const said = fold.querySelector('[role=status]').textContent;
         input.value = ''; input.dispatchEvent(new Event('input'));
         return input.labels.length === 1 && all > 100 && found.length > 1 && found.length < 20
           && found.every((row) => row.cells[0].textContent.toLowerCase().includes('release time'))
           && said === `${found.length} rows shown` && rows().length === all;",
    );
}

#[test]
fn a_link_into_a_folded_part_unfolds_it() {
    let Some(browser) = chromium() else { return };
    let report = report();
    let page = index(&report);
    yes(
        &browser,
        &page,
        "const definition = document.getElementById('def-RM04');
         const folded = !definition.open;
         document.querySelector('a[href=\"#def-RM04\"]').click();
         await new Promise((done) => setTimeout(done, 200));
         location.hash = '#kpi-TF02';
         await new Promise((done) => setTimeout(done, 200));
         const row = document.getElementById('kpi-TF02');
         return folded && definition.open && row.closest('details').open;",
    );
}

#[test]
fn a_chart_tells_its_values_to_pointer_and_keyboard() {
    let Some(browser) = chromium() else { return };
    let report = report();
    for page in one_of_each(&report) {
        if page.parent().unwrap().ends_with("pages") && page.to_str().unwrap().contains("revenue") {
            continue;
        }
        yes(
            &browser,
            &page,
            "const svg = document.querySelector('#chart-release_time_trend .wide svg, [id$=trend] .wide svg');
             const tip = document.querySelector('.tip');
             const spots = svg.querySelectorAll('.spot');
             svg.focus();
             svg.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft' }));
             const last = tip.textContent;
             svg.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
             const gone = tip.hidden;
             spots[0].dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));
             const first = tip.textContent;
             return spots.length === 2 && gone && !tip.hidden
               && /^Feb 2024\\n/.test(last) && /^Jan 2024\\n/.test(first);",
        );
    }
}

#[test]
fn paper_unfolds_everything_and_the_screen_is_as_before() {
    let Some(browser) = chromium() else { return };
    let report = report();
    let page = index(&report);
    yes(
        &browser,
        &page,
        "const folded = document.querySelectorAll('details:not([open])').length;
         dispatchEvent(new Event('beforeprint'));
         const during = document.querySelectorAll('details:not([open])').length;
         dispatchEvent(new Event('afterprint'));
         const after = document.querySelectorAll('details:not([open])').length;
         return folded > 100 && during === 0 && after === folded;",
    );
}

#[test]
fn the_report_is_printed_whole_with_page_numbers() {
    let Some(browser) = chromium() else { return };
    let sandbox = sample_project(&["--declarations", "400"]);
    let browser = browser.to_str().unwrap();
    let run = ["run", "--period", "2024-02", "--pdf", "--browser", browser];
    sandbox.succeeds(&run);
    let pdf = fs::read(sandbox.join("reports/2024-02/report.pdf")).unwrap();
    assert!(
        pdf.starts_with(b"%PDF-") && pdf.len() > 100_000,
        "{}",
        pdf.len()
    );
    let text = String::from_utf8_lossy(&pdf);
    let pages = text.matches("/Type /Page\n").count();
    assert!((10..200).contains(&pages), "{pages} pages");
    let place = sandbox.path().to_str().unwrap();
    assert!(
        !text.contains(place) && !text.contains("file://"),
        "no path of this machine"
    );
    let page = sandbox.read("reports/2024-02/index.html");
    assert!(page.contains("href=\"report.pdf\""));
    // Without `--pdf` it stays as long as the page is the same.
    let again = sandbox.succeeds(&["run", "--period", "2024-02"]);
    assert!(again.stderr.contains("unchanged"), "{}", again.stderr);
    let other = sandbox.succeeds(&["run", "--period", "2024-02", "--language", "uz"]);
    assert!(
        other
            .stderr
            .contains("report.pdf was printed from an earlier page")
    );
    assert!(!sandbox.join("reports/2024-02/report.pdf").exists());
    assert!(
        !sandbox
            .read("reports/2024-02/index.html")
            .contains("report.pdf")
    );
}
