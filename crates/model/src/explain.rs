//! Explains why a field has its value: the layer that won, and the values that it shadows.

use aqueduct_manifest::{SmolStr, Value};

use crate::instance::Instance;
use crate::node::{Content, Node, Source};

/// One field of an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The keys that lead to the field.
    pub path: Vec<SmolStr>,
    /// Its value.
    pub value: Value,
    /// Where the value was written.
    pub source: Source,
    /// The values of lower layers, highest first.
    pub shadowed: Vec<Shadowed>,
}

/// A value that a higher layer overrides.
#[derive(Clone, Debug, PartialEq)]
pub struct Shadowed {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub source: Source,
}

/// Explains a field, or every field of a table; the empty path is the whole instance. A list is explained as a whole.
/// The result is empty if the field does not exist.
pub fn explain(instance: &Instance, path: &[&str]) -> Vec<Explanation> {
    let mut explanations = Vec::new();
    for root in [&instance.common, &instance.spec] {
        if let Some(node) = root.find(path) {
            let mut keys = path.iter().map(|key| SmolStr::from(*key)).collect();
            collect(node, &mut keys, &mut explanations);
        }
    }
    explanations
}

fn collect(node: &Node, path: &mut Vec<SmolStr>, explanations: &mut Vec<Explanation>) {
    if let Content::Table(table) = &node.content {
        for (key, node) in table {
            path.push(key.clone());
            collect(node, path, explanations);
            path.pop();
        }
        return;
    }
    explanations.push(Explanation {
        path: path.clone(),
        value: node.to_value(),
        source: node.origin.clone(),
        shadowed: node.shadowed(),
    });
}
