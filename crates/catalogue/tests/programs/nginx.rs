//! Tests the proxy in front of three programs with nginx.

use std::path::Path;

use super::{file, folder, run, write};

#[test]
fn nginx_takes_the_proxy() {
    let folder = folder("nginx");
    let text = file("front-web", "nginx-proxy-server-files", "nginx.conf").to_owned();
    let hosts =
        ["web.front-web.svc.cluster.local", "ii.back.svc.cluster.local", "keydb.back.svc.cluster.local"];
    let mut text = hosts.iter().fold(text, |text, host| {
        assert!(text.contains(host), "{host} follows from the links");
        text.replace(host, "127.0.0.1")
    });
    let path = folder.display().to_string();
    text = text.replace("/var/cache/nginx", &path).replace("/tmp/nginx.pid", &format!("{path}/nginx.pid"));
    // The official image has the stream module built in; Debian loads it.
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
