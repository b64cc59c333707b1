//! The program is killed, runs out of room, or meets another: the store is whole, nothing counts
//! twice, and the next run finishes the job.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{query, sample_without_log, simulate, tree};
use crate::support::{Ran, Sandbox, csv_rows};

/// At how many points of the store's growth the program is killed.
const KILLS: u64 = 12;

/// A project with three files, which have rejects, duplicates within and duplicates across.
fn project() -> Sandbox {
    let sandbox = sample_without_log();
    for (name, declarations, seed) in [("a", "120", "1"), ("b", "200", "2"), ("c", "160", "1")] {
        let output = format!("data/inbox/{name}.csv.zst");
        let options = [
            "--faults",
            "0.05",
            "--declarations",
            declarations,
            "--seed",
            seed,
        ];
        simulate(&sandbox, &output, &options);
    }
    sandbox
}

/// What the store holds, as users see it; what differs from run to run is left out.
fn content(sandbox: &Sandbox) -> [Vec<BTreeMap<String, String>>; 2] {
    let events = "SELECT * FROM events ORDER BY source_file, source_line, at, activity";
    let mut ledger = query(sandbox, "SELECT * FROM ledger");
    for row in &mut ledger {
        row.remove("committed_at");
    }
    [query(sandbox, events), ledger]
}

/// Names of the files of a store that are neither the log of commits nor the lock, nor the cache of
/// contents, which depends on when files were touched.
fn data_files(sandbox: &Sandbox) -> Vec<String> {
    let files = tree(&sandbox.join("data/store")).into_keys();
    files
        .filter(|name| !name.contains("_delta_log") && !name.ends_with(".lock"))
        .filter(|name| name != "contents.json")
        .collect()
}

/// Nothing that a run that died has left is there still.
fn assert_clean(sandbox: &Sandbox, undisturbed: &Sandbox) {
    assert_eq!(data_files(sandbox), data_files(undisturbed));
    for name in tree(sandbox.path()).keys() {
        assert!(!name.contains('#') && !name.ends_with(".tmp"), "{name}");
        assert!(!name.contains(".new/") && !name.contains(".old/"), "{name}");
    }
}

/// Bytes below a folder; files may come and go meanwhile.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn spawn(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_clearway"))
        .args(arguments)
        .current_dir(sandbox.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills a command as soon as some folders have so many bytes; `false` when it was done before.
fn killed_at(sandbox: &Sandbox, arguments: &[&str], bytes: u64) -> bool {
    let folders = [sandbox.join("data/store"), sandbox.join("reports")];
    let mut child = spawn(sandbox, arguments);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return false;
        }
        if folders.iter().map(|folder| size(folder)).sum::<u64>() >= bytes {
            child.kill().unwrap();
            return child.wait().unwrap().signal() == Some(9);
        }
    }
}

/// A reader finds whole files only, each with the account that it has in the undisturbed store.
fn assert_whole(sandbox: &Sandbox, ledger: &[BTreeMap<String, String>]) {
    let ran = sandbox.clearway(&["query", "SELECT * FROM ledger", "--format", "csv"]);
    if ran.status == 3 {
        assert!(
            ran.stderr.contains("the store holds no event yet"),
            "{}",
            ran.stderr
        );
        return;
    }
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let mut events = 0;
    for mut row in csv_rows(&ran.stdout) {
        row.remove("committed_at");
        assert!(ledger.contains(&row), "{row:?}\nis not in\n{ledger:?}");
        events += row["events"].parse::<u64>().unwrap();
    }
    if events > 0 {
        let rows = query(sandbox, "SELECT COUNT(*) AS n FROM events");
        assert_eq!(rows[0]["n"], events.to_string());
    }
}

#[test]
fn a_killed_ingest_leaves_a_whole_store_and_the_next_one_finishes() {
    let undisturbed = project();
    undisturbed.succeeds(&["ingest"]);
    let wanted = content(&undisturbed);
    assert_eq!(wanted[1].len(), 3);
    let last = size(&undisturbed.join("data/store"));
    let mut killed = 0;
    for step in 0..KILLS {
        let sandbox = project();
        // From the first byte to the last commit.
        killed += u64::from(killed_at(&sandbox, &["ingest"], last * step / KILLS));
        assert_whole(&sandbox, &wanted[1]);
        // Killed once more, at the same place, on the way to recovery.
        killed_at(&sandbox, &["ingest"], last * (step + 1) / KILLS);
        sandbox.succeeds(&["ingest"]);
        assert!(content(&sandbox) == wanted, "after a kill at step {step}");
        assert_clean(&sandbox, &undisturbed);
    }
    assert!(
        killed >= KILLS / 2,
        "only {killed} runs were killed before they ended"
    );
}

#[test]
fn a_killed_replacement_has_happened_or_has_not() {
    let prepared = || {
        let sandbox = project();
        sandbox.succeeds(&["ingest"]);
        simulate(
            &sandbox,
            "data/inbox/d.csv.zst",
            &["--declarations", "150", "--seed", "1"],
        );
        sandbox
    };
    let replace = [
        "ingest",
        "--supersedes",
        "inbox/a.csv.zst",
        "inbox/d.csv.zst",
    ];
    let undisturbed = prepared();
    let before = content(&undisturbed);
    let first = size(&undisturbed.join("data/store"));
    undisturbed.succeeds(&replace);
    let after = content(&undisturbed);
    assert!(before != after);
    let last = size(&undisturbed.join("data/store"));
    for step in 0..KILLS {
        let sandbox = prepared();
        killed_at(&sandbox, &replace, first + (last - first) * step / KILLS);
        let found = content(&sandbox);
        assert!(found == before || found == after, "half at step {step}");
        if found == before {
            sandbox.succeeds(&replace);
        } else {
            sandbox.succeeds(&["ingest"]);
        }
        assert!(content(&sandbox) == after, "after a kill at step {step}");
        assert_clean(&sandbox, &undisturbed);
    }
}

#[test]
fn a_killed_run_leaves_whole_reports_and_the_next_one_publishes_them() {
    let command = ["run", "--period", "2024-01..2024-02", "--no-timings"];
    let undisturbed = project();
    undisturbed.succeeds(&command);
    let wanted = tree(&undisturbed.join("reports"));
    let first = size(&undisturbed.join("data/store/events"));
    let last = size(&undisturbed.join("data/store")) + size(&undisturbed.join("reports"));
    for step in 0..KILLS / 2 {
        let sandbox = project();
        let bytes = first + (last - first) * (step + 1) / (KILLS / 2);
        killed_at(&sandbox, &command, bytes);
        for period in ["2024-01", "2024-02"] {
            let folder = sandbox.join("reports").join(period);
            if folder.exists() {
                assert_eq!(
                    tree(&folder),
                    tree(&undisturbed.join("reports").join(period))
                );
            }
        }
        sandbox.succeeds(&command);
        assert!(
            tree(&sandbox.join("reports")) == wanted,
            "after a kill at step {step}"
        );
        assert_clean(&sandbox, &undisturbed);
    }
}

/// Runs a command for which no file can grow beyond so many blocks of 512 bytes: what a full disk
/// does to a program, on any machine.
fn without_room(sandbox: &Sandbox, arguments: &[&str], blocks: u32) -> Ran {
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""))
        .arg("sh")
        .arg(env!("CARGO_BIN_EXE_clearway"))
        .args(arguments)
        .current_dir(sandbox.path())
        .output()
        .unwrap();
    Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn without_room_a_run_says_so_and_the_next_one_finishes() {
    let undisturbed = project();
    undisturbed.succeeds(&["ingest"]);
    let wanted = content(&undisturbed);
    let sandbox = project();
    let mut failed = 0;
    for blocks in [0, 1, 4, 8, 16, 32, 64] {
        let ran = without_room(&sandbox, &["ingest"], blocks);
        if ran.status == 0 {
            continue;
        }
        failed += 1;
        assert_eq!(ran.status, 5, "{blocks} blocks: {}", ran.stderr);
        assert!(
            ran.stderr.contains("hint: make room there and run again"),
            "{blocks} blocks: {}",
            ran.stderr
        );
        assert_whole(&sandbox, &wanted[1]);
    }
    assert!(failed >= 3, "only {failed} runs had no room");
    sandbox.succeeds(&["ingest"]);
    assert!(content(&sandbox) == wanted);
    assert_clean(&sandbox, &undisturbed);
}

#[test]
fn of_two_runs_at_once_one_waits_for_another_day() {
    let undisturbed = project();
    undisturbed.succeeds(&["ingest"]);
    let sandbox = project();
    let mut both = [spawn(&sandbox, &["ingest"]), spawn(&sandbox, &["ingest"])];
    let statuses: Vec<i32> = both
        .iter_mut()
        .map(|child| child.wait().unwrap().code().unwrap())
        .collect();
    assert!(statuses.contains(&0), "{statuses:?}");
    assert!(
        statuses.iter().all(|status| [0, 5].contains(status)),
        "{statuses:?}"
    );
    sandbox.succeeds(&["ingest"]);
    assert!(content(&sandbox) == content(&undisturbed));
    assert_clean(&sandbox, &undisturbed);
}

/// A file system of a size of its own in the place of a folder.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    /// `None`, with a message, where nothing can be mounted.
    fn mount(folder: &Path, kib: u32) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mounted = Self::run(
            "mount",
            &["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"],
            folder,
        );
        if mounted {
            Some(Self(folder.to_owned()))
        } else {
            eprintln!("skipped: only the superuser can mount a small disk");
            None
        }
    }

    fn enlarge(&self) {
        assert!(Self::run("mount", &["-o", "remount,size=64m"], &self.0));
    }

    /// Writes until no byte more goes in.
    fn fill(&self) {
        use std::io::Write as _;
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        for piece in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![0; piece]).is_ok() {}
        }
    }

    fn run(command: &str, arguments: &[&str], folder: &Path) -> bool {
        let output = Command::new(command).args(arguments).arg(folder).output();
        output.is_ok_and(|output| output.status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        assert!(Self::run("umount", &[], &self.0));
    }
}

#[test]
fn a_disk_that_is_full_stops_an_ingest_and_the_next_one_finishes() {
    let figures = |sandbox: &Sandbox| {
        let all = [
            "kpi", "eval", "all", "--each", "corridor", "--format", "csv",
        ];
        sandbox.succeeds(&all).stdout
    };
    let undisturbed = project();
    undisturbed.succeeds(&["ingest"]);
    let (wanted, wanted_figures) = (content(&undisturbed), figures(&undisturbed));
    let mut failed = 0;
    for kib in [4, 32, 64, 128, 192, 256] {
        let sandbox = project();
        let Some(disk) = SmallDisk::mount(&sandbox.join("data/store"), kib) else {
            return;
        };
        let ran = sandbox.clearway(&["ingest"]);
        if ran.status != 0 {
            failed += 1;
            assert_eq!(ran.status, 5, "{kib} KiB: {}", ran.stderr);
            let (told, hint) = ("can't write `", "hint: make room there and run again");
            assert!(ran.stderr.contains(told), "{kib} KiB: {}", ran.stderr);
            assert!(ran.stderr.contains(hint), "{kib} KiB: {}", ran.stderr);
            assert_whole(&sandbox, &wanted[1]);
        }
        disk.enlarge();
        sandbox.succeeds(&["ingest"]);
        assert!(content(&sandbox) == wanted, "after {kib} KiB");
        // A question needs no room.
        disk.fill();
        assert!(figures(&sandbox) == wanted_figures, "after {kib} KiB");
    }
    assert!(failed >= 3, "only {failed} disks were too small");
}

#[test]
fn what_a_killed_run_has_left_of_its_inputs_is_removed() {
    let sandbox = project();
    let left = [
        "spool/incoming-4711",
        "spool/stdin-0a1b2c3d4e5f.csv",
        "pulls/declarations.csv",
    ];
    for name in left {
        sandbox.write(&format!("data/store/{name}"), b"id,event\n");
    }
    // A run that is alive holds its file.
    let held = sandbox.join("data/store/spool/incoming-4712");
    let file = fs::File::create(&held).unwrap();
    file.lock().unwrap();
    sandbox.succeeds(&["ingest"]);
    for name in left {
        assert!(
            !sandbox.join(&format!("data/store/{name}")).exists(),
            "{name}"
        );
    }
    assert!(held.exists());
    drop(file);
    sandbox.succeeds(&["ingest"]);
    assert!(!held.exists());
}

#[test]
fn an_ingest_does_not_wait_for_somebody_who_asks() {
    let sandbox = project();
    let later = fs::read(sandbox.join("data/inbox/c.csv.zst")).unwrap();
    fs::remove_file(sandbox.join("data/inbox/c.csv.zst")).unwrap();
    sandbox.succeeds(&["ingest"]);
    let question = ["kpi", "eval", "all", "--format", "csv"];
    // As long as somebody keeps what he has folded.
    let folding = fs::File::create(sandbox.join("data/store/.folded.lock")).unwrap();
    folding.lock().unwrap();
    sandbox.write("data/inbox/c.csv.zst", &later);
    sandbox.succeeds(&["ingest"]);
    // Another one who asks at that time folds for himself.
    let meanwhile = sandbox.succeeds(&question).stdout;
    assert!(!sandbox.join("data/store/folded").exists());
    drop(folding);
    assert_eq!(sandbox.succeeds(&question).stdout, meanwhile);
    assert!(sandbox.join("data/store/folded/manifest.json").exists());
    assert_eq!(sandbox.succeeds(&question).stdout, meanwhile);
    // Many who ask and one who ingests, all at once.
    let more = sandbox.join("data/inbox/d.csv.zst");
    simulate(
        &sandbox,
        "data/inbox/d.csv.zst",
        &["--declarations", "150", "--seed", "4"],
    );
    assert!(more.exists());
    let mut asking: Vec<Child> = (0..3).map(|_| spawn(&sandbox, &question)).collect();
    let mut ingesting = spawn(&sandbox, &["ingest"]);
    assert!(ingesting.wait().unwrap().success());
    for child in &mut asking {
        assert!(child.wait().unwrap().success());
    }
    let kept = sandbox.succeeds(&question).stdout;
    fs::remove_dir_all(sandbox.join("data/store/folded")).unwrap();
    assert_eq!(sandbox.succeeds(&question).stdout, kept);
}

/// Runs a command as an account that may read everything and write nothing.
fn without_rights(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    // The program may lie where that account can't look.
    let program = sandbox.join("clearway");
    if !program.exists() {
        fs::copy(env!("CARGO_BIN_EXE_clearway"), &program).unwrap();
    }
    let mut command = Command::new(&program);
    let owner = fs::metadata(sandbox.path()).unwrap().uid();
    if owner == 0 {
        // Rights do not stop the superuser: be somebody else.
        fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o755)).unwrap();
        command.uid(65_534).gid(65_534);
    } else {
        for folder in [
            "data/store",
            "data/store/events",
            "data/store/events/_delta_log",
        ] {
            let path = sandbox.join(folder);
            fs::set_permissions(path, fs::Permissions::from_mode(0o555)).unwrap();
        }
        let lock = sandbox.join("data/store/.lock");
        fs::set_permissions(lock, fs::Permissions::from_mode(0o444)).unwrap();
    }
    let output = command
        .args(arguments)
        .current_dir(sandbox.path())
        .output()
        .unwrap();
    if owner != 0 {
        for folder in [
            "data/store",
            "data/store/events",
            "data/store/events/_delta_log",
        ] {
            let path = sandbox.join(folder);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_store_that_can_only_be_read_is_read_and_not_written() {
    let sandbox = project();
    sandbox.succeeds(&["ingest"]);
    let before = tree(&sandbox.join("data/store"));
    for words in [
        &["ledger"][..],
        &["kpi", "eval", "TF01"],
        &["query", "SELECT * FROM ledger"],
    ] {
        let ran = without_rights(&sandbox, words);
        assert_eq!(ran.status, 0, "{words:?}: {}", ran.stderr);
    }
    let ran = without_rights(&sandbox, &["ingest"]);
    assert_eq!(ran.status, 5, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("hint: let the account that runs Clearway write there"),
        "{}",
        ran.stderr
    );
    assert!(
        tree(&sandbox.join("data/store")) == before,
        "nothing was touched"
    );
}
