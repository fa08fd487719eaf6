//! Functions for optional and other values: `orValue` and `or` return a value that is not optional unchanged, as
//! Kubernetes does.

use cel::common::types::{CelOptional, DYN_TYPE};
use cel::common::value::CowVal;
use cel::{DeclarationError, Env, ExecutionError};

use super::failure;
use crate::datum;

pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_member_overload("@orValue", "@orValue", DYN_TYPE, vec![DYN_TYPE], or_value)?;
    env.add_member_overload("@or", "@or", DYN_TYPE, vec![DYN_TYPE], or)?;
    // A call of the authorizer gives an error and leaves a marker.
    for (name, count) in [("path", 1), ("group", 1), ("serviceAccount", 2)] {
        let given = (0..count).map(|_| DYN_TYPE).collect();
        env.add_member_overload(name, &format!("authorizer_{name}"), datum::unknown_type(), given, unknown)?;
    }
    Ok(())
}

fn pair<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<[CowVal<'b, 'v>; 2], ExecutionError> {
    arguments
        .try_into()
        .map_err(|arguments: Vec<_>| ExecutionError::invalid_argument_count(2, arguments.len()))
}

fn or_value<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [value, other] = pair(arguments)?;
    Ok(match value.downcast_ref::<CelOptional<'_>>().map(CelOptional::inner) {
        Some(Some(inner)) => CowVal::Owned(inner.clone_as_boxed()),
        Some(None) => other,
        None => value,
    })
}

fn or<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [value, other] = pair(arguments)?;
    let is_none = value.downcast_ref::<CelOptional<'_>>().is_some_and(|optional| optional.inner().is_none());
    Ok(if is_none { other } else { value })
}

fn unknown<'b, 'v>(_arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    Err(failure("authorizer", "only a server can tell".to_owned()))
}
