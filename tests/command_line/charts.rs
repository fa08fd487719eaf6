//! `helm template` and `kustomize build`: in the place of those tools.

use insta::assert_snapshot;

use crate::{Platform, outcome};

fn platform() -> Platform {
    let platform = Platform::new();
    platform.write("charts/hello/Chart.yaml", "apiVersion: v2\nname: hello\nversion: 1.0.0\n");
    platform.write("charts/hello/values.yaml", "greeting: Hello\n");
    platform.write(
        "charts/hello/templates/configmap.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  text: {{ required \"a greeting is needed\" .Values.greeting | quote }}\n",
    );
    platform
        .write("kustomizations/hello/kustomization.yaml", "namePrefix: dev-\nresources:\n- configmap.yaml\n");
    platform.write(
        "kustomizations/hello/configmap.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hello\ndata:\n  text: \"yes\"\n",
    );
    platform
}

#[test]
fn helm_template() {
    let platform = platform();
    assert_snapshot!(
        platform.run("helm template greeter charts/hello --set greeting=yes")
            + &platform.run("helm template greeter charts/hello --set greeting=null")
            + &platform.run("helm template greeter charts/missing")
    );
}

#[test]
fn kustomize_build() {
    let platform = platform();
    assert_snapshot!(
        platform.run("kustomize build kustomizations/hello")
            + &platform.run("kustomize build kustomizations")
    );
}

#[test]
fn as_components() {
    let platform = platform();
    platform.write(
        "tenants/shop/greeter.toml",
        "kind = \"chart\"\npath = \"/charts/hello\"\n\n[environments.prod.values]\ngreeting = \"Good day\"\n",
    );
    platform.write("tenants/shop/plain.toml", "kind = \"kustomization\"\npath = \"/kustomizations/hello\"\n");
    let seen = platform.run("render") + &platform.run("list");
    let objects: String = [
        "output/prod/shop/greeter/configmap-greeter.yaml",
        "output/prod/shop/plain/configmap-dev-hello.yaml",
    ]
    .map(|path| format!("=== {path}\n{}", platform.text(path)))
    .concat();
    assert_snapshot!(seen + &objects);
}

#[test]
fn vendor_of_nothing() {
    assert_snapshot!(platform().run("vendor"));
}

#[test]
fn a_chart_that_is_not_vendored() {
    let platform = platform();
    platform.write(
        "tenants/shop/cache.toml",
        "kind = \"chart\"\nrepository = \"https://charts.example.com\"\nname = \"cache\"\nversion = \"1.2.3\"\n",
    );
    assert_snapshot!(platform.run("render"));
}

#[test]
fn wrong_usage_ends_like_the_tools() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    assert_snapshot!(
        outcome(folder.path(), "helm template --no-such-flag")
            + &outcome(folder.path(), "kustomize build --no-such-flag")
    );
}

/// Nobody asked for the policy that lets the pods of a release talk among themselves.
#[test]
fn a_chart_without_pods_gets_no_network_policy() {
    let platform = Platform::new();
    platform.write("charts/settings/Chart.yaml", "apiVersion: v2\nname: settings\nversion: 1.0.0\n");
    platform.write(
        "charts/settings/templates/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: b\n",
    );
    platform.write("tenants/shop/settings.toml", "kind = \"chart\"\npath = \"/charts/settings\"\n");
    assert_snapshot!(platform.run("check"));
    platform.run("render");
    let policy = "output/dev/shop/tenant/networkpolicy-settings.yaml";
    assert!(!platform.root().join(policy).exists(), "{policy} is written");
    assert!(platform.root().join("output/dev/shop/settings/configmap-settings.yaml").exists());
}

/// A script that calls Kustomize has flags that change nothing here, in several spellings.
#[test]
fn flags_of_kustomize() {
    let platform = platform();
    let plain = platform.run("kustomize build kustomizations/hello");
    for flags in [
        "--enable-alpha-plugins --enable-exec --enable-star --network --network-name bridge",
        "--enable-helm=false --network=false --enable-managedby-label=0 --as-current-user=T",
        "--load_restrictor LoadRestrictionsNone --enable_alpha_plugins --helm_command=helm --stack_trace",
        "-e A=B --env C --mount x --helm-debug",
    ] {
        let seen = platform.run(&format!("kustomize build kustomizations/hello {flags}"));
        assert_eq!(
            seen.lines().skip(1).collect::<Vec<_>>(),
            plain.lines().skip(1).collect::<Vec<_>>(),
            "{flags}"
        );
    }
    assert_snapshot!(
        platform.run("kustomize build kustomizations/hello --network=maybe")
            + &platform.run("kustomize build --help")
    );
}

/// What objects are called does not lead out of the folder that they are written to.
#[test]
fn kustomize_build_writes_into_its_folder_only() {
    let platform = Platform::new();
    platform.write("k/kustomization.yaml", "resources: [a.yaml]\n");
    platform.write("keep/ci.yaml", "mine\n");
    platform.write("out/note.txt", "");
    let object = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"{name}\"\n");
    let mut seen = String::new();
    for name in ["/../../keep/ci", "a\\nb", "..\\\\..\\\\keep\\\\ci"] {
        platform.write("k/a.yaml", &object(name));
        seen += &platform.run("kustomize build k -o out");
    }
    platform.write("k/a.yaml", &object("fine"));
    seen += &platform.run("kustomize build k -o out");
    #[cfg(unix)]
    {
        let link = platform.root().join("out/v1_configmap_linked.yaml");
        std::os::unix::fs::symlink("../keep/ci.yaml", link).expect("a link can be made");
        platform.write("k/a.yaml", &object("linked"));
        let refused = platform.run("kustomize build k -o out");
        assert!(refused.contains("not a regular file"), "{refused}");
    }
    assert_eq!(platform.text("keep/ci.yaml"), "mine\n");
    assert_eq!(platform.text("out/v1_configmap_fine.yaml"), object("fine").replace('"', ""));
    assert_snapshot!(seen);
}
