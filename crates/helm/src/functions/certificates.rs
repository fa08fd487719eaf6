//! X.509 certificates as sprig's `genCA`, `genSelfSignedCert` and `genSignedCert` create them with Go's
//! `crypto/x509`.

use std::fmt::Display;
use std::net::IpAddr;

use der::asn1::{Any, BitString, Ia5String, OctetString, SetOfVec};
use der::oid::AssociatedOid;
use der::oid::db::rfc4519::COMMON_NAME;
use der::oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use der::{Decode, Encode, Sequence, Tag};
use sha2::{Digest, Sha256};
use x509_cert::Version;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::arguments::{Answer, Arguments};
use super::encoding::decode_base64;
use super::keys::PrivateKey;
use super::pem;
use super::time::{Time, Zone};
use crate::template::{Call, FunctionError};
use crate::value::{Kind, List, Native, Text, Type, Value};

/// The type of sprig's certificates.
pub(super) const CERTIFICATE: Type = Type::Native("sprig.certificate");

/// Sprig's `certificate`: a certificate and its key, both in PEM.
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

    fn as_any(&self) -> &dyn std::any::Any {
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

/// The contents of a certificate to create.
struct Request {
    common_name: Text,
    addresses: Vec<IpAddr>,
    names: Vec<Text>,
    days: i64,
    authority: bool,
}

/// The signer of a certificate.
struct Issuer {
    subject: RdnSequence,
    key_identifier: Option<OctetString>,
    public_key: SubjectPublicKeyInfoOwned,
}

/// A certificate as in RFC 5280, with its signature.
#[derive(Sequence)]
struct Signed {
    body: Body,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// The signed part. Its times can be before 1970, where the type of `x509-cert` begins: a Go duration of a thousand
/// years overflows, so such a certificate expired long ago.
#[derive(Sequence)]
struct Body {
    #[asn1(context_specific = "0", default = "Default::default")]
    version: Version,
    serial_number: SerialNumber,
    algorithm: AlgorithmIdentifierOwned,
    issuer: RdnSequence,
    validity: Vec<Any>,
    subject: RdnSequence,
    public_key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    issuer_identifier: Option<BitString>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    subject_identifier: Option<BitString>,
    #[asn1(context_specific = "3", optional = "true")]
    extensions: Option<Vec<Extension>>,
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

fn given_key(text: &Text) -> Result<PrivateKey, FunctionError> {
    PrivateKey::from_pem(text).map_err(|error| FunctionError::new(format!("parsing private key: {error}")))
}

pub(super) fn gen_ca(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let request = Request::authority(Arguments(arguments))?;
    let key = PrivateKey::for_certificate(call)?;
    self_signed(call, &request, &key)
}

pub(super) fn gen_ca_with_key(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let key = given_key(Arguments(arguments).text(2)?)?;
    self_signed(call, &Request::authority(Arguments(arguments))?, &key)
}

pub(super) fn gen_self_signed_cert(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let request = Request::leaf(Arguments(arguments))?;
    let key = PrivateKey::for_certificate(call)?;
    self_signed(call, &request, &key)
}

pub(super) fn gen_self_signed_cert_with_key(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let key = given_key(Arguments(arguments).text(4)?)?;
    self_signed(call, &Request::leaf(Arguments(arguments))?, &key)
}

pub(super) fn gen_signed_cert(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let signer = signer(Arguments(arguments).value(4)?)?;
    let request = Request::leaf(Arguments(arguments))?;
    let key = PrivateKey::for_certificate(call)?;
    signed(call, &request, &key, &signer.0, &signer.1)
}

pub(super) fn gen_signed_cert_with_key(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let key = given_key(Arguments(arguments).text(5)?)?;
    let signer = signer(Arguments(arguments).value(4)?)?;
    signed(call, &Request::leaf(Arguments(arguments))?, &key, &signer.0, &signer.1)
}

pub(super) fn build_custom_cert(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
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
    let Some((_, content)) = pem::read(&text.to_str()) else {
        return Err(FunctionError::new("unable to decode certificate"));
    };
    parse_certificate(&content).map_err(|error| {
        FunctionError::new(format!(
            "error parsing certificate: {variable}.Bytes: x509: malformed certificate: {error}"
        ))
    })
}

fn parse_certificate(content: &[u8]) -> der::Result<Issuer> {
    let body = Signed::from_der(content)?.body;
    let extensions = body.extensions.unwrap_or_default();
    let identifier = extensions.iter().find(|extension| extension.extn_id == SubjectKeyIdentifier::OID);
    let identifier = identifier
        .map(|extension| SubjectKeyIdentifier::from_der(extension.extn_value.as_bytes()))
        .transpose()?;
    Ok(Issuer {
        subject: body.subject,
        key_identifier: identifier.map(|identifier| identifier.0),
        public_key: body.public_key,
    })
}

fn self_signed(call: &mut Call<'_>, request: &Request, key: &PrivateKey) -> Answer {
    let subject = name(&request.common_name)?;
    let public_key = key.public_key().map_err(creation_error)?;
    signed(call, request, key, &Issuer { subject, key_identifier: None, public_key }, key)
}

fn creation_error(error: impl Display) -> FunctionError {
    FunctionError::new(format!("error creating certificate: {error}"))
}

/// How many template steps signing a certificate takes.
const SIGNATURE: usize = 20_000;

fn signed(
    call: &mut Call<'_>,
    request: &Request,
    key: &PrivateKey,
    issuer: &Issuer,
    signing_key: &PrivateKey,
) -> Answer {
    call.spend(SIGNATURE)?;
    let mut serial = [0; 16];
    while serial == [0; 16] {
        call.random(&mut serial)?;
    }
    let now = call.now()?;
    let from = Time::new(now, Zone::Utc);
    let until = from.plus(request.days.wrapping_mul(24 * 3_600_000_000_000));
    let public_key = key.public_key().map_err(creation_error)?;
    if signing_key.public_key().map_err(creation_error)? != issuer.public_key {
        return Err(creation_error("x509: provided PrivateKey doesn't match parent's PublicKey"));
    }
    let subject = name(&request.common_name)?;
    let algorithm = signing_key.signature_algorithm().map_err(creation_error)?;
    let body = Body {
        version: Version::V3,
        serial_number: SerialNumber::new(&serial).map_err(creation_error)?,
        algorithm: algorithm.clone(),
        issuer: issuer.subject.clone(),
        validity: vec![moment(&from).map_err(creation_error)?, moment(&until).map_err(creation_error)?],
        extensions: Some(extensions(request, &subject, issuer, &public_key)?),
        subject,
        public_key,
        issuer_identifier: None,
        subject_identifier: None,
    };
    let message = body.to_der().map_err(creation_error)?;
    let signature = signing_key.sign(&message).map_err(creation_error)?;
    let certificate = Signed { body, algorithm, signature }.to_der().map_err(creation_error)?;
    Ok(Value::native(Certificate {
        certificate: pem::write("CERTIFICATE", &certificate)?.into(),
        key: key.to_pem()?.into(),
    }))
}

fn name(common_name: &Text) -> Result<RdnSequence, FunctionError> {
    if common_name.is_empty() {
        return Ok(RdnSequence::default());
    }
    let Some(text) = common_name.as_str() else {
        return Err(creation_error("asn1: string not valid UTF-8"));
    };
    let printable = |byte: u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte);
    let tag = if text.bytes().all(printable) { Tag::PrintableString } else { Tag::Utf8String };
    let attribute = Any::new(tag, text.as_bytes())
        .and_then(|value| SetOfVec::try_from([AttributeTypeAndValue { oid: COMMON_NAME, value }]));
    Ok(RdnSequence::from(vec![RelativeDistinguishedName::from(attribute.map_err(creation_error)?)]))
}

fn moment(time: &Time) -> der::Result<Any> {
    let text = time.format(b"20060102150405Z");
    let text = text.as_bytes();
    let year = text.get(..4).unwrap_or_default();
    if (b"1950".as_slice()..b"2050".as_slice()).contains(&year) {
        Any::new(Tag::UtcTime, text.get(2..).unwrap_or_default())
    } else {
        Any::new(Tag::GeneralizedTime, text)
    }
}

fn extension<T: AssociatedOid + Encode>(critical: bool, value: &T) -> Result<Extension, FunctionError> {
    let content = value.to_der().and_then(OctetString::new).map_err(creation_error)?;
    Ok(Extension { extn_id: T::OID, critical, extn_value: content })
}

fn extensions(
    request: &Request,
    subject: &RdnSequence,
    issuer: &Issuer,
    public_key: &SubjectPublicKeyInfoOwned,
) -> Result<Vec<Extension>, FunctionError> {
    let mut usage = KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment;
    if request.authority {
        usage |= KeyUsages::KeyCertSign;
    }
    let purposes = vec![ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH];
    let constraints = BasicConstraints { ca: request.authority, path_len_constraint: None };
    let mut list = vec![
        extension(true, &KeyUsage(usage))?,
        extension(false, &ExtendedKeyUsage(purposes))?,
        extension(true, &constraints)?,
    ];
    if request.authority {
        let identifier = key_identifier(public_key).map_err(creation_error)?;
        list.push(extension(false, &SubjectKeyIdentifier(identifier))?);
    }
    if let Some(identifier) = issuer.key_identifier.as_ref().filter(|_| issuer.subject != *subject) {
        let key_identifier = Some(identifier.clone());
        list.push(extension(false, &AuthorityKeyIdentifier { key_identifier, ..Default::default() })?);
    }
    if !request.names.is_empty() || !request.addresses.is_empty() {
        let mut names = Vec::new();
        for name in &request.names {
            let name = Ia5String::new(name.as_bytes()).map_err(|_| {
                let quoted = crate::template::quote(name.as_bytes(), crate::template::Charset::Unicode);
                creation_error(format!("x509: {quoted} cannot be encoded as an IA5String"))
            })?;
            names.push(GeneralName::DnsName(name));
        }
        names.extend(request.addresses.iter().map(|address| GeneralName::from(address.to_canonical())));
        list.push(extension(subject.is_empty(), &SubjectAltName(names))?);
    }
    Ok(list)
}

/// Returns the identifier that Go assigns to an authority's key: the first 160 bits of its SHA-256.
fn key_identifier(public_key: &SubjectPublicKeyInfoOwned) -> der::Result<OctetString> {
    let digest = Sha256::digest(public_key.subject_public_key.raw_bytes());
    OctetString::new(digest.iter().copied().take(20).collect::<Vec<u8>>())
}
