//! How Argo CD delivers: the layers of `[delivery]`, environments that extend each other or share an Argo CD or a
//! cluster, and the resulting names.

use std::fmt::Write as _;

use aqueduct_model::{Delivery, Selection, load, resolve, tenancies};

use crate::fixture::{PLATFORM, files, show_diagnostics};

/// Prints the delivery of a platform: the roots, tenants and components with their names, and how each delivery
/// differs from the tenant's.
fn check(text: &str) -> String {
    let files = files(text);
    let loaded = load(&files);
    let resolved = resolve(&loaded.platform, &["service"], &Selection::default());
    let platform = &loaded.platform;
    let mut out = String::new();
    for environment in platform.environments.values() {
        let _ = writeln!(
            out,
            "{} on {}: root {}, automatic {}, Kubernetes {}",
            environment.name,
            environment.cluster,
            platform.root_name(environment),
            environment.delivery.automatic,
            environment.kubernetes,
        );
    }
    for tenancy in tenancies(platform, &Selection::default()) {
        let namespaces: Vec<&str> = tenancy.namespaces.iter().map(|name| name.as_str()).collect();
        let _ = writeln!(
            out,
            "{} {}: project {}, Application {}, namespaces {}",
            tenancy.environment.name,
            tenancy.tenant.name,
            platform.project_name(&tenancy),
            platform.tenant_application(&tenancy),
            namespaces.join(" "),
        );
        show(&mut out, &tenancy.delivery);
    }
    for instance in &resolved.instances {
        let _ = writeln!(
            out,
            "{} {}/{}: Application {} in {}",
            instance.environment.name,
            instance.tenancy.tenant.name,
            instance.component,
            platform.application(instance),
            instance.namespace,
        );
        if instance.delivery != instance.tenancy.delivery {
            show(&mut out, &instance.delivery);
        }
    }
    let mut diagnostics = loaded.diagnostics;
    diagnostics.extend(resolved.diagnostics);
    out + &show_diagnostics(&files, &diagnostics)
}

/// Prints the fields of a delivery that differ from the defaults.
fn show(out: &mut String, delivery: &Delivery) {
    let fields = |delivery: &Delivery| -> Vec<String> {
        let text = format!("{delivery:#?}").replace("\n     ", " ");
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    let defaults = fields(&Delivery::default());
    for field in fields(delivery).iter().filter(|field| !defaults.contains(field)) {
        let _ = writeln!(out, "  {field}");
    }
}

#[test]
fn layers() {
    insta::assert_snapshot!(check(
        "== platform.toml
name = 'acme'
repository = 'https://github.com/acme/platform'
[delivery]
self-heal = false
labels = { team = 'platform', from = '${environment.name}' }
annotations = { channel = '${tenant.name}-${component.name}' }
[defaults.service.delivery]
history = 7
[environments.dev]
domain = 'dev.acme.org'
[environments.dev.delivery]
labels = { team = 'dev' }
retry = { limit = -1, duration = '5s' }
[environments.prod]
domain = 'acme.org'
sync = 'manual'
== tenants/shop/tenant.toml
[delivery]
removal = 'keep'
project = 'legacy'
[environments.prod.delivery]
automatic = true
== tenants/shop/web.toml
kind = 'service'
[delivery]
name = 'legacy-web'
sync-options = ['Replace=true']
ignore-differences = [{ kind = 'Deployment', pointers = ['/spec/replicas'] }]
[environments.prod.delivery]
wave = 3
data = 'keep'
== tenants/shop/api.toml
kind = 'service'
"
    ));
}

#[test]
fn environments_that_extend_one_another() {
    insta::assert_snapshot!(check(
        "== platform.toml
name = 'acme'
repository = 'https://github.com/acme/platform'
[environments.base]
domain = 'acme.org'
kubernetes = '1.34'
sync = 'manual'
[environments.eu]
extends = 'base'
domain = 'eu.acme.org'
[environments.eu.defaults.service]
namespace = 'shop-eu'
[environments.us]
extends = 'eu'
kubernetes = '1.35'
sync = 'automatic'
== tenants/shop/tenant.toml
namespaces = ['shop-eu', 'shop-us']
[environments.base]
enabled = false
[environments.eu]
enabled = true
[environments.us]
namespace = 'shop-us'
== tenants/shop/web.toml
kind = 'service'
[environments.eu.delivery]
name = 'web-of-${environment.name}'
[environments.us]
namespace = 'shop-us'
"
    ));
}

#[test]
fn several_environments_of_one_argo_cd() {
    insta::assert_snapshot!(check(
        "== platform.toml
name = 'acme'
repository = 'https://github.com/acme/platform'
[environments.dev]
domain = 'dev.acme.org'
cluster = 'https://one.acme.org'
namespace-suffix = '-dev'
[environments.test]
domain = 'test.acme.org'
cluster = 'https://one.acme.org'
namespace-suffix = '-test'
[environments.prod]
domain = 'acme.org'
cluster = 'prod-eu'
[environments.local]
domain = 'local.acme.org'
[environments.hub]
domain = 'hub.acme.org'
argocd = 'hub'
== tenants/shop/tenant.toml
namespaces = ['jobs', 'argocd', 'kube-system']
system = true
== tenants/shop/web.toml
kind = 'service'
namespace = 'jobs'
"
    ));
}

#[test]
fn names_of_ones_own() {
    insta::assert_snapshot!(check(
        "== platform.toml
name = 'acme'
repository = 'https://github.com/acme/platform'
[argocd.names]
root = '${platform.name}-${environment.name}'
project = 'team-${tenant.name}'
application = '${tenant.name}.${component.name}.${environment.name}'
[environments.dev]
domain = 'dev.acme.org'
[environments.prod]
domain = 'acme.org'
cluster = 'https://prod.acme.org'
== tenants/shop/tenant.toml
== tenants/shop/web.toml
kind = 'service'
"
    ));
}

#[test]
fn names_that_are_taken() {
    insta::assert_snapshot!(check(
        "== platform.toml
name = 'acme'
repository = 'https://github.com/acme/platform'
[argocd.names]
project = '${tenant.name}'
[environments.dev]
domain = 'dev.acme.org'
cluster = 'https://dev.acme.org'
[environments.prod]
domain = 'acme.org'
cluster = 'https://prod.acme.org'
== tenants/a/tenant.toml
environments = ['dev']
== tenants/a/b-c.toml
kind = 'service'
== tenants/a-b/tenant.toml
environments = ['dev', 'prod']
== tenants/a-b/c.toml
kind = 'service'
[environments.prod.delivery]
name = 'dev-a-tenant'
"
    ));
    insta::assert_snapshot!(
        "names_that_are_none",
        check(&format!(
            "{}[argocd.names]\nroot = '${{tenant.namespace}}_${{component.name}}'\napplication = '${{tenant.nam}}'\n",
            PLATFORM
        ))
    );
}

#[test]
fn what_means_nothing() {
    insta::assert_snapshot!(check(
        "== platform.toml
name = 'acme'
repository = 'https://github.com/acme/platform'
[delivery]
name = 'a'
project = 'b'
automatik = true
retry = { limit = 'often', wait = '5s' }
[environments.dev]
extends = 'prod'
domain = 'dev.acme.org'
sync = 'manual'
[environments.dev.delivery]
automatic = true
wave = 1
[environments.prod]
extends = 'dev'
namespace-suffix = 'Prod'
[environments.test]
extends = 'tset'
domain = 'test.acme.org'
cluster = 'a b'
promoted-from = 'qa'
[environments.copy]
extends = 'test'
promoted-from = 'copy'
== tenants/argocd/tenant.toml
== tenants/argocd/web.toml
kind = 'service'
== tenants/shop/tenant.toml
[delivery]
wave = 2
kinds = ['apps/v1/Deployment']
labels = { team = '${parameter.team}' }
== tenants/whole/tenant.toml
[delivery]
order = 'always'
== tenants/whole/web.toml
kind = 'service'
[delivery]
wave = 3
data = 'keep'
== tenants/shop/web.toml
kind = 'service'
[delivery]
order = 'always'
kinds = ['Service']
sync-options = ['Replace']
ignore-differences = [{ kind = 'Deployment' }, { kind = 'Service', pointers = ['spec'] }]
"
    ));
}
