//! The little of ASN.1's DER, and of PEM around it, that keys and certificates need.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The object identifiers, in their encoded form.
pub(super) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
pub(super) const RSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
pub(super) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
pub(super) const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
pub(super) const ECDSA_WITH_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
pub(super) const CURVE_P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
pub(super) const CURVE_P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
pub(super) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
pub(super) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// `NULL`.
pub(super) const NULL: &[u8] = &[0x05, 0x00];

/// Writes an element: its tag, its length and its content.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => out.push(length),
        _ => {
            let bytes = content.len().to_be_bytes();
            let length: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(length.len()).unwrap_or(0x7f));
            out.extend_from_slice(&length);
        }
    }
    out.extend_from_slice(content);
    out
}

/// Writes an element whose content is other elements.
pub(super) fn nested(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// Writes a number that is not negative.
pub(super) fn integer(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes.first().is_some_and(|first| *first >= 0x80) {
        bytes.insert(0, 0);
    }
    element(INTEGER, &bytes)
}

/// Writes bytes as a string of bits without unused ones.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes].concat())
}

/// Writes an algorithm, with parameters that are elements themselves.
pub(super) fn algorithm(identifier: &[u8], parameters: &[u8]) -> Vec<u8> {
    nested(SEQUENCE, &[&element(OBJECT, identifier), parameters])
}

/// Reads one element after the other.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

/// An element that was read.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// Tag, length and content.
    pub(super) whole: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Returns the next element.
    ///
    /// # Errors
    /// The bytes end in the middle of it.
    pub(super) fn next(&mut self) -> Result<Element<'a>, String> {
        let cut = || "asn1: syntax error: data truncated".to_owned();
        let (tag, rest) = self.0.split_first().ok_or_else(cut)?;
        let (first, mut rest) = rest.split_first().ok_or_else(cut)?;
        let mut length = usize::from(*first);
        if *first >= 0x80 {
            let (digits, after) = rest.split_at_checked(usize::from(*first & 0x7f)).ok_or_else(cut)?;
            if digits.len() > 4 || digits.is_empty() {
                return Err("asn1: syntax error: length too large".to_owned());
            }
            length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            rest = after;
        }
        let (content, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
        let whole = self.0.get(..self.0.len() - rest.len()).unwrap_or_default();
        self.0 = rest;
        Ok(Element { tag: *tag, content, whole })
    }

    /// Returns the next element, which has to have a tag.
    ///
    /// # Errors
    /// It has another.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Element<'a>, String> {
        let element = self.next()?;
        if element.tag != tag {
            return Err("asn1: structure error: tags don't match".to_owned());
        }
        Ok(element)
    }

    /// Returns the next number, which must not be negative.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn number(&mut self) -> Result<BigUint, String> {
        let content = self.expect(INTEGER)?.content;
        if content.first().is_none_or(|first| *first >= 0x80) {
            return Err("asn1: structure error: invalid integer".to_owned());
        }
        Ok(BigUint::from_bytes_be(content))
    }
}

/// Writes a PEM block.
pub(super) fn pem(label: &str, content: &[u8]) -> String {
    let mut out = format!("-----BEGIN {label}-----\n");
    let text = STANDARD.encode(content);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

/// Returns the label and the content of the first PEM block of a text; headers are skipped.
pub(super) fn unwrap_pem(text: &str) -> Option<(String, Vec<u8>)> {
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
    fn elements_come_back() {
        let number = BigUint::from(0x80_u32);
        let long = element(OCTET_STRING, &[7; 300]);
        let whole = nested(SEQUENCE, &[&integer(&number), &long]);
        let mut reader = Reader(Reader(&whole).expect(SEQUENCE).expect("a sequence").content);
        assert_eq!(reader.number(), Ok(number));
        assert_eq!(reader.expect(OCTET_STRING).expect("bytes").content, [7; 300]);
        assert!(reader.next().is_err());
    }

    #[test]
    fn pem_comes_back() {
        let text = pem("X Y", &[1; 100]);
        assert_eq!(unwrap_pem(&format!("noise\n{text}")), Some(("X Y".to_owned(), vec![1; 100])));
        assert_eq!(unwrap_pem("-----BEGIN X-----\nAAAA"), None);
    }
}
