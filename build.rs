//! Links the program of Linux without relocations, which would be a tenth of its size and a third of the time that it takes to
//! start, and without tables for unwinding: a panic ends it, so that nobody reads them, and they are a twelfth of its size.

#![expect(clippy::disallowed_methods, reason = "this is how cargo tells a build script what it builds")]

/// What the linker leaves out, before what it does anyway.
const SECTIONS: &str =
    "SECTIONS { /DISCARD/ : { *(.eh_frame .eh_frame_hdr .gcc_except_table*) } } INSERT BEFORE .text;\n";

/// Linkers that read no such script, as they are named in what cargo tells.
const WITHOUT_SCRIPTS: [&str; 2] = ["mold", "wild"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        let folder = std::env::var("OUT_DIR").expect("cargo names a folder to write to");
        let script = std::path::Path::new(&folder).join("sections.ld");
        std::fs::write(&script, SECTIONS).expect("the folder can be written to");
        println!("cargo::rustc-link-arg-bins=-no-pie");
        let told = ["CARGO_ENCODED_RUSTFLAGS", "RUSTC_LINKER", "LD_PRELOAD"]
            .map(|name| std::env::var(name).unwrap_or_default());
        if !WITHOUT_SCRIPTS.iter().any(|linker| told.iter().any(|text| text.contains(linker))) {
            println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
        }
    }
}
