//! Random kustomizations: bases, overlays and components with all kinds of fields.

use std::collections::BTreeMap;

use crate::random::Random;
use crate::resource::{self, KEYS, NAMES, NAMESPACES, Named, TEXTS, entries, indented};

/// The files of an input by path, and the folder to build.
#[derive(Clone)]
pub(crate) struct Input {
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) folder: String,
}

/// Whether kustomizations use charts, which only a whole program renders.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charts {
    None,
    Some,
}

/// Creates the input for a seed.
pub(crate) fn input(seed: u64, charts: Charts) -> Input {
    let random = Random::new(seed);
    let mut maker =
        Maker { random, charts, files: BTreeMap::new(), known: Vec::new(), visible: 0, variables: 0 };
    let mut inner = Vec::new();
    for number in 0..=maker.random.below(2) {
        let folder = format!("base{number}");
        maker.base(&folder);
        inner.push(format!("../{folder}"));
    }
    for level in 0..maker.random.below(3) {
        let folder = format!("overlay{level}");
        maker.overlay(&folder, &inner);
        inner = vec![format!("../{folder}")];
    }
    let folder = inner.last().map(|last| last.trim_start_matches("../").to_owned()).unwrap_or_default();
    Input { files: maker.files, folder }
}

struct Maker {
    random: Random,
    charts: Charts,
    files: BTreeMap<String, String>,
    /// The existing resources; those of the current base come last.
    known: Vec<Named>,
    /// The first resource that the current kustomization sees.
    visible: usize,
    /// The number of variables.
    variables: usize,
}

impl Maker {
    fn base(&mut self, folder: &str) {
        self.visible = self.known.len();
        let mut documents = Vec::new();
        for _ in 0..=self.random.below(4) {
            documents.extend(self.resource());
        }
        let text = if self.random.chance(8) {
            let items: String = documents.iter().map(|text| listed(text)).collect();
            format!("apiVersion: v1\nkind: List\nitems:\n{items}")
        } else {
            documents.join("---\n")
        };
        self.files.insert(format!("{folder}/r.yaml"), text);
        let fields = if self.random.chance(70) { self.fields(folder) } else { String::new() };
        self.write(folder, &format!("resources:\n- r.yaml\n{fields}"));
    }

    fn overlay(&mut self, folder: &str, inner: &[String]) {
        self.visible = 0;
        let mut text = format!("resources:\n{}", list(inner));
        if self.random.chance(30)
            && let Some(resource) = self.resource()
        {
            self.files.insert(format!("{folder}/more.yaml"), resource);
            text.push_str("- more.yaml\n");
        }
        if self.random.chance(35) {
            let component = format!("component-of-{folder}");
            let fields = self.fields(&component);
            let head = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n";
            self.write(&component, &format!("{head}{fields}"));
            text.push_str(&format!("components:\n- ../{component}\n"));
            if self.random.chance(25) {
                let second = format!("second-of-{folder}");
                let fields = self.fields(&second);
                // A component may lead to another one and be listed twice.
                let inner = self.random.maybe(30, &format!("components: [../{component}]\n"));
                self.write(&second, &format!("{head}{inner}{fields}"));
                text.push_str(&format!("- ../{second}\n"));
            }
        }
        text.push_str(&self.fields(folder));
        self.write(folder, &text);
    }

    /// Returns a resource, usually a new one.
    fn resource(&mut self) -> Option<String> {
        let (text, named) = resource::resource(&mut self.random);
        if self.known.contains(&named) && !self.random.chance(3) {
            return None;
        }
        self.known.push(named);
        Some(text)
    }

    fn write(&mut self, folder: &str, text: &str) {
        let head = self.random.maybe(50, "# made for a test\n");
        self.files.insert(format!("{folder}/kustomization.yaml"), format!("{head}{text}"));
    }

    fn file(&mut self, folder: &str, name: &str, text: String) {
        self.files.insert(format!("{folder}/{name}"), text);
    }

    /// Returns an existing resource.
    fn target(&mut self) -> Named {
        self.target_of(&[])
    }

    /// Returns an existing resource of some kinds, or any if there is none.
    fn target_of(&mut self, kinds: &[&str]) -> Named {
        let visible = self.known.get(self.visible..).unwrap_or_default();
        let fit: Vec<&Named> = visible.iter().filter(|named| kinds.contains(&named.kind.as_str())).collect();
        let from = if fit.is_empty() { visible.iter().collect() } else { fit };
        from.get(self.random.below(from.len())).map(|named| (*named).clone()).unwrap_or(Named {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            name: "web".to_owned(),
        })
    }

    /// Returns the fields of a kustomization besides its resources.
    fn fields(&mut self, folder: &str) -> String {
        type Make = fn(&mut Maker, &str) -> String;
        let makers: [(usize, Make); 28] = [
            (22, |maker, _| format!("namespace: {}\n", maker.random.pick(&NAMESPACES))),
            (20, |maker, _| format!("namePrefix: {}\n", maker.random.pick(&["p-", "q-", "\"1-\""]))),
            (14, |maker, _| format!("nameSuffix: {}\n", maker.random.pick(&["-s", "-v1"]))),
            (16, |maker, _| format!("commonLabels:\n{}", indented(&entries(&mut maker.random), 2))),
            (24, |maker, _| maker.labels()),
            (16, |maker, _| format!("commonAnnotations:\n{}", indented(&entries(&mut maker.random), 2))),
            (16, |maker, _| maker.images()),
            (8, |maker, _| maker.replicas()),
            (22, Maker::config_maps),
            (10, |maker, _| maker.secrets()),
            (8, |maker, _| maker.generator_options()),
            (30, Maker::patches),
            (6, |maker, _| format!("patchesStrategicMerge:\n- |-\n{}", indented(&maker.merge_patch(), 2))),
            (8, |maker, _| maker.json_patches("patchesJson6902")),
            (22, Maker::replacements),
            (10, |maker, _| maker.variables()),
            (10, Maker::configurations),
            (4, Maker::crds),
            (6, Maker::open_api),
            (14, Maker::transformers),
            (5, |maker, _| maker.generators()),
            (4, |maker, _| {
                format!("validators:\n- |-\n{}", indented(&maker.transformer("LabelTransformer"), 2))
            }),
            (if self.charts == Charts::Some { 50 } else { 0 }, Maker::helm_charts),
            (7, |maker, _| {
                let order = maker.random.pick(&[
                    "fifo",
                    "legacy",
                    "legacy\n  legacySortOptions:\n    orderFirst: [Service, Foo]\n    orderLast: [ConfigMap]",
                ]);
                format!("sortOptions:\n  order: {order}\n")
            }),
            (8, |maker, _| {
                let all = ["originAnnotations", "transformerAnnotations", "managedByLabel"];
                format!("buildMetadata: [{}, {}]\n", maker.random.pick(&all), maker.random.pick(&all))
            }),
            (3, |maker, _| {
                format!("{}: []\n", maker.random.pick(&["crds", "bases", "imageTags", "generators"]))
            }),
            (2, |_, _| "metadata:\n  name: own\n".to_owned()),
            (2, |maker, _| format!("{}: x\n", maker.random.pick(&["inventory", "namesuffix", "unknown"]))),
        ];
        let mut text = String::new();
        for (percent, make) in makers {
            if self.random.chance(percent * 3 / 4) {
                text.push_str(&make(self, folder));
            }
        }
        text
    }

    fn labels(&mut self) -> String {
        let mut text = String::from("labels:\n");
        for _ in 0..=self.random.below(2) {
            text.push_str(&format!("- pairs:\n{}", indented(&entries(&mut self.random), 4)));
            text.push_str(&self.random.maybe(40, "  includeSelectors: true\n"));
            text.push_str(&self.random.maybe(40, "  includeTemplates: true\n"));
            if self.random.chance(20) {
                let path = self.random.pick(&[
                    "spec/labels",
                    "metadata/labels",
                    "spec/list[]/labels",
                    "spec/podLabels",
                ]);
                let create = self.random.pick(&["true", "false"]);
                text.push_str(&format!("  fields:\n  - path: {path}\n    create: {create}\n"));
                text.push_str(&self.random.maybe(50, "    kind: Foo\n"));
            }
        }
        text
    }

    fn images(&mut self) -> String {
        let mut text = String::from("images:\n");
        for _ in 0..=self.random.below(2) {
            let name = self.random.pick(&["nginx", "web", "host:5000/db", "registry.io/web", "n.*"]);
            text.push_str(&format!("- name: {name}\n"));
            text.push_str(&self.random.maybe(40, "  newName: mirror.io/x\n"));
            text.push_str(&self.random.maybe(50, "  newTag: \"2.0\"\n"));
            text.push_str(&self.random.maybe(15, "  digest: sha256:123\n"));
            text.push_str(&self.random.maybe(15, "  tagSuffix: -slim\n"));
        }
        text
    }

    fn replicas(&mut self) -> String {
        let target = self.target_of(&["Deployment", "StatefulSet", "ReplicaSet"]);
        format!("replicas:\n- name: {}\n  count: {}\n", target.name, self.random.below(9))
    }

    fn generator(&mut self, kind: &str) -> String {
        let target = self.target_of(&[kind]);
        let mut text = if target.kind == kind && self.random.chance(60) {
            let behavior = self.random.pick(&["create", "merge", "replace", "merge"]);
            format!("- name: {}\n  behavior: {behavior}\n", target.name)
        } else {
            let name = format!("made{}", self.known.len());
            let named = Named { api_version: "v1".to_owned(), kind: kind.to_owned(), name: name.clone() };
            self.known.push(named);
            format!("- name: {name}\n")
        };
        if self.random.chance(8) {
            text.push_str(&format!("  namespace: {}\n", self.random.pick(&NAMESPACES)));
        }
        text.push_str(&self.random.maybe(70, "  literals:\n  - a=b\n  - \"c='d'\"\n"));
        if self.random.chance(40) {
            text.push_str("  options:\n");
            text.push_str(&self.random.maybe(50, "    disableNameSuffixHash: true\n"));
            text.push_str(&self.random.maybe(30, "    immutable: true\n"));
            text.push_str(&format!("    labels:\n{}", indented(&entries(&mut self.random), 6)));
            if self.random.chance(40) {
                text.push_str(&format!("    annotations:\n{}", indented(&entries(&mut self.random), 6)));
            }
        }
        text
    }

    fn config_maps(&mut self, folder: &str) -> String {
        let mut text = String::from("configMapGenerator:\n");
        for _ in 0..=self.random.below(2) {
            text.push_str(&self.generator("ConfigMap"));
            if self.random.chance(30) {
                self.file(folder, "f.txt", "one\ntwo <&>\n".to_owned());
                text.push_str(self.random.pick(&["  files:\n  - f.txt\n", "  files:\n  - g=f.txt\n"]));
            }
            if self.random.chance(20) {
                self.file(folder, "e.env", "A=1\n# no\nB=x=y\n".to_owned());
                text.push_str("  envs:\n  - e.env\n");
            }
        }
        text
    }

    fn secrets(&mut self) -> String {
        let kind = self.random.maybe(30, "  type: kubernetes.io/tls\n");
        format!("secretGenerator:\n{}{kind}", self.generator("Secret"))
    }

    fn generator_options(&mut self) -> String {
        let mut text = String::from("generatorOptions:\n");
        text.push_str(&self.random.maybe(50, "  disableNameSuffixHash: true\n"));
        text.push_str(&self.random.maybe(30, "  immutable: true\n"));
        if self.random.chance(30) {
            text.push_str(&format!("  annotations:\n{}", indented(&entries(&mut self.random), 4)));
        }
        format!("{text}  labels:\n{}", indented(&entries(&mut self.random), 4))
    }

    /// Returns charts whose files are in the kustomization's folder.
    fn helm_charts(&mut self, folder: &str) -> String {
        let chart = "apiVersion: v2\nname: tiny\nversion: 1.0.0\n";
        self.file(folder, "charts/tiny/Chart.yaml", chart.to_owned());
        self.file(folder, "charts/tiny/values.yaml", "a: 1\nb: {c: x, d: 1.0}\nlist: [1, 2]\n".to_owned());
        self.file(folder, "charts/tiny/templates/all.yaml", TEMPLATE.to_owned());
        let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: t.example.com}\n";
        self.file(folder, "charts/tiny/crds/crd.yaml", crd.to_owned());
        self.file(folder, "own.yaml", "a: 7\nb:\n  c: \"8\"\nlist: [3]\n".to_owned());
        let mut text = String::from("helmCharts:\n- name: tiny\n");
        text.push_str(self.random.pick(&[
            "  releaseName: rel\n",
            "  releaseName: rel\n",
            "  nameTemplate: made-{{ \"X\" | lower }}\n",
        ]));
        text.push_str(&self.random.maybe(30, "  namespace: of-chart\n"));
        text.push_str(&self.random.maybe(30, "  includeCRDs: true\n"));
        text.push_str(&self.random.maybe(20, "  skipTests: true\n"));
        text.push_str(&self.random.maybe(20, "  skipHooks: true\n"));
        text.push_str(&self.random.maybe(20, "  apiVersions: [example.com/v1]\n"));
        text.push_str(&self.random.maybe(20, "  kubeVersion: 1.30.0\n"));
        text.push_str(&self.random.maybe(25, "  valuesFile: own.yaml\n"));
        text.push_str(&self.random.maybe(25, "  additionalValuesFiles: [own.yaml]\n"));
        if self.random.chance(50) {
            let merge = self.random.pick(&["merge", "override", "replace"]);
            let value = self.random.pick(&TEXTS);
            text.push_str(&format!(
                "  valuesMerge: {merge}\n  valuesInline: {{a: {value}, b: {{d: null, e: 2.50}}}}\n"
            ));
        }
        text
    }

    /// Returns a strategic merge patch for something that may exist.
    fn merge_patch(&mut self) -> String {
        let target = self.target();
        let body = self.patch_body(&target.kind);
        let namespace = if self.random.chance(10) { self.random.pick(&NAMESPACES) } else { "" };
        let namespace =
            if namespace.is_empty() { String::new() } else { format!("  namespace: {namespace}\n") };
        let Named { api_version, kind, name } = target;
        format!("apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: {name}\n{namespace}{body}")
    }

    /// Returns what a patch changes; it starts within the metadata.
    fn patch_body(&mut self, kind: &str) -> String {
        let labels = match self.random.below(8) {
            0 => format!("  labels:\n{}", indented(&entries(&mut self.random), 4)),
            1 => format!("  annotations:\n{}", indented(&entries(&mut self.random), 4)),
            2 => format!("  labels:\n    {}: null\n", self.random.pick(&KEYS)),
            4 => "  finalizers: [b, c]\n".to_owned(),
            5 => "  finalizers:\n  - $patch: replace\n  - z\n".to_owned(),
            3 => self
                .random
                .pick(&["  labels:\n    $patch: replace\n    x: y\n", "  labels: null\n"])
                .to_owned(),
            _ => String::new(),
        };
        let delete = self.random.maybe(4, "$patch: delete\n");
        let pod = self.pod_patch();
        let rest = match kind {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => {
                let selector = if self.random.chance(20) {
                    format!("  selector:\n    matchLabels:\n{}", indented(&entries(&mut self.random), 6))
                } else {
                    String::new()
                };
                let claims = self.random.maybe(10, "  volumeClaimTemplates:\n  - metadata: {name: new}\n");
                format!("spec:\n{selector}{claims}  template:\n{}", indented(&pod, 4))
            }
            "CronJob" => format!("spec:\n  jobTemplate:\n    spec:\n      template:\n{}", indented(&pod, 8)),
            "ConfigMap" => self
                .random
                .pick(&[
                    "data:\n  k: new\n",
                    "data:\n  k: null\n",
                    "data: null\n",
                    "data:\n  $patch: replace\n  z: y\n",
                    "data:\n  folded: >\n    three\n      more\n    four\n",
                    "data:\n  k: |-\n    five\n    six\n",
                    "data:\n  k: 5\n  url: '5'\n",
                ])
                .to_owned(),
            "Service" => self
                .random
                .pick(&[
                    "spec:\n  ports:\n  - port: 80\n    name: web\n  - port: 81\n",
                    "spec:\n  selector: {env: new}\n",
                    "spec:\n  ports:\n  - port: 80\n    $patch: delete\n",
                ])
                .to_owned(),
            "Foo" => self
                .random
                .pick(&[
                    "spec:\n  list:\n  - name: a\n    w: 3\n",
                    "spec:\n  ref: null\n",
                    "spec:\n  labels: {x: z}\n",
                ])
                .to_owned(),
            _ => String::new(),
        };
        format!("{labels}{delete}{rest}")
    }

    fn pod_patch(&mut self) -> String {
        let mut text = String::new();
        if self.random.chance(30) {
            text.push_str(&format!("metadata:\n  labels:\n{}", indented(&entries(&mut self.random), 4)));
        }
        let containers = self.random.pick(&[
            "containers:\n- name: main\n  image: patched\n",
            "containers:\n- name: main\n  env:\n  - name: A\n    value: new\n  - name: Z\n    value: z\n",
            "containers:\n- name: side\n  $patch: delete\n",
            "containers:\n- name: main\n  ports:\n  - containerPort: 80\n    name: x\n",
            "containers:\n- name: new\n  image: new\n- $patch: replace\n",
            "volumes:\n- name: c\n  $patch: replace\n  emptyDir: {}\n",
            "containers:\n- name: main\n  $patch: replace\n  image: only\n",
            "containers:\n- name: main\n  $retainKeys: [name]\n  volumeMounts:\n  - mountPath: /a\n    name: c\n",
            "imagePullSecrets:\n- name: db\n- name: own\n",
            "$patch: merge\nhostAliases:\n- ip: 1.2.3.4\n  hostnames: [a]\n",
            "containers:\n- image: nameless\n",
            "containers: []\nvolumes: null\n",
            "tolerations:\n- key: a\naffinity:\n  nodeAffinity: null\n",
            "containers:\n- name: main\n  env: null\n  args: [z]\n",
            "initContainers:\n- name: early\n  image: nginx\n",
            "$setElementOrder/containers: [{name: side}, {name: main}]\nhostNetwork: true\n",
        ]);
        format!("{text}spec:\n{}", indented(containers, 2))
    }

    fn operations(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.random.below(2) {
            let value = self.random.pick(&TEXTS);
            text.push_str(&match self.random.below(16) {
                0 | 8 | 9 => format!("- op: add\n  path: /metadata/labels\n  value: {{a: {value}}}\n"),
                1 => format!("- op: add\n  path: /metadata/annotations/x\n  value: {value}\n"),
                10 | 11 => format!("- op: add\n  path: /metadata/annotations\n  value: {{x: {value}}}\n"),
                12 | 13 => "- op: add\n  path: /metadata/finalizers\n  value: [a]\n".to_owned(),
                2 => "- op: remove\n  path: /metadata/labels\n".to_owned(),
                3 => format!("- op: replace\n  path: /metadata/name\n  value: {}\n", self.random.pick(&NAMES)),
                4 => "- op: replace\n  path: /spec/replicas\n  value: 5\n".to_owned(),
                5 => "- op: add\n  path: /spec/template/spec/containers/-\n  value: {name: last, image: nginx}\n".to_owned(),
                6 => "- {op: copy, from: /metadata/name, path: /metadata/annotations/was}\n".to_owned(),
                _ => "- {op: test, path: /metadata/name, value: web}\n".to_owned(),
            });
        }
        text
    }

    /// Returns a resource selector.
    fn selector(&mut self) -> String {
        let target = self.target();
        match self.random.below(7) {
            0 => format!("kind: {}\n", target.kind),
            1 => format!("kind: {}\nname: {}\n", target.kind, target.name),
            2 => format!("name: {}.*\n", target.name),
            3 => format!(
                "labelSelector: {}\n",
                self.random.pick(&["app=web", "env", "!tier", "env in (prod)"])
            ),
            4 => format!("kind: Deployment|StatefulSet|Foo\nnamespace: {}\n", self.random.pick(&NAMESPACES)),
            5 => "annotationSelector: app\n".to_owned(),
            _ => format!("kind: {}\nname: p-{}\n", target.kind, target.name),
        }
    }

    fn patches(&mut self, folder: &str) -> String {
        let mut text = String::from("patches:\n");
        for number in 0..=self.random.below(2) {
            match self.random.below(5) {
                0 => text.push_str(&format!("- patch: |-\n{}", indented(&self.merge_patch(), 4))),
                1 => {
                    let patch = self.merge_patch();
                    let more = if self.random.chance(30) {
                        format!("---\n{}", self.merge_patch())
                    } else {
                        String::new()
                    };
                    self.file(folder, &format!("patch{number}.yaml"), format!("{patch}{more}"));
                    text.push_str(&format!("- path: patch{number}.yaml\n"));
                }
                2 => {
                    let selector = self.selector();
                    let patch = indented(&self.merge_patch(), 4);
                    text.push_str(&format!("- target:\n{}  patch: |-\n{patch}", indented(&selector, 4)));
                    // If a generated object becomes another kind, its hash differs here.
                    let is_made = ["ConfigMap", "Secret"].iter().any(|kind| selector.contains(kind));
                    let keeps_hash = selector.starts_with("kind: ") && !is_made;
                    let what = if keeps_hash { self.random.pick(&["Name", "Kind"]) } else { "Name" };
                    let option = format!("  options:\n    allow{what}Change: true\n");
                    text.push_str(&self.random.maybe(20, &option));
                }
                _ => {
                    let selector = indented(&self.selector(), 4);
                    let patch = indented(&self.operations(), 4);
                    text.push_str(&format!("- target:\n{selector}  patch: |-\n{patch}"));
                }
            }
        }
        text
    }

    fn json_patches(&mut self, field: &str) -> String {
        let Named { api_version, kind, name } = self.target();
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
        let group = if group.is_empty() { String::new() } else { format!("    group: {group}\n") };
        let patch = indented(&self.operations(), 4);
        format!(
            "{field}:\n- target:\n{group}    version: {version}\n    kind: {kind}\n    name: {name}\n  patch: |-\n{patch}"
        )
    }

    fn replacement(&mut self) -> String {
        let source = self.target();
        let own: &[&str] = match source.kind.as_str() {
            "Deployment" | "StatefulSet" | "ReplicaSet" => &[
                "spec.replicas",
                "spec.template.metadata.labels.app",
                "spec.template.spec.containers.[name=main].image",
                "spec.template.spec.containers.0",
                "spec.template.metadata",
            ],
            "ConfigMap" => &["data.k", "data.url", "data"],
            "Foo" => &["spec.image", "spec.list.[name=a].v", "spec.ref", "spec.list", "spec"],
            _ => &["metadata.name"],
        };
        let path = match self.random.below(5) {
            0 => self.random.pick(&["metadata.namespace", "metadata.labels.app", "metadata.labels"]),
            1 | 2 => "metadata.name",
            _ => self.random.pick(own),
        };
        let mut text = if self.random.chance(15) {
            format!(
                "- sourceValue: {}\n  targets:\n",
                self.random.pick(&["x-y", "\"1\"", "prod", "\"true\""])
            )
        } else {
            let mut text = format!(
                "- source:\n    kind: {}\n    name: {}\n    fieldPath: {path}\n",
                source.kind, source.name
            );
            if self.random.chance(10) {
                text.push_str(&format!("    namespace: {}\n", self.random.pick(&NAMESPACES)));
            }
            if self.random.chance(20) {
                let mark = self.random.pick(&["/", "-", ":", "."]);
                let index = self.random.below(3);
                text.push_str(&format!("    options: {{delimiter: \"{mark}\", index: {index}}}\n"));
            }
            format!("{text}  targets:\n")
        };
        for _ in 0..=self.random.below(2) {
            let target = self.target();
            let selector = if self.random.chance(70) {
                format!("kind: {}\nname: {}\n", target.kind, target.name)
            } else {
                self.selector()
            };
            text.push_str(&format!("  - select:\n{}", indented(&selector, 6)));
            if self.random.chance(15) {
                text.push_str(&format!("    reject:\n    - {}", indented(&self.selector(), 6).trim_start()));
            }
            let own: &[&str] = match target.kind.as_str() {
                "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => &[
                    "spec.template.metadata.labels.app",
                    "spec.template.spec.containers.*.image",
                    "spec.template.spec.containers.[name=main].env.[name=A].value",
                    "spec.selector.matchLabels.app",
                    "spec.template.spec.containers.0.image",
                    "spec.template.metadata.annotations",
                ],
                "ConfigMap" => &["data.k", "data.conf\\.yaml.b.c", "data.conf\\.yaml.l.0"],
                "Service" => &["spec.selector.app", "spec.ports.0.port"],
                "Foo" if self.random.chance(30) => &["spec", "spec.copy", "spec.list.*"],
                "Foo" => &["spec.ref.name", "spec.list.0.v", "spec.list.[name=b]", "spec.image"],
                _ => &["metadata.name"],
            };
            text.push_str("    fieldPaths:\n");
            for _ in 0..=self.random.below(2) {
                let common = [
                    "metadata.annotations.copied",
                    "metadata.labels.app",
                    "metadata.labels",
                    "metadata.labels.env",
                ];
                let path =
                    if self.random.chance(50) { self.random.pick(own) } else { self.random.pick(&common) };
                text.push_str(&format!("    - {path}\n"));
            }
            match self.random.below(6) {
                0..=2 => text.push_str("    options: {create: true}\n"),
                3 => {
                    let mark = self.random.pick(&["/", ":", ".", "-"]);
                    let index = self.random.below(4) as i64 - 1;
                    text.push_str(&format!("    options: {{delimiter: \"{mark}\", index: {index}}}\n"));
                }
                _ => {}
            }
        }
        text
    }

    fn replacements(&mut self, folder: &str) -> String {
        let count = 1 + self.random.below(2);
        let all: String = (0..count).map(|_| self.replacement()).collect();
        if self.random.chance(15) {
            self.file(folder, "replacements.yaml", all);
            return "replacements:\n- path: replacements.yaml\n".to_owned();
        }
        format!("replacements:\n{all}")
    }

    fn variables(&mut self) -> String {
        let Named { api_version, kind, name } = self.target();
        let path = match kind.as_str() {
            "ConfigMap" if self.random.chance(60) => "data.k",
            "Deployment" | "StatefulSet" if self.random.chance(50) => {
                "spec.template.spec.containers[0].image"
            }
            _ => self.random.pick(&[
                "metadata.name",
                "metadata.name",
                "metadata.namespace",
                "metadata.labels.app",
            ]),
        };
        let variable = ["VAR", "IMG", "HOST"].get(self.variables).copied().unwrap_or("VAR");
        self.variables += 1;
        format!(
            "vars:\n- name: {variable}\n  objref:\n    apiVersion: {api_version}\n    kind: {kind}\n    name: {name}\n  fieldref:\n    fieldPath: {path}\n"
        )
    }

    fn configurations(&mut self, folder: &str) -> String {
        let text = match self.random.below(12) {
            9 => "nameSuffix:\n- path: metadata/name\n  kind: Foo\n- path: data/k\n  kind: ConfigMap\n".to_owned(),
            10 => "nameReference:\n- kind: Foo\n  fieldSpecs:\n  - kind: Foo\n    path: spec/list/name\n  - kind: ConfigMap\n    path: data/k\n- kind: ConfigMap\n  version: v1\n  fieldSpecs:\n  - kind: Foo\n    path: spec/ref\n"
                .to_owned(),
            11 => "replicas:\n- path: spec/list/v\n  kind: Foo\n".to_owned(),
            0 => "labels:\n- path: spec/labels\n  kind: Foo\n  create: true\n".to_owned(),
            1 => "commonLabels:\n- path: spec/labels\n  kind: Foo\n  create: true\n".to_owned(),
            2 => "nameReference:\n- kind: Service\n  fieldSpecs:\n  - kind: Foo\n    path: spec/ref/name\n"
                .to_owned(),
            3 => "images:\n- kind: Foo\n  path: spec/image\n".to_owned(),
            4 => "namespace:\n- path: spec/namespace\n  kind: Foo\n  create: true\n".to_owned(),
            5 => "varReference:\n- path: spec/image\n  kind: Foo\n- path: data/k\n  kind: ConfigMap\n"
                .to_owned(),
            6 => "commonAnnotations:\n- path: spec/labels\n  kind: Foo\n".to_owned(),
            7 => "namePrefix:\n- path: metadata/labels/app\n- path: spec/ref/name\n  kind: Foo\n".to_owned(),
            _ => "templateLabels:\n- path: spec/labels\n  kind: Foo\n  create: true\n".to_owned(),
        };
        self.file(folder, "config.yaml", text);
        "configurations:\n- config.yaml\n".to_owned()
    }

    fn crds(&mut self, folder: &str) -> String {
        let text = "{\"example.com/v1.Foo\": {\"Schema\": {\"properties\": {\"apiVersion\": {}, \"kind\": {}, \"metadata\": {}, \"spec\": {\"$ref\": \"v1.Spec\"}}}}, \"v1.Spec\": {\"Schema\": {\"properties\": {\"ref\": {\"x-kubernetes-object-ref-api-version\": \"v1\", \"x-kubernetes-object-ref-kind\": \"Service\"}}}}}\n";
        self.file(folder, "crd.json", text.to_owned());
        "crds:\n- crd.json\n".to_owned()
    }

    fn open_api(&mut self, folder: &str) -> String {
        if self.random.chance(25) {
            return format!("openapi:\n  version: {}\n", self.random.pick(&["v1.21.2", "v1.20.4", "\"\""]));
        }
        let text = "{\"definitions\": {\"v1.Foo\": {\"type\": \"object\", \"x-kubernetes-group-version-kind\": [{\"group\": \"example.com\", \"kind\": \"Foo\", \"version\": \"v1\"}], \"properties\": {\"spec\": {\"type\": \"object\", \"properties\": {\"list\": {\"type\": \"array\", \"x-kubernetes-patch-merge-key\": \"name\", \"x-kubernetes-patch-strategy\": \"merge\", \"items\": {\"type\": \"object\"}}}}}}}}\n";
        self.file(folder, "schema.json", text.to_owned());
        "openapi:\n  path: schema.json\n".to_owned()
    }

    fn transformer(&mut self, kind: &str) -> String {
        let head = format!("apiVersion: builtin\nkind: {kind}\nmetadata:\n  name: t\n");
        let fields = |path: &str| format!("fieldSpecs:\n- path: {path}\n  create: true\n");
        let body = match kind {
            "LabelTransformer" => format!(
                "labels:\n{}  n: 1\n  t: true\n{}",
                indented(&entries(&mut self.random), 2),
                fields("metadata/labels")
            ),
            "AnnotationsTransformer" => {
                format!("annotations:\n  n: 1.5\n  t: x\n{}", fields("metadata/annotations"))
            }
            "PrefixTransformer" => format!("prefix: t-\n{}", fields("metadata/name")),
            "SuffixTransformer" => format!("suffix: -t\n{}", fields("metadata/name")),
            "NamespaceTransformer" => {
                let mode = self.random.pick(&["defaultOnly", "allServiceAccounts", "none"]);
                let namespace = self.random.pick(&NAMESPACES);
                let only = self.random.maybe(50, "unsetOnly: true\n");
                return format!(
                    "apiVersion: builtin\nkind: {kind}\nmetadata:\n  name: t\n  namespace: {namespace}\nsetRoleBindingSubjects: {mode}\n{only}"
                );
            }
            "ImageTagTransformer" => format!(
                "imageTag:\n  name: {}\n  newTag: t\n{}",
                self.random.pick(&["nginx", "web"]),
                fields("spec/image")
            ),
            "ReplicaCountTransformer" => format!(
                "replica:\n  name: {}\n  count: 7\n{}  kind: Deployment\n",
                self.random.pick(&NAMES),
                fields("spec/replicas")
            ),
            "PatchTransformer" => format!(
                "target:\n{}patch: |-\n{}",
                indented(&self.selector(), 2),
                indented(&self.operations(), 2)
            ),
            "PatchJson6902Transformer" => format!(
                "target:\n  version: v1\n  kind: ConfigMap\n  name: web\njsonOp: |-\n{}",
                indented(&self.operations(), 2)
            ),
            "PatchStrategicMergeTransformer" => format!("patches: |-\n{}", indented(&self.merge_patch(), 2)),
            "ReplacementTransformer" => format!("replacements:\n{}", self.replacement()),
            "ConfigMapGenerator" => "literals: [a=b]\n".to_owned(),
            _ => format!(
                "value: {}\ntargets:\n- fieldPath: {}\n  selector: {{kind: ConfigMap}}\n",
                self.random.pick(&["x", "\"10\""]),
                self.random.pick(&["data/k", "data/new", "metadata/namespace", "metadata/labels/app"])
            ),
        };
        format!("{head}{body}")
    }

    fn transformers(&mut self, folder: &str) -> String {
        let kind = self.random.pick(&[
            "LabelTransformer",
            "AnnotationsTransformer",
            "PrefixTransformer",
            "SuffixTransformer",
            "NamespaceTransformer",
            "ImageTagTransformer",
            "ReplicaCountTransformer",
            "PatchTransformer",
            "PatchJson6902Transformer",
            "PatchStrategicMergeTransformer",
            "ReplacementTransformer",
            "ConfigMapGenerator",
            "ValueAddTransformer",
        ]);
        let text = self.transformer(kind);
        if self.random.chance(30) {
            return format!("transformers:\n- |-\n{}", indented(&text, 2));
        }
        self.file(folder, "t.yaml", text);
        "transformers:\n- t.yaml\n".to_owned()
    }

    fn generators(&mut self) -> String {
        let kind = self.random.pick(&["ConfigMapGenerator", "SecretGenerator"]);
        let behavior = self.random.maybe(30, "behavior: merge\n");
        let text = format!(
            "apiVersion: builtin\nkind: {kind}\nmetadata:\n  name: {}\nliterals: [g=h]\n{behavior}",
            self.random.pick(&NAMES)
        );
        format!("generators:\n- |-\n{}", indented(&text, 2))
    }
}

fn list(items: &[String]) -> String {
    items.iter().map(|item| format!("- {item}\n")).collect()
}

/// Returns a document as an item of a list.
fn listed(document: &str) -> String {
    let text = indented(document, 2);
    format!("- {}", text.trim_start())
}

/// The objects of the chart: several kinds in several notations, with a hook and a test.
const TEMPLATE: &str = r#"apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-map
  namespace: {{ .Release.Namespace }}
data:
  a: {{ .Values.a | quote }}
  b: {{ toYaml .Values.b | quote }}
  version: {{ .Capabilities.KubeVersion.Version | quote }}
  has: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ len .Values.list }}
  template:
    spec:
      containers:
      - name: main
        image: nginx
        env: {{- toYaml (list (dict "name" "A" "value" "x")) | nindent 8 }}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations: {"helm.sh/hook": test}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-job
  annotations:
    "helm.sh/hook": pre-install
    date: 2001-01-01
"#;
