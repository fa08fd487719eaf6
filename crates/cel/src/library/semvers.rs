//! Semantic versions: `semver('1.2.3')`.

use cel::common::types::{CelBool, CelInt, CelString};
use cel::{DeclarationError, Env, ExecutionError, add_member_overload, add_overload};
use semver::Version;

use super::amount::compared;
use super::failure;
use super::opaque::opaque;

opaque!(
    /// A version.
    Semver(Version),
    "kubernetes.Semver"
);

pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    add_overload!(env, fn semver: (CelString) -> Result<Semver>)?;
    add_overload!(env, fn semver_of: (CelString, CelBool) -> Result<Semver>, name = "semver", id = "semver_normalize")?;
    add_overload!(env, fn is_semver: (CelString) -> CelBool)?;
    add_overload!(env, fn is_semver_of: (CelString, CelBool) -> CelBool, name = "isSemver", id = "is_semver_normalize")?;
    add_member_overload!(env, fn major: (Semver) -> CelInt)?;
    add_member_overload!(env, fn minor: (Semver) -> CelInt)?;
    add_member_overload!(env, fn patch: (Semver) -> CelInt)?;
    add_member_overload!(env, fn compare_to: (Semver, Semver) -> CelInt)?;
    add_member_overload!(env, fn is_greater_than: (Semver, Semver) -> CelBool)?;
    add_member_overload!(env, fn is_less_than: (Semver, Semver) -> CelBool)
}

fn read(text: &str) -> Result<Semver, ExecutionError> {
    Version::parse(text).map(Semver).map_err(|error| failure("semver", error.to_string()))
}

/// Normalises a version that a person wrote: no `v` prefix, three numbers, no leading zeros.
fn normal(text: &str) -> String {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let mut parts: Vec<&str> = numbers.split('.').collect();
    for part in &mut parts {
        let digits = part.trim_start_matches('0');
        *part = if digits.is_empty() && !part.is_empty() { "0" } else { digits };
    }
    while parts.len() < 3 {
        parts.push("0");
    }
    format!("{}{rest}", parts.join("."))
}

fn semver(text: &CelString<'_>) -> Result<Semver, ExecutionError> {
    read(text.inner())
}

fn semver_of(text: &CelString<'_>, is_lenient: &CelBool) -> Result<Semver, ExecutionError> {
    if *is_lenient.inner() { read(&normal(text.inner())) } else { semver(text) }
}

fn is_semver(text: &CelString<'_>) -> CelBool {
    semver(text).is_ok().into()
}

fn is_semver_of(text: &CelString<'_>, is_lenient: &CelBool) -> CelBool {
    semver_of(text, is_lenient).is_ok().into()
}

fn major(version: &Semver) -> CelInt {
    (version.0.major as i64).into()
}

fn minor(version: &Semver) -> CelInt {
    (version.0.minor as i64).into()
}

fn patch(version: &Semver) -> CelInt {
    (version.0.patch as i64).into()
}

fn compare_to(left: &Semver, right: &Semver) -> CelInt {
    compared(left.0.cmp_precedence(&right.0))
}

fn is_greater_than(left: &Semver, right: &Semver) -> CelBool {
    left.0.cmp_precedence(&right.0).is_gt().into()
}

fn is_less_than(left: &Semver, right: &Semver) -> CelBool {
    left.0.cmp_precedence(&right.0).is_lt().into()
}
