//! The API server accepts the hosts and paths of an Ingress.

use aqueduct_manifest::is_dns_subdomain;

use crate::index::Index;
use crate::pod::{list_at, text};
use crate::report::Report;
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "ingress-path",
    summary: "an Ingress has a host or path that the API server refuses",
    level: Level::Error,
    page: include_str!("ingress_path.md"),
    check: ingress_path,
};

fn ingress_path(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("networking.k8s.io", "Ingress") {
        let Some(spec) = entry.object.map.get("spec").filter(|_| entry.object.version() == "v1") else {
            continue;
        };
        let title = entry.title();
        for rule in list_at(spec, "rules") {
            let host = text(rule, "host");
            if !host.is_empty() && !is_host(host) {
                report.error(
                    &entry,
                    (rule, ["host"]),
                    format!("{title} has a host that is not a lower-case DNS name: `{host}`"),
                );
            }
            for place in rule.get("http").map_or(&[][..], |http| list_at(http, "paths")) {
                let (kind, path) = (text(place, "pathType"), text(place, "path"));
                match kind {
                    "" => {
                        report
                            .error(
                                &entry,
                                (place, ["pathType"]),
                                format!("{title} has a path without `pathType`: `{path}`"),
                            )
                            .hint("set `pathType` to `Prefix` or `Exact`");
                    }
                    "Exact" | "Prefix" | "ImplementationSpecific" => {}
                    other => {
                        report
                            .error(
                                &entry,
                                (place, ["pathType"]),
                                format!("{title} has an unknown `pathType`: `{other}`"),
                            )
                            .did_you_mean(other, ["Exact", "Prefix", "ImplementationSpecific"]);
                    }
                }
                let is_strict = matches!(kind, "Exact" | "Prefix");
                // A path may be omitted if its meaning is implementation-specific.
                if (is_strict || !path.is_empty()) && !path.starts_with('/') {
                    report.error(
                        &entry,
                        (place, ["path"]),
                        format!("{title} has a path that does not start with `/`: `{path}`"),
                    );
                } else if is_strict && has_steps(path) {
                    report.error(
                        &entry,
                        (place, ["path"]),
                        format!("{title} has a path with empty, `.` or `..` segments: `{path}`"),
                    );
                }
            }
        }
    }
}

/// Source: `invalidPathSequences` and `invalidPathSuffixes` of Kubernetes.
fn has_steps(path: &str) -> bool {
    ["//", "/./", "/../", "%2f", "%2F"].iter().any(|part| path.contains(part))
        || path.ends_with("/..")
        || path.ends_with("/.")
}

/// Tells whether a text is a host: DNS labels, of which the first may be `*`.
fn is_host(host: &str) -> bool {
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    let name = host.strip_prefix("*.").unwrap_or(host);
    host.len() <= 253 && !is_address && is_dns_subdomain(name)
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn hosts_and_paths_have_a_form() {
        insta::assert_snapshot!(findings("ingress-path", "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
  - host: WEB.example.com
    http: {paths: [{path: x, pathType: Prefix}, {path: /y}, {pathType: Exact}, {path: /a//b, pathType: Prefix}]}
  - host: 10.0.0.1
    http: {paths: [{path: /, pathType: prefix}]}
  - host: '*.example.com'
    http: {paths: [{pathType: ImplementationSpecific}, {path: '/(a|b)//.*', pathType: ImplementationSpecific}]}
  - http: {paths: [{path: /, pathType: Exact}]}
"), @r"
        error: `Ingress shop/web` has a host that is not a lower-case DNS name: `10.0.0.1`: 1.yaml at spec.rules[1].host
        error: `Ingress shop/web` has a host that is not a lower-case DNS name: `WEB.example.com`: 1.yaml at spec.rules[0].host
        error: `Ingress shop/web` has a path that does not start with `/`: ``: 1.yaml at spec.rules[0].http.paths[2].path
        error: `Ingress shop/web` has a path that does not start with `/`: `x`: 1.yaml at spec.rules[0].http.paths[0].path
        error: `Ingress shop/web` has a path with empty, `.` or `..` segments: `/a//b`: 1.yaml at spec.rules[0].http.paths[3].path
        error: `Ingress shop/web` has a path without `pathType`: `/y`: 1.yaml at spec.rules[0].http.paths[1].pathType
          hint: set `pathType` to `Prefix` or `Exact`
        error: `Ingress shop/web` has an unknown `pathType`: `prefix`: 1.yaml at spec.rules[1].http.paths[0].pathType
          hint: did you mean `Prefix`?
        ");
    }
}
