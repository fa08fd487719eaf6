//! Vendoring from a chart repository on this machine, including every failure.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::loopback::{Server, answer, pack, pack_with, sha256};
use aqueduct_acquire::{ChartSource, Client, HostLogins, Lock, Update, Wanted, WantedChart, vendor, verify};
use aqueduct_manifest::Files;

/// A repository whose files a test can change.
#[derive(Clone, Default)]
struct Repository {
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl Repository {
    fn set(&self, path: &str, bytes: Vec<u8>) {
        self.files.lock().expect("no test panics while it holds it").insert(path.to_owned(), bytes);
    }

    fn start(&self) -> Server {
        let files = Arc::clone(&self.files);
        Server::start(move |request| {
            match files.lock().expect("no test panics while it holds it").get(&request.path) {
                Some(bytes) => answer("200 OK", &[], bytes),
                None => answer("404 Not Found", &[], b"no"),
            }
        })
    }

    /// Lists charts by name, version and packed bytes.
    fn list(&self, charts: &[(&str, &str, &[u8])]) {
        let mut index = "apiVersion: v1\nentries:\n".to_owned();
        let mut names: Vec<&str> = charts.iter().map(|(name, _, _)| *name).collect();
        names.dedup();
        for name in names {
            index.push_str(&format!("  {name}:\n"));
            for (_, version, bytes) in charts.iter().filter(|(other, _, _)| *other == name) {
                let file = format!("{name}-{version}.tgz");
                index.push_str(&format!(
                    "  - name: {name}\n    version: \"{version}\"\n    digest: {}\n    urls: [{file}]\n",
                    sha256(bytes)
                ));
                self.set(&format!("/charts/{file}"), bytes.to_vec());
            }
        }
        self.set("/charts/index.yaml", index.into_bytes());
    }
}

fn request(server: &Server, name: &str, version: &str) -> WantedChart {
    WantedChart {
        name: name.to_owned(),
        source: ChartSource::parse(&format!("http://{}/charts", server.host)).expect("it is an address"),
        version: version.to_owned(),
    }
}

fn run(root: &Path, requests: &[WantedChart], update: Update) -> Result<Lock, String> {
    let files = Files::read(root, &["aqueduct.lock", "vendor"]).expect("the folder can be read");
    vendor(root, &files, &wanted(requests), update, &Client::new(HostLogins::default()))
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

pub(crate) fn wanted(requests: &[WantedChart]) -> Wanted {
    Wanted { charts: requests.iter().cloned().collect(), ..Wanted::default() }
}

fn refusal(requests: &[WantedChart]) -> String {
    let root = tempfile::tempdir().expect("a folder can be made");
    let error = run(root.path(), requests, Update::Keep).expect_err("it cannot be fetched");
    let left: Vec<_> = root.path().read_dir().expect("the folder is there").flatten().collect();
    assert!(left.is_empty(), "nothing is written: {left:?}");
    error
}

#[test]
fn a_chart_is_fetched_once_and_locked() {
    let repository = Repository::default();
    let (old, new) = (pack("web", "1.0.0", ""), pack("web", "1.2.0", ""));
    repository.list(&[("web", "1.0.0", &old), ("web", "1.2.0", &new)]);
    let server = repository.start();
    let root = tempfile::tempdir().expect("a folder can be made");
    let wanted = [request(&server, "web", "^1.0")];

    let lock = run(root.path(), &wanted, Update::Keep).expect("it is there");
    assert_eq!(lock.charts[0].version, "1.2.0");
    assert_eq!(lock.charts[0].archive, sha256(&new));
    let text = std::fs::read_to_string(root.path().join("aqueduct.lock")).expect("it was written");
    assert_eq!(Lock::parse(&text), Ok(lock.clone()));
    let files = Files::read(root.path(), &["vendor"]).expect("the folder can be read");
    assert_eq!(
        verify(&files, &lock, &wanted[0]).map(|chart| chart.folder()),
        Ok("vendor/charts/web-1.2.0".to_owned())
    );
    assert_eq!(files.text("vendor/charts/web-1.2.0/values.yaml"), Some("replicas: 1\n"));

    // A second run makes no requests, even if there is a newer version.
    let asked = server.paths().len();
    let newer = pack("web", "1.3.0", "");
    repository.list(&[("web", "1.2.0", &new), ("web", "1.3.0", &newer)]);
    assert_eq!(run(root.path(), &wanted, Update::Keep), Ok(lock.clone()));
    assert_eq!(server.paths().len(), asked);

    // An altered file is fetched again and restored.
    std::fs::write(root.path().join("vendor/charts/web-1.2.0/values.yaml"), "replicas: 2\n")
        .expect("it can be written");
    assert_eq!(run(root.path(), &wanted, Update::Keep), Ok(lock));
    let files = Files::read(root.path(), &["vendor"]).expect("the folder can be read");
    assert_eq!(files.text("vendor/charts/web-1.2.0/values.yaml"), Some("replicas: 1\n"));

    // An update takes the newest version and removes the old one.
    let lock = run(root.path(), &wanted, Update::Newest).expect("it is there");
    assert_eq!(lock.charts[0].version, "1.3.0");
    assert!(!root.path().join("vendor/charts/web-1.2.0").exists());
    let names: Vec<_> =
        root.path().join("vendor/charts").read_dir().expect("it is there").flatten().collect();
    assert_eq!(names.len(), 1, "nothing else is left: {names:?}");
}

#[test]
fn a_chart_that_changed_under_its_version_is_refused() {
    let repository = Repository::default();
    let first = pack("web", "1.0.0", "");
    repository.list(&[("web", "1.0.0", &first)]);
    let server = repository.start();
    let root = tempfile::tempdir().expect("a folder can be made");
    let wanted = [request(&server, "web", "1.0.0")];
    run(root.path(), &wanted, Update::Keep).expect("it is there");
    std::fs::remove_dir_all(root.path().join("vendor")).expect("it can be removed");
    repository.list(&[("web", "1.0.0", &pack("web", "1.0.0", "description: changed\n"))]);
    let error = run(root.path(), &wanted, Update::Keep).expect_err("it has changed");
    assert!(error.contains("does not match the lock"), "{error}");
    assert!(!root.path().join("vendor/charts/web-1.0.0").exists());
}

#[test]
fn charts_that_a_package_came_without_are_fetched_into_it() {
    let repository = Repository::default();
    let server = repository.start();
    let address = format!("http://{}/charts", server.host);
    let needs =
        format!("dependencies:\n- {{name: store, version: ^2, repository: \"{address}\", alias: data}}\n");
    let (web, store) = (pack("web", "1.0.0", &needs), pack("store", "2.5.0", ""));
    repository.list(&[("store", "2.5.0", &store), ("web", "1.0.0", &web)]);
    let root = tempfile::tempdir().expect("a folder can be made");
    let lock = run(root.path(), &[request(&server, "web", "")], Update::Keep).expect("it is there");
    assert!(root.path().join("vendor/charts/web-1.0.0/charts/store/Chart.yaml").exists());
    let dependencies: Vec<_> = lock.charts[0].dependencies.iter().collect();
    assert_eq!(dependencies, [(&format!("{address} store 2.5.0"), &sha256(&store))]);
    let chart =
        aqueduct_helm::Chart::read(&root.path().join("vendor/charts/web-1.0.0")).expect("it is a chart");
    aqueduct_helm::check_installable(&chart).expect("nothing is missing any more");
}

#[test]
fn charts_without_end_are_refused() {
    let repository = Repository::default();
    let server = repository.start();
    let needs = format!(
        "dependencies:\n- {{name: web, version: \"*\", repository: \"http://{}/charts\"}}\n",
        server.host
    );
    repository.list(&[("web", "1.0.0", &pack("web", "1.0.0", &needs))]);
    let error = refusal(&[request(&server, "web", "")]);
    assert!(error.contains("its dependencies are nested too deeply"), "{error}");
}

/// If each of a few charts depends on all others, the number of charts to fetch is the number of paths among
/// them.
#[test]
fn charts_that_multiply_are_refused() {
    let repository = Repository::default();
    let server = repository.start();
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let charts: Vec<Vec<u8>> = (0..names.len())
        .map(|at| {
            let needs = names
                .iter()
                .skip(at + 1)
                .flat_map(|name| (0..3).map(move |number| (format!("{name}{number}"), *name)));
            let mut more = "dependencies:\n".to_owned();
            for (alias, name) in needs {
                more.push_str(&format!(
                    "- {{name: {name}, alias: {alias}, version: \"*\", repository: \"http://{}/charts\"}}\n",
                    server.host
                ));
            }
            pack(names[at], "1.0.0", if at + 1 < names.len() { &more } else { "" })
        })
        .collect();
    let listed: Vec<(&str, &str, &[u8])> =
        names.iter().zip(&charts).map(|(name, chart)| (*name, "1.0.0", chart.as_slice())).collect();
    repository.list(&listed);
    let error = refusal(&[request(&server, "a", "")]);
    assert!(error.ends_with("it depends on more than 200 charts"), "{error}");
}

#[test]
fn what_is_not_there() {
    let repository = Repository::default();
    repository.list(&[("web", "1.0.0", &pack("web", "1.0.0", ""))]);
    let server = repository.start();
    let address = format!("http://{}/charts", server.host);
    assert_eq!(refusal(&[request(&server, "wep", "")]), format!("no chart `wep` in {address}"));
    assert_eq!(
        refusal(&[request(&server, "web", "^2")]),
        format!("no version matches `web ^2` of {address}")
    );
    let elsewhere = WantedChart {
        source: ChartSource::parse(&format!("http://{}/nowhere", server.host)).expect("it is an address"),
        ..request(&server, "web", "")
    };
    let expected = format!(
        "cannot fetch http://{}/nowhere/index.yaml: the server answered 404 (not found)",
        server.host
    );
    assert_eq!(refusal(&[elsewhere]), expected);
    // Every failure is reported, not only the first.
    let both = refusal(&[request(&server, "wep", ""), request(&server, "web", "^2")]);
    assert_eq!(both.lines().count(), 2, "{both}");
}

#[test]
fn content_that_is_not_what_it_should_be() {
    let repository = Repository::default();
    let server = repository.start();
    let good = pack("web", "1.0.0", "");
    for (served, expected) in [
        (b"not what is listed".to_vec(), "does not match"),
        (pack("web", "1.0.0", "description: another\n"), "does not match"),
    ] {
        repository.list(&[("web", "1.0.0", &good)]);
        repository.set("/charts/web-1.0.0.tgz", served);
        let error = refusal(&[request(&server, "web", "")]);
        assert!(error.contains(expected) && error.contains("SHA-256"), "{error}");
    }
    for (bytes, expected) in [
        (b"no archive".to_vec(), "cannot use `web *`"),
        (pack("other", "1.0.0", ""), "the package contains chart `other`"),
        (pack("web", "9.0.0", ""), "the package has version 9.0.0"),
        (
            pack("web", "1.0.0", "dependencies: [{name: gone, version: 1.0.0}]\n"),
            "which the package does not contain",
        ),
        (
            pack("web", "1.0.0", "dependencies: [{name: gone, version: 1.0.0, repository: \"@mine\"}]\n"),
            "not the address of a chart repository: `@mine`",
        ),
    ] {
        repository.list(&[("web", "1.0.0", &bytes)]);
        let error = refusal(&[request(&server, "web", "")]);
        assert!(error.contains(expected), "{error}");
    }
    for index in ["entries: [", "a: 1\n", "\u{0}"] {
        repository.set("/charts/index.yaml", index.as_bytes().to_vec());
        let error = refusal(&[request(&server, "web", "")]);
        assert!(error.starts_with("cannot read http://"), "{error}");
    }
}

#[test]
fn names_that_must_not_come_in() {
    let repository = Repository::default();
    let server = repository.start();
    for (name, expected) in [
        (".git/config", "it contains git control files, which may run programs: .git/config"),
        ("templates/.GIT/HEAD", "it contains git control files, which may run programs: templates/.GIT/HEAD"),
        (".hg/hgrc", "it contains Mercurial control files, which may run programs: .hg/hgrc"),
        (".svn/wc.db", "it contains Subversion control files, which may run programs: .svn/wc.db"),
        ("templates/a\nb.yaml", "a file name contains a control character: templates/a\\nb.yaml"),
    ] {
        repository.list(&[("web", "1.0.0", &pack_with("web", "1.0.0", "", &[(name, "x")]))]);
        let request = request(&server, "web", "");
        assert_eq!(refusal(std::slice::from_ref(&request)), format!("cannot use {request}: {expected}"));
    }
}

/// The git attributes of another repository must not affect this one.
#[test]
fn attributes_stay_away() {
    let repository = Repository::default();
    let server = repository.start();
    let files = [(".gitattributes", "* -diff\n"), (".gitignore", "x\n")];
    repository.list(&[("web", "1.0.0", &pack_with("web", "1.0.0", "", &files))]);
    let root = tempfile::tempdir().expect("a folder can be made");
    let wanted = [request(&server, "web", "")];
    let lock = run(root.path(), &wanted, Update::Keep).expect("it is there");
    let files = Files::read(root.path(), &["vendor"]).expect("the folder can be read");
    assert!(verify(&files, &lock, &wanted[0]).is_ok());
    assert!(files.get("vendor/charts/web-1.0.0/.gitattributes").is_none());
    assert!(files.get("vendor/charts/web-1.0.0/.gitignore").is_some());
}

/// Serves one chart through a function that may alter the package.
fn with_obstacle(
    obstacle: impl Fn(usize, &[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> (Server, Arc<AtomicUsize>) {
    let package = pack("web", "1.0.0", "");
    let index = format!(
        "entries:\n  web:\n  - version: 1.0.0\n    digest: {}\n    urls: [web.tgz]\n",
        sha256(&package)
    );
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let server = Server::start(move |request| match &*request.path {
        "/charts/index.yaml" => answer("200 OK", &[], index.as_bytes()),
        "/charts/web.tgz" => obstacle(counter.fetch_add(1, Ordering::SeqCst), &package),
        "/elsewhere/web.tgz" => answer("200 OK", &[], &package),
        _ => answer("404 Not Found", &[], b""),
    });
    (server, count)
}

fn fetches(server: &Server) -> Result<Lock, String> {
    let root = tempfile::tempdir().expect("a folder can be made");
    run(root.path(), &[request(server, "web", "")], Update::Keep)
}

#[test]
fn a_busy_server_is_asked_again() {
    let (server, count) = with_obstacle(|attempt, package| match attempt {
        0 => answer("429 Too Many Requests", &[("retry-after", "0")], b""),
        1 => answer("503 Service Unavailable", &[("retry-after", "0")], b""),
        _ => answer("200 OK", &[], package),
    });
    fetches(&server).expect("the server answers in the end");
    assert_eq!(count.load(Ordering::SeqCst), 3);

    let (server, count) = with_obstacle(|_, _| answer("429 Too Many Requests", &[("retry-after", "0")], b""));
    let error = fetches(&server).expect_err("the server never answers");
    assert!(error.ends_with("the server answered 429 (too many requests)"), "{error}");
    assert_eq!(count.load(Ordering::SeqCst), 4);

    let (server, count) =
        with_obstacle(|_, _| answer("429 Too Many Requests", &[("retry-after", "86400")], b""));
    fetches(&server).expect_err("nobody waits for a day");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn a_download_that_breaks_off_is_begun_again() {
    let half = |package: &[u8]| {
        let whole = answer("200 OK", &[], package);
        whole[..whole.len() - package.len() / 2].to_vec()
    };
    let (server, count) = with_obstacle(move |attempt, package| match attempt {
        0 => half(package),
        _ => answer("200 OK", &[], package),
    });
    fetches(&server).expect("the second attempt is whole");
    assert_eq!(count.load(Ordering::SeqCst), 2);

    let (server, count) = with_obstacle(move |_, package| half(package));
    let error = fetches(&server).expect_err("no attempt is whole");
    assert!(error.contains("the download broke off after"), "{error}");
    assert_eq!(count.load(Ordering::SeqCst), 4);
}

#[test]
fn redirects() {
    let (server, _) = with_obstacle(|_, _| answer("302 Found", &[("location", "/elsewhere/web.tgz")], b""));
    fetches(&server).expect("it is elsewhere");
    let (server, _) = with_obstacle(|_, _| answer("302 Found", &[("location", "/charts/web.tgz")], b""));
    let error = fetches(&server).expect_err("it leads in a circle");
    assert!(error.contains("redirects"), "{error}");
    for (target, expected) in [
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("http://ann:s3cret@a.example.com/web.tgz", "http://a.example.com/web.tgz"),
        ("ftp://a.example.com/web.tgz?key=s3cret", "ftp://a.example.com/web.tgz"),
    ] {
        let (server, _) = with_obstacle(move |_, _| answer("302 Found", &[("location", target)], b""));
        let error = fetches(&server).expect_err("nobody goes there");
        let host = &server.host;
        assert_eq!(
            error,
            format!(
                "cannot fetch http://{host}/charts/web.tgz: the server redirects to `{expected}`, which is not followed"
            )
        );
    }
}

/// Returns credentials for one server.
fn login(host: &str) -> HostLogins {
    let mut credentials = HostLogins::default();
    let login = format!(r#"{{"auths": {{"{host}": {{"auth": "YW5uOnNlY3JldA=="}}}}}}"#);
    credentials.add(&login).expect("it is well formed");
    credentials
}

#[test]
fn a_login_follows_no_redirect_to_another_server() {
    let package = pack("web", "1.0.0", "");
    let index = b"entries:\n  web:\n  - version: 1.0.0\n    urls: [web.tgz]\n";
    let store = Server::start(move |request| match &*request.path {
        "/charts/index.yaml" => answer("200 OK", &[], index),
        _ => answer("200 OK", &[], &package),
    });
    let elsewhere = store.host.clone();
    let server = Server::start(move |request| {
        let target = match request.path.strip_prefix("/charts/") {
            Some("index.yaml") => format!("http://{elsewhere}{}", request.path),
            Some(_) => "/moved/web.tgz".to_owned(),
            None => format!("http://{elsewhere}{}", request.path),
        };
        answer("302 Found", &[("location", &target)], b"")
    });
    let root = tempfile::tempdir().expect("a folder can be made");
    let wanted = wanted(&[request(&server, "web", "")]);
    vendor(root.path(), &Files::new(), &wanted, Update::Keep, &Client::new(login(&server.host)))
        .expect("it is elsewhere");
    let with_login = |server: &Server| {
        let requests = server.requests.lock().expect("no test panics while it holds it");
        requests.iter().filter(|request| request.headers.contains_key("authorization")).count()
    };
    assert_eq!(with_login(&server), 3);
    assert_eq!(with_login(&store), 0);
}

#[test]
fn an_index_that_names_a_login() {
    let index = "entries:\n  web:\n  - version: 1.0.0\n    urls: [\"http://ann:s3cret@127.0.0.1/web.tgz\"]\n";
    let server = Server::start(move |_| answer("200 OK", &[], index.as_bytes()));
    let error = refusal(&[request(&server, "web", "")]);
    assert_eq!(error, "cannot fetch: the address contains a login: `http://127.0.0.1/web.tgz`");
}

#[test]
fn a_login_goes_to_its_own_host_only() {
    let package = pack("web", "1.0.0", "");
    let store = {
        let package = package.clone();
        Server::start(move |_| answer("200 OK", &[], &package))
    };
    let index =
        format!("entries:\n  web:\n  - version: 1.0.0\n    urls: [\"http://{}/web.tgz\"]\n", store.host);
    let server =
        Server::start(move |request| match request.headers.get("authorization").map(String::as_str) {
            Some("Basic YW5uOnNlY3JldA==") => answer("200 OK", &[], index.as_bytes()),
            _ => answer("401 Unauthorized", &[], b""),
        });
    let root = tempfile::tempdir().expect("a folder can be made");
    let wanted = wanted(&[request(&server, "web", "")]);
    let files = Files::new();
    let errors = vendor(root.path(), &files, &wanted, Update::Keep, &Client::new(HostLogins::default()))
        .expect_err("nobody has logged in");
    assert!(errors[0].to_string().ends_with("the server answered 401 (not logged in)"), "{}", errors[0]);
    assert_eq!(errors[0].hint(), Some(&*format!("log in first: `docker login {}`", server.host)));

    vendor(root.path(), &files, &wanted, Update::Keep, &Client::new(login(&server.host)))
        .expect("we are let in");
    let requests = store.requests.lock().expect("no test panics while it holds it");
    assert!(requests.iter().all(|request| !request.headers.contains_key("authorization")), "{requests:?}");
}

#[test]
fn nobody_is_there() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let host = listener.local_addr().expect("it is bound").to_string();
    drop(listener);
    let source = ChartSource::parse(&format!("http://{host}/charts")).expect("it is an address");
    let error = refusal(&[WantedChart { name: "web".to_owned(), source, version: String::new() }]);
    assert!(error.starts_with(&format!("cannot fetch http://{host}/charts/index.yaml: ")), "{error}");
}
