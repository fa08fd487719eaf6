//! PEM, parsed like Go's `encoding/pem`, which is laxer about lines than other parsers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::pem::{LineEnding, encode_string};

use crate::template::FunctionError;

/// Writes a PEM block.
///
/// # Errors
/// Fails if the content is too large.
pub(super) fn write(label: &str, content: &[u8]) -> Result<String, FunctionError> {
    encode_string(label, LineEnding::LF, content).map_err(|error| FunctionError::new(error.to_string()))
}

/// Returns the label and content of the first PEM block in a text, skipping headers.
pub(super) fn read(text: &str) -> Option<(String, Vec<u8>)> {
    let mut lines = text.lines().map(str::trim_end);
    loop {
        let Some(label) =
            lines.next()?.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"))
        else {
            continue;
        };
        let end = format!("-----END {label}-----");
        let mut body = String::new();
        let mut ended = false;
        for line in lines.by_ref() {
            if line == end {
                ended = true;
                break;
            }
            if line.contains(':') || line.is_empty() && !body.is_empty() {
                continue;
            }
            body.push_str(line.trim());
        }
        match STANDARD.decode(&body) {
            Ok(content) if ended => return Some((label.to_owned(), content)),
            _ if !ended => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_back() {
        let text = write("X Y", &[1; 100]).expect("a block is small");
        assert_eq!(read(&format!("noise\n{text}")), Some(("X Y".to_owned(), vec![1; 100])));
        assert_eq!(read("-----BEGIN X-----\nAAAA"), None);
    }
}
