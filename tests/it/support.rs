//! A project folder that disappears after a test, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A project in a temporary folder.
pub(crate) struct Sandbox {
    dir: TempDir,
}

/// What a command did.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// A folder with some files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let sandbox = Self::empty();
        for (name, text) in files {
            sandbox.write(name, text.as_bytes());
        }
        sandbox
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A path in the folder.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file, making its folders.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Reads a text file.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).unwrap_or_else(|cause| panic!("{name}: {cause}"))
    }

    /// Copies a folder of the repository into the sandbox.
    pub(crate) fn copy_from(&self, source: &Path) {
        copy(source, self.path());
    }

    /// Runs `clearway` in the folder.
    pub(crate) fn clearway(&self, arguments: &[&str]) -> Ran {
        self.clearway_with(arguments, &[])
    }

    /// Runs `clearway` in the folder with some environment variables.
    pub(crate) fn clearway_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_clearway"))
            .args(arguments)
            .envs(variables.iter().copied())
            .current_dir(self.path())
            .env("RUST_BACKTRACE", "0")
            .output()
            .unwrap();
        Ran {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs `clearway` in the folder with something on standard input.
    pub(crate) fn clearway_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        // A file, so that neither side waits for the other.
        let path = self.join("input.of.the.test");
        fs::write(&path, input).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_clearway"))
            .args(arguments)
            .current_dir(self.path())
            .env("RUST_BACKTRACE", "0")
            .stdin(fs::File::open(&path).unwrap())
            .output()
            .unwrap();
        fs::remove_file(path).unwrap();
        Ran {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs `clearway` and expects it to succeed.
    pub(crate) fn succeeds(&self, arguments: &[&str]) -> Ran {
        let ran = self.clearway(arguments);
        assert_eq!(
            ran.status, 0,
            "clearway {arguments:?}\n{}\n{}",
            ran.stdout, ran.stderr
        );
        ran
    }
}

fn copy(source: &Path, target: &Path) {
    fs::create_dir_all(target).unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        let to = target.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A folder of the repository.
pub(crate) fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The folder of published data beside the repository; `None` (with a message) where it is absent.
pub(crate) fn published_data() -> Option<PathBuf> {
    let folder = repository("../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no folder of published data beside the repository");
    None
}

/// The rows of a CSV text as maps from column to value.
pub(crate) fn csv_rows(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}
