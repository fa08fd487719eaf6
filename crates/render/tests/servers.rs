//! The configuration of servers, tried on the servers themselves.
//!
//! The texts are those of the repository's own platform. Only what a cluster has and this machine has not is
//! replaced: addresses, folders, the secret part. A program that is not installed is skipped, visibly.

#![expect(
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot be set up ends, one that is skipped says so"
)]

#[path = "rendering/mod.rs"]
mod rendering;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use aqueduct_manifest::{Files, Value};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const SOURCES: [&str; 7] =
    ["platform.toml", "aqueduct.lock", "tenants", "blueprints", "charts", "kustomizations", "vendor"];

/// Returns a file of a ConfigMap of the repository's platform.
fn file(namespace: &str, config_map: &str, name: &str) -> String {
    let files = Files::read(Path::new(ROOT), &SOURCES).expect("the repository can be read");
    let (objects, _) = rendering::objects(&files);
    let found = objects.iter().find(|object| {
        object.kind() == "ConfigMap" && object.namespace() == namespace && object.name() == config_map
    });
    let text = found.and_then(|object| object.at(&["data", name])).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{namespace}/{config_map} has no {name}")).to_owned()
}

/// Returns an empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("the file can be written");
}

/// Runs a program to its end; `None` where it is not installed.
fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: `{program}` is not installed");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

#[test]
fn nginx_takes_the_proxy() {
    let folder = folder("nginx");
    let text = file("front-web", "nginx-proxy-server-files", "nginx.conf");
    let hosts =
        ["web.front-web.svc.cluster.local", "ii.back.svc.cluster.local", "keydb.back.svc.cluster.local"];
    let mut text = hosts.iter().fold(text, |text, host| {
        assert!(text.contains(host), "{host} follows from the links");
        text.replace(host, "127.0.0.1")
    });
    let path = folder.display().to_string();
    text = text.replace("/var/cache/nginx", &path).replace("/tmp/nginx.pid", &format!("{path}/nginx.pid"));
    // The official image has streams built in; Debian loads them.
    let module = "/usr/lib/nginx/modules/ngx_stream_module.so";
    if Path::new(module).exists() {
        text = format!("load_module {module};\n{text}");
    }
    let configuration = folder.join("nginx.conf");
    write(&configuration, &text);
    let Some(output) = run("nginx", &["-t", "-p", &path, "-c", &configuration.display().to_string()]) else {
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("[warn]") || said.contains("\"user\" directive"), "{said}");
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn redis_starts_and_asks_for_the_password() {
    let folder = folder("redis");
    let path = folder.display().to_string();
    let text = file("back", "keydb-files", "redis.conf");
    assert!(text.contains("server-threads 1\n"), "{text}");
    let text = text
        .replace("/etc/redis-login", &path)
        .replace("dir /data", &format!("dir {path}"))
        .replace("port 6379", &format!("port 0\nunixsocket {path}/redis.sock"))
        // Only KeyDB has threads to serve with.
        .replace("server-threads 1\n", "");
    write(&folder.join("redis.conf"), &text);
    write(&folder.join("login.conf"), "requirepass \"correct horse\"\n");
    if run("redis-server", &["--version"]).is_none() || run("redis-cli", &["--version"]).is_none() {
        return;
    }
    let configuration = folder.join("redis.conf").display().to_string();
    let server = Command::new("redis-server")
        .arg(configuration)
        .stdout(Stdio::null())
        .spawn()
        .expect("the server was asked for its version");
    let _server = Server(server);
    let socket = format!("{path}/redis.sock");
    let ask = |login: Option<&str>, question: &[&str]| {
        let mut command = Command::new("redis-cli");
        command.args(["-s", &socket]).args(question);
        match login {
            Some(login) => command.env("REDISCLI_AUTH", login),
            None => command.env_remove("REDISCLI_AUTH"),
        };
        let output = command.output().expect("the client was asked for its version");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let login = Some("correct horse");
    let is_up = (0..100).any(|_| {
        sleep(Duration::from_millis(100));
        ask(login, &["ping"]) == "PONG"
    });
    assert!(is_up, "the server does not answer");
    assert!(ask(None, &["ping"]).starts_with("NOAUTH"), "without a login nothing is answered");
    assert_eq!(ask(login, &["config", "get", "appendonly"]), "appendonly\nyes");
    assert_eq!(ask(login, &["config", "get", "maxmemory-policy"]), "maxmemory-policy\nnoeviction");
    let dump = folder.join("copy");
    assert!(!ask(login, &["--rdb", &dump.display().to_string()]).contains("ERR"));
    assert!(fs::read(&dump).expect("the backup's command wrote a copy").starts_with(b"REDIS"));
}

#[test]
fn retention_deletes_only_what_is_old() {
    let folder = folder("retention");
    let path = folder.display().to_string();
    write(&folder.join("retention.sh"), &file("elastic", "retention-files", "retention.sh"));
    let indices = "kubernetes-2000.01.01\\nkubernetes-2999.01.01\\nkubernetes-odd\\n";
    write(
        &folder.join("curl"),
        &format!(
            "#!/bin/sh\ncase \"$*\" in *DELETE*) echo \"$*\" >> '{path}/deleted' ;; *) printf '{indices}' ;; esac\n"
        ),
    );
    let _ = run("chmod", &["+x", &format!("{path}/curl")]);
    let script = format!(
        "PATH='{path}':$PATH KEEP_DAYS=7 JANITOR_USER=janitor JANITOR_PASSWORD=x ELASTICSEARCH_URL=http://search exec bash '{path}/retention.sh'"
    );
    let Some(output) = run("bash", &["-c", &script]) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let deleted = fs::read_to_string(folder.join("deleted")).expect("something is old");
    assert_eq!(
        deleted,
        "--silent --show-error --fail --user janitor:x --request DELETE http://search/kubernetes-2000.01.01\n"
    );
}
