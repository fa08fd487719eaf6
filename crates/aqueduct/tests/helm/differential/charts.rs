//! Generated charts: files of several documents, hooks, subcharts with values, and the flags that set values.

use std::collections::BTreeMap;

use super::random::Random;

/// A chart with the arguments to render it with.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) values: Option<String>,
    pub(crate) flags: Vec<(&'static str, String)>,
}

impl Case {
    /// Returns everything that was generated, to investigate a failure.
    pub(crate) fn describe(&self) -> String {
        let mut text = String::new();
        for (path, content) in &self.files {
            text.push_str(&format!("=== {path}\n{content}\n"));
        }
        if let Some(values) = &self.values {
            text.push_str(&format!("=== -f\n{values}\n"));
        }
        for (flag, value) in &self.flags {
            text.push_str(&format!("{flag} {value:?}\n"));
        }
        text
    }
}

const SEPARATORS: &[&str] = &[
    "---\n",
    "---\n",
    "---  \n",
    "---\t\n",
    "--- # note\n",
    "\n---\n",
    "\n\n---\n\n",
    " ---\n",
    "---\r\n",
    "---\n---\n",
    "----\n",
    "...\n",
    "\u{c}---\n",
    "---\n\n \t\n",
];
const DOCUMENTS: &[&str] = &[
    "kind: Service\nmetadata: {name: s}\n",
    "kind: ConfigMap\nmetadata:\n  name: c\ndata:\n  k: |+\n    text\n\n\n",
    "kind: Namespace\nmetadata:\n  name: n",
    "# only a comment\n",
    "",
    "\n",
    "   \n",
    "kind: Zebra\n",
    "kind: Deployment\n\n\n",
    "a: {{ .Values.a | quote }}\n",
    "kind: Secret\nstringData:\n  x: \"---\"\n",
    "text: |\n  ---\n  inner\n",
    "[1, 2]\n",
    "kind: Job\nmetadata:\n  name: h\n  annotations:\n    helm.sh/hook: pre-install\n    helm.sh/hook-weight: \"3\"\n",
    "kind: Pod\nmetadata:\n  name: t\n  annotations: {helm.sh/hook: test}\n",
    "kind: Job\nmetadata:\n  name: u\n  annotations: {helm.sh/hook: nonsense}\n",
    "kind: ServiceAccount\nmetadata:\n  name: h2\n  annotations: {\"helm.sh/hook\": \"post-install,pre-delete\"}\n",
    "kind: ClusterRole\r\nrules: []\r\n",
    "kind: {{ .Release.IsUpgrade }}\n",
    "apiVersion: v1\nkind: List\nitems: []\n",
    "{{- if false }}\nkind: Gone\n{{- end }}\n",
    "kind: CustomResourceDefinition\nmetadata: {name: d}\n",
    "k: \u{a0}\n",
    "{{- range $i := until 2 }}\n---\nkind: Role\nmetadata:\n  name: r{{ $i }}\n{{- end }}\n",
    "kind: [\n",
    "plain\n",
    "metadata:\n  annotations:\n    a: 1\n",
    "kind: Ingress\nmetadata: null\n",
    "\u{feff}kind: Pod\n",
];
const CHART: &str = "apiVersion: v2\nname: c\nversion: 0.1.0\n";

/// Returns a chart of files with several documents each.
pub(crate) fn documents(random: &mut Random) -> Case {
    let mut case = Case::default();
    case.files.insert("Chart.yaml".to_owned(), CHART.to_owned());
    case.files.insert("values.yaml".to_owned(), "a: one\n".to_owned());
    for at in 0..1 + random.below(3) {
        let mut text = String::new();
        for _ in 0..1 + random.below(4) {
            if random.percent(80) {
                text.push_str(random.pick(SEPARATORS));
            }
            text.push_str(random.pick(DOCUMENTS));
        }
        let name = random.pick(&[
            "templates/t%.yaml",
            "templates/sub/t%.yaml",
            "templates/t%.yml",
            "templates/_t%.yaml",
        ]);
        case.files.insert(name.replace('%', &at.to_string()), text);
    }
    if random.percent(20) {
        case.files.insert("templates/NOTES.txt".to_owned(), "Notes {{ .Values.a }}\n---\nmore\n".to_owned());
    }
    if random.percent(20) {
        case.files.insert(
            "crds/d.yaml".to_owned(),
            "\n---\nkind: CustomResourceDefinition\n---\nkind: X\n\n".to_owned(),
        );
    }
    for (flag, share) in [
        ("--include-crds", 40),
        ("--no-hooks", 10),
        ("--skip-tests", 15),
        ("--is-upgrade", 10),
        ("--debug", 10),
    ] {
        if random.percent(share) {
            case.flags.push((flag, String::new()));
        }
    }
    if random.percent(20) {
        let wanted =
            random.pick(&["templates/t0.yaml", "templates/*", "templates/sub/*.yaml", "templates/t1.yml"]);
        case.flags.push(("--show-only", wanted.to_owned()));
    }
    case
}

const SCALARS: &[&str] =
    &["1", "two", "null", "true", "2.50", "\"\"", "[1, {x: y}]", "[]", "{}", "1e3", "~", "0o17", "'3'"];

/// Returns a mapping in flow style with some of the names that every generated chart shares.
fn mapping(random: &mut Random, depth: usize) -> String {
    let mut entries = Vec::new();
    for name in ["a", "b", "m", "s1", "global", "tags", "enabled", "x-y"] {
        if !random.percent(40) {
            continue;
        }
        let value = match name {
            "m" | "s1" | "global" if depth > 0 && random.percent(85) => mapping(random, depth - 1),
            "tags" => format!("{{t: {}}}", random.pick(&["true", "false", "1"])),
            "enabled" => random.pick(&["true", "false", "null", "yes"]).to_owned(),
            _ => random.pick(SCALARS).to_owned(),
        };
        entries.push(format!("{name}: {value}"));
    }
    format!("{{{}}}", entries.join(", "))
}

const SHOW: &str = "values: {{ .Values | toJson }}\nchart: {{ .Chart.Name }}\n";
const SETTINGS: &[(&str, &str)] = &[
    ("--set", "a=1"),
    ("--set", "m.b=null"),
    ("--set", "a=b,m.a=x"),
    ("--set", "a={1,two,}"),
    ("--set", "b[1].c=3"),
    ("--set", "m.x\\.y=1"),
    ("--set", "a="),
    ("--set", "a=1\\,2"),
    ("--set", "s1.a=true"),
    ("--set", "global.a=5"),
    ("--set", "a.b.c=1.5"),
    ("--set", "a=0123"),
    ("--set", "a=-0"),
    ("--set", "tags.t=false"),
    ("--set", "m=null"),
    ("--set", "a"),
    ("--set", "a[x]=1"),
    ("--set", "b[0]=a,b[2]=c"),
    ("--set", "a=9223372036854775808"),
    ("--set", "=1"),
    ("--set-string", "a=1"),
    ("--set-string", "m.a=null,b=true"),
    ("--set-string", "b[0]={1,2}"),
    ("--set-json", "a={\"x\":[1,2.5,null]}"),
    ("--set-json", "{\"m\":{\"a\":1}}"),
    ("--set-json", "a=[1"),
    ("--set-json", "a=1,b=\"x\""),
    ("--set-json", "a=12345678901234567890"),
    ("--set-literal", "a=x,y=\\z"),
    ("--set-literal", "m.a={1}"),
    ("--set", "s1.enabled=false"),
    ("--set", "a=\"q\""),
    ("--set", "a= x "),
    ("--set", "m.b.c={}"),
    ("--set", "x-y=1e5"),
    ("--set-json", "s1.m={}"),
];

/// Returns a chart with a subchart, values on all levels, and flags that set some more.
pub(crate) fn values(random: &mut Random) -> Case {
    let mut case = Case::default();
    let mut dependency = "dependencies:\n- name: s1\n  version: \"*\"\n".to_owned();
    if random.percent(30) {
        dependency.push_str(random.pick(&[
            "  condition: s1.enabled\n",
            "  condition: enabled, s1.enabled\n",
            "  tags: [t]\n",
        ]));
    }
    if random.percent(25) {
        let import =
            ["  import-values: [data]\n", "  import-values:\n  - child: m\n    parent: m\n", "  alias: s2\n"];
        dependency.push_str(random.pick(&import));
    }
    let declared = if random.percent(85) { dependency } else { String::new() };
    case.files.insert("Chart.yaml".to_owned(), format!("{CHART}{declared}"));
    case.files.insert("values.yaml".to_owned(), mapping(random, 2) + "\n");
    case.files.insert("templates/t.yaml".to_owned(), SHOW.to_owned());
    case.files
        .insert("charts/s1/Chart.yaml".to_owned(), "apiVersion: v2\nname: s1\nversion: 1.0.0\n".to_owned());
    let exports = if random.percent(20) { "exports: {data: {a: exported, m: {q: 1}}}\n" } else { "" };
    let own = mapping(random, 1);
    let block = own.trim_start_matches('{').trim_end_matches('}').to_owned();
    let values = if exports.is_empty() || block.is_empty() { own } else { exports.to_owned() };
    case.files.insert("charts/s1/values.yaml".to_owned(), values + "\n");
    case.files.insert("charts/s1/templates/t.yaml".to_owned(), SHOW.to_owned());
    if random.percent(50) {
        let separator =
            random.pick(&["\n", "\n---\n{a: last}\n", "\n--- {a: 1}\n", "\n--- # note\nm: {z: 1}\n"]);
        case.values = Some(mapping(random, 2) + separator);
    }
    for _ in 0..random.below(4) {
        let at = random.below(SETTINGS.len());
        if let Some((flag, value)) = SETTINGS.get(at) {
            case.flags.push((flag, (*value).to_owned()));
        }
    }
    case
}
