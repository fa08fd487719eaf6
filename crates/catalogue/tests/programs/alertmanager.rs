//! Tests the receivers and routes of alerts with Alertmanager and its tool.

use super::pod::Container;
use super::server::{Server, ask, free_ports, wait};
use super::{files, folder, installed, object, run, said, write};

#[test]
fn amtool_takes_the_receivers() {
    let folder = folder("amtool");
    for (number, (_, text)) in files("alertmanager-files").into_iter().enumerate() {
        let configuration = folder.join(format!("{number}.yaml"));
        write(&configuration, text);
        let path = configuration.display().to_string();
        let Some(output) = run("amtool", &["check-config", &path]) else { return };
        assert!(output.status.success(), "{}", said(&output));
        let route = |labels: &[&str]| {
            let config = format!("--config.file={path}");
            let arguments = [&["config", "routes", "test", &config], labels].concat();
            run("amtool", &arguments).map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        assert_eq!(route(&["alertname=Watchdog", "severity=none"]).as_deref(), Some("nobody"));
        assert_eq!(route(&["alertname=PodNotReady", "severity=warning"]).as_deref(), Some("platform-team"));
        let woken = if text.contains("on-call") { "on-call" } else { "platform-team" };
        assert_eq!(route(&["alertname=VolumeBroken", "severity=critical"]).as_deref(), Some(woken));
    }
}

#[test]
fn the_alertmanager_starts_as_its_pod_does() {
    let folder = folder("alertmanager");
    let path = folder.display().to_string();
    let [port] = free_ports();
    let (name, text) = files("alertmanager-files").into_iter().next().expect("there is one");
    write(&folder.join(name), text);
    let mut container = Container::main(object("StatefulSet", "prometheus", "alertmanager"))
        .replace("/etc/alertmanager", &path)
        .replace("=/alertmanager", &format!("={path}/data"));
    container.command.push(format!("--web.listen-address=127.0.0.1:{port}"));
    // Debian names the program after its project.
    let Some(program) =
        ["prometheus-alertmanager", "alertmanager"].into_iter().find(|name| installed(&[name]))
    else {
        return;
    };
    let _server = Server::start(&mut container.start(Some(program)));
    wait(|| ask(port, container.path("readinessProbe"))).expect("the server is ready");
    ask(port, container.path("livenessProbe")).expect("the server is alive");
    let status = ask(port, "/api/v2/status").expect("the server tells its state");
    assert!(status.contains("\"status\":\"disabled\""), "a single one looks for no peers: {status}");
}
