//! Findings point at what a person edits: one platform with a mistake in each of its files, and where each is reported.

#[path = "../../examples/bridge/bridge.rs"]
mod bridge;
mod every_kind;
mod every_rule;

use std::fmt::Write as _;

use aqueduct::{Files, Selection, compile, stock};
use bridge::Bridge;

pub(crate) const PLATFORM: &str = r#"
name = "demo"
repository = "https://git.example.com/demo.git"

[environments.prod]
domain = "example.com"
kubernetes = "1.33"
ingress-class = "nginx"
storage-classes = ["standard"]

[environments.prod.node-pools.main]
count = 2
cpu = "4"
memory = "8Gi"

[defaults.job]
image = "tools:latest"
"#;

/// Files of the tenant `shop`, each with its mistakes.
const SOURCES: &[(&str, &str)] = &[
    ("tenant.toml", "owners = [\"shop\"]\n[quota]\ncpu = \"1\"\npods = 2\n"),
    (
        "web.toml",
        "kind = \"service\"\nimage = \"web:latest\"\nreplicas = 3\n[ports]\nhttp = 8080\n[resources]\nrequests = { cpu = \"400m\", memory = \"64Mi\" }\nlimits = { cpu = \"500m\", memory = \"128Mi\" }\n[ingress]\nhost = \"shop.example.com\"\ntls = false\n",
    ),
    (
        "second.toml",
        "kind = \"service\"\nimage = \"second:1\"\n[ports]\nhttp = 8080\n[resources]\nrequests = { cpu = \"100m\", memory = \"64Mi\" }\nlimits = { cpu = \"500m\", memory = \"128Mi\" }\n[ingress]\nhost = \"shop.example.com\"\ntls = false\n",
    ),
    (
        "store.toml",
        "kind = \"stateful\"\nimage = \"store\"\nreplicas = 2\n[ports]\nhttp = 8080\n[volumes]\ndata = { mount = \"/data\", size = \"1Gi\", persistent = true, class = \"fast\" }\n[resources]\nrequests = { cpu = \"100m\", memory = \"64Mi\" }\nlimits = { cpu = \"500m\", memory = \"128Mi\" }\n",
    ),
    (
        "queue.toml",
        "kind = \"worker\"\nimage = \"queue:latest\"\n[variables]\nTOKEN = { secret = \"absent/token\" }\n[resources]\nrequests = { cpu = \"100m\", memory = \"64Mi\" }\nlimits = { cpu = \"500m\", memory = \"128Mi\" }\n",
    ),
    (
        "once.toml",
        "kind = \"job\"\n[resources]\nrequests = { cpu = \"100m\", memory = \"64Mi\" }\nlimits = { cpu = \"500m\", memory = \"128Mi\" }\n",
    ),
    (
        "nightly.toml",
        "kind = \"cron-job\"\nimage = \"nightly:latest\"\nschedule = \"0 3 * * *\"\n[resources]\nrequests = { cpu = \"100m\", memory = \"64Mi\" }\nlimits = { cpu = \"500m\", memory = \"128Mi\" }\n",
    ),
    ("extra.toml", "kind = \"manifests\"\npath = \"extra.yaml\"\n"),
    (
        "extra.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: nobody}\n  spec:\n    selector: {app: nobody}\n    ports:\n    - port: 80\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: raw\nspec:\n  replcas: 1\n  selector: {matchLabels: {app: raw}}\n  template:\n    metadata: {labels: {app: raw}}\n    spec:\n      priorityClassName: urgent\n      containers:\n      - name: raw\n        image: raw:1\n",
    ),
];

/// Returns a platform of one tenant.
fn platform(sources: &[(&str, &str)]) -> Files {
    let mut files = Files::new();
    files.insert("platform.toml", PLATFORM.as_bytes());
    for (path, text) in sources {
        files.insert(format!("tenants/shop/{path}"), text.as_bytes());
    }
    files
}

/// Returns the findings of a platform, each with the text that its places point at.
pub(crate) fn findings(files: &Files) -> String {
    let compilation = compile(files, &stock().with::<Bridge>(), &Selection::default());
    let mut shown = String::new();
    for found in &compilation.diagnostics {
        let field = found.field.as_deref().unwrap_or("-");
        let _ = writeln!(shown, "{} at {field}", found.code);
        for label in &found.labels {
            let place = label.place.span.and_then(|span| {
                let text = files.text(&label.place.file)?;
                let line = span.position(text).line;
                Some(format!(":{line} `{}`", text.get(span.start as usize..span.end as usize)?))
            });
            let text = format!("  {}{} {}", label.place.file, place.unwrap_or_default(), label.text);
            let _ = writeln!(shown, "{}", text.trim_end());
        }
    }
    shown
}

#[test]
fn every_finding_points_at_what_is_edited() {
    insta::assert_snapshot!(findings(&platform(SOURCES)));
}

/// What no field of the source says is pointed at beside its neighbours, and said to be a default.
#[test]
fn defaults_are_called_defaults() {
    let files = platform(&[
        ("tenant.toml", "owners = [\"shop\"]\npod-security = \"restricted\"\n"),
        (
            "store-with-a-name-that-is-longer-than-pods-of-it-may-have.toml",
            "kind = \"stateful\"\nimage = \"store:1\"\n[ports]\nhttp = 8080\n[resources]\nrequests = { cpu = \"100m\", memory = \"64Mi\" }\nlimits = { cpu = \"500m\", memory = \"128Mi\" }\n",
        ),
        (
            "patched.toml",
            "kind = \"manifests\"\npath = \"web.yaml\"\n[[patches]]\ntarget = { kind = \"Pod\" }\nmerge = { spec = { hostNetwork = true } }\n",
        ),
        (
            "web.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: web:1\n    resources: {requests: {cpu: 1m, memory: 1Mi}, limits: {memory: 1Mi}}\n",
        ),
    ]);
    insta::assert_snapshot!(findings(&files));
}

/// The value of a chart that ends in a Secret is found by what changes with it, though it is encoded there.
#[test]
fn values_of_charts() {
    let mut files = platform(&[
        ("tenant.toml", "owners = [\"shop\"]\n"),
        (
            "web.toml",
            "kind = \"chart\"\npath = \"/charts/web\"\n[values]\nimage.tag = \"latest\"\nadmin.entry = \"hunter2hunter2\"\n",
        ),
    ]);
    for (path, text) in [
        ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("values.yaml", "image: {name: web, tag: \"1\"}\nadmin: {entry: none}\n"),
        (
            "templates/web.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\ndata: {password: {{ .Values.admin.entry | b64enc }}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: {{ .Values.image.name }}:{{ .Values.image.tag }}\n  {{- include \"web.side\" . | nindent 2 }}\n",
        ),
        (
            "templates/_helpers.tpl",
            "{{- define \"web.side\" -}}\n- name: side\n  image: side:latest\n{{- end -}}\n",
        ),
    ] {
        files.insert(format!("charts/web/{path}"), text.as_bytes());
    }
    insta::assert_snapshot!(findings(&files));
}
