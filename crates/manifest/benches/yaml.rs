//! Reads and writes a stream of about 10 MB of manifests, compared with `serde_yaml`.

#![expect(clippy::print_stdout, reason = "the ratios are for whoever runs the benchmark")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use aqueduct_manifest::{Value, json, yaml};
use divan::Bencher;
use divan::counter::BytesCount;
use serde::de::Deserialize as _;
use yaml::Dialect;

fn main() {
    print_ratios();
    divan::main();
}

/// Runs each five times, alternating, and prints the best times next to those of `serde_yaml`.
fn print_ratios() {
    let stream = stream();
    let values = yaml::read_values(&stream, Dialect::Sigs).expect("the stream is sound");
    let foreign = serde_values(&stream);
    let read = best(&[
        &|| drop(black_box(serde_values(&stream))),
        &|| drop(black_box(yaml::read_values(&stream, Dialect::Sigs))),
        &|| drop(black_box(yaml::read_values(&stream, Dialect::Kyaml))),
        &|| drop(black_box(yaml::read_documents(&stream, Dialect::Sigs))),
    ]);
    let written = best(&[
        &|| drop(black_box(write_with_serde(&foreign))),
        &|| drop(black_box(write_all(&values))),
        &|| values.iter().for_each(|value| drop(black_box(json::write(value)))),
    ]);
    println!("{:.1} MB, {} documents, rates in MB/s of YAML", stream.len() as f64 / 1e6, values.len());
    let names = ["read with serde_yaml", "read", "read as kyaml", "read with spans"];
    print_table(&names, &read, stream.len());
    print_table(&["write with serde_yaml", "write", "write as JSON"], &written, stream.len());
}

#[expect(clippy::disallowed_methods, reason = "a benchmark looks at the clock")]
fn best(runs: &[&dyn Fn()]) -> Vec<Duration> {
    let mut best = vec![Duration::MAX; runs.len()];
    for _ in 0..5 {
        for (run, best) in runs.iter().zip(&mut best) {
            let start = Instant::now();
            run();
            *best = start.elapsed().min(*best);
        }
    }
    best
}

fn print_table(names: &[&str], times: &[Duration], length: usize) {
    let foreign = times.first().map_or(0.0, Duration::as_secs_f64);
    for (name, time) in names.iter().zip(times) {
        let seconds = time.as_secs_f64();
        println!("{name:24} {:6.0} MB/s, ratio {:.2}", length as f64 / 1e6 / seconds, foreign / seconds);
    }
}

#[divan::bench]
fn read(bencher: Bencher<'_, '_>) {
    let stream = stream();
    bencher.counter(BytesCount::of_str(&stream)).bench(|| yaml::read_values(&stream, Dialect::Sigs));
}

#[divan::bench]
fn read_serde_yaml(bencher: Bencher<'_, '_>) {
    let stream = stream();
    bencher.counter(BytesCount::of_str(&stream)).bench(|| serde_values(&stream));
}

#[divan::bench]
fn write(bencher: Bencher<'_, '_>) {
    let stream = stream();
    let values = yaml::read_values(&stream, Dialect::Sigs).expect("the stream is sound");
    bencher.counter(BytesCount::of_str(&stream)).bench(|| write_all(&values));
}

#[divan::bench]
fn write_serde_yaml(bencher: Bencher<'_, '_>) {
    let stream = stream();
    let values = serde_values(&stream);
    bencher.counter(BytesCount::of_str(&stream)).bench(|| write_with_serde(&values));
}

fn write_all(values: &[Value]) -> String {
    let mut out = String::new();
    for value in values {
        out.push_str("---\n");
        yaml::write_to(value, &mut out);
    }
    out
}

fn write_with_serde(values: &[serde_yaml::Value]) -> String {
    let mut out = String::new();
    for value in values {
        out.push_str("---\n");
        out.push_str(&serde_yaml::to_string(value).expect("any value can be written"));
    }
    out
}

fn serde_values(stream: &str) -> Vec<serde_yaml::Value> {
    let documents = serde_yaml::Deserializer::from_str(stream);
    documents.map(|document| serde_yaml::Value::deserialize(document).expect("the stream is sound")).collect()
}

/// Returns Deployments, Services, ConfigMaps with block scalars, and definitions of custom resources.
fn stream() -> String {
    let mut out = String::new();
    let mut number = 0;
    while out.len() < 10_000_000 {
        number += 1;
        let written = match number % 4 {
            0 => deployment(number, &mut out),
            1 => service(number, &mut out),
            2 => config_map(number, &mut out),
            _ => definition(number, &mut out),
        };
        written.expect("writing to a string cannot fail");
    }
    out
}

fn deployment(number: usize, out: &mut String) -> std::fmt::Result {
    write!(
        out,
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{number}\n  namespace: team-{team}\n  labels:\n    \
         app.kubernetes.io/name: app-{number}\n    app.kubernetes.io/part-of: platform\n  annotations:\n    checksum/config: \
         4f5ac0d1f7b2e19d3a0c4a3c7bb0a4f3e4b1ac0d9ffb1f4b0d3ec5a2a7a8b{number:03}\nspec:\n  replicas: {replicas}\n  selector:\n    \
         matchLabels:\n      app.kubernetes.io/name: app-{number}\n  template:\n    metadata:\n      labels:\n        \
         app.kubernetes.io/name: app-{number}\n    spec:\n      containers:\n      - name: main\n        image: \
         \"registry.example.com/team-{team}/app-{number}:1.{number}.0\"\n        args: [--port=8080, --log-level=info]\n        env:\n        \
         - name: GREETING\n          value: \"yes\"\n        - name: POD_NAME\n          valueFrom:\n            fieldRef:\n              \
         fieldPath: metadata.name\n        ports:\n        - containerPort: 8080\n          name: http\n          protocol: TCP\n        \
         resources:\n          limits:\n            cpu: 500m\n            memory: 256Mi\n          requests:\n            cpu: 100m\n            \
         memory: 128Mi\n        readinessProbe:\n          httpGet:\n            path: /ready\n            port: http\n          \
         periodSeconds: 10\n",
        team = number % 97,
        replicas = number % 7 + 1,
    )
}

fn service(number: usize, out: &mut String) -> std::fmt::Result {
    write!(
        out,
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: app-{number}\n  labels: {{app.kubernetes.io/name: app-{number}}}\nspec:\n  \
         type: ClusterIP\n  ports:\n  - name: http\n    port: 80\n    targetPort: http\n    protocol: TCP\n  - name: metrics\n    \
         port: 9090\n    targetPort: 9090\n  selector:\n    app.kubernetes.io/name: app-{number}\n",
    )
}

fn config_map(number: usize, out: &mut String) -> std::fmt::Result {
    write!(
        out,
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config-{number}\ndata:\n  settings.ini: |\n"
    )?;
    for line in 0..40 {
        writeln!(out, "    option.{line} = value {number} of {line}, \"quoted\" and 'single' # no comment")?;
    }
    write!(
        out,
        "  script.sh: |-\n    #!/bin/sh\n    set -eu\n\n    exec /usr/bin/app-{number} --flag \"$1\"\n  note: 'some text: no'\n",
    )
}

fn definition(number: usize, out: &mut String) -> std::fmt::Result {
    write!(
        out,
        "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things{number}.example.com\nspec:\n  \
         group: example.com\n  names:\n    kind: Thing{number}\n    plural: things{number}\n  scope: Namespaced\n  versions:\n  - name: v1\n    \
         served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n",
    )?;
    for field in 0..30 {
        write!(
            out,
            "          field{field}:\n            description: Field {field} of the thing says how many of them there should be, and what \
             happens\n              when there are more or fewer than that; see https://example.com/docs for more about it.\n            \
             type: integer\n            format: int32\n            minimum: {field}\n            maximum: 2147483647\n",
        )?;
    }
    Ok(())
}
