//! The ports of a Service can be told apart.

use std::collections::{BTreeMap, BTreeSet};

use aqueduct_manifest::Value;

use crate::index::Index;
use crate::pod::{list_at, text};
use crate::report::{Field, Report};
use crate::rule::{Level, Rule};

pub(crate) const RULE: Rule = Rule {
    name: "port-names",
    summary: "a Service has ports that cannot be told apart",
    level: Level::Error,
    page: include_str!("port_names.md"),
    check: port_names,
};

fn port_names(index: &Index<'_>, report: &mut Report) {
    for entry in index.of_kind("", "Service") {
        let Some(spec) = entry.object.map.get("spec") else { continue };
        let ports = list_at(spec, "ports");
        let title = entry.title();
        let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        let mut wrong: BTreeMap<String, Field<'_>> = BTreeMap::new();
        for port in ports {
            let name = text(port, "name");
            let number = port.get("port").and_then(Value::as_i64);
            let protocol = Some(text(port, "protocol")).filter(|text| !text.is_empty()).unwrap_or("TCP");
            if name.is_empty() && ports.len() > 1 {
                let what = "several ports, one of them without a name".to_owned();
                wrong.entry(what).or_insert((port, ["name"]).into());
            } else if !name.is_empty() && !names.insert(name) {
                let what = format!("two ports with the same name: `{name}`");
                wrong.entry(what).or_insert((port, ["name"]).into());
            }
            if let Some(number) = number
                && !numbers.insert((number, protocol))
            {
                let what = format!("two ports with the same number: {number}");
                wrong.entry(what).or_insert((port, ["port"]).into());
            }
        }
        for (what, field) in wrong {
            report.error(&entry, field, format!("{title} has {what}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::findings;

    #[test]
    fn ports_can_be_told_apart() {
        insta::assert_snapshot!(findings("port-names", "
apiVersion: v1
kind: Service
metadata: {name: names, namespace: shop}
spec: {ports: [{name: a, port: 80}, {name: a, port: 81}]}
---
apiVersion: v1
kind: Service
metadata: {name: nameless, namespace: shop}
spec: {ports: [{port: 80}, {name: b, port: 81}]}
---
apiVersion: v1
kind: Service
metadata: {name: numbers, namespace: shop}
spec: {ports: [{name: a, port: 80}, {name: b, port: 80, protocol: TCP}]}
---
apiVersion: v1
kind: Service
metadata: {name: dns, namespace: shop}
spec: {ports: [{name: tcp, port: 53}, {name: udp, port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: single, namespace: shop}
spec: {ports: [{port: 80}]}
"), @r"
        error: `Service shop/names` has two ports with the same name: `a`: 1.yaml at spec.ports[1].name
        error: `Service shop/nameless` has several ports, one of them without a name: 2.yaml at spec.ports[0].name
        error: `Service shop/numbers` has two ports with the same number: 80: 3.yaml at spec.ports[1].port
        ");
    }
}
