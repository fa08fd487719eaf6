//! Any patch applies to any object or says why not, without a panic.
//!
//! The text is a stream: the first document is the target, the others are patches, each tried as all three
//! kinds. A merge patch that was applied once changes nothing when it is applied again.

#![no_main]

use aqueduct_manifest::patch::{self, MergeContext, Operation};
use aqueduct_manifest::yaml::{self, Dialect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(values) = yaml::read_values(text, Dialect::Kyaml) else { return };
    let Some((target, patches)) = values.split_first() else { return };
    for change in patches {
        let _ = patch::strategic_merge(target, change, &MergeContext::kubernetes());
        let _ = patch::strategic_merge(target, change, &MergeContext::openapi(change));

        let operations = change.as_list().map_or(&[][..], |list| list);
        let operations: Result<Vec<Operation>, _> = operations.iter().map(Operation::from_value).collect();
        if let Ok(operations) = operations {
            let _ = patch::json6902(&mut target.clone(), &operations);
        }

        let mut once = target.clone();
        patch::merge(&mut once, change);
        let mut twice = once.clone();
        patch::merge(&mut twice, change);
        assert_eq!(yaml::write(&once), yaml::write(&twice));
    }
});
