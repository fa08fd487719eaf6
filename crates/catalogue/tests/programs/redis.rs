//! Tests a Redis store with Redis: its probe and its backup.

use std::fs;
use std::process::Command;

use super::pod::Container;
use super::server::{Server, free_ports, wait};
use super::{file, folder, installed, object, succeeds, write};

#[test]
fn redis_starts_asks_for_the_password_and_is_copied() {
    let folder = folder("redis");
    let path = folder.display().to_string();
    let [port] = free_ports();
    let text = file("back", "keydb-files", "redis.conf");
    let mut configuration = text.to_owned();
    for (from, to) in [
        ("/etc/redis-login", path.as_str()),
        ("dir /data", &format!("dir {path}")),
        ("port 6379", &format!("port {port}")),
        ("bind 0.0.0.0", "bind 127.0.0.1"),
        // Only KeyDB is multi-threaded.
        ("server-threads 1\n", ""),
    ] {
        assert!(configuration.contains(from), "{text}");
        configuration = configuration.replace(from, to);
    }
    write(&folder.join("redis.conf"), &configuration);
    write(&folder.join("login.conf"), "requirepass \"correct horse\"\n");
    if !installed(&["redis-server", "redis-cli"]) {
        return;
    }
    let keydb = Container::main(object("StatefulSet", "back", "keydb"));
    let server = keydb.clone().replace("keydb-server", "redis-server").replace("/etc/redis", &path);
    let _server = Server::start(&mut server.start(None));
    let probe = |login: &str| {
        let mut words = keydb.probe("readinessProbe").into_iter();
        let mut command = Command::new(words.next().expect("a probe has a program"));
        command.args(words.map(|word| word.replace("keydb-cli", &format!("redis-cli -p {port}"))));
        command.env("REDISCLI_AUTH", login).output().expect("there is a shell").status.success()
    };
    wait(|| probe("correct horse").then_some(())).expect("the server answers its probe");
    assert!(!probe("wrong"), "the probe sees that nobody can log in");
    let ask = |login: Option<&str>, question: &[&str]| {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &port.to_string()]).args(question);
        match login {
            Some(login) => command.env("REDISCLI_AUTH", login),
            None => command.env_remove("REDISCLI_AUTH"),
        };
        let output = command.output().expect("the client was asked for its version");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let login = Some("correct horse");
    assert!(ask(None, &["ping"]).starts_with("NOAUTH"), "without a login nothing is answered");
    assert_eq!(ask(login, &["config", "get", "appendonly"]), "appendonly\nyes");
    assert_eq!(ask(login, &["config", "get", "maxmemory-policy"]), "maxmemory-policy\nnoeviction");
    let backup = Container::init(object("CronJob", "back", "keydb-backup"));
    assert_eq!(backup.variable("REDISCLI_AUTH"), "REDIS_PASSWORD", "the server's own password");
    let backup = backup
        .replace("keydb-cli", "redis-cli")
        .replace("keydb.back.svc.cluster.local", "127.0.0.1")
        .replace("6379", &port.to_string())
        .replace("REDIS_PASSWORD", "correct horse")
        .replace("/work", &path);
    succeeds(&backup.start(None).output().expect("the client was asked for its version"));
    assert!(fs::read(folder.join("copy")).expect("the copy is there").starts_with(b"REDIS"));
    bucket(&folder);
}

/// Stores the copy in a bucket, with a folder in its place.
fn bucket(folder: &std::path::Path) {
    if !installed(&["rclone"]) {
        return;
    }
    let backup = Container::main(object("CronJob", "back", "keydb-backup"))
        .replace("s3", "local")
        .replace("/work", &folder.display().to_string());
    let mut command = backup.start(None);
    succeeds(&command.current_dir(folder).output().expect("there is a shell"));
    let stored = folder.join(backup.variable("BUCKET")).join("keydb");
    let stored: Vec<_> = fs::read_dir(stored).expect("the copy has a folder").flatten().collect();
    assert_eq!(stored.len(), 1, "{stored:?}");
}
