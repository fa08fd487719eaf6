//! Passwords: hashing, derivation, and encryption with them.

use aes::Aes256;
use aes::cipher::block_padding::{NoPadding, Pkcs7};
use aes::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::arguments::{Answer, Arguments, runtime_error};
use super::encoding::decode_base64;
use crate::template::{Call, FunctionError};
use crate::value::{Text, Value};

/// The default cost of Go's bcrypt.
const BCRYPT_COST: u32 = 10;
const BCRYPT_LENGTH_LIMIT: usize = 72;
/// How many template steps a deliberately slow hash takes.
const SLOW_HASH: usize = 200_000;
/// The same for a hash that is slow because of the memory that it takes.
const LARGE_HASH: usize = 1_000_000;

fn bcrypt_hash(call: &mut Call<'_>, password: &[u8]) -> Result<Vec<u8>, FunctionError> {
    if password.len() > BCRYPT_LENGTH_LIMIT {
        let message = "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes";
        return Ok(message.into());
    }
    let mut salt = [0; 16];
    call.random(&mut salt)?;
    call.spend(SLOW_HASH)?;
    Ok(match ::bcrypt::hash_with_salt(password, BCRYPT_COST, salt) {
        Ok(parts) => parts.format_for_version(::bcrypt::Version::TwoA).into_bytes(),
        Err(error) => format!("failed to encrypt string with bcrypt: {error}").into_bytes(),
    })
}

pub(super) fn bcrypt(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::String(bcrypt_hash(call, Arguments(arguments).bytes(0)?)?.into()))
}

pub(super) fn htpasswd(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (name, password) = (Arguments(arguments).bytes(0)?, Arguments(arguments).bytes(1)?);
    if name.contains(&b':') {
        return Ok(Value::String([b"invalid username: ".as_slice(), name].concat().into()));
    }
    let hash = bcrypt_hash(call, password)?;
    Ok(Value::String([name, b":", &hash].concat().into()))
}

const SITE_SCOPE: &[u8] = b"com.lyndir.masterpassword";

/// The forms of passwords, with one letter for each character class.
fn forms(kind: &[u8]) -> Option<&'static [&'static str]> {
    Some(match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

fn with_length(text: &[u8]) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), text].concat()
}

/// Derives a site's password with the Master Password algorithm.
pub(super) fn derive_password(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let arguments = Arguments(arguments);
    let counter = u32::try_from(arguments.int(0)? & 0xffff_ffff).unwrap_or_default();
    let (kind, password) = (arguments.bytes(1)?, arguments.bytes(2)?);
    let (user, site) = (arguments.bytes(3)?, arguments.bytes(4)?);
    let Some(forms) = forms(kind) else {
        return Ok(Value::String([b"cannot find password template ".as_slice(), kind].concat().into()));
    };
    call.spend(LARGE_HASH)?;
    let salt = [SITE_SCOPE, &with_length(user)].concat();
    let parameters = scrypt::Params::new(15, 8, 2).map_err(|error| error.to_string())?;
    let mut key = [0; 64];
    scrypt::scrypt(password, &salt, &parameters, &mut key).map_err(|error| error.to_string())?;
    let mut code =
        <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&key).map_err(|error| error.to_string())?;
    code.update(&[SITE_SCOPE, &with_length(site), &counter.to_be_bytes()].concat());
    let seed = code.finalize().into_bytes();
    let choose =
        |index: usize, count: usize| seed.get(index).map_or(0, |byte| usize::from(*byte) % count.max(1));
    let form = forms.get(choose(0, forms.len())).copied().unwrap_or_default();
    let letters = form.bytes().enumerate().filter_map(|(index, class)| {
        let characters = characters(class);
        characters.get(choose(index + 1, characters.len())).copied()
    });
    Ok(Value::String(letters.collect::<Vec<u8>>().into()))
}

const BLOCK: usize = 16;

/// Returns the key for a password, which is padded with zeros or truncated.
fn key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().zip(password) {
        *place = *byte;
    }
    key
}

pub(super) fn encrypt_aes(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (password, plain) = (Arguments(arguments).bytes(0)?, Arguments(arguments).bytes(1)?);
    if plain.is_empty() {
        return Ok("".into());
    }
    let mut start = [0; BLOCK];
    call.random(&mut start)?;
    let cipher = cbc::Encryptor::<Aes256>::new(&key(password).into(), &start.into());
    let content = cipher.encrypt_padded_vec::<Pkcs7>(plain);
    Ok(STANDARD.encode([start.as_slice(), &content].concat()).into())
}

pub(super) fn decrypt_aes(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (password, text) = (Arguments(arguments).bytes(0)?, Arguments(arguments).bytes(1)?);
    if text.is_empty() {
        return Ok("".into());
    }
    let content = decode_base64(text)?;
    let Some((start, blocks)) = content.split_first_chunk::<BLOCK>() else {
        return Err(runtime_error(&format!(
            "slice bounds out of range [:{BLOCK}] with capacity {}",
            content.len()
        )));
    };
    let cipher = cbc::Decryptor::<Aes256>::new(&key(password).into(), start.into());
    let mut plain = cipher
        .decrypt_padded_vec::<NoPadding>(blocks)
        .map_err(|_| FunctionError::new("crypto/cipher: input not full blocks"))?;
    // Go trusts the last byte, whatever the rest of the padding is.
    let padding = plain.last().copied().map_or(0, usize::from);
    let Some(length) = plain.len().checked_sub(padding) else {
        let length =
            i64::try_from(plain.len()).unwrap_or_default() - i64::try_from(padding).unwrap_or_default();
        return Err(runtime_error(&format!("slice bounds out of range [:{length}]")));
    };
    plain.truncate(length);
    Ok(Value::String(Text::from(plain)))
}
