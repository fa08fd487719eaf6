//! Paths in URLs and in the platform's folder.

use aqueduct_manifest::SmolStr;

use crate::types::Invalid;
use crate::types::name::check_length;
use crate::types::parsed::checked_text;

/// The path of a URL: starts with `/`, without `//`, `/./` and `/../`, as an Ingress requires it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HttpPath(SmolStr);

impl HttpPath {
    fn check(text: &str) -> Result<(), Invalid> {
        check_length("path", text, 2048)?;
        let why = if !text.starts_with('/') {
            "it must start with `/`"
        } else if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
            "it must not contain spaces"
        } else if text.contains("//") {
            "it must not contain `//`"
        } else if text.split('/').any(|part| matches!(part, "." | "..")) {
            "it must not contain `.` or `..` between slashes"
        } else {
            return Ok(());
        };
        Err(Invalid::new(format!("`{text}` is not a valid path: {why}")))
    }
}

checked_text!(HttpPath, "a path such as `\"/health\"`", {
    "type": "string",
    "description": "The path of a URL, such as `/health`.",
    "examples": ["/"],
    "pattern": "^/(?!/)(?!.*//)\\S*$"
});

/// A file or folder in the platform's folder: relative, with `/` between the parts, without `.` and `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutputPath(SmolStr);

impl OutputPath {
    fn check(text: &str) -> Result<(), Invalid> {
        check_length("path", text, 1024)?;
        let bad = |part: &str| {
            matches!(part, "" | "." | "..")
                || part.contains(|letter: char| letter.is_control() || letter == '\\')
        };
        if text.split('/').any(bad) {
            Err(Invalid::new(format!(
                "`{text}` is not a path in the platform's folder: expected names with `/` between them, without `.` and `..`"
            )))
        } else {
            Ok(())
        }
    }
}

checked_text!(OutputPath, "a path such as `\"output\"`", {
    "type": "string",
    "description": "A path in the platform's folder, such as `output`.",
    "pattern": "^[^/\\\\]+(/[^/\\\\]+)*$"
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn paths() {
        insta::assert_snapshot!(table::<HttpPath>(&["/", "/a/b", "/a?b=c", "a", "", "/a b", "//a", "/a/../b", "/.", "/.well-known/x"]), @r"
        /: ok
        /a/b: ok
        /a?b=c: ok
        a: ERROR `a` is not a valid path: it must start with `/`
        : ERROR the path must not be empty
        /a b: ERROR `/a b` is not a valid path: it must not contain spaces
        //a: ERROR `//a` is not a valid path: it must not contain `//`
        /a/../b: ERROR `/a/../b` is not a valid path: it must not contain `.` or `..` between slashes
        /.: ERROR `/.` is not a valid path: it must not contain `.` or `..` between slashes
        /.well-known/x: ok
        ");
        insta::assert_snapshot!(table::<OutputPath>(&["output", "a/b", "/a", "a/", "../a", "a/./b", "", "a\\b"]), @r"
        output: ok
        a/b: ok
        /a: ERROR `/a` is not a path in the platform's folder: expected names with `/` between them, without `.` and `..`
        a/: ERROR `a/` is not a path in the platform's folder: expected names with `/` between them, without `.` and `..`
        ../a: ERROR `../a` is not a path in the platform's folder: expected names with `/` between them, without `.` and `..`
        a/./b: ERROR `a/./b` is not a path in the platform's folder: expected names with `/` between them, without `.` and `..`
        : ERROR the path must not be empty
        a\b: ERROR `a\b` is not a path in the platform's folder: expected names with `/` between them, without `.` and `..`
        ");
    }
}
