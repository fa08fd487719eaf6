//! What differs from run to run: random strings and numbers. The bytes come from the render's host, which may refuse.

use std::convert::Infallible;

use rsa::rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use super::arguments::{Answer, Arguments};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::template::Runes;
use crate::template::{Call, FunctionError};
use crate::value::Value;

/// The maximum length of a random string.
const LENGTH_LIMIT: i64 = 16 << 20;

/// An endless stream of random bytes from a seed that the host provides.
pub(super) struct Generator {
    seed: [u8; 32],
    block: u64,
    rest: Vec<u8>,
}

impl Generator {
    /// Asks the host for a seed.
    pub(super) fn new(call: &mut Call<'_>) -> Result<Self, FunctionError> {
        let mut seed = [0; 32];
        call.random(&mut seed)?;
        Ok(Self::from_seed(seed))
    }

    pub(super) fn from_seed(seed: [u8; 32]) -> Self {
        Self { seed, block: 0, rest: Vec::new() }
    }

    /// Returns the next bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.rest.len() < count {
            let mut hash = Sha256::new();
            hash.update(self.seed);
            hash.update(self.block.to_be_bytes());
            self.rest.extend_from_slice(&hash.finalize());
            self.block = self.block.wrapping_add(1);
        }
        let left = self.rest.split_off(count);
        std::mem::replace(&mut self.rest, left)
    }

    /// Returns a number below a bound, all equally likely; 0 if the bound is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        if bound <= 1 {
            return 0;
        }
        let last = u64::MAX - u64::MAX % bound;
        loop {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&self.bytes(8));
            let number = u64::from_be_bytes(bytes);
            if number < last {
                return number % bound;
            }
        }
    }
}

impl TryRng for Generator {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        buffer.copy_from_slice(&self.bytes(buffer.len()));
        Ok(())
    }
}

impl TryCryptoRng for Generator {}

fn random_text(call: &mut Call<'_>, arguments: &[Value], alphabet: &[u8]) -> Answer {
    let count = Arguments(arguments).int(0)?;
    if count <= 0 {
        // Sprig ignores the Go library's error for a negative count.
        return Ok("".into());
    }
    if count > LENGTH_LIMIT {
        return Err(FunctionError::new(format!(
            "a random text may have {LENGTH_LIMIT} letters, not {count}"
        )));
    }
    let mut generator = Generator::new(call)?;
    call.spend(usize::try_from(count).unwrap_or_default())?;
    let bound = u64::try_from(alphabet.len()).unwrap_or_default();
    let letters = (0..count).filter_map(|_| {
        let index = usize::try_from(generator.below(bound)).ok()?;
        alphabet.get(index).copied()
    });
    Ok(Value::String(letters.collect::<Vec<u8>>().into()))
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ASCII: [u8; 95] = {
    let mut alphabet = [0; 95];
    let mut code = b' ';
    while code <= b'~' {
        alphabet[(code - b' ') as usize] = code;
        code += 1;
    }
    alphabet
};

pub(super) fn rand_alpha_num(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    random_text(call, arguments, LETTERS_AND_DIGITS)
}

pub(super) fn rand_alpha(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    random_text(call, arguments, LETTERS)
}

pub(super) fn rand_ascii(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    random_text(call, arguments, &ASCII)
}

pub(super) fn rand_numeric(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    random_text(call, arguments, b"0123456789")
}

pub(super) fn rand_bytes(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let count = Arguments(arguments).int(0)?;
    let Some(count) = usize::try_from(count).ok().filter(|_| count <= LENGTH_LIMIT) else {
        return Err(super::arguments::runtime_error("makeslice: len out of range"));
    };
    if count == 0 {
        return Ok("".into());
    }
    Ok(STANDARD.encode(Generator::new(call)?.bytes(count)).into())
}

pub(super) fn rand_int(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (least, bound) = (Arguments(arguments).int(0)?, Arguments(arguments).int(1)?);
    let Some(range) =
        bound.checked_sub(least).and_then(|range| u64::try_from(range).ok()).filter(|range| *range > 0)
    else {
        return Err(FunctionError::new("invalid argument to Intn"));
    };
    let offset = i64::try_from(Generator::new(call)?.below(range)).unwrap_or_default();
    Ok(Value::int(least.wrapping_add(offset)))
}

pub(super) fn shuffle(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let mut runes: Vec<char> = Runes(Arguments(arguments).bytes(0)?).map(|(rune, _)| rune).collect();
    if runes.is_empty() {
        return Ok("".into());
    }
    let mut generator = Generator::new(call)?;
    call.spend(runes.len())?;
    for last in (1..runes.len()).rev() {
        let bound = u64::try_from(last + 1).unwrap_or_default();
        runes.swap(last, usize::try_from(generator.below(bound)).unwrap_or_default());
    }
    Ok(runes.into_iter().collect::<String>().into())
}

pub(super) fn uuidv4(call: &mut Call<'_>, _: &[Value]) -> Answer {
    let mut bytes = [0; 16];
    call.random(&mut bytes)?;
    let number = u128::from_be_bytes(bytes);
    // The version and the variant of RFC 9562.
    let number = number & !(0xf << 76) | 4 << 76;
    let number = number & !(0x3 << 62) | 2 << 62;
    let digits = format!("{number:032x}");
    let group = |start: usize, end: usize| digits.get(start..end).unwrap_or_default();
    let groups = [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)];
    Ok(groups.join("-").into())
}

/// Returns an address of a host name, or nothing: Helm does not query a name server unless told to.
pub(super) fn get_host_by_name(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let name = Arguments(arguments).text(0)?.to_str().into_owned();
    Ok(call.resolve(&name)?.into())
}
