//! Checksums.

use aqueduct_manifest::hex;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::arguments::{Answer, Arguments};
use crate::template::Call;
use crate::value::Value;

fn digest<D: Digest>(arguments: &[Value]) -> Answer {
    Ok(hex(&D::digest(Arguments(arguments).bytes(0)?)).into())
}

pub(super) fn sha1sum(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    digest::<Sha1>(arguments)
}

pub(super) fn sha256sum(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    digest::<Sha256>(arguments)
}

pub(super) fn sha512sum(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    digest::<Sha512>(arguments)
}

pub(super) fn adler32sum(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in Arguments(arguments).bytes(0)? {
        low = (low + u32::from(*byte)) % MODULUS;
        high = (high + low) % MODULUS;
    }
    Ok((high << 16 | low).to_string().into())
}
