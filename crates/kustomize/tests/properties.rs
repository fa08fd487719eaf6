//! What is true for every kustomization: building is repeatable, an empty overlay changes nothing, and the output can
//! be built again.

use aqueduct_kustomize::{Options, RemoteFolder, build, to_yaml};
use aqueduct_manifest::Files;
use proptest::prelude::*;

/// A kustomization of a few resources that refer to each other.
#[derive(Clone, Debug)]
struct Platform {
    /// The names of the workloads, each with the number of the configuration that it uses.
    workloads: Vec<(String, usize)>,
    configurations: Vec<(String, String)>,
    fields: Vec<String>,
}

impl Platform {
    fn files(&self) -> Files {
        let mut objects = String::new();
        let mut generators = String::new();
        for (number, (name, value)) in self.configurations.iter().enumerate() {
            generators.push_str(&format!("- name: c{number}-{name}\n  literals: ['value={value}']\n"));
        }
        for (number, (name, used)) in self.workloads.iter().enumerate() {
            let used = used % self.configurations.len();
            let configuration = self.configurations.get(used).map_or("", |(name, _)| name);
            objects.push_str(&format!(
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: w{number}-{name}\nspec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: example.com/{name}:1\n        envFrom:\n        - configMapRef:\n            name: c{used}-{configuration}\n"
            ));
        }
        let kustomization =
            format!("resources: [all.yaml]\nconfigMapGenerator:\n{generators}{}", self.fields.concat());
        [
            ("base/kustomization.yaml", kustomization),
            ("base/all.yaml", objects),
            ("overlay/kustomization.yaml", "resources: [../base]\n".to_owned()),
        ]
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect()
    }
}

fn platforms() -> impl Strategy<Value = Platform> {
    let name = "[a-z]{1,6}";
    let fields = [
        "namePrefix: pre-\n",
        "nameSuffix: -post\n",
        "namespace: somewhere\n",
        "commonLabels: {team: red}\n",
        "commonAnnotations: {note: 'on'}\n",
        "labels: [{pairs: {tier: web}, includeTemplates: true}]\n",
        "images: [{name: example.com/a, newTag: '2'}]\n",
        "sortOptions: {order: legacy}\n",
    ]
    .map(str::to_owned);
    (
        prop::collection::vec((name, 0_usize..8), 1..6),
        prop::collection::vec((name, "[a-zA-Z0-9 .:/-]{0,12}"), 1..5),
        prop::sample::subsequence(fields.to_vec(), 0..8),
    )
        .prop_map(|(workloads, configurations, fields)| Platform { workloads, configurations, fields })
}

fn built(files: &Files, folder: &str) -> String {
    let built = build(files, folder, &Options::default());
    to_yaml(&built.expect("it is a kustomization").objects).expect("its texts are plain")
}

proptest! {
    #[test]
    fn builds_the_same_twice(platform in platforms()) {
        let files = platform.files();
        prop_assert_eq!(built(&files, "base"), built(&files, "base"));
    }

    #[test]
    fn an_overlay_that_says_nothing_changes_nothing(platform in platforms()) {
        let files = platform.files();
        let base = built(&files, "base");
        if base.contains("kind: Deployment") && !platform.fields.iter().any(|field| field.starts_with("sort")) {
            prop_assert_eq!(built(&files, "overlay"), base);
        }
    }

    #[test]
    fn what_is_built_can_be_built_again(platform in platforms()) {
        let base = built(&platform.files(), "base");
        let again: Files = [
            ("kustomization.yaml", "resources: [all.yaml]\n".as_bytes().to_vec()),
            ("all.yaml", base.clone().into_bytes()),
        ]
        .into_iter()
        .collect();
        prop_assert_eq!(built(&again, "."), base);
    }

    #[test]
    fn every_reference_finds_its_target(platform in platforms()) {
        let base = built(&platform.files(), "base");
        let documents: Vec<&str> = base.split("---\n").collect();
        let names: Vec<&str> = documents
            .iter()
            .filter(|text| text.contains("kind: ConfigMap"))
            .filter_map(|text| text.lines().find_map(|line| line.strip_prefix("  name: ")))
            .collect();
        let used: Vec<&str> = base
            .lines()
            .zip(base.lines().skip(1))
            .filter(|(line, _)| line.trim_start() == "- configMapRef:")
            .filter_map(|(_, line)| line.trim_start().strip_prefix("name: "))
            .collect();
        prop_assert_eq!(used.len(), platform.workloads.len());
        for name in used {
            prop_assert!(names.contains(&name), "{} is not among {:?}", name, names);
        }
    }

    #[test]
    fn any_text_is_built_or_refused(kustomization in "\\PC{0,200}", resource in "\\PC{0,200}") {
        let files: Files = [
            ("kustomization.yaml", format!("resources: [a.yaml]\n{kustomization}")),
            ("a.yaml", resource),
        ]
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect();
        let _ = build(&files, ".", &Options::default());
    }

    #[test]
    fn names_of_remotes_never_lead_out(
        parts in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![
                    "https://", "ssh://", "file://", "git::", "git@", "github.com/", "github.com:", "org", "/",
                    "//", ":", "..", ".", ".git", "_git/", "?", "ref=", "version=", "timeout=1.5h", "&", "%2", ";",
                ]).prop_map(str::to_owned),
                "\\PC{0,3}",
            ],
            0..12,
        ),
    ) {
        let name = parts.concat();
        if let Some(found) = RemoteFolder::parse(&name) {
            prop_assert!(!found.address.is_empty() && !found.address.starts_with('-'), "{}", name);
            let leads_out = found.folder.starts_with('/') || found.folder.split('/').any(|part| part == "..");
            prop_assert!(!leads_out, "{}: {}", name, found.folder);
        }
    }
}
