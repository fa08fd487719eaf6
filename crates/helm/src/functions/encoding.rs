//! Base64 and base32, with the errors of Go's decoders, which point to the offending byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::arguments::{Answer, Arguments};
use crate::template::Call;
use crate::value::{Text, Value};

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub(super) fn b64enc(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(STANDARD.encode(Arguments(arguments).bytes(0)?).into())
}

/// Decodes base64; if that fails, returns the error message, as sprig does.
pub(super) fn b64dec(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(match decode_base64(Arguments(arguments).bytes(0)?) {
        Ok(bytes) => Value::String(Text::from(bytes)),
        Err(message) => message.into(),
    })
}

pub(super) fn b32enc(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut out = String::new();
    for chunk in Arguments(arguments).bytes(0)?.chunks(5) {
        let mut bits = 0_u64;
        for index in 0..5 {
            bits = bits << 8 | u64::from(chunk.get(index).copied().unwrap_or_default());
        }
        let letters = (chunk.len() * 8).div_ceil(5);
        for index in 0..8 {
            let digit = usize::try_from(bits >> (35 - 5 * index) & 31).unwrap_or_default();
            let letter = BASE32.get(digit).copied().unwrap_or(b'=');
            out.push(if index < letters { char::from(letter) } else { '=' });
        }
    }
    Ok(out.into())
}

pub(super) fn b32dec(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(match decode_base32(Arguments(arguments).bytes(0)?) {
        Ok(bytes) => Value::String(Text::from(bytes)),
        Err(at) => format!("illegal base32 data at input byte {at}").into(),
    })
}

/// Decodes standard base64 with padding, skipping line breaks.
///
/// # Errors
/// Fails with Go's message, which gives the position of the offending byte.
pub(super) fn decode_base64(source: &[u8]) -> Result<Vec<u8>, String> {
    base64_quanta(source).map_err(|at| format!("illegal base64 data at input byte {at}"))
}

fn base64_quanta(source: &[u8]) -> Result<Vec<u8>, usize> {
    // The common case does not need to know where decoding fails.
    if let Ok(bytes) = STANDARD.decode(source) {
        return Ok(bytes);
    }
    let is_line_end = |at: usize| matches!(source.get(at), Some(b'\n' | b'\r'));
    let mut out = Vec::with_capacity(source.len() / 4 * 3);
    let mut at = 0;
    loop {
        let (mut digits, mut bits) = (0_usize, 0_u32);
        let mut ended = None;
        while digits < 4 {
            let Some(byte) = source.get(at) else {
                return if digits == 0 { Ok(out) } else { Err(at - digits) };
            };
            at += 1;
            if let Some(digit) = base64_digit(*byte) {
                bits = bits << 6 | digit;
                digits += 1;
                continue;
            }
            if matches!(byte, b'\n' | b'\r') {
                continue;
            }
            if *byte != b'=' || digits < 2 {
                return Err(at - 1);
            }
            if digits == 2 {
                while is_line_end(at) {
                    at += 1;
                }
                match source.get(at) {
                    None => return Err(source.len()),
                    Some(b'=') => at += 1,
                    Some(_) => return Err(at - 1),
                }
            }
            while is_line_end(at) {
                at += 1;
            }
            ended = Some(digits);
            break;
        }
        let missing = u32::try_from(4 - digits).unwrap_or_default();
        let [_, bytes @ ..] = (bits << (6 * missing)).to_be_bytes();
        out.extend(bytes.iter().take(digits - 1));
        if ended.is_some() {
            return if at < source.len() { Err(at) } else { Ok(out) };
        }
    }
}

fn base64_digit(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

fn decode_base32(source: &[u8]) -> Result<Vec<u8>, usize> {
    let source: Vec<u8> = source.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let mut out = Vec::with_capacity(source.len() / 8 * 5);
    let mut at = 0;
    let mut ended = false;
    while at < source.len() && !ended {
        let (mut digits, mut bits) = (0_usize, 0_u64);
        while digits < 8 {
            let Some(byte) = source.get(at) else { return Err(source.len() - digits) };
            at += 1;
            let left = source.len() - at;
            if *byte == b'=' && digits >= 2 && left < 8 {
                if left + digits < 7 {
                    return Err(source.len());
                }
                for index in 0..7 - digits {
                    if source.get(at + index).is_some_and(|byte| *byte != b'=') {
                        return Err((at + index).saturating_sub(1));
                    }
                }
                if matches!(digits, 3 | 6) {
                    return Err(at - 1);
                }
                ended = true;
                break;
            }
            let Some(digit) = BASE32.iter().position(|letter| letter == byte) else { return Err(at - 1) };
            bits = bits << 5 | u64::try_from(digit).unwrap_or_default();
            digits += 1;
        }
        let missing = u32::try_from(8 - digits).unwrap_or_default();
        let bytes = (bits << (5 * missing) << 24).to_be_bytes();
        out.extend(bytes.iter().take(digits * 5 / 8));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_errors_name_the_byte() {
        for (text, at) in
            [("YQ", 0), ("!!", 0), ("YQ=", 3), ("YQ=x", 2), ("YQ==x", 4), ("YWJj!", 4), ("_-8=", 0)]
        {
            let message = format!("illegal base64 data at input byte {at}");
            assert_eq!(decode_base64(text.as_bytes()), Err(message), "{text}");
        }
        assert_eq!(decode_base64(b"aGVs\nbG8="), Ok(b"hello".to_vec()));
        assert_eq!(decode_base64(b"aGVsbG8=\n"), Ok(b"hello".to_vec()));
    }

    #[test]
    fn base32_errors_name_the_byte() {
        for (text, at) in [("me======", 0), ("ME", 0), ("1", 0), ("MFRA=x==", 4)] {
            assert_eq!(decode_base32(text.as_bytes()), Err(at), "{text}");
        }
        assert_eq!(decode_base32(b"NBSWY3DPEB3W64TMMQ======"), Ok(b"hello world".to_vec()));
        assert_eq!(decode_base32(b"NBSWY\n3DP"), Ok(b"hello".to_vec()));
    }
}
