//! The JSON Schemas accept files that load, and reject those that do not.

use aqueduct_model::schema;
use aqueduct_model::types::{Cpu, Image, Name, Port};
use schemars::{JsonSchema, Schema, schema_for};

#[derive(JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the schema is looked at")]
struct Service {
    /// The image.
    image: Image,
    replicas: Option<u32>,
    resources: Option<Resources>,
    #[serde(default)]
    ports: Vec<ServicePort>,
    probe: Option<Probe>,
    mode: Option<Mode>,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is looked at")]
struct Resources {
    cpu: Cpu,
    burst: Cpu,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is looked at")]
struct ServicePort {
    name: Name,
    port: Port,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the schema is looked at")]
enum Probe {
    Http { path: String },
    Tcp(Port),
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the schema is looked at")]
enum Mode {
    /// The first.
    Fast,
    Safe,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the schema is looked at")]
struct Database {
    size: String,
}

type MakeSchema = fn(&[(&str, Schema)]) -> Schema;

fn check(schema: MakeSchema, text: &str) -> String {
    let kinds = [("service", schema_for!(Service)), ("database", schema_for!(Database))];
    let schema = schema(&kinds).to_value();
    let validator = jsonschema::validator_for(&schema).expect("the schema is valid");
    let value: serde_json::Value = toml::from_str(text).expect("the text is valid TOML");
    let mut errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    errors.sort();
    errors.join("\n")
}

#[test]
fn components() {
    let good = [
        "kind = 'service'\nimage = 'nginx'\nports = [{ name = 'http', port = 80 }]\nprobe.http.path = '/'\nmode = 'fast'\nlabels.a = 'b'\ndepends-on = ['db', 'shop/db']",
        "kind = 'service'\n[environments.prod]\nreplicas = 3\nresources.cpu = 2\nenabled = false",
        "kind = 'service'\nimage = '${platform.name}/web'\nreplicas = '${parameter.replicas}'\nports = '${parameter.ports}'\nmode = '${parameter.mode}'\nprobe.tcp = 80",
        "kind = 'database'\nsize = 'small'",
        "replicas = 2",
        "size = 'small'\n[environments.dev]\nsize = 'tiny'",
    ];
    for text in good {
        assert_eq!(check(schema::component, text), "", "{text}");
    }
    insta::assert_snapshot!(check(schema::component, "kind = 'service'\nimge = 'nginx'\nreplicas = 'two'\nimage = 'a b'\nmode = 'slow'\nprobe.http.pth = '/'"), @r#"
    /image: "a b" is not valid under any of the schemas listed in the 'anyOf' keyword
    /mode: "slow" is not valid under any of the schemas listed in the 'anyOf' keyword
    /replicas: "two" is not valid under any of the schemas listed in the 'anyOf' keyword
    : Additional properties are not allowed ('imge' was unexpected)
    "#);
    insta::assert_snapshot!(check(schema::component, "kind = 'service'\nports = [{ name = 'http' }]\nnamespace = 'A'\n[environments.prod]\nkind = 'database'"), @r#"
    /environments/prod: Additional properties are not allowed ('kind' was unexpected)
    /namespace: "A" is not valid under any of the schemas listed in the 'anyOf' keyword
    /ports: [{"name":"http"}] is not valid under any of the schemas listed in the 'anyOf' keyword
    "#);
    insta::assert_snapshot!(check(schema::component, "kind = 'servce'"), @r#"/kind: "servce" is not one of "service" or "database""#);
    insta::assert_snapshot!(check(schema::component, "kind = 'database'\nimage = 'nginx'"), @r": Additional properties are not allowed ('image' was unexpected)");
}

#[test]
fn platforms() {
    let good = "name = 'acme'\nrepository = 'https://github.com/acme/platform'\n[defaults.service]\nreplicas = 2\n[environments.dev]\ndomain = 'acme.org'\nsync = 'manual'\n[environments.dev.defaults.database]\nsize = 'small'\n[environments.dev.node-pools.a]\ncount = 1\ncpu = 4\nmemory = '16Gi'\n[checks]\nx = 'warn'";
    assert_eq!(check(schema::platform, good), "");
    insta::assert_snapshot!(check(schema::platform, "nam = 'acme'\n[defaults.servce]\na = 1\n[defaults.service]\nimge = 'a'\n[environments.dev]\nsync = 'auto'"), @r#"
    /defaults/service: Additional properties are not allowed ('imge' was unexpected)
    /defaults: Additional properties are not allowed ('servce' was unexpected)
    /environments/dev/sync: "auto" is not valid under any of the schemas listed in the 'oneOf' keyword
    /environments/dev: {"sync":"auto"} is not valid under any of the schemas listed in the 'anyOf' keyword
    : "name" is a required property
    : "repository" is a required property
    : Additional properties are not allowed ('nam' was unexpected)
    "#);
}

#[test]
fn tenants() {
    let good = "owners = ['a']\nsystem = true\nblueprint = 'shop'\npod-security = 'baseline'\n[parameters]\nreplicas = 2\n[quota]\ncpu = '4'\n[isolation]\nallow-from = ['*', 'bank']\n[defaults.service]\nreplicas = 2\n[environments.prod.quota]\ncpu = 8";
    assert_eq!(check(schema::tenant, good), "");
    assert_eq!(check(schema::tenant, "environments = ['dev']"), "");
    insta::assert_snapshot!(check(schema::tenant, "qota.cpu = 1\nenvironments = 'dev'\nnamespace = 'A'\n[defaults.service]\nreplica = 1"), @r#"
    /defaults/service: Additional properties are not allowed ('replica' was unexpected)
    /environments: "dev" is not valid under any of the schemas listed in the 'anyOf' keyword
    /namespace: "A" is not valid under any of the schemas listed in the 'anyOf' keyword
    : Additional properties are not allowed ('qota' was unexpected)
    "#);
}

#[test]
fn blueprints() {
    let good = "[parameters.replicas]\ntype = 'integer'\ndefault = 2\n[components.web]\nkind = 'service'\nreplicas = '${parameter.replicas}'\n[components.web.environments.prod]\nreplicas = 5";
    assert_eq!(check(schema::blueprint, good), "");
    insta::assert_snapshot!(check(schema::blueprint, "[parameters.replicas]\ntype = 'int'\n[components.web]\nkind = 'service'\nreplica = 2"), @r#"
    /components/web: Additional properties are not allowed ('replica' was unexpected)
    /parameters/replicas/type: "int" is not valid under any of the schemas listed in the 'oneOf' keyword
    "#);
}

#[test]
fn every_key_is_described() {
    for schema in [schema::platform as MakeSchema, schema::tenant, schema::blueprint] {
        let schema = schema(&[]).to_value();
        let mut bare = Vec::new();
        undescribed(&schema, &schema, "", &mut bare);
        assert_eq!(bare, Vec::<String>::new());
    }
}

fn undescribed(root: &serde_json::Value, schema: &serde_json::Value, path: &str, bare: &mut Vec<String>) {
    let properties = schema.get("properties").and_then(|it| it.as_object());
    for (key, property) in properties.into_iter().flatten() {
        let target = property
            .get("$ref")
            .and_then(|it| it.as_str())
            .and_then(|it| root.pointer(it.trim_start_matches('#')));
        let described =
            [Some(property), target].into_iter().flatten().any(|it| it.get("description").is_some());
        if !described {
            bare.push(format!("{path}.{key}"));
        }
    }
    for (name, definition) in schema.get("$defs").and_then(|it| it.as_object()).into_iter().flatten() {
        undescribed(root, definition, name, bare);
    }
}
