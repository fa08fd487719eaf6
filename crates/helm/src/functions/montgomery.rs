//! Powers modulo odd numbers, by Montgomery's multiplication: RSA keys are found and used with hardly anything
//! else, so the numbers here have a fixed count of words and need no memory of their own.

use std::cmp::Ordering;

use num_bigint::BigUint;

/// How many bits of an exponent are worked off at once.
const WINDOW: u64 = 5;

/// Returns a power of a number modulo another one, which must not be 0.
pub(super) fn power(base: &BigUint, exponent: &BigUint, modulus: &BigUint) -> BigUint {
    let result = match modulus.bits() {
        // These are the primes of keys of 2048 bits and those of keys of 4096 bits, and what is below.
        0..=1024 => power_within::<16>(base, exponent, modulus),
        1025..=2048 => power_within::<32>(base, exponent, modulus),
        _ => None,
    };
    result.unwrap_or_else(|| base.modpow(exponent, modulus))
}

fn power_within<const N: usize>(base: &BigUint, exponent: &BigUint, modulus: &BigUint) -> Option<BigUint> {
    let arithmetic = Montgomery::<N>::new(modulus)?;
    let residue = if *base == BigUint::from(2_u32) {
        arithmetic.power_of_two(exponent)
    } else {
        arithmetic.power(&arithmetic.enter(&(base % modulus))?, exponent)
    };
    Some(arithmetic.leave(&residue))
}

/// An odd modulus of up to `N` words. What its methods call a residue is a number `x` below the modulus, kept as
/// `x * 2^(64 * N)` modulo the modulus.
struct Montgomery<const N: usize> {
    modulus: [u64; N],
    /// The negative inverse of the modulus modulo one word.
    inverse: u64,
    /// 1 as a residue.
    one: [u64; N],
    /// `2^(64 * N)` as a residue.
    radix: [u64; N],
}

impl<const N: usize> Montgomery<N> {
    /// Returns nothing where the modulus is even or has more words.
    fn new(modulus: &BigUint) -> Option<Self> {
        if !modulus.bit(0) {
            return None;
        }
        let bits = 64 * N;
        let one = (BigUint::from(1_u32) << bits) % modulus;
        let radix = (&one << bits) % modulus;
        let (modulus, one, radix) = (words::<N>(modulus)?, words(&one)?, words(&radix)?);
        let [low, ..] = modulus.as_slice() else { return None };
        // Newton's iteration doubles the right bits each time, from the three that any odd number has.
        let inverse = (0..5)
            .fold(*low, |inverse, _| inverse.wrapping_mul(2_u64.wrapping_sub(low.wrapping_mul(inverse))));
        Some(Self { modulus, inverse: inverse.wrapping_neg(), one, radix })
    }

    /// Returns the residue of a number; nothing where it is not below the modulus.
    fn enter(&self, number: &BigUint) -> Option<[u64; N]> {
        let words = words(number)?;
        (compare(&words, &self.modulus) == Ordering::Less).then(|| self.multiply(&words, &self.radix))
    }

    /// Returns the number of a residue.
    fn leave(&self, residue: &[u64; N]) -> BigUint {
        let mut wide = [[0; N]; 2];
        wide[0] = *residue;
        number(&self.reduce(&mut wide))
    }

    /// Multiplies two residues.
    fn multiply(&self, first: &[u64; N], second: &[u64; N]) -> [u64; N] {
        let mut wide = [[0; N]; 2];
        let product = wide.as_flattened_mut();
        for i in 0..N {
            let mut carry = 0;
            for (word, second) in product[i..i + N].iter_mut().zip(second) {
                (*word, carry) = multiply_add(first[i], *second, *word, carry);
            }
            product[i + N] = carry;
        }
        self.reduce(&mut wide)
    }

    /// Squares a residue.
    fn square(&self, residue: &[u64; N]) -> [u64; N] {
        let mut wide = [[0; N]; 2];
        let product = wide.as_flattened_mut();
        // Each product of two different words stands twice in a square.
        for i in 0..N {
            let mut carry = 0;
            for (word, second) in product[2 * i + 1..i + N].iter_mut().zip(&residue[i + 1..]) {
                (*word, carry) = multiply_add(residue[i], *second, *word, carry);
            }
            product[i + N] = carry;
        }
        let (mut carry, mut shifted) = (0, 0);
        for i in 0..N {
            let (low, high) = (product[2 * i], product[2 * i + 1]);
            let doubled = [low << 1 | shifted, high << 1 | low >> 63];
            shifted = high >> 63;
            let (sum, above) = multiply_add(residue[i], residue[i], doubled[0], carry);
            product[2 * i] = sum;
            let (sum, over) = above.overflowing_add(doubled[1]);
            product[2 * i + 1] = sum;
            carry = u64::from(over);
        }
        self.reduce(&mut wide)
    }

    /// Doubles a residue.
    fn double(&self, residue: &[u64; N]) -> [u64; N] {
        let mut doubled = [0; N];
        let mut shifted = 0;
        for (double, word) in doubled.iter_mut().zip(residue) {
            *double = word << 1 | shifted;
            shifted = word >> 63;
        }
        self.below_modulus(doubled, shifted)
    }

    /// Raises a residue to a power.
    fn power(&self, residue: &[u64; N], exponent: &BigUint) -> [u64; N] {
        let mut powers = [self.one; 1 << WINDOW];
        let mut last = self.one;
        for power in powers.iter_mut().skip(1) {
            last = self.multiply(&last, residue);
            *power = last;
        }
        let mut result = self.one;
        for window in (0..exponent.bits().div_ceil(WINDOW)).rev() {
            for _ in 0..WINDOW {
                result = self.square(&result);
            }
            let bits = (0..WINDOW)
                .rev()
                .fold(0, |bits, bit| bits << 1 | usize::from(exponent.bit(window * WINDOW + bit)));
            if bits > 0 {
                result = self.multiply(&result, &powers[bits]);
            }
        }
        result
    }

    /// Raises 2 to a power, which takes nothing but squares and doubles.
    fn power_of_two(&self, exponent: &BigUint) -> [u64; N] {
        (0..exponent.bits()).rev().fold(self.one, |result, bit| {
            let square = self.square(&result);
            if exponent.bit(bit) { self.double(&square) } else { square }
        })
    }

    /// Divides a number below the product of the modulus and `2^(64 * N)` by the latter.
    #[inline(always)]
    fn reduce(&self, wide: &mut [[u64; N]; 2]) -> [u64; N] {
        let product = wide.as_flattened_mut();
        let mut over = 0;
        for i in 0..N {
            let factor = product[i].wrapping_mul(self.inverse);
            let mut carry = 0;
            for (word, modulus) in product[i..i + N].iter_mut().zip(&self.modulus) {
                (*word, carry) = multiply_add(factor, *modulus, *word, carry);
            }
            let sum = u128::from(product[i + N]) + u128::from(carry) + u128::from(over);
            product[i + N] = sum as u64;
            over = (sum >> 64) as u64;
        }
        self.below_modulus(wide[1], over)
    }

    /// Takes the modulus off a number of `N` words and one more above, which is below twice the modulus.
    #[inline(always)]
    fn below_modulus(&self, words: [u64; N], over: u64) -> [u64; N] {
        if over == 0 && compare(&words, &self.modulus) == Ordering::Less {
            return words;
        }
        subtract(&words, &self.modulus)
    }
}

/// Returns a number of so many words; nothing where it has more.
fn words<const N: usize>(number: &BigUint) -> Option<[u64; N]> {
    let mut words = [0; N];
    let mut digits = number.iter_u64_digits();
    for (word, digit) in words.iter_mut().zip(&mut digits) {
        *word = digit;
    }
    digits.next().is_none().then_some(words)
}

fn number(words: &[u64]) -> BigUint {
    BigUint::from_bytes_le(words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>().as_slice())
}

/// Returns `a * b + c + d`, which always fits, as its low and its high word.
#[inline(always)]
fn multiply_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let sum = u128::from(a) * u128::from(b) + u128::from(c) + u128::from(d);
    (sum as u64, (sum >> 64) as u64)
}

fn compare<const N: usize>(first: &[u64; N], second: &[u64; N]) -> Ordering {
    first.iter().rev().cmp(second.iter().rev())
}

fn subtract<const N: usize>(first: &[u64; N], second: &[u64; N]) -> [u64; N] {
    let mut difference = [0; N];
    let mut borrow = false;
    for ((word, first), second) in difference.iter_mut().zip(first).zip(second) {
        let (step, under) = first.overflowing_sub(*second);
        let (step, again) = step.overflowing_sub(u64::from(borrow));
        *word = step;
        borrow = under || again;
    }
    difference
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_the_plain_way(
            base in proptest::collection::vec(any::<u8>(), 0..300),
            exponent in proptest::collection::vec(any::<u8>(), 0..40),
            modulus in proptest::collection::vec(any::<u8>(), 0..270),
            full in any::<bool>(),
        ) {
            let [base, exponent, mut modulus] =
                [base, exponent, modulus].map(|bytes| BigUint::from_bytes_le(&bytes));
            if full {
                // The highest bits are where a carry gets lost.
                modulus |= (BigUint::from(1_u32) << 1024_u32) - (BigUint::from(1_u32) << 900_u32);
            }
            modulus.set_bit(0, true);
            prop_assert_eq!(power(&base, &exponent, &modulus), base.modpow(&exponent, &modulus));
            let two = BigUint::from(2_u32);
            prop_assert_eq!(power(&two, &exponent, &modulus), two.modpow(&exponent, &modulus));
        }
    }

    #[test]
    fn extremes() {
        let one = BigUint::from(1_u32);
        for bits in [1_u32, 2, 63, 64, 65, 1023, 1024, 1025, 2047, 2048, 2049] {
            for modulus in [(&one << bits) - 1_u32, (&one << bits) + 1_u32, &one << bits] {
                for base in [BigUint::ZERO, one.clone(), &modulus - 1_u32, &modulus + 1_u32, &modulus * 3_u32]
                {
                    for exponent in [BigUint::ZERO, one.clone(), BigUint::from(65_537_u32), &modulus - 1_u32]
                    {
                        let expected = base.modpow(&exponent, &modulus);
                        assert_eq!(
                            power(&base, &exponent, &modulus),
                            expected,
                            "{base} ^ {exponent} % {modulus}"
                        );
                    }
                }
            }
        }
    }
}
