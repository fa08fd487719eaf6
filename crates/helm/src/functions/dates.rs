//! Dates and durations: format, parse, shift and measure them.

use aqueduct_manifest::float;

use super::arguments::{Answer, Arguments};
use super::duration::{self, SECOND};
use super::numbers::{parse_float, parse_int_saturating};
use super::strings::trim_space;
use super::time::{Time, Zone, as_time, time_argument};
use super::time_parse::parse;
use super::time_units::{Duration, in_unit};
use crate::template::{Call, FunctionError, Moment};
use crate::value::{Kind, Value};

pub(super) fn now(call: &mut Call<'_>, _: &[Value]) -> Answer {
    let zone = Zone::local(&call.time_zone());
    Ok(Value::native(Time::new(call.now()?, zone)))
}

/// Returns the time that a date argument denotes: a time or seconds since 1970; for anything else, the current time.
fn time_of(call: &mut Call<'_>, value: &Value) -> Result<Time, FunctionError> {
    if let Some(time) = as_time(value) {
        return Ok(time.clone());
    }
    let moment = match value {
        Value::Int(Kind::Int | Kind::Int32 | Kind::Int64, seconds) => {
            Moment { seconds: *seconds, nanoseconds: 0 }
        }
        _ => call.now()?,
    };
    Ok(Time::new(moment, Zone::local(&call.time_zone())))
}

fn formatted(call: &mut Call<'_>, layout: &[u8], date: &Value, zone: &str) -> Answer {
    let zone = Zone::load(zone, &call.time_zone()).unwrap_or(Zone::Utc);
    Ok(Value::String(time_of(call, date)?.within(zone).format(layout)))
}

pub(super) fn date(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    formatted(call, Arguments(arguments).bytes(0)?, Arguments(arguments).value(1)?, "Local")
}

pub(super) fn date_in_zone(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let arguments = Arguments(arguments);
    formatted(call, arguments.bytes(0)?, arguments.value(1)?, &arguments.text(2)?.to_str())
}

pub(super) fn html_date(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    formatted(call, b"2006-01-02", Arguments(arguments).value(0)?, "Local")
}

pub(super) fn html_date_in_zone(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let zone = Arguments(arguments).text(1)?.to_str();
    formatted(call, b"2006-01-02", Arguments(arguments).value(0)?, &zone)
}

pub(super) fn date_modify(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    match duration::parse(&Arguments(arguments).text(0)?.to_str()) {
        Ok(shift) => Ok(Value::native(time_argument(arguments, 1)?.plus(shift))),
        Err(_) => Ok(Arguments(arguments).value(1)?.clone()),
    }
}

pub(super) fn must_date_modify(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let shift = duration::parse(&Arguments(arguments).text(0)?.to_str())?;
    Ok(Value::native(time_argument(arguments, 1)?.plus(shift)))
}

pub(super) fn to_date(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(must_to_date(call, arguments).unwrap_or_else(|_| Value::native(Time::zero())))
}

pub(super) fn must_to_date(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let parsed = parse(Arguments(arguments).bytes(0)?, Arguments(arguments).bytes(1)?)?;
    Ok(Value::native(Time::from_parsed(&parsed, &call.time_zone())))
}

pub(super) fn unix_epoch(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(time_argument(arguments, 0)?.seconds.to_string().into())
}

pub(super) fn ago(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let value = Arguments(arguments).value(0)?;
    let then = match value {
        // Sprig does not handle this kind here.
        Value::Int(Kind::Int32, _) => time_of(call, &Value::Nil)?,
        _ => time_of(call, value)?,
    };
    let now = Time::new(call.now()?, Zone::Utc);
    Ok(duration::format(duration::round(now.since(&then), SECOND)).into())
}

/// Formats seconds as a duration; accepts only strings and `int64`.
pub(super) fn duration(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let seconds = match Arguments(arguments).value(0)? {
        Value::String(text) => text.as_str().and_then(parse_int_saturating).unwrap_or(0),
        Value::Int(Kind::Int64, seconds) => *seconds,
        _ => 0,
    };
    Ok(duration::format(seconds.wrapping_mul(SECOND)).into())
}

/// Formats a duration in its largest unit.
pub(super) fn duration_round(call: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let value = Arguments(arguments).value(0)?;
    let nanoseconds = match value {
        Value::String(text) => duration::parse(&text.to_str()).unwrap_or(0),
        Value::Int(Kind::Int64, nanoseconds) => *nanoseconds,
        _ => match as_time(value) {
            Some(then) => Time::new(call.now()?, Zone::Utc).since(then),
            None => 0,
        },
    };
    const HOUR: u64 = 3_600_000_000_000;
    let units = [
        (365 * 24 * HOUR, "y"),
        (30 * 24 * HOUR, "mo"),
        (24 * HOUR, "d"),
        (HOUR, "h"),
        (HOUR / 60, "m"),
        (HOUR / 3600, "s"),
    ];
    let nanoseconds = nanoseconds.unsigned_abs();
    let unit = units.iter().find(|(length, _)| nanoseconds > *length);
    Ok(unit
        .map_or_else(|| "0s".to_owned(), |(length, name)| format!("{}{name}", nanoseconds / length))
        .into())
}

/// Accepts strings such as `1h30m` or `2.5`, and numbers, which are seconds.
fn as_duration(value: &Value) -> Result<i64, FunctionError> {
    let overflow =
        |seconds: &dyn std::fmt::Display| FunctionError::new(format!("duration seconds overflow: {seconds}"));
    let from_float = |seconds: f64| {
        if !seconds.is_finite() {
            return Err(FunctionError::new(format!("invalid duration seconds: {}", float_name(seconds))));
        }
        let nanoseconds = seconds * SECOND as f64;
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&nanoseconds) {
            return Err(overflow(&float::shortest(seconds)));
        }
        Ok(nanoseconds as i64)
    };
    match value {
        Value::String(text) => {
            let trimmed = String::from_utf8_lossy(trim_space(text.as_bytes())).into_owned();
            if trimmed.is_empty() {
                return Err(FunctionError::new("empty duration"));
            }
            if let Ok(nanoseconds) = duration::parse(&trimmed) {
                return Ok(nanoseconds);
            }
            match parse_float(&trimmed) {
                Some(seconds) => from_float(seconds),
                None => {
                    let quoted = crate::template::quote(text.as_bytes(), crate::template::Charset::Unicode);
                    Err(FunctionError::new(format!("could not parse duration {quoted}")))
                }
            }
        }
        Value::Nil | Value::NilInterface => Err(FunctionError::new("invalid duration")),
        Value::Int(_, seconds) => seconds.checked_mul(SECOND).ok_or_else(|| overflow(seconds)),
        Value::Uint(_, seconds) => {
            let nanoseconds = i64::try_from(*seconds).ok().and_then(|seconds| seconds.checked_mul(SECOND));
            nanoseconds.ok_or_else(|| overflow(seconds))
        }
        Value::Float(seconds) => from_float(*seconds),
        Value::Native(native) if native.type_name() == "time.Duration" => {
            Ok(value.as_i64().unwrap_or_default())
        }
        _ => Err(FunctionError::new(format!("unsupported duration type {}", value.type_name()))),
    }
}

fn float_name(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

pub(super) fn must_to_duration(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::native(Duration(as_duration(Arguments(arguments).value(0)?)?)))
}

/// Returns a duration in a unit; 0 if it is not a duration.
fn counted(arguments: &[Value]) -> Result<i64, FunctionError> {
    Ok(as_duration(Arguments(arguments).value(0)?).unwrap_or(0))
}

pub(super) fn duration_nanoseconds(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::int64(counted(arguments)?))
}

pub(super) fn duration_microseconds(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::int64(counted(arguments)? / 1_000))
}

pub(super) fn duration_milliseconds(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(Value::int64(counted(arguments)? / 1_000_000))
}

pub(super) fn duration_seconds(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(in_unit(counted(arguments)?, SECOND).into())
}

pub(super) fn duration_minutes(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(in_unit(counted(arguments)?, 60 * SECOND).into())
}

pub(super) fn duration_hours(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok(in_unit(counted(arguments)?, 3600 * SECOND).into())
}

pub(super) fn duration_days(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok((in_unit(counted(arguments)?, 3600 * SECOND) / 24.0).into())
}

pub(super) fn duration_weeks(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    Ok((in_unit(counted(arguments)?, 3600 * SECOND) / 24.0 / 7.0).into())
}

fn to_multiple(arguments: &[Value], change: fn(i64, i64) -> i64) -> Answer {
    let Ok(nanoseconds) = as_duration(Arguments(arguments).value(0)?) else {
        return Ok(Value::native(Duration(0)));
    };
    let multiple = as_duration(Arguments(arguments).value(1)?).unwrap_or(0);
    Ok(Value::native(Duration(change(nanoseconds, multiple))))
}

pub(super) fn duration_round_to(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    to_multiple(arguments, duration::round)
}

pub(super) fn duration_truncate_to(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    to_multiple(arguments, duration::truncate)
}
