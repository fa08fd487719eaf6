//! Primes, for keys that are made of them: a random number and those that follow it are sieved by small primes,
//! and what is left is put to the test of Miller and Rabin.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use num_bigint::BigUint;

use super::montgomery::power;
use super::random::Generator;

/// How many odd numbers in a row are sieved; hardly ever is none of them a prime.
const SPAN: usize = 8192;

/// How many numbers are tested at once; see [`super::lanes`].
const BATCH: usize = 8;

/// How many small primes are tried on a number that was not sieved.
const TRIALS: usize = 512;

/// The odd primes below 2^16. A larger sieve takes longer than the tests that it saves.
static SMALL: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut prime = vec![true; 1 << 16];
    for number in (3..1 << 8).step_by(2) {
        if prime.get(number) == Some(&true) {
            prime.iter_mut().skip(number * number).step_by(number).for_each(|prime| *prime = false);
        }
    }
    (3_u32..)
        .step_by(2)
        .zip(prime.iter().skip(3).step_by(2))
        .filter(|(_, prime)| **prime)
        .map(|(number, _)| number)
        .collect()
});

/// Returns a random number of exactly so many bits.
pub(super) fn number_of_bits(generator: &mut Generator, bits: u64) -> BigUint {
    let bytes = usize::try_from(bits.div_ceil(8)).unwrap_or_default();
    let mut number = BigUint::from_bytes_be(&generator.bytes(bytes)) >> (bits.div_ceil(8) * 8 - bits);
    number.set_bit(bits.saturating_sub(1), true);
    number
}

/// Returns a random number from 1 to below a bound.
pub(super) fn number_below(generator: &mut Generator, bound: &BigUint) -> BigUint {
    let bytes = usize::try_from(bound.bits().div_ceil(8)).unwrap_or_default();
    loop {
        let excess = bound.bits().div_ceil(8) * 8 - bound.bits();
        let number = BigUint::from_bytes_be(&generator.bytes(bytes)) >> excess;
        if number > BigUint::ZERO && number < *bound {
            return number;
        }
    }
}

/// Returns a random prime of so many bits, 32 at least, the two highest of them set, so that the product of two
/// such primes has all its bits.
pub(super) fn prime(generator: &mut Generator, bits: u64) -> BigUint {
    loop {
        let mut start = number_of_bits(generator, bits);
        start.set_bit(bits.saturating_sub(2), true);
        start.set_bit(0, true);
        let left = sieve(&start);
        let batches: Vec<&[usize]> = left.chunks(BATCH).collect();
        let found = first(batches.len(), |index| {
            let numbers: Vec<BigUint> =
                batches.get(index)?.iter().map(|distance| &start + 2 * distance).collect();
            first_passing(&numbers).cloned()
        });
        let found = found.filter(|number| number.bits() == bits);
        if let Some(prime) = found.filter(|number| passes_random(generator, number)) {
            return prime;
        }
    }
}

/// Returns how far the odd numbers from a start on that no small prime divides are from it, in steps of two.
fn sieve(start: &BigUint) -> Vec<usize> {
    let mut composite = vec![false; SPAN];
    // Four primes at once fit a word, which saves divisions of the long number.
    for primes in SMALL.chunks(4) {
        let product: u64 = primes.iter().copied().map(u64::from).product();
        let rest = u64::try_from(start % product).unwrap_or_default();
        for prime in primes.iter().copied().map(u64::from) {
            let missing = prime - rest % prime;
            let steps = if missing.is_multiple_of(2) { missing } else { missing + prime } / 2;
            let (first, step) = (steps % prime, prime);
            for number in composite.iter_mut().skip(first as usize).step_by(step as usize) {
                *number = true;
            }
        }
    }
    composite.iter().enumerate().filter(|(_, composite)| !**composite).map(|(distance, _)| distance).collect()
}

/// Returns what a search, which takes its time, finds at the least of so many indexes where it finds anything.
fn first<T: Send>(count: usize, search: impl Fn(usize) -> Option<T> + Sync) -> Option<T> {
    let (next, end, found) = (AtomicUsize::new(0), AtomicUsize::new(count), Mutex::new(None));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            // Whoever took a lesser index still searches there, so that chance has no say in what is found.
            if index >= end.load(Ordering::Relaxed) {
                return;
            }
            let Some(result) = search(index) else { continue };
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            if end.fetch_min(index, Ordering::Relaxed) > index {
                *found = Some(result);
            }
        }
    };
    rayon::scope(|scope| {
        for _ in 1..rayon::current_num_threads().min(count) {
            scope.spawn(|_| work());
        }
        work();
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Tells whether a random number is a prime.
pub(super) fn is_prime(generator: &mut Generator, number: &BigUint) -> bool {
    if let Ok(number) = u32::try_from(number) {
        let divisors = SMALL.iter().take_while(|prime| prime.saturating_mul(**prime) <= number);
        return number == 2
            || number > 2 && number % 2 == 1 && divisors.copied().all(|prime| number % prime > 0);
    }
    let divisible = |prime: &u32| number % *prime == BigUint::ZERO;
    number.bit(0)
        && !SMALL.iter().take(TRIALS).any(divisible)
        && passes(number, &[BigUint::from(2_u32)])
        && passes_random(generator, number)
}

/// Returns the first of a few odd numbers that looks like a prime at first sight.
fn first_passing(numbers: &[BigUint]) -> Option<&BigUint> {
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    if let Some(passed) = super::lanes::fermat(numbers) {
        return numbers.iter().zip(passed).find_map(|(number, passed)| passed.then_some(number));
    }
    let two = [BigUint::from(2_u32)];
    numbers.iter().find(|number| passes(number, &two))
}

/// Tells whether an odd number passes the test of Miller and Rabin with random bases.
fn passes_random(generator: &mut Generator, number: &BigUint) -> bool {
    // So many rounds FIPS 186-5 asks for (appendix B.3, for an error of 2^-112); smaller numbers are not for use.
    let rounds = match number.bits() {
        1536.. => 4,
        1024.. => 5,
        _ => 20,
    };
    let bases: Vec<BigUint> = (0..rounds).map(|_| number_below(generator, number)).collect();
    bases.chunks(BATCH).all(|bases| passes(number, bases))
}

/// Tells whether an odd number passes the test of Miller and Rabin with a few bases; one that is no prime passes
/// each with a chance of 1 in 4 at most.
fn passes(number: &BigUint, bases: &[BigUint]) -> bool {
    let one = BigUint::from(1_u32);
    let minus_one = number - &one;
    let twos = minus_one.trailing_zeros().unwrap_or_default();
    powers(bases, &(&minus_one >> twos), number).into_iter().all(|mut residue| {
        if residue == one || residue == minus_one {
            return true;
        }
        (1..twos).any(|_| {
            residue = &residue * &residue % number;
            residue == minus_one
        })
    })
}

/// Returns powers of a few numbers modulo an odd number.
fn powers(bases: &[BigUint], exponent: &BigUint, modulus: &BigUint) -> Vec<BigUint> {
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    if let Some(powers) = super::lanes::powers(bases, exponent, modulus) {
        return powers;
    }
    bases.iter().map(|base| power(base, exponent, modulus)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_primes() {
        assert_eq!(SMALL.len(), 6541);
        assert_eq!(SMALL.first(), Some(&3));
        assert_eq!(SMALL.last(), Some(&65_521));
    }

    #[test]
    fn known_primes() {
        let mut generator = Generator::from_seed([1; 32]);
        for (number, expected) in [
            (0_u64, false),
            (1, false),
            (2, true),
            (3, true),
            (9, false),
            (561, false),
            (997, true),
            (1_000_003, true),
            (3_215_031_751, false),
            (4_294_967_291, true),
            (4_294_967_311, true),
            (341_550_071_728_321, false),
            (3_825_123_056_546_413_051, false),
            (18_446_744_073_709_551_557, true),
        ] {
            assert_eq!(is_prime(&mut generator, &BigUint::from(number)), expected, "{number}");
        }
        for (exponent, expected) in [(89_u32, true), (127, true), (521, true), (523, false), (1279, true)] {
            let mersenne = (BigUint::from(1_u32) << exponent) - 1_u32;
            assert_eq!(is_prime(&mut generator, &mersenne), expected, "2^{exponent} - 1");
        }
    }

    #[test]
    fn found_primes() {
        for bits in [32, 33, 64, 128, 200] {
            let mut generator = Generator::from_seed([1; 32]);
            let found = prime(&mut generator, bits);
            assert_eq!(found.bits(), bits);
            assert!(found.bit(bits - 2));
            assert!(is_prime(&mut generator, &found));
            assert_eq!(prime(&mut Generator::from_seed([1; 32]), bits), found, "the seed decides");
        }
    }

    #[test]
    fn a_seed_finds_the_same_prime_everywhere() {
        let found = prime(&mut Generator::from_seed([9; 32]), 512);
        let low = found.iter_u64_digits().next().unwrap_or_default();
        assert_eq!(low, 10_000_830_835_124_345_707, "whether the processor has lanes makes no difference");
    }

    #[test]
    fn sieved() {
        let start = BigUint::from(1_000_000_001_u32);
        let left = sieve(&start);
        for distance in 0..SPAN {
            let is_prime = is_prime(&mut Generator::from_seed([1; 32]), &(&start + 2 * distance));
            // Below 2^32 the sieve decides by itself.
            assert_eq!(left.contains(&distance), is_prime, "{distance}");
        }
    }

    #[test]
    fn the_first_of_many() {
        let search = |count, holds: fn(usize) -> bool| first(count, |index| holds(index).then_some(index));
        assert_eq!(search(1000, |index| index % 7 == 6), Some(6));
        assert_eq!(search(1000, |index| index == 999), Some(999));
        assert_eq!(search(1000, |_| false), None);
        assert_eq!(search(0, |_| true), None);
    }
}
