//! What may be a name in the tree: one rule both for what is rendered and for what a sum file claims to own,
//! so that neither can reach outside its environment's folder.

use crate::sum::SUM;

/// The folder in the output that holds the lock, the staged files and the cache.
pub(crate) const STATE: &str = ".aqueduct";

/// The longest path below an environment, in bytes.
const PATH_LIMIT: usize = 1024;

/// The longest file or folder name, in bytes: the limit of the usual file systems.
const PART_LIMIT: usize = 255;

/// Returns the rule that the name of an environment's folder breaks.
pub(crate) fn broken_environment(name: &str) -> Option<&'static str> {
    if name.contains('/') {
        return Some("an environment must be one folder");
    }
    if name.starts_with('.') {
        return Some("an environment must not start with a dot");
    }
    broken_part(name)
}

/// Returns the rule that the path of a file below its environment breaks.
pub(crate) fn broken_path(path: &str) -> Option<&'static str> {
    if path.len() > PATH_LIMIT {
        return Some("a path must not be longer than 1024 bytes");
    }
    if path == SUM {
        return Some("this name is reserved for the list of hashes");
    }
    path.split('/').find_map(broken_part)
}

fn broken_part(part: &str) -> Option<&'static str> {
    if part.is_empty() {
        Some("a part of a path must not be empty")
    } else if part == "." || part == ".." {
        Some("a path must not contain `.` or `..`")
    } else if part.len() > PART_LIMIT {
        Some("a part of a path must not be longer than 255 bytes")
    } else if part.contains('\\') || part.chars().any(char::is_control) {
        // The format of `sha256sum` would need escapes for these.
        Some("a path must not contain backslashes or control characters")
    } else {
        None
    }
}

/// Returns the parent folders of a path, nearest first, without the empty one.
pub(crate) fn folders_above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/').map(|(folder, _)| folder), |folder| {
        folder.rsplit_once('/').map(|(above, _)| above)
    })
}

#[cfg(test)]
mod tests {
    use super::{broken_environment, broken_path, folders_above};

    #[test]
    fn names() {
        assert_eq!(broken_path("shop/web/deployment-web.yaml"), None);
        assert_eq!(broken_path("shop/clusterrole-system_web@x.yaml"), None);
        for path in ["", "/etc/passwd", "a//b", "a/../b", "./a", "a/", "a\nb", "a\\b", "aqueduct.sum"] {
            assert!(broken_path(path).is_some(), "{path}");
        }
        assert!(broken_path(&"a/".repeat(600)).is_some());
        assert!(broken_path(&"a".repeat(256)).is_some());
        assert_eq!(broken_environment("dev"), None);
        for name in ["", ".aqueduct", "..", "a/b"] {
            assert!(broken_environment(name).is_some(), "{name}");
        }
    }

    #[test]
    fn folders() {
        assert_eq!(folders_above("a/b/c").collect::<Vec<_>>(), ["a/b", "a"]);
        assert_eq!(folders_above("a").count(), 0);
    }
}
