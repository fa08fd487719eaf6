//! Vendoring from OCI registries: a real one, if the machine has it, and a misbehaving one.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::loopback::{Server, answer, pack, sha256};
use crate::repository::wanted;
use aqueduct_acquire::{ChartSource, Client, Error, HostLogins, Lock, Update, WantedChart, vendor};
use aqueduct_manifest::Files;
use serde_json::json;

/// Changes the body of an answer, given the path.
type Change = fn(&str, Vec<u8>) -> Vec<u8>;

const CHART_TYPE: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

fn request(host: &str, version: &str) -> WantedChart {
    WantedChart {
        name: "web".to_owned(),
        source: ChartSource::parse(&format!("oci://{host}/charts")).expect("it is an address"),
        version: version.to_owned(),
    }
}

fn run(request: &WantedChart, credentials: HostLogins) -> Result<Lock, Error> {
    let root = tempfile::tempdir().expect("a folder can be made");
    let wanted = wanted(std::slice::from_ref(request));
    let result = vendor(root.path(), &Files::new(), &wanted, Update::Keep, &Client::new(credentials));
    if result.is_err() {
        assert_eq!(root.path().read_dir().expect("the folder is there").count(), 0, "nothing is written");
    }
    result.map_err(|mut errors| errors.remove(0))
}

fn login(host: &str, auth: &str) -> HostLogins {
    let mut credentials = HostLogins::default();
    credentials.add(&format!(r#"{{"auths": {{"{host}": {auth}}}}}"#)).expect("it is well formed");
    credentials
}

fn manifest(package: &[u8]) -> Vec<u8> {
    json!({
        "schemaVersion": 2,
        "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": format!("sha256:{}", sha256(b"{}")), "size": 2},
        "layers": [{"mediaType": CHART_TYPE, "digest": format!("sha256:{}", sha256(package)), "size": package.len()}],
    })
    .to_string()
    .into_bytes()
}

/// A registry with one chart that requires a token.
fn registry(login_wanted: Option<&'static str>, change: Change) -> Server {
    let package = pack("web", "1.2.0+build.1", "");
    let manifest = manifest(&package);
    let (digest, reference) = (sha256(&package), sha256(&manifest));
    Server::start(move |request| {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let authorization = request.headers.get("authorization").map(String::as_str);
        let host = &request.headers["host"];
        if path == "/token" {
            assert!(query.contains("scope=repository:charts/web:pull"), "{query}");
            assert!(query.contains("service=the%20registry"), "{query}");
            return match login_wanted {
                Some(wanted) if authorization != Some(wanted) => answer("401 Unauthorized", &[], b""),
                _ => answer("200 OK", &[], br#"{"token": "t0ken"}"#),
            };
        }
        if authorization != Some("Bearer t0ken") {
            let challenge = format!(
                "Bearer realm=\"http://{host}/token\",service=\"the registry\",scope=\"repository:charts/web:pull\""
            );
            return answer("401 Unauthorized", &[("www-authenticate", &challenge)], b"");
        }
        let body = if path == "/v2/charts/web/tags/list" {
            // One page for each tag.
            return match query {
                "n=1000" => answer(
                    "200 OK",
                    &[("link", "</v2/charts/web/tags/list?last=1.0.0>; rel=\"next\"")],
                    br#"{"tags": ["1.0.0", "latest"]}"#,
                ),
                _ => answer("200 OK", &[], br#"{"tags": ["1.2.0_build.1"]}"#),
            };
        } else if path == "/v2/charts/web/manifests/1.2.0_build.1"
            || path == format!("/v2/charts/web/manifests/sha256:{reference}")
        {
            manifest.clone()
        } else if path == format!("/v2/charts/web/blobs/sha256:{digest}") {
            package.clone()
        } else {
            return answer("404 Not Found", &[], b"");
        };
        answer("200 OK", &[], &change(path, body))
    })
}

fn unchanged(_path: &str, body: Vec<u8>) -> Vec<u8> {
    body
}

#[test]
fn a_token_opens_the_registry() {
    let server = registry(None, unchanged);
    let lock = run(&request(&server.host, "^1"), HostLogins::default()).expect("the chart is there");
    assert_eq!(lock.charts[0].version, "1.2.0+build.1");
    assert_eq!(lock.charts[0].source, format!("oci://{}/charts", server.host));
}

#[test]
fn a_login_is_exchanged_for_a_token() {
    let server = registry(Some("Basic YW5uOnNlY3JldA=="), unchanged);
    run(&request(&server.host, ""), login(&server.host, r#"{"auth": "YW5uOnNlY3JldA=="}"#))
        .expect("we are let in");
    for credentials in
        [HostLogins::default(), login(&server.host, r#"{"username": "ann", "password": "wrong"}"#)]
    {
        let error = run(&request(&server.host, ""), credentials).expect_err("we are not let in");
        assert!(error.to_string().ends_with("the server answered 401 (not logged in)"), "{error}");
        assert_eq!(error.hint(), Some(&*format!("log in first: `docker login {}`", server.host)));
    }
}

#[test]
fn a_digest_names_a_manifest() {
    let package = pack("web", "1.2.0+build.1", "");
    let digest = format!("sha256:{}", sha256(&manifest(&package)));
    let server = registry(None, unchanged);
    let lock = run(&request(&server.host, &digest), HostLogins::default()).expect("the chart is there");
    assert_eq!((&*lock.charts[0].version, &*lock.charts[0].manifest), ("1.2.0+build.1", &*digest));
    let server =
        registry(
            None,
            |path, body| {
                if path.contains("/manifests/") { [body, b" ".to_vec()].concat() } else { body }
            },
        );
    let error = run(&request(&server.host, &digest), HostLogins::default()).expect_err("it was changed");
    assert!(error.to_string().contains("does not match its digest"), "{error}");
}

#[test]
fn content_that_is_not_what_it_should_be() {
    let cases: [(Change, &str); 4] = [
        (
            |path, body| if path.contains("/blobs/") { b"another".to_vec() } else { body },
            "does not match its digest",
        ),
        (|path, body| if path.contains("/manifests/") { b"<html>".to_vec() } else { body }, "not a manifest"),
        (
            |path, body| if path.contains("/manifests/") { b"{\"layers\": []}".to_vec() } else { body },
            "no Helm chart at",
        ),
        (
            |path, body| {
                let large = "{\"layers\": [{\"mediaType\": \"application/tar+gzip\", \"digest\": \"sha256:0\", \"size\": 999999999999}]}";
                if path.contains("/manifests/") { large.into() } else { body }
            },
            "is larger than",
        ),
    ];
    for (change, expected) in cases {
        let server = registry(None, change);
        let error = run(&request(&server.host, ""), HostLogins::default()).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_login_is_not_sent_in_the_open() {
    for (realm, shown) in [
        ("http://tokens.example.com/", "http://tokens.example.com/"),
        ("http://127.0.0.1:5000@tokens.example.com/token", "http://tokens.example.com/token"),
        ("https://ann@tokens.example.com/token?a=b", "https://tokens.example.com/token"),
        ("file:///etc/passwd", "file:///etc/passwd"),
    ] {
        let challenge = format!("Bearer realm=\"{realm}\"");
        let server =
            Server::start(move |_| answer("401 Unauthorized", &[("www-authenticate", &challenge)], b""));
        let credentials = login(&server.host, r#"{"auth": "YW5uOnNlY3JldA=="}"#);
        let error = run(&request(&server.host, ""), credentials).expect_err("the realm is not safe");
        let expected = format!("redirects to `{shown}` for a token, which is not safe");
        assert!(error.to_string().contains(&expected), "{error}");
    }
}

/// A registry may redirect to another store for its blobs, which must not receive the login.
#[test]
fn a_login_does_not_go_to_the_store_of_the_blobs() {
    let package = pack("web", "1.0.0", "");
    let manifest = manifest(&package);
    let store = Server::start(move |_| answer("200 OK", &[], &package));
    let elsewhere = format!("http://{}/blob", store.host);
    let server = Server::start(move |request| {
        if request.headers.get("authorization").map(String::as_str) != Some("Basic YW5uOnNlY3JldA==") {
            return answer("401 Unauthorized", &[("www-authenticate", "Basic realm=\"a\"")], b"");
        }
        match request.path.rsplit('/').nth(1) {
            Some("tags") => answer("200 OK", &[], br#"{"tags": ["1.0.0"]}"#),
            Some("manifests") => answer("200 OK", &[], &manifest),
            _ => answer("307 Temporary Redirect", &[("location", &elsewhere)], b""),
        }
    });
    run(&request(&server.host, ""), login(&server.host, r#"{"auth": "YW5uOnNlY3JldA=="}"#))
        .expect("we are let in");
    let requests = store.requests.lock().expect("no test panics while it holds it");
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].headers.contains_key("authorization"));
}

/// A registry on this machine, stopped when the test ends.
struct Registry {
    process: Child,
    host: String,
    _folder: tempfile::TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Registry {
    /// Starts Debian's `docker-registry`; reports and returns `None` if it is not installed.
    #[expect(clippy::disallowed_methods, reason = "the registry takes a moment to start")]
    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    fn start(htpasswd: Option<&str>) -> Option<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let host = listener.local_addr().expect("it is bound").to_string();
        drop(listener);
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut configuration = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\nhttp: {{addr: \"{host}\"}}\n",
            folder.path().join("data").display()
        );
        if let Some(text) = htpasswd {
            let path = folder.path().join("htpasswd");
            std::fs::write(&path, text).expect("it can be written");
            configuration
                .push_str(&format!("auth:\n  htpasswd: {{realm: test, path: {}}}\n", path.display()));
        }
        let path = folder.path().join("config.yml");
        std::fs::write(&path, configuration).expect("it can be written");
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = process else {
            println!("registry: skipped, there is no docker-registry on this machine");
            return None;
        };
        let registry = Self { process, host, _folder: folder };
        let start = Instant::now();
        while std::net::TcpStream::connect(&registry.host).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "the registry does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(registry)
    }

    fn agent() -> ureq::Agent {
        ureq::Agent::config_builder().http_status_as_error(false).build().new_agent()
    }

    fn push_blob(&self, authorization: &str, bytes: &[u8]) {
        let start = format!("http://{}/v2/charts/web/blobs/uploads/", self.host);
        let answer = Self::agent()
            .post(&start)
            .header("authorization", authorization)
            .send_empty()
            .expect("the registry answers");
        assert_eq!(answer.status(), 202);
        let location = answer.headers()["location"].to_str().expect("it is an address").to_owned();
        let separator = if location.contains('?') { '&' } else { '?' };
        let answer = Self::agent()
            .put(format!("{location}{separator}digest=sha256:{}", sha256(bytes)))
            .header("authorization", authorization)
            .header("content-type", "application/octet-stream")
            .send(bytes)
            .expect("the registry answers");
        assert_eq!(answer.status(), 201);
    }

    /// Pushes a chart like `helm push` and returns the digest of its manifest.
    fn push(&self, authorization: &str, tag: &str, package: &[u8]) -> String {
        self.push_blob(authorization, b"{}");
        self.push_blob(authorization, package);
        let manifest = manifest(package);
        let answer = Self::agent()
            .put(format!("http://{}/v2/charts/web/manifests/{tag}", self.host))
            .header("authorization", authorization)
            .header("content-type", "application/vnd.oci.image.manifest.v1+json")
            .send(&manifest[..])
            .expect("the registry answers");
        assert_eq!(answer.status(), 201);
        format!("sha256:{}", sha256(&manifest))
    }
}

fn vendored(root: &Path, host: &str, version: &str, credentials: HostLogins) -> Result<Lock, Error> {
    let files = Files::read(root, &["aqueduct.lock", "vendor"]).expect("the folder can be read");
    vendor(root, &files, &wanted(&[request(host, version)]), Update::Keep, &Client::new(credentials))
        .map_err(|mut errors| errors.remove(0))
}

#[test]
fn a_real_registry() {
    let Some(registry) = Registry::start(None) else { return };
    let digest = registry.push("", "1.0.0", &pack("web", "1.0.0", ""));
    registry.push("", "1.3.0_x", &pack("web", "1.3.0+x", ""));
    let root = tempfile::tempdir().expect("a folder can be made");
    let lock = vendored(root.path(), &registry.host, "~1.3", HostLogins::default()).expect("it is there");
    assert_eq!(lock.charts[0].version, "1.3.0+x");
    assert!(root.path().join("vendor/charts/web-1.3.0+x/templates/a.yaml").exists());
    let root = tempfile::tempdir().expect("a folder can be made");
    let lock = vendored(root.path(), &registry.host, &digest, HostLogins::default()).expect("it is there");
    assert_eq!(lock.charts[0].version, "1.0.0");
    let error =
        vendored(root.path(), &registry.host, "^2", HostLogins::default()).expect_err("there is none");
    assert!(error.to_string().starts_with("no version matches"), "{error}");
    println!("registry: docker-registry served charts by tag and by digest");
}

#[test]
fn a_real_registry_with_logins() {
    let hash = bcrypt::hash_with_salt("secret", 4, [7; 16]).expect("the cost is allowed");
    let Some(registry) =
        Registry::start(Some(&format!("ann:{}\n", hash.format_for_version(bcrypt::Version::TwoY))))
    else {
        return;
    };
    registry.push("Basic YW5uOnNlY3JldA==", "1.0.0", &pack("web", "1.0.0", ""));
    let root = tempfile::tempdir().expect("a folder can be made");
    let error =
        vendored(root.path(), &registry.host, "", HostLogins::default()).expect_err("nobody has logged in");
    assert!(error.to_string().ends_with("the server answered 401 (not logged in)"), "{error}");
    let credentials = login(&registry.host, r#"{"auth": "YW5uOnNlY3JldA=="}"#);
    vendored(root.path(), &registry.host, "", credentials).expect("we are let in");
    println!("registry: docker-registry let the right login in");
}
