//! What programs render around their pods, and what they reject.

use super::shop::{check, check_with, with_resources};

#[test]
fn a_daemon_claims_nothing() {
    let agent = with_resources(
        "kind = \"daemon\"\nimage = \"shop/agent:1\"\n[volumes]\nstate = { mount = \"/state\", size = \"1Gi\", persistent = true }\n",
    );
    let rootless = with_resources(
        "kind = \"daemon\"\nimage = \"shop/agent:1\"\n[volumes]\nstate = { mount = \"/state\", node = \"/var/lib/agent\", persistent = true }\nlogs = { mount = \"/logs\", node = \"/var/log\" }\n",
    );
    insta::assert_snapshot!(check(&[("agent", &agent)]), @r"
    error: the pods of a daemon cannot share one persistent volume: tenants/shop/agent.toml
      hint: keep the state in a folder of the node, or use the kind `stateful`
    ");
    insta::assert_snapshot!(check(&[("agent", &rootless)]), @r"
    ---
    apiVersion: v1
    automountServiceAccountToken: false
    kind: ServiceAccount
    metadata:
      labels:
        app.kubernetes.io/component: daemon
        app.kubernetes.io/instance: shop-agent
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: agent
        app.kubernetes.io/part-of: shop
      name: agent
      namespace: shop
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata:
      labels:
        app.kubernetes.io/component: daemon
        app.kubernetes.io/instance: shop-agent
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: agent
        app.kubernetes.io/part-of: shop
      name: agent
      namespace: shop
    spec:
      revisionHistoryLimit: 3
      selector:
        matchLabels:
          app.kubernetes.io/instance: shop-agent
          app.kubernetes.io/name: agent
      template:
        metadata:
          labels:
            app.kubernetes.io/component: daemon
            app.kubernetes.io/instance: shop-agent
            app.kubernetes.io/managed-by: aqueduct
            app.kubernetes.io/name: agent
            app.kubernetes.io/part-of: shop
        spec:
          automountServiceAccountToken: false
          containers:
          - image: shop/agent:1
            name: agent
            resources:
              limits:
                cpu: 1500m
                memory: 512Mi
              requests:
                cpu: 100m
                memory: 256Mi
            securityContext:
              allowPrivilegeEscalation: false
              capabilities:
                drop:
                - ALL
              readOnlyRootFilesystem: true
            volumeMounts:
            - mountPath: /logs
              mountPropagation: HostToContainer
              name: logs
              readOnly: true
            - mountPath: /state
              mountPropagation: HostToContainer
              name: state
            - mountPath: /tmp
              name: temporary
          enableServiceLinks: false
          securityContext:
            fsGroup: 1000
            runAsGroup: 1000
            runAsNonRoot: true
            runAsUser: 1000
            seccompProfile:
              type: RuntimeDefault
          serviceAccountName: agent
          volumes:
          - hostPath:
              path: /var/log
            name: logs
          - hostPath:
              path: /var/lib/agent
              type: DirectoryOrCreate
            name: state
          - emptyDir:
              sizeLimit: 64Mi
            name: temporary
      updateStrategy:
        rollingUpdate:
          maxUnavailable: 1
        type: RollingUpdate
    ");
}

#[test]
fn a_program_prepares_itself_and_ends_in_its_own_time() {
    let web = with_resources(
        r#"
kind = "service"
image = "shop/web:1"
ports = { http = 8080 }
metrics = { port = 9090 }
prepare = ["cp", "-r", "/defaults/.", "/settings"]
shutdown = { command = ["drain"], grace = "2m" }
volumes = { settings = { mount = "/settings" } }
load-balancer = {}
"#,
    );
    insta::assert_snapshot!(check_with(&[("web", &web)], &[("platform.toml", "cloud = \"digitalocean\"\n")]));
}

/// A disruption budget fails, and an autoscaler miscounts, if a job's pods have the labels in their selectors.
#[test]
fn the_pods_of_a_job_before_a_rollout_are_not_those_of_the_service() {
    let web = with_resources(
        "kind = \"service\"\nimage = \"shop/web:1\"\nports = { http = 80 }\nreplicas = 2\nbefore-rollout = { command = [\"migrate\"] }\n",
    );
    let text = check(&[("web", &web)]);
    let of = |kind: &str| {
        let found = text.split("---\n").find(|object| object.contains(&format!("\nkind: {kind}\n")));
        found.unwrap_or_else(|| panic!("there is no {kind}: {text}"))
    };
    assert!(of("PodDisruptionBudget").contains("\n      app.kubernetes.io/name: web\n"), "{text}");
    assert!(of("Job").contains("\n        app.kubernetes.io/name: web-before-rollout\n"), "{text}");
}
