//! A component starts after those that render what its objects need.

use aqueduct::{Files, Selection, compile, stock};
use aqueduct_manifest::{Object, yaml};

/// The objects of one component, and an object of another that needs them or does not.
const PAIRS: &[(&str, &str, &str)] = &[
    (
        "a definition",
        "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: things.example.com}, spec: {group: example.com, scope: Namespaced, names: {kind: Thing, plural: things, singular: thing, listKind: ThingList}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}}",
        "{apiVersion: example.com/v1, kind: Thing, metadata: {name: one}}",
    ),
    (
        "a store of the cluster",
        "{apiVersion: external-secrets.io/v1, kind: ClusterSecretStore, metadata: {name: vault}, spec: {provider: {fake: {data: []}}}}",
        "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: login}, spec: {secretStoreRef: {kind: ClusterSecretStore, name: vault}, target: {name: login}, dataFrom: [{extract: {key: login, conversionStrategy: Default, decodingStrategy: None, metadataPolicy: None}}]}}",
    ),
    (
        "a class of volumes",
        "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: example.com/disk}",
        "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, spec: {storageClassName: fast, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}",
    ),
    (
        "settings",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, image: 'web:1', envFrom: [{configMapRef: {name: settings}}]}]}}",
    ),
    (
        "a secret that an ExternalSecret makes",
        "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: login}, spec: {secretStoreRef: {kind: ClusterSecretStore, name: vault}, target: {name: made}, dataFrom: [{extract: {key: login, conversionStrategy: Default, decodingStrategy: None, metadataPolicy: None}}]}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {volumes: [{name: login, secret: {secretName: made}}], containers: [{name: web, image: 'web:1', volumeMounts: [{name: login, mountPath: /login}]}]}}",
    ),
    (
        "settings that may be missing",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, image: 'web:1', envFrom: [{configMapRef: {name: settings, optional: true}}]}]}}",
    ),
    (
        "settings of another name",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: others}, data: {a: b}}",
        "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, image: 'web:1'}]}}",
    ),
];

/// Returns the waves of the components `a-user` and `z-provider` of one tenant, and the findings about their order.
fn waves(provider: &str, user: &str, more: &str) -> (i64, i64, Vec<String>) {
    let component = |file: &str, more: &str| format!("kind = \"manifests\"\npath = \"{file}.yaml\"\n{more}");
    let files: Files = [
        ("platform.toml", "name = 'acme'\nrepository = 'https://example.com/acme'\n[environments.dev]\ndomain = 'acme.example'\napis = ['external-secrets.io/v1']\n".to_owned()),
        ("tenants/shop/tenant.toml", "system = true\nisolation = 'none'\n".to_owned()),
        ("tenants/shop/z-provider.toml", component("provider", more)),
        ("tenants/shop/provider.yaml", provider.to_owned()),
        ("tenants/shop/a-user.toml", component("user", "")),
        ("tenants/shop/user.yaml", user.to_owned()),
    ]
    .map(|(path, text)| (path, text.into_bytes()))
    .into_iter()
    .collect();
    let compilation = compile(&files, &stock(), &Selection::default());
    let wave = |component: &str| {
        let path = format!("argocd/shop/application-shop-{component}.yaml");
        let file = compilation.tree.files("dev").find(|(name, _)| name.as_ref() == path);
        let (_, text) = file.expect("an Application leads to the component");
        let text = String::from_utf8_lossy(text.as_ref()).into_owned();
        let value = yaml::read(&text).expect("the output is YAML");
        let object = Object::new(value.as_map().cloned().unwrap_or_default());
        let wave = object.annotation("argocd.argoproj.io/sync-wave").expect("an Application has a wave");
        wave.parse::<i64>().expect("a wave is a number")
    };
    let told = compilation.diagnostics.iter().filter(|found| found.code == "start-cycle");
    (wave("a-user"), wave("z-provider"), told.map(|found| found.message.clone()).collect())
}

#[test]
fn providers_come_before_users() {
    let told = PAIRS.iter().map(|(what, provider, user)| {
        let (user, provider, said) = waves(provider, user, "");
        assert!(said.is_empty(), "{what}: {said:?}");
        format!("{what}: {}", if user > provider { "before" } else { "in the same wave" })
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
}

/// An explicit order takes precedence: no edge is added the other way round, and this is reported.
#[test]
fn what_is_written_decides() {
    let (_, provider, user) = PAIRS[3];
    let (user, provider, said) = waves(provider, user, "depends-on = [\"a-user\"]\n");
    assert!(user < provider, "{user} {provider}");
    assert_eq!(said, ["`shop/a-user`, `shop/z-provider` need each other, so none of them can start first"]);
}
