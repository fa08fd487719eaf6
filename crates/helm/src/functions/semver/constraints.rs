//! Version ranges.

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::cursor::{Cursor, Parts};
use super::version::{SemverError, Version, compare_prereleases};
use crate::template::{Charset, quote};

const SPACE: &str = r"[\t\n\f\r ]";

/// `1.2 - 1.4`, which is rare enough to be found with a regular expression.
static HYPHEN_RANGE: LazyLock<Regex> = LazyLock::new(|| {
    let identifiers = r"[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*";
    let version = format!(r"v?[0-9|xX*]+(?:\.[0-9|xX*]+){{0,2}}(?:-{identifiers})?(?:\+{identifiers})?");
    Regex::new(&format!("{SPACE}*(?P<from>{version}){SPACE}+-{SPACE}+(?P<to>{version}){SPACE}*"))
        .expect("the pattern is fixed and valid")
});

/// A version range: groups joined by `||`. A version is in the range if it meets all constraints of one group.
#[derive(Clone, Debug)]
pub struct Constraints {
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    constraints: Vec<Constraint>,
    /// Whether one of the constraints has a prerelease, which lets prereleases in.
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

/// The first number that a constraint's version leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wildcard {
    None,
    Patch,
    Minor,
    Major,
}

/// The longest accepted range, in bytes.
const LENGTH_LIMIT: usize = 512;
/// The most groups in a range.
const GROUP_LIMIT: usize = 32;

impl Constraints {
    /// Parses a range.
    ///
    /// # Errors
    /// Fails if a part is not an operator and a version, or if the range is too long.
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

    /// Returns whether a version is in the range.
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
    if !text.split_ascii_whitespace().any(|word| word == "-") {
        return expanded;
    }
    for captures in HYPHEN_RANGE.captures_iter(text) {
        let (Some(from), Some(to)) = (captures.name("from"), captures.name("to")) else { continue };
        let whole = captures.get(0).map_or("", |whole| whole.as_str());
        expanded = expanded.replacen(whole, &format!(">= {}, <= {} ", from.as_str(), to.as_str()), 1);
    }
    expanded
}

impl Group {
    fn parse(text: &str) -> Result<Self, SemverError> {
        let Some(parts) = Self::parts(text) else {
            return Err(SemverError(format!(
                "improper constraint: {}",
                quote(text.as_bytes(), Charset::Unicode)
            )));
        };
        let constraints: Vec<Constraint> = parts
            .into_iter()
            .map(|(operator, version)| Constraint::new(operator, version))
            .collect::<Result<_, _>>()?;
        let prerelease = constraints.iter().any(|constraint| !constraint.version.prerelease.is_empty());
        Ok(Self { constraints, prerelease })
    }

    /// Splits a group into pairs of operator and version, separated by whitespace or commas.
    fn parts(text: &str) -> Option<Vec<(&str, Parts<'_>)>> {
        let mut cursor = Cursor::new(text);
        let mut parts = Vec::new();
        cursor.space();
        loop {
            let operator = cursor.take(|byte| b"=!<>~^".contains(&byte));
            if !OPERATORS.contains(&operator) {
                return None;
            }
            cursor.space();
            let is_digit = |byte: u8| byte.is_ascii_digit() || b"xX*|".contains(&byte);
            parts.push((operator, cursor.version(is_digit)?));
            let parted = cursor.space();
            if cursor.is_at_end() {
                return Some(parts);
            }
            if cursor.skip(',') {
                cursor.space();
            } else if !parted {
                return None;
            }
        }
    }
}

/// A missing operator counts as one too.
const OPERATORS: &[&str] = &["", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^"];

impl Constraint {
    fn new(written: &str, parts: Parts<'_>) -> Result<Self, SemverError> {
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
        let Parts { major, minor, patch, prerelease, written: original, .. } = parts;
        let prerelease = if prerelease.is_empty() { String::new() } else { format!("-{prerelease}") };
        let (wildcard, version) = if is_open(major) {
            (Wildcard::Major, format!("0.0.0{prerelease}"))
        } else if is_open(minor) {
            (Wildcard::Minor, format!("{major}.0.0{prerelease}"))
        } else if is_open(patch) {
            (Wildcard::Patch, format!("{major}.{minor}.0{prerelease}"))
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
        // The Go library lets `~0.0.0` match any version.
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
    matches!(part, "" | "x" | "X" | "*")
}
