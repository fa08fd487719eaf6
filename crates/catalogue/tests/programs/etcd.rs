//! Tests an etcd cluster: its members find each other, and a backup can be restored.

use std::process::Command;

use super::pod::{Container, store};
use super::server::{Server, ask, free_ports, wait};
use super::{folder, installed, object, succeeds};

const MEMBERS: usize = 3;
const NAMES: [&str; MEMBERS] = ["etcd-0", "etcd-1", "etcd-2"];

#[test]
fn etcd_forms_a_cluster_and_is_restored_from_a_copy() {
    let folder = folder("etcd");
    let clients: [u16; MEMBERS] = free_ports();
    let peers: [u16; MEMBERS] = free_ports();
    let stateful_set = object("StatefulSet", "goverse", "etcd");
    assert_eq!(stateful_set.at(&["spec", "replicas"]).and_then(|replicas| replicas.as_i64()), Some(3));
    let container = Container::main(stateful_set);
    let member = |number: usize| {
        let name = NAMES[number];
        let data = folder.join(name).display().to_string();
        let mut member = container
            .clone()
            .replace("metadata.name", name)
            .replace("/usr/local/bin/etcd", "etcd")
            .replace("/var/lib/etcd/data", &data)
            .replace("0.0.0.0:2379", &format!("127.0.0.1:{}", clients[number]))
            .replace("0.0.0.0:2380", &format!("127.0.0.1:{}", peers[number]));
        for (other, name) in NAMES.iter().enumerate() {
            let host = format!("{name}.etcd-headless.goverse.svc.cluster.local");
            member = member.replace(&format!("{host}:2380"), &format!("127.0.0.1:{}", peers[other]));
        }
        member.replace(
            &format!("{name}.etcd-headless.goverse.svc.cluster.local:2379"),
            &format!("127.0.0.1:{}", clients[number]),
        )
    };
    if !installed(&["etcd"]) || super::run("etcdctl", &["version"]).is_none() {
        return;
    }
    let mut servers: Vec<Server> =
        (0..2).map(|number| Server::start(&mut member(number).start(None))).collect();
    let healthy = |number: usize, probe: &str| {
        ask(clients[number], container.path(probe)).filter(|answer| answer.contains("\"health\":\"true\""))
    };
    // Two of three members are enough, so one may start late or end.
    wait(|| healthy(0, "readinessProbe")).expect("two members form the cluster");
    servers.push(Server::start(&mut member(2).start(None)));
    for (number, client) in clients.into_iter().enumerate() {
        wait(|| healthy(number, "readinessProbe")).expect("the member joins");
        healthy(number, "livenessProbe").expect("the member is alive");
        let metrics = ask(client, "/metrics").expect("the member tells its metrics");
        assert!(metrics.contains("\netcd_server_has_leader 1\n"), "{metrics}");
    }
    let ask_at = |port: u16, question: &[&str]| {
        let mut command = Command::new("etcdctl");
        command.env("ETCDCTL_API", "3").arg(format!("--endpoints=http://127.0.0.1:{port}")).args(question);
        succeeds(&command.output().expect("the client was asked for its version"))
    };
    ask_at(clients[0], &["put", "ship", "sails"]);
    assert_eq!(
        ask_at(clients[2], &["get", "ship"]),
        "ship\nsails\n",
        "what one member takes the others have"
    );

    let work = folder.join("work");
    std::fs::create_dir_all(&work).expect("the folder can be made");
    let backup = object("CronJob", "goverse", "etcd-backup");
    let copy = Container::init(backup)
        .replace("http://etcd.goverse.svc.cluster.local:2379", &format!("http://127.0.0.1:{}", clients[1]))
        .replace("/work", &work.display().to_string());
    succeeds(&copy.start(None).output().expect("the client was asked for its version"));
    let stored = store(backup, &work, &folder.join("archive"));

    // With only one member left, the cluster cannot serve requests, but the process itself is healthy.
    drop(servers.drain(1..));
    wait(|| ask(clients[0], container.path("readinessProbe")).is_none().then_some(()))
        .expect("a member without the others is not ready");
    let version = super::said(&super::run("etcd", &["--version"]).expect("it is installed"));
    match version.contains("etcd Version: 3.4.") {
        // Before 3.5.3, a check of the member alone is answered for the cluster.
        true => eprintln!("skipped: this etcd does not tell of itself alone"),
        false => drop(healthy(0, "livenessProbe").expect("restarting it would not bring the others back")),
    }
    drop(servers);

    let restored = folder.join("restored");
    let mut command = Command::new("etcdctl");
    command
        .env("ETCDCTL_API", "3")
        .args(["snapshot", "restore"])
        .arg(&stored)
        .arg("--data-dir")
        .arg(&restored);
    succeeds(&command.output().expect("the client was asked for its version"));
    let [client, peer] = free_ports();
    let urls = |flag: &str, port: u16| format!("--{flag}=http://127.0.0.1:{port}");
    let mut command = Command::new("etcd");
    command.arg("--data-dir").arg(&restored).args([
        urls("listen-client-urls", client),
        urls("advertise-client-urls", client),
        urls("listen-peer-urls", peer),
    ]);
    let _server = Server::start(&mut command);
    wait(|| ask(client, "/health")).expect("the restored server starts");
    assert_eq!(ask_at(client, &["get", "ship"]), "ship\nsails\n");
}
