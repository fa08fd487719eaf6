//! Semantic versions as values: sprig's `semver` and `semverCompare`.

use std::any::Any;
use std::cmp::Ordering;

use super::arguments::{Answer, Arguments};
use super::numbers::uint64;
use super::semver::{Constraints, SemverError, Version};
use crate::template::{Call, Function, FunctionError};
use crate::value::{Kind, Native, Type, Value};

/// A `semver.Version`, or a pointer to one, which is what the parser returns.
#[derive(Clone, Debug)]
struct VersionValue {
    version: Version,
    pointer: bool,
}

const POINTER: Type = Type::Native("*semver.Version");

impl From<SemverError> for FunctionError {
    fn from(error: SemverError) -> Self {
        Self::new(error.0)
    }
}

impl Native for VersionValue {
    fn type_name(&self) -> &'static str {
        if self.pointer { "*semver.Version" } else { "semver.Version" }
    }

    fn kind(&self) -> Kind {
        if self.pointer { Kind::Pointer } else { Kind::Struct }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Option<String> {
        Some(self.version.to_string())
    }

    fn printed_fields(&self) -> Vec<(&'static str, Value)> {
        let Version { major, minor, patch, prerelease, metadata, original } = &self.version;
        let numbers = [("major", *major), ("minor", *minor), ("patch", *patch)].into_iter();
        let texts = [("pre", prerelease), ("metadata", metadata), ("original", original)].into_iter();
        let numbers = numbers.map(|(name, number)| (name, uint64(number)));
        numbers.chain(texts.map(|(name, text)| (name, text.as_str().into()))).collect()
    }

    fn to_json(&self) -> Value {
        self.version.to_string().into()
    }
}

fn version(arguments: &[Value], index: usize) -> Result<&Version, FunctionError> {
    let value = Arguments(arguments).value(index)?;
    let found = match value {
        Value::Native(native) => native.as_any().downcast_ref::<VersionValue>(),
        _ => None,
    };
    found
        .map(|value| &value.version)
        .ok_or_else(|| FunctionError::new(format!("expected *semver.Version; got {}", value.type_name())))
}

fn plain(version: Version) -> Answer {
    Ok(Value::native(VersionValue { version, pointer: false }))
}

fn ordered(arguments: &[Value], holds: fn(Ordering) -> bool) -> Answer {
    Ok(holds(version(arguments, 0)?.cmp(version(arguments, 1)?)).into())
}

pub(crate) static METHODS: &[Function] = &[
    Function::new("Compare", &[POINTER], |_, arguments| {
        Ok(Value::int(version(arguments, 0)?.cmp(version(arguments, 1)?) as i64))
    }),
    Function::new("Equal", &[POINTER], |_, arguments| ordered(arguments, Ordering::is_eq)),
    Function::new("GreaterThan", &[POINTER], |_, arguments| ordered(arguments, Ordering::is_gt)),
    Function::new("GreaterThanEqual", &[POINTER], |_, arguments| ordered(arguments, Ordering::is_ge)),
    Function::new("IncMajor", &[], |_, arguments| plain(version(arguments, 0)?.next_major())),
    Function::new("IncMinor", &[], |_, arguments| plain(version(arguments, 0)?.next_minor())),
    Function::new("IncPatch", &[], |_, arguments| plain(version(arguments, 0)?.next_patch())),
    Function::new("LessThan", &[POINTER], |_, arguments| ordered(arguments, Ordering::is_lt)),
    Function::new("LessThanEqual", &[POINTER], |_, arguments| ordered(arguments, Ordering::is_le)),
    Function::new("Major", &[], |_, arguments| Ok(uint64(version(arguments, 0)?.major))),
    Function::new("Metadata", &[], |_, arguments| Ok(version(arguments, 0)?.metadata.as_str().into())),
    Function::new("Minor", &[], |_, arguments| Ok(uint64(version(arguments, 0)?.minor))),
    Function::new("Original", &[], |_, arguments| Ok(version(arguments, 0)?.original.as_str().into())),
    Function::new("Patch", &[], |_, arguments| Ok(uint64(version(arguments, 0)?.patch))),
    Function::new("Prerelease", &[], |_, arguments| Ok(version(arguments, 0)?.prerelease.as_str().into())),
    Function::new("SetMetadata", &[Type::String], |_, arguments| {
        plain(version(arguments, 0)?.with_metadata(&Arguments(arguments).text(1)?.to_str())?)
    }),
    Function::new("SetPrerelease", &[Type::String], |_, arguments| {
        plain(version(arguments, 0)?.with_prerelease(&Arguments(arguments).text(1)?.to_str())?)
    }),
    Function::new("String", &[], |_, arguments| Ok(version(arguments, 0)?.to_string().into())),
];

pub(super) fn semver(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let version = Version::parse(&Arguments(arguments).text(0)?.to_str())?;
    Ok(Value::native(VersionValue { version, pointer: true }))
}

pub(super) fn semver_compare(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let constraints = Constraints::parse(&Arguments(arguments).text(0)?.to_str())?;
    let version = Version::parse(&Arguments(arguments).text(1)?.to_str())?;
    Ok(constraints.check(&version).into())
}
