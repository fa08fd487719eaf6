//! Eight powers at once, one in each lane of the widest registers, where the processor has them. The search for a
//! prime raises many powers that have nothing to do with each other.

mod arithmetic;

use std::array::from_fn;

use num_bigint::BigUint;
use pulp::NullaryFnOnce;

use self::arithmetic::{Arithmetic, Block, LANES, to_numbers};

/// How many bits of an exponent are worked off at once.
const WINDOW: u64 = 4;

/// Tells which of up to eight odd numbers pass the test of Fermat with the base 2. They are above 1 and have 2048
/// bits at most; where they are not, or where the processor cannot, this returns nothing.
pub(super) fn fermat(numbers: &[BigUint]) -> Option<Vec<bool>> {
    match numbers.iter().map(BigUint::bits).max()? {
        2..=1024 => fermat_within::<5>(numbers),
        1025..=2048 => fermat_within::<10>(numbers),
        _ => None,
    }
}

/// Returns powers of up to eight numbers modulo an odd number, which is above 1 and has 2048 bits at most; where it
/// is not, or where the processor cannot, this returns nothing.
pub(super) fn powers(bases: &[BigUint], exponent: &BigUint, modulus: &BigUint) -> Option<Vec<BigUint>> {
    match modulus.bits() {
        2..=1024 => powers_within::<5>(bases, exponent, modulus),
        1025..=2048 => powers_within::<10>(bases, exponent, modulus),
        _ => None,
    }
}

fn fermat_within<const S: usize>(numbers: &[BigUint]) -> Option<Vec<bool>> {
    let moduli = in_lanes(numbers)?;
    let bits = moduli.iter().map(|modulus| modulus.bits()).max()?;
    let arithmetic = Arithmetic::<S>::new(&moduli)?;
    let powers = arithmetic.processor.vectorize(Fermat { arithmetic: &arithmetic, bits });
    let is_one = |number: BigUint| number == BigUint::from(1_u32);
    Some(to_numbers(&powers).map(is_one).into_iter().take(numbers.len()).collect())
}

fn powers_within<const S: usize>(
    bases: &[BigUint],
    exponent: &BigUint,
    modulus: &BigUint,
) -> Option<Vec<BigUint>> {
    let arithmetic = Arithmetic::<S>::new(&[modulus; LANES])?;
    let base = arithmetic.enter(&in_lanes(bases)?);
    let powers = arithmetic.processor.vectorize(Powers { arithmetic: &arithmetic, base, exponent });
    Some(to_numbers(&powers).map(|power| power % modulus).into_iter().take(bases.len()).collect())
}

/// Powers of 2 whose exponents are one less than the moduli, of up to so many bits.
struct Fermat<'a, const S: usize> {
    arithmetic: &'a Arithmetic<S>,
    bits: u64,
}

impl<const S: usize> NullaryFnOnce for Fermat<'_, S> {
    type Output = [Block; S];

    #[inline(always)]
    fn call(self) -> Self::Output {
        let mut power = self.arithmetic.one;
        // The exponent has the bits of the modulus but the lowest.
        for bit in (1..self.bits).rev() {
            power = self.arithmetic.square(&power);
            self.arithmetic.double_where(&mut power, bit as usize);
        }
        self.arithmetic.leave(&self.arithmetic.square(&power))
    }
}

/// Powers of residues, all with one exponent.
struct Powers<'a, const S: usize> {
    arithmetic: &'a Arithmetic<S>,
    base: [Block; S],
    exponent: &'a BigUint,
}

impl<const S: usize> NullaryFnOnce for Powers<'_, S> {
    type Output = [Block; S];

    #[inline(always)]
    fn call(self) -> Self::Output {
        let mut table = [self.arithmetic.one; 1 << WINDOW];
        for index in 1..table.len() {
            table[index] = self.arithmetic.multiply(&table[index - 1], &self.base);
        }
        let mut power = self.arithmetic.one;
        for window in (0..self.exponent.bits().div_ceil(WINDOW)).rev() {
            let mut index = 0;
            for bit in (window * WINDOW..(window + 1) * WINDOW).rev() {
                power = self.arithmetic.square(&power);
                index = index << 1 | usize::from(self.exponent.bit(bit));
            }
            power = self.arithmetic.multiply(&power, &table[index]);
        }
        self.arithmetic.leave(&power)
    }
}

/// Puts up to eight numbers into the lanes; the first one stands in for those that are missing.
fn in_lanes(numbers: &[BigUint]) -> Option<[&BigUint; LANES]> {
    let first = numbers.first()?;
    Some(from_fn(|lane| numbers.get(lane).unwrap_or(first)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

    use super::*;

    /// Returns the powers of the slow way.
    fn plain(bases: &[BigUint], exponent: &BigUint, modulus: &BigUint) -> Vec<BigUint> {
        bases.iter().map(|base| base.modpow(exponent, modulus)).collect()
    }

    fn plain_fermat(numbers: &[BigUint]) -> Vec<bool> {
        let one = BigUint::from(1_u32);
        numbers.iter().map(|number| BigUint::from(2_u32).modpow(&(number - &one), number) == one).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn agrees_with_the_plain_way(
            bases in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..=LANES),
            exponent in proptest::collection::vec(any::<u8>(), 0..40),
            modulus in proptest::collection::vec(any::<u8>(), 1..=256),
            full in any::<bool>(),
        ) {
            let bases: Vec<BigUint> = bases.iter().map(|bytes| BigUint::from_bytes_le(bytes)).collect();
            let [exponent, mut modulus] = [exponent, modulus].map(|bytes| BigUint::from_bytes_le(&bytes));
            if full {
                // The highest bits are where a carry gets lost.
                modulus |= (BigUint::from(1_u32) << 2048_u32) - (BigUint::from(1_u32) << 1900_u32);
            }
            modulus |= BigUint::from(3_u32);
            if let Some(powers) = powers(&bases, &exponent, &modulus) {
                prop_assert_eq!(powers, plain(&bases, &exponent, &modulus));
            }
            let numbers = [modulus.clone(), &modulus >> 1_u32 | BigUint::from(3_u32), BigUint::from(341_u32)];
            if let Some(passed) = fermat(&numbers) {
                prop_assert_eq!(passed, plain_fermat(&numbers));
            }
        }
    }

    #[test]
    fn extremes() {
        let one = BigUint::from(1_u32);
        for bits in [2_u32, 52, 208, 521, 1024, 2048] {
            let modulus = (&one << bits) - &one;
            let bases = [BigUint::ZERO, one.clone(), &modulus - &one, modulus.clone(), &modulus + &one];
            for exponent in [BigUint::ZERO, one.clone(), &modulus - &one] {
                if let Some(powers) = powers(&bases, &exponent, &modulus) {
                    assert_eq!(powers, plain(&bases, &exponent, &modulus), "{exponent} % {modulus}");
                }
            }
            if let Some(passed) = fermat(std::slice::from_ref(&modulus)) {
                assert_eq!(passed, plain_fermat(std::slice::from_ref(&modulus)), "2^{bits} - 1");
            }
        }
        assert_eq!(powers(std::slice::from_ref(&one), &one, &(&one << 2048_u32 | &one)), None);
        assert_eq!(fermat(&[]), None);
    }
}
