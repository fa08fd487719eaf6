//! Semantic versions and version ranges, parsed like the Go library Masterminds/semver 3.5.
//!
//! Charts contain `kubeVersion: ">=1.25.0-0"` and `semverCompare "~1.x" .Values.version`; dependencies contain
//! `version: ^2`. Both rely on that library's own dialect: coerced versions (`v1.2`), ranges joined by spaces, commas
//! and `||`, hyphen ranges, wildcards, and the rule that a prerelease fits a range only if the range has one too.

mod constraints;
mod cursor;
mod version;

pub use constraints::Constraints;
pub use version::{SemverError, Version};

#[cfg(test)]
mod tests {
    use super::{Constraints, Version};

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
        check("\t=> v1.2 ,<2 !=1.5", &["1.2.0", "1.9.0"], &["1.5.3", "2.0.0"]);
        check(">=1.2.3-rc.1+x.y", &["1.2.3-rc.2"], &["1.2.3-rc.0"]);
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
            (">1.2<2", "improper constraint: \">1.2<2\""),
            ("1.2.3.4", "improper constraint: \"1.2.3.4\""),
            ("1.2,", "improper constraint: \"1.2,\""),
            ("1.2-", "improper constraint: \"1.2-\""),
            ("v", "improper constraint: \"v\""),
            ("1|2", "constraint parser error"),
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
