//! Schemas of charts that refer to the web: fetched by `vendor`, locked, and values held against them without a network.

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;

use insta::assert_snapshot;

use super::Platform;
use super::remotes::{git, has_git, with_programs};

/// Serves two schemas, the second of which the first one refers to; returns the address.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}", listener.local_addr().expect("it has an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("somebody asks");
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let asked = lines.next().unwrap_or_default();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let (status, body) = match asked.split(' ').nth(1) {
                Some("/v1/common.json") => {
                    ("200 OK", r##"{"definitions": {"port": {"$ref": "types.json#/definitions/number"}}}"##)
                }
                Some("/v1/types.json") => {
                    ("200 OK", r##"{"definitions": {"number": {"type": "integer", "maximum": 65535}}}"##)
                }
                _ => ("404 Not Found", ""),
            };
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).expect("it is taken");
        }
    });
    address
}

/// Makes a platform with a chart whose schema refers to a file at an address.
fn platform(reference: &str) -> Platform {
    let platform = Platform::new();
    platform
        .write("tenants/shop/cache.toml", "kind = \"chart\"\npath = \"cache\"\nvalues = { port = 6379 }\n");
    chart(&platform, "tenants/shop/cache", reference);
    platform
}

/// Writes that chart into a folder.
fn chart(platform: &Platform, folder: &str, reference: &str) {
    platform.write(&format!("{folder}/Chart.yaml"), "{apiVersion: v2, name: cache, version: 1.0.0}\n");
    let schema = format!("{{\"properties\": {{\"port\": {{\"$ref\": \"{reference}\"}}}}}}\n");
    platform.write(&format!("{folder}/values.schema.json"), &schema);
    platform.write(&format!("{folder}/values.yaml"), "port: 1\n");
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: cache}, data: {port: {{ .Values.port | quote }}}}\n";
    platform.write(&format!("{folder}/templates/map.yaml"), map);
}

/// What names the chart beside it in a kustomization.
const CHARTS: &str = "helmCharts:\n- name: cache\n  releaseName: cache\n  valuesInline:\n    port: 6379\n";

/// Returns what was seen, without what differs from run to run: the port that is free, and how long it is.
fn told(seen: &str, address: &str) -> String {
    let mut seen = seen.replace(address, "http://server");
    while seen.contains("^^") {
        seen = seen.replace("^^", "^");
    }
    seen
}

#[test]
fn what_a_schema_refers_to_is_vendored() {
    let address = serve();
    let platform = platform(&format!("{address}/v1/common.json#/definitions/port"));
    let mut seen = platform.run("check") + &platform.run("vendor") + &platform.run("check");
    platform.replace("tenants/shop/cache.toml", "6379", "99999");
    seen.push_str(&platform.run("check"));
    let lock = platform.text("aqueduct.lock");
    let folders: Vec<&str> = lock.lines().filter(|line| line.starts_with("name = ")).collect();
    seen.push_str(&folders.join("\n"));
    assert_snapshot!(told(&seen, &address));
}

#[test]
fn what_is_altered_or_gone_is_told() {
    let address = serve();
    let platform = platform(&format!("{address}/v1/common.json"));
    platform.run("vendor");
    let vendored = platform.root().join("vendor/kustomizations");
    let mut common = vendored.read_dir().expect("it was vendored").flatten().map(|entry| entry.path());
    let common = common.find(|path| path.join("common.json").is_file()).expect("it was vendored");
    std::fs::write(common.join("common.json"), "{}").expect("it can be written");
    let mut seen = platform.run("check");
    platform.replace("tenants/shop/cache/values.schema.json", "common.json", "none.json");
    seen.push_str(&platform.run("vendor"));
    platform.replace(
        "tenants/shop/cache.toml",
        "path = \"cache\"",
        "path = \"cache\"\nschema-validation = { enabled = false, reason = \"it is gone\" }",
    );
    seen.push_str(&(platform.run("vendor") + &platform.run("check")));
    assert_snapshot!(seen.replace(&address, "http://server"));
}

#[test]
fn of_a_chart_in_a_kustomization() {
    let address = serve();
    let platform = Platform::new();
    platform.write("tenants/shop/cache.toml", "kind = \"kustomization\"\npath = \"cache\"\n");
    platform.write("tenants/shop/cache/kustomization.yaml", CHARTS);
    let reference = format!("{address}/v1/common.json#/definitions/port");
    chart(&platform, "tenants/shop/cache/charts/cache", &reference);
    let mut seen = platform.run("check") + &platform.run("vendor") + &platform.run("check");
    platform.replace("tenants/shop/cache/kustomization.yaml", "6379", "99999");
    seen.push_str(&platform.run("check"));
    platform.replace("tenants/shop/cache/charts/cache/values.schema.json", "common.json", "none.json");
    seen.push_str(&platform.run("vendor"));
    assert_snapshot!(told(&seen, &address));
}

#[test]
fn of_a_chart_in_a_repository() {
    if !has_git() {
        return;
    }
    let address = serve();
    let platform = Platform::new();
    platform.write("../upstream/base/kustomization.yaml", CHARTS);
    let reference = format!("{address}/v1/common.json#/definitions/port");
    chart(&platform, "../upstream/base/charts/cache", &reference);
    let upstream = platform.folder.path().join("upstream");
    git(&upstream, &["init", "--quiet", "--initial-branch=main"]);
    git(&upstream, &["add", "--all"]);
    git(&upstream, &["commit", "--quiet", "--message", "first"]);
    platform.write("tenants/shop/cache.toml", "kind = \"kustomization\"\npath = \"cache\"\n");
    let names = format!("resources: [\"file://{}//base?ref=main\"]\n", upstream.display());
    platform.write("tenants/shop/cache/kustomization.yaml", &names);
    let mut seen = with_programs(&platform, "vendor") + &with_programs(&platform, "check");
    // What is there already is asked what it refers to as well.
    let lock = platform.text("aqueduct.lock");
    seen.push_str(&(with_programs(&platform, "vendor") + &with_programs(&platform, "check")));
    assert_eq!(platform.text("aqueduct.lock"), lock);
    let vendored = platform.root().join("vendor/kustomizations");
    let mut copies = vendored.read_dir().expect("it was vendored").flatten().map(|entry| entry.path());
    let types = copies.find(|path| path.join("types.json").is_file()).expect("it was vendored");
    std::fs::remove_file(types.join("types.json")).expect("it can be removed");
    seen.push_str(&with_programs(&platform, "check"));
    // The commit holds the port.
    let hash = regex::Regex::new("[0-9a-f]{12}").expect("the expression is valid");
    assert_snapshot!(hash.replace_all(&told(&seen, &address), "<hash>"));
}

#[test]
fn of_what_a_chart_in_a_kustomization_depends_on() {
    let address = serve();
    let platform = Platform::new();
    platform.write("tenants/shop/cache.toml", "kind = \"kustomization\"\npath = \"cache\"\n");
    platform.write("tenants/shop/cache/kustomization.yaml", "helmCharts:\n- name: site\n");
    let depends = |repository: &str| {
        let text = format!("  - {{name: cache, version: 1.0.0, repository: \"{repository}\"}}\n");
        let text = format!("apiVersion: v2\nname: site\nversion: 1.0.0\ndependencies:\n{text}");
        platform.write("tenants/shop/cache/charts/site/Chart.yaml", &text);
    };
    depends("file://../cache");
    platform.write("tenants/shop/cache/charts/site/values.yaml", "cache: {port: 6379}\n");
    chart(&platform, "tenants/shop/cache/charts/cache", &format!("{address}/v1/common.json"));
    let mut seen = platform.run("check") + &platform.run("vendor") + &platform.run("check");
    depends(&address);
    seen.push_str(&(platform.run("check") + &platform.run("vendor")));
    assert_snapshot!(told(&seen, &address));
}
