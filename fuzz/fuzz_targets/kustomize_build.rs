//! Any kustomization is built or refused, without a panic, and the same way twice.
//!
//! The text is cut at lines of `===`: the kustomization, a resource, a patch, a component.

#![no_main]

use aqueduct_kustomize::{Options, build, to_yaml};
use aqueduct_manifest::Files;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let names = ["kustomization.yaml", "a.yaml", "b.yaml", "part/kustomization.yaml"];
    let files: Files =
        names.into_iter().zip(text.split("===\n")).map(|(name, text)| (name, text.as_bytes())).collect();
    let built = || {
        build(&files, ".", &Options::default())
            .map(|built| to_yaml(&built.objects))
            .map_err(|error| error.to_string())
    };
    assert_eq!(built(), built());
});
