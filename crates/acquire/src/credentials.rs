//! The logins for hosts: the files that `docker login` and `helm registry login` write.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::{Error, docker_credential};

/// Credentials by host, which are never printed.
#[derive(Clone, Default)]
pub struct HostLogins {
    hosts: BTreeMap<String, Login>,
    /// The helper programs that store more credentials, by host; the empty host means all others.
    helpers: BTreeMap<String, String>,
}

/// A proof of identity.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Login {
    Password {
        user: String,
        password: String,
    },
    /// A token that is exchanged for another.
    Identity(String),
    /// A token that is sent unchanged.
    Bearer(String),
}

impl fmt::Debug for HostLogins {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.hosts.keys()).finish()
    }
}

#[derive(Deserialize)]
struct Configuration {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
    #[serde(default, rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

impl HostLogins {
    /// Returns the default files with logins, `config.json` of Docker and of Helm's registries, given the
    /// environment variables.
    pub fn default_files(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
        let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = path("HOME").or_else(|| path("USERPROFILE"));
        let docker = path("DOCKER_CONFIG").or_else(|| Some(home.clone()?.join(".docker")));
        let helm = path("HELM_REGISTRY_CONFIG").or_else(|| {
            let config = path("XDG_CONFIG_HOME").or_else(|| Some(home?.join(".config")))?;
            Some(config.join("helm/registry/config.json"))
        });
        docker.map(|folder| folder.join("config.json")).into_iter().chain(helm).collect()
    }

    /// Reads files that `docker login` writes. Missing ones are skipped, and later ones override earlier
    /// ones.
    ///
    /// # Errors
    /// A file that exists but cannot be read.
    pub fn read(files: &[PathBuf]) -> Result<Self, Error> {
        let mut credentials = Self::default();
        for file in files {
            match std::fs::read_to_string(file) {
                Ok(text) => credentials
                    .add(&text)
                    .map_err(|error| error.context(format!("cannot read {}", file.display())))?,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::new(format!("cannot read {}: {error}", file.display()))),
            }
        }
        Ok(credentials)
    }

    /// Adds the content of a file in the format of Docker's `config.json`.
    ///
    /// # Errors
    /// A text in another format.
    pub fn add(&mut self, text: &str) -> Result<(), Error> {
        // A parser's message could quote a password, so only the position is shown.
        let configuration: Configuration = serde_json::from_str(text).map_err(|error| {
            Error::new(format!(
                "not a configuration of Docker: line {}, column {}",
                error.line(),
                error.column()
            ))
        })?;
        for (host, auth) in configuration.auths {
            if let Some(login) = auth.login(&host)? {
                self.hosts.insert(host_of(&host), login);
            }
        }
        self.helpers.extend(configuration.helpers.into_iter().map(|(host, helper)| (host_of(&host), helper)));
        if !configuration.store.is_empty() {
            self.helpers.insert(String::new(), configuration.store);
        }
        Ok(())
    }

    /// Returns the login for a host (with its port, if it has one) from the files.
    pub(crate) fn written(&self, host: &str) -> Option<&Login> {
        self.hosts.get(&host_of(host))
    }

    /// Returns the login for a registry: from the files, otherwise from the helper for it.
    ///
    /// # Errors
    /// A helper that fails.
    pub(crate) fn of_registry(&self, host: &str) -> Result<Option<Login>, Error> {
        if let Some(login) = self.written(host) {
            return Ok(Some(login.clone()));
        }
        let host = host_of(host);
        match self.helpers.get(&host).or_else(|| self.helpers.get("")) {
            Some(helper) => docker_credential::ask(helper, &host),
            None => Ok(None),
        }
    }
}

impl Auth {
    fn login(self, host: &str) -> Result<Option<Login>, Error> {
        if !self.registrytoken.is_empty() {
            return Ok(Some(Login::Bearer(self.registrytoken)));
        }
        if !self.identitytoken.is_empty() {
            return Ok(Some(Login::Identity(self.identitytoken)));
        }
        if !self.username.is_empty() {
            return Ok(Some(Login::Password { user: self.username, password: self.password }));
        }
        if self.auth.is_empty() {
            return Ok(None);
        }
        let decoded = STANDARD.decode(self.auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let parts = decoded.as_deref().and_then(|text| text.split_once(':'));
        let Some((user, password)) = parts else {
            return Err(Error::new(format!("the login for `{host}` is not `user:password` in base64")));
        };
        let password = password.trim_end_matches('\0');
        Ok(Some(Login::Password { user: user.to_owned(), password: password.to_owned() }))
    }
}

impl Login {
    /// Returns the value of an `Authorization` header, if the login itself may be sent.
    pub(crate) fn header(&self) -> Option<String> {
        match self {
            Self::Password { user, password } => {
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
            }
            Self::Bearer(token) => Some(format!("Bearer {token}")),
            Self::Identity(_) => None,
        }
    }
}

/// Returns the host of an address, which the keys of the file write in several ways.
fn host_of(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or(rest).to_ascii_lowercase();
    match &*host {
        "docker.io" | "registry-1.docker.io" => "index.docker.io".to_owned(),
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::{HostLogins, Login};

    #[test]
    fn logins() {
        let mut credentials = HostLogins::default();
        credentials
            .add(
                r#"{"auths": {
                    "registry.example.com:5000": {"auth": "YW5uOnMzY3I6dA=="},
                    "https://index.docker.io/v1/": {"username": "bob", "password": "p"},
                    "tokens.example.com": {"identitytoken": "t"},
                    "empty.example.com": {}
                }, "credsStore": "desktop", "other": 1}"#,
            )
            .expect("the file is well formed");
        let password = |user: &str, password: &str| Login::Password {
            user: user.to_owned(),
            password: password.to_owned(),
        };
        assert!(credentials.written("registry.example.com:5000") == Some(&password("ann", "s3cr:t")));
        assert!(credentials.written("registry-1.docker.io") == Some(&password("bob", "p")));
        assert!(credentials.written("tokens.example.com") == Some(&Login::Identity("t".to_owned())));
        assert!(credentials.written("empty.example.com").is_none());
        assert!(credentials.written("registry.example.com").is_none());
        assert_eq!(credentials.helpers.get("").map(String::as_str), Some("desktop"));
        assert!(!format!("{credentials:?}").contains("s3cr"));
    }

    #[test]
    fn places() {
        let check = |variables: &[(&str, &str)], expected: &[&str]| {
            let variable =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
            let files: Vec<String> =
                HostLogins::default_files(variable).iter().map(|path| path.display().to_string()).collect();
            assert_eq!(files, expected);
        };
        check(&[("HOME", "/h")], &["/h/.docker/config.json", "/h/.config/helm/registry/config.json"]);
        check(
            &[("HOME", "/h"), ("DOCKER_CONFIG", "/d"), ("HELM_REGISTRY_CONFIG", "/r.json")],
            &["/d/config.json", "/r.json"],
        );
        check(&[("HOME", "")], &[]);
    }

    #[test]
    fn bad_files_do_not_leak() {
        let mut credentials = HostLogins::default();
        for text in [r#"{"auths": {"a": {"auth": "secret"}}}"#, r#"{"auths": {"a": "secret"}}"#, "secret"] {
            let error = credentials.add(text).expect_err("the file is not well formed").to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
