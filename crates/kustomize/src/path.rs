//! Paths with `/` between their parts, cleaned lexically.

/// Returns a path without `.`, `..` and double slashes, like Go's `path.Clean`; `.` if nothing is left.
pub(crate) fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") | None if absolute => {}
                Some(&"..") | None => parts.push(".."),
                Some(_) => {
                    parts.pop();
                }
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Joins a folder and a path, and cleans the result; an absolute path is used as is.
pub(crate) fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') || folder.is_empty() || folder == "." {
        clean(path)
    } else {
        clean(&format!("{folder}/{path}"))
    }
}

/// Returns the last part of a path.
pub(crate) fn base(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

/// Returns whether a cleaned path is a folder or is below it.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    match folder {
        "." => path != ".." && !path.starts_with("../") && !path.starts_with('/'),
        "/" => path.starts_with('/'),
        folder => path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::{base, clean, is_within, join};

    #[test]
    fn cleans_as_go_does() {
        for (given, expected) in [
            ("", "."),
            ("a//b/./c", "a/b/c"),
            ("a/../b", "b"),
            ("../a", "../a"),
            ("a/../..", ".."),
            ("/..", "/"),
            ("/a/../../b", "/b"),
        ] {
            assert_eq!(clean(given), expected, "{given}");
        }
    }

    #[test]
    fn joins_and_splits() {
        assert_eq!(join("a/b", "../c"), "a/c");
        assert_eq!(join("a", "/c"), "/c");
        assert_eq!(join(".", "c"), "c");
        assert_eq!(base("a/b.yaml"), "b.yaml");
    }

    #[test]
    fn knows_what_lies_within() {
        assert!(is_within("a/b", "a"));
        assert!(is_within("a", "a"));
        assert!(!is_within("ab", "a"));
        assert!(is_within("a", "."));
        assert!(!is_within("../a", "."));
        assert!(is_within("/a", "/"));
    }
}
