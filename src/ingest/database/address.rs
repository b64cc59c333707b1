//! Where a database is, and what may be shown of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use postgres::config::{Config, Host, SslMode};

use crate::error::{Error, Result};
use crate::project::DatabaseSource;

/// How long a connection may take when the address does not say.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A database's address, taken apart.
pub(super) enum Address {
    Postgres(Box<PostgresAddress>),
    /// The file, and its path as the project names it.
    Sqlite(PathBuf, String),
}

/// A PostgreSQL server, database and user.
pub(super) struct PostgresAddress {
    pub(super) config: Config,
    /// Whether the server's certificate must be valid for its name.
    pub(super) verify: bool,
    /// Certificates to trust instead of the system's (PEM).
    pub(super) root_certificates: Option<PathBuf>,
    /// The address without the password.
    pub(super) shown: String,
}

impl Address {
    /// The address of a source; `env:NAME` is looked up now, so that it is never kept.
    pub(super) fn resolve(source: &DatabaseSource, folder: &Path) -> Result<Self> {
        let url = source.url.text();
        let (url, place) = match url.strip_prefix("env:") {
            None => (url.to_owned(), "`url` in clearway.toml".to_owned()),
            Some(name) => {
                let value = std::env::var(name).map_err(|_| {
                    Error::input_with_hint(
                        format!(
                            "the source `{}` takes its address from the environment variable `{name}`, which is not set",
                            source.name
                        ),
                        format!("set it: export {name}='postgres://user:password@host/database'"),
                    )
                })?;
                (value, format!("the environment variable `{name}`"))
            }
        };
        Self::parse(&url, folder).map_err(|(message, hint)| {
            let what = format!("the address of the source `{}` {message}", source.name);
            Error::input_with_hint(what, format!("{hint}; it stands in {place}"))
        })
    }

    /// What may be shown.
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Postgres(address) => &address.shown,
            Self::Sqlite(_, shown) => shown,
        }
    }

    /// Takes an address apart. Faults never repeat any of it.
    fn parse(url: &str, folder: &Path) -> Result<Self, (&'static str, &'static str)> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(("names no file", "write sqlite:PATH"));
            }
            return Ok(Self::Sqlite(folder.join(path), format!("sqlite:{path}")));
        }
        let rest = url
            .strip_prefix("postgres://")
            .or_else(|| url.strip_prefix("postgresql://"))
            .ok_or((
                "is neither of PostgreSQL nor of SQLite",
                "write postgres://user@host/database or sqlite:PATH",
            ))?;
        // An unescaped password would be taken for a host, and a host is shown.
        let authority = rest.find(['/', '?']).unwrap_or(rest.len());
        let at: Vec<usize> = rest.match_indices('@').map(|(at, _)| at).collect();
        if at.len() > 1 || at.iter().any(|at| *at > authority) {
            return Err((
                "has an `@`, `/` or `?` in its user or password",
                "write `%40` for `@`, `%2F` for `/` and `%3F` for `?` there",
            ));
        }
        postgres_address(rest).map(|address| Self::Postgres(Box::new(address)))
    }
}

fn postgres_address(rest: &str) -> Result<PostgresAddress, (&'static str, &'static str)> {
    let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (mut mode, mut verify, mut root_certificates) = (SslMode::Prefer, false, None);
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("sslmode", "disable") => mode = SslMode::Disable,
            ("sslmode", "prefer") => mode = SslMode::Prefer,
            ("sslmode", "require") => mode = SslMode::Require,
            ("sslmode", "verify-ca" | "verify-full") => (mode, verify) = (SslMode::Require, true),
            ("sslmode", _) => {
                return Err((
                    "has an unknown `sslmode`",
                    "write disable, prefer, require or verify-full",
                ));
            }
            ("sslrootcert", path) => root_certificates = Some(PathBuf::from(path)),
            _ => kept.push(pair),
        }
    }
    let text = match kept.as_slice() {
        [] => format!("postgres://{base}"),
        kept => format!("postgres://{base}?{}", kept.join("&")),
    };
    let mut config: Config = text.parse().map_err(|_| {
        (
            "can't be read",
            "write postgres://user:password@host:5432/database, with %XX for other characters than letters and digits in the password",
        )
    })?;
    config.ssl_mode(mode);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("clearway");
    }
    // A certificate to trust is there to be checked, as libpq has it.
    let verify = verify || (mode == SslMode::Require && root_certificates.is_some());
    let shown = shown(&config);
    Ok(PostgresAddress {
        config,
        verify,
        root_certificates,
        shown,
    })
}

/// The address without the password, from its parts.
fn shown(config: &Config) -> String {
    let user = config.get_user().map(|user| format!("{user}@"));
    let ports = config.get_ports();
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(at, host)| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                #[cfg(unix)]
                Host::Unix(path) => format!("{}:{port}", path.display()),
            }
        })
        .collect();
    format!(
        "postgres://{}{}/{}",
        user.unwrap_or_default(),
        hosts.join(","),
        config.get_dbname().unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<PostgresAddress, (&'static str, &'static str)> {
        match Address::parse(url, Path::new("project"))? {
            Address::Postgres(address) => Ok(*address),
            Address::Sqlite(..) => panic!("{url}"),
        }
    }

    #[test]
    fn what_is_shown_of_an_address_holds_no_password() {
        for (url, shown) in [
            (
                "postgres://clerk:s3cret@db.example/customs",
                "postgres://clerk@db.example:5432/customs",
            ),
            (
                "postgresql://clerk:s3%40cret@10.0.0.1:6432/customs?sslmode=require",
                "postgres://clerk@10.0.0.1:6432/customs",
            ),
            (
                "postgres://clerk@db/customs?password=s3cret",
                "postgres://clerk@db:5432/customs",
            ),
            (
                "postgres://clerk:s3cret@%2Fvar%2Frun/customs",
                "postgres://clerk@/var/run:5432/customs",
            ),
        ] {
            assert_eq!(
                parse(url).map(|address| address.shown),
                Ok(shown.to_owned())
            );
        }
    }

    #[test]
    fn an_unescaped_password_is_refused_before_any_of_it_is_taken_for_a_host() {
        for url in [
            "postgres://clerk:s3@cret@db/customs",
            "postgres://clerk:12/34@db/customs",
            "postgres://clerk:12?34@db/customs",
            "postgres://clerk:s3cret@db:port/customs",
            "postgres://clerk:s3cret@db/customs?sslmode=s3cret",
            "postgres://clerk:s3cret@db/customs?s3cret=1",
            "mysql://clerk:s3cret@db/customs",
        ] {
            let (message, hint) = parse(url).map(|address| address.shown).unwrap_err();
            for part in ["s3", "cret", "12", "34"] {
                assert!(
                    !message.contains(part) && !hint.contains(part),
                    "{url}: {message}"
                );
            }
        }
    }

    #[test]
    fn sslmode_says_whether_the_certificate_is_checked() {
        for (query, mode, verify) in [
            ("", SslMode::Prefer, false),
            ("?sslmode=disable", SslMode::Disable, false),
            ("?sslmode=require", SslMode::Require, false),
            (
                "?sslmode=require&sslrootcert=ca.pem",
                SslMode::Require,
                true,
            ),
            ("?sslmode=verify-full", SslMode::Require, true),
        ] {
            let address = parse(&format!("postgres://clerk@db/customs{query}")).map_err(|_| query);
            let address = address.unwrap();
            assert_eq!(
                (address.config.get_ssl_mode(), address.verify),
                (mode, verify),
                "{query}"
            );
        }
    }
}
