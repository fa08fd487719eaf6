//! SHA-256 digests of bytes and of files.

use aqueduct_manifest::Hash;

/// Returns the digest of bytes in lower-case hexadecimal.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    Hash::of(bytes).to_string()
}

/// Returns the digest of files: that of the list which `sha256sum` prints for them, sorted by path. A name
/// that would not fit on one line is escaped in the same way, so that different sets of files never have the
/// same list.
pub(crate) fn of_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut lines: Vec<(&str, String)> =
        files.into_iter().map(|(path, bytes)| (path, line(path, &of_bytes(bytes)))).collect();
    lines.sort();
    let list: String = lines.into_iter().map(|(_, line)| line).collect();
    of_bytes(list.as_bytes())
}

fn line(path: &str, digest: &str) -> String {
    if path.contains(['\\', '\n', '\r']) {
        let path = path.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
        format!("\\{digest}  {path}\n")
    } else {
        format!("{digest}  {path}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::{line, of_bytes, of_files};

    #[test]
    fn digests() {
        assert_eq!(of_bytes(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let one = of_files([("b", &b"2"[..]), ("a", b"1")]);
        assert_eq!(one, of_files([("a", &b"1"[..]), ("b", b"2")]));
        assert_ne!(one, of_files([("a", &b"2"[..]), ("b", b"1")]));
    }

    #[test]
    fn one_list_is_that_of_one_set_of_files() {
        let second = format!("a\n{}  b", of_bytes(b"2"));
        assert_ne!(of_files([("a", &b"1"[..]), ("b", b"2")]), of_files([(second.as_str(), &b"1"[..])]));
        // The format of `sha256sum`.
        assert_eq!(line("a b", "00"), "00  a b\n");
        assert_eq!(line("a\nb\\c\rd", "00"), "\\00  a\\nb\\\\c\\rd\n");
    }
}
