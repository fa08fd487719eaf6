//! Tests a PostgreSQL database: its probe, the login for others, and restoring a backup.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::pod::{Container, store};
use super::server::{Server, free_ports, wait};
use super::{end, installed, object, succeeds, write};

/// The user `nobody`, since the server refuses to run as root.
const NOBODY: u32 = 65534;

/// Returns a server program, which Debian keeps out of the PATH; `None` if it is not installed.
fn server_program(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin").join(name)).collect();
    found.retain(|path| path.exists());
    found.sort();
    let program = found.pop().unwrap_or_else(|| name.into());
    end(Command::new(&program).arg("--version")).map(|_| program)
}

/// Returns the command, run as the owner of a folder.
fn as_owner<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    let owner = fs::metadata(folder).expect("the folder is there").uid();
    match owner {
        NOBODY => command.uid(NOBODY).gid(NOBODY).current_dir(folder),
        _ => command.current_dir(folder),
    }
}

/// A folder that is deleted after the test.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the server's user must reach the folder")]
fn postgres_starts_and_is_restored_from_a_copy() {
    let (Some(initdb), Some(postgres)) = (server_program("initdb"), server_program("postgres")) else {
        return;
    };
    if !installed(&["pg_isready", "psql", "pg_dump", "pg_restore"]) {
        return;
    }
    // A folder that every user can access, with a name short enough for a socket path.
    let folder = std::env::temp_dir().join(format!("aqueduct-postgres-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the folder can be made");
    let _end = Removed(folder.clone());
    if fs::metadata(&folder).expect("it was made").uid() == 0 {
        chown(&folder, Some(NOBODY), Some(NOBODY)).expect("root may give it away");
    }
    let [port] = free_ports();
    let container = Container::main(object("StatefulSet", "goverse", "postgres"))
        .replace("/var/lib/postgresql/data", &folder.display().to_string());
    let (user, database) = (container.variable("POSTGRES_USER"), container.variable("POSTGRES_DB"));
    assert_eq!(container.variable("POSTGRES_PASSWORD"), "POSTGRES_PASSWORD", "the key of the secret");

    // As the entry point of the official image does with the variables.
    let password = folder.join("password");
    write(&password, "correct horse");
    let mut command = Command::new(initdb);
    command.arg(format!("--username={user}")).arg(format!("--pwfile={}", password.display()));
    command.args(["--auth-local=trust", "--auth-host=scram-sha-256"]);
    command.env("PGDATA", container.variable("PGDATA"));
    succeeds(&as_owner(&mut command, &folder).output().expect("the program was asked for its version"));
    let start = |addresses: &str| {
        let mut command = Command::new(&postgres);
        command.env("PGDATA", container.variable("PGDATA"));
        command.args(["-p", &port.to_string(), "-k", &folder.display().to_string()]);
        command.args(["-c", &format!("listen_addresses={addresses}")]);
        Server::start(as_owner(&mut command, &folder))
    };
    let query = |database: &str, query: &str| {
        let mut command = Command::new("psql");
        command.env("PGHOST", &folder).env("PGPORT", port.to_string()).env("PGUSER", user);
        let output = command.args(["--no-align", "--tuples-only", "--dbname", database, "--command", query]);
        output.output().ok().filter(|output| output.status.success()).map(|output| super::said(&output))
    };
    let ready = |probe: &str| {
        let mut words = container.probe(probe).into_iter();
        let mut command = Command::new(words.next().expect("a probe has a program"));
        command.args(words).env("PGPORT", port.to_string()).env("PGHOST", &folder);
        command.output().expect("the program was asked for its version").status.success()
    };
    // The image first runs a temporary server for its scripts, without a network address.
    let preparing = start("");
    wait(|| query("postgres", &format!("CREATE DATABASE {database}"))).expect("the database is made");
    assert!(!ready("readinessProbe"), "nobody can connect yet");
    drop(preparing);
    let mark = Path::new(container.variable("PGDATA")).join("postmaster.pid");
    assert!(!mark.exists(), "the first server ended in order");
    let _server = start("127.0.0.1");
    wait(|| ready("readinessProbe").then_some(())).expect("the server is ready");
    assert!(ready("livenessProbe") && ready("startupProbe"));

    let backup = object("CronJob", "goverse", "postgres-backup");
    let work = folder.join("work");
    fs::create_dir_all(&work).expect("the folder can be made");
    let mut copy = Container::init(backup)
        .replace("postgres.goverse.svc.cluster.local", "127.0.0.1")
        .replace("5432", &port.to_string())
        .replace("/work", &work.display().to_string());
    let secret = copy.variables.iter_mut().find(|(name, _)| name == "PGPASSWORD");
    let (_, value) = secret.expect("the copy is taken with a password");
    assert_eq!(value, "POSTGRES_PASSWORD", "the server's own password");
    "correct horse".clone_into(value);
    query(database, "CREATE TABLE ship AS SELECT 'sails' AS does").expect("a table is made");
    succeeds(&copy.start(None).output().expect("the program was asked for its version"));
    let stored = store(backup, &work, &folder.join("archive"));

    query("postgres", "CREATE DATABASE restored").expect("the database is made");
    let mut command = Command::new("pg_restore");
    command.envs(copy.variables.iter().map(|(name, value)| (name, value)));
    command.args(["--exit-on-error", "--dbname=restored"]).arg(&stored);
    succeeds(&command.output().expect("the program was asked for its version"));
    assert_eq!(query("restored", "SELECT does FROM ship").as_deref(), Some("sails\n"));
    for (name, value) in &mut copy.variables {
        if name == "PGPASSWORD" {
            "wrong".clone_into(value);
        }
    }
    let refused = copy.start(None).output().expect("the program was asked for its version");
    assert!(!refused.status.success(), "without the password nothing is copied");
}
