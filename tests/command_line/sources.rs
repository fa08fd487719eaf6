//! Sources in any folder of the platform, and what is refused.

use insta::assert_snapshot;

use crate::Platform;

const CHART: &str = "apiVersion: v2\nname: app\nversion: 0.1.0\n";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: NAME\n";

fn platform() -> Platform {
    let platform = Platform::new();
    for file in ["tenants/shop/tenant.toml", "platform.toml"] {
        assert!(platform.root().join(file).exists(), "{file}");
    }
    platform
}

#[test]
fn any_folder_is_read_that_a_file_names() {
    let platform = platform();
    let map = |name: &str| MAP.replace("NAME", name);
    platform.write("apps/x/helm/Chart.yaml", CHART);
    platform
        .write("apps/x/helm/templates/map.yaml", &(map("chart") + "data: {a: {{ .Values.a | quote }}}\n"));
    platform.write("apps/x/values.yaml", "a: from a file\n");
    platform.write("deploy/overlays/shop/kustomization.yaml", "resources: [../../base]\nnamePrefix: shop-\n");
    platform.write("deploy/base/kustomization.yaml", "resources: [map.yaml]\n");
    platform.write("deploy/base/map.yaml", &map("base"));
    platform.write("kustomizations/out/kustomization.yaml", "resources: [../../deploy/other]\n");
    platform.write("deploy/other/kustomization.yaml", "resources: [map.yaml]\n");
    platform.write("deploy/other/map.yaml", &map("other"));
    platform.write("yaml/map.yaml", &map("plain"));
    platform.write("notes.txt", "hello\n");
    let components = [
        (
            "chart",
            "kind = \"chart\"\npath = \"/apps/x/helm\"\nvalue-files = [\"../../apps/x/values.yaml\"]\n",
        ),
        ("overlay", "kind = \"kustomization\"\npath = \"/deploy/overlays/${tenant.name}\"\n"),
        ("out", "kind = \"kustomization\"\npath = \"/kustomizations/out\"\n"),
        ("plain", "kind = \"manifests\"\npath = \"/yaml\"\n"),
        ("notes", "kind = \"config\"\n[files.\"notes.txt\"]\nsource = \"../../notes.txt\"\n"),
    ];
    for (name, text) in components {
        platform.write(&format!("tenants/shop/{name}.toml"), text);
    }
    // What nobody names is not looked at: this would be refused.
    #[cfg(unix)]
    std::os::unix::fs::symlink("/", platform.root().join("deploy/elsewhere")).expect("a link can be made");
    assert_snapshot!(platform.run("render --quiet"));
    let files = platform.files();
    let rendered: Vec<&str> = files.lines().filter(|path| path.contains("configmap")).collect();
    assert_snapshot!(rendered.join("\n"));
}

#[test]
fn paths_that_lead_to_no_source() {
    let platform = platform();
    platform.write("tenants/shop/notes.md", "# Notes\n");
    platform.write("tenants/shop/empty/notes.md", "# Notes\n");
    for (name, kind, path) in [
        ("a", "manifests", "/etc/x"),
        ("b", "manifests", "../../platform.toml"),
        ("c", "manifests", "/"),
        ("d", "chart", "/.git/hooks"),
        ("e", "kustomization", "/output/dev"),
        ("f", "manifests", "../../../x"),
        ("g", "manifests", "gone"),
        ("h", "manifests", "empty"),
        ("i", "chart", "/apps/gone"),
        ("j", "kustomization", "/deploy"),
    ] {
        platform
            .write(&format!("tenants/shop/{name}.toml"), &format!("kind = \"{kind}\"\npath = \"{path}\"\n"));
    }
    assert_snapshot!(platform.run("check"));
}

#[test]
fn keys_of_other_tools() {
    let platform = platform();
    platform.write("tenants/shop/a.toml", "kind = \"config\"\n[data]\nx = \"1\"\n");
    platform.write(
        "tenants/shop/b.toml",
        "kind = \"worker\"\nimage = \"registry.example.com/a:v1\"\n\
         resources = { requests = { cpu = \"1m\", memory = \"1Mi\" }, limits = { cpu = \"1m\", memory = \"1Mi\" } }\n\
         [files]\n\"/x\" = { path = \"x\" }\n",
    );
    assert_snapshot!(platform.run("check"));
}

#[cfg(unix)]
#[test]
fn what_is_no_plain_file() {
    use std::os::unix::net::UnixListener;
    for path in
        ["platform.toml", "tenants/shop/a.toml", "charts/a/values.yaml", "vendor/a", "deploy/map.yaml"]
    {
        let platform = platform();
        platform.write("deploy/kustomization.yaml", "resources: [map.yaml]\n");
        platform.write("tenants/shop/k.toml", "kind = \"manifests\"\npath = \"/deploy\"\n");
        let place = platform.root().join(path);
        std::fs::create_dir_all(place.parent().expect("it lies in a folder")).expect("a folder can be made");
        let _ = std::fs::remove_file(&place);
        let _listener = UnixListener::bind(&place).expect("a socket can be made");
        let seen = platform.run("check");
        let expected = format!("cannot read: {path}: not a regular file: a pipe, a socket or a device");
        assert!(seen.contains(&expected), "{seen}");
    }
}
