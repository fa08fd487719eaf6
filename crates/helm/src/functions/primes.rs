//! Primes, for keys that are made of them.

use num_bigint::BigUint;

use super::random::Generator;

/// How many rounds the test for primes takes; a composite number passes one with a chance of 1 in 4 at most.
const ROUNDS: usize = 20;

const SMALL: [u32; 167] = small_primes();

/// The odd primes below 1000.
const fn small_primes() -> [u32; 167] {
    let mut primes = [0; 167];
    let (mut count, mut number) = (0, 3);
    while count < primes.len() {
        let (mut divisor, mut prime) = (3, true);
        while divisor * divisor <= number {
            if number % divisor == 0 {
                prime = false;
            }
            divisor += 2;
        }
        if prime {
            primes[count] = number;
            count += 1;
        }
        number += 2;
    }
    primes
}

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

/// Returns a random prime of so many bits, the two highest of them set, so that the product of two such primes
/// has all its bits.
pub(super) fn prime(generator: &mut Generator, bits: u64) -> BigUint {
    loop {
        let mut candidate = number_of_bits(generator, bits);
        candidate.set_bit(bits.saturating_sub(2), true);
        candidate.set_bit(0, true);
        if is_prime(generator, &candidate) {
            return candidate;
        }
    }
}

/// Tells whether a number is a prime, by trial division and the test of Miller and Rabin.
pub(super) fn is_prime(generator: &mut Generator, number: &BigUint) -> bool {
    let one = BigUint::from(1_u32);
    if *number < BigUint::from(4_u32) {
        return *number > one;
    }
    if !number.bit(0) {
        return false;
    }
    for small in SMALL {
        if number % small == BigUint::ZERO {
            return *number == BigUint::from(small);
        }
    }
    let minus_one = number - &one;
    let twos = minus_one.trailing_zeros().unwrap_or_default();
    let odd = &minus_one >> twos;
    let two = BigUint::from(2_u32);
    (0..ROUNDS).all(|round| {
        // The first base weeds out nearly all; randomness is for those that remain.
        let base = if round == 0 { two.clone() } else { number_below(generator, &minus_one) };
        let mut power = base.modpow(&odd, number);
        if power == one || power == minus_one {
            return true;
        }
        for _ in 1..twos {
            power = power.modpow(&two, number);
            if power == minus_one {
                return true;
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_primes() {
        let mut generator = Generator::from_seed([1; 32]);
        for (number, expected) in
            [(2_u64, true), (561, false), (997, true), (1_000_003, true), (3_215_031_751, false)]
        {
            assert_eq!(is_prime(&mut generator, &BigUint::from(number)), expected, "{number}");
        }
        let mersenne = (BigUint::from(1_u32) << 127_u32) - 1_u32;
        assert!(is_prime(&mut generator, &mersenne));
        let found = prime(&mut generator, 128);
        assert_eq!(found.bits(), 128);
    }
}
