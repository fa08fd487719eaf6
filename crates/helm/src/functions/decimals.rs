//! Fractions: sprig's `addf` and similar functions, which calculate in decimals like the Go library
//! shopspring/decimal, so that 0.1 and 0.2 make 0.3.

use num_bigint::BigInt;

use super::arguments::{Answer, Arguments};
use super::numbers::to_float;
use crate::template::{Call, FunctionError};
use crate::value::Value;

/// How many decimal places a quotient has.
const QUOTIENT_DIGITS: i64 = 16;

/// A decimal number: `value * 10^exponent`.
#[derive(Clone, Debug)]
struct Decimal {
    value: BigInt,
    exponent: i64,
}

impl Decimal {
    /// Returns the shortest decimal that parses to the same float.
    fn new(float: f64) -> Result<Self, FunctionError> {
        if !float.is_finite() {
            let name = if float.is_nan() {
                "NaN"
            } else if float > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            return Err(FunctionError::new(format!("Cannot create a Decimal from {name}")));
        }
        let text = format!("{float:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let fraction = mantissa.split_once('.').map_or("", |(_, fraction)| fraction);
        let digits: String = mantissa.chars().filter(|digit| *digit != '.').collect();
        let unreadable = |_| FunctionError::new(format!("can't convert {float} to decimal"));
        Ok(Self {
            value: digits
                .parse()
                .map_err(|_| FunctionError::new(format!("can't convert {float} to decimal")))?,
            exponent: exponent.parse::<i64>().map_err(unreadable)?
                - i64::try_from(fraction.len()).unwrap_or(0),
        })
    }

    fn float(&self) -> f64 {
        format!("{}e{}", self.value, self.exponent).parse().unwrap_or(0.0)
    }

    /// Returns the values of both at the smaller of their exponents.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt, i64) {
        let exponent = self.exponent.min(other.exponent);
        (self.scaled(exponent), other.scaled(exponent), exponent)
    }

    fn scaled(&self, exponent: i64) -> BigInt {
        &self.value * power_of_ten(self.exponent - exponent)
    }

    fn add(&self, other: &Self) -> Self {
        let (left, right, exponent) = self.aligned(other);
        Self { value: left + right, exponent }
    }

    fn subtract(&self, other: &Self) -> Self {
        let (left, right, exponent) = self.aligned(other);
        Self { value: left - right, exponent }
    }

    fn multiply(&self, other: &Self) -> Self {
        Self { value: &self.value * &other.value, exponent: self.exponent + other.exponent }
    }

    /// Divides to a fixed number of decimal places, rounding halves away from zero.
    fn divide(&self, other: &Self) -> Result<Self, FunctionError> {
        let zero = BigInt::ZERO;
        if other.value == zero {
            return Err(FunctionError::new("decimal division by 0"));
        }
        let shift = self.exponent - other.exponent + QUOTIENT_DIGITS;
        let numerator = &self.value * power_of_ten(shift.max(0));
        let denominator = &other.value * power_of_ten((-shift).max(0));
        let quotient = &numerator / &denominator;
        let rest = &numerator % &denominator;
        let doubled: BigInt = &rest * 2;
        let round_up = doubled.magnitude() >= denominator.magnitude();
        let is_negative = (numerator < zero) != (denominator < zero);
        let value = match (round_up, is_negative) {
            (false, _) => quotient,
            (true, false) => quotient + 1,
            (true, true) => quotient - 1,
        };
        Ok(Self { value, exponent: -QUOTIENT_DIGITS })
    }
}

fn power_of_ten(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or_default())
}

fn reckon(
    first: f64,
    rest: &[Value],
    operation: impl Fn(&Decimal, &Decimal) -> Result<Decimal, FunctionError>,
) -> Answer {
    let mut total = Decimal::new(first)?;
    for value in rest {
        total = operation(&total, &Decimal::new(to_float(value))?)?;
    }
    Ok(total.float().into())
}

fn first_and_rest(arguments: &[Value]) -> Result<(f64, &[Value]), FunctionError> {
    Ok((to_float(Arguments(arguments).value(0)?), Arguments(arguments).from(1)))
}

pub(super) fn addf(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    reckon(0.0, arguments, |left, right| Ok(left.add(right)))
}

pub(super) fn add1f(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (first, _) = first_and_rest(arguments)?;
    reckon(first, &[Value::int(1)], |left, right| Ok(left.add(right)))
}

pub(super) fn subf(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (first, rest) = first_and_rest(arguments)?;
    reckon(first, rest, |left, right| Ok(left.subtract(right)))
}

pub(super) fn mulf(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (first, rest) = first_and_rest(arguments)?;
    reckon(first, rest, |left, right| Ok(left.multiply(right)))
}

pub(super) fn divf(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let (first, rest) = first_and_rest(arguments)?;
    reckon(first, rest, Decimal::divide)
}

pub(super) fn maxf(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(arguments
        .iter()
        .map(to_float)
        .reduce(|left, right| extreme(left, right, f64::max))
        .unwrap_or(0.0)
        .into())
}

pub(super) fn minf(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(arguments
        .iter()
        .map(to_float)
        .reduce(|left, right| extreme(left, right, f64::min))
        .unwrap_or(0.0)
        .into())
}

/// Go's `math.Max` and `math.Min` propagate a `NaN`; Rust's drop it.
fn extreme(left: f64, right: f64, choose: fn(f64, f64) -> f64) -> f64 {
    if left.is_nan() || right.is_nan() { f64::NAN } else { choose(left, right) }
}

pub(super) fn float64(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(to_float(Arguments(arguments).value(0)?).into())
}

pub(super) fn floor(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(to_float(Arguments(arguments).value(0)?).floor().into())
}

pub(super) fn ceil(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(to_float(Arguments(arguments).value(0)?).ceil().into())
}

/// Rounds to a number of digits; a third argument sets the fraction from which it rounds up.
pub(super) fn round(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let value = to_float(Arguments(arguments).value(0)?);
    let places = Arguments(arguments).int(1)?;
    let threshold = Arguments(arguments).from(2).first().map_or(0.5, to_float);
    let power = power(places);
    let scaled = power * value;
    let rounded = if scaled.fract() >= threshold { scaled.ceil() } else { scaled.floor() };
    Ok((rounded / power).into())
}

/// Returns a power of ten with the rounding errors of Go's `math.Pow`: by squaring, with a single division for
/// negative exponents.
fn power(exponent: i64) -> f64 {
    let (mut result, mut base) = (1.0_f64, 10.0_f64);
    let mut left = exponent.unsigned_abs();
    while left > 0 {
        if left & 1 == 1 {
            result *= base;
        }
        base *= base;
        left >>= 1;
    }
    if exponent < 0 { 1.0 / result } else { result }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotient(left: f64, right: f64) -> f64 {
        let (left, right) = (Decimal::new(left).expect("finite"), Decimal::new(right).expect("finite"));
        left.divide(&right).expect("not zero").float()
    }

    #[test]
    fn decimals() {
        let (tenth, fifth) = (Decimal::new(0.1).expect("finite"), Decimal::new(0.2).expect("finite"));
        assert!((tenth.add(&fifth).float() - 0.3).abs() == 0.0);
        assert!((tenth.multiply(&tenth).float() - 0.01).abs() == 0.0);
        assert!((quotient(1.0, 3.0) - 0.333_333_333_333_333_3).abs() == 0.0);
        assert!((quotient(-2.0, 3.0) + 0.666_666_666_666_666_7).abs() == 0.0);
        assert!((quotient(1e20, 3.0) - 3.333_333_333_333_333e19).abs() < 1e4);
        assert!(tenth.divide(&Decimal::new(0.0).expect("finite")).is_err());
        assert!(Decimal::new(f64::NAN).is_err());
    }
}
