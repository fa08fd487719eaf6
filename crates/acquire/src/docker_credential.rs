//! The programs that store logins for Docker, `docker-credential-<name>`: a host on standard input, a login
//! as JSON on standard output.
//!
//! Source: <https://github.com/docker/docker-credential-helpers#development>.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::Error;
use crate::credentials::Login;

/// The answer of a helper.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// Asks a helper for the login for a host; `None` if it has none.
///
/// # Errors
/// A helper that cannot be run, fails, or answers anything else. Its answer is never shown.
pub(crate) fn ask(name: &str, host: &str) -> Result<Option<Login>, Error> {
    let program = format!("docker-credential-{name}");
    let fail =
        |cause: String| Error::new(format!("cannot get the login for {host} from `{program}`: {cause}"));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || !name.bytes().all(is_plain) {
        return Err(fail("not the name of a program".to_owned()));
    }
    // Docker stores the login for its own registry under an old address.
    let server = if host == "index.docker.io" { "https://index.docker.io/v1/" } else { host };
    let output = run(&program, server).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => fail("the program is not on the PATH".to_owned()).with_hint(
            "install it, or remove it from `credHelpers` and `credsStore` in Docker's config.json",
        ),
        _ => fail(error.to_string()),
    })?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stdout);
        let words = if words.trim().is_empty() { String::from_utf8_lossy(&output.stderr) } else { words };
        return if words.contains("credentials not found") {
            Ok(None)
        } else {
            Err(fail(words.lines().next().unwrap_or("no output").trim().to_owned()))
        };
    }
    let Ok(Answer { username, secret }) = serde_json::from_slice(&output.stdout) else {
        return Err(fail("its answer is not a login".to_owned()));
    };
    Ok(match &*username {
        _ if secret.is_empty() => None,
        "<token>" => Some(Login::Identity(secret)),
        _ => Some(Login::Password { user: username, password: secret }),
    })
}

fn run(program: &str, server: &str) -> io::Result<std::process::Output> {
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A helper that does not read its input explains why in its answer.
        let _unheard = input.write_all(server.as_bytes());
    }
    child.wait_with_output()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    use super::ask;
    use crate::credentials::Login;

    /// A helper with a few hosts.
    const HELPER: &str = r#"#!/bin/sh
read -r host || true
case "$1 $host" in
  "get registry.example.com") echo '{"ServerURL":"x","Username":"ann","Secret":"s3cr:t"}' ;;
  "get tokens.example.com") echo '{"ServerURL":"x","Username":"<token>","Secret":"t"}' ;;
  "get https://index.docker.io/v1/") echo '{"ServerURL":"x","Username":"bob","Secret":"p"}' ;;
  "get locked.example.com") echo 'the keychain is locked'; exit 1 ;;
  "get odd.example.com") echo 'ann:s3cr:t' ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
"#;

    /// Programs are searched on the PATH, which can only differ in another process.
    #[test]
    fn a_helper_is_asked() {
        let program = std::env::current_exe().expect("a test knows its own path");
        let folder = tempfile::tempdir().expect("a folder can be made");
        let helper = folder.path().join("docker-credential-test");
        fs::write(&helper, HELPER).expect("the helper can be written");
        fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).expect("it can be made a program");
        let output = Command::new(program)
            .args(["--exact", "--ignored", "docker_credential::tests::what_a_helper_answers"])
            .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
            .output()
            .expect("a test can start itself");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && told.contains("1 passed"), "{told}");
    }

    #[test]
    #[ignore = "needs the helper that the test above puts on the PATH"]
    fn what_a_helper_answers() {
        let password = |user: &str, password: &str| {
            Some(Login::Password { user: user.to_owned(), password: password.to_owned() })
        };
        for (host, expected) in [
            ("registry.example.com", password("ann", "s3cr:t")),
            ("index.docker.io", password("bob", "p")),
            ("tokens.example.com", Some(Login::Identity("t".to_owned()))),
            ("unknown.example.com", None),
        ] {
            assert!(ask("test", host).is_ok_and(|login| login == expected), "{host}");
        }
        for (name, host, expected) in [
            ("test", "locked.example.com", "the keychain is locked"),
            ("test", "odd.example.com", "its answer is not a login"),
            ("absent", "registry.example.com", "the program is not on the PATH"),
            ("../test", "registry.example.com", "not the name of a program"),
        ] {
            let error = ask(name, host).err().map(|error| error.to_string());
            let start = format!("cannot get the login for {host} from `docker-credential-{name}`: ");
            assert_eq!(error, Some(start + expected));
        }
    }
}
