//! Valid platforms: layers, parameters, variables, selection.

use aqueduct_model::{Selection, load, resolve};

use crate::fixture::{PLATFORM, files, show_diagnostics, show_instance};

const KINDS: &[&str] = &["service", "database"];

fn check_selected(text: &str, selection: &Selection) -> String {
    let files = files(text);
    let loaded = load(&files);
    let resolved = resolve(&loaded.platform, KINDS, selection);
    let mut diagnostics = loaded.diagnostics;
    diagnostics.extend(resolved.diagnostics);
    let mut out = String::new();
    resolved.instances.iter().for_each(|instance| out += &show_instance(instance));
    if !diagnostics.is_empty() {
        out += &show_diagnostics(&files, &diagnostics);
    }
    out
}

fn check(text: &str) -> String {
    check_selected(&format!("{PLATFORM}{text}"), &Selection::default())
}

#[test]
fn layers_lie_over_each_other() {
    insta::assert_snapshot!(check_selected("== platform.toml
name = 'acme'
repository = 'https://github.com/acme/platform'
[defaults.service]
a = 'platform'
b = 'platform'
c = 'platform'
d = 'platform'
e = 'platform'
f = 'platform'
g = 'platform'
h = 'platform'
table.platform = 1
list = [1, 2]
[environments.dev]
domain = 'dev.acme.org'
[environments.dev.defaults.service]
b = 'environment'
c = 'environment'
table.environment = 2
== blueprints/shop.toml
[components.web]
kind = 'service'
c = 'blueprint'
d = 'blueprint'
e = 'blueprint'
f = 'blueprint'
g = 'blueprint'
h = 'blueprint'
table.blueprint = 3
[components.web.environments.dev]
d = 'blueprint in dev'
e = 'blueprint in dev'
== tenants/shop/tenant.toml
blueprint = 'shop'
[defaults.service]
e = 'tenant'
f = 'tenant'
g = 'tenant'
h = 'tenant'
list = [3]
[environments.dev.defaults.service]
f = 'tenant in dev'
g = 'tenant in dev'
h = 'tenant in dev'
== tenants/shop/web.toml
g = 'component'
h = 'component'
table.component = 4
[environments.dev]
h = 'component in dev'
table.blueprint = 5
", &Selection::default()), @r#"
    dev service `shop/web` in dev/shop, file tenants/shop/web.toml
      a = String("platform") (platform)
      b = String("environment") (environment)
      c = String("blueprint") (blueprint)
      d = String("blueprint in dev") (blueprint in the environment)
      e = String("tenant") (tenant)
      f = String("tenant in dev") (tenant in the environment)
      g = String("component") (component)
      h = String("component in dev") (component in the environment)
      list = List(List([Int(3)])) (tenant)
      table.blueprint = Int(5) (component in the environment)
      table.component = Int(4) (component)
      table.environment = Int(2) (environment)
      table.platform = Int(1) (platform)
    "#);
}

#[test]
fn names_stand_for_values() {
    insta::assert_snapshot!(check("== blueprints/shop.toml
[parameters.replicas]
type = 'integer'
default = 2
[parameters.host]
type = 'string'
default = '${tenant.name}.${environment.domain}'
[parameters.hosts]
type = 'list'
[parameters.public]
type = 'boolean'
[components.web]
kind = 'service'
enabled = '${parameter.public}'
replicas = '${parameter.replicas}'
host = 'www.${parameter.host}'
hosts = '${parameter.hosts}'
text = 'n=${parameter.replicas} p=${parameter.public}'
labels.component = '${component.name}'
[components.web.environment]
NAME = '${platform.name}-${environment.name}-${tenant.namespace}'
SHELL = '${HOME} $${tenant.name} ${tenant}'
== tenants/shop/tenant.toml
blueprint = 'shop'
namespace = 'shop-main'
[parameters]
hosts = ['a.${environment.domain}', 'b']
public = true
[environments.prod.parameters]
replicas = 5
public = false
[environments.prod]
== tenants/shop/api.toml
kind = 'service'
host = '${parameter.host}'
"), @r#"
    dev service `shop/api` in dev/shop-main, file tenants/shop/api.toml
      host = String("shop.dev.acme.org") (blueprint)
    dev service `shop/web` in dev/shop-main, file blueprints/shop.toml
      label component=web
      environment.NAME = String("acme-dev-shop-main") (blueprint)
      environment.SHELL = String("${HOME} ${tenant.name} ${tenant}") (blueprint)
      host = String("www.shop.dev.acme.org") (blueprint)
      hosts = List(List([String("a.dev.acme.org"), String("b")])) (tenant)
      replicas = Int(2) (blueprint)
      text = String("n=2 p=true") (blueprint)
    prod service `shop/api` in prod/shop-main, file tenants/shop/api.toml
      host = String("shop.acme.org") (blueprint)
    "#);
}

#[test]
fn components_may_be_left_out() {
    insta::assert_snapshot!(check("== tenants/shop/tenant.toml
[environments.dev]
enabled = false
== tenants/shop/web.toml
kind = 'service'
== tenants/shop/old.toml
kind = 'service'
enabled = false
== tenants/bank/tenant.toml
environments = ['dev']
== tenants/bank/web.toml
kind = 'service'
enabled = false
environments.dev.enabled = true
== tenants/bank/files/nginx.conf
not toml
== tenants/bank/files/deep.toml
kind = 'not a component'
"), @r"
    dev service `bank/web` in dev/bank, file tenants/bank/web.toml
    prod service `shop/web` in prod/shop, file tenants/shop/web.toml
    ");
}

#[test]
fn selection() {
    let selection = Selection {
        environments: vec!["dev".parse().expect("a valid name")],
        tenants: vec!["shop".parse().expect("a valid name")],
    };
    insta::assert_snapshot!(check_selected(&format!("{PLATFORM}
== tenants/shop/tenant.toml
namespaces = ['shop-jobs']
== tenants/shop/web.toml
kind = 'service'
namespace = 'shop-jobs'
depends-on = ['db', 'bank/db']
== tenants/shop/db.toml
kind = 'database'
== tenants/bank/tenant.toml
system = true
== tenants/bank/db.toml
kind = 'database'
"), &selection), @r"
    dev database `shop/db` in dev/shop, file tenants/shop/db.toml
    dev service `shop/web` in dev/shop-jobs, file tenants/shop/web.toml
      after db
      after bank/db
    ");
}

#[test]
fn tenancies_have_the_overrides_of_their_environment() {
    let files = files(&format!(
        "{PLATFORM}
== tenants/shop/tenant.toml
owners = ['shop@acme.org']
pod-security = 'baseline'
[quota]
cpu = 2
memory = '4Gi'
[limits.default]
memory = '256Mi'
[isolation]
allow-from = ['*']
[environments.prod.quota]
cpu = '8'
pods = 50
[environments.prod.isolation]
allow-from = ['shop']
allow-to = []
"
    ));
    let loaded = load(&files);
    assert_eq!(show_diagnostics(&files, &loaded.diagnostics), "");
    let shown: Vec<String> = aqueduct_model::tenancies(&loaded.platform, &Selection::default())
        .iter()
        .map(|tenancy| {
            format!(
                "{} {:?} {:?} {:?} {:?} {:?}",
                tenancy.environment.name,
                tenancy.namespaces,
                tenancy.quota,
                tenancy.limits.default,
                tenancy.isolation,
                tenancy.namespace_settings
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    dev [Name("shop")] Quota { cpu: Some(Cpu { millicores: 2000 }), memory: Some(Memory { bytes: 4294967296, text: "4Gi" }), pods: None, storage: None } CpuAndMemory { cpu: None, memory: Some(Memory { bytes: 268435456, text: "256Mi" }) } Isolation { level: Strict, allow_from: [Any], allow_to: [Any] } {Name("shop"): NamespaceSettings { existing: false, pod_security: Baseline, labels: {}, annotations: {} }}
    prod [Name("shop")] Quota { cpu: Some(Cpu { millicores: 8000 }), memory: Some(Memory { bytes: 4294967296, text: "4Gi" }), pods: Some(50), storage: None } CpuAndMemory { cpu: None, memory: Some(Memory { bytes: 268435456, text: "256Mi" }) } Isolation { level: Strict, allow_from: [Tenant(Name("shop"))], allow_to: [] } {Name("shop"): NamespaceSettings { existing: false, pod_security: Baseline, labels: {}, annotations: {} }}
    "#);
}
