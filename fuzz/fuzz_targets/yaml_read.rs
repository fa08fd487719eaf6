//! Any text is read or refused, without a panic, and what was read is written so that it reads back the same.

#![no_main]

use aqueduct_manifest::yaml::{self, Dialect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = yaml::read_documents(text, Dialect::Kyaml);
    if let Ok(value) = yaml::read(text) {
        let written = yaml::write(&value);
        let again = yaml::read(&written).expect("what was written can be read");
        assert_eq!(yaml::write(&again), written);
    }
});
