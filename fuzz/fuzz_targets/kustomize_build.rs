//! Any kustomization is built or refused, without a panic and the same way twice; an empty kustomization on top of it
//! changes nothing.
//!
//! The input is split at lines of `===` into the files below.

#![no_main]

use aqueduct_kustomize::{Options, build, file_names, holds_resources, inventory, to_yaml};
use aqueduct_manifest::Files;
use aqueduct_manifest::yaml::{self, Dialect};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 6] = [
    "base/kustomization.yaml",
    "base/a.yaml",
    "base/b.yaml",
    "base/part/kustomization.yaml",
    "base/part/a.yaml",
    "base/c.env",
];
/// What only the outermost kustomization does, or what makes a kustomization unusable as a base.
const OUTERMOST: [&str; 4] = ["sortOptions", "buildMetadata", "Component", "openapi"];

fuzz_target!(|text: &str| {
    let mut files: Files =
        NAMES.into_iter().zip(text.split("===\n")).map(|(name, text)| (name, text.as_bytes())).collect();
    files.insert("over/kustomization.yaml", "resources: [../base]\n".as_bytes());
    let built = |folder| {
        let built = build(&files, folder, &Options::default()).map_err(|error| error.to_string())?;
        assert_eq!(file_names(&built.objects).len(), built.objects.len());
        let Ok(text) = to_yaml(&built.objects) else { return Err("a control character".to_owned()) };
        let documents = yaml::read_values(&text, Dialect::Sigs).expect("what was printed can be read");
        assert_eq!(documents.len(), built.objects.len());
        Ok::<_, String>(text)
    };
    let base = built("base");
    assert_eq!(base, built("base"));
    if let (Ok(base), Ok(over)) = (base, built("over"))
        && !OUTERMOST.iter().any(|word| text.contains(word))
    {
        assert_eq!(base, over);
    }
    let _ = inventory(&files, "base");
    let _ = holds_resources(text);
});
