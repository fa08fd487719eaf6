//! Tests the node exporter on this machine.

use super::pod::Container;
use super::server::{Server, ask, free_ports, wait};
use super::{installed, object};

#[test]
fn the_node_exporter_takes_its_arguments() {
    let [port] = free_ports();
    let container = Container::main(object("DaemonSet", "node-agents", "node-exporter"))
        .replace("0.0.0.0:9100", &format!("127.0.0.1:{port}"))
        .replace("/host/root/", "/")
        .replace("=/host/root", "=/");
    // Debian names the program after its project.
    let Some(program) =
        ["prometheus-node-exporter", "node_exporter"].into_iter().find(|name| installed(&[name]))
    else {
        return;
    };
    let _server = Server::start(&mut container.start(Some(program)));
    wait(|| ask(port, container.path("readinessProbe"))).expect("the agent starts");
    ask(port, container.path("livenessProbe")).expect("the agent is alive");
    let metrics = ask(port, "/metrics").expect("the agent tells its metrics");
    // The metrics that the nodes dashboard and the alerts use.
    for name in [
        "node_cpu_seconds_total{",
        "node_filesystem_avail_bytes{",
        "node_load1 ",
        "node_memory_MemAvailable_bytes ",
        "node_network_receive_bytes_total{",
    ] {
        assert!(metrics.lines().any(|line| line.starts_with(name)), "there is no {name}");
    }
    for line in metrics.lines().filter(|line| line.starts_with("node_filesystem_")) {
        assert!(!line.contains("mountpoint=\"/proc"), "the kernel's own file systems are left out: {line}");
    }
}
