//! A single version, strict or coerced.

use std::cmp::Ordering;
use std::fmt;

use super::cursor::Cursor;

/// A version such as `1.2.3-rc.1+build.5`. Equality and order ignore the build metadata.
#[derive(Clone, Debug)]
pub struct Version {
    /// The major version.
    pub major: u64,
    /// The minor version.
    pub minor: u64,
    /// The patch version.
    pub patch: u64,
    /// What follows `-`; empty if there is none.
    pub prerelease: String,
    /// What follows `+`; empty if there is none.
    pub metadata: String,
    /// The text that was parsed.
    pub original: String,
}

/// Why a version or range cannot be parsed, in the wording of the Go library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SemverError(pub String);

impl fmt::Display for SemverError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for SemverError {}

impl SemverError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl Version {
    /// Parses a version, tolerating a leading `v`, missing numbers and leading zeros.
    ///
    /// # Errors
    /// Fails if the text is not a version even so.
    pub fn parse(text: &str) -> Result<Self, SemverError> {
        check_length(text)?;
        let mut cursor = Cursor::new(text);
        let Some(parts) = cursor.version(|byte| byte.is_ascii_digit()).filter(|_| cursor.is_at_end()) else {
            return Err(SemverError::new("invalid semantic version"));
        };
        let version = Self {
            major: segment(parts.major)?,
            minor: segment(parts.minor)?,
            patch: segment(parts.patch)?,
            prerelease: parts.prerelease.to_owned(),
            metadata: parts.metadata.to_owned(),
            original: text.to_owned(),
        };
        check_prerelease(&version.prerelease)?;
        Ok(version)
    }

    /// Parses a version that follows the specification strictly.
    ///
    /// # Errors
    /// Fails if a part is missing, has a leading zero or contains an invalid character.
    pub fn parse_strict(text: &str) -> Result<Self, SemverError> {
        if text.is_empty() {
            return Err(SemverError::new("version string empty"));
        }
        check_length(text)?;
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(mut patch)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(SemverError::new("invalid semantic version"));
        };
        let (mut prerelease, mut metadata) = ("", "");
        if let Some((left, right)) = patch.split_once('+') {
            (patch, metadata) = (left, right);
        }
        if let Some((left, right)) = patch.split_once('-') {
            (patch, prerelease) = (left, right);
        }
        if !metadata.split('.').all(is_identifier) {
            return Err(SemverError::new("invalid metadata string"));
        }
        check_prerelease(prerelease)?;
        for part in [major, minor, patch] {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(SemverError::new("invalid characters in version"));
            }
            if part.len() > 1 && part.starts_with('0') {
                return Err(SemverError::new("version segment starts with 0"));
            }
        }
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
            patch: number(patch)?,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
            original: text.to_owned(),
        })
    }

    /// Returns the next major version.
    pub fn next_major(&self) -> Self {
        self.with_numbers(self.major.wrapping_add(1), 0, 0)
    }

    /// Returns the next minor version.
    pub fn next_minor(&self) -> Self {
        self.with_numbers(self.major, self.minor.wrapping_add(1), 0)
    }

    /// Returns the next patch version; for a prerelease, the version that it leads to.
    pub fn next_patch(&self) -> Self {
        let step = u64::from(self.prerelease.is_empty());
        self.with_numbers(self.major, self.minor, self.patch.wrapping_add(step))
    }

    /// Returns this version with a different prerelease.
    ///
    /// # Errors
    /// Fails if the prerelease has a leading zero or an invalid character.
    pub fn with_prerelease(&self, prerelease: &str) -> Result<Self, SemverError> {
        if !prerelease.is_empty() {
            check_prerelease(prerelease)?;
        }
        let mut version = self.clone();
        version.prerelease = prerelease.to_owned();
        version.original = format!("{}{version}", self.prefix());
        Ok(version)
    }

    /// Returns this version with different build metadata.
    ///
    /// # Errors
    /// Fails if the metadata contains an invalid character.
    pub fn with_metadata(&self, metadata: &str) -> Result<Self, SemverError> {
        if !metadata.split('.').all(is_identifier) {
            return Err(SemverError::new("invalid metadata string"));
        }
        let mut version = self.clone();
        version.metadata = metadata.to_owned();
        version.original = format!("{}{version}", self.prefix());
        Ok(version)
    }

    fn with_numbers(&self, major: u64, minor: u64, patch: u64) -> Self {
        let mut version = Self {
            major,
            minor,
            patch,
            prerelease: String::new(),
            metadata: String::new(),
            original: String::new(),
        };
        version.original = format!("{}{version}", self.prefix());
        version
    }

    fn prefix(&self) -> &'static str {
        if self.original.starts_with('v') { "v" } else { "" }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(out, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(out, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch)).then_with(
            || match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_prereleases(&self.prerelease, &other.prerelease),
            },
        )
    }
}

/// Compares two prereleases, part by part.
pub(super) fn compare_prereleases(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => match (left.parse::<u64>(), right.parse::<u64>()) {
                _ if left == right => Ordering::Equal,
                (Ok(left), Ok(right)) => left.cmp(&right).then(Ordering::Less),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => left.cmp(right),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The longest accepted version, in bytes.
const VERSION_LENGTH_LIMIT: usize = 256;

fn check_length(text: &str) -> Result<(), SemverError> {
    if text.len() > VERSION_LENGTH_LIMIT {
        return Err(SemverError(format!("version string is too long (max {VERSION_LENGTH_LIMIT} bytes)")));
    }
    Ok(())
}

fn number(digits: &str) -> Result<u64, SemverError> {
    digits.parse().map_err(|_| {
        let reason = if digits.is_empty() { "invalid syntax" } else { "value out of range" };
        SemverError(format!("strconv.ParseUint: parsing \"{digits}\": {reason}"))
    })
}

fn segment(digits: &str) -> Result<u64, SemverError> {
    if digits.is_empty() {
        return Ok(0);
    }
    number(digits).map_err(|error| SemverError(format!("error parsing version segment: {error}")))
}

fn is_identifier(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn check_prerelease(prerelease: &str) -> Result<(), SemverError> {
    for part in prerelease.split('.') {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            if part.len() > 1 && part.starts_with('0') {
                return Err(SemverError::new("version segment starts with 0"));
            }
        } else if !is_identifier(part) {
            return Err(SemverError::new("invalid prerelease string"));
        }
    }
    Ok(())
}
