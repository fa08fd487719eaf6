//! Schemas of charts that refer to the web: fetched by `vendor`, locked, and values held against them without a network.

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;

use insta::assert_snapshot;

use super::Platform;

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
    platform.write("tenants/shop/cache/Chart.yaml", "{apiVersion: v2, name: cache, version: 1.0.0}\n");
    let schema = format!("{{\"properties\": {{\"port\": {{\"$ref\": \"{reference}\"}}}}}}\n");
    platform.write("tenants/shop/cache/values.schema.json", &schema);
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: cache}, data: {port: {{ .Values.port | quote }}}}\n";
    platform.write("tenants/shop/cache/templates/map.yaml", map);
    platform
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
    // How long the port is that is free makes no difference.
    let mut seen = seen.replace(&address, "http://server");
    while seen.contains("^^") {
        seen = seen.replace("^^", "^");
    }
    assert_snapshot!(seen);
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
