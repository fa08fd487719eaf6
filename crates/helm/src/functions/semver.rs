//! Semantic versions and ranges of them, as the Go library Masterminds/semver 3.5 reads them.
//!
//! Charts say `kubeVersion: ">=1.25.0-0"` and `semverCompare "~1.x" .Values.version`; dependencies say
//! `version: ^2`. Both rely on that library's own dialect: coerced versions (`v1.2`), ranges joined by
//! spaces, commas and `||`, hyphen ranges, wildcards, and its rule that a prerelease fits a range only when
//! the range names one.

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::template::{Charset, quote};

/// A version such as `1.2.3-rc.1+build.5`. Equality and order ignore the build metadata.
#[derive(Clone, Debug)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
    /// What follows `-`, or nothing.
    pub prerelease: String,
    /// What follows `+`, or nothing.
    pub metadata: String,
    /// The text that was read.
    pub original: String,
}

/// Why a version or a range cannot be read, in the words of the Go library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SemverError(pub String);

impl fmt::Display for SemverError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for SemverError {}

impl SemverError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

const SPACE: &str = r"[\t\n\f\r ]";
const SUFFIX: &str = r"(-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?";
const PART: &str = r"[0-9|x|X|\*]+";
const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

static VERSION: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"^v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?{SUFFIX}$")));

fn constraint_version() -> String {
    format!(r"v?({PART})(\.{PART})?(\.{PART})?{SUFFIX}")
}

static CONSTRAINT: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!("^{SPACE}*({OPERATORS}){SPACE}*({}){SPACE}*$", constraint_version())));

static FIND_CONSTRAINT: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!("({OPERATORS}){SPACE}*({})", constraint_version())));

static VALID_GROUP: LazyLock<Regex> = LazyLock::new(|| {
    let version = constraint_version();
    pattern(&format!(
        "^({SPACE}*({OPERATORS}){SPACE}*({version}){SPACE}*)\
         ((?:{SPACE}+|,{SPACE}*)({OPERATORS}){SPACE}*({version}){SPACE}*)*$"
    ))
});

static HYPHEN_RANGE: LazyLock<Regex> = LazyLock::new(|| {
    let version = constraint_version();
    pattern(&format!("{SPACE}*(?P<from>{version}){SPACE}+-{SPACE}+(?P<to>{version}){SPACE}*"))
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the patterns above are fixed and valid")
}

fn group<'a>(captures: &Captures<'a>, index: usize) -> &'a str {
    captures.get(index).map_or("", |found| found.as_str())
}

impl Version {
    /// Reads a version, forgiving a leading `v`, missing numbers and leading zeros.
    ///
    /// # Errors
    /// What is left is no version.
    pub fn parse(text: &str) -> Result<Self, SemverError> {
        check_length(text)?;
        let Some(captures) = VERSION.captures(text) else {
            return Err(SemverError::new("invalid semantic version"));
        };
        let version = Self {
            major: segment(group(&captures, 1))?,
            minor: segment(group(&captures, 2).trim_start_matches('.'))?,
            patch: segment(group(&captures, 3).trim_start_matches('.'))?,
            prerelease: group(&captures, 5).to_owned(),
            metadata: group(&captures, 7).to_owned(),
            original: text.to_owned(),
        };
        check_prerelease(&version.prerelease)?;
        Ok(version)
    }

    /// Reads a version that keeps to the letter of the specification.
    ///
    /// # Errors
    /// A part is missing, has a leading zero or a character that does not belong there.
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

    /// Returns the next patch version; of a prerelease, the version that it leads to.
    pub fn next_patch(&self) -> Self {
        let step = u64::from(self.prerelease.is_empty());
        self.with_numbers(self.major, self.minor, self.patch.wrapping_add(step))
    }

    /// Returns this version with another prerelease.
    ///
    /// # Errors
    /// The prerelease has a leading zero or a character that does not belong there.
    pub fn with_prerelease(&self, prerelease: &str) -> Result<Self, SemverError> {
        if !prerelease.is_empty() {
            check_prerelease(prerelease)?;
        }
        let mut version = self.clone();
        version.prerelease = prerelease.to_owned();
        version.original = format!("{}{version}", self.prefix());
        Ok(version)
    }

    /// Returns this version with other build metadata.
    ///
    /// # Errors
    /// The metadata has a character that does not belong there.
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

fn compare_prereleases(left: &str, right: &str) -> Ordering {
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

/// The longest version that is read, in bytes.
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

/// A range of versions: groups joined by `||`, of which one has to hold in all its parts.
#[derive(Clone, Debug)]
pub struct Constraints {
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    constraints: Vec<Constraint>,
    /// Whether one of the parts names a prerelease, which lets prereleases in.
    prerelease: bool,
}

#[derive(Clone, Debug)]
struct Constraint {
    operator: Operator,
    version: Version,
    /// The version as it was written, for printing.
    original: String,
    /// The operator as it was written.
    written: String,
    wildcard: Wildcard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

/// From which number on a constraint's version was left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wildcard {
    None,
    Patch,
    Minor,
    Major,
}

/// The longest range that is read, in bytes.
const LENGTH_LIMIT: usize = 512;
/// The most groups that a range may have.
const GROUP_LIMIT: usize = 32;

impl Constraints {
    /// Reads a range.
    ///
    /// # Errors
    /// A part is not an operator and a version, or the range is too long.
    pub fn parse(text: &str) -> Result<Self, SemverError> {
        if text.len() > LENGTH_LIMIT {
            return Err(SemverError(format!("constraint string is too long (max {LENGTH_LIMIT} bytes)")));
        }
        let text = expand_hyphens(text);
        if text.split("||").count() > GROUP_LIMIT {
            return Err(SemverError(format!("too many constraint groups (max {GROUP_LIMIT})")));
        }
        let groups = text.split("||").map(Group::parse).collect::<Result<_, _>>()?;
        Ok(Self { groups })
    }

    /// Tells whether a version is in the range.
    pub fn check(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            (version.prerelease.is_empty() || group.prerelease)
                && group.constraints.iter().all(|constraint| constraint.check(version))
        })
    }
}

impl fmt::Display for Constraints {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.groups.iter().enumerate() {
            if index > 0 {
                out.write_str(" || ")?;
            }
            for (index, constraint) in group.constraints.iter().enumerate() {
                let space = if index > 0 { " " } else { "" };
                write!(out, "{space}{}{}", constraint.written, constraint.original)?;
            }
        }
        Ok(())
    }
}

fn expand_hyphens(text: &str) -> String {
    let mut expanded = text.to_owned();
    for captures in HYPHEN_RANGE.captures_iter(text) {
        let (Some(from), Some(to)) = (captures.name("from"), captures.name("to")) else { continue };
        let range = format!(">= {}, <= {} ", from.as_str(), to.as_str());
        expanded = expanded.replacen(group(&captures, 0), &range, 1);
    }
    expanded
}

impl Group {
    fn parse(text: &str) -> Result<Self, SemverError> {
        if !VALID_GROUP.is_match(text) {
            return Err(SemverError(format!(
                "improper constraint: {}",
                quote(text.as_bytes(), Charset::Unicode)
            )));
        }
        let constraints: Vec<Constraint> = FIND_CONSTRAINT
            .find_iter(text)
            .map(|found| Constraint::parse(found.as_str()))
            .collect::<Result<_, _>>()?;
        let prerelease = constraints.iter().any(|constraint| !constraint.version.prerelease.is_empty());
        Ok(Self { constraints, prerelease })
    }
}

impl Constraint {
    fn parse(text: &str) -> Result<Self, SemverError> {
        let Some(captures) = CONSTRAINT.captures(text) else {
            return Err(SemverError(format!(
                "improper constraint: {}",
                quote(text.as_bytes(), Charset::Unicode)
            )));
        };
        let written = group(&captures, 1);
        let operator = match written {
            "!=" => Operator::NotEqual,
            ">" => Operator::Greater,
            "<" => Operator::Less,
            ">=" | "=>" => Operator::GreaterOrEqual,
            "<=" | "=<" => Operator::LessOrEqual,
            "~" | "~>" => Operator::Tilde,
            "^" => Operator::Caret,
            _ => Operator::Equal,
        };
        let original = group(&captures, 2);
        let (major, minor, patch) = (group(&captures, 3), group(&captures, 4), group(&captures, 5));
        let prerelease = group(&captures, 6);
        let (wildcard, version) = if is_open(major) {
            (Wildcard::Major, format!("0.0.0{prerelease}"))
        } else if is_open(minor) {
            (Wildcard::Minor, format!("{major}.0.0{prerelease}"))
        } else if is_open(patch) {
            (Wildcard::Patch, format!("{major}{minor}.0{prerelease}"))
        } else {
            (Wildcard::None, original.to_owned())
        };
        let version = Version::parse(&version).map_err(|_| SemverError::new("constraint parser error"))?;
        Ok(Self { operator, version, original: original.to_owned(), written: written.to_owned(), wildcard })
    }

    fn check(&self, version: &Version) -> bool {
        let own = &self.version;
        match self.operator {
            Operator::Equal if self.wildcard == Wildcard::None => version == own,
            Operator::Equal | Operator::Tilde => self.check_tilde(version),
            Operator::NotEqual => self.check_not_equal(version),
            Operator::Less => version < own,
            Operator::GreaterOrEqual => version >= own,
            Operator::Greater => match self.wildcard {
                Wildcard::None | Wildcard::Major => version > own,
                Wildcard::Minor => version.major > own.major,
                Wildcard::Patch => {
                    version.major > own.major || version.major == own.major && version.minor > own.minor
                }
            },
            Operator::LessOrEqual if self.wildcard == Wildcard::None => version <= own,
            Operator::LessOrEqual => {
                version.major < own.major
                    || version.major == own.major
                        && (version.minor <= own.minor || self.wildcard == Wildcard::Minor)
            }
            Operator::Caret => self.check_caret(version),
        }
    }

    fn check_tilde(&self, version: &Version) -> bool {
        let own = &self.version;
        if version < own {
            return false;
        }
        // The Go library lets `~0.0.0` stand for any version.
        if (own.major, own.minor, own.patch) == (0, 0, 0)
            && !matches!(self.wildcard, Wildcard::Minor | Wildcard::Patch)
        {
            return true;
        }
        version.major == own.major && (version.minor == own.minor || self.wildcard == Wildcard::Minor)
    }

    fn check_caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if version < own {
            return false;
        }
        if own.major > 0 || self.wildcard == Wildcard::Minor {
            return version.major == own.major;
        }
        if version.major > 0 {
            return false;
        }
        if own.minor > 0 || self.wildcard == Wildcard::Patch {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }

    fn check_not_equal(&self, version: &Version) -> bool {
        let own = &self.version;
        if self.wildcard != Wildcard::None {
            if own.major != version.major {
                return true;
            }
            if self.wildcard == Wildcard::Minor {
                return false;
            }
            if own.minor != version.minor {
                return true;
            }
            if self.wildcard == Wildcard::Patch {
                return (!version.prerelease.is_empty() || !own.prerelease.is_empty())
                    && compare_prereleases(&version.prerelease, &own.prerelease) != Ordering::Equal;
            }
            if own.patch != version.patch {
                return true;
            }
        }
        version != own
    }
}

fn is_open(part: &str) -> bool {
    matches!(part.trim_start_matches('.'), "" | "x" | "X" | "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(constraint: &str, inside: &[&str], outside: &[&str]) {
        let constraints = Constraints::parse(constraint).expect("the range is valid");
        for (versions, expected) in [(inside, true), (outside, false)] {
            for text in versions {
                let version = Version::parse(text).expect("the version is valid");
                assert_eq!(constraints.check(&version), expected, "{constraint} and {text}");
            }
        }
    }

    #[test]
    fn ranges() {
        check("1.2.3", &["1.2.3", "v1.2.3+build"], &["1.2.4", "1.2.3-rc.1"]);
        check("~1.2.3", &["1.2.3", "1.2.9"], &["1.3.0", "1.2.2"]);
        check("~1", &["1.0.0", "1.9.9"], &["2.0.0"]);
        check("^1.2", &["1.2.0", "1.9.0"], &["1.1.9", "2.0.0"]);
        check("^0.2.3", &["0.2.3", "0.2.9"], &["0.3.0", "0.2.2", "1.0.0"]);
        check("^0.0.3", &["0.0.3"], &["0.0.4"]);
        check("^0", &["0.9.9"], &["1.0.0"]);
        check("1.x || >=3, <4", &["1.5.0", "3.1.0"], &["2.0.0", "4.0.0"]);
        check("1.2 - 1.4.5", &["1.2.0", "1.4.5"], &["1.4.6", "1.1.9"]);
        check(">1.2", &["1.3.0", "2.0.0"], &["1.2.9"]);
        check("<=1.2", &["1.2.9", "0.1.0"], &["1.3.0"]);
        check("!=1.2", &["1.3.0"], &["1.2.7"]);
        check("*", &["0.0.0", "9.9.9"], &["1.0.0-rc.1"]);
    }

    #[test]
    fn a_prerelease_needs_a_range_that_names_one() {
        check(">=1.21.0-0", &["1.30.2-gke.15", "1.30.2+k3s1"], &["1.20.9"]);
        check(">=1.21.0", &["1.30.2"], &["1.30.2-gke.15"]);
        check(">=1.0.0-0 <2.0.0", &["1.5.0-rc.1"], &["2.0.1-rc.1"]);
    }

    #[test]
    fn refused() {
        for (text, message) in [
            ("", "improper constraint: \"\""),
            ("a.b", "improper constraint: \"a.b\""),
            ("><1.2", "improper constraint: \"><1.2\""),
        ] {
            let error = Constraints::parse(text).expect_err("the range is invalid");
            assert_eq!(error.0, message);
        }
        let error = Version::parse("1.2.3-01").expect_err("the version is invalid");
        assert_eq!(error.0, "version segment starts with 0");
        assert!(Version::parse_strict("1.2").is_err());
        assert!(Version::parse_strict("v1.2.3").is_err());
    }

    #[test]
    fn order() {
        let versions = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.0.1"];
        for pair in versions.windows(2) {
            let [left, right] = pair else { continue };
            assert!(
                Version::parse(left).expect("valid") < Version::parse(right).expect("valid"),
                "{left} is below {right}"
            );
        }
    }
}
