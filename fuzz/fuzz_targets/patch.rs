//! Any patch applies to any object or is refused with a reason, without a panic and the same way twice.
//!
//! The input is a stream: the first document is the target, the others are patches, each tried as all three kinds.
//! Applying a merge patch a second time changes nothing.

#![no_main]

use aqueduct_manifest::Value;
use aqueduct_manifest::patch::{self, Builtin, MergeContext, Operation};
use aqueduct_manifest::yaml::{self, Dialect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = patch::read_operations(text);
    let Ok(values) = yaml::read_values(text, Dialect::Kyaml) else { return };
    let Some((target, patches)) = values.split_first() else { return };
    for change in patches {
        for context in [MergeContext::kubernetes(), MergeContext::openapi(change, Builtin::Last)] {
            let merged = || format!("{:?}", patch::strategic_merge(target, change, &context));
            assert_eq!(merged(), merged());
        }

        let operations = change.as_list().map_or(&[][..], |list| list);
        let operations: Result<Vec<Operation>, _> = operations.iter().map(Operation::from_value).collect();
        if let Ok(operations) = operations {
            let changed = || {
                let mut target = target.clone();
                let result = patch::json6902(&mut target, &operations);
                result.map(|()| target).map_err(|error| error.to_string())
            };
            let changed_once = changed();
            assert_eq!(changed_once.as_ref().map(yaml::write), changed().as_ref().map(yaml::write));
            if let Ok(changed) = &changed_once {
                check(changed);
            }
        }

        let mut once = target.clone();
        patch::merge(&mut once, change);
        let mut twice = once.clone();
        patch::merge(&mut twice, change);
        assert_eq!(yaml::write(&once), yaml::write(&twice));
    }
});

/// The result of a patch is written so that it reads back.
fn check(value: &Value) {
    let written = yaml::write(value);
    let again = yaml::read(&written).expect("what was written can be read");
    assert_eq!(yaml::write(&again), written);
}
