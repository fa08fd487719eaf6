//! X.509 certificates as sprig's `genCA`, `genSelfSignedCert` and `genSignedCert` make them with Go's
//! `crypto/x509`.

use std::any::Any;
use std::net::IpAddr;

use num_bigint::BigUint;
use sha2::{Digest, Sha256};

use super::arguments::{Answer, Arguments};
use super::der::{self, Element, Reader, SEQUENCE, bits, element, nested};
use super::encoding::decode_base64;
use super::keys::{PRIME_SEARCH, PrivateKey, RsaKey};
use super::random::Generator;
use super::time::{Time, Zone};
use crate::template::{Call, FunctionError};
use crate::value::{Kind, List, Native, Text, Type, Value};

/// The type of sprig's certificates.
pub(super) const CERTIFICATE: Type = Type::Native("sprig.certificate");

/// The bits of the keys that are made for certificates.
const KEY_BITS: u64 = 2048;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x0e];
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x23];
const SUBJECT_ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const SERVER_AUTHENTICATION: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
const CLIENT_AUTHENTICATION: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
const TRUE: &[u8] = &[0x01, 0x01, 0xff];

/// Sprig's `certificate`: a certificate and its key, both as PEM.
#[derive(Clone, Debug)]
struct Certificate {
    certificate: Text,
    key: Text,
}

impl Native for Certificate {
    fn type_name(&self) -> &'static str {
        "sprig.certificate"
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Cert", Value::String(self.certificate.clone())), ("Key", Value::String(self.key.clone()))]
    }

    fn equal(&self, other: &dyn Native) -> bool {
        let other = other.as_any().downcast_ref::<Self>();
        other.is_some_and(|other| self.certificate == other.certificate && self.key == other.key)
    }
}

/// What is asked of a certificate.
struct Request {
    common_name: Text,
    addresses: Vec<IpAddr>,
    names: Vec<Text>,
    days: i64,
    authority: bool,
}

/// Who signs.
struct Issuer {
    /// The name, encoded.
    subject: Vec<u8>,
    key_identifier: Option<Vec<u8>>,
    public_key: Vec<u8>,
}

impl Request {
    fn authority(arguments: Arguments<'_>) -> Result<Self, FunctionError> {
        Ok(Self {
            common_name: arguments.text(0)?.clone(),
            addresses: Vec::new(),
            names: Vec::new(),
            days: arguments.int(1)?,
            authority: true,
        })
    }

    fn leaf(arguments: Arguments<'_>) -> Result<Self, FunctionError> {
        Ok(Self {
            common_name: arguments.text(0)?.clone(),
            addresses: addresses(arguments.list(1)?)?,
            names: alternative_names(arguments.list(2)?)?,
            days: arguments.int(3)?,
            authority: false,
        })
    }
}

fn addresses(list: &List) -> Result<Vec<IpAddr>, FunctionError> {
    list.items()
        .iter()
        .map(|value| {
            let Some(text) = value.as_text() else {
                let shown = super::print::text_of(value)?;
                return Err(FunctionError::new(format!(
                    "error parsing ip: {} is not a string",
                    shown.to_str()
                )));
            };
            let text = text.to_str();
            text.parse().map_err(|_| FunctionError::new(format!("error parsing ip: {text}")))
        })
        .collect()
}

fn alternative_names(list: &List) -> Result<Vec<Text>, FunctionError> {
    list.items()
        .iter()
        .map(|value| match value.as_text() {
            Some(text) => Ok(text.clone()),
            None => {
                let shown = super::print::text_of(value)?;
                let message =
                    format!("error processing alternate dns name: {} is not a string", shown.to_str());
                Err(FunctionError::new(message))
            }
        })
        .collect()
}

fn new_key(call: &mut Call<'_, '_>) -> Result<PrivateKey, FunctionError> {
    if !call.searches_keys() {
        return PrivateKey::without_search(call);
    }
    let mut generator = Generator::new(call)?;
    call.evaluator.spend(PRIME_SEARCH)?;
    Ok(PrivateKey::Rsa(Box::new(RsaKey::generate(&mut generator, KEY_BITS))))
}

fn given_key(text: &Text) -> Result<PrivateKey, FunctionError> {
    PrivateKey::from_pem(text).map_err(|error| FunctionError::new(format!("parsing private key: {error}")))
}

pub(super) fn gen_ca(call: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let request = Request::authority(Arguments(arguments))?;
    let key = new_key(call)?;
    self_signed(call, &request, &key)
}

pub(super) fn gen_ca_with_key(call: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let key = given_key(Arguments(arguments).text(2)?)?;
    self_signed(call, &Request::authority(Arguments(arguments))?, &key)
}

pub(super) fn gen_self_signed_cert(call: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let request = Request::leaf(Arguments(arguments))?;
    let key = new_key(call)?;
    self_signed(call, &request, &key)
}

pub(super) fn gen_self_signed_cert_with_key(call: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let key = given_key(Arguments(arguments).text(4)?)?;
    self_signed(call, &Request::leaf(Arguments(arguments))?, &key)
}

pub(super) fn gen_signed_cert(call: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let signer = signer(Arguments(arguments).value(4)?)?;
    let request = Request::leaf(Arguments(arguments))?;
    let key = new_key(call)?;
    signed(call, &request, &key, &signer.0, &signer.1)
}

pub(super) fn gen_signed_cert_with_key(call: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let key = given_key(Arguments(arguments).text(5)?)?;
    let signer = signer(Arguments(arguments).value(4)?)?;
    signed(call, &Request::leaf(Arguments(arguments))?, &key, &signer.0, &signer.1)
}

pub(super) fn build_custom_cert(_: &mut Call<'_, '_>, arguments: &[Value]) -> Answer {
    let decoded = |index: usize, what: &str| {
        let bytes = decode_base64(Arguments(arguments).bytes(index)?);
        bytes.map(Text::from).map_err(|_| FunctionError::new(format!("unable to decode base64 {what}")))
    };
    let certificate = decoded(0, "certificate")?;
    let key = decoded(1, "private key")?;
    read_certificate(&certificate, "decodedCert")?;
    PrivateKey::from_pem(&key)
        .map_err(|error| FunctionError::new(format!("error parsing private key: {error}")))?;
    Ok(Value::native(Certificate { certificate, key }))
}

fn signer(value: &Value) -> Result<(Issuer, PrivateKey), FunctionError> {
    let authority = match value {
        Value::Native(native) => native.as_any().downcast_ref::<Certificate>(),
        _ => None,
    };
    let Some(authority) = authority else {
        return Err(FunctionError::new(format!(
            "wrong type for value; expected sprig.certificate; got {}",
            value.type_name()
        )));
    };
    let issuer = read_certificate(&authority.certificate, "decodedSignerCert")?;
    let key = PrivateKey::from_pem(&authority.key)
        .map_err(|error| FunctionError::new(format!("error parsing private key: {error}")))?;
    Ok((issuer, key))
}

fn read_certificate(text: &Text, variable: &str) -> Result<Issuer, FunctionError> {
    let Some((_, content)) = der::unwrap_pem(&text.to_str()) else {
        return Err(FunctionError::new("unable to decode certificate"));
    };
    parse_certificate(&content).map_err(|error| {
        FunctionError::new(format!(
            "error parsing certificate: {variable}.Bytes: x509: malformed certificate: {error}"
        ))
    })
}

fn parse_certificate(content: &[u8]) -> Result<Issuer, String> {
    let mut whole = Reader(Reader(content).expect(SEQUENCE)?.content);
    let mut body = Reader(whole.expect(SEQUENCE)?.content);
    let mut first = body.next()?;
    if first.tag == 0xa0 {
        first = body.next()?;
    }
    if first.tag != der::INTEGER {
        return Err("asn1: structure error: tags don't match".to_owned());
    }
    // The algorithm, the issuer and the validity stand before the subject.
    for _ in 0..3 {
        body.expect(SEQUENCE)?;
    }
    let subject = body.expect(SEQUENCE)?.whole.to_vec();
    let public_key = body.expect(SEQUENCE)?.whole.to_vec();
    let mut key_identifier = None;
    while let Ok(Element { tag, content, .. }) = body.next() {
        if tag != 0xa3 {
            continue;
        }
        let mut extensions = Reader(Reader(content).expect(SEQUENCE)?.content);
        while let Ok(extension) = extensions.next() {
            let mut extension = Reader(extension.content);
            let identifier = extension.expect(der::OBJECT)?.content;
            let mut value = extension.next()?;
            if value.tag == 0x01 {
                value = extension.next()?;
            }
            if identifier == SUBJECT_KEY_IDENTIFIER {
                key_identifier = Some(Reader(value.content).expect(der::OCTET_STRING)?.content.to_vec());
            }
        }
    }
    Ok(Issuer { subject, key_identifier, public_key })
}

fn self_signed(call: &mut Call<'_, '_>, request: &Request, key: &PrivateKey) -> Answer {
    let subject = name(&request.common_name)?;
    let public_key = key.public_key().map_err(creation_error)?;
    signed(call, request, key, &Issuer { subject, key_identifier: None, public_key }, key)
}

fn creation_error(message: String) -> FunctionError {
    FunctionError::new(format!("error creating certificate: {message}"))
}

/// How many steps of a template it takes to sign a certificate.
const SIGNATURE: usize = 20_000;

fn signed(
    call: &mut Call<'_, '_>,
    request: &Request,
    key: &PrivateKey,
    issuer: &Issuer,
    signing_key: &PrivateKey,
) -> Answer {
    call.evaluator.spend(SIGNATURE)?;
    let mut serial = [0; 16];
    while serial == [0; 16] {
        call.random(&mut serial)?;
    }
    let now = call.now()?;
    let from = Time::new(now, Zone::Utc);
    let until = from.plus(request.days.wrapping_mul(24 * 3_600_000_000_000));
    let public_key = key.public_key().map_err(creation_error)?;
    if signing_key.public_key().map_err(creation_error)? != issuer.public_key {
        return Err(creation_error("x509: provided PrivateKey doesn't match parent's PublicKey".to_owned()));
    }
    let subject = name(&request.common_name)?;
    let algorithm = signing_key.signature_algorithm();
    let extensions = extensions(request, &subject, issuer, &public_key)?;
    let body = nested(
        SEQUENCE,
        &[
            &nested(0xa0, &[&element(der::INTEGER, &[2])]),
            &der::integer(&BigUint::from_bytes_be(&serial)),
            &algorithm,
            &issuer.subject,
            &nested(SEQUENCE, &[&moment(&from), &moment(&until)]),
            &subject,
            &public_key,
            &nested(0xa3, &[&extensions]),
        ],
    );
    let signature = signing_key.sign(&body).map_err(creation_error)?;
    let certificate = nested(SEQUENCE, &[&body, &algorithm, &bits(&signature)]);
    Ok(Value::native(Certificate {
        certificate: der::pem("CERTIFICATE", &certificate).into(),
        key: key.to_pem().into(),
    }))
}

fn name(common_name: &Text) -> Result<Vec<u8>, FunctionError> {
    if common_name.is_empty() {
        return Ok(element(SEQUENCE, &[]));
    }
    let Some(text) = common_name.as_str() else {
        return Err(creation_error("asn1: string not valid UTF-8".to_owned()));
    };
    let printable = |byte: u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte);
    let tag = if text.bytes().all(printable) { der::PRINTABLE_STRING } else { der::UTF8_STRING };
    let attribute = nested(SEQUENCE, &[&element(der::OBJECT, COMMON_NAME), &element(tag, text.as_bytes())]);
    Ok(nested(SEQUENCE, &[&nested(der::SET, &[&attribute])]))
}

fn moment(time: &Time) -> Vec<u8> {
    let text = time.format(b"20060102150405Z");
    let text = text.as_bytes();
    let year = text.get(..4).unwrap_or_default();
    if (b"1950".as_slice()..b"2050".as_slice()).contains(&year) {
        element(der::UTC_TIME, text.get(2..).unwrap_or_default())
    } else {
        element(der::GENERALIZED_TIME, text)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Criticality {
    Plain,
    Critical,
}

fn extension(identifier: &[u8], criticality: Criticality, value: &[u8]) -> Vec<u8> {
    let critical = if criticality == Criticality::Critical { TRUE } else { &[] };
    nested(SEQUENCE, &[&element(der::OBJECT, identifier), critical, &element(der::OCTET_STRING, value)])
}

fn extensions(
    request: &Request,
    subject: &[u8],
    issuer: &Issuer,
    public_key: &[u8],
) -> Result<Vec<u8>, FunctionError> {
    // The first byte counts the unused bits; then signing, key encipherment and signing of certificates.
    let usage: &[u8] = if request.authority { &[2, 0xa4] } else { &[5, 0xa0] };
    let purposes = [element(der::OBJECT, SERVER_AUTHENTICATION), element(der::OBJECT, CLIENT_AUTHENTICATION)];
    let constraints = element(SEQUENCE, if request.authority { TRUE } else { &[] });
    let mut list = vec![
        extension(KEY_USAGE, Criticality::Critical, &element(der::BIT_STRING, usage)),
        extension(EXTENDED_KEY_USAGE, Criticality::Plain, &element(SEQUENCE, &purposes.concat())),
        extension(BASIC_CONSTRAINTS, Criticality::Critical, &constraints),
    ];
    if request.authority {
        let identifier = element(der::OCTET_STRING, &key_identifier(public_key)?);
        list.push(extension(SUBJECT_KEY_IDENTIFIER, Criticality::Plain, &identifier));
    }
    if let Some(identifier) = issuer.key_identifier.as_ref().filter(|_| issuer.subject != subject) {
        let identifier = nested(SEQUENCE, &[&element(0x80, identifier)]);
        list.push(extension(AUTHORITY_KEY_IDENTIFIER, Criticality::Plain, &identifier));
    }
    if !request.names.is_empty() || !request.addresses.is_empty() {
        let mut names = Vec::new();
        for name in &request.names {
            if !name.as_bytes().is_ascii() {
                let quoted = crate::template::quote(name.as_bytes(), crate::template::Charset::Unicode);
                return Err(creation_error(format!("x509: {quoted} cannot be encoded as an IA5String")));
            }
            names.extend(element(0x82, name.as_bytes()));
        }
        for address in &request.addresses {
            names.extend(match address.to_canonical() {
                IpAddr::V4(address) => element(0x87, &address.octets()),
                IpAddr::V6(address) => element(0x87, &address.octets()),
            });
        }
        let is_only_name = subject == element(SEQUENCE, &[]);
        let criticality = if is_only_name { Criticality::Critical } else { Criticality::Plain };
        list.push(extension(SUBJECT_ALTERNATIVE_NAMES, criticality, &element(SEQUENCE, &names)));
    }
    Ok(element(SEQUENCE, &list.concat()))
}

/// Returns the identifier that Go gives an authority's key: the first 160 bits of its SHA-256.
fn key_identifier(public_key: &[u8]) -> Result<Vec<u8>, FunctionError> {
    let mut key = Reader(Reader(public_key).expect(SEQUENCE)?.content);
    key.expect(SEQUENCE)?;
    let content = key.expect(der::BIT_STRING)?.content;
    let digest = Sha256::digest(content.get(1..).unwrap_or_default());
    Ok(digest.iter().copied().take(20).collect())
}
