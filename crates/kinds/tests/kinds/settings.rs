//! What the components of a tenant get from the layers above them, down to the objects: values, defaults of pods, patches.

use super::written::{lines, render};

#[test]
fn values_of_an_environment() {
    let seen = render(
        "[values.account]
type = 'string'
[values.replicas]
type = 'integer'
default = 1
[environments.dev]
domain = 'dev.example.com'
storage-class = 'standard'
values = { account = '12' }
[environments.prod]
domain = 'example.com'
storage-class = 'fast'
node-pools.main = { count = 2, cpu = 4, memory = '8Gi' }
values = { account = '34', replicas = 3 }
== tenants/shop/tenant.toml
== tenants/shop/web.toml
WORKER
replicas = '${environment.values.replicas}'
[annotations]
role = 'arn:aws:iam::${environment.values.account}:role/web'
class = '${environment.storage-class} in ${environment.kubernetes} at ${environment.cluster}, ${environment.sync}'
[environments.prod.annotations]
cpu = '${environment.node-pools.main.cpu} cores'",
        &["Deployment"],
    );
    insta::assert_snapshot!(lines(&seen, &["role:", "class:", "cpu:", "replicas:"]), @r"
    class: standard in 1.33 at https://kubernetes.default.svc, automatic
    role: arn:aws:iam::12:role/web
    replicas: 1
    cpu: 100m
    cpu: 50m
    class: fast in 1.33 at https://kubernetes.default.svc, automatic
    cpu: 4 cores
    role: arn:aws:iam::34:role/web
    replicas: 3
    cpu: 100m
    cpu: 50m
    ");
}

#[test]
fn values_that_are_wrong() {
    insta::assert_snapshot!(render(
        "[values.account]
type = 'string'
[values.replicas]
type = 'integer'
default = 'one'
[environments.dev]
domain = 'dev.example.com'
values = { acount = '12', account = 1 }
[environments.prod]
domain = 'example.com'
== tenants/shop/tenant.toml
== tenants/shop/web.toml
WORKER
[annotations]
a = '${environment.values.acount}'
b = '${environment.storage-class}'
c = '${environment.region}'
d = '${environment.values} in a text'
== tenants/shop/off.toml
WORKER
enabled = false
annotations = { a = '${environment.values.nothing}' }",
        &[],
    ), @r"
    error: the default of value `replicas` must be an integer, not a string: platform.toml
    error: value `acount` is not declared: platform.toml
      hint: did you mean `account`?
      hint: declare it in platform.toml: `[values.acount]` with a `type`
    error: value `account` of environment `dev` must be a string, not an integer: platform.toml
    error: environment `prod` does not set value `account`, which the platform declares: platform.toml
    error: `${environment.region}` is not defined: tenants/shop/web.toml
      hint: to define your own value, declare `[values.region]` in platform.toml, set it in `values` of each environment, and use `${environment.values.region}`
      hint: the names are `${environment.name}`, `${environment.cluster}`, `${environment.kubernetes}`, `${environment.domain}`, `${environment.sync}`, `${environment.apis}`, `${environment.storage-class}`, `${environment.storage-classes}`, `${environment.ingress-class}`, `${environment.cluster-issuer}`, `${environment.secret-store}`, `${environment.cloud}`, `${environment.node-pools}`, `${environment.infrastructure}`, `${environment.isolation}`, `${environment.pod-security}`, `${environment.patches}`, `${environment.extends}`, `${environment.argocd}`, `${environment.delivery}`, `${environment.namespace-suffix}`, `${environment.path}`, `${environment.promoted-from}`, `${environment.repository}`, `${environment.revision}`, `${environment.labels}`, `${environment.annotations}`, `${environment.values}`
    error: `${environment.values.acount}` has no value in environment `prod`: tenants/shop/web.toml
      hint: set `acount` in `[environments.prod.values]` of platform.toml
    error: `${environment.storage-class}` has no value in environment `dev`: tenants/shop/web.toml
      hint: set it in `[environments.dev]` of platform.toml
    error: `${environment.storage-class}` has no value in environment `prod`: tenants/shop/web.toml
      hint: set it in `[environments.prod]` of platform.toml
    error: `${environment.values}` has no value in environment `prod`: tenants/shop/web.toml
      hint: set it in `[environments.prod]` of platform.toml
    error: `${environment.values}` is a table and cannot be part of a string: tenants/shop/web.toml
    ");
}

#[test]
fn what_pods_carry() {
    let seen = render(
        "[environments.dev]
domain = 'dev.example.com'
== tenants/shop/tenant.toml
== tenants/shop/web.toml
WORKER
security-context = { fsGroup = 2000, sysctls = [{ name = 'net.core.somaxconn', value = '1024' }] }
runtime-class = 'gvisor'
affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms = [
  { matchExpressions = [{ key = 'gpu', operator = 'Exists' }] },
]
[scheduling]
tolerations = [{ key = 'spot' }]
[pod]
labels = { team = 'shop' }
annotations = { 'prometheus.io/scrape' = 'true' }
[volumes.login]
mount = '/login'
source = { secret = { secretName = 'login' } }
[[tolerations]]
key = 'gpu'
operator = 'Equal'
value = 'yes'
[[init-containers]]
name = 'wait'
image = 'registry.example.com/wait:v1'
arguments = ['--for=db']
resources = { requests = { cpu = '10m', memory = '16Mi' } }
[[sidecars]]
name = 'proxy'
image = 'registry.example.com/proxy:v1'
ports = { proxy = 9000 }
variables = { LEVEL = 'info' }
mounts = { login = '/etc/login' }
user = 65532
resources = { requests = { cpu = '10m', memory = '16Mi' }, limits = { memory = '32Mi' } }
== tenants/shop/once.toml
kind = 'job'
FIELDS
[[sidecars]]
name = 'proxy'
image = 'registry.example.com/proxy:v1'
resources = { requests = { cpu = '10m' } }",
        &["Deployment"],
    );
    insta::assert_snapshot!(seen, @r#"
    --- shop/web
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        app.kubernetes.io/component: worker
        app.kubernetes.io/instance: shop-web
        app.kubernetes.io/managed-by: aqueduct
        app.kubernetes.io/name: web
        app.kubernetes.io/part-of: shop
      name: web
      namespace: shop
    spec:
      replicas: 1
      revisionHistoryLimit: 3
      selector:
        matchLabels:
          app.kubernetes.io/instance: shop-web
          app.kubernetes.io/name: web
      strategy:
        rollingUpdate:
          maxSurge: 1
          maxUnavailable: 0
        type: RollingUpdate
      template:
        metadata:
          annotations:
            prometheus.io/scrape: "true"
          labels:
            app.kubernetes.io/component: worker
            app.kubernetes.io/instance: shop-web
            app.kubernetes.io/managed-by: aqueduct
            app.kubernetes.io/name: web
            app.kubernetes.io/part-of: shop
            team: shop
        spec:
          affinity:
            nodeAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
                nodeSelectorTerms:
                - matchExpressions:
                  - key: gpu
                    operator: Exists
          automountServiceAccountToken: false
          containers:
          - image: registry.example.com/app:v1
            name: web
            ports:
            - containerPort: 8080
              name: http
            readinessProbe:
              tcpSocket:
                port: http
            resources:
              limits:
                cpu: 100m
                memory: 128Mi
              requests:
                cpu: 50m
                memory: 64Mi
            securityContext:
              allowPrivilegeEscalation: false
              capabilities:
                drop:
                - ALL
              readOnlyRootFilesystem: true
            volumeMounts:
            - mountPath: /login
              name: login
            - mountPath: /tmp
              name: temporary
          - env:
            - name: LEVEL
              value: info
            image: registry.example.com/proxy:v1
            name: proxy
            ports:
            - containerPort: 9000
              name: proxy
            resources:
              limits:
                memory: 32Mi
              requests:
                cpu: 10m
                memory: 16Mi
            securityContext:
              allowPrivilegeEscalation: false
              capabilities:
                drop:
                - ALL
              readOnlyRootFilesystem: true
              runAsNonRoot: true
              runAsUser: 65532
            volumeMounts:
            - mountPath: /etc/login
              name: login
          enableServiceLinks: false
          initContainers:
          - args:
            - --for=db
            image: registry.example.com/wait:v1
            name: wait
            resources:
              requests:
                cpu: 10m
                memory: 16Mi
            securityContext:
              allowPrivilegeEscalation: false
              capabilities:
                drop:
                - ALL
              readOnlyRootFilesystem: true
          runtimeClassName: gvisor
          securityContext:
            fsGroup: 2000
            runAsGroup: 1000
            runAsNonRoot: true
            runAsUser: 1000
            seccompProfile:
              type: RuntimeDefault
            sysctls:
            - name: net.core.somaxconn
              value: "1024"
          serviceAccountName: web
          tolerations:
          - key: spot
            operator: Exists
          - key: gpu
            operator: Equal
            value: "yes"
          volumes:
          - name: login
            secret:
              secretName: login
          - emptyDir:
              sizeLimit: 64Mi
            name: temporary
    "#);
}

#[test]
fn what_pods_cannot_carry() {
    let worker = |fields: &str| {
        render(
            &format!(
                "[environments.dev]\ndomain = 'dev.example.com'\n== tenants/shop/tenant.toml\n== tenants/shop/web.toml\nWORKER\n{fields}"
            ),
            &[],
        )
    };
    let sidecar = "image = 'a:1'\nresources = { requests = { cpu = '10m' } }";
    let seen = [
        worker("affinity = { nodeAfinity = {} }"),
        worker("affinity = { nodeAffinity = {} }\nscheduling = { spread = 'apart' }"),
        worker("security-context = { runAsUser = 'root' }"),
        worker("pod = { labels = { 'app.kubernetes.io/name' = 'x' } }"),
        worker("volumes = { a = { mount = '/a', source = { secrt = {} } } }"),
        worker("volumes = { a = { mount = '/a', size = '1Gi', source = { emptyDir = {} } } }"),
        worker(&format!("[[sidecars]]\nname = 'web'\n{sidecar}")),
        worker(&format!("[[sidecars]]\nname = 'a'\n{sidecar}\nmounts = {{ logn = '/a' }}")),
        worker(&format!("[[sidecars]]\nname = 'a'\n{sidecar}\n[[init-containers]]\nname = 'a'\n{sidecar}")),
    ];
    insta::assert_snapshot!(seen.concat(), @r#"
    error: Kubernetes has no such field: `nodeAfinity`: tenants/shop/web.toml
    error: `affinity` cannot be used with `scheduling.spread = "apart"`: tenants/shop/web.toml
    error: invalid type: string "root", expected i64: tenants/shop/web.toml
    error: the label `app.kubernetes.io/name` is reserved: aqueduct uses it in selectors: tenants/shop/web.toml
    error: Kubernetes has no such field: `secrt`: tenants/shop/web.toml
    error: `source` cannot be used with `node`, `persistent`, `memory` or `size`: tenants/shop/web.toml
    error: another container of the pod has the same name: `web`: tenants/shop/web.toml
    error: the pod has no such volume: `logn`: tenants/shop/web.toml
      hint: declare it: `[volumes.logn]`
    error: another container of the pod has the same name: `a`: tenants/shop/web.toml
    error: another container of the pod has the same name: `a`: tenants/shop/web.toml
    "#);
}

#[test]
fn a_running_deployment_is_taken_over() {
    let seen = render(
        "[environments.dev]
domain = 'dev.example.com'
== tenants/shop/tenant.toml
== tenants/shop/web.toml
kind = 'service'
FIELDS
adopt = { name = 'legacy-web', selector = { 'app.kubernetes.io/name' = 'legacy', app = 'legacy' } }
autoscaling = { min = 2, max = 3, cpu = '80%' }
disruption = { max-unavailable = 1 }",
        &["Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler"],
    );
    let words = ["---", "  name: ", "app: ", "selector", "Selector", "kubernetes.io/name: ", "matchLabels"];
    insta::assert_snapshot!(lines(&seen, &words), @r"
    --- shop/tenant
    app.kubernetes.io/name: shop
    name: allow-dns
    - namespaceSelector:
    matchLabels:
    podSelector:
    matchLabels:
    k8s-app: kube-dns
    podSelector: {}
    --- shop/tenant
    app.kubernetes.io/name: shop
    name: deny-all
    podSelector: {}
    --- shop/tenant
    app.kubernetes.io/name: shop
    name: web
    podSelector:
    matchLabels:
    app: legacy
    app.kubernetes.io/name: legacy
    --- shop/web
    app.kubernetes.io/name: web
    name: web
    selector:
    app: legacy
    app.kubernetes.io/name: legacy
    --- shop/web
    app.kubernetes.io/name: web
    name: legacy-web
    selector:
    matchLabels:
    app: legacy
    app.kubernetes.io/name: legacy
    app: legacy
    app.kubernetes.io/name: legacy
    name: web
    name: http
    name: temporary
    - labelSelector:
    matchLabels:
    app: legacy
    app.kubernetes.io/name: legacy
    - labelSelector:
    matchLabels:
    app: legacy
    app.kubernetes.io/name: legacy
    name: temporary
    --- shop/web
    app.kubernetes.io/name: web
    name: web
    name: cpu
    name: legacy-web
    --- shop/web
    app.kubernetes.io/name: web
    name: web
    selector:
    matchLabels:
    app: legacy
    app.kubernetes.io/name: legacy
    ");
    insta::assert_snapshot!(render(
        "[environments.dev]
domain = 'dev.example.com'
== tenants/shop/tenant.toml
== tenants/shop/web.toml
kind = 'stateful'
FIELDS
adopt = { name = 'legacy-web', selector = { app = 'legacy' } }",
        &[],
    ), @r"
    error: the component has no workload that can take over: `legacy-web`: tenants/shop/web.toml
      hint: only the Deployment or DaemonSet of a `service`, `worker` or `daemon` can be taken over
    ");
}

#[test]
fn patches_of_every_level() {
    let seen = render(
        "[[patches]]
target = { kind = 'Application', name = 'shop-web' }
merge = { spec = { revisionHistoryLimit = 3 } }
[environments.dev]
domain = 'dev.example.com'
== tenants/shop/tenant.toml
[[patches]]
target = { kind = 'Namespace' }
merge = { metadata = { labels = { mesh = 'ambient' } } }
[[patches]]
target = { kind = 'AppProject' }
operations = [{ op = 'add', path = '/spec/orphanedResources', value = { warn = true } }]
[[patches]]
target = { kind = 'NetworkPolicy' }
delete = true
== tenants/shop/web.toml
WORKER
[[patches]]
target = { kind = 'Deployment' }
patch = '''
spec:
  minReadySeconds: 7
  template:
    spec:
      containers:
      - {name: web, tty: true}
'''
[[patches]]
target = { kind = 'Deployment' }
patch = '''
- {op: replace, path: /spec/replicas, value: 4}
'''",
        &["Deployment", "Namespace", "NetworkPolicy", "AppProject", "Application"],
    );
    let words = ["---", "tty", "minReady", "replicas", "mesh", "orphaned", "warn", "revisionHistory"];
    insta::assert_snapshot!(lines(&seen, &words), @r"
    --- shop/tenant
    mesh: ambient
    pod-security.kubernetes.io/warn: restricted
    --- shop/web
    minReadySeconds: 7
    replicas: 4
    revisionHistoryLimit: 3
    tty: true
    --- argocd
    --- argocd
    revisionHistoryLimit: 3
    --- argocd/shop
    orphanedResources:
    warn: true
    --- argocd/shop
    revisionHistoryLimit: 3
    --- argocd/shop
    revisionHistoryLimit: 3
    ");
}

#[test]
fn patches_that_do_nothing() {
    insta::assert_snapshot!(render(
        "[[patches]]
target = { kind = 'Applicaton' }
delete = true
[environments.dev]
domain = 'dev.example.com'
[[environments.dev.patches]]
target = { kind = 'Namespace' }
delete = true
== tenants/shop/tenant.toml
[[patches]]
target = { kind = 'Namespace', name = 'bank' }
delete = true
== tenants/shop/web.toml
WORKER
[[patches]]
target = { kind = 'Deploymnt' }
delete = true
[[patches]]
target = { kind = 'Deployment' }
[[patches]]
target = { kind = 'Deployment' }
patch = 'text'
[[patches]]
target = { kind = 'Deployment' }
operations = [{ op = 'remove', path = '/spec/nothing' }]",
        &[],
    ), @r"
    error: the patch sets none of `merge`, `operations`, `patch` and `delete`: tenants/shop/web.toml
    error: `patch` must be a map or a list: tenants/shop/web.toml
    error: the patch does not apply to `Deployment web`: error in remove for path: '/spec/nothing': Unable to remove nonexistent key: nothing: missing value: tenants/shop/web.toml
    error: the target of the patch matches no object: tenants/shop/web.toml
      hint: fix the target or remove the patch: the objects may have changed
    error: the target of the patch matches no object: platform.toml
      hint: fix the target or remove the patch: the objects may have changed
    error: the target of the patch matches no object: platform.toml
      hint: fix the target or remove the patch: the objects may have changed
    error: the target of the patch matches no object: tenants/shop/tenant.toml
      hint: fix the target or remove the patch: the objects may have changed
    ");
}

#[test]
fn all_that_a_mode_of_a_database_needs() {
    let database = |mode: &str| {
        render(
            &format!(
                "[environments.dev]\ndomain = 'dev.example.com'\n== tenants/shop/tenant.toml\n== tenants/shop/db.toml\nkind = 'postgres'\nmode = '{mode}'"
            ),
            &[],
        )
    };
    insta::assert_snapshot!(["in-cluster", "operator", "managed"].map(database).concat(), @r#"
    error: mode `in-cluster` needs `resources`: tenants/shop/db.toml
      hint: such as `resources = { requests = { cpu = "250m", memory = "256Mi" }, limits = { cpu = "1", memory = "512Mi" } }`
    error: mode `in-cluster` needs `remote`: tenants/shop/db.toml
      hint: such as `remote = "path/of/the/login"` in the secret store of the environment
    error: environment dev has no `secret-store`: tenants/shop/db.toml
      hint: set `secret-store` in `[environments.dev]` of platform.toml
    error: mode `operator` needs `resources`: tenants/shop/db.toml
      hint: such as `resources = { requests = { cpu = "250m", memory = "256Mi" }, limits = { cpu = "1", memory = "512Mi" } }`
    error: mode `operator` needs `storage`: tenants/shop/db.toml
      hint: such as `storage = { size = "10Gi" }`
    error: mode `managed` needs `cidr`: tenants/shop/db.toml
      hint: such as `cidr = "10.0.0.0/16"`, the address range of the database
    error: mode `managed` needs `remote`: tenants/shop/db.toml
      hint: such as `remote = "path/of/the/login"` in the secret store of the environment
    error: environment dev has no `secret-store`: tenants/shop/db.toml
      hint: set `secret-store` in `[environments.dev]` of platform.toml
    "#);
}
