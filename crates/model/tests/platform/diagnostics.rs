//! Invalid platforms: the errors and their places.

use aqueduct_model::{Selection, load, resolve};

use crate::fixture::{PLATFORM, files, show_diagnostics};

fn check_files(text: &str) -> String {
    let files = files(text);
    let loaded = load(&files);
    let resolved = resolve(&loaded.platform, &["service", "database"], &Selection::default());
    let mut diagnostics = loaded.diagnostics;
    diagnostics.extend(resolved.diagnostics);
    for instance in &resolved.instances {
        diagnostics.extend(instance.spec.read::<Service>(&instance.describe()).err().unwrap_or_default());
    }
    diagnostics.sort_by(|left, right| (&left.labels, left).cmp(&(&right.labels, right)));
    diagnostics.dedup();
    show_diagnostics(&files, &diagnostics)
}

fn check(text: &str) -> String {
    check_files(&format!("{PLATFORM}{text}"))
}

/// The fields of a kind, as a user of the crate would declare them.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only what is refused is looked at")]
struct Service {
    image: Option<aqueduct_model::types::Image>,
    replicas: Option<u32>,
}

#[test]
fn no_platform() {
    insta::assert_snapshot!(check_files("== tenants/shop/tenant.toml\nsystem = true\n"), @r"
    error: there is no `platform.toml` [missing-file]
      at platform.toml
      hint: create `platform.toml` with the platform's name, repository and environments
    ");
}

#[test]
fn no_environment() {
    insta::assert_snapshot!(check_files("== platform.toml\nname = 'acme'\nrepository = 'acme'\n[environments]\n"), @r"
    error: invalid `repository` of the platform: `acme` is not a repository: expected a URL such as `https://github.com/example/platform` or `git@github.com:example/platform.git` [invalid-value]
      at platform.toml:2:14 `'acme'`
    error: the platform has no environment [missing-key]
      at platform.toml:3:1 `[environments]`
    ");
}

#[test]
fn platform_with_everything_wrong() {
    insta::assert_snapshot!(check_files("== platform.toml
nam = 'acme'
repository = 5
revison = 'main'
[argocd]
style = 'aplications'
[checks]
x = 'maybe'
[environments.dev]
kubernetes = 1.33
cluster = 'the cluster'
sync = 'auto'
apis = ['cert-manager.io', 'a/v1']
storage-clas = 'fast'
[environments.dev.node-pools.small]
count = -1
cpu = 'two'
[environments.Prod]
domain = 'acme.org'
[defaults.servce]
replicas = 1
== tenants/shop/tenant.toml
environments = ['prod', 'dve']
"), @r#"
    error: unknown key `nam` in the platform [unknown-key]
      at platform.toml:1:1 `nam`
      hint: did you mean `name`?
    error: `repository` of the platform must be a repository such as `"https://github.com/example/platform"`, not the integer `5` [wrong-type]
      at platform.toml:2:14 `5`
    error: unknown key `revison` in the platform [unknown-key]
      at platform.toml:3:1 `revison`
      hint: did you mean `revision`?
    error: unknown key `style` in `argocd` of the platform [unknown-key]
      at platform.toml:5:1 `style`
      hint: the keys are `namespace`, `names`
    error: `checks.x` of the platform must be one of `allow`, `warn`, `deny`, not `maybe` [invalid-value]
      at platform.toml:7:5 `'maybe'`
    error: environment `dev` has no `domain` [missing-key]
      at platform.toml:8:1 `[environments.dev]`
    error: `kubernetes` of environment `dev` must be a version in quotes such as `"1.33"`, not the number `1.33` [wrong-type]
      at platform.toml:9:14 `1.33`
    error: invalid `cluster` of environment `dev`: `the cluster` is not a cluster: expected the URL of its API server, or its name in Argo CD [invalid-value]
      at platform.toml:10:11 `'the cluster'`
    error: `sync` of environment `dev` must be one of `automatic`, `manual`, not `auto` [invalid-value]
      at platform.toml:11:8 `'auto'`
    error: invalid `apis[0]` of environment `dev`: `cert-manager.io` is not an API: expected a group and version such as `cert-manager.io/v1` [invalid-value]
      at platform.toml:12:9 `'cert-manager.io'`
    error: unknown key `storage-clas` in environment `dev` [unknown-key]
      at platform.toml:13:1 `storage-clas`
      hint: did you mean `storage-class`?
    error: `node-pools.small` of environment `dev` has no `memory` [missing-key]
      at platform.toml:14:1 `[environments.dev.node-pools.small]`
    error: `node-pools.small.count` of environment `dev` must be an integer between 0 and 4294967295, not the integer `-1` [wrong-type]
      at platform.toml:15:9 `-1`
    error: invalid `node-pools.small.cpu` of environment `dev`: `two` is not an amount of CPU: expected cores such as `2` or `0.5`, or millicores such as `500m` [invalid-value]
      at platform.toml:16:7 `'two'`
    error: invalid `environments.Prod` of the platform: `Prod` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit [invalid-value]
      at platform.toml:17:15 `Prod`
    error: there is no kind `servce` [unknown-kind]
      at platform.toml:19:11 `servce`
      hint: did you mean `service`?
      hint: the kinds are `service`, `database`
    error: the platform has no environment `prod` [unknown-environment]
      at tenants/shop/tenant.toml:1:17 `'prod'`
    error: the platform has no environment `dve` [unknown-environment]
      at tenants/shop/tenant.toml:1:25 `'dve'`
      hint: did you mean `dev`?
    "#);
}

#[test]
fn invalid_toml_in_several_files() {
    insta::assert_snapshot!(check("== blueprints/shop.toml\n[components.web\n== tenants/shop/tenant.toml\nblueprint = 'shop'\nsystem = yes\n== tenants/shop/web.toml\nimage = 'a'\nimage = 'b'\n[ports\n"), @r"
    error: invalid TOML: unclosed table, expected `]` [toml-syntax]
      at blueprints/shop.toml:1:16 ``
    error: invalid TOML: string values must be quoted, expected literal string [toml-syntax]
      at tenants/shop/tenant.toml:2:10 `yes`
    error: `image` is set twice [duplicate-key]
      at tenants/shop/web.toml:2:1 `image`
    error: invalid TOML: unclosed table, expected `]` [toml-syntax]
      at tenants/shop/web.toml:3:7 ``
    ");
}

#[test]
fn component_with_everything_wrong() {
    insta::assert_snapshot!(check("== tenants/shop/tenant.toml
== tenants/shop/web.toml
kind = 'service'
imge = 'nginx'
replicas = 'two'
enabled = 'yes'
namespace = 'shp'
labels.'a b' = 'x'
annotations.a = 1
depends-on = 'db'
[environments.prod]
replicas = -1
kind = 'database'
[environments.stagng]
replicas = 1
"), @r"
    error: unknown key `imge` in service `shop/web` [unknown-key]
      at tenants/shop/web.toml:2:1 `imge`
      hint: did you mean `image`?
    error: `replicas` of service `shop/web` must be an integer between 0 and 4294967295, not the string `two` [wrong-type]
      at tenants/shop/web.toml:3:12 `'two'`
    error: `enabled` of service `shop/web` must be a boolean, not the string `yes` [wrong-type]
      at tenants/shop/web.toml:4:11 `'yes'`
    error: namespace `shp` of service `shop/web` is not one of the tenant's [foreign-namespace]
      at tenants/shop/web.toml:5:13 `'shp'`
      hint: did you mean `shop`?
      hint: the namespaces of tenant `shop` are `shop`
    error: invalid `labels.a b` of service `shop/web`: `a b` is not a valid label name: it may only contain letters, digits, `-`, `_` and `.`, and must start and end with a letter or a digit [invalid-value]
      at tenants/shop/web.toml:6:8 `'a b'`
    error: `annotations.a` of service `shop/web` must be a string, not the integer `1` [wrong-type]
      at tenants/shop/web.toml:7:17 `1`
    error: `depends-on` of service `shop/web` must be a list, not the string `db` [wrong-type]
      at tenants/shop/web.toml:8:14 `'db'`
    error: `replicas` of service `shop/web` must be an integer between 0 and 4294967295, not the integer `-1` [wrong-type]
      at tenants/shop/web.toml:10:12 `-1`
    error: a component must have the same kind in all environments [kind-in-environment]
      at tenants/shop/web.toml:11:1 `kind`
    error: the platform has no environment `stagng` [unknown-environment]
      at tenants/shop/web.toml:12:15 `stagng`
    ");
}

#[test]
fn fields_of_the_kind() {
    insta::assert_snapshot!(check("== tenants/shop/tenant.toml
== tenants/shop/web.toml
kind = 'service'
imge = 'nginx'
replicas = 'two'
namespace = 'shp'
[environments.prod]
replicas = -1
"), @r"
    error: unknown key `imge` in service `shop/web` [unknown-key]
      at tenants/shop/web.toml:2:1 `imge`
      hint: did you mean `image`?
    error: `replicas` of service `shop/web` must be an integer between 0 and 4294967295, not the string `two` [wrong-type]
      at tenants/shop/web.toml:3:12 `'two'`
    error: namespace `shp` of service `shop/web` is not one of the tenant's [foreign-namespace]
      at tenants/shop/web.toml:4:13 `'shp'`
      hint: did you mean `shop`?
      hint: the namespaces of tenant `shop` are `shop`
    error: `replicas` of service `shop/web` must be an integer between 0 and 4294967295, not the integer `-1` [wrong-type]
      at tenants/shop/web.toml:6:12 `-1`
    ");
}

#[test]
fn missing_fields_are_missing_at_the_line_of_the_kind() {
    #[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
    #[expect(dead_code, reason = "only what is refused is looked at")]
    struct Job {
        image: aqueduct_model::types::Image,
        schedule: aqueduct_model::types::Schedule,
    }
    let files = files(&format!(
        "{PLATFORM}== tenants/shop/tenant.toml\nenvironments = ['dev']\n== tenants/shop/job.toml\ndescription = 'A job.'\nkind = 'job'\n"
    ));
    let resolved = resolve(&load(&files).platform, &["job"], &Selection::default());
    let instance = resolved.instances.first().expect("there is one component");
    let diagnostics = instance.spec.read::<Job>(&instance.describe()).expect_err("nothing is there");
    insta::assert_snapshot!(show_diagnostics(&files, &diagnostics), @r"
    error: job `shop/job` has no `image` [missing-key]
      at tenants/shop/job.toml:2:8 `'job'`
    error: job `shop/job` has no `schedule` [missing-key]
      at tenants/shop/job.toml:2:8 `'job'`
    ");
}

#[test]
fn defaults() {
    insta::assert_snapshot!(check("== tenants/shop/tenant.toml
[defaults]
database = 5
[defaults.service]
kind = 'service'
environments.dev.replicas = 1
[environments.dev.defaults.service]
replicas = 'two'
== tenants/shop/web.toml
kind = 'service'
"), @r"
    error: `defaults.database` of tenant `shop` must be a table, not the integer `5` [wrong-type]
      at tenants/shop/tenant.toml:2:12 `5`
    error: `kind` cannot have a default, but the defaults of kind `service` set it [unknown-key]
      at tenants/shop/tenant.toml:4:1 `kind`
    error: `environments` cannot have a default, but the defaults of kind `service` set it [unknown-key]
      at tenants/shop/tenant.toml:5:1 `environments`
    error: `replicas` of service `shop/web` must be an integer between 0 and 4294967295, not the string `two` [wrong-type]
      at tenants/shop/tenant.toml:7:12 `'two'`
    ");
}

#[test]
fn kinds() {
    insta::assert_snapshot!(check("== tenants/shop/tenant.toml
[defaults.databse]
replicas = 1
== tenants/shop/web.toml
kind = 'servce'
== tenants/shop/db.toml
kind = 5
== tenants/shop/api.toml
image = 'nginx'
"), @r#"
    error: component `shop/api` has no `kind` [missing-key]
      at tenants/shop/api.toml
      hint: set a kind, such as `kind = "service"`
    error: `kind` must be a string, not an integer [wrong-type]
      at tenants/shop/db.toml:1:8 `5`
    error: there is no kind `databse` [unknown-kind]
      at tenants/shop/tenant.toml:1:11 `databse`
      hint: did you mean `database`?
      hint: the kinds are `service`, `database`
    error: there is no kind `servce` [unknown-kind]
      at tenants/shop/web.toml:1:8 `'servce'`
      hint: did you mean `service`?
      hint: the kinds are `service`, `database`
    "#);
}

#[test]
fn blueprints() {
    insta::assert_snapshot!(check("== blueprints/shop.toml
[parameters.replicas]
type = 'integer'
default = 'two'
[parameters.host]
typ = 'string'
[components.web]
kind = 'service'
replicas = '${parameter.replica}'
[components.web.environments.prd]
environments = 1
[components.db]
replicas = 1
[component.x]
== blueprints/fixed.toml
[parameters.host]
type = 'string'
[components.web]
kind = 'service'
image = '${parameter.host}:${parameter.hst}'
environments = 'dev'
[components.db]
kind = 'servce'
== tenants/bank/tenant.toml
blueprint = 'shp'
== tenants/bank/web.toml
replicas = 2
== tenants/shop/tenant.toml
blueprint = 'shop'
== tenants/shop/web.toml
replicas = 'two'
"), @r"
    error: `${parameter.hst}` is not defined [unknown-variable]
      at blueprints/fixed.toml:5:9 `'${parameter.host}:${parameter.hst}'`
      hint: did you mean `host`?
    error: `environments` of a component must contain a table for each environment, not a string [wrong-type]
      at blueprints/fixed.toml:6:16 `'dev'`
      at blueprints/fixed.toml:3:1 `[components.web]`
    error: there is no kind `servce` [unknown-kind]
      at blueprints/fixed.toml:8:8 `'servce'`
      hint: did you mean `service`?
      hint: the kinds are `service`, `database`
    error: the default of parameter `replicas` must be an integer, not a string [wrong-type]
      at blueprints/shop.toml:3:11 `'two'`
    error: unknown key `typ` in `parameters.host` of blueprint `shop` [unknown-key]
      at blueprints/shop.toml:5:1 `typ`
      hint: did you mean `type`?
    error: the platform has no environment `prd` [unknown-environment]
      at blueprints/shop.toml:9:30 `prd`
      hint: did you mean `prod`?
    error: `environments` cannot be nested in environment `prd` [unknown-key]
      at blueprints/shop.toml:10:1 `environments`
    error: component `db` of blueprint `shop` has no `kind` [missing-key]
      at blueprints/shop.toml:11:1 `[components.db]`
    error: unknown key `component` in blueprint `shop` [unknown-key]
      at blueprints/shop.toml:13:2 `component`
      hint: did you mean `components`?
    error: there is no blueprint `shp` [unknown-blueprint]
      at tenants/bank/tenant.toml:1:13 `'shp'`
      hint: did you mean `shop`?
    ");
}

#[test]
fn parameters() {
    insta::assert_snapshot!(check("== blueprints/shop.toml
[parameters.replicas]
type = 'integer'
default = 2
[parameters.host]
type = 'string'
[parameters.hosts]
type = 'list'
default = []
[parameters.names]
type = 'list'
default = ['${component.name}']
[components.web]
kind = 'service'
replicas = '${parameter.replicas}'
image = 'a:${parameter.hosts}'
[components.db]
kind = 'database'
== tenants/shop/tenant.toml
blueprint = 'shop'
[parameters]
repliacs = 2
hosts = 'a'
[environments.prod.parameters]
replicas = -5
host = '${tenant.nam}'
== tenants/shop/web.toml
kind = 'service'
== tenants/shop/wbe.toml
replicas = 2
== tenants/bank/tenant.toml
blueprint = 'shop'
parameters.host = 'a'
parameters.replicas = -5
parameters.hosts = ['a']
== tenants/sound/tenant.toml
parameters.a = 1
"), @r"
    error: `${component.name}` is not defined [unknown-variable]
      at blueprints/shop.toml:11:12 `'${component.name}'`
      hint: parameters are the same for all components, so they cannot refer to one
    error: `${parameter.hosts}` is a list and cannot be part of a string [wrong-type]
      at blueprints/shop.toml:15:9 `'a:${parameter.hosts}'`
    error: `replicas` of service `bank/web` must be an integer between 0 and 4294967295, not the integer `-5` [wrong-type]
      at tenants/bank/tenant.toml:3:23 `-5`
    error: tenant `shop` does not set parameter `host`, which blueprint `shop` requires [missing-parameter]
      at tenants/shop/tenant.toml:1:13 `'shop'`
      at blueprints/shop.toml:4:1 `[parameters.host]` declared here
    error: blueprint `shop` has no parameter `repliacs` [unknown-parameter]
      at tenants/shop/tenant.toml:3:1 `repliacs`
      hint: did you mean `replicas`?
    error: parameter `hosts` of tenant `shop` must be a list, not a string [wrong-type]
      at tenants/shop/tenant.toml:4:9 `'a'`
      at blueprints/shop.toml:6:1 `[parameters.hosts]` declared here
    error: `${tenant.nam}` is not defined [unknown-variable]
      at tenants/shop/tenant.toml:7:8 `'${tenant.nam}'`
      hint: did you mean `name`?
      hint: the names are `${tenant.name}`, `${tenant.namespace}`
    error: component `shop/wbe` has no `kind` [missing-key]
      at tenants/shop/wbe.toml
      hint: blueprint `shop` has no component `wbe` to override
      hint: did you mean `web`?
    error: component `web` is defined twice: here and in the tenant's blueprint [duplicate-component]
      at tenants/shop/web.toml:1:1 `kind`
      at blueprints/shop.toml:13:8 `'service'` the blueprint's component
      hint: remove `kind` to override fields of the blueprint's component
    error: tenant `sound` sets parameters but has no blueprint [unknown-parameter]
      at tenants/sound/tenant.toml:1:1 `parameters`
    ");
}

#[test]
fn variables() {
    insta::assert_snapshot!(check("== tenants/shop/tenant.toml
[defaults.service]
image = 'a:${environment.nam}'
== tenants/shop/web.toml
kind = 'service'
image = '${tenant.nme}:${parameter.x}'
[environments.dev]
image = '${platform.domain}'
"), @r"
    error: `${environment.nam}` is not defined [unknown-variable]
      at tenants/shop/tenant.toml:2:9 `'a:${environment.nam}'`
      hint: did you mean `name`?
      hint: the names are `${environment.name}`, `${environment.cluster}`, `${environment.kubernetes}`, `${environment.domain}`, `${environment.sync}`, `${environment.apis}`, `${environment.storage-class}`, `${environment.storage-classes}`, `${environment.ingress-class}`, `${environment.cluster-issuer}`, `${environment.secret-store}`, `${environment.cloud}`, `${environment.node-pools}`, `${environment.infrastructure}`, `${environment.isolation}`, `${environment.pod-security}`, `${environment.patches}`, `${environment.extends}`, `${environment.argocd}`, `${environment.delivery}`, `${environment.namespace-suffix}`, `${environment.path}`, `${environment.promoted-from}`, `${environment.repository}`, `${environment.revision}`, `${environment.labels}`, `${environment.annotations}`, `${environment.values}`
    error: `${parameter.x}` is not defined [unknown-variable]
      at tenants/shop/web.toml:2:9 `'${tenant.nme}:${parameter.x}'`
      hint: the tenant has no blueprint, and only blueprints have parameters
    error: `${tenant.nme}` is not defined [unknown-variable]
      at tenants/shop/web.toml:2:9 `'${tenant.nme}:${parameter.x}'`
      hint: did you mean `name`?
      hint: the names are `${tenant.name}`, `${tenant.namespace}`
    error: `${platform.domain}` is not defined [unknown-variable]
      at tenants/shop/web.toml:4:9 `'${platform.domain}'`
      hint: the names are `${platform.name}`
    ");
}

#[test]
fn environments_of_tenants() {
    insta::assert_snapshot!(check("== tenants/shop/tenant.toml
environments = ['dev', 'pord']
== tenants/shop/web.toml
kind = 'service'
[environments.prod]
replicas = 2
== tenants/bank/tenant.toml
[environments.dve]
[environments.prod.qota]
cpu = 1
== tenants/mall/tenant.toml
environments = 'dev'
"), @r"
    error: the platform has no environment `dve` [unknown-environment]
      at tenants/bank/tenant.toml:1:15 `dve`
      hint: did you mean `dev`?
    error: unknown key `qota` in `environments.prod` of tenant `bank` [unknown-key]
      at tenants/bank/tenant.toml:2:20 `qota`
      hint: did you mean `quota`?
    error: `environments` of tenant `mall` must be a list of environments, or a table for each, not the string `dev` [wrong-type]
      at tenants/mall/tenant.toml:1:16 `'dev'`
    error: the platform has no environment `pord` [unknown-environment]
      at tenants/shop/tenant.toml:1:24 `'pord'`
      hint: did you mean `prod`?
    error: component `shop/web` has overrides for environment `prod`, but tenant `shop` is not in it [absent-environment]
      at tenants/shop/web.toml:2:15 `prod`
      at tenants/shop/tenant.toml:1:16 `['dev', 'pord']` the environments of the tenant
    ");
}

#[test]
fn namespaces() {
    insta::assert_snapshot!(check("== tenants/shop/tenant.toml
namespaces = ['common', 'kube-shop', 'default']
== tenants/bank/tenant.toml
namespace = 'common'
[environments.prod]
namespace = 'shop'
== tenants/system/tenant.toml
system = true
namespaces = ['kube-monitoring', 'argocd']
== tenants/delivery/tenant.toml
namespace = 'argocd'
isolation.allow-from = ['shp', '*']
"), @r"
    error: namespace `argocd` of tenant `delivery` is reserved: Argo CD runs there, so only a system tenant may have it [reserved-namespace]
      at tenants/delivery/tenant.toml:1:13 `'argocd'`
    error: there is no tenant `shp` [unknown-tenant]
      at tenants/delivery/tenant.toml:2:25 `'shp'`
      hint: did you mean `shop`?
    error: namespace `shop` is claimed by two tenants: `bank` and `shop` [claimed-namespace]
      at tenants/shop/tenant.toml
      at tenants/bank/tenant.toml:3:13 `'shop'` also claimed here
    error: namespace `common` is claimed by two tenants: `bank` and `shop` [claimed-namespace]
      at tenants/shop/tenant.toml:1:15 `'common'`
      at tenants/bank/tenant.toml:1:13 `'common'` also claimed here
    error: namespace `kube-shop` of tenant `shop` is reserved: names that start with `kube-` are for Kubernetes and system tenants only [reserved-namespace]
      at tenants/shop/tenant.toml:1:25 `'kube-shop'`
    error: namespace `default` of tenant `shop` is reserved: objects without a namespace end up there [reserved-namespace]
      at tenants/shop/tenant.toml:1:38 `'default'`
    error: namespace `argocd` is claimed by two tenants: `delivery` and `system` [claimed-namespace]
      at tenants/system/tenant.toml:2:34 `'argocd'`
      at tenants/delivery/tenant.toml:1:13 `'argocd'` also claimed here
    ");
}

#[test]
fn environments_that_share_a_cluster() {
    insta::assert_snapshot!(check_files("== platform.toml
name = 'acme'
repository = 'https://github.com/acme/platform'
[environments.dev]
domain = 'dev.acme.org'
cluster = 'https://shared.acme.org'
[environments.staging]
domain = 'staging.acme.org'
cluster = 'https://shared.acme.org'
[environments.prod]
domain = 'acme.org'
== tenants/shop/tenant.toml
== tenants/bank/tenant.toml
[environments.dev]
namespace = 'bank-dev'
[environments.staging]
namespace = 'bank-staging'
"), @r"
    error: namespace `shop` is claimed in environments `dev` and `staging`, which share a cluster [claimed-namespace]
      at tenants/shop/tenant.toml
      hint: set `namespace-suffix` in both environments, or set a different namespace in `[environments.staging]` of the tenant, such as `shop-staging`
    ");
}

#[test]
fn shared_components() {
    insta::assert_snapshot!(check_files("== platform.toml
name = 'acme'
repository = 'https://github.com/acme/platform'
[services]
ingress = 'system/ingres'
metrics = 'metrics'
logs = 'sistem/logs'
dashboards = 'system/ingress'
[environments.dev]
domain = 'dev.acme.org'
== tenants/system/tenant.toml
system = true
== tenants/system/ingress.toml
kind = 'service'
"), @r"
    error: tenant `system` has no component `ingres` [unknown-reference]
      at platform.toml:4:11 `'system/ingres'`
      hint: did you mean `ingress`?
    error: `metrics` has no tenant: expected `tenant/metrics` [unknown-reference]
      at platform.toml:5:11 `'metrics'`
    error: there is no tenant `sistem` [unknown-tenant]
      at platform.toml:6:8 `'sistem/logs'`
      hint: did you mean `system`?
    ");
}

#[test]
fn names_of_files() {
    insta::assert_snapshot!(check("== tenants/Shop/tenant.toml
== tenants/bank/Web.toml
kind = 'service'
== tenants/stray.toml
== blueprints/a_b.toml
== tenants/bank/.hidden.toml
x
"), @r"
    error: `a_b` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit [invalid-name]
      at blueprints/a_b.toml
      hint: the file name is the name of the blueprint: rename the file
    error: `Shop` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit [invalid-name]
      at tenants/Shop
      hint: the folder name is the name of the tenant: rename the folder
    error: `Web` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit [invalid-name]
      at tenants/bank/Web.toml
      hint: the file name is the name of the component: rename the file
    error: tenant `bank` has no `tenant.toml` [missing-file]
      at tenants/bank/tenant.toml
    error: the file belongs to no tenant [misplaced-file]
      at tenants/stray.toml
      hint: move it into the folder of a tenant: `tenants/<tenant>/`
    ");
}

#[test]
fn references() {
    insta::assert_snapshot!(check("== tenants/shop/tenant.toml
== tenants/shop/web.toml
kind = 'service'
depends-on = ['bd', 'db', 'bank/db', 'bnk/db', 'system/dns', 'system/db', 'old', 'open/db']
== tenants/shop/db.toml
kind = 'database'
== tenants/shop/old.toml
kind = 'database'
enabled = false
== tenants/bank/tenant.toml
== tenants/bank/db.toml
kind = 'database'
== tenants/system/tenant.toml
system = true
environments = ['dev']
== tenants/system/dns.toml
kind = 'service'
== tenants/open/tenant.toml
isolation.allow-from = ['shop']
== tenants/open/db.toml
kind = 'database'
"), @r"
    error: tenant `shop` has no component `bd` [unknown-reference]
      at tenants/shop/web.toml:2:15 `'bd'`
      hint: did you mean `db`?
    error: tenant `shop` may not refer to components of tenant `bank` [unknown-reference]
      at tenants/shop/web.toml:2:27 `'bank/db'`
      hint: add `shop` to `isolation.allow-from` of tenant `bank`
    error: there is no tenant `bnk` [unknown-reference]
      at tenants/shop/web.toml:2:38 `'bnk/db'`
      hint: did you mean `bank`?
    error: tenant `system` is not in environment `prod` [unknown-reference]
      at tenants/shop/web.toml:2:48 `'system/dns'`
      at tenants/system/tenant.toml:2:16 `['dev']` because of this
    error: tenant `system` has no component `db` [unknown-reference]
      at tenants/shop/web.toml:2:62 `'system/db'`
    error: component `shop/old` is not enabled [unknown-reference]
      at tenants/shop/web.toml:2:75 `'old'`
      at tenants/shop/old.toml:2:11 `false` because of this
    ");
}

#[test]
fn circles() {
    insta::assert_snapshot!(check("== tenants/shop/tenant.toml
== tenants/shop/a.toml
kind = 'service'
depends-on = ['b', 'd']
== tenants/shop/b.toml
kind = 'service'
depends-on = ['c']
== tenants/shop/c.toml
kind = 'service'
depends-on = ['a']
== tenants/shop/d.toml
kind = 'service'
depends-on = ['d']
"), @r"
    error: components depend on each other in a cycle: `shop/a` -> `shop/b` -> `shop/c` -> `shop/a` [reference-cycle]
      at tenants/shop/a.toml:2:15 `'b'`
      at tenants/shop/b.toml:2:15 `'c'`
      at tenants/shop/c.toml:2:15 `'a'`
    error: components depend on each other in a cycle: `shop/d` -> `shop/d` [reference-cycle]
      at tenants/shop/d.toml:2:15 `'d'`
    ");
}

#[test]
fn selection_of_what_is_not_there() {
    let files = files(&format!("{PLATFORM}== tenants/shop/tenant.toml\n"));
    let name = |text: &str| text.parse().expect("a valid name");
    let selection = Selection { environments: vec![name("prd")], tenants: vec![name("shp")] };
    let resolved = resolve(&load(&files).platform, &[], &selection);
    insta::assert_snapshot!(show_diagnostics(&files, &resolved.diagnostics), @r"
    error: the platform has no environment `prd` [unknown-environment]
      hint: did you mean `prod`?
    error: there is no tenant `shp` [unknown-tenant]
      hint: did you mean `shop`?
    ");
}
