//! Arithmetic modulo eight odd numbers at once, by the instructions of AVX-512 for products of 52 bits.
//!
//! A number is kept in blocks of four limbs, and a limb has 52 bits. A residue stands for a number times
//! `2^(208 * S)` modulo the modulus, as in Montgomery's multiplication; the modulus leaves 16 bits free, so that a
//! residue may be anything below four times the modulus and is never compared with it.
//!
//! All that is in here has to be part of one function that is compiled for those instructions: `inline(always)`
//! sees to it, and whatever else takes a closure does not.

use std::arch::x86_64::__m512i;
use std::array::from_fn;

use num_bigint::BigUint;

/// How many numbers there are.
pub(super) const LANES: usize = 8;

/// The bits of a limb.
const LIMB: usize = 52;

pulp::simd_type! {
    /// The proof that the processor has the instructions.
    pub(super) struct Processor {
        base: "avx512f",
        products: "avx512ifma",
    }
}

/// Four limbs of each lane: the products of two such blocks just fit the registers.
pub(super) type Block = [__m512i; 4];

/// Arithmetic modulo one odd number in each lane, of `208 * S - 16` bits at most.
pub(super) struct Arithmetic<const S: usize> {
    pub(super) processor: Processor,
    numbers: [BigUint; LANES],
    modulus: [Block; S],
    /// 1 as a residue.
    pub(super) one: [Block; S],
    /// The negative inverse of the modulus modulo one limb.
    inverse: __m512i,
    zero: __m512i,
    /// All bits of a limb.
    mask: __m512i,
}

impl<const S: usize> Arithmetic<S> {
    pub(super) fn new(moduli: &[&BigUint; LANES]) -> Option<Self> {
        let processor = Processor::try_new()?;
        let mask = (1 << LIMB) - 1;
        let inverses = moduli.map(|modulus| {
            let low = modulus.iter_u64_digits().next().unwrap_or_default();
            // Newton's iteration doubles the right bits each time, from the three that any odd number has.
            let inverse = (0..5)
                .fold(low, |inverse, _| inverse.wrapping_mul(2_u64.wrapping_sub(low.wrapping_mul(inverse))));
            inverse.wrapping_neg() & mask
        });
        let zero = pulp::cast([0_u64; LANES]);
        let mut arithmetic = Self {
            processor,
            numbers: moduli.map(BigUint::clone),
            modulus: to_blocks(&moduli.map(BigUint::clone)),
            one: [[zero; 4]; S],
            inverse: pulp::cast(inverses),
            zero,
            mask: pulp::cast([mask; LANES]),
        };
        arithmetic.one = arithmetic.enter(&[&BigUint::from(1_u32); LANES]);
        Some(arithmetic)
    }

    /// Returns the residues of numbers.
    pub(super) fn enter(&self, numbers: &[&BigUint; LANES]) -> [Block; S] {
        to_blocks(&from_fn(|lane| (numbers[lane] << (4 * LIMB * S)) % &self.numbers[lane]))
    }

    /// Returns the numbers of residues; where it is a multiple of the modulus, that may be the modulus itself.
    #[inline(always)]
    pub(super) fn leave(&self, residue: &[Block; S]) -> [Block; S] {
        self.reduce(
            #[inline(always)]
            |sums, k| {
                for (sum, limb) in sums.low.iter_mut().zip(residue.get(k).into_iter().flatten()) {
                    *sum = *limb;
                }
            },
        )
    }

    #[inline(always)]
    pub(super) fn multiply(&self, first: &[Block; S], second: &[Block; S]) -> [Block; S] {
        self.reduce(
            #[inline(always)]
            |sums, k| {
                for i in (k + 1).saturating_sub(S)..S.min(k + 1) {
                    sums.add_products(self.processor, &first[i], &second[k - i]);
                }
            },
        )
    }

    #[inline(always)]
    pub(super) fn square(&self, residue: &[Block; S]) -> [Block; S] {
        self.reduce(
            #[inline(always)]
            |sums, k| {
                // Each product of two different blocks stands twice in a square.
                for i in (k + 1).saturating_sub(S)..k.div_ceil(2) {
                    sums.add_products(self.processor, &residue[i], &residue[k - i]);
                }
                sums.double(self.processor);
                if let Some(middle) = residue.get(k / 2).filter(|_| k % 2 == 0) {
                    sums.add_products(self.processor, middle, middle);
                }
            },
        )
    }

    /// Doubles a residue below twice the modulus in the lanes whose modulus has a bit set.
    #[inline(always)]
    pub(super) fn double_where(&self, residue: &mut [Block; S], bit: usize) {
        let base = self.processor.base;
        let word = self.modulus.as_flattened()[bit / LIMB];
        let position = base._mm512_set1_epi64((bit % LIMB) as i64);
        let up = base._mm512_and_si512(base._mm512_srlv_epi64(word, position), base._mm512_set1_epi64(1));
        let down = base._mm512_sub_epi64(base._mm512_set1_epi64(LIMB as i64), up);
        let mut carry = self.zero;
        for limb in residue.as_flattened_mut() {
            let shifted = base._mm512_or_si512(base._mm512_sllv_epi64(*limb, up), carry);
            carry = base._mm512_srlv_epi64(*limb, down);
            *limb = base._mm512_and_si512(shifted, self.mask);
        }
    }

    /// Divides numbers by `2^(208 * S)` modulo the moduli: those whose blocks from the lowest on are the sums of
    /// the products that are added to them.
    #[inline(always)]
    fn reduce(&self, add_products: impl Fn(&mut Sums, usize)) -> [Block; S] {
        let Processor { base, products } = self.processor;
        let mut factors = [[self.zero; 4]; S];
        let mut result = [[self.zero; 4]; S];
        let mut above = [self.zero; 4];
        for k in 0..2 * S {
            let mut sums = Sums { low: [self.zero; 7], high: [self.zero; 7] };
            add_products(&mut sums, k);
            for (i, factors) in factors.iter().enumerate().take(k).skip((k + 1).saturating_sub(S)) {
                sums.add_products(self.processor, factors, &self.modulus[k - i]);
            }
            let mut limbs = sums.limbs(self.processor, &above);
            if let Some(factors) = factors.get_mut(k) {
                for t in 0..4 {
                    // Whatever multiple of the modulus takes away the lowest limb that is left.
                    factors[t] = products._mm512_madd52lo_epu64(self.zero, limbs[t], self.inverse);
                    for (u, modulus) in self.modulus[0].into_iter().enumerate() {
                        limbs[t + u] = products._mm512_madd52lo_epu64(limbs[t + u], factors[t], modulus);
                        limbs[t + u + 1] =
                            products._mm512_madd52hi_epu64(limbs[t + u + 1], factors[t], modulus);
                    }
                    let carry = base._mm512_srli_epi64::<52>(limbs[t]);
                    limbs[t + 1] = base._mm512_add_epi64(limbs[t + 1], carry);
                }
            } else {
                for t in 0..4 {
                    result[k - S][t] = base._mm512_and_si512(limbs[t], self.mask);
                    let carry = base._mm512_srli_epi64::<52>(limbs[t]);
                    limbs[t + 1] = base._mm512_add_epi64(limbs[t + 1], carry);
                }
            }
            above.copy_from_slice(&limbs[4..]);
        }
        result
    }
}

/// Sums of products of limbs of two blocks, by the sum of the indexes of the limbs.
struct Sums {
    /// The lower halves.
    low: [__m512i; 7],
    /// The upper halves, which belong one limb further up.
    high: [__m512i; 7],
}

impl Sums {
    #[inline(always)]
    fn add_products(&mut self, processor: Processor, first: &Block, second: &Block) {
        for (i, first) in first.iter().copied().enumerate() {
            for (j, second) in second.iter().copied().enumerate() {
                self.low[i + j] = processor.products._mm512_madd52lo_epu64(self.low[i + j], first, second);
                self.high[i + j] = processor.products._mm512_madd52hi_epu64(self.high[i + j], first, second);
            }
        }
    }

    #[inline(always)]
    fn double(&mut self, processor: Processor) {
        for (low, high) in self.low.iter_mut().zip(&mut self.high) {
            *low = processor.base._mm512_add_epi64(*low, *low);
            *high = processor.base._mm512_add_epi64(*high, *high);
        }
    }

    /// Returns the sums by the limb that they belong to, with what the block below left for this one.
    #[inline(always)]
    fn limbs(&self, processor: Processor, below: &Block) -> [__m512i; 8] {
        let mut limbs = [processor.base._mm512_setzero_si512(); 8];
        limbs[..4].copy_from_slice(below);
        for (t, (low, high)) in self.low.iter().zip(&self.high).enumerate() {
            limbs[t] = processor.base._mm512_add_epi64(limbs[t], *low);
            limbs[t + 1] = processor.base._mm512_add_epi64(limbs[t + 1], *high);
        }
        limbs
    }
}

/// Returns numbers below `2^(208 * S)` as blocks.
fn to_blocks<const S: usize>(numbers: &[BigUint; LANES]) -> [Block; S] {
    let digits = numbers.each_ref().map(BigUint::to_u64_digits);
    let digit = |lane: usize, index: usize| u128::from(digits[lane].get(index).copied().unwrap_or_default());
    let limb = |bit: usize, lane: usize| {
        let wide = digit(lane, bit / 64 + 1) << 64 | digit(lane, bit / 64);
        (wide >> (bit % 64)) as u64 & ((1 << LIMB) - 1)
    };
    from_fn(|block| {
        from_fn(|index| pulp::cast(from_fn::<u64, LANES, _>(|lane| limb((4 * block + index) * LIMB, lane))))
    })
}

pub(super) fn to_numbers(blocks: &[Block]) -> [BigUint; LANES] {
    let limbs: Vec<[u64; LANES]> = blocks.as_flattened().iter().map(|limb| pulp::cast(*limb)).collect();
    from_fn(|lane| limbs.iter().rev().fold(BigUint::ZERO, |number, limb| (number << LIMB) + limb[lane]))
}
