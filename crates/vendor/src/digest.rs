//! SHA-256 digests of bytes and of files.

use sha2::{Digest as _, Sha256};

/// Returns the digest of bytes in lower-case hexadecimal.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the digest of files: that of the list which `sha256sum` prints of them, sorted by path.
pub(crate) fn of_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut lines: Vec<(&str, String)> =
        files.into_iter().map(|(path, bytes)| (path, format!("{}  {path}\n", of_bytes(bytes)))).collect();
    lines.sort();
    let list: String = lines.into_iter().map(|(_, line)| line).collect();
    of_bytes(list.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{of_bytes, of_files};

    #[test]
    fn digests() {
        assert_eq!(of_bytes(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let one = of_files([("b", &b"2"[..]), ("a", b"1")]);
        assert_eq!(one, of_files([("a", &b"1"[..]), ("b", b"2")]));
        assert_ne!(one, of_files([("a", &b"2"[..]), ("b", b"1")]));
    }
}
