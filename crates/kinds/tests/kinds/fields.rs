//! The errors of fields with several forms.

use super::shop::{check, with_resources};

/// Returns the errors in the fields of a service next to a store.
fn refuse(fields: &str) -> String {
    let service = with_resources(&format!("kind = \"service\"\nimage = \"shop/web:1\"\n{fields}"));
    let store = with_resources("kind = \"redis\"\nremote = \"shop/store\"\n");
    check(&[("store", &store), ("web", &service)])
}

#[test]
fn a_port_is_a_number_or_a_table() {
    insta::assert_snapshot!(refuse("ports = { http = \"eighty\" }\n"), @"error: `ports.http` of service must be a port, an integer between 1 and 65535, not the string `eighty`: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("ports = { http = 70000 }\n"), @"error: invalid `ports.http` of service: `70000` is not a port: expected an integer between 1 and 65535: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("ports = { http = [80] }\n"), @"error: `ports.http` of service must be a single value or a table, not a list: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("ports = { http = { port = 80, servce = 8080 } }\n"), @r"
    error: unknown key `servce` in `ports.http` of service: tenants/shop/web.toml
      hint: did you mean `service`?
    ");
    insta::assert_snapshot!(refuse("ports = { http = { service = 8080 } }\n"), @"error: `ports.http` of service has no `port`: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("ports = { dns = { port = 53, protocol = \"upd\" } }\n"), @r"
    error: `ports.dns.protocol` of service must be one of `tcp`, `udp`, not `upd`: tenants/shop/web.toml
      hint: did you mean `udp`?
    ");
}

#[test]
fn names_fit_where_they_end_up() {
    insta::assert_snapshot!(refuse("ports = { a-port-of-some-length = 80 }\n"), @"error: the port name `a-port-of-some-length` is too long: 21 bytes, the limit is 15: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("ports = { 8080 = 80 }\n"), @"error: `8080` is not a valid port name: it may only contain lower-case letters, digits and single `-` between them, with at least one letter: tenants/shop/web.toml");
    let mounted = "a-secret-whose-name-is-rather-long-for-a-volume-in-a-pod-of";
    let secret = format!(
        "ports = {{ http = 80 }}\nsecrets = {{ {mounted} = {{ existing = \"a\", mount = \"/a\" }} }}\n"
    );
    insta::assert_snapshot!(refuse(&secret), @"error: the name of a secret with a `mount` is too long: `a-secret-whose-name-is-rather-long-for-a-volume-in-a-pod-of`, the limit is 56 bytes: tenants/shop/web.toml");
}

#[test]
fn a_variable_has_a_value_or_a_source() {
    let refuse = |fields: &str| refuse(&format!("ports = {{ http = 80 }}\n{fields}"));
    insta::assert_snapshot!(refuse("variables = { RATE = 1.5 }\n"), @"error: `variables.RATE` of service must be a string, an integer, a boolean, or a table with the source of the value, not the number `1.5`: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("variables = { HOSTS = [\"a\", \"b\"] }\n"), @"error: `variables.HOSTS` of service must be a string, an integer, a boolean, or a table with the source of the value, not a list: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("variables = { NAME = { feild = \"metadata.name\" } }\n"), @r"
    error: unknown key `feild` in `variables.NAME` of service: tenants/shop/web.toml
      hint: did you mean `field`?
    ");
    insta::assert_snapshot!(refuse("variables = { NAME = { field = 1 } }\n"), @"error: `variables.NAME.field` of service must be a string, not the integer `1`: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("variables = { NAME = {} }\n"), @"error: invalid `variables.NAME` of service: a value must have exactly one source: `field`, `secret` or `config-map`: tenants/shop/web.toml");
    insta::assert_snapshot!(
        refuse("variables = { NAME = { field = \"metadata.name\", secret = \"login/name\" } }\n"),
        @r"
    error: `variables.NAME` of service has both `field` and `secret`: tenants/shop/web.toml
      hint: use a table with `field`, or `secret`, or `config-map`
    "
    );
}

#[test]
fn metrics_have_a_port_or_the_name_of_one() {
    let refuse = |fields: &str| refuse(&format!("ports = {{ http = 80 }}\n{fields}"));
    insta::assert_snapshot!(refuse("metrics = { port = 0 }\n"), @"error: invalid `metrics.port` of service: `0` is not a port: expected an integer between 1 and 65535: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("metrics = { port = \"Http\" }\n"), @"error: invalid `metrics.port` of service: `Http` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("metrics = { port = true }\n"), @"error: `metrics.port` of service must be a port, or the name of one of `ports`, not the boolean `true`: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("metrics = { path = \"/metrics\" }\n"), @"error: `metrics` of service has no `port`: tenants/shop/web.toml");
}

#[test]
fn a_database_is_a_component_or_a_table() {
    let refuse = |fields: &str| refuse(&format!("ports = {{ http = 80 }}\n{fields}"));
    insta::assert_snapshot!(refuse("database = \"Store!\"\n"), @"error: invalid `database` of service: `Store!` is not a valid name: it may only contain lower-case letters, digits and `-`, and must start and end with a letter or a digit: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("database = 5432\n"), @"error: `database` of service must be a string, not the integer `5432`: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("database = { component = \"store\" }\n"), @"error: `database` of service has no `variables`: tenants/shop/web.toml");
    insta::assert_snapshot!(refuse("database = { component = \"store\", variabels = { A = \"host\" } }\n"), @r"
    error: unknown key `variabels` in `database` of service: tenants/shop/web.toml
      hint: did you mean `variables`?
    ");
}

/// A missing field does not prevent other errors from being reported.
#[test]
fn links_are_followed_whatever_is_missing() {
    insta::assert_snapshot!(check(&[("web", "kind = \"cron-job\"\nlinks = { a = \"nobody\" }\n")]), @r"
    error: cron-job has no `image`: tenants/shop/web.toml
    error: cron-job has no `resources`: tenants/shop/web.toml
    error: cron-job has no `schedule`: tenants/shop/web.toml
    error: there is no such component: `nobody`: tenants/shop/web.toml
    ");
    insta::assert_snapshot!(check(&[("copies", "kind = \"backup\"\nof = \"nobody\"\nbucket = { name = 1 }\n")]), @r"
    error: backup has no `schedule`: tenants/shop/copies.toml
    error: backup has no `resources`: tenants/shop/copies.toml
    error: `bucket` of backup has no `endpoint`: tenants/shop/copies.toml
    error: `bucket` of backup has no `remote`: tenants/shop/copies.toml
    error: `bucket.name` of backup must be a string, not the integer `1`: tenants/shop/copies.toml
    error: there is no such component: `nobody`: tenants/shop/copies.toml
    ");
}
