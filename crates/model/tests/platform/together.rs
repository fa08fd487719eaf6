//! Fields that exclude or require each other: all errors are reported at once.

use aqueduct_model::{Selection, load, resolve};

use crate::fixture::{files, show_diagnostics};

fn check(text: &str) -> String {
    let files = files(text);
    let loaded = load(&files);
    let resolved = resolve(&loaded.platform, &["service"], &Selection::default());
    let mut diagnostics = loaded.diagnostics;
    diagnostics.extend(resolved.diagnostics);
    diagnostics.sort_by(|left, right| (&left.labels, left).cmp(&(&right.labels, right)));
    diagnostics.dedup();
    show_diagnostics(&files, &diagnostics)
}

const PLATFORM: &str = "== platform.toml
name = 'acme'
repository = 'https://git.example.com/acme'
[environments.dev]
domain = 'dev.example.com'
[environments.prod]
extends = 'dev'
";

#[test]
fn apis_of_two_forms() {
    insta::assert_snapshot!(check(&PLATFORM.replace(
        "[environments.prod]\n",
        "apis = [
  'good.example.com/v1',
  { group = 'a.example.com', definitions = '/crds' },
  { group = 'b.example.com', cluster-scoped = [], definitions = '/crds' },
  { cluster-scoped = ['X'] },
  { definition = '/crds' },
  { group = 'Bad_', definitions = 3 },
  {},
  { group = 'c.example.com', cluster-scope = [] },
]
sync = 'manual'
delivery = { automatic = true }
[environments.prod]
"
    )));
}

#[test]
fn patches_that_do_nothing_or_too_much() {
    let patches = "
[[patches]]
target = { kind = 'Namespace' }
[[patches]]
target = { kind = 'Namespace' }
delete = true
merge = { a = 1 }
operations = [{ op = 'remove', path = '/a' }]
[[patches]]
target = { kind = 'Namespace' }
merge = { a = 1 }
patch = 'a: b'
operations = [1, { op = 'remove', path = '/a' }, 'remove']
[[patches]]
target = { kind = 'Namespace' }
patch = 'a: ['
[[patches]]
target = { kind = 'Namespace' }
patch = '7'
[[patches]]
target = { kind = 'Namespace' }
patch = '[{op: remove}]'
delete = true
[[patches]]
target = { kind = 'Namespace' }
patch = '[{\"op\": \"remove\", \"path\": \"/a\"}]'
merge = { a = 1 }
";
    let environment = "[[environments.dev.patches]]\ntarget = {}\n";
    insta::assert_snapshot!(check(&format!(
        "{PLATFORM}{environment}{patches}== tenants/shop/tenant.toml{patches}== tenants/shop/web.toml\nkind = 'service'\n[[patches]]\ntarget = {{}}\n"
    )));
}

#[test]
fn limits_out_of_order() {
    insta::assert_snapshot!(check(&format!(
        "{PLATFORM}== tenants/shop/tenant.toml
[limits]
min = {{ cpu = '3', memory = '1Gi' }}
default-request = {{ cpu = 1, memory = '2Gi' }}
default = {{ cpu = '2', memory = '2048Mi' }}
max = {{ memory = '2G' }}
[environments.prod.limits]
max = {{ cpu = '1500m' }}
"
    )));
}

#[test]
fn namespaces_that_somebody_else_made() {
    insta::assert_snapshot!(check(&format!(
        "{PLATFORM}== tenants/shop/tenant.toml
namespaces = [
  'own',
  {{ name = 'a', existing = true, labels = {{ a = 'b' }}, annotations = {{ a = 'b' }} }},
  {{ name = 'b', existing = true, pod-security = 'baseline' }},
  {{ name = 'c', labels = {{ a = 'b' }} }},
]
"
    )));
}
