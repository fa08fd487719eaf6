//! Resource quantities: `quantity('500m')`.

use std::cmp::Ordering;

use aqueduct_manifest::Quantity;
use cel::common::types::{CelBool, CelDouble, CelInt, CelString};
use cel::{DeclarationError, Env, ExecutionError, add_member_overload, add_overload};

use super::failure;
use super::opaque::opaque;

opaque!(
    /// A quantity.
    Amount(Quantity),
    "kubernetes.Quantity"
);

const NANOS: i128 = 1_000_000_000;

pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    add_overload!(env, fn quantity: (CelString) -> Result<Amount>)?;
    add_overload!(env, fn is_quantity: (CelString) -> CelBool)?;
    add_overload!(env, fn sign: (Amount) -> CelInt)?;
    add_member_overload!(env, fn is_integer: (Amount) -> CelBool)?;
    add_member_overload!(env, fn as_integer: (Amount) -> Result<CelInt>)?;
    add_member_overload!(env, fn as_approximate_float: (Amount) -> CelDouble)?;
    add_member_overload!(env, fn add: (Amount, Amount) -> Amount)?;
    add_member_overload!(env, fn sub: (Amount, Amount) -> Amount)?;
    add_member_overload!(env, fn add_int: (Amount, CelInt) -> Amount, name = "add", id = "quantity_add_int")?;
    add_member_overload!(env, fn sub_int: (Amount, CelInt) -> Amount, name = "sub", id = "quantity_sub_int")?;
    add_member_overload!(env, fn is_greater_than: (Amount, Amount) -> CelBool)?;
    add_member_overload!(env, fn is_less_than: (Amount, Amount) -> CelBool)?;
    add_member_overload!(env, fn compare_to: (Amount, Amount) -> CelInt)
}

fn quantity(text: &CelString<'_>) -> Result<Amount, ExecutionError> {
    let text = text.inner();
    let amount = text.parse().map(Amount);
    amount.map_err(|_| {
        failure(
            "quantity",
            "quantities must match the regular expression \
        '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                .to_owned(),
        )
    })
}

fn is_quantity(text: &CelString<'_>) -> CelBool {
    quantity(text).is_ok().into()
}

fn sign(amount: &Amount) -> CelInt {
    (amount.0.billionths().signum() as i64).into()
}

fn whole(amount: &Amount) -> Option<i64> {
    let nanos = amount.0.billionths();
    if nanos % NANOS == 0 { i64::try_from(nanos / NANOS).ok() } else { None }
}

fn is_integer(amount: &Amount) -> CelBool {
    whole(amount).is_some().into()
}

fn as_integer(amount: &Amount) -> Result<CelInt, ExecutionError> {
    let number = whole(amount).map(CelInt::from);
    number.ok_or_else(|| failure("asInteger", "cannot convert value to integer".to_owned()))
}

fn as_approximate_float(amount: &Amount) -> CelDouble {
    (amount.0.billionths() as f64 / NANOS as f64).into()
}

fn add(left: &Amount, right: &Amount) -> Amount {
    Amount(left.0.plus(right.0))
}

fn sub(left: &Amount, right: &Amount) -> Amount {
    Amount(left.0.minus(right.0))
}

fn units(number: &CelInt) -> Quantity {
    let units = Quantity::units(number.inner().unsigned_abs());
    if *number.inner() < 0 { Quantity::default().minus(units) } else { units }
}

fn add_int(left: &Amount, right: &CelInt) -> Amount {
    Amount(left.0.plus(units(right)))
}

fn sub_int(left: &Amount, right: &CelInt) -> Amount {
    Amount(left.0.minus(units(right)))
}

fn is_greater_than(left: &Amount, right: &Amount) -> CelBool {
    (left.0 > right.0).into()
}

fn is_less_than(left: &Amount, right: &Amount) -> CelBool {
    (left.0 < right.0).into()
}

fn compare_to(left: &Amount, right: &Amount) -> CelInt {
    compared(left.0.cmp(&right.0))
}

/// Returns -1, 0 or 1.
pub(super) fn compared(order: Ordering) -> CelInt {
    (order as i64).into()
}
