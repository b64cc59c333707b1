//! A page in headless Chromium, with a script of ours at its end that says what it found.
//!
//! Where there is no Chromium the tests say so and do nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Before the page's own script: what goes wrong is written down.
const FIRST: &str = "<script>const faults = [];
addEventListener('error', (event) => faults.push(String(event.message)));
addEventListener('unhandledrejection', (event) => faults.push(String(event.reason)));
console.error = (...words) => faults.push(words.join(' '));
</script>";

/// The browser; `None` (with a message) where there is none.
pub(super) fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .flat_map(|folder| {
            ["chromium", "chromium-browser", "google-chrome"].map(|n| folder.join(n))
        })
        .find(|program| program.is_file());
    if found.is_none() {
        eprintln!("skipped: there is no Chromium on this machine");
    }
    found
}

/// Opens a copy of a page from disk, runs the body of an asynchronous function in it and yields
/// what that returns. Fails when the page reports an error.
pub(super) fn run(browser: &Path, page: &Path, script: &str) -> Value {
    let html = fs::read_to_string(page).unwrap();
    let last = format!(
        "<pre id=\"outcome\"></pre><script>(async () => {{\nconst tell = (outcome) => {{ \
         document.getElementById('outcome').textContent = JSON.stringify({{ outcome, faults }}); }};\n\
         try {{ tell(await (async () => {{\n{script}\n}})()); }}\n\
         catch (error) {{ faults.push(String(error)); tell(null); }}\n}})();</script></body>"
    );
    let html = html
        .replacen("<head>", &format!("<head>{FIRST}"), 1)
        .replacen("</body>", &last, 1);
    // Beside the page itself, so that its links mean the same.
    let folder = page.parent().unwrap();
    let copy = tempfile::Builder::new()
        .prefix("copy-")
        .suffix(".html")
        .tempfile_in(folder)
        .unwrap();
    fs::write(copy.path(), html).unwrap();
    let dump = dump(browser, copy.path());
    let (_, outcome) = dump
        .rsplit_once("<pre id=\"outcome\">")
        .unwrap_or_else(|| panic!("no outcome: {dump}"));
    let (outcome, _) = outcome.split_once("</pre>").unwrap();
    let plain = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", "\u{a0}"),
        ("&amp;", "&"),
    ];
    let outcome = plain
        .into_iter()
        .fold(outcome.to_owned(), |text, (from, to)| {
            text.replace(from, to)
        });
    let told: Value = serde_json::from_str(&outcome).unwrap_or_else(|_| panic!("{outcome}"));
    assert_eq!(told["faults"], serde_json::json!([]), "{}", page.display());
    told["outcome"].clone()
}

/// The document after its scripts have run.
fn dump(browser: &Path, page: &Path) -> String {
    let profile = tempfile::tempdir().unwrap();
    let mut said = String::new();
    // As root the browser's own sandbox can't start.
    for sandbox in [None, Some("--no-sandbox")] {
        let ran = Command::new(browser)
            .args([
                "--headless",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-extensions",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1280,900",
                "--virtual-time-budget=60000",
                "--dump-dom",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(sandbox)
            .arg(format!("file://{}", page.display()))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        if text.contains("</html>") {
            return text;
        }
        said = String::from_utf8_lossy(&ran.stderr).into_owned();
    }
    panic!("the browser shows nothing: {said}");
}
