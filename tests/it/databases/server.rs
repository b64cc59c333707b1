//! A PostgreSQL server of our own, in a temporary folder, for as long as a test needs it.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, Weak};

use tempfile::TempDir;

/// The password of the only user, `clerk`. It has a character that must be escaped in a URL.
pub(super) const PASSWORD: &str = "s3cr3t@Tashkent";

/// A running server.
pub(super) struct Server {
    folder: TempDir,
    programs: PathBuf,
    pub(super) port: u16,
}

/// One server serves the tests that run at the same time.
static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());

/// The server; `None` (with a message) where PostgreSQL is not installed.
pub(super) fn server() -> Option<Arc<Server>> {
    let mut running = RUNNING.lock().unwrap();
    if let Some(server) = running.upgrade() {
        return Some(server);
    }
    let Some(programs) = programs() else {
        eprintln!("skipped: there is no PostgreSQL server on this machine");
        return None;
    };
    let server = Arc::new(Server::start(programs));
    *running = Arc::downgrade(&server);
    Some(server)
}

/// The folder of `initdb` and `postgres`: the newest of Debian's, or where `initdb` is found.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = glob::glob("/usr/lib/postgresql/*/bin")
        .unwrap()
        .filter_map(Result::ok)
        .collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.splice(0..0, std::env::split_paths(&path));
    folders
        .into_iter()
        .rev()
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// A command as a user that PostgreSQL accepts: it refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    let root = Command::new("id").arg("-u").output().unwrap();
    if root.stdout == b"0\n" {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

fn succeeds(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}");
}

impl Server {
    fn start(programs: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let server = Self {
            folder,
            programs,
            port,
        };
        let password = server.folder.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        // Does nothing where the test is not run by root.
        let _ = Command::new("chown")
            .args(["-R", "postgres"])
            .arg(server.folder.path())
            .stderr(Stdio::null())
            .status();
        succeeds(
            as_postgres(&server.programs.join("initdb"))
                .args([
                    "--no-sync",
                    "-A",
                    "scram-sha-256",
                    "-U",
                    "clerk",
                    "-E",
                    "UTF8",
                ])
                .args(["--locale", "C"])
                .arg(format!("--pwfile={}", password.display()))
                .arg("-D")
                .arg(server.data()),
        );
        server.certificate();
        let options = format!(
            "-c listen_addresses=127.0.0.1 -p {port} -k {} -c fsync=off -c timezone=America/Lima",
            server.folder.path().display()
        );
        server.control(&["-w", "-o", &options, "-l", "log", "start"]);
        server.sql("CREATE DATABASE customs", "postgres");
        server
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn control(&self, arguments: &[&str]) {
        let log = self.folder.path().join("log");
        let mut command = as_postgres(&self.programs.join("pg_ctl"));
        command.arg("-D").arg(self.data());
        for argument in arguments {
            match *argument {
                "log" => command.arg(&log),
                other => command.arg(other),
            };
        }
        succeeds(command.stdout(Stdio::null()));
    }

    /// A certificate for `localhost` that signs itself; without `openssl` the server has none.
    fn certificate(&self) {
        let data = self.data();
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args(["-subj", "/CN=localhost", "-config", "/dev/null"])
            .args(["-addext", "subjectAltName=DNS:localhost"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(data.join("server.key"))
            .arg("-out")
            .arg(data.join("server.crt"))
            .stderr(Stdio::null())
            .status();
        if made.is_ok_and(|status| status.success()) {
            let _ = Command::new("chown")
                .arg("postgres")
                .args([data.join("server.key"), data.join("server.crt")])
                .stderr(Stdio::null())
                .status();
            succeeds(
                Command::new("chmod")
                    .arg("600")
                    .arg(data.join("server.key")),
            );
            let mut settings = fs::OpenOptions::new()
                .append(true)
                .open(data.join("postgresql.conf"))
                .unwrap();
            writeln!(settings, "ssl = on").unwrap();
        }
    }

    /// The server's certificate, where it has one.
    pub(super) fn certificate_file(&self) -> Option<PathBuf> {
        let file = self.data().join("server.crt");
        file.is_file().then_some(file)
    }

    /// Runs statements in a database, as its user.
    pub(super) fn sql(&self, statements: &str, database: &str) {
        succeeds(
            Command::new(self.programs.join("psql"))
                .args([
                    "-q",
                    "-v",
                    "ON_ERROR_STOP=1",
                    "-h",
                    "127.0.0.1",
                    "-U",
                    "clerk",
                ])
                .args([
                    "-p",
                    &self.port.to_string(),
                    "-d",
                    database,
                    "-c",
                    statements,
                ])
                .env("PGPASSWORD", PASSWORD),
        );
    }

    /// The address of the database `customs`, with the password.
    pub(super) fn url(&self, host: &str, query: &str) -> String {
        let password = PASSWORD.replace('@', "%40");
        format!(
            "postgres://clerk:{password}@{host}:{}/customs{query}",
            self.port
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.control(&["-m", "immediate", "stop"]);
    }
}
