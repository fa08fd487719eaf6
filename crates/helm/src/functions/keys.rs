//! Private keys: made, read and written as PEM, and used to sign.

use num_bigint::BigUint;
use p256::ecdsa::signature::Signer as _;
use sha2::{Digest, Sha256};

use super::arguments::{Answer, Arguments};
use super::der::{self, Reader, SEQUENCE, algorithm, bits, element, integer, nested};
use super::montgomery::power;
use super::primes::{is_prime, number_below, number_of_bits, prime};
use super::random::Generator;
use crate::template::{Call, FunctionError};
use crate::value::{Text, Value};

/// How many steps of a template the search for the primes of a certificate's key takes, and of a longer key.
pub(super) const PRIME_SEARCH: usize = 500_000;
const LONG_PRIME_SEARCH: usize = 5_000_000;
/// How many steps of a template it takes to come from a private key on a curve to the public one.
const CURVE: usize = 2_000;

/// A private key.
pub(super) enum PrivateKey {
    Rsa(Box<RsaKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
    /// A DSA key, which no certificate takes, as its DER.
    Dsa(Vec<u8>),
}

/// An RSA key with what speeds its use up.
pub(super) struct RsaKey {
    modulus: BigUint,
    public_exponent: BigUint,
    private_exponent: BigUint,
    primes: [BigUint; 2],
}

impl RsaKey {
    /// Makes a key of so many bits.
    pub(super) fn generate(generator: &mut Generator, bits: u64) -> Self {
        let public_exponent = BigUint::from(65_537_u32);
        let one = BigUint::from(1_u32);
        loop {
            let (p, q) = (prime(generator, bits / 2), prime(generator, bits - bits / 2));
            if p == q {
                continue;
            }
            let totient = (&p - &one) * (&q - &one);
            let modulus = &p * &q;
            let Some(private_exponent) = public_exponent.modinv(&totient) else { continue };
            if modulus.bits() == bits {
                return Self { modulus, public_exponent, private_exponent, primes: [p, q] };
            }
        }
    }

    /// Signs the SHA-256 of a message as PKCS #1 version 1.5 says.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let digest = Sha256::digest(message);
        let info = nested(
            SEQUENCE,
            &[&algorithm(der::SHA256, der::NULL), &element(der::OCTET_STRING, digest.as_slice())],
        );
        let length = usize::try_from(self.modulus.bits().div_ceil(8)).unwrap_or_default();
        let Some(padding) = length.checked_sub(info.len() + 3).filter(|padding| *padding >= 8) else {
            return Err("crypto/rsa: message too long for RSA key size".to_owned());
        };
        let block = [[0, 1].as_slice(), &vec![0xff; padding], &[0], &info].concat();
        let signature = self.decrypt(&BigUint::from_bytes_be(&block)).to_bytes_be();
        Ok([vec![0; length.saturating_sub(signature.len())], signature].concat())
    }

    /// Raises a number to the private exponent: modulo each prime, which takes a quarter of the time.
    fn decrypt(&self, number: &BigUint) -> BigUint {
        let [p, q] = &self.primes;
        let [first, second] = self.exponents();
        let [first, second] = [power(number, &first, p), power(number, &second, q)];
        let joined = q.modinv(p).map(|coefficient| {
            let difference = first + p - &second % p;
            coefficient * difference % p * q + second
        });
        // A given key's primes need not be any, nor its exponents fit each other.
        joined
            .filter(|result| power(result, &self.public_exponent, &self.modulus) == *number)
            .unwrap_or_else(|| power(number, &self.private_exponent, &self.modulus))
    }

    /// Returns the private exponent modulo what is one below each prime.
    fn exponents(&self) -> [BigUint; 2] {
        self.primes.each_ref().map(|prime| &self.private_exponent % (prime - 1_u32))
    }

    fn to_der(&self) -> Vec<u8> {
        let [p, q] = &self.primes;
        let [first, second] = &self.exponents();
        let coefficient = q.modinv(p).unwrap_or_default();
        let numbers = [
            &BigUint::ZERO,
            &self.modulus,
            &self.public_exponent,
            &self.private_exponent,
            p,
            q,
            first,
            second,
            &coefficient,
        ];
        element(SEQUENCE, &numbers.map(integer).concat())
    }

    fn from_der(content: &[u8]) -> Result<Self, String> {
        let mut reader = Reader(Reader(content).expect(SEQUENCE)?.content);
        reader.number()?;
        let key = Self {
            modulus: reader.number()?,
            public_exponent: reader.number()?,
            private_exponent: reader.number()?,
            primes: [reader.number()?, reader.number()?],
        };
        let [p, q] = &key.primes;
        let one = BigUint::from(1_u32);
        if *p <= one || *q <= one || p * q != key.modulus {
            return Err("crypto/rsa: invalid prime value".to_owned());
        }
        Ok(key)
    }
}

impl PrivateKey {
    /// Makes a key of the kind that takes the least.
    pub(super) fn without_search(call: &mut Call<'_, '_>) -> Result<Self, FunctionError> {
        let mut seed = [0; 32];
        call.random(&mut seed)?;
        call.evaluator.spend(CURVE)?;
        Ok(Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// Writes the key as PEM.
    pub(super) fn to_pem(&self) -> String {
        let curve_key = |scalar: &[u8], curve: &[u8], point: &[u8]| {
            let content = nested(
                SEQUENCE,
                &[
                    &integer(&BigUint::from(1_u32)),
                    &element(der::OCTET_STRING, scalar),
                    &nested(0xa0, &[&element(der::OBJECT, curve)]),
                    &nested(0xa1, &[&bits(point)]),
                ],
            );
            der::pem("EC PRIVATE KEY", &content)
        };
        match self {
            Self::Rsa(key) => der::pem("RSA PRIVATE KEY", &key.to_der()),
            Self::P256(key) => curve_key(
                key.to_bytes().as_slice(),
                der::CURVE_P256,
                key.verifying_key().to_sec1_point(false).as_bytes(),
            ),
            Self::P384(key) => curve_key(
                key.to_bytes().as_slice(),
                der::CURVE_P384,
                key.verifying_key().to_sec1_point(false).as_bytes(),
            ),
            Self::Ed25519(key) => {
                let seed = element(der::OCTET_STRING, &key.to_bytes());
                let content = nested(
                    SEQUENCE,
                    &[
                        &integer(&BigUint::ZERO),
                        &algorithm(der::ED25519, &[]),
                        &element(der::OCTET_STRING, &seed),
                    ],
                );
                der::pem("PRIVATE KEY", &content)
            }
            Self::Dsa(content) => der::pem("DSA PRIVATE KEY", content),
        }
    }

    /// Reads a key from PEM.
    ///
    /// # Errors
    /// There is none, in sprig's words.
    pub(super) fn from_pem(text: &Text) -> Result<Self, FunctionError> {
        let Some((label, content)) = der::unwrap_pem(&text.to_str()) else {
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
            "RSA" => RsaKey::from_der(&content).map(|key| Self::Rsa(Box::new(key))),
            "EC" => Self::from_sec1(&content, None),
            "DSA" => Reader(&content).expect(SEQUENCE).map(|_| Self::Dsa(content.clone())),
            _ => return Err(FunctionError::new(format!("invalid private key type {kind}"))),
        };
        parsed.map_err(|error| FunctionError::new(format!("parsing {kind} private key from PEM: {error}")))
    }

    fn from_pkcs8(content: &[u8]) -> Result<Self, String> {
        let mut reader = Reader(Reader(content).expect(SEQUENCE)?.content);
        reader.number()?;
        let mut scheme = Reader(reader.expect(SEQUENCE)?.content);
        let identifier = scheme.expect(der::OBJECT)?.content;
        let key = reader.expect(der::OCTET_STRING)?.content;
        match identifier {
            der::RSA_ENCRYPTION => RsaKey::from_der(key).map(|key| Self::Rsa(Box::new(key))),
            der::EC_PUBLIC_KEY => Self::from_sec1(key, Some(scheme.expect(der::OBJECT)?.content)),
            der::ED25519 => {
                let seed = Reader(key).expect(der::OCTET_STRING)?.content;
                let seed =
                    seed.try_into().map_err(|_| "x509: invalid Ed25519 private key length".to_owned())?;
                Ok(Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(seed)))
            }
            _ => Err("x509: PKCS#8 wrapping contained private key with unknown algorithm".to_owned()),
        }
    }

    fn from_sec1(content: &[u8], curve: Option<&[u8]>) -> Result<Self, String> {
        let mut reader = Reader(Reader(content).expect(SEQUENCE)?.content);
        reader.number()?;
        let scalar = reader.expect(der::OCTET_STRING)?.content;
        let curve = match curve {
            Some(curve) => curve,
            None => Reader(reader.expect(0xa0)?.content).expect(der::OBJECT)?.content,
        };
        let invalid = |_| "x509: invalid elliptic curve private key value".to_owned();
        match curve {
            der::CURVE_P256 => p256::ecdsa::SigningKey::from_slice(scalar).map(Self::P256).map_err(invalid),
            der::CURVE_P384 => p384::ecdsa::SigningKey::from_slice(scalar).map(Self::P384).map_err(invalid),
            _ => Err("x509: unknown elliptic curve".to_owned()),
        }
    }

    /// Returns the public key as certificates hold it.
    ///
    /// # Errors
    /// Certificates hold no key of this kind.
    pub(super) fn public_key(&self) -> Result<Vec<u8>, String> {
        let curve_key = |curve: &[u8], point: &[u8]| {
            nested(SEQUENCE, &[&algorithm(der::EC_PUBLIC_KEY, &element(der::OBJECT, curve)), &bits(point)])
        };
        Ok(match self {
            Self::Rsa(key) => {
                let numbers = nested(SEQUENCE, &[&integer(&key.modulus), &integer(&key.public_exponent)]);
                nested(SEQUENCE, &[&algorithm(der::RSA_ENCRYPTION, der::NULL), &bits(&numbers)])
            }
            Self::P256(key) => {
                curve_key(der::CURVE_P256, key.verifying_key().to_sec1_point(false).as_bytes())
            }
            Self::P384(key) => {
                curve_key(der::CURVE_P384, key.verifying_key().to_sec1_point(false).as_bytes())
            }
            Self::Ed25519(key) => {
                nested(SEQUENCE, &[&algorithm(der::ED25519, &[]), &bits(key.verifying_key().as_bytes())])
            }
            Self::Dsa(_) => return Err("x509: unsupported public key type: *dsa.PublicKey".to_owned()),
        })
    }

    /// Returns the algorithm of this key's signatures.
    pub(super) fn signature_algorithm(&self) -> Vec<u8> {
        match self {
            Self::Rsa(_) | Self::Dsa(_) => algorithm(der::RSA_WITH_SHA256, der::NULL),
            Self::P256(_) => algorithm(der::ECDSA_WITH_SHA256, &[]),
            Self::P384(_) => algorithm(der::ECDSA_WITH_SHA384, &[]),
            Self::Ed25519(_) => algorithm(der::ED25519, &[]),
        }
    }

    /// Signs a message.
    ///
    /// # Errors
    /// The key cannot sign.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        Ok(match self {
            Self::Rsa(key) => key.sign(message)?,
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::Ed25519(key) => {
                let signature: ed25519_dalek::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Self::Dsa(_) => {
                return Err("x509: certificate private key does not implement crypto.Signer".to_owned());
            }
        })
    }
}

/// Makes a DSA key of 2048 bits over a group of 256 bits, as FIPS 186 says.
fn generate_dsa(generator: &mut Generator) -> Vec<u8> {
    let one = BigUint::from(1_u32);
    let (group, modulus) = loop {
        let group = prime(generator, 256);
        let double = &group << 1_u32;
        let found = (0..4 * 2048).find_map(|_| {
            let start = number_of_bits(generator, 2048);
            let candidate = &start - (&start % &double) + &one;
            (candidate.bits() == 2048 && is_prime(generator, &candidate)).then_some(candidate)
        });
        if let Some(modulus) = found {
            break (group, modulus);
        }
    };
    let exponent = (&modulus - &one) / &group;
    let mut base = BigUint::from(2_u32);
    let root = loop {
        let root = power(&base, &exponent, &modulus);
        if root != one {
            break root;
        }
        base += 1_u32;
    };
    let secret = number_below(generator, &group);
    let public = power(&root, &secret, &modulus);
    let numbers = [&BigUint::ZERO, &modulus, &group, &root, &public, &secret];
    element(SEQUENCE, &numbers.map(integer).concat())
}

pub(super) fn gen_private_key(call: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let kind = Arguments(arguments).text(0)?;
    let key = match kind.as_bytes() {
        b"" | b"rsa" | b"dsa" if !call.searches_keys() => PrivateKey::without_search(call)?,
        b"" | b"rsa" => {
            let mut generator = Generator::new(call)?;
            call.evaluator.spend(LONG_PRIME_SEARCH)?;
            PrivateKey::Rsa(Box::new(RsaKey::generate(&mut generator, 4096)))
        }
        b"dsa" => {
            let mut generator = Generator::new(call)?;
            call.evaluator.spend(LONG_PRIME_SEARCH)?;
            PrivateKey::Dsa(generate_dsa(&mut generator))
        }
        b"ecdsa" => {
            let mut generator = Generator::new(call)?;
            call.evaluator.spend(CURVE)?;
            loop {
                // A scalar beyond the group's order is as good as never drawn.
                if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&generator.bytes(32)) {
                    break PrivateKey::P256(key);
                }
            }
        }
        b"ed25519" => PrivateKey::without_search(call)?,
        _ => return Ok(Value::String([b"Unknown type ".as_slice(), kind.as_bytes()].concat().into())),
    };
    Ok(key.to_pem().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back() {
        let mut generator = Generator::from_seed([2; 32]);
        let keys = [
            PrivateKey::Rsa(Box::new(RsaKey::generate(&mut generator, 512))),
            PrivateKey::P256(p256::ecdsa::SigningKey::from_slice(&[3; 32]).expect("a scalar")),
            PrivateKey::P384(p384::ecdsa::SigningKey::from_slice(&[3; 48]).expect("a scalar")),
            PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&[3; 32])),
        ];
        for key in keys {
            let text = key.to_pem();
            let again = PrivateKey::from_pem(&text.as_str().into()).expect("the key was just written");
            assert_eq!(again.to_pem(), text);
            assert_eq!(again.public_key(), key.public_key());
        }
    }

    #[test]
    fn rsa_signatures_verify() {
        let key = RsaKey::generate(&mut Generator::from_seed([4; 32]), 768);
        let signature = BigUint::from_bytes_be(&key.sign(b"message").expect("the key is long enough"));
        let block = signature.modpow(&key.public_exponent, &key.modulus).to_bytes_be();
        assert!(block.ends_with(&Sha256::digest(b"message")));
        assert!(block.starts_with(&[1, 0xff, 0xff]));
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
        ] {
            let error = PrivateKey::from_pem(&text.into()).err().expect("no key");
            assert_eq!(error.to_string(), message);
        }
    }
}
