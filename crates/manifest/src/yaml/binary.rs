//! Values tagged `!!binary`: base64 as Go's `base64.StdEncoding` reads it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::GeneralPurposeConfig;
use smol_str::SmolStr;

/// Decodes a value. Bytes that are not UTF-8 become U+FFFD one by one, as in Go's JSON.
pub(super) fn decode(text: &str) -> Option<SmolStr> {
    let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
    let encoded = text.replace(['\r', '\n'], "");
    let bytes = GeneralPurpose::new(&STANDARD, config).decode(encoded).ok()?;
    let mut decoded = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Some(decoded.into())
}
