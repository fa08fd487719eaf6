//! Private keys: generated, read and written as PEM, and used to sign.

use der::asn1::BitString;
use ed25519_dalek::pkcs8::{self, EncodePrivateKey as _, KeypairBytes, PrivateKeyInfoRef};
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _};
use rsa::pkcs1v15;
use rsa::pkcs8::spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier as _, SignatureBitStringEncoding,
    SubjectPublicKeyInfoOwned,
};
use rsa::signature::{Keypair as _, Signer};
use sha2::Sha256;

use super::arguments::{Answer, Arguments};
use super::pem;
use super::random::Generator;
use crate::template::{Call, FunctionError};
use crate::value::{Text, Value};

/// How many template steps the prime search takes for a certificate's key, and for a longer key.
const PRIME_SEARCH: usize = 500_000;
const LONG_PRIME_SEARCH: usize = 5_000_000;
/// How many template steps deriving the public key from a private key on a curve takes.
const CURVE: usize = 2_000;

/// The number of bits of keys generated for certificates, and of keys generated on their own.
const CERTIFICATE_BITS: usize = 2048;
const BITS: usize = 4096;

/// A private key.
pub(super) enum PrivateKey {
    Rsa(Box<pkcs1v15::SigningKey<Sha256>>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

impl PrivateKey {
    /// Generates a key for a certificate.
    ///
    /// # Errors
    /// Fails if there is no randomness or too few steps are left.
    pub(super) fn for_certificate(call: &mut Call<'_>) -> Result<Self, FunctionError> {
        if !call.searches_keys() {
            return Self::without_search(call);
        }
        call.spend(PRIME_SEARCH)?;
        Self::search(call, CERTIFICATE_BITS)
    }

    /// Searches for an RSA key with the given number of bits.
    fn search(call: &mut Call<'_>, bits: usize) -> Result<Self, FunctionError> {
        let key =
            rsa::PrivateKey::new(&mut Generator::new(call)?, bits).map_err(|error| error.to_string())?;
        Ok(Self::rsa(key))
    }

    fn rsa(key: rsa::PrivateKey) -> Self {
        Self::Rsa(Box::new(pkcs1v15::SigningKey::new(key)))
    }

    /// Generates a key of the cheapest kind.
    fn without_search(call: &mut Call<'_>) -> Result<Self, FunctionError> {
        let mut seed = [0; 32];
        call.random(&mut seed)?;
        call.spend(CURVE)?;
        Ok(Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// Writes the key as PEM.
    ///
    /// # Errors
    /// Fails if the key cannot be encoded.
    pub(super) fn to_pem(&self) -> Result<String, FunctionError> {
        let unfit = |error: &dyn ToString| FunctionError::new(error.to_string());
        let (label, content) = match self {
            Self::Rsa(key) => {
                let key: &rsa::PrivateKey = key.as_ref().as_ref();
                ("RSA PRIVATE KEY", key.to_pkcs1_der().map_err(|error| unfit(&error))?.to_bytes())
            }
            Self::P256(key) => {
                let key = p256::SecretKey::from(key);
                ("EC PRIVATE KEY", key.to_sec1_der().map_err(|error| unfit(&error))?)
            }
            Self::P384(key) => {
                let key = p384::SecretKey::from(key);
                ("EC PRIVATE KEY", key.to_sec1_der().map_err(|error| unfit(&error))?)
            }
            Self::Ed25519(key) => {
                // Go leaves the public key out.
                let key = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
                ("PRIVATE KEY", key.to_pkcs8_der().map_err(|error| unfit(&error))?.to_bytes())
            }
        };
        pem::write(label, &content)
    }

    /// Reads a key from PEM.
    ///
    /// # Errors
    /// Fails, in sprig's wording, if there is none.
    pub(super) fn from_pem(text: &Text) -> Result<Self, FunctionError> {
        let Some((label, content)) = pem::read(&text.to_str()) else {
            return Err(FunctionError::new("no PEM data in input"));
        };
        if label == "PRIVATE KEY" {
            return Self::from_pkcs8(&content)
                .map_err(|error| FunctionError::new(format!("decoding PEM as PKCS#8: {error}")));
        }
        let Some(kind) = label.strip_suffix(" PRIVATE KEY") else {
            return Err(FunctionError::new(format!("no private key data in PEM block of type {label}")));
        };
        let parsed = match kind {
            "RSA" => {
                rsa::PrivateKey::from_pkcs1_der(&content).map(Self::rsa).map_err(|error| error.to_string())
            }
            "EC" => p256::SecretKey::from_sec1_der(&content)
                .map(|key| Self::P256(key.into()))
                .or_else(|_| p384::SecretKey::from_sec1_der(&content).map(|key| Self::P384(key.into())))
                .map_err(|_| UNKNOWN_CURVE.to_owned()),
            "DSA" => return Err(FunctionError::new(NO_DSA)),
            _ => return Err(FunctionError::new(format!("invalid private key type {kind}"))),
        };
        parsed.map_err(|error| FunctionError::new(format!("parsing {kind} private key from PEM: {error}")))
    }

    fn from_pkcs8(content: &[u8]) -> Result<Self, String> {
        let said = |error: pkcs8::Error| format!("x509: {error}");
        let info = PrivateKeyInfoRef::try_from(content).map_err(|error| format!("x509: {error}"))?;
        match info.algorithm.oid {
            rsa::pkcs1::ALGORITHM_OID => rsa::PrivateKey::try_from(info).map(Self::rsa).map_err(said),
            p256::elliptic_curve::ALGORITHM_OID => p256::SecretKey::try_from(info.clone())
                .map(|key| Self::P256(key.into()))
                .or_else(|_| p384::SecretKey::try_from(info).map(|key| Self::P384(key.into())))
                .map_err(|_| UNKNOWN_CURVE.to_owned()),
            _ => ed25519_dalek::SigningKey::try_from(info).map(Self::Ed25519).map_err(said),
        }
    }

    /// Returns the public key in the form used in certificates.
    ///
    /// # Errors
    /// Fails if the key cannot be encoded.
    pub(super) fn public_key(&self) -> Result<SubjectPublicKeyInfoOwned, String> {
        match self {
            Self::Rsa(key) => SubjectPublicKeyInfoOwned::from_key(&key.verifying_key()),
            Self::P256(key) => SubjectPublicKeyInfoOwned::from_key(key.verifying_key()),
            Self::P384(key) => SubjectPublicKeyInfoOwned::from_key(key.verifying_key()),
            Self::Ed25519(key) => SubjectPublicKeyInfoOwned::from_key(&key.verifying_key()),
        }
        .map_err(|error| error.to_string())
    }

    /// Returns the algorithm of this key's signatures.
    ///
    /// # Errors
    /// Never fails for the supported keys.
    pub(super) fn signature_algorithm(&self) -> Result<AlgorithmIdentifierOwned, String> {
        match self {
            Self::Rsa(key) => key.signature_algorithm_identifier(),
            Self::P256(key) => key.signature_algorithm_identifier(),
            Self::P384(key) => key.signature_algorithm_identifier(),
            Self::Ed25519(key) => key.signature_algorithm_identifier(),
        }
        .map_err(|error| error.to_string())
    }

    /// Signs a message.
    ///
    /// # Errors
    /// Fails if the key cannot sign.
    pub(super) fn sign(&self, message: &[u8]) -> Result<BitString, String> {
        fn sign<S: SignatureBitStringEncoding>(
            key: &impl Signer<S>,
            message: &[u8],
        ) -> Result<BitString, String> {
            let signature = key.try_sign(message).map_err(|error| error.to_string())?;
            signature.to_bitstring().map_err(|error| error.to_string())
        }
        match self {
            Self::Rsa(key) => sign::<pkcs1v15::Signature>(key.as_ref(), message),
            Self::P256(key) => sign::<p256::ecdsa::DerSignature>(key, message),
            Self::P384(key) => sign::<p384::ecdsa::DerSignature>(key, message),
            Self::Ed25519(key) => sign::<ed25519_dalek::Signature>(key, message),
        }
    }
}

const UNKNOWN_CURVE: &str = "x509: no private key on the curve P-256 or P-384";
const NO_DSA: &str =
    "DSA keys are not supported, since no certificate takes them: use `rsa`, `ecdsa` or `ed25519`";

pub(super) fn gen_private_key(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let kind = Arguments(arguments).text(0)?;
    let key = match kind.as_bytes() {
        b"" | b"rsa" if call.searches_keys() => {
            call.spend(LONG_PRIME_SEARCH)?;
            PrivateKey::search(call, BITS)?
        }
        b"" | b"rsa" | b"ed25519" => PrivateKey::without_search(call)?,
        b"dsa" => return Err(FunctionError::new(NO_DSA)),
        b"ecdsa" => {
            let mut generator = Generator::new(call)?;
            call.spend(CURVE)?;
            loop {
                // A scalar beyond the group order is discarded as if it had never been drawn.
                if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&generator.bytes(32)) {
                    break PrivateKey::P256(key);
                }
            }
        }
        _ => return Ok(Value::String([b"Unknown type ".as_slice(), kind.as_bytes()].concat().into())),
    };
    Ok(key.to_pem()?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back() {
        let mut generator = Generator::from_seed([2; 32]);
        let keys = [
            PrivateKey::rsa(rsa::PrivateKey::new(&mut generator, 1024).expect("a key")),
            PrivateKey::P256(p256::ecdsa::SigningKey::from_slice(&[3; 32]).expect("a scalar")),
            PrivateKey::P384(p384::ecdsa::SigningKey::from_slice(&[3; 48]).expect("a scalar")),
            PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&[3; 32])),
        ];
        for key in keys {
            let text = key.to_pem().expect("the key can be written");
            let again = PrivateKey::from_pem(&text.as_str().into()).expect("the key was just written");
            assert_eq!(again.to_pem().expect("the key can be written"), text);
            assert_eq!(again.public_key(), key.public_key());
        }
    }

    #[test]
    fn refused() {
        for (text, message) in [
            ("", "no PEM data in input"),
            ("-----BEGIN X-----\nAAAA\n-----END X-----\n", "no private key data in PEM block of type X"),
            (
                "-----BEGIN FOO PRIVATE KEY-----\nAAAA\n-----END FOO PRIVATE KEY-----\n",
                "invalid private key type FOO",
            ),
            ("-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n", NO_DSA),
            (
                "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
                "parsing EC private key from PEM: x509: no private key on the curve P-256 or P-384",
            ),
        ] {
            let error = PrivateKey::from_pem(&text.into()).err().expect("no key");
            assert_eq!(error.to_string(), message);
        }
    }
}
