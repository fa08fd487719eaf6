//! Vendoring the remotes of kustomizations, from git repositories and servers on this machine.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use aqueduct_acquire::{ChartSource, Client, HostLogins, Lock, Update, Wanted, vendor, verify_remote};
use aqueduct_kustomize::{MissingCopy, Options, RemoteCopy, Remotes, build, to_yaml};
use aqueduct_manifest::{Files, Place};
use insta::assert_snapshot;
use tempfile::TempDir;

use crate::git::{self, Repository};
use crate::loopback::{Server, WantedChart, answer, pack, sha256};

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n";

/// A platform with one kustomization, `app`.
struct Platform {
    folder: TempDir,
    /// What differs from run to run, and its placeholder.
    hidden: Vec<(String, &'static str)>,
}

impl Platform {
    fn new(kustomization: &str) -> Self {
        let platform =
            Self { folder: tempfile::tempdir().expect("a folder can be made"), hidden: Vec::new() };
        platform.write("app/kustomization.yaml", kustomization);
        platform
    }

    fn hiding(mut self, text: impl Into<String>, shown: &'static str) -> Self {
        self.hidden.push((text.into(), shown));
        self
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }

    fn files(&self) -> Files {
        Files::read(self.root(), &["app", "aqueduct.lock", "vendor"]).expect("the folder can be read")
    }

    fn vendor(&self, update: Update) -> Result<Lock, String> {
        let wanted = Wanted { kustomizations: ["app".to_owned()].into(), ..Wanted::default() };
        let client = Client::new(HostLogins::default());
        vendor(self.root(), &self.files(), &wanted, update, &client).map_err(|errors| {
            let mut text = String::new();
            for error in errors {
                let _ = writeln!(text, "{error}");
                if let Some(hint) = error.hint() {
                    let _ = writeln!(text, "hint: {hint}");
                }
            }
            self.shown(text)
        })
    }

    fn keep(&self) -> Lock {
        self.vendor(Update::Keep).expect("everything is there")
    }

    /// Vendors, which must fail and leave nothing behind.
    fn refusal(&self) -> String {
        let before = self.everything();
        let error = self.vendor(Update::Keep).expect_err("it cannot be fetched");
        assert_eq!(self.everything(), before, "nothing is written");
        error
    }

    fn shown(&self, text: String) -> String {
        self.hidden.iter().fold(text, |text, (hidden, shown)| text.replace(hidden, shown))
    }

    /// Returns the lock file and everything that is vendored.
    fn everything(&self) -> String {
        let files = self.files();
        let mut text = String::new();
        for (path, bytes) in files.iter().filter(|(path, _)| !path.starts_with("app/")) {
            let _ = write!(text, "=== {path}\n{}", String::from_utf8_lossy(bytes));
        }
        self.shown(text)
    }

    /// Builds the kustomization without network access.
    fn built(&self) -> String {
        let files = self.files();
        let lock = Lock::of(&files).expect("it was written by us");
        let remotes = Vendored { files: &files, lock: &lock };
        let options = Options { remotes: Some(&remotes), ..Options::default() };
        self.shown(match build(&files, "app", &options) {
            Ok(built) => to_yaml(&built.objects).expect("its texts are plain"),
            Err(error) => error.to_string(),
        })
    }
}

struct Vendored<'a> {
    files: &'a Files,
    lock: &'a Lock,
}

impl Remotes for Vendored<'_> {
    fn find(&self, name: &str) -> Result<RemoteCopy, MissingCopy> {
        match verify_remote(self.files, self.lock, name) {
            Ok(remote) => {
                let root = remote.folder();
                Ok(RemoteCopy { path: format!("{root}/{}", remote.path()), root })
            }
            Err(error) => Err(MissingCopy { message: error.to_string(), hint: None }),
        }
    }
}

/// A repository with a base that uses its neighbours, and with much that it does not use.
fn repository() -> Repository {
    let repository = Repository::new("shop");
    repository.commit(&[
        ("README.md", "not needed\n"),
        ("base/kustomization.yaml", "resources: [service.yaml, ../other]\n"),
        ("base/service.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n"),
        ("base/unused.yaml", MAP),
        ("other/kustomization.yaml", "resources: [map.yaml]\n"),
        ("other/map.yaml", MAP),
    ]);
    repository.run(&["tag", "v1"]);
    repository
}

fn of(repository: &Repository, names: &str) -> Platform {
    Platform::new(names).hiding(repository.path().display().to_string(), "/shop")
}

#[test]
fn a_base_is_fetched_once_and_locked() {
    if !git::is_there() {
        return;
    }
    let repository = repository();
    let address = repository.address();
    let platform = of(&repository, &format!("resources: ['{address}//base?ref=v1']\nnamePrefix: my-\n"));
    let lock = platform.keep();
    let seen = platform.everything();
    assert_snapshot!(seen.clone() + "=== built\n" + &platform.built());

    // A second run makes no requests.
    let elsewhere = repository.path().with_extension("elsewhere");
    std::fs::rename(repository.path(), &elsewhere).expect("a folder can be moved");
    assert_eq!(platform.keep(), lock);

    // An altered file is noticed and fetched again.
    let folder = lock.remotes[0].folder();
    for (path, text) in [("other/map.yaml", "altered\n"), ("base/more.yaml", "added\n")] {
        platform.write(&format!("{folder}/{path}"), text);
        assert!(platform.built().contains("was changed after it was fetched"), "{}", platform.built());
        assert!(platform.refusal().contains("does not appear to be a git repository"));
        std::fs::rename(&elsewhere, repository.path()).expect("a folder can be moved");
        assert_eq!(platform.keep(), lock);
        assert_eq!(platform.everything(), seen);
        std::fs::rename(repository.path(), &elsewhere).expect("a folder can be moved");
    }
    std::fs::remove_dir_all(platform.root().join("vendor")).expect("a folder can be removed");
    assert!(platform.built().contains("is locked, but its files are missing"), "{}", platform.built());
    std::fs::rename(&elsewhere, repository.path()).expect("a folder can be moved");

    // Unused remotes are removed, and so are the remains of an interrupted run.
    platform.write("vendor/.fetched-before/map.yaml", MAP);
    platform.keep();
    assert_eq!(platform.everything(), seen);
    platform.write("app/kustomization.yaml", "resources: [map.yaml]\n");
    platform.write("app/map.yaml", MAP);
    assert_eq!(platform.keep(), Lock::default());
    assert!(!platform.everything().contains("remote"), "{}", platform.everything());
}

#[test]
fn a_branch_stays_at_its_commit_until_an_update() {
    if !git::is_there() {
        return;
    }
    let repository = repository();
    let first = repository.run(&["rev-parse", "HEAD"]);
    let platform = of(&repository, &format!("resources: ['{}//other']\n", repository.address()));
    let lock = platform.keep();
    assert_eq!(lock.remotes[0].commit, first);
    let second =
        repository.commit(&[("other/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: new\n")]);
    // A clone on another machine has the lock file and gets what is locked.
    std::fs::remove_dir_all(platform.root().join("vendor")).expect("a folder can be removed");
    assert_eq!(platform.keep(), lock);
    assert!(platform.built().contains("name: settings"));
    let lock = platform.vendor(Update::Newest).expect("it is there");
    assert_eq!(lock.remotes[0].commit, second);
    assert!(platform.built().contains("name: new"));
    let copies = platform.root().join("vendor/kustomizations").read_dir().expect("it is there");
    assert_eq!(copies.count(), 1, "the old one is gone");
}

#[test]
fn references() {
    if !git::is_there() {
        return;
    }
    let repository = repository();
    let address = repository.address();
    let first = repository.run(&["rev-parse", "HEAD"]);
    repository.run(&["tag", "--annotate", "--message", "released", "released"]);
    repository.run(&["switch", "--quiet", "--create", "feature/x"]);
    let second =
        repository.commit(&[("base/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n")]);
    repository.run(&["switch", "--quiet", "main"]);
    for (reference, expected) in [
        ("", &first),
        ("?ref=main", &first),
        ("?ref=released", &first),
        ("?ref=refs/heads/feature/x", &second),
        ("?version=feature/x&submodules=false", &second),
        ("?ref=feature%2Fx&timeout=1m", &second),
        (&*format!("?ref={second}"), &second),
    ] {
        let platform = of(&repository, &format!("resources: ['{address}//base{reference}']\n"));
        let lock = platform.keep();
        assert_eq!(&lock.remotes[0].commit, expected, "{reference}");
    }
    let refusal = |rest: &str| {
        of(&repository, &format!("resources:\n- {address}{rest}\n")).hiding(&second[..7], "<short>").refusal()
    };
    assert_snapshot!(
        refusal("//base?ref=v9")
            + &refusal(&format!("//base?ref={}", &second[..7]))
            + &refusal(&format!("?ref={}", "0".repeat(40)))
            + &refusal("//absent?ref=v1")
            + &refusal("//base/service.yaml?ref=v1")
            + &refusal("?ref=v1")
            + &refusal(".elsewhere//base")
            + &refusal("//base?ref=--upload-pack=touch")
    );
}

#[test]
fn a_commit_that_is_gone() {
    if !git::is_there() {
        return;
    }
    let repository = repository();
    let platform = of(&repository, &format!("resources:\n- {}//other\n", repository.address()));
    let commit = platform.keep().remotes[0].commit.clone();
    std::fs::remove_dir_all(platform.root().join("vendor")).expect("a folder can be removed");
    repository.commit(&[("other/map.yaml", "kind: A\nmetadata: {name: a}\n")]);
    repository.run(&["checkout", "--quiet", "--orphan", "fresh"]);
    repository.commit(&[("README.md", "another history\n")]);
    repository.run(&["branch", "--quiet", "--force", "main", "fresh"]);
    repository.run(&["tag", "--delete", "v1"]);
    repository.run(&["reflog", "expire", "--expire=now", "--all"]);
    repository.run(&["gc", "--quiet", "--prune=now"]);
    assert_snapshot!(platform.hiding(commit, "<commit>").refusal());
}

#[test]
fn a_lock_that_says_something_else() {
    if !git::is_there() {
        return;
    }
    let repository = repository();
    let platform = of(&repository, &format!("resources:\n- {}//other\n", repository.address()));
    let lock = platform.keep();
    let text = lock.write().replace(&lock.remotes[0].sha256, &"0".repeat(64));
    platform.write("aqueduct.lock", &text);
    assert_snapshot!(platform.refusal());
}

#[cfg(unix)]
#[test]
fn links() {
    if !git::is_there() {
        return;
    }
    let repository = repository();
    for (target, link) in [
        ("service.yaml", "base/linked.yaml"),
        ("../other", "base/neighbour"),
        ("../../outside", "base/out"),
        ("/etc/hostname", "files/outside.yaml"),
        ("/there/is/nothing", "nowhere/nowhere.yaml"),
        (".", "circle/circle"),
    ] {
        let link = repository.path().join(link);
        std::fs::create_dir_all(link.parent().expect("a link is in a folder")).expect("a folder can be made");
        std::os::unix::fs::symlink(target, link).expect("a link can be made");
    }
    repository.commit(&[
        ("base/kustomization.yaml", "resources: [linked.yaml, neighbour]\n"),
        ("files/kustomization.yaml", "configMapGenerator: [{name: a, files: [outside.yaml]}]\n"),
        ("hidden/kustomization.yaml", "resources: [../.git]\n"),
        ("out/kustomization.yaml", "resources: [../base/out]\n"),
        ("above/kustomization.yaml", "resources: [../../elsewhere]\n"),
        ("nowhere/kustomization.yaml", "patches: [{path: nowhere.yaml}]\n"),
        ("circle/kustomization.yaml", "resources: [circle]\n"),
    ]);
    let address = repository.address();
    let platform = of(&repository, &format!("resources: ['{address}//base']\n"));
    platform.keep();
    assert_snapshot!(platform.everything() + "=== built\n" + &platform.built());
    let refusal = |folder: &str| of(&repository, &format!("resources:\n- {address}//{folder}\n")).refusal();
    assert_snapshot!(["files", "hidden", "out", "base/out", "above", "nowhere"].map(refusal).concat());
    assert!(refusal("circle").starts_with("cannot use file:///shop//circle: "));
}

#[test]
fn the_same_bytes_on_every_machine() {
    if !git::is_there() {
        return;
    }
    let repository = repository();
    repository.commit(&[(".gitattributes", "* text=auto\n*.yaml filter=lfs\n"), ("other/map.yaml", MAP)]);
    let address = repository.address();
    let one = of(&repository, &format!("resources: ['{address}//other']\n"));
    let lock = one.keep();
    repository.run(&["update-index", "--chmod=+x", "other/map.yaml"]);
    repository.run(&["commit", "--quiet", "--message", "executable"]);
    let other = of(&repository, &format!("resources: ['{address}//other']\n"));
    let second = other.keep();
    assert_ne!(lock.remotes[0].commit, second.remotes[0].commit);
    assert_eq!(lock.remotes[0].sha256, second.remotes[0].sha256);
    assert_eq!(lock.remotes[0].folder(), second.remotes[0].folder());
}

fn missing(_: &WantedChart) -> Vec<u8> {
    answer("404 Not Found", &[], b"no")
}

#[test]
fn over_http_with_what_the_repositories_name_in_turn() {
    if !git::can_serve() {
        return;
    }
    let (outer, inner) = (Repository::new("outer"), Repository::new("inner"));
    inner.commit(&[
        ("kustomization.yaml", "resources: [map.yaml]\n"),
        ("map.yaml", MAP),
        ("component/kustomization.yaml", "kind: Component\nnameSuffix: -suffixed\n"),
    ]);
    let server = git::serve(&[&outer, &inner], |request| match &*request.path {
        "/files/service.yaml" => {
            answer("200 OK", &[], b"apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n")
        }
        // A page for people, as git hosting services show it.
        "/git/outer//base" => answer("200 OK", &[("content-type", "text/html")], b"<html>\n<p>: a page\n"),
        _ => answer("404 Not Found", &[], b"no"),
    });
    let host = server.host.clone();
    outer.commit(&[(
        "base/kustomization.yaml",
        &format!(
            "resources: ['http://{host}/git/inner?ref=main', 'http://{host}/files/service.yaml']\ncomponents: ['http://{host}/git/inner//component']\n"
        ),
    )]);
    let platform = Platform::new(&format!("resources: ['http://{host}/git/outer//base']\n"))
        .hiding(outer.run(&["rev-parse", "HEAD"]), "<commit of outer>")
        .hiding(&host, "host");
    let lock = platform.keep();
    assert_eq!(lock.remotes.len(), 4);
    let outer = lock.remotes.iter().find(|remote| remote.name.contains("outer")).expect("it is locked");
    // The port is part of this copy, and so of its digest.
    let platform = platform.hiding(&outer.sha256, "<digest>").hiding(&outer.sha256[..12], "<digits>");
    assert_snapshot!(platform.everything() + "=== built\n" + &platform.built());
    let asked = server.paths().len();
    assert_eq!(platform.keep(), lock);
    assert_eq!(server.paths().len(), asked, "a second run asks nobody");
}

#[test]
fn submodules() {
    if !git::can_serve() {
        return;
    }
    let (outer, inner) = (Repository::new("outer"), Repository::new("inner"));
    inner.commit(&[("map.yaml", MAP)]);
    let server = git::serve(&[&outer, &inner], missing);
    let host = server.host.clone();
    outer.commit(&[("kustomization.yaml", "resources: [modules/inner/map.yaml]\n")]);
    outer.run(&["submodule", "--quiet", "add", &format!("http://{host}/git/inner"), "modules/inner"]);
    outer.commit(&[]);
    let with = Platform::new(&format!("resources: ['http://{host}/git/outer']\n"));
    with.keep();
    assert_eq!(with.built(), MAP);
    let without = Platform::new(&format!("resources: ['http://{host}/git/outer?submodules=false']\n"));
    without.keep();
    assert!(without.built().contains("doesn't exist"), "{}", without.built());
}

#[test]
fn servers_that_do_not_give_it() {
    if !git::can_serve() {
        return;
    }
    let repository = repository();
    let server = git::serve(&[&repository], |request| match &*request.path {
        path if path.starts_with("/private/") => {
            answer("401 Unauthorized", &[("www-authenticate", "Basic realm=\"private\"")], b"")
        }
        _ => answer("404 Not Found", &[], b"no"),
    });
    let host = &server.host;
    let refusal =
        |name: &str| Platform::new(&format!("resources:\n- {name}\n")).hiding(host, "host").refusal();
    assert_snapshot!(
        refusal(&format!("http://{host}/private/repo//base"))
            + &refusal(&format!("http://{host}/git/nothing//base"))
            + &refusal(&format!("http://{host}/git/shop//base?ref=v9"))
            + &refusal(&format!("http://ann:secret@{host}/git/shop//base"))
    );
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let nobody = listener.local_addr().expect("it is bound").to_string();
    drop(listener);
    let error = refusal(&format!("http://{nobody}/git/shop//base"));
    let both = [
        format!("cannot fetch http://{nobody}/git/shop//base: "),
        format!("; as a git repository: cannot fetch http://{nobody}/git/shop: "),
    ];
    assert!(both.iter().all(|part| error.contains(part)), "{error}");
}

#[test]
fn a_server_that_says_nothing() {
    if !git::is_there() {
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let host = listener.local_addr().expect("it is bound").to_string();
    let name = format!("http://{host}/git/shop?timeout=300ms");
    let platform = Platform::new(&format!("components: ['{name}']\n")).hiding(&host, "host");
    assert_snapshot!(platform.refusal());
}

/// Serves one file that a test can change.
fn file(text: &str) -> (Server, Arc<Mutex<String>>) {
    let content = Arc::new(Mutex::new(text.to_owned()));
    let served = Arc::clone(&content);
    let server = Server::start(move |request| match &*request.path {
        "/files/map.yaml?v=1" => {
            answer("200 OK", &[], served.lock().expect("no test panics while it holds it").as_bytes())
        }
        "/moved/map.yaml" => answer("302 Found", &[("location", "/files/map.yaml?v=1")], b""),
        "/circle/map.yaml" => answer("302 Found", &[("location", "/circle/map.yaml")], b""),
        "/private/map.yaml" => answer("401 Unauthorized", &[], b""),
        "/page" => answer("200 OK", &[], b"<html>\n<p>: a page\n"),
        "/binary" => answer("200 OK", &[], b"\xff\xfe"),
        _ => answer("404 Not Found", &[], b"no"),
    });
    (server, content)
}

#[test]
fn files_of_the_web() {
    let (server, content) = file(MAP);
    let host = server.host.clone();
    let platform = Platform::new(&format!(
        "resources: ['http://{host}/files/map.yaml?v=1']\nconfigMapGenerator: [{{name: made, files: [a=http://{host}/moved/map.yaml]}}]\n"
    ))
    .hiding(&host, "host");
    let lock = platform.keep();
    assert_snapshot!(platform.everything() + "=== built\n" + &platform.built());
    let asked = server.paths().len();
    assert_eq!(platform.keep(), lock);
    assert_eq!(server.paths().len(), asked, "a second run asks nobody");

    // The source changes. What is locked is not replaced without a request.
    *content.lock().expect("no test panics while it holds it") = MAP.replace("settings", "changed");
    assert_eq!(platform.keep(), lock);
    std::fs::remove_dir_all(platform.root().join("vendor")).expect("a folder can be removed");
    assert_snapshot!(platform.refusal());
    platform.vendor(Update::Newest).expect("it is there");
    assert!(platform.built().contains("name: changed"));
}

#[test]
fn files_of_the_web_that_cannot_be_had() {
    let (server, _) = file(MAP);
    let host = &server.host;
    let names: Vec<String> = ["absent.yaml", "circle/map.yaml", "private/map.yaml", "page", "binary"]
        .iter()
        .map(|path| format!("- http://{host}/{path}\n"))
        .collect();
    // A name with one segment cannot be a repository; a name with two always can.
    let one = |name: &str| name.matches('/').count() == 3;
    let (short, long): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| one(name));
    let refusal = |resources: &[String], patches: &str| {
        let platform = Platform::new(&format!("resources:\n{}{patches}", resources.concat()));
        platform.hiding(host, "host").refusal()
    };
    assert_snapshot!(refusal(&short, ""));
    let patches: String = long.iter().map(|name| name.replace("- ", "- path: ")).collect();
    assert_snapshot!(refusal(&[], &format!("patches:\n{patches}")));
}

#[test]
fn kustomizations_that_cannot_be_read() {
    let platform = Platform::new("resource: [a]\n");
    assert_snapshot!(platform.refusal());
}

#[test]
fn remotes_in_a_circle() {
    if !git::can_serve() {
        return;
    }
    let (left, right) = (Repository::new("left"), Repository::new("right"));
    let server = git::serve(&[&left, &right], missing);
    let host = &server.host;
    left.commit(&[("kustomization.yaml", &format!("resources: ['http://{host}/git/right']\n"))]);
    right.commit(&[("kustomization.yaml", &format!("resources: ['http://{host}/git/left']\n"))]);
    let platform = Platform::new(&format!("resources: ['http://{host}/git/left']\n")).hiding(host, "host");
    assert_eq!(platform.keep().remotes.len(), 2);
    assert!(platform.built().contains("cycle detected"), "{}", platform.built());
}

#[test]
fn beside_charts() {
    let chart = pack("web", "1.0.0", "");
    let index = format!(
        "entries:\n  web:\n  - version: 1.0.0\n    digest: {}\n    urls: [web.tgz]\n",
        sha256(&chart)
    );
    let server = Server::start(move |request| match &*request.path {
        "/charts/index.yaml" => answer("200 OK", &[], index.as_bytes()),
        "/charts/web.tgz" => answer("200 OK", &[], &chart),
        "/map.yaml" => answer("200 OK", &[], MAP.as_bytes()),
        _ => missing(request),
    });
    let platform = Platform::new(&format!("resources: ['http://{}/map.yaml']\n", server.host));
    let chart = aqueduct_acquire::WantedChart {
        name: "web".to_owned(),
        source: ChartSource::parse(&format!("http://{}/charts", server.host)).expect("it is an address"),
        version: String::new(),
    };
    let both =
        Wanted { charts: [chart].into(), kustomizations: ["app".to_owned()].into(), ..Wanted::default() };
    let run = |wanted: &Wanted| {
        let client = Client::new(HostLogins::default());
        let lock = vendor(platform.root(), &platform.files(), wanted, Update::Keep, &client);
        let lock = lock.expect("everything is there");
        let folders: Vec<String> = ["vendor/charts", "vendor/kustomizations"]
            .into_iter()
            .flat_map(|folder| platform.root().join(folder).read_dir().into_iter().flatten().flatten())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(lock.charts.len() + lock.remotes.len(), folders.len());
        folders
    };
    assert_eq!(run(&both), ["web-1.0.0", "map-3080b0010f74"]);
    let asked = server.paths().len();
    assert_eq!(run(&both), ["web-1.0.0", "map-3080b0010f74"]);
    assert_eq!(run(&Wanted { charts: Default::default(), ..both.clone() }), ["map-3080b0010f74"]);
    assert_eq!(server.paths().len(), asked, "nobody is asked for what is there");
    assert_eq!(run(&Wanted { kustomizations: Default::default(), ..both }), ["web-1.0.0"]);
    assert!(run(&Wanted::default()).is_empty());
    assert!(!platform.root().join("vendor").exists(), "empty folders are not left");
}

#[cfg(unix)]
#[test]
fn names_that_must_not_come_in() {
    if !git::is_there() {
        return;
    }
    let repository = Repository::new("shop");
    repository.commit(&[
        ("a/kustomization.yaml", "configMapGenerator: [{name: a, files: [\"x=b\\tc\"]}]\n"),
        ("a/b\tc", "x"),
        ("b/kustomization.yaml", "configMapGenerator: [{name: a, files: [x=.hg/hgrc]}]\n"),
        ("b/.hg/hgrc", "x"),
    ]);
    for folder in ["a", "b"] {
        let names = format!("resources: [\"{}//{folder}\"]\n", repository.address());
        assert_snapshot!(of(&repository, &names).refusal());
    }
}

#[test]
fn files_that_nobody_builds_from() {
    let server = Server::start(|request| match request.path.as_str() {
        "/looms.yaml" => answer("200 OK", &[], MAP.as_bytes()),
        _ => missing(request),
    });
    let platform = Platform::new("resources: []").hiding(&server.host, "server");
    platform.write("app/platform.toml", "first\nsecond\n");
    let place = Place { file: "app/platform.toml".into(), span: Some((6..12).into()) };
    let fetch = |names: &[&str]| {
        let files = names.iter().map(|name| (format!("http://{}/{name}", server.host), place.clone()));
        let wanted = Wanted { files: files.collect(), ..Wanted::default() };
        let client = Client::new(HostLogins::default());
        vendor(platform.root(), &platform.files(), &wanted, Update::Keep, &client)
    };
    let lock = fetch(&["looms.yaml"]).expect("the file is there");
    let path = format!("{}/looms.yaml", lock.remotes[0].folder());
    assert_eq!(platform.files().text(&path), Some(MAP));
    let errors = fetch(&["looms.yaml", "none.yaml"]).expect_err("one of the files is not there");
    let seen: Vec<String> = errors.iter().map(|error| platform.shown(error.to_string())).collect();
    assert_snapshot!(seen.join("\n"), @"cannot fetch http://server/none.yaml: the server answered 404 (not found), named in app/platform.toml:2:1");
}
