//! Which layer a field comes from.

use aqueduct_model::{Selection, explain, load, resolve};

use crate::fixture::{PLATFORM, files};

fn check(text: &str, path: &[&str]) -> String {
    let files = files(&format!("{PLATFORM}{text}"));
    let loaded = load(&files);
    assert_eq!(loaded.diagnostics, []);
    let selection =
        Selection { environments: vec!["prod".parse().expect("a valid name")], tenants: Vec::new() };
    let resolved = resolve(&loaded.platform, &["service"], &selection);
    let place = |source: &aqueduct_model::Source| {
        let text = files.text(&source.place.file).expect("the file is there");
        format!(
            "{} {}:{}",
            source.layer,
            source.place.file,
            source.place.span.map_or(1, |span| span.position(text).line)
        )
    };
    let mut out = String::new();
    for instance in &resolved.instances {
        for explanation in explain(instance, path) {
            out += &format!(
                "{} = {:?} from {}\n",
                explanation.path.join("."),
                explanation.value,
                place(&explanation.source)
            );
            for shadowed in &explanation.shadowed {
                out += &format!("  over {:?} from {}\n", shadowed.value, place(&shadowed.source));
            }
        }
    }
    out
}

const LAYERS: &str = "[defaults.service]
replicas = 1
== blueprints/shop.toml
[parameters.cpu]
type = 'integer'
default = 1
[components.web]
kind = 'service'
replicas = 2
resources.cpu = '${parameter.cpu}'
[components.web.environments.prod]
replicas = 3
== tenants/shop/tenant.toml
blueprint = 'shop'
parameters.cpu = 2
[defaults.service]
labels.team = 'shop'
== tenants/shop/web.toml
resources.memory = '1Gi'
[environments.prod]
replicas = 5
";

#[test]
fn a_field_with_all_that_it_shadows() {
    insta::assert_snapshot!(check(LAYERS, &["replicas"]), @r"
    replicas = Int(5) from component in the environment tenants/shop/web.toml:3
      over Int(3) from blueprint in the environment blueprints/shop.toml:9
      over Int(2) from blueprint blueprints/shop.toml:6
      over Int(1) from platform platform.toml:8
    ");
}

#[test]
fn a_parameter_is_explained_by_where_it_is_set() {
    insta::assert_snapshot!(check(LAYERS, &["resources", "cpu"]), @r#"
    resources.cpu = Int(2) from tenant tenants/shop/tenant.toml:2
      over String("${parameter.cpu}") from blueprint blueprints/shop.toml:7
    "#);
}

#[test]
fn everything() {
    insta::assert_snapshot!(check(LAYERS, &[]), @r#"
    kind = String("service") from blueprint blueprints/shop.toml:5
    labels.team = String("shop") from tenant tenants/shop/tenant.toml:4
    replicas = Int(5) from component in the environment tenants/shop/web.toml:3
      over Int(3) from blueprint in the environment blueprints/shop.toml:9
      over Int(2) from blueprint blueprints/shop.toml:6
      over Int(1) from platform platform.toml:8
    resources.cpu = Int(2) from tenant tenants/shop/tenant.toml:2
      over String("${parameter.cpu}") from blueprint blueprints/shop.toml:7
    resources.memory = String("1Gi") from component tenants/shop/web.toml:1
    "#);
}

#[test]
fn no_such_field() {
    assert_eq!(check(LAYERS, &["replica"]), "");
}
