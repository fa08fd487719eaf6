//! The one door for YAML: reads what Go's sigs.k8s.io/yaml reads, writes what it writes.
