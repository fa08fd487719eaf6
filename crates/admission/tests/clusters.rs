//! Clusters made of our own objects, in the order of a file, and what admission says of each.

use std::fmt::Write as _;
use std::fs;

use aqueduct_admission::Cluster;
use aqueduct_manifest::{Object, yaml};

#[test]
fn each_object_is_judged_by_what_stands_before_it() {
    insta::glob!("clusters/*.yaml", |path| {
        let text = fs::read_to_string(path).expect("the file is readable");
        let documents = yaml::read_documents(&text, yaml::Dialect::Sigs).expect("the file is YAML");
        let mut cluster = Cluster::new(37);
        let mut answers = String::new();
        for document in documents {
            let object = Object::new(document.value.as_map().expect("an object").clone());
            writeln!(answers, "{} {}", object.kind(), object.name()).expect("text can be written");
            for finding in cluster.admit(&object) {
                let cause = &finding.cause;
                let field =
                    if cause.field.is_empty() { String::new() } else { format!(" at {}", cause.field) };
                writeln!(answers, "    {:?} {} {}{field}", finding.action, finding.rule, cause.reason)
                    .expect("text can be written");
                for line in cause.message.lines() {
                    writeln!(answers, "        {line}").expect("text can be written");
                }
            }
        }
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(answers) });
    });
}
